"""Which law applies on which day, and what it says at the boundaries."""

from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocop_api.domain.errors import Invalid, NotFound, RuleViolation
from ocop_api.domain.regimes import REGIMES, DossierKind, Level, ProducerForm, regime, regime_on


@pytest.mark.parametrize(
    ("day", "code"),
    [
        (date(2019, 8, 21), "qd1048-2019"),
        (date(2023, 2, 23), "qd1048-2019"),
        (date(2023, 2, 24), "qd148-2023"),
        (date(2025, 7, 5), "qd148-2023"),
        (date(2025, 7, 6), "qd1489-2025"),
        (date(2026, 5, 21), "qd1489-2025"),
        (date(2026, 5, 22), "qd26-2026"),
        (date(2099, 1, 1), "qd26-2026"),
    ],
)
def test_regime_changes_on_the_day_of_the_decision(day: date, code: str) -> None:
    assert regime_on(day).code == code


def test_before_the_first_decision_there_is_no_regime() -> None:
    with pytest.raises(RuleViolation) as refused:
        regime_on(date(2019, 8, 20))
    assert refused.value.code == "regimes.before_first_regime"
    assert refused.value.data["first_day"] == "2019-08-21"


def test_regimes_follow_each_other_without_gap_or_overlap() -> None:
    for earlier, later in pairwise(REGIMES):
        assert earlier.valid_to is not None
        assert earlier.valid_to + timedelta(days=1) == later.valid_from
    assert REGIMES[-1].valid_to is None


def test_an_unknown_code_is_not_found() -> None:
    with pytest.raises(NotFound):
        regime("qd1-1999")


@pytest.mark.parametrize(
    ("code", "three", "four"),
    [
        ("qd1048-2019", Level.PROVINCE, Level.PROVINCE),
        ("qd148-2023", Level.DISTRICT, Level.PROVINCE),
        ("qd1489-2025", Level.PROVINCE, Level.PROVINCE),
        ("qd26-2026", Level.PROVINCE, Level.PROVINCE),
    ],
)
def test_who_recognises_which_star(code: str, three: Level, four: Level) -> None:
    law = regime(code)
    assert (law.deciding_level(3), law.deciding_level(4)) == (three, four)
    assert law.deciding_level(5) is Level.CENTRAL
    assert law.deciding_level(2) is None


def test_districts_have_no_part_since_july_2025() -> None:
    assert not regime("qd1489-2025").involves(Level.DISTRICT)
    with pytest.raises(RuleViolation) as refused:
        regime("qd26-2026").rule(Level.DISTRICT)
    assert refused.value.code == "regimes.level_not_in_regime"


def test_each_star_is_decided_by_one_level_at_most_and_one_level_receives() -> None:
    for law in REGIMES:
        stars = [star for rule in law.levels for star in rule.decides]
        assert sorted(stars) == [3, 4, 5]
        assert sum(rule.receives for rule in law.levels) == 1


def test_every_level_that_forwards_names_a_level_of_the_regime() -> None:
    for law in REGIMES:
        for rule in law.levels:
            if rule.forwards_to is not None:
                assert law.is_above(rule.forwards_to, rule.level)


@pytest.mark.parametrize(
    ("points", "star"),
    [("0", 1), ("29.99", 1), ("30", 2), ("49.99", 2), ("50", 3), ("69.999", 3), ("70", 4), ("89.995", 4),
     ("90", 5), ("100", 5)],
)  # fmt: skip
def test_bands(points: str, star: int) -> None:
    assert regime("qd26-2026").band_star(Decimal(points)) == star


@pytest.mark.parametrize("points", ["-0.01", "100.01", "NaN", "Infinity"])
def test_points_outside_the_scale_are_refused(points: str) -> None:
    with pytest.raises(Invalid):
        regime("qd26-2026").band_star(Decimal(points))


@given(st.decimals(min_value=0, max_value=100, places=3))
def test_bands_cover_the_scale_without_overlap(points: Decimal) -> None:
    for law in REGIMES:
        holding = [
            band.star
            for band in law.bands
            if points >= band.minimum and (band.below is None or points < band.below)
        ]
        assert holding == [law.band_star(points)]


def test_who_may_apply() -> None:
    law = regime("qd26-2026")
    assert law.may_apply(ProducerForm.COOPERATIVE)
    assert not law.may_apply(ProducerForm.COMPANY)
    assert regime("qd148-2023").may_apply(ProducerForm.COOPERATIVE_UNION)
    assert not law.may_apply(ProducerForm.ASSOCIATION)
    assert law.may_apply(ProducerForm.ASSOCIATION, community_tourism=True)


def test_tourism_services_hand_in_no_samples() -> None:
    lodging = regime("qd26-2026").lodging
    assert lodging.samples_for(tourism_service=False) == 5
    assert lodging.samples_for(tourism_service=True) == 0


@pytest.mark.parametrize(
    ("level", "requested", "number", "done_before"),
    [
        (Level.PROVINCE, date(2027, 4, 29), 1, date(2027, 6, 30)),
        (Level.PROVINCE, date(2027, 4, 30), 2, date(2027, 12, 30)),
        (Level.PROVINCE, date(2027, 10, 29), 2, date(2027, 12, 30)),
        (Level.PROVINCE, date(2027, 10, 30), 1, date(2028, 6, 30)),
        (Level.CENTRAL, date(2027, 7, 29), 1, date(2027, 9, 30)),
        (Level.CENTRAL, date(2027, 7, 30), 2, date(2028, 3, 30)),
        (Level.CENTRAL, date(2028, 1, 29), 2, date(2028, 3, 30)),
    ],
)
def test_the_day_named_by_a_round_is_already_too_late(
    level: Level, requested: date, number: int, done_before: date
) -> None:
    found = regime("qd26-2026").round_for(level, requested)
    assert found is not None
    assert (found.number, found.done_before) == (number, done_before)


def test_earlier_regimes_prescribe_no_rounds() -> None:
    assert regime("qd148-2023").round_for(Level.PROVINCE, date(2024, 4, 1)) is None


def test_pending_files_finish_within_the_transition_terms() -> None:
    rules = regime("qd26-2026").transition
    assert rules is not None
    before = date(2026, 5, 21)
    assert rules.finish_by(DossierKind.FIRST, before) == date(2026, 7, 21)
    assert rules.finish_by(DossierKind.UPGRADE, before) == date(2026, 7, 21)
    assert rules.finish_by(DossierKind.RERATING, before) == date(2026, 6, 21)
    assert rules.finish_by(DossierKind.FIRST, date(2026, 5, 22)) is None


def test_the_replaced_decisions_lapse_when_the_last_pending_file_is_due() -> None:
    assert regime("qd148-2023").repealed_after == date(2026, 7, 21)
    assert regime("qd1489-2025").repealed_after == date(2026, 7, 21)


def test_every_default_of_ours_is_marked_and_every_block_cites_a_source() -> None:
    for law in REGIMES:
        sources = [
            law.bands_source,
            law.forms_source,
            law.product_code_source,
            law.lodging.source,
            law.certificate.months_source,
            *(rule.source for rule in law.levels),
        ]
        assert all("QĐ-TTg" in source.text or source.silent or "T-H-X" in source.text for source in sources)
    assert regime("qd26-2026").certificate.expiry_notice_source.silent
    assert not regime("qd148-2023").certificate.expiry_notice_source.silent
