"""The signed paper of a decision, kept as it was uploaded."""

from dataclasses import dataclass
from datetime import datetime
from typing import IO
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.adapters.object_store import ObjectStore
from ocop_api.certificates.decisions_repository import DecisionRepository
from ocop_api.certificates.decisions_schemas import (
    SignedDecisionFacts,
    SignedDecisionQuery,
    SignedDecisionRead,
)
from ocop_api.db.base import uuid7
from ocop_api.db.paging import Rows
from ocop_api.db.tables.recognition_decisions import RecognitionDecision, SignedDecision
from ocop_api.documents.service.signed_copies import Refusals, SignedCopies, StoredCopy
from ocop_api.domain.actor import Actor, Level, Permission
from ocop_api.domain.administration import level_in_charge
from ocop_api.domain.clock import vietnam_date
from ocop_api.domain.errors import Forbidden, NotFound
from ocop_api.ledger.recording import record

_REFUSALS = Refusals(
    not_pdf="decision.signed_file_not_accepted",
    without_reason="decision.replacement_without_reason",
    without_replacement="decision.reason_without_replacement",
    already="decision.signed_already",
    replaced="decision.signed_replaced",
    on_record="signed_paper_id",
)


@dataclass(frozen=True, slots=True)
class TakenDecision:
    """A signed paper; ``new`` unless the very same file was there already."""

    paper: SignedDecisionRead
    new: bool


def signed_read(row: SignedDecision, *, current: bool) -> SignedDecisionRead:
    """The metadata of a signed paper."""
    return SignedDecisionRead(
        id=row.id,
        sha256=row.sha256,
        size=row.size,
        uploaded_at=row.uploaded_at,
        replaces_id=row.replaces_id,
        reason=row.reason,
        current=current,
    )


class DecisionSigningService:
    """Signed papers of decisions, for one actor at one moment."""

    def __init__(self, session: AsyncSession, actor: Actor, now: datetime, store: ObjectStore) -> None:
        self._session = session
        self._rows = DecisionRepository(session)
        self._actor = actor
        self._now = now
        self._copies = SignedCopies(store, _REFUSALS)

    async def permitted(
        self, decision_id: UUID, facts: SignedDecisionFacts, *, lock: bool = False
    ) -> RecognitionDecision:
        """The decision, when the actor may hand in its signed paper; nothing is read or stored.

        Raises:
            NotFound: ``decision.unknown``.
            Forbidden: ``auth.not_permitted``, neither a leader nor an officer of the issuing level and area.
            Invalid: ``decision.replacement_without_reason``, ``decision.reason_without_replacement``.
        """
        decision = await self._decision(decision_id, lock=lock)
        in_charge = level_in_charge(Level(decision.level), vietnam_date(self._now))
        held = (Permission.CERTIFICATE_ISSUE, Permission.CERTIFICATE_CONFIRM)
        scopes = [self._actor.scope(permission, levels={in_charge}) for permission in held]
        if not any(scope.covers(area_path=decision.area_path) for scope in scopes):
            raise Forbidden("auth.not_permitted", permission=held[0].value)
        self._copies.check_replacement(facts.replaces_id, facts.reason)
        return decision

    async def take(self, decision_id: UUID, facts: SignedDecisionFacts, file: IO[bytes]) -> TakenDecision:
        """Keep a signed paper; the same file again changes nothing.

        Raises:
            NotFound, Forbidden, Invalid: as ``permitted``.
            Invalid: ``decision.signed_file_not_accepted``; as ``documents.content.recognise_pdf``.
            Conflict: ``decision.signed_already`` without ``replaces_id``; ``decision.signed_replaced`` when
                that is not the one that counts.
        """
        size, digest = await self._copies.measured_pdf(file)
        # From here to the commit nobody else hands in a paper of this decision.
        decision = await self.permitted(decision_id, facts, lock=True)
        current = (await self._rows.current_signed([decision_id])).get(decision_id)
        if self._copies.stands(current, digest, facts.replaces_id) and current is not None:
            return TakenDecision(signed_read(current, current=True), new=False)
        await self._copies.keep(file, size, digest)
        row = SignedDecision(
            id=uuid7(),
            decision_id=decision_id,
            sha256=digest,
            size=size,
            replaces_id=facts.replaces_id,
            reason=facts.reason,
            uploaded_by=self._actor.user_id,
            uploaded_at=self._now,
        )
        self._session.add(row)
        # The unique constraints speak here.
        await self._session.flush()
        await record(
            self._session,
            kind="recognition_decision.signed_paper_kept",
            subject_type="recognition_decision",
            subject_id=decision_id,
            actor=self._actor,
            at=self._now,
            area_path=decision.area_path,
            data={
                "number": decision.number,
                "signed_paper_id": str(row.id),
                "sha256": digest,
                "replaces_id": None if row.replaces_id is None else str(row.replaces_id),
            },
        )
        return TakenDecision(signed_read(row, current=True), new=True)

    async def page(
        self, decision_id: UUID, wanted: SignedDecisionQuery
    ) -> tuple[Rows, list[SignedDecisionRead]]:
        """One page of the signed papers of a decision, replaced ones included; raises as ``content``."""
        await self._readable(decision_id)
        rows = await self._rows.signed(decision_id, wanted.slice())
        replaced = await self._rows.replaced([row.id for row in rows.items])
        return rows, [signed_read(row, current=row.id not in replaced) for row in rows.items]

    async def content(self, decision_id: UUID, signed_id: UUID) -> StoredCopy:
        """What was uploaded.

        Raises:
            NotFound: ``decision.unknown``, ``decision.unknown_signed``.
            Forbidden: ``auth.not_permitted`` for those who do not read dossiers of the issuer's area.
            Unavailable: ``documents.content_lost``.
        """
        await self._readable(decision_id)
        row = await self._rows.find_signed(decision_id, signed_id)
        if row is None:
            raise NotFound("decision.unknown_signed")
        return await self._copies.read(row.sha256, row.size)

    async def _readable(self, decision_id: UUID) -> None:
        decision = await self._decision(decision_id)
        scope = self._actor.scope(Permission.DOSSIER_READ)
        if not scope.covers(area_path=decision.area_path):
            raise Forbidden("auth.not_permitted", permission=Permission.DOSSIER_READ.value)

    async def _decision(self, decision_id: UUID, *, lock: bool = False) -> RecognitionDecision:
        found = await self._rows.get(decision_id, lock=lock)
        if found is None:
            raise NotFound("decision.unknown")
        return found
