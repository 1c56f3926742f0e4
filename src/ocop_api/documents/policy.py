"""Pure decisions about documents: names to show, words to find by, and when a producer is reminded."""

import re
import unicodedata
from collections.abc import Iterable
from datetime import date
from typing import Final

from ocop_api.domain.vietnamese import fold

REMINDERS: Final = (60, 30, 7)
"""Days before expiry on which a producer is told, longest first."""
MAX_NAME: Final = 200
_LONGEST_ENDING: Final = 10
_LONGEST_WORD: Final = 60
_WORDS: Final = 200_000
"""Bytes of all words together; the search vector of PostgreSQL ends at one megabyte."""


def display_name(given: str | None) -> str | None:
    """What a client called its file, fit to be shown: the last part of a path, no invisible characters.

    Control characters, marks of writing direction and lone surrogates are dropped; at most 200
    characters, the ending kept. None when nothing is left.
    """
    if not given:
        return None
    last = re.split(r"[/\\]", given)[-1]
    kept = "".join(c for c in last if unicodedata.category(c) not in {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
    name = " ".join(unicodedata.normalize("NFC", kept).split())
    if len(name) > MAX_NAME:
        stem, dot, ending = name.rpartition(".")
        ending = f".{ending}" if dot and len(ending) < _LONGEST_ENDING else ""
        name = f"{(stem if ending else name)[: MAX_NAME - len(ending)]}{ending}"
    return name.strip(". ") or None


def words_of(*texts: str | None) -> str:
    """The different folded words of texts, in the order they come, within what an index takes."""
    seen: dict[str, None] = {}
    size = 0
    for word in _words(texts):
        if word in seen or len(word) > _LONGEST_WORD:
            continue
        size += len(word.encode()) + 1
        if size > _WORDS:
            break
        seen[word] = None
    return " ".join(seen)


def _words(texts: Iterable[str | None]) -> Iterable[str]:
    for text in texts:
        if text:
            yield from fold(text).split()


def reminder_due(expires_on: date, today: date, reminded: int | None) -> int | None:
    """The term to remind of today, in days: the shortest one reached and not told yet; otherwise None.

    A job that missed a day tells the next time; what has expired is not told any more.
    """
    left = (expires_on - today).days
    if left < 0:
        return None
    reached = [days for days in REMINDERS if left <= days]
    if not reached or (reminded is not None and reminded <= reached[-1]):
        return None
    return reached[-1]
