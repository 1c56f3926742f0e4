"""Invitations: an administrator asks somebody by e-mail to take an account with a home and roles."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.accounts.addresses import fold_email
from ocop_api.accounts.authentication import invitation_is_open
from ocop_api.accounts.credential_schemas import (
    InvitationAccept,
    InvitationCreate,
    InvitationFilter,
    InvitationRead,
    InvitationState,
)
from ocop_api.accounts.grants import GrantService, standing_of, standing_of_place, stored_grant
from ocop_api.accounts.key_repository import InvitationRepository
from ocop_api.accounts.password_rules import check_new_password
from ocop_api.accounts.passwords import passwords_for
from ocop_api.accounts.policy import Standing, reaches
from ocop_api.accounts.repository import UserRepository
from ocop_api.accounts.schemas import GrantCreate, UserRead
from ocop_api.accounts.service import AccountService
from ocop_api.accounts.tokens import TokenKind, digest_of, new_token
from ocop_api.db.base import uuid7
from ocop_api.db.paging import Rows
from ocop_api.db.tables.account_keys import Invitation
from ocop_api.domain.actor import Actor, Permission
from ocop_api.domain.errors import DomainError, Forbidden, Invalid, NotFound, RuleViolation, Unauthenticated
from ocop_api.jobs.queue import enqueue
from ocop_api.ledger.recording import record
from ocop_api.settings import SecuritySettings

INVITATION_LIFE = timedelta(days=14)
_BETWEEN_LETTERS = timedelta(minutes=10)
_JOB = "accounts.send_invitation"


def state_of(row: Invitation, now: datetime) -> InvitationState:
    """How an invitation stands at ``now`` (aware)."""
    if row.accepted_at is not None:
        return InvitationState.ACCEPTED
    if row.withdrawn_at is not None:
        return InvitationState.WITHDRAWN
    return InvitationState.OPEN if row.expires_at > now else InvitationState.EXPIRED


class InvitationService:
    """Invitations, as the actor may write and see them."""

    def __init__(self, session: AsyncSession, actor: Actor, now: datetime) -> None:
        self._session = session
        self._invitations = InvitationRepository(session)
        self._actor = actor
        self._now = now

    async def create(self, wanted: InvitationCreate) -> InvitationRead:
        """Invite somebody; the letter goes out in the background.

        It is not told whether the e-mail has an account already.

        Raises:
            NotFound, Invalid, Forbidden: as making the account and granting the roles would.
            Conflict: ``accounts.already_invited`` when an invitation into the same area is open.
        """
        home = Standing()
        if wanted.place_id is not None and self._actor.may(Permission.USER_CREATE):
            home = await standing_of_place(self._session, wanted.place_id)
        if self._actor.user_id is None or not reaches(self._actor, Permission.USER_CREATE, home):
            raise Forbidden("auth.not_permitted", permission=Permission.USER_CREATE)
        if any(grant.valid_from is not None for grant in wanted.grants):
            raise Invalid("accounts.invited_from_acceptance")
        for grant in wanted.grants:
            await GrantService(self._session, self._actor, self._now).check(grant)
        email_folded = fold_email(wanted.email)
        await self._invitations.withdraw_outdated(email_folded, self._now)
        row = Invitation(
            id=uuid7(),
            email=wanted.email,
            email_folded=email_folded,
            place_id=wanted.place_id,
            level=home.level,
            area_path=list(home.area_path),
            grants=[grant.model_dump(mode="json") for grant in wanted.grants],
            invited_by=self._actor.user_id,
            expires_at=self._now + INVITATION_LIFE,
            version=1,
            created_at=self._now,
            updated_at=self._now,
        )
        self._session.add(row)
        await self._session.flush()  # an open invitation of the same person is refused here
        await self._record("invitation.created", row)
        await enqueue(self._session, _JOB, {"invitation_id": str(row.id)})
        return self._read(row)

    async def page(self, wanted: InvitationFilter) -> tuple[Rows, list[InvitationRead]]:
        """One page of the invitations into areas the actor administers.

        Raises:
            Forbidden: ``auth.not_permitted`` for an actor who administers nothing.
        """
        if not self._actor.may(Permission.USER_READ):
            raise Forbidden("auth.not_permitted", permission=Permission.USER_READ)
        rows = await self._invitations.page(wanted, self._actor, self._now)
        return rows, [self._read(row) for row in rows.items]

    async def get(self, invitation_id: UUID) -> InvitationRead:
        """One visible invitation.

        Raises:
            NotFound: ``accounts.unknown_invitation``.
        """
        row = await self._invitations.find(invitation_id, self._actor)
        if row is None:
            raise NotFound("accounts.unknown_invitation")
        return self._read(row)

    async def resend(self, invitation_id: UUID) -> InvitationRead:
        """Send a new letter and count the 14 days anew; the link of the old letter stops working.

        Raises:
            NotFound: ``accounts.unknown_invitation``.
            Forbidden: ``auth.not_permitted``.
            RuleViolation: ``accounts.invitation_ended``, or ``accounts.invitation_just_sent`` within ten
                minutes of the last letter.
        """
        row = await self._hold(invitation_id)
        if state_of(row, self._now) in {InvitationState.ACCEPTED, InvitationState.WITHDRAWN}:
            raise RuleViolation("accounts.invitation_ended")
        if self._now - row.updated_at < _BETWEEN_LETTERS:
            raise RuleViolation("accounts.invitation_just_sent", minutes=_BETWEEN_LETTERS.seconds // 60)
        row.expires_at = self._now + INVITATION_LIFE
        self._changed(row)
        await self._record("invitation.resent", row)
        await enqueue(self._session, _JOB, {"invitation_id": str(row.id)})
        await self._session.flush()  # a refusal by the database belongs to this use case
        return self._read(row)

    async def withdraw(self, invitation_id: UUID, check_version: Callable[[int], None]) -> None:
        """End an invitation; its link stops working at once.

        Raises:
            NotFound: ``accounts.unknown_invitation``.
            Forbidden: ``auth.not_permitted``.
            RuleViolation: ``accounts.invitation_ended``.
        """
        row = await self._hold(invitation_id)
        check_version(row.version)
        if row.accepted_at is not None or row.withdrawn_at is not None:
            raise RuleViolation("accounts.invitation_ended")
        row.withdrawn_at = self._now
        self._changed(row)
        await self._record("invitation.withdrawn", row)
        await self._session.flush()  # a refusal by the database belongs to this use case

    async def _hold(self, invitation_id: UUID) -> Invitation:
        row = await self._invitations.find(invitation_id, self._actor, lock=True)
        if row is None:
            raise NotFound("accounts.unknown_invitation")
        if not reaches(self._actor, Permission.USER_CREATE, standing_of(row.area_path, row.level)):
            raise Forbidden("auth.not_permitted", permission=Permission.USER_CREATE)
        return row

    def _changed(self, row: Invitation) -> None:
        row.updated_at = self._now
        row.touch()

    def _read(self, row: Invitation) -> InvitationRead:
        return InvitationRead(
            id=row.id,
            email=row.email,
            place_id=row.place_id,
            grants=[GrantCreate.model_validate(grant) for grant in row.grants],
            state=state_of(row, self._now),
            invited_by=row.invited_by,
            created_at=row.created_at,
            sent_at=row.sent_at,
            expires_at=row.expires_at,
            accepted_at=row.accepted_at,
            accepted_by=row.accepted_by,
            withdrawn_at=row.withdrawn_at,
            version=row.version,
        )

    async def _record(self, kind: str, row: Invitation) -> None:
        await record_invitation(self._session, kind, row, self._actor, self._now)


async def record_invitation(
    session: AsyncSession, kind: str, row: Invitation, actor: Actor, now: datetime
) -> None:
    """Tell the ledger of an invitation: the home and the roles, not the person."""
    await record(
        session,
        kind=kind,
        subject_type="invitation",
        subject_id=row.id,
        actor=actor,
        at=now,
        data={"place_id": row.place_id, "roles": sorted({str(grant["role"]) for grant in row.grants})},
        area_path=row.area_path,
    )


@dataclass(frozen=True, slots=True)
class InvitationLetter:
    """A letter to be sent: to whom and with which token."""

    email: str
    token: str


class AcceptanceService:
    """Answers to invitations: whoever holds the token has the mailbox it was sent to."""

    def __init__(self, session: AsyncSession, now: datetime) -> None:
        self._session = session
        self._invitations = InvitationRepository(session)
        self._users = UserRepository(session)
        self._now = now

    async def prepare(self, invitation_id: UUID) -> InvitationLetter | None:
        """The letter to send, with a fresh token; None when the invitation is not open any more."""
        row = await self._invitations.hold(id=invitation_id)
        if row is None or state_of(row, self._now) is not InvitationState.OPEN:
            return None
        token = new_token(TokenKind.INVITATION)
        row.digest = digest_of(token, TokenKind.INVITATION)
        row.sent_at = self._now
        await self._session.flush()  # the token is known before its letter
        return InvitationLetter(row.email, token)

    async def accept_new(
        self,
        answer: InvitationAccept,
        *,
        pool: "asyncpg.Pool[asyncpg.Record]",
        security: SecuritySettings,
    ) -> UserRead:
        """Make the account with its home and roles.

        Raises:
            Unauthenticated: ``accounts.invalid_invitation`` for a token that is unknown or ended.
            Invalid: ``accounts.password_too_common`` or ``accounts.password_is_email``.
            RuleViolation: ``accounts.invitation_needs_sign_in`` when the e-mail has an account,
                ``accounts.invitation_void`` when the inviter may not grant this any more.
        """
        digest = digest_of(answer.token, TokenKind.INVITATION)
        if digest is None or not await invitation_is_open(pool, digest, self._now):
            raise Unauthenticated("accounts.invalid_invitation")
        hashed = await passwords_for(security).hash(answer.password)
        row = await self._open(digest)
        check_new_password(answer.password, row.email)
        if await self._users.find_by_email(row.email_folded) is not None:
            raise RuleViolation("accounts.invitation_needs_sign_in")
        inviter = await self._inviter(row)
        try:
            made = await AccountService(self._session, inviter, self._now).create(
                email=row.email, display_name=answer.display_name, password_hash=hashed, place_id=row.place_id
            )
        except Forbidden as error:
            raise RuleViolation("accounts.invitation_void") from error
        await self._fulfil(row, inviter, made.id)
        return made

    async def accept_signed_in(self, token: str, actor: Actor) -> None:
        """Add the roles to the caller's account, whose e-mail the invitation must have.

        Raises:
            Invalid: ``accounts.invitation_not_open`` for a token that is unknown or ended.
            Forbidden: ``accounts.invitation_of_another``.
            RuleViolation: ``accounts.invitation_void`` when the inviter may not grant this any more.
        """
        digest = digest_of(token, TokenKind.INVITATION)
        row = None if digest is None else await self._invitations.hold(digest=digest)
        if row is None or state_of(row, self._now) is not InvitationState.OPEN:
            raise Invalid("accounts.invitation_not_open")
        user = None if actor.user_id is None else await self._users.find_any(actor.user_id)
        if user is None or user.email_folded != row.email_folded:
            raise Forbidden("accounts.invitation_of_another")
        await self._fulfil(row, await self._inviter(row), user.id)

    async def _open(self, digest: bytes) -> Invitation:
        row = await self._invitations.hold(digest=digest)
        if row is None or state_of(row, self._now) is not InvitationState.OPEN:
            raise Unauthenticated("accounts.invalid_invitation")
        return row

    async def _inviter(self, row: Invitation) -> Actor:
        """Who has promised, with what they hold today: nobody hands on what has been taken away."""
        user = await self._users.find_any(row.invited_by)
        if user is None or user.disabled_at is not None:
            raise RuleViolation("accounts.invitation_void")
        held = await self._users.grants_of(user.id)
        grants = tuple(stored_grant(one) for one in held if one.valid_from <= self._now)
        return Actor(user_id=user.id, grants=grants)

    async def _fulfil(self, row: Invitation, inviter: Actor, user_id: UUID) -> None:
        user = await self._users.find_any(user_id)
        if user is None:
            raise RuleViolation("accounts.invitation_void")
        promised = [GrantCreate.model_validate(grant) for grant in row.grants]
        try:
            await GrantService(self._session, inviter, self._now).fulfil(user, promised)
        except DomainError as error:
            # A unit may have ended since, or the inviter lost the role; the person invited can mend neither.
            raise RuleViolation("accounts.invitation_void") from error
        row.accepted_at = self._now
        row.accepted_by = user_id
        row.updated_at = self._now
        row.touch()
        await record_invitation(self._session, "invitation.accepted", row, Actor(user_id=user_id), self._now)
        await self._session.flush()  # a refusal by the database belongs to this use case
