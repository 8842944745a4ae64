"""Files: whole or absent, never over strangers' work, formulas disarmed, numbers plain."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from geoplan.errors import GeoplanError, OutputExistsError, UsageError
from geoplan.output import cells, files


def names(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir())


def test_a_block_that_fails_leaves_nothing(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with pytest.raises(RuntimeError), files.whole_or_absent(out, overwrite=False) as stage:
        (stage / "half.txt").write_text("x")
        raise RuntimeError
    assert names(tmp_path) == []


def test_a_block_that_fails_leaves_the_old_result(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "run.json").write_text("old")
    with pytest.raises(RuntimeError), files.whole_or_absent(out, overwrite=True) as stage:
        (stage / "run.json").write_text("new")
        raise RuntimeError
    assert names(tmp_path) == ["out"]
    assert (out / "run.json").read_text() == "old"


def test_overwrite_replaces_the_whole_folder(tmp_path: Path) -> None:
    out = tmp_path / "deep" / "out"
    out.mkdir(parents=True)
    for name in ("run.json", "stale.txt"):
        (out / name).write_text("old")
    with files.whole_or_absent(out, overwrite=True) as stage:
        (stage / "run.json").write_text("new")
    assert names(out) == [".geoplan", "run.json"]
    assert names(out.parent) == ["out"]


def test_a_strangers_file_beside_ours_is_never_swept_away(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with files.whole_or_absent(out, overwrite=False) as stage:
        (stage / "run.json").write_text("{}")
    (out / "result.gpkg-wal").write_text("left by a GIS")
    files.check_free(out, overwrite=True)
    (out / "my_notes.qgz").write_text("mine")
    with pytest.raises(UsageError, match=r"did not write: my_notes\.qgz"):
        files.check_free(out, overwrite=True)


def test_a_folder_that_cannot_be_made_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with (
        pytest.raises(UsageError, match="cannot be written"),
        files.whole_or_absent(tmp_path / "file" / "out", overwrite=False),
    ):
        pass


def test_existing_results_and_strangers_files_are_refused(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    files.check_free(out, overwrite=False)
    (out / "thesis.doc").write_text("mine")
    with pytest.raises(UsageError, match="did not write"):
        files.check_free(out, overwrite=True)
    (out / "run.json").write_text("{}")
    with pytest.raises(OutputExistsError, match="result already"):
        files.check_free(out, overwrite=False)
    with pytest.raises(UsageError, match="is a file"):
        files.check_free(out / "run.json", overwrite=True)


def test_an_open_file_gives_a_clear_error_and_keeps_the_old(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "run.json").write_text("old")
    real = Path.replace

    def locked(self: Path, target: Path) -> Path:
        if self.name.endswith(".partial"):
            raise PermissionError(13, "The process cannot access the file")
        return real(self, target)

    monkeypatch.setattr(Path, "replace", locked)
    with (
        pytest.raises(GeoplanError, match="cannot be replaced") as caught,
        files.whole_or_absent(out, overwrite=True) as stage,
    ):
        (stage / "run.json").write_text("new")
    assert "Close the programs" in caught.value.hint
    assert names(tmp_path) == ["out"]
    assert (out / "run.json").read_text() == "old"


@pytest.mark.parametrize("text", ["=1+1", "+7", "-x", "@cmd", "\tx"])
def test_formulas_are_disarmed(text: str) -> None:
    assert cells.disarm(text) == "'" + text


def test_csv_cells(tmp_path: Path) -> None:
    table = pd.DataFrame(
        {
            "name": ["=x", "Ağdam, şəhər", None],
            "minutes": [1.25, np.nan, 60.0],
            "km": [1.0, np.nan, 2.3456],
            "share_within_target": [0.1234567, np.nan, 1.0],
            "error_minutes": [-1.0, 0.04, np.nan],
            "liberated": [True, False, True],
            "population": [1, 2, 3],
            "beds": pd.array([1, None, 3], dtype="Int64"),
            "opened": [date(2025, 7, 3), None, pd.NaT],
        }
    )
    files.write_csv(table, tmp_path / "t.csv")
    raw = (tmp_path / "t.csv").read_bytes()
    assert b"\r" not in raw
    assert not raw.startswith(b"\xef\xbb\xbf")
    assert raw.decode().splitlines() == [
        "name,minutes,km,share_within_target,error_minutes,liberated,population,beds,opened",
        "'=x,1.2,1.000,0.123457,-1.0,true,1,1,2025-07-03",
        '"Ağdam, şəhər",,,,0.0,false,2,,',
        ",60.0,2.346,1.000000,,true,3,3,",
    ]


def test_write_table_is_whole_and_asks(tmp_path: Path) -> None:
    path = tmp_path / "m.csv"
    table = pd.DataFrame({"a": [1]})
    files.write_table(table, path, overwrite=False)
    with pytest.raises(OutputExistsError):
        files.write_table(table, path, overwrite=False)
    with pytest.raises(UsageError, match="folder"):
        files.write_table(table, tmp_path, overwrite=True)
    with pytest.raises(UsageError, match="cannot be written"):
        files.write_table(table, tmp_path / "no" / "m.csv", overwrite=True)
    assert names(tmp_path) == ["m.csv"]
