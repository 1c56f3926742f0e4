"""What a criteria edition (*bộ tiêu chí đánh giá, phân hạng*) is made of.

An edition holds 26 sets, one for each kind of product; a set has the parts A, B and C, a part has
groups, a group has criteria, and a criterion has options of which an examiner chooses one.
Everything here is immutable data; reading and checking it is the work of ``edition``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Literal

from ocop_api.domain.errors import NotFound

Language = Literal["vi", "en"]

NONE_REACHED = 0
"""The level an examiner chooses when not even the lowest printed option is reached: 0 points."""


@dataclass(frozen=True, slots=True)
class Text:
    """A wording in Vietnamese and English."""

    vi: str
    en: str

    def in_language(self, language: Language) -> str:
        """Return the wording in the language asked for."""
        return self.vi if language == "vi" else self.en


class GateEffect(StrEnum):
    """What follows when an examiner records a gate."""

    DISQUALIFY_DOSSIER = "disqualify_dossier"
    STOP_EVALUATION = "stop_evaluation"
    SKIP_CRITERION = "skip_criterion"

    @property
    def ends_evaluation(self) -> bool:
        """Whether no star can come of a sheet on which the gate is recorded."""
        return self is not GateEffect.SKIP_CRITERION


class NoteKind(StrEnum):
    """What a note beside a criterion does."""

    GATE = "gate"
    GUIDANCE = "guidance"
    REQUIREMENT = "requirement"
    APPLICABILITY = "applicability"


@dataclass(frozen=True, slots=True)
class Gate:
    """A finding that ends the evaluation or takes a criterion out of it (26/2026, notes of Annex II)."""

    id: str
    effect: GateEffect
    text: Text


@dataclass(frozen=True, slots=True)
class Note:
    """A note of a set, group, criterion or option; ``gate`` names the gate it introduces, if any."""

    text: Text
    kind: NoteKind
    gate: str | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """One of two alternatives (*trường hợp*) of a criterion; the one that fits the product is scored."""

    number: int
    text: Text


@dataclass(frozen=True, slots=True)
class Option:
    """One rung of a criterion.

    ``level`` counts from 1 through the whole criterion, across its cases. ``min_star`` marks the
    option as the least to be reached in its criterion for that star. ``star_mark_on`` is
    ``"criterion"`` where the decision prints the mark beside the criterion, not the option.
    ``inferred`` means that points or wording were unreadable and taken from the sister sets.
    """

    level: int
    points: Decimal
    text: Text
    min_star: int | None = None
    case: int | None = None
    star_mark_on: str | None = None
    inferred: bool = False
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class Criterion:
    """One criterion (*tiêu chí*) with its options in ascending level.

    ``commune_topic`` names the topic under which the commune assesses it (26/2026, Art. 7), if any.
    ``max`` is the printed maximum, ``best`` what the options give; where they differ the set says so
    in its ``problems``.
    """

    code: str
    text: Text
    max: Decimal
    options: tuple[Option, ...]
    cases: tuple[Case, ...] = ()
    commune_topic: str | None = None
    heading: Text | None = None
    inferred_options: bool = False
    notes: tuple[Note, ...] = ()
    by_level: Mapping[int, Option] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_level", MappingProxyType({o.level: o for o in self.options}))

    @property
    def best(self) -> Decimal:
        """The most points an option of this criterion gives."""
        return max(option.points for option in self.options)

    def options_of(self, case: int | None) -> tuple[Option, ...]:
        """Return the options of one case, or all of them when ``case`` is None."""
        return tuple(option for option in self.options if case is None or option.case == case)

    def levels(self, case: int | None = None) -> tuple[int, ...]:
        """Return the levels that may be chosen, ascending, ``NONE_REACHED`` first where it exists.

        About half of the criteria print no option worth 0 points although a product may well fall
        short of the lowest one (no quality declaration at all, say). There, and only there, level 0
        stands for "none of the options is reached".
        """
        options = self.options_of(case)
        printed = tuple(option.level for option in options)
        return printed if any(option.points == 0 for option in options) else (NONE_REACHED, *printed)

    def required(self, star: int, *, case: int | None = None, cumulative: bool = True) -> Option | None:
        """Return the option that must be reached for ``star``, or None when the criterion sets no minimum.

        Where several options bear the same star the lowest of them is the minimum. With
        ``cumulative`` the marks of the lower stars bind too and the strictest of them is returned.
        In a criterion with cases only the marks of ``case`` count.
        """
        lowest: dict[int, Option] = {}
        for option in self.options_of(case):
            mark = option.min_star
            if mark is not None and (mark == star or (cumulative and mark < star)):
                lowest.setdefault(mark, option)
        return max(lowest.values(), key=lambda option: option.level, default=None)


@dataclass(frozen=True, slots=True)
class Group:
    """A numbered group of criteria inside a part."""

    code: str
    text: Text
    max: Decimal
    criteria: tuple[Criterion, ...]
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """Part A (product and community), B (marketing) or C (quality) of a set."""

    code: str
    text: Text
    max: Decimal
    groups: tuple[Group, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in the printed set that does not add up or had to be inferred, and where."""

    what: str
    criterion: str | None = None
    option: int | None = None
    group: str | None = None
    part: str | None = None


