import copy
import json
from importlib import resources
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ocop_api.domain.rubric.changes import Change, CriteriaChangeKind
from ocop_api.domain.rubric.comparing import SetChanges, compare_editions, compare_sets
from ocop_api.domain.rubric.criteria import CriteriaSet
from ocop_api.domain.rubric.edition import load_edition, read_header, read_set
from ocop_api.domain.rubric.matching import likeness

OLD, NEW = "qd148-2023", "qd26-2026"


def raw(code: str, number: int) -> dict[str, Any]:
    folder = resources.files("ocop_api.domain.rubric") / "editions" / code
    content: dict[str, Any] = json.loads((folder / f"set-{number:02d}.json").read_bytes())
    return content


def built(content: dict[str, Any]) -> CriteriaSet:
    return read_set(load_edition(NEW), content)


def coffee() -> SetChanges:
    return compare_sets(load_edition(OLD).criteria_set(13), load_edition(NEW).criteria_set(13))


def of(found: SetChanges, kind: CriteriaChangeKind) -> list[Change]:
    return [change for change in found.changes if change.kind is kind]


def test_a_number_means_the_same_kind_of_product_in_both_shipped_editions() -> None:
    found = compare_editions(load_edition(OLD), load_edition(NEW))
    assert [one.number for one in found.sets] == list(range(1, 27))
    kinds = {change.kind for one in found.sets for change in one.changes}
    assert CriteriaChangeKind.SET_RECLASSIFIED not in kinds
    assert {one.number for one in found.sets if of(one, CriteriaChangeKind.SET_RENAMED)} == {
        8,
        16,
        18,
        19,
        20,
    }


def test_criteria_are_followed_through_their_new_numbers() -> None:
    """As the annexes of 148/QĐ-TTg and 26/2026/QĐ-TTg print set 13, coffee and cocoa."""
    found = coffee()
    assert [c.place.criterion for c in of(found, CriteriaChangeKind.CRITERION_ADDED)] == ["1.2", "2.4"]
    assert [c.place.criterion for c in of(found, CriteriaChangeKind.CRITERION_REMOVED)] == ["3.5", "8.2"]
    renumbered = {
        str(change.before): str(change.after) for change in of(found, CriteriaChangeKind.CRITERION_RENUMBERED)
    }
    assert renumbered == {
        "1.2": "1.3",
        "1.3": "1.4",
        "1.4": "1.5",
        "1.5": "1.6",
        "1.6": "1.7",
        "3.6": "3.5",
        "5.2": "5.3",
        "5.3": "5.2",
        "8.1": "8",
        "6.1": "6.1.1",
        "6.2": "6.1.2",
        "6.3": "6.1.3",
        "6.4": "6.1.4",
        "6.5": "6.1.5",
        "6.6": "6.2.1",
        "6.7": "6.2.2",
    }
    maxima = {
        c.place.criterion: (c.before, c.after)
        for c in of(found, CriteriaChangeKind.CRITERION_MAXIMUM_CHANGED)
    }
    assert maxima["1.1"] == (5, 3)
    assert maxima["3.5"] == (2, 3)
    assert "1.3" not in maxima


def test_a_criterion_with_other_words_is_found_by_its_options() -> None:
    found = compare_sets(load_edition(OLD).criteria_set(1), load_edition(NEW).criteria_set(1))
    renamed = {change.place.criterion for change in of(found, CriteriaChangeKind.CRITERION_RENAMED)}
    assert {"7", "8"} <= renamed
    assert [c.place.criterion for c in of(found, CriteriaChangeKind.CRITERION_REMOVED)] == [
        "3.5",
        "9.1",
        "9.2",
    ]


