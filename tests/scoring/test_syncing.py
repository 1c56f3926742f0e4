"""Sheets filled in without network: sent twice, from two devices, too late, and with faults."""

import asyncio
from typing import Any

import httpx
from sqlalchemy import select

from ocop_api.db.tables.dossiers import Dossier
from ocop_api.db.tables.scoring import LateSheet, ScoreSheet, SheetDraft

from .conftest import BEST, EIGHTY_NINE, NINETY, World


def _sheet(dossier: Dossier, **changes: Any) -> dict[str, Any]:
    return {"dossier_id": str(dossier.id), "round": 1, "choices": NINETY, "submit": True, **changes}


async def _send(world: World, session_id: str, who: int, *sheets: dict[str, Any]) -> httpx.Response:
    return await world.client.post(
        f"/v1/sessions/{session_id}/sync",
        json={"sheets": list(sheets)},
        headers=world.headers[world.users[who]],
    )


async def _outcomes(
    world: World, session_id: str, who: int, *sheets: dict[str, Any]
) -> list[tuple[Any, Any]]:
    answer = await _send(world, session_id, who, *sheets)
    assert answer.status_code == 200, answer.text
    return [(one["outcome"], one["code"]) for one in answer.json()["sheets"]]


async def test_sheets_are_taken_one_by_one_and_the_same_again_does_no_harm(world: World) -> None:
    await world.set_up()
    first, second, third = [await world.dossier() for _ in range(3)]
    session_id = await world.opened(first, second, third)
    sent = (
        _sheet(first, criterion_remarks={"1.1": "Ba thôn."}),
        _sheet(second, submit=False),
        _sheet(third, choices={"1.1": 77}),
        _sheet(third, choices={"1.1": 1}),
        _sheet(third, round=2),
        _sheet(first, dossier_id=str(world.users[0])),
    )
    answer = await _send(world, session_id, 1, *sent)
    told = answer.json()["sheets"]
    assert [(one["outcome"], one["code"]) for one in told] == [
        ("submitted", None),
        ("saved", None),
        ("refused", "rubric.sheet_invalid"),
        ("refused", "scoring.sheet_unfinished"),
        ("refused", "scoring.unknown_round"),
        ("refused", "scoring.not_on_agenda"),
    ]
    assert told[2]["errors"][0]["pointer"] == "/choices/1.1"
    assert told[0]["sheet"]["criterion_remarks"] == {"1.1": "Ba thôn."}
    assert (told[1]["sheet"]["version"], told[1]["sheet"]["state"]) == (1, "draft")
    assert await _outcomes(world, session_id, 1, sent[0], sent[1]) == [("unchanged", None)] * 2
    # The answer was lost, and the member goes on from the version before it.
    gone_on = _sheet(second, choices=EIGHTY_NINE, base_version=1)
    assert await _outcomes(world, session_id, 1, gone_on) == [("submitted", None)]
    assert await _outcomes(world, session_id, 1, gone_on) == [("unchanged", None)]
    async with world.database.read() as rows:
        assert len((await rows.scalars(select(ScoreSheet))).all()) == 2
        # What could not be handed in did not stay behind half-done.
        assert (await rows.scalars(select(SheetDraft))).all() == []


async def test_what_another_device_wrote_is_shown_and_not_overwritten(world: World) -> None:
    await world.set_up()
    dossier = await world.dossier()
    session_id = await world.opened(dossier)
    assert await _outcomes(world, session_id, 0, _sheet(dossier, submit=False)) == [("saved", None)]
    assert await _outcomes(
        world, session_id, 0, _sheet(dossier, submit=False, choices=BEST, base_version=1)
    ) == [("saved", None)]
    stale = _sheet(dossier, choices=EIGHTY_NINE, base_version=1)
    answer = (await _send(world, session_id, 0, stale)).json()["sheets"][0]
    assert (answer["outcome"], answer["code"]) == ("conflict", "scoring.sheet_written_elsewhere")
    assert answer["sheet"]["version"] == 2
    assert answer["sheet"]["choices"]["11"]["level"] == BEST["11"]
    assert await _outcomes(world, session_id, 0, stale | {"base_version": 2}) == [("submitted", None)]
    other = await _send(world, session_id, 0, _sheet(dossier, choices=BEST))
    told = other.json()["sheets"][0]
    assert (told["outcome"], told["code"], told["sheet"]["state"]) == (
        "conflict",
        "scoring.sheet_exists",
        "submitted",
    )


async def test_a_sheet_that_comes_too_late_is_refused_kept_and_reported(world: World) -> None:
    await world.set_up()
    dossier = await world.dossier()
    session_id = await world.opened(dossier)
    for user in world.users[:4]:
        await world.hand_in(session_id, dossier, user, NINETY)
    closed = (await world.close(session_id, dossier, without_missing=True)).json()
    assert closed["final"] is True
    late = _sheet(dossier, choices=EIGHTY_NINE, remarks="Gửi muộn do mất mạng.")
    assert await _outcomes(world, session_id, 4, late) == [("kept_late", "scoring.round_closed")]
    assert await _outcomes(world, session_id, 4, late) == [("kept_late", "scoring.round_closed")]
    assert await _outcomes(world, session_id, 0, _sheet(dossier)) == [("unchanged", None)]
    by_secretary = await _outcomes(world, session_id, 5, late)
    assert by_secretary == [("refused", "scoring.may_not_score")]
    agenda = (await world.client.get(f"/v1/sessions/{session_id}", headers=world.secretary)).json()
    assert [(one["user_id"], one["round"]) for one in agenda["dossiers"][0]["late"]] == [
        (str(world.users[4]), 1)
    ]
    async with world.database.read() as rows:
        kept = (await rows.scalars(select(LateSheet))).one()
    assert kept.content["remarks"] == "Gửi muộn do mất mạng."
    result = await world.client.get(
        f"/v1/sessions/{session_id}/dossiers/{dossier.id}/result", headers=world.secretary
    )
    assert result.json() == closed


