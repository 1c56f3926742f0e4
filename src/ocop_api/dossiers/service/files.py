"""The dossier as other features know it: finding it, moving it by the table, keeping its result."""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.db.edition_shelf import EditionShelf
from ocop_api.db.paging import Rows, Slice
from ocop_api.db.tables.dossiers import Dossier, DossierStep, DossierVersion
from ocop_api.documents.service import CitationService, Document
from ocop_api.domain.actor import Actor
from ocop_api.domain.clock import vietnam_date
from ocop_api.domain.dossier import (
    Acting,
    Action,
    DossierKind,
    Guard,
    Level,
    Outcome,
    Position,
    State,
    apply,
    forwarding,
    open_transitions,
)
from ocop_api.domain.errors import NotFound, RuleViolation
from ocop_api.domain.regimes import Regime, regime
from ocop_api.domain.rubric.edition import load_edition
from ocop_api.dossiers.checklist import findings
from ocop_api.dossiers.policy import EVENTS, Whereabouts, capacities
from ocop_api.dossiers.repository import DossierRepository
from ocop_api.dossiers.schemas import DossierContents, DossierFilter
from ocop_api.dossiers.service.terms import TermService
from ocop_api.ledger.recording import record
from ocop_api.products.service import ProductService

_SENT: Final = frozenset({Action.FORWARD, Action.REMAND, Action.REORGANISE, Action.REOPEN})
_MOVES_DESK: Final = frozenset(
    {
        Action.FORWARD,
        Action.REMAND,
        Action.REORGANISE,
        Action.START_ASSESSMENT,
        Action.SUBMIT_REPORT,
        Action.PROPOSE,
        Action.RETURN_TO_ASSESSMENT,
        Action.RETURN_TO_COUNCIL,
    }
)
_CLEARS_RESULT: Final = frozenset(
    {
        Action.RETURN_TO_COUNCIL,
        Action.RETURN_TO_ASSESSMENT,
        Action.REORGANISE,
        Action.REOPEN,
        Action.CONFIRM,
    }
)


def position_of(dossier: Dossier) -> Position:
    """State and level of a row."""
    return Position(State(dossier.state), Level(dossier.level))


def contents_of(dossier: Dossier) -> DossierContents:
    """The product file of a row."""
    return DossierContents.model_validate(dossier.contents)


def documents_in(contents: DossierContents) -> set[UUID]:
    """The documents that the evidence of a file names."""
    return {item.document_id for item in contents.evidence if item.document_id is not None}


def frozen_form(dossier: Dossier) -> dict[str, Any]:
    """The file of a row as a version keeps it."""
    return {
        "product_id": str(dossier.product_id),
        "producer_id": str(dossier.producer_id),
        "kind": dossier.kind,
        "regime": dossier.regime,
        "edition": dossier.edition,
        "set_number": dossier.set_number,
        "product_code": dossier.product_code,
        "place_id": dossier.place_id,
        "lodged_on": None if dossier.lodged_on is None else dossier.lodged_on.isoformat(),
        **dossier.contents,
    }


def standing_stars(dossier: Dossier) -> int:
    """Stars of the recognition that stands while a reopened file is rated again; 0 when none does."""
    return 0 if dossier.standing is None else int(dossier.standing["star"])


def stands_here(dossier: Dossier) -> bool:
    """Whether the level that holds a reopened file gave it the recognition that stands."""
    stars = standing_stars(dossier)
    return stars > 0 and regime(dossier.regime).deciding_level(stars) is Level(dossier.level)


def samples_needed(dossier: Dossier) -> int:
    """Sample units the file needs; none for tourism services (Decision 26/2026, Art. 6.2d)."""
    law = regime(dossier.regime)
    if dossier.edition is None:
        return law.lodging.samples
    criteria = load_edition(dossier.edition).criteria_set(dossier.set_number)
    return law.lodging.samples_for(tourism_service=criteria.samples_required == 0)


