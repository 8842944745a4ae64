"""Make neighbours.geojson: the countries around, the Caspian and large lakes, for map and land."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import planar
import shapely
from districts import write_geojson
from fetch import read_member, work_folder
from lakes import SOURCE as LAKE_SOURCE
from lakes import lake_shapes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shapely.geometry.base import BaseGeometry as Geometry

OUT = Path(__file__).parent.parent
WINDOW = shapely.box(43.8, 37.6, 52.0, 42.6)
SIMPLIFY_DEG2 = 0.008  # coverage simplification: square root of the area of a dropped triangle, about 0.7 km
SEA_DEG2 = 1.0  # a larger hole between the countries is the Caspian, a smaller one a mismatch of two layers
NAMES = {  # ISO numeric code: Azerbaijani, English, Russian
    "051": ("Ermənistan", "Armenia", "Армения"),
    "268": ("Gürcüstan", "Georgia", "Грузия"),
    "364": ("İran", "Iran", "Иран"),
    "398": ("Qazaxıstan", "Kazakhstan", "Казахстан"),
    "643": ("Rusiya", "Russia", "Россия"),
    "792": ("Türkiyə", "Türkiye", "Турция"),
    "795": ("Türkmənistan", "Turkmenistan", "Туркменистан"),
}
SEA_NAMES = ("Xəzər dənizi", "Caspian Sea", "Каспийское море")
SOURCE = "Natural Earth 10m (public domain)"


def decode_arcs(topology: Mapping[str, Any]) -> list[np.ndarray]:
    """Return the arcs of a quantised TopoJSON file as arrays of longitude and latitude."""
    scale, shift = topology["transform"]["scale"], topology["transform"]["translate"]
    return [np.cumsum(np.asarray(arc), axis=0) * scale + shift for arc in topology["arcs"]]


def ring(indices: list[int], arcs: list[np.ndarray]) -> np.ndarray:
    """Return one ring joined from its arcs; ~i is arc i backwards, and arcs share their end points."""
    lines = [arcs[i] if i >= 0 else arcs[~i][::-1] for i in indices]
    return np.concatenate([lines[0], *(line[1:] for line in lines[1:])])


def country_shape(geometry: Mapping[str, Any], arcs: list[np.ndarray]) -> Geometry:
    """Return the shape of one country inside the window."""
    rings = geometry["arcs"] if geometry["type"] == "MultiPolygon" else [geometry["arcs"]]
    polygons = [shapely.Polygon(ring(r[0], arcs), [ring(hole, arcs) for hole in r[1:]]) for r in rings]
    near = [p for p in polygons if p.intersects(WINDOW)]
    return planar.polygonal(shapely.make_valid(shapely.union_all(near)).intersection(WINDOW))


def read_countries(*, work: Path) -> dict[str, Geometry]:
    """Return the countries inside the window by ISO numeric code, simplified along shared borders."""
    topology = json.loads(read_member("world-atlas", "package/countries-10m.json", work=work))
    arcs = decode_arcs(topology)
    found = topology["objects"]["countries"]["geometries"]
    shapes = {g["id"]: country_shape(g, arcs) for g in found if g.get("id") in NAMES}
    keys = sorted(key for key in shapes if not shapes[key].is_empty)
    simple = shapely.coverage_simplify([shapes[key] for key in keys], SIMPLIFY_DEG2)
    return {key: planar.polygonal(shape) for key, shape in zip(keys, simple, strict=True)}


def fill(countries: Mapping[str, Geometry], own: Geometry) -> tuple[dict[str, Geometry], Geometry]:
    """Return the countries without our own, grown into the slivers beside it, and the sea."""
    out = {key: shape.difference(own) for key, shape in countries.items()}
    holes = planar.parts(WINDOW.difference(shapely.union_all([own, *out.values()])))
    for sliver in (hole for hole in holes if hole.area < SEA_DEG2):
        touch = {key: sliver.buffer(1e-6).intersection(shape).area for key, shape in out.items()}
        best = max(sorted(touch), key=lambda key: touch[key])
        if touch[best] > 0:
            out[best] = shapely.union_all([out[best], sliver])
    sea = shapely.union_all([hole for hole in holes if hole.area >= SEA_DEG2])
    return out, sea


def feature(
    kind: str, names: tuple[str, str, str], shape: Geometry, *, source: str = SOURCE
) -> dict[str, Any]:
    """Return one GeoJSON feature of the background."""
    labels = dict(zip(("name_az", "name_en", "name_ru"), names, strict=True))
    return {
        "type": "Feature",
        "properties": {"kind": kind, **labels, "source": source},
        "geometry": json.loads(shapely.to_geojson(shape)),
    }


def main() -> None:
    """Write boundaries/neighbours.geojson."""
    countries = read_countries(work=work_folder(main.__doc__ or ""))
    districts = json.loads((OUT / "districts.geojson").read_text(encoding="utf-8"))["features"]
    own = shapely.union_all([shapely.from_geojson(json.dumps(f["geometry"])) for f in districts])
    grown, sea = fill(countries, own)
    clean = planar.snap({**grown, "own": own, "sea": sea})
    rows = [feature("country", NAMES[key], clean[key]) for key in sorted(grown)]
    lakes = [feature("lake", names, shape, source=LAKE_SOURCE) for names, shape in lake_shapes()]
    write_geojson(OUT / "neighbours.geojson", [*rows, feature("sea", SEA_NAMES, clean["sea"]), *lakes])
    print(len(rows), "countries; free of gaps and overlaps:", planar.is_coverage(clean))


if __name__ == "__main__":
    main()
