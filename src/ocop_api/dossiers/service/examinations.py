"""Site surveys and further tests: asked for by those who assess a file, recorded with their results."""

from collections.abc import Callable, Sequence
from typing import Final
from uuid import UUID

from ocop_api.db.paging import Rows
from ocop_api.db.tables.dossier_examinations import DossierExamination
from ocop_api.db.tables.dossiers import Dossier
from ocop_api.documents.service import CitationService
from ocop_api.domain.dossier import Acting, Level, Party, State
from ocop_api.domain.errors import Forbidden, Invalid, NotFound, RuleViolation
from ocop_api.dossiers.assessing_repository import ExaminationRepository
from ocop_api.dossiers.examinations_schemas import (
    ExaminationCancellation,
    ExaminationCreate,
    ExaminationFilter,
    ExaminationRead,
    ExaminationRecord,
    ExaminationResult,
    ExaminationResultRead,
    ExaminationState,
)
from ocop_api.dossiers.policy import Whereabouts, capacities
from ocop_api.dossiers.report_schemas import OpenExamination
from ocop_api.dossiers.service.comments import acts_for_producer, check_criterion, require_open
from ocop_api.dossiers.service.files import DossierService

_ASKING: Final = (Party.OFFICE, Party.ADVISORY_GROUP, Party.COUNCIL)
_FIRST: Final = {State.UNDER_ASSESSMENT: Party.ADVISORY_GROUP, State.IN_COUNCIL: Party.COUNCIL}
"""Whom somebody of several parties speaks for, where it is not the office."""


