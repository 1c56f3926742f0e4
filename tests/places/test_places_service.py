"""Resolving, following and loading places on the real tables."""

from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.db.session import Database
from ocop_api.domain.actor import Level
from ocop_api.domain.errors import Invalid, NotFound
from ocop_api.places.policy import choose, read_text
from ocop_api.places.reference import succession_rows, unit_rows
from ocop_api.places.service import Lookup, Place, PlaceService
from ocop_api.seeding import seed_reference
from ocop_api.settings import Settings

BEFORE, AFTER = date(2025, 6, 30), date(2025, 7, 1)


@pytest.fixture
async def session(database: Database) -> AsyncIterator[AsyncSession]:
    async with database.read() as opened:
        yield opened


@pytest.fixture
def places(session: AsyncSession) -> PlaceService:
    return PlaceService(session)


async def _ids(places: PlaceService, expected: dict[Lookup, str]) -> None:
    answers = await places.resolve_many(list(expected))
    told = {
        lookup: answer.id if isinstance(answer, Place) else f"{answer.code} {answer.data}"
        for lookup, answer in zip(expected, answers, strict=True)
    }
    assert told == expected


async def test_names_resolve_in_the_spellings_people_use(places: PlaceService) -> None:
    dak_gan = "63:24673"
    spellings = ["Xã Đắk Gằn", "xã đăk gằn", "Đắk Gằn", "Dak Gan", "xa dak gan", "Xã ĐắkGằn", " Xã  Đắk-Gằn "]
    await _ids(
        places,
        {
            **{Lookup(spelling, BEFORE): dak_gan for spelling in spellings},
            Lookup("TP. Gia Nghĩa", BEFORE): "63:660",
            Lookup("TX Gia Nghĩa", BEFORE): "63:660",
            Lookup("huyen dak r'lap", BEFORE): "63:666",
            Lookup("Hoà Bình", BEFORE, Level.PROVINCE): "63:17",
            Lookup("P.7", BEFORE, None, "63:829"): "63:28780",
            Lookup("Phường 07", BEFORE, None, "63:829"): "63:28780",
            Lookup("67", BEFORE): "63:67",
            Lookup("63:67", BEFORE): "63:67",
            Lookup("Lâm Đồng", BEFORE): "63:68",
            Lookup("Lâm Đồng", AFTER): "34:68",
            Lookup("24611", BEFORE): "63:24611",
            Lookup("24611", AFTER): "34:24611",
        },
    )


async def test_the_official_spelling_wins_over_others_of_the_same_key(places: PlaceService) -> None:
    # Phường Quan Hoa (Hà Nội) and Huyện Quan Hóa (Thanh Hóa) meet in one key.
    await _ids(
        places,
        {
            Lookup("Quan Hoa", BEFORE): "63:00169",
            Lookup("Quan Hóa", BEFORE): "63:385",
            Lookup("Quan Hoá", BEFORE): "63:385",
            Lookup("Huyện Quan Hoa", BEFORE): "63:385",
        },
    )


async def test_a_written_type_limits_the_level_but_not_the_kind(places: PlaceService) -> None:
    assert (await places.resolve("Xã Đắk Mil", on=AFTER)).name == "Xã Đắk Mil"
    assert (await places.resolve("Thị trấn Đắk Mil", on=BEFORE)).name == "Thị trấn Đắk Mil"
    # Old papers call Phường Nghĩa Đức a commune.
    assert (await places.resolve("Xã Nghĩa Đức", on=BEFORE, within="63:67")).id == "63:24611"
    for gone in ("Huyện Đắk Mil", "huyen dak mil", "Thành phố Gia Nghĩa"):
        with pytest.raises(NotFound) as caught:
            await places.resolve(gone, on=AFTER)
        assert caught.value.code == "places.unknown"


async def test_a_unit_is_unknown_outside_of_its_period(places: PlaceService) -> None:
    for gone in ("67", "Đắk Nông", "Tỉnh Đăk Nông"):
        with pytest.raises(NotFound) as caught:
            await places.resolve(gone, on=AFTER)
        suggestions: Any = caught.value.data["suggestions"]
        assert suggestions[0]["id"] == "34:68"
    with pytest.raises(NotFound) as caught:
        await places.resolve("Bắc Gia Nghĩa", on=BEFORE)
    came_from: Any = caught.value.data["suggestions"]
    assert "63:24611" in {told["id"] for told in came_from}
    with pytest.raises(Invalid) as other_time:
        await places.resolve("63:67", on=AFTER)
    assert other_time.value.code == "places.not_in_force"


async def test_a_misspelt_name_gets_similar_ones(places: PlaceService) -> None:
    with pytest.raises(NotFound) as caught:
        await places.resolve("Xã Đắk Gằnn", on=BEFORE, within="63:67")
    suggestions: Any = caught.value.data["suggestions"]
    assert suggestions[0] == {"id": "63:24673", "full_name": "Xã Đắk Gằn, Huyện Đắk Mil, Tỉnh Đắk Nông"}
    assert len(suggestions) <= 5


