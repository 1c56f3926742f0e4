"""What offices, advisory groups and authorities do with a lodged dossier, and withdrawal."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from ocop_api.db.tables.dossiers import Dossier
from ocop_api.documents.service import CitationService
from ocop_api.domain.dossier import Action, DossierKind, Guard, apply
from ocop_api.domain.errors import Invalid
from ocop_api.domain.regimes import regime
from ocop_api.dossiers.schemas import (
    ActionBody,
    ForwardOrder,
    ReportOrder,
    StartAssessmentOrder,
    SupplementOrder,
)
from ocop_api.dossiers.service.assessing import AdvisoryService
from ocop_api.dossiers.service.examinations import ExaminationService
from ocop_api.dossiers.service.files import DossierService, position_of
from ocop_api.dossiers.service.samples import SampleService


class ProcedureService(DossierService):
    """The steps between lodging and the result."""

    async def perform(
        self, dossier_id: UUID, action: Action, order: ActionBody, check: Callable[[int], None]
    ) -> Dossier:
        """Take one step with what its body shows, in whatever capacity the actor holds.

        Args:
            dossier_id: a dossier the actor may read.
            action: the step.
            order: the body of the step.
            check: refuses a version that is not the caller's, such as ``ExpectedVersion.check``.

        Raises:
            NotFound: ``dossier.unknown``; ``documents.not_of_producer`` for a report's document; as
                ``AdvisoryService.check_council``.
            Forbidden: ``dossier.not_the_acting_party``.
            RuleViolation: ``dossier.action_not_allowed``, ``dossier.guard_not_met``; as
                ``SampleService.bring_to`` for the number of samples and ``check_council`` for the council.
            Invalid: ``dossier.due_on_past``; as ``AdvisoryService.assessed``.
        """
        dossier = await self.get(dossier_id, lock=True)
        check(dossier.version)
        due_on = None
        if isinstance(order, SupplementOrder):
            due_on = order.due_on
            if due_on <= self.today:
                raise Invalid("dossier.due_on_past", due_on=due_on, today=self.today)
        data = order.model_dump(mode="json", exclude={"reason"}, exclude_none=True)
        if isinstance(order, ReportOrder):
            data |= await self._reported(dossier, action, order)
        council_id = order.council_id if isinstance(order, StartAssessmentOrder) else None
        if council_id is not None:
            self._check_step(dossier, action)
            await AdvisoryService(self.session).check_council(dossier, council_id)
        samples = getattr(order, "samples", None)
        satisfied = shown_by(order)
        origin = position_of(dossier)
        coming_up = action is Action.FORWARD and dossier.outcome is not None
        book = SampleService(self.session, self.actor, self.now)
        if samples is not None and not coming_up:
            self._check_step(dossier, action)
            await book.bring_to(dossier, samples, told_at=origin.level)
        target = await self.advance(
            dossier,
            action,
            acting=self.capacities(dossier),
            satisfied=satisfied,
            reason=getattr(order, "reason", None),
            data=data,
            due_on=due_on,
        )
        if target.level is not origin.level:
            # The next council has samples of its own (Decision 26/2026, Art. 6.3).
            await book.recount(dossier)
        if samples is not None and coming_up:
            await book.bring_to(dossier, samples, told_at=origin.level)
        if council_id is not None:
            await self.assign_council(dossier, council_id)
        return dossier

    async def _reported(self, dossier: Dossier, action: Action, order: ReportOrder) -> dict[str, Any]:
        """What the history keeps of a report beside its words."""
        self._check_step(dossier, action)
        kept: dict[str, Any] = {}
        if order.document_id is not None:
            await CitationService(self.session).check(dossier.producer_id, {order.document_id})
        if order.assessment is not None:
            found = await AdvisoryService(self.session).assessed(dossier, order.assessment)
            kept["assessment"] = found.model_dump(mode="json")
        awaited = await ExaminationService(self.session, self.actor, self.now).awaited(dossier)
        if awaited:
            kept["open_examinations"] = [one.model_dump(mode="json") for one in awaited]
        return kept

    def _check_step(self, dossier: Dossier, action: Action) -> None:
        """Judge place and party first: what is wrong with the samples is for the acting party alone."""
        apply(
            regime(dossier.regime),
            DossierKind(dossier.kind),
            position_of(dossier),
            action,
            capacities=self.capacities(dossier),
            satisfied=list(Guard),
        )


def shown_by(order: ActionBody) -> frozenset[Guard]:
    """The guards a body shows to hold."""
    shown: set[Guard] = set()
    if isinstance(order, ForwardOrder):
        if order.form_03 is not None:
            shown.add(Guard.FORM_03_ISSUED)
        if order.request_letter is not None:
            shown.add(Guard.REQUEST_LETTER_ISSUED)
    elif isinstance(order, SupplementOrder):
        shown.add(Guard.ITEMS_LISTED)
    elif isinstance(order, ReportOrder):
        shown.add(Guard.ASSESSMENT_REPORT_FILED)
    return frozenset(shown)
