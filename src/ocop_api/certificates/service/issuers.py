"""Who issues a certificate: the committee of the province or district, or the ministry."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from ocop_api.domain.actor import Level
from ocop_api.domain.errors import RuleViolation
from ocop_api.places.service import PlaceService

_STRUCTURE_CHANGE = date(2025, 7, 1)
_MINISTRIES = (
    (date(2025, 3, 1), "Bộ Nông nghiệp và Môi trường"),
    (date.min, "Bộ Nông nghiệp và Phát triển nông thôn"),
)
"""The ministry in charge of the programme and the day it took over, latest first."""
_DIGITS = {Level.PROVINCE: 2, Level.DISTRICT: 3}
_KINDS = ("Thành phố ", "Tỉnh ", "Thị xã ", "Huyện ", "Quận ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Issuer:
    """The issuing authority as it is printed, and its part of the number."""

    level: Level
    province: str | None
    district: str | None
    authority: str
    place: str

    @property
    def prefix(self) -> str:
        """First part of its numbers: ``TW``, ``68`` or ``67-660``."""
        parts = [part for part in (self.province, self.district) if part is not None]
        return "-".join(parts) or "TW"


def _unit(area_path: Sequence[str], structure: str, level: Level) -> str:
    for place_id in area_path:
        found, _, code = place_id.partition(":")
        if found == structure and len(code) == _DIGITS[level]:
            return place_id
    raise RuleViolation("certificate.issuer_unknown", level=level.value)


async def issuer_of(places: PlaceService, level: Level, area_path: Sequence[str], on: date) -> Issuer:
    """The issuer for a dossier of this area on a day.

    Districts exist in the structure until 30/06/2025 only; a district that finishes a pending dossier
    later is still the old unit.

    Raises:
        RuleViolation: ``certificate.issuer_unknown``, the area names no unit of that level.
    """
    if level is Level.CENTRAL:
        return Issuer(
            level=level,
            province=None,
            district=None,
            authority=next(name for since, name in _MINISTRIES if since <= on),
            place="Hà Nội",
        )
    old = level is Level.DISTRICT or on < _STRUCTURE_CHANGE
    structure = "63" if old else "34"
    province_id = _unit(area_path, structure, Level.PROVINCE)
    district_id = _unit(area_path, structure, Level.DISTRICT) if level is Level.DISTRICT else None
    name = (await places.get(district_id or province_id)).name
    kind = next((kind for kind in _KINDS if name.startswith(kind)), "")
    return Issuer(
        level=level,
        province=province_id.partition(":")[2],
        district=None if district_id is None else district_id.partition(":")[2],
        authority=f"Ủy ban nhân dân {kind.lower()}{name.removeprefix(kind)}",
        place=name.removeprefix(kind),
    )
