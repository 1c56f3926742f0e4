"""Checks of a plot's GeoJSON before it is kept.

Rules: RFC 7946 (longitude first, closed rings) and the geolocation rules of the EU deforestation
regulation 2023/1115: at most six decimals, no holes, no self-intersection, a polygon above 4 ha.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final, TypeAlias

from ocop_api.domain.errors import Invalid

Position: TypeAlias = tuple[float, float]

MAX_POSITIONS: Final = 200
"""Positions of a ring. The test for crossings compares all pairs of sides, so the number is bounded."""
POINT_MAX_HA: Final = Decimal(4)
_DECIMALS: Final = 6
_RING_MIN: Final = 4
_LONGITUDE: Final = 180
_LATITUDE: Final = 90


def check_point(position: Sequence[float], area_ha: Decimal | None) -> None:
    """Refuse a point that is no place on earth, or stands for a plot of more than 4 ha.

    Raises:
        Invalid: ``traceability.bad_geometry`` with ``reason`` and ``position``, or
            ``traceability.polygon_required``.
    """
    _position(position, 0)
    if area_ha is not None and area_ha > POINT_MAX_HA:
        raise Invalid("traceability.polygon_required", area_ha=str(area_ha), limit=str(POINT_MAX_HA))


def check_polygon(rings: Sequence[Sequence[Sequence[float]]]) -> None:
    """Refuse a polygon that is open, has holes, crosses itself or has bad positions.

    Raises:
        Invalid: ``traceability.bad_geometry`` with ``reason`` and ``position`` (index in the ring).
    """
    if len(rings) != 1:
        raise _bad("holes", 0)
    ring = [_position(position, place) for place, position in enumerate(rings[0])]
    if not _RING_MIN <= len(ring) <= MAX_POSITIONS:
        raise _bad("number_of_positions", len(ring))
    if ring[0] != ring[-1]:
        raise _bad("not_closed", len(ring) - 1)
    corners = ring[:-1]
    if len(set(corners)) != len(corners):
        raise _bad("repeated_position", 0)
    sides = list(zip(corners, [*corners[1:], corners[0]], strict=True))
    for first in range(len(sides)):
        for second in range(first + 1, len(sides)):
            neighbours = second - first == 1 or (first == 0 and second == len(sides) - 1)
            if not neighbours and _cross(*sides[first], *sides[second]):
                raise _bad("crosses_itself", second)
    if _doubled_area(corners) == 0:
        raise _bad("no_area", 0)


def _bad(reason: str, position: int) -> Invalid:
    return Invalid("traceability.bad_geometry", reason=reason, position=position)


def _position(position: Sequence[float], place: int) -> Position:
    if len(position) != 2:  # noqa: PLR2004 - longitude and latitude
        raise _bad("two_numbers", place)
    longitude, latitude = position
    if not (abs(longitude) <= _LONGITUDE and abs(latitude) <= _LATITUDE):
        raise _bad("out_of_range", place)
    for number in (longitude, latitude):
        # The shortest text of a double is the text that was sent, up to trailing zeros.
        exponent = Decimal(repr(number)).normalize().as_tuple().exponent
        if not isinstance(exponent, int) or exponent < -_DECIMALS:
            raise _bad("decimals", place)
    return longitude, latitude


def _doubled_area(corners: Sequence[Position]) -> float:
    pairs = zip(corners, [*corners[1:], corners[0]], strict=True)
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in pairs)


def _side(a: Position, b: Position, c: Position) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def _between(a: Position, b: Position, c: Position) -> bool:
    return min(a[0], b[0]) <= c[0] <= max(a[0], b[0]) and min(a[1], b[1]) <= c[1] <= max(a[1], b[1])


def _cross(a: Position, b: Position, c: Position, d: Position) -> bool:
    ends = (_side(a, b, c), _side(a, b, d), _side(c, d, a), _side(c, d, b))
    if ends[0] * ends[1] < 0 and ends[2] * ends[3] < 0:
        return True
    touching = ((ends[0], a, b, c), (ends[1], a, b, d), (ends[2], c, d, a), (ends[3], c, d, b))
    return any(side == 0 and _between(start, end, point) for side, start, end, point in touching)
