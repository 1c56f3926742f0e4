"""What a reader of an appeal is shown."""

from typing import Any, Final
from uuid import UUID

from ocop_api.certificates.appeals_repository import AppealRecord
from ocop_api.certificates.appeals_schemas import (
    AppealAllowedAction,
    AppealCriterionRead,
    AppealDecisionRead,
    AppealEvidenceRead,
    AppealRead,
    AppealReportRead,
    AppealStepRead,
    AppealSummary,
    ContestedRead,
    FollowUpRead,
    PanelRead,
)
from ocop_api.certificates.service.appeals import AppealService
from ocop_api.db.tables.appeals import Appeal, AppealStep
from ocop_api.db.tables.documents import Document
from ocop_api.db.tables.dossiers import Dossier
from ocop_api.documents.service import CitationService
from ocop_api.domain.appeal import AppealAction, AppealState, open_rows
from ocop_api.domain.dossier import State
from ocop_api.domain.errors import NotFound
from ocop_api.dossiers.service.comments import acts_for_producer

_SLUGS: Final = {AppealAction.UPHOLD: "decide", AppealAction.DISMISS: "decide"}
_OF_DOSSIER: Final = frozenset({"product_id", "producer_id"})


class AppealReader(AppealService):
    """Shapes rows for one actor at one instant."""

    async def shown(self, appeal_id: UUID) -> AppealRead:
        """An appeal in full; ``NotFound`` ``appeal.unknown``."""
        found = await self.get(appeal_id)
        appeal, dossier = found.appeal, found.dossier
        steps = await self.rows.steps(appeal.id)
        withheld = self._withheld(appeal, dossier)
        mine = open_rows(AppealState(appeal.state), await self.parties(appeal, dossier))
        return AppealRead(
            **_summary(found),
            grounds=appeal.grounds,
            criteria=[AppealCriterionRead.model_validate(one) for one in appeal.criteria],
            evidence=await self._evidence(appeal),
            contested=await self._contested(appeal),
            refusal=appeal.reason if appeal.state == AppealState.REFUSED else None,
            panel=await self._panel_of(appeal),
            report=None if withheld else _report(appeal),
            decision=_decision(appeal),
            follow_up=await self._follow_up(appeal, dossier, steps[-1]),
            steps=[_step(one, withheld=withheld) for one in steps],
            allowed_actions=[
                AppealAllowedAction(
                    action=row.action,
                    party=row.party,
                    guards=sorted(row.guards),
                    path=f"/v1/appeals/{appeal.id}/{_SLUGS.get(row.action, row.action.value)}",
                )
                for row in mine
            ],
        )

    def listed(self, records: list[AppealRecord]) -> list[AppealSummary]:
        """The rows of a page."""
        return [AppealSummary(**_summary(record)) for record in records]

    async def document(self, appeal_id: UUID, document_id: UUID) -> Document:
        """A document that a visible appeal relies on, whoever else may see the document.

        Raises:
            NotFound: ``appeal.unknown``, ``documents.not_found``.
        """
        await self.get(appeal_id)
        if document_id not in set(await self.rows.evidence(appeal_id)):
            raise NotFound("documents.not_found")
        found = await CitationService(self.session).known([document_id], self.actor)
        return found[document_id][0]

    def _withheld(self, appeal: Appeal, dossier: Dossier) -> bool:
        """Whether the panel's report is kept from the reader: from the producer, until it is decided on."""
        decided = AppealState(appeal.state).is_decided
        return not decided and acts_for_producer(self.actor, dossier.producer_id)

    async def _evidence(self, appeal: Appeal) -> list[AppealEvidenceRead]:
        ids = await self.rows.evidence(appeal.id)
        known = await CitationService(self.session).known(ids, self.actor)
        return [
            AppealEvidenceRead(
                document_id=one,
                kind=known[one][0].kind,
                title=known[one][0].title,
                content=f"/v1/appeals/{appeal.id}/evidence/{one}/content",
            )
            for one in ids
        ]

    async def _contested(self, appeal: Appeal) -> ContestedRead:
        certificate = None
        if appeal.outcome == State.RECOGNISED:
            certificate = await self.certificates.of_dossier(appeal.dossier_id, None)
        return ContestedRead(
            outcome=State(appeal.outcome),
            star=appeal.star,
            points=appeal.points,
            decision_number=appeal.outcome_decision,
            council_result_id=appeal.council_result_id,
            certificate_id=None if certificate is None else certificate.certificate.id,
            certificate_number=None if certificate is None else certificate.certificate.number,
        )

    async def _panel_of(self, appeal: Appeal) -> PanelRead | None:
        if appeal.panel_id is None or appeal.report_due_on is None:
            return None
        council = await self.councils.get(appeal.panel_id)
        return PanelRead(council_id=council.id, name=council.name, report_due_on=appeal.report_due_on)

    async def _follow_up(self, appeal: Appeal, dossier: Dossier, decided: AppealStep) -> FollowUpRead | None:
        if not appeal.rescore:
            return None
        result = await self.ratings.latest(appeal.dossier_id, after=decided.at)
        certificate = await self.certificates.of_dossier(appeal.dossier_id, appeal.id)
        return FollowUpRead(
            dossier_state=State(dossier.state),
            council_result_id=None if result is None else result.result_id,
            star=None if result is None else result.star,
            certificate_id=None if certificate is None else certificate.certificate.id,
            certificate_number=None if certificate is None else certificate.certificate.number,
        )


def _summary(record: AppealRecord) -> dict[str, Any]:
    """The fields of ``AppealSummary``."""
    own = AppealSummary.model_fields.keys() - _OF_DOSSIER - {"product_name"}
    return (
        {name: getattr(record.appeal, name) for name in own}
        | {name: getattr(record.dossier, name) for name in _OF_DOSSIER}
        | {"product_name": record.product_name}
    )


def _report(appeal: Appeal) -> AppealReportRead | None:
    if appeal.report is None:
        return None
    return AppealReportRead.model_validate(
        {**appeal.report, "finding": appeal.finding, "recommendation": appeal.recommendation}
    )


def _decision(appeal: Appeal) -> AppealDecisionRead | None:
    if not AppealState(appeal.state).is_decided:
        return None
    return AppealDecisionRead.model_validate(
        {
            "verdict": appeal.state,
            "rescore": appeal.rescore,
            "decision_number": appeal.decision_number,
            "decided_on": appeal.decided_on,
            "reason": appeal.reason,
        }
    )


def _step(row: AppealStep, *, withheld: bool) -> AppealStepRead:
    shown = AppealStepRead.model_validate(row)
    if withheld and row.action == AppealAction.REPORT:
        return shown.model_copy(update={"data": {}})
    return shown
