"""GS1 keys: check digits, lengths, character set, and what spreadsheets do to them."""

from collections.abc import Callable

import pytest
from biip import ParseError
from biip.gln import Gln as OracleGln
from biip.gtin import Gtin as OracleGtin
from biip.sscc import Sscc as OracleSscc
from hypothesis import given
from hypothesis import strategies as st

from ocop_api.domain.errors import Invalid
from ocop_api.domain.traceability.gs1 import (
    CHARACTER_SET_82,
    Gln,
    Gtin,
    LotCode,
    SerialNumber,
    Sscc,
    check_digit,
    internal_gtin,
    with_check_digit,
)


def digits(length: int) -> st.SearchStrategy[str]:
    return st.text(alphabet="0123456789", min_size=length, max_size=length)


def accepted(make: Callable[[str], object], text: str) -> bool:
    try:
        make(text)
    except (Invalid, ParseError):
        return False
    return True


@pytest.mark.parametrize(
    ("written", "held"),
    [
        ("8936046120049", "08936046120049"),
        ("893 6046 12004 9", "08936046120049"),
        ("893-6046-120049", "08936046120049"),
        (" 8938505974194\n", "08938505974194"),
        ("036000291452", "00036000291452"),
        ("96385074", "00000096385074"),
        ("18936046120046", "18936046120046"),
    ],
)
def test_a_gtin_of_any_length_is_held_as_fourteen_digits(written: str, held: str) -> None:
    assert Gtin.parse(written).value == held


@pytest.mark.parametrize("written", ["8936046120049", "036000291452", "96385074", "18936046120046"])
def test_a_gtin_is_printed_in_the_form_it_was_given_in(written: str) -> None:
    assert Gtin.parse(written).printed == written


@pytest.mark.parametrize(
    "mangled", ["8.93605E+12", "8.93E12", "8,936e+12", "8936046120049.0", "8936046120049."]
)
def test_a_number_a_spreadsheet_has_mangled_is_named_as_such(mangled: str) -> None:
    with pytest.raises(Invalid) as refusal:
        Gtin.parse(mangled)
    assert refusal.value.code == "gs1.mangled_by_spreadsheet"
    assert refusal.value.data == {"key": "gtin", "value": mangled}


@pytest.mark.parametrize("made_up", ["8934567890123", "8938505970012", "8936065200163", "8935024012340"])
def test_a_wrong_check_digit_tells_the_given_and_the_expected_one(made_up: str) -> None:
    with pytest.raises(Invalid) as refusal:
        Gtin.parse(made_up)
    assert refusal.value.code == "gs1.bad_check_digit"
    assert refusal.value.data["given"] == int(made_up[-1])
    expected = refusal.value.data["expected"]
    assert Gtin.parse(f"{made_up[:-1]}{expected}").printed == f"{made_up[:-1]}{expected}"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "gs1.bad_length"),
        ("893604612004", "gs1.bad_check_digit"),
        ("8936046120", "gs1.bad_length"),
        ("893604612004911", "gs1.bad_length"),
        ("893604612004X", "gs1.bad_character"),
        ("٨٩٣٦٠٤٦١٢٠٠٤٩", "gs1.bad_character"),  # digits of another script are not digits here
        ("8936046120049\x00", "gs1.bad_character"),
        ("+936046120049", "gs1.bad_character"),
    ],
)
def test_other_faults_of_a_gtin_have_their_own_codes(text: str, code: str) -> None:
    with pytest.raises(Invalid) as refusal:
        Gtin.parse(text)
    assert refusal.value.code == code


@given(st.text(alphabet="0123456789", min_size=1, max_size=17))
def test_a_check_digit_catches_every_single_wrong_digit(payload: str) -> None:
    full = with_check_digit(payload)
    for place, digit in enumerate(full):
        for wrong in "0123456789":
            if wrong != digit:
                changed = full[:place] + wrong + full[place + 1 :]
                assert check_digit(changed[:-1]) != int(changed[-1])


