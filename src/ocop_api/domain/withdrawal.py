"""The way of a withdrawal (*thu hồi giấy chứng nhận*): from what was found to the decision.

Decision 26/2026, Art. 8: the office that manages the programme checks, verifies, reports and submits (8.3a);
the provincial chair or the minister decides (8.2, 8.3b); the decision is sent to the producer and the bodies
concerned (8.3c); it is due 15 days after the conclusion of the competent authority, or after the commune's
confirmation that production has stopped (8.4). The article is silent on who may report, on hearing the
producer, on sending a submission back and on closing a case without a withdrawal; those rows are our
defaults and say so. It names no way to annul a withdrawal, so there is none here.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from ocop_api.domain.certificate import WithdrawalGround
from ocop_api.domain.errors import Forbidden, Invalid, RuleViolation

LAW: Final = "qd26-2026"
"""The regime whose Art. 8 names the grounds."""
ANSWER_DAYS: Final = 10
"""Days a producer has for a written answer, unless others are set: our default. Nothing waits for it."""
SOON_DAYS: Final = 5
"""Days before the last one on which the office is reminded: our default, as for dossiers."""


class WithdrawalState(StrEnum):
    """Where a case stands."""

    VERIFYING = "verifying"
    """The office checks what was found (*đang kiểm tra, xác minh*)."""
    CONCLUDED = "concluded"
    """There is a conclusion or a confirmation; the 15 days run (*đã có kết luận*)."""
    SUBMITTED = "submitted"
    """Before whoever decides (*đã trình*)."""
    WITHDRAWN = "withdrawn"
    """The certificate was taken back (*đã thu hồi*)."""
    DISMISSED = "dismissed"
    """Closed, the certificate stands (*không thu hồi*)."""
    LAPSED = "lapsed"
    """Closed by itself: the certificate ended otherwise meanwhile (*không còn đối tượng thu hồi*)."""

    @property
    def is_final(self) -> bool:
        """Tell whether nothing can follow."""
        return self not in OPEN


class WithdrawalAction(StrEnum):
    """What is done about a case after it was opened."""

    ANSWER = "answer"
    CONCLUDE = "conclude"
    CONFIRM = "confirm"
    SUBMIT = "submit"
    RETURN = "return"
    DECIDE = "decide"
    DISMISS = "dismiss"
    LAPSE = "lapse"


class WithdrawalParty(StrEnum):
    """In what capacity somebody acts."""

    OFFICE = "office"
    """The OCOP office at the level that withdraws the rank, in the area (*cơ quan tham mưu quản lý OCOP*)."""
    REPORTER = "reporter"
    """An office or inspector of another level with the producer in their area."""
    COMMUNE = "commune"
    """The office of the commune the producer is in (*UBND cấp xã*)."""
    AUTHORITY = "authority"
    """Whoever withdraws the rank in the area (*người có thẩm quyền*); may do what their office does."""
    PRODUCER = "producer"
    """The producer of the product (*chủ thể*)."""
    SYSTEM = "system"
    """It follows by itself."""


class WithdrawalGuard(StrEnum):
    """A condition of a step; the caller establishes which ones hold."""

    CERTIFICATE_STANDS = "certificate_stands"
    """There still is something to take back."""
    CERTIFICATE_ENDED = "certificate_ended"
    """It expired or was replaced."""
    GROUND_TAKES_CONCLUSION = "ground_takes_conclusion"
    """The ground rests on a conclusion of a competent authority."""
    GROUND_TAKES_CONFIRMATION = "ground_takes_confirmation"
    """The ground rests on the commune's confirmation."""
    REASON_GIVEN = "reason_given"
    DECISION_SIGNED = "decision_signed"
    """There is a decision with number and day."""


class WithdrawalSource(StrEnum):
    """Where what was found comes from."""

    INSPECTION = "inspection"
    """An inspection of the programme (*kiểm tra, giám sát*, Art. 9)."""
    COMMUNE_REPORT = "commune_report"
    """A report of the commune (*báo cáo của UBND cấp xã*)."""
    COMPLAINT = "complaint"
    """A complaint or denunciation (*phản ánh, khiếu nại, tố cáo*)."""
    OWN_FINDING = "own_finding"
    """The office found it itself (*cơ quan tham mưu phát hiện*)."""
    OTHER_AUTHORITY = "other_authority"
    """Another authority, such as market surveillance or food safety (*cơ quan khác chuyển đến*)."""


class WithdrawalBasis(StrEnum):
    """What the 15 days are counted from."""

    CONCLUSION = "conclusion"
    """A conclusion of the competent authority (*kết luận của cơ quan có thẩm quyền*)."""
    CONFIRMATION = "confirmation"
    """The commune's confirmation that production has stopped (*xác nhận của UBND cấp xã*)."""


@dataclass(frozen=True, slots=True)
class GroundRule:
    """What a ground rests on, and where that is said."""

    basis: WithdrawalBasis
    source: str


