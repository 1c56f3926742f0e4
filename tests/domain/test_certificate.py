"""Numbers, terms, status, windows and withdrawal of certificates."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocop_api.domain.certificate import (
    CertificateFacts,
    CertificateNumber,
    CertificateStatus,
    Window,
    WithdrawalGround,
    extension_until,
    issue,
    rerating_due,
    rerating_window,
    status_on,
    withdrawal_due,
    withdrawal_level,
)
from ocop_api.domain.errors import Invalid, RuleViolation
from ocop_api.domain.regimes import Level, TransitionRules, regime

OLD, NEW = regime("qd148-2023"), regime("qd26-2026")
GIA_LAI = issue(OLD, date(2024, 9, 19))


def transition() -> TransitionRules:
    rules = NEW.transition
    assert rules is not None
    return rules


@pytest.mark.parametrize("text", ["72-703-01-2023", "68-01-2026", "TW-12-2027", "68-1234-2026"])
def test_numbers_survive_reading_and_printing(text: str) -> None:
    assert str(CertificateNumber.parse(text)) == text


def test_numbers_are_read_with_spaces_and_long_dashes() -> None:
    number = CertificateNumber.parse(" 72 – 703 – 01 – 2023 ")
    assert (number.level, number.district, number.serial) == (Level.DISTRICT, "703", 1)


@pytest.mark.parametrize(
    "text", ["", "72-703-01", "7-703-01-2023", "72-703-00-2023", "72-703-01-23", "７２-01-2023"]
)
def test_malformed_numbers_are_refused(text: str) -> None:
    with pytest.raises(Invalid):
        CertificateNumber.parse(text)


@pytest.mark.parametrize(
    ("level", "province", "district"),
    [
        (Level.COMMUNE, "67", None),
        (Level.DISTRICT, "67", None),
        (Level.PROVINCE, "67", "663"),
        (Level.CENTRAL, "67", None),
        (Level.PROVINCE, None, None),
    ],
)
def test_number_parts_must_fit_the_issuer(level: Level, province: str | None, district: str | None) -> None:
    with pytest.raises(Invalid):
        CertificateNumber(level=level, province=province, district=district, serial=1, year=2024)


@given(
    st.sampled_from([Level.DISTRICT, Level.PROVINCE, Level.CENTRAL]),
    st.integers(min_value=1, max_value=999_999),
    st.integers(min_value=2018, max_value=9999),
)
def test_any_number_survives_reading_and_printing(level: Level, serial: int, year: int) -> None:
    number = CertificateNumber(
        level=level,
        province=None if level is Level.CENTRAL else "67",
        district="663" if level is Level.DISTRICT else None,
        serial=serial,
        year=year,
    )
    assert CertificateNumber.parse(str(number)) == number


def test_term_follows_the_certificates_in_circulation() -> None:
    assert GIA_LAI.valid_until == date(2027, 9, 19)
    assert issue(NEW, date(2028, 2, 29)).valid_until == date(2031, 2, 28)


@pytest.mark.parametrize(
    ("day", "status"),
    [
        (date(2024, 9, 18), CertificateStatus.NOT_YET_VALID),
        (date(2024, 9, 19), CertificateStatus.VALID),
        (date(2027, 8, 19), CertificateStatus.VALID),
        (date(2027, 8, 20), CertificateStatus.EXPIRING),
        (date(2027, 9, 19), CertificateStatus.EXPIRING),
        (date(2027, 9, 20), CertificateStatus.EXPIRED),
    ],
)
def test_status_over_the_term(day: date, status: CertificateStatus) -> None:
    assert status_on(GIA_LAI, day) is status


def test_withdrawal_and_supersession_take_effect_on_their_day() -> None:
    day = date(2026, 1, 10)
    withdrawn = replace(GIA_LAI, withdrawn_on=day)
    assert status_on(withdrawn, day - timedelta(days=1)) is CertificateStatus.VALID
    assert status_on(withdrawn, day) is CertificateStatus.WITHDRAWN
    superseded = replace(withdrawn, superseded_on=day - timedelta(days=5))
    assert status_on(superseded, day) is CertificateStatus.SUPERSEDED


def test_only_running_certificates_are_in_force() -> None:
    running = {status for status in CertificateStatus if status.in_force}
    assert running == {CertificateStatus.VALID, CertificateStatus.EXPIRING, CertificateStatus.EXTENDED}


def test_rerating_window_of_the_decision_in_force() -> None:
    window = rerating_window(NEW, date(2027, 9, 19))
    assert window == Window(date(2027, 3, 23), date(2027, 5, 22))
    assert rerating_window(OLD, date(2027, 9, 19)) is None
    assert rerating_due(NEW, date(2027, 5, 22)) == date(2027, 7, 6)
    assert rerating_due(OLD, date(2027, 5, 22)) is None


def facts(valid_until: date) -> CertificateFacts:
    return CertificateFacts(issued_on=date(2023, 6, 1), valid_until=valid_until, notice_days=30)


def test_prolongation_runs_at_most_180_days_past_expiry() -> None:
    certificate = facts(date(2026, 8, 31))
    until = extension_until(certificate, transition(), NEW, rerating_lodged_on=date(2026, 8, 31))
    assert until == date(2026, 8, 31) + timedelta(days=180)
    extended = replace(certificate, extended_until=until)
    assert status_on(extended, until) is CertificateStatus.EXTENDED
    assert status_on(extended, until + timedelta(days=1)) is CertificateStatus.EXPIRED


def test_prolongation_ends_with_the_result() -> None:
    certificate = facts(date(2026, 8, 31))
    for result, until in (
        (date(2026, 10, 1), date(2026, 10, 1)),
        (date(2026, 8, 1), date(2026, 8, 31)),
        (date(2027, 12, 1), date(2027, 2, 27)),
    ):
        assert (
            extension_until(
                certificate,
                transition(),
                NEW,
                rerating_lodged_on=date(2026, 6, 1),
                result_on=result,
            )
            == until
        )


@pytest.mark.parametrize(
    ("expires", "lodged", "prolonged"),
    [
        (date(2026, 5, 21), date(2026, 5, 1), False),
        (date(2026, 5, 22), date(2026, 5, 22), True),
        (date(2026, 9, 18), date(2026, 9, 1), True),
        (date(2026, 9, 19), date(2026, 9, 1), False),
        (date(2026, 8, 31), None, False),
        (date(2026, 8, 31), date(2026, 9, 1), False),
    ],
)
def test_who_has_a_claim_to_the_prolongation(expires: date, lodged: date | None, prolonged: bool) -> None:
    until = extension_until(facts(expires), transition(), NEW, rerating_lodged_on=lodged)
    assert (until is not None) is prolonged


def test_withdrawal_falls_to_the_level_in_charge_on_the_day() -> None:
    assert withdrawal_level(OLD, 3) is Level.DISTRICT
    assert withdrawal_level(NEW, 3) is Level.PROVINCE
    assert withdrawal_level(NEW, 5) is Level.CENTRAL
    with pytest.raises(RuleViolation):
        withdrawal_level(NEW, 2)
    assert withdrawal_due(NEW, date(2026, 6, 1)) == date(2026, 6, 16)


def test_the_six_grounds_are_worded_in_both_languages_and_keep_their_points() -> None:
    assert [ground.point for ground in WithdrawalGround] == ["a", "b", "c", "d", "đ", "e"]
    assert all(ground.vi and ground.en and ground.vi != ground.en for ground in WithdrawalGround)
