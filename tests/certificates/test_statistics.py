"""The register in numbers: each count against one made in Python, row by row, over a made-up register."""

import itertools
import random
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import event, insert, text
from tests.conftest import MovableClock

from ocop_api.certificates.standing import Life, Standing
from ocop_api.db.session import Database
from ocop_api.db.tables.certificates import Certificate, CertificateSupersession, CertificateWithdrawal
from ocop_api.places.service import PlaceService

from .conftest import CHAIR, Issue, World

# A commune of today, a former one of another district, one of another province, and a whole province.
PLACES = ("34:24611", "63:24640", "34:00004", "34:68")
FORMS = ("cooperative", "cooperative_union", "company", "production_household")
SETS = (13, 3, None, 13)
DAYS = (date(2023, 6, 30), date(2025, 1, 1), date(2026, 6, 15), date(2028, 2, 29))


@dataclass(frozen=True)
class Row:
    """A certificate of the made-up register, as the test knows it."""

    id: UUID
    life: Life
    decided_on: date | None
    taken_in: date
    set_number: int | None
    legal_form: str
    area_path: tuple[str, ...]
    successor_stars: int | None = None

    def there(self, day: date) -> bool:
        """Whether it had been decided, or without a date reported, by that day."""
        return (self.decided_on or self.taken_in) <= day


async def _products(world: World, database: Database) -> list[dict[str, Any]]:
    made = []
    for place_id, form, set_number in zip(PLACES, FORMS, SETS, strict=True):
        product_id, producer_id = await world.product(place_id)
        async with database.transaction() as session:
            await session.execute(
                text("update producer set legal_form = :form where id = :id"),
                {"form": form, "id": producer_id},
            )
            await session.execute(
                text("update product set set_number = :set_number where id = :id"),
                {"set_number": set_number, "id": product_id},
            )
            area = await PlaceService(session).area_path(place_id)
        made.append(
            {
                "product_id": product_id,
                "producer_id": producer_id,
                "area_path": area,
                "set_number": set_number,
                "legal_form": form,
            }
        )
    return made


def _lives(chance: random.Random) -> list[Life]:
    """Certificates of one product one after the other, some replaced while they ran, some withdrawn."""
    lives: list[Life] = []
    day = date(2019, 1, 1) + timedelta(days=chance.randrange(700))
    for _ in range(chance.randrange(1, 5)):
        until = day + timedelta(days=1095)
        life = Life(
            stars=chance.choice((3, 4, 5)),
            issued_on=day,
            valid_until=until,
            notice_from=until - timedelta(days=180),
            withdrawn_on=day + timedelta(days=chance.randrange(1, 1400)) if chance.random() < 0.25 else None,
        )
        day += timedelta(days=chance.choice((1, 200, 900, 1095, 1096, 1400)))
        lives.append(life)
    for number, (life, later) in enumerate(itertools.pairwise(lives)):
        assert later.issued_on is not None
        assert life.valid_until is not None
        if later.issued_on <= life.valid_until:
            lives[number] = replace(life, superseded_on=later.issued_on)
    return lives


