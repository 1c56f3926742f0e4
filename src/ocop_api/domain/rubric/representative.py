"""One sheet that stands for a council's sheets, so that a producer can be advised on what the council found.

The decisions know no such sheet; it is this system's way to turn a council's result into advice. It never
flatters: it earns at most the mean, and reaches a minimum only where the council's majority does.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from fractions import Fraction

from ocop_api.domain.council import DEFAULT_COUNCIL_RULES, CouncilRules
from ocop_api.domain.rubric.consolidation import Consolidation, consolidate
from ocop_api.domain.rubric.criteria import NONE_REACHED, Criterion
from ocop_api.domain.rubric.scoresheet import Choice, RecordedGate, Scoresheet
from ocop_api.domain.rubric.stars import evaluate


def representative(
    sheets: Mapping[str, Scoresheet], rules: CouncilRules = DEFAULT_COUNCIL_RULES
) -> tuple[Scoresheet, Consolidation]:
    """Return the sheet that stands for the members' sheets, and what these come to.

    In each criterion it holds the highest level that the majority reaches, in the case that most chose. If
    that comes to more than the mean, criteria are lowered where the council lies furthest below it, as few
    and as little as needed, and minimums last. Gates are those that carry.

    Raises:
        RuleViolation: as ``consolidate``.
    """
    result = consolidate(sheets, rules)
    scored = [sheets[one.member] for one in result.sheets if one.total is not None]
    any_sheet = next(iter(sheets.values()))
    gates = tuple(
        RecordedGate(vote.gate.id, "; ".join(sorted(set(vote.reasons.values()))))
        for vote in result.gates
        if vote.carried
    )
    chosen = {
        code: _common(criterion, [sheet.choices[code] for sheet in scored if code in sheet.choices], rules)
        for code, criterion in any_sheet.criteria_set.criteria.items()
        if any(code in sheet.choices for sheet in scored)
    }
    sheet = Scoresheet(any_sheet.edition, any_sheet.set_number, chosen, gates)
    if result.mean is not None:
        sheet = _lowered(sheet, result, result.mean, rules)
    return sheet, result


def _common(criterion: Criterion, choices: Sequence[Choice], rules: CouncilRules) -> Choice:
    cases = Counter(choice.case for choice in choices)
    # As many for one case as for another: the first printed, so that the order of the sheets is nothing.
    most = max(cases.values())
    case = min((one for one, count in cases.items() if count == most), key=lambda one: one or 0)
    levels = [choice.level for choice in choices if choice.case == case]
    reached = [
        level
        for level in criterion.levels(case)
        if rules.is_majority(sum(one >= level for one in levels), len(levels))
    ]
    lowest = criterion.levels(case)[0]
    return _choice(criterion, max(reached, default=lowest), case)


def _lowered(sheet: Scoresheet, result: Consolidation, mean: Fraction, rules: CouncilRules) -> Scoresheet:
    means = {one.code: one.mean for one in result.criteria}
    criteria = sheet.criteria_set.criteria
    while Fraction(evaluate(sheet, rules.stars).total) > mean:
        choices = dict(sheet.choices)
        steps = [
            (_touches_minimum(criteria[code], choice), _points(criteria[code], choice) - means[code], code)
            for code, choice in choices.items()
            if _below(criteria[code], choice) is not None
        ]
        if not steps:
            return sheet
        # Where the sheet stands furthest above the council's own points, and no minimum depends on it.
        _, _, code = min(steps, key=lambda step: (step[0], -step[1], step[2]))
        lower = _below(criteria[code], choices[code])
        choices[code] = choices[code] if lower is None else lower
        sheet = Scoresheet(sheet.edition, sheet.set_number, choices, sheet.gates)
    return sheet


def _below(criterion: Criterion, choice: Choice) -> Choice | None:
    lower = [level for level in criterion.levels(choice.case) if level < choice.level]
    return _choice(criterion, lower[-1], choice.case) if lower else None


def _choice(criterion: Criterion, level: int, case: int | None) -> Choice:
    return Choice(level, case if level != NONE_REACHED or criterion.cases else None)


def _touches_minimum(criterion: Criterion, choice: Choice) -> bool:
    option = criterion.by_level.get(choice.level)
    return option is not None and option.min_star is not None


def _points(criterion: Criterion, choice: Choice) -> Fraction:
    return Fraction(0) if choice.level == NONE_REACHED else Fraction(criterion.by_level[choice.level].points)
