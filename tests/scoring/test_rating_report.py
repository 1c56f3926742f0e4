"""What a producer is told of the council's finding, and what would bring more."""

import io
from typing import Any

import httpx
import pypdf
from docx import Document
from sqlalchemy import update

from ocop_api.db.tables.dossiers import Dossier
from ocop_api.domain.actor import Actor, Bound, Grant, Role
from ocop_api.domain.rubric.edition import load_edition

from .conftest import BEST, COFFEE, EDITION, NINETY, World, area_actor

LOWEST = {
    code: next((one for one in criterion.levels() if one > 0), 0)
    for code, criterion in load_edition(EDITION).criteria_set(COFFEE).criteria.items()
}


def _producer(world: World, dossier: Dossier) -> dict[str, str]:
    grant = Grant(Role.PRODUCER, Bound.PRODUCER, producer_id=dossier.producer_id)
    return world.as_actor(Actor(user_id=world.users[0], grants=(grant,)))


async def _state(world: World, dossier: Dossier, state: str) -> None:
    async with world.database.transaction() as session:
        await session.execute(update(Dossier).where(Dossier.id == dossier.id).values(state=state))


async def _rated(world: World, *sheets: dict[str, int]) -> Dossier:
    await world.set_up(("chair", *["member"] * (len(sheets) - 1), "secretary"), spread_limit=None)
    dossier = await world.dossier()
    session_id = await world.opened(dossier)
    for user, choices in zip(world.users, sheets, strict=False):
        await world.hand_in(session_id, dossier, user, choices, "Nhận xét riêng 4711")
    closed = await world.close(session_id, dossier)
    assert closed.status_code == 200, closed.text
    return dossier


async def _get(world: World, dossier: Dossier, headers: dict[str, str], ending: str = "") -> httpx.Response:
    return await world.client.get(f"/v1/dossiers/{dossier.id}/rating-report{ending}", headers=headers)


async def test_a_product_below_three_stars_is_told_what_would_bring_them(world: World) -> None:
    dossier = await _rated(world, LOWEST, LOWEST, LOWEST | {"1.1": 2})
    producer = _producer(world, dossier)
    early = await _get(world, dossier, producer)
    assert (early.status_code, early.json()["code"]) == (404, "scoring.no_rating_report")
    assert (await _get(world, dossier, world.officer)).status_code == 200
    await _state(world, dossier, "not_reached")
    body: dict[str, Any] = (await _get(world, dossier, producer)).json()
    assert (body["recognisable"], body["product_name"]) == (False, "Cà phê bột")
    assert body["star"] < 3
    assert body["advice"]["target_star"] == 3
    assert body["advice"]["alternatives"]
    assert float(body["advice"]["total"]) <= float(body["mean"]["shown"])
    told = {one["code"]: one for part in body["parts"] for one in part["criteria"]}
    assert told.keys() == BEST.keys()
    # Two of three say level 1 of 1.1, and that is what the advice starts from.
    first = load_edition(EDITION).criteria_set(COFFEE).criteria["1.1"].by_level[1]
    assert told["1.1"]["level_text"]["vi"] == first.text.vi
    text = str(body)
    assert "4711" not in text
    assert all(str(user) not in text for user in world.users)


async def test_the_report_can_be_printed_and_edited(world: World) -> None:
    dossier = await _rated(world, LOWEST, LOWEST)
    await _state(world, dossier, "not_reached")
    producer = _producer(world, dossier)
    body = (await _get(world, dossier, producer)).json()
    pdf = await _get(world, dossier, producer, ".pdf")
    assert pdf.headers["content-type"] == "application/pdf"
    printed = "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf.content)).pages)
    docx = await _get(world, dossier, producer, ".docx")
    word = Document(io.BytesIO(docx.content))
    written = "\n".join(one.text for one in word.paragraphs)
    mean = body["mean"]["shown"].rstrip("0").rstrip(".").replace(".", ",")
    for said in (f"{mean}/100", "Gợi ý để đạt 3 sao", f"{body['star']} sao, chưa đủ điều kiện công nhận"):
        assert said in printed.replace("\n", " ")
        assert said in written
    assert (await _get(world, dossier, producer, ".pdf")).content == pdf.content


async def test_a_missed_minimum_is_named_and_five_stars_need_no_advice(world: World) -> None:
    dossier = await _rated(world, BEST | {"1.5": 3}, BEST | {"1.5": 3}, BEST)
    await _state(world, dossier, "recognised")
    body = (await _get(world, dossier, _producer(world, dossier))).json()
    assert (body["star"], body["band"]["star"]) == (4, 5)
    assert [(one["star"], one["criterion"]) for one in body["missed"]] == [(5, "1.5")]
    assert [one["criterion"] for one in body["advice"]["minimums"]] == ["1.5"]


async def test_the_report_is_for_those_who_may_read_the_dossier(world: World) -> None:
    dossier = await _rated(world, NINETY, NINETY)
    elsewhere = world.as_actor(area_actor(Role.OFFICER, "34:01"))
    for headers in (elsewhere, {}):
        assert (await _get(world, dossier, headers)).status_code in {401, 404}
    top = (await _get(world, dossier, world.officer)).json()
    assert (top["star"], top["advice"]) == (5, None)
    fresh = await world.dossier()
    assert (await _get(world, fresh, world.officer)).json()["code"] == "scoring.no_rating_report"
