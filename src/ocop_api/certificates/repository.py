"""Certificates in the database. What ended a certificate stands beside it in rows of its own."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import (
    ColumnElement,
    Date,
    Select,
    and_,
    case,
    cast,
    exists,
    func,
    literal,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.certificates.schemas import CertificateFilter
from ocop_api.certificates.standing import PROLONGATIONS, Life, Standing, extended_until
from ocop_api.db.base import uuid7
from ocop_api.db.merging import survivor_of
from ocop_api.db.paging import Rows, SortKey, Sorts, fetch_page
from ocop_api.db.tables.certificates import (
    Certificate,
    CertificateNotice,
    CertificateSupersession,
    CertificateWithdrawal,
)
from ocop_api.db.tables.dossiers import Dossier, DossierStep
from ocop_api.db.tables.producers import Producer
from ocop_api.db.tables.products import Product
from ocop_api.db.tables.recognition_decisions import CertificateConfirmation
from ocop_api.domain.certificate import EXPIRY_MARKS
from ocop_api.domain.certificate_number import read_number
from ocop_api.domain.clock import VIETNAM
from ocop_api.domain.dossier import State
from ocop_api.domain.regimes import DossierKind

ISSUED = "issued"
"""Source of what this system issued; every other one names where a recorded certificate was read."""
FAR = date(9999, 12, 31)
"""The end of the calendar, for what has no end yet."""


def result_day(ends: date | None) -> date | None:
    """The day a re-rating ended; None while it is open, and without one."""
    return None if ends == FAR else ends


@dataclass(frozen=True, slots=True)
class CertificateRecord:
    """A certificate with what ended it, if anything did."""

    certificate: Certificate
    withdrawal: CertificateWithdrawal | None
    supersession: CertificateSupersession | None
    rerating_lodged_on: date | None = None
    """Day a re-rating was lodged within the term."""
    rerating_ends: date | None = None
    """Day the last such file ended; the end of the calendar while it is open."""
    rerating: bool | None = False
    """Whether a re-rating of the product is lodged and open."""
    under_way: bool | None = False
    """Whether any dossier of the product is open, a draft included."""
    confirmation: CertificateConfirmation | None = None
    """Who saw the paper behind a recorded one, if somebody did."""

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
            extended_until=extended_until(
                self.certificate.issued_on,
                self.certificate.valid_until,
                rerating_lodged_on=self.rerating_lodged_on,
                result_on=result_day(self.rerating_ends),
            ),
        )


_ISSUED = func.coalesce(Certificate.issued_on, date(1, 1, 1))
_ENDS = func.coalesce(Certificate.valid_until, FAR)

_ID = SortKey(Certificate.__table__.c.id, UUID)

SORTS = Sorts(
    {
        "-issued_on": (SortKey(_ISSUED, date, descending=True), _ID),
        "issued_on": (SortKey(_ISSUED, date), _ID),
        "valid_until": (SortKey(_ENDS, date), _ID),
    },
    default="-issued_on",
)


_FINAL = [state.value for state in State if state.is_final]
_OPEN = Dossier.state.not_in(_FINAL)
_RERATING = and_(Dossier.kind == DossierKind.RERATING.value, Dossier.lodged_on.is_not(None))
_IN_TIME = and_(_RERATING, Dossier.lodged_on.between(Certificate.issued_on, Certificate.valid_until))
_CLOSED_AT = func.coalesce(
    select(func.max(DossierStep.at))
    .where(DossierStep.dossier_id == Dossier.id, DossierStep.to_state.in_(_FINAL))
    .correlate(Dossier)
    .scalar_subquery(),
    Dossier.updated_at,
)
FILES = (
    select(
        func.min(Dossier.lodged_on).filter(_IN_TIME).label("lodged_on"),
        func.max(
            case((_OPEN, literal(FAR)), else_=cast(func.timezone(VIETNAM.utcoffset(None), _CLOSED_AT), Date))
        )
        .filter(_IN_TIME)
        .label("ends"),
        func.bool_or(and_(_RERATING, _OPEN)).label("rerating"),
        func.bool_or(_OPEN).label("under_way"),
    )
    .where(Dossier.product_id == Certificate.product_id)
    .correlate(Certificate)
    .lateral("files")
)
"""What the dossiers of a certificate's product mean to it."""


def with_ends() -> Select[
    Certificate,
    CertificateWithdrawal,
    CertificateSupersession,
    date | None,
    date | None,
    bool,
    bool,
    CertificateConfirmation,
]:
    """Certificates with what ended them and what the product's dossiers mean to them."""
    files = FILES.c
    return (
        select(
            Certificate,
            CertificateWithdrawal,
            CertificateSupersession,
            files.lodged_on,
            files.ends,
            files.rerating,
            files.under_way,
            CertificateConfirmation,
        )
        .outerjoin(CertificateWithdrawal, CertificateWithdrawal.certificate_id == Certificate.id)
        .outerjoin(CertificateSupersession, CertificateSupersession.certificate_id == Certificate.id)
        .outerjoin(FILES, true())
        .outerjoin(CertificateConfirmation, CertificateConfirmation.certificate_id == Certificate.id)
    )


