"""A council at work: recusal, quorum, rounds, and a result that explains itself."""

from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import DBAPIError

from ocop_api.db.tables.dossiers import Dossier
from ocop_api.db.tables.scoring import CouncilResult, ScoreSheet
from ocop_api.domain.actor import Bound, Grant, Role

from .conftest import BEST, EIGHTY_NINE, NINETY, World, area_actor


async def test_five_members_give_a_result_that_explains_itself(world: World) -> None:
    await world.set_up()
    dossier = await world.dossier()
    session_id = await world.opened(dossier)
    for user in world.users[:4]:
        assert (await world.hand_in(session_id, dossier, user, NINETY)).status_code == 200
    early = await world.close(session_id, dossier)
    assert (early.status_code, early.json()["code"]) == (409, "scoring.sheets_missing")
    assert early.json()["data"]["members"] == [str(world.users[4])]
    await world.hand_in(session_id, dossier, world.users[4], EIGHTY_NINE, "Cần thêm hồ sơ")
    closed = await world.close(session_id, dossier)
    assert closed.status_code == 200, closed.text
    body = closed.json()
    assert body["mean"] == {"exact": "449/5", "shown": "89.80"}
    assert (body["star"], body["outcome"], body["final"], body["round"]) == (4, "rated", True, 1)
    assert len(body["criteria"]) == len(BEST)
    assert {sheet["member"]: sheet["total"] for sheet in body["sheets"]} == {
        **{str(user): "90" for user in world.users[:4]},
        str(world.users[4]): "89",
    }
    english = await world.client.get(
        f"/v1/sessions/{session_id}/dossiers/{dossier.id}/result",
        headers=world.headers[world.users[2]] | {"Accept-Language": "en"},
    )
    assert english.headers["content-language"] == "en"
    assert "The mean is 89.80" in english.json()["explanation"][0]["sentence"]
    assert "Điểm trung bình" in body["explanation"][0]["sentence"]
    session = await world.client.get(f"/v1/sessions/{session_id}", headers=world.secretary)
    assert (session.json()["state"], session.json()["dossiers"][0]["state"]) == ("closed", "concluded")
    async with world.database.read() as rows:
        stored = (await rows.scalars(select(Dossier).where(Dossier.id == dossier.id))).one()
        assert (stored.state, stored.points, stored.star) == ("awaiting_decision", Decimal("89.8"), 4)
        result = (await rows.scalars(select(CouncilResult))).one()
        assert (result.mean, result.displayed_mean, result.star) == ("449/5", Decimal("89.80"), 4)
        assert {"vi", "en"} <= set(result.explanation[0])
    twice = await world.close(session_id, dossier)
    assert (twice.status_code, twice.json()["code"]) == (409, "scoring.session_not_open")


async def test_totals_too_far_apart_open_a_new_round_and_keep_the_old_sheets(world: World) -> None:
    await world.set_up(("chair", "member", "secretary"))
    dossier = await world.dossier()
    session_id = await world.opened(dossier)
    await world.hand_in(session_id, dossier, world.users[0], BEST)
    await world.hand_in(session_id, dossier, world.users[1], EIGHTY_NINE)
    first = (await world.close(session_id, dossier)).json()
    assert (first["final"], first["star"], first["next_round_reason"]) == (False, None, "spread_exceeded")
    session = (await world.client.get(f"/v1/sessions/{session_id}", headers=world.secretary)).json()
    assert [(one["number"], one["state"]) for one in session["dossiers"][0]["rounds"]] == [
        (1, "closed"),
        (2, "open"),
    ]
    own = await world.client.get(world.sheet_url(session_id, dossier), headers=world.headers[world.users[1]])
    assert (own.json()["round"], own.json()["state"], own.json()["evaluation"]["total"]) == (2, "draft", "89")
    await world.hand_in(session_id, dossier, world.users[0], BEST)
    await world.hand_in(session_id, dossier, world.users[1], NINETY)
    second = (await world.close(session_id, dossier)).json()
    assert (second["final"], second["round"], second["star"]) == (True, 2, 5)
    old = await world.client.get(
        f"/v1/sessions/{session_id}/dossiers/{dossier.id}/result?round=1", headers=world.secretary
    )
    assert old.json()["spread"] == "11"
    async with world.database.read() as rows:
        kept = (await rows.scalars(select(ScoreSheet))).all()
        assert sorted(sheet.round_number for sheet in kept) == [1, 1, 2, 2]


async def test_a_minimum_the_majority_misses_drops_a_star(world: World) -> None:
    await world.set_up(("chair", "member", "member", "secretary"))
    dossier = await world.dossier()
    session_id = await world.opened(dossier)
    weak = BEST | {"1.5": 3}
    for user, choices in zip(world.users, (weak, weak, BEST), strict=False):
        await world.hand_in(session_id, dossier, user, choices)
    body = (await world.close(session_id, dossier)).json()
    assert (body["band"]["star"], body["star"]) == (5, 4)
    missed = [one for one in body["stars"][-1]["minimums"] if not one["met"]]
    assert [(one["criterion"], one["reached"], one["counted"]) for one in missed] == [("1.5", 1, 3)]
    assert "council_minimum_missed" in [step["code"] for step in body["explanation"]]


