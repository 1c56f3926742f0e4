"""What is kept stays: rules of the day, sheets set aside, and results that follow from their sheets."""

import random
from fractions import Fraction
from typing import Any

import pytest
from sqlalchemy import select, text

from ocop_api.db.tables.dossiers import Dossier
from ocop_api.db.tables.scoring import CouncilResult
from ocop_api.domain.rubric.edition import load_edition
from ocop_api.domain.rubric.rating import Outcome
from ocop_api.domain.rubric.scoresheet import Choice, Scoresheet
from ocop_api.domain.rubric.stars import evaluate
from ocop_api.scoring.service.recomputing import Doubt, Recomputed, recompute_results

from .conftest import BEST, COFFEE, EDITION, EIGHTY_NINE, NINETY, World

FAR_BELOW = NINETY | {"1.1": 1, "1.3": 1, "2.1": 1, "2.2": 1}
NINE = ("chair", "deputy", *["member"] * 7, "secretary")


async def _recomputed(world: World) -> list[Recomputed]:
    async with world.database.read() as session:
        return [one async for one in recompute_results(session)]


async def _change(world: World, **body: Any) -> None:
    url = f"/v1/councils/{world.council['id']}"
    held = (await world.client.get(url, headers=world.officer)).headers["ETag"]
    answer = await world.client.patch(url, json=body, headers=world.officer | {"If-Match": held})
    assert answer.status_code == 200, answer.text


async def _recuse(world: World, session_id: str, dossier: Dossier, who: int, **body: Any) -> Any:
    return await world.client.post(
        f"/v1/sessions/{session_id}/dossiers/{dossier.id}/recuse",
        json={"reason": "relative", **body},
        headers=world.headers[world.users[who]],
    )


async def test_a_session_keeps_the_rules_it_was_opened_under(world: World) -> None:
    await world.set_up(("chair", "member", "secretary"))
    before, after = await world.dossier(), await world.dossier()
    session_id = await world.opened(before)
    await _change(world, rules={"spread_limit": None, "display_places": 0})
    await world.hand_in(session_id, before, world.users[0], NINETY)
    await world.hand_in(session_id, before, world.users[1], FAR_BELOW)
    first = (await world.close(session_id, before)).json()
    assert (first["final"], first["next_round_reason"], first["spread_limit"]) == (
        False,
        "spread_exceeded",
        "10",
    )
    for user in world.users[:2]:
        await world.hand_in(session_id, before, user, NINETY)
    closed = (await world.close(session_id, before)).json()
    assert closed["mean"]["shown"] == "90.00"
    # Another change, after the end: what was found stays found, word by word.
    await _change(world, rules={"majority_over": "9/10", "display_places": 4})
    again = await world.client.get(
        f"/v1/sessions/{session_id}/dossiers/{before.id}/result", headers=world.secretary
    )
    assert again.json() == closed
    later = await world.opened(after)
    await world.hand_in(later, after, world.users[0], NINETY)
    await world.hand_in(later, after, world.users[1], EIGHTY_NINE)
    assert (await world.close(later, after)).json()["mean"]["shown"] == "89.5000"
    assert [one.doubts for one in await _recomputed(world)] == [(), ()]


async def test_a_member_kept_from_a_file_later_does_not_count(world: World) -> None:
    await world.set_up()
    dossier = await world.dossier()
    session_id = await world.opened(dossier)
    for user in world.users[:4]:
        await world.hand_in(session_id, dossier, user, EIGHTY_NINE)
    await world.hand_in(session_id, dossier, world.users[4], BEST)
    other = await _recuse(world, session_id, dossier, 3, user_id=str(world.users[4]))
    assert (other.status_code, other.json()["code"]) == (403, "auth.not_permitted")
    said = await _recuse(world, session_id, dossier, 4, note="Em ruột của giám đốc.")
    assert said.status_code == 200, said.text
    assert await _again_changes_nothing(world, session_id, dossier, said.json()["version"])
    agenda = said.json()["dossiers"][0]
    assert [(one["user_id"], one["origin"]) for one in agenda["recusals"]] == [
        (str(world.users[4]), "self_declared")
    ]
    assert agenda["recusals"][0]["declared_by"] == str(world.users[4])
    closed = (await world.close(session_id, dossier)).json()
    assert (closed["counted"], closed["mean"]["exact"], closed["most"]) == (4, "89", "89")
    assert closed["set_aside"] == [str(world.users[4])]
    late = await _recuse(world, session_id, dossier, 3)
    assert (late.status_code, late.json()["code"]) == (409, "scoring.dossier_done")
    found = await _recomputed(world)
    assert [(one.sheets, one.doubts) for one in found] == [(4, ())]


