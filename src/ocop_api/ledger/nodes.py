"""The nodes of the tree in the database."""

from collections.abc import Iterable, Sequence

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.ledger.tree import Frontier, Span, Subtree

log = structlog.get_logger()

_FRONTIER = text(
    "select n.hash, c.root from unnest(cast(:levels as smallint[]), cast(:indexes as bigint[]))"
    " with ordinality as w(level, index, place)"
    " left join ledger_node n on n.level = w.level and n.index = w.index"
    " left join ledger_checkpoint c on c.seq = :size order by w.place"
)
_AT = text(
    "select n.level, n.index, n.hash from"
    " unnest(cast(:levels as smallint[]), cast(:indexes as bigint[])) as w(level, index)"
    " join ledger_node n on n.level = w.level and n.index = w.index"
)
_GROWN = text(
    "select n.level, n.index, n.hash from"
    " unnest(cast(:levels as smallint[]), cast(:firsts as bigint[]), cast(:seconds as bigint[]))"
    " as w(level, first, second)"
    " join ledger_node n on n.level = w.level and n.index >= w.first and n.index < w.second"
)
_ADD = text(
    "insert into ledger_node (level, index, hash) select * from"
    " unnest(cast(:levels as smallint[]), cast(:indexes as bigint[]), cast(:hashes as bytea[]))"
    # A tree that lost nodes at its end grows them again below those that are still there.
    " on conflict do nothing"
)


async def stored_frontier(session: AsyncSession, size: int) -> Frontier | None:
    """The right edge of the tree of the first ``size`` events; None where it has not grown so far.

    None as well, and an error in the log, when the stored nodes do not give the root that was signed at
    this size: what somebody changed must not be signed as if it were the sealer's own.
    """
    subtrees = Span(0, size).subtrees()
    found = await session.execute(
        _FRONTIER,
        {
            "levels": [subtree.level for subtree in subtrees],
            "indexes": [subtree.index for subtree in subtrees],
            "size": size,
        },
    )
    rows = found.all()
    hashes = [row.hash for row in rows if row.hash is not None]
    signed = rows[0].root if rows else None
    frontier = Frontier(size, hashes) if len(hashes) == len(subtrees) else None
    if signed is not None and (frontier is None or frontier.root() != signed):
        log.error("ledger_tree_broken", size=size)
        return None
    return frontier


async def nodes_at(session: AsyncSession, subtrees: Iterable[Subtree]) -> dict[Subtree, bytes]:
    """Those of the subtrees that are stored, in one statement."""
    wanted = list(set(subtrees))
    found = await session.execute(
        _AT,
        {
            "levels": [subtree.level for subtree in wanted],
            "indexes": [subtree.index for subtree in wanted],
        },
    )
    return {Subtree(level, index): digest for level, index, digest in found}


async def nodes_grown(session: AsyncSession, first: int, second: int) -> dict[Subtree, bytes]:
    """What is stored of the nodes that a tree has with ``second`` leaves and had not with ``first``."""
    levels = range(second.bit_length())
    found = await session.execute(
        _GROWN,
        {
            "levels": list(levels),
            "firsts": [first >> level for level in levels],
            "seconds": [second >> level for level in levels],
        },
    )
    return {Subtree(level, index): digest for level, index, digest in found}


async def add_nodes(session: AsyncSession, nodes: Sequence[tuple[Subtree, bytes]]) -> None:
    """Store complete subtrees, all in one statement."""
    if not nodes:
        return
    await session.execute(
        _ADD,
        {
            "levels": [subtree.level for subtree, _ in nodes],
            "indexes": [subtree.index for subtree, _ in nodes],
            "hashes": [digest for _, digest in nodes],
        },
    )
