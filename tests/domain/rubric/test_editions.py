import copy
import json
from collections import Counter
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from importlib import resources
from typing import Any

import pytest

from ocop_api.domain.errors import NotFound
from ocop_api.domain.rubric.criteria import NONE_REACHED, GateEffect
from ocop_api.domain.rubric.edition import (
    Criterion,
    EditionError,
    edition_in_force,
    editions,
    latest_in_force,
    load_edition,
    on_shelf,
    put_on_shelf,
    read_edition,
    read_header,
    take_off_shelf,
)

CODES = ("qd148-2023", "qd26-2026")


def raw_header(code: str) -> dict[str, Any]:
    folder = resources.files("ocop_api.domain.rubric") / "editions" / code
    header: dict[str, Any] = json.loads((folder / "edition.json").read_bytes())
    return header


def raw_set(code: str, number: int) -> dict[str, Any]:
    folder = resources.files("ocop_api.domain.rubric") / "editions" / code
    content: dict[str, Any] = json.loads((folder / f"set-{number:02d}.json").read_bytes())
    return content


def all_criteria(code: str) -> list[Criterion]:
    return [c for s in load_edition(code).sets.values() for c in s.criteria.values()]


@pytest.mark.parametrize(
    ("code", "counts"),
    [
        (
            "qd26-2026",
            {"sets": 26, "groups": 291, "criteria": 787, "options": 2579, "marks": 575, "gates": 15}
            | {"commune": 102, "inferred": 6, "inferred lists": 22, "problems": 28, "gaps": 16, "cases": 6}
            | {"headings": 12, "notes": 264, "marks on criterion": 0, "no zero option": 378},
        ),
        (
            "qd148-2023",
            {"sets": 26, "groups": 290, "criteria": 795, "options": 2632, "marks": 569, "gates": 7}
            | {"commune": 102, "inferred": 4, "inferred lists": 0, "problems": 9, "gaps": 7, "cases": 6}
            | {"headings": 5, "notes": 179, "marks on criterion": 26, "no zero option": 334},
        ),
    ],
)
def test_every_figure_of_the_decision_arrives_in_the_package(code: str, counts: dict[str, int]) -> None:
    edition = load_edition(code)
    sets = list(edition.sets.values())
    criteria = all_criteria(code)
    options = [option for criterion in criteria for option in criterion.options]
    groups = [group for s in sets for part in s.parts for group in part.groups]
    assert {
        "sets": len(sets),
        "groups": len(groups),
        "criteria": len(criteria),
        "options": len(options),
        "marks": sum(int(option.min_star is not None) for option in options),
        "gates": len(edition.gates),
        "commune": sum(int(criterion.commune_topic is not None) for criterion in criteria),
        "inferred": sum(int(option.inferred) for option in options),
        "inferred lists": sum(int(criterion.inferred_options) for criterion in criteria),
        "problems": sum(len(s.problems) for s in sets),
        "gaps": len(edition.known_gaps),
        "cases": sum(len(criterion.cases) for criterion in criteria),
        "headings": sum(criterion.heading is not None for criterion in criteria),
        "notes": sum(
            len(notes)
            for notes in (
                *(s.notes for s in sets),
                *(group.notes for group in groups),
                *(criterion.notes for criterion in criteria),
                *(option.notes for option in options),
            )
        ),
        "marks on criterion": sum(int(option.star_mark_on == "criterion") for option in options),
        "no zero option": sum(int(criterion.levels()[0] == NONE_REACHED) for criterion in criteria),
    } == counts
    assert all(text.vi.strip() and text.en.strip() for text in [o.text for o in options])


@pytest.mark.parametrize("code", CODES)
def test_parts_give_forty_twenty_five_and_thirty_five(code: str) -> None:
    for criteria_set in load_edition(code).sets.values():
        assert [(part.code, part.max) for part in criteria_set.parts] == [
            ("A", Decimal(40)),
            ("B", Decimal(25)),
            ("C", Decimal(35)),
        ]