async def _register(world: World, database: Database, seed: int) -> list[Row]:
    """Write about a hundred certificates and give them back as the test knows them."""
    chance = random.Random(seed)  # noqa: S311 - made-up data, the same each time
    products = await _products(world, database)
    rows: list[Row] = []
    certificates, withdrawals, supersessions = [], [], []
    for number in range(40):
        product = chance.choice(products)
        facts = {name: product[name] for name in ("set_number", "legal_form")}
        facts["area_path"] = tuple(product["area_path"])
        lives = _lives(chance)
        of_one = [
            Row(uuid4(), life, life.issued_on, date(2026, 6, 15), successor_stars=None, **facts)
            for life in lives
        ]
        for place, (row, later) in enumerate(itertools.pairwise(of_one)):
            if row.life.superseded_on is not None:
                of_one[place] = replace(row, successor_stars=later.life.stars)
                supersessions.append(
                    {
                        "certificate_id": row.id,
                        "successor_id": later.id,
                        "superseded_on": row.life.superseded_on,
                    }
                )
        if chance.random() < 0.4:
            report = Life(stars=chance.choice((3, 4)), issued_on=None, valid_until=None, notice_from=None)
            dated = chance.choice((None, date(2022, 5, 1)))
            taken_in = chance.choice(DAYS[:3]) + timedelta(days=chance.choice((0, 1)))
            of_one.append(Row(uuid4(), report, dated, taken_in, **facts))
        for row in of_one:
            certificates.append(
                {
                    "id": row.id,
                    "code": row.id.hex,
                    "product_id": product["product_id"],
                    "producer_id": product["producer_id"],
                    "stars": row.life.stars,
                    "regime": None if row.life.issued_on is None else "qd26-2026",
                    "decision_number": f"{number}/{row.id.hex[:6]}",
                    "decided_on": row.decided_on,
                    "issued_on": row.life.issued_on,
                    "valid_until": row.life.valid_until,
                    "notice_from": row.life.notice_from,
                    "product_name": "Cà phê",
                    "producer_name": "Hợp tác xã",
                    "producer_address": "",
                    "source": "x",
                    "confidence": "press" if row.life.issued_on is None else "decision",
                    "area_path": product["area_path"],
                    # Just after midnight in Vietnam, which is the day before in UTC.
                    "created_at": datetime.combine(row.taken_in, datetime.min.time(), UTC)
                    - timedelta(hours=6, minutes=59),
                    "updated_at": world.clock(),
                    "version": 1,
                }
            )
            if row.life.withdrawn_on is not None:
                withdrawals.append(
                    {
                        "certificate_id": row.id,
                        "withdrawn_on": row.life.withdrawn_on,
                        "ground": "misuse_of_mark",
                        "reason": "Lý do kín",
                        "concluded_on": row.life.withdrawn_on,
                    }
                )
        rows += of_one
    async with database.transaction() as session:
        await session.execute(insert(Certificate), certificates)
        await session.execute(insert(CertificateWithdrawal), withdrawals)
        await session.execute(insert(CertificateSupersession), supersessions)
    return rows


async def _asked(client: httpx.AsyncClient, what: str, **wanted: Any) -> dict[str, Any]:
    answer = await client.get(f"/v1/certificates/{what}", params=wanted)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def _pair(rows: Iterable[Row], day: date) -> tuple[int, int]:
    found = [row.life.standing(day) for row in rows]
    return len(found), sum(standing.in_force for standing in found)


def _told(items: list[dict[str, Any]], key: str) -> dict[Any, tuple[int, int]]:
    told = {item[key]: (item["total"], item["in_force"]) for item in items}
    assert len(told) == len(items)
    return told


def _grouped(rows: list[Row], keys: Any, day: date) -> dict[Any, tuple[int, int]]:
    values = {key for row in rows for key in keys(row)}
    return {value: _pair([row for row in rows if value in keys(row)], day) for value in values}


FILTERS: tuple[dict[str, Any], ...] = (
    {},
    {"stars": 4},
    {"set_number": 13},
    {"place_id": "34:68"},
    {"place_id": "63:660"},
    {"place_id": "34:24611", "stars": 3},
    {"place_id": "34:75"},
)


