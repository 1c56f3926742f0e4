"""Taking in signed papers: the signed document is the record of the session."""

import asyncio
import hashlib
import io
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.adapters.object_store import ObjectStore
from ocop_api.adapters.signature_reading import DetachedSignature, NotASignatureError, detached_signature
from ocop_api.db.base import uuid7
from ocop_api.db.paging import Rows
from ocop_api.db.tables.signed_papers import SignedPaper
from ocop_api.documents.content import measure, recognise_pdf
from ocop_api.documents.service.signed_copies import Refusals, SignedCopies, StoredCopy, begins_as_pdf
from ocop_api.domain.actor import Actor
from ocop_api.domain.clock import vietnam_date
from ocop_api.domain.council_session import ENDED, SessionAction, SessionState, session_step
from ocop_api.domain.errors import Conflict, Forbidden, Invalid, NotFound, RuleViolation
from ocop_api.domain.forwarding import OutcomeKind
from ocop_api.dossiers.papers.printing import form_pdf
from ocop_api.ledger.recording import record
from ocop_api.scoring.paper_repository import PaperRepository
from ocop_api.scoring.papers.council_facts import CouncilPaper
from ocop_api.scoring.policy import may_sign
from ocop_api.scoring.repository import SessionRepository
from ocop_api.scoring.schemas.papers import (
    PaperChoice,
    SignedPaperFacts,
    SignedPaperQuery,
    SignedPaperRead,
)
from ocop_api.scoring.service.papers import SESSION_PAPERS, CouncilPaperService, Written, choice_of
from ocop_api.scoring.service.sittings import Sitting, load_sitting

LARGEST_SIGNATURE: Final = 256 * 1024
"""Bytes of a signature file with its certificates."""
_SIGNATURE_FAULTS: Final = {
    "damaged": "scoring.signature_damaged",
    "attached": "scoring.signature_attached",
}


@dataclass(frozen=True, slots=True)
class Taken:
    """A signed paper; ``new`` unless the very same file was there already."""

    paper: SignedPaperRead
    new: bool


@dataclass(frozen=True, slots=True)
class _Upload:
    form: str
    size: int
    sha256: str
    signature: DetachedSignature | None


_REFUSALS: Final = Refusals(
    not_pdf="scoring.signed_file_not_accepted",
    without_reason="scoring.replacement_without_reason",
    without_replacement="scoring.reason_without_replacement",
    already="scoring.paper_signed_already",
    replaced="scoring.signed_paper_replaced",
    on_record="signed_paper_id",
)


