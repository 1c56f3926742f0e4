"""What changed between two editions, as the public API shows it."""

from collections import Counter
from datetime import date
from decimal import Decimal
from typing import Any

from pydantic import Field

from ocop_api.domain.rubric.changes import Change, CriteriaChangeKind, Place
from ocop_api.domain.rubric.comparing import EditionChanges, SetChanges
from ocop_api.domain.rubric.criteria import Language
from ocop_api.scoring.schemas.texts import TextRead, plain
from ocop_api.web.schemas import Output


class ChangedPlace(Output):
    """Where a change lies: codes of the later edition, or of the earlier one for what is gone."""

    set_number: int | None = Field(examples=[13])
    part: str | None = Field(examples=["A"])
    group: str | None = Field(examples=["1"])
    criterion: str | None = Field(examples=["1.3"])
    criterion_before: str | None = Field(
        description="code of the same criterion in the earlier edition", examples=["1.2"]
    )
    option: int | None = Field(description="level of the option", examples=[2])
    gate: str | None = Field(examples=["no_product_story"])
    star: int | None = Field(description="star whose minimum changed", examples=[4])


class CriteriaChangeRead(Output):
    """One difference between two editions."""

    kind: CriteriaChangeKind = Field(examples=["criterion_maximum_changed"])
    place: ChangedPlace
    before: Any = Field(description="what stood there; points as decimal strings", examples=["5"])
    after: Any = Field(description="what stands there now; points as decimal strings", examples=["3"])
    sentence: str = Field(
        description="in the answer's language",
        examples=["Tiêu chí 1.1 (Nguồn nguyên liệu): điểm tối đa 5 → 3."],
    )


class ChangeCount(Output):
    """How many changes of a kind a set has."""

    kind: CriteriaChangeKind = Field(examples=["criterion_added"])
    count: int = Field(examples=[2])


class SetChangesSummary(Output):
    """How much changed in one set; the changes themselves are read set by set."""

    number: int = Field(examples=[13])
    text: TextRead
    total: int = Field(description="number of changes", examples=[118])
    counts: list[ChangeCount]


class EditionChangesRead(Output):
    """What changed from one edition to another; sets are matched by number."""

    before: str = Field(examples=["qd148-2023"])
    after: str = Field(examples=["qd26-2026"])
    changes: list[CriteriaChangeRead] = Field(
        description="of the edition as a whole, and sets that came or went"
    )
    sets: list[SetChangesSummary]


class AllChangesRead(Output):
    """Every change from one edition to another: of the edition as a whole first, then set by set."""

    before: str = Field(examples=["qd26-2026"])
    after: str = Field(examples=["qd26-2026-c1"])
    changes: list[CriteriaChangeRead] = Field(description="`place` says where")


class SetChangesRead(Output):
    """What changed in one set; groups and criteria are matched by wording first and by code second."""

    before: str = Field(examples=["qd148-2023"])
    after: str = Field(examples=["qd26-2026"])
    number: int = Field(examples=[13])
    text: TextRead
    changes: list[CriteriaChangeRead]


def edition_changes_read(found: EditionChanges, language: Language) -> EditionChangesRead:
    """The comparison of two editions, its sentences in one language."""
    return EditionChangesRead(
        before=found.before,
        after=found.after,
        changes=[_change(change, language) for change in found.changes],
        sets=[_summary(one) for one in found.sets],
    )


def all_changes_read(found: EditionChanges, language: Language) -> AllChangesRead:
    """The comparison of two editions with everything in it, its sentences in one language."""
    everything = [*found.changes, *(change for one in found.sets for change in one.changes)]
    return AllChangesRead(
        before=found.before, after=found.after, changes=[_change(change, language) for change in everything]
    )


def set_changes_read(before: str, after: str, found: SetChanges, language: Language) -> SetChangesRead:
    """The comparison of one set, its sentences in one language."""
    return SetChangesRead(
        before=before,
        after=after,
        number=found.number,
        text=TextRead.model_validate(found.text),
        changes=[_change(change, language) for change in found.changes],
    )


def _summary(found: SetChanges) -> SetChangesSummary:
    counts = Counter(change.kind for change in found.changes)
    return SetChangesSummary(
        number=found.number,
        text=TextRead.model_validate(found.text),
        total=len(found.changes),
        counts=[ChangeCount(kind=kind, count=counts[kind]) for kind in CriteriaChangeKind if kind in counts],
    )


def _change(change: Change, language: Language) -> CriteriaChangeRead:
    return CriteriaChangeRead(
        kind=change.kind,
        place=_place(change.place),
        before=_datum(change.before),
        after=_datum(change.after),
        sentence=change.sentence(language),
    )


def _place(place: Place) -> ChangedPlace:
    return ChangedPlace(
        set_number=place.set_number,
        part=place.part,
        group=place.group,
        criterion=place.criterion,
        criterion_before=place.criterion_before,
        option=place.option,
        gate=place.gate,
        star=place.star,
    )


def _datum(value: object) -> Any:
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return [_datum(item) for item in value]
    return plain(value)
