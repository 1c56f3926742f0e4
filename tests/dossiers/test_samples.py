"""Records of samples: who takes them in, that they sum up, and that they open the steps that need them."""

import asyncio
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from tests.dossiers.conftest import FORM_03, LETTER, OLD_COMMUNE, UNDER_148, Headers, Trade, full_contents
from tests.dossiers.test_procedure import council_finds, to_council

from ocop_api.db.session import Database
from ocop_api.domain.rubric.edition import load_edition

RECORD = {"received_on": "2026-06-15", "units": 5, "received_at_place": "UBND phường Bắc Gia Nghĩa"}
People = dict[str, Headers]


async def hand_in(trade: Trade, dossier_id: str, officer: Headers, **facts: Any) -> httpx.Response:
    return await trade.client.post(f"/v1/dossiers/{dossier_id}/samples", json=RECORD | facts, headers=officer)


async def records(trade: Trade, dossier_id: str, reader: Headers) -> list[dict[str, Any]]:
    answer = await trade.client.get(f"/v1/dossiers/{dossier_id}/samples", headers=reader)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


async def test_records_open_the_way_to_the_province_and_count_there(
    trade: Trade, clock: Any, people: People
) -> None:
    commune = people["commune_officer"]
    dossier, producer = await trade.lodged(clock())
    received = await trade.done(dossier["id"], "receive", commune)
    made = await hand_in(trade, dossier["id"], commune, units=3, handed_in_by="Nguyễn Thị Hoa")
    assert made.status_code == 201, made.text
    change = made.json()
    assert (change["samples"], change["samples_needed"]) == (3, 5)
    assert change["version"] == received["version"] + 1
    assert made.headers["etag"].startswith(f'"{change["version"]}.')
    shown = await trade.client.get(made.headers["location"], headers=producer)
    assert shown.json() == change["sample"]
    sample = change["sample"]
    assert (sample["level"], sample["for_level"], sample["counts"]) == ("commune", "province", True)
    assert (sample["received_by_name"], sample["handed_in_by"]) == ("officer", "Nguyễn Thị Hoa")

    short = await trade.act(dossier["id"], "forward", commune, form_03=FORM_03, request_letter=LETTER)
    assert short.json()["data"]["missing"] == ["samples_handed_in"]
    assert (await hand_in(trade, dossier["id"], commune, units=2)).json()["samples"] == 5
    up = await trade.done(dossier["id"], "forward", commune, form_03=FORM_03, request_letter=LETTER)
    assert (up["level"], up["samples"]) == ("province", 5)
    await trade.done(dossier["id"], "receive", people["province_officer"])
    started = await trade.done(dossier["id"], "start-assessment", people["province_officer"])
    assert started["state"] == "under_assessment"
    assert [row["units"] for row in await records(trade, dossier["id"], producer)] == [3, 2]


async def test_a_step_that_tells_the_number_writes_a_record_of_the_difference(
    trade: Trade, clock: Any, people: People
) -> None:
    commune = people["commune_officer"]
    dossier, _ = await trade.lodged(clock())
    await hand_in(trade, dossier["id"], commune, units=2)
    received = await trade.done(dossier["id"], "receive", commune, samples=5)
    assert received["samples"] == 5
    found = await records(trade, dossier["id"], commune)
    assert [(row["units"], row["received_at_place"]) for row in found] == [
        (2, "UBND phường Bắc Gia Nghĩa"),
        (3, None),
    ]
    fewer = await trade.act(
        dossier["id"], "forward", commune, form_03=FORM_03, request_letter=LETTER, samples=4
    )
    assert (fewer.status_code, fewer.json()["code"]) == (409, "dossier.fewer_samples")
    assert fewer.json()["data"] == {"samples": 4, "recorded": 5}
    await trade.done(dossier["id"], "forward", commune, form_03=FORM_03, request_letter=LETTER, samples=5)
    assert len(await records(trade, dossier["id"], commune)) == 2
    # Whose step it is comes first, whatever number is told.
    wrong = await trade.act(dossier["id"], "receive", commune, samples=1)
    assert (wrong.status_code, wrong.json()["code"]) == (403, "dossier.not_the_acting_party")


