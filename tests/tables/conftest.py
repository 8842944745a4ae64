"""The small country as a fixture."""

from __future__ import annotations

import pytest
from small_country import SmallCountry


@pytest.fixture
def country(tmp_path):
    """Return a sound small country."""
    return SmallCountry(tmp_path)
