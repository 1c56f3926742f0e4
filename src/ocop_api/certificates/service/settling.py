"""Bringing supersessions and products' recognitions up to what the certificates now say."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.certificates import policy
from ocop_api.certificates.policy import Term
from ocop_api.certificates.repository import CertificateRecord, CertificateRepository
from ocop_api.certificates.service.describing import told_of
from ocop_api.domain.actor import Actor
from ocop_api.domain.clock import vietnam_date
from ocop_api.ledger.recording import Happening, record_many
from ocop_api.products.service import ProductService


async def settle_products(
    session: AsyncSession, actor: Actor, now: datetime, product_ids: Collection[UUID]
) -> None:
    """Write who followed whom among the certificates of these products, and what each product now holds.

    The products are locked in the order of their ids: two certificates of one product settle one after the
    other, and the second sees the first. What is so already is left alone.
    """
    today = vietnam_date(now)
    certificates = CertificateRepository(session)
    products = await certificates.lock_products(sorted(product_ids))
    records = await certificates.of_products(list(products))
    new = [pair for own in _by_product(records).values() for pair in _new_successions(own, today)]
    if new:
        await _replace(session, actor, now, new, records)
        records = await certificates.of_products(list(products))
    service = ProductService(session, actor, now)
    for product_id, own in _by_product(records).items():
        shown = policy.recognition_of([record.life for record in own], today)
        row = products[product_id][0]
        stored = (row.recognition_status, row.stars, row.stars_valid_until)
        if stored != (shown.status, shown.stars, shown.valid_until):
            await service.set_recognition(
                product_id, stars=shown.stars, valid_until=shown.valid_until, status=shown.status
            )


async def _replace(
    session: AsyncSession,
    actor: Actor,
    now: datetime,
    pairs: Sequence[tuple[UUID, UUID, date]],
    records: Sequence[CertificateRecord],
) -> None:
    """Write down who followed whom (old, new, from when), as rows and as events of the old ones."""
    await CertificateRepository(session).supersede(pairs, now)
    known = {record.certificate.id: record.certificate for record in records}
    happened = [
        Happening(
            "certificate.superseded",
            "certificate",
            old,
            {
                **told_of(known[old]),
                "successor_id": str(new),
                "superseded_on": from_when.isoformat(),
            },
            known[old].area_path,
        )
        for old, new, from_when in pairs
    ]
    await record_many(session, happened, actor=actor, at=now)


def _by_product(records: Iterable[CertificateRecord]) -> dict[UUID, list[CertificateRecord]]:
    found: dict[UUID, list[CertificateRecord]] = {}
    for record in records:
        found.setdefault(record.certificate.product_id, []).append(record)
    return found


def _new_successions(records: Sequence[CertificateRecord], today: date) -> list[tuple[UUID, UUID, date]]:
    terms = [
        Term(certificate_id=r.certificate.id, issued_on=r.life.issued_on, valid_until=last_day)
        for r in records
        if r.withdrawal is None
        and r.life.issued_on is not None
        and (last_day := r.life.last_day(today)) is not None
    ]
    known = {r.certificate.id for r in records if r.supersession is not None}
    return [pair for pair in policy.successions(terms) if pair[0] not in known]