async def test_every_council_gets_samples_of_its_own_each_time(
    trade: Trade, clock: Any, people: People
) -> None:
    province, chair, centre = (
        people["province_officer"],
        people["province_leader"],
        people["central_officer"],
    )
    dossier, _ = await trade.lodged(clock())
    dossier_id = dossier["id"]
    await trade.done(dossier_id, "receive", people["commune_officer"], samples=5)
    await trade.done(dossier_id, "forward", people["commune_officer"], form_03=FORM_03, request_letter=LETTER)
    await to_council(trade, dossier_id, province)
    await council_finds(trade.database, clock, dossier_id, "91", 5)
    sent = await trade.done(dossier_id, "forward", chair, request_letter=LETTER)
    assert (sent["level"], sent["samples"]) == ("central", 0)
    await trade.done(dossier_id, "receive", centre)
    short = await trade.act(dossier_id, "start-assessment", centre)
    assert short.json()["data"]["missing"] == ["samples_handed_in"]
    old = (await records(trade, dossier_id, centre))[0]
    assert (old["for_level"], old["counts"]) == ("province", False)
    late = await trade.client.post(
        f"/v1/dossiers/{dossier_id}/samples/{old['id']}/cancel", json={"reason": "Nhầm"}, headers=centre
    )
    assert (late.status_code, late.json()["code"]) == (409, "dossier.sample_of_other_council")
    assert (await hand_in(trade, dossier_id, province)).status_code == 403
    assert (await hand_in(trade, dossier_id, centre)).json()["samples"] == 5
    await trade.done(dossier_id, "start-assessment", centre)
    await trade.done(dossier_id, "submit-report", centre, report="Đạt.", recommendation="Trình")
    await council_finds(trade.database, clock, dossier_id, "85", 4)
    back = await trade.done(dossier_id, "remand", people["central_leader"])
    # The province has its own again.
    assert (back["level"], back["samples"]) == ("province", 5)
    await trade.done(dossier_id, "reorganise", chair, reason="Đánh giá lại.")
    await trade.done(dossier_id, "start-assessment", province)
    await trade.done(dossier_id, "submit-report", province, report="Đạt.", recommendation="Trình")
    await council_finds(trade.database, clock, dossier_id, "91", 5)
    again = await trade.done(dossier_id, "forward", chair, request_letter=LETTER, samples=6)
    # What the centre had the first time is used up.
    assert again["samples"] == 6
    assert [row["counts"] for row in await records(trade, dossier_id, centre)] == [False, False, True]


async def test_only_the_office_that_holds_the_file_records(trade: Trade, clock: Any, people: People) -> None:
    product_id, producer = await trade.product(at=clock())
    draft = await trade.draft(product_id, producer)
    early = await hand_in(trade, draft["id"], producer)
    assert (early.status_code, early.json()["code"]) == (409, "dossier.not_lodged")
    assert (await hand_in(trade, draft["id"], people["commune_officer"])).status_code == 404
    await trade.write(draft["id"], producer, full_contents("qd26-2026"))
    await trade.done(draft["id"], "lodge", producer)
    _, other = await trade.lodged(clock(), name="Tiêu")
    for reader in (other, people["elsewhere_officer"]):
        assert (await hand_in(trade, draft["id"], reader)).json()["code"] == "dossier.unknown"
        listed = await trade.client.get(f"/v1/dossiers/{draft['id']}/samples", headers=reader)
        assert (listed.status_code, listed.json()["code"]) == (404, "dossier.unknown")
    for name in ("province_officer", "commune_leader", "commune_inspector", "central_officer"):
        refused = await hand_in(trade, draft["id"], people[name])
        assert (refused.status_code, refused.json()["code"]) == (403, "dossier.not_the_acting_party"), name
    assert (await hand_in(trade, draft["id"], producer)).status_code == 403
    commune = people["commune_officer"]
    for wrong in ({"units": 0}, {"units": 101}, {"units": -1}, {"received_on": "2026-06-16"}):
        assert (await hand_in(trade, draft["id"], commune, **wrong)).status_code == 422, wrong
    stale = await hand_in(trade, draft["id"], {**commune, "If-Match": '"1.x"'})
    assert stale.status_code == 412
    await trade.done(draft["id"], "withdraw", producer)
    closed = await hand_in(trade, draft["id"], commune)
    assert (closed.status_code, closed.json()["code"]) == (409, "dossier.closed")