def _extended(day: date) -> ColumnElement[bool]:
    """Whether the own term is over by ``day`` and the prolongation is not."""
    ends = FILES.c.ends
    claims = [
        and_(
            Certificate.issued_on < law.issued_before,
            Certificate.valid_until.between(law.expiries.first_day, law.expiries.last_day),
            Certificate.valid_until >= day - timedelta(days=law.days),
        )
        for law in PROLONGATIONS
    ]
    return and_(Certificate.valid_until < day, func.coalesce(ends >= day, False), or_(*claims))


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
        Standing.EXPIRED: and_(Certificate.valid_until < day, ~_extended(day)),
        Standing.EXTENDED: _extended(day),
    }
    return and_(stands, terms[standing])


def standing_on(day: date) -> ColumnElement[str]:
    """``Life.standing`` as a value, for counting; rows must come with what ended them and with ``FILES``."""
    return case(*((_standing_is(standing, day), literal(standing.value)) for standing in Standing))


class CertificateRepository:
    """Rows of certificates. The register is public, so there is no row scope."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def get(self, certificate_id: UUID, *, lock: bool = False) -> CertificateRecord | None:
        """One certificate; ``lock`` holds it and its product until the transaction ends."""
        statement = with_ends().where(Certificate.id == certificate_id)
        if lock:
            # The product before the certificate, as issuing takes them: nobody waits in a circle. Locks come
            # first, since what ended the certificate must be read after it is held.
            product_id = await self.session.scalar(
                select(Certificate.product_id).where(Certificate.id == certificate_id)
            )
            await self.lock_products([] if product_id is None else [product_id])
            await self.session.execute(
                select(Certificate.id).where(Certificate.id == certificate_id).with_for_update()
            )
        row = (await self.session.execute(statement)).one_or_none()
        return None if row is None else CertificateRecord(*row)

    async def get_many(self, certificate_ids: Sequence[UUID]) -> list[CertificateRecord]:
        """These certificates in this order; unknown ones are left out."""
        rows = await self.session.execute(with_ends().where(Certificate.id.in_(certificate_ids)))
        found = {row[0].id: CertificateRecord(*row) for row in rows}
        return [found[one] for one in certificate_ids if one in found]

    async def of_product(self, product_id: UUID) -> list[CertificateRecord]:
        """All certificates of a product."""
        statement = with_ends().where(Certificate.product_id == product_id).order_by(Certificate.id)
        return [CertificateRecord(*row) for row in await self.session.execute(statement)]

    async def of_dossier(self, dossier_id: UUID, appeal_id: UUID | None) -> CertificateRecord | None:
        """The certificate a dossier led to; with ``appeal_id`` the one it led to after that appeal."""
        statement = with_ends().where(
            Certificate.dossier_id == dossier_id, Certificate.appeal_id.is_not_distinct_from(appeal_id)
        )
        row = (await self.session.execute(statement)).one_or_none()
        return None if row is None else CertificateRecord(*row)

    async def criteria_of(self, dossier_ids: Collection[UUID]) -> dict[UUID, tuple[str | None, int | None]]:
        """Edition and number of the criteria sets that dossiers were rated by."""
        if not dossier_ids:
            return {}
        statement = select(Dossier.id, Dossier.edition, Dossier.set_number).where(Dossier.id.in_(dossier_ids))
        return {row.id: (row.edition, row.set_number) for row in await self.session.execute(statement)}

    async def of_products(self, product_ids: Sequence[UUID]) -> list[CertificateRecord]:
        """All certificates of these products."""
        statement = with_ends().where(Certificate.product_id.in_(product_ids)).order_by(Certificate.id)
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

    async def page(self, wanted: CertificateFilter, day: date) -> tuple[Rows, list[CertificateRecord]]:
        """One page of the register as it stands on ``day``."""
        statement = with_ends()
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
        if wanted.recognition_decision_id is not None:
            statement = statement.where(Certificate.recognition_decision_id == wanted.recognition_decision_id)
        if wanted.confirmed is not None:
            confirmed = CertificateConfirmation.certificate_id.is_not(None)
            statement = statement.where(
                Certificate.source != ISSUED, confirmed if wanted.confirmed else ~confirmed
            )
        if wanted.expiring_before is not None:
            statement = statement.where(
                Certificate.valid_until < wanted.expiring_before,
                or_(_standing_is(Standing.VALID, day), _standing_is(Standing.EXPIRING, day)),
            )
        rows = await fetch_page(self.session, statement, SORTS, wanted.slice(), scalars=False)
        return rows, [CertificateRecord(*row) for row in rows.items]

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

    async def at_a_mark(self, day: date, limit: int) -> list[CertificateRecord]:
        """Certificates in their term that stand at a mark nobody was told of, locked."""
        left = Certificate.valid_until - day
        mark = case(*((left <= days, str(days)) for days in sorted(EXPIRY_MARKS)))
        return await self._untold(
            mark,
            limit,
            Certificate.valid_until.between(day, day + timedelta(days=max(EXPIRY_MARKS))),
            or_(_standing_is(Standing.VALID, day), _standing_is(Standing.EXPIRING, day)),
        )

    async def past_their_end(self, day: date, limit: int) -> list[CertificateRecord]:
        """Certificates whose own term ended after they were recorded and before ``day``, untold, locked."""
        recorded = cast(func.timezone(VIETNAM.utcoffset(None), Certificate.created_at), Date)
        return await self._untold(
            case((_standing_is(Standing.EXTENDED, day), "extended"), else_="expired"),
            limit,
            Certificate.valid_until.between(recorded, day - timedelta(days=1)),
            or_(_standing_is(Standing.EXTENDED, day), _standing_is(Standing.EXPIRED, day)),
        )

    async def _untold(
        self, mark: ColumnElement[str], limit: int, *conditions: ColumnElement[bool]
    ) -> list[CertificateRecord]:
        told = exists().where(
            CertificateNotice.certificate_id == Certificate.id, CertificateNotice.mark == mark
        )
        # The locks come first: what ended a certificate must be read after its row is held. Products are
        # held too, as their recognition may follow. Nothing held is waited for, so nobody can wait in a ring.
        wanted = (
            with_ends()
            .join(Product, Product.id == Certificate.product_id)
            .with_only_columns(Certificate.id)
            .where(*conditions, ~told)
            .order_by(Certificate.id)
            .limit(limit)
            .with_for_update(of=(Certificate, Product), skip_locked=True)
        )
        ids = (await self.session.scalars(wanted)).all()
        rows = await self.session.execute(with_ends().where(Certificate.id.in_(ids)).order_by(Certificate.id))
        return [CertificateRecord(*row) for row in rows]

    async def note(self, certificate_id: UUID, mark: str, day: date) -> bool:
        """Remember that something was told of a certificate; False when it had been told before."""
        values = {"id": uuid7(), "certificate_id": certificate_id, "mark": mark, "told_on": day}
        statement = insert(CertificateNotice).values(values).on_conflict_do_nothing()
        result = await self.session.execute(statement.returning(CertificateNotice.id))
        return result.first() is not None

    async def products_to_prolong(self, day: date) -> Sequence[UUID]:
        """Products with a prolonged certificate that show a recognition which is over."""
        statement = (
            with_ends()
            .join(Product, Product.id == Certificate.product_id)
            .with_only_columns(Product.id)
            .where(Product.stars_valid_until < day, _standing_is(Standing.EXTENDED, day))
        )
        return (await self.session.scalars(statement.distinct().order_by(Product.id))).all()


_VERIFY = """
select c.id, c.number, c.code, c.product_id, c.stars, c.product_name, c.producer_name, c.decision_number,
       c.decided_on, c.issuing_authority, c.issued_on, c.valid_until, c.notice_from,
       c.source, c.regime, o.edition, o.set_number, k.confirmed_on, w.withdrawn_on, w.ground, s.superseded_on,
       n.code as successor_code, r.lodged_on as rerating_lodged_on, r.ends as rerating_ends
