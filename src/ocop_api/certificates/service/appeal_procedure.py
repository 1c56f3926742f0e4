"""What becomes of an appeal: taken up, examined by a panel, decided, and what its dossier does then."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from ocop_api.certificates.appeals_schemas import (
    AppealAccept,
    AppealDecide,
    AppealRefuse,
    AppealReport,
    AppealWithdraw,
)
from ocop_api.certificates.service.appeals import SPEAK_FOR_PANEL, AppealService, Check
from ocop_api.db.tables.appeals import Appeal
from ocop_api.db.tables.dossiers import Dossier
from ocop_api.domain.appeal import (
    AppealAction,
    AppealGuard,
    AppealState,
    check_report,
    partial,
    step,
)
from ocop_api.domain.clock import vietnam_date
from ocop_api.domain.dossier import Acting, Action, Guard, Level, Party, State
from ocop_api.domain.errors import Invalid, RuleViolation
from ocop_api.scoring.schemas.councils import CouncilRead
from ocop_api.scoring.service.councils import CouncilService

_EVENTS = {
    AppealAction.ACCEPT: "appeal.accepted",
    AppealAction.REFUSE: "appeal.refused",
    AppealAction.REPORT: "appeal.reported",
    AppealAction.UPHOLD: "appeal.upheld",
    AppealAction.DISMISS: "appeal.dismissed",
    AppealAction.WITHDRAW: "appeal.withdrawn",
}


class AppealProcedure(AppealService):
    """The steps after lodging."""

    async def accept(self, appeal_id: UUID, order: AppealAccept, check: Check) -> None:
        """Take an appeal up and give it to a panel, which can read the dossier from now on.

        Raises:
            NotFound: ``appeal.unknown``; ``scoring.unknown_council``.
            Forbidden, RuleViolation: as ``domain.appeal.step``; ``appeal.panel_not_independent`` with the
                people of the panel that had a part in the rating or act for the producer.
            Invalid: ``appeal.panel_elsewhere``, ``appeal.due_on_past``.
        """
        appeal, dossier = await self._held(appeal_id, AppealAction.ACCEPT, check)
        # What the officer cannot see is no panel they could name.
        panel = await CouncilService(self.session, self.actor, self.now).get(order.panel_id)
        within = panel.place_id is None or panel.place_id in dossier.area_path
        if panel.level.value != appeal.level or not within:
            raise Invalid("appeal.panel_elsewhere", level=appeal.level)
        await self._require_independent(panel, dossier)
        if order.report_due_on <= self.today:
            raise Invalid("appeal.due_on_past", due_on=order.report_due_on, today=self.today)
        appeal.panel_id, appeal.report_due_on = panel.id, order.report_due_on
        await self.dossiers.assign_panel(dossier, panel.id)
        due_on = order.report_due_on.isoformat()
        await self._take(
            appeal,
            dossier,
            AppealAction.ACCEPT,
            {AppealGuard.PANEL_INDEPENDENT},
            data={"panel_id": str(panel.id), "due_on": due_on},
            tell={"tell_users": [str(m.user_id) for m in panel.members if m.office in SPEAK_FOR_PANEL]},
        )

    async def refuse(self, appeal_id: UUID, order: AppealRefuse, check: Check) -> None:
        """Do not take an appeal up.

        Raises:
            NotFound, Forbidden, RuleViolation: as ``accept``.
        """
        appeal, dossier = await self._held(appeal_id, AppealAction.REFUSE, check)
        appeal.reason = order.reason
        await self._take(
            appeal, dossier, AppealAction.REFUSE, {AppealGuard.REASON_GIVEN}, reason=order.reason
        )

    async def report(self, appeal_id: UUID, order: AppealReport, check: Check) -> None:
        """File what the panel found; for its chair or secretary.

        Raises:
            NotFound: ``appeal.unknown``.
            Forbidden, RuleViolation: as ``accept``: the seats may have changed since the panel was named.
            Invalid: as ``domain.appeal.check_report``.
        """
        appeal, dossier = await self._held(appeal_id, AppealAction.REPORT, check)
        panel = await self._panel(appeal)
        if panel is not None:
            await self._require_independent(panel, dossier)
        check_report(
            order.finding,
            order.recommendation,
            [one["code"] for one in appeal.criteria],
            [one.code for one in order.criteria],
        )
        appeal.finding, appeal.recommendation = order.finding.value, order.recommendation.value
        appeal.report = order.model_dump(mode="json", include={"summary", "criteria"})
        await self._take(
            appeal,
            dossier,
            AppealAction.REPORT,
            {AppealGuard.PANEL_INDEPENDENT, AppealGuard.CRITERIA_ANSWERED},
            data={"finding": appeal.finding, "recommendation": appeal.recommendation},
        )

    async def decide(self, appeal_id: UUID, order: AppealDecide, check: Check) -> None:
        """Decide on an appeal the panel has reported on; the authority is not bound by the report.

        An appeal that is upheld has the panel rate the dossier again unless ``rescore`` is false. The
        recognition the dossier led to, if any, stands meanwhile.

        Raises:
            NotFound: ``appeal.unknown``.
            Forbidden: as ``domain.appeal.step``.
            RuleViolation: as ``domain.appeal.step``; ``appeal.decided_on_impossible``;
                ``appeal.certificate_ended`` when the certificate to be bettered was withdrawn or replaced.
            Conflict: ``dossier.already_open``, the product has another file under way by now.
        """
        action = AppealAction.UPHOLD if order.verdict is AppealState.UPHELD else AppealAction.DISMISS
        appeal, dossier = await self._held(appeal_id, action, check)
        if action is AppealAction.UPHOLD and order.rescore is not False and dossier.state == State.RECOGNISED:
            await self.require_certificate(dossier)
        first = vietnam_date(appeal.created_at)
        if not first <= order.decided_on <= self.today:
            raise RuleViolation("appeal.decided_on_impossible", first_day=first, today=self.today)
        rescore = action is AppealAction.UPHOLD and order.rescore is not False
        appeal.decision_number, appeal.decided_on = order.decision_number, order.decided_on
        appeal.rescore, appeal.reason = rescore, order.reason
        decision = {"decision_number": order.decision_number, "decided_on": order.decided_on.isoformat()}
        await self._take(
            appeal,
            dossier,
            action,
            {AppealGuard.REASON_GIVEN, AppealGuard.DECISION_SIGNED},
            reason=order.reason,
            data={**decision, "rescore": rescore},
        )
        if not rescore:
            await self.dossiers.assign_panel(dossier, None)
            return
        await self.dossiers.advance(
            dossier,
            Action.REOPEN,
            acting=Acting(Party.AUTHORITY, Level(dossier.level)),
            satisfied={Guard.APPEAL_UPHELD},
            reason=order.reason,
            data={**decision, "appeal_id": str(appeal.id), "panel_id": str(appeal.panel_id)},
        )

    async def withdraw(self, appeal_id: UUID, order: AppealWithdraw, check: Check) -> None:
        """Take an appeal back, until it is decided.

        Raises:
            NotFound, Forbidden, RuleViolation: as ``domain.appeal.step`` and ``get``.
        """
        appeal, dossier = await self._held(appeal_id, AppealAction.WITHDRAW, check)
        await self.dossiers.assign_panel(dossier, None)
        await self._take(appeal, dossier, AppealAction.WITHDRAW, (), reason=order.reason)

    async def _held(self, appeal_id: UUID, action: AppealAction, check: Check) -> tuple[Appeal, Dossier]:
        """The appeal and its dossier, locked, once place and party of the action are right."""
        seen = await self.get(appeal_id)
        # Always the dossier first: so do lodging and issuing, and nobody waits in a circle.
        dossier = await self.dossiers.get(seen.dossier.id, lock=True)
        appeal = await self.rows.lock(appeal_id)
        parties = await self.parties(appeal, dossier)
        step(AppealState(appeal.state), action, parties=parties, satisfied=list(AppealGuard))
        check(appeal.version)
        return appeal, dossier

    async def _take(
        self,
        appeal: Appeal,
        dossier: Dossier,
        action: AppealAction,
        satisfied: Collection[AppealGuard],
        *,
        reason: str | None = None,
        data: dict[str, Any] | None = None,
        tell: dict[str, Any] | None = None,
    ) -> None:
        """Take one step of the table with a locked appeal: state, history and ledger are one."""
        parties = await self.parties(appeal, dossier)
        row = step(AppealState(appeal.state), action, parties=parties, satisfied=satisfied)
        appeal.state = row.target.value
        appeal.updated_at = self.now
        appeal.touch()
        await self.note(appeal, action.value, row.origin, row.party, reason=reason, data=data)
        told = {} if action is AppealAction.REPORT else data or {}
        await self.tell(appeal, dossier, _EVENTS[action], **told, **(tell or {}))

    async def _panel(self, appeal: Appeal) -> CouncilRead | None:
        return None if appeal.panel_id is None else await self.councils.get(appeal.panel_id)

    async def _require_independent(self, panel: CouncilRead, dossier: Dossier) -> None:
        seats = [member.user_id for member in panel.members]
        took_part = {user_id for user_id, _ in (await self.ratings.took_part([dossier.id]))[dossier.id]}
        acts_for = await self.ratings.acting_for(seats, dossier.producer_id)
        kept_out = partial(seats, took_part=took_part, acts_for=acts_for)
        if kept_out:
            raise RuleViolation("appeal.panel_not_independent", people=[str(one) for one in kept_out])
