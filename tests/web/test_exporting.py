"""Every list as a file: whole, in order, as the caller may see it, and harmless in a spreadsheet."""

import csv
import io
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Annotated, Any
from uuid import UUID

import httpx
import openpyxl
import orjson
import pytest
from fastapi import FastAPI, Query
from fastapi.routing import APIRoute

from ocop_api.app import ROUTERS
from ocop_api.db.base import uuid7
from ocop_api.domain.actor import Actor, Bound, Grant, Role
from ocop_api.domain.errors import Forbidden
from ocop_api.web.exporting.answering import MEDIA_TYPES, BrokenExportError
from ocop_api.web.exporting.columns import columns_of, labels
from ocop_api.web.routing import StrictRoute, feature_router
from ocop_api.web.schemas import Exact, Output, Page, PageQuery

XLSX = MEDIA_TYPES["xlsx"]
AsActor = Callable[[Actor], dict[str, str]]


def _lists() -> list[APIRoute]:
    routes = [route for router in ROUTERS for route in router.routes]
    return [route for route in routes if isinstance(route, StrictRoute) and route.list_item is not None]


LISTS = _lists()


class Maker(Output):
    name: str


class Thing(Output):
    number: int
    maker: Maker | None
    code: str
    change: Exact
    made_on: date | None
    made_at: datetime
    fresh: bool
    words: list[str]
    parts: list[Maker]


def _thing(number: int) -> Thing:
    return Thing(
        number=number,
        maker=None if number % 2 else Maker(name="=HYPERLINK(1)"),
        code=f"{number:05}",
        change=f"-{number}.50",
        made_on=date(2026, 1, 31) if number % 3 else None,
        made_at=datetime(2026, 6, 15, 20, 30, tzinfo=UTC),
        fresh=bool(number % 2),
        words=["Cà phê", "Đắk Mil"],
        parts=[Maker(name="hạt")],
    )


class ThingFilter(PageQuery):
    up_to: int = 250
    fails_from: int = 10_000


things = feature_router("/v1/things", "things")


@things.get("")
async def list_things(wanted: Annotated[ThingFilter, Query()]) -> Page[Thing]:
    """Number things."""
    first = int(wanted.cursor or 0)
    if first >= wanted.fails_from:
        raise Forbidden("auth.not_permitted", permission="things")
    last = min(first + wanted.limit, wanted.up_to)
    return Page(
        items=[_thing(number) for number in range(first, last)],
        next_cursor=str(last) if last < wanted.up_to else None,
        total=None,
    )


makers = feature_router("/v1/makers", "things")


@makers.get("")
async def list_makers() -> Page[Maker]:
    """A short list that always comes whole."""
    return Page(items=[Maker(name="HTX Đắk Wil")], next_cursor=None, total=None)


@makers.post("/sorting")
async def sort_makers() -> Page[Maker]:
    """An action that answers with a list."""
    return Page(items=[], next_cursor=None, total=None)


@pytest.fixture
def with_things(app: FastAPI) -> None:
    app.include_router(things)
    app.include_router(makers)


def _sheet(content: bytes) -> list[tuple[Any, ...]]:
    book = openpyxl.load_workbook(io.BytesIO(content))
    return [tuple(cell.value for cell in row) for row in book.worksheets[0].iter_rows()]


async def test_a_csv_holds_every_row_in_order_and_runs_nothing(
    client: httpx.AsyncClient, with_things: None
) -> None:
    answer = await client.get("/v1/things", params={"up_to": 250}, headers={"Accept": "text/csv"})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="things-2026-06-15.csv"'
    assert answer.content.startswith("\ufeffnumber,maker.name,code,".encode())
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [int(row["number"]) for row in rows] == list(range(250))
    assert rows[0]["maker.name"] == "'=HYPERLINK(1)"
    assert rows[1]["maker.name"] == ""
    assert (rows[1]["change"], rows[1]["code"]) == ("-1.50", "00001")
    assert (rows[1]["made_on"], rows[1]["made_at"]) == ("2026-01-31", "2026-06-15T20:30:00Z")
    assert rows[1]["words"] == "Cà phê; Đắk Mil"
    assert orjson.loads(rows[1]["parts"]) == [{"name": "hạt"}]


async def test_the_extension_asks_for_the_same_file(client: httpx.AsyncClient, with_things: None) -> None:
    by_path = await client.get("/v1/things.ndjson", params={"up_to": 230})
    wanted = {"Accept": "application/json;q=0.5, application/x-ndjson"}
    by_header = await client.get("/v1/things", params={"up_to": 230}, headers=wanted)
    listed = (await client.get("/v1/things", params={"limit": 1})).json()["items"]
    assert by_path.content == by_header.content
    assert by_path.headers["content-type"] == "application/x-ndjson"
    lines = by_path.content.splitlines()
    assert len(lines) == 230
    assert orjson.loads(lines[0]) == listed[0]


