"""Calling a session, inviting, opening in time, who comes and goes, and conflicts found by the registers."""

from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import update

from ocop_api.db.tables.dossiers import Dossier
from ocop_api.db.tables.producers import Producer
from ocop_api.domain.actor import Bound, Grant, Role

from .conftest import NINETY, World

TUESDAY, FRIDAY = "2026-06-16", "2026-06-19"


async def _planned(world: World, *dossiers: Dossier, held_on: str = FRIDAY, **body: Any) -> dict[str, Any]:
    answer = await world.client.post(
        f"/v1/councils/{world.council['id']}/sessions",
        json={"held_on": held_on, "dossier_ids": [str(one.id) for one in dossiers], **body},
        headers=world.secretary,
    )
    assert answer.status_code == 201, answer.text
    planned: dict[str, Any] = answer.json()
    return planned


async def _post(world: World, path: str, who: int, **body: Any) -> httpx.Response:
    return await world.client.post(path, json=body, headers=world.headers[world.users[who]])


async def test_everybody_with_a_seat_is_invited_and_answers_for_themselves(world: World) -> None:
    await world.set_up()
    planned = await _planned(
        world, await world.dossier(), starts_at="08:30", venue="Hội trường UBND tỉnh", held_on=FRIDAY
    )
    assert (planned["starts_at"], planned["venue"]) == ("08:30:00", "Hội trường UBND tỉnh")
    assert {one["user_id"] for one in planned["invitations"]} == {str(user) for user in world.users}
    assert {one["answer"] for one in planned["invitations"]} == {None}
    assert planned["allowed_actions"] == ["reschedule", "invite", "answer_invitation", "open"]
    url = f"/v1/sessions/{planned['id']}"
    said = await _post(world, f"{url}/answer-invitation", 1, answer="declined", note="Đi công tác.")
    assert said.status_code == 200, said.text
    assert said.json()["allowed_actions"] == ["answer_invitation"]
    (mine,) = [one for one in said.json()["invitations"] if one["user_id"] == str(world.users[1])]
    assert (mine["answer"], mine["note"]) == ("declined", "Đi công tác.")
    changed = await _post(world, f"{url}/answer-invitation", 1, answer="accepted")
    assert {one["answer"] for one in changed.json()["invitations"]} == {None, "accepted"}
    stranger = await world.client.post(
        f"{url}/answer-invitation", json={"answer": "accepted"}, headers=world.officer
    )
    assert (stranger.status_code, stranger.json()["code"]) == (404, "scoring.not_invited")


async def test_another_day_invites_anew_and_forgets_the_answers(world: World) -> None:
    await world.set_up()
    planned = await _planned(world, await world.dossier(), held_on=TUESDAY)
    url = f"/v1/sessions/{planned['id']}"
    said = await _post(world, f"{url}/answer-invitation", 0, answer="accepted")
    tag = {"If-Match": said.headers.get("etag", "*")}
    by_member = await world.client.patch(
        url, json={"held_on": FRIDAY}, headers=world.headers[world.users[1]] | {"If-Match": "*"}
    )
    assert by_member.status_code == 403
    without = await world.client.patch(url, json={"held_on": FRIDAY}, headers=world.secretary)
    assert without.status_code == 428
    changed = await world.client.patch(
        url, json={"held_on": FRIDAY, "venue": "Phòng họp số 2"}, headers=world.secretary | tag
    )
    assert changed.status_code == 200, changed.text
    assert (changed.json()["held_on"], changed.json()["venue"]) == (FRIDAY, "Phòng họp số 2")
    assert {one["answer"] for one in changed.json()["invitations"]} == {None}
    version = changed.json()["version"]
    same = await world.client.patch(
        url, json={"held_on": FRIDAY}, headers=world.secretary | {"If-Match": "*"}
    )
    assert same.json()["version"] == version