async def _again_changes_nothing(world: World, session_id: str, dossier: Dossier, version: int) -> bool:
    again = await _recuse(world, session_id, dossier, 4, reason="owner")
    item = again.json()["dossiers"][0]
    return bool(again.json()["version"] == version and item["recusals"][0]["reason"] == "relative")


async def test_a_recusal_before_the_session_holds_when_it_opens_and_takes_a_draft_away(world: World) -> None:
    await world.set_up()
    first, second = await world.dossier(), await world.dossier()
    session_id = await world.plan(first, second)
    early = await _recuse(world, session_id, first, 2)
    assert early.status_code == 200, early.text
    assert (await world.open(session_id)).status_code == 200
    url = world.sheet_url(session_id, first)
    refused = await world.client.put(url, json={}, headers=world.headers[world.users[2]])
    assert (refused.status_code, refused.json()["data"]["bar"]) == (403, "recused")
    assert "recuse" in early.json()["dossiers"][0]["allowed_actions"]
    mine = world.sheet_url(session_id, second)
    await world.client.put(mine, json={"choices": NINETY}, headers=world.headers[world.users[3]])
    by_secretary = await _recuse(world, session_id, second, 5, user_id=str(world.users[3]))
    assert by_secretary.status_code == 200
    gone = await world.client.get(mine, headers=world.headers[world.users[3]])
    assert (gone.status_code, gone.json()["code"]) == (404, "scoring.no_sheet")


@pytest.mark.parametrize(("kept_out", "present"), [((0, 1, 2, 3), 1), ((0, 1, 2, 3, 4), 0)])
async def test_one_member_left_or_none_is_no_council(
    world: World, kept_out: tuple[int, ...], present: int
) -> None:
    await world.set_up()
    dossier = await world.dossier()
    session_id = await world.opened(dossier)
    for user in world.users[:5]:
        await world.hand_in(session_id, dossier, user, NINETY)
    for who in kept_out:
        assert (await _recuse(world, session_id, dossier, who)).status_code == 200
    refused = await world.close(session_id, dossier, without_missing=True)
    assert (refused.status_code, refused.json()["code"]) == (409, "scoring.no_quorum")
    told = refused.json()["data"]["dossiers"][0]
    assert (told["present"], told["required"]) == (present, 2)
    dropped = await world.client.post(
        f"/v1/sessions/{session_id}/dossiers/{dossier.id}/drop",
        json={"reason": "Không còn đủ thành viên."},
        headers=world.secretary,
    )
    assert dropped.json()["state"] == "closed", dropped.text


async def test_remarks_stand_beside_their_criteria_and_are_covered_by_the_digest(world: World) -> None:
    await world.set_up(("chair", "member", "secretary"))
    dossier = await world.dossier()
    session_id = await world.opened(dossier)
    url, chair = world.sheet_url(session_id, dossier), world.headers[world.users[0]]
    wrong = await world.client.put(url, json={"criterion_remarks": {"99.9": "?"}}, headers=chair)
    assert wrong.status_code == 422
    assert [(one["pointer"], one["code"]) for one in wrong.json()["errors"]] == [
        ("/body/criterion_remarks/99.9", "rubric.unknown_criterion")
    ]
    remarks = {"1.1": "Vùng nguyên liệu ở ba thôn."}
    saved = await world.client.put(url, json={"choices": NINETY, "criterion_remarks": remarks}, headers=chair)
    assert saved.json()["criterion_remarks"] == remarks
    await world.client.post(f"{url}/submit", headers=chair)
    await world.hand_in(session_id, dossier, world.users[1], NINETY)
    closed = (await world.close(session_id, dossier)).json()
    assert {one["member"]: one["criterion_remarks"] for one in closed["sheets"]} == {
        str(world.users[0]): remarks,
        str(world.users[1]): {},
    }
    assert (await _recomputed(world))[0].doubts == ()


