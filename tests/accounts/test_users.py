"""Accounts and grants over HTTP: who may see, make, change and appoint whom."""

import asyncio
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import IntegrityError

from ocop_api.accounts.grants import GrantService
from ocop_api.accounts.policy import Target
from ocop_api.db.session import Database
from ocop_api.domain.actor import ROLE_BOUNDS, SYSTEM, Actor, Bound, Grant, Level, Role
from ocop_api.domain.errors import Invalid
from ocop_api.ledger.recording import record

from .conftest import (
    BAC_GIA_NGHIA,
    COMMUNE_ADMIN,
    EVERYWHERE,
    LAM_DONG,
    NGHIA_DUC,
    OFFICER,
    OTHER_PROVINCE,
    PASSWORD,
    PROVINCE_ADMIN,
    Account,
    Enter,
    MovingClock,
    Provision,
)

STRANGER = Grant(Role.ADMIN, Bound.AREA, Level.PROVINCE, OTHER_PROVINCE)
LEADER = Grant(Role.LEADER, Bound.AREA, Level.PROVINCE, LAM_DONG)


def new_user(email: str = "moi@example.vn", **fields: Any) -> dict[str, Any]:
    return {"email": email, "display_name": "Đặng Thị Mới", "password": PASSWORD, **fields}


def area(place_id: str, role: str = "officer") -> dict[str, Any]:
    return {"role": role, "bound": "area", "place_id": place_id}


def outcome(answer: httpx.Response) -> tuple[int, str | None]:
    return answer.status_code, answer.json().get("code") if answer.content else None


async def tag(client: httpx.AsyncClient, path: str, account: Account) -> dict[str, str]:
    answer = await client.get(path, headers=account.headers)
    assert answer.status_code == 200, answer.text
    return {**account.headers, "If-Match": answer.headers["etag"]}


async def own_grant(client: httpx.AsyncClient, account: Account) -> str:
    me = (await client.get("/v1/me", headers=account.headers)).json()
    return f"/v1/users/{account.id}/grants/{me['grants'][0]['id']}"


async def test_an_account_is_made_at_home_and_can_do_nothing_yet(
    client: httpx.AsyncClient, enter: Enter
) -> None:
    admin = await enter("admin", COMMUNE_ADMIN)
    made = await client.post("/v1/users", json=new_user(place_id=BAC_GIA_NGHIA), headers=admin.headers)
    assert made.status_code == 201, made.text
    assert "password" not in made.text
    found = await client.get(made.headers["location"], headers=admin.headers)
    assert found.json()["display_name"] == "Đặng Thị Mới"
    assert found.json()["grants"] == []
    signed_in = await client.post("/v1/auth/sign-in", json={"email": "MOI@example.vn", "password": PASSWORD})
    headers = {"Authorization": f"Bearer {signed_in.json()['access_token']}"}
    assert (await client.get("/v1/me", headers=headers)).json()["permissions"] == []
    assert outcome(await client.get("/v1/users", headers=headers)) == (403, "auth.not_permitted")
    assert outcome(await client.post("/v1/users", json=new_user(), headers=headers))[0] == 403
    assert (await client.get("/v1/users")).status_code == 401


@pytest.mark.parametrize(
    ("place_id", "expected"),
    [
        (BAC_GIA_NGHIA, 201),
        (NGHIA_DUC, 201),  # what became of it is in the area
        (LAM_DONG, 403),
        (OTHER_PROVINCE, 403),
        (None, 403),
        ("34:99999", 404),
    ],
)
async def test_a_commune_administrator_makes_accounts_in_the_commune_only(
    client: httpx.AsyncClient, enter: Enter, place_id: str | None, expected: int
) -> None:
    admin = await enter("admin", COMMUNE_ADMIN)
    answer = await client.post("/v1/users", json=new_user(place_id=place_id), headers=admin.headers)
    assert answer.status_code == expected, answer.text


@pytest.mark.parametrize(
    "body",
    [
        new_user(email="no address"),
        new_user(email="a@b"),
        new_user(password="kurz"),
        new_user(display_name=" "),
        new_user(role="admin"),
        {**new_user(), "password": 12345678901},
    ],
)
async def test_bad_input_is_refused(client: httpx.AsyncClient, enter: Enter, body: dict[str, Any]) -> None:
    admin = await enter("admin", EVERYWHERE)
    answer = await client.post("/v1/users", json=body, headers=admin.headers)
    assert outcome(answer) == (422, "request.invalid")
    assert "kurz" not in answer.text


