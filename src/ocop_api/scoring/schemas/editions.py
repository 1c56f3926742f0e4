"""Criteria editions and their sets as the public API shows them."""

from datetime import date

from pydantic import Field

from ocop_api.domain.rubric.criteria import (
    Classification,
    CriteriaSet,
    Criterion,
    EditionHeader,
    Gate,
    GateEffect,
    Note,
    NoteKind,
)
from ocop_api.scoring.schemas.texts import TextRead
from ocop_api.web.schemas import Exact, Output


class BandRead(Output):
    """A star and the least total that belongs to it (26/2026, Art. 3.3)."""

    star: int = Field(examples=[5])
    points_from: Exact = Field(examples=["90"])


class GateRead(Output):
    """A finding that ends the evaluation or takes a criterion out of it."""

    id: str = Field(examples=["no_product_story"])
    effect: GateEffect
    text: TextRead
    criteria: list[str] = Field(description="criteria it stands at; empty for the whole dossier")


class NoteRead(Output):
    """A note of a set, group, criterion or option."""

    kind: NoteKind = Field(examples=["requirement"])
    text: TextRead
    gate: str | None = Field(
        description="gate that the note introduces, if any", examples=["no_product_story"]
    )


class ClassificationRead(Output):
    """Industry or product group of Annex I."""

    code: str = Field(examples=["II"])
    text: TextRead


class CaseRead(Output):
    """One of the alternatives of a criterion; the one that fits the product is scored."""

    number: int = Field(examples=[1])
    text: TextRead


class OptionRead(Output):
    """One rung of a criterion. ``level`` is what a sheet records."""

    level: int = Field(examples=[2])
    points: Exact = Field(examples=["3"])
    text: TextRead
    min_star: int | None = Field(description="the least to be reached for this star")
    case: int | None
    star_mark_on: str | None = Field(description="`criterion` where the decision prints the mark there")
    inferred: bool = Field(description="points or wording unreadable in print, taken from sister sets")
    notes: list[NoteRead]


class CriterionRead(Output):
    """One criterion with its options in ascending level."""

    code: str = Field(examples=["1.1"])
    text: TextRead
    heading: TextRead | None
    max: Exact
    levels: list[int] = Field(description="levels that may be chosen; 0 where none of the options may fit")
    commune_topic: str | None = Field(description="topic under which the commune assesses it (Art. 7)")
    cases: list[CaseRead]
    options: list[OptionRead]
    inferred_options: bool
    notes: list[NoteRead]


class GroupRead(Output):
    """A numbered group of criteria inside a part."""

    code: str = Field(examples=["1"])
    text: TextRead
    max: Exact = Field(examples=["15"])
    criteria: list[CriterionRead]
    notes: list[NoteRead]


class PartRead(Output):
    """Part A, B or C of a set."""

    code: str = Field(examples=["A"])
    text: TextRead
    max: Exact = Field(examples=["40"])
    groups: list[GroupRead]


class ProblemRead(Output):
    """Something in the printed set that does not add up or had to be inferred, and where."""

    what: str = Field(examples=["The options of the criterion do not add up to its maximum."])
    part: str | None
    group: str | None
    criterion: str | None = Field(examples=["1.1"])
    option: int | None


class SetSummary(Output):
    """A set in the list of its edition."""

    number: int = Field(examples=[13])
    text: TextRead
    industry: ClassificationRead
    group: ClassificationRead
    ministries: list[str]
    samples_required: int
    attainable: Exact = Field(description="most points that the options give")


class SetRead(SetSummary):
    """A whole criteria set: parts, groups, criteria, options, notes, gates and known problems."""

    edition: str = Field(examples=["qd26-2026"])
    classification_note: str | None
    parts: list[PartRead]
    gates: list[GateRead]
    notes: list[NoteRead]
    problems: list[ProblemRead]


class SetList(Output):
    """The sets of an edition."""

    items: list[SetSummary]


class KnownGapRead(Output):
    """A remark on the printed edition; ``scope`` says which sets in words when ``sets`` is empty."""

    issue: str = Field(examples=["The points of one option are unreadable in print."])
    sets: list[int] = Field(examples=[[13]])
    scope: str | None
    criterion: str | None = Field(examples=["1.1"])