class ExaminationService(DossierService):
    """Examinations of dossiers, for one actor at one instant."""

    async def ask(
        self, dossier_id: UUID, order: ExaminationCreate, check: Callable[[int], None]
    ) -> ExaminationRead:
        """Ask for a survey or test, for those who assess the file at the level that holds it.

        Raises:
            NotFound: ``dossier.unknown``.
            Forbidden: ``dossier.examination_for_assessors``.
            RuleViolation: ``dossier.not_lodged``, ``dossier.closed``.
            Invalid: ``dossier.criterion_unknown``, ``dossier.examination_due_past``.
        """
        dossier = await self.get(dossier_id, lock=True)
        check(dossier.version)
        party = self._party(dossier, Level(dossier.level))
        require_open(dossier)
        if order.due_on is not None and order.due_on < self.today:
            raise Invalid("dossier.examination_due_past", due_on=order.due_on, today=self.today)
        criteria = list(dict.fromkeys(order.criteria))
        for code in criteria:
            check_criterion(dossier, code)
        row = DossierExamination(
            dossier_id=dossier.id,
            kind=order.kind.value,
            level=dossier.level,
            party=party.value,
            what=order.what,
            criteria=criteria,
            due_on=order.due_on,
            place=order.place,
            requested_by=self.actor.user_id,
            requested_by_name=self.actor.name,
            created_at=self.now,
            state=ExaminationState.REQUESTED.value,
        )
        self.session.add(row)
        # The id goes into the ledger and the answer.
        await self.session.flush()
        await self._tell_of(dossier, row, "dossier.examination_requested")
        return self._shown(dossier, row)

    async def conclude(
        self, dossier_id: UUID, examination_id: UUID, order: ExaminationResult, check: Callable[[int], None]
    ) -> ExaminationRead:
        """Record what an examination came to, once; its documents can then be read with the file.

        For those who assess the file where it was asked for, or where the file lies now.

        Raises:
            NotFound: ``dossier.unknown``, ``dossier.examination_unknown``; ``documents.not_of_producer``.
            Forbidden: ``dossier.examination_for_assessors``.
            RuleViolation: ``dossier.closed``, ``dossier.examination_ended``.
            Invalid: ``dossier.criterion_unknown``, ``dossier.examination_day_ahead``,
                ``documents.cited_withdrawn``.
        """
        dossier, row = await self._open_one(dossier_id, examination_id, check)
        if order.done_on > self.today:
            raise Invalid("dossier.examination_day_ahead", done_on=order.done_on, today=self.today)
        for code in order.criteria:
            check_criterion(dossier, code)
        document_ids = list(dict.fromkeys(order.document_ids))
        await self._cite(dossier, document_ids)
        row.done_on, row.conclusion, row.findings = order.done_on, order.conclusion.value, order.findings
        row.participants = list(order.participants)
        row.document_ids = [str(one) for one in document_ids]
        row.criterion_findings = {
            code: found.model_dump(mode="json") for code, found in order.criteria.items()
        }
        await self._end(row, ExaminationState.DONE)
        await self._tell_of(dossier, row, "dossier.examined", conclusion=row.conclusion)
        return self._shown(dossier, row)

    async def cancel(
        self,
        dossier_id: UUID,
        examination_id: UUID,
        order: ExaminationCancellation,
        check: Callable[[int], None],
    ) -> ExaminationRead:
        """Say that an examination is not held, with a reason, once; for those who may record its result.

        Raises:
            NotFound: ``dossier.unknown``, ``dossier.examination_unknown``.
            Forbidden: ``dossier.examination_for_assessors``.
            RuleViolation: ``dossier.closed``, ``dossier.examination_ended``.
        """
        dossier, row = await self._open_one(dossier_id, examination_id, check)
        row.cancel_reason = order.reason
        await self._end(row, ExaminationState.CANCELLED)
        await self._tell_of(dossier, row, "dossier.examination_cancelled")
        return self._shown(dossier, row)

    async def examinations(
        self, dossier_id: UUID, wanted: ExaminationFilter
    ) -> tuple[Rows, list[ExaminationRead]]:
        """One page of the examinations of a visible dossier; ``NotFound`` as ``get``."""
        dossier = await self.get(dossier_id)
        rows = await ExaminationRepository(self.session).page(dossier.id, wanted)
        return rows, [self._shown(dossier, row) for row in rows.items]

    async def examination(self, dossier_id: UUID, examination_id: UUID) -> ExaminationRead:
        """One examination of a visible dossier.

        Raises:
            NotFound: ``dossier.unknown``, ``dossier.examination_unknown``.
        """
        dossier = await self.get(dossier_id)
        return self._shown(dossier, await self._found(dossier, examination_id))

    async def all_of(self, dossier: Dossier) -> list[ExaminationRecord]:
        """Every examination of a dossier the actor has been given, oldest first."""
        rows = await ExaminationRepository(self.session).of_dossier(dossier.id)
        return [_recorded(row) for row in rows]

    async def awaited(self, dossier: Dossier) -> list[OpenExamination]:
        """Those whose results are still awaited, oldest first."""
        repository = ExaminationRepository(self.session)
        rows = await repository.of_dossier(dossier.id, ExaminationState.REQUESTED)
        return [OpenExamination.model_validate(row) for row in rows]

    async def _found(self, dossier: Dossier, examination_id: UUID) -> DossierExamination:
        row = await ExaminationRepository(self.session).find(dossier.id, examination_id)
        if row is None:
            raise NotFound("dossier.examination_unknown", examination_id=examination_id)
        return row

    async def _open_one(
        self, dossier_id: UUID, examination_id: UUID, check: Callable[[int], None]
    ) -> tuple[Dossier, DossierExamination]:
        # The lock makes the second of two wait, and then find it ended.
        dossier = await self.get(dossier_id, lock=True)
        check(dossier.version)
        row = await self._found(dossier, examination_id)
        self._party(dossier, Level(row.level))
        require_open(dossier)
        if row.state != ExaminationState.REQUESTED:
            raise RuleViolation("dossier.examination_ended", state=row.state)
        return dossier, row

    def _party(self, dossier: Dossier, asked_at: Level) -> Party:
        """The party the actor speaks for about an examination asked for at a level."""
        if dossier.state == State.DRAFT:
            raise RuleViolation("dossier.not_lodged")
        held = self._held(dossier, asked_at)
        if not held:
            raise Forbidden("dossier.examination_for_assessors")
        return held[0]

    def _held(self, dossier: Dossier, asked_at: Level) -> Sequence[Party]:
        """The parties the actor speaks for, the one whose turn it is first; none for the producer's side."""
        if acts_for_producer(self.actor, dossier.producer_id):
            return []
        acting = self.capacities(dossier)
        if asked_at != dossier.level:
            # A laboratory answers those who asked, wherever the file has gone meanwhile.
            where = Whereabouts(level=asked_at, area_path=dossier.area_path, producer_id=dossier.producer_id)
            acting |= capacities(self.actor, where, self.today)
        levels = {asked_at, Level(dossier.level)}
        held = [party for party in _ASKING if any(Acting(party, level) in acting for level in levels)]
        first = _FIRST.get(State(dossier.state))
        return sorted(held, key=lambda party: party is not first)

    async def _cite(self, dossier: Dossier, document_ids: Sequence[UUID]) -> None:
        citations = CitationService(self.session)
        await citations.check(dossier.producer_id, document_ids)
        newest = (await self.rows.newest_versions([dossier.id])).get(dossier.id)
        if newest is not None:
            # Councils read a document through the file that cites it, and nobody withdraws it any more.
            await citations.cite(dossier.id, newest, dossier.producer_id, document_ids)

    async def _end(self, row: DossierExamination, state: ExaminationState) -> None:
        row.state, row.ended_at = state.value, self.now
        row.ended_by, row.ended_by_name = self.actor.user_id, self.actor.name
        # A refusal by the database must show here rather than at the commit.
        await self.session.flush()

    async def _tell_of(self, dossier: Dossier, row: DossierExamination, kind: str, **data: object) -> None:
        """Write the ledger event, without what was found; notices go to the producer it names."""
        await self.tell(
            dossier,
            kind,
            examination_id=str(row.id),
            examination_kind=row.kind,
            party=row.party,
            due_on=None if row.due_on is None else row.due_on.isoformat(),
            **data,
        )

    def _shown(self, dossier: Dossier, row: DossierExamination) -> ExaminationRead:
        open_still = row.state == ExaminationState.REQUESTED and not State(dossier.state).is_final
        may_end = open_still and bool(self._held(dossier, Level(row.level)))
        return ExaminationRead(
            **dict(_recorded(row)), allowed_actions=["record_result", "cancel"] if may_end else []
        )


def _recorded(row: DossierExamination) -> ExaminationRecord:
    result = None
    if row.state == ExaminationState.DONE:
        result = ExaminationResultRead.model_validate(
            {
                **{name: getattr(row, name) for name in ("done_on", "conclusion", "findings")},
                "participants": row.participants,
                "document_ids": row.document_ids,
                "criteria": row.criterion_findings,
            }
        )
    names = ExaminationRecord.model_fields.keys() - {"result"}
    return ExaminationRecord.model_validate(
        {**{name: getattr(row, name) for name in names}, "result": result}
    )
