"""Cases of withdrawal, from what was found to the decision."""

from datetime import date
from uuid import UUID, uuid4

import pytest

from ocop_api.certificates.service import WithdrawalCases
from ocop_api.certificates.withdrawal_schemas import WithdrawalCaseOpen
from ocop_api.db.session import Database
from ocop_api.domain.actor import Actor, Bound, Grant, Level, Role
from ocop_api.domain.errors import Conflict
from ocop_api.settings import Clock

from .conftest import PROVINCE, World

FOUND = {
    "ground": "criteria_not_kept",
    "source": "own_finding",
    "found": "Cơ sở không còn vùng nguyên liệu tại địa phương.",
}


def officer(place_id: str | None = PROVINCE, level: Level = Level.PROVINCE) -> Actor:
    bound = Bound.EVERYWHERE if place_id is None else Bound.AREA
    return Actor(uuid4(), "cán bộ OCOP", (Grant(Role.OFFICER, bound, level=level, place_id=place_id),))


async def test_a_service_opens_a_case_for_an_inspection(
    world: World, database: Database, clock: Clock
) -> None:
    known = await world.recorded()
    opening = WithdrawalCaseOpen.model_validate(FOUND)
    inspection_id = uuid4()
    async with database.transaction() as session:
        cases = WithdrawalCases(session, officer(), clock())
        case = await cases.open(UUID(known["id"]), opening, inspection_id=inspection_id)
        assert (case.state, case.inspection_id) == ("verifying", inspection_id)
        assert case.answer_due_on == date(2026, 6, 25)
        with pytest.raises(Conflict) as refused:
            await cases.open(UUID(known["id"]), opening)
        assert (refused.value.code, refused.value.data["case_id"]) == ("withdrawal.already_open", case.id)
