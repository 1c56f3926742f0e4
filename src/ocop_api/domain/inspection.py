"""Inspections of recognised products (*kiểm tra, giám sát sản phẩm OCOP*, Decision 26/2026, Art. 9).

The article names principle (post-check, periodic and unannounced), contents and who leads. Steps, parties and
terms are our defaults. What follows from a violation is the withdrawal of Art. 8, which is decided elsewhere.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from ocop_api.domain.errors import Forbidden, RuleViolation


class PlanState(StrEnum):
    """Where a plan of inspections (*kế hoạch kiểm tra*) stands."""

    DRAFT = "draft"
    APPROVED = "approved"
    """Signed by the leader; its inspections are planned and announced (*đã phê duyệt*)."""
    CLOSED = "closed"
    """Nothing of it is left to inspect (*đã kết thúc*)."""


class PlanAction(StrEnum):
    """What is done with a plan."""

    UPDATE = "update"
    SELECT = "select"
    APPROVE = "approve"
    CLOSE = "close"


class Content(StrEnum):
    """What is inspected (Art. 9.3, and the grounds of Art. 8.1)."""

    CRITERIA = "criteria"
    """Keeping the criteria by the rated file (*duy trì các tiêu chí*)."""
    FOOD_SAFETY = "food_safety"
    """Food safety and quality (*an toàn thực phẩm, chất lượng*)."""
    ENVIRONMENT = "environment"
    """Protection of the environment (*bảo vệ môi trường*)."""
    USE_OF_MARK = "use_of_mark"
    """The OCOP mark, information and promotion (*sử dụng nhãn hiệu, quảng bá*)."""


class InspectionKind(StrEnum):
    """How an inspection comes about (Art. 9.2a)."""

    PERIODIC = "periodic"
    """On a plan, announced (*định kỳ*)."""
    UNANNOUNCED = "unannounced"
    """For a reason, without the producer knowing before (*đột xuất*)."""


class Cause(StrEnum):
    """Why somebody is inspected without notice."""

    COMPLAINT = "complaint"
    """Somebody complained (*phản ánh, khiếu nại*)."""
    SIGN_OF_VIOLATION = "sign_of_violation"
    """There are signs of a violation (*dấu hiệu vi phạm*)."""
    REQUEST = "request"
    """An authority asked for it (*yêu cầu của cơ quan có thẩm quyền*)."""


class InspectionState(StrEnum):
    """Where an inspection stands."""

    PLANNED = "planned"
    UNDER_WAY = "under_way"
    """Begun; its checklist is being answered (*đang kiểm tra*)."""
    CONCLUDED = "concluded"
    """Concluded; minutes, improvements or a withdrawal follow (*đã kết luận*)."""
    CLOSED = "closed"
    """Everything that followed is done (*đã hoàn thành*)."""
    CANCELLED = "cancelled"

    @property
    def is_concluded(self) -> bool:
        """Whether there is a conclusion, which never changes."""
        return self in {InspectionState.CONCLUDED, InspectionState.CLOSED}


class InspectionAction(StrEnum):
    """What is done to an inspection after it was planned."""

    ASSIGN = "assign"
    DECLARE = "declare"
    BEGIN = "begin"
    RECORD = "record"
    CONCLUDE = "conclude"
    CANCEL = "cancel"
    REMARK = "remark"
    SIGN = "sign"
    REPORT_IMPROVEMENT = "report_improvement"
    CHECK_IMPROVEMENT = "check_improvement"
    PROPOSE_WITHDRAWAL = "propose_withdrawal"
    CLOSE = "close"


class InspectionParty(StrEnum):
    """In what capacity somebody acts."""

    OFFICE = "office"
    """The OCOP office of the inspecting level (*cơ quan tham mưu quản lý OCOP*)."""
    AUTHORITY = "authority"
    """Its leader (*người có thẩm quyền*)."""
    INSPECTOR = "inspector"
    """Somebody assigned to this inspection (*thành viên đoàn kiểm tra*)."""
    PRODUCER = "producer"
    """The producer inspected (*chủ thể*)."""


class InspectionGuard(StrEnum):
    """A condition of a step; the caller establishes which ones hold."""

    REASON_GIVEN = "reason_given"
    PLAN_APPROVED = "plan_approved"
    """A periodic inspection stands on a plan that is approved and not closed."""
    INSPECTORS_ASSIGNED = "inspectors_assigned"
    INTERESTS_DECLARED = "interests_declared"
    """Every inspector has declared to have no interest in the producer."""
    ITEMS_ANSWERED = "items_answered"
    """Every item was checked, or there is a note saying why not; what is not kept is described."""
    IMPROVEMENTS_OPEN = "improvements_open"
    """Something is left to be improved."""
    WITHDRAWAL_PROPOSED = "withdrawal_proposed"
    """The conclusion proposes a withdrawal of what still stands, and no case was opened yet."""
    MINUTES_SIGNED = "minutes_signed"
    IMPROVEMENTS_ACCEPTED = "improvements_accepted"
    """Every improvement was accepted, or none was required."""
    WITHDRAWAL_OPENED = "withdrawal_opened"
    """A proposed withdrawal became a case, nothing stands any more, or none was proposed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRow:
    """One row of the table of plans: at ``origin``, ``party`` may do ``action``."""

    origin: PlanState
    action: PlanAction
    target: PlanState
    party: InspectionParty


