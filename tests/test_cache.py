"""The user's cache: whole or absent, never trusted, bounded, shared."""

from __future__ import annotations

import multiprocessing
import os
import time
from pathlib import Path

import numpy as np
import pytest

from geoplan import cache

ARRAYS = {"a": np.arange(1000), "names": np.array(["ə", "ğ"])}


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    folder = tmp_path / "cache"
    monkeypatch.setenv(cache.FOLDER_VARIABLE, str(folder))
    monkeypatch.delenv(cache.SIZE_VARIABLE, raising=False)
    return folder


def test_what_is_stored_comes_back(home):
    key = cache.key_of("one", "two")
    assert cache.load("kind", key) == (None, None)
    assert cache.store("kind", key, ARRAYS) is None
    arrays, finding = cache.load("kind", key)
    assert finding is None
    assert arrays.keys() == ARRAYS.keys()
    assert all((arrays[k] == ARRAYS[k]).all() for k in ARRAYS)
    assert [p.name for p in home.iterdir()] == [f"kind-{key}.npz"]
    assert cache.key_of("one", "two") != cache.key_of("onet", "wo")


def test_the_system_gives_a_folder_when_none_is_set(monkeypatch):
    monkeypatch.delenv(cache.FOLDER_VARIABLE)
    assert cache.folder().name == "geoplan" or cache.folder().parent.name == "geoplan"


@pytest.mark.parametrize("damage", ["cut", "flip", "empty", "text", "pickle", "other"])
def test_a_broken_entry_is_removed_and_said(home, damage):
    key = cache.key_of("x")
    cache.store("kind", key, ARRAYS)
    path = home / f"kind-{key}.npz"
    data = bytearray(path.read_bytes())
    if damage == "cut":
        path.write_bytes(data[:-200])
    elif damage == "flip":
        data[len(data) // 2] ^= 1
        path.write_bytes(data)
    elif damage == "pickle":
        np.savez(path, cache_key=np.array([{"a": 1}], dtype=object))
    elif damage == "other":
        other = cache.key_of("y")
        cache.store("kind", other, ARRAYS)
        (home / f"kind-{other}.npz").replace(path)
    else:
        path.write_bytes(b"" if damage == "empty" else b"hello")
    arrays, finding = cache.load("kind", key)
    assert arrays is None
    assert (finding.code, finding.severity) == ("cache-corrupt", "note")
    assert "was made again" in finding.message
    assert not path.exists()
    assert cache.load("kind", key) == (None, None)


def test_a_folder_that_cannot_be_written_gives_a_finding(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    monkeypatch.setenv(cache.FOLDER_VARIABLE, str(tmp_path / "file" / "cache"))
    finding = cache.store("kind", "k", ARRAYS)
    assert (finding.code, finding.severity) == ("cache-not-written", "warning")
    assert "GEOPLAN_CACHE" in finding.hint
    assert cache.load("kind", "k")[0] is None
    assert cache.info().entries == ()
    assert cache.clear() == (0, 0)


def test_a_full_disk_leaves_nothing_behind(home, monkeypatch):
    def full(file, **_arrays):
        file.write(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    finding = cache.store("kind", "k", ARRAYS)
    assert "No space left on device" in finding.message
    assert list(home.iterdir()) == []


def test_the_folder_stays_below_its_limit(home, monkeypatch):
    big = {"a": np.zeros(50_000)}
    for number in range(5):
        cache.store("kind", f"k{number}", big)
        os.utime(home / f"kind-k{number}.npz", (1e9 + number, 1e9 + number))
    cache.load("kind", "k0")
    monkeypatch.setenv(cache.SIZE_VARIABLE, "1.0")
    cache.store("kind", "k5", big)
    assert {p.name for p in home.iterdir()} == {"kind-k0.npz", "kind-k5.npz"}
    monkeypatch.setenv(cache.SIZE_VARIABLE, "many")
    assert cache.limit_bytes() == 2_000_000_000
    assert cache.info().size_bytes == sum(p.stat().st_size for p in home.iterdir())
    assert [kind for kind, _, _ in cache.info().entries] == ["kind", "kind"]


def test_rests_of_killed_runs_go_after_a_day_and_with_clear(home):
    cache.store("kind", "k", ARRAYS)
    fresh, stale = home / f"{cache.ASIDE}fresh.npz", home / f"{cache.ASIDE}stale.npz"
    for path in (fresh, stale):
        path.write_bytes(b"x" * 10)
    os.utime(stale, (1e9, 1e9))
    cache.store("kind", "l", ARRAYS)
    assert fresh.exists()
    assert not stale.exists()
    assert len(cache.info().entries) == 2
    count, freed_bytes = cache.clear()
    assert count == 3
    assert freed_bytes > 10
    assert list(home.iterdir()) == []


def test_a_read_counts_as_a_use(home):
    cache.store("kind", "k", ARRAYS)
    os.utime(home / "kind-k.npz", (1e9, 1e9))
    cache.load("kind", "k")
    assert cache.info().entries[0][2] < 1


def _hammer(folder, seed):
    os.environ[cache.FOLDER_VARIABLE] = folder
    rng = np.random.default_rng(seed)
    until = time.monotonic() + 1.0
    seen = 0
    while time.monotonic() < until:
        key = f"k{rng.integers(3)}"
        arrays, finding = cache.load("kind", key)
        if finding is not None or (arrays is not None and not (arrays["a"] == np.arange(20_000)).all()):
            return -1
        seen += arrays is not None
        if cache.store("kind", key, {"a": np.arange(20_000)}) is not None:
            return -1
    return seen


def test_parallel_runs_see_all_of_an_entry_or_nothing(home):
    context = multiprocessing.get_context("spawn")
    with context.Pool(2) as pool:
        seen = pool.starmap(_hammer, [(str(home), 1), (str(home), 2)])
    assert min(seen) > 0


def test_hashes_are_of_the_bytes(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"abc")
    assert cache.file_hash(path).startswith("ba7816bf8f01cfea")
    with pytest.raises(OSError, match="absent"):
        cache.file_hash(Path(tmp_path / "absent"))