class DossierService:
    """Dossiers for one actor at one instant; the caller's transaction closes at the edge."""

    def __init__(self, session: AsyncSession, actor: Actor, now: datetime) -> None:
        self.session = session
        self.actor = actor
        self.now = now
        self.rows = DossierRepository(session)

    @property
    def today(self) -> date:
        """The calendar day in Vietnam."""
        return vietnam_date(self.now)

    async def get(self, dossier_id: UUID, *, lock: bool = False) -> Dossier:
        """A dossier the actor may read, locked until the transaction ends if wished.

        Raises:
            NotFound: ``dossier.unknown``; also when it is not visible.
        """
        row = await self.rows.find(dossier_id, self.actor, lock=lock)
        if row is None:
            raise NotFound("dossier.unknown", dossier_id=dossier_id)
        await EditionShelf(self.session).need([row.edition])
        return row

    async def lock_many(self, dossier_ids: Collection[UUID]) -> dict[UUID, Dossier]:
        """Those of the dossiers that the actor may read, locked until the transaction ends, by id.

        They are locked in one order, so that two who want the same ones never wait for each other in a ring.
        """
        found = {row.id: row for row in await self.rows.lock_many(dossier_ids, self.actor)}
        await EditionShelf(self.session).need({row.edition for row in found.values()})
        return found

    async def page(self, wanted: DossierFilter) -> Rows:
        """One page of ``(dossier, name of its product)``."""
        return await self.rows.page(self.actor, wanted)

    async def history(self, dossier_id: UUID, wanted: Slice) -> Rows:
        """One page of the steps of a visible dossier, oldest first; ``NotFound`` as ``get``."""
        await self.get(dossier_id)
        return await self.rows.steps(dossier_id, wanted)

    async def versions(self, dossier_id: UUID) -> list[DossierVersion]:
        """The frozen versions of a visible dossier, oldest first; ``NotFound`` as ``get``."""
        await self.get(dossier_id)
        return list(await self.rows.versions(dossier_id))

    async def newest_versions(self, dossier_ids: Collection[UUID]) -> dict[UUID, int]:
        """Number of the newest frozen version by dossier; the caller has seen these dossiers already."""
        return await self.rows.newest_versions(dossier_ids)

    async def product_names(self, dossier_ids: Collection[UUID]) -> dict[UUID, str]:
        """By dossier, what its product is called; for those who have seen to it that they may read them."""
        return await self.rows.product_names(dossier_ids)

    async def last_step(self, dossier_id: UUID) -> DossierStep | None:
        """The step by which a dossier came to where it stands, for a caller that has seen it."""
        return await self.rows.last_step(dossier_id)

    async def reopened_at(self, dossier_ids: Collection[UUID]) -> dict[UUID, datetime]:
        """When dossiers were last reopened, for a caller that has seen them; others are left out."""
        return await self.rows.reopened_at(dossier_ids)

    async def reporters(self, dossier_ids: Collection[UUID]) -> list[tuple[UUID, UUID, datetime]]:
        """Dossier, author and time of each report to a council, for a caller that has seen the dossiers."""
        return await self.rows.reporters(dossier_ids)

    async def evidence(self, dossier_id: UUID, document_id: UUID) -> Document:
        """A document that a visible dossier was lodged with, whoever else may see the document.

        This is how councils and the offices above read evidence: through the file that lies with them.

        Raises:
            NotFound: ``dossier.unknown``, ``documents.not_found``.
        """
        await self.get(dossier_id)
        return await CitationService(self.session).cited(dossier_id, document_id)

    def capacities(self, dossier: Dossier) -> frozenset[Acting]:
        """Every capacity in which the actor may act on the dossier today."""
        return capacities(
            self.actor,
            Whereabouts(
                level=Level(dossier.level),
                area_path=dossier.area_path,
                producer_id=dossier.producer_id,
                council_id=dossier.council_id,
            ),
            self.today,
        )

    def stored_facts(self, dossier: Dossier) -> frozenset[Guard]:
        """The guards that what is stored shows to hold."""
        law = regime(dossier.regime)
        contents = contents_of(dossier)
        day = dossier.lodged_on or self.today
        facts = {
            Guard.PRODUCT_CODE_ALLOTTED: dossier.product_code is not None,
            Guard.FILE_COMPLETE: not findings(
                (law, dossier.edition), DossierKind(dossier.kind), dossier.set_number, contents, day
            ),
            Guard.SAMPLES_HANDED_IN: dossier.samples >= samples_needed(dossier),
            Guard.SUPPLEMENT_OVERDUE: dossier.due_on is not None and self.today > dossier.due_on,
            Guard.RATED: dossier.points is not None,
            Guard.NO_PANEL: dossier.panel_id is None,
            Guard.ADDS_STARS: (dossier.star or 0) > standing_stars(dossier) or dossier.standing is None,
            Guard.RECOGNITION_STANDS: stands_here(dossier)
            and dossier.points is not None
            and (dossier.star or 1) <= standing_stars(dossier),
            Guard.NO_RECOGNITION_STANDS: not stands_here(dossier),
        }
        held = {guard for guard, holds in facts.items() if holds}
        if dossier.outcome is not None:
            held.add(Guard(f"outcome_is_{dossier.outcome['kind']}"))
        return frozenset(held)

    def step(
        self,
        dossier: Dossier,
        action: Action,
        *,
        acting: Acting | Collection[Acting],
        satisfied: Collection[Guard] = (),
        reason: str | None = None,
    ) -> Position:
        """Where ``advance`` with the same arguments would lead; nothing is changed. Raises as it does."""
        held = {acting} if isinstance(acting, Acting) else set(acting)
        shown = self.stored_facts(dossier) | set(satisfied)
        if reason:
            shown |= {Guard.REASON_GIVEN}
        return apply(
            regime(dossier.regime),
            DossierKind(dossier.kind),
            position_of(dossier),
            action,
            capacities=held,
            satisfied=shown,
        )

    async def advance(
        self,
        dossier: Dossier,
        action: Action,
        *,
        acting: Acting | Collection[Acting],
        satisfied: Collection[Guard] = (),
        reason: str | None = None,
        data: Mapping[str, Any] | None = None,
        due_on: date | None = None,
    ) -> Position:
        """Take one step of the table with a dossier from ``get(lock=True)``.

        What is stored counts by itself (samples, file complete, outcome of the result); ``satisfied``
        adds what the caller has established. The step, the ledger event and the new position are one.

        Args:
            dossier: the locked row; it is changed.
            action: what is done.
            acting: in which capacity, or several to choose from.
            satisfied: guards the caller answers for.
            reason: kept in the history; also satisfies ``reason_given``.
            data: what the step is taken with, JSON values; kept in the history.
            due_on: last day by which the producer is to answer, for a supplement.

        Raises:
            RuleViolation: ``dossier.action_not_allowed``, ``dossier.guard_not_met``.
            Forbidden: ``dossier.not_the_acting_party``.
        """
        target = self.step(dossier, action, acting=acting, satisfied=satisfied, reason=reason)
        law, kind, origin = regime(dossier.regime), DossierKind(dossier.kind), position_of(dossier)
        row = next(row for row in open_transitions(law, kind, origin) if row.action is action)
        kept = dict(data or {})
        if dossier.outcome is not None and (action in _CLEARS_RESULT or target.state is State.FORWARDED):
            # The row forgets the result; the history keeps it.
            kept["outcome"] = dossier.outcome
        dossier.state, dossier.level = target.state.value, target.level.value
        self._follow(dossier, law, action, origin, target)
        if action in _MOVES_DESK:
            # Whoever dealt with it at the last desk does not sit at this one.
            dossier.assignee_id = None
        found = await TermService(self.session, self.today).due(
            dossier, asked_until=due_on, answered_on=self.today if action is Action.RESUBMIT else None
        )
        dossier.due_on, dossier.due_basis = (None, None) if found is None else (found.on, found.basis.value)
        dossier.updated_at = self.now
        dossier.touch()
        newest = await self.rows.newest_versions([dossier.id])
        self.session.add(
            DossierStep(
                dossier_id=dossier.id,
                ordinal=await self.rows.next_ordinal(dossier.id),
                action=action.value,
                from_state=origin.state.value,
                from_level=origin.level.value,
                to_state=target.state.value,
                to_level=target.level.value,
                party=row.party.value,
                actor_id=self.actor.user_id,
                at=self.now,
                reason=reason,
                data=kept,
                version_number=newest.get(dossier.id),
            )
        )
        # A second writer of the same step must show here rather than at the commit.
        await self.session.flush()
        if action is Action.RECOGNISE:
            products = ProductService(self.session, self.actor, self.now)
            await products.set_product_code(dossier.product_id, dossier.product_code)
        await self.tell(dossier, EVENTS[action], from_state=origin.state.value, from_level=origin.level.value)
        return target

    def _follow(
        self, dossier: Dossier, law: Regime, action: Action, origin: Position, target: Position
    ) -> None:
        """Set what belongs to the level: day of receipt, samples, council, result."""
        if action in _SENT:
            # The file travels electronically, so it is there on the day it was sent (Art. 7.1). What is
            # rated again after an appeal has the terms of a file that comes in on that day.
            dossier.received_on = dossier.requested_on = self.today
        elif action is Action.RECEIVE and dossier.received_on is None:
            dossier.received_on = self.today
        if action is Action.REOPEN:
            dossier.council_id = dossier.panel_id
            if origin.state is State.RECOGNISED:
                dossier.standing = {
                    "star": dossier.star,
                    "points": str(dossier.points),
                    "outcome": dossier.outcome,
                }
        if action in _CLEARS_RESULT or target.state is State.FORWARDED:
            dossier.outcome = dossier.points = dossier.star = None
        if action is Action.CONFIRM and dossier.standing is not None:
            dossier.star, dossier.outcome = dossier.standing["star"], dossier.standing["outcome"]
            dossier.points = Decimal(dossier.standing["points"])
        if target.level is not origin.level:
            dossier.council_id = dossier.panel_id = None
        if target.state.is_final:
            dossier.panel_id = dossier.standing = None
        if action is Action.REMAND:
            points = dossier.points if dossier.points is not None else Decimal(0)
            outcome = forwarding(law, target.level, points, dossier.star or 1, remanded=True)
            dossier.outcome = _kept(outcome, dossier.star, str((dossier.outcome or {}).get("source", "")))

    async def record_result(
        self, dossier: Dossier, *, points: Decimal, star: int | None, source: str
    ) -> Outcome:
        """Keep what the council found on a locked dossier, and what follows from it.

        Args:
            dossier: a row from ``get(lock=True)`` that lies with the council.
            points: average total, 0 to 100.
            star: star after minimums; None for a stopped or disqualified dossier, which is treated as
                one below recognition.
            source: where the result stands, such as ``council_result:<id>``.

        Raises:
            RuleViolation: ``dossier.not_in_council``, and as ``domain.dossier.forwarding``.
            Invalid: as ``domain.dossier.forwarding``.
        """
        if dossier.state != State.IN_COUNCIL:
            raise RuleViolation("dossier.not_in_council", state=dossier.state)
        outcome = forwarding(regime(dossier.regime), Level(dossier.level), points, star or 1)
        dossier.points, dossier.star = points, star
        dossier.outcome = _kept(outcome, star, source)
        dossier.updated_at = self.now
        dossier.touch()
        # The caller's next step reads the row's version.
        await self.session.flush()
        await self.tell(dossier, "dossier.result_recorded", outcome=outcome.kind.value, star=star)
        return outcome

    async def assign_panel(self, dossier: Dossier, council_id: UUID | None) -> None:
        """Let the panel that deals with an appeal see a locked dossier; None ends it."""
        if dossier.panel_id == council_id:
            return
        dossier.panel_id = council_id
        dossier.updated_at = self.now
        dossier.touch()
        # Row scopes of this very transaction already go by it.
        await self.session.flush()
        await self.tell(dossier, "dossier.panel_assigned", panel_id=str(council_id) if council_id else "")

    async def assign_council(self, dossier: Dossier, council_id: UUID | None) -> None:
        """Let the members and secretary of a council see a locked dossier; None ends it."""
        if dossier.council_id == council_id:
            return
        dossier.council_id = council_id
        dossier.updated_at = self.now
        dossier.touch()
        # Row scopes of this very transaction already go by it.
        await self.session.flush()
        await self.tell(dossier, "dossier.council_assigned", council_id=str(council_id) if council_id else "")

    async def tell(self, dossier: Dossier, kind: str, **data: object) -> None:
        """Write a ledger event about the dossier with the facts every reader needs."""
        await record(
            self.session,
            kind=kind,
            subject_type="dossier",
            subject_id=dossier.id,
            actor=self.actor,
            at=self.now,
            data={
                "producer_id": str(dossier.producer_id),
                "product_id": str(dossier.product_id),
                "kind": dossier.kind,
                "regime": dossier.regime,
                "state": dossier.state,
                "level": dossier.level,
                "product_code": dossier.product_code,
                **data,
            },
            area_path=dossier.area_path,
        )


def _kept(outcome: Outcome, star: int | None, source: str) -> dict[str, Any]:
    return {
        "kind": outcome.kind.value,
        "reason": outcome.reason.value,
        "star": star,
        "points": str(outcome.points),
        "level": outcome.level.value,
        "threshold": None if outcome.threshold is None else str(outcome.threshold),
        "source": source,
    }