@dataclass(frozen=True, slots=True)
class KnownGap:
    """A remark on the printed edition. ``scope`` says in words which sets, when ``sets`` is empty."""

    issue: str
    sets: tuple[int, ...] = ()
    scope: str | None = None
    criterion: str | None = None


@dataclass(frozen=True, slots=True)
class Classification:
    """An industry (*ngành*) or product group (*nhóm*) of Annex I."""

    code: str
    text: Text


@dataclass(frozen=True, slots=True, eq=False)
class CriteriaSet:
    """The criteria for one kind of product (*bộ sản phẩm*), compared by identity.

    ``gates`` are those the notes of this set introduce; ``gate_criteria`` says which criteria each
    of them stands at (empty for a gate on the whole set). ``attainable`` is the most points the
    options give, which is below 100 where ``problems`` say why.
    """

    edition: str
    number: int
    text: Text
    industry: Classification
    group: Classification
    ministries: tuple[str, ...]
    samples_required: int
    parts: tuple[Part, ...]
    attainable: Decimal
    gates: Mapping[str, Gate]
    notes: tuple[Note, ...] = ()
    problems: tuple[Problem, ...] = ()
    classification_note: str | None = None
    criteria: Mapping[str, Criterion] = field(init=False, repr=False)
    gate_criteria: Mapping[str, tuple[str, ...]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        criteria: dict[str, Criterion] = {}
        places: dict[str, list[str]] = {gate: [] for gate in self.gates}
        for group in (group for part in self.parts for group in part.groups):
            for criterion in group.criteria:
                criteria.setdefault(criterion.code, criterion)
                notes = [*group.notes, *criterion.notes, *(n for o in criterion.options for n in o.notes)]
                for gate in dict.fromkeys(note.gate for note in notes if note.gate is not None):
                    places.setdefault(gate, []).append(criterion.code)
        object.__setattr__(self, "criteria", MappingProxyType(criteria))
        object.__setattr__(
            self, "gate_criteria", MappingProxyType({gate: tuple(codes) for gate, codes in places.items()})
        )


@dataclass(frozen=True, slots=True)
class Band:
    """A star and the least total of points that belongs to it (26/2026, Art. 3.3)."""

    star: int
    points_from: Decimal


@dataclass(frozen=True, slots=True, eq=False)
class EditionHeader:
    """What an edition says about itself, without its sets.

    ``in_force_to`` is inclusive and None while the edition is in force. ``bands`` run from the
    highest star to the lowest. ``recognised_from`` is the lowest star that earns a recognition
    (26/2026, Art. 4.1a). ``part_maxima`` and ``total`` are the points every set must add up to.
    """

    code: str
    legal_basis: str
    in_force_from: date
    in_force_to: date | None
    about: str
    bands: tuple[Band, ...]
    recognised_from: int
    total: Decimal
    part_maxima: Mapping[str, Decimal]
    gates: Mapping[str, Gate]
    known_gaps: tuple[KnownGap, ...]
    set_numbers: tuple[int, ...]

    @property
    def ladder(self) -> tuple[int, ...]:
        """The stars that are recognised, ascending; only these may carry minimums."""
        return tuple(sorted(band.star for band in self.bands if band.star >= self.recognised_from))

    def in_force(self, on: date) -> bool:
        """Whether dossiers lodged on that day (Asia/Ho_Chi_Minh) are scored by this edition."""
        return self.in_force_from <= on and (self.in_force_to is None or on <= self.in_force_to)


@dataclass(frozen=True, slots=True, eq=False)
class Edition(EditionHeader):
    """An edition with its sets by number, compared by identity."""

    sets: Mapping[int, CriteriaSet]

    def criteria_set(self, number: int) -> CriteriaSet:
        """Return one set.

        Raises:
            NotFound: ``rubric.unknown_set`` with the numbers that exist.
        """
        try:
            return self.sets[number]
        except KeyError:
            raise NotFound(
                "rubric.unknown_set", edition=self.code, set_number=number, set_numbers=list(self.sets)
            ) from None
