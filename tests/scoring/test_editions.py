"""The criteria as a public API, and the evaluation of sheets that nobody stores."""

import random
from decimal import Decimal
from typing import Any

import httpx
import pytest

from ocop_api.domain.rubric.edition import load_edition
from ocop_api.domain.rubric.scoresheet import RecordedGate, Scoresheet
from ocop_api.domain.rubric.stars import evaluate
from ocop_api.settings import DatabaseSettings, Settings

EDITIONS = ("qd148-2023", "qd26-2026")


@pytest.fixture
def settings() -> Settings:
    """No database at all: whatever is answered here needs none."""
    return Settings(database=DatabaseSettings(url="postgresql+asyncpg://nobody@127.0.0.1:1/none"))


def url(edition: str = "qd26-2026", number: int = 13, rest: str = "") -> str:
    return f"/v1/editions/{edition}/sets/{number}{rest}"


async def test_all_sets_are_served_whole_without_a_database(client: httpx.AsyncClient) -> None:
    served = 0
    for edition in [(await client.get(f"/v1/editions/{code}")).json() for code in EDITIONS]:
        summaries = (await client.get(f"/v1/editions/{edition['code']}/sets")).json()["items"]
        assert [summary["number"] for summary in summaries] == edition["set_numbers"]
        for number in edition["set_numbers"]:
            answer = await client.get(url(edition["code"], number))
            assert answer.status_code == 200, answer.text
            body = answer.json()
            known = load_edition(edition["code"]).criteria_set(number)
            criteria = {
                c["code"]: c for part in body["parts"] for group in part["groups"] for c in group["criteria"]
            }
            assert list(criteria) == list(known.criteria)
            assert body["text"] == {"vi": known.text.vi, "en": known.text.en}
            assert [gate["id"] for gate in body["gates"]] == list(known.gates)
            assert len(body["problems"]) == len(known.problems)
            for code, criterion in known.criteria.items():
                shown = criteria[code]
                assert shown["levels"] == list(criterion.levels())
                assert [Decimal(option["points"]) for option in shown["options"]] == [
                    option.points for option in criterion.options
                ]
                assert [option["min_star"] for option in shown["options"]] == [
                    option.min_star for option in criterion.options
                ]
            served += 1
    assert served == 52


