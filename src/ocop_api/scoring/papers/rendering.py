"""The papers of a set, made away from the event loop and kept while the process lives."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from ocop_api.domain.rubric.criteria import CriteriaSet, EditionHeader
from ocop_api.domain.rubric.edition import load_edition
from ocop_api.scoring.papers.printing import form_pdf
from ocop_api.scoring.papers.wording import file_stem
from ocop_api.scoring.papers.workbook import form_workbook

_KEPT: Final = 128
"""Papers kept of each kind: more than the sets of two editions, a quarter of a megabyte each at most."""

# One thread: the compiler takes one document at a time, and what one request makes the next finds made.
_thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="papers")

# Editions and sets are compared by identity: one that was changed is another object and is made anew.
_pdf = lru_cache(maxsize=_KEPT)(form_pdf)
_workbook = lru_cache(maxsize=_KEPT)(form_workbook)


@dataclass(frozen=True, slots=True)
class Paper:
    """A file and the name to save it by."""

    content: bytes
    file_name: str


async def printed_form(edition_code: str, set_number: int) -> Paper:
    """The scoring form to print, PDF.

    Raises:
        NotFound: ``rubric.unknown_edition`` or ``rubric.unknown_set``.
    """
    header, criteria_set = _set(edition_code, set_number)
    content = await asyncio.get_running_loop().run_in_executor(_thread, _pdf, header, criteria_set)
    return Paper(content, f"{file_stem(criteria_set)}.pdf")


async def workbook_form(edition_code: str, set_number: int) -> Paper:
    """The scoring form as a workbook that adds up by itself, xlsx; raises as ``printed_form``."""
    header, criteria_set = _set(edition_code, set_number)
    content = await asyncio.get_running_loop().run_in_executor(_thread, _workbook, header, criteria_set)
    return Paper(content, f"{file_stem(criteria_set)}.xlsx")


def _set(edition_code: str, set_number: int) -> tuple[EditionHeader, CriteriaSet]:
    edition = load_edition(edition_code)
    return edition, edition.criteria_set(set_number)