def test_sets_of_148_that_do_not_add_up_say_so() -> None:
    short = {
        number: (s.attainable, [problem.what for problem in s.problems])
        for number, s in load_edition("qd148-2023").sets.items()
        if s.attainable != 100
    }
    assert short == {
        7: (Decimal(99), ["printed maximum 4, best option 3", "printed maximum 16, criteria give 15"]),
        11: (Decimal(97), ["printed maximum 35, groups give 32"]),
        12: (Decimal(97), ["printed maximum 35, groups give 32"]),
        13: (Decimal(98), ["printed maximum 35, groups give 33"]),
    }
    assert all(s.attainable == 100 for s in load_edition("qd26-2026").sets.values())


def test_edition_in_force_follows_the_day_of_lodging() -> None:
    assert edition_in_force(date(2023, 2, 24)).code == "qd148-2023"
    assert edition_in_force(date(2025, 8, 1)).code == "qd148-2023"
    assert edition_in_force(date(2026, 5, 21)).code == "qd148-2023"
    assert edition_in_force(date(2026, 5, 22)).code == "qd26-2026"
    assert edition_in_force(date(2040, 1, 1)).code == "qd26-2026"
    with pytest.raises(NotFound, match=r"rubric\.no_edition_in_force"):
        edition_in_force(date(2023, 2, 23))


def test_editions_are_listed_oldest_first_and_loaded_once() -> None:
    assert tuple(header.code for header in editions()) == CODES
    assert load_edition("qd26-2026") is load_edition("qd26-2026")


@pytest.mark.parametrize("code", ["qd1048-2019", "", "../editions/qd26-2026"])
def test_unknown_edition_names_the_known_ones(code: str) -> None:
    with pytest.raises(NotFound) as refused:
        load_edition(code)
    assert refused.value.code == "rubric.unknown_edition"
    assert refused.value.data["editions"] == list(CODES)


def test_unknown_set_is_not_found() -> None:
    with pytest.raises(NotFound, match=r"rubric\.unknown_set"):
        load_edition("qd26-2026").criteria_set(27)


def test_gates_of_a_set_are_those_its_notes_introduce() -> None:
    coffee = load_edition("qd26-2026").criteria_set(13)
    assert {gate: coffee.gate_criteria[gate] for gate in coffee.gates} == {
        "dossier_or_food_safety_certificate": (),
        "no_product_story": ("5.2",),
        "unsafe_impurities": ("6.1.1",),
        "copied_product": ("2.1",),
        "imported_or_unknown_origin_materials": ("1.1",),
    }
    assert coffee.gates["no_product_story"].effect is GateEffect.SKIP_CRITERION
    old = load_edition("qd148-2023").criteria_set(1)
    assert old.gate_criteria["no_product_story"] == ("5.2", "5.3")
    # Printed beside group 10 as a whole.
    assert set(old.gate_criteria["food_safety_certificate_not_compliant"]) == {
        c.code for part in old.parts for group in part.groups if group.code == "10" for c in group.criteria
    }


def test_required_option_is_the_strictest_of_the_stars_that_bind() -> None:
    label = (
        load_edition("qd26-2026").criteria_set(13).criteria["2.3"]
    )  # marks: 3 stars level 1, 4 stars level 3

    def required(star: int, *, cumulative: bool) -> int | None:
        option = label.required(star, cumulative=cumulative)
        return None if option is None else option.level

    assert [required(star, cumulative=True) for star in (3, 4, 5)] == [1, 3, 3]
    assert [required(star, cumulative=False) for star in (3, 4, 5)] == [1, 3, None]


def test_marks_sit_on_the_ladder_and_rise_with_the_level() -> None:
    for code in CODES:
        stars: Counter[int] = Counter()
        for criterion in all_criteria(code):
            marks = [option.min_star for option in criterion.options if option.min_star is not None]
            assert marks == sorted(set(marks)), (code, criterion.code)
            stars.update(marks)
        assert set(stars) == {3, 4, 5}


def criterion_of(raw: dict[str, Any], code: str) -> dict[str, Any]:
    found: dict[str, Any] = next(
        c for p in raw["parts"] for g in p["groups"] for c in g["criteria"] if c["code"] == code
    )
    return found


