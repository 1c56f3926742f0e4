"""The sheet that stands for a council: never better than the council itself."""

import random
from fractions import Fraction

import pytest

from ocop_api.domain.council import CouncilRules
from ocop_api.domain.rubric.advice import Prospect, advise
from ocop_api.domain.rubric.edition import load_edition
from ocop_api.domain.rubric.representative import representative
from ocop_api.domain.rubric.scoresheet import Choice, RecordedGate, Scoresheet
from ocop_api.domain.rubric.stars import evaluate

EDITION, COFFEE = "qd26-2026", 13
BEST = {code: c.options[-1].level for code, c in load_edition(EDITION).criteria_set(COFFEE).criteria.items()}
ANY_SPREAD = CouncilRules(spread_limit=None)


def _random_sheet(edition: str, number: int, drawn: random.Random) -> Scoresheet:
    choices: dict[str, Choice] = {}
    for code, criterion in load_edition(edition).criteria_set(number).criteria.items():
        case = drawn.choice([None, *(one.number for one in criterion.cases)][1:] or [None])
        choices[code] = Choice(drawn.choice(criterion.levels(case)), case)
    return Scoresheet(edition, number, choices)


@pytest.mark.parametrize("edition", ["qd148-2023", "qd26-2026"])
def test_it_earns_at_most_the_mean_and_meets_only_what_the_majority_meets(edition: str) -> None:
    drawn = random.Random(edition)  # noqa: S311 - the same councils each time
    for number in range(1, 27):
        for members in (1, 2, 3, 4, 5, 7, 9, 9, 9):
            sheets = {str(n): _random_sheet(edition, number, drawn) for n in range(members)}
            sheet, result = representative(sheets, ANY_SPREAD)
            found = evaluate(sheet)
            assert found.complete
            assert result.mean is not None
            assert Fraction(found.total) <= result.mean
            assert found.star is not None
            assert result.indicated_star is not None
            assert found.star <= result.indicated_star
            if len({tuple(one.choices.items()) for one in sheets.values()}) == 1:
                assert found.total == result.mean
            again, _ = representative(dict(reversed(sheets.items())), ANY_SPREAD)
            assert again == sheet


def test_members_who_agree_are_what_they_say() -> None:
    sheets = {str(n): Scoresheet.of(EDITION, COFFEE, BEST | {"1.5": 2}) for n in range(5)}
    sheet, result = representative(sheets)
    assert dict(sheet.choices) == dict(sheets["0"].choices)
    assert result.mean == evaluate(sheet).total


def test_a_minimum_without_a_majority_is_missed_on_it_too() -> None:
    weak = BEST | {"1.5": 3}
    sheets = {str(n): Scoresheet.of(EDITION, COFFEE, choices) for n, choices in enumerate((weak, weak, BEST))}
    sheet, result = representative(sheets)
    assert (result.star, evaluate(sheet).star) == (4, 4)
    advice = advise(sheet, 5)
    assert advice.prospect is Prospect.WITHIN_REACH
    assert [lift.criterion.code for lift in advice.minimums] == ["1.5"]


def test_gates_that_carry_stand_on_it_with_their_reasons_and_no_others() -> None:
    def told(*reasons: str, gate: str = "copied_product") -> Scoresheet:
        return Scoresheet.of(EDITION, COFFEE, {}, [RecordedGate(gate, reason) for reason in reasons])

    carried, _ = representative({"a": told("Sao chép"), "b": told("Trùng mẫu"), "c": told("Sao chép")})
    assert carried.gates == (RecordedGate("copied_product", "Sao chép; Trùng mẫu"),)
    assert carried.choices == {}
    one = Scoresheet.of(EDITION, COFFEE, BEST)
    alone, _ = representative({"a": told("Sao chép"), "b": one, "c": one})
    assert alone.gates == ()
    assert dict(alone.choices) == dict(one.choices)
