"""Who sits on a council (*hội đồng*), when it may act and who may score.

Decision 26/2026, Art. 7.3b and 7.4b fix the composition and leave the working to each council's operating
regulation (*Quy chế hoạt động*). The numbers of :class:`CouncilRules` are therefore this system's defaults,
after the practice of provincial regulations; every council may be given its own. Bringing score sheets
together is the rubric's (``rubric.consolidation``); here stand the settings it is run with.
"""

from collections.abc import Collection, Hashable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from math import ceil, floor

from ocop_api.domain.errors import Invalid
from ocop_api.domain.regimes import DossierKind, Regime
from ocop_api.domain.rubric.rating import DEFAULT_STAR_RULES, StarRules

_MOST_POINTS = 100
_MOST_PLACES = 6
_MOST_DAYS = 60
MOST_APPEAL_DAYS = 365
"""Longest term that a council's rules may give for appeals."""


class Office(StrEnum):
    """Seat of a person on a council.

    ``chair`` *chủ tịch hội đồng*, ``deputy`` *phó chủ tịch*, ``member`` *thành viên*, ``expert`` an invited
    member (Decision 26/2026, Art. 7.3b, last sentence), ``secretary`` *thư ký*, who keeps the minutes.
    """

    CHAIR = "chair"
    DEPUTY = "deputy"
    MEMBER = "member"
    EXPERT = "expert"
    SECRETARY = "secretary"


class AdviserOffice(StrEnum):
    """Place of a person in a council's advisory group (*tổ tư vấn*): its leader (*tổ trưởng*) or a member."""

    LEADER = "leader"
    MEMBER = "member"


class RecusalReason(StrEnum):
    """Tie between a council member and the producer of the file under review."""

    OWNER = "owner"
    RELATIVE = "relative"
    EMPLOYEE = "employee"
    ADVISER = "adviser"
    EVALUATED_BELOW = "evaluated_below"
    """Scored the same file at a lower level."""
    ADVISED = "advised"
    """Filed the report of the advisory group or office on the file."""
    RATED_BEFORE = "rated_before"
    """Had a part in the rating of the same file before an appeal against it was upheld."""
    OTHER_INTEREST = "other_interest"


class RecusalOrigin(StrEnum):
    """How the tie came to light: declared by the member or detected from the records."""

    SELF_DECLARED = "self_declared"
    DETECTED = "detected"


class MeetingForm(StrEnum):
    """How a council deals with a file: in a meeting, or by written opinions (*lấy ý kiến bằng văn bản*)."""

    MEETING = "meeting"
    WRITTEN_OPINIONS = "written_opinions"


@dataclass(frozen=True, slots=True, kw_only=True)
class CouncilRules:
    """The settings of a council's operating regulation; the defaults are ours (the law is silent).

    Shares are fractions, because regulations also say "two thirds", which no decimal holds.

    Attributes:
        quorum_share: Share of the voting members, recused ones left out, who must be present.
        chair_required: Without the chair there is no quorum.
        deputy_replaces_recused_chair: A deputy presides over the file from which the chair is recused.
        deputy_replaces_absent_chair: A deputy presides when the chair is merely absent.
        spread_limit: Points by which two members' totals may differ before a new round is held; None for
            no limit.
        majority_over: A gate or a star minimum carries when strictly more than this share is for it.
        stars: How star minimums work.
        experts_score: Invited experts fill in score sheets like other members.
        least_voters: Fewest voting members who can act as a council, whatever the share gives.
        lower_level_evaluators_recused: Who scored a file at a lower level does not score it again.
        typical_size: Usual number of voting members; a hint for forms, never enforced.
        display_places: Decimals of the displayed mean, rounded half-up.
        notice_working_days: Working days before a meeting by which members are invited and have the files.
        opinion_working_days: Working days that members have for a written opinion.
        appeal_days: Days within which a producer may appeal against the outcome of a rating.
    """

    quorum_share: Fraction = Fraction(3, 4)
    chair_required: bool = True
    deputy_replaces_recused_chair: bool = True
    deputy_replaces_absent_chair: bool = False
    spread_limit: Decimal | None = Decimal(10)
    majority_over: Fraction = Fraction(1, 2)
    stars: StarRules = DEFAULT_STAR_RULES
    experts_score: bool = True
    least_voters: int = 2
    lower_level_evaluators_recused: bool = False
    typical_size: int = 9
    display_places: int = 2
    notice_working_days: int = 1
    opinion_working_days: int = 5
    appeal_days: int = 30

    def __post_init__(self) -> None:
        """Refuse settings under which no council could work.

        Raises:
            Invalid: ``council.rules_invalid`` with the setting's name.
        """
        if not 0 < self.quorum_share <= 1:
            raise Invalid("council.rules_invalid", setting="quorum_share", value=str(self.quorum_share))
        if not 0 <= self.majority_over < 1:
            raise Invalid("council.rules_invalid", setting="majority_over", value=str(self.majority_over))
        if self.least_voters < 1:
            raise Invalid("council.rules_invalid", setting="least_voters", value=str(self.least_voters))
        if self.spread_limit is not None and not 0 <= self.spread_limit <= _MOST_POINTS:
            raise Invalid("council.rules_invalid", setting="spread_limit", value=str(self.spread_limit))
        if not 0 <= self.display_places <= _MOST_PLACES:
            raise Invalid("council.rules_invalid", setting="display_places", value=str(self.display_places))
        for setting, days in (
            ("notice_working_days", self.notice_working_days),
            ("opinion_working_days", self.opinion_working_days),
        ):
            if not 0 <= days <= _MOST_DAYS:
                raise Invalid("council.rules_invalid", setting=setting, value=str(days))
        if not 1 <= self.appeal_days <= MOST_APPEAL_DAYS:
            raise Invalid("council.rules_invalid", setting="appeal_days", value=str(self.appeal_days))

    def is_majority(self, in_favour: int, counted: int) -> bool:
        """Tell whether ``in_favour`` of ``counted`` carries; nothing carries when nothing was counted."""
        return counted > 0 and in_favour > self.majority_over * counted

    def is_spread_too_wide(self, lowest: Decimal, highest: Decimal) -> bool:
        """Tell whether two totals lie so far apart that the file goes back for a new round."""
        return self.spread_limit is not None and highest - lowest > self.spread_limit

    def displayed(self, exact: Fraction) -> Decimal:
        """Return a number rounded half-up for display; never decide by it."""
        shifted = floor(exact * 10**self.display_places + Fraction(1, 2))
        return Decimal(shifted).scaleb(-self.display_places)


