"""Times to sites on their way into the page and out of it again."""

from __future__ import annotations

import base64
import gzip
import json
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from browser import opened
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from geoplan.output.page.times import NONE, Times, decoded, encoded, filled, hilbert, times_of

LONGEST = 2**31 - 1


def tables(longest):
    shape = st.tuples(st.integers(1, 7), st.integers(1, 9))
    return shape.flatmap(lambda s: arrays(np.int32, s, elements=st.integers(NONE, longest)))


@given(tables(2**16 - 1))
def test_two_bytes_bring_every_time_back(matrix):
    raw = encoded(matrix, None, width=2)
    assert np.array_equal(decoded(raw, None, shape=matrix.shape, width=2), matrix)


@given(tables(LONGEST))
def test_four_bytes_bring_every_time_back(matrix):
    raw = encoded(matrix, None, width=4)
    assert np.array_equal(decoded(raw, None, shape=matrix.shape, width=4), matrix)


@given(st.data())
def test_later_states_come_back_as_differences(data):
    shape = data.draw(st.tuples(st.integers(1, 6), st.integers(1, 6)))
    states = [data.draw(arrays(np.int32, shape, elements=st.integers(NONE, 60_000))) for _ in range(3)]
    before_in = before_out = None
    for matrix in states:
        raw = encoded(matrix, before_in, width=2)
        found = decoded(raw, before_out, shape=shape, width=2)
        assert np.array_equal(found, matrix)
        before_in, before_out = filled(matrix, before_in), filled(found, before_out)


def test_a_block_of_another_size_is_refused():
    with pytest.raises(ValueError, match="another size"):
        decoded(b"12345", None, shape=(2, 2), width=2)


def test_neighbours_on_the_curve_are_neighbours_on_the_map():
    x, y = (a.ravel().astype(float) for a in np.meshgrid(np.arange(16), np.arange(16)))
    order = np.argsort(hilbert(x, y))
    steps = np.abs(np.diff(x[order])) + np.abs(np.diff(y[order]))
    assert set(steps) == {1.0}


def state(year, sites, minutes):
    """A year with two points and the given sites."""
    points = pd.DataFrame({"lat": [40.0, 41.0], "lon": [47.0, 48.0]}, index=["a", "b"])
    spots = pd.DataFrame({"lat": 40.5, "lon": 47.5}, index=sites)
    return SimpleNamespace(
        year=year, demand=points, sites=spots, site_tenths=np.array(minutes, dtype=np.int32)
    )


def test_years_on_the_same_roads_share_a_table():
    same = state(2026, ["s", "t"], [[1, 2], [3, NONE]])
    other = state(2028, ["s", "t"], [[1, 2], [3, 4]])
    found = times_of(SimpleNamespace(years=(same, same, other)), ["a", "b"], ["s", "t"])
    assert found.state == (0, 0, 1)
    assert len(found.blocks()) == 2


def test_a_site_that_a_year_does_not_have_is_without_a_way():
    years = (state(2026, ["s"], [[1], [2]]), state(2027, ["s", "t"], [[1, 5], [2, 6]]))
    found = times_of(SimpleNamespace(years=years), ["a", "b", "c"], ["s", "t"])
    first = np.empty((3, 2), dtype=np.int32)
    first[np.ix_(found.point_order, found.site_order)] = found.matrices[0]
    assert first.tolist() == [[1, NONE], [2, NONE], [NONE, NONE]]


def test_without_times_there_is_nothing():
    bare = SimpleNamespace(years=(SimpleNamespace(site_tenths=None),))
    assert times_of(bare, ["a"], ["s"]) is None


@pytest.mark.browser
def test_the_page_reads_what_python_wrote(chromium, file):
    """The decoder of the page against the coder, in a real browser: three states, gaps, both widths."""
    rng = np.random.default_rng(7)
    smooth = np.add.outer(np.arange(40) * 3, np.arange(25) * 7).astype(np.int32)
    states = [smooth + rng.integers(0, 9, smooth.shape, dtype=np.int32) for _ in range(3)]
    for matrix in states[1:]:
        matrix[rng.random(matrix.shape) < 0.2] = NONE
    long = [m.copy() for m in states]
    long[1][3, 4] = 3_000_000
    orders = rng.permutation(40), rng.permutation(25)
    with opened(chromium, file) as page:
        for matrices in (states, long):
            times = Times(*orders, (0, 1, 2), tuple(matrices))
            shown = page.say(READ, [times.about(), [o.tolist() for o in orders], times.blocks()])
            for matrix, columns in zip(matrices, shown, strict=True):
                expected = np.empty_like(matrix)
                expected[np.ix_(*orders)] = matrix
                assert np.array_equal(np.array(columns, dtype=np.int32).T, expected)


READ = """async ([about, [points, sites], blocks]) => {
  document.querySelectorAll("[id^=geoplan-times]").forEach(n => n.remove());
  blocks.forEach((text, k) => {
    const node = document.createElement("template");
    node.id = "geoplan-times-" + k;
    document.body.append(node);
    node.textContent = text;
  });
  geoplan.head.whatif = { times: about };
  geoplan.bulk.whatif = { points, sites };
  geoplan.times.loading = null;
  await geoplan.times.load();
  return geoplan.times.states.map(state => state.map(column => Array.from(column)));
}"""


def test_blocks_are_the_same_on_every_run():
    matrix = np.arange(12, dtype=np.int32).reshape(3, 4)
    times = Times(np.arange(3), np.arange(4), (0,), (matrix,))
    assert times.blocks() == times.blocks()
    raw = gzip.decompress(base64.b64decode(times.blocks()[0]))
    assert np.array_equal(decoded(raw, None, shape=(3, 4), width=times.width), matrix)
    assert json.dumps(times.about()) == '{"state": [0], "blocks": 1, "width": 2}'
