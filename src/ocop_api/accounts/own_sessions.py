"""The sign-ins of an account: seeing them, ending them."""

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.accounts.administering import hold_administered
from ocop_api.accounts.sessions import end_all
from ocop_api.accounts.sign_in_repository import SignInRepository
from ocop_api.db.tables.accounts import AccountSession, AccountUser
from ocop_api.domain.actor import Actor
from ocop_api.domain.errors import NotFound, Unauthenticated
from ocop_api.ledger.recording import record


class OwnSessions:
    """Sign-ins that go on, as their owner or an administrator may end them."""

    def __init__(self, session: AsyncSession, actor: Actor, now: datetime) -> None:
        self._session = session
        self._found = SignInRepository(session)
        self._actor = actor
        self._now = now

    async def list(self) -> Sequence[AccountSession]:
        """The caller's live sessions, the one last used first."""
        if self._actor.user_id is None:
            return []
        return await self._found.live_sessions(self._actor.user_id, self._now)

    async def end(self, session_id: UUID) -> None:
        """End one of the caller's sessions.

        Raises:
            NotFound: ``accounts.unknown_session``, also when it has ended already.
        """
        user = await self._own()
        if not await self._found.end_session(user.id, session_id, self._now, "ended_by_owner"):
            raise NotFound("accounts.unknown_session")
        await self._record("user.session_ended", user, {"session_id": str(session_id)})

    async def end_all(self) -> None:
        """End all of the caller's sessions, this one too."""
        user = await self._own()
        await end_all(self._session, user.id, self._now, "ended_by_owner")
        await self._record("user.signed_out_everywhere", user, {})

    async def end_all_of(self, user_id: UUID, check_version: Callable[[int], None]) -> None:
        """End all sessions of an account within the actor's reach.

        Raises:
            NotFound: ``accounts.unknown_user``.
            Forbidden: ``auth.not_permitted``.
        """
        user = await hold_administered(self._session, self._actor, user_id, check_version)
        await end_all(self._session, user.id, self._now, "ended_by_administrator")
        await self._record("user.signed_out_everywhere", user, {})

    async def _own(self) -> AccountUser:
        user = None if self._actor.user_id is None else await self._found.hold_user(self._actor.user_id)
        if user is None:
            raise Unauthenticated("auth.invalid_token")
        return user

    async def _record(self, kind: str, user: AccountUser, data: dict[str, str]) -> None:
        await record(
            self._session,
            kind=kind,
            subject_type="user",
            subject_id=user.id,
            actor=self._actor,
            at=self._now,
            data=data,
            area_path=user.area_path,
        )