async def test_an_email_has_one_account_in_whatever_case(client: httpx.AsyncClient, enter: Enter) -> None:
    admin = await enter("admin", EVERYWHERE)
    answers = await asyncio.gather(
        *(
            client.post("/v1/users", json=new_user(email), headers=admin.headers)
            for email in ("moi@example.vn", "Moi@Example.VN", "MOI@EXAMPLE.VN")
        )
    )
    assert sorted(a.status_code for a in answers) == [201, 409, 409]
    refused = next(a for a in answers if a.status_code == 409)
    assert refused.json()["code"] == "accounts.email_taken"


async def test_lists_show_the_own_area_and_filter(
    client: httpx.AsyncClient, enter: Enter, provision: Provision, database: Database
) -> None:
    admin = await enter("quan tri", PROVINCE_ADMIN)
    await provision("đào", [OFFICER])
    await provision("ân", [LEADER])
    await provision("xa", [STRANGER])
    await provision("vô gia cư", [])
    statements: list[str] = []
    event.listen(
        database.read_engine.sync_engine,
        "before_cursor_execute",
        lambda _connection, _cursor, statement, *_rest: statements.append(statement),
    )

    async def names(query: str) -> list[str]:
        statements.clear()
        answer = await client.get(f"/v1/users{query}", headers=admin.headers)
        assert answer.status_code == 200, answer.text
        assert len(statements) == 1
        return [item["display_name"] for item in answer.json()["items"]]

    assert await names("") == ["Ân", "Đào", "Quan Tri"]
    assert await names("?sort=-name") == ["Quan Tri", "Đào", "Ân"]
    assert await names("?q=dao") == ["Đào"]
    assert await names("?q=%25") == []
    assert await names("?role=leader") == ["Ân"]
    assert await names(f"?place_id={BAC_GIA_NGHIA}") == ["Đào"]
    assert await names("?disabled=true") == []
    page = (await client.get("/v1/users?limit=2", headers=admin.headers)).json()
    assert await names(f"?limit=2&cursor={page['next_cursor']}") == ["Quan Tri"]
    assert outcome(await client.get("/v1/users?sort=email", headers=admin.headers)) == (
        422,
        "paging.unknown_sort",
    )


async def test_a_foreign_account_is_hidden_and_a_higher_one_untouchable(
    client: httpx.AsyncClient, enter: Enter, provision: Provision
) -> None:
    commune = await enter("xa", COMMUNE_ADMIN)
    stranger = await enter("la", STRANGER)
    chair = await provision("chu tich", [OFFICER, LEADER])
    assert outcome(await client.get(f"/v1/users/{chair}", headers=stranger.headers)) == (
        404,
        "accounts.unknown_user",
    )
    granting = await client.post(
        f"/v1/users/{chair}/grants", json=area(OTHER_PROVINCE), headers=stranger.headers
    )
    assert granting.status_code == 404
    path = f"/v1/users/{chair}"
    headers = await tag(client, path, commune)
    refused = await client.patch(path, json={"disabled": True}, headers=headers)
    assert outcome(refused) == (403, "auth.not_permitted")
    detail = (await client.get(path, headers=commune.headers)).json()
    leader = next(g for g in detail["grants"] if g["role"] == "leader")
    grant_path = f"{path}/grants/{leader['id']}"
    headers = await tag(client, grant_path, commune)
    assert outcome(await client.delete(grant_path, headers=headers))[0] == 403