async def test_a_recused_member_is_out_of_scoring_quorum_and_mean(world: World) -> None:
    await world.set_up()
    dossier, other = await world.dossier(), await world.dossier()
    session_id = await world.plan(dossier, other)
    recused = world.users[2]
    opened = await world.open(
        session_id,
        recusals=[{"user_id": str(recused), "dossier_id": str(dossier.id), "reason": "relative"}],
    )
    assert opened.status_code == 200, opened.text
    refused = await world.client.put(
        world.sheet_url(session_id, dossier), json={"choices": {}}, headers=world.headers[recused]
    )
    assert (refused.status_code, refused.json()["code"]) == (403, "scoring.may_not_score")
    assert refused.json()["data"]["bar"] == "recused"
    allowed = await world.client.put(
        world.sheet_url(session_id, other), json={"choices": {}}, headers=world.headers[recused]
    )
    assert allowed.status_code == 200
    for user in (world.users[0], world.users[1], world.users[3], world.users[4]):
        await world.hand_in(session_id, dossier, user, NINETY)
    body = (await world.close(session_id, dossier)).json()
    assert (body["counted"], body["star"]) == (4, 5)
    assert str(recused) not in {sheet["member"] for sheet in body["sheets"]}


async def test_whoever_acts_for_the_producer_is_recused_unasked(world: World) -> None:
    await world.set_up()
    dossier = await world.dossier()
    tied = world.users[3]
    await world.user("u3", Grant(Role.PRODUCER, Bound.PRODUCER, producer_id=dossier.producer_id))
    session_id = await world.plan(dossier)
    body = (await world.open(session_id)).json()
    assert [(one["user_id"], one["origin"]) for one in body["dossiers"][0]["recusals"]] == [
        (str(tied), "detected")
    ]
    assert str(tied) not in body["dossiers"][0]["rounds"][0]["awaited"]


async def test_a_tie_that_arises_later_keeps_the_member_out(world: World) -> None:
    await world.set_up()
    dossier = await world.dossier()
    session_id = await world.opened(dossier)
    tied = world.sign_in(
        world.users[2],
        Grant(Role.COUNCIL_MEMBER, Bound.COUNCIL, council_id=UUID(world.council["id"])),
        Grant(Role.PRODUCER, Bound.PRODUCER, producer_id=dossier.producer_id),
    )
    refused = await world.client.put(world.sheet_url(session_id, dossier), json={"choices": {}}, headers=tied)
    assert (refused.status_code, refused.json()["data"]["bar"]) == (403, "recused")


async def test_secretary_absent_and_strangers_do_not_score(world: World) -> None:
    await world.set_up()
    dossier = await world.dossier()
    session_id = await world.plan(dossier)
    absent = world.users[4]
    assert (await world.open(session_id, absent=[absent])).status_code == 200
    url = world.sheet_url(session_id, dossier)
    for headers, bar in (
        (world.secretary, "secretary"),
        (world.headers[absent], "absent"),
        (world.officer, "not_seated"),
    ):
        refused = await world.client.put(url, json={"choices": {}}, headers=headers)
        assert (refused.status_code, refused.json()["data"]["bar"]) == (403, bar)
        assert (await world.client.post(f"{url}/submit", headers=headers)).status_code == 403
    foreign = world.as_actor(area_actor(Role.OFFICER, "34:01"))
    assert (await world.client.put(url, json={"choices": {}}, headers=foreign)).status_code == 404


async def test_without_quorum_or_chair_no_session_opens(world: World) -> None:
    await world.set_up()
    session_id = await world.plan(await world.dossier())
    for absent, problem in ((world.users[3:5], "too_few_present"), (world.users[:1], "chair_absent")):
        refused = await world.open(session_id, absent=absent)
        assert (refused.status_code, refused.json()["code"]) == (409, "scoring.no_quorum")
        assert problem in refused.json()["data"]["dossiers"][0]["problems"]
    stranger = await world.client.post(
        f"/v1/sessions/{session_id}/open", json={"present": [str(uuid4())]}, headers=world.secretary
    )
    assert (stranger.status_code, stranger.json()["code"]) == (422, "scoring.not_seated")


async def test_closing_without_missing_sheets_needs_the_quorum(world: World) -> None:
    await world.set_up()
    dossier = await world.dossier()
    session_id = await world.opened(dossier)
    for user in world.users[:3]:
        await world.hand_in(session_id, dossier, user, NINETY)
    few = await world.close(session_id, dossier, without_missing=True)
    assert (few.status_code, few.json()["code"]) == (409, "scoring.no_quorum")
    await world.hand_in(session_id, dossier, world.users[3], NINETY)
    enough = await world.close(session_id, dossier, without_missing=True)
    assert (enough.status_code, enough.json()["counted"]) == (200, 4)


