"""The board of a session: who has handed in, told as it happens, and nothing of what."""

import asyncio
import json
from itertools import pairwise
from typing import Any

import httpx

from .conftest import BEST, EIGHTY_NINE, NINETY, World


def _events(answer: httpx.Response) -> list[tuple[str, dict[str, Any]]]:
    found = []
    for block in answer.text.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line)
        if "data" in fields:
            found.append((fields["event"], json.loads(fields["data"])))
    return found


async def _follow(world: World, url: str) -> list[tuple[str, dict[str, Any]]]:
    """Follow as a browser does: streams end after a while, and it comes again with the last id."""
    told: list[tuple[str, dict[str, Any]]] = []
    headers = dict(world.secretary)
    while not told or told[-1][0] != "end":
        answer = await world.client.get(f"{url}/events", headers=headers)
        assert answer.headers["content-type"].startswith("text/event-stream")
        told += _events(answer)
        ids = [line.removeprefix("id: ") for line in answer.text.splitlines() if line.startswith("id: ")]
        if ids:
            headers["Last-Event-ID"] = ids[-1]
    return told


async def test_the_board_is_told_as_it_changes_until_the_session_has_closed(world: World) -> None:
    await world.set_up()
    dossier = await world.dossier()
    session_id = await world.opened(dossier)
    url = f"/v1/sessions/{session_id}/board"
    following = asyncio.create_task(_follow(world, url))
    await asyncio.sleep(0.5)
    await world.hand_in(session_id, dossier, world.users[0], NINETY)
    await asyncio.sleep(0.5)
    for user in world.users[1:5]:
        await world.hand_in(session_id, dossier, user, NINETY)
    await world.close(session_id, dossier)
    told = await asyncio.wait_for(following, 120)
    assert [kind for kind, _ in told] == ["board"] * (len(told) - 1) + ["end"]
    assert (told[0][1]["submitted"], told[0][1]["expected"]) == (0, 5)
    assert [str(world.users[0])] in [board["dossiers"][0]["submitted"] for _, board in told]
    # Nothing is told twice, nothing of a sheet before the round has closed, and then what it came to.
    assert all(one != other for (_, one), (_, other) in pairwise(told))
    assert all(board["dossiers"][0]["results"] == [] for kind, board in told if kind == "board")
    (result,) = told[-1][1]["dossiers"][0]["results"]
    assert (result["mean"]["shown"], result["star"], result["counted"]) == ("90.00", 5, 5)
    assert told[-1][1] == (await world.client.get(url, headers=world.secretary)).json()


async def test_a_follower_that_comes_when_all_is_over_is_told_so(world: World) -> None:
    await world.set_up()
    dossier = await world.dossier()
    session_id = await world.opened(dossier)
    await world.client.post(
        f"/v1/sessions/{session_id}/dossiers/{dossier.id}/drop",
        json={"reason": "Hoãn"},
        headers=world.secretary,
    )
    url = f"/v1/sessions/{session_id}/board/events"
    whole = await world.client.get(url, headers=world.secretary)
    ((kind, board),) = _events(whole)
    assert (kind, board["state"], board["dossiers"][0]["product_name"]) == ("end", "closed", "Cà phê bột")
    last = next(line.removeprefix("id: ") for line in whole.text.splitlines() if line.startswith("id: "))
    again = await world.client.get(url, headers=world.secretary | {"Last-Event-ID": last})
    assert [one for one, _ in _events(again)] == ["end"]


async def test_the_board_is_for_who_runs_the_business(world: World) -> None:
    await world.set_up()
    dossier = await world.dossier()
    session_id = await world.plan(dossier)
    for path in ("board", "board/events"):
        url = f"/v1/sessions/{session_id}/{path}"
        member = await world.client.get(url, headers=world.headers[world.users[2]])
        assert (member.status_code, member.json()["code"]) == (403, "auth.not_permitted")
    for headers in (world.secretary, world.officer, world.headers[world.users[0]]):
        board = await world.client.get(f"/v1/sessions/{session_id}/board", headers=headers)
        assert (board.json()["state"], board.json()["dossiers"][0]["round"]) == ("planned", None)


async def test_criteria_that_differ_most_are_named_first(world: World) -> None:
    await world.set_up(("chair", "member", "secretary"))
    dossier = await world.dossier()
    session_id = await world.opened(dossier)
    await world.hand_in(session_id, dossier, world.users[0], BEST)
    await world.hand_in(session_id, dossier, world.users[1], EIGHTY_NINE)
    body = (await world.close(session_id, dossier)).json()
    spreads = {one["code"]: float(one["spread"]) for one in body["criteria"]}
    named = [spreads[code] for code in body["differs_most"]]
    assert named == sorted(named, reverse=True)
    assert len(named) == 5
    assert min(named) >= max(spread for code, spread in spreads.items() if code not in body["differs_most"])
    agreed = await world.dossier()
    other = await world.opened(agreed)
    for user in world.users[:2]:
        await world.hand_in(other, agreed, user, NINETY)
    assert (await world.close(other, agreed)).json()["differs_most"] == []
