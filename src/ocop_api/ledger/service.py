"""Reading the ledger: the audit trail for those who may, its head for everybody."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.db.paging import Rows
from ocop_api.domain.actor import Actor, Permission, Scope
from ocop_api.domain.errors import Forbidden, Invalid, NotFound, Unavailable
from ocop_api.ledger.keys import Head
from ocop_api.ledger.repository import LedgerRepository, SealedEvent
from ocop_api.ledger.schemas import EventFilter
from ocop_api.ledger.tree import Span, consistency_spans, inclusion_spans, roots_of

__all__ = ["LedgerService", "Proofs", "Proven", "SealedEvent"]


@dataclass(frozen=True, slots=True)
class Proven:
    """An event proven to lie in the tree: the bytes of its leaf, and the hashes beside its way up."""

    seq: int
    kind: str
    leaf: bytes
    path: list[bytes]


@dataclass(frozen=True, slots=True)
class Proofs:
    """Events proven against one signed head; ``pending`` counts those it does not cover."""

    head: Head | None
    events: list[Proven]
    pending: int


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

    async def consistency(self, first: int, second: int) -> list[bytes]:
        """The hashes that prove the tree of one signed head to go on from that of an older one.

        Raises:
            Invalid: ``ledger.sizes_reversed``.
            NotFound: ``ledger.no_such_checkpoint``, no head with a root was signed at one of the sizes.
            Unavailable: ``ledger.tree_incomplete``.
        """
        if first > second:
            raise Invalid("ledger.sizes_reversed", first=first, second=second)
        unknown = {first, second} - await self._events.sizes_signed({first, second})
        if unknown:
            raise NotFound("ledger.no_such_checkpoint", size=min(unknown))
        (path,) = await self._paths([consistency_spans(first, second)])
        return path

    async def proofs(
        self, subject_type: str, subject_id: UUID, *, kinds: Collection[str], size: int | None
    ) -> Proofs:
        """Proofs of a subject's events of these kinds against one signed head, in four statements at most.

        Args:
            subject_type: kind of the thing acted on.
            subject_id: its id.
            kinds: what may be shown of it to the caller.
            size: take the oldest head that covers so many events; the newest one when left out.

        Raises:
            NotFound: ``ledger.no_such_checkpoint``, no head covers ``size`` events.
            Unavailable: ``ledger.tree_incomplete``.
        """
        head = await self._events.checkpoint_of_tree(size)
        if head is None and size is not None:
            raise NotFound("ledger.no_such_checkpoint", size=size)
        covered = 0 if head is None else head.seq
        events = await self._events.placed(subject_type, subject_id, kinds, covered)
        count = await self._events.count(subject_type, subject_id, kinds)
        paths = await self._paths([inclusion_spans(event.seq - 1, covered) for event in events])
        return Proofs(
            head=head,
            events=[
                Proven(event.seq, event.kind, event.canonical.leaf(event.hash), path)
                for event, path in zip(events, paths, strict=True)
            ],
            pending=count - len(events),
        )

    async def _paths(self, ways: Sequence[Sequence[Span]]) -> list[list[bytes]]:
        nodes = await self._events.nodes(span for way in ways for span in way)
        try:
            return [roots_of(way, nodes) for way in ways]
        except KeyError as error:
            # A root was signed, so the nodes were there; after going back to an older version and up again
            # they grow anew.
            raise Unavailable("ledger.tree_incomplete") from error

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
