"""The rounding of times: half up, unreachable, and never past the tables of the engine."""

from __future__ import annotations

import numpy as np
import pytest

from geoplan.units import LONGEST_MINUTES, UNREACHABLE_TENTHS, to_tenths


def test_tenths_are_rounded_half_up_and_infinity_is_unreachable():
    assert to_tenths([0, 12.05, 12.04, np.inf]).tolist() == [0, 121, 120, UNREACHABLE_TENTHS]


def test_the_longest_time_fits_into_32_bits():
    assert to_tenths(LONGEST_MINUTES).astype(np.int32) == LONGEST_MINUTES * 10


def test_an_impossible_time_is_never_cast_to_garbage():
    with pytest.raises(ValueError, match=r"3\.4e\+38 minutes is impossible: a length, speed or position"):
        to_tenths([1.0, 3.4e38])
