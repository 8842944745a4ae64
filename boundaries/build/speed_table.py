"""Mean speeds driven by road class, surface, vehicle and season: legal limits, and assumed shares of them."""

from __future__ import annotations

# Mean speeds driven on a dry day by car: limit-bound on the best roads, ever less on the others (assumed).
CAR_SUMMER_KMH = {
    "motorway": {"paved": 95, "gravel": 60, "unpaved": 45},
    "trunk": {"paved": 80, "gravel": 52, "unpaved": 40},
    "primary": {"paved": 68, "gravel": 46, "unpaved": 35},
    "secondary": {"paved": 56, "gravel": 40, "unpaved": 30},
    "tertiary": {"paved": 46, "gravel": 34, "unpaved": 25},
    "unclassified": {"paved": 36, "gravel": 27, "unpaved": 20},
    # classes of OpenStreetMap below the strategic graph
    "residential": {"paved": 28, "gravel": 22, "unpaved": 17},
    "road": {"paved": 28, "gravel": 22, "unpaved": 17},
    "service": {"paved": 18, "gravel": 15, "unpaved": 12},
    "track": {"paved": 24, "gravel": 18, "unpaved": 11},
    "living_street": {"paved": 12, "gravel": 11, "unpaved": 9},
}
FERRY_KMH = 15
VEHICLE_FACTOR = {
    "car": {"paved": 1.0, "gravel": 1.0, "unpaved": 1.0},
    "ambulance": {"paved": 1.08, "gravel": 1.0, "unpaved": 0.95},
    "offroad": {"paved": 0.95, "gravel": 1.1, "unpaved": 1.25},
}
WINTER_FACTOR = {
    "motorway": 0.93, "trunk": 0.92, "primary": 0.88, "secondary": 0.84, "tertiary": 0.78,
    "unclassified": 0.74, "residential": 0.78, "road": 0.74, "service": 0.78, "track": 0.7,
    "living_street": 0.8,
}  # fmt: skip
WINTER_SURFACE_FACTOR = {"paved": 1.0, "gravel": 0.9, "unpaved": 0.8}
# Four-wheel drive loses only half of what a car loses to winter.
OFFROAD_WINTER_LOSS_SHARE = 0.5
LIMIT_KMH = 110
SPEED_SOURCE = (
    "legal limits 60 (built-up) / 90 (outside) / 110 km/h (motorway): "
    "https://postindex.com.de/en/azerbaijan ; https://azerbaijanf1.com/az/az-rbaycanda-yol-haqqi-qaydalari ; "
    "share of them driven, stops and slow stretches included: assumed"
)
FERRY_SOURCE = "a car ferry's speed where no duration is tagged; boarding and waiting not counted: assumed"


def speeds() -> list[dict[str, str]]:
    """Return mean speeds in km/h, for every class, surface, vehicle and season (assumed)."""
    return _road_speeds() + [
        {
            "class": "ferry",
            "surface": "paved",
            "vehicle": vehicle,
            "season": season,
            "speed_kmh": str(FERRY_KMH),
            "source": FERRY_SOURCE,
            "confidence": "assumed",
        }
        for vehicle in VEHICLE_FACTOR
        for season in ("summer", "winter")
    ]


def _road_speeds() -> list[dict[str, str]]:
    return [
        {
            "class": road_class,
            "surface": surface,
            "vehicle": vehicle,
            "season": season,
            "speed_kmh": str(_speed_kmh(road_class, surface, vehicle, season)),
            "source": SPEED_SOURCE,
            "confidence": "assumed",
        }
        for road_class in CAR_SUMMER_KMH
        for surface in WINTER_SURFACE_FACTOR
        for vehicle in VEHICLE_FACTOR
        for season in ("summer", "winter")
    ]


def _speed_kmh(road_class: str, surface: str, vehicle: str, season: str) -> int:
    speed = CAR_SUMMER_KMH[road_class][surface] * VEHICLE_FACTOR[vehicle][surface]
    if season == "winter":
        factor = WINTER_FACTOR[road_class] * WINTER_SURFACE_FACTOR[surface]
        if vehicle == "offroad":
            factor = 1 - (1 - factor) * OFFROAD_WINTER_LOSS_SHARE
        speed *= factor
    return round(min(speed, LIMIT_KMH))
