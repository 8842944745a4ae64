"""Result -> the planner's page: a Folium map in our frame, finished as one self-contained HTML text."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Any, Final

import folium
from branca.element import Figure

from geoplan.output.page import beside, data, geometry
from geoplan.output.page.html import (
    ADDRESS,
    add_policy,
    check_self_contained,
    data_block,
    inline_links,
    json_for_script,
    renumber_ids,
    set_language_and_viewport,
    tight_positions,
)
from geoplan.output.page.options import PageOptions
from geoplan.output.page.pack import packed, trilingual
from geoplan.output.page.parts import Html, Start
from geoplan.output.page.patches import patched
from geoplan.output.page.public import for_everybody
from geoplan.output.page.relief import relief_image
from geoplan.output.page.vendored import LANGUAGES, catalogue, frame_texts, page_texts
from geoplan.output.page.whatif import what_if

if TYPE_CHECKING:
    from geoplan.result import Result

_DATA_MARK: Final = "<!--geoplan-data-->"
_PACKED: Final = "application/octet-stream"

_PANES: Final = (
    ("gp-neighbours", 200),
    ("gp-relief", 210),
    ("gp-districts", 300),
    ("gp-hatch", 310),
    ("gp-barriers", 340),
    ("gp-roads", 350),
    ("gp-outline", 360),
    ("gp-points", 410),
    ("gp-route", 450),
    ("gp-labels", 460),
)
"""Name and height of each pane, bottom to top; only districts listen to the pointer."""


def render_page(result: Result, options: PageOptions | None = None) -> str:
    """Return the whole page as HTML text: no link to anywhere, the same bytes on every call.

    With a tile layer among the options the page may load images from that one origin; with `public` it holds
    only what `geoplan.output.page.public` leaves in.

    Every text that came from a table or a scenario travels as JSON data and reaches the document only
    through `textContent`; Folium itself sees coordinates and our own markup, never a user's word.
    """
    options = options or PageOptions()
    shapes = geometry.light_districts(result.districts.geometry)
    figure = _figure(result, shapes)
    text = tight_positions(renumber_ids(figure.render()))
    text = inline_links(text, page_texts(tiles=bool(options.basemap)))
    text = set_language_and_viewport(text, LANGUAGES[0])
    text = add_policy(text, image_origin=options.origin)
    check_self_contained(text)
    return text.replace(_DATA_MARK, _data_blocks(result, shapes, options), 1)


def _figure(result: Result, shapes: geometry.Geometries) -> Figure:
    """Return the Folium figure: our frame around a map with three GeoJSON layers."""
    above, below = frame_texts()
    figure = Figure(title=html.escape(trilingual(result.scenario.title)[LANGUAGES[0]]))
    figure.add_child(Html(above))
    chart = _map()
    figure.add_child(chart)
    layers = {
        "neighbours": _layer(
            geometry.beyond_the_sheet(geometry.light_neighbours(result.neighbours.geometry)), "gp-neighbours"
        ),
        "districts": _layer(shapes, "gp-districts"),
        "roads": _layer(geometry.road_lines(result.roads), "gp-roads"),
    }
    for layer in layers.values():
        layer.add_to(chart)
    Html(_noscript() + below + _DATA_MARK).add_to(chart)
    Start(layers).add_to(chart)
    return figure


def _map() -> folium.Map:
    """Return a map without tiles whose only library is the vendored Leaflet."""
    chart = folium.Map(
        location=[40.3, 47.7],
        zoom_start=7,
        tiles=None,
        zoom_control=False,
        attribution_control=False,
        zoom_snap=0.25,
        zoom_delta=0.75,
        min_zoom=5.5,
        max_zoom=14,
        wheel_px_per_zoom_level=110,
    )
    # on the instance: branca's add_js_link would change the list of the class, and so of later maps
    chart.default_js = [("leaflet_js", f"{ADDRESS}leaflet.js"), ("geoplan_js", f"{ADDRESS}app.js")]
    chart.default_css = [("leaflet_css", f"{ADDRESS}leaflet.css"), ("geoplan_css", f"{ADDRESS}app.css")]
    for name, height in _PANES:
        folium.map.CustomPane(name, z_index=height, pointer_events=name == "gp-districts").add_to(chart)
    return chart


def _layer(shapes: geometry.Geometries, pane: str) -> folium.GeoJson:
    """Return a GeoJSON layer of bare shapes in its pane; only districts answer the pointer."""
    return folium.GeoJson(
        geometry.feature_collection(shapes),
        pane=pane,
        interactive=pane == "gp-districts",
        smooth_factor=0.5,
    )


def _noscript() -> str:
    """Return the sentence for a browser without scripts, in all languages."""
    sentences = " ".join(html.escape(catalogue()[language]["noscript"]) for language in LANGUAGES)
    return f"<noscript><p>{sentences}</p></noscript>"


def _data_blocks(result: Result, shapes: geometry.Geometries, options: PageOptions) -> str:
    """Return the data blocks: the head as JSON, the bulk, the relief and the times packed."""
    shown, left = for_everybody(result) if options.public else (result, None)
    asked = what_if(shown, data.point_ids(shown), data.facility_ids(shown))
    small = {"base": beside.head(shown), "whatif": asked.head if asked else None}
    own = data.bulk(shown)
    large = {"base": beside.bulk(shown, own), "whatif": asked.bulk if asked else None}
    bulk = own | _present(large)
    head = data.head(result, shapes, options=options, shown=shown, left=left) | _present(small)
    blocks = [
        data_block("geoplan-head", json_for_script(head)),
        data_block("geoplan-bulk", packed(patched(bulk, result.scenario.services)), _PACKED),
        data_block("geoplan-relief", json_for_script(relief_image(result.terrain))),
        *(
            data_block(f"geoplan-times-{k}", text, _PACKED)
            for k, text in enumerate(asked.blocks if asked else ())
        ),
    ]
    return "\n".join(blocks)


def _present(parts: dict[str, Any]) -> dict[str, Any]:
    """Return the parts that are there: an absent one leaves no trace."""
    return {key: value for key, value in parts.items() if value is not None}