def _meant(rows: list[Row], wanted: dict[str, Any]) -> list[Row]:
    return [
        row
        for row in rows
        if wanted.get("stars") in {None, row.life.stars}
        and wanted.get("set_number") in {None, row.set_number}
        and ("place_id" not in wanted or wanted["place_id"] in row.area_path)
    ]


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_every_count_is_the_one_made_by_hand(
    world: World, database: Database, client: httpx.AsyncClient, seed: int
) -> None:
    rows = await _register(world, database, seed)
    async with database.read() as session:
        today = {
            found.id: found
            for found in await session.execute(
                text("select id, level, path from place where structure = '34' and level <> 'district'")
            )
        }
    assert {row.life.standing(DAYS[2]) for row in rows} >= {
        Standing.VALID,
        Standing.EXPIRING,
        Standing.EXPIRED,
        Standing.WITHDRAWN,
        Standing.SUPERSEDED,
        Standing.REPORTED,
    }
    for wanted, day in itertools.product(FILTERS, DAYS):
        body = await _asked(client, "statistics", on=day.isoformat(), **wanted)
        there = [row for row in _meant(rows, wanted) if row.there(day)]
        assert body["on"] == day.isoformat()
        assert (body["all"]["total"], body["all"]["in_force"]) == _pair(there, day), (wanted, day)
        assert {item["status"]: item["total"] for item in body["by_status"]} == {
            standing.value: sum(row.life.standing(day) is standing for row in there) for standing in Standing
        }
        assert _told(body["by_stars"], "stars") == _grouped(there, lambda r: {r.life.stars}, day)
        assert _told(body["by_set"], "set_number") == _grouped(there, lambda r: {r.set_number}, day)
        assert _told(body["by_legal_form"], "legal_form") == _grouped(there, lambda r: {r.legal_form}, day)
        assert _told(body["by_year"], "year") == _grouped(
            there, lambda r: {None if r.decided_on is None else r.decided_on.year}, day
        )
        cooperatives = [row for row in there if row.legal_form.startswith("cooperative")]
        assert tuple(body["cooperatives"].values()) == _pair(cooperatives, day)
        asked = wanted.get("place_id")
        for level, part in (("province", "by_province"), ("commune", "by_commune")):
            inside = {
                unit
                for unit, found in today.items()
                if found.level == level and (asked not in today or asked in found.path)
            }
            expected = _grouped(there, lambda r, inside=inside: inside & set(r.area_path), day)
            assert _told(body[part], "place_id") == expected, (wanted, day, level)


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_the_fates_of_a_year_add_up_and_are_those_found_by_hand(
    world: World, database: Database, client: httpx.AsyncClient, seed: int
) -> None:
    rows = await _register(world, database, seed)

    def fate(row: Row, day: date) -> str:
        standing = row.life.standing(day)
        if standing is Standing.SUPERSEDED:
            assert row.successor_stars is not None
            step = row.successor_stars - row.life.stars
            return "upgraded" if step > 0 else "downgraded" if step < 0 else "renewed"
        ended = {Standing.EXPIRED: "lapsed", Standing.WITHDRAWN: "withdrawn"}
        return ended.get(standing, "in_force")

    names = ("in_force", "renewed", "upgraded", "downgraded", "lapsed", "withdrawn")
    seen: Counter[str] = Counter()
    for wanted, day in itertools.product(FILTERS, DAYS):
        body = await _asked(client, "cohorts", on=day.isoformat(), **wanted)
        counted: dict[int, Counter[str]] = {}
        for row in _meant(rows, wanted):
            issued_on = row.life.issued_on
            if issued_on is not None and issued_on <= day:
                counted.setdefault(issued_on.year, Counter())[fate(row, day)] += 1
        assert [item["year"] for item in body["cohorts"]] == sorted(counted)
        for item in body["cohorts"]:
            found = {name: item[name]["count"] for name in names}
            assert found == {name: counted[item["year"]][name] for name in names}, (wanted, day)
            assert sum(found.values()) == item["total"]
            for name in names:
                exact = Decimal(100 * found[name]) / item["total"]
                share = Decimal(item[name]["share"])
                assert 0 <= exact - share < Decimal("0.01")
            seen.update(found)
        assert body["all"]["total"] == sum(sum(year.values()) for year in counted.values())
        assert sum(body["all"][name]["count"] for name in names) == body["all"]["total"]
    assert all(seen[name] for name in names), seen


async def test_an_empty_register_has_no_shares(client: httpx.AsyncClient) -> None:
    body = await _asked(client, "cohorts")
    assert (body["on"], body["cohorts"]) == ("2026-06-15", [])
    assert (body["all"]["total"], body["all"]["lapsed"]) == (0, {"count": 0, "share": None})
    counts = await _asked(client, "statistics", place_id="34:68")
    assert (counts["all"], counts["by_stars"]) == ({"total": 0, "in_force": 0}, [])
    assert len(counts["by_status"]) == len(Standing)


