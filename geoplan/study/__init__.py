"""A siting question on a scenario: what `geoplan site SCENARIO` answers."""
