"""Years, variants and base as what differs: put together again they are what they were."""

from __future__ import annotations

import copy

import numpy as np
import pytest
from browser import opened
from fixture import two_years

from geoplan.output.page import data
from geoplan.output.page.page import render_page
from geoplan.output.page.patches import MOST_ROWS, node, patched, whole

CASES = [
    ([1, 2, 3, 4], [1, 2, 3, 5]),
    ([1, 2], [1, 2, 3]),
    ([], []),
    ([], [1]),
    ([[1, 2], [3]], [[1, 2], [4]]),
    ({"a": [1, 2, 3], "b": 1}, {"a": [1, 2, 3], "b": 2, "c": None}),
    ({"a": 1}, {"b": 1}),
    ({"words": ["x"], "at": [0, 0, 0]}, {"words": ["x", "y"], "at": [0, 0, 1]}),
    (1, "1"),
    (None, {"a": 1}),
    ([None, 0, False], [0, 0, True]),
    ([{"a": [1, 2, 3]}], [{"a": [1, 9, 3]}]),
]


@pytest.mark.parametrize(("beside", "value"), CASES)
def test_a_node_stands_for_its_value(beside, value):
    before = copy.deepcopy(beside)
    assert whole(node(value, beside), beside) == value
    assert beside == before


def test_any_list_comes_back():
    draw = np.random.default_rng(3)
    for _ in range(300):
        beside = [[0, 1, None, 2.5][k] for k in draw.integers(0, 4, draw.integers(0, 12))]
        value = [7 if other else v for v, other in zip(beside, draw.random(len(beside)) < 0.25, strict=True)]
        found = node(value, beside)
        assert whole(found, beside) == value
        if found and found[0] == 2:
            assert len(found[2]) <= MOST_ROWS * len(value)


def test_what_is_the_same_costs_nothing():
    assert node({"a": [1]}, {"a": [1]}) == 0


@pytest.mark.browser
def test_the_page_puts_together_what_was_taken_apart(chromium, tmp_path):
    result = two_years()
    file = tmp_path / "index.html"
    file.write_text(render_page(result), encoding="utf-8", newline="")
    bulk = data.bulk(result)
    with opened(chromium, file) as seen:
        assert seen.say("geoplan.bulk.coverage") == bulk["coverage"]
        assert seen.say("geoplan.bulk.routes") == bulk["routes"]
    taken = patched(bulk, result.scenario.services)
    assert list(taken["coverage"]["variants"]) == ["cardiology_pci_verified"]
