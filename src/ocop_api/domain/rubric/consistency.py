"""The checks a criteria edition must pass before anybody is scored by it.

The printed decisions do not add up everywhere. What is known not to is declared in the data
(``problems`` of a set) and stays visible; anything else is an error of the data and stops the
loading, so that no product is ever scored by a set in which a figure went wrong unnoticed.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from ocop_api.domain.rubric.criteria import (
    CriteriaSet,
    Criterion,
    EditionHeader,
    GateEffect,
    Group,
    Language,
    Note,
    NoteKind,
    Part,
    Problem,
    Text,
)


@dataclass(frozen=True, slots=True)
class Fault:
    """One contradiction in words of both languages, and where it lies as far as that can be said.

    ``field`` is a field of the header when there is no set, otherwise of the place in the set.
    """

    said: Text
    set_number: int | None = None
    part: str | None = None
    group: str | None = None
    criterion: str | None = None
    option: int | None = None
    field: str | None = None

    def sentence(self, language: Language) -> str:
        """The contradiction with its set, readable on its own."""
        told = self.said.in_language(language)
        if self.set_number is None:
            return told
        return f"{'bộ' if language == 'vi' else 'set'} {self.set_number}: {told}"

    def __str__(self) -> str:
        return self.sentence("en")


class EditionError(Exception):
    """The data of an edition contradict themselves. ``faults`` lists every contradiction found."""

    def __init__(self, edition: str, faults: list[Fault]) -> None:
        super().__init__(f"edition {edition}: " + "; ".join(str(fault) for fault in faults))
        self.edition = edition
        self.faults = faults


def check_header(header: EditionHeader) -> Iterator[Fault]:
    """Yield what is wrong with the header: bands, dates, totals."""
    stars = [band.star for band in header.bands]
    floors = [band.points_from for band in header.bands]
    if stars != list(range(len(stars), 0, -1)) or floors != sorted(set(floors), reverse=True):
        yield Fault(
            Text(
                "các khung điểm phải giảm dần liên tục đến 1 sao, điểm cũng giảm theo",
                "bands must descend to 1 star without a gap, and their points with them",
            ),
            field="bands",
        )
    elif not floors or floors[-1] != 0 or floors[0] > header.total:
        yield Fault(
            Text(
                "các khung điểm phải bắt đầu từ 0 và kết thúc dưới tổng điểm",
                "bands must cover the points from 0 and end below the total",
            ),
            field="bands",
        )
    if header.recognised_from not in stars:
        said = Text(
            f"công nhận từ {header.recognised_from} sao nhưng không có khung điểm đó",
            f"stars are recognised from {header.recognised_from}, which is not a band",
        )
        yield Fault(said, field="recognised_from")
    if header.in_force_to is not None and header.in_force_to < header.in_force_from:
        yield Fault(
            Text("ngày hết hiệu lực trước ngày có hiệu lực", "the edition ends before it begins"),
            field="in_force_to",
        )
    if sum(header.part_maxima.values()) != header.total:
        given = sum(header.part_maxima.values())
        said = Text(
            f"các phần cộng lại được {given}, tổng điểm là {header.total}",
            f"the parts give {given}, the total is {header.total}",
        )
        yield Fault(said, field="part_maxima")
    if repeated := _repeated(header.set_numbers):
        yield Fault(Text(f"bộ sản phẩm bị lặp: {repeated}", f"sets listed twice: {repeated}"), field="sets")


def check_set(header: EditionHeader, criteria_set: CriteriaSet) -> list[Fault]:
    """Return what is wrong with one set, beyond what its ``problems`` declare."""
    faults = [
        *_check_codes(criteria_set),
        *_check_sums(header, criteria_set),
        *_check_problems(criteria_set),
        *_check_gates(header, criteria_set),
    ]
    for criterion in _criteria(criteria_set):
        faults += _check_criterion(header, criteria_set, criterion)
    return [replace(fault, set_number=criteria_set.number) for fault in faults]


def _groups(criteria_set: CriteriaSet) -> list[Group]:
    return [group for part in criteria_set.parts for group in part.groups]


def _criteria(criteria_set: CriteriaSet) -> list[Criterion]:
    return [criterion for group in _groups(criteria_set) for criterion in group.criteria]


def _repeated(values: Iterable[int | str]) -> list[int | str]:
    return [value for value, times in Counter(values).items() if times > 1]


def _check_codes(criteria_set: CriteriaSet) -> Iterator[Fault]:
    if repeated := _repeated(part.code for part in criteria_set.parts):
        yield Fault(
            Text(f"mã phần bị lặp: {repeated}", f"part codes are not unique: {repeated}"),
            part=str(repeated[0]),
        )
    if repeated := _repeated(group.code for group in _groups(criteria_set)):
        yield Fault(
            Text(f"mã nhóm bị lặp: {repeated}", f"group codes are not unique: {repeated}"),
            group=str(repeated[0]),
        )
    if repeated := _repeated(criterion.code for criterion in _criteria(criteria_set)):
        yield Fault(
            Text(f"mã tiêu chí bị lặp: {repeated}", f"criterion codes are not unique: {repeated}"),
            criterion=str(repeated[0]),
        )


def _best(group: Group) -> Decimal:
    return sum((criterion.best for criterion in group.criteria), Decimal(0))


def _check_sums(header: EditionHeader, criteria_set: CriteriaSet) -> Iterator[Fault]:
    if empty := [criterion.code for criterion in _criteria(criteria_set) if not criterion.options]:
        yield from (
            Fault(
                Text(f"tiêu chí {code} không có mức nào", f"criterion {code} has no options"), criterion=code
            )
            for code in empty
        )
        return
    yield from _check_maxima(criteria_set)
    maxima = {part.code: part.max for part in criteria_set.parts}
    if maxima != dict(header.part_maxima):
        wanted, found = _plain(header.part_maxima.items()), _plain(maxima.items())
        yield Fault(
            Text(f"các phần phải là {wanted}, không phải {found}", f"parts must be {wanted}, not {found}")
        )
    attainable = sum((_best(group) for group in _groups(criteria_set)), Decimal(0))
    if attainable != criteria_set.attainable:
        stated = criteria_set.attainable
        said = Text(
            f"điểm đạt được ghi là {stated}, các mức cộng lại được {attainable}",
            f"attainable is stated as {stated}, the options give {attainable}",
        )
        yield Fault(said, field="attainable")
    if attainable != header.total and not criteria_set.problems:
        said = Text(
            f"chỉ đạt được {attainable} trên {header.total} điểm mà không nêu lý do trong problems",
            f"only {attainable} of {header.total} points can be had and no problem says why",
        )
        yield Fault(said)


def _check_maxima(criteria_set: CriteriaSet) -> Iterator[Fault]:
    declared = criteria_set.problems
    for criterion in _criteria(criteria_set):
        if criterion.best != criterion.max and not _declares(declared, criterion=criterion.code):
            said = Text(
                f"tiêu chí {criterion.code}: điểm tối đa {criterion.max}, mức cao nhất {criterion.best}",
                f"criterion {criterion.code}: maximum {criterion.max}, best option {criterion.best}",
            )
            yield Fault(said, criterion=criterion.code, field="max")
    for group in _groups(criteria_set):
        printed = sum((criterion.max for criterion in group.criteria), Decimal(0))
        if {printed, _best(group)} != {group.max} and not _declares(declared, group=group.code):
            best = _best(group)
            said = Text(
                f"nhóm {group.code}: điểm tối đa {group.max}, các tiêu chí ghi {printed} và cho {best}",
                f"group {group.code}: maximum {group.max}, criteria print {printed} and give {best}",
            )
            yield Fault(said, group=group.code, field="max")
    for part in criteria_set.parts:
        printed = sum((group.max for group in part.groups), Decimal(0))
        if printed != part.max and not _declares(declared, part=part.code):
            said = Text(
                f"phần {part.code}: điểm tối đa {part.max}, các nhóm cộng lại được {printed}",
                f"part {part.code}: maximum {part.max}, groups give {printed}",
            )
            yield Fault(said, part=part.code, field="max")


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


def _check_problems(criteria_set: CriteriaSet) -> Iterator[Fault]:
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
            said = Text(
                f"problems nêu một chỗ không có trong bộ: {problem.what}",
                f"a problem is declared where nothing stands: {problem.what}",
            )
            yield Fault(said, field="problems")
    for code, criterion in criteria_set.criteria.items():
        spoken_of = {problem.option for problem in criteria_set.problems if problem.criterion == code}
        if criterion.inferred_options and None not in spoken_of:
            said = Text(
                f"tiêu chí {code}: các mức suy ra chưa được nêu trong problems",
                f"criterion {code}: inferred options are not declared as a problem",
            )
            yield Fault(said, criterion=code, field="inferred_options")
        for option in criterion.options:
            if option.inferred and option.level not in spoken_of:
                said = Text(
                    f"tiêu chí {code}: mức {option.level} suy ra chưa được nêu trong problems",
                    f"criterion {code}: inferred option {option.level} is not declared as a problem",
                )
                yield Fault(said, criterion=code, option=option.level)


def _check_criterion(
    header: EditionHeader, criteria_set: CriteriaSet, criterion: Criterion
) -> Iterator[Fault]:

    def where(vi: str, en: str) -> Text:
        return Text(f"tiêu chí {criterion.code}: {vi}", f"criterion {criterion.code}: {en}")

    levels = [option.level for option in criterion.options]
    if levels != list(range(1, len(levels) + 1)):
        said = where(
            f"các mức phải đánh số liên tục từ 1, không phải {levels}",
            f"levels must count from 1 without a gap, not {levels}",
        )
        yield Fault(said, criterion=criterion.code)
    if any(option.points < 0 or option.points % 1 for option in criterion.options):
        said = where("điểm phải là số nguyên không âm", "points must be whole numbers, not negative")
        yield Fault(said, criterion=criterion.code)
    yield from (
        Fault(where(said.vi, said.en), criterion=criterion.code)
        for said in _check_cases(criteria_set, criterion)
    )
    for option in criterion.options:
        if option.min_star is not None and option.min_star not in header.ladder:
            said = where(
                f"mức {option.level} được đánh dấu {option.min_star} sao, ngoài {header.ladder}",
                f"option {option.level} is marked {option.min_star} stars, outside {header.ladder}",
            )
            yield Fault(said, criterion=criterion.code, option=option.level)
        if option.star_mark_on is not None and option.min_star is None:
            said = where(
                f"mức {option.level} nói dấu sao đứng ở đâu nhưng không có dấu",
                f"option {option.level} says where its star mark stands but bears none",
            )
            yield Fault(said, criterion=criterion.code, option=option.level)


def _check_cases(criteria_set: CriteriaSet, criterion: Criterion) -> Iterator[Text]:
    numbers = [case.number for case in criterion.cases]
    if _repeated(numbers) or len(numbers) == 1:
        yield Text(
            f"phải có nhiều trường hợp khác nhau, không phải {numbers}",
            f"cases must be several and distinct, not {numbers}",
        )
    scored_apart: list[int | None] = [*numbers] or [None]
    if {option.case for option in criterion.options} != set(scored_apart):
        yield Text(
            "mỗi mức phải thuộc một trường hợp đã nêu, mỗi trường hợp phải có mức",
            "every option belongs to a declared case, and every case has options",
        )
    declared = _declares(criteria_set.problems, criterion=criterion.code)
    for case in scored_apart:
        points = [option.points for option in criterion.options_of(case)]
        if points != sorted(points):
            # Reaching a minimum is decided by level alone, which is sound only while points follow it.
            yield Text("điểm không được giảm khi mức tăng", "points must not fall as the level rises")
        if points and max(points) != criterion.max and not declared:
            # A producer to whom one case applies must be able to earn as much as under the other.
            which = (
                ("mức cao nhất", "the best option")
                if case is None
                else (f"mức cao nhất của trường hợp {case}", f"the best option of case {case}")
            )
            best = max(points)
            yield Text(
                f"{which[0]} cho {best} trên {criterion.max}", f"{which[1]} gives {best} of {criterion.max}"
            )


def _check_gates(header: EditionHeader, criteria_set: CriteriaSet) -> Iterator[Fault]:
    for note, on_set in _notes(criteria_set):
        if note.gate is None:
            if note.kind is NoteKind.GATE:
                yield Fault(
                    Text(
                        f"ghi chú loại gate không nêu gate nào: {note.text.vi}",
                        f"a note of kind gate names no gate: {note.text.en}",
                    )
                )
        elif note.gate not in header.gates:
            yield Fault(Text(f"không có gate {note.gate}", f"gate {note.gate} does not exist"))
        elif on_set and header.gates[note.gate].effect is GateEffect.SKIP_CRITERION:
            said = Text(
                f"gate {note.gate} bỏ qua một tiêu chí nhưng đặt ở cả bộ",
                f"gate {note.gate} skips a criterion but stands on the whole set",
            )
            yield Fault(said, field="notes")


def _notes(criteria_set: CriteriaSet) -> Iterator[tuple[Note, bool]]:
    yield from ((note, True) for note in criteria_set.notes)
    for group in _groups(criteria_set):
        yield from ((note, False) for note in group.notes)
        for criterion in group.criteria:
            yield from ((note, False) for note in criterion.notes)
            yield from ((note, False) for option in criterion.options for note in option.notes)
