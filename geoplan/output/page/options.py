"""What may be asked of a page when it is built: tiles beneath the map, a page for the public."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from geoplan.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

_HOST: Final = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?")
_REST: Final = re.compile(r"/[A-Za-z0-9._~!$&()*+,:@%/?={}-]*")
_PLACES: Final = ("{z}", "{x}", "{y}")
_EXAMPLE: Final = "https://tiles.example.org/{z}/{x}/{y}.png"


@dataclass(frozen=True)
class PageOptions:
    """How the page is built.

    Attributes
    ----------
    basemap
        Address of a tile layer with the places `{z}`, `{x}` and `{y}`, or empty: our own background alone.
    public
        Leave out what is not for everybody, see `geoplan.output.page.public`.
    """

    basemap: str = ""
    public: bool = False

    def __post_init__(self) -> None:
        """Refuse an address that is no tile layer."""
        if self.basemap:
            tile_origin(self.basemap)

    @property
    def origin(self) -> str:
        """The one origin that the page may load tiles from; empty without a tile layer."""
        return tile_origin(self.basemap) if self.basemap else ""

    def as_dict(self) -> dict[str, Any]:
        """Return what differs from the page as it is without options."""
        plain = PageOptions()
        return {key: value for key, value in asdict(self).items() if value != getattr(plain, key)}

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> PageOptions:
        """Return the options that the record of a run names under `page`."""
        return cls(**record.get("page", {}))


def tile_origin(template: str) -> str:
    """Return scheme, host and port of a tile address.

    Raises
    ------
    UsageError
        If it is no https address with one fixed host and each of `{z}`, `{x}`, `{y}` once in its path.
    """
    try:
        parts = urlsplit(template)
    except ValueError:
        parts = urlsplit("")
    rest = template[len(f"{parts.scheme}://{parts.netloc}") :]
    fits = (
        template.startswith("https://")
        and _HOST.fullmatch(parts.netloc)
        and _REST.fullmatch(rest)
        and not parts.fragment
    )
    if not fits:
        raise UsageError(
            f"'{template}' is no address of a tile layer",
            hint=f"Write an https address with one host, such as {_EXAMPLE}",
        )
    if any(rest.count(place) != 1 for place in _PLACES) or set(re.findall(r"{[^}]*}?", rest)) - set(_PLACES):
        raise UsageError(
            f"the tile address '{template}' needs {{z}}, {{x}} and {{y}} once each, and no other place",
            hint=f"Write it such as {_EXAMPLE}",
        )
    return f"https://{parts.netloc}"