async def test_strangers_and_recused_members_have_nothing_to_send(world: World) -> None:
    await world.set_up()
    dossier = await world.dossier()
    session_id = await world.plan(dossier)
    early = await _outcomes(world, session_id, 0, _sheet(dossier))
    assert early == [("refused", "scoring.unknown_round")]
    await world.open(
        session_id,
        recusals=[{"user_id": str(world.users[2]), "dossier_id": str(dossier.id), "reason": "owner"}],
    )
    assert await _outcomes(world, session_id, 2, _sheet(dossier)) == [("refused", "scoring.may_not_score")]
    stranger = world.sign_in(await world.user("stranger"))
    answer = await world.client.post(
        f"/v1/sessions/{session_id}/sync", json={"sheets": [_sheet(dossier)]}, headers=stranger
    )
    assert (answer.status_code, answer.json()["code"]) == (404, "scoring.unknown_session")


async def test_a_sheet_synced_while_the_round_closes_counts_or_is_kept_as_late(world: World) -> None:
    await world.set_up()
    dossier = await world.dossier()
    session_id = await world.opened(dossier)
    for user in world.users[:4]:
        await world.hand_in(session_id, dossier, user, NINETY)
    answers = await asyncio.gather(
        _send(world, session_id, 4, _sheet(dossier)),
        world.close(session_id, dossier, without_missing=True),
        _send(world, session_id, 4, _sheet(dossier)),
    )
    counted = str(world.users[4]) in {one["member"] for one in answers[1].json()["sheets"]}
    sent = {answers[place].json()["sheets"][0]["outcome"] for place in (0, 2)}
    assert sent <= ({"submitted", "unchanged"} if counted else {"kept_late"})
    async with world.database.read() as rows:
        assert len((await rows.scalars(select(ScoreSheet))).all()) == 4 + counted
        assert len((await rows.scalars(select(LateSheet))).all()) == 1 - counted


async def test_a_member_takes_the_session_along_and_brings_its_sheets_back(world: World) -> None:
    await world.set_up()
    first, second = (
        await world.dossier(contents={"self_assessment": {"1.1": {"level": 2}}}),
        await world.dossier(),
    )
    session_id = await world.plan(first, second)
    url = f"/v1/sessions/{session_id}/package"
    member = world.headers[world.users[2]]
    early = await world.client.get(url, headers=member)
    assert early.status_code == 200, early.text
    assert [one["round"] for one in early.json()["dossiers"]] == [None, None]
    outside = await world.client.get(url, headers=world.officer)
    assert (outside.status_code, outside.json()["code"]) == (403, "scoring.not_on_council")
    await world.open(
        session_id,
        recusals=[{"user_id": str(world.users[2]), "dossier_id": str(second.id), "reason": "owner"}],
    )
    await world.client.put(world.sheet_url(session_id, first), json={"choices": {"1.1": 1}}, headers=member)
    taken = (await world.client.get(url, headers=member)).json()
    assert [one["dossier_id"] for one in taken["dossiers"]] == [str(first.id)]
    packed = taken["dossiers"][0]
    assert packed["product_name"] == "Cà phê bột"
    assert packed["self_assessment"]["1.1"]["level"] == 2
    assert (packed["round"], packed["sheet"]["version"]) == (1, 1)
    (criteria,) = taken["criteria_sets"]
    assert (criteria["edition"], criteria["number"]) == ("qd26-2026", 13)
    sent = _sheet(first, round=packed["round"], base_version=packed["sheet"]["version"])
    assert await _outcomes(world, session_id, 2, sent) == [("submitted", None)]
    fellow = (await world.client.get(url, headers=world.headers[world.users[1]])).json()
    assert [one["sheet"] for one in fellow["dossiers"]] == [None, None]


async def test_the_same_sheet_on_its_way_several_times_at_once_is_taken_once(world: World) -> None:
    await world.set_up()
    dossier = await world.dossier()
    session_id = await world.opened(dossier)
    answers = await asyncio.gather(*(_send(world, session_id, 2, _sheet(dossier)) for _ in range(6)))
    told = sorted(answer.json()["sheets"][0]["outcome"] for answer in answers)
    assert told == ["submitted", *["unchanged"] * 5]
    url, other = world.sheet_url(session_id, dossier), world.headers[world.users[3]]
    put = await asyncio.gather(
        *(world.client.put(url, json={"choices": NINETY}, headers=other) for _ in range(4))
    )
    assert sorted(answer.status_code for answer in put) == [200, 428, 428, 428]
    async with world.database.read() as rows:
        assert len((await rows.scalars(select(ScoreSheet))).all()) == 1
        assert len((await rows.scalars(select(SheetDraft))).all()) == 1