def _total(choices: dict[str, int]) -> Fraction:
    """The points by the criteria as they are written, added up here."""
    criteria = load_edition(EDITION).criteria_set(COFFEE).criteria
    return sum(
        (Fraction(criteria[code].by_level[level].points) for code, level in choices.items()), Fraction()
    )


async def test_every_result_of_a_season_follows_from_its_sheets(world: World) -> None:
    await world.set_up(NINE, spread_limit=None)
    drawn = random.Random(20261124)  # noqa: S311 - the same season each time
    criteria = load_edition(EDITION).criteria_set(COFFEE).criteria
    dossiers = [await world.dossier() for _ in range(6)]
    session_id = await world.opened(*dossiers)
    means: dict[Any, Fraction] = {}
    for dossier in dossiers:
        least = drawn.choice((0, 1, 2))
        totals = []
        for user in world.users[:9]:
            choices = {
                code: drawn.choice([one.level for one in criterion.options][-1 - least :])
                for code, criterion in criteria.items()
            }
            handed_in = await world.hand_in(session_id, dossier, user, choices)
            assert handed_in.status_code == 200, handed_in.text
            totals.append(_total(choices))
        means[dossier.id] = sum(totals, Fraction()) / 9
        closed = await world.close(session_id, dossier)
        assert closed.status_code == 200, closed.text
    async with world.database.read() as session:
        stored = {one.dossier_id: one for one in await session.scalars(select(CouncilResult))}
    assert {dossier_id: Fraction(one.mean or 0) for dossier_id, one in stored.items()} == means
    for one in stored.values():
        band = next(
            star
            for star, least in ((5, 90), (4, 70), (3, 50), (2, 30), (1, 0))
            if means[one.dossier_id] >= least
        )
        assert one.star is not None
        assert one.star <= band
    found = await _recomputed(world)
    assert [(one.sheets, one.doubts) for one in found] == [(9, ())] * len(dossiers)


@pytest.mark.parametrize(
    ("statement", "doubts"),
    [
        (
            "update score_sheet set remarks = remarks || '.' where id = (select id from score_sheet limit 1)",
            (Doubt.SHEET_DIGEST, Doubt.RESULT),
        ),
        (
            """update score_sheet set choices = jsonb_set(choices, '{11}', '{"level": 1, "case": null}')
            where id = (select id from score_sheet limit 1)""",
            (Doubt.SHEET_DIGEST, Doubt.SHEET_EVALUATION, Doubt.RESULT),
        ),
        ("update council_result set star = 4", (Doubt.RESULT,)),
        ("update council_result set mean = '91'", (Doubt.RESULT,)),
        (
            "update council_result set consolidation = jsonb_set(consolidation, '{counted}', '9')",
            (Doubt.RESULT, Doubt.RESULT_DIGEST),
        ),
    ],
)
async def test_a_changed_record_is_noticed(world: World, statement: str, doubts: tuple[Doubt, ...]) -> None:
    await world.set_up(("chair", "member", "secretary"))
    dossier = await world.dossier()
    session_id = await world.opened(dossier)
    for user in world.users[:2]:
        await world.hand_in(session_id, dossier, user, NINETY)
    await world.close(session_id, dossier)
    assert (await _recomputed(world))[0].doubts == ()
    async with world.database.transaction() as session:
        # As somebody with the database's own password might do it.
        await session.execute(text("set local session_replication_role = replica"))
        await session.execute(text(statement))
    assert (await _recomputed(world))[0].doubts == doubts


def test_the_totals_of_this_test_are_those_of_the_rubric() -> None:
    choices = {code: Choice(level, None) for code, level in NINETY.items()}
    found = evaluate(Scoresheet(EDITION, COFFEE, choices, ()))
    assert found.outcome is Outcome.RATED
    assert Fraction(found.total) == _total(NINETY) == 90
