"""What changed from one edition to another.

Sets are matched by their number: in the shipped editions each of the 26 numbers stands for the same kind
of product, industry and group under both decisions, at most worded anew. Where a number changes its
industry or group the comparison says so (``set_reclassified``). Within a set, parts are matched by code,
groups and criteria within their part by wording and code (``matching``); a criterion that moves to another
part counts as gone there and new here.

A comparison that finds nothing means that the two sets say the same in every field.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from ocop_api.domain.rubric.changes import (
    EDITION,
    Change,
    CriteriaChangeKind,
    Place,
    Value,
    at_criterion,
    at_group,
    at_part,
    at_set,
    option_value,
)
from ocop_api.domain.rubric.criteria import (
    CriteriaSet,
    Criterion,
    Edition,
    EditionHeader,
    Gate,
    KnownGap,
    Note,
    NoteKind,
    Option,
    Part,
    Problem,
    Text,
)
from ocop_api.domain.rubric.matching import pairs_of_criteria, pairs_of_groups, pairs_of_options

T = TypeVar("T")
_K = CriteriaChangeKind


@dataclass(frozen=True, slots=True)
class SetChanges:
    """What changed in one set; the later edition's name, or the earlier one's for a set that is gone."""

    number: int
    text: Text
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class EditionChanges:
    """What changed between two editions: as a whole, and in each set by number."""

    before: str
    after: str
    changes: tuple[Change, ...]
    sets: tuple[SetChanges, ...]

    @property
    def nothing(self) -> bool:
        """Whether the criteria are the same; the period and the basis may still differ."""
        return not any(one.changes for one in self.sets)


def compare_editions(before: Edition, after: Edition) -> EditionChanges:
    """Compare two editions with all their sets."""
    sets: list[SetChanges] = []
    for number in sorted({*before.sets, *after.sets}):
        old, new = before.sets.get(number), after.sets.get(number)
        if old is not None and new is not None:
            sets.append(compare_sets(old, new))
    return EditionChanges(before.code, after.code, tuple(_headers(before, after)), tuple(sets))


def compare_sets(before: CriteriaSet, after: CriteriaSet) -> SetChanges:
    """Compare two sets, whatever their editions."""
    return SetChanges(after.number, after.text, tuple(_sets(before, after)))


def _headers(before: Edition, after: Edition) -> Iterator[Change]:
    yield from _differing(
        EDITION,
        (_K.LEGAL_BASIS_CHANGED, before.legal_basis, after.legal_basis),
        (_K.PERIOD_CHANGED, _period(before), _period(after)),
        (_K.BANDS_CHANGED, _bands(before), _bands(after)),
        (_K.RECOGNISED_FROM_CHANGED, before.recognised_from, after.recognised_from),
        (_K.TOTAL_CHANGED, before.total, after.total),
        (_K.ABOUT_CHANGED, before.about, after.about),
    )
    for code in sorted({*before.part_maxima, *after.part_maxima}):
        place = Place(part=code, label=Text(f"Phần {code}", f"Part {code}"))
        old, new = before.part_maxima.get(code), after.part_maxima.get(code)
        yield from _differing(place, (_K.PART_MAXIMUM_CHANGED, old, new))
    yield from _come_and_gone(
        EDITION,
        (_K.KNOWN_GAP_REMOVED, [_gap(gap) for gap in before.known_gaps]),
        (_K.KNOWN_GAP_ADDED, [_gap(gap) for gap in after.known_gaps]),
    )
    yield from _gates(before.gates.values(), after.gates.values(), None)
    for number in sorted({*before.sets, *after.sets}):
        place = Place(set_number=number, label=Text(str(number), str(number)))
        if number not in before.sets:
            yield Change(_K.SET_ADDED, place, after=after.sets[number].text)
        elif number not in after.sets:
            yield Change(_K.SET_REMOVED, place, before=before.sets[number].text)


def _period(header: EditionHeader) -> Value:
    return (
        (header.in_force_from, "–")
        if header.in_force_to is None
        else (
            header.in_force_from,
            header.in_force_to,
        )
    )


def _bands(header: EditionHeader) -> Value:
    return tuple(f"{band.star}★ ≥ {band.points_from:f}" for band in header.bands)


def _gap(gap: KnownGap) -> str:
    where = ", ".join(str(number) for number in gap.sets) or gap.scope or ""
    return f"{gap.issue} [{' / '.join(part for part in (where, gap.criterion) if part)}]"


def _gates(before: Iterable[Gate], after: Iterable[Gate], set_number: int | None) -> Iterator[Change]:
    old, new = {gate.id: gate for gate in before}, {gate.id: gate for gate in after}
    for gate in (*new.values(), *(gate for gate in old.values() if gate.id not in new)):
        place = Place(set_number=set_number, gate=gate.id, label=gate.text)
        if gate.id not in old:
            yield Change(_K.GATE_ADDED, place, after=gate.text)
        elif gate.id not in new:
            yield Change(_K.GATE_REMOVED, place, before=gate.text)
        else:
            yield from _differing(
                place,
                (_K.GATE_EFFECT_CHANGED, old[gate.id].effect.value, gate.effect.value),
                (_K.GATE_REWORDED, old[gate.id].text, gate.text),
            )


def _sets(before: CriteriaSet, after: CriteriaSet) -> Iterator[Change]:
    place = at_set(after.number)
    yield from _differing(
        place,
        (_K.SET_RENAMED, before.text, after.text),
        (_K.SET_RECLASSIFIED, _classified(before), _classified(after)),
        (_K.CLASSIFICATION_NOTE_CHANGED, before.classification_note, after.classification_note),
        (_K.MINISTRIES_CHANGED, before.ministries, after.ministries),
        (_K.SAMPLES_CHANGED, before.samples_required, after.samples_required),
        (_K.ATTAINABLE_CHANGED, before.attainable, after.attainable),
    )
    yield from _gates(before.gates.values(), after.gates.values(), after.number)
    yield from _notes(place, before.notes, after.notes)
    renumbered: dict[str, str] = {}
    old_parts = {part.code: part for part in before.parts}
    for part in after.parts:
        if part.code in old_parts:
            yield from _parts(after.number, old_parts[part.code], part, renumbered)
        else:
            yield Change(_K.PART_ADDED, at_part(after.number, part), after=part.text)
            yield from _new_and_gone(after.number, part, part, gone=(), new=_criteria(part))
    kept = {part.code for part in after.parts}
    for part in before.parts:
        if part.code not in kept:
            yield Change(_K.PART_REMOVED, at_part(after.number, part), before=part.text)
            yield from _new_and_gone(after.number, part, part, gone=_criteria(part), new=())
    yield from _gates_moved(before, after, renumbered)
    yield from _come_and_gone(
        place,
        (_K.PROBLEM_REMOVED, [_problem(problem) for problem in before.problems]),
        (_K.PROBLEM_ADDED, [_problem(problem) for problem in after.problems]),
    )


def _classified(criteria_set: CriteriaSet) -> Value:
    return tuple(
        Text(f"{one.code} {one.text.vi}", f"{one.code} {one.text.en}")
        for one in (criteria_set.industry, criteria_set.group)
    )


def _problem(problem: Problem) -> str:
    where = [problem.part, problem.group, problem.criterion, problem.option]
    return f"{problem.what} [{' / '.join(str(one) for one in where if one is not None)}]"


def _gates_moved(before: CriteriaSet, after: CriteriaSet, renumbered: dict[str, str]) -> Iterator[Change]:
    for gate in after.gates.values():
        if gate.id in before.gates:
            old, new = before.gate_criteria[gate.id], after.gate_criteria[gate.id]
            # A gate that stays at a criterion with a new number has not moved.
            now = tuple(renumbered.get(code, code) for code in old)
            if now != new:
                place = Place(set_number=after.number, gate=gate.id, label=gate.text)
                yield Change(_K.GATE_MOVED, place, before=now, after=new)


def _parts(number: int, before: Part, after: Part, renumbered: dict[str, str]) -> Iterator[Change]:
    yield from _differing(
        at_part(number, after),
        (_K.PART_RENAMED, before.text, after.text),
        (_K.PART_MAXIMUM_CHANGED, before.max, after.max),
    )
    groups = pairs_of_groups(before, after)
    for old, new in groups:
        place = at_group(number, after, new)
        yield from _differing(
            place,
            (_K.GROUP_RENUMBERED, old.code, new.code),
            (_K.GROUP_RENAMED, old.text, new.text),
            (_K.GROUP_MAXIMUM_CHANGED, old.max, new.max),
        )
        yield from _notes(place, old.notes, new.notes)
    for group in _unpaired(after.groups, [new for _, new in groups]):
        yield Change(_K.GROUP_ADDED, at_group(number, after, group), after=group.max)
    for group in _unpaired(before.groups, [old for old, _ in groups]):
        yield Change(_K.GROUP_REMOVED, at_group(number, before, group), before=group.max)
    same_group = {(old.code, new.code) for old, new in groups}
    found = pairs_of_criteria(before, after)
    for was, now in found:
        place = at_criterion(number, after, now, was)
        renumbered[was.code] = now.code
        from_group = at_criterion(number, before, was).group
        if (from_group, place.group) not in same_group:
            yield Change(_K.CRITERION_REGROUPED, place, from_group, place.group)
        yield from _criterion(place, was, now)
    yield from _new_and_gone(
        number,
        before,
        after,
        gone=_unpaired(_criteria(before), [old for old, _ in found]),
        new=_unpaired(_criteria(after), [new for _, new in found]),
    )


def _criteria(part: Part) -> list[Criterion]:
    return [criterion for group in part.groups for criterion in group.criteria]


def _unpaired(things: Iterable[T], paired: Iterable[T]) -> list[T]:
    known = {id(thing) for thing in paired}
    return [thing for thing in things if id(thing) not in known]


def _new_and_gone(
    number: int, before: Part, after: Part, *, gone: Iterable[Criterion], new: Iterable[Criterion]
) -> Iterator[Change]:
    for criterion in new:
        yield Change(_K.CRITERION_ADDED, at_criterion(number, after, criterion), after=criterion.max)
    for criterion in gone:
        yield Change(_K.CRITERION_REMOVED, at_criterion(number, before, criterion), before=criterion.max)


def _criterion(place: Place, before: Criterion, after: Criterion) -> Iterator[Change]:
    yield from _differing(
        place,
        (_K.CRITERION_RENUMBERED, before.code, after.code),
        (_K.CRITERION_RENAMED, before.text, after.text),
        (_K.CRITERION_HEADING_CHANGED, before.heading, after.heading),
        (_K.CRITERION_MAXIMUM_CHANGED, before.max, after.max),
        (_K.COMMUNE_TOPIC_CHANGED, before.commune_topic, after.commune_topic),
        (_K.CASES_CHANGED, _cases(before), _cases(after)),
    )
    if before.inferred_options != after.inferred_options:
        yield Change(_K.READING_CHANGED, place)
    yield from _notes(place, before.notes, after.notes)
    options = pairs_of_options(before, after)
    stars = set()
    for change in _minimums(place, before, after, options):
        stars.add(change.place.star)
        yield change
    for old, new in options:
        yield from _option(replace(place, option=new.level), old, new, stars)
    for option in _unpaired(after.options, [new for _, new in options]):
        yield Change(_K.OPTION_ADDED, replace(place, option=option.level), after=option_value(option))
    for option in _unpaired(before.options, [old for old, _ in options]):
        yield Change(_K.OPTION_REMOVED, replace(place, option=option.level), before=option_value(option))


def _cases(criterion: Criterion) -> Value:
    return tuple(Text(f"{c.number}: {c.text.vi}", f"{c.number}: {c.text.en}") for c in criterion.cases)


def _minimums(
    place: Place, before: Criterion, after: Criterion, options: Sequence[tuple[Option, Option]]
) -> Iterator[Change]:
    """Where the least option for a star is another one, not the same option under a new level."""
    became = {id(old): new for old, new in options}
    marks = {o.min_star for o in (*before.options, *after.options) if o.min_star is not None}
    cases = {o.case for o in (*before.options, *after.options)}
    for star in sorted(marks):
        for case in sorted(cases, key=lambda number: number or 0):
            old = before.required(star, case=case, cumulative=False)
            new = after.required(star, case=case, cumulative=False)
            if old is None and new is None:
                continue
            if old is None or new is None or became.get(id(old)) is not new:
                yield Change(
                    _K.STAR_MINIMUM_CHANGED,
                    replace(place, star=star, option=None if new is None else new.level),
                    option_value(old),
                    option_value(new),
                )


def _option(place: Place, before: Option, after: Option, told: set[int | None]) -> Iterator[Change]:
    yield from _differing(
        place,
        (_K.OPTION_RELEVELLED, before.level, after.level),
        (_K.OPTION_REWORDED, before.text, after.text),
        (_K.OPTION_POINTS_CHANGED, before.points, after.points),
        (_K.OPTION_CASE_CHANGED, before.case, after.case),
    )
    if before.min_star != after.min_star and not {before.min_star, after.min_star} & (told - {None}):
        yield Change(_K.STAR_MARK_CHANGED, place, before.min_star, after.min_star)
    if (before.inferred, before.star_mark_on) != (after.inferred, after.star_mark_on):
        yield Change(_K.READING_CHANGED, place)
    yield from _notes(place, before.notes, after.notes)


def _notes(place: Place, before: Iterable[Note], after: Iterable[Note]) -> Iterator[Change]:
    yield from _come_and_gone(
        place,
        (_K.NOTE_REMOVED, [_note(note) for note in before]),
        (_K.NOTE_ADDED, [_note(note) for note in after]),
    )


def _note(note: Note) -> Text:
    if note.kind is NoteKind.GUIDANCE and note.gate is None:
        return note.text
    mark = f" [{note.kind.value}{'' if note.gate is None else ' ' + note.gate}]"
    return Text(note.text.vi + mark, note.text.en + mark)


def _come_and_gone(
    place: Place,
    gone: tuple[CriteriaChangeKind, Sequence[Value]],
    come: tuple[CriteriaChangeKind, Sequence[Value]],
) -> Iterator[Change]:
    """What stands in one list more often than in the other, in the order of each list."""
    before, after = Counter(gone[1]), Counter(come[1])
    for value in before - after:
        yield Change(gone[0], place, before=value)
    for value in after - before:
        yield Change(come[0], place, after=value)


def _differing(place: Place, *facts: tuple[CriteriaChangeKind, Value, Value]) -> Iterator[Change]:
    for kind, before, after in facts:
        if before != after:
            yield Change(kind, place, before, after)
