"""Reading the ledger: the audit trail for those who may, its head for everybody."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.db.paging import Rows
from ocop_api.domain.actor import Actor, Permission, Scope
from ocop_api.domain.errors import Forbidden, NotFound
from ocop_api.ledger.keys import Head
from ocop_api.ledger.repository import LedgerRepository, SealedEvent
from ocop_api.ledger.schemas import EventFilter

__all__ = ["LedgerService", "SealedEvent"]


class LedgerService:
    """Sealed events and signed heads, for the router and for features that follow the ledger."""

    def __init__(self, session: AsyncSession) -> None:
        self._events = LedgerRepository(session)

    async def events(self, actor: Actor, wanted: EventFilter) -> Rows:
        """One page of the audit trail inside the actor's areas.

        Raises:
            Forbidden: ``auth.not_permitted`` without ``ledger:read`` anywhere.
        """
        scope = actor.scope(Permission.LEDGER_READ)
        if scope.empty:
            raise Forbidden("auth.not_permitted", permission=Permission.LEDGER_READ)
        return await self._events.page(scope, wanted)

    async def head(self) -> Head:
        """The newest signed head.

        Raises:
            NotFound: ``ledger.nothing_sealed`` while nothing was sealed.
        """
        head = await self._events.newest_checkpoint()
        if head is None:
            raise NotFound("ledger.nothing_sealed")
        return head

    async def last(self) -> tuple[int, bytes] | None:
        """Place and hash of the last sealed event, None for an empty ledger."""
        return await self._events.last()

    async def hash_at(self, seq: int) -> bytes | None:
        """The chain's hash at a place, None where there is none."""
        return await self._events.hash_at(seq)

    async def sealed(
        self,
        *,
        after: int,
        until: int,
        limit: int,
        scope: Scope | None = None,
        prefixes: Sequence[str] | None = None,
    ) -> list[SealedEvent]:
        """Up to ``limit`` sealed events with ``after < seq <= until``, in the order of the chain.

        With ``scope`` or ``prefixes`` only events inside the scope or whose kind starts with one of the
        prefixes; with neither, all.
        Because an event's place never changes, whoever remembers the last ``seq`` misses nothing.
        """
        return await self._events.between(after, until, limit, scope=scope, prefixes=prefixes)
