"""Rows of cases of withdrawal; ``visible_to`` is their only row scope."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, func, literal, or_, select, true
from sqlalchemy.dialects.postgresql import ARRAY, TEXT, insert
from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.db.tables.certificates import Certificate
from ocop_api.db.tables.withdrawals import WithdrawalCase, WithdrawalEvidence, WithdrawalStep
from ocop_api.domain.actor import Actor, Permission
from ocop_api.domain.withdrawal import OPEN

OPEN_STATES: Final = [state.value for state in OPEN]


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

    async def open_one(self, certificate_id: UUID) -> UUID | None:
        """The open case about a certificate."""
        found: UUID | None = await self._session.scalar(
            select(WithdrawalCase.id).where(
                WithdrawalCase.certificate_id == certificate_id, WithdrawalCase.state.in_(OPEN_STATES)
            )
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

    async def add(self, *rows: Any) -> None:
        """Store new rows."""
        self._session.add_all(rows)
        await self._session.flush()  # constraints are to speak inside the use case
