"""GS1 Digital Links: building, reading, and one key for every spelling."""

import pytest
from biip.gs1_digital_link_uris import GS1DigitalLinkURI
from hypothesis import given
from hypothesis import strategies as st

from ocop_api.domain.errors import Invalid
from ocop_api.domain.traceability.digital_link import DigitalLink
from ocop_api.domain.traceability.epc_urn import canonical_key, lot_of_item
from ocop_api.domain.traceability.gs1 import (
    CHARACTER_SET_82,
    Gln,
    Gtin,
    LotCode,
    SerialNumber,
    Sscc,
    internal_gtin,
    with_check_digit,
)

GTIN = Gtin("08936046120049")
OWN = "https://ocop.example.vn"

gtins = st.text(alphabet="13456789", min_size=12, max_size=12).map(
    lambda payload: Gtin.parse(with_check_digit(payload))
)
codes = st.text(alphabet=sorted(CHARACTER_SET_82), min_size=1, max_size=20)


def refusal_of(uri: str, *, short_gtin: bool = False) -> Invalid:
    with pytest.raises(Invalid) as refusal:
        DigitalLink.parse(uri, short_gtin=short_gtin)
    return refusal.value


def test_links_are_built_for_product_lot_item_place_and_carton() -> None:
    lot, serial = LotCode("L/2026+01"), SerialNumber("7%")
    assert DigitalLink.of_product(GTIN).uri == "https://id.gs1.org/01/08936046120049"
    assert DigitalLink.of_lot(GTIN, lot, domain=OWN).uri == f"{OWN}/01/08936046120049/10/L%2F2026%2B01"
    assert DigitalLink.of_item(GTIN, lot, serial).path == "/01/08936046120049/10/L%2F2026%2B01/21/7%25"
    assert DigitalLink.of_item(GTIN, None, serial).path == "/01/08936046120049/21/7%25"
    assert DigitalLink.of_place(Gln("8938505974194")).path == "/414/8938505974194"
    assert DigitalLink.of_logistic_unit(Sscc("006141411234567890")).path == "/00/006141411234567890"


@given(gtin=gtins, lot=codes, serial=codes)
def test_what_is_built_is_read_back(gtin: Gtin, lot: str, serial: str) -> None:
    built = DigitalLink.of_item(gtin, LotCode(lot), SerialNumber(serial), domain=f"{OWN}/stem")
    read = DigitalLink.parse(built.uri)
    assert read == built
    assert (read.gtin, read.lot, read.serial) == (gtin, LotCode(lot), SerialNumber(serial))


@given(gtin=gtins, lot=st.text(alphabet=sorted(CHARACTER_SET_82 - set("%")), min_size=1, max_size=20))
def test_an_independent_library_reads_the_same_lot(gtin: Gtin, lot: str) -> None:
    read = GS1DigitalLinkURI.parse(DigitalLink.of_lot(gtin, LotCode(lot)).uri)
    values = {element.ai.ai: element.value for element in read.element_strings}
    assert values == {"01": gtin.value, "10": lot}


def test_a_stem_foreign_parameters_and_attributes_survive_reading_and_writing() -> None:
    uri = f"{OWN}/vi/t/01/08936046120049/10/L1?17=261231&linkType=gs1:pip&utm_source=tem%20QR&flag"
    link = DigitalLink.parse(uri)
    assert link.domain == f"{OWN}/vi/t"
    assert link.attributes == (("17", "261231"),)
    assert link.extra == ("linkType=gs1:pip", "utm_source=tem%20QR", "flag")
    assert link.uri == uri


def test_the_canonical_key_forgets_domain_stem_query_and_spelling() -> None:
    same = (
        f"{OWN}/x/01/08936046120049/10/L%2f1?linkType=all",
        "HTTP://Shop.Example:8080/01/08936046120049/10/%4C%2F1#top",
        "https://id.gs1.org/01/08936046120049/10/L%2F1",
    )
    assert {DigitalLink.parse(uri).canonical_key for uri in same} == {same[-1]}


def test_a_restricted_number_keeps_its_domain_in_the_canonical_key() -> None:
    gtin = internal_gtin(7)
    here, there = (DigitalLink.of_product(gtin, domain=domain) for domain in (OWN, "https://other.example"))
    assert here.canonical_key == f"{OWN}/01/{gtin}"
    assert here.canonical_key != there.canonical_key
    scanned = DigitalLink.parse(f"http://OCOP.example.vn/01/{gtin}")
    assert scanned.canonical_key == here.canonical_key


def test_a_final_slash_of_the_domain_is_not_doubled() -> None:
    assert DigitalLink.of_product(GTIN, domain=f"{OWN}/").uri == f"{OWN}/01/08936046120049"


def test_qualifiers_may_be_left_out_but_not_exchanged_or_repeated() -> None:
    assert DigitalLink.parse(f"{OWN}/01/{GTIN}/22/v2/21/S").qualifiers == (("22", "v2"), ("21", "S"))
    assert DigitalLink.parse(f"{OWN}/01/{GTIN}/235/TP").qualifiers == (("235", "TP"),)
    for tail in ("21/S/10/L", "10/L/10/L", "235/TP/10/L", "254/X"):
        assert refusal_of(f"{OWN}/01/{GTIN}/{tail}").code == "gs1.bad_qualifiers"
    assert refusal_of(f"{OWN}/00/006141411234567890/21/S").code == "gs1.bad_qualifiers"


def test_the_last_key_of_the_path_leads() -> None:
    link = DigitalLink.parse(f"{OWN}/01/shop/414/8938505974194/254/kho")
    assert (link.gln, link.domain) == (Gln("8938505974194"), f"{OWN}/01/shop")
    assert (link.gtin, link.lot, link.serial, link.sscc) == (None, None, None, None)


