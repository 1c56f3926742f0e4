"""The words and numbers of the printed form, as plain data for its template."""

from typing import Any

from ocop_api.domain.rubric.criteria import (
    NONE_REACHED,
    CriteriaSet,
    Criterion,
    EditionHeader,
    Group,
    Note,
    Option,
    Part,
)
from ocop_api.scoring.papers.wording import (
    GATE_EFFECTS,
    NONE_REACHED_TEXT,
    bands_of,
    legal_basis,
    points,
    problem_text,
)


def form_content(header: EditionHeader, criteria_set: CriteriaSet) -> dict[str, Any]:
    """Everything the form says, as JSON takes it; texts are printed as they stand."""
    return {
        "edition": criteria_set.edition,
        "number": criteria_set.number,
        "name": criteria_set.text.vi,
        "industry": criteria_set.industry.text.vi,
        "group": criteria_set.group.text.vi,
        "ministries": list(criteria_set.ministries),
        "legal_basis": legal_basis(header),
        "samples": criteria_set.samples_required,
        "total": points(header.total),
        "attainable": points(criteria_set.attainable),
        "ladder": list(header.ladder),
        "recognised_from": header.recognised_from,
        "parts": [_part(part) for part in criteria_set.parts],
        "gates": [
            {
                "text": gate.text.vi,
                "effect": GATE_EFFECTS[gate.effect],
                "criteria": list(criteria_set.gate_criteria[gate.id]),
            }
            for gate in criteria_set.gates.values()
        ],
        "notes": _notes(criteria_set.notes),
        "problems": [problem_text(problem) for problem in criteria_set.problems],
        "bands": [{"star": star, "points": said} for star, said in bands_of(header)],
    }


def _part(part: Part) -> dict[str, Any]:
    return {
        "code": part.code,
        "text": part.text.vi,
        "max": points(part.max),
        "groups": [_group(group) for group in part.groups],
    }


def _group(group: Group) -> dict[str, Any]:
    criteria = [_criterion(criterion) for criterion in group.criteria]
    first = group.criteria[0]
    alone = len(criteria) == 1 and (first.code, first.text, first.max) == (group.code, group.text, group.max)
    notes = _notes(group.notes)
    if alone:
        criteria[0]["notes"] = [*notes, *(note for note in criteria[0]["notes"] if note not in notes)]
    return {
        "code": group.code,
        "text": group.text.vi,
        "max": points(group.max),
        "alone": alone,
        "notes": notes,
        "criteria": criteria,
    }


def _criterion(criterion: Criterion) -> dict[str, Any]:
    none: list[dict[str, Any]] = []
    if NONE_REACHED in criterion.levels():
        none = [{"text": NONE_REACHED_TEXT, "points": "0", "star": None, "inferred": False, "notes": []}]
    ladders: list[dict[str, Any]]
    if criterion.cases:
        ladders = [
            {"case": case.text.vi, "options": [_option(o) for o in criterion.options_of(case.number)]}
            for case in criterion.cases
        ]
    else:
        ladders = [{"case": None, "options": [_option(option) for option in criterion.options]}]
    return {
        "code": criterion.code,
        "text": criterion.text.vi,
        "heading": None if criterion.heading is None else criterion.heading.vi,
        "max": points(criterion.max),
        "notes": _notes(criterion.notes),
        "inferred": criterion.inferred_options,
        "ladders": [*ladders, {"case": None, "options": none}] if none else ladders,
    }


def _option(option: Option) -> dict[str, Any]:
    return {
        "text": option.text.vi,
        "points": points(option.points),
        "star": option.min_star,
        "inferred": option.inferred,
        "notes": _notes(option.notes),
    }


def _notes(notes: tuple[Note, ...]) -> list[dict[str, str]]:
    return [{"kind": note.kind.value, "text": note.text.vi} for note in notes]
