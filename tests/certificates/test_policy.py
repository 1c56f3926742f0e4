"""What a certificate is worth, as pure rules."""

from datetime import date, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocop_api.certificates.policy import (
    Recognition,
    Term,
    check_withdrawal,
    new_code,
    number_columns,
    number_key,
    read_code,
    recognition_of,
    successions,
)
from ocop_api.certificates.standing import Life, Standing
from ocop_api.domain.errors import RuleViolation

TODAY = date(2026, 6, 15)


def life(
    issued: date = date(2025, 1, 10),
    *,
    stars: int = 3,
    withdrawn_on: date | None = None,
    superseded_on: date | None = None,
) -> Life:
    until = issued.replace(year=issued.year + 3)
    return Life(
        stars=stars,
        issued_on=issued,
        valid_until=until,
        notice_from=until - timedelta(days=180),
        withdrawn_on=withdrawn_on,
        superseded_on=superseded_on,
    )


def reported(stars: int = 4, withdrawn_on: date | None = None) -> Life:
    return Life(stars=stars, issued_on=None, valid_until=None, notice_from=None, withdrawn_on=withdrawn_on)


@pytest.mark.parametrize(
    ("day", "standing"),
    [
        (date(2025, 1, 9), Standing.NOT_YET_VALID),
        (date(2025, 1, 10), Standing.VALID),
        (date(2027, 7, 13), Standing.VALID),
        (date(2027, 7, 14), Standing.EXPIRING),
        (date(2028, 1, 10), Standing.EXPIRING),
        (date(2028, 1, 11), Standing.EXPIRED),
    ],
)
def test_the_last_day_belongs_to_the_term(day: date, standing: Standing) -> None:
    assert life().standing(day) is standing


def test_a_report_says_nothing_about_validity() -> None:
    assert reported().standing(TODAY) is Standing.REPORTED
    assert not Standing.REPORTED.in_force
    assert reported(withdrawn_on=TODAY).standing(TODAY) is Standing.WITHDRAWN


def test_the_newest_dated_recognition_is_the_products() -> None:
    assert recognition_of([life(), life(date(2026, 1, 1), stars=4), reported(5)], TODAY) == Recognition(
        "valid", 4, date(2029, 1, 1)
    )


def test_without_dates_the_best_report_is_shown_as_report() -> None:
    assert recognition_of([reported(3), reported(4)], TODAY) == Recognition("reported", 4, None)
    assert recognition_of([], TODAY) == Recognition("none", None, None)


def test_a_withdrawal_hides_reports_and_does_not_revive_what_was_replaced() -> None:
    old = life(date(2024, 1, 1), superseded_on=date(2025, 1, 10))
    assert recognition_of([old, life(withdrawn_on=TODAY), reported()], TODAY).status == "withdrawn"


def test_only_a_running_certificate_is_replaced() -> None:
    first, second, third = uuid4(), uuid4(), uuid4()
    terms = [
        Term(certificate_id=third, issued_on=date(2026, 1, 1), valid_until=date(2029, 1, 1)),
        Term(certificate_id=first, issued_on=date(2020, 1, 1), valid_until=date(2023, 1, 1)),
        Term(certificate_id=second, issued_on=date(2024, 1, 1), valid_until=date(2027, 1, 1)),
    ]
    assert successions(terms) == [(second, third, date(2026, 1, 1))]


@pytest.mark.parametrize(
    ("given_life", "concluded_on", "code"),
    [
        (life(withdrawn_on=TODAY), TODAY, "certificate.not_in_force"),
        (life(superseded_on=TODAY), TODAY, "certificate.not_in_force"),
        (life(date(2020, 1, 1)), TODAY, "certificate.not_in_force"),
        (life(), TODAY + timedelta(days=1), "certificate.conclusion_in_future"),
        (life(), date(2025, 1, 9), "certificate.conclusion_before_issue"),
    ],
)
def test_what_cannot_be_withdrawn(given_life: Life, concluded_on: date, code: str) -> None:
    with pytest.raises(RuleViolation, match=code):
        check_withdrawal(given_life, concluded_on=concluded_on, today=TODAY)


@given(st.booleans(), st.sampled_from(["", " ", "-"]))
def test_a_code_survives_how_people_write_it(upper: bool, gap: str) -> None:
    code = new_code()
    written = gap.join(code[i : i + 5] for i in range(0, 26, 5))
    assert read_code(written.upper() if upper else written) == code


@pytest.mark.parametrize(
    "text", ["", "abc", "k3v7m2qz5t4xw6y7abcdefghi!", "k" * 27, "../../etc/passwd", "é" * 26]
)
def test_what_cannot_be_a_code(text: str) -> None:
    assert read_code(text) is None


def test_codes_do_not_repeat() -> None:
    assert len({new_code() for _ in range(1000)}) == 1000


def test_numbers_are_kept_in_one_writing() -> None:
    assert number_columns(" 68 – 24611 – 1 – 2026 ") == {
        "number": "68-24611-01-2026",
        "number_prefix": "68-24611",
        "number_year": 2026,
        "number_serial": 1,
    }
    assert number_columns("12/GCN  OCOP")["number"] == "12/GCN OCOP"
    assert set(number_columns(None).values()) == {None}


def test_a_number_is_told_from_others_by_its_parts() -> None:
    assert number_key("68-1-2026") == number_key("68 – 001 – 2026") != number_key("68-2-2026")
    assert number_key("12/GCN  OCOP") == "12/GCN OCOP"
