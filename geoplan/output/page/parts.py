"""What every page of ours puts into Folium's map beside layers: markup of the frame and the start line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from branca.element import MacroElement, Template

if TYPE_CHECKING:
    import folium


class Html(MacroElement):  # type: ignore[misc] # branca has no types
    """A piece of markup of the frame; it holds no data and no user's text."""

    _template = Template("{% macro html(this, kwargs) %}{{ this.markup }}{% endmacro %}")

    def __init__(self, markup: str) -> None:
        super().__init__()
        self._name = "Frame"
        self.markup = markup


class Start(MacroElement):  # type: ignore[misc] # branca has no types
    """The one line that hands Folium's map and layers over to the page's own scripts."""

    _template = Template(
        "{% macro script(this, kwargs) %}"
        "window.geoplan.start({map: {{ this._parent.get_name() }}, "
        "{% for name, layer in this.layers.items() %}{{ name }}: {{ layer.get_name() }}, {% endfor %}});"
        "{% endmacro %}"
    )

    def __init__(self, layers: dict[str, folium.GeoJson]) -> None:
        super().__init__()
        self._name = "Start"
        self.layers = layers