def test_star_minimums_and_points_of_options_are_told_in_both_languages() -> None:
    found = coffee()
    minimum = next(
        change
        for change in of(found, CriteriaChangeKind.STAR_MINIMUM_CHANGED)
        if (change.place.criterion, change.place.star) == ("2.2", 3)
    )
    assert minimum.before is None
    assert minimum.sentence("vi") == (
        "Tiêu chí 2.2 (Đóng gói, bao bì sản phẩm): mức tối thiểu của hạng 3 sao: không có → "
        "3 (Bao bì đẹp, đóng gói sáng tạo; 2 điểm)."
    )
    points = next(
        c for c in of(found, CriteriaChangeKind.OPTION_POINTS_CHANGED) if c.place.criterion == "1.1"
    )
    assert points.sentence("en") == "Criterion 1.1 (Source of raw materials), option 2: 3 → 2 points."


def test_every_kind_of_change_has_a_sentence() -> None:
    file = resources.files("ocop_api.domain.rubric") / "comparing_sentences.json"
    told = {name for name in json.loads(file.read_bytes()) if not name.startswith("_")}
    assert told == {kind.value for kind in CriteriaChangeKind}


@pytest.mark.parametrize("number", [7, 13, 26])
def test_a_set_does_not_differ_from_itself(number: int) -> None:
    for code in (OLD, NEW):
        one = load_edition(code).criteria_set(number)
        assert compare_sets(one, one).changes == ()
    edition = load_edition(NEW)
    whole = compare_editions(edition, edition)
    assert whole.nothing
    assert whole.changes == ()


def leaves(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    if isinstance(value, dict):
        return [leaf for key, item in value.items() for leaf in leaves(item, (*path, key))]
    if isinstance(value, list):
        return [leaf for at, item in enumerate(value) for leaf in leaves(item, (*path, at))]
    return [path]


_LEAVES = [path for path in leaves(raw(NEW, 13)) if path not in {("number",), ("attainable",)}]


@given(st.sampled_from(_LEAVES))
@settings(max_examples=150, deadline=None)
def test_no_altered_field_goes_unnoticed(path: tuple[str | int, ...]) -> None:
    altered = copy.deepcopy(raw(NEW, 13))
    place: Any = altered
    for step in path[:-1]:
        place = place[step]
    was = place[path[-1]]
    field = path[-1]
    if field == "level":
        return  # Levels count from 1, so they follow from the order of the options.
    if field in {"kind", "gate"}:
        place[field] = next(
            other
            for other in (
                ["guidance", "requirement"] if field == "kind" else ["ip_infringement", "copied_product"]
            )
            if other != was
        )
    elif isinstance(was, bool):
        place[field] = not was
    else:
        place[field] = was + 1 if isinstance(was, int) else f"{was} khác"
    found = compare_sets(load_edition(NEW).criteria_set(13), built(altered)).changes
    assert found, path
    for change in found:
        assert change.sentence("vi")
        assert change.sentence("en")


@given(st.text(max_size=40), st.text(max_size=40))
def test_likeness_is_symmetric_and_full_only_for_the_same_words(one: str, other: str) -> None:
    assert likeness(one, other) == likeness(other, one)
    assert 0 <= likeness(one, other) <= 1
    assert likeness(one, one) == 1


def test_the_header_is_compared_too() -> None:
    edition = load_edition(NEW)
    folder = resources.files("ocop_api.domain.rubric") / "editions" / NEW
    content = json.loads((folder / "edition.json").read_bytes())
    content["gates"][0]["effect"] = "stop_evaluation"
    content |= {"in_force_from": "2027-01-01", "legal_basis": "1/2027/QĐ-TTg"}
    header = read_header(content)
    later = type(edition)(
        **{name: getattr(header, name) for name in type(header).__slots__},
        sets={number: one for number, one in edition.sets.items() if number != 26},
    )
    found = compare_editions(edition, later)
    assert [change.kind for change in found.changes] == [
        CriteriaChangeKind.LEGAL_BASIS_CHANGED,
        CriteriaChangeKind.PERIOD_CHANGED,
        CriteriaChangeKind.GATE_EFFECT_CHANGED,
        CriteriaChangeKind.SET_REMOVED,
    ]
    assert found.changes[1].sentence("vi") == "Thời gian áp dụng: 22/05/2026, – → 01/01/2027, –."
