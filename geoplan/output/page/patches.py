"""Later years, variants and the base -> what differs from the first: the page puts them together again.

A node stands for a value beside a reference:

- `0`: the same;
- `[1, value]`: another value, whole;
- `[2, steps, values]`: a list of the same length with other values in some rows; `steps` are the distances
  between these rows, the first from row 0;
- `[3, {key: node}]`: a mapping, part by part; a key that is not there is the same;
- `[4, [node, ...]]`: a list of lists or mappings, part by part.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from geoplan.scenario import Service

MOST_ROWS: Final = 0.5
"""Share of rows beyond which a list is written whole."""


def node(value: Any, beside: Any) -> Any:
    """Return `value` as what differs from `beside`."""
    if value == beside:
        return 0
    if isinstance(value, dict) and isinstance(beside, dict) and beside.keys() <= value.keys():
        parts = {k: node(part, beside[k]) if k in beside else [1, part] for k, part in value.items()}
        return [3, {key: part for key, part in parts.items() if part != 0}]
    if isinstance(value, list) and isinstance(beside, list) and len(value) == len(beside) > 0:
        return _rows(value, beside)
    return [1, value]


def _rows(value: list[Any], beside: list[Any]) -> Any:
    """Return a list beside one of the same length."""
    if isinstance(value[0], (dict, list)):
        return [4, [node(part, other) for part, other in zip(value, beside, strict=True)]]
    at = [i for i, (a, b) in enumerate(zip(value, beside, strict=True)) if a != b]
    if len(at) > MOST_ROWS * len(value):
        return [1, value]
    steps = [row - before for row, before in zip(at, [0, *at], strict=False)]
    return [2, steps, [value[i] for i in at]]


def whole(patch: Any, beside: Any) -> Any:
    """Return the value that a node stands for: what the page does, for tests and other readers."""
    if patch == 0:
        return beside
    kind = patch[0]
    if kind == 1:
        return patch[1]
    if kind == 3:
        return {**beside, **{key: whole(part, beside.get(key)) for key, part in patch[1].items()}}
    if kind == 4:
        return [whole(part, other) for part, other in zip(patch[1], beside, strict=True)]
    out, row = list(beside), 0
    for step, value in zip(patch[1], patch[2], strict=True):
        row += step
        out[row] = value
    return out


def patched(bulk: Mapping[str, Any], services: Sequence[Service]) -> dict[str, Any]:
    """Return the bulk with years, variants and base as nodes.

    `coverage` becomes `{first, variants: {id: [parent, node]}, later: [node, ...]}`, `routes`
    `{first, later}`; in `base` coverage and routes of each year are nodes beside those of the run.
    """
    first, *later = bulk["coverage"]
    above = {str(s.id): str(s.variant_of) for s in services if s.variant_of}
    above = {key: parent for key, parent in above.items() if key in first and parent in first}
    route, *routes_later = bulk["routes"]
    out = {
        **bulk,
        "coverage": {
            "first": {key: columns for key, columns in first.items() if key not in above},
            "variants": {key: [parent, node(first[key], first[parent])] for key, parent in above.items()},
            "later": [node(year, first) for year in later],
        },
        "routes": {"first": route, "later": [node(year, route) for year in routes_later]},
    }
    if bulk.get("base"):
        base = bulk["base"]
        ways = zip(base["routes"], bulk["routes"], strict=True)
        out["base"] = {
            **base,
            "coverage": _beside(base["coverage"], bulk["coverage"]),
            "routes": [0 if theirs is None else node(theirs, mine) for theirs, mine in ways],
        }
    return out


def _beside(base: list[dict[str, Any]], own: list[dict[str, Any]]) -> list[Any]:
    """Return the base's coverage of each year as nodes beside the run's; given are columns that differ."""
    return [
        {key: node({**mine[key], **columns}, mine[key]) for key, columns in theirs.items()}
        for theirs, mine in zip(base, own, strict=True)
    ]
