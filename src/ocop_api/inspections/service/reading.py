"""What a reader of an inspection is shown."""

from typing import Any, Final
from uuid import UUID

from ocop_api.db.tables.documents import Document
from ocop_api.db.tables.inspections import (
    Inspection,
    InspectionImprovement,
    InspectionImprovementStep,
    InspectionInspector,
    InspectionItem,
    InspectionMinutes,
    InspectionPhoto,
    InspectionStep,
)
from ocop_api.documents.service import CitationService
from ocop_api.domain.certificate import WithdrawalGround
from ocop_api.domain.errors import NotFound
from ocop_api.domain.inspection import InspectionAction, InspectionGuard, InspectionState, open_rows
from ocop_api.domain.inspection_findings import ImprovementState, is_overdue, suggested_grounds, unanswered
from ocop_api.inspections.policy import acts_for
from ocop_api.inspections.repository.inspections import InspectionRecord
from ocop_api.inspections.schemas.following import (
    ImprovementEvidenceRead,
    ImprovementRead,
    ImprovementStepRead,
)
from ocop_api.inspections.schemas.inspections import (
    InspectionAllowedAction,
    InspectionConclusionRead,
    InspectionItemRead,
    InspectionMinutesRead,
    InspectionPhotoRead,
    InspectionRead,
    InspectionStepRead,
    InspectionSummary,
    InspectorRead,
)
from ocop_api.inspections.service.conducting import ConductingService, answer_of
from ocop_api.inspections.service.following import satisfied_at_end

_WAYS: Final = {
    InspectionAction.ASSIGN: ("PATCH", ""),
    InspectionAction.RECORD: ("PUT", "/items"),
    InspectionAction.SIGN: ("POST", "/signed-minutes"),
    InspectionAction.REPORT_IMPROVEMENT: ("POST", "/report-improvement"),
    InspectionAction.CHECK_IMPROVEMENT: ("POST", "/check-improvement"),
    InspectionAction.PROPOSE_WITHDRAWAL: ("POST", "/propose-withdrawal"),
}
_TOLD_TO_PRODUCERS: Final = frozenset(
    {
        InspectionAction.BEGIN.value,
        InspectionAction.CONCLUDE.value,
        InspectionAction.REMARK.value,
        InspectionAction.SIGN.value,
        InspectionAction.REPORT_IMPROVEMENT.value,
        InspectionAction.CHECK_IMPROVEMENT.value,
        InspectionAction.PROPOSE_WITHDRAWAL.value,
        InspectionAction.CLOSE.value,
        InspectionAction.CANCEL.value,
    }
)
"""Steps that a producer reads; how an inspection was prepared is internal."""


