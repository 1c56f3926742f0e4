"""The SQL that follows edges gives what the pure rule gives, on any graph, cycles included."""

import random
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from sqlalchemy import insert
from tests.traceability.conftest import Chain

from ocop_api.db.session import Database
from ocop_api.db.tables.traceability import EpcisEvent, TraceEdge
from ocop_api.domain.traceability.lots import Direction, Edge, trace
from ocop_api.traceability.repository import TraceabilityRepository


async def keep(database: Database, edges: set[Edge], chain: Chain) -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    event = {
        "id": uuid4(),
        "event_id": f"urn:uuid:{uuid4()}",
        "producer_id": UUID(chain.trade.producer["id"]),
        "type": "ObjectEvent",
        "step": "storing",
        "event_time": at,
        "record_time": at,
        "payload": {},
        "hash": bytes(32),
    }
    async with database.transaction() as session:
        await session.execute(insert(EpcisEvent).values(**event))
        rows = [{"child": e.child, "parent": e.parent, "event_id": event["id"]} for e in edges]
        await session.execute(insert(TraceEdge), rows)


@pytest.mark.parametrize("seed", range(3))
async def test_traces_equal_the_rule_on_random_graphs(database: Database, chain: Chain, seed: int) -> None:
    rng = random.Random(seed)  # noqa: S311 - graphs, not secrets
    graphs = []
    for number in range(12):
        nodes = [f"{rng.choice('aBđ/')}{number}:{place}" for place in range(rng.randint(2, 14))]
        pairs = {(rng.choice(nodes), rng.choice(nodes)) for _ in range(rng.randint(1, 30))}
        graphs.append((nodes, {Edge(child, parent) for child, parent in pairs if child != parent}))
    await keep(database, set().union(*(edges for _, edges in graphs)), chain)
    async with database.read() as session:
        rows = TraceabilityRepository(session)
        for nodes, edges in graphs:
            start, depth = rng.choice(nodes), rng.choice([1, 2, 3, 20])
            for direction in Direction:
                found = await rows.trace(start, direction, max_depth=depth)
                assert tuple(found) == trace(start, edges, direction, max_depth=depth)


async def test_many_ways_to_one_ancestor_stay_cheap(database: Database, chain: Chain) -> None:
    # Forty layers of two nodes, each tied to both of the next: 2 to the 40th ways.
    edges = {Edge(f"{layer}{a}", f"{layer + 1}{b}") for layer in range(100, 140) for a in "xy" for b in "xy"}
    await keep(database, edges, chain)
    async with database.read() as session:
        found = await TraceabilityRepository(session).trace("100x", Direction.BACKWARD, max_depth=50)
    assert len(found) == 80


async def test_a_circle_in_the_data_ends_and_the_answer_is_bounded(database: Database, chain: Chain) -> None:
    await keep(database, {Edge("a", "b"), Edge("b", "c"), Edge("c", "a")}, chain)
    async with database.read() as session:
        rows = TraceabilityRepository(session)
        found = await rows.trace("a", Direction.BACKWARD, max_depth=50)
        assert [node.key for node in found] == ["b", "c"]
        assert len(await rows.trace("a", Direction.FORWARD, max_depth=50, limit=1)) == 1
