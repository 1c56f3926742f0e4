"""Adding, correcting and removing editions of the criteria; what files cite never changes."""

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import rfc8785
from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.db.edition_shelf import EditionShelf
from ocop_api.db.tables.criteria import CriteriaEdition
from ocop_api.domain.actor import Actor, Permission
from ocop_api.domain.errors import Conflict, Forbidden, Invalid, NotFound, RuleViolation
from ocop_api.domain.rubric.criteria import Edition
from ocop_api.domain.rubric.edition import held_editions, latest_in_force, shipped, shipped_document
from ocop_api.ledger.recording import record
from ocop_api.scoring.edition_repository import EditionRepository
from ocop_api.scoring.schemas.edition_file import EditionFile
from ocop_api.scoring.service.edition_file import CheckedEdition, check_edition

Check = Callable[[int], None]
"""Refuses a version that is not the caller's, such as ``ExpectedVersion.check``."""


@dataclass(frozen=True, slots=True)
class Admission:
    """A checked edition; ``version`` is that of its row, None for the dry run of a new one."""

    checked: CheckedEdition
    stored: bool
    version: int | None


class EditionKeeper:
    """Added editions for one actor at one instant.

    Writers of editions come one after the other, and wait for everybody who is just about to cite one.
    """

    def __init__(self, session: AsyncSession, actor: Actor, now: datetime) -> None:
        self._session = session
        self._actor = actor
        self._now = now
        self._rows = EditionRepository(session)
        self._shelf = EditionShelf(session)

    async def document(self, code: str) -> dict[str, Any]:
        """The whole document of an edition, as it can be corrected and given back.

        Raises:
            NotFound: ``rubric.unknown_edition``.
        """
        if shipped(code):
            return await asyncio.to_thread(shipped_document, code)
        row = await self._rows.find(code)
        if row is None:
            # Tells which there are.
            await self._shelf.load(code)
            raise NotFound("rubric.unknown_edition", edition=code, editions=_codes())
        return row.document

    async def add(self, file: EditionFile, *, dry_run: bool) -> Admission:
        """Add an edition, which is in force from its first day on.

        Raises:
            Forbidden: ``auth.not_permitted``.
            EditionRefused: with every fault of the criteria.
            Conflict: ``rubric.edition_exists``, ``rubric.edition_day_taken``.
            RuleViolation: ``rubric.edition_reaches_back`` over dossiers that were lodged already.
        """
        await self._begin()
        if not shipped(file.edition) and await self._rows.find(file.edition) is not None:
            raise Conflict("rubric.edition_exists", edition=file.edition)
        checked = await self._checked(file)
        if dry_run:
            return Admission(checked, stored=False, version=None)
        row = CriteriaEdition(
            code=checked.edition.code,
            created_by=self._actor.user_id,
            created_at=self._now,
            version=1,
        )
        self._write(row, checked)
        await self._rows.add(row)
        await self._tell("edition.added", row)
        return Admission(checked, stored=True, version=row.version)

    async def replace(self, code: str, file: EditionFile, check: Check, *, dry_run: bool) -> Admission:
        """Put another document in the place of an added edition that nobody cites yet.

        Raises:
            Forbidden, EditionRefused, Conflict, RuleViolation: as ``add``.
            NotFound: ``rubric.unknown_edition``.
            Invalid: ``rubric.edition_code_differs``.
            RuleViolation: ``rubric.edition_shipped``, ``rubric.edition_in_use``.
            StaleVersion: of ``check``.
        """
        row = await self._changeable(code, check)
        if file.edition != code:
            raise Invalid("rubric.edition_code_differs", edition=file.edition, of_address=code)
        checked = await self._checked(file)
        if dry_run:
            return Admission(checked, stored=False, version=row.version)
        if row.digest != _digest(checked.document):
            self._write(row, checked)
            row.touch()
            await self._rows.flush()
            await self._tell("edition.replaced", row)
        return Admission(checked, stored=True, version=row.version)

    async def remove(self, code: str, check: Check) -> None:
        """Remove an added edition that nobody cites.

        Raises:
            Forbidden, NotFound, RuleViolation, StaleVersion: as ``replace``.
        """
        row = await self._changeable(code, check)
        await self._rows.remove(row)
        await self._tell("edition.removed", row)

    async def _begin(self) -> None:
        if not self._actor.scope(Permission.EDITION_MANAGE).everywhere:
            raise Forbidden("auth.not_permitted", permission=Permission.EDITION_MANAGE)
        await self._shelf.hold()
        await self._shelf.refresh()

    async def _changeable(self, code: str, check: Check) -> CriteriaEdition:
        await self._begin()
        if shipped(code):
            raise RuleViolation("rubric.edition_shipped", edition=code)
        row = await self._rows.find(code)
        if row is None:
            raise NotFound("rubric.unknown_edition", edition=code, editions=_codes())
        check(row.version)
        dossiers, assessments = await self._rows.citations(code)
        if dossiers or assessments:
            raise RuleViolation(
                "rubric.edition_in_use", edition=code, dossiers=dossiers, self_assessments=assessments
            )
        return row

    async def _checked(self, file: EditionFile) -> CheckedEdition:
        checked = await asyncio.to_thread(check_edition, file, held_editions())
        await self._require_ahead(checked.edition)
        return checked

    async def _require_ahead(self, edition: Edition) -> None:
        """Refuse an edition under which dossiers would have been lodged that followed another one."""
        beside = [other for other in held_editions() if other.code != edition.code]
        lodged = await self._rows.lodged(edition.in_force_from, edition.in_force_to)
        changed = {
            day: count
            for day, count in lodged.items()
            if latest_in_force([*beside, edition], day).code == edition.code
        }
        if changed:
            raise RuleViolation(
                "rubric.edition_reaches_back",
                edition=edition.code,
                dossiers=sum(changed.values()),
                last_day=max(changed),
            )

    def _write(self, row: CriteriaEdition, checked: CheckedEdition) -> None:
        row.in_force_from = checked.edition.in_force_from
        row.in_force_to = checked.edition.in_force_to
        row.document = checked.document
        row.digest = _digest(checked.document)
        row.updated_at = self._now

    async def _tell(self, kind: str, row: CriteriaEdition) -> None:
        await record(
            self._session,
            kind=kind,
            subject_type="edition",
            subject_id=row.code,
            actor=self._actor,
            at=self._now,
            data={
                "in_force_from": row.in_force_from.isoformat(),
                "in_force_to": None if row.in_force_to is None else row.in_force_to.isoformat(),
                "sha256": row.digest,
            },
        )


def _digest(document: dict[str, Any]) -> str:
    return hashlib.sha256(rfc8785.dumps(document)).hexdigest()


def _codes() -> list[str]:
    return [edition.code for edition in held_editions()]
