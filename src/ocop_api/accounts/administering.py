"""Finding an account that the actor administers, for actions on it."""

from collections.abc import Callable
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.accounts.grants import standing_of
from ocop_api.accounts.policy import may_administer
from ocop_api.accounts.repository import UserRepository
from ocop_api.db.tables.accounts import AccountUser
from ocop_api.domain.actor import Actor, Permission
from ocop_api.domain.errors import Forbidden, NotFound


async def hold_administered(
    session: AsyncSession, actor: Actor, user_id: UUID, check_version: Callable[[int], None]
) -> AccountUser:
    """The account, locked, when it and all it holds are within the actor's reach.

    ``check_version`` is called with the stored version.

    Raises:
        NotFound: ``accounts.unknown_user``.
        Forbidden: ``auth.not_permitted``.
    """
    users = UserRepository(session)
    row = await users.find(user_id, actor, lock=True)
    if row is None:
        raise NotFound("accounts.unknown_user")
    held = [standing_of(grant.area_path, grant.level) for grant in await users.grants_of(user_id)]
    if not may_administer(actor, standing_of(row.area_path, row.level), held):
        raise Forbidden("auth.not_permitted", permission=Permission.USER_CREATE)
    check_version(row.version)
    return row
