"""A file is checked and measured by the criteria edition of its own lodging day, added editions included."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from typing import Any

import pytest

from ocop_api.db.edition_shelf import EditionShelf
from ocop_api.db.session import Database
from ocop_api.domain.actor import SYSTEM
from ocop_api.domain.regimes import REGIMES
from ocop_api.domain.rubric.edition import (
    Edition,
    edition_under,
    load_edition,
    shipped_document,
    take_off_shelf,
)
from ocop_api.scoring.schemas.edition_file import EditionFile
from ocop_api.scoring.service.edition_keeping import EditionKeeper

from .conftest import Headers, Trade, full_contents

SHIPPED, ADDED, FIRST_DAY = "qd26-2026", "qd26-2026-c1", date(2026, 9, 1)
BEFORE = datetime(2026, 8, 31, 16, 59, tzinfo=UTC)
"""One minute before midnight in Vietnam."""


@pytest.fixture
async def added(database: Database) -> AsyncIterator[Edition]:
    """The same edition under another code, whose set 13 asks one thing less, as an administrator added it."""
    document = shipped_document(SHIPPED) | {"edition": ADDED, "in_force_from": FIRST_DAY.isoformat()}
    coffee = document["sets"][12]
    group = coffee["parts"][-1]["groups"][-1]
    coffee["attainable"] -= group["criteria"].pop()["max"]
    coffee.setdefault("problems", []).append({"what": "One criterion less.", "group": group["code"]})
    async with database.transaction() as session:
        keeper = EditionKeeper(session, SYSTEM, BEFORE)
        await keeper.add(EditionFile.model_validate(document), dry_run=False)
    async with database.read() as session:
        yield await EditionShelf(session).load(ADDED)
    take_off_shelf(ADDED)


@pytest.mark.parametrize("law", REGIMES, ids=lambda law: law.code)
def test_shipped_editions_are_in_force_as_long_as_their_regimes(law: Any) -> None:
    last = law.valid_to or date(2030, 12, 31)
    assert {edition_under(law.criteria_edition, day) for day in (law.valid_from, last)} == {
        law.criteria_edition
    }


async def test_file_follows_the_edition_of_its_lodging_day(
    trade: Trade, clock: Any, people: dict[str, Headers], added: Edition
) -> None:
    (gone,) = load_edition(SHIPPED).criteria_set(13).criteria.keys() - added.criteria_set(13).criteria.keys()
    clock.at = BEFORE
    before, early = await trade.lodged(BEFORE, name="Cà phê sớm")
    product_id, late = await trade.product("Cà phê muộn", at=BEFORE)
    draft = await trade.draft(product_id, late)
    assert (before["edition"], draft["edition"]) == (SHIPPED, SHIPPED)
    written = await trade.write(draft["id"], late, full_contents(SHIPPED))
    assert written.json()["findings"] == []

    clock.move(minutes=2)
    found = (await trade.read(draft["id"], late))["findings"]
    assert [(item["code"], item["pointer"]) for item in found] == [
        ("choice_not_in_criteria", f"/self_assessment/{gone}")
    ]
    refused = await trade.act(draft["id"], "lodge", late)
    assert (refused.status_code, refused.json()["code"]) == (409, "dossier.incomplete")
    await trade.write(draft["id"], late, full_contents(ADDED))
    lodged = await trade.done(draft["id"], "lodge", late)
    assert (lodged["edition"], lodged["regime"]) == (ADDED, SHIPPED)

    # What was lodged the day before stays what it was, and is still complete by its own edition.
    received = await trade.done(before["id"], "receive", people["commune_officer"])
    assert (received["edition"], (await trade.read(before["id"], early))["state"]) == (
        SHIPPED,
        "commune_review",
    )
    kinds = await trade.client.get("/v1/documents/kinds", params={"set_number": 13}, headers=late)
    assert kinds.json()["edition"] == ADDED