DEFAULT_COUNCIL_RULES = CouncilRules()


@dataclass(frozen=True, slots=True)
class Seat:
    """A person on a council; ``person`` is any stable identifier of theirs."""

    person: Hashable
    office: Office


@dataclass(frozen=True, slots=True)
class Adviser:
    """A person of the advisory group; ``person`` is any stable identifier of theirs."""

    person: Hashable
    office: AdviserOffice


@dataclass(frozen=True, slots=True)
class Recusal:
    """A person kept from one file, and why."""

    person: Hashable
    reason: RecusalReason
    origin: RecusalOrigin = RecusalOrigin.SELF_DECLARED
    note: str = ""


class QuorumProblem(StrEnum):
    """Why a council may not act."""

    NO_VOTING_MEMBERS = "no_voting_members"
    TOO_FEW_PRESENT = "too_few_present"
    CHAIR_ABSENT = "chair_absent"
    NO_ONE_PRESIDES = "no_one_presides"


@dataclass(frozen=True, slots=True, kw_only=True)
class Quorum:
    """A quorum decision that explains itself.

    Attributes:
        base: Voting members who are not recused.
        required: How many of them must be present.
        present: How many of them are.
        presiding: Who presides, None when nobody may.
        problems: Everything that stands against it; empty when ``met``.
    """

    base: int
    required: int
    present: int
    presiding: Hashable | None
    problems: tuple[QuorumProblem, ...]

    @property
    def met(self) -> bool:
        """Tell whether the council may act on the file."""
        return not self.problems


class ScoringBar(StrEnum):
    """Why a person may not score a file."""

    NOT_SEATED = "not_seated"
    SECRETARY = "secretary"
    EXPERT_WITHOUT_SCORE = "expert_without_score"
    RECUSED = "recused"


@dataclass(frozen=True, slots=True)
class ScoringRight:
    """Whether a person may score a file; ``bar`` and, when recused, ``reason`` say why not."""

    allowed: bool
    bar: ScoringBar | None = None
    reason: RecusalReason | None = None


def votes(office: Office, rules: CouncilRules) -> bool:
    """Tell whether the office scores and counts towards the quorum; the secretary never does."""
    if office is Office.SECRETARY:
        return False
    return office is not Office.EXPERT or rules.experts_score


def check_composition(seats: Iterable[Seat]) -> None:
    """Refuse a council that is not one: each person once, one chair, at most one secretary.

    Raises:
        Invalid: ``council.person_seated_twice``, ``council.one_chair_needed``,
            ``council.too_many_secretaries``.
    """
    listed = tuple(seats)
    people = [seat.person for seat in listed]
    if len(set(people)) != len(people):
        twice = sorted({str(person) for person in people if people.count(person) > 1})
        raise Invalid("council.person_seated_twice", people=twice)
    chairs = sum(seat.office is Office.CHAIR for seat in listed)
    if chairs != 1:
        raise Invalid("council.one_chair_needed", chairs=chairs)
    secretaries = sum(seat.office is Office.SECRETARY for seat in listed)
    if secretaries > 1:
        raise Invalid("council.too_many_secretaries", secretaries=secretaries)