async def test_an_ambiguous_name_lists_at_most_ten_candidates(places: PlaceService) -> None:
    with pytest.raises(Invalid) as caught:
        await places.resolve("Phường 1", on=BEFORE)
    data: Any = caught.value.data
    assert caught.value.code == "places.ambiguous"
    assert data["count"] == 33
    assert len(data["candidates"]) == 10
    assert all(candidate["full_name"].startswith("Phường 1, ") for candidate in data["candidates"])
    inside = await places.resolve("Phường 1", on=BEFORE, within="63:771")
    assert inside.parent_id == "63:771"


async def test_a_code_of_another_level_or_place_is_not_taken(places: PlaceService) -> None:
    with pytest.raises(NotFound):
        await places.resolve("24611", on=BEFORE, within="63:01")
    with pytest.raises(NotFound):
        await places.resolve("24611", on=BEFORE, level=Level.PROVINCE)
    # "10" is a province's code, but as a commune of a district it is a ward's name.
    assert (await places.resolve("10", on=BEFORE)).level is Level.PROVINCE
    assert (await places.resolve("10", on=BEFORE, level=Level.COMMUNE, within="63:771")).name == "Phường 10"


async def test_area_path_of_a_unit_reaches_its_successors(places: PlaceService) -> None:
    assert await places.area_path("63:24611") == ["63:67", "63:660", "63:24611", "34:68", "34:24611"]
    assert await places.area_path("63:660") == ["63:67", "63:660", "34:68"]
    assert await places.area_path("63:67") == ["63:67", "34:68"]
    assert await places.area_path("34:24611") == ["34:68", "34:24611"]
    island = await places.area_path("63:498")
    assert island[:2] == ["63:48", "63:498"]
    assert len(island) == 4
    with pytest.raises(NotFound):
        await places.area_path("63:99")


async def test_area_paths_over_the_country_hold_the_successor_province(places: PlaceService) -> None:
    units = {row["id"]: row for row in unit_rows()}
    links: dict[str, set[str]] = {}
    for row in succession_rows():
        links.setdefault(row["old_id"], set()).add(row["new_id"])
    sample = sorted(units)[::97] + sorted(old for old, new in links.items() if len(new) > 1)[::29]
    for unit_id in sample:
        path = await places.area_path(unit_id)
        own = units[unit_id]["path"]
        assert path[: len(own)] == own
        assert len(path) == len(set(path))
        assert links.get(own[0], set()) <= set(path)
        assert links.get(unit_id, set()) <= set(path)
        assert all(set(units[step]["path"]) <= set(path) for step in path)


async def test_names_and_successions(places: PlaceService) -> None:
    assert await places.full_name("63:24673") == "Xã Đắk Gằn, Huyện Đắk Mil, Tỉnh Đắk Nông"
    (link,) = await places.successors("63:67")
    assert (link.place.id, link.extent) == ("34:68", "whole")
    assert {link.place.name for link in await places.predecessors("34:68")} == {
        "Tỉnh Lâm Đồng",
        "Tỉnh Đắk Nông",
        "Tỉnh Bình Thuận",
    }
    many = await places.get_many(["63:67", "34:68", "99:99"])
    assert set(many) == {"63:67", "34:68"}
    for call in (places.get, places.full_name, places.successors, places.predecessors):
        with pytest.raises(NotFound):
            await call("63:00000")


async def test_a_batch_costs_one_query_per_day(database: Database, places: PlaceService) -> None:
    statements: list[str] = []

    def count(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        statements.append(statement)

    engine = database.read_engine.sync_engine
    event.listen(engine, "before_cursor_execute", count)
    try:
        await places.resolve_many([Lookup(f"{code:02d}", BEFORE) for code in (1, 2, 4, 67, 68)] * 20)
    finally:
        event.remove(engine, "before_cursor_execute", count)
    assert len(statements) == 1


async def test_loading_again_writes_nothing_and_repairs_what_differs(
    database: Database, settings: Settings
) -> None:
    async with database.transaction() as session:
        assert await PlaceService(session).load_reference() == 0
        await session.execute(text("update place set name = 'Tỉnh Khác' where id = '63:67'"))
        await session.execute(
            text("delete from place_succession where old_id = '63:67' or old_id = '63:24611'")
        )
        await session.execute(text("insert into place_succession values ('63:67', '34:01', 'part')"))
    await seed_reference(settings)
    async with database.read() as session:
        places = PlaceService(session)
        assert (await places.get("63:67")).name == "Tỉnh Đắk Nông"
        assert [link.place.id for link in await places.successors("63:67")] == ["34:68"]
        assert [link.place.id for link in await places.successors("63:24611")] == ["34:24611"]


@given(st.text(max_size=40))
def test_any_text_can_be_read(written: str) -> None:
    read = read_text(written)
    assert all(reading.key for reading in read.readings)
    assert choose(read, []) == []


async def test_a_unit_follows_its_only_successor_and_a_divided_one_stays(places: PlaceService) -> None:
    assert (await places.as_of("63:24611", BEFORE)).id == "63:24611"
    assert (await places.as_of("63:24611", AFTER)).id == "34:24611"
    assert (await places.as_of("63:67", AFTER)).id == "34:68"
    divided = next(old for old, rows in _successions().items() if len(rows) > 1)
    assert (await places.as_of(divided, AFTER)).id == divided


def _successions() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for row in succession_rows():
        found.setdefault(str(row["old_id"]), []).append(str(row["new_id"]))
    return found
