"""What changed between two editions, for everybody."""

from functools import lru_cache

from ocop_api.domain.errors import NotFound
from ocop_api.domain.rubric.comparing import compare_editions, compare_sets
from ocop_api.domain.rubric.criteria import Language
from ocop_api.domain.rubric.edition import held_editions, load_edition
from ocop_api.scoring.schemas.editions_changes import (
    EditionChangesRead,
    SetChangesRead,
    edition_changes_read,
    set_changes_read,
)


def edition_before(code: str) -> str:
    """The edition in force before that one.

    Raises:
        NotFound: ``rubric.unknown_edition``, ``rubric.no_edition_before``.
    """
    codes = [header.code for header in held_editions()]
    place = codes.index(load_edition(code).code)
    if place == 0:
        raise NotFound("rubric.no_edition_before", edition=code)
    return codes[place - 1]


def edition_changes(code: str, since: str | None, language: Language) -> EditionChangesRead:
    """What changed in an edition since another, by default the one before.

    Raises:
        NotFound: ``rubric.unknown_edition``, ``rubric.no_edition_before``.
    """
    after = load_edition(code)
    before = load_edition(since or edition_before(code))
    return edition_changes_read(compared(before, after), language)


def set_changes(code: str, set_number: int, since: str | None, language: Language) -> SetChangesRead:
    """What changed in one set.

    Raises:
        NotFound: ``rubric.unknown_edition``, ``rubric.no_edition_before``, ``rubric.unknown_set``.
    """
    before = load_edition(since or edition_before(code))
    after = load_edition(code)
    found = compare_sets(before.criteria_set(set_number), after.criteria_set(set_number))
    return set_changes_read(before.code, after.code, found, language)


# By identity, so that an edition that was corrected is compared anew.
compared = lru_cache(maxsize=16)(compare_editions)
"""The comparison of two editions; a quarter of a second of work when asked first."""
