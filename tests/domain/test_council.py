"""Quorum, recusal, the right to score and the form of a meeting."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocop_api.domain.council import (
    Adviser,
    AdviserOffice,
    CouncilRules,
    MeetingForm,
    Office,
    QuorumProblem,
    Recusal,
    RecusalReason,
    ScoringBar,
    Seat,
    check_advisory_group,
    check_composition,
    meeting_form,
    quorum,
    scoring_right,
)
from ocop_api.domain.errors import Invalid
from ocop_api.domain.regimes import DossierKind, regime

NINE = (
    Seat("chair", Office.CHAIR),
    Seat("deputy", Office.DEPUTY),
    *(Seat(f"m{number}", Office.MEMBER) for number in range(6)),
    Seat("expert", Office.EXPERT),
    Seat("secretary", Office.SECRETARY),
)
EVERYONE = [seat.person for seat in NINE]


def test_seven_of_nine_are_a_quorum_and_six_are_not() -> None:
    seven = quorum(NINE, EVERYONE[:7])
    assert seven.met
    assert (seven.base, seven.required, seven.present, seven.presiding) == (9, 7, 7, "chair")
    six = quorum(NINE, EVERYONE[:6])
    assert six.problems == (QuorumProblem.TOO_FEW_PRESENT,)


def test_the_secretary_does_not_make_up_the_number() -> None:
    assert not quorum(NINE, [*EVERYONE[:6], "secretary"]).met


def test_exactly_three_quarters_suffice() -> None:
    four = NINE[:4]
    assert quorum(four, ["chair", "deputy", "m0"]).met


def test_without_the_chair_there_is_no_quorum_unless_the_regulation_says_so() -> None:
    absent = [person for person in EVERYONE if person != "chair"]
    assert quorum(NINE, absent).problems == (QuorumProblem.CHAIR_ABSENT,)
    relaxed = quorum(NINE, absent, rules=CouncilRules(deputy_replaces_absent_chair=True))
    assert relaxed.met
    assert relaxed.presiding == "deputy"


def test_a_deputy_presides_over_the_file_of_a_recused_chair() -> None:
    decided = quorum(NINE, EVERYONE, recused=["chair"])
    assert decided.met
    assert (decided.base, decided.presiding) == (8, "deputy")


def test_nobody_presides_when_chair_and_deputy_are_recused() -> None:
    decided = quorum(NINE, EVERYONE, recused=["chair", "deputy"])
    assert decided.problems == (QuorumProblem.NO_ONE_PRESIDES,)


def test_recused_members_leave_base_and_count_alike() -> None:
    decided = quorum(NINE, EVERYONE[:7], recused=["m0"])
    assert (decided.base, decided.required, decided.present) == (8, 6, 6)
    assert decided.met


def test_a_council_of_recused_members_cannot_act() -> None:
    decided = quorum(NINE, EVERYONE, recused=EVERYONE)
    assert QuorumProblem.NO_VOTING_MEMBERS in decided.problems


@given(st.sets(st.sampled_from(EVERYONE)), st.sets(st.sampled_from(EVERYONE)))
def test_one_more_person_present_never_breaks_a_quorum(present: set[str], recused: set[str]) -> None:
    if quorum(NINE, present, recused).met:
        assert quorum(NINE, EVERYONE, recused).met


def test_who_may_score_and_why_not() -> None:
    recusals = [Recusal("m1", RecusalReason.RELATIVE)]
    assert scoring_right("m0", NINE, recusals).allowed
    assert scoring_right("secretary", NINE).bar is ScoringBar.SECRETARY
    assert scoring_right("stranger", NINE).bar is ScoringBar.NOT_SEATED
    barred = scoring_right("m1", NINE, recusals)
    assert (barred.bar, barred.reason) == (ScoringBar.RECUSED, RecusalReason.RELATIVE)


def test_experts_score_unless_the_regulation_says_otherwise() -> None:
    assert scoring_right("expert", NINE).allowed
    silent = CouncilRules(experts_score=False)
    assert scoring_right("expert", NINE, rules=silent).bar is ScoringBar.EXPERT_WITHOUT_SCORE
    assert quorum(NINE, EVERYONE, rules=silent).base == 8


def test_half_is_no_majority() -> None:
    rules = CouncilRules()
    assert not rules.is_majority(4, 8)
    assert rules.is_majority(5, 9)
    assert not rules.is_majority(0, 0)


def test_a_spread_of_exactly_ten_points_stands() -> None:
    rules = CouncilRules()
    assert not rules.is_spread_too_wide(Decimal(70), Decimal(80))
    assert rules.is_spread_too_wide(Decimal(70), Decimal("80.01"))


def test_without_a_limit_no_spread_is_too_wide() -> None:
    assert not CouncilRules(spread_limit=None).is_spread_too_wide(Decimal(0), Decimal(100))


def test_two_thirds_of_nine_are_six() -> None:
    rules = CouncilRules(quorum_share=Fraction(2, 3))
    assert quorum(NINE, EVERYONE[:6], rules=rules).met
    assert not quorum(NINE, EVERYONE[:5], rules=rules).met


@pytest.mark.parametrize(
    "settings",
    [
        {"quorum_share": Fraction(0)},
        {"quorum_share": Fraction(101, 100)},
        {"majority_over": Fraction(1)},
        {"spread_limit": Decimal(-1)},
        {"display_places": -1},
    ],
)
def test_settings_no_council_could_work_with_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(Invalid) as refused:
        CouncilRules(**settings)
    assert refused.value.data["setting"] in settings


@pytest.mark.parametrize(
    ("seats", "code"),
    [
        ((*NINE, Seat("m0", Office.MEMBER)), "council.person_seated_twice"),
        (NINE[1:], "council.one_chair_needed"),
        ((*NINE, Seat("second", Office.CHAIR)), "council.one_chair_needed"),
        ((*NINE, Seat("second", Office.SECRETARY)), "council.too_many_secretaries"),
    ],
)
def test_compositions_that_are_no_council(seats: tuple[Seat, ...], code: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_composition(seats)
    assert refused.value.code == code


def test_a_regular_composition_passes() -> None:
    check_composition(NINE)


def test_rerating_goes_by_written_opinions_unless_they_differ() -> None:
    law = regime("qd26-2026")
    assert meeting_form(law, DossierKind.RERATING) is MeetingForm.WRITTEN_OPINIONS
    assert meeting_form(law, DossierKind.RERATING, opinions_differ=True) is MeetingForm.MEETING
    assert meeting_form(law, DossierKind.RERATING, is_complex=True) is MeetingForm.MEETING
    assert meeting_form(law, DossierKind.FIRST) is MeetingForm.MEETING
    assert meeting_form(regime("qd148-2023"), DossierKind.RERATING) is MeetingForm.MEETING


LED = (Adviser("a0", AdviserOffice.LEADER), Adviser("a1", AdviserOffice.MEMBER))


@pytest.mark.parametrize(
    ("advisers", "code"),
    [
        (LED[1:], "council.one_leader_needed"),
        ((*LED, Adviser("a2", AdviserOffice.LEADER)), "council.one_leader_needed"),
        ((*LED, Adviser("a1", AdviserOffice.MEMBER)), "council.adviser_named_twice"),
        ((*LED, Adviser("m0", AdviserOffice.MEMBER)), "council.member_advises"),
    ],
)
def test_groups_that_do_not_advise(advisers: tuple[Adviser, ...], code: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_advisory_group(advisers, NINE)
    assert refused.value.code == code


def test_a_group_may_have_the_secretary_in_it_or_not_be_there() -> None:
    secretary = Seat("s", Office.SECRETARY)
    check_advisory_group((*LED, Adviser("s", AdviserOffice.MEMBER)), (*NINE[:9], secretary))
    check_advisory_group((), NINE)


@pytest.mark.parametrize("days", [0, -1, 366])
def test_a_term_for_appeals_is_between_a_day_and_a_year(days: int) -> None:
    with pytest.raises(Invalid) as wrong:
        CouncilRules(appeal_days=days)
    assert wrong.value.data["setting"] == "appeal_days"
    assert CouncilRules().appeal_days == 30