class SigningService:
    """Signed papers of sessions, for one caller at one instant."""

    def __init__(self, session: AsyncSession, actor: Actor, now: datetime, store: ObjectStore) -> None:
        self._session = session
        self._sessions = SessionRepository(session)
        self._papers = PaperRepository(session)
        self._written = CouncilPaperService(session, actor, now)
        self._actor = actor
        self._now = now
        self._copies = SignedCopies(store, _REFUSALS)

    async def permitted(
        self, session_id: UUID, facts: SignedPaperFacts, *, lock: bool = False
    ) -> tuple[Sitting, PaperChoice, Written]:
        """The session and its paper, when the caller may hand in a signed one; nothing is read or stored.

        Raises:
            NotFound: ``scoring.unknown_session``; as ``CouncilPaperService.written``.
            Forbidden: ``scoring.may_not_sign``.
            RuleViolation: ``scoring.session_not_closed``, ``scoring.session_not_held``.
            Invalid: ``scoring.signed_in_future``, ``scoring.signed_before_closing``,
                ``scoring.replacement_without_reason``, ``scoring.reason_without_replacement``.
        """
        sitting = await load_sitting(self._sessions, session_id, self._actor, lock=lock)
        council = sitting.council
        if not may_sign(
            self._actor,
            council.level,
            council.area_path,
            council.id,
            seats=sitting.seats,
            presiding=sitting.quorum(sitting.present, ()).presiding,
        ):
            raise Forbidden("scoring.may_not_sign")
        row = sitting.row
        if row.state not in ENDED or row.closed_at is None:
            raise RuleViolation("scoring.session_not_closed", state=row.state)
        if facts.signed_on > vietnam_date(self._now):
            raise Invalid("scoring.signed_in_future", signed_on=facts.signed_on.isoformat())
        closed_on = vietnam_date(row.closed_at)
        if facts.signed_on < closed_on:
            raise Invalid(
                "scoring.signed_before_closing",
                signed_on=facts.signed_on.isoformat(),
                closed_on=closed_on.isoformat(),
            )
        self._copies.check_replacement(facts.replaces_id, facts.reason)
        choice = await self._choice(sitting, facts)
        return sitting, choice, await self._written.written(sitting, choice)

    async def take(self, session_id: UUID, facts: SignedPaperFacts, file: IO[bytes]) -> Taken:
        """Keep a signed paper. Signed minutes end the session: its state becomes ``minutes_signed``.

        The same file for the same paper changes nothing.

        Args:
            session_id: whose paper.
            facts: what it is and says of itself.
            file: a real file; it stays the caller's to close.

        Raises:
            NotFound, Forbidden, RuleViolation, Invalid: as ``permitted``.
            Invalid: ``scoring.signed_file_empty``, ``scoring.signed_file_not_accepted``,
                ``scoring.signature_too_large``, ``scoring.signature_damaged``,
                ``scoring.signature_names_nothing``; as ``documents.content.recognise_pdf``.
            Conflict: ``scoring.signs_other_content`` when a signature is not of the PDF that the system
                gives now; ``scoring.paper_not_signed`` for that very PDF; ``scoring.paper_signed_already``
                without ``replaces_id``; ``scoring.signed_paper_replaced`` when that is not the one that
                counts.
        """
        upload = await _recognised(file, facts)
        # From here to the commit nobody else hands in a paper of this session.
        sitting, choice, written = await self.permitted(session_id, facts, lock=True)
        current = next(
            (one for one in await self._papers.newest(session_id) if choice_of(one) == choice), None
        )
        if self._copies.stands(current, upload.sha256, facts.replaces_id) and current is not None:
            return Taken(_read(current, frozenset()), new=False)
        generated = await asyncio.to_thread(form_pdf, written.form, written.at)
        digest = hashlib.sha256(generated).hexdigest()
        _check_signs(upload, facts, generated, digest)
        await self._copies.keep(file, upload.size, upload.sha256)
        await self._copies.keep(io.BytesIO(generated), len(generated), digest)
        row = SignedPaper(
            id=uuid7(),
            session_id=session_id,
            paper=choice.paper.value,
            dossier_id=choice.dossier_id,
            round_number=choice.round,
            proposal=None if choice.proposal is None else choice.proposal.value,
            form=upload.form,
            sha256=upload.sha256,
            size=upload.size,
            generated_sha256=digest,
            generated_size=len(generated),
            signed_on=facts.signed_on,
            document_number=facts.document_number,
            signatories=facts.signatories,
            replaces_id=facts.replaces_id,
            reason=facts.reason,
            uploaded_by=self._actor.user_id,
            uploaded_at=self._now,
        )
        await self._papers.add(row)
        if choice.paper is CouncilPaper.MINUTES and sitting.row.state == SessionState.CLOSED:
            step = session_step(SessionState.CLOSED, SessionAction.SIGN_MINUTES)
            sitting.row.state, sitting.row.updated_at = step.target.value, self._now
            sitting.row.touch()
            await self._sessions.flush()
        await self._record(sitting, row)
        return Taken(_read(row, frozenset()), new=True)

    async def page(self, session_id: UUID, wanted: SignedPaperQuery) -> tuple[Rows, list[SignedPaperRead]]:
        """One page of a session's signed papers, replaced ones included; ``NotFound`` as ``get``."""
        await load_sitting(self._sessions, session_id, self._actor)
        rows = await self._papers.page(session_id, wanted.slice())
        replaced = await self._papers.replaced([row.id for row in rows.items])
        return rows, [_read(row, replaced) for row in rows.items]

    async def content(self, session_id: UUID, signed_paper_id: UUID) -> StoredCopy:
        """What was uploaded.

        Raises:
            NotFound: ``scoring.unknown_session``, ``scoring.unknown_signed_paper``.
            Unavailable: ``documents.content_lost``.
        """
        row = await self._get(session_id, signed_paper_id)
        if row.form == "pdf":
            return await self._copies.read(row.sha256, row.size)
        return await self._copies.read(
            row.sha256, row.size, media_type="application/pkcs7-signature", extension="p7s"
        )

    async def generated(self, session_id: UUID, signed_paper_id: UUID) -> StoredCopy:
        """The PDF as the system gave it when the signed one came in; raises as ``content``."""
        row = await self._get(session_id, signed_paper_id)
        return await self._copies.read(row.generated_sha256, row.generated_size)

    async def _get(self, session_id: UUID, signed_paper_id: UUID) -> SignedPaper:
        await load_sitting(self._sessions, session_id, self._actor)
        row = await self._papers.find(session_id, signed_paper_id)
        if row is None:
            raise NotFound("scoring.unknown_signed_paper")
        return row

    async def _choice(self, sitting: Sitting, facts: SignedPaperFacts) -> PaperChoice:
        """The paper meant, with the round it is of."""
        number = facts.round
        if facts.dossier_id is not None and facts.paper not in SESSION_PAPERS and number is None:
            rounds = await self._sessions.rounds(sitting.row.id, facts.dossier_id)
            number = max((one.number for one in rounds if one.closed_at is not None), default=None)
        return PaperChoice(
            paper=facts.paper, dossier_id=facts.dossier_id, round=number, proposal=facts.proposal
        )

    async def _record(self, sitting: Sitting, row: SignedPaper) -> None:
        await record(
            self._session,
            kind="session.paper_signed",
            subject_type="council_session",
            subject_id=sitting.row.id,
            actor=self._actor,
            at=self._now,
            data={
                "council_id": str(sitting.council.id),
                "signed_paper_id": str(row.id),
                "paper": row.paper,
                "dossier_id": None if row.dossier_id is None else str(row.dossier_id),
                "round": row.round_number,
                "proposal": row.proposal,
                "sha256": row.sha256,
                "generated_sha256": row.generated_sha256,
                "replaces_id": None if row.replaces_id is None else str(row.replaces_id),
            },
            area_path=sitting.council.area_path,
        )