async def test_only_chair_and_secretary_close_a_round(world: World) -> None:
    await world.set_up(("chair", "member", "secretary"))
    dossier = await world.dossier()
    session_id = await world.opened(dossier)
    for user in world.users[:2]:
        await world.hand_in(session_id, dossier, user, NINETY)
    for headers in (world.headers[world.users[1]], world.officer):
        refused = await world.close(session_id, dossier, headers)
        assert (refused.status_code, refused.json()["code"]) == (403, "scoring.may_not_close")
    assert (await world.close(session_id, dossier, world.headers[world.users[0]])).status_code == 200


async def test_a_majority_that_disqualifies_ends_without_a_star(world: World) -> None:
    await world.set_up(("chair", "member", "secretary"))
    dossier = await world.dossier()
    session_id = await world.opened(dossier)
    url = world.sheet_url(session_id, dossier)
    for user in world.users[:2]:
        draft = {"choices": {}, "gates": [{"gate": "copied_product", "reason": "Sao chép"}]}
        saved = await world.client.put(url, json=draft, headers=world.headers[user])
        assert saved.status_code == 200, saved.text
        assert (await world.client.post(f"{url}/submit", headers=world.headers[user])).status_code == 200
    body = (await world.close(session_id, dossier)).json()
    assert (body["outcome"], body["star"], body["mean"]) == ("disqualified", None, None)


async def test_drafts_need_their_version_and_a_finished_sheet_to_hand_in(world: World) -> None:
    await world.set_up(("chair", "member", "secretary"))
    dossier = await world.dossier()
    session_id = await world.opened(dossier)
    url, headers = world.sheet_url(session_id, dossier), world.headers[world.users[1]]
    assert (await world.client.get(url, headers=headers)).json()["code"] == "scoring.no_sheet"
    first = await world.client.put(url, json={"choices": {"1.1": 1}}, headers=headers)
    assert (first.status_code, first.json()["version"], first.json()["state"]) == (200, 1, "draft")
    assert (await world.client.put(url, json={}, headers=headers)).status_code == 428
    tag = {"If-Match": first.headers["etag"]}
    assert (
        await world.client.put(url, json={"choices": {"1.1": 2}}, headers=headers | tag)
    ).status_code == 200
    assert (await world.client.put(url, json={}, headers=headers | tag)).status_code == 412
    unfinished = await world.client.post(f"{url}/submit", headers=headers)
    assert (unfinished.status_code, unfinished.json()["code"]) == (409, "scoring.sheet_unfinished")
    wrong = await world.client.put(
        url, json={"choices": {"1.1": 77, "nope": 1}}, headers=headers | {"If-Match": "*"}
    )
    assert wrong.status_code == 422
    assert {error["pointer"] for error in wrong.json()["errors"]} == {
        "/body/choices/1.1",
        "/body/choices/nope",
    }
    done = await world.hand_in(session_id, dossier, world.users[1], BEST)
    assert (done.json()["state"], len(done.json()["sha256"])) == ("submitted", 64)
    again = await world.client.put(url, json={}, headers=headers | {"If-Match": "*"})
    assert (again.status_code, again.json()["code"]) == (409, "scoring.sheet_exists")


async def test_only_files_that_lie_with_the_council_come_on_its_agenda(world: World) -> None:
    await world.set_up()
    here = await world.dossier()
    elsewhere = await world.dossier(area_path=["34:01"])
    early = await world.dossier(state="under_assessment")
    url = f"/v1/councils/{world.council['id']}/sessions"
    wanted = [str(here.id), str(elsewhere.id), str(early.id), str(uuid4())]
    refused = await world.client.post(
        url, json={"held_on": "2026-06-20", "dossier_ids": wanted}, headers=world.secretary
    )
    assert (refused.status_code, refused.json()["code"]) == (409, "scoring.dossiers_not_ready")
    assert refused.json()["data"]["dossiers"] == wanted[1:]
    session_id = await world.plan(here)
    twice = await world.client.post(
        url, json={"held_on": "2026-06-21", "dossier_ids": wanted[:1]}, headers=world.secretary
    )
    assert (twice.status_code, twice.json()["code"]) == (409, "scoring.dossier_on_another_agenda")
    dropped = await world.client.post(
        f"/v1/sessions/{session_id}/dossiers/{here.id}/drop", json={"reason": "Hoãn"}, headers=world.secretary
    )
    assert (dropped.status_code, dropped.json()["state"]) == (200, "closed")
    assert await world.plan(here) != session_id
    listed = await world.client.get(f"{url}?state=planned", headers=world.officer)
    assert len(listed.json()["items"]) == 1


@pytest.mark.parametrize("statement", [update(ScoreSheet).values(remarks="x"), delete(ScoreSheet)])
async def test_the_database_refuses_to_change_a_handed_in_sheet(world: World, statement: object) -> None:
    await world.set_up(("chair", "member", "secretary"))
    dossier = await world.dossier()
    session_id = await world.opened(dossier)
    await world.hand_in(session_id, dossier, world.users[0], BEST)
    with pytest.raises(DBAPIError, match="is a record"):
        async with world.database.transaction() as session:
            await session.execute(statement)  # type: ignore[call-overload]
    async with world.database.read() as session:
        assert (await session.execute(text("select count(*) from score_sheet"))).scalar_one() == 1
