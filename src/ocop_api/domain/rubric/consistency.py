"""The checks a criteria edition must pass before anybody is scored by it.

The printed decisions do not add up everywhere. What is known not to is declared in the data
(``problems`` of a set) and stays visible; anything else is an error of the data and stops the
loading, so that no product is ever scored by a set in which a figure went wrong unnoticed.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from decimal import Decimal

from ocop_api.domain.rubric.criteria import (
    CriteriaSet,
    Criterion,
    EditionHeader,
    GateEffect,
    Group,
    Note,
    NoteKind,
    Part,
    Problem,
)


class EditionError(Exception):
    """The data of an edition contradict themselves. ``faults`` lists every contradiction found."""

    def __init__(self, edition: str, faults: list[str]) -> None:
        super().__init__(f"edition {edition}: " + "; ".join(faults))
        self.edition = edition
        self.faults = faults


def check_header(header: EditionHeader) -> Iterator[str]:
    """Yield what is wrong with the header: bands, dates, totals."""
    stars = [band.star for band in header.bands]
    floors = [band.points_from for band in header.bands]
    if stars != list(range(len(stars), 0, -1)) or floors != sorted(set(floors), reverse=True):
        yield "bands must descend to 1 star without a gap, and their points with them"
    elif floors[-1] != 0 or floors[0] > header.total:
        yield "bands must cover the points from 0 and end below the total"
    if header.recognised_from not in stars:
        yield f"stars are recognised from {header.recognised_from}, which is not a band"
    if header.in_force_to is not None and header.in_force_to < header.in_force_from:
        yield "the edition ends before it begins"
    if sum(header.part_maxima.values()) != header.total:
        yield f"the parts give {sum(header.part_maxima.values())}, the total is {header.total}"
    if repeated := _repeated(header.set_numbers):
        yield f"sets listed twice: {repeated}"


def check_set(header: EditionHeader, criteria_set: CriteriaSet) -> list[str]:
    """Return what is wrong with one set, beyond what its ``problems`` declare."""
    faults = [
        *_check_codes(criteria_set),
        *_check_sums(header, criteria_set),
        *_check_problems(criteria_set),
        *_check_gates(header, criteria_set),
    ]
    for criterion in _criteria(criteria_set):
        faults += _check_criterion(header, criteria_set, criterion)
    return [f"set {criteria_set.number}: {fault}" for fault in faults]


def _groups(criteria_set: CriteriaSet) -> list[Group]:
    return [group for part in criteria_set.parts for group in part.groups]


def _criteria(criteria_set: CriteriaSet) -> list[Criterion]:
    return [criterion for group in _groups(criteria_set) for criterion in group.criteria]


def _repeated(values: Iterable[int | str]) -> list[int | str]:
    return [value for value, times in Counter(values).items() if times > 1]


def _check_codes(criteria_set: CriteriaSet) -> Iterator[str]:
    for name, codes in (
        ("part", [part.code for part in criteria_set.parts]),
        ("group", [group.code for group in _groups(criteria_set)]),
        ("criterion", [criterion.code for criterion in _criteria(criteria_set)]),
    ):
        if repeated := _repeated(codes):
            yield f"{name} codes are not unique: {repeated}"


def _best(group: Group) -> Decimal:
    return sum((criterion.best for criterion in group.criteria), Decimal(0))


def _check_sums(header: EditionHeader, criteria_set: CriteriaSet) -> Iterator[str]:
    if empty := [criterion.code for criterion in _criteria(criteria_set) if not criterion.options]:
        yield from (f"criterion {code} has no options" for code in empty)
        return
    yield from _check_maxima(criteria_set)
    maxima = {part.code: part.max for part in criteria_set.parts}
    if maxima != dict(header.part_maxima):
        yield f"parts must be {_plain(header.part_maxima.items())}, not {_plain(maxima.items())}"
    attainable = sum((_best(group) for group in _groups(criteria_set)), Decimal(0))
    if attainable != criteria_set.attainable:
        yield f"attainable is stated as {criteria_set.attainable}, the options give {attainable}"
    if attainable != header.total and not criteria_set.problems:
        yield f"only {attainable} of {header.total} points can be had and no problem says why"


def _check_maxima(criteria_set: CriteriaSet) -> Iterator[str]:
    declared = criteria_set.problems
    for criterion in _criteria(criteria_set):
        if criterion.best != criterion.max and not _declares(declared, criterion=criterion.code):
            yield f"criterion {criterion.code}: maximum {criterion.max}, best option {criterion.best}"
    for group in _groups(criteria_set):
        printed = sum((criterion.max for criterion in group.criteria), Decimal(0))
        if {printed, _best(group)} != {group.max} and not _declares(declared, group=group.code):
            yield f"group {group.code}: maximum {group.max}, criteria print {printed} and give {_best(group)}"
    for part in criteria_set.parts:
        printed = sum((group.max for group in part.groups), Decimal(0))
        if printed != part.max and not _declares(declared, part=part.code):
            yield f"part {part.code}: maximum {part.max}, groups give {printed}"


def _plain(maxima: Iterable[tuple[str, Decimal]]) -> str:
    return "/".join(f"{code} {points}" for code, points in maxima)


def _declares(
    problems: Iterable[Problem],
    *,
    criterion: str | None = None,
    group: str | None = None,
    part: str | None = None,
) -> bool:
    """Whether a problem speaks of the maximum of exactly this place (one on an option does not)."""
    return any(
        (problem.criterion, problem.group, problem.part, problem.option) == (criterion, group, part, None)
        for problem in problems
    )


def _check_problems(criteria_set: CriteriaSet) -> Iterator[str]:
    groups = {group.code for group in _groups(criteria_set)}
    parts: dict[str, Part] = {part.code: part for part in criteria_set.parts}
    for problem in criteria_set.problems:
        criterion = criteria_set.criteria.get(problem.criterion) if problem.criterion is not None else None
        if (
            (problem.criterion is not None and criterion is None)
            or (problem.group is not None and problem.group not in groups)
            or (problem.part is not None and problem.part not in parts)
            or (
                problem.option is not None and (criterion is None or problem.option not in criterion.by_level)
            )
        ):
            yield f"a problem is declared where nothing stands: {problem.what}"
    for code, criterion in criteria_set.criteria.items():
        said = {problem.option for problem in criteria_set.problems if problem.criterion == code}
        if criterion.inferred_options and None not in said:
            yield f"criterion {code}: inferred options are not declared as a problem"
        for option in criterion.options:
            if option.inferred and option.level not in said:
                yield f"criterion {code}: inferred option {option.level} is not declared as a problem"


def _check_criterion(header: EditionHeader, criteria_set: CriteriaSet, criterion: Criterion) -> Iterator[str]:
    where = f"criterion {criterion.code}"
    levels = [option.level for option in criterion.options]
    if levels != list(range(1, len(levels) + 1)):
        yield f"{where}: levels must count from 1 without a gap, not {levels}"
    if any(option.points < 0 or option.points % 1 for option in criterion.options):
        yield f"{where}: points must be whole numbers, not negative"
    yield from (f"{where}: {fault}" for fault in _check_cases(criteria_set, criterion))
    for option in criterion.options:
        if option.min_star is not None and option.min_star not in header.ladder:
            yield f"{where}: option {option.level} is marked {option.min_star} stars, outside {header.ladder}"
        if option.star_mark_on is not None and option.min_star is None:
            yield f"{where}: option {option.level} says where its star mark stands but bears none"


def _check_cases(criteria_set: CriteriaSet, criterion: Criterion) -> Iterator[str]:
    numbers = [case.number for case in criterion.cases]
    if _repeated(numbers) or len(numbers) == 1:
        yield f"cases must be several and distinct, not {numbers}"
    scored_apart: list[int | None] = [*numbers] or [None]
    if {option.case for option in criterion.options} != set(scored_apart):
        yield "every option belongs to a declared case, and every case has options"
    declared = _declares(criteria_set.problems, criterion=criterion.code)
    for case in scored_apart:
        points = [option.points for option in criterion.options_of(case)]
        if points != sorted(points):
            # Reaching a minimum is decided by level alone, which is sound only while points follow it.
            yield "points must not fall as the level rises"
        if points and max(points) != criterion.max and not declared:
            # A producer to whom one case applies must be able to earn as much as under the other.
            yield f"the best option of case {case} gives {max(points)} of {criterion.max}"


def _check_gates(header: EditionHeader, criteria_set: CriteriaSet) -> Iterator[str]:
    for note, on_set in _notes(criteria_set):
        if note.gate is None:
            if note.kind is NoteKind.GATE:
                yield f"a note of kind gate names no gate: {note.text.en}"
        elif note.gate not in header.gates:
            yield f"gate {note.gate} does not exist"
        elif on_set and header.gates[note.gate].effect is GateEffect.SKIP_CRITERION:
            yield f"gate {note.gate} skips a criterion but stands on the whole set"


def _notes(criteria_set: CriteriaSet) -> Iterator[tuple[Note, bool]]:
    yield from ((note, True) for note in criteria_set.notes)
    for group in _groups(criteria_set):
        yield from ((note, False) for note in group.notes)
        for criterion in group.criteria:
            yield from ((note, False) for note in criterion.notes)
            yield from ((note, False) for option in criterion.options for note in option.notes)
