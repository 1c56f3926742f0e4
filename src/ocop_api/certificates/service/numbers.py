"""What became of every serial: the certificate that bears it, or why there is none."""

from datetime import date, datetime
from typing import Literal

from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.certificates.numbers_repository import NumberRepository
from ocop_api.certificates.numbers_schemas import (
    NumberGap,
    NumberQuery,
    NumberRead,
    NumberSeries,
    SeriesQuery,
)
from ocop_api.certificates.repository import CertificateRepository
from ocop_api.db.paging import Rows
from ocop_api.db.tables.certificates import CertificateNumberGap
from ocop_api.domain.actor import Actor, Permission, Scope
from ocop_api.domain.clock import vietnam_date
from ocop_api.domain.errors import Forbidden
from ocop_api.web.texts import Language, text_of

Reason = Literal["recorded", "before_records", "unexplained"]


class NumberService:
    """Numbers for one actor at one moment: for offices, who answer for the gaps of their area."""

    def __init__(self, session: AsyncSession, actor: Actor, now: datetime) -> None:
        self._actor = actor
        self._today = vietnam_date(now)
        self._rows = NumberRepository(session)
        self._certificates = CertificateRepository(session)

    async def series(self, wanted: SeriesQuery) -> tuple[Rows, list[NumberSeries]]:
        """One page of the prefixes and years that have numbers; ``Forbidden`` as ``numbers``."""
        rows = await self._rows.series(wanted, self._scope())
        return rows, [
            NumberSeries(prefix=prefix, year=year, last_serial=last, certificates=borne, gaps=last - borne)
            for prefix, year, last, borne in rows.items
        ]

    async def numbers(self, wanted: NumberQuery, language: Language) -> tuple[Rows, list[NumberRead]]:
        """One page of the serials from 1 to the last one.

        Raises:
            Forbidden: ``auth.not_permitted`` for those who hold no office.
        """
        rows = await self._rows.numbers(wanted, self._scope())
        bearers = [certificate.id for _, certificate, _, _ in rows.items if certificate is not None]
        records = {one.certificate.id: one for one in await self._certificates.get_many(bearers)}
        found = []
        for serial, certificate, gap, jumper in rows.items:
            record = None if certificate is None else records[certificate.id]
            found.append(
                NumberRead(
                    serial=serial,
                    number=None if certificate is None else certificate.number,
                    certificate_id=None if certificate is None else certificate.id,
                    source=None if certificate is None else certificate.source,
                    status=None if record is None else record.life.standing(self._today),
                    gap=None if certificate is not None else _gap(gap, jumper, language),
                )
            )
        return rows, found

    def _scope(self) -> Scope:
        scope = self._actor.scope(Permission.DOSSIER_READ)
        if not (scope.everywhere or scope.place_ids):
            raise Forbidden("auth.not_permitted", permission=Permission.DOSSIER_READ.value)
        return scope


_GAP_TEXTS: dict[Reason, str] = {
    "recorded": "certificate.gap_recorded",
    "before_records": "certificate.gap_before_records",
    "unexplained": "certificate.gap_unexplained",
}


def _gap(gap: CertificateNumberGap | None, jumper: str | None, language: Language) -> NumberGap:
    reason: Reason = "unexplained"
    on: date | None = None
    if gap is not None:
        reason = "recorded" if gap.reason == "recorded" else "before_records"
        on = vietnam_date(gap.made_at) if reason == "recorded" else None
    told = {"number": jumper or "", "on": "" if on is None else f"{on:%d/%m/%Y}"}
    return NumberGap(
        reason=reason,
        text=text_of(_GAP_TEXTS[reason], language, told),
        certificate_id=None if gap is None else gap.certificate_id,
        number=jumper,
        on=on,
    )
