"""Ties between members and producers: what is certain, what is only a question, and when."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from ocop_api.domain.council import RecusalReason
from ocop_api.domain.interests import Interest, Member, ProducerPeople, TieBasis, ties

HTX, OTHER = UUID(int=1), UUID(int=2)
TODAY = date(2026, 6, 15)
PEOPLE = ProducerPeople(
    producer_id=HTX,
    names=frozenset({"Nguyễn Văn An", "H’Loan Niê"}),
    emails=frozenset({"HTX@example.vn"}),
    phones=frozenset({"+84912345678"}),
)


def _member(**facts: Any) -> Member:
    return Member(**{"names": frozenset({"Trần Thị Bình"}), "email": "binh@example.vn", **facts})


def _interest(**facts: Any) -> Interest:
    return Interest(**{"relation": RecusalReason.RELATIVE, "valid_from": TODAY, **facts})


@pytest.mark.parametrize(
    ("member", "expected"),
    [
        (_member(), []),
        (_member(acts_for=frozenset({OTHER})), []),
        (_member(acts_for=frozenset({HTX})), [("other_interest", TieBasis.ACTS_FOR_PRODUCER, True)]),
        (_member(email="htx@EXAMPLE.vn"), [("owner", TieBasis.SAME_EMAIL, True)]),
        (_member(names=frozenset({"Nguyen Van An"})), [("owner", TieBasis.SAME_NAME, False)]),
        (_member(names=frozenset({"NGUYỄN  VĂN AN", "An"})), [("owner", TieBasis.SAME_NAME, False)]),
        (_member(names=frozenset({"Nguyễn Văn Anh", "An", ""})), []),
        (
            _member(interests=(_interest(producer_id=HTX, relation=RecusalReason.ADVISER),)),
            [("adviser", TieBasis.DECLARED, True)],
        ),
        (_member(interests=(_interest(producer_id=OTHER),)), []),
        (
            _member(interests=(_interest(relative_name="Hloan Nie"),)),
            [],
        ),
        (
            _member(interests=(_interest(relative_name="h’loan nie"),)),
            [("relative", TieBasis.RELATIVE_SAME_NAME, False)],
        ),
        (
            _member(interests=(_interest(relative_name="Lê Thị Cúc", relative_phone="+84912345678"),)),
            [("relative", TieBasis.RELATIVE_SAME_PHONE, True)],
        ),
        (
            # With a number that is another one's the name is still a question.
            _member(interests=(_interest(relative_name="Nguyễn Văn An", relative_phone="+84999999999"),)),
            [("relative", TieBasis.RELATIVE_SAME_NAME, False)],
        ),
        (
            _member(
                names=frozenset({"Nguyễn Văn An"}),
                acts_for=frozenset({HTX}),
                interests=(_interest(producer_id=HTX), _interest(producer_id=HTX)),
            ),
            [
                ("other_interest", TieBasis.ACTS_FOR_PRODUCER, True),
                ("relative", TieBasis.DECLARED, True),
                ("owner", TieBasis.SAME_NAME, False),
            ],
        ),
    ],
)
def test_ties(member: Member, expected: list[tuple[str, TieBasis, bool]]) -> None:
    assert [(one.reason, one.basis, one.certain) for one in ties(member, PEOPLE, TODAY)] == expected


@pytest.mark.parametrize(
    ("since", "until", "holds"),
    [(0, None, True), (1, None, False), (-30, 0, True), (-30, -1, False), (0, 0, True)],
)
def test_an_interest_holds_from_its_first_to_its_last_day(since: int, until: int | None, holds: bool) -> None:
    interest = _interest(
        producer_id=HTX,
        valid_from=TODAY + timedelta(days=since),
        valid_until=None if until is None else TODAY + timedelta(days=until),
    )
    assert bool(ties(_member(interests=(interest,)), PEOPLE, TODAY)) is holds


def test_nobody_is_tied_to_a_producer_without_people() -> None:
    nobody = ProducerPeople(producer_id=HTX)
    assert ties(_member(names=frozenset({""}), email=""), nobody, TODAY) == ()
