"""What a producer's self-assessment comes to, for those who may read the dossier."""

from ocop_api.domain.actor import Actor, Bound, Grant, Role

from .conftest import NINETY, World, area_actor


async def test_a_producer_sees_what_the_own_choices_come_to(world: World) -> None:
    chosen = {code: {"level": level, "case": None} for code, level in NINETY.items()}
    dossier = await world.dossier(contents={"self_assessment": chosen})
    producer = world.as_actor(
        Actor(
            user_id=dossier.id,
            grants=(Grant(Role.PRODUCER, Bound.PRODUCER, producer_id=dossier.producer_id),),
        )
    )
    url = f"/v1/dossiers/{dossier.id}/self-assessment/evaluation"
    answer = await world.client.get(url, headers=producer | {"Accept-Language": "en"})
    assert answer.status_code == 200, answer.text
    assert (answer.json()["total"], answer.json()["star"]) == ("90", 5)
    assert answer.json()["explanation"][-1]["sentence"].startswith("Result: 5 stars")
    again = await world.client.get(url, headers=producer | {"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 200, "the same evaluation told in Vietnamese is another answer"
    foreign = world.as_actor(area_actor(Role.OFFICER, "34:01"))
    assert (await world.client.get(url, headers=foreign)).status_code == 404
    assert (await world.client.get(url)).status_code == 401


async def test_a_dossier_without_choices_says_so(world: World) -> None:
    empty = await world.dossier()
    answer = await world.client.get(
        f"/v1/dossiers/{empty.id}/self-assessment/evaluation", headers=world.officer
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "scoring.no_self_assessment")
    foreign = await world.dossier(contents={"self_assessment": {"nope": {"level": 1}}})
    faulty = await world.client.get(
        f"/v1/dossiers/{foreign.id}/self-assessment/evaluation", headers=world.officer
    )
    assert (faulty.status_code, faulty.json()["code"]) == (422, "rubric.sheet_invalid")
