"""A dossier as its reader sees it, with what the reader may do next."""

from datetime import date
from typing import Any

from ocop_api.db.paging import Rows
from ocop_api.db.tables.dossiers import Dossier
from ocop_api.domain.dossier import (
    Action,
    DossierKind,
    ProductCode,
    State,
    open_transitions,
    registration_slip_number,
)
from ocop_api.domain.dossier_clock import awaited
from ocop_api.domain.regimes import REGIMES, regime, regime_on
from ocop_api.dossiers.checklist import findings
from ocop_api.dossiers.policy import ELSEWHERE, FIELDS_OF_GUARDS
from ocop_api.dossiers.schemas import (
    AllowedAction,
    DossierRead,
    DossierSummary,
    FindingRead,
    OutcomeRead,
)
from ocop_api.dossiers.service.drafting import DraftingService
from ocop_api.dossiers.service.files import contents_of, position_of, samples_needed
from ocop_api.office_days.service import calendar_from
from ocop_api.products.service import ProductService


class DossierReader(DraftingService):
    """Shapes rows for one actor at one instant."""

    async def shown(self, dossier: Dossier) -> DossierRead:
        """The dossier in full, for a row the actor may read."""
        product = await ProductService(self.session, self.actor, self.now).get(dossier.product_id)
        code = dossier.product_code
        is_draft = dossier.state == State.DRAFT
        return DossierRead(
            **summary(dossier, product.name, self.today),
            registration_slip=None if code is None else registration_slip_number(ProductCode.parse(code)),
            received_on=dossier.received_on,
            finish_by=self._finish_by(dossier),
            working_days_left=await self._working_days_left(dossier),
            decision_expected_by=await self.decision_expected(dossier) if is_draft else None,
            samples=dossier.samples,
            samples_needed=samples_needed(dossier),
            contents=contents_of(dossier),
            outcome=None if dossier.outcome is None else OutcomeRead.model_validate(dossier.outcome),
            open_items=await self._open_items(dossier),
            findings=await self._findings(dossier) if is_draft else [],
            allowed_actions=await self._allowed(dossier),
        )

    def listed(self, rows: Rows) -> list[DossierSummary]:
        """The rows of a page, as ``DossierService.page`` gives them."""
        return [DossierSummary(**summary(dossier, name, self.today)) for dossier, name in rows.items]

    async def _working_days_left(self, dossier: Dossier) -> int | None:
        if dossier.due_on is None or State(dossier.state).is_final:
            return None
        first, last = sorted((self.today, dossier.due_on))
        days = (await calendar_from(self.session, first, last)).between(first, last)
        return days if dossier.due_on >= self.today else -days

    async def _allowed(self, dossier: Dossier) -> list[AllowedAction]:
        law, held = regime(dossier.regime), self.capacities(dossier)
        open_rows = open_transitions(law, DossierKind(dossier.kind), position_of(dossier))
        # A closed file offers nothing by itself: it is reopened by the decision on an appeal alone.
        mine = [row for row in open_rows if row.acting in held and row.action is not Action.REOPEN]
        if not mine:
            return []
        facts = self.stored_facts(dossier)
        if any(row.action is Action.LODGE for row in mine):
            facts |= await self.lodging_facts(dossier, regime_on(self.today))
        found: dict[Action, AllowedAction] = {}
        for row in mine:
            missing = sorted(guard for guard in row.guards if guard not in facts)
            slug = row.action.value.replace("_", "-")
            found.setdefault(
                row.action,
                AllowedAction(
                    action=row.action,
                    party=row.party,
                    guards=sorted(row.guards),
                    missing=missing,
                    fields=[field for guard in missing for field in FIELDS_OF_GUARDS.get(guard, ())],
                    path=None if row.action in ELSEWHERE else f"/v1/dossiers/{dossier.id}/{slug}",
                ),
            )
        return list(found.values())

    async def _open_items(self, dossier: Dossier) -> list[str]:
        if dossier.state != State.SUPPLEMENT_REQUESTED:
            return []
        asked = await self.rows.last_step(dossier.id, Action.REQUEST_SUPPLEMENT.value)
        return [] if asked is None else [item["what"] for item in asked.data["items"]]

    async def _findings(self, dossier: Dossier) -> list[FindingRead]:
        law, kind = regime_on(self.today), DossierKind(dossier.kind)
        edition = await self.edition_today(law)
        found = findings((law, edition), kind, dossier.set_number, contents_of(dossier), self.today)
        return [FindingRead.model_validate(item) for item in found]

    def _finish_by(self, dossier: Dossier) -> date | None:
        """Last day for a pending file of an earlier regime (Decision 26/2026, Art. 12.2)."""
        if dossier.lodged_on is None or State(dossier.state).is_final:
            return None
        rules = [law.transition for law in REGIMES if law.transition and law.valid_from <= self.today]
        days = [rule.finish_by(DossierKind(dossier.kind), dossier.lodged_on) for rule in rules]
        return min((day for day in days if day is not None), default=None)


def summary(dossier: Dossier, product_name: str, today: date) -> dict[str, Any]:
    """The fields of ``DossierSummary``."""
    fields = DossierSummary.model_fields.keys() - {"product_name", "overdue", "awaits"}
    waits_for = awaited(regime(dossier.regime), DossierKind(dossier.kind), position_of(dossier))
    return {name: getattr(dossier, name) for name in fields} | {
        "product_name": product_name,
        "overdue": is_overdue(dossier, today),
        "awaits": None if waits_for is None else waits_for.party,
    }


def is_overdue(dossier: Dossier, today: date) -> bool:
    """Whether the day by which the present step was due has passed."""
    return dossier.due_on is not None and dossier.due_on < today and not State(dossier.state).is_final
