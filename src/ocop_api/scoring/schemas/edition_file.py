"""The shape of an edition's document: what a file of criteria must look like before it is understood."""

from datetime import date
from typing import Annotated

from pydantic import Field, StringConstraints

from ocop_api.domain.rubric.criteria import GateEffect, NoteKind
from ocop_api.web.schemas import Code, Input, LongText

MAX_BYTES = 2 * 1024 * 1024
"""The largest document; the shipped editions are about a third of it."""

EditionCodeText = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=64)]
Points = Annotated[int, Field(ge=0, le=100)]
Number = Annotated[int, Field(ge=1, le=999)]
Level = Annotated[int, Field(ge=1, le=50)]
Said = Annotated[LongText, Field(min_length=1)]


class Worded(Input):
    """Something with a label in both languages."""

    vi: Said = Field(examples=["Nguồn nguyên liệu"])
    en: Said


class NoteFile(Worded):
    """A note of a set, group, criterion or option."""

    kind: NoteKind = Field(examples=["requirement"])
    gate: Code | None = None


class OptionFile(Worded):
    """One option of a criterion."""

    level: Level = Field(examples=[2])
    points: Points = Field(examples=[3])
    min_star: Annotated[int, Field(ge=1, le=5)] | None = None
    case: Annotated[int, Field(ge=1, le=9)] | None = None
    star_mark_on: Code | None = None
    inferred: bool = False
    notes: list[NoteFile] = Field(default=[], max_length=20)


class CriterionFile(Worded):
    """One criterion and its options."""

    code: Code = Field(examples=["1.1"])
    max: Points = Field(examples=[5])
    options: list[OptionFile] = Field(max_length=50)
    cases: dict[Annotated[str, StringConstraints(pattern="^[1-9]$")], Worded] = Field(default={})
    commune_topic: Code | None = None
    heading: Worded | None = None
    inferred_options: bool = False
    notes: list[NoteFile] = Field(default=[], max_length=20)


class GroupFile(Worded):
    """A group of criteria."""

    code: Code = Field(examples=["1"])
    max: Points = Field(examples=[15])
    criteria: list[CriterionFile] = Field(max_length=50)
    notes: list[NoteFile] = Field(default=[], max_length=20)


class PartFile(Worded):
    """Part A, B or C."""

    code: Code = Field(examples=["A"])
    max: Points = Field(examples=[40])
    groups: list[GroupFile] = Field(max_length=50)


class ClassificationFile(Worded):
    """Industry or product group of Annex I."""

    code: Code = Field(examples=["II"])


class ProblemFile(Input):
    """Something the print does not get right, declared."""

    what: Said = Field(examples=["The options of the criterion do not add up to its maximum."])
    criterion: Code | None = None
    option: Level | None = None
    group: Code | None = None
    part: Code | None = None


class SetFile(Worded):
    """One criteria set."""

    number: Number = Field(examples=[13])
    industry: ClassificationFile
    group: ClassificationFile
    ministries: list[Code] = Field(max_length=10)
    samples_required: Annotated[int, Field(ge=0, le=1000)]
    parts: list[PartFile] = Field(max_length=9)
    attainable: Points
    notes: list[NoteFile] = Field(default=[], max_length=50)
    problems: list[ProblemFile] = Field(default=[], max_length=100)
    classification_note: LongText | None = None


class GateFile(Worded):
    """A finding that ends the evaluation or takes a criterion out of it."""

    id: Code = Field(examples=["no_product_story"])
    effect: GateEffect


class BandFile(Input):
    """A star and the least total that belongs to it."""

    star: Annotated[int, Field(ge=1, le=5, examples=[5])]
    points_from: Points = Field(alias="from")


class KnownGapFile(Input):
    """A place where the print is in doubt, and how it was read."""

    issue: Said = Field(examples=["The points of one option are unreadable in print."])
    set: Number | list[Number] | Code
    criterion: Code | None = None


class EditionFile(Input):
    """A whole edition: the header, with the sets in full."""

    edition: EditionCodeText = Field(examples=["qd26-2026-c1"])
    legal_basis: Said
    in_force_from: date
    in_force_to: date | None
    about: Said
    bands: list[BandFile] = Field(max_length=5)
    recognised_from: Annotated[int, Field(ge=1, le=5)]
    total: Points
    part_maxima: dict[Code, Points] = Field(max_length=9)
    gates: list[GateFile] = Field(max_length=100)
    known_gaps: list[KnownGapFile] = Field(default=[], max_length=200)
    sets: list[SetFile] = Field(max_length=99)
