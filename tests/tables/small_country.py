"""A whole country of two square districts as files, small enough to break one cell at a time."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np

from geoplan.errors import InputError
from geoplan.tables.read import read_tables

if TYPE_CHECKING:
    from pathlib import Path

TEXTS = {
    "settlements": """\
settlement_id,name_az,name_en,name_ru,name_ru_confidence,district_id,kind,lat,lon,position_radius_km,liberated,return_programme,geonames_id,source,confidence
s-bati,Batı,Bati,Баты,high,T-QERB,city,40.50000,47.50000,1,false,false,123,toy,high
s-dag,Dağ,Dagh,Даг,assumed,T-QERB,village,40.20000,47.30000,1,false,false,,toy,medium
s-serq,Şərq,Sharg,Шарг,high,T-SERQ,city,40.50000,48.50000,1,true,true,,toy,high
""",
    "road_nodes": """\
node_id,name_az,name_en,name_ru,kind,lat,lon,source,confidence
bati,Batı,Bati,Баты,town,40.50000,47.50000,toy,high
dag,Dağ,Dagh,Даг,town,40.20000,47.30000,toy,high
serq,Şərq,Sharg,Шарг,town,40.50000,48.50000,toy,high
""",
    "roads": """\
road_id,name,from,to,ref,class,surface,lanes,length_km,speed_kmh,oneway,status,open_from,open_until,closed_in_winter,tunnel,via,geometry,geometry_confidence,source,confidence
m1-bati-serq,M1,bati,serq,M1,primary,paved,2,90.0,,no,open,,,false,false,,"LINESTRING (47.5 40.5, 48 40.52, 48.5 40.5)",high,toy,high
r2-bati-dag,R2,bati,dag,R2,secondary,paved,,45.0,50,no,open,2021,,true,false,,"LINESTRING (47.5 40.5, 47.3 40.2)",low,toy,low
""",  # noqa: E501
    "facilities": """\
facility_id,name_az,name_en,name_ru,settlement_id,district_id,lat,lon,position_quality,position_radius_km,owner,operator,level,services,status,open_from,open_until,beds,serves_district_id,source,confidence,note
f-bati,Batı xəstəxanası,Bati Hospital,Больница Баты,s-bati,T-QERB,40.50000,47.51000,building,0.1,civil,,regional,cardiology_pci; emergency_hospital,operating,2013,,120,,toy,high,
f-serq,Şərq xəstəxanası,Sharg Hospital,Больница Шарг,s-serq,T-SERQ,40.50000,48.49000,town_centre,2,civil,,district,emergency_hospital,operating,2025-07-03,2030,,T-QERB,toy,low,
""",  # noqa: E501
    "population": """\
settlement_id,year,population,source,confidence
s-bati,2025,4000,toy,low
s-dag,2025,500,toy,low
""",
    "district_population": """\
district_id,year,population,basis,source,confidence
T-QERB,2025,9000,estimate,toy,high
""",
    "resettlement": """\
settlement_id,date,persons,families,kind,source,confidence
s-serq,2025-10-01,300,70,returned,toy,high
,2026-01-01,50,,place_unknown,toy,assumed
""",
    "speeds": """\
class,surface,vehicle,season,speed_kmh,source,confidence
primary,paved,car,summer,80,toy,assumed
secondary,paved,car,summer,60,toy,assumed
""",
    "standards": """\
service,kind,minutes,published,label_az,label_en,label_ru,source,confidence
cardiology_pci,target,60,false,hədəf,target,цель,toy,assumed
""",
}


def square(west, south, east, north):
    """Return the coordinates of a rectangle in degrees."""
    return [[[west, south], [east, south], [east, north], [west, north], [west, south]]]


def feature(coordinates, **properties):
    """Return a GeoJSON feature with one polygon."""
    return {
        "type": "Feature",
        "properties": properties,
        "geometry": {"type": "Polygon", "coordinates": coordinates},
    }


def district(district_id, name, liberated, coordinates):
    """Return a district feature with every property of the contract."""
    return feature(
        coordinates,
        district_id=district_id,
        name_az=name,
        name_en=name,
        name_ru=name,
        kind="district",
        region_id="toy",
        region_az="Toy",
        region_en="Toy",
        region_ru="Toy",
        liberated=liberated,
        centre_settlement_id="",
        confidence="assumed",
        source="toy",
        note="",
    )


class SmallCountry:
    """Files of a country in a folder; `change` breaks one of them, `problems` says what is wrong."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.texts = dict(TEXTS)
        self.extra = {}
        self.districts = [
            district("T-QERB", "Qərb", "no", square(47, 40, 48, 41)),
            district("T-SERQ", "Şərq", "full", square(48, 40, 49, 41)),
        ]
        self.neighbours = [
            feature(
                square(49, 39, 51, 42),
                kind="sea",
                name_az="Xəzər",
                name_en="Caspian",
                name_ru="Каспий",
                source="toy",
            )
        ]

    def change(self, table, old, new):
        """Replace text of one table, which must be there."""
        assert old in self.texts[table]
        self.texts[table] = self.texts[table].replace(old, new, 1)

    def add(self, table, line):
        """Add a line to one table."""
        self.texts[table] += line + "\n"

    def paths(self):
        """Write all files and return their paths."""
        for name, text in self.texts.items():
            data = text if isinstance(text, bytes) else text.encode()
            (self.folder / f"{name}.csv").write_bytes(data)
        for name in ("districts", "neighbours"):
            layer = {"type": "FeatureCollection", "features": getattr(self, name)}
            (self.folder / f"{name}.geojson").write_text(json.dumps(layer), encoding="utf-8")
        np.savez(
            self.folder / "terrain.npz",
            elevation_m=np.array([[100, 200], [300, 500]], dtype=np.int16),
            north=41.0,
            west=47.0,
            step_deg=1.0,
            source="toy",
        )
        names = {name: f"{name}.csv" for name in self.texts}
        names |= {
            "districts": "districts.geojson",
            "neighbours": "neighbours.geojson",
            "terrain": "terrain.npz",
        }
        return {name: (self.folder / file,) for name, file in names.items()} | self.extra

    def read(self, *, own_roads=False):
        """Return the tables."""
        return read_tables(self.paths(), own_roads=own_roads)

    def findings(self, *, own_roads=False):
        """Return the findings, whether or not they are errors."""
        try:
            return self.read(own_roads=own_roads).findings
        except InputError as error:
            return error.findings

    def problems(self, *, own_roads=False):
        """Return the words of all errors."""
        return [str(f) for f in self.findings(own_roads=own_roads) if f.severity == "error"]

    def warnings(self):
        """Return the words of all warnings."""
        return [str(f) for f in self.findings() if f.severity == "warning"]
