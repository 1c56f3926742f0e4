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
from ocop_api.documents.service.signed_copies import Refusals, SignedCopies, StoredCopy
from ocop_api.domain.actor import Actor
from ocop_api.domain.certificate import WithdrawalGround
from ocop_api.domain.errors import Forbidden, NotFound, RuleViolation
from ocop_api.domain.withdrawal import PREPARING, WithdrawalState
from ocop_api.dossiers.papers.printing import form_pdf
from ocop_api.dossiers.papers.word import form_docx
from ocop_api.places.service import PlaceService

_REFUSALS: Final = Refusals(
    not_pdf="withdrawal.signed_not_pdf",
    without_reason="withdrawal.replacement_and_reason",
    without_replacement="withdrawal.replacement_and_reason",
    already="withdrawal.signed_already",
    replaced="withdrawal.signed_replaced",
    on_record="signed_decision_id",
)


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
        self._copies = SignedCopies(store, _REFUSALS)

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
        self._copies.check_replacement(facts.replaces_id, facts.reason)
        return record

    async def take(
        self, case_id: UUID, facts: SignedDecisionFacts, file: IO[bytes]
    ) -> tuple[SignedWithdrawalRead, bool]:
        """Keep a signed decision, PDF; with it whether it is new: the very same file changes nothing.

        Raises:
            NotFound, Forbidden, RuleViolation, Invalid: as ``permitted``; ``withdrawal.signed_not_pdf``; as
                ``documents.content.recognise_pdf``.
            Conflict: ``withdrawal.signed_already`` without ``replaces_id``; ``withdrawal.signed_replaced``
                when that is not the one that counts.
        """
        size, digest = await self._copies.measured_pdf(file)
        # From here to the commit nobody else hands in a decision of this case.
        record = await self.permitted(case_id, facts, lock=True)
        current = await self.rows.signed(case_id)
        shown = signed_read(current)
        if self._copies.stands(current, digest, facts.replaces_id) and shown is not None:
            return shown, False
        await self._copies.keep(file, size, digest)
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

    async def content(self, case_id: UUID) -> StoredCopy:
        """The signed decision that counts, for everybody who reads the case.

        Raises:
            NotFound: ``withdrawal.unknown``, ``withdrawal.not_signed``.
            Unavailable: ``documents.content_lost``.
        """
        await self.get(case_id)
        row = await self.rows.signed(case_id)
        if row is None:
            raise NotFound("withdrawal.not_signed", case_id=case_id)
        return await self._copies.read(row.sha256, row.size)
