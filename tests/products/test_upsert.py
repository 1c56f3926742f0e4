"""Importing products, and what an import may say about a recognition."""

import asyncio
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocop_api.db.session import Database
from ocop_api.domain.actor import PUBLIC, SYSTEM
from ocop_api.domain.errors import Forbidden, Invalid
from ocop_api.producers.schemas import Outcome, ProducerCreate
from ocop_api.producers.service import ProducerService
from ocop_api.products.policy import check_recognition, outranks, standing
from ocop_api.products.schemas import ImportedFacts, ProductCreate
from ocop_api.products.service import ProductService
from ocop_api.products.terms import Recognition, RecognitionToday

NOW = datetime(2026, 6, 15, 2, 0, tzinfo=UTC)
STATUSES = st.sampled_from(list(Recognition))
DAYS = st.none() | st.dates(date(2020, 1, 1), date(2030, 1, 1))


@pytest.fixture
async def producer_id(database: Database) -> UUID:
    body = ProducerCreate.model_validate({"legal_form": "company", "name": "Vinahe", "place_id": "63:67"})
    async with database.transaction() as session:
        return (await ProducerService(session, SYSTEM, NOW).create(body)).id


async def upsert(
    database: Database, producer_id: UUID, facts: dict[str, Any] | None = None, **fields: Any
) -> tuple[Any, Outcome]:
    body = ProductCreate.model_validate({"producer_id": producer_id, "name": "Điều rang muối", **fields})
    async with database.transaction() as session:
        service = ProductService(session, SYSTEM, NOW)
        return await service.upsert(body, ImportedFacts.model_validate(facts or {}))


async def test_the_same_row_twice_changes_nothing(database: Database, producer_id: UUID) -> None:
    facts = {"recognition": "reported", "stars": 4, "source": "báo", "confidence": "B1"}
    first, created = await upsert(database, producer_id, facts, industry="I", price_vnd="100000")
    again, unchanged = await upsert(database, producer_id, facts, industry="I", price_vnd="100000")
    assert (created, unchanged) == (Outcome.CREATED, Outcome.UNCHANGED)
    assert (again.id, again.version, again.stars) == (first.id, 1, 4)


async def test_gaps_never_erase_known_facts(database: Database, producer_id: UUID) -> None:
    await upsert(database, producer_id, {"confidence": "A"}, set_number=6, pack="gói 250g")
    row, outcome = await upsert(database, producer_id, {"source": "quyết định"}, industry="I")
    assert outcome is Outcome.UPDATED
    assert (row.set_number, row.pack, row.confidence, row.source) == (6, "gói 250g", "A", "quyết định")


async def test_an_import_improves_a_recognition_and_never_worsens_it(
    database: Database, producer_id: UUID
) -> None:
    async def after(**facts: Any) -> tuple[str, int | None, date | None]:
        row, _ = await upsert(database, producer_id, facts)
        return row.recognition_status, row.stars, row.stars_valid_until

    granted = ("valid", 4, date(2027, 9, 19))
    assert await after(recognition="reported", stars=3) == ("reported", 3, None)
    assert await after(recognition="valid", stars=4, stars_valid_until="2027-09-19") == granted
    assert await after(recognition="reported", stars=5) == granted
    assert await after(recognition="valid", stars=3, stars_valid_until="2025-01-01") == granted
    assert await after() == granted
    with pytest.raises(Invalid, match="recognition_incomplete"):
        await after(recognition="valid", stars=4)


async def test_many_importers_of_one_product_make_one_row(database: Database, producer_id: UUID) -> None:
    done = await asyncio.gather(*(upsert(database, producer_id) for _ in range(6)))
    assert len({row.id for row, _ in done}) == 1
    assert sorted(outcome for _, outcome in done) == ["created", *["unchanged"] * 5]


async def test_an_import_has_no_more_rights_than_its_actor(database: Database, producer_id: UUID) -> None:
    body = ProductCreate(producer_id=producer_id, name="Điều")
    async with database.transaction() as session:
        with pytest.raises(Forbidden):
            await ProductService(session, PUBLIC, NOW).upsert(body)


@given(status=STATUSES, stars=st.none() | st.integers(3, 5), until=DAYS, today=st.dates())
def test_stars_are_held_only_by_a_valid_recognition_in_its_term(
    status: Recognition, stars: int | None, until: date | None, today: date
) -> None:
    held = standing(status, stars, until, today=today)
    in_term = status is Recognition.VALID and until is not None and today <= until
    assert (held.status is RecognitionToday.VALID) == in_term
    assert held.stars == (stars if in_term else None)


@given(status=STATUSES, until=DAYS, stored=STATUSES, stored_until=DAYS)
def test_an_import_replaces_a_decision_only_by_a_later_one(
    status: Recognition, until: date | None, stored: Recognition, stored_until: date | None
) -> None:
    if outranks(status, until, stored=stored, stored_until=stored_until):
        assert status is not Recognition.NONE
        assert stored is not Recognition.WITHDRAWN
        if stored is Recognition.VALID and stored_until is not None:
            assert status is Recognition.VALID
            assert until is not None
            assert until >= stored_until


@pytest.mark.parametrize(
    ("status", "stars", "until"),
    [
        (Recognition.VALID, None, date(2027, 1, 1)),
        (Recognition.VALID, 4, None),
        (Recognition.NONE, 4, None),
        (Recognition.NONE, None, date(2027, 1, 1)),
    ],
)
def test_a_recognition_must_be_whole(status: Recognition, stars: int | None, until: date | None) -> None:
    with pytest.raises(Invalid):
        check_recognition(status, stars, until)