Damage = Callable[[dict[str, Any]], object]


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda s: criterion_of(s, "1.1").update(max=4), "criterion 1.1: maximum 4, best option 3"),
        (lambda s: criterion_of(s, "1.1").update(code="1.2"), "criterion codes are not unique"),
        (lambda s: s["parts"][0]["groups"][0].update(max=17), "group 1: maximum 17"),
        (lambda s: s["parts"][0]["groups"][0].update(code="2"), "group codes are not unique"),
        (lambda s: s["parts"][2].update(max=36), "part C: maximum 36, groups give 35"),
        (lambda s: s["parts"][2].update(code="D"), "parts must be A 40/B 25/C 35"),
        (lambda s: s.update(attainable=99), "attainable is stated as 99"),
        (lambda s: criterion_of(s, "1.1")["options"][0].update(min_star=6), "marked 6 stars"),
        (lambda s: criterion_of(s, "1.1")["options"][0].update(min_star=2), "marked 2 stars"),
        (lambda s: criterion_of(s, "1.1")["options"][0].update(level=2), "levels must count from 1"),
        (lambda s: criterion_of(s, "1.1")["options"][0].update(points=0.5), "whole numbers"),
        (lambda s: criterion_of(s, "1.1")["options"][0].update(points=-1), "not negative"),
        (lambda s: criterion_of(s, "1.2")["options"][0].update(points=2), "points must not fall"),
        (lambda s: criterion_of(s, "1.1").update(options=[]), "criterion 1.1 has no options"),
        (lambda s: criterion_of(s, "1.1")["options"][0].update(case=1), "declared case"),
        (
            lambda s: criterion_of(s, "1.1").update(cases={"1": {"vi": "a", "en": "a"}}),
            "cases must be several",
        ),
        (
            lambda s: criterion_of(s, "1.1")["options"][0].update(inferred=True),
            "is not declared as a problem",
        ),
        (lambda s: s["problems"].clear(), "criterion 2.4: inferred options are not declared"),
        (lambda s: s["problems"].append({"what": "x", "criterion": "99"}), "declared where nothing stands"),
        (lambda s: s["problems"].append({"what": "x", "criterion": "1.1", "option": 9}), "nothing stands"),
        (
            lambda s: criterion_of(s, "1.1")["notes"][0].update(gate="none_such"),
            "gate none_such does not exist",
        ),
        (lambda s: criterion_of(s, "1.1")["notes"][0].pop("gate"), "names no gate"),
        (lambda s: s["notes"][0].update(gate="no_product_story"), "stands on the whole set"),
        (lambda s: criterion_of(s, "1.1")["options"][0].update(star_mark_on="criterion"), "but bears none"),
        (lambda s: s.update(number=14), "the sets must be numbered"),
    ],
)
def test_an_undeclared_contradiction_stops_the_loading(damage: Damage, said: str) -> None:
    header = raw_header("qd26-2026") | {"sets": [13]}
    sound = raw_set("qd26-2026", 13)
    assert read_edition(header, [sound]).set_numbers == (13,)
    damaged = copy.deepcopy(sound)
    damage(damaged)
    with pytest.raises(EditionError) as refused:
        read_edition(header, [damaged])
    assert any(said in str(fault) for fault in refused.value.faults), refused.value.faults


@pytest.mark.parametrize("number", [7, 11, 12, 13])
def test_a_discrepancy_is_accepted_only_while_declared(number: int) -> None:
    header = raw_header("qd148-2023") | {"sets": [number]}
    raw = raw_set("qd148-2023", number)
    assert read_edition(header, [raw]).sets[number].problems
    with pytest.raises(EditionError):
        read_edition(header, [raw | {"problems": []}])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"bands": [{"star": 5, "from": 90}, {"star": 3, "from": 0}]}, "without a gap"),
        ({"bands": [{"star": 2, "from": 50}, {"star": 1, "from": 10}]}, "cover the points from 0"),
        ({"recognised_from": 6}, "not a band"),
        ({"in_force_to": "2020-01-01"}, "ends before it begins"),
        ({"part_maxima": {"A": 40, "B": 25, "C": 30}}, "the parts give 95"),
        ({"sets": [1, 1]}, "listed twice"),
    ],
)
def test_a_header_that_contradicts_itself_is_refused(change: dict[str, Any], said: str) -> None:
    with pytest.raises(EditionError) as refused:
        read_edition(raw_header("qd26-2026") | change, [])
    assert any(said in str(fault) for fault in refused.value.faults), refused.value.faults