@given(st.text(alphabet="0123456789", min_size=1, max_size=13), st.integers(0, 4))
def test_leading_zeros_do_not_change_the_check_digit(payload: str, zeros: int) -> None:
    assert check_digit("0" * zeros + payload) == check_digit(payload)


@given(st.sampled_from((8, 12, 13, 14)).flatmap(digits))
def test_gtins_are_accepted_exactly_as_an_independent_library_does(text: str) -> None:
    assert accepted(Gtin.parse, text) == accepted(OracleGtin.parse, text)


@given(digits(12))
def test_glns_agree_with_an_independent_library(payload: str) -> None:
    for last in "0123456789":
        assert accepted(Gln.parse, payload + last) == accepted(OracleGln.parse, payload + last)


@given(digits(17))
def test_ssccs_agree_with_an_independent_library(payload: str) -> None:
    for last in "0123456789":
        assert accepted(Sscc.parse, payload + last) == accepted(OracleSscc.parse, payload + last)


@pytest.mark.parametrize("make", [Gln.parse, Sscc.parse])
def test_glns_and_ssccs_of_another_length_are_refused(make: Callable[[str], object]) -> None:
    with pytest.raises(Invalid) as refusal:
        make("96385074")
    assert refusal.value.code == "gs1.bad_length"


def test_a_key_cannot_be_made_with_a_wrong_check_digit_by_hand() -> None:
    for make, value in ((Gtin, "08936046120048"), (Gln, "8938505974195"), (Sscc, "006141411234567891")):
        with pytest.raises(Invalid) as refusal:
            make(value)
        assert refusal.value.code == "gs1.bad_check_digit"


@pytest.mark.parametrize("make", [LotCode, SerialNumber])
@given(text=st.text(alphabet=sorted(CHARACTER_SET_82), min_size=1, max_size=20))
def test_lots_and_serials_take_the_82_characters(make: Callable[[str], object], text: str) -> None:
    assert str(make(text)) == text


def test_the_character_set_has_eighty_two_members() -> None:
    assert len(CHARACTER_SET_82) == 82


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "gs1.bad_length"),
        ("L" * 21, "gs1.bad_length"),
        ("LÔ-01", "gs1.bad_character"),
        ("L 01", "gs1.bad_character"),
        ("L#01", "gs1.bad_character"),
        ("L~01", "gs1.bad_character"),
        ("L\n01", "gs1.bad_character"),
    ],
)
def test_a_lot_code_outside_the_rules_is_refused(text: str, code: str) -> None:
    with pytest.raises(Invalid) as refusal:
        LotCode(text)
    assert refusal.value.code == code


def test_a_bad_character_is_shown_with_its_position() -> None:
    with pytest.raises(Invalid) as refusal:
        LotCode("LÔ-01")
    assert refusal.value.data == {"key": "lot", "character": "Ô", "position": 2}


@given(st.integers(0, 10**9 - 1))
def test_an_internal_gtin_is_valid_restricted_and_tells_its_serial(serial: int) -> None:
    gtin = internal_gtin(serial)
    assert gtin.is_restricted
    assert gtin.printed.startswith("299")
    assert int(gtin.printed[3:12]) == serial
    assert OracleGtin.parse(gtin.printed).value == gtin.printed


@pytest.mark.parametrize("serial", [-1, 10**9])
def test_an_internal_gtin_outside_its_range_is_refused(serial: int) -> None:
    with pytest.raises(Invalid) as refusal:
        internal_gtin(serial)
    assert refusal.value.code == "gs1.internal_serial_out_of_range"


@pytest.mark.parametrize(
    ("payload", "restricted"),
    [
        ("893604612004", False),
        ("200000000001", True),
        ("020000000001", True),
        ("049999999999", True),
        ("030000000001", False),
        ("300000000001", False),
        ("2000001", True),
        ("9638507", False),
    ],
)
def test_restricted_prefixes_are_recognised(payload: str, restricted: bool) -> None:
    assert Gtin.parse(with_check_digit(payload)).is_restricted is restricted
