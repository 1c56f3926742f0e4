import pytest

from ocop_api.domain.errors import Invalid, NotFound
from ocop_api.domain.rubric.criteria import NONE_REACHED
from ocop_api.domain.rubric.scoresheet import Choice, RawChoice, RecordedGate, Scoresheet, find_faults

EDITION = "qd26-2026"
COFFEE = 13
TOURISM = 26


def refusal(number: int, choices: dict[str, RawChoice], *gates: RecordedGate) -> Invalid:
    with pytest.raises(Invalid) as refused:
        Scoresheet.of(EDITION, number, choices, gates)
    return refused.value


def test_an_unknown_criterion_is_named_with_those_that_exist() -> None:
    fault = refusal(COFFEE, {"99": 1})
    assert fault.code == "rubric.unknown_criterion"
    assert fault.data["criterion"] == "99"
    assert {"1.1", "11"} <= set(fault.data["criteria"])  # type: ignore[call-overload]


@pytest.mark.parametrize("level", [-1, 4, 99])
def test_an_unknown_level_is_named_with_those_that_may_be_chosen(level: int) -> None:
    fault = refusal(COFFEE, {"1.1": level})
    assert fault.code == "rubric.unknown_level"
    assert fault.data == {"criterion": "1.1", "level": level, "levels": [NONE_REACHED, 1, 2, 3]}


def test_nothing_reached_exists_only_where_no_option_is_worth_nothing() -> None:
    assert Scoresheet.of(EDITION, COFFEE, {"8": NONE_REACHED}).choices["8"] == Choice(0)
    fault = refusal(COFFEE, {"1.2": NONE_REACHED})
    assert fault.data == {"criterion": "1.2", "level": 0, "levels": [1, 2, 3]}


def test_a_case_is_chosen_with_its_own_levels() -> None:
    assert Scoresheet.of(EDITION, TOURISM, {"8": (2, 4)}).choices["8"] == Choice(level=4, case=2)
    fault = refusal(TOURISM, {"8": (1, 4)})
    assert fault.code == "rubric.unknown_level"
    assert fault.data == {"criterion": "8", "level": 4, "case": 1, "levels": [0, 1, 2]}
    unknown = refusal(TOURISM, {"8": (3, 1)})
    assert unknown.code == "rubric.unknown_case"
    assert unknown.data == {"criterion": "8", "case": 3, "cases": [1, 2]}


def test_a_level_alone_tells_the_case() -> None:
    assert Scoresheet.of(EDITION, TOURISM, {"8": 3}) == Scoresheet.of(EDITION, TOURISM, {"8": (2, 3)})


def test_a_case_where_there_is_none_is_refused() -> None:
    assert refusal(TOURISM, {"1.1": (1, 1)}).code == "rubric.case_not_applicable"


def test_gates_must_belong_to_the_set_have_a_reason_and_come_once() -> None:
    unknown = refusal(COFFEE, {}, RecordedGate("ip_infringement", "copied pattern"))
    assert unknown.code == "rubric.unknown_gate"
    assert "unsafe_impurities" in unknown.data["gates"]  # type: ignore[operator]
    assert refusal(COFFEE, {}, RecordedGate("unsafe_impurities", "  ")).code == "rubric.gate_reason_missing"
    twice = RecordedGate("unsafe_impurities", "gravel")
    assert refusal(COFFEE, {}, twice, twice).code == "rubric.gate_recorded_twice"


def test_all_faults_are_found_at_once() -> None:
    faults = find_faults(EDITION, COFFEE, {"99": 1, "1.1": 9, "1.2": (1, 1)}, [RecordedGate("none", "")])
    assert [fault.code for fault in faults] == [
        "rubric.unknown_criterion",
        "rubric.unknown_level",
        "rubric.case_not_applicable",
        "rubric.unknown_gate",
        "rubric.gate_reason_missing",
    ]
    assert find_faults(EDITION, COFFEE, {"1.1": 1}) == []


def test_an_unknown_edition_or_set_is_not_found() -> None:
    with pytest.raises(NotFound, match=r"rubric\.unknown_edition"):
        Scoresheet.of("qd1-1999", COFFEE, {})
    with pytest.raises(NotFound, match=r"rubric\.unknown_set"):
        Scoresheet.of(EDITION, 0, {})


def test_a_sheet_cannot_be_changed_through_the_mapping_it_was_made_of() -> None:
    choices = {"1.1": Choice(1)}
    sheet = Scoresheet(EDITION, COFFEE, choices)
    choices["1.1"] = Choice(99)
    assert sheet.choices == {"1.1": Choice(1)}
    with pytest.raises(TypeError):
        sheet.choices["1.1"] = Choice(2)  # type: ignore[index]


def test_choices_stand_in_the_order_of_the_set() -> None:
    sheet = Scoresheet.of(EDITION, COFFEE, {"11": 1, "2.1": 1, "1.1": 1})
    assert list(sheet.choices) == ["1.1", "2.1", "11"]
