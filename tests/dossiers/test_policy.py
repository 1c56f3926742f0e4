"""Who acts in which capacity, as a table, and until when a step is due."""

from datetime import date
from uuid import uuid4

import pytest

from ocop_api.domain.actor import PUBLIC, SYSTEM, Actor, Bound, Grant, Role
from ocop_api.domain.dossier import Acting, Action, Guard, Level, Party
from ocop_api.domain.regimes import REGIMES
from ocop_api.dossiers.policy import EVENTS, FIELDS_OF_GUARDS, Whereabouts, capacities
from ocop_api.dossiers.schemas import FORM_03_TOPICS, Form03

PRODUCER, COUNCIL = uuid4(), uuid4()
PATH = ("63:67", "63:660", "63:24611", "34:68", "34:24611")
IN_DISTRICTS, TODAY = date(2025, 6, 30), date(2025, 7, 1)


def area(role: Role, place_id: str, level: Level) -> Grant:
    return Grant(role, Bound.AREA, level=level, place_id=place_id)


COMMUNE_OFFICER = area(Role.OFFICER, "34:24611", Level.COMMUNE)
DISTRICT_OFFICER = area(Role.OFFICER, "63:660", Level.DISTRICT)
PROVINCE_OFFICER = area(Role.OFFICER, "34:68", Level.PROVINCE)
PROVINCE_LEADER = area(Role.LEADER, "34:68", Level.PROVINCE)
MINISTER = Grant(Role.LEADER, Bound.EVERYWHERE, level=Level.CENTRAL)
OFFICE_AND_GROUP = {Party.OFFICE, Party.ADVISORY_GROUP}


@pytest.mark.parametrize(
    ("grant", "level", "today", "parties"),
    [
        (COMMUNE_OFFICER, Level.COMMUNE, TODAY, OFFICE_AND_GROUP),
        (COMMUNE_OFFICER, Level.PROVINCE, TODAY, set()),
        (PROVINCE_OFFICER, Level.PROVINCE, TODAY, OFFICE_AND_GROUP),
        (PROVINCE_OFFICER, Level.COMMUNE, TODAY, set()),
        (PROVINCE_OFFICER, Level.CENTRAL, TODAY, set()),
        (PROVINCE_LEADER, Level.PROVINCE, TODAY, {Party.AUTHORITY}),
        (PROVINCE_LEADER, Level.CENTRAL, TODAY, set()),
        (MINISTER, Level.CENTRAL, TODAY, {Party.AUTHORITY}),
        (MINISTER, Level.PROVINCE, TODAY, set()),
        (DISTRICT_OFFICER, Level.DISTRICT, IN_DISTRICTS, OFFICE_AND_GROUP),
        (DISTRICT_OFFICER, Level.DISTRICT, TODAY, set()),
        (PROVINCE_OFFICER, Level.DISTRICT, IN_DISTRICTS, set()),
        (PROVINCE_OFFICER, Level.DISTRICT, TODAY, OFFICE_AND_GROUP),
        (PROVINCE_LEADER, Level.DISTRICT, TODAY, {Party.AUTHORITY}),
        (area(Role.OFFICER, "34:01", Level.PROVINCE), Level.PROVINCE, TODAY, set()),
        (area(Role.INSPECTOR, "34:68", Level.PROVINCE), Level.PROVINCE, TODAY, set()),
        (area(Role.ADMIN, "34:68", Level.PROVINCE), Level.PROVINCE, TODAY, set()),
        (Grant(Role.ADMIN, Bound.EVERYWHERE), Level.CENTRAL, TODAY, set()),
        (Grant(Role.PRODUCER, Bound.PRODUCER, producer_id=PRODUCER), Level.COMMUNE, TODAY, {Party.PRODUCER}),
        (Grant(Role.PRODUCER, Bound.PRODUCER, producer_id=uuid4()), Level.COMMUNE, TODAY, set()),
        (
            Grant(Role.COUNCIL_SECRETARY, Bound.COUNCIL, council_id=COUNCIL),
            Level.PROVINCE,
            TODAY,
            {Party.COUNCIL},
        ),
        (Grant(Role.COUNCIL_SECRETARY, Bound.COUNCIL, council_id=uuid4()), Level.PROVINCE, TODAY, set()),
        (Grant(Role.COUNCIL_MEMBER, Bound.COUNCIL, council_id=COUNCIL), Level.PROVINCE, TODAY, set()),
        (
            Grant(Role.COUNCIL_ADVISER, Bound.COUNCIL, council_id=COUNCIL),
            Level.PROVINCE,
            TODAY,
            {Party.ADVISORY_GROUP},
        ),
        (Grant(Role.COUNCIL_ADVISER, Bound.COUNCIL, council_id=uuid4()), Level.PROVINCE, TODAY, set()),
    ],
)
def test_capacities_follow_from_grants(grant: Grant, level: Level, today: date, parties: set[Party]) -> None:
    where = Whereabouts(level=level, area_path=PATH, producer_id=PRODUCER, council_id=COUNCIL)
    actor = Actor(user_id=uuid4(), grants=(grant,))
    expected = {Acting(p, None if p is Party.PRODUCER else level) for p in parties}
    assert capacities(actor, where, today) == expected


def test_advisers_need_a_council_on_the_file_and_do_not_advise_on_their_own() -> None:
    adviser = Grant(Role.COUNCIL_ADVISER, Bound.COUNCIL, council_id=COUNCIL)
    unnamed = Whereabouts(level=Level.PROVINCE, area_path=PATH, producer_id=PRODUCER)
    assert capacities(Actor(user_id=uuid4(), grants=(adviser,)), unnamed, TODAY) == frozenset()
    own = Grant(Role.PRODUCER, Bound.PRODUCER, producer_id=PRODUCER)
    named = Whereabouts(level=Level.PROVINCE, area_path=PATH, producer_id=PRODUCER, council_id=COUNCIL)
    both = Actor(user_id=uuid4(), grants=(adviser, own))
    assert capacities(both, named, TODAY) == {Acting(Party.PRODUCER)}


def test_the_public_has_no_capacity_and_the_system_has_all() -> None:
    where = Whereabouts(level=Level.PROVINCE, area_path=PATH, producer_id=PRODUCER)
    assert capacities(PUBLIC, where, TODAY) == frozenset()
    assert {item.party for item in capacities(SYSTEM, where, TODAY)} == set(Party)


def test_words_of_the_table_are_all_known_here() -> None:
    assert set(EVENTS) == set(Action)
    assert len(set(EVENTS.values())) == len(Action)
    assert set(FORM_03_TOPICS) == set(Form03.model_fields) - {"recommendation"}
    assert set(FIELDS_OF_GUARDS) <= set(Guard)
    assert REGIMES[-1].rule(Level.COMMUNE).topics == set(FORM_03_TOPICS)