async def test_what_happens_later_does_not_change_a_day_that_is_over(
    world: World, issue: Issue, client: httpx.AsyncClient, clock: MovableClock, as_actor: Any
) -> None:
    issued = (await issue(await world.rated())).json()
    today = "2026-06-15"
    before = await _asked(client, "statistics", on=today)
    fates = await _asked(client, "cohorts", on=today)
    clock.move(days=10)
    order = {"ground": "production_stopped", "reason": "Đã giải thể.", "concluded_on": "2026-06-20"}
    withdrawn = await client.post(
        f"/v1/certificates/{issued['id']}/withdraw", json=order, headers=as_actor(CHAIR)
    )
    assert withdrawn.status_code == 200, withdrawn.text
    await issue(await world.rated(), decided_on="2026-06-20")
    assert await _asked(client, "statistics", on=today) == before
    assert await _asked(client, "cohorts", on=today) == fates
    now = await _asked(client, "statistics")
    assert (now["on"], now["all"]) == ("2026-06-25", {"total": 2, "in_force": 1})
    assert (await _asked(client, "cohorts"))["cohorts"][0]["withdrawn"] == {"count": 1, "share": "50.00"}


async def test_a_divided_commune_counts_in_each_of_its_parts(
    world: World, database: Database, client: httpx.AsyncClient
) -> None:
    async with database.read() as session:
        old_id, new_ids = (
            await session.execute(
                text(
                    "select old_id, array_agg(new_id order by new_id) from place_succession s"
                    " join place p on p.id = s.old_id where p.level = 'commune' group by old_id"
                    " having count(*) > 1 order by old_id limit 1"
                )
            )
        ).one()
    product_id, _ = await world.product(old_id)
    await world.recorded(product_id=product_id, number=None)
    body = await _asked(client, "statistics")
    assert [item["place_id"] for item in body["by_commune"]] == new_ids
    assert body["all"]["total"] == 1
    one = await _asked(client, "statistics", place_id=new_ids[0])
    assert [item["place_id"] for item in one["by_commune"]] == new_ids[:1]
    old = await _asked(client, "statistics", place_id=old_id)
    assert [item["place_id"] for item in old["by_commune"]] == new_ids


async def test_numbers_are_public_kept_for_a_minute_and_cost_one_statement(
    world: World, client: httpx.AsyncClient, database: Database
) -> None:
    await world.recorded()
    statements: list[str] = []
    event.listen(
        database.read_engine.sync_engine, "before_cursor_execute", lambda *a: statements.append(str(a[2]))
    )
    for what in ("statistics", "cohorts"):
        statements.clear()
        answer = await client.get(f"/v1/certificates/{what}")
        assert answer.headers["cache-control"] == "public, max-age=60, stale-while-revalidate=300"
        assert len(statements) == 1
        same = await client.get(f"/v1/certificates/{what}", headers={"If-None-Match": answer.headers["etag"]})
        assert same.status_code == 304
        for secret in ("Hợp tác xã", "Cà phê bột", "Kín"):
            assert secret not in answer.text


async def test_names_are_in_the_readers_language(
    world: World, client: httpx.AsyncClient, database: Database
) -> None:
    known = await world.recorded()
    async with database.transaction() as session:
        await session.execute(
            text("update product set set_number = 13 where id = :id"), {"id": known["product_id"]}
        )
    told = {}
    for language in ("vi", "en"):
        answer = await client.get("/v1/certificates/statistics", headers={"Accept-Language": language})
        assert answer.headers["content-language"] == language
        body = answer.json()
        told[language] = (body["by_status"][1]["label"], body["by_set"][0]["label"])
    assert told["vi"][0] == "Còn hiệu lực"
    assert told["en"][0] == "Valid"
    assert told["vi"][1] != told["en"][1]


@pytest.mark.parametrize(
    "wanted", [{"on": "30/06/2026"}, {"stars": 2}, {"set_number": 27}, {"colour": "red"}, {"limit": 5}]
)
async def test_what_cannot_be_counted_by_is_refused(client: httpx.AsyncClient, wanted: Any) -> None:
    for what in ("statistics", "cohorts"):
        assert (await client.get(f"/v1/certificates/{what}", params=wanted)).status_code == 422
