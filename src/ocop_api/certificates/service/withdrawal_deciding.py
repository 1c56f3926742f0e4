"""The decision of a case on paper: the generated one, and the signed one as the record."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Final, Literal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.adapters.object_store import ObjectStore
from ocop_api.certificates.papers.withdrawal_decision import WithdrawalFacts, withdrawal_decision
from ocop_api.certificates.service.issuers import issuer_of, issuing_unit
from ocop_api.certificates.service.withdrawal_reading import WithdrawalReader, signed_read
from ocop_api.certificates.service.withdrawals import WithdrawalService, level_deciding
from ocop_api.certificates.withdrawal_repository import CaseRecord
from ocop_api.certificates.withdrawal_schemas import SignedDecisionFacts, SignedWithdrawalRead
from ocop_api.db.base import uuid7
from ocop_api.db.tables.withdrawals import SignedWithdrawal
from ocop_api.documents.content import measure, recognise_pdf
from ocop_api.documents.service import storing
from ocop_api.domain.actor import Actor
from ocop_api.domain.certificate import WithdrawalGround
from ocop_api.domain.errors import Conflict, Forbidden, Invalid, NotFound, RuleViolation
from ocop_api.domain.withdrawal import PREPARING, WithdrawalState
from ocop_api.dossiers.papers.printing import form_pdf
from ocop_api.dossiers.papers.word import form_docx
from ocop_api.places.service import PlaceService
from ocop_api.scoring.service.signing import StoredFile

LARGEST_DECISION: Final = 20 * 1024 * 1024
"""Bytes of a signed decision: some pages, scanned."""
_PDF: Final = b"%PDF-"


@dataclass(frozen=True, slots=True)
class Decision:
    """A paper as a file, and the name to save it by, without extension."""

    content: bytes
    stem: str


class WithdrawalPapers(WithdrawalReader):
    """Papers of cases, for whoever may have them."""

    async def decision(self, case_id: UUID, kind: Literal["pdf", "docx"]) -> Decision:
        """The decision: a draft among officials once the case is concluded, for all readers when it is made.

        Raises:
            NotFound: ``withdrawal.unknown``; ``withdrawal.no_decision`` where the reader may have none.
        """
        record = await self.get(case_id)
        if not self.papers(record):
            raise NotFound("withdrawal.no_decision", case_id=case_id)
        form = withdrawal_decision(await self._facts(record))
        make = form_pdf if kind == "pdf" else form_docx
        content = await asyncio.to_thread(make, form, record.case.updated_at)
        return Decision(content, f"withdrawal-{record.certificate.number or record.case.id}")

    async def _facts(self, record: CaseRecord) -> WithdrawalFacts:
        case, certificate = record.case, record.certificate
        level = level_deciding(certificate, self.today)
        on = case.decided_on or self.today
        unit_id = issuing_unit(level, certificate.area_path, on)
        issuer = await issuer_of(PlaceService(self.session), level, unit_id, on)
        return WithdrawalFacts(
            level=level,
            authority=issuer.authority,
            place=issuer.place,
            number=certificate.number,
            product=certificate.product_name,
            producer=certificate.producer_name,
            address=certificate.producer_address,
            stars=certificate.stars,
            issued_on=certificate.issued_on,
            valid_until=certificate.valid_until,
            recognised_by=(
                certificate.decision_number,
                certificate.decided_on,
                certificate.issuing_authority,
            ),
            ground=WithdrawalGround(case.ground),
            further_grounds=[WithdrawalGround(one) for one in case.further_grounds],
            concluded_by=case.conclusion_authority,
            conclusion_number=case.conclusion_number,
            concluded_on=case.concluded_on or on,
            summary=case.conclusion_summary or case.found,
            recipients=case.recipients,
            decided=case.state == WithdrawalState.WITHDRAWN,
            decision_number=case.decision_number,
            decided_on=case.decided_on,
            signer_title=case.signer_title,
        )


class SignedWithdrawals(WithdrawalService):
    """Signed decisions, for one caller at one instant."""

    def __init__(self, session: AsyncSession, actor: Actor, now: datetime, store: ObjectStore) -> None:
        super().__init__(session, actor, now)
        self._store = store

    async def permitted(self, case_id: UUID, facts: SignedDecisionFacts, *, lock: bool = False) -> CaseRecord:
        """The case, when the caller may hand in its signed decision; nothing is read or stored.

        Raises:
            NotFound: ``withdrawal.unknown``.
            Forbidden: ``withdrawal.may_not_sign``: it is for the office and whoever decides.
            RuleViolation: ``withdrawal.not_decided``.
            Invalid: ``withdrawal.replacement_and_reason``, one without the other.
        """
        record = await self.get(case_id)
        if self.parties(record.certificate).isdisjoint(PREPARING):
            raise Forbidden("withdrawal.may_not_sign")
        case = await self.rows.lock(case_id) if lock else record.case
        if case.state != WithdrawalState.WITHDRAWN:
            raise RuleViolation("withdrawal.not_decided", state=case.state)
        if (facts.replaces_id is None) != (facts.reason is None):
            raise Invalid("withdrawal.replacement_and_reason")
        return record

    async def take(
        self, case_id: UUID, facts: SignedDecisionFacts, file: IO[bytes]
    ) -> tuple[SignedWithdrawalRead, bool]:
        """Keep a signed decision, PDF; with it whether it is new: the very same file changes nothing.

        The content is stored under its own hash before the row is written: a failure in between leaves an
        unnamed object that the same upload will find again, never a record without its file.

        Raises:
            NotFound, Forbidden, RuleViolation, Invalid: as ``permitted``; ``withdrawal.signed_not_pdf``; as
                ``documents.content.recognise_pdf``.
            Conflict: ``withdrawal.signed_already`` without ``replaces_id``; ``withdrawal.signed_replaced``
                when that is not the one that counts.
        """
        size, digest = await asyncio.to_thread(measure, file)
        await asyncio.to_thread(file.seek, 0)
        if await asyncio.to_thread(file.read, len(_PDF)) != _PDF:
            raise Invalid("withdrawal.signed_not_pdf")
        await recognise_pdf(file)
        # From here to the commit nobody else hands in a decision of this case.
        record = await self.permitted(case_id, facts, lock=True)
        current = await self.rows.signed(case_id)
        shown = signed_read(current)
        if current is not None and shown is not None and current.sha256 == digest:
            return shown, False
        if current is not None and facts.replaces_id is None:
            raise Conflict("withdrawal.signed_already", signed_decision_id=current.id)
        if facts.replaces_id is not None and (current is None or current.id != facts.replaces_id):
            raise Conflict("withdrawal.signed_replaced")
        await storing.keep(self._store, storing.content_key(digest), file, size)
        row = SignedWithdrawal(
            id=uuid7(),
            case_id=case_id,
            sha256=digest,
            size=size,
            replaces_id=facts.replaces_id,
            reason=facts.reason,
            uploaded_by=self.actor.user_id,
            uploaded_at=self.now,
        )
        await self.rows.add(row)
        await self.tell(
            record.case,
            record.certificate,
            "withdrawal.decision_signed",
            signed_decision_id=str(row.id),
            sha256=digest,
            replaces_id=None if facts.replaces_id is None else str(facts.replaces_id),
        )
        read = signed_read(row)
        assert read is not None  # noqa: S101 - a row was given
        return read, True

    async def content(self, case_id: UUID) -> StoredFile:
        """The signed decision that counts, for everybody who reads the case.

        Raises:
            NotFound: ``withdrawal.unknown``, ``withdrawal.not_signed``.
            Unavailable: ``documents.content_lost``.
        """
        await self.get(case_id)
        row = await self.rows.signed(case_id)
        if row is None:
            raise NotFound("withdrawal.not_signed", case_id=case_id)
        pieces = await storing.read(self._store, row.sha256, row.size, 0, None)
        return StoredFile(pieces, "application/pdf", "pdf", row.size, row.sha256)