async def test_a_workbook_holds_real_numbers_dates_and_texts(
    client: httpx.AsyncClient, with_things: None
) -> None:
    answer = await client.get("/v1/things.xlsx", params={"up_to": 205}, headers={"Accept-Language": "vi"})
    assert answer.headers["content-type"] == XLSX
    rows = _sheet(answer.content)
    assert len(rows) == 206
    assert rows[0][2:4] == ("Mã", "Thay đổi")
    assert rows[1][1] == "=HYPERLINK(1)"
    assert rows[2][:4] == (1, None, "00001", -1.5)
    assert rows[2][4:7] == (datetime(2026, 1, 31), datetime(2026, 6, 16, 3, 30), True)  # noqa: DTZ001
    assert openpyxl.load_workbook(io.BytesIO(answer.content)).worksheets[0]["B2"].data_type == "s"


async def test_a_refused_first_page_is_an_ordinary_problem(
    client: httpx.AsyncClient, with_things: None
) -> None:
    for form in MEDIA_TYPES:
        answer = await client.get(f"/v1/things.{form}", params={"fails_from": 0})
        assert answer.status_code == 403
        assert answer.json()["code"] == "auth.not_permitted"


async def test_a_page_that_fails_later_never_leaves_a_file_that_looks_whole(
    app: FastAPI, client: httpx.AsyncClient, with_things: None
) -> None:
    workbook = await client.get("/v1/things.xlsx", params={"fails_from": 100})
    assert workbook.status_code == 403
    # What the server sees as an exception after the start, it tells by cutting the connection.
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as told:
        with pytest.raises(BrokenExportError, match="answered with 403"):
            await told.get("/v1/things.csv", params={"fails_from": 100})


async def test_a_list_without_pages_is_a_file_too_but_an_action_is_not(
    client: httpx.AsyncClient, with_things: None
) -> None:
    whole = await client.get("/v1/makers.csv")
    assert whole.content.decode("utf-8-sig").split() == ["name", "HTX", "Đắk", "Wil"]
    assert (await client.post("/v1/makers/sorting.csv")).status_code == 404
    answer = await client.post("/v1/makers/sorting", headers={"Accept": "text/csv"})
    assert answer.headers["content-type"] == "application/json"


async def test_an_export_takes_no_page_and_no_unknown_filter(
    client: httpx.AsyncClient, with_things: None
) -> None:
    paged = await client.get("/v1/things.csv", params={"limit": 5})
    assert (paged.status_code, paged.json()["code"]) == (422, "request.export_is_whole")
    unknown = await client.get("/v1/things.csv", params={"colour": "red"})
    assert (unknown.status_code, unknown.json()["code"]) == (422, "request.unknown_parameter")
    assert (await client.get("/v1/things.exe")).status_code == 404


async def test_one_export_too_many_is_told_to_come_back(
    app: FastAPI, client: httpx.AsyncClient, with_things: None
) -> None:
    gate = app.state.exports
    with gate, gate, gate, gate:
        answer = await client.get("/v1/things.csv")
        assert (answer.status_code, answer.json()["code"]) == (503, "request.exports_busy")
        assert int(answer.headers["retry-after"]) > 0
    assert (await client.get("/v1/things.csv")).status_code == 200


async def test_json_stays_what_a_browser_gets(client: httpx.AsyncClient, with_things: None) -> None:
    answer = await client.get("/v1/things", headers={"Accept": "text/html,*/*;q=0.8"})
    assert answer.headers["content-type"] == "application/json"
    assert "accept" in answer.headers["vary"].lower()


@pytest.mark.parametrize("route", LISTS, ids=lambda route: route.name)
def test_every_column_of_every_list_has_a_heading(route: StrictRoute) -> None:
    assert route.list_item is not None
    columns = columns_of(route.list_item)
    missing = {c.name for c in columns} - {c.name for c in columns if {c.name, c.path[-1]} & labels().keys()}
    assert not missing


async def test_every_list_is_given_as_a_file(client: httpx.AsyncClient, as_actor: AsActor) -> None:
    headers = as_actor(Actor(user_id=uuid7(), grants=(Grant(Role.ADMIN, Bound.EVERYWHERE),)))
    assert len(LISTS) >= 17
    for route in LISTS:
        path = route.path.format_map(_Ids())
        as_json = await client.get(path, headers=headers)
        for form, media_type in MEDIA_TYPES.items():
            answer = await client.get(f"{path}.{form}", headers=headers)
            assert answer.status_code == as_json.status_code, (path, form, answer.text)
            if answer.status_code == 200:
                assert answer.headers["content-type"].startswith(media_type)


class _Ids(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return str(UUID(int=0))
