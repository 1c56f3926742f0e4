"""An inspection from its plan to its end."""

from typing import Any

from .conftest import Stage


async def test_a_periodic_inspection_from_the_plan_to_its_end(stage: Stage) -> None:
    certificate = await stage.certificate()
    inspector = await stage.inspector()
    inspection = await stage.begun(certificate["id"], inspector)
    assert inspection["state"] == "under_way"
    codes = {one["code"] for one in inspection["items"]}
    assert {"mark.stars", "production.continues", "food_safety.papers"} <= codes
    assert all(one["finding"] == "not_checked" for one in inspection["items"])
    inspection = await stage.answer(inspection, inspector[1])
    inspection = await stage.concluded(inspection, inspector[1])
    assert (inspection["state"], inspection["conclusion"]) == ("concluded", "kept")
    allowed: Any = {one["action"]: one["missing"] for one in inspection["allowed_actions"]}
    assert "record" not in allowed