async def test_a_mistake_is_cancelled_once_and_with_a_reason(
    trade: Trade, clock: Any, people: People
) -> None:
    commune = people["commune_officer"]
    dossier, producer = await trade.lodged(clock())
    made = (await hand_in(trade, dossier["id"], commune)).json()
    url = f"/v1/dossiers/{dossier['id']}/samples/{made['sample']['id']}/cancel"
    assert (await trade.client.post(url, json={}, headers=commune)).status_code == 422
    reason = {"reason": "Ghi nhầm sang hồ sơ khác."}
    assert (await trade.client.post(url, json=reason, headers=producer)).status_code == 403
    answers = await asyncio.gather(*(trade.client.post(url, json=reason, headers=commune) for _ in range(2)))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    done = next(answer.json() for answer in answers if answer.status_code == 200)
    assert (done["samples"], done["version"]) == (0, made["version"] + 1)
    lost = next(answer.json() for answer in answers if answer.status_code == 409)
    assert lost["code"] == "dossier.sample_cancelled"
    (row,) = await records(trade, dossier["id"], producer)
    assert (row["units"], row["counts"], row["cancel_reason"]) == (5, False, reason["reason"])
    absent = await trade.client.post(
        url.replace(made["sample"]["id"], str(uuid4())), json=reason, headers=commune
    )
    assert (absent.status_code, absent.json()["code"]) == (404, "dossier.sample_unknown")


async def test_two_records_at_once_both_count(trade: Trade, clock: Any, people: People) -> None:
    dossier, _ = await trade.lodged(clock())
    commune = people["commune_officer"]
    answers = await asyncio.gather(*(hand_in(trade, dossier["id"], commune, units=units) for units in (2, 3)))
    assert [answer.status_code for answer in answers] == [201, 201]
    assert sorted(answer.json()["samples"] for answer in answers)[1] == 5
    assert (await trade.read(dossier["id"], commune))["samples"] == 5


async def test_services_take_no_samples(trade: Trade, clock: Any, people: People) -> None:
    edition = load_edition("qd26-2026")
    number = next(n for n in edition.set_numbers if edition.criteria_set(n).samples_required == 0)
    product_id, producer = await trade.product(at=clock(), set_number=number)
    draft = await trade.draft(product_id, producer)
    await trade.write(draft["id"], producer, full_contents("qd26-2026", number))
    await trade.done(draft["id"], "lodge", producer)
    refused = await hand_in(trade, draft["id"], people["commune_officer"])
    assert (refused.status_code, refused.json()["code"]) == (409, "dossier.no_samples_needed")


async def test_a_thousand_units_are_the_most(trade: Trade, clock: Any, people: People) -> None:
    dossier, _ = await trade.lodged(clock())
    await trade.done(dossier["id"], "receive", people["commune_officer"], samples=1000)
    more = await hand_in(trade, dossier["id"], people["commune_officer"], units=1)
    assert (more.status_code, more.json()["code"]) == (409, "dossier.too_many_samples")


async def test_under_148_a_district_counts_for_itself(trade: Trade, clock: Any, people: People) -> None:
    clock.at = UNDER_148
    dossier, _ = await trade.lodged(clock(), edition="qd148-2023", place_id=OLD_COMMUNE)
    made = await hand_in(trade, dossier["id"], people["old_district_officer"], received_on="2024-03-04")
    assert made.json()["sample"]["for_level"] == "district"


async def test_records_of_samples_cannot_be_changed(
    trade: Trade, clock: Any, people: People, database: Database
) -> None:
    dossier, _ = await trade.lodged(clock())
    await hand_in(trade, dossier["id"], people["commune_officer"], handed_in_by="Nguyễn Thị Hoa")
    for statement in ("update dossier_sample set units = 9", "delete from dossier_sample"):
        with pytest.raises(DBAPIError, match="are records"):
            async with database.transaction() as session:
                await session.execute(text(statement))
    async with database.read() as session:
        found = await session.execute(
            text("select data from ledger_event where kind = 'dossier.samples_received'")
        )
        (data,) = found.scalars()
    assert (data["units"], data["samples"]) == (5, 5)
    assert "Hoa" not in str(data)
