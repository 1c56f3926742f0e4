"""Added criteria editions: what is stored, and what this process holds of it.

The engine takes editions from the shelf of its process (``domain.rubric.edition``). Whoever takes the code
of an edition from outside, or asks which is in force, asks here first; shipped editions cost no query.
"""

import asyncio
from collections.abc import Iterable
from datetime import date

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.db.tables.criteria import CriteriaEdition
from ocop_api.domain.rubric.admitting import read_document
from ocop_api.domain.rubric.edition import (
    Edition,
    added,
    edition_in_force,
    edition_under,
    load_edition,
    on_shelf,
    put_on_shelf,
    shipped,
    take_off_shelf,
)

_LOCK = 7033204
"""Shared by writers that cite an edition, alone for writers of editions."""


class EditionShelf:
    """The added editions in one session."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def need(self, codes: Iterable[str | None]) -> None:
        """Make sure that this process holds the editions of these codes, as far as they are stored."""
        if not all(code is None or shipped(code) for code in codes):
            await self.refresh()

    async def load(self, code: str) -> Edition:
        """The edition of that code as it is stored now; ``NotFound`` ``rubric.unknown_edition``."""
        await self.need([code])
        return load_edition(code)

    async def in_force(self, on: date) -> Edition:
        """The edition in force on a day, as ``domain.rubric.edition.edition_in_force``."""
        await self.refresh()
        return edition_in_force(on)

    async def under(self, edition_of_regime: str | None, on: date) -> str | None:
        """Code of the edition for a file lodged on a day, as ``domain.rubric.edition.edition_under``."""
        if edition_of_regime is None:
            return None
        await self.refresh()
        return edition_under(edition_of_regime, on)

    async def refresh(self) -> None:
        """Make what this process holds agree with what is stored."""
        rows = await self._session.execute(
            select(CriteriaEdition.code, CriteriaEdition.digest, CriteriaEdition.version)
        )
        stored = {row.code: (row.digest, row.version) for row in rows}
        for code in added():
            if code not in stored:
                take_off_shelf(code)
        for code, content in stored.items():
            held = on_shelf(code)
            if held is None or (held.digest, held.version) != content:
                await self._fetch(code)

    async def cite(self) -> None:
        """Keep editions as they are until this transaction ends; writers of editions wait."""
        await self._session.execute(select(func.pg_advisory_xact_lock_shared(_LOCK)))

    async def hold(self) -> None:
        """Keep everybody who cites an edition waiting until this transaction ends."""
        await self._session.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})

    async def _fetch(self, code: str) -> None:
        found = (
            await self._session.execute(
                select(CriteriaEdition.document, CriteriaEdition.digest, CriteriaEdition.version).where(
                    CriteriaEdition.code == code
                )
            )
        ).one_or_none()
        if found is not None:
            document, digest, version = found
            # A tenth of a second of work, once for each process and content.
            put_on_shelf(await asyncio.to_thread(read_document, document), digest, version)
