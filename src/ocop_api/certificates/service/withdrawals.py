"""Cases of withdrawal as their services share them: finding one, who may act, its history, what is told."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.certificates.repository import CertificateRecord
from ocop_api.certificates.service.describing import told_of
from ocop_api.certificates.service.register import CertificateService
from ocop_api.certificates.withdrawal_repository import CaseRecord, WithdrawalRepository
from ocop_api.db.tables.certificates import Certificate
from ocop_api.db.tables.withdrawals import WithdrawalCase, WithdrawalStep
from ocop_api.domain import regimes
from ocop_api.domain.actor import Actor, Level, Permission
from ocop_api.domain.administration import level_in_charge
from ocop_api.domain.certificate import withdrawal_level
from ocop_api.domain.clock import vietnam_date
from ocop_api.domain.errors import Conflict, NotFound
from ocop_api.domain.withdrawal import WithdrawalParty, WithdrawalState
from ocop_api.ledger.recording import record

Check = Callable[[int], None]
"""Refuses a version that is not the caller's, such as ``ExpectedVersion.check``."""

SUBJECT: Final = "withdrawal_case"
"""What the ledger calls a case: its events are not those of the certificate, which anybody may prove."""


def level_deciding(certificate: Certificate, today: date) -> Level:
    """The level whose authority withdraws a certificate of this rank, and whose office prepares it."""
    return level_in_charge(withdrawal_level(regimes.regime_on(today), certificate.stars), today)


class WithdrawalService:
    """Cases for one actor at one instant; the caller's transaction closes at the edge."""

    def __init__(self, session: AsyncSession, actor: Actor, now: datetime) -> None:
        self.session = session
        self.actor = actor
        self.now = now
        self.today = vietnam_date(now)
        self.rows = WithdrawalRepository(session)
        self.register = CertificateService(session, actor, now)

    async def get(self, case_id: UUID) -> CaseRecord:
        """A case the actor may read; ``NotFound`` ``withdrawal.unknown`` otherwise."""
        found = await self.rows.find(case_id, self.actor)
        if found is None:
            raise NotFound("withdrawal.unknown", case_id=case_id)
        return found

    def parties(self, certificate: Certificate) -> frozenset[WithdrawalParty]:
        """Every capacity in which the actor may act about a certificate today.

        Nobody who acts for the producer holds another capacity in their case.
        """
        where, level = certificate.area_path, level_deciding(certificate, self.today)

        def holds(permission: Permission, at: Level | None = None) -> bool:
            return self.actor.scope(permission, levels=None if at is None else {at}).covers(area_path=where)

        if self.actor.scope(Permission.WITHDRAWAL_ANSWER).covers(producer_id=certificate.producer_id) and (
            not self.actor.system
        ):
            return frozenset({WithdrawalParty.PRODUCER})
        held = {
            WithdrawalParty.OFFICE: holds(Permission.WITHDRAWAL_PREPARE, level),
            WithdrawalParty.REPORTER: holds(Permission.WITHDRAWAL_OPEN),
            WithdrawalParty.COMMUNE: holds(Permission.WITHDRAWAL_PREPARE, Level.COMMUNE),
            WithdrawalParty.AUTHORITY: holds(Permission.CERTIFICATE_WITHDRAW, level),
            WithdrawalParty.SYSTEM: self.actor.system,
        }
        return frozenset(party for party, holding in held.items() if holding)

    async def note(
        self,
        case: WithdrawalCase,
        action: str,
        origin: WithdrawalState | None,
        party: WithdrawalParty,
        *,
        reason: str | None = None,
        data: dict[str, Any] | None = None,
    ) -> None:
        """Write a step into the history of a case that is in its new state already."""
        await self.rows.add(
            WithdrawalStep(
                case_id=case.id,
                ordinal=await self.rows.next_ordinal(case.id),
                action=action,
                from_state=None if origin is None else origin.value,
                to_state=case.state,
                party=party.value,
                actor_id=self.actor.user_id,
                at=self.now,
                reason=reason,
                data=data or {},
            )
        )

    async def tell(self, case: WithdrawalCase, certificate: Certificate, kind: str, **data: object) -> None:
        """Write the ledger event of a case; what was found, said and why stays with the case."""
        await record(
            self.session,
            kind=kind,
            subject_type=SUBJECT,
            subject_id=case.id,
            actor=self.actor,
            at=self.now,
            data={
                "certificate_id": str(certificate.id),
                **told_of(certificate),
                "level": level_deciding(certificate, self.today).value,
                "ground": case.ground,
                "state": case.state,
                "due_on": None if case.due_on is None else case.due_on.isoformat(),
                **data,
            },
            area_path=certificate.area_path,
        )

    async def require_none_open(self, found: CertificateRecord) -> None:
        """Refuse a second case about a certificate whose row is held, and any about a withdrawn one.

        Raises:
            Conflict: ``certificate.already_withdrawn``; ``withdrawal.already_open`` with the ``case_id``.
        """
        if found.withdrawal is not None:
            raise Conflict("certificate.already_withdrawn")
        open_one = await self.rows.open_one(found.certificate.id)
        if open_one is not None:
            raise Conflict("withdrawal.already_open", case_id=open_one)
