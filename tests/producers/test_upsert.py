"""Importing producers: recognised again, completed, never impoverished."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import text

from ocop_api.db.session import Database
from ocop_api.domain.actor import PUBLIC, SYSTEM, Actor
from ocop_api.domain.errors import Conflict, Forbidden
from ocop_api.producers.schemas import Outcome, ProducerCreate
from ocop_api.producers.service import ProducerService

NOW = datetime(2026, 6, 15, 2, 0, tzinfo=UTC)


def producer(name: str = "Công ty TNHH BOANERGES", **fields: Any) -> ProducerCreate:
    return ProducerCreate.model_validate({"legal_form": "company", "name": name, **fields})


async def upsert(database: Database, body: ProducerCreate, actor: Actor = SYSTEM) -> tuple[Any, Outcome]:
    async with database.transaction() as session:
        return await ProducerService(session, actor, NOW).upsert(body)


async def test_the_same_row_twice_changes_nothing(database: Database) -> None:
    body = producer(place_id="63:67")
    first, created = await upsert(database, body)
    again, unchanged = await upsert(database, body)
    assert (created, unchanged) == (Outcome.CREATED, Outcome.UNCHANGED)
    assert (again.id, again.version) == (first.id, 1)
    async with database.read() as session:
        assert await session.scalar(text("select count(*) from ledger_event")) == 1


async def test_gaps_never_erase_and_places_never_become_coarser(database: Database) -> None:
    first, _ = await upsert(database, producer(place_id="63:67"))
    finer, updated = await upsert(database, producer(place_id="63:24611", address="Số 1"))
    assert (updated, finer.id, finer.place_id) == (Outcome.UPDATED, first.id, "63:24611")
    coarser, unchanged = await upsert(database, producer(place_id="63:67"))
    assert (unchanged, coarser.place_id, coarser.address) == (Outcome.UNCHANGED, "63:24611", "Số 1")


async def test_merged_provinces_keep_a_producer_one(database: Database) -> None:
    old, _ = await upsert(database, producer(place_id="63:67"))
    new, outcome = await upsert(database, producer("Công ty tnhh Boanerges", place_id="34:68"))
    assert new.id == old.id
    assert outcome is Outcome.UPDATED


async def test_a_tax_code_finds_the_producer_under_another_name(database: Database) -> None:
    first, _ = await upsert(database, producer(place_id="34:68"))
    with_code, _ = await upsert(database, producer(place_id="34:68", private={"tax_code": "6400123455"}))
    renamed, _ = await upsert(
        database, producer("BOANERGES Đắk Nông", place_id="34:68", private={"tax_code": "6400123455"})
    )
    assert first.id == with_code.id == renamed.id
    assert renamed.name == "BOANERGES Đắk Nông"


async def test_a_name_of_several_is_not_guessed(database: Database) -> None:
    for code in ("6400123455", "6400123462"):
        await upsert(database, producer(place_id="34:68", private={"tax_code": code}))
    with pytest.raises(Conflict, match=r"producers\.ambiguous"):
        await upsert(database, producer(place_id="34:68"))


async def test_many_importers_of_one_producer_make_one_row(database: Database) -> None:
    done = await asyncio.gather(*(upsert(database, producer(place_id="34:68")) for _ in range(6)))
    assert len({row.id for row, _ in done}) == 1
    assert sorted(outcome for _, outcome in done) == ["created", *["unchanged"] * 5]


async def test_an_import_has_no_more_rights_than_its_actor(database: Database) -> None:
    with pytest.raises(Forbidden):
        await upsert(database, producer(place_id="34:68"), PUBLIC)
    await upsert(database, producer(place_id="34:68"))
    with pytest.raises(Forbidden):
        await upsert(database, producer(place_id="34:68", address="Số 1"), PUBLIC)
