"""Letting the tree grow over events that were sealed before there was one."""

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.ledger.canonical import EventRow, canonical_event
from ocop_api.ledger.nodes import add_nodes, stored_frontier
from ocop_api.ledger.sealing import EVENT_COLUMNS, lock_chain
from ocop_api.ledger.tree import Subtree, leaf_hash

log = structlog.get_logger()

_SIZES = text(
    "select coalesce((select max(index) + 1 from ledger_node where level = 0), 0) as size,"
    " coalesce((select max(seq) from ledger_seal), 0) as sealed"
)
_SEALED = text(
    f"select s.seq, s.hash, s.sealed_at, {EVENT_COLUMNS} from ledger_seal s"  # noqa: S608
    " join ledger_event e on e.id = s.event_id where s.seq > :after order by s.seq limit :limit"
)


async def grow(session: AsyncSession, *, limit: int) -> int:
    """Give up to ``limit`` sealed events that have no leaf yet their leaves; gives their number.

    In the caller's transaction, which waits for the sealer and holds it up for so long. Stops before a
    place that is missing or broken; ``ocop-api ledger verify`` names it.
    """
    await lock_chain(session)
    size, sealed = (await session.execute(_SIZES)).one()
    if size >= sealed:
        return 0
    frontier = await stored_frontier(session, size)
    if frontier is None:
        log.error("ledger_tree_stopped", size=size)
        return 0
    nodes: list[tuple[Subtree, bytes]] = []
    for row in await session.execute(_SEALED, {"after": size, "limit": limit}):
        if row.seq != frontier.size + 1:
            log.error("ledger_tree_stopped", size=frontier.size)
            break
        event = canonical_event(EventRow(*row[3:]), seq=row.seq, sealed_at=row.sealed_at)
        nodes += frontier.append(leaf_hash(event.leaf(row.hash)))
    await add_nodes(session, nodes)
    return frontier.size - int(size)