async def test_a_disabled_account_is_out_at_once_and_stays_out_of_its_old_sessions(
    client: httpx.AsyncClient, enter: Enter
) -> None:
    admin = await enter("admin", COMMUNE_ADMIN)
    officer = await enter("can bo", OFFICER)
    path = f"/v1/users/{officer.id}"
    assert (await client.patch(path, json={"disabled": True}, headers=admin.headers)).status_code == 428
    headers = await tag(client, path, admin)
    answer = await client.patch(path, json={"disabled": True, "display_name": "Cũ"}, headers=headers)
    assert answer.status_code == 200, answer.text
    assert answer.json()["disabled_at"] == "2026-06-15T02:00:00Z"
    assert answer.json()["display_name"] == "Cũ"
    assert (await client.get("/v1/me", headers=officer.headers)).status_code == 401
    body = {"refresh_token": officer.refresh_token}
    assert (await client.post("/v1/auth/refresh", json=body)).status_code == 401
    credentials = {"email": officer.email, "password": PASSWORD}
    assert (await client.post("/v1/auth/sign-in", json=credentials)).status_code == 401
    stale = await client.patch(path, json={"disabled": False}, headers=headers)
    assert outcome(stale) == (412, "request.stale_version")
    headers = await tag(client, path, admin)
    assert (await client.patch(path, json={"disabled": False}, headers=headers)).status_code == 200
    assert (await client.get("/v1/me", headers=officer.headers)).status_code == 401
    assert (await client.post("/v1/auth/sign-in", json=credentials)).status_code == 200


async def test_a_role_counts_from_the_next_request_until_it_is_revoked(
    client: httpx.AsyncClient, enter: Enter
) -> None:
    admin = await enter("admin", COMMUNE_ADMIN)
    lan = await enter("lan", OFFICER)
    granted = await client.post(
        f"/v1/users/{lan.id}/grants", json=area(BAC_GIA_NGHIA, "admin"), headers=admin.headers
    )
    assert granted.status_code == 201, granted.text
    assert granted.json()["level"] == "commune"
    assert granted.json()["granted_by"] == str(admin.id)
    assert (await client.get("/v1/users", headers=lan.headers)).status_code == 200
    again = await client.post(
        f"/v1/users/{lan.id}/grants", json=area(BAC_GIA_NGHIA, "admin"), headers=admin.headers
    )
    assert outcome(again) == (409, "accounts.grant_exists")
    path = granted.headers["location"]
    headers = await tag(client, path, admin)
    assert (await client.delete(path, headers=headers)).status_code == 204
    assert (await client.get("/v1/users", headers=lan.headers)).status_code == 403
    assert (await client.get(path, headers=admin.headers)).json()["revoked_at"] is not None
    repeated = await client.delete(path, headers={**admin.headers, "If-Match": "*"})
    assert outcome(repeated) == (409, "accounts.grant_revoked")
    # A revoked role may be granted anew.
    anew = await client.post(
        f"/v1/users/{lan.id}/grants", json=area(BAC_GIA_NGHIA, "admin"), headers=admin.headers
    )
    assert anew.status_code == 201


async def test_a_role_may_begin_later(client: httpx.AsyncClient, enter: Enter, clock: MovingClock) -> None:
    admin = await enter("admin", EVERYWHERE)
    lan = await enter("lan")
    path = f"/v1/users/{lan.id}/grants"
    past = {**area(LAM_DONG), "valid_from": "2026-06-14T00:00:00Z"}
    assert outcome(await client.post(path, json=past, headers=admin.headers)) == (
        422,
        "accounts.valid_from_in_past",
    )
    later = {**area(LAM_DONG), "valid_from": "2026-06-15T09:10:00+07:00"}
    assert (await client.post(path, json=later, headers=admin.headers)).status_code == 201
    assert (await client.get("/v1/me", headers=lan.headers)).json()["permissions"] == []
    clock.move(minutes=10)
    assert (await client.get("/v1/me", headers=lan.headers)).json()["permissions"] != []


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (area(BAC_GIA_NGHIA), (201, None)),
        (area(BAC_GIA_NGHIA, "admin"), (201, None)),
        (area(LAM_DONG), (403, "auth.not_permitted")),
        (area("63:660"), (403, "auth.not_permitted")),
        (area(OTHER_PROVINCE), (403, "auth.not_permitted")),
        ({"role": "officer", "bound": "everywhere"}, (403, "auth.not_permitted")),
        (area("34:99999"), (404, "places.unknown")),
        (
            {"role": "producer", "bound": "producer", "producer_id": str(uuid4())},
            (404, "accounts.unknown_target"),
        ),
        (
            {"role": "producer", "bound": "area", "place_id": LAM_DONG},
            (422, "accounts.bound_does_not_fit_role"),
        ),
        ({"role": "officer", "bound": "area"}, (422, "accounts.target_does_not_fit_bound")),
        ({"role": "king", "bound": "area"}, (422, "request.invalid")),
    ],
)
async def test_a_commune_administrator_appoints_inside_the_commune_only(
    client: httpx.AsyncClient,
    enter: Enter,
    provision: Provision,
    body: dict[str, Any],
    expected: tuple[int, str | None],
) -> None:
    admin = await enter("admin", COMMUNE_ADMIN)
    lan = await provision("lan", [Grant(Role.INSPECTOR, Bound.AREA, Level.COMMUNE, BAC_GIA_NGHIA)])
    answer = await client.post(f"/v1/users/{lan}/grants", json=body, headers=admin.headers)
    assert outcome(answer) == expected, answer.text


