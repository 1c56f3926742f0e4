"""One difference between two editions, readable by a program and, as a sentence, by a person.

The wording lies in ``comparing_sentences.json`` under the kind of change; labels come from the editions.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import TypeAlias

from ocop_api.domain.rubric.criteria import Criterion, Group, Language, Option, Part, Text

Value: TypeAlias = "str | int | Decimal | date | Text | tuple[Value, ...] | None"
"""What a change goes from and to; a tuple is a list of such values, or an option as level, label, points."""


class CriteriaChangeKind(StrEnum):
    """What may differ between two editions."""

    LEGAL_BASIS_CHANGED = "legal_basis_changed"
    PERIOD_CHANGED = "period_changed"
    BANDS_CHANGED = "bands_changed"
    RECOGNISED_FROM_CHANGED = "recognised_from_changed"
    TOTAL_CHANGED = "total_changed"
    ABOUT_CHANGED = "about_changed"
    KNOWN_GAP_ADDED = "known_gap_added"
    KNOWN_GAP_REMOVED = "known_gap_removed"
    GATE_ADDED = "gate_added"
    GATE_REMOVED = "gate_removed"
    GATE_EFFECT_CHANGED = "gate_effect_changed"
    GATE_REWORDED = "gate_reworded"
    GATE_MOVED = "gate_moved"
    SET_ADDED = "set_added"
    SET_REMOVED = "set_removed"
    SET_RENAMED = "set_renamed"
    SET_RECLASSIFIED = "set_reclassified"
    CLASSIFICATION_NOTE_CHANGED = "classification_note_changed"
    MINISTRIES_CHANGED = "ministries_changed"
    SAMPLES_CHANGED = "samples_changed"
    ATTAINABLE_CHANGED = "attainable_changed"
    PROBLEM_ADDED = "problem_added"
    PROBLEM_REMOVED = "problem_removed"
    PART_ADDED = "part_added"
    PART_REMOVED = "part_removed"
    PART_RENAMED = "part_renamed"
    PART_MAXIMUM_CHANGED = "part_maximum_changed"
    GROUP_ADDED = "group_added"
    GROUP_REMOVED = "group_removed"
    GROUP_RENAMED = "group_renamed"
    GROUP_RENUMBERED = "group_renumbered"
    GROUP_MAXIMUM_CHANGED = "group_maximum_changed"
    CRITERION_ADDED = "criterion_added"
    CRITERION_REMOVED = "criterion_removed"
    CRITERION_RENAMED = "criterion_renamed"
    CRITERION_RENUMBERED = "criterion_renumbered"
    CRITERION_REGROUPED = "criterion_regrouped"
    CRITERION_MAXIMUM_CHANGED = "criterion_maximum_changed"
    CRITERION_HEADING_CHANGED = "criterion_heading_changed"
    COMMUNE_TOPIC_CHANGED = "commune_topic_changed"
    CASES_CHANGED = "cases_changed"
    STAR_MINIMUM_CHANGED = "star_minimum_changed"
    OPTION_ADDED = "option_added"
    OPTION_REMOVED = "option_removed"
    OPTION_REWORDED = "option_reworded"
    OPTION_POINTS_CHANGED = "option_points_changed"
    OPTION_RELEVELLED = "option_relevelled"
    OPTION_CASE_CHANGED = "option_case_changed"
    STAR_MARK_CHANGED = "star_mark_changed"
    READING_CHANGED = "reading_changed"
    NOTE_ADDED = "note_added"
    NOTE_REMOVED = "note_removed"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a change lies: codes of the later edition, or of the earlier one for what is gone.

    ``criterion_before`` is the code the criterion had in the earlier edition. ``label`` names the place
    in a sentence. Everything is None for the edition as a whole.
    """

    set_number: int | None = None
    part: str | None = None
    group: str | None = None
    criterion: str | None = None
    criterion_before: str | None = None
    option: int | None = None
    gate: str | None = None
    star: int | None = None
    label: Text | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """One difference: its kind, where it lies, and what stood there before and stands there after."""

    kind: CriteriaChangeKind
    place: Place
    before: Value = None
    after: Value = None

    def sentence(self, language: Language) -> str:
        """Return the change as a readable sentence."""
        place = self.place
        text = _sentences()[self.kind.value].in_language(language)
        told = text.format(
            where="" if place.label is None else place.label.in_language(language),
            level=place.option,
            star=place.star,
            before=written(self.before, language),
            after=written(self.after, language),
        )
        return told[:1].upper() + told[1:]


EDITION = Place()
"""The edition as a whole."""


def at_part(set_number: int, part: Part) -> Place:
    """The place of a part."""
    return Place(set_number=set_number, part=part.code, label=_label("_part", part.code, part.text))


def at_group(set_number: int, part: Part, group: Group) -> Place:
    """The place of a group."""
    return Place(
        set_number=set_number,
        part=part.code,
        group=group.code,
        label=_label("_group", group.code, group.text),
    )


def at_criterion(set_number: int, part: Part, criterion: Criterion, before: Criterion | None = None) -> Place:
    """The place of a criterion, with the code it had before."""
    group = next(group for group in part.groups if any(one is criterion for one in group.criteria))
    return Place(
        set_number=set_number,
        part=part.code,
        group=group.code,
        criterion=criterion.code,
        criterion_before=None if before is None else before.code,
        label=_label("_criterion", criterion.code, criterion.text),
    )


def at_set(set_number: int) -> Place:
    """The place of a set as a whole."""
    return Place(
        set_number=set_number,
        label=_label("_set", str(set_number), Text("", "")),
    )


def option_value(option: Option | None) -> Value:
    """An option as a value: level, wording, points; None for none."""
    return None if option is None else (option.level, option.text, option.points)


def written(value: Value, language: Language) -> str:
    """A value as the language writes it (89,5 in Vietnamese)."""
    if value is None or value == ():
        return _sentences()["_none"].in_language(language)
    if isinstance(value, Text):
        return value.in_language(language)
    if isinstance(value, Decimal):
        digits = f"{value:f}"
        return digits.replace(".", ",") if language == "vi" else digits
    if isinstance(value, tuple):
        told = [written(item, language) for item in value]
        if [type(item) for item in value] == [int, Text, Decimal]:
            level, label, points = told
            template = _sentences()["_option"].in_language(language)
            return template.format(level=level, label=label, points=points)
        return ", ".join(told)
    return f"{value:%d/%m/%Y}" if isinstance(value, date) else str(value)


def _label(name: str, code: str, text: Text) -> Text:
    template = _sentences()[name]
    return Text(
        vi=template.vi.format(code=code, label=text.vi), en=template.en.format(code=code, label=text.en)
    )


@cache
def _sentences() -> Mapping[str, Text]:
    file = resources.files("ocop_api.domain.rubric").joinpath("comparing_sentences.json")
    raw: dict[str, dict[str, str]] = json.loads(file.read_bytes())
    return {code: Text(vi=text["vi"], en=text["en"]) for code, text in raw.items()}
