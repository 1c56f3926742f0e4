"""Rows of cases of withdrawal; ``visible_to`` is their only row scope."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, exists, func, literal, or_, select, true
from sqlalchemy.dialects.postgresql import ARRAY, TEXT, insert
from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.certificates.repository import FAR, FILES, standing_on
from ocop_api.certificates.standing import Standing
from ocop_api.certificates.withdrawal_schemas import WithdrawalFilter
from ocop_api.db.base import uuid7
from ocop_api.db.merging import survivor_of
from ocop_api.db.paging import Rows, SortKey, Sorts, fetch_page
from ocop_api.db.tables.certificates import Certificate, CertificateSupersession, CertificateWithdrawal
from ocop_api.db.tables.withdrawals import (
    SignedWithdrawal,
    WithdrawalCase,
    WithdrawalEvidence,
    WithdrawalNotice,
    WithdrawalStep,
)
from ocop_api.domain.actor import Actor, Permission
from ocop_api.domain.withdrawal import OPEN, SOON_DAYS

_CASE = WithdrawalCase.__table__.c
_IS_OPEN: Final = WithdrawalCase.state.in_([state.value for state in OPEN])
_CREATED = _CASE.created_at
_SORTS = Sorts(
    {
        "due_on": (SortKey(func.coalesce(_CASE.due_on, FAR), date), SortKey(_CASE.id, UUID)),
        "created_at": (SortKey(_CREATED, datetime), SortKey(_CASE.id, UUID)),
        "-created_at": (
            SortKey(_CREATED, datetime, descending=True),
            SortKey(_CASE.id, UUID, descending=True),
        ),
    },
    default="due_on",
)


@dataclass(frozen=True, slots=True)
class CaseRecord:
    """A case with the certificate it is about."""

    case: WithdrawalCase
    certificate: Certificate


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """Cases the actor may read: of the own producer, and of the areas they read dossiers in."""
    if actor.system:
        return true()
    scope = actor.scope(Permission.DOSSIER_READ)
    return or_(
        literal(scope.everywhere),
        Certificate.producer_id.in_(scope.producer_ids),
        Certificate.area_path.overlap(literal(sorted(scope.place_ids), ARRAY(TEXT))),
    )


class WithdrawalRepository:
    """Cases, their steps and evidence, in one session."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def find(self, case_id: UUID, actor: Actor) -> CaseRecord | None:
        """One visible case with its certificate."""
        statement = (
            select(WithdrawalCase, Certificate)
            .join(Certificate, Certificate.id == WithdrawalCase.certificate_id)
            .where(WithdrawalCase.id == case_id, visible_to(actor))
        )
        row = (await self._session.execute(statement)).one_or_none()
        return None if row is None else CaseRecord(row[0], row[1])

    async def page(self, actor: Actor, wanted: WithdrawalFilter, day: date) -> tuple[Rows, list[CaseRecord]]:
        """One page of visible cases as they stand on ``day``."""
        statement = (
            select(WithdrawalCase, Certificate)
            .join(Certificate, Certificate.id == WithdrawalCase.certificate_id)
            .where(visible_to(actor))
        )
        if wanted.state is not None:
            statement = statement.where(WithdrawalCase.state == wanted.state)
        if wanted.ground is not None:
            statement = statement.where(WithdrawalCase.ground == wanted.ground)
        if wanted.place_id is not None:
            statement = statement.where(Certificate.area_path.contains([wanted.place_id]))
        if wanted.due_before is not None:
            statement = statement.where(_IS_OPEN, WithdrawalCase.due_on < wanted.due_before)
        if wanted.overdue is not None:
            overdue = and_(_IS_OPEN, func.coalesce(WithdrawalCase.due_on < day, False))
            statement = statement.where(overdue if wanted.overdue else ~overdue)
        if wanted.certificate_id is not None:
            statement = statement.where(WithdrawalCase.certificate_id == wanted.certificate_id)
        if wanted.producer_id is not None:
            statement = statement.where(Certificate.producer_id == survivor_of(wanted.producer_id))
        rows = await fetch_page(self._session, statement, _SORTS, wanted.slice(), scalars=False)
        return rows, [CaseRecord(*row) for row in rows.items]

    async def open_one(self, certificate_id: UUID) -> UUID | None:
        """The open case about a certificate."""
        found: UUID | None = await self._session.scalar(
            select(WithdrawalCase.id).where(WithdrawalCase.certificate_id == certificate_id, _IS_OPEN)
        )
        return found

    async def lock(self, case_id: UUID) -> WithdrawalCase:
        """A case that was found, read afresh and held until the transaction ends."""
        statement = select(WithdrawalCase).where(WithdrawalCase.id == case_id).with_for_update()
        statement = statement.execution_options(populate_existing=True)
        return (await self._session.execute(statement)).scalar_one()

    async def steps(self, case_id: UUID) -> Sequence[WithdrawalStep]:
        """The whole history, oldest first."""
        statement = (
            select(WithdrawalStep).where(WithdrawalStep.case_id == case_id).order_by(WithdrawalStep.ordinal)
        )
        return (await self._session.scalars(statement)).all()

    async def next_ordinal(self, case_id: UUID) -> int:
        """Place of the next step; the unique constraint tells two writers of one place apart."""
        statement = select(func.coalesce(func.max(WithdrawalStep.ordinal), 0) + 1).where(
            WithdrawalStep.case_id == case_id
        )
        return (await self._session.execute(statement)).scalar_one()

    async def cite(self, case_id: UUID, part: str, document_ids: Iterable[UUID]) -> None:
        """Note that a part of a case relies on documents."""
        values = [{"case_id": case_id, "document_id": one, "part": part} for one in document_ids]
        if values:
            await self._session.execute(insert(WithdrawalEvidence).values(values).on_conflict_do_nothing())

    async def evidence(self, case_id: UUID) -> Sequence[WithdrawalEvidence]:
        """Documents the case relies on."""
        statement = (
            select(WithdrawalEvidence)
            .where(WithdrawalEvidence.case_id == case_id)
            .order_by(WithdrawalEvidence.part, WithdrawalEvidence.document_id)
        )
        return (await self._session.scalars(statement)).all()

    async def without_object(self, day: date) -> Sequence[UUID]:
        """Open cases whose certificate ended otherwise by ``day``."""
        ended = standing_on(day).in_([Standing.EXPIRED.value, Standing.SUPERSEDED.value])
        statement = (
            select(WithdrawalCase.id)
            .join(Certificate, Certificate.id == WithdrawalCase.certificate_id)
            .outerjoin(CertificateWithdrawal, CertificateWithdrawal.certificate_id == Certificate.id)
            .outerjoin(CertificateSupersession, CertificateSupersession.certificate_id == Certificate.id)
            .outerjoin(FILES, true())
            .where(_IS_OPEN, ended)
            .order_by(WithdrawalCase.id)
        )
        return (await self._session.scalars(statement)).all()

    async def to_remind_of(self, day: date, limit: int) -> list[CaseRecord]:
        """Open cases whose term is near or over and whose office has not been told so, locked.

        A case that somebody is changing right now is left for the next run.
        """
        mark = case((WithdrawalCase.due_on < day, "overdue"), else_="due_soon")
        told = exists().where(
            WithdrawalNotice.case_id == WithdrawalCase.id,
            WithdrawalNotice.due_on == WithdrawalCase.due_on,
            WithdrawalNotice.mark == mark,
        )
        statement = (
            select(WithdrawalCase, Certificate)
            .join(Certificate, Certificate.id == WithdrawalCase.certificate_id)
            .where(_IS_OPEN, WithdrawalCase.due_on <= day + timedelta(days=SOON_DAYS), ~told)
            .order_by(WithdrawalCase.id)
            .limit(limit)
            .with_for_update(of=WithdrawalCase, skip_locked=True)
        )
        return [CaseRecord(*row) for row in await self._session.execute(statement)]

    async def note_reminder(self, case_id: UUID, due_on: date, mark: str, day: date) -> bool:
        """Remember that something was told of a term; False when it had been told before."""
        values = {"id": uuid7(), "case_id": case_id, "due_on": due_on, "mark": mark, "told_on": day}
        statement = insert(WithdrawalNotice).values(values).on_conflict_do_nothing()
        result = await self._session.execute(statement.returning(WithdrawalNotice.id))
        return result.first() is not None

    async def signed(self, case_id: UUID) -> SignedWithdrawal | None:
        """The signed decision that counts: the one that no other replaces."""
        later = select(SignedWithdrawal.replaces_id).where(SignedWithdrawal.replaces_id.is_not(None))
        found: SignedWithdrawal | None = await self._session.scalar(
            select(SignedWithdrawal).where(
                SignedWithdrawal.case_id == case_id, SignedWithdrawal.id.not_in(later)
            )
        )
        return found

    async def add(self, *rows: Any) -> None:
        """Store new rows."""
        self._session.add_all(rows)
        await self._session.flush()  # constraints are to speak inside the use case
