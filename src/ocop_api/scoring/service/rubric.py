"""The criteria as documents, and the evaluation of a sheet that nobody has to store."""

from datetime import date
from functools import lru_cache

from ocop_api.domain.rubric.criteria import CriteriaSet, Language
from ocop_api.domain.rubric.edition import edition_in_force, held_editions, load_edition, on_shelf
from ocop_api.domain.rubric.faults import SheetInvalid, located
from ocop_api.domain.rubric.scoresheet import Scoresheet, find_faults
from ocop_api.domain.rubric.stars import evaluate
from ocop_api.scoring.schemas.editions import (
    EditionList,
    EditionRead,
    SetList,
    edition_read,
    edition_summary,
    set_read,
    set_summary,
)
from ocop_api.scoring.schemas.evaluation import EvaluationRead, SheetContent, evaluation_record


def edition_list() -> EditionList:
    """All editions, oldest first."""
    return EditionList(items=[edition_summary(header, _version(header.code)) for header in held_editions()])


def edition_on(on: date) -> EditionRead:
    """The edition for dossiers lodged on that day; ``NotFound`` ``rubric.no_edition_in_force``."""
    edition = edition_in_force(on)
    return edition_read(edition, _version(edition.code))


def edition_by_code(code: str) -> EditionRead:
    """One edition; ``NotFound`` ``rubric.unknown_edition``."""
    return edition_read(load_edition(code), _version(code))


def _version(code: str) -> int | None:
    held = on_shelf(code)
    return None if held is None else held.version


def sets_of(code: str) -> SetList:
    """The sets of an edition; ``NotFound`` ``rubric.unknown_edition``."""
    return SetList(items=[set_summary(one) for one in load_edition(code).sets.values()])


def set_document(code: str, number: int) -> bytes:
    """A whole set as JSON.

    Raises:
        NotFound: ``rubric.unknown_edition`` or ``rubric.unknown_set``.
    """
    return _set_document(load_edition(code).criteria_set(number))


# By identity: the set of an edition that was corrected is another object and is written anew.
@lru_cache(maxsize=128)
def _set_document(criteria_set: CriteriaSet) -> bytes:
    return set_read(criteria_set).model_dump_json().encode()


def sheet_of(edition: str, set_number: int, content: SheetContent, *, root: str = "/body") -> Scoresheet:
    """The sheet of a request.

    Raises:
        SheetInvalid: with every fault and its pointer below ``root``.
        NotFound: ``rubric.unknown_edition`` or ``rubric.unknown_set``.
    """
    choices, gates = content.domain_choices(), content.domain_gates()
    faults = find_faults(edition, set_number, choices, gates)
    if faults:
        spelled_out = {code for code, chosen in content.choices.items() if chosen.case is not None}
        raise SheetInvalid(located(faults, gates, spelled_out, root=root))
    return Scoresheet(edition, set_number, choices, gates)


def evaluate_content(
    edition: str, set_number: int, content: SheetContent, language: Language
) -> EvaluationRead:
    """What these choices come to; raises as ``sheet_of``."""
    return evaluation_record(evaluate(sheet_of(edition, set_number, content))).read(language)