class InspectionReader(ConductingService):
    """Shapes rows for one actor at one instant."""

    async def shown(self, inspection_id: UUID) -> InspectionRead:
        """An inspection in full; ``NotFound`` ``inspection.unknown``."""
        found = await self.get(inspection_id)
        row = found.inspection
        by_producer, withheld = acts_for(self.actor, row.producer_id), self.withholds(row)
        people = await self.rows.inspectors(row.id)
        items = await self.rows.items(row.id)
        steps = await self.rows.steps(row.id)
        minutes = await self.rows.minutes(row.id)
        answers = [answer_of(one) for one in items]
        return InspectionRead(
            **self._summary(found),
            contents=row.contents,
            cause=row.cause,
            cause_note=None if by_producer else row.cause_note,
            begun_at=row.begun_at,
            edition=row.edition,
            set_number=row.set_number,
            inspectors=[_inspector(one, by_producer=by_producer) for one in people],
            items=[] if withheld else [_item(one) for one in items],
            suggested_grounds=[] if by_producer else list(suggested_grounds(answers)),
            photos=[] if withheld else [_photo(one) for one in await self.rows.photos(row.id)],
            outcome=_outcome(row),
            improvements=await self._improvements(row),
            remarks=[one.reason or "" for one in steps if one.action == InspectionAction.REMARK],
            signed_minutes=shown_minutes(row.id, minutes),
            withdrawal_case_id=await self.rows.withdrawal_case(row.id),
            steps=[
                _step(one, by_producer=by_producer)
                for one in steps
                if not by_producer or one.action in _TOLD_TO_PRODUCERS
            ],
            allowed_actions=await self._allowed(row, people, unanswered(answers)),
        )

    def listed(self, records: list[InspectionRecord]) -> list[InspectionSummary]:
        """The rows of a page."""
        return [InspectionSummary(**self._summary(record)) for record in records]

    async def document(self, inspection_id: UUID, document_id: UUID) -> Document:
        """A document that a report on an improvement relies on, whoever else may see the document.

        Raises:
            NotFound: ``inspection.unknown``, ``documents.not_found``.
        """
        await self.get(inspection_id)
        cited = await self.rows.evidence(inspection_id)
        if not any(document_id in one for one in cited.values()):
            raise NotFound("documents.not_found")
        found = await CitationService(self.session).known([document_id], self.actor)
        return found[document_id][0]

    def _summary(self, record: InspectionRecord) -> dict[str, Any]:
        row, certificate = record.inspection, record.certificate
        own = {name for name in InspectionSummary.model_fields if hasattr(row, name)}
        shown: dict[str, Any] = {name: getattr(row, name) for name in own}
        if acts_for(self.actor, row.producer_id):
            shown["plan_id"] = None
        due_on = record.next_due_on
        return shown | {
            "certificate_number": certificate.number,
            "product_name": certificate.product_name,
            "producer_name": certificate.producer_name,
            "stars": certificate.stars,
            "improvements_open": record.improvements_open,
            "next_due_on": due_on,
            "overdue": due_on is not None and due_on < self.today,
        }

    async def _improvements(self, row: Inspection) -> list[ImprovementRead]:
        improvements = await self.rows.improvements(row.id)
        steps = await self.rows.improvement_steps([one.id for one in improvements])
        cited = await self.rows.evidence(row.id)
        ids = {document_id for one in cited.values() for document_id in one}
        known = await CitationService(self.session).known(ids, self.actor)
        documents = {document_id: document for document_id, (document, _) in known.items()}
        return [self._improvement(row, one, steps[one.id], cited, documents) for one in improvements]

    def _improvement(
        self,
        row: Inspection,
        one: InspectionImprovement,
        steps: list[InspectionImprovementStep],
        cited: dict[UUID, list[UUID]],
        documents: dict[UUID, Document],
    ) -> ImprovementRead:
        state = ImprovementState(one.state)
        return ImprovementRead(
            ordinal=one.ordinal,
            what=one.what,
            items=one.items,
            due_on=one.due_on,
            state=state,
            overdue=is_overdue(state, one.due_on, self.today),
            steps=[
                ImprovementStepRead(
                    action=step.action,
                    text=step.text,
                    due_on=step.due_on,
                    evidence=[
                        ImprovementEvidenceRead(
                            document_id=document_id,
                            kind=documents[document_id].kind,
                            title=documents[document_id].title,
                            content=f"/v1/inspections/{row.id}/evidence/{document_id}/content",
                        )
                        for document_id in cited.get(step.id, [])
                    ],
                    at=step.at,
                )
                for step in steps
            ],
        )

    async def _allowed(
        self, row: Inspection, people: Any, silent: list[str]
    ) -> list[InspectionAllowedAction]:
        mine = self.parties(row, people)
        state = InspectionState(row.state)
        # What is given with the step itself is taken as given.
        holding = {InspectionGuard.REASON_GIVEN}
        if mine and state is InspectionState.PLANNED:
            holding |= await self._ready(row, people)
        if state is InspectionState.UNDER_WAY and not silent:
            holding.add(InspectionGuard.ITEMS_ANSWERED)
        if mine and state is InspectionState.CONCLUDED:
            holding |= await satisfied_at_end(self, row)
        found = []
        for one in open_rows(state, mine):
            method, path = _WAYS.get(one.action, ("POST", f"/{one.action.value}"))
            found.append(
                InspectionAllowedAction(
                    action=one.action,
                    party=next(party for party in one.parties if party in mine),
                    guards=sorted(one.guards),
                    missing=sorted(one.guards - holding),
                    method=method,
                    path=f"/v1/inspections/{row.id}{path}",
                )
            )
        return found


def shown_minutes(inspection_id: UUID, rows: Any) -> list[InspectionMinutesRead]:
    """Signed minutes, the newest first, each with whether it counts."""
    replaced = {one.replaces_id for one in rows}
    return [_minutes(inspection_id, one, current=one.id not in replaced) for one in rows]


def _minutes(inspection_id: UUID, row: InspectionMinutes, *, current: bool) -> InspectionMinutesRead:
    names = InspectionMinutesRead.model_fields.keys() - {"current", "content"}
    return InspectionMinutesRead(
        **{name: getattr(row, name) for name in names},
        current=current,
        content=f"/v1/inspections/{inspection_id}/signed-minutes/{row.id}/content",
    )


def _inspector(row: InspectionInspector, *, by_producer: bool) -> InspectorRead:
    shown = InspectorRead.model_validate(row)
    if by_producer:
        return shown.model_copy(update={"declared_at": None, "has_interest": None, "declaration": None})
    return shown


def _item(row: InspectionItem) -> InspectionItemRead:
    fields = {name: getattr(row, name) for name in InspectionItemRead.model_fields if hasattr(row, name)}
    return InspectionItemRead.model_validate(
        fields
        | {
            "rated": row.expected if row.kind == "criterion" else None,
            "document": row.expected if row.kind == "document" else None,
        }
    )


def _photo(row: InspectionPhoto) -> InspectionPhotoRead:
    names = InspectionPhotoRead.model_fields.keys() - {"content"}
    return InspectionPhotoRead(
        **{name: getattr(row, name) for name in names},
        content=f"/v1/inspections/{row.inspection_id}/photos/{row.id}/content",
    )


def _outcome(row: Inspection) -> InspectionConclusionRead | None:
    if row.conclusion is None:
        return None
    return InspectionConclusionRead.model_validate(
        {
            **{
                name: getattr(row, name)
                for name in InspectionConclusionRead.model_fields
                if hasattr(row, name)
            },
            "ground_point": None if row.ground is None else WithdrawalGround(row.ground).point,
        }
    )


def _step(row: InspectionStep, *, by_producer: bool) -> InspectionStepRead:
    shown = InspectionStepRead.model_validate(row)
    # Whom the producer deals with is told by the inspectors' names.
    return shown.model_copy(update={"actor_id": None}) if by_producer else shown
