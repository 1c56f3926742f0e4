"""Computable targets at the edges of thresholds, deadlines, areas and days."""

from datetime import date, datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import event, text
from tests.conftest import MovableClock

from ocop_api.certificates.service import HistoricRecognition, RecordingService
from ocop_api.db.session import Database
from ocop_api.domain.actor import SYSTEM, Actor, Level
from ocop_api.domain.clock import VIETNAM
from ocop_api.domain.regime_terms import ProducerForm
from ocop_api.listings.schemas import ListingCreate
from ocop_api.listings.service import ListingService

from .conftest import PLAN, PROVINCE_OFFICER, Records, officer, vietnam

DISTRICTS = [str(code) for code in range(660, 668)]
ALWAYS = date(2030, 1, 1)


@pytest.fixture(autouse=True)
def end_of_2024(clock: MovableClock) -> None:
    clock.at = vietnam(2024, 12, 20)


async def figure(client: httpx.AsyncClient, code: str, **headers: str) -> dict[str, Any]:
    answer = await client.get(f"{PLAN}/targets/{code}", headers={"Accept-Language": "en", **headers})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_without_records_counts_are_nought_and_shares_are_open(client: httpx.AsyncClient) -> None:
    answer = await client.get(f"{PLAN}/targets", headers={"Accept-Language": "en"})
    assert answer.status_code == 200
    assert answer.json()["as_of"] == "2024-12-20"
    found = {target["code"]: target for target in answer.json()["targets"]}
    assert len(found) == 16
    assert (found["T01"]["value"], found["T01"]["met"]) == ("0", False)
    assert (found["T02"]["numerator"], found["T02"]["denominator"]) == (0, 8)
    for code in ("T03", "T04", "T05", "T06", "T08"):
        assert found[code]["met"] is None
        assert found[code]["explanation"] == "There is nothing to take a share of."
    for code in (f"T{n:02d}" for n in range(9, 17)):
        assert found[code]["basis"] == "none"
        assert found[code]["explanation"] == "No figure is at hand."


async def test_the_language_follows_the_caller(client: httpx.AsyncClient) -> None:
    found = await figure(client, "T01", **{"Accept-Language": "vi"})
    assert found["title"] == "Ít nhất 5 sản phẩm được đánh giá 4 sao cấp tỉnh"
    assert found["explanation"] == "0 trên mức tối thiểu 5: chưa đạt."


async def test_four_products_miss_the_target_and_the_fifth_meets_it(
    client: httpx.AsyncClient, records: Records
) -> None:
    first = await records.step(vietnam(2024, 9, 1))
    # A second rating of the same product adds nothing.
    await records.step(vietnam(2024, 9, 20), product_id=first)
    for _ in range(3):
        await records.step(vietnam(2024, 10, 1))
    found = await figure(client, "T01")
    assert (found["value"], found["met"]) == ("4", False)
    await records.step(vietnam(2024, 10, 2))
    found = await figure(client, "T01")
    assert (found["value"], found["met"], found["explanation"]) == ("5", True, "5 of at least 5: met.")
    assert (found["basis"], found["as_of"]) == ("records_of_year", "2024-10-29")


@pytest.mark.parametrize(
    ("at", "counts"),
    [
        (vietnam(2024, 1, 1, 0, 0), True),
        (vietnam(2024, 1, 1, 0, 0) - timedelta(microseconds=1), False),
        (vietnam(2024, 10, 29, 23, 59), True),
        (vietnam(2024, 10, 30, 0, 0), False),
    ],
)
async def test_the_year_and_the_deadline_are_days_of_vietnam(
    client: httpx.AsyncClient, records: Records, at: datetime, *, counts: bool
) -> None:
    await records.step(at)
    assert (await figure(client, "T01"))["value"] == ("1" if counts else "0")


async def test_before_the_deadline_the_figure_speaks_of_today(
    client: httpx.AsyncClient, records: Records, clock: MovableClock
) -> None:
    await records.step(vietnam(2024, 9, 10))
    clock.at = vietnam(2024, 9, 9, 23, 59)
    assert ((await figure(client, "T01"))["value"], (await figure(client, "T01"))["as_of"]) == (
        "0",
        "2024-09-09",
    )
    clock.at = vietnam(2024, 9, 10)
    assert (await figure(client, "T01"))["value"] == "1"


