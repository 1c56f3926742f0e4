"""Taking in sheets that were filled in without network: nothing twice, nothing lost, nothing overwritten."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import rfc8785
from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.db.base import uuid7
from ocop_api.db.tables.scoring import ScoreSheet, ScoringRound, SheetDraft
from ocop_api.domain.actor import Actor
from ocop_api.domain.errors import Conflict, DomainError, NotFound, RuleViolation
from ocop_api.domain.rubric.criteria import Language
from ocop_api.ledger.recording import record
from ocop_api.scoring.repository import SessionRepository
from ocop_api.scoring.schemas.evaluation import stored_choices
from ocop_api.scoring.schemas.sheets import SheetRead, SheetToSync, SyncOutcome
from ocop_api.scoring.service.sheets import SheetService
from ocop_api.scoring.service.sittings import agenda_item, load_sitting

_OVER: Final = frozenset({"scoring.round_closed", "scoring.session_not_open"})


@dataclass(frozen=True, slots=True)
class Synced:
    """What became of one sheet; ``error`` says why it was not stored."""

    asked: SheetToSync
    outcome: SyncOutcome
    sheet: SheetRead | None = None
    error: DomainError | None = None


class SyncService:
    """Sheets of the actor, taken one by one: what is wrong with one keeps none of the others back."""

    def __init__(self, session: AsyncSession, actor: Actor, now: datetime) -> None:
        self._session = session
        self._sessions = SessionRepository(session)
        self._sheets = SheetService(session, actor, now)
        self._actor = actor
        self._now = now

    async def sync(self, session_id: UUID, sheets: Sequence[SheetToSync], language: Language) -> list[Synced]:
        """Save or hand in each sheet; see ``SyncOutcome`` for what may become of it.

        Raises:
            NotFound: ``scoring.unknown_session``.
        """
        await load_sitting(self._sessions, session_id, self._actor)
        return [await self._one(session_id, asked, language) for asked in sheets]

    async def _one(self, session_id: UUID, asked: SheetToSync, language: Language) -> Synced:
        try:
            async with self._session.begin_nested():
                return await self._take(session_id, asked, language)
        except RuleViolation as error:
            if error.code not in _OVER:
                return Synced(asked, SyncOutcome.REFUSED, error=error)
        except DomainError as error:
            return Synced(asked, SyncOutcome.REFUSED, error=error)
        try:
            async with self._session.begin_nested():
                return await self._keep(session_id, asked)
        except DomainError as error:
            return Synced(asked, SyncOutcome.REFUSED, error=error)

    async def _take(self, session_id: UUID, asked: SheetToSync, language: Language) -> Synced:
        member = self._sheets.member()
        # The same sheet may be on its way twice: the second looks when the first is done.
        await self._sessions.lock_seat(session_id, member)
        found = await self._round(session_id, asked)
        dossier_id = asked.dossier_id
        handed_in = await self._sessions.sheet(found.id, member)
        if handed_in is not None:
            there = await self._sheets.read(session_id, dossier_id, language, number=asked.round)
            if _says(handed_in, asked):
                return Synced(asked, SyncOutcome.UNCHANGED, there)
            return Synced(asked, SyncOutcome.CONFLICT, there, Conflict("scoring.sheet_exists"))
        if found.state != "open":
            raise RuleViolation("scoring.round_closed")
        draft = await self._sessions.draft(found.id, member, lock=True)
        if draft is not None and not _says(draft, asked) and draft.version != asked.base_version:
            there = await self._sheets.read(session_id, dossier_id, language)
            return Synced(asked, SyncOutcome.CONFLICT, there, Conflict("scoring.sheet_written_elsewhere"))
        outcome = SyncOutcome.SAVED
        if draft is not None and _says(draft, asked):
            outcome = SyncOutcome.UNCHANGED
            sheet = await self._sheets.read(session_id, dossier_id, language)
        else:
            sheet = await self._sheets.save(session_id, dossier_id, asked, _as_compared, language)
        if asked.submit:
            outcome = SyncOutcome.SUBMITTED
            sheet = await self._sheets.submit(session_id, dossier_id, _as_compared, language)
        return Synced(asked, outcome, sheet)

    async def _keep(self, session_id: UUID, asked: SheetToSync) -> Synced:
        found = await self._round(session_id, asked)
        sitting = await self._sheets.entitled(session_id, asked.dossier_id)
        content = asked.model_dump(mode="json", exclude={"dossier_id", "round", "base_version"})
        is_new = await self._sessions.keep_late(
            {
                "id": uuid7(),
                "round_id": found.id,
                "member_id": self._sheets.member(),
                "session_id": session_id,
                "dossier_id": asked.dossier_id,
                "content": content,
                "sha256": hashlib.sha256(rfc8785.dumps(content)).hexdigest(),
                "received_at": self._now,
            }
        )
        if is_new:
            # No digest, as with sheets in time: another round may still be sealed.
            await record(
                self._session,
                kind="sheet.came_late",
                subject_type="dossier",
                subject_id=asked.dossier_id,
                actor=self._actor,
                at=self._now,
                data={
                    "session_id": str(session_id),
                    "dossier_id": str(asked.dossier_id),
                    "member_id": str(self._sheets.member()),
                    "round": found.number,
                },
                area_path=sitting.council.area_path,
            )
        return Synced(asked, SyncOutcome.KEPT_LATE, error=RuleViolation("scoring.round_closed"))

    async def _round(self, session_id: UUID, asked: SheetToSync) -> ScoringRound:
        sitting = await load_sitting(self._sessions, session_id, self._actor)
        await agenda_item(self._sessions, sitting, asked.dossier_id)
        for one in await self._sessions.rounds(session_id, asked.dossier_id):
            if one.number == asked.round:
                # A wait for another request may lie between this and an earlier look.
                await self._session.refresh(one)
                return one
        raise NotFound("scoring.unknown_round", round=asked.round)


def _says(stored: SheetDraft | ScoreSheet, asked: SheetToSync) -> bool:
    gates = [{"gate": one.gate, "reason": one.reason} for one in asked.domain_gates()]
    told: tuple[Any, ...] = (
        stored_choices(asked.domain_choices()),
        gates,
        asked.remarks,
        asked.criterion_remarks,
    )
    return told == (stored.choices, stored.gates, stored.remarks, stored.criterion_remarks)


def _as_compared(_stored: int) -> None:
    """The draft is locked and its version has been compared with the one the sheet started from."""