from certificate c
left join certificate_withdrawal w on w.certificate_id = c.id
left join certificate_confirmation k on k.certificate_id = c.id
left join certificate_supersession s on s.certificate_id = c.id
left join certificate n on n.id = s.successor_id
left join dossier o on o.id = c.dossier_id
left join lateral (
  select min(d.lodged_on) as lodged_on,
         max(case when d.state <> all($2::text[]) then date '9999-12-31' else (coalesce(
           (select max(t.at) from dossier_step t where t.dossier_id = d.id and t.to_state = any($2::text[])),
           d.updated_at) at time zone interval '7 hours')::date end) as ends
  from dossier d
  where c.valid_until between $3 and $4 and d.product_id = c.product_id and d.kind = 'rerating'
    and d.lodged_on between c.issued_on and c.valid_until
) r on true
where {condition}
"""
_BY_CODE = _VERIFY.format(condition="c.code = $1")
_BY_TEXT = _VERIFY.format(condition="c.number = $1")
_BY_PARTS = _VERIFY.format(
    condition="c.number = $1 or (c.number_prefix = $5 and c.number_year = $6 and c.number_serial = $7) "
    "order by c.number = $1 limit 1"
)
# Files are looked up for nothing but certificates a transition can prolong.
_PROLONGED = (
    min(law.expiries.first_day for law in PROLONGATIONS),
    max(law.expiries.last_day for law in PROLONGATIONS),
)


async def look_up(
    pool: "asyncpg.Pool[asyncpg.Record]", *, code: str | None = None, number: str = ""
) -> asyncpg.Record | None:
    """What verification shows, by code or by number, in one statement of the hot pool.

    A number is found however its serial is written; of a form nothing counts in, only as it is printed.
    """
    if code is not None:
        return await pool.fetchrow(_BY_CODE, code, _FINAL, *_PROLONGED)
    read = read_number(number)
    if read is None:
        return await pool.fetchrow(_BY_TEXT, " ".join(number.split()), _FINAL, *_PROLONGED)
    return await pool.fetchrow(_BY_PARTS, read.text, _FINAL, *_PROLONGED, *read.key)
