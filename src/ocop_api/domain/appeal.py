"""The way of an appeal (*kiến nghị*) of a producer against the outcome of a rating.

The decisions on the programme are silent on appeals; states, parties and terms are our defaults. A panel is
an ordinary council that had no part in the rating: it reports, and whoever decided on the dossier decides on
the appeal. What follows from an appeal that is upheld is told by the dossier's own table (``reopen``).
"""

from collections.abc import Collection, Hashable, Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from ocop_api.domain.calendar import OfficeCalendar
from ocop_api.domain.dossier_terms import State as DossierState
from ocop_api.domain.errors import Forbidden, Invalid, RuleViolation

MOST_STARS: Final = 5


class AppealState(StrEnum):
    """Where an appeal stands."""

    LODGED = "lodged"
    """Handed in, not yet looked at (*đã nộp*)."""
    REFUSED = "refused"
    """Not taken up: it lacks what makes an appeal (*không thụ lý*)."""
    UNDER_REVIEW = "under_review"
    """Taken up; the panel examines it (*đã thụ lý*)."""
    REPORTED = "reported"
    """The panel has reported, the deciding person has yet to sign (*đã có kết luận của hội đồng*)."""
    UPHELD = "upheld"
    """Decided in the producer's favour (*chấp nhận kiến nghị*)."""
    DISMISSED = "dismissed"
    """Decided against the producer (*bác kiến nghị*)."""
    WITHDRAWN = "withdrawn"
    """Taken back by the producer (*rút kiến nghị*)."""

    @property
    def is_final(self) -> bool:
        """Tell whether nothing can follow."""
        return not any(row.origin is self for row in TABLE)

    @property
    def is_decided(self) -> bool:
        """Tell whether the matter itself was decided; it is not taken up a second time."""
        return self in {AppealState.UPHELD, AppealState.DISMISSED}


class AppealAction(StrEnum):
    """What is done to an appeal after it was lodged."""

    ACCEPT = "accept"
    REFUSE = "refuse"
    REPORT = "report"
    UPHOLD = "uphold"
    DISMISS = "dismiss"
    WITHDRAW = "withdraw"


class AppealParty(StrEnum):
    """In what capacity somebody acts."""

    PRODUCER = "producer"
    """The producer of the dossier (*chủ thể*)."""
    OFFICE = "office"
    """The OCOP office of the level that decided on the dossier (*cơ quan tham mưu*)."""
    PANEL = "panel"
    """Chair or secretary of the panel (*hội đồng xem xét kiến nghị*)."""
    AUTHORITY = "authority"
    """Whoever decides on dossiers at that level (*người có thẩm quyền*)."""


class AppealGuard(StrEnum):
    """A condition of a step; the caller establishes which ones hold."""

    REASON_GIVEN = "reason_given"
    PANEL_INDEPENDENT = "panel_independent"
    """Nobody of the panel had a part in the rating or acts for the producer."""
    CRITERIA_ANSWERED = "criteria_answered"
    """The report answers each contested criterion, and no other."""
    DECISION_SIGNED = "decision_signed"
    """There is a decision with number and day."""


class Finding(StrEnum):
    """What a panel found."""

    FOUNDED = "founded"
    """The grounds hold (*có căn cứ*)."""
    PARTLY_FOUNDED = "partly_founded"
    """Some of them do (*có căn cứ một phần*)."""
    UNFOUNDED = "unfounded"
    """None of them does (*không có căn cứ*)."""


