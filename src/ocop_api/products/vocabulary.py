"""The words of the catalogue, for reading typing errors; kept by each process for a while."""

import time
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.products.repository.finding import all_words

_KEPT: Final = 300.0


class Vocabulary:
    """Words of products' and producers' names. A new word is found at once; only its misspellings wait."""

    def __init__(self) -> None:
        self._words: frozenset[str] = frozenset()
        self._read_at: float | None = None

    async def words(self, session: AsyncSession) -> frozenset[str]:
        """All words, at most five minutes old; one statement when they have to be read again."""
        now = time.monotonic()
        if self._read_at is None or now - self._read_at >= _KEPT:
            # Marked before the reading, so that requests at the same moment do not all read.
            self._read_at = now
            self._words = await all_words(session)
        return self._words
