"""The life of certificates by the clock: notices before the end, prolongation, and the end itself.

What a certificate is worth follows from its dates on every day, whether or not anybody runs a job. What is
written here are the events: for people, webhooks and whoever follows the changes.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.certificates.repository import CertificateRecord, CertificateRepository
from ocop_api.certificates.service.describing import told_of
from ocop_api.certificates.service.settling import settle_products
from ocop_api.certificates.standing import Standing
from ocop_api.domain.actor import SYSTEM
from ocop_api.domain.certificate import expiry_mark
from ocop_api.domain.clock import vietnam_date
from ocop_api.domain.dossier import rerating_lodging_days
from ocop_api.domain.regimes import regime_on
from ocop_api.ledger.recording import record
from ocop_api.products.service import ProductService

_BATCH: Final = 200
_BY_WINDOW: Final = "dossier.rerating_window"
"""Beginning of the kinds by which producers hear of the filing window of a product."""


class LifeService:
    """What the calendar brings about for all certificates, for the system at one moment."""

    def __init__(self, session: AsyncSession, now: datetime) -> None:
        self._session = session
        self._rows = CertificateRepository(session)
        self._now = now
        self._today = vietnam_date(now)

    async def tell_of_ends(self) -> bool:
        """Tell of the next certificates that have come to a mark before their end; False when none is left.

        Each mark is told once. One that is seen late is told the mark it stands at, not those it has passed.
        A certificate that somebody is changing right now is left for the next run.
        """
        found = await self._rows.at_a_mark(self._today, _BATCH)
        told = [await self._tell_of_end(one) for one in found]
        return len(found) == _BATCH and any(told)

    async def end_terms(self) -> bool:
        """Write down the next terms that are over; False when none is left.

        A term is over when the day after its last one begins in Vietnam. One that is prolonged is told as
        ``certificate.extended``, and as ``certificate.expired`` after the last day of the prolongation.
        Each is told once, with its true day, however late this runs. A certificate that had run out before
        it was recorded ended nothing here and is not told.
        """
        found = await self._rows.past_their_end(self._today, _BATCH)
        told = [await self._tell_of_end_of_term(one) for one in found]
        return len(found) == _BATCH and any(told)

    async def products_to_prolong(self) -> Sequence[UUID]:
        """Products that do not show their prolonged certificate as held yet, or again after an appeal."""
        return await self._rows.products_to_prolong(self._today)

    async def show_prolonged(self, product_id: UUID) -> None:
        """Bring a product's recognition up to what its certificates say."""
        await settle_products(self._session, SYSTEM, self._now, [product_id])

    async def _tell_of_end(self, one: CertificateRecord) -> bool:
        last_day = one.certificate.valid_until
        standing = one.life.standing(self._today)
        mark = None if last_day is None else expiry_mark(last_day, self._today)
        if last_day is None or mark is None or standing not in {Standing.VALID, Standing.EXPIRING}:
            return False
        law = regime_on(self._today)
        window = rerating_lodging_days(law, last_day)
        latest = law.lodging.rerating_latest_days
        # While the window is open, reminders about it go to producers who have no file under way; a
        # second message about the same days would only teach them to skip both.
        by_window = latest is not None and mark > latest and not one.under_way
        return await self._tell(
            one,
            "certificate.expiring",
            str(mark),
            {
                "mark": mark,
                "days_left": (last_day - self._today).days,
                "lodging_first_day": None if window is None else window.first_day.isoformat(),
                "lodging_last_day": None if window is None else window.last_day.isoformat(),
                "rerating_lodged": bool(one.rerating),
                "told_by": _BY_WINDOW if by_window else None,
            },
        )

    async def _tell_of_end_of_term(self, one: CertificateRecord) -> bool:
        life = one.life
        standing, last_day = life.standing(self._today), life.last_day(self._today)
        if last_day is None or standing not in {Standing.EXTENDED, Standing.EXPIRED}:
            return False
        prolonged = life.prolonged_until(self._today)
        data = {"extended_until": None if prolonged is None else prolonged.isoformat()}
        if standing is Standing.EXTENDED:
            return await self._tell(one, "certificate.extended", "extended", data)
        data["expired_on"] = _day_after(last_day).isoformat()
        if not await self._tell(one, "certificate.expired", "expired", data):
            return False
        if prolonged is not None:
            # The product was shown as held until the limit; the result may have come earlier.
            await settle_products(self._session, SYSTEM, self._now, [one.certificate.product_id])
        await ProductService(self._session, SYSTEM, self._now).tell_of_expiry(one.certificate.product_id)
        return True

    async def _tell(self, one: CertificateRecord, kind: str, mark: str, data: Mapping[str, Any]) -> bool:
        certificate = one.certificate
        if not await self._rows.note(certificate.id, mark, self._today):
            return False
        await record(
            self._session,
            kind=kind,
            subject_type="certificate",
            subject_id=certificate.id,
            actor=SYSTEM,
            at=self._now,
            area_path=certificate.area_path,
            data={
                **told_of(certificate),
                "valid_until": None
                if certificate.valid_until is None
                else certificate.valid_until.isoformat(),
                **data,
            },
        )
        return True


def _day_after(day: date) -> date:
    return day + timedelta(days=1)