class Recommendation(StrEnum):
    """What a panel recommends."""

    RESCORE = "rescore"
    """To rate the dossier again (*đánh giá lại*)."""
    NONE = "none"
    """Nothing beyond its finding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AppealRow:
    """One row of the table: at ``origin``, ``party`` may do ``action`` once ``guards`` hold."""

    origin: AppealState
    action: AppealAction
    target: AppealState
    party: AppealParty
    guards: frozenset[AppealGuard] = frozenset()


_S, _A, _P, _G = AppealState, AppealAction, AppealParty, AppealGuard

TABLE: Final = (
    AppealRow(
        origin=_S.LODGED,
        action=_A.ACCEPT,
        target=_S.UNDER_REVIEW,
        party=_P.OFFICE,
        guards=frozenset({_G.PANEL_INDEPENDENT}),
    ),
    AppealRow(
        origin=_S.LODGED,
        action=_A.REFUSE,
        target=_S.REFUSED,
        party=_P.OFFICE,
        guards=frozenset({_G.REASON_GIVEN}),
    ),
    AppealRow(
        origin=_S.UNDER_REVIEW,
        action=_A.REPORT,
        target=_S.REPORTED,
        party=_P.PANEL,
        guards=frozenset({_G.PANEL_INDEPENDENT, _G.CRITERIA_ANSWERED}),
    ),
    AppealRow(
        origin=_S.REPORTED,
        action=_A.UPHOLD,
        target=_S.UPHELD,
        party=_P.AUTHORITY,
        guards=frozenset({_G.REASON_GIVEN, _G.DECISION_SIGNED}),
    ),
    AppealRow(
        origin=_S.REPORTED,
        action=_A.DISMISS,
        target=_S.DISMISSED,
        party=_P.AUTHORITY,
        guards=frozenset({_G.REASON_GIVEN, _G.DECISION_SIGNED}),
    ),
    *(
        AppealRow(origin=state, action=_A.WITHDRAW, target=_S.WITHDRAWN, party=_P.PRODUCER)
        for state in (_S.LODGED, _S.UNDER_REVIEW, _S.REPORTED)
    ),
)
"""Every step after lodging, in order of procedure."""

APPEALABLE: Final = frozenset({DossierState.RECOGNISED, DossierState.NOT_REACHED, DossierState.REJECTED})
"""States of a dossier whose outcome may be contested, if a council has rated it."""


def open_rows(state: AppealState, parties: Collection[AppealParty]) -> tuple[AppealRow, ...]:
    """Return the rows that somebody with these capacities may take now, in order of procedure."""
    return tuple(row for row in TABLE if row.origin is state and row.party in parties)


def step(
    state: AppealState,
    action: AppealAction,
    *,
    parties: Collection[AppealParty],
    satisfied: Collection[AppealGuard],
) -> AppealRow:
    """Return the row that is taken.

    Raises:
        RuleViolation: ``appeal.action_not_allowed`` when the action has no place in this state (data: what
            the caller may do instead); ``appeal.guard_not_met`` with the ``missing`` guards.
        Forbidden: ``appeal.not_the_acting_party``, the action is there but belongs to somebody else.
    """
    row = next((row for row in TABLE if row.origin is state and row.action is action), None)
    if row is None:
        raise RuleViolation(
            "appeal.action_not_allowed",
            action=action.value,
            state=state.value,
            allowed_actions=[row.action.value for row in open_rows(state, parties)],
        )
    if row.party not in parties:
        raise Forbidden("appeal.not_the_acting_party", action=action.value, party=row.party.value)
    missing = sorted(guard.value for guard in row.guards if guard not in satisfied)
    if missing:
        raise RuleViolation("appeal.guard_not_met", action=action.value, missing=missing)
    return row


def last_day(told_on: date, days: int, calendar: OfficeCalendar) -> date:
    """Return the last day on which an outcome may be appealed against.

    The day on which the outcome was told is not counted, and a last day on which offices are closed runs on
    to the next one on which they work (Civil Code, Art. 147.2 and 148.5).
    """
    return calendar.add_calendar_days(told_on, days)


def check_lodging(
    outcome: DossierState, *, rated: bool, star: int | None, last_on: date, today: date, wanted: int | None
) -> None:
    """Refuse what is no appeal against a rating, or comes too late.

    Args:
        outcome: state of the dossier.
        rated: a council has rated it at the level that decided.
        star: stars that were found.
        last_on: last day of the term; the day itself belongs to it.
        today: day of lodging.
        wanted: stars the producer asks for, if any.

    Raises:
        RuleViolation: ``appeal.no_outcome`` without an outcome that can be contested; ``appeal.not_rated``
            for a file refused without a rating; ``appeal.nothing_higher`` for five stars;
            ``appeal.too_late`` with the ``last_day``.
        Invalid: ``appeal.stars_not_more``, fewer or as many stars are asked for as there are.
    """
    if outcome not in APPEALABLE:
        raise RuleViolation("appeal.no_outcome", state=outcome.value)
    if not rated:
        raise RuleViolation("appeal.not_rated", state=outcome.value)
    held = (star or 0) if outcome is DossierState.RECOGNISED else 0
    if held >= MOST_STARS:
        raise RuleViolation("appeal.nothing_higher", stars=held)
    if today > last_on:
        raise RuleViolation("appeal.too_late", last_day=last_on, today=today)
    if wanted is not None and wanted <= held:
        raise Invalid("appeal.stars_not_more", stars=wanted, held=held)


def check_report(
    finding: Finding, recommendation: Recommendation, contested: Iterable[str], answered: Iterable[str]
) -> None:
    """Refuse a report that leaves a contested criterion out, answers another, or contradicts itself.

    Raises:
        Invalid: ``appeal.criteria_unanswered``, ``appeal.criterion_not_contested``,
            ``appeal.finding_contradicts``.
    """
    asked, told = set(contested), set(answered)
    if asked - told:
        raise Invalid("appeal.criteria_unanswered", criteria=sorted(asked - told))
    if told - asked:
        raise Invalid("appeal.criterion_not_contested", criteria=sorted(told - asked))
    if finding is Finding.UNFOUNDED and recommendation is Recommendation.RESCORE:
        raise Invalid(
            "appeal.finding_contradicts", finding=finding.value, recommendation=recommendation.value
        )


def partial(
    seats: Iterable[Hashable], *, took_part: Collection[Hashable], acts_for: Collection[Hashable]
) -> list[Hashable]:
    """Return those of a council who may not deal with an appeal, in the order of their seats.

    Args:
        seats: everybody of the council, whatever their office.
        took_part: who sat when the dossier was rated, present or not, and who reported to that council.
        acts_for: who acts for the producer.
    """
    return [person for person in seats if person in took_part or person in acts_for]
