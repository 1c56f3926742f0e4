"""How long advice takes, over random sheets of every set of every edition.

Run: ``python bench/bench_advice.py [sheets for each set and star]``. Besides milliseconds the figures are
given as ratios to evaluating the same sheets, because absolute ones say more about the machine than
about the code.
"""

import random
import sys
import time
from statistics import median, quantiles

from ocop_api.domain.rubric.advice import advise
from ocop_api.domain.rubric.criteria import CriteriaSet
from ocop_api.domain.rubric.edition import editions, load_edition
from ocop_api.domain.rubric.scoresheet import RawChoice, Scoresheet
from ocop_api.domain.rubric.stars import evaluate

CEILING_MS = 50.0


def _sheet(criteria_set: CriteriaSet, chance: random.Random) -> Scoresheet:
    """A sheet between empty and excellent, so that near and far targets both occur."""
    scored, spoilt = chance.choice((0.0, 0.5, 0.9, 1.0, 1.0)), chance.random()
    choices: dict[str, RawChoice] = {}
    for code, criterion in criteria_set.criteria.items():
        if chance.random() >= scored:
            continue
        case = chance.choice(criterion.cases).number if criterion.cases else None
        levels = criterion.levels(case)
        level = chance.choice(levels) if chance.random() < spoilt else levels[-1]
        choices[code] = level if case is None else (case, level)
    return Scoresheet.of(criteria_set.edition, criteria_set.number, choices)


def _p99(times: list[float]) -> float:
    return quantiles(times, n=100, method="inclusive")[98]


def _measure(sheets: int) -> None:
    chance = random.Random(26)  # noqa: S311 - the same sheets in every run
    advising: dict[str, list[float]] = {}
    evaluating: list[float] = []
    for header in editions():
        for criteria_set in load_edition(header.code).sets.values():
            for star in header.ladder:
                for _ in range(sheets):
                    sheet = _sheet(criteria_set, chance)
                    began = time.perf_counter()
                    evaluate(sheet)
                    between = time.perf_counter()
                    advise(sheet, star)
                    evaluating.append((between - began) * 1000)
                    name = f"{header.code} set {criteria_set.number}"
                    advising.setdefault(name, []).append((time.perf_counter() - between) * 1000)
    every = sorted(one for times in advising.values() for one in times)
    cuts = quantiles(every, n=1000)
    ratio = sum(every) / sum(evaluating)
    print(f"{len(every)} sheets in {len(advising)} sets; evaluating one takes {median(evaluating):.3f} ms")
    print(f"advice: median {median(every):.2f} ms, p90 {cuts[899]:.2f}, p99 {cuts[989]:.2f}, ", end="")
    print(f"slowest {every[-1]:.2f}; {ratio:.1f} times evaluating, on average")
    slowest = sorted(((_p99(times), name) for name, times in advising.items()), reverse=True)
    for p99, name in slowest[:3]:
        print(f"        p99 of {name}: {p99:.2f} ms")
    within = slowest[0][0] < CEILING_MS
    print(f"p99 of every set below {CEILING_MS:.0f} ms: {'yes' if within else 'NO'}")
    sys.exit(0 if within else 1)


if __name__ == "__main__":
    _measure(int(sys.argv[1]) if len(sys.argv) > 1 else 40)