def check_advisory_group(advisers: Iterable[Adviser], seats: Iterable[Seat]) -> None:
    """Refuse an advisory group that is none: each person once, one leader, nobody who scores.

    Who advised on a file is not to rate it (the group reports to the council, Decision 26/2026, Art. 7.3).
    The secretary does not score and may be of the group. A council need not have one.

    Raises:
        Invalid: ``council.adviser_named_twice``, ``council.one_leader_needed``, ``council.member_advises``.
    """
    listed = tuple(advisers)
    people = [adviser.person for adviser in listed]
    if len(set(people)) != len(people):
        twice = sorted({str(person) for person in people if people.count(person) > 1})
        raise Invalid("council.adviser_named_twice", people=twice)
    leaders = sum(adviser.office is AdviserOffice.LEADER for adviser in listed)
    if listed and leaders != 1:
        raise Invalid("council.one_leader_needed", leaders=leaders)
    scoring = {seat.person for seat in seats if seat.office is not Office.SECRETARY}
    both = sorted(str(person) for person in people if person in scoring)
    if both:
        raise Invalid("council.member_advises", people=both)


def quorum(
    members: Iterable[Seat],
    present: Collection[Hashable],
    recused: Collection[Hashable] = (),
    rules: CouncilRules = DEFAULT_COUNCIL_RULES,
) -> Quorum:
    """Decide whether the council may act on one file.

    Recused members leave the base and the count alike. People in ``present`` who hold no voting seat are
    ignored, so a list of everyone in the room may be passed. When the chair is recused, the first deputy
    present who is not recused presides, in the order of ``members``.
    """
    listed = tuple(members)
    base = [seat for seat in listed if votes(seat.office, rules) and seat.person not in recused]
    here = [seat for seat in base if seat.person in present]
    required = max(ceil(rules.quorum_share * len(base)), rules.least_voters)
    chair = next((seat for seat in listed if seat.office is Office.CHAIR), None)
    deputy = next((seat for seat in here if seat.office is Office.DEPUTY), None)

    problems: list[QuorumProblem] = []
    if not base:
        problems.append(QuorumProblem.NO_VOTING_MEMBERS)
    elif len(here) < required:
        problems.append(QuorumProblem.TOO_FEW_PRESENT)

    chair_recused = chair is not None and chair.person in recused
    presiding: Hashable | None = None
    if chair is not None and chair in here:
        presiding = chair.person
    elif deputy is not None and (
        rules.deputy_replaces_recused_chair if chair_recused else rules.deputy_replaces_absent_chair
    ):
        presiding = deputy.person
    if presiding is None and rules.chair_required:
        problems.append(QuorumProblem.NO_ONE_PRESIDES if chair_recused else QuorumProblem.CHAIR_ABSENT)
    return Quorum(
        base=len(base),
        required=required,
        present=len(here),
        presiding=presiding,
        problems=tuple(problems),
    )


def scoring_right(
    person: Hashable,
    members: Iterable[Seat],
    recusals: Iterable[Recusal] = (),
    rules: CouncilRules = DEFAULT_COUNCIL_RULES,
) -> ScoringRight:
    """Decide whether ``person`` may fill in a score sheet for one file, and say why not."""
    seat = next((candidate for candidate in members if candidate.person == person), None)
    if seat is None:
        return ScoringRight(allowed=False, bar=ScoringBar.NOT_SEATED)
    if seat.office is Office.SECRETARY:
        return ScoringRight(allowed=False, bar=ScoringBar.SECRETARY)
    if not votes(seat.office, rules):
        return ScoringRight(allowed=False, bar=ScoringBar.EXPERT_WITHOUT_SCORE)
    recusal = next((candidate for candidate in recusals if candidate.person == person), None)
    if recusal is not None:
        return ScoringRight(allowed=False, bar=ScoringBar.RECUSED, reason=recusal.reason)
    return ScoringRight(allowed=True)


def meeting_form(
    regime: Regime,
    kind: DossierKind,
    *,
    opinions_differ: bool = False,
    is_complex: bool = False,
) -> MeetingForm:
    """Say how the council deals with a file.

    Under Decision 26/2026, Art. 7.6d and 7.6e a re-rating goes by written opinions, and a meeting is
    held only when opinions differ or the matter is complex. Everything else is dealt with in a meeting.
    """
    written = regime.lodging.rerating_by_written_opinion and kind is DossierKind.RERATING
    if written and not (opinions_differ or is_complex):
        return MeetingForm.WRITTEN_OPINIONS
    return MeetingForm.MEETING
