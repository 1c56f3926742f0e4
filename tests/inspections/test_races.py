"""Two people at once: one step is taken, the other is told."""

import asyncio

from .conftest import Stage


async def test_of_two_who_begin_at_once_one_does(stage: Stage) -> None:
    inspector = await stage.inspector()
    made = await stage.planned((await stage.certificate())["id"])
    await stage.assigned(made["id"], inspector)
    path = f"/v1/inspections/{made['id']}/begin"
    answers = await asyncio.gather(*(stage.http.post(path, headers=inspector[1]) for _ in range(4)))
    assert sorted(one.status_code for one in answers) == [200, 409, 409, 409]
    shown = await stage.get(f"/inspections/{made['id']}", inspector[1])
    codes = [one["code"] for one in shown["items"]]
    assert len(set(codes)) == len(codes)


async def test_of_two_answers_to_one_version_one_is_kept(stage: Stage) -> None:
    inspector = await stage.inspector()
    inspection = await stage.begun((await stage.certificate())["id"], inspector)
    path = f"/v1/inspections/{inspection['id']}/items"
    headers = {**inspector[1], "If-Match": f'"{inspection["version"]}"'}
    bodies = [{"items": [{"code": code, "finding": "kept"}]} for code in ("mark.stars", "mark.term")]
    answers = await asyncio.gather(*(stage.http.put(path, json=body, headers=headers) for body in bodies))
    assert sorted(one.status_code for one in answers) == [200, 412]


async def test_of_two_plans_without_notice_one_stands(stage: Stage) -> None:
    certificate = await stage.certificate()
    order = {"kind": "unannounced", "certificate_id": certificate["id"], "cause": "request"}
    answers = await asyncio.gather(
        *(stage.http.post("/v1/inspections", json=order, headers=stage.officer) for _ in range(3))
    )
    assert sorted(one.status_code for one in answers) == [201, 409, 409]
    refused = [one.json()["code"] for one in answers if one.status_code == 409]
    assert set(refused) == {"inspection.already_open"}