@dataclass(frozen=True, slots=True, kw_only=True)
class InspectionRow:
    """One row of the table: at ``origin``, any of ``parties`` may do ``action`` once ``guards`` hold."""

    origin: InspectionState
    action: InspectionAction
    target: InspectionState
    parties: tuple[InspectionParty, ...]
    guards: frozenset[InspectionGuard] = frozenset()


_S, _A, _P, _G = InspectionState, InspectionAction, InspectionParty, InspectionGuard

PLAN_TABLE: Final = (
    PlanRow(
        origin=PlanState.DRAFT, action=PlanAction.UPDATE, target=PlanState.DRAFT, party=InspectionParty.OFFICE
    ),
    PlanRow(
        origin=PlanState.DRAFT, action=PlanAction.SELECT, target=PlanState.DRAFT, party=InspectionParty.OFFICE
    ),
    PlanRow(
        origin=PlanState.DRAFT,
        action=PlanAction.APPROVE,
        target=PlanState.APPROVED,
        party=InspectionParty.AUTHORITY,
    ),
    PlanRow(
        origin=PlanState.APPROVED,
        action=PlanAction.CLOSE,
        target=PlanState.CLOSED,
        party=InspectionParty.OFFICE,
    ),
)
"""Every step of a plan."""


def _stays(
    state: InspectionState,
    action: InspectionAction,
    *parties: InspectionParty,
    guards: Iterable[InspectionGuard] = (),
) -> InspectionRow:
    return InspectionRow(origin=state, action=action, target=state, parties=parties, guards=frozenset(guards))