async def _recognised(file: IO[bytes], facts: SignedPaperFacts) -> _Upload:
    """What came in, by its bytes."""
    size, digest = await asyncio.to_thread(measure, file)
    if not size:
        raise Invalid("scoring.signed_file_empty")
    if await begins_as_pdf(file):
        await recognise_pdf(file)
        return _Upload("pdf", size, digest, None)
    if size > LARGEST_SIGNATURE:
        raise Invalid("scoring.signature_too_large", size=size, limit=LARGEST_SIGNATURE)
    await asyncio.to_thread(file.seek, 0)
    content = await asyncio.to_thread(file.read)
    if content[:1] != b"\x30" and not content.lstrip().startswith(b"-----BEGIN "):
        raise Invalid("scoring.signed_file_not_accepted")
    try:
        signature = detached_signature(content)
    except NotASignatureError as error:
        raise Invalid(_SIGNATURE_FAULTS[error.code]) from error
    if facts.signs_sha256 is None:
        raise Invalid("scoring.signature_names_nothing")
    return _Upload("cms", size, digest, signature)


def _check_signs(upload: _Upload, facts: SignedPaperFacts, generated: bytes, digest: str) -> None:
    if upload.sha256 == digest:
        raise Conflict("scoring.paper_not_signed")
    if facts.signs_sha256 is not None and facts.signs_sha256 != digest:
        raise Conflict("scoring.signs_other_content", signs=facts.signs_sha256, generated=digest)
    for signed in () if upload.signature is None else upload.signature.digests:
        if hashlib.new(signed.algorithm, generated).digest() != signed.digest:
            raise Conflict("scoring.signs_other_content", signs=signed.digest.hex(), generated=digest)


def _read(row: SignedPaper, replaced: Collection[UUID]) -> SignedPaperRead:
    return SignedPaperRead.model_construct(
        **{
            name: getattr(row, name)
            for name in SignedPaperRead.model_fields
            if name not in {"current", "paper", "proposal"}
        },
        paper=CouncilPaper(row.paper),
        proposal=None if row.proposal is None else OutcomeKind(row.proposal),
        current=row.id not in replaced,
    )
