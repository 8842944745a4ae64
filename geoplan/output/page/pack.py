"""Tables -> columns of JSON, and bulk data -> gzip and base64 that the page unpacks by itself."""

from __future__ import annotations

import base64
import datetime as dt
import gzip
import json
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


LEVEL: Final = 7
"""Of gzip: half the time of 9 for one per cent more bytes."""


def plain(value: Any) -> Any:
    """Return one cell as JSON knows it; missing is None, dates are ISO text."""
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(v) for v in value]
    if value is None or value is pd.NaT or value is pd.NA:
        return None
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return None if np.isnan(value) else value
    if isinstance(value, (dt.date, dt.datetime)):
        return value.isoformat()[:10]
    return value


def column(values: pd.Series, digits: int | None = None) -> list[Any]:
    """Return a column as a list; numbers rounded to `digits`, whole ones as integers when 0."""
    if digits is None:
        whole = pd.api.types.is_numeric_dtype(values.dtype) and not values.hasnans
        return values.tolist() if whole else [plain(v) for v in values.tolist()]
    numbers = pd.to_numeric(values, errors="coerce").astype("float64").to_numpy()
    missing = np.isnan(numbers)
    rounded = np.where(missing, 0.0, numbers).round(digits)
    cells: list[Any] = (rounded.astype(np.int64) if digits == 0 else rounded).tolist()
    for i in np.flatnonzero(missing).tolist():
        cells[i] = None
    return cells


def text_column(values: pd.Series) -> list[str]:
    """Return a column of texts; missing is an empty text."""
    if isinstance(values.dtype, pd.StringDtype):
        filled: list[str] = values.fillna("").tolist()
        return filled
    missing = values.isna().tolist()
    return [
        "" if gone else v if isinstance(v, str) else str(plain(v))
        for v, gone in zip(values.tolist(), missing, strict=True)
    ]


def coded(values: Iterable[str]) -> dict[str, list[Any]]:
    """Return repeated texts as `{"words": [...], "at": [...]}`: each text once, rows by its number."""
    at, words = pd.factorize(np.array(list(values), dtype=object))
    return {"words": words.tolist(), "at": at.tolist()}


def position(ids: Iterable[str], order: Iterable[str]) -> list[int]:
    """Return the place of each id in `order`, -1 where it is not there."""
    places = {key: i for i, key in enumerate(order)}
    return [places.get(key, -1) for key in ids]


def trilingual(value: Any) -> dict[str, str]:
    """Return `{az, ru, en}` of a mapping or a model with these names; a gap falls back to az, then en."""
    read = value.get if hasattr(value, "get") else lambda key, default="": getattr(value, key, default)
    texts = {key: str(read(key, "") or "") for key in ("az", "ru", "en")}
    fallback = texts["az"] or texts["en"] or texts["ru"]
    return {key: text or fallback for key, text in texts.items()}


def names(frame: pd.DataFrame) -> dict[str, list[str]]:
    """Return the columns `name_az`, `name_ru`, `name_en` (az where another is missing)."""
    az = text_column(frame["name_az"])
    out = {"az": az}
    for key in ("ru", "en"):
        found = text_column(frame[f"name_{key}"]) if f"name_{key}" in frame else az
        out[key] = [name or own for name, own in zip(found, az, strict=True)]
    return out


def packed(value: Mapping[str, Any]) -> str:
    """Return JSON, gzip, base64; the same bytes on every run (no time stamp in the header)."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return base64.b64encode(gzip.compress(text.encode("utf-8"), LEVEL, mtime=0)).decode("ascii")
