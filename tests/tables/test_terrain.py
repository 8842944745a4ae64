"""Heights between, on and beyond the cells of the grid."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoplan import shipped
from geoplan.errors import InputError
from geoplan.tables.terrain import Terrain, load_terrain

GRID = Terrain(
    elevation_m=np.array([[0, 100, 200], [300, 400, 500]], dtype=np.int16),
    north=42.0,
    west=45.0,
    step_deg=1.0,
    source="toy",
)


def test_cell_middles_keep_their_height():
    assert GRID.heights_m([41.5, 41.5, 40.5], [45.5, 47.5, 46.5]).tolist() == [0, 200, 400]


def test_between_cells_heights_are_bilinear():
    assert GRID.heights_m(41.0, 46.0) == 200
    assert GRID.heights_m(41.25, 45.75) == 100


def test_beyond_the_grid_the_edge_holds():
    assert GRID.heights_m([60, -10], [0, 180]).tolist() == [0, 500]


def test_shape_of_the_answer_is_the_shape_of_the_question():
    assert GRID.heights_m(np.full((2, 3), 41.0), np.full((2, 3), 46.0)).shape == (2, 3)


@given(st.floats(30, 50), st.floats(30, 60))
def test_heights_stay_within_those_of_the_grid(lat, lon):
    assert 0 <= float(GRID.heights_m(lat, lon)) <= 500


def test_terrain_is_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        GRID.north = 1.0


def test_missing_array_and_wrong_shape(tmp_path):
    path = tmp_path / "t.npz"
    np.savez(path, elevation_m=np.zeros((2, 2)), north=1, west=1, step_deg=1)
    with pytest.raises(InputError, match=r"t\.npz: the terrain has no array source"):
        load_terrain(path)
    np.savez(path, elevation_m=np.zeros(4), north=1, west=1, step_deg=1, source="x")
    with pytest.raises(InputError, match="two-dimensional"):
        load_terrain(path)


def test_nothing_is_unpickled(tmp_path):
    path = tmp_path / "t.npz"
    np.savez(path, elevation_m=np.array([{}], dtype=object), north=1, west=1, step_deg=1, source="x")
    with pytest.raises(InputError, match="not a terrain archive"):
        load_terrain(path)


def test_shipped_terrain_knows_mountains_and_the_sea():
    terrain = load_terrain(shipped.table("terrain"))
    baku, xinaliq, kur = terrain.heights_m([40.37767, 41.178, 40.0], [49.89201, 48.127, 48.3])
    assert -40 < baku < 150
    assert 1800 < xinaliq < 2800
    assert -30 < kur < 60
