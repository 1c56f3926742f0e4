"""Numbers of certificates: read in any writing, printed by the scheme of the regime."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocop_api.domain.certificate_number import (
    MAX_SERIAL,
    CertificateNumber,
    NumberScheme,
    NumberSchemes,
    read_number,
)
from ocop_api.domain.errors import Invalid, RuleViolation
from ocop_api.domain.regimes import REGIMES
from ocop_api.settings import NUMBER_SCHEMES

CODES = {"province": "68", "district": "660", "commune": "24611"}
REGIME_CODES = [regime.code for regime in REGIMES]


@pytest.mark.parametrize(
    ("text", "prefix", "year", "serial"),
    [
        ("72-703-01-2023", "72-703", 2023, 1),
        ("68-24611-07-2026", "68-24611", 2026, 7),
        ("68-01-2026", "68", 2026, 1),
        ("TW-12-2027", "TW", 2027, 12),
        ("68-1234-2026", "68", 2026, 1234),
        ("OCOP/68/007/2026", "OCOP/68", 2026, 7),
    ],
)
def test_every_form_that_ends_in_serial_and_year_is_read(
    text: str, prefix: str, year: int, serial: int
) -> None:
    number = read_number(text)
    assert number is not None
    assert number.key == (prefix, year, serial)


@pytest.mark.parametrize("text", [" 72 – 703 – 1 – 2023 ", "72-703-001-2023", "72 -703- 01 −2023"])
def test_the_same_number_in_other_writings(text: str) -> None:
    assert read_number(text) == CertificateNumber("72-703-01-2023", "72-703", 2023, 1)


def test_small_letters_are_read_as_they_are_printed() -> None:
    assert read_number("tw-1-2026") == read_number("TW-01-2026")


@pytest.mark.parametrize(
    "text",
    [
        *("", "72-703-01", "72-703-00-2023", "72-703-01-23", "01-2023", "-01-2023", "72-０１-2023"),
        *("12/GCN OCOP", "72-01-2017", "72-01-3026", "72-1234567-2026", f"{'9' * 60}-01-2026"),
    ],
)
def test_nothing_counts_in_other_forms(text: str) -> None:
    assert read_number(text) is None


@given(
    st.sampled_from(
        [
            "{province}-{district}-{serial:02}-{year}",
            "{province}-{commune}-{serial:02}-{year}",
            "TW-{serial:02}-{year}",
            "GCN.OCOP/{commune}.{serial:04}/{year}",
            "{province}{commune}-{serial}-{year}",
        ]
    ),
    st.integers(min_value=1, max_value=MAX_SERIAL),
    st.integers(min_value=2018, max_value=2099),
)
def test_what_a_scheme_prints_is_read_back(template: str, serial: int, year: int) -> None:
    scheme = NumberScheme.parse(template)
    number = scheme.number(CODES, serial, year)
    read = read_number(number.text)
    assert read is not None
    assert read.key == number.key == (scheme.prefix(CODES), year, serial)


@pytest.mark.parametrize(
    ("template", "reason"),
    [
        ("{province}-{serial:02}", "year"),
        ("{province}-{year}", "serial"),
        ("{serial}-{serial}-{year}", "serial"),
        ("{ward}-{serial:02}-{year}", "token"),
        ("{0}-{serial:02}-{year}", "token"),
        ("{province!r}-{serial:02}-{year}", "token"),
        ("{province.__class__}-{serial:02}-{year}", "token"),
        ("{province:5}-{serial:02}-{year}", "width"),
        ("{province}-{serial:3}-{year}", "width"),
        ("{province}-{serial:012}-{year}", "width"),
        ("{province}-{serial:02}-{year", "braces"),
        ("{province}-{year}-{serial:02}", "unreadable"),
        ("{province}-{serial:02}{year}", "unreadable"),
        ("{province}-5{serial:02}-{year}", "unreadable"),
        ("{serial:02}-{year}", "unreadable"),
        ("ocop-{serial:02}-{year}", "unreadable"),
        ("{province}-{serial:02}-{year}/OCOP", "unreadable"),
        (f"{'9' * 60}-{{serial}}-{{year}}", "unreadable"),
    ],
)
def test_a_template_that_cannot_be_read_back_is_refused_at_the_start(template: str, reason: str) -> None:
    with pytest.raises(Invalid) as refused:
        NumberScheme.parse(template)
    assert (refused.value.code, refused.value.data["reason"]) == ("certificate.scheme_invalid", reason)


def test_districts_stand_in_the_numbers_of_decision_148_and_communes_in_those_since() -> None:
    schemes = NumberSchemes(NUMBER_SCHEMES, REGIME_CODES)
    printed = {
        code: schemes.scheme_for(code, CODES).number(CODES, 1, 2025).text for code in sorted(REGIME_CODES)
    }
    assert printed == {
        "qd1048-2019": "68-660-01-2025",
        "qd148-2023": "68-660-01-2025",
        "qd1489-2025": "68-24611-01-2025",
        "qd26-2026": "68-24611-01-2025",
    }


def test_a_place_without_a_district_gets_the_commune_in_its_number() -> None:
    codes = {"province": "68", "commune": "24611"}
    scheme = NumberSchemes(NUMBER_SCHEMES, REGIME_CODES).scheme_for("qd148-2023", codes)
    assert scheme.number(codes, 12, 2025).text == "68-24611-12-2025"


def test_a_place_with_no_code_of_any_form_gets_no_number() -> None:
    with pytest.raises(RuleViolation, match="number_codes_missing"):
        NumberSchemes(NUMBER_SCHEMES, REGIME_CODES).scheme_for("qd26-2026", {"province": "68"})


def test_unknown_regimes_and_regimes_without_a_form_are_refused() -> None:
    with pytest.raises(Invalid, match="scheme_regime"):
        NumberSchemes({**NUMBER_SCHEMES, "qd99-2030": ("{province}-{serial}-{year}",)}, REGIME_CODES)
    with pytest.raises(Invalid, match="scheme_missing"):
        NumberSchemes({**NUMBER_SCHEMES, "qd26-2026": ()}, REGIME_CODES)


def test_serials_of_a_year_can_be_used_up() -> None:
    with pytest.raises(RuleViolation, match="numbers_used_up"):
        NumberScheme.parse("TW-{serial:02}-{year}").number({}, MAX_SERIAL + 1, 2026)
