"""What a self-assessment holds, held to its criteria. Pure decisions."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from ocop_api.assessments.schemas import AssessedChoice, AssessedGate
from ocop_api.domain.errors import Invalid
from ocop_api.domain.rubric.advice import check_target
from ocop_api.domain.rubric.edition import load_edition
from ocop_api.domain.rubric.scoresheet import Choice, RecordedGate, Scoresheet, find_faults


@dataclass(frozen=True, slots=True)
class Entry:
    """What is chosen in one criterion. ``version`` is the assessment's version of its last change."""

    level: int | None
    case: int | None
    remark: str | None
    evidence: tuple[UUID, ...]
    version: int
    changed_at: datetime

    @classmethod
    def stored(cls, raw: Mapping[str, Any]) -> "Entry":
        """The entry a row keeps as JSON."""
        return cls(
            level=raw["level"],
            case=raw["case"],
            remark=raw["remark"],
            evidence=tuple(UUID(document_id) for document_id in raw["evidence"]),
            version=raw["version"],
            changed_at=datetime.fromisoformat(raw["changed_at"]),
        )

    @classmethod
    def written(cls, body: AssessedChoice, version: int, now: datetime) -> "Entry":
        """The entry of a request; a document that is named twice counts once."""
        evidence = tuple(dict.fromkeys(body.evidence))
        return cls(body.level, body.case, body.remark or None, evidence, version, now)

    def says_as(self, other: "Entry | None") -> bool:
        """Whether both choose and prove the same, whenever they were written."""
        if other is None:
            return False
        return replace(self, version=other.version, changed_at=other.changed_at) == other

    def as_json(self) -> dict[str, Any]:
        """What a row keeps."""
        return {
            "level": self.level,
            "case": self.case,
            "remark": self.remark,
            "evidence": [str(document_id) for document_id in self.evidence],
            "version": self.version,
            "changed_at": self.changed_at.isoformat(),
        }


Entries = Mapping[str, Entry]
"""What is chosen, by criterion."""


def entries_of(choices: Mapping[str, Any]) -> dict[str, Entry]:
    """The choices of a row."""
    return {code: Entry.stored(raw) for code, raw in choices.items()}


def as_json(entries: Entries) -> dict[str, Any]:
    """The choices as a row keeps them."""
    return {code: entry.as_json() for code, entry in entries.items()}


def documents_in(entries: Entries) -> set[UUID]:
    """Every document that is named as evidence."""
    return {document_id for entry in entries.values() for document_id in entry.evidence}


def gates_of(raw: Iterable[Mapping[str, Any] | AssessedGate]) -> tuple[RecordedGate, ...]:
    """Gates of a row or request, as the rubric takes them."""
    told = (AssessedGate.model_validate(gate) for gate in raw)
    return tuple(RecordedGate(gate.gate, gate.reason) for gate in told)


def domain_choices(entries: Entries) -> dict[str, Choice]:
    """The levels chosen so far, as the rubric takes them."""
    return {
        code: Choice(entry.level, entry.case) for code, entry in entries.items() if entry.level is not None
    }


def sheet_of(
    edition: str, set_number: int, entries: Entries, gates: Iterable[Mapping[str, Any]]
) -> Scoresheet:
    """The sheet that stored choices and gates make.

    Raises:
        Invalid: the first fault; there is none in what was stored.
    """
    return Scoresheet.of(edition, set_number, domain_choices(entries), gates_of(gates))


def check_choices(edition: str, set_number: int, entries: Entries) -> None:
    """Refuse what the set does not know, each criterion named.

    Raises:
        Invalid: ``rubric.unknown_criterion``, ``rubric.unknown_level``, ``rubric.unknown_case`` or
            ``rubric.case_not_applicable`` for one fault, ``assessments.case_without_level``;
            ``assessments.choices_invalid`` with ``faults`` for several.
        NotFound: ``rubric.unknown_edition``, ``rubric.unknown_set``.
    """
    known = load_edition(edition).criteria_set(set_number).criteria
    faults = find_faults(edition, set_number, domain_choices(entries))
    for code, entry in entries.items():
        if entry.level is not None:
            continue
        if code not in known:
            faults += find_faults(edition, set_number, {code: Choice(0)})
        elif entry.case is not None:
            faults.append(Invalid("assessments.case_without_level", criterion=code, case=entry.case))
    if len(faults) == 1:
        raise faults[0]
    if faults:
        told = [{"code": fault.code, **fault.data} for fault in faults]
        raise Invalid("assessments.choices_invalid", count=len(told), faults=told)


def check_gates(edition: str, set_number: int, gates: Iterable[AssessedGate]) -> None:
    """Refuse gates the set does not introduce.

    Raises:
        Invalid: ``rubric.unknown_gate``, ``rubric.gate_recorded_twice``, ``rubric.gate_reason_missing``.
    """
    for fault in find_faults(edition, set_number, {}, gates_of(gates)):
        raise fault


def check_wanted(edition: str, star: int | None) -> None:
    """Refuse to aim at a star that is not recognised.

    Raises:
        Invalid: ``rubric.unknown_target_star`` with the stars that are.
    """
    if star is not None:
        check_target(load_edition(edition), star)