async def test_a_meeting_without_its_notice_needs_a_reason(world: World) -> None:
    await world.set_up(notice_working_days=2)
    first, second = await world.dossier(), await world.dossier()
    planned = await _planned(world, first, held_on=TUESDAY)
    world.clock.move(days=1)  # type: ignore[attr-defined]  # the clock of the test moves
    refused = await world.open(planned["id"], short_notice_reason=None)
    assert (refused.status_code, refused.json()["code"]) == (409, "scoring.notice_too_short")
    assert (refused.json()["data"]["required"], refused.json()["data"]["given"]) == (2, 1)
    short = await world.open(planned["id"], short_notice_reason="Các thành viên đã thống nhất.")
    assert short.json()["short_notice_reason"] == "Các thành viên đã thống nhất."
    other = await _planned(world, second, held_on="2026-06-18", invite=False)
    assert other["invitations"] == []
    world.clock.move(days=2)  # type: ignore[attr-defined]  # the clock of the test moves
    never = await world.open(other["id"], short_notice_reason=None)
    assert never.json()["data"]["given"] == 0
    assert (await _post(world, f"/v1/sessions/{other['id']}/invite", 5)).status_code == 200
    world.clock.move(days=4)  # type: ignore[attr-defined]  # the clock of the test moves
    kept = await world.open(other["id"], short_notice_reason=None)
    assert (kept.status_code, kept.json()["short_notice_reason"]) == (200, None)


async def test_a_session_can_open_before_it_scores(world: World) -> None:
    await world.set_up()
    dossier = await world.dossier()
    session_id = await world.plan(dossier)
    absent = world.users[4]
    opened = await world.open(session_id, absent=[absent], begin_scoring=False)
    assert (opened.status_code, opened.json()["state"]) == (200, "open")
    item = opened.json()["dossiers"][0]
    assert (item["state"], item["rounds"]) == ("waiting", [])
    assert opened.json()["allowed_actions"] == ["correct_attendance", "begin_scoring"]
    url, chair = world.sheet_url(session_id, dossier), world.headers[world.users[0]]
    early = await world.client.put(url, json={}, headers=chair)
    assert (early.status_code, early.json()["code"]) == (409, "scoring.session_not_open")
    # Two more step out of the dossier: three of five would have to be there, and two are.
    for who in (2, 3):
        await _post(world, f"/v1/sessions/{session_id}/dossiers/{dossier.id}/recuse", who, reason="relative")
    begin = f"/v1/sessions/{session_id}/begin-scoring"
    refused = await _post(world, begin, 5)
    assert (refused.status_code, refused.json()["code"]) == (409, "scoring.no_quorum")
    came = await _post(world, f"/v1/sessions/{session_id}/attendance", 5, arrived=[str(absent)])
    (seat,) = [one for one in came.json()["seats"] if one["user_id"] == str(absent)]
    assert (seat["present"], seat["arrived_at"]) == (True, "2026-06-15T02:00:00Z")
    assert (await _post(world, begin, 1)).status_code == 403
    begun = await _post(world, begin, 5)
    assert (begun.status_code, begun.json()["state"]) == (200, "scoring"), begun.text
    assert (await _post(world, begin, 5)).json()["code"] == "scoring.session_not_open"
    for user in (*world.users[:2], absent):
        assert (await world.hand_in(session_id, dossier, user, NINETY)).status_code == 200
    closed = await world.close(session_id, dossier)
    assert (closed.status_code, closed.json()["counted"]) == (200, 3)


async def test_nobody_waits_for_who_has_left_and_their_sheet_counts(world: World) -> None:
    await world.set_up()
    dossier = await world.dossier()
    session_id = await world.opened(dossier)
    for user in world.users[:4]:
        await world.hand_in(session_id, dossier, user, NINETY)
    away = [str(user) for user in world.users[3:5]]
    left = await _post(world, f"/v1/sessions/{session_id}/attendance", 5, left=away)
    assert left.json()["dossiers"][0]["rounds"][0]["awaited"] == []
    late = await world.client.put(
        world.sheet_url(session_id, dossier), json={}, headers=world.headers[world.users[4]]
    )
    assert late.json()["data"]["bar"] == "absent"
    assert (await _post(world, f"/v1/sessions/{session_id}/attendance", 1, left=away)).status_code == 403
    closed = await world.close(session_id, dossier)
    assert (closed.status_code, closed.json()["counted"]) == (200, 4)


