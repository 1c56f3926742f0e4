"""A file of an edition is refused with every fault and its place, or told by what it would change."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from ocop_api.domain.errors import Invalid
from ocop_api.domain.rubric.edition import editions, load_edition, shipped_document
from ocop_api.scoring.schemas.edition_file import MAX_BYTES, EditionFile
from ocop_api.scoring.service.edition_file import CheckedEdition, EditionRefused, check_edition_file

Document = dict[str, Any]
FIRST = "/sets/12/parts/0/groups/0/criteria/0"


@pytest.fixture
def document() -> Document:
    """A successor of the edition in force that changes nothing but its days."""
    return shipped_document("qd26-2026") | {"edition": "qd26-2026-c1", "in_force_from": "2027-01-01"}


def check(document: Document) -> CheckedEdition:
    return check_edition_file(json.dumps(document).encode(), editions())


def places(document: Document) -> dict[str, str]:
    with pytest.raises(EditionRefused) as refused:
        check(document)
    assert refused.value.data["faults"] == len(refused.value.faults)
    assert all(fault.said.vi and fault.said.vi != fault.said.en for fault in refused.value.faults)
    return {fault.pointer: fault.said.en for fault in refused.value.faults}


def first_criterion(document: Document) -> Document:
    found: Document = document["sets"][12]["parts"][0]["groups"][0]["criteria"][0]
    return found


@pytest.mark.parametrize("code", ["qd148-2023", "qd26-2026"])
def test_shape_holds_the_whole_of_a_shipped_edition(code: str) -> None:
    document = shipped_document(code)
    read = EditionFile.model_validate_json(json.dumps(document))
    assert read.model_dump(mode="json", by_alias=True, exclude_unset=True) == document


def test_successor_is_told_by_its_differences(document: Document) -> None:
    first_criterion(document)["options"][1]["points"] += 1
    checked = check(document)
    assert checked.changes is not None
    assert checked.changes.before == "qd26-2026"
    (changed,) = [change for one in checked.changes.sets for change in one.changes]
    assert changed.sentence("en").endswith("option 2: 2 → 3 points.")
    assert checked.edition.criteria_set(13).criteria["1.1"].by_level[2].points == 3
    assert load_edition("qd26-2026").criteria_set(13).criteria["1.1"].by_level[2].points == 2


def test_edition_between_two_is_compared_with_the_one_before(document: Document) -> None:
    document |= {"in_force_from": "2025-10-01", "in_force_to": "2025-12-31"}
    checked = check(document)
    assert checked.changes is not None
    assert checked.changes.before == "qd148-2023"


def test_oldest_edition_has_nothing_to_be_compared_with(document: Document) -> None:
    held = [header for header in editions() if header.code == "qd26-2026"]
    document["in_force_from"] = "2024-01-01"
    assert check_edition_file(json.dumps(document).encode(), held).changes is None


def test_all_contradictions_are_told_at_once_with_their_places(document: Document) -> None:
    first_criterion(document)["options"][-1]["points"] += 3
    document["part_maxima"]["A"] = 41
    document["in_force_from"] = "2026-05-22"
    document["bands"][0]["from"] = 91
    found = places(document)
    assert found.keys() >= {
        "/part_maxima",
        f"{FIRST}/max",
        "/sets/12/parts/0/groups/0/max",
        "/sets/12/attainable",
        "/in_force_from",
        "/bands",
    }
    assert "qd26-2026 begins on 2026-05-22 too" in found["/in_force_from"]


@pytest.mark.parametrize(
    ("damage", "pointer", "said"),
    [
        (lambda d: d.update(edition="qd26-2026"), "/edition", "is shipped"),
        (lambda d: d.update(edition="in-force"), "/edition", "word of the addresses"),
        (lambda d: d.update(edition="QĐ 1"), "/edition", "match pattern"),
        (lambda d: d["sets"].pop(), "/sets", "1 to 26"),
        (lambda d: d.update(total=99), "/total", "must be 100"),
        (lambda d: d.update(in_force_from="2022-01-01"), "/in_force_from", "without criteria"),
        (lambda d: d.update(in_force_from="2015-01-01"), "/in_force_from", "no regime"),
        (lambda d: d.update(in_force_to="2026-12-31"), "/in_force_to", "ends before"),
        (lambda d: first_criterion(d).update(colour="red"), f"{FIRST}/colour", "not permitted"),
        (lambda d: first_criterion(d)["options"][0].update(points=1.5), f"{FIRST}/options/0/points", "int"),
        (lambda d: first_criterion(d)["options"][0].update(points="2"), f"{FIRST}/options/0/points", "int"),
        (lambda d: first_criterion(d)["options"][0].pop("en"), f"{FIRST}/options/0/en", "required"),
        (
            lambda d: first_criterion(d)["options"][1].update(inferred=True),
            f"{FIRST}/options/1",
            "not declared",
        ),
        (lambda d: d["sets"][3]["parts"][1].update(max=26), "/sets/3/parts/1/max", "maximum 26"),
    ],
)
def test_a_fault_is_named_where_it_lies(
    document: Document, damage: Callable[[Document], object], pointer: str, said: str
) -> None:
    damage(document)
    found = places(document)
    assert said in found[pointer], found


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b'{"edition":', "rubric.edition_not_json"),
        (b"\xff\xfe", "rubric.edition_not_json"),
        (b"[" * 100_000, "rubric.edition_not_json"),
        (b" " * (MAX_BYTES + 1), "rubric.edition_too_large"),
        (b"[]", "rubric.edition_invalid"),
        (b"null", "rubric.edition_invalid"),
    ],
)
def test_what_is_no_document_is_refused(content: bytes, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_edition_file(content, editions())
    assert refused.value.code == code


def test_what_may_be_left_out_may_be_left_out(document: Document) -> None:
    del document["known_gaps"]
    assert check(document).edition.known_gaps == ()
    first_criterion(document)["heading"] = None
    assert check(document).edition.criteria_set(13).criteria["1.1"].heading is None
