"""The plan as data: complete, in two languages, unknown codes refused."""

import httpx
import pytest

from .conftest import PLAN


async def test_the_list_names_the_plan(client: httpx.AsyncClient) -> None:
    answer = await client.get("/v1/programme/plans")
    assert answer.status_code == 200
    assert answer.json() == [
        {
            "code": "ke-hoach-230-2024",
            "number": "230/KH-UBND",
            "issued_on": "2024-03-05",
            "year": 2024,
            "province_code": "67",
            "title_vi": "Kế hoạch thực hiện Chương trình OCOP tỉnh Đắk Nông năm 2024",
            "title_en": "Plan of the OCOP programme of Đắk Nông province for 2024",
        }
    ]


async def test_the_plan_is_complete_and_hangs_together(client: httpx.AsyncClient) -> None:
    plan = (await client.get(PLAN)).json()
    assert [task["number"] for task in plan["tasks"]] == list(range(1, 9))
    assert [target["code"] for target in plan["targets"]] == [f"T{n:02d}" for n in range(1, 17)]
    assert {m["code"]: m["before"] for m in plan["milestones"]} == {
        "M01": "2024-10-01",
        "M02": "2024-10-15",
        "M03": "2024-10-30",
    }
    assert plan["reporting"] == ["half_year", "year"]
    assert len(plan["funding"]) == 4
    agencies = {agency["code"] for agency in plan["agencies"]}
    solutions = [solution for task in plan["tasks"] for solution in task["solutions"]]
    assert solutions
    for solution in solutions:
        assert solution["lead"]
        assert {*solution["lead"], *solution["coordinating"]} <= agencies
    for part in (*plan["targets"], *plan["tasks"], *plan["agencies"], *plan["funding"], *solutions):
        assert part["vi"]
        assert part["en"]


@pytest.mark.parametrize("path", ["", "/targets", "/targets/T01"])
async def test_an_unknown_plan_is_not_found(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(f"/v1/programme/plans/ke-hoach-0{path}", headers={"Accept-Language": "en"})
    assert answer.status_code == 404
    assert answer.json()["code"] == "programme.plan_unknown"
    assert "ke-hoach-0" in answer.json()["detail"]


async def test_an_unknown_target_is_not_found(client: httpx.AsyncClient) -> None:
    answer = await client.get(f"{PLAN}/targets/T17")
    assert (answer.status_code, answer.json()["code"]) == (404, "programme.target_unknown")