_BY_TERM: Final = "26/2026/QĐ-TTg, Art. 8.4"
GROUND_RULES: Final[dict[WithdrawalGround, GroundRule]] = {
    WithdrawalGround.DISHONEST_FILE: GroundRule(WithdrawalBasis.CONCLUSION, _BY_TERM),
    WithdrawalGround.CRITERIA_NOT_KEPT: GroundRule(
        WithdrawalBasis.CONCLUSION, "26/2026/QĐ-TTg, Art. 8.1b, 8.4"
    ),
    WithdrawalGround.VIOLATION_OF_LAW: GroundRule(
        WithdrawalBasis.CONCLUSION, "26/2026/QĐ-TTg, Art. 8.1c, 8.4"
    ),
    WithdrawalGround.MISUSE_OF_MARK: GroundRule(WithdrawalBasis.CONCLUSION, _BY_TERM),
    WithdrawalGround.PRODUCTION_STOPPED: GroundRule(WithdrawalBasis.CONFIRMATION, _BY_TERM),
    WithdrawalGround.OTHER_CONCLUSION: GroundRule(
        WithdrawalBasis.CONCLUSION, "26/2026/QĐ-TTg, Art. 8.1e, 8.4"
    ),
}
"""Points b, c and e name the conclusion themselves; for a and d it follows from the term of Art. 8.4."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawalRow:
    """One row of the table: at ``origin``, any of ``parties`` may do ``action`` once ``guards`` hold."""

    origin: WithdrawalState
    action: WithdrawalAction
    target: WithdrawalState
    parties: frozenset[WithdrawalParty]
    guards: frozenset[WithdrawalGuard] = frozenset()
    source: str = ""
    """Article; empty where the row is our default."""


_S, _A, _P, _G = WithdrawalState, WithdrawalAction, WithdrawalParty, WithdrawalGuard
OPEN: Final = frozenset({_S.VERIFYING, _S.CONCLUDED, _S.SUBMITTED})
"""States of a case that is not closed."""
OPENERS: Final = frozenset({_P.OFFICE, _P.REPORTER, _P.AUTHORITY})
"""Who may open a case."""
PREPARING: Final = frozenset({_P.OFFICE, _P.AUTHORITY})
"""Who verifies a case, brings it to its conclusion and submits it."""
_BASES: Final = ((_A.CONCLUDE, _G.GROUND_TAKES_CONCLUSION), (_A.CONFIRM, _G.GROUND_TAKES_CONFIRMATION))
_IN_ORDER: Final = (_S.VERIFYING, _S.CONCLUDED, _S.SUBMITTED)

TABLE: Final = (
    *(
        WithdrawalRow(
            origin=_S.VERIFYING,
            action=action,
            target=_S.CONCLUDED,
            parties=PREPARING | {_P.COMMUNE} if action is _A.CONFIRM else PREPARING,
            guards=frozenset({_G.CERTIFICATE_STANDS, takes}),
            source="26/2026/QĐ-TTg, Art. 8.3a, 8.4",
        )
        for action, takes in _BASES
    ),
    *(
        # A number or a day that was mistaken; the history keeps both.
        WithdrawalRow(
            origin=_S.CONCLUDED,
            action=action,
            target=_S.CONCLUDED,
            parties=PREPARING,
            guards=frozenset({_G.CERTIFICATE_STANDS, _G.REASON_GIVEN, takes}),
        )
        for action, takes in _BASES
    ),
    WithdrawalRow(
        origin=_S.CONCLUDED,
        action=_A.SUBMIT,
        target=_S.SUBMITTED,
        parties=PREPARING,
        guards=frozenset({_G.CERTIFICATE_STANDS}),
        source="26/2026/QĐ-TTg, Art. 8.3a",
    ),
    WithdrawalRow(
        origin=_S.SUBMITTED,
        action=_A.RETURN,
        target=_S.CONCLUDED,
        parties=frozenset({_P.AUTHORITY}),
        guards=frozenset({_G.REASON_GIVEN}),
    ),
    WithdrawalRow(
        origin=_S.SUBMITTED,
        action=_A.DECIDE,
        target=_S.WITHDRAWN,
        parties=frozenset({_P.AUTHORITY}),
        guards=frozenset({_G.CERTIFICATE_STANDS, _G.DECISION_SIGNED}),
        source="26/2026/QĐ-TTg, Art. 8.2, 8.3b",
    ),
    *(
        WithdrawalRow(
            origin=state,
            action=_A.DISMISS,
            target=_S.DISMISSED,
            parties=frozenset({_P.AUTHORITY}) if state is _S.SUBMITTED else PREPARING,
            guards=frozenset({_G.REASON_GIVEN}),
        )
        for state in _IN_ORDER
    ),
    *(
        WithdrawalRow(origin=state, action=_A.ANSWER, target=state, parties=frozenset({_P.PRODUCER}))
        for state in _IN_ORDER
    ),
    *(
        WithdrawalRow(
            origin=state,
            action=_A.LAPSE,
            target=_S.LAPSED,
            parties=frozenset({_P.SYSTEM}),
            guards=frozenset({_G.CERTIFICATE_ENDED}),
        )
        for state in _IN_ORDER
    ),
)
"""Every step after the opening, in order of procedure."""

_KINDS: Final = {
    WithdrawalBasis.CONCLUSION: WithdrawalAction.CONCLUDE,
    WithdrawalBasis.CONFIRMATION: WithdrawalAction.CONFIRM,
}


def concluding_action(ground: WithdrawalGround) -> WithdrawalAction:
    """Return the step that brings what ``ground`` rests on: a conclusion or a confirmation."""
    return _KINDS[GROUND_RULES[ground].basis]


def open_rows(
    state: WithdrawalState, parties: Collection[WithdrawalParty], ground: WithdrawalGround
) -> tuple[WithdrawalRow, ...]:
    """Return the rows that somebody with these capacities may take now, in order of procedure.

    Of the two ways to conclude only the one that the ground takes is among them.
    """
    other = set(_KINDS.values()) - {concluding_action(ground)}
    return tuple(
        row
        for row in TABLE
        if row.origin is state and not row.parties.isdisjoint(parties) and row.action not in other
    )


def step(
    state: WithdrawalState,
    action: WithdrawalAction,
    *,
    parties: Collection[WithdrawalParty],
    satisfied: Collection[WithdrawalGuard],
) -> tuple[WithdrawalRow, WithdrawalParty]:
    """Return the row that is taken and the capacity in which it is.

    Raises:
        RuleViolation: ``withdrawal.action_not_allowed`` when the action has no place in this state (data:
            what somebody with these capacities may do there); ``withdrawal.guard_not_met`` with the
            ``missing`` guards.
        Forbidden: ``withdrawal.not_the_acting_party``, the action is there but belongs to somebody else.
    """
    row = next((row for row in TABLE if row.origin is state and row.action is action), None)
    if row is None:
        mine = [row.action for row in TABLE if row.origin is state and not row.parties.isdisjoint(parties)]
        raise RuleViolation(
            "withdrawal.action_not_allowed",
            action=action.value,
            state=state.value,
            allowed_actions=[one.value for one in mine],
        )
    acting = next((party for party in WithdrawalParty if party in row.parties and party in parties), None)
    if acting is None:
        raise Forbidden(
            "withdrawal.not_the_acting_party",
            action=action.value,
            parties=sorted(party.value for party in row.parties),
        )
    missing = sorted(guard.value for guard in row.guards if guard not in satisfied)
    if missing:
        raise RuleViolation("withdrawal.guard_not_met", action=action.value, missing=missing)
    return row, acting


def check_grounds(ground: WithdrawalGround, further: Iterable[WithdrawalGround]) -> None:
    """Refuse a further ground that is the main one, or is named twice.

    Raises:
        Invalid: ``withdrawal.ground_twice``.
    """
    seen = {ground}
    for one in further:
        if one in seen:
            raise Invalid("withdrawal.ground_twice", ground=one.value)
        seen.add(one)


def answer_due(opened_on: date, wanted: date | None) -> date:
    """Return the day until which the producer is asked for an answer.

    Raises:
        Invalid: ``withdrawal.answer_due_past`` for a day before the opening.
    """
    due_on = opened_on + timedelta(days=ANSWER_DAYS) if wanted is None else wanted
    if due_on < opened_on:
        raise Invalid("withdrawal.answer_due_past", due_on=due_on, today=opened_on)
    return due_on


def check_decided_on(decided_on: date, *, concluded_on: date, today: date) -> None:
    """Refuse a decision of a day to come, or from before the conclusion it rests on.

    Raises:
        RuleViolation: ``withdrawal.decided_in_future``, ``withdrawal.decided_before_conclusion``.
    """
    if decided_on > today:
        raise RuleViolation("withdrawal.decided_in_future", decided_on=decided_on, today=today)
    if decided_on < concluded_on:
        raise RuleViolation(
            "withdrawal.decided_before_conclusion", decided_on=decided_on, concluded_on=concluded_on
        )


def reminder(due_on: date, today: date) -> str | None:
    """Return what the office is told about a term today: ``due_soon``, ``overdue`` or nothing."""
    left = (due_on - today).days
    if left < 0:
        return "overdue"
    return "due_soon" if left <= SOON_DAYS else None


def render_withdrawal_table() -> str:
    """Return the table as Markdown for the documentation, ending in a newline."""
    lines = ["| State | Action | Who | Conditions | Then | Source |", "|---|---|---|---|---|---|"]
    for row in TABLE:
        cells = (
            row.origin.value,
            row.action.value,
            ", ".join(party.value for party in WithdrawalParty if party in row.parties),
            ", ".join(sorted(row.guards)),
            row.target.value,
            row.source or "our default",
        )
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def render_ground_rules() -> str:
    """Return what each ground rests on as Markdown, ending in a newline."""
    lines = ["| Point of Art. 8.1 | Ground | Rests on | Source |", "|---|---|---|---|"]
    for ground, rule in GROUND_RULES.items():
        lines.append(f"| {ground.point} | {ground.value} | {rule.basis.value} | {rule.source} |")
    return "\n".join(lines) + "\n"