async def test_a_producers_area_is_known_from_what_was_announced(
    client: httpx.AsyncClient, enter: Enter, provision: Provision, database: Database, clock: MovingClock
) -> None:
    admin = await enter("admin", COMMUNE_ADMIN)
    stranger = await enter("la", STRANGER, COMMUNE_ADMIN)
    lan = await provision("lan", [OFFICER])
    near, far = uuid4(), uuid4()
    async with database.transaction() as session:
        for producer_id, path in ((near, [LAM_DONG, BAC_GIA_NGHIA]), (far, [OTHER_PROVINCE])):
            await record(
                session,
                kind="producer.created",
                subject_type="producer",
                subject_id=producer_id,
                actor=SYSTEM,
                at=clock(),
                area_path=path,
            )

    async def grant(producer_id: UUID, by: Account) -> int:
        body = {"role": "producer", "bound": "producer", "producer_id": str(producer_id)}
        answer = await client.post(f"/v1/users/{lan}/grants", json=body, headers=by.headers)
        return answer.status_code

    assert await grant(near, admin) == 201
    assert await grant(far, admin) == 403
    assert await grant(far, stranger) == 201


async def test_another_feature_appoints_by_its_own_rules(
    provision: Provision, database: Database, clock: MovingClock
) -> None:
    lan = await provision("lan", [])
    council = uuid4()
    async with database.transaction() as session:
        service = GrantService(session, SYSTEM, clock())
        await service.appoint(lan, Role.COUNCIL_MEMBER, Target(council_id=council), area_path=[LAM_DONG])
        with pytest.raises(Invalid):
            await service.appoint(lan, Role.ADMIN, Target(council_id=council), area_path=[])
    async with database.read() as session:
        row = (await session.execute(text("select role, council_id, area_path from role_grant"))).one()
    assert tuple(row) == ("council_member", council, [LAM_DONG])


async def test_the_last_administrator_of_everything_stays(client: httpx.AsyncClient, enter: Enter) -> None:
    root = await enter("root", EVERYWHERE)
    grant_path = await own_grant(client, root)
    headers = {**root.headers, "If-Match": "*"}
    assert outcome(await client.delete(grant_path, headers=headers)) == (409, "accounts.last_admin")
    disabling = await client.patch(f"/v1/users/{root.id}", json={"disabled": True}, headers=headers)
    assert outcome(disabling) == (409, "accounts.last_admin")
    second = await enter("second", EVERYWHERE)
    # An administrator of an area and a disabled one do not count.
    await enter("tinh", PROVINCE_ADMIN)
    disabling = await client.patch(f"/v1/users/{second.id}", json={"disabled": True}, headers=headers)
    assert disabling.status_code == 200
    assert outcome(await client.delete(grant_path, headers=headers)) == (409, "accounts.last_admin")


