"""Cases of withdrawal, from what was found to the decision."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from tests.conftest import MovableClock

from ocop_api.certificates.jobs import JOBS, SCHEDULES
from ocop_api.certificates.service import WithdrawalCases
from ocop_api.certificates.withdrawal_schemas import WithdrawalCaseOpen
from ocop_api.db.session import Database
from ocop_api.domain.actor import Actor, Bound, Grant, Level, Role
from ocop_api.domain.errors import Conflict
from ocop_api.jobs.queue import JobContext
from ocop_api.notifications.policy import concern_of
from ocop_api.settings import Clock, Settings

from .conftest import PROVINCE, AsActor, World, leader
from .withdrawing import CONCLUSION, CONFIRMATION, DECISION, FOUND, Matter, acting, actions, refused

Run = Callable[[], Awaitable[None]]
Events = Callable[..., Awaitable[list[Any]]]


@pytest.fixture
async def matter(client: httpx.AsyncClient, world: World, as_actor: AsActor) -> Matter:
    return await Matter(client, world, as_actor).certified()


@pytest.fixture
def run(database: Database, settings: Settings, clock: MovableClock) -> Run:
    async def job() -> None:
        await JOBS["certificates.remind_of_withdrawals"](JobContext(database, settings, clock, {}), {})

    return job


@pytest.fixture
def events(database: Database) -> Events:
    async def read(*kinds: str) -> list[Any]:
        async with database.read() as session:
            rows = await session.execute(
                text(
                    "select kind, subject_type, subject_id, area_path, data from ledger_event "
                    "where kind like any(:kinds) order by id"
                ),
                {"kinds": list(kinds)},
            )
            return list(rows)

    return read


async def test_a_service_opens_a_case_for_an_inspector(
    world: World, database: Database, clock: Clock
) -> None:
    known = await world.recorded()
    opening = WithdrawalCaseOpen.model_validate(FOUND)
    async with database.transaction() as session:
        cases = WithdrawalCases(session, acting(Role.INSPECTOR), clock())
        case = await cases.open(UUID(known["id"]), opening)
        assert (case.state, case.inspection_id) == ("verifying", None)
        assert case.answer_due_on == date(2026, 6, 25)
        with pytest.raises(Conflict) as refusal:
            await cases.open(UUID(known["id"]), opening)
        assert (refusal.value.code, refusal.value.data["case_id"]) == ("withdrawal.already_open", case.id)


async def test_a_case_goes_from_finding_to_decision(matter: Matter, events: Events) -> None:
    answer = await matter.open()
    assert answer.status_code == 201, answer.text
    case, shown = answer.headers["location"], answer.json()
    assert (shown["state"], shown["point"], shown["level"]) == ("verifying", "b", "province")
    assert shown["basis"] == {"kind": "conclusion", "source": "26/2026/QĐ-TTg, Art. 8.1b, 8.4"}
    assert (shown["due_on"], shown["days_left"], shown["overdue"]) == (None, None, False)
    assert actions(shown) == ["conclude", "dismiss"]
    shown = await matter.acted(case, "conclude", CONCLUSION)
    assert (shown["state"], shown["concluded_on"], shown["due_on"]) == (
        "concluded", "2026-06-15", "2026-06-30",
    )  # fmt: skip
    assert (shown["days_left"], shown["overdue"]) == (15, False)
    assert shown["conclusion"]["number"] == "45/KL-SNNMT"
    shown = await matter.acted(case, "submit", {"note": "Đề nghị thu hồi."})
    assert (shown["state"], actions(shown)) == ("submitted", [])
    assert actions(await matter.case(case, matter.chair)) == ["return", "decide", "dismiss"]
    shown = await matter.acted(case, "decide", DECISION, matter.chair)
    assert (shown["state"], shown["certificate_status"], shown["days_left"]) == (
        "withdrawn", "withdrawn", None,
    )  # fmt: skip
    assert shown["decision"] == {
        "decision_number": "1300/QĐ-UBND", "decided_on": "2026-06-15", "signer_title": "Chủ tịch",
        "late": False,
    }  # fmt: skip
    assert shown["recipients"][:2] == [shown["producer_name"], "Ủy ban nhân dân phường Bắc Gia Nghĩa"]
    assert [one["action"] for one in shown["steps"]] == ["open", "conclude", "submit", "decide"]
    assert [one["party"] for one in shown["steps"]] == ["office", "office", "office", "authority"]
    assert shown["allowed_actions"] == []
    told = await events("withdrawal.%", "certificate.withdrawn")
    assert [one.kind for one in told] == [
        "withdrawal.opened", "withdrawal.concluded", "withdrawal.submitted", "withdrawal.decided",
        "certificate.withdrawn",
    ]  # fmt: skip
    # Anybody may prove what happened to a certificate; its case is none of that.
    assert {one.subject_type for one in told[:-1]} == {"withdrawal_case"}
    assert (told[-1].subject_type, told[-1].subject_id) == ("certificate", matter.known["id"])
    assert told[-1].data["case_id"] == shown["id"]
    assert (told[-1].data["decision_number"], told[-1].data["decided_on"]) == ("1300/QĐ-UBND", "2026-06-15")
    words = repr([one.data for one in told])
    for text_of_case in (FOUND["found"], FOUND["note"], CONCLUSION["summary"], "Đề nghị thu hồi."):
        assert text_of_case not in words


async def test_whoever_reads_the_certificate_finds_the_case_that_ended_it(matter: Matter) -> None:
    case = await matter.decided()
    case_id = case.rpartition("/")[2]
    for headers, expected in ((matter.officer, case_id), (matter.producer, case_id), ({}, None)):
        withdrawal = (await matter.client.get(matter.certificate, headers=headers)).json()["withdrawal"]
        assert withdrawal["case_id"] == expected
        assert (withdrawal["reason"] is None) == (expected is None)
        assert (withdrawal["ground"], withdrawal["withdrawn_on"]) == ("criteria_not_kept", "2026-06-15")


@pytest.mark.parametrize(
    ("stars", "who", "status"),
    [
        (4, "officer", 201),
        (4, "commune", 201),
        (4, "inspector", 201),
        (4, "ministry", 201),
        (4, "chair", 201),
        (4, "minister", 403),
        (4, "elsewhere", 403),
        (4, "producer", 403),
        (5, "ministry", 201),
        (5, "officer", 201),
        (5, "minister", 201),
        (5, "chair", 403),
    ],
)
async def test_who_opens_a_case(
    client: httpx.AsyncClient, world: World, as_actor: AsActor, stars: int, who: str, status: int
) -> None:
    matter = await Matter(client, world, as_actor).certified(stars=stars)
    answer = await matter.open(getattr(matter, who))
    assert answer.status_code == status, answer.text


async def test_five_stars_are_for_the_ministry(
    client: httpx.AsyncClient, world: World, as_actor: AsActor
) -> None:
    matter = await Matter(client, world, as_actor).certified(stars=5)
    case = await matter.opened(matter.officer)
    assert actions(await matter.case(case)) == []
    assert refused(await matter.act(case, "conclude", CONCLUSION)) == (
        403, "withdrawal.not_the_acting_party",
    )  # fmt: skip
    shown = await matter.case(case, matter.ministry)
    assert (shown["level"], actions(shown)) == ("central", ["conclude", "dismiss"])
    await matter.acted(case, "conclude", CONCLUSION, matter.ministry)
    await matter.acted(case, "submit", {}, matter.ministry)
    assert refused(await matter.act(case, "decide", DECISION, matter.chair))[0] == 403
    shown = await matter.acted(case, "decide", DECISION, matter.minister)
    assert shown["state"] == "withdrawn"
    assert "Ủy ban nhân dân tỉnh Lâm Đồng" in shown["recipients"]


async def test_the_province_of_today_takes_care_of_what_an_old_district_issued(
    client: httpx.AsyncClient, world: World, as_actor: AsActor
) -> None:
    product_id, _ = await world.product("63:24611")
    matter = Matter(client, world, as_actor)
    matter.known = await world.recorded(stars=3, decided_on=date(2024, 9, 19), product_id=product_id)
    shown = await matter.case(await matter.decided())
    assert (shown["level"], shown["state"]) == ("province", "withdrawn")


async def test_production_that_stopped_takes_the_communes_confirmation(matter: Matter) -> None:
    case = await matter.opened(matter.commune, ground="production_stopped", source="commune_report")
    shown = await matter.case(case, matter.commune)
    assert shown["steps"][0]["party"] == "reporter"
    assert actions(shown) == ["confirm"]
    shown = await matter.acted(case, "conclude", CONFIRMATION, matter.commune)
    assert (shown["state"], shown["due_on"], shown["basis"]["kind"]) == (
        "concluded", "2026-06-30", "confirmation",
    )  # fmt: skip
    assert (shown["steps"][-1]["action"], shown["steps"][-1]["party"]) == ("confirm", "commune")
    # What follows is for the office.
    assert refused(await matter.act(case, "submit", {}, matter.commune))[0] == 403
    await matter.acted(case, "submit")


async def test_the_commune_confirms_nothing_but_that(matter: Matter) -> None:
    case = await matter.opened(matter.commune)
    assert actions(await matter.case(case, matter.commune)) == []
    for order in (CONCLUSION, {**CONFIRMATION, "ground": "production_stopped"}):
        answer = await matter.act(case, "conclude", order, matter.commune)
        assert refused(answer) == (403, "withdrawal.not_the_acting_party")


async def test_it_may_come_to_another_ground_than_it_was_opened_for(matter: Matter) -> None:
    case = await matter.opened(further_grounds=["misuse_of_mark", "production_stopped"])
    shown = await matter.acted(case, "conclude", {**CONCLUSION, "ground": "misuse_of_mark"})
    assert (shown["ground"], shown["point"], shown["further_grounds"]) == (
        "misuse_of_mark", "d", ["production_stopped"],
    )  # fmt: skip
    twice = await matter.act(case, "dismiss", {"reason": "Mở lại."})
    assert twice.status_code == 200
    answer = await matter.open(further_grounds=["criteria_not_kept"])
    assert refused(answer) == (422, "withdrawal.ground_twice")


async def test_a_mistaken_conclusion_is_replaced_with_a_reason_and_stays_in_the_history(
    matter: Matter, clock: MovableClock
) -> None:
    case = await matter.concluded()
    clock.move(days=3)
    new = {**CONCLUSION, "concluded_on": "2026-06-17", "number": "46/KL-SNNMT"}
    assert refused(await matter.act(case, "conclude", new)) == (409, "withdrawal.guard_not_met")
    shown = await matter.acted(case, "conclude", {**new, "reason": "Ghi nhầm số và ngày."})
    assert (shown["due_on"], shown["conclusion"]["number"]) == ("2026-07-02", "46/KL-SNNMT")
    kept = [one["data"]["number"] for one in shown["steps"] if one["action"] == "conclude"]
    assert kept == ["45/KL-SNNMT", "46/KL-SNNMT"]
    await matter.acted(case, "submit")
    late = await matter.act(case, "conclude", {**new, "reason": "Ghi nhầm."})
    assert refused(late) == (409, "withdrawal.action_not_allowed")


async def test_the_producer_answers_and_nothing_waits_for_it(matter: Matter, clock: MovableClock) -> None:
    case = await matter.opened()
    shown = await matter.case(case, matter.producer)
    assert (shown["found"], shown["answer_due_on"]) == (FOUND["found"], "2026-06-25")
    assert actions(shown) == ["answer"]
    document_id = await matter.document("Hợp đồng vùng nguyên liệu")
    said = {"statement": "Vùng nguyên liệu đã chuyển sang thôn 3.", "evidence": [document_id, document_id]}
    shown = await matter.acted(case, "answer", said, matter.producer)
    assert (shown["state"], shown["answers"][0]["late"]) == ("verifying", False)
    assert shown["answers"][0]["evidence"] == [document_id]
    assert refused(await matter.act(case, "answer", said)) == (403, "withdrawal.not_the_acting_party")
    await matter.acted(case, "conclude", CONCLUSION)
    clock.move(days=11)
    await matter.acted(case, "submit")
    late = await matter.acted(case, "answer", {"statement": "Xin bổ sung."}, matter.producer)
    assert [one["late"] for one in late["answers"]] == [False, True]
    shown = await matter.case(case, matter.chair)
    assert [one["statement"] for one in shown["answers"]] == [said["statement"], "Xin bổ sung."]
    assert shown["evidence"][0]["part"] == "answer"


async def test_what_passes_among_the_offices_is_not_shown_to_the_producer(matter: Matter) -> None:
    case = await matter.submitted()
    await matter.acted(case, "return", {"reason": "Thiếu biên bản lấy mẫu."}, matter.chair)
    both = (
        Grant(Role.PRODUCER, Bound.PRODUCER, producer_id=matter.producer_id),
        Grant(Role.OFFICER, Bound.AREA, level=Level.PROVINCE, place_id=PROVINCE),
    )
    double = matter.as_actor(Actor(uuid4(), "", both))
    for headers in (matter.producer, double):
        answer = await matter.client.get(case, headers=headers)
        for internal in (FOUND["note"], "Thiếu biên bản", "Trình lãnh đạo"):
            assert internal not in answer.text
        # Whoever acts for the producer is of the producer's side, whatever office they hold.
        assert actions(answer.json()) == ["answer"]
        assert answer.json()["papers"] == []
    shown = await matter.case(case)
    assert (shown["note"], shown["state"]) == (FOUND["note"], "concluded")
    assert shown["steps"][-1]["reason"] == "Thiếu biên bản lấy mẫu."


async def test_a_case_is_nothing_to_strangers_and_the_public(matter: Matter) -> None:
    case = await matter.concluded()
    other = matter.as_actor(acting(Role.PRODUCER, None, None, producer_id=uuid4()))
    for path in (case, f"{case}/papers/decision.pdf", f"{case}/signed-decision"):
        for headers in (matter.elsewhere, other):
            answer = await matter.client.get(path, headers=headers)
            assert refused(answer) == (404, "withdrawal.unknown")
        assert (await matter.client.get(path)).status_code == 401
    for headers in (matter.elsewhere, other):
        assert refused(await matter.act(case, "dismiss", {"reason": "x"}, headers)) == (
            404, "withdrawal.unknown",
        )  # fmt: skip
        assert await matter.listed(headers) == []
    verification = await matter.client.get(f"/v1/verify/{matter.known['code']}")
    page = await matter.client.get(f"/verify/{matter.known['code']}")
    public = await matter.client.get(matter.certificate)
    assert (verification.json()["status"], public.json()["withdrawal"]) == ("valid", None)
    for answer in (verification, page, public):
        assert "withdrawal-case" not in answer.text
        assert "45/KL" not in answer.text


async def test_each_step_has_its_place_and_its_people(matter: Matter) -> None:
    case = await matter.opened()
    for action, body in (("submit", {}), ("return", {"reason": "x"}), ("decide", DECISION)):
        answer = await matter.act(case, action, body, matter.chair)
        assert refused(answer) == (409, "withdrawal.action_not_allowed")
    await matter.acted(case, "conclude", CONCLUSION)
    for who in (matter.producer, matter.inspector, matter.commune):
        assert refused(await matter.act(case, "submit", {}, who)) == (403, "withdrawal.not_the_acting_party")
    await matter.acted(case, "submit")
    for who in (matter.officer, matter.commune, matter.producer):
        assert refused(await matter.act(case, "decide", DECISION, who))[0] == 403
        assert refused(await matter.act(case, "dismiss", {"reason": "x"}, who))[0] == 403
    await matter.acted(case, "return", {"reason": "Làm rõ."}, matter.chair)
    await matter.acted(case, "dismiss", {"reason": "Đã khắc phục."})
    shown = await matter.case(case, matter.producer)
    assert (shown["state"], shown["reason"]) == ("dismissed", "Đã khắc phục.")
    for action, body in (("answer", {"statement": "x"}), ("conclude", CONCLUSION), ("decide", DECISION)):
        who = {"answer": matter.producer, "decide": matter.chair}.get(action, matter.officer)
        assert refused(await matter.act(case, action, body, who)) == (409, "withdrawal.action_not_allowed")
    certificate = (await matter.client.get(matter.certificate)).json()
    assert (certificate["status"], certificate["withdrawal"]) == ("valid", None)
    # The certificate stands, and may come into another case.
    await matter.opened()


async def test_what_was_settled_for_the_decision_outlives_a_return(matter: Matter) -> None:
    case = await matter.concluded()
    order = {"recipients": ["Chi cục Quản lý thị trường"], "signer_title": "Phó Chủ tịch"}
    first = await matter.acted(case, "submit", order)
    await matter.acted(case, "return", {"reason": "Làm rõ."}, matter.chair)
    again = await matter.acted(case, "submit")
    assert again["recipients"] == first["recipients"]
    assert again["recipients"][-1] == "Chi cục Quản lý thị trường"


async def test_a_leader_dismisses_what_was_submitted(matter: Matter) -> None:
    case = await matter.submitted()
    shown = await matter.acted(case, "dismiss", {"reason": "Chưa đủ căn cứ."}, matter.chair)
    assert (shown["state"], shown["certificate_status"]) == ("dismissed", "valid")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"concluded_on": "2026-06-16"}, "certificate.conclusion_in_future"),
        ({"concluded_on": "2026-06-14"}, "certificate.conclusion_before_issue"),
    ],
)
async def test_conclusions_of_impossible_days_are_refused(
    matter: Matter, change: dict[str, str], code: str
) -> None:
    case = await matter.opened()
    assert refused(await matter.act(case, "conclude", CONCLUSION | change)) == (409, code)


async def test_a_decision_is_neither_of_a_day_to_come_nor_older_than_its_conclusion(
    matter: Matter, clock: MovableClock
) -> None:
    clock.move(days=5)
    case = await matter.submitted(concluded_on="2026-06-17")
    for day, code in (
        ("2026-06-21", "withdrawal.decided_in_future"),
        ("2026-06-16", "withdrawal.decided_before_conclusion"),
    ):
        answer = await matter.act(case, "decide", DECISION | {"decided_on": day}, matter.chair)
        assert refused(answer) == (409, code)
    await matter.acted(case, "decide", DECISION | {"decided_on": "2026-06-18"}, matter.chair)
    # A decision holds from its day, also when it is entered some days later.
    withdrawal = (await matter.client.get(matter.certificate)).json()["withdrawal"]
    assert withdrawal["withdrawn_on"] == "2026-06-18"


async def test_a_late_decision_holds_and_says_that_it_is_late(matter: Matter, clock: MovableClock) -> None:
    case = await matter.submitted()
    clock.move(days=15)
    shown = await matter.case(case)
    assert (shown["days_left"], shown["overdue"]) == (0, False)
    clock.move(days=1)
    shown = await matter.case(case)
    assert (shown["days_left"], shown["overdue"]) == (-1, True)
    shown = await matter.acted(case, "decide", DECISION | {"decided_on": "2026-07-01"}, matter.chair)
    assert (shown["decision"]["late"], shown["overdue"], shown["certificate_status"]) == (
        True, False, "withdrawn",
    )  # fmt: skip


async def test_nothing_is_opened_or_decided_about_a_certificate_that_ended(
    matter: Matter, clock: MovableClock, run: Run, events: Events
) -> None:
    case = await matter.submitted()
    clock.move(days=1200)
    answer = await matter.act(case, "decide", DECISION | {"decided_on": "2026-06-15"}, matter.chair)
    assert refused(answer) == (409, "certificate.not_in_force")
    assert actions(await matter.case(case, matter.chair)) == ["return", "dismiss"]
    assert refused(await matter.open()) == (409, "withdrawal.already_open")
    await run()
    await run()
    shown = await matter.case(case)
    assert (shown["state"], shown["reason"], shown["certificate_status"]) == ("lapsed", "expired", "expired")
    assert (shown["steps"][-1]["party"], actions(shown)) == ("system", [])
    assert refused(await matter.open()) == (409, "certificate.not_in_force")
    told = await events("withdrawal.lapsed", "withdrawal.overdue")
    assert [one.kind for one in told] == ["withdrawal.lapsed"]


async def test_a_case_ends_with_the_certificate_that_another_one_replaced(
    matter: Matter, world: World, run: Run, clock: MovableClock
) -> None:
    case = await matter.submitted()
    clock.move(days=2)
    await world.recorded(
        stars=5, number="68-02-2026", decided_on=date(2026, 6, 16), product_id=matter.known["product_id"]
    )
    answer = await matter.act(case, "decide", DECISION, matter.chair)
    assert refused(answer) == (409, "certificate.not_in_force")
    await run()
    shown = await matter.case(case)
    assert (shown["state"], shown["reason"]) == ("lapsed", "superseded")


async def test_only_the_case_without_an_object_lapses(matter: Matter, run: Run) -> None:
    case = await matter.concluded()
    await run()
    assert (await matter.case(case))["state"] == "concluded"


async def test_a_report_without_a_decision_can_be_taken_back(
    client: httpx.AsyncClient, world: World, as_actor: AsActor
) -> None:
    matter = await Matter(client, world, as_actor).certified(decided_on=None, number=None)
    case = await matter.decided()
    shown = await matter.case(case)
    assert (shown["state"], shown["certificate_number"]) == ("withdrawn", None)
    paper = await client.get(f"{case}/papers/decision.pdf", headers=matter.officer)
    assert paper.status_code == 200, paper.text


async def test_of_two_leaders_who_decide_at_once_one_does(matter: Matter, events: Events) -> None:
    case = await matter.submitted()
    answers = await asyncio.gather(
        *(
            matter.act(case, "decide", DECISION | {"decision_number": f"{number}/QĐ-UBND"}, by)
            for number, by in enumerate((matter.chair, matter.as_actor(leader())), 1300)
        )
    )
    assert sorted(one.status_code for one in answers) == [200, 409]
    assert [refused(one)[1] for one in answers if one.status_code == 409] == ["withdrawal.action_not_allowed"]
    assert len(await events("certificate.withdrawn")) == 1


async def test_of_cases_opened_at_once_one_is(matter: Matter) -> None:
    answers = await asyncio.gather(*(matter.open() for _ in range(4)))
    assert sorted(one.status_code for one in answers) == [201, 409, 409, 409]
    [opened] = [one.json()["id"] for one in answers if one.status_code == 201]
    for one in answers:
        if one.status_code == 409:
            assert (one.json()["code"], one.json()["data"]["case_id"]) == ("withdrawal.already_open", opened)


async def test_the_database_itself_allows_one_open_case(matter: Matter, database: Database) -> None:
    await matter.opened()
    copied = (
        "insert into withdrawal_case (id, certificate_id, state, ground, further_grounds, source, found, "
        "answer_due_on, recipients, version, created_at, updated_at) select gen_random_uuid(), "
        "certificate_id, state, ground, further_grounds, source, found, answer_due_on, recipients, version, "
        "created_at, updated_at from withdrawal_case"
    )
    with pytest.raises(DBAPIError, match="uq_withdrawal_case__open"):
        async with database.transaction() as session:
            await session.execute(text(copied))


@pytest.mark.parametrize("table", ["withdrawal_step", "withdrawal_evidence"])
async def test_what_was_done_is_a_record(matter: Matter, database: Database, table: str) -> None:
    document_id = await matter.document()
    await matter.opened(evidence=[document_id])
    for statement in (f"delete from {table}", f"update {table} set case_id = case_id"):  # noqa: S608
        with pytest.raises(DBAPIError, match="record"):
            async with database.transaction() as session:
                await session.execute(text(statement))


async def test_the_shortcut_keeps_a_case_and_tells_of_it_once(matter: Matter, events: Events) -> None:
    order = {"ground": "production_stopped", "reason": "Đã đóng cửa.", "concluded_on": "2026-06-15"}
    answer = await matter.client.post(f"{matter.certificate}/withdraw", json=order, headers=matter.chair)
    assert answer.status_code == 200, answer.text
    case = f"/v1/withdrawal-cases/{answer.json()['withdrawal']['case_id']}"
    shown = await matter.case(case)
    assert [one["action"] for one in shown["steps"]] == ["open", "confirm", "submit", "decide"]
    assert {one["party"] for one in shown["steps"]} == {"authority"}
    assert shown["conclusion"]["authority"] is None
    told = await events("withdrawal.%", "certificate.withdrawn")
    concerned = [one.kind for one in told if not concern_of(one.kind, one.area_path, one.data).nobody]
    assert concerned == ["certificate.withdrawn"]


async def test_the_shortcut_is_refused_while_a_case_is_open(matter: Matter) -> None:
    case = await matter.submitted()
    order = {"ground": "production_stopped", "reason": "Đã đóng cửa.", "concluded_on": "2026-06-15"}
    answer = await matter.client.post(f"{matter.certificate}/withdraw", json=order, headers=matter.chair)
    assert refused(answer) == (409, "withdrawal.already_open")
    assert answer.json()["data"]["case_id"] == case.rpartition("/")[2]
    assert (await matter.client.get(matter.certificate)).json()["status"] == "valid"


async def test_the_shortcut_takes_what_is_known_of_the_decision(matter: Matter, clock: MovableClock) -> None:
    clock.move(days=3)
    order = {
        "ground": "violation_of_law", "reason": "Vi phạm an toàn thực phẩm.", "concluded_on": "2026-06-16",
        "authority": "Chi cục An toàn thực phẩm", "decided_on": "2026-06-17", "signer_title": "Phó Chủ tịch",
        "decision_number": "1400/QĐ-UBND", "recipients": ["Chi cục Quản lý thị trường"],
    }  # fmt: skip
    answer = await matter.client.post(f"{matter.certificate}/withdraw", json=order, headers=matter.chair)
    withdrawal = answer.json()["withdrawal"]
    assert (withdrawal["withdrawn_on"], withdrawal["due_on"]) == ("2026-06-17", "2026-07-01")
    shown = await matter.case(f"/v1/withdrawal-cases/{withdrawal['case_id']}")
    assert shown["conclusion"]["authority"] == "Chi cục An toàn thực phẩm"
    assert shown["recipients"][2:] == ["Chi cục Quản lý thị trường"]
    assert shown["decision"]["signer_title"] == "Phó Chủ tịch"


async def test_evidence_is_the_producers_and_is_kept(matter: Matter) -> None:
    assert refused(await matter.open(evidence=[str(uuid4())])) == (404, "documents.not_of_producer")
    document_id = await matter.document()
    case = await matter.opened(evidence=[document_id])
    conclusion_id = await matter.document("Kết luận kiểm tra")
    shown = await matter.acted(case, "conclude", {**CONCLUSION, "document_id": conclusion_id})
    assert [(one["document_id"], one["part"]) for one in shown["evidence"]] == [
        (conclusion_id, "conclusion"), (document_id, "finding"),
    ]  # fmt: skip
    for headers in (matter.producer, matter.officer, matter.commune):
        file = await matter.client.get(shown["evidence"][1]["content"], headers=headers)
        assert (file.status_code, file.headers["content-type"]) == (200, "application/pdf")
    uncited = f"{case}/evidence/{await matter.document()}/content"
    assert refused(await matter.client.get(uncited, headers=matter.officer)) == (404, "documents.not_found")
    hidden = await matter.client.get(shown["evidence"][1]["content"], headers=matter.elsewhere)
    assert refused(hidden) == (404, "withdrawal.unknown")
    withdrawn = await matter.client.post(
        f"/v1/documents/{document_id}/withdraw",
        json={"reason": "Nhầm."},
        headers=matter.producer | {"If-Match": "*"},
    )
    assert refused(withdrawn) == (409, "documents.cited")


async def test_a_stale_copy_is_refused(matter: Matter) -> None:
    case = await matter.opened()
    tag = (await matter.client.get(case, headers=matter.officer)).headers["etag"]
    await matter.acted(case, "answer", {"statement": "Xin giải trình."}, matter.producer)
    stale = await matter.act(case, "conclude", CONCLUSION, matter.officer | {"If-Match": tag})
    assert stale.status_code == 412
    tag = (await matter.client.get(case, headers=matter.officer)).headers["etag"]
    await matter.acted(case, "conclude", CONCLUSION, matter.officer | {"If-Match": tag})


async def test_cases_are_found_by_what_an_office_looks_for(
    matter: Matter, world: World, as_actor: AsActor, clock: MovableClock
) -> None:
    other = await Matter(matter.client, world, as_actor).certified(number="68-02-2026")
    third = await Matter(matter.client, world, as_actor).certified(number="68-03-2026")
    clock.move(days=8)
    undated = (await third.opened(ground="production_stopped")).rpartition("/")[2]
    late = (await other.concluded(concluded_on="2026-06-20")).rpartition("/")[2]
    early = (await matter.submitted(concluded_on="2026-06-16")).rpartition("/")[2]
    assert await matter.listed() == [early, late, undated]
    assert await matter.listed(sort="-created_at") == [early, late, undated]
    assert await matter.listed(sort="created_at") == [undated, late, early]
    for wanted, found in (
        ({"state": "submitted"}, [early]),
        ({"ground": "production_stopped"}, [undated]),
        ({"due_before": "2026-07-02"}, [early]),
        ({"certificate_id": other.known["id"]}, [late]),
        ({"producer_id": str(third.producer_id)}, [undated]),
        ({"place_id": "34:68"}, [early, late, undated]),
        ({"place_id": "34:75"}, []),
        ({"overdue": "true"}, []),
    ):
        assert await matter.listed(**wanted) == found, wanted
    assert await matter.listed(other.producer) == [late]
    assert await matter.listed(matter.minister) == [early, late, undated]
    clock.move(days=9)
    assert await matter.listed(overdue="true") == [early]
    assert await matter.listed(overdue="false") == [late, undated]
    page = await matter.client.get("/v1/withdrawal-cases", params={"limit": 2}, headers=matter.officer)
    rest = await matter.listed(limit=2, cursor=page.json()["next_cursor"])
    assert [one["id"] for one in page.json()["items"]] + rest == [early, late, undated]


async def test_the_office_is_reminded_once_before_and_once_after_the_last_day(
    matter: Matter, clock: MovableClock, run: Run, events: Events
) -> None:
    case = await matter.concluded()
    for days, expected in (
        (9, []),
        (1, ["withdrawal.due_soon"]),
        (1, ["withdrawal.due_soon"]),
        (4, ["withdrawal.due_soon"]),
        (1, ["withdrawal.due_soon", "withdrawal.overdue"]),
        (3, ["withdrawal.due_soon", "withdrawal.overdue"]),
    ):
        clock.move(days=days)
        await asyncio.gather(run(), run())
        assert [one.kind for one in await events("withdrawal.due_soon", "withdrawal.overdue")] == expected
    first, last = await events("withdrawal.due_soon", "withdrawal.overdue")
    assert (first.data["days_left"], last.data["days_left"]) == (5, -1)
    concern = concern_of(first.kind, first.area_path, first.data)
    assert (concern.producer_id, concern.level) == (None, Level.PROVINCE)
    assert PROVINCE in concern.place_ids
    # Another last day is another term.
    new = {**CONCLUSION, "concluded_on": "2026-06-30", "reason": "Ghi nhầm ngày."}
    await matter.acted(case, "conclude", new)
    clock.move(days=10)
    await run()
    assert len(await events("withdrawal.due_soon")) == 2


def test_reminders_go_out_at_six_in_the_morning() -> None:
    assert SCHEDULES["certificates.remind_of_withdrawals"] == "0 23 * * *"


async def test_who_is_told_of_what(matter: Matter, events: Events) -> None:
    case = await matter.submitted()
    await matter.acted(case, "answer", {"statement": "Xin giải trình."}, matter.producer)
    await matter.acted(case, "return", {"reason": "Làm rõ."}, matter.chair)
    await matter.acted(case, "submit")
    await matter.acted(case, "decide", DECISION, matter.chair)
    told = {
        one.kind: concern_of(one.kind, one.area_path, one.data)
        for one in await events("withdrawal.%", "certificate.withdrawn")
    }
    to_producer = {kind for kind, concern in told.items() if concern.producer_id == matter.producer_id}
    assert to_producer == {"withdrawal.opened", "withdrawal.concluded", "certificate.withdrawn"}
    to_offices = {kind: concern.level for kind, concern in told.items() if concern.place_ids}
    assert to_offices == {
        "withdrawal.opened": Level.PROVINCE,
        "withdrawal.answered": Level.PROVINCE,
        "withdrawal.submitted": Level.PROVINCE,
        "withdrawal.returned": Level.PROVINCE,
        "certificate.withdrawn": None,
    }
    to_leaders = {kind for kind in to_offices if Role.LEADER in told[kind].roles}
    assert to_leaders == {"withdrawal.submitted"}
    assert told["withdrawal.decided"].nobody


async def test_malformed_orders_are_refused(matter: Matter) -> None:
    for change in (
        {"ground": "dislike"},
        {"found": "  "},
        {"found": "x" * 10_001},
        {"evidence": ["x"]},
        {"further_grounds": ["misuse_of_mark"] * 6},
        {"surprise": 1},
    ):
        assert (await matter.open(**change)).status_code == 422, change
    answer = await matter.open(answer_due_on="2026-06-14")
    assert refused(answer) == (422, "withdrawal.answer_due_past")
    case = await matter.opened()
    for change in ({"authority": ""}, {"summary": ""}, {"concluded_on": "2026-02-30"}):
        assert (await matter.act(case, "conclude", CONCLUSION | change)).status_code == 422, change
    unknown = await matter.client.post(
        f"/v1/certificates/{uuid4()}/withdrawal-cases", json=FOUND, headers=matter.officer
    )
    assert refused(unknown) == (404, "certificate.not_found")
