"""The law as the API tells it, and the page that the table is rendered to."""

from pathlib import Path

import httpx

from ocop_api.domain.dossier import Action, transitions
from ocop_api.domain.regimes import REGIMES
from ocop_api.dossiers.documentation import render
from ocop_api.dossiers.policy import ELSEWHERE


async def test_regimes_are_public_and_cacheable(client: httpx.AsyncClient) -> None:
    answer = await client.get("/v1/regimes")
    assert [item["code"] for item in answer.json()["items"]] == [law.code for law in REGIMES]
    for law in REGIMES:
        one = await client.get(f"/v1/regimes/{law.code}")
        assert one.status_code == 200, one.text
        assert len(one.json()["table"]) == len(transitions(law))
        again = await client.get(f"/v1/regimes/{law.code}", headers={"If-None-Match": one.headers["etag"]})
        assert again.status_code == 304
    assert one.json()["levels"][1]["decides"] == [3, 4]
    unknown = await client.get("/v1/regimes/qd1-1900", headers={"Accept-Language": "en"})
    assert (unknown.status_code, unknown.json()["code"]) == (404, "regimes.unknown")


async def test_regime_of_a_day(client: httpx.AsyncClient) -> None:
    assert (await client.get("/v1/regimes/in-force")).json()["code"] == "qd26-2026"
    assert (await client.get("/v1/regimes/in-force?on=2024-03-04")).json()["code"] == "qd148-2023"
    before = await client.get("/v1/regimes/in-force?on=2018-01-01")
    assert (before.status_code, before.json()["code"]) == (409, "regimes.before_first_regime")
    assert (await client.get("/v1/regimes/in-force?on=yesterday")).status_code == 422


async def test_every_action_of_the_table_has_its_address(client: httpx.AsyncClient) -> None:
    contract = (await client.get("/openapi.json")).json()
    start = "/v1/dossiers/{dossier_id}/"
    found = {path.removeprefix(start) for path in contract["paths"] if path.startswith(start)}
    wanted = {action.value.replace("_", "-") for action in Action if action not in ELSEWHERE}
    assert wanted <= found
    assert not {action.value for action in ELSEWHERE} & found


def test_page_of_the_table_is_current() -> None:
    page = Path(__file__).parents[2] / "docs" / "dossier-states.md"
    assert page.read_text("utf-8") == render(), (
        "write it anew: python -m ocop_api.dossiers.documentation > docs/dossier-states.md"
    )