async def test_other_steps_levels_and_provinces_do_not_count(
    client: httpx.AsyncClient, records: Records
) -> None:
    await records.step(vietnam(2024, 9, 1), level=Level.DISTRICT)
    await records.step(vietnam(2024, 9, 1), action="recognise")
    await records.step(vietnam(2024, 9, 1), place_id="63:01")
    assert (await figure(client, "T01"))["value"] == "0"


async def test_every_district_must_reach_the_threshold(client: httpx.AsyncClient, records: Records) -> None:
    async def rated(district: str, **more: Any) -> None:
        at = more.pop("at", vietnam(2024, 9, 30, 23, 59))
        await records.step(at, level=Level.DISTRICT, place_id=f"63:{district}", **more)

    for district in DISTRICTS:
        for _ in range(2 if district == "663" else 3):
            await rated(district)
    await rated("663", at=vietnam(2024, 10, 1, 0, 0))
    await rated("663", kind="rerating")
    found = await figure(client, "T02")
    assert (found["numerator"], found["denominator"], found["met"]) == (7, 8, False)
    assert found["unmet_districts"] == [{"code": "663", "name": "Huyện Đắk Mil"}]
    assert found["explanation"] == "7 of 8 districts have at least 3: not met."
    await rated("663")
    found = await figure(client, "T02")
    assert (found["value"], found["met"], found["unmet_districts"]) == ("8", True, [])
    assert found["records"]["total"] == 24


async def test_a_dossier_counts_as_sent_when_it_arrives_at_the_central_level(
    client: httpx.AsyncClient, records: Records
) -> None:
    await records.step(vietnam(2024, 11, 1), action="receive", level=Level.CENTRAL)
    assert (await figure(client, "T07"))["met"] is False
    await records.step(vietnam(2024, 12, 1), action="forward", to_level=Level.CENTRAL)
    found = await figure(client, "T07")
    assert (found["value"], found["met"]) == ("1", True)


async def test_products_of_dossiers_under_way_are_named_to_their_readers_only(
    client: httpx.AsyncClient, records: Records, as_actor: Any
) -> None:
    known = await records.step(vietnam(2024, 9, 1), state="recognised")
    under_way = await records.step(vietnam(2024, 9, 2), state="awaiting_decision")
    public = await figure(client, "T01")
    assert public["value"] == "2"
    assert [p["product_id"] for p in public["records"]["products"]] == [str(known)]
    assert public["records"]["total"] == 1
    inside = await figure(client, "T01", **as_actor(PROVINCE_OFFICER))
    assert [p["product_id"] for p in inside["records"]["products"]] == [str(known), str(under_way)]
    outside = await figure(client, "T01", **as_actor(officer("34:01")))
    assert outside["records"]["total"] == 1


async def list_on(records: Records, product_id: Any, channel: str, *, actor: Actor = SYSTEM) -> None:
    async with records.database.transaction() as session:
        service = ListingService(session, actor, records.clock())
        await service.declare(ListingCreate(product_id=product_id, channel=channel, live=True))


async def test_a_share_is_met_by_the_last_product_and_a_shop_is_not_online(
    client: httpx.AsyncClient, records: Records
) -> None:
    platform, website, shop = [await records.product(valid_until=ALWAYS) for _ in range(3)]
    await records.product(valid_until=date(2024, 12, 19))
    await records.product(valid_until=ALWAYS, status="reported")
    await records.product("63:01", valid_until=ALWAYS)
    await list_on(records, platform, "shopee")
    await list_on(records, website, "own-website")
    await list_on(records, shop, "store")
    found = await figure(client, "T05")
    assert (found["numerator"], found["denominator"], found["value"]) == (2, 3, "66.66")
    assert (found["met"], found["basis"], found["as_of"]) == (False, "standing", "2024-12-20")
    assert found["records"]["shown"] == "missing"
    assert found["records"]["total"] == 1
    assert [p["product_id"] for p in found["records"]["products"]] == [str(shop)]
    await list_on(records, shop, "facebook")
    found = await figure(client, "T05")
    assert (found["value"], found["met"], found["records"]["products"]) == ("100.00", True, [])


