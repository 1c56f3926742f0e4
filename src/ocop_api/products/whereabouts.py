"""Points on the map of Vietnam."""

from typing import Final

from ocop_api.domain.errors import Invalid

# Mainland, Hoàng Sa and Trường Sa.
_SOUTH, _NORTH, _WEST, _EAST = 6.0, 23.6, 102.0, 118.0
BOX: Final = {"south": _SOUTH, "north": _NORTH, "west": _WEST, "east": _EAST}
"""Degrees, WGS84."""


def checked_point(lat: float, lon: float) -> tuple[float, float]:
    """The point, if it lies in the box of Vietnam.

    Raises:
        Invalid: ``products.coordinates_swapped`` when it would lie there the other way round,
            ``products.outside_vietnam`` otherwise.
    """
    if _inside(lat, lon):
        return lat, lon
    if _inside(lon, lat):
        raise Invalid("products.coordinates_swapped", lat=lon, lon=lat)
    raise Invalid("products.outside_vietnam", lat=lat, lon=lon, **BOX)


def _inside(lat: float, lon: float) -> bool:
    return _SOUTH <= lat <= _NORTH and _WEST <= lon <= _EAST