TABLE: Final = (
    _stays(_S.PLANNED, _A.ASSIGN, _P.OFFICE),
    _stays(_S.PLANNED, _A.DECLARE, _P.INSPECTOR),
    InspectionRow(
        origin=_S.PLANNED,
        action=_A.BEGIN,
        target=_S.UNDER_WAY,
        parties=(_P.INSPECTOR,),
        guards=frozenset({_G.PLAN_APPROVED, _G.INSPECTORS_ASSIGNED, _G.INTERESTS_DECLARED}),
    ),
    *(
        InspectionRow(
            origin=state,
            action=_A.CANCEL,
            target=_S.CANCELLED,
            parties=(_P.OFFICE,),
            guards=frozenset({_G.REASON_GIVEN}),
        )
        for state in (_S.PLANNED, _S.UNDER_WAY)
    ),
    _stays(_S.UNDER_WAY, _A.RECORD, _P.INSPECTOR),
    InspectionRow(
        origin=_S.UNDER_WAY,
        action=_A.CONCLUDE,
        target=_S.CONCLUDED,
        parties=(_P.INSPECTOR,),
        guards=frozenset({_G.ITEMS_ANSWERED}),
    ),
    _stays(_S.CONCLUDED, _A.REMARK, _P.PRODUCER),
    _stays(_S.CONCLUDED, _A.SIGN, _P.INSPECTOR, _P.OFFICE),
    _stays(_S.CONCLUDED, _A.REPORT_IMPROVEMENT, _P.PRODUCER, guards={_G.IMPROVEMENTS_OPEN}),
    _stays(_S.CONCLUDED, _A.CHECK_IMPROVEMENT, _P.INSPECTOR, guards={_G.IMPROVEMENTS_OPEN}),
    _stays(_S.CONCLUDED, _A.PROPOSE_WITHDRAWAL, _P.INSPECTOR, _P.OFFICE, guards={_G.WITHDRAWAL_PROPOSED}),
    InspectionRow(
        origin=_S.CONCLUDED,
        action=_A.CLOSE,
        target=_S.CLOSED,
        parties=(_P.OFFICE,),
        guards=frozenset({_G.MINUTES_SIGNED, _G.IMPROVEMENTS_ACCEPTED, _G.WITHDRAWAL_OPENED}),
    ),
)
"""Every step of an inspection after it was planned, in order of procedure."""


def plan_step(
    state: PlanState, action: PlanAction, *, parties: Collection[InspectionParty], selected: int
) -> PlanRow:
    """Return the row of the plan that is taken.

    Args:
        state: where the plan stands.
        action: what is asked for.
        parties: capacities of whoever asks.
        selected: certificates on the plan.

    Raises:
        RuleViolation: ``inspection.plan_action_not_allowed``; ``inspection.plan_empty`` when nothing is on a
            plan to be approved.
        Forbidden: ``inspection.not_the_acting_party``.
    """
    row = next((row for row in PLAN_TABLE if row.origin is state and row.action is action), None)
    if row is None:
        raise RuleViolation("inspection.plan_action_not_allowed", action=action.value, state=state.value)
    if row.party not in parties:
        raise Forbidden("inspection.not_the_acting_party", action=action.value, parties=[row.party.value])
    if action is PlanAction.APPROVE and not selected:
        raise RuleViolation("inspection.plan_empty")
    return row


def open_rows(state: InspectionState, parties: Collection[InspectionParty]) -> tuple[InspectionRow, ...]:
    """Return the rows that somebody with these capacities may take now, in order of procedure."""
    return tuple(
        row for row in TABLE if row.origin is state and any(party in parties for party in row.parties)
    )


def step(
    state: InspectionState,
    action: InspectionAction,
    *,
    parties: Collection[InspectionParty],
    satisfied: Collection[InspectionGuard] = (),
) -> tuple[InspectionRow, InspectionParty]:
    """Return the row that is taken, and in which capacity.

    Raises:
        RuleViolation: ``inspection.action_not_allowed`` when the action has no place in this state (data:
            what the caller may do instead); ``inspection.guard_not_met`` with the ``missing`` guards.
        Forbidden: ``inspection.not_the_acting_party``, the action is there but belongs to somebody else.
    """
    row = next((row for row in TABLE if row.origin is state and row.action is action), None)
    if row is None:
        raise RuleViolation(
            "inspection.action_not_allowed",
            action=action.value,
            state=state.value,
            allowed_actions=[row.action.value for row in open_rows(state, parties)],
        )
    party = next((party for party in row.parties if party in parties), None)
    if party is None:
        raise Forbidden(
            "inspection.not_the_acting_party",
            action=action.value,
            parties=[party.value for party in row.parties],
        )
    missing = sorted(guard.value for guard in row.guards if guard not in satisfied)
    if missing:
        raise RuleViolation("inspection.guard_not_met", action=action.value, missing=missing)
    return row, party