async def test_the_catalogue_shows_every_product_with_valid_stars(
    client: httpx.AsyncClient, records: Records, clock: MovableClock
) -> None:
    held = await records.product(valid_until=date(2024, 12, 20))
    await records.product()
    found = await figure(client, "T06")
    assert (found["numerator"], found["denominator"], found["met"]) == (1, 1, True)
    assert [p["product_id"] for p in found["records"]["products"]] == [str(held)]
    clock.at = datetime(2024, 12, 21, tzinfo=VIETNAM)
    assert (await figure(client, "T06"))["denominator"] == 0


async def test_cooperative_producers_are_groups_cooperatives_and_unions(
    client: httpx.AsyncClient, records: Records
) -> None:
    for form in ProducerForm:
        await records.product(form=form, valid_until=ALWAYS)
    await records.product(form=ProducerForm.COOPERATIVE)
    found = await figure(client, "T08")
    assert (found["numerator"], found["denominator"], found["met"]) == (3, len(ProducerForm), None)
    assert found["records"]["total"] == 3


async def test_records_end_at_a_hundred_and_tell_their_number(
    client: httpx.AsyncClient, records: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ocop_api.programme.repository.RECORDS_TOLD", 2)
    for _ in range(3):
        await records.step(vietnam(2024, 9, 1))
    behind = (await figure(client, "T01"))["records"]
    assert (behind["total"], len(behind["products"])) == (3, 2)


async def test_all_targets_take_a_fixed_number_of_queries(
    client: httpx.AsyncClient, records: Records, database: Database
) -> None:
    statements: list[str] = []

    def note(*arguments: Any) -> None:
        statements.append(arguments[2])

    engine = database.read_engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    await client.get(f"{PLAN}/targets")
    empty = len(statements)
    for _ in range(3):
        await records.step(vietnam(2024, 9, 1))
    statements.clear()
    await client.get(f"{PLAN}/targets")
    assert len(statements) == empty < 20


async def test_inspections_of_the_plan_year_are_counted(
    client: httpx.AsyncClient, records: Records, database: Database, clock: MovableClock
) -> None:
    """T03: certificates whose term ends in the year; T04: those in force; each once, if inspected in it."""

    async def certified(decided_on: date, *inspected_on: date, place_id: str = "63:24611") -> None:
        product_id = await records.product(place_id)
        async with database.transaction() as session:
            known = HistoricRecognition(
                stars=3,
                source="Quyết định",
                confidence="decision",
                decision_number="1",
                decided_on=decided_on,
            )
            service = RecordingService(session, SYSTEM, clock())
            certificate_id = await service.record_recognition(product_id, known)
            for day in inspected_on:
                await session.execute(
                    text(
                        """
                        insert into inspection (id, kind, cause, certificate_id, product_id, producer_id,
                            level, area_path, contents, state, begun_at, concluded_at, inspected_on,
                            conclusion, summary, people, version, created_at, updated_at)
                        select gen_random_uuid(), 'unannounced', 'request', id, product_id, producer_id,
                            'central', area_path, '{criteria}', 'concluded', :now, :now, :day, 'kept', 'x',
                            '[]', 1, :now, :now
                        from certificate where id = :id
                        """
                    ),
                    {"now": clock(), "day": day, "id": certificate_id},
                )

    await certified(date(2021, 3, 1), date(2024, 2, 1), date(2024, 6, 1))
    await certified(date(2021, 9, 1))
    await certified(date(2021, 10, 1), date(2023, 12, 31))
    await certified(date(2023, 5, 1), date(2024, 12, 20))
    await certified(date(2021, 3, 1), date(2024, 2, 1), place_id="63:01")
    found = await figure(client, "T03")
    assert (found["numerator"], found["denominator"], found["basis"]) == (1, 3, "records_of_year")
    found = await figure(client, "T04")
    assert (found["numerator"], found["denominator"]) == (1, 1)