@pytest.mark.parametrize(
    ("uri", "code"),
    [
        ("", "gs1.not_a_digital_link"),
        ("urn:epc:id:sgtin:8936046.012004.1", "gs1.not_a_digital_link"),
        ("ftp://ocop.example.vn/01/08936046120049", "gs1.not_a_digital_link"),
        ("https://ocop.example.vn", "gs1.not_a_digital_link"),
        ("https://ocop.example.vn/", "gs1.not_a_digital_link"),
        ("https://ocop.example.vn/01", "gs1.not_a_digital_link"),
        ("https://ocop.example.vn/gtin/08936046120049", "gs1.not_a_digital_link"),
        ("https://ocop.example.vn/10/L1", "gs1.not_a_digital_link"),
        ("https://ocop.example.vn/01/08936046120049/", "gs1.not_a_digital_link"),
        ("https://ocop.example.vn/01/08936046120049/10", "gs1.not_a_digital_link"),
        ("https://ocop.example.vn/01/08936046120049/99/x", "gs1.not_a_digital_link"),
        ("https://ocop.example.vn/01/08936046120049 ", "gs1.not_a_digital_link"),
        ("https://ocop.example.vn/01/08936046120049/10/<b>", "gs1.not_a_digital_link"),
        ("https://ocop.example.vn/01/08936046120049/10/%zz", "gs1.not_a_digital_link"),
        ("https://ocop.example.vn/01/08936046120049/10/%ff", "gs1.not_a_digital_link"),
        ("https://user@ocop.example.vn/01/08936046120049", "gs1.not_a_digital_link"),
        ("https://ocop.example.vn/01/08936046120048", "gs1.bad_check_digit"),
        ("https://ocop.example.vn/01/8936046120049", "gs1.bad_length"),
        ("https://ocop.example.vn/01/08936046120049/10/", "gs1.bad_length"),
        ("https://ocop.example.vn/01/08936046120049/10/L%20%C3%94", "gs1.bad_character"),
        ("https://ocop.example.vn/01/08936046120049/10/L%00", "gs1.bad_character"),
        ("https://ocop.example.vn/01/08936046120049?10=L1", "gs1.bad_qualifiers"),
        ("https://ocop.example.vn/01/08936046120049?01=08936046120049", "gs1.bad_qualifiers"),
        ("https://ocop.example.vn/01/08936046120049?17=261231&17=261231", "gs1.repeated_attribute"),
        ("https://ocop.example.vn/8004/", "gs1.bad_length"),
        ("https://ocop.example.vn/255/8938505974194A", "gs1.bad_character"),
        ("https://ocop.example.vn/8017/893850597419412340/8019/X", "gs1.bad_character"),
    ],
)
def test_what_is_not_a_digital_link_is_refused_with_a_stable_code(uri: str, code: str) -> None:
    assert refusal_of(uri).code == code


def test_a_short_gtin_is_read_only_when_asked_for() -> None:
    uri = f"{OWN}/01/8936046120049/10/L1"
    assert DigitalLink.parse(uri, short_gtin=True) == DigitalLink.of_lot(GTIN, LotCode("L1"), domain=OWN)
    assert refusal_of(f"{OWN}/01/8936046120048", short_gtin=True).code == "gs1.bad_check_digit"


def test_a_key_the_table_does_not_know_cannot_lead() -> None:
    with pytest.raises(Invalid) as refusal:
        DigitalLink("99", "x")
    assert refusal.value.code == "gs1.unknown_key"
    with pytest.raises(Invalid) as refusal:
        DigitalLink("01", GTIN.value, attributes=(("gtin", "x"),))
    assert refusal.value.code == "gs1.unknown_key"


@pytest.mark.parametrize(
    ("urn", "path"),
    [
        ("urn:epc:id:sgtin:8936046.012004.S%2F1", "/01/08936046120049/21/S%2F1"),
        ("urn:epc:class:lgtin:893604612.1004.L1", "/01/18936046120046/10/L1"),
        ("urn:epc:idpat:sgtin:8936046.012004.*", "/01/08936046120049"),
        ("urn:epc:id:sscc:0614141.1234567890", "/00/106141412345678908"),
        ("urn:epc:id:sgln:893850597.419.0", "/414/8938505974194"),
        ("urn:epc:id:sgln:893850597.419.kho", "/414/8938505974194/254/kho"),
    ],
)
def test_an_epc_urn_and_its_digital_link_share_one_key(urn: str, path: str) -> None:
    assert canonical_key(urn) == f"https://id.gs1.org{path}"
    assert canonical_key(f"{OWN}{path}") == canonical_key(urn)


@pytest.mark.parametrize(
    "identifier",
    [
        "urn:uuid:374d95fc-9457-4a51-bd6a-0bba133845a8",
        "urn:epc:id:sgtin:8936046.01200.1",
        "https://ocop.example.vn/plots/7",
        "https://ocop.example.vn/01/08936046120048",
        "không phải URI",
        "",
    ],
)
def test_any_other_identifier_is_its_own_key(identifier: str) -> None:
    assert canonical_key(identifier) == identifier


@given(st.text(max_size=60))
def test_a_canonical_key_is_its_own_canonical_key(identifier: str) -> None:
    assert canonical_key(canonical_key(identifier)) == canonical_key(identifier)


def test_an_item_tells_its_lot_only_when_its_link_states_both() -> None:
    assert lot_of_item(f"{OWN}/01/{GTIN}/10/L1/21/S1?x=1") == f"https://id.gs1.org/01/{GTIN}/10/L1"
    for other in (f"{OWN}/01/{GTIN}/21/S1", f"{OWN}/01/{GTIN}/10/L1", "urn:x:y", "text"):
        assert lot_of_item(other) is None