async def test_opinions_are_waited_for_until_their_last_day(world: World) -> None:
    await world.set_up(opinion_working_days=3)
    dossier = await world.dossier(kind="rerating")
    planned = await _planned(world, dossier, held_on="2026-06-15")
    assert planned["form"] == "written_opinions"
    opened = await world.open(planned["id"], short_notice_reason=None)
    assert (opened.status_code, opened.json()["opinions_due_on"]) == (200, "2026-06-18")
    for user in world.users[:4]:
        await world.hand_in(planned["id"], dossier, user, NINETY)
    early = await world.close(planned["id"], dossier, without_missing=True)
    assert (early.status_code, early.json()["code"]) == (409, "scoring.opinions_awaited")
    assert early.json()["data"] == {"members": [str(world.users[4])], "due_on": "2026-06-18"}
    world.clock.move(days=4)  # type: ignore[attr-defined]  # the clock of the test moves
    closed = await world.close(planned["id"], dossier, without_missing=True)
    assert (closed.status_code, closed.json()["counted"]) == (200, 4)
    other = await world.dossier(kind="rerating")
    wrong = await world.client.post(
        f"/v1/councils/{world.council['id']}/sessions",
        json={"held_on": FRIDAY, "dossier_ids": [str(other.id)], "opinions_due_on": TUESDAY},
        headers=world.secretary,
    )
    assert (wrong.status_code, wrong.json()["code"]) == (422, "scoring.opinions_due_on_wrong")


async def _people(world: World, dossier: Dossier, **facts: Any) -> None:
    async with world.database.transaction() as session:
        await session.execute(update(Producer).where(Producer.id == dossier.producer_id).values(**facts))


async def test_a_name_that_is_the_same_is_asked_about_before_the_session_opens(world: World) -> None:
    await world.set_up()
    dossier, other = await world.dossier(), await world.dossier()
    await _people(world, dossier, representative_name="Người 2")
    session_id = await world.plan(dossier, other)
    url = f"/v1/sessions/{session_id}/conflicts"
    hidden = await world.client.get(url, headers=world.headers[world.users[1]])
    assert hidden.status_code == 403
    (asked,) = (await world.client.get(url, headers=world.secretary)).json()["items"]
    assert asked == {
        "dossier_id": str(dossier.id),
        "user_id": str(world.users[2]),
        "reason": "owner",
        "basis": "same_name",
        "certain": False,
        "recused": False,
        "cleared_reason": None,
    }
    refused = await world.open(session_id)
    assert (refused.status_code, refused.json()["code"]) == (409, "scoring.conflicts_unsettled")
    assert [one["user_id"] for one in refused.json()["data"]["conflicts"]] == [str(world.users[2])]
    answer = {"dossier_id": str(dossier.id), "user_id": str(world.users[2]), "reason": "Khác ngày sinh."}
    opened = await world.open(session_id, cleared=[answer])
    assert opened.status_code == 200, opened.text
    assert [item["recusals"] for item in opened.json()["dossiers"]] == [[], []]
    (told,) = (await world.client.get(url, headers=world.secretary)).json()["items"]
    assert told["cleared_reason"] == "Khác ngày sinh."


async def test_a_recusal_answers_the_question_too(world: World) -> None:
    await world.set_up()
    dossier = await world.dossier()
    await _people(world, dossier, contacts=[{"name": "người 3", "phone": None, "email": None}])
    session_id = await world.plan(dossier)
    one = {"dossier_id": str(dossier.id), "user_id": str(world.users[3]), "reason": "owner"}
    opened = await world.open(session_id, recusals=[one])
    assert opened.status_code == 200, opened.text
    assert [row["origin"] for row in opened.json()["dossiers"][0]["recusals"]] == ["self_declared"]


@pytest.mark.parametrize("basis", ["declared", "relative_same_phone", "same_email"])
async def test_certain_ties_keep_members_out_unasked(world: World, basis: str) -> None:
    await world.set_up()
    dossier = await world.dossier()
    member = world.users[2]
    await _people(
        world, dossier, phone="+84912345678", email="U2@example.org" if basis == "same_email" else "a@b.vn"
    )
    wanted = {
        "declared": {"relation": "adviser", "producer_id": str(dossier.producer_id)},
        "relative_same_phone": {
            "relation": "relative",
            "relative_name": "Lê Thị Cúc",
            "relative_phone": "0912 345 678",
        },
    }.get(basis)
    if wanted is not None:
        made = await world.client.post("/v1/interests", json=wanted, headers=world.headers[member])
        assert made.status_code == 201, made.text
    session_id = await world.plan(dossier)
    opened = await world.open(session_id)
    assert opened.status_code == 200, opened.text
    (recusal,) = opened.json()["dossiers"][0]["recusals"]
    assert (recusal["user_id"], recusal["origin"]) == (str(member), "detected")
    (conflict,) = (
        await world.client.get(f"/v1/sessions/{session_id}/conflicts", headers=world.secretary)
    ).json()["items"]
    assert (conflict["basis"], conflict["certain"], conflict["recused"]) == (basis, True, True)


