"""Setting up councils: composition, area, roles that come and go with a seat."""

from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from ocop_api.db.tables.accounts import RoleGrant
from ocop_api.domain.actor import Level, Role
from ocop_api.domain.council import DEFAULT_COUNCIL_RULES
from ocop_api.scoring.schemas.councils import RulesInput

from .conftest import COMMUNE, PROVINCE, World, area_actor


async def live_roles(world: World) -> dict[UUID, str]:
    async with world.database.read() as session:
        rows = await session.scalars(
            select(RoleGrant).where(
                RoleGrant.council_id == UUID(world.council["id"]), RoleGrant.revoked_at.is_(None)
            )
        )
        return {row.user_id: row.role for row in rows}


def body(world: World, **changes: object) -> dict[str, object]:
    values: dict[str, object] = {
        "name": "Hội đồng",
        "level": "province",
        "place_id": PROVINCE,
        "decision_number": "77/QĐ-UBND",
        "decision_date": "2026-06-01",
        "members": [{"user_id": str(world.users[0]), "office": "chair", "name": "Chủ tịch"}],
    }
    return values | changes


def test_rules_left_out_are_the_defaults_of_the_trade() -> None:
    assert RulesInput().rules() == DEFAULT_COUNCIL_RULES


async def test_a_seat_brings_its_role(world: World) -> None:
    council = await world.set_up(quorum_share="2/3")
    assert council["rules"]["quorum_share"] == "2/3"
    assert [member["office"] for member in council["members"]][-1] == "secretary"
    roles = await live_roles(world)
    assert roles[world.users[-1]] == "council_secretary"
    assert {roles[user] for user in world.users[:-1]} == {"council_member"}
    read = await world.client.get(f"/v1/councils/{council['id']}", headers=world.secretary)
    assert read.json()["members"] == council["members"]


async def test_new_seats_take_and_give_roles(world: World) -> None:
    council = await world.set_up()
    newcomer = await world.user("newcomer")
    url = f"/v1/councils/{council['id']}"
    seats = [*council["members"][1:], {"user_id": str(newcomer), "office": "chair", "name": "Mới"}]
    seats[1]["office"], seats[-2]["office"] = "secretary", "member"
    without = await world.client.patch(url, json={"members": seats}, headers=world.officer)
    assert without.status_code == 428
    changed = await world.client.patch(
        url, json={"members": seats}, headers=world.officer | {"If-Match": '"1.x"'}
    )
    assert changed.status_code == 200, changed.text
    assert changed.json()["version"] == 2
    roles = await live_roles(world)
    assert world.users[0] not in roles
    assert roles[newcomer] == "council_member"
    assert roles[world.users[2]] == "council_secretary"
    assert roles[world.users[5]] == "council_member"
    stale = await world.client.patch(
        url, json={"members": seats}, headers=world.officer | {"If-Match": '"1.x"'}
    )
    assert stale.status_code == 412


async def test_seats_stay_while_a_session_is_open(world: World) -> None:
    council = await world.set_up()
    await world.opened(await world.dossier())
    refused = await world.client.patch(
        f"/v1/councils/{council['id']}",
        json={"members": council["members"]},
        headers=world.officer | {"If-Match": "*"},
    )
    assert (refused.status_code, refused.json()["code"]) == (409, "scoring.session_under_way")


@pytest.mark.parametrize(
    ("offices", "code"),
    [
        (["member"], "council.one_chair_needed"),
        (["chair", "secretary", "secretary"], "council.too_many_secretaries"),
    ],
)
async def test_what_is_no_council_is_refused(world: World, offices: list[str], code: str) -> None:
    seats = [{"user_id": str(uuid4()), "office": office, "name": "X"} for office in offices]
    world.users = [uuid4()]
    answer = await world.client.post("/v1/councils", json=body(world, members=seats), headers=world.officer)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


async def test_a_council_belongs_to_its_area_and_level(world: World) -> None:
    world.users = [await world.user("a")]
    commune_officer = world.as_actor(area_actor(Role.OFFICER, COMMUNE, Level.COMMUNE))
    for headers in (commune_officer, world.as_actor(area_actor(Role.LEADER))):
        refused = await world.client.post("/v1/councils", json=body(world), headers=headers)
        assert (refused.status_code, refused.json()["code"]) == (403, "auth.not_permitted")
    wrong = await world.client.post("/v1/councils", json=body(world, place_id=COMMUNE), headers=world.officer)
    assert (wrong.status_code, wrong.json()["code"]) == (422, "scoring.place_not_of_level")
    nobody = body(world, members=[{"user_id": str(uuid4()), "office": "chair", "name": "X"}])
    unknown = await world.client.post("/v1/councils", json=nobody, headers=world.officer)
    assert (unknown.status_code, unknown.json()["code"]) == (404, "accounts.unknown_user")
    made = await world.client.post("/v1/councils", json=body(world), headers=world.officer)
    assert made.headers["location"] == f"/v1/councils/{made.json()['id']}"
    again = await world.client.post("/v1/councils", json=body(world), headers=world.officer)
    assert (again.status_code, again.json()["code"]) == (409, "scoring.council_exists")


async def test_a_foreign_province_sees_nothing_of_it(world: World) -> None:
    council = await world.set_up()
    foreign = world.as_actor(area_actor(Role.OFFICER, "34:01"))
    hidden = await world.client.get(f"/v1/councils/{council['id']}", headers=foreign)
    assert (hidden.status_code, hidden.json()["code"]) == (404, "scoring.unknown_council")
    assert (await world.client.get("/v1/councils", headers=foreign)).json()["items"] == []
    own = (await world.client.get("/v1/councils", headers=world.secretary)).json()["items"]
    assert [one["id"] for one in own] == [council["id"]]
    assert (await world.client.get("/v1/councils")).status_code == 401


@pytest.mark.parametrize("share", ["0", "1.5", "3/0", "abc", "-1/2"])
async def test_rules_no_council_could_work_with_are_refused(world: World, share: str) -> None:
    world.users = [uuid4()]
    answer = await world.client.post(
        "/v1/councils", json=body(world, rules={"quorum_share": share}), headers=world.officer
    )
    assert answer.status_code == 422
    assert answer.json()["code"] in {"council.rules_invalid", "request.invalid"}
