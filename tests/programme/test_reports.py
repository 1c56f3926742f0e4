"""Reports: only added, the latest holds, and only the province of the plan makes them."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine
from tests.conftest import MovableClock

import ocop_api.db.tables  # noqa: F401 - fills the metadata
from ocop_api.db.base import Base
from ocop_api.db.session import Database
from ocop_api.domain.actor import Actor, Bound, Grant, Level, Role

from .conftest import PLAN, PROVINCE_OFFICER, officer, vietnam

Headers = dict[str, str]


@pytest.fixture(autouse=True)
def end_of_2024(clock: MovableClock) -> None:
    clock.at = vietnam(2024, 12, 20)


@pytest.fixture
def report(client: httpx.AsyncClient, as_actor: Callable[[Actor], Headers]) -> Callable[..., Any]:
    """Sends a report as the province's officer, or as another actor."""
    headers = as_actor(PROVINCE_OFFICER)

    async def send(target: str, *, by: Headers | None = None, **body: Any) -> httpx.Response:
        body = {"reported_on": "2024-12-01", **body}
        return await client.post(
            f"{PLAN}/targets/{target}/reports",
            json=body,
            headers={"Accept-Language": "en", **(headers if by is None else by)},
        )

    return send


async def value_of(client: httpx.AsyncClient, target: str) -> dict[str, Any]:
    found: dict[str, Any] = (await client.get(f"{PLAN}/targets/{target}")).json()
    return found


async def test_a_report_gives_the_target_its_figure(
    client: httpx.AsyncClient, report: Callable[..., Any], database: Database
) -> None:
    answer = await report("T09", value=4, note="4 lớp tại Gia Nghĩa")
    assert answer.status_code == 201, answer.text
    assert answer.headers["Location"] == f"{PLAN}/targets/T09"
    found = (await client.get(answer.headers["Location"])).json()
    assert (found["value"], found["met"], found["basis"]) == ("4", None, "report")
    assert (found["as_of"], found["report"]) == ("2024-12-01", answer.json())
    assert found["records"] is None
    async with database.read() as session:
        rows = await session.execute(
            text(
                "select subject_id, area_path, data from ledger_event "
                "where kind = 'programme.target_reported'"
            )
        )
        subject, area_path, data = rows.one()
    assert subject == "ke-hoach-230-2024/T09"
    assert {"63:67", "34:68"} <= set(area_path)
    assert data["value"] == 4
    assert "note" not in data


async def test_a_statement_is_reported_done_or_not(
    client: httpx.AsyncClient, report: Callable[..., Any]
) -> None:
    assert (await report("T14", done=False)).status_code == 201
    assert (await value_of(client, "T14"))["met"] is False
    assert (await report("T14", done=True, reported_on="2024-12-20")).status_code == 201
    found = await value_of(client, "T14")
    assert (found["met"], found["explanation"]) == (True, "Báo cáo: đã thực hiện.")


async def test_the_latest_day_holds_and_of_one_day_the_last_report(
    client: httpx.AsyncClient, report: Callable[..., Any], clock: MovableClock, database: Database
) -> None:
    await report("T11", value=10, reported_on="2024-06-30")
    clock.move(minutes=1)
    await report("T11", value=3, reported_on="2024-03-31")
    assert (await value_of(client, "T11"))["value"] == "10"
    clock.move(minutes=1)
    await report("T11", value=9, reported_on="2024-06-30")
    assert (await value_of(client, "T11"))["value"] == "9"
    assert (await value_of(client, "T12"))["value"] is None
    async with database.read() as session:
        assert await session.scalar(text("select count(*) from target_report")) == 3


@pytest.mark.parametrize("statement", ["update target_report set value = 1", "delete from target_report"])
async def test_the_database_refuses_to_change_a_report(
    report: Callable[..., Any], database: Database, statement: str
) -> None:
    await report("T11", value=10)
    with pytest.raises(DBAPIError, match="records and cannot be changed"):
        async with database.transaction() as session:
            await session.execute(text(statement))


async def test_a_computable_target_takes_no_report(report: Callable[..., Any]) -> None:
    for target in [f"T{n:02d}" for n in range(1, 9)]:
        answer = await report(target, value=5)
        assert (answer.status_code, answer.json()["code"]) == (409, "programme.target_computed")


@pytest.mark.parametrize(
    ("target", "body", "code"),
    [
        ("T09", {}, "programme.report_mismatch"),
        ("T09", {"done": True}, "programme.report_mismatch"),
        ("T09", {"done": True, "value": 1}, "programme.report_mismatch"),
        ("T14", {"value": 1}, "programme.report_mismatch"),
        ("T14", {}, "programme.report_mismatch"),
        ("T09", {"value": 1, "reported_on": "2024-12-21"}, "programme.report_date"),
        ("T09", {"value": 1, "reported_on": "2023-12-31"}, "programme.report_date"),
        ("T09", {"value": -1}, "request.invalid"),
        ("T09", {"value": True}, "request.invalid"),
        ("T09", {"value": 1.5}, "request.invalid"),
        ("T09", {"value": 2**40}, "request.invalid"),
        ("T14", {"done": "yes"}, "request.invalid"),
        ("T09", {"value": 1, "values": 2}, "request.invalid"),
    ],
)
async def test_a_report_must_fit_the_target(
    report: Callable[..., Any], target: str, body: dict[str, Any], code: str
) -> None:
    answer = await report(target, **body)
    assert (answer.status_code, answer.json()["code"]) == (422, code), answer.text


@pytest.mark.parametrize("reported_on", ["2024-01-01", "2024-12-20"])
async def test_the_first_and_the_present_day_may_be_reported_on(
    report: Callable[..., Any], reported_on: str
) -> None:
    assert (await report("T09", value=0, reported_on=reported_on)).status_code == 201


async def test_only_the_province_of_the_plan_reports(
    report: Callable[..., Any], as_actor: Callable[[Actor], Headers]
) -> None:
    leader = Grant(Role.LEADER, Bound.AREA, level=Level.PROVINCE, place_id="34:68")
    central = Grant(Role.OFFICER, Bound.EVERYWHERE, level=Level.CENTRAL)
    for actor in (
        officer("34:01"),
        officer("63:660", Level.DISTRICT),
        officer("34:24611", Level.COMMUNE),
        Actor(PROVINCE_OFFICER.user_id, "Lãnh đạo", (leader,)),
        Actor(PROVINCE_OFFICER.user_id, "Trung ương", (central,)),
    ):
        answer = await report("T09", by=as_actor(actor), value=1)
        assert (answer.status_code, answer.json()["code"]) == (403, "auth.not_permitted"), actor
    assert (await report("T09", by={}, value=1)).status_code == 401
    assert (await report("T09", by=as_actor(officer("63:67")), value=1)).status_code == 201


async def test_a_report_on_nothing_is_not_found(
    client: httpx.AsyncClient, report: Callable[..., Any]
) -> None:
    answer = await report("T99", value=1)
    assert (answer.status_code, answer.json()["code"]) == (404, "programme.target_unknown")


async def test_migration_and_metadata_agree(database_url: str) -> None:
    def differences(connection: Connection) -> list[Any]:
        def mine(_object: Any, name: str | None, kind: str, _reflected: bool, _compare_to: Any) -> bool:
            return kind != "table" or name == "target_report"

        context = MigrationContext.configure(connection, opts={"include_object": mine, "compare_type": True})
        return list(compare_metadata(context, Base.metadata))

    engine = create_async_engine(database_url)
    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []
    await engine.dispose()
