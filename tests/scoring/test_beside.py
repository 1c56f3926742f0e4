"""Beside each criterion: what everybody found, who may see it, and where findings do not agree."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from tests.documents.conftest import pdf
from tests.dossiers.conftest import FORM_03, full_contents

from ocop_api.db.tables.dossiers import Dossier, DossierStep, DossierVersion
from ocop_api.domain.actor import Bound, Grant, Level, Role
from ocop_api.domain.rubric.commune_topics import MARKS, criteria_of_topics
from ocop_api.domain.rubric.edition import load_edition

from .conftest import BEST, COFFEE, COMMUNE, EDITION, Headers, World, area_actor
from .test_advisers import at_the_office, grouped, report, start

TOURISM = 26


def by_code(answer: Any) -> dict[str, dict[str, Any]]:
    return {one["code"]: one for one in answer.json()["criteria"]}


def url_of(session_id: str, dossier: Dossier) -> str:
    return f"/v1/sessions/{session_id}/dossiers/{dossier.id}/assessments"


async def sent_up(world: World, dossier: Dossier, **findings: dict[str, Any]) -> None:
    """The commune's part of the history, with Form 03."""
    async with world.database.transaction() as session:
        session.add(
            DossierStep(
                dossier_id=dossier.id,
                ordinal=1,
                action="forward",
                from_state="commune_review",
                from_level="commune",
                to_state="forwarded",
                to_level="province",
                party="office",
                actor_id=None,
                at=world.clock(),
                reason=None,
                data={"form_03": FORM_03 | findings},
                version_number=None,
            )
        )


async def lodged(world: World, dossier: Dossier, contents: dict[str, Any]) -> None:
    async with world.database.transaction() as session:
        session.add(
            DossierVersion(
                dossier_id=dossier.id,
                number=1,
                at=world.clock(),
                actor_id=None,
                contents=contents,
                sha256="0" * 64,
            )
        )


async def paper(world: World, dossier: Dossier, title: str, expires_on: str) -> str:
    answer = await world.client.post(
        "/v1/documents",
        data={
            "producer_id": str(dossier.producer_id),
            "kind": "test_report",
            "title": title,
            "expires_on": expires_on,
        },
        files={"file": ("a.pdf", pdf(str(uuid4())), "application/pdf")},
        headers=producer(world, dossier),
    )
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def producer(world: World, dossier: Dossier) -> Headers:
    return world.sign_in(uuid4(), Grant(Role.PRODUCER, Bound.PRODUCER, producer_id=dossier.producer_id))


async def test_every_finding_stands_beside_its_criterion_and_differences_show(world: World) -> None:
    _, adviser = await grouped(world)
    dossier = await at_the_office(world)
    lapsed = await paper(world, dossier, "Phiếu cũ", world.clock().date().isoformat())
    until = (world.clock() + timedelta(days=1)).date().isoformat()
    valid = await paper(world, dossier, "Phiếu mới", until)
    contents = full_contents(EDITION) | {
        "evidence": [
            {"kind": "business_registration", "number": "6400", "criteria": ["2.1"]},
            {"kind": "test_report", "document_id": lapsed, "criteria": ["1.1", "8"]},
            {"kind": "test_report", "document_id": valid, "criteria": ["1.1"]},
        ]
    }
    await lodged(world, dossier, contents)
    denied = {"finding": "Nguyên liệu mua ngoài tỉnh.", "supported": False}
    await sent_up(world, dossier, origin_and_local_material=denied)
    assert (await start(world, dossier, world.council["id"])).status_code == 200
    examinations = f"/v1/dossiers/{dossier.id}/examinations"
    asked = await world.client.post(
        examinations,
        json={"kind": "site_survey", "what": "Xưởng rang", "criteria": ["3.3", "8"]},
        headers=adviser,
    )
    assert asked.status_code == 201, asked.text
    awaited = await world.client.post(
        examinations, json={"kind": "extra_test", "what": "Cafein", "criteria": ["8"]}, headers=adviser
    )
    result = {
        "done_on": world.clock().date().isoformat(),
        "conclusion": "met",
        "findings": "Đúng mô tả.",
        "document_ids": [valid],
        "criteria": {"8": {"conclusion": "not_met", "finding": "Không lưu mẫu."}},
    }
    done = await world.client.post(
        f"{examinations}/{asked.json()['id']}/record-result", json=result, headers=adviser
    )
    assert done.status_code == 200, done.text
    found: dict[str, dict[str, Any]] = {code: {"level": level} for code, level in BEST.items()}
    found["2.1"] = {"level": BEST["2.1"] - 1, "remark": "Chưa rõ nguồn gốc ý tưởng."}
    filed = await report(world, dossier, adviser, assessment={"criteria": found})
    assert filed.status_code == 200, filed.text
    session_id = await world.opened(dossier)
    answer = await world.client.get(url_of(session_id, dossier), headers=world.headers[world.users[1]])
    assert answer.status_code == 200, answer.text
    body, criteria = answer.json(), by_code(answer)
    assert list(criteria) == list(load_edition(EDITION).criteria_set(COFFEE).criteria)
    assert (body["version_number"], body["edition"], body["on"]) == (1, EDITION, until)
    assert body["differing"] == [code for code in criteria if criteria[code]["differs"]]
    assert {code: one["differences"] for code, one in criteria.items() if one["differs"]} == {
        "1.1": ["commune_does_not_confirm"],
        "2.1": ["producer_and_advisers"],
        "8": ["examination_not_met"],
    }
    idea = criteria["2.1"]
    assert (idea["producer"]["level"], idea["producer"]["points"]) == (BEST["2.1"], idea["max"])
    assert (idea["advisers"]["level"], idea["advisers"]["remark"]) == (
        BEST["2.1"] - 1,
        "Chưa rõ nguồn gốc ý tưởng.",
    )
    assert [option["level"] for option in idea["options"]][-1] == BEST["2.1"]
    assert criteria["1.1"]["commune"] == [denied | {"topic": "origin_and_local_material"}]
    cited = [(one["document_id"], one["title"], one["expired"]) for one in criteria["1.1"]["evidence"]]
    assert cited == [(lapsed, "Phiếu cũ", True), (valid, "Phiếu mới", False)]
    assert [(one["number"], one["document_id"]) for one in idea["evidence"]] == [("6400", None)]
    of_taste, of_labour = criteria["8"]["examinations"], criteria["3.3"]["examinations"]
    assert [(one["conclusion"], one["finding"]) for one in of_taste] == [("not_met", "Không lưu mẫu.")]
    assert [(one["conclusion"], one["finding"]) for one in of_labour] == [("met", "Đúng mô tả.")]
    assert [one["id"] for one in body["open_examinations"]] == [awaited.json()["id"]]
    assert (body["advisers"]["complete"], body["commune"]) == (True, [])