async def test_interests_are_for_the_person_and_who_runs_a_council_they_sit_on(world: World) -> None:
    await world.set_up()
    member, fellow = world.users[2], world.users[3]
    body = {"relation": "relative", "relative_name": "Lê Thị Cúc", "valid_from": "2026-01-01"}
    mine = await world.client.post("/v1/interests", json=body, headers=world.headers[member])
    listed = await world.client.get("/v1/interests", headers=world.headers[member])
    assert [one["id"] for one in listed.json()["items"]] == [mine.json()["id"]]
    of_member = {"user_id": str(member)}
    for headers in (world.secretary, world.officer):
        seen = await world.client.get("/v1/interests", params=of_member, headers=headers)
        assert len(seen.json()["items"]) == 1
    for path in ("/v1/interests", f"/v1/interests/{mine.json()['id']}/end"):
        hidden = (
            await world.client.get(path, params=of_member, headers=world.headers[fellow])
            if path == "/v1/interests"
            else await world.client.post(
                path, json={"valid_until": "2026-06-01"}, headers=world.headers[fellow]
            )
        )
        assert hidden.status_code == 404, path
    by_secretary = await world.client.post("/v1/interests", json=body | of_member, headers=world.secretary)
    assert (by_secretary.status_code, by_secretary.json()["registered_by"]) == (201, str(world.users[5]))
    for_stranger = await world.client.post(
        "/v1/interests", json=body | {"user_id": str(UUID(int=9))}, headers=world.secretary
    )
    assert (for_stranger.status_code, for_stranger.json()["code"]) == (404, "scoring.unknown_person")
    early = await world.client.post(
        f"/v1/interests/{mine.json()['id']}/end",
        json={"valid_until": "2025-12-31"},
        headers=world.headers[member],
    )
    assert (early.status_code, early.json()["code"]) == (422, "scoring.interest_period")
    ended = await world.client.post(
        f"/v1/interests/{mine.json()['id']}/end",
        json={"valid_until": "2026-05-31"},
        headers=world.headers[member],
    )
    assert ended.json()["valid_until"] == "2026-05-31"
    twofold = await world.client.post(
        "/v1/interests",
        json=body | {"producer_id": str(UUID(int=1))},
        headers=world.headers[member],
    )
    assert twofold.status_code == 422
    unknown = await world.client.post(
        "/v1/interests",
        json={"relation": "owner", "producer_id": str(UUID(int=1))},
        headers=world.headers[member],
    )
    assert (unknown.status_code, unknown.json()["code"]) == (404, "producers.unknown")


async def test_an_interest_registered_while_scoring_keeps_the_member_out(world: World) -> None:
    await world.set_up()
    dossier = await world.dossier()
    session_id = await world.opened(dossier)
    headers = world.headers[world.users[3]]
    url = world.sheet_url(session_id, dossier)
    assert (await world.client.put(url, json={"choices": NINETY}, headers=headers)).status_code == 200
    await world.client.post(
        "/v1/interests",
        json={"relation": "employee", "producer_id": str(dossier.producer_id)},
        headers=headers,
    )
    refused = await world.client.post(f"{url}/submit", headers=headers)
    assert (refused.status_code, refused.json()["data"]["bar"]) == (403, "recused")


async def test_who_sat_for_a_district_and_acts_for_the_producer_meets_both(world: World) -> None:
    await world.set_up()
    dossier = await world.dossier()
    await world.user("u1", Grant(Role.PRODUCER, Bound.PRODUCER, producer_id=dossier.producer_id))
    await _people(world, dossier, representative_name="Người 1")
    session_id = await world.plan(dossier)
    # The certain tie settles what the name alone would have asked.
    opened = await world.open(session_id)
    assert opened.status_code == 200, opened.text
    assert [one["user_id"] for one in opened.json()["dossiers"][0]["recusals"]] == [str(world.users[1])]