async def test_caches_may_keep_the_criteria_for_a_day(client: httpx.AsyncClient) -> None:
    for path in ("/v1/editions/qd26-2026", "/v1/editions/qd26-2026/sets", url()):
        first = await client.get(path)
        assert first.headers["cache-control"] == "public, max-age=86400"
        again = await client.get(path, headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")


async def test_unknown_set_is_told_in_both_languages(client: httpx.AsyncClient) -> None:
    vietnamese = await client.get(url(number=27))
    english = await client.get(url(number=27), headers={"Accept-Language": "en"})
    assert (vietnamese.status_code, vietnamese.json()["code"]) == (404, "rubric.unknown_set")
    assert vietnamese.json()["detail"] != english.json()["detail"]


def random_sheet(edition: str, number: int, chance: random.Random) -> tuple[dict[str, Any], Scoresheet]:
    criteria_set = load_edition(edition).criteria_set(number)
    choices: dict[str, Any] = {}
    raw: dict[str, Any] = {}
    for code, criterion in criteria_set.criteria.items():
        if chance.random() < 0.15:
            continue
        case = chance.choice(criterion.cases).number if criterion.cases else None
        level = chance.choice(criterion.levels(case))
        if case is None and chance.random() < 0.5:
            choices[code], raw[code] = level, level
        else:
            choices[code] = {"level": level, "case": case}
            raw[code] = level if case is None else (case, level)
    gates = [gate for gate in criteria_set.gates if chance.random() < 0.05]
    body = {"choices": choices, "gates": [{"gate": gate, "reason": "Có căn cứ"} for gate in gates]}
    return body, Scoresheet.of(edition, number, raw, [RecordedGate(gate, "Có căn cứ") for gate in gates])


@pytest.mark.parametrize("edition", EDITIONS)
async def test_random_sheets_come_to_what_the_domain_says(client: httpx.AsyncClient, edition: str) -> None:
    chance = random.Random(edition)  # noqa: S311 - repeatable examples, no secret
    for number in range(1, 27):
        body, sheet = random_sheet(edition, number, chance)
        answer = await client.post(url(edition, number, "/evaluate"), json=body)
        assert answer.status_code == 200, answer.text
        told, expected = answer.json(), evaluate(sheet)
        assert told["total"] == str(expected.total)
        assert (told["least_total"], told["most_total"]) == (
            str(expected.least_total),
            str(expected.most_total),
        )
        assert (told["star"], told["outcome"]) == (expected.star, expected.outcome.value)
        assert told["stars_in_reach"] == list(expected.stars_in_reach)
        assert told["missing"] == list(expected.missing)
        assert [score["points"] for score in told["criteria"]] == [str(s.points) for s in expected.criteria]
        assert [part["points"] for part in told["parts"]] == [str(p.points) for p in expected.parts]
        assert [[m["criterion"] for m in check["missed"]] for check in told["checks"]] == [
            [m.criterion for m in check.missed] for check in expected.checks
        ]
        assert [step["sentence"] for step in told["explanation"]] == [
            step.sentence("vi") for step in expected.explanation
        ]


async def test_an_empty_sheet_leaves_every_star_open(client: httpx.AsyncClient) -> None:
    answer = await client.post(url(rest="/evaluate"), json={}, headers={"Accept-Language": "en"})
    body = answer.json()
    assert (body["outcome"], body["star"], body["total"], body["most_total"]) == (
        "incomplete",
        None,
        "0",
        "100",
    )
    assert body["stars_in_reach"] == [1, 2, 3, 4, 5]
    assert answer.headers["content-language"] == "en"
    assert body["explanation"][-1]["sentence"].startswith("The sheet is not finished")


async def test_all_faults_of_a_sheet_are_told_at_once_with_their_place(client: httpx.AsyncClient) -> None:
    body = {
        "choices": {
            "1.1": 77,
            "99/1": 1,
            "1.2": {"level": 1, "case": 1},
        },
        "gates": [
            {"gate": "no_product_story", "reason": "Không có"},
            {"gate": "unheard_of", "reason": "Có"},
            {"gate": "no_product_story", "reason": " "},
        ],
    }
    answer = await client.post(url(rest="/evaluate"), json=body, headers={"Accept-Language": "en"})
    assert (answer.status_code, answer.json()["code"]) == (422, "rubric.sheet_invalid")
    found = {(error["pointer"], error["code"]) for error in answer.json()["errors"]}
    assert found == {
        ("/body/choices/1.1", "rubric.unknown_level"),
        ("/body/choices/99~11", "rubric.unknown_criterion"),
        ("/body/choices/1.2/case", "rubric.case_not_applicable"),
        ("/body/gates/1/gate", "rubric.unknown_gate"),
        ("/body/gates/2/gate", "rubric.gate_recorded_twice"),
        ("/body/gates/2/reason", "rubric.gate_reason_missing"),
    }
    assert "has no level 77" in next(e["detail"] for e in answer.json()["errors"] if "level" in e["code"])


@pytest.mark.parametrize(
    "choices", [{"1.1": "2"}, {"1.1": True}, {"1.1": 1.5}, {"1.1": {"level": 1, "more": 2}}, {"1.1": -1}, []]
)
async def test_a_malformed_choice_is_refused(client: httpx.AsyncClient, choices: object) -> None:
    answer = await client.post(url(rest="/evaluate"), json={"choices": choices})
    assert (answer.status_code, answer.json()["code"]) == (422, "request.invalid")
    assert answer.json()["errors"][0]["pointer"].startswith("/body/choices")


async def test_a_flood_of_choices_is_refused(client: httpx.AsyncClient) -> None:
    many = await client.post(url(rest="/evaluate"), json={"choices": {f"{n}": 1 for n in range(201)}})
    assert many.status_code == 422
    large = await client.post(
        url(rest="/evaluate"), json={"choices": {"x" * 60 + f"{n}": 1 for n in range(1000)}}
    )
    assert large.status_code == 413
