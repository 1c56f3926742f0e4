"""Terms, status, windows and withdrawal of certificates."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from ocop_api.domain.certificate import (
    CertificateFacts,
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
from ocop_api.domain.errors import RuleViolation
from ocop_api.domain.regimes import Level, TransitionRules, regime

OLD, NEW = regime("qd148-2023"), regime("qd26-2026")
GIA_LAI = issue(OLD, date(2024, 9, 19))


def transition() -> TransitionRules:
    rules = NEW.transition
    assert rules is not None
    return rules


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