def test_a_gate_listed_twice_is_refused() -> None:
    header = raw_header("qd26-2026")
    with pytest.raises(EditionError, match="gate ids are not unique"):
        read_edition(header | {"gates": [*header["gates"], header["gates"][0]]}, [])


def test_of_several_options_with_the_same_mark_the_lowest_is_the_minimum() -> None:
    header = raw_header("qd26-2026") | {"sets": [13]}
    raw = raw_set("qd26-2026", 13)
    for option in criterion_of(raw, "1.1")["options"][1:]:
        option["min_star"] = 4
    required = read_edition(header, [raw]).sets[13].criteria["1.1"].required(4)
    assert required is not None
    assert required.level == 2


def test_a_mark_for_a_higher_star_on_a_lower_option_does_not_weaken_the_minimum() -> None:
    header = raw_header("qd26-2026") | {"sets": [13]}
    raw = raw_set("qd26-2026", 13)
    for option, mark in zip(criterion_of(raw, "1.1")["options"], (5, 4, 3), strict=True):
        option["min_star"] = mark
    criterion = read_edition(header, [raw]).sets[13].criteria["1.1"]
    levels = {
        (star, cumulative): option.level
        for star in (3, 4, 5)
        for cumulative in (True, False)
        if (option := criterion.required(star, cumulative=cumulative)) is not None
    }
    assert [levels[star, True] for star in (3, 4, 5)] == [3, 3, 3]
    assert [levels[star, False] for star in (3, 4, 5)] == [3, 2, 1]


def test_all_faults_of_header_and_sets_are_told_at_once_with_their_places() -> None:
    header = raw_header("qd26-2026") | {"sets": [13], "recognised_from": 6}
    raw = raw_set("qd26-2026", 13)
    criterion_of(raw, "1.1")["options"][0]["min_star"] = 6
    raw["attainable"] = 99
    with pytest.raises(EditionError) as refused:
        read_edition(header, [raw])
    places = {
        (fault.set_number, fault.criterion, fault.option, fault.field) for fault in refused.value.faults
    }
    assert {
        (None, None, None, "recognised_from"),
        (13, "1.1", 1, None),
        (13, None, None, "attainable"),
    } <= places


def test_the_latest_edition_to_begin_is_in_force_and_gives_way_when_it_ends() -> None:
    lasting = read_header(raw_header("qd26-2026"))
    passing = read_header(
        raw_header("qd26-2026")
        | {"edition": "qd26-2026-c1", "in_force_from": "2027-01-01", "in_force_to": "2027-03-31"}
    )
    found = [
        latest_in_force((passing, lasting), date.fromisoformat(day)).code
        for day in ("2026-12-31", "2027-01-01", "2027-03-31", "2027-04-01")
    ]
    assert found == ["qd26-2026", "qd26-2026-c1", "qd26-2026-c1", "qd26-2026"]


def test_an_added_edition_is_loaded_from_the_shelf_and_a_shipped_one_cannot_be_replaced() -> None:
    header = raw_header("qd26-2026") | {"edition": "qd1-2031", "in_force_from": "2031-01-01", "sets": [13]}
    added = read_edition(header, [raw_set("qd26-2026", 13)])
    put_on_shelf(added, "digest")
    try:
        assert load_edition("qd1-2031") is added
        assert edition_in_force(date(2031, 1, 1)) is added
        assert edition_in_force(date(2030, 12, 31)).code == "qd26-2026"
        held = on_shelf("qd1-2031")
        assert held is not None
        assert held.digest == "digest"
    finally:
        take_off_shelf("qd1-2031")
    assert on_shelf("qd1-2031") is None
    with pytest.raises(NotFound, match=r"rubric\.unknown_edition"):
        load_edition("qd1-2031")
    with pytest.raises(ValueError, match="is shipped"):
        put_on_shelf(load_edition("qd26-2026"), "digest")
