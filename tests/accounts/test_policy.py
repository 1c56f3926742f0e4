"""Who may administer what: pure decisions."""

from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocop_api.accounts.addresses import fold_email
from ocop_api.accounts.policy import Standing, Target, check_bound, may_administer, reaches
from ocop_api.domain.actor import (
    PUBLIC,
    ROLE_BOUNDS,
    SYSTEM,
    Actor,
    Bound,
    Grant,
    Level,
    Permission,
    Role,
)
from ocop_api.domain.errors import Invalid

ASSIGN = Permission.GRANT_ASSIGN

COMMUNE = Standing(("34:68", "34:24611"), Level.COMMUNE)
PROVINCE = Standing(("34:68",), Level.PROVINCE)
# A former district whose area path also names a new commune inside of it.
FORMER_DISTRICT = Standing(("63:67", "63:660", "34:68", "34:24611"), Level.DISTRICT)
COUNCIL_OF_PROVINCE = Standing(("34:68",))
NOWHERE = Standing()


def admin(place_id: str, level: Level) -> Actor:
    return Actor(user_id=uuid4(), grants=(Grant(Role.ADMIN, Bound.AREA, level, place_id),))


COMMUNE_ADMIN = admin("34:24611", Level.COMMUNE)
PROVINCE_ADMIN = admin("34:68", Level.PROVINCE)
STRANGER = admin("34:01", Level.PROVINCE)
ROOT = Actor(user_id=uuid4(), grants=(Grant(Role.ADMIN, Bound.EVERYWHERE),))
OFFICER = Actor(user_id=uuid4(), grants=(Grant(Role.OFFICER, Bound.EVERYWHERE),))


@pytest.mark.parametrize(
    ("actor", "standing", "expected"),
    [
        (COMMUNE_ADMIN, COMMUNE, True),
        (COMMUNE_ADMIN, PROVINCE, False),
        (COMMUNE_ADMIN, FORMER_DISTRICT, False),
        (COMMUNE_ADMIN, COUNCIL_OF_PROVINCE, False),
        (COMMUNE_ADMIN, NOWHERE, False),
        (PROVINCE_ADMIN, COMMUNE, True),
        (PROVINCE_ADMIN, PROVINCE, True),
        (PROVINCE_ADMIN, FORMER_DISTRICT, True),
        (PROVINCE_ADMIN, COUNCIL_OF_PROVINCE, True),
        (PROVINCE_ADMIN, NOWHERE, False),
        (STRANGER, COMMUNE, False),
        (ROOT, NOWHERE, True),
        (ROOT, PROVINCE, True),
        (SYSTEM, NOWHERE, True),
        (OFFICER, COMMUNE, False),
        (PUBLIC, COMMUNE, False),
    ],
)
def test_reach_needs_area_and_level(actor: Actor, standing: Standing, expected: bool) -> None:
    assert reaches(actor, ASSIGN, standing) is expected


def test_an_account_is_administered_only_with_all_it_holds() -> None:
    assert may_administer(COMMUNE_ADMIN, COMMUNE, [COMMUNE])
    assert not may_administer(COMMUNE_ADMIN, COMMUNE, [COMMUNE, PROVINCE])
    assert not may_administer(PROVINCE_ADMIN, COMMUNE, [NOWHERE])
    assert may_administer(ROOT, NOWHERE, [NOWHERE])


@given(
    role=st.sampled_from(Role),
    bound=st.sampled_from(Bound),
    place=st.booleans(),
    council=st.booleans(),
    producer=st.booleans(),
)
def test_exactly_the_right_target_fits(
    role: Role, bound: Bound, place: bool, council: bool, producer: bool
) -> None:
    target = Target("34:68" if place else None, uuid4() if council else None, uuid4() if producer else None)
    named = {
        name
        for name, there in ((Bound.AREA, place), (Bound.COUNCIL, council), (Bound.PRODUCER, producer))
        if there
    }
    fits = bound in ROLE_BOUNDS[role] and named == {bound} - {Bound.EVERYWHERE}
    try:
        check_bound(role, bound, target)
    except Invalid:
        assert not fits
    else:
        assert fits


@given(st.emails())
def test_folding_an_email_ignores_case_and_is_stable(email: str) -> None:
    assert fold_email(email) == fold_email(email.upper())
    assert fold_email(fold_email(email)) == fold_email(email)
