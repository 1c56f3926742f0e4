"""Certificates in the database. What ended a certificate stands beside it in rows of its own."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import ColumnElement, Select, and_, case, func, literal, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.certificates.schemas import CertificateFilter
from ocop_api.certificates.standing import Life, Standing
from ocop_api.db.merging import survivor_of
from ocop_api.db.paging import Rows, SortKey, Sorts, fetch_page
from ocop_api.db.tables.certificates import (
    Certificate,
    CertificateSerial,
    CertificateSupersession,
    CertificateWithdrawal,
)
from ocop_api.db.tables.producers import Producer
from ocop_api.db.tables.products import Product


@dataclass(frozen=True, slots=True)
class CertificateRecord:
    """A certificate with what ended it, if anything did."""

    certificate: Certificate
    withdrawal: CertificateWithdrawal | None
    supersession: CertificateSupersession | None

    @property
    def life(self) -> Life:
        """The dates that decide its standing."""
        return Life(
            stars=self.certificate.stars,
            issued_on=self.certificate.issued_on,
            valid_until=self.certificate.valid_until,
            notice_from=self.certificate.notice_from,
            withdrawn_on=self.withdrawal.withdrawn_on if self.withdrawal else None,
            superseded_on=self.supersession.superseded_on if self.supersession else None,
        )


_FAR = date(9999, 12, 31)
_ISSUED = func.coalesce(Certificate.issued_on, date(1, 1, 1))
_ENDS = func.coalesce(Certificate.valid_until, _FAR)

_ID = SortKey(Certificate.__table__.c.id, UUID)

SORTS = Sorts(
    {
        "-issued_on": (SortKey(_ISSUED, date, descending=True), _ID),
        "issued_on": (SortKey(_ISSUED, date), _ID),
        "valid_until": (SortKey(_ENDS, date), _ID),
    },
    default="-issued_on",
)


def _with_ends() -> Select[Certificate, CertificateWithdrawal, CertificateSupersession]:
    return (
        select(Certificate, CertificateWithdrawal, CertificateSupersession)
        .outerjoin(CertificateWithdrawal, CertificateWithdrawal.certificate_id == Certificate.id)
        .outerjoin(CertificateSupersession, CertificateSupersession.certificate_id == Certificate.id)
    )


def _standing_is(standing: Standing, day: date) -> ColumnElement[bool]:
    """``Life.standing`` as a condition; a test holds the two together."""
    withdrawn_on = CertificateWithdrawal.withdrawn_on
    superseded_on = CertificateSupersession.superseded_on
    withdrawn = func.coalesce(withdrawn_on <= day, False)
    superseded = func.coalesce(superseded_on <= day, False)
    # When both happened, the earlier one names the state; on the same day the withdrawal does.
    superseded_first = and_(superseded, func.coalesce(superseded_on < withdrawn_on, True))
    ends = {
        Standing.WITHDRAWN: and_(withdrawn, ~and_(superseded, superseded_first)),
        Standing.SUPERSEDED: superseded_first,
    }
    if standing in ends:
        return ends[standing]
    stands = and_(~withdrawn, ~superseded)
    terms: dict[Standing, ColumnElement[bool]] = {
        Standing.REPORTED: Certificate.valid_until.is_(None),
        Standing.NOT_YET_VALID: Certificate.issued_on > day,
        Standing.VALID: and_(Certificate.issued_on <= day, Certificate.notice_from > day),
        Standing.EXPIRING: and_(
            Certificate.issued_on <= day, Certificate.notice_from <= day, Certificate.valid_until >= day
        ),
        Standing.EXPIRED: Certificate.valid_until < day,
        Standing.EXTENDED: literal(False),
    }
    return and_(stands, terms[standing])


def standing_on(day: date) -> ColumnElement[str]:
    """``Life.standing`` as a value, for counting; rows must come with what ended them."""
    return case(*((_standing_is(standing, day), literal(standing.value)) for standing in Standing))


class CertificateRepository:
    """Rows of certificates. The register is public, so there is no row scope."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def get(self, certificate_id: UUID, *, lock: bool = False) -> CertificateRecord | None:
        """One certificate; ``lock`` holds its row until the transaction ends."""
        statement = _with_ends().where(Certificate.id == certificate_id)
        if lock:
            # The lock comes first: what ended the certificate must be read after it is held.
            await self.session.execute(
                select(Certificate.id).where(Certificate.id == certificate_id).with_for_update()
            )
        row = (await self.session.execute(statement)).one_or_none()
        return None if row is None else CertificateRecord(*row)

    async def of_product(self, product_id: UUID) -> list[CertificateRecord]:
        """All certificates of a product."""
        statement = _with_ends().where(Certificate.product_id == product_id).order_by(Certificate.id)
        return [CertificateRecord(*row) for row in await self.session.execute(statement)]

    async def of_dossier(self, dossier_id: UUID, appeal_id: UUID | None) -> CertificateRecord | None:
        """The certificate a dossier led to; with ``appeal_id`` the one it led to after that appeal."""
        statement = _with_ends().where(
            Certificate.dossier_id == dossier_id, Certificate.appeal_id.is_not_distinct_from(appeal_id)
        )
        row = (await self.session.execute(statement)).one_or_none()
        return None if row is None else CertificateRecord(*row)

    async def of_products(self, product_ids: Sequence[UUID]) -> list[CertificateRecord]:
        """All certificates of these products."""
        statement = _with_ends().where(Certificate.product_id.in_(product_ids)).order_by(Certificate.id)
        return [CertificateRecord(*row) for row in await self.session.execute(statement)]

    async def lock_products(self, product_ids: Sequence[UUID]) -> dict[UUID, tuple[Product, Producer]]:
        """These products, locked in the order of their ids, with their producers."""
        statement = (
            select(Product, Producer)
            .join(Producer, Producer.id == Product.producer_id)
            .where(Product.id.in_(product_ids))
            .order_by(Product.id)
            .with_for_update(of=Product)
            .execution_options(populate_existing=True)
        )
        return {
            product.id: (product, producer) for product, producer in await self.session.execute(statement)
        }

    async def numbers_in_use(self, numbers: Collection[str]) -> set[str]:
        """Those of the numbers that certificates bear."""
        if not numbers:
            return set()
        statement = select(Certificate.number).where(Certificate.number.in_(numbers))
        return {number for number in await self.session.scalars(statement) if number is not None}

    async def page(self, wanted: CertificateFilter, day: date) -> tuple[Rows, list[CertificateRecord]]:
        """One page of the register as it stands on ``day``."""
        statement = _with_ends()
        if wanted.status is not None:
            statement = statement.where(_standing_is(wanted.status, day))
        if wanted.stars is not None:
            statement = statement.where(Certificate.stars == wanted.stars)
        if wanted.product_id is not None:
            statement = statement.where(Certificate.product_id == survivor_of(wanted.product_id))
        if wanted.producer_id is not None:
            statement = statement.where(Certificate.producer_id == survivor_of(wanted.producer_id))
        if wanted.place_id is not None:
            statement = statement.where(Certificate.area_path.contains([wanted.place_id]))
        if wanted.expiring_before is not None:
            statement = statement.where(
                Certificate.valid_until < wanted.expiring_before,
                or_(_standing_is(Standing.VALID, day), _standing_is(Standing.EXPIRING, day)),
            )
        rows = await fetch_page(self.session, statement, SORTS, wanted.slice(), scalars=False)
        return rows, [CertificateRecord(*row) for row in rows.items]

    async def next_serial(self, issuer: str, year: int) -> int:
        """The next serial of an issuer in a year; others wait for this transaction to end."""
        statement = insert(CertificateSerial).values(issuer=issuer, year=year, serial=1)
        statement = statement.on_conflict_do_update(
            index_elements=["issuer", "year"], set_={"serial": CertificateSerial.serial + 1}
        )
        found = await self.session.execute(statement.returning(CertificateSerial.serial))
        return found.scalar_one()

    async def reserve_serial(self, issuer: str, year: int, serial: int) -> None:
        """Keep numbers already in circulation from being given out again."""
        statement = insert(CertificateSerial).values(issuer=issuer, year=year, serial=serial)
        await self.session.execute(
            statement.on_conflict_do_update(
                index_elements=["issuer", "year"],
                set_={"serial": func.greatest(CertificateSerial.serial, serial)},
            )
        )

    async def add_recorded(self, values: dict[str, Any]) -> UUID | None:
        """Insert a recorded recognition; None when the same one stands already."""
        statement = insert(Certificate).values(**values)
        statement = statement.on_conflict_do_nothing(constraint="uq_certificate__recognition")
        return (await self.session.execute(statement.returning(Certificate.id))).scalar_one_or_none()

    async def find_recorded(
        self, product_id: UUID, decision_number: str | None, decided_on: date | None, stars: int
    ) -> UUID:
        """The recognition with this natural key; it must exist."""
        statement = select(Certificate.id).where(
            Certificate.product_id == product_id,
            Certificate.decision_number.is_not_distinct_from(decision_number),
            Certificate.decided_on.is_not_distinct_from(decided_on),
            Certificate.stars == stars,
        )
        return (await self.session.execute(statement)).scalar_one()

    async def supersede(self, pairs: Sequence[tuple[UUID, UUID, date]], at: Any) -> None:
        """Write who followed whom (old, new, from when); the first successor of a certificate stays."""
        for old, new, from_when in pairs:
            statement = insert(CertificateSupersession).values(
                certificate_id=old, successor_id=new, superseded_on=from_when
            )
            await self.session.execute(statement.on_conflict_do_nothing())
            await self.session.execute(
                update(Certificate)
                .where(Certificate.id == old)
                .values(version=Certificate.version + 1, updated_at=at)
            )


_VERIFY = """
select c.id, c.number, c.code, c.product_id, c.stars, c.product_name, c.producer_name, c.decision_number,
       c.decided_on, c.issuing_authority, c.issued_on, c.valid_until, c.notice_from,
       c.source, w.withdrawn_on, w.ground, s.superseded_on, n.code as successor_code
from certificate c
left join certificate_withdrawal w on w.certificate_id = c.id
left join certificate_supersession s on s.certificate_id = c.id
left join certificate n on n.id = s.successor_id
where c.{column} = $1
"""
_BY_CODE = _VERIFY.format(column="code")
_BY_NUMBER = _VERIFY.format(column="number")


async def look_up(
    pool: "asyncpg.Pool[asyncpg.Record]", *, code: str | None = None, number: str | None = None
) -> asyncpg.Record | None:
    """What verification shows, by code or by number, in one statement of the hot pool."""
    if code is not None:
        return await pool.fetchrow(_BY_CODE, code)
    return await pool.fetchrow(_BY_NUMBER, number)
