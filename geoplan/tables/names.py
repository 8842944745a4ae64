"""Azerbaijani, Russian and English place names: one key for all spellings, and the search for a place."""

from __future__ import annotations

import difflib
import functools
import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from geoplan.errors import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import pandas as pd

NAME_COLUMNS: Final = ("name_az", "name_en", "name_ru")

_IOTATED: Final = {"е": "е", "ё": "о", "ю": "у", "я": "а"}
_VOWELS: Final = "аеёиоуыэюяәөү"

_CYRILLIC: Final = dict(
    zip(
        "абвгғдеёжзийјкҝлмноөпрстуүфхһцчҹшщъыьэюяә",
        "a b v g g d e o j z i y y k g l m n o o p r s t u u f h h ts c c s s _ i _ e u a a".split(),  # noqa: SIM905
        strict=True,
    )
)
"""Russian letters and those of the Azerbaijani Cyrillic of 1958-1991, in rough Latin (own table)."""

_LETTERS: Final = str.maketrans(
    {**{c: latin.replace("_", "") for c, latin in _CYRILLIC.items()}, "ə": "a", "ı": "i", "æ": "a"}
)

_DIGRAPHS: Final = (
    ("dzh", "j"),
    ("dj", "j"),
    ("ch", "c"),
    ("sh", "s"),
    ("kh", "h"),
    ("gh", "g"),
    ("zh", "j"),
)

_ALIKE: Final = str.maketrans({"e": "a", "y": "i", "q": "g", "x": "h", "j": "c", "w": "v"})
"""Letters that the three languages swap for one another: ə-e-a, ı-y-i, q-g, x-kh-h, c-j-ç, v-w."""

_NOT_WORD: Final = re.compile(r"[\W_]+")
_DOUBLED: Final = re.compile(r"(.)\1+")


@functools.lru_cache(maxsize=20_000)
def fold(name: str) -> str:
    """Return a key that the Azerbaijani, Russian and English spelling of one name share.

    Deliberately coarse: case, dots of i, diacritics, apostrophes, hyphens and spaces do not count, a
    doubled letter counts once, and letters that stand for one sound in the three languages fall together.
    `Şəki`, `Sheki`, `Шеки` and a typed `seki` have one key. Different names may share a key: callers try
    exact names first.
    """
    text = _soften(name.casefold()).translate(_LETTERS)
    text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    text = _NOT_WORD.sub("", text.casefold())
    for pair, letter in _DIGRAPHS:
        text = text.replace(pair, letter)
    return _DOUBLED.sub(r"\1", text.translate(_ALIKE))


def _soften(text: str) -> str:
    """Write Russian е, ё, ю, я as a y and a vowel where they are spoken so: at a start or after a vowel."""
    if not any(c in text for c in _IOTATED):
        return text
    out = []
    for i, c in enumerate(text):
        opens = i == 0 or not text[i - 1].isalpha() or text[i - 1] in _VOWELS
        out.append("й" + _IOTATED[c] if c in _IOTATED and opens else c)
    return "".join(out)


def suggest(word: str, known: Iterable[str]) -> str:
    """Return ` Did you mean 'x'?` as `did_you_mean` does, but blind to case and spelling of names."""
    names = sorted(known)
    key = fold(word)
    same = [name for name in names if key and fold(name) == key]
    return f" Did you mean '{same[0]}'?" if same else did_you_mean(word, names)


@dataclass(frozen=True)
class PlaceMatch:
    """What a place query found.

    Attributes
    ----------
    found
        Ids of the places that bear the name, sorted: none, the one, or several (the query is ambiguous).
    near
        Where none was found: ids of places with a similar name, the most similar first.
    """

    found: tuple[str, ...]
    near: tuple[str, ...] = ()


def match_place(query: str, settlements: pd.DataFrame) -> PlaceMatch:
    """Return the settlements that `query` names.

    Parameters
    ----------
    query
        A name in any of the three languages, `name@district_id` where a name occurs twice, or an id.
    settlements
        Index settlement_id; columns `name_az, name_en, name_ru, district_id`.

    Exact names (but for case) come first; only where there is none do folded spellings count.
    """
    name, _, district = (part.strip() for part in query.partition("@"))
    if name in settlements.index:
        return PlaceMatch((name,))
    places = _in_district(settlements, district) if district else settlements
    exact = _bearers(places, _plain(name), key=_plain)
    found = exact or (_bearers(places, fold(name), key=fold) if fold(name) else ())
    return PlaceMatch(found) if found else PlaceMatch((), _similar(places, fold(name)))


def place_label(settlements: pd.DataFrame, settlement_id: str) -> str:
    """Return `name@district_id`, the words by which a person can ask for exactly this place."""
    row = settlements.loc[settlement_id]
    return f"{row['name_az']}@{row['district_id']}"


def _plain(name: str) -> str:
    """Return the name without case and outer blanks; İ and I keep their Azerbaijani small letters."""
    return unicodedata.normalize("NFC", name.strip().replace("İ", "i").casefold())


def _in_district(settlements: pd.DataFrame, district: str) -> pd.DataFrame:
    """Return the settlements of one district, its id given in any case and with or without `AZ-`."""
    wanted = {district.upper(), f"AZ-{district.upper()}"}
    return settlements[settlements["district_id"].isin(wanted)]


def _bearers(places: pd.DataFrame, wanted: str, *, key: Callable[[str], str]) -> tuple[str, ...]:
    """Return sorted ids of the places one of whose names has the key `wanted`."""
    hits = {
        str(place)
        for column in NAME_COLUMNS
        for place, name in zip(places.index, places[column], strict=True)
        if key(name) == wanted
    }
    return tuple(sorted(hits))


def _similar(places: pd.DataFrame, key: str) -> tuple[str, ...]:
    """Return up to five ids whose folded names resemble `key`, best first."""
    by_key: dict[str, set[str]] = {}
    for column in NAME_COLUMNS:
        for place, name in zip(places.index, places[column], strict=True):
            by_key.setdefault(fold(name), set()).add(str(place))
    close = difflib.get_close_matches(key, sorted(by_key), n=5, cutoff=0.6)
    return tuple(dict.fromkeys(place for k in close for place in sorted(by_key[k])))[:5]