@pytest.mark.parametrize("way", ["revoke", "disable", "one each"])
async def test_two_administrators_cannot_remove_each_other_at_once(
    client: httpx.AsyncClient,
    enter: Enter,
    database: Database,
    way: str,
    as_actor: Callable[[Actor], dict[str, str]],
) -> None:
    first, second = await enter("first", EVERYWHERE), await enter("second", EVERYWHERE)
    # Both requests have passed the door before either is carried out.
    by_id = {one.id: as_actor(Actor(user_id=one.id, grants=(EVERYWHERE,))) for one in (first, second)}
    paths = [await own_grant(client, first), await own_grant(client, second)]

    async def remove(victim: Account, grant_path: str, by: Account, *, revoke: bool) -> httpx.Response:
        headers = {**by_id[by.id], "If-Match": "*"}
        if revoke:
            return await client.delete(grant_path, headers=headers)
        return await client.patch(f"/v1/users/{victim.id}", json={"disabled": True}, headers=headers)

    answers = await asyncio.gather(
        remove(second, paths[1], first, revoke=way != "disable"),
        remove(first, paths[0], second, revoke=way == "revoke"),
    )
    assert [a.status_code for a in answers].count(409) == 1, [a.text for a in answers]
    async with database.read() as session:
        left = await session.scalar(
            text(
                "select count(*) from role_grant g join account_user u on u.id = g.user_id"
                " where g.revoked_at is null and u.disabled_at is null"
            )
        )
    assert left == 1


async def test_the_ledger_tells_what_happened_without_personal_data(
    client: httpx.AsyncClient, enter: Enter, database: Database
) -> None:
    admin = await enter("bao mat", COMMUNE_ADMIN)
    made = await client.post("/v1/users", json=new_user(place_id=BAC_GIA_NGHIA), headers=admin.headers)
    path = made.headers["location"]
    granted = await client.post(f"{path}/grants", json=area(BAC_GIA_NGHIA), headers=admin.headers)
    headers = {**admin.headers, "If-Match": "*"}
    await client.delete(granted.headers["location"], headers=headers)
    change = {"display_name": "Tên Khác", "disabled": True}
    await client.patch(path, json=change, headers=headers)
    await client.patch(path, json={"disabled": False}, headers=headers)
    change = {"current_password": PASSWORD, "new_password": PASSWORD + "!"}
    await client.post("/v1/me/password", json=change, headers=admin.headers)
    async with database.read() as session:
        rows = (await session.execute(text("select * from ledger_event order by ordinal"))).mappings().all()
    assert [row["kind"] for row in rows] == [
        "user.created",
        "user.grant_assigned",
        "user.created",
        "user.grant_assigned",
        "user.grant_revoked",
        "user.renamed",
        "user.disabled",
        "user.enabled",
        "user.password_changed",
    ]
    written = str([dict(row) for row in rows]).lower()
    for secret in ("@example.vn", "bao mat", "mới", "tên khác", PASSWORD, "ocop_at_", "argon2"):
        assert secret.lower() not in written
    assert all(BAC_GIA_NGHIA in row["area_path"] for row in rows)
    assert {row["actor_id"] for row in rows[2:]} == {admin.id}


async def test_making_sure_of_an_account_twice_changes_nothing(
    provision: Provision, database: Database
) -> None:
    first = await provision("lan", [OFFICER])
    assert await provision("LAN", [OFFICER]) == first
    await provision("lan", [OFFICER, EVERYWHERE])
    async with database.read() as session:
        counts = [
            await session.scalar(text(f"select count(*) from {table}"))  # noqa: S608
            for table in ("account_user", "role_grant", "ledger_event")
        ]
    assert counts == [1, 2, 3]


async def test_the_database_knows_which_role_fits_which_bound(
    provision: Provision, database: Database
) -> None:
    user_id = await provision("lan", [])
    targets: dict[Bound, dict[str, Any]] = {
        Bound.AREA: {"place_id": LAM_DONG, "level": "province"},
        Bound.COUNCIL: {"council_id": uuid4()},
        Bound.PRODUCER: {"producer_id": uuid4()},
        Bound.EVERYWHERE: {},
    }
    statement = text(
        "insert into role_grant (id, user_id, role, bound, level, place_id, council_id, producer_id,"
        " valid_from, granted_at, version) values (:id, :user, :role, :bound, :level, :place_id,"
        " :council_id, :producer_id, now(), now(), 1)"
    )
    empty = {"level": None, "place_id": None, "council_id": None, "producer_id": None}
    for role in Role:
        for bound in Bound:
            for named, target in targets.items():
                values = {"id": uuid4(), "user": user_id, "role": role, "bound": bound, **empty, **target}
                fits = bound in ROLE_BOUNDS[role] and named is bound
                async with database.write() as session:
                    if fits:
                        await session.execute(statement, values)
                    else:
                        with pytest.raises(IntegrityError, match="ck_role_grant__"):
                            await session.execute(statement, values)