async def test_it_is_for_those_around_the_council_and_without_those_recused(world: World) -> None:
    _, adviser = await grouped(world)
    dossier = await world.dossier()
    session_id = await world.plan(dossier)
    url = url_of(session_id, dossier)
    chair, member = world.headers[world.users[0]], world.headers[world.users[1]]
    inside = (chair, member, world.secretary, adviser, world.officer)
    for headers in inside:
        assert (await world.client.get(url, headers=headers)).status_code == 200
    recusal = {"user_id": str(world.users[1]), "dossier_id": str(dossier.id), "reason": "relative"}
    assert (await world.open(session_id, recusals=[recusal])).status_code == 200
    kept_out = await world.client.get(url, headers=member)
    assert (kept_out.status_code, kept_out.json()["code"]) == (403, "scoring.kept_from_dossier")
    tied = world.sign_in(
        world.users[2],
        Grant(Role.COUNCIL_MEMBER, Bound.COUNCIL, council_id=UUID(world.council["id"])),
        Grant(Role.PRODUCER, Bound.PRODUCER, producer_id=dossier.producer_id),
    )
    late = await world.client.get(url, headers=tied)
    assert (late.status_code, late.json()["code"]) == (403, "scoring.kept_from_dossier")
    for reader in (area_actor(Role.INSPECTOR), area_actor(Role.LEADER)):
        outside = await world.client.get(url, headers=world.as_actor(reader))
        assert (outside.status_code, outside.json()["code"]) == (403, "scoring.not_on_council")
    former = world.as_actor(area_actor(Role.INSPECTOR))
    assert (await world.client.get(url, headers=former)).status_code == 403
    hidden = (
        producer(world, dossier),
        world.as_actor(area_actor(Role.OFFICER, "34:01")),
        world.as_actor(area_actor(Role.OFFICER, COMMUNE, Level.COMMUNE)),
        world.sign_in(uuid4(), Grant(Role.COUNCIL_ADVISER, Bound.COUNCIL, council_id=uuid4())),
    )
    for headers in hidden:
        answer = await world.client.get(url, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (404, "scoring.unknown_session")
    other = await world.dossier()
    absent = await world.client.get(url_of(session_id, other), headers=adviser)
    assert (absent.status_code, absent.json()["code"]) == (404, "scoring.not_on_agenda")


async def test_a_file_on_which_nobody_found_anything_still_shows_its_form(world: World) -> None:
    await world.set_up()
    dossier = await world.dossier(set_number=TOURISM, contents={"self_assessment": {"1.1": {"level": 49}}})
    session_id = await world.plan(dossier)
    answer = await world.client.get(url_of(session_id, dossier), headers=world.secretary)
    assert answer.json()["advisers"] is None
    assert by_code(answer)["1.1"]["producer"] == {"level": 49, "case": None, "points": None}
    assert not any(one["differs"] for one in answer.json()["criteria"])
    # Tourism has no criterion of raw material or of identity, and the findings are not lost for it.
    await sent_up(world, dossier)
    told = (await world.client.get(url_of(session_id, dossier), headers=world.secretary)).json()
    assert [one["topic"] for one in told["commune"]] == [
        "origin_and_local_material",
        "local_identity_and_knowledge",
    ]


def test_each_topic_of_the_commune_finds_its_criterion_in_all_sets() -> None:
    seen = 0
    for edition in ("qd148-2023", "qd26-2026"):
        for number, criteria_set in load_edition(edition).sets.items():
            found = {topic.value: codes for topic, codes in criteria_of_topics(criteria_set).items()}
            seen += 1
            of_goods = ("1.1",), (("5.2",) if edition == "qd148-2023" else ("5.3",))
            material, identity = ((), ()) if number == TOURISM else of_goods
            assert found == {
                "origin_and_local_material": material,
                "local_labour": ("3.3",),
                "origin_of_idea": ("2.1",),
                "local_identity_and_knowledge": identity,
            }, (edition, number)
            marks = {one.commune_topic for one in criteria_set.criteria.values()} - {None}
            assert marks <= set(MARKS.values())
    assert seen == 52
