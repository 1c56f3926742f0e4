"""A file is checked and measured by the criteria edition of its own lodging day, added editions included."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from types import MappingProxyType
from typing import Any

import pytest

from ocop_api.domain.regimes import REGIMES
from ocop_api.domain.rubric.edition import (
    Edition,
    edition_under,
    load_edition,
    put_on_shelf,
    take_off_shelf,
)

from .conftest import Headers, Trade, full_contents

SHIPPED, ADDED, FIRST_DAY = "qd26-2026", "qd26-2026-c1", date(2026, 9, 1)
BEFORE = datetime(2026, 8, 31, 16, 59, tzinfo=UTC)
"""One minute before midnight in Vietnam."""


def without_last_criterion(edition: Edition) -> Edition:
    """The same edition under another code, whose set 13 asks one thing less."""
    found = replace(edition.criteria_set(13), edition=ADDED)
    part = found.parts[-1]
    group = part.groups[-1]
    shorter = replace(part, groups=(*part.groups[:-1], replace(group, criteria=group.criteria[:-1])))
    changed = replace(found, parts=(*found.parts[:-1], shorter))
    return replace(
        edition,
        code=ADDED,
        in_force_from=FIRST_DAY,
        sets=MappingProxyType({**edition.sets, 13: changed}),
    )


@pytest.fixture
def added() -> Iterator[Edition]:
    edition = without_last_criterion(load_edition(SHIPPED))
    put_on_shelf(edition, "digest")
    yield edition
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