class EditionSummary(Output):
    """An edition of the criteria and when it is in force."""

    code: str = Field(examples=["qd26-2026"])
    legal_basis: str = Field(examples=["26/2026/QĐ-TTg"])
    in_force_from: date
    in_force_to: date | None = Field(description="inclusive; null while in force")
    about: str
    set_numbers: list[int]
    shipped: bool = Field(
        description="came with the system, never changes; an administrator added the others"
    )
    version: int | None = Field(description="of an added edition, for `If-Match`; null for a shipped one")


class EditionRead(EditionSummary):
    """An edition with its bands, gates and the known gaps of its print."""

    bands: list[BandRead]
    recognised_from: int = Field(description="lowest star that earns a recognition (26/2026, Art. 4.1a)")
    total: Exact
    part_maxima: dict[str, Exact]
    gates: list[GateRead]
    known_gaps: list[KnownGapRead]


class EditionList(Output):
    """All editions, oldest first."""

    items: list[EditionSummary]


def edition_summary(header: EditionHeader, version: int | None) -> EditionSummary:
    """An edition as the list shows it; ``version`` is None for a shipped one."""
    return EditionSummary(
        code=header.code,
        legal_basis=header.legal_basis,
        in_force_from=header.in_force_from,
        in_force_to=header.in_force_to,
        about=header.about,
        set_numbers=list(header.set_numbers),
        shipped=version is None,
        version=version,
    )


def edition_read(header: EditionHeader, version: int | None) -> EditionRead:
    """An edition without its sets."""
    return EditionRead(
        **edition_summary(header, version).model_dump(),
        bands=[BandRead.model_validate(band) for band in header.bands],
        recognised_from=header.recognised_from,
        total=header.total,
        part_maxima=dict(header.part_maxima),
        gates=[_gate(gate, ()) for gate in header.gates.values()],
        known_gaps=[KnownGapRead.model_validate(gap) for gap in header.known_gaps],
    )


def set_summary(criteria_set: CriteriaSet) -> SetSummary:
    """A set as the list of its edition shows it."""
    return SetSummary(
        number=criteria_set.number,
        text=TextRead.model_validate(criteria_set.text),
        industry=_classification(criteria_set.industry),
        group=_classification(criteria_set.group),
        ministries=list(criteria_set.ministries),
        samples_required=criteria_set.samples_required,
        attainable=criteria_set.attainable,
    )


def set_read(criteria_set: CriteriaSet) -> SetRead:
    """A whole set."""
    return SetRead(
        **set_summary(criteria_set).model_dump(),
        edition=criteria_set.edition,
        classification_note=criteria_set.classification_note,
        parts=[
            PartRead(
                code=part.code,
                text=TextRead.model_validate(part.text),
                max=part.max,
                groups=[
                    GroupRead(
                        code=group.code,
                        text=TextRead.model_validate(group.text),
                        max=group.max,
                        criteria=[_criterion(criterion) for criterion in group.criteria],
                        notes=_notes(group.notes),
                    )
                    for group in part.groups
                ],
            )
            for part in criteria_set.parts
        ],
        gates=[_gate(gate, criteria_set.gate_criteria[gate.id]) for gate in criteria_set.gates.values()],
        notes=_notes(criteria_set.notes),
        problems=[ProblemRead.model_validate(problem) for problem in criteria_set.problems],
    )


def _classification(classification: Classification) -> ClassificationRead:
    return ClassificationRead(code=classification.code, text=TextRead.model_validate(classification.text))


def _gate(gate: Gate, criteria: tuple[str, ...]) -> GateRead:
    return GateRead(
        id=gate.id, effect=gate.effect, text=TextRead.model_validate(gate.text), criteria=list(criteria)
    )


def _notes(notes: tuple[Note, ...]) -> list[NoteRead]:
    return [NoteRead.model_validate(note) for note in notes]


def _criterion(criterion: Criterion) -> CriterionRead:
    return CriterionRead(
        code=criterion.code,
        text=TextRead.model_validate(criterion.text),
        heading=None if criterion.heading is None else TextRead.model_validate(criterion.heading),
        max=criterion.max,
        levels=list(criterion.levels()),
        commune_topic=criterion.commune_topic,
        cases=[CaseRead.model_validate(case) for case in criterion.cases],
        options=[OptionRead.model_validate(option) for option in criterion.options],
        inferred_options=criterion.inferred_options,
        notes=_notes(criterion.notes),
    )
