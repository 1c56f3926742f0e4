"""How fast score sheets are made, evaluated and brought together, on one core.

Run: ``python bench/bench_rubric.py [sheets of each set]``. Every set of every edition takes part with
random sheets. Rates are counted over the processor time of this process, which runs on one core only, and
are the best of several rounds. The ratios are to evaluating one finished sheet, because absolute figures
say more about the machine than about the code.
"""

import random
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from ocop_api.domain.rubric.consolidation import consolidate
from ocop_api.domain.rubric.criteria import CriteriaSet
from ocop_api.domain.rubric.edition import editions, load_edition
from ocop_api.domain.rubric.scoresheet import RawChoice, Scoresheet
from ocop_api.domain.rubric.stars import evaluate

ROUNDS = 7
COUNCIL = 9
ENOUGH = 20_000
"""Finished sheets a second that an evaluation must manage on one core."""

Work = TypeVar("Work")


@dataclass(frozen=True)
class RawSheet:
    """Choices as they arrive, before anything is checked."""

    edition: str
    set_number: int
    choices: dict[str, RawChoice]

    def checked(self) -> Scoresheet:
        """The sheet."""
        return Scoresheet.of(self.edition, self.set_number, self.choices)


def _random_sheets(count: int, chance: random.Random, *, scored: float = 1.0) -> list[RawSheet]:
    sets = [one for header in editions() for one in load_edition(header.code).sets.values()]
    return [
        RawSheet(one.edition, one.number, _choices(one, chance, scored)) for one in sets for _ in range(count)
    ]


def _choices(criteria_set: CriteriaSet, chance: random.Random, scored: float) -> dict[str, RawChoice]:
    # A good sheet with blemishes, of any degree: sheets of pure chance would never see five stars.
    blemished = chance.random()
    choices: dict[str, RawChoice] = {}
    for code, criterion in criteria_set.criteria.items():
        if chance.random() < scored:
            case = chance.choice(criterion.cases).number if criterion.cases else None
            levels = criterion.levels(case)
            level = chance.choice(levels) if chance.random() < blemished else levels[-1]
            choices[code] = level if case is None else (case, level)
    return choices


def _rate(act: Callable[[Work], object], rounds: Iterable[Sequence[Work]]) -> float:
    """Return how often a second ``act`` is done, in the best of the rounds."""
    best = 0.0
    for work in rounds:
        began = time.process_time()
        for one in work:
            act(one)
        best = max(best, len(work) / (time.process_time() - began))
    return best


def _measure(count: int) -> bool:
    chance = random.Random(148)  # noqa: S311 - the same sheets in every run
    raw = _random_sheets(count, chance)
    finished = [one.checked() for one in raw]
    partial = [[one.checked() for one in _random_sheets(count, chance, scored=0.5)] for _ in range(ROUNDS)]
    explained = [evaluate(sheet) for sheet in finished[:: max(1, count // 4)]]
    councils: list[dict[str, Scoresheet]] = []
    for start in range(0, len(raw), count):
        of_one_set = finished[start : start + count]
        councils.append({f"member {seat}": of_one_set[seat % count] for seat in range(COUNCIL)})

    evaluating = _rate(evaluate, [finished] * ROUNDS)
    whole = _rate(lambda one: evaluate(one.checked()), [raw] * ROUNDS)

    def show(what: str, rate: float) -> None:
        print(f"{what}: {rate:,.0f}/s, {1e6 / rate:,.1f} µs each (= {evaluating / rate:.2f})")

    print(
        f"{len(raw)} sheets of {len(raw) // count} sets, {len(raw[0].choices)} criteria in the first of them"
    )
    show("a finished sheet evaluated", evaluating)
    show("raw choices checked to be a sheet", _rate(RawSheet.checked, [raw] * ROUNDS))
    show("raw choices to evaluation", whole)
    show("half-finished sheets evaluated, with bounds and stars in reach", _rate(evaluate, partial))
    show("an explanation in data", _rate(lambda one: one.explanation, [explained] * ROUNDS))
    show(f"{COUNCIL} sheets brought together", _rate(consolidate, [councils] * ROUNDS))
    enough = min(evaluating, whole) >= ENOUGH
    print(f"at least {ENOUGH:,} finished sheets a second on one core: {'yes' if enough else 'NO'}")
    return enough


def main() -> None:
    """Measure, print, and fail when finished sheets take too long."""
    if not _measure(int(sys.argv[1]) if len(sys.argv) > 1 else 40):
        sys.exit(1)


if __name__ == "__main__":
    main()
