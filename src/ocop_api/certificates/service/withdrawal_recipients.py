"""Whom a withdrawal decision is sent to: the producer and the bodies concerned (26/2026, Art. 8.3c)."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.certificates.service.issuers import issuer_of, issuing_unit
from ocop_api.db.tables.certificates import Certificate
from ocop_api.domain.actor import Level
from ocop_api.domain.clock import vietnam_date
from ocop_api.places.service import PlaceService

_USUAL: Final[dict[Level, tuple[str, ...]]] = {
    Level.PROVINCE: (
        "Bộ Nông nghiệp và Môi trường",
        "Sở Nông nghiệp và Môi trường",
        "Sở Công Thương",
        "Sở Y tế",
    ),
    Level.CENTRAL: ("Bộ Công Thương", "Bộ Y tế"),
}
"""The bodies concerned unless others are named: our default, since the article does not list them."""
_COMMUNE_DIGITS: Final = 5


async def recipients_of(
    session: AsyncSession,
    now: datetime,
    certificate: Certificate,
    level: Level,
    further: Collection[str] | None,
) -> list[str]:
    """The producer, the commune, for the ministry's decisions the province, then the bodies concerned."""
    places = PlaceService(session)
    first = [certificate.producer_name]
    commune = _commune(certificate.area_path)
    if commune is not None:
        name = (await places.get(commune)).name
        first.append(f"Ủy ban nhân dân {name[:1].lower()}{name[1:]}")
    if level is Level.CENTRAL and certificate.area_path:
        today = vietnam_date(now)
        province_id = issuing_unit(Level.PROVINCE, certificate.area_path, today)
        province = await issuer_of(places, Level.PROVINCE, province_id, today)
        first.append(province.authority)
    bodies = _USUAL.get(level, ()) if further is None else further
    return list(dict.fromkeys([*first, *bodies]))


def _commune(area_path: Sequence[str]) -> str | None:
    """The commune of today among the units of an area."""
    for place_id in area_path:
        structure, _, code = place_id.partition(":")
        if structure == "34" and len(code) == _COMMUNE_DIGITS:
            return place_id
    return None
