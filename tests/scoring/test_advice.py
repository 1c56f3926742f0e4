"""Advice as the public API gives it."""

from typing import Any

import httpx
import pytest

from ocop_api.domain.evidence import EvidenceKind
from ocop_api.domain.rubric.advice import advise
from ocop_api.domain.rubric.scoresheet import Scoresheet
from ocop_api.settings import DatabaseSettings, Settings

from .conftest import BEST, COFFEE, EDITION, EIGHTY_NINE, NINETY

ENGLISH = {"Accept-Language": "en"}


@pytest.fixture
def settings() -> Settings:
    """No database at all: whatever is answered here needs none."""
    return Settings(database=DatabaseSettings(url="postgresql+asyncpg://nobody@127.0.0.1:1/none"))


def url(number: int = COFFEE, edition: str = EDITION, action: str = "advise") -> str:
    return f"/v1/editions/{edition}/sets/{number}/{action}"


async def ask(client: httpx.AsyncClient, choices: dict[str, int], star: int, **more: Any) -> dict[str, Any]:
    body = {"choices": choices, "target_star": star, **more}
    answer = await client.post(url(), json=body)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def test_the_answer_is_what_the_domain_advises(client: httpx.AsyncClient) -> None:
    choices = EIGHTY_NINE | {"1.5": 2}
    told = await ask(client, choices, 5, limit=4)
    expected = advise(Scoresheet.of(EDITION, COFFEE, choices), 5, limit=4)
    assert (told["prospect"], told["total"], told["points_short"]) == ("within_reach", "87", "3")
    assert [lift["criterion"] for lift in told["minimums"]] == ["1.5"]
    shown = [
        [(lift["criterion"], lift["reach"]["level"], lift["steps"]) for lift in way["lifts"]]
        for way in told["alternatives"]
    ]
    assert shown == [
        [(lift.criterion.code, lift.to_level, lift.steps) for lift in way.lifts]
        for way in expected.alternatives
    ]
    assert len(shown) == 4
    assert [step["sentence"] for step in told["explanation"]] == [
        step.sentence("vi") for step in expected.explanation
    ]
    lift = told["minimums"][0]
    assert (lift["compulsory"], lift["held"]["level"], lift["reach"]["level"], lift["gain"]) == (
        True,
        2,
        4,
        "2",
    )
    assert lift["minimum"]["level"] == 4
    assert [(one["kind"], one["item"]) for one in lift["evidence"]] == [(EvidenceKind.MATERIAL_ORIGIN, 3)]
    assert lift["advice"]["sentence"].startswith("Bắt buộc để đạt 5 sao: nâng tiêu chí 1.5")


async def test_following_the_advice_brings_the_star(client: httpx.AsyncClient) -> None:
    for choices in ({}, dict.fromkeys(("1.1", "2.1", "8"), 1), EIGHTY_NINE):
        told = await ask(client, choices, 5)
        for way in told["alternatives"]:
            raised = {
                lift["criterion"]: {"level": lift["reach"]["level"], "case": lift["case"]}
                for lift in way["lifts"]
            }
            lifted = await client.post(url(action="evaluate"), json={"choices": choices | raised})
            assert lifted.json()["total"] == way["total"]
            assert lifted.json()["stars_in_reach"] == [5]


async def test_the_answer_speaks_the_callers_language(client: httpx.AsyncClient) -> None:
    body = {"choices": EIGHTY_NINE, "target_star": 5}
    english = await client.post(url(), json=body, headers=ENGLISH)
    vietnamese = await client.post(url(), json=body)
    assert (english.headers["content-language"], vietnamese.headers["content-language"]) == ("en", "vi")
    assert "Accept-Language" in english.headers["vary"]
    first = english.json()["alternatives"][0]
    assert first["summary"]["sentence"] == (
        "Raise 1.2 (criteria: 1, steps in all: 1): the product will have 90 points and 5 stars."
    )
    assert vietnamese.json()["alternatives"][0]["summary"]["sentence"] == (
        "Nâng 1 tiêu chí (1.2), tổng cộng 1 bậc: sản phẩm sẽ có 90 điểm, đạt 5 sao."
    )
    assert first["lifts"][0]["proof"]["code"] == "advice_evidence"


async def test_a_reached_star_needs_nothing_and_a_gate_bars_every_star(client: httpx.AsyncClient) -> None:
    told = await ask(client, NINETY, 5)
    assert (told["prospect"], told["star"], told["alternatives"]) == ("reached", 5, [])
    gates = [{"gate": "unsafe_impurities", "reason": "Có sạn"}]
    barred = await ask(client, BEST, 3, gates=gates)
    assert (barred["prospect"], barred["alternatives"]) == ("out_of_reach", [])
    assert [(o["kind"], o["gate"]) for o in barred["obstacles"]] == [("gate_recorded", "unsafe_impurities")]
    assert "Có sạn" in barred["obstacles"][0]["reason"]["sentence"]


async def test_a_case_is_told_with_its_wording(client: httpx.AsyncClient) -> None:
    answer = await client.post(url(26), json={"target_star": 5, "limit": 1})
    (way,) = answer.json()["alternatives"]
    in_cases = [lift for lift in way["lifts"] if lift["case"] is not None]
    assert {lift["criterion"] for lift in in_cases} <= {"8", "9", "15"}
    assert in_cases
    assert all(lift["case_text"]["vi"] for lift in in_cases)
    assert {lift["proof"]["code"] for lift in way["lifts"]} == {"advice_evidence", "advice_on_site"}


@pytest.mark.parametrize("star", [1, 2, 6])
async def test_a_star_that_is_not_recognised_is_refused_with_the_ladder(
    client: httpx.AsyncClient, star: int
) -> None:
    answer = await client.post(url(), json={"target_star": star}, headers=ENGLISH)
    assert (answer.status_code, answer.json()["code"]) == (422, "rubric.unknown_target_star")
    assert answer.json()["data"]["ladder"] == [3, 4, 5]
    assert answer.json()["detail"].endswith("Stars to aim at: 3, 4, 5.")


async def test_all_faults_are_told_at_once(client: httpx.AsyncClient) -> None:
    body = {"choices": {"1.1": 77, "99": 1}, "gates": [{"gate": "none", "reason": "?"}], "target_star": 2}
    answer = await client.post(url(), json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "rubric.sheet_invalid")
    assert {(error["pointer"], error["code"]) for error in answer.json()["errors"]} == {
        ("/body/choices/1.1", "rubric.unknown_level"),
        ("/body/choices/99", "rubric.unknown_criterion"),
        ("/body/gates/0/gate", "rubric.unknown_gate"),
        ("/body/target_star", "rubric.unknown_target_star"),
    }


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"target_star": "4"},
        {"target_star": 4.0},
        {"target_star": 100},
        {"target_star": 4, "limit": 0},
        {"target_star": 4, "limit": 11},
        {"target_star": 4, "rules": {}},
    ],
)
async def test_a_malformed_wish_is_refused(client: httpx.AsyncClient, body: dict[str, object]) -> None:
    answer = await client.post(url(), json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "request.invalid")


async def test_unknown_set_is_not_found(client: httpx.AsyncClient) -> None:
    answer = await client.post(url(27), json={"target_star": 9, "choices": {"1.1": 1}})
    assert (answer.status_code, answer.json()["code"]) == (404, "rubric.unknown_set")
