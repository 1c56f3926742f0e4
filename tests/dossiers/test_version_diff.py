"""What changed between two files: exactly that, whatever the order things are written in."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.dossiers.conftest import FORM_03, LETTER, Headers, Trade, full_contents
from tests.dossiers.test_procedure import council_finds, recognised, to_council

from ocop_api.domain.actor import SYSTEM, Actor, Bound, Grant, Role
from ocop_api.domain.rubric.edition import load_edition
from ocop_api.dossiers.comparing import FileChange, FileSection, compare
from ocop_api.products.service import ProductService

EDITION, SET = "qd26-2026", 13
CRITERIA = load_edition(EDITION).criteria_set(SET)
HEAD = {"edition": EDITION, "set_number": SET, "place_id": "34:24611"}


def evidence(kind: str = "test_report", **facts: Any) -> dict[str, Any]:
    return {"kind": kind, "number": None, "document_id": None, "criteria": [], **facts}


def file(**sections: Any) -> dict[str, Any]:
    return {**HEAD, **sections}


def told(changes: tuple[FileChange, ...]) -> list[tuple[str, str, Any, Any]]:
    return [(change.kind.value, change.pointer, change.before, change.after) for change in changes]


pieces = st.builds(
    evidence,
    kind=st.sampled_from(["test_report", "award"]),
    number=st.sampled_from([None, "1", "2"]),
    document_id=st.sampled_from([None, "a", "b"]),
    criteria=st.lists(st.sampled_from(["1.1", "1.2", "8"]), unique=True),
)
files = st.builds(
    file,
    registration=st.dictionaries(st.sampled_from(["phone", "address"]), st.sampled_from([None, "", "x"])),
    evidence=st.lists(pieces, max_size=5),
    changes=st.lists(st.sampled_from(["a", "b", "c"]), max_size=4),
    self_assessment=st.dictionaries(
        st.sampled_from(list(CRITERIA.criteria)), st.builds(dict, level=st.integers(0, 3), case=st.none())
    ),
)


@given(files, st.randoms())
def test_reordering_is_no_change(contents: dict[str, Any], random: Random) -> None:
    def shuffled(value: Any) -> Any:
        if isinstance(value, dict):
            items = [(key, shuffled(inner)) for key, inner in value.items()]
            return dict(random.sample(items, len(items)))
        if isinstance(value, list):
            return random.sample([shuffled(item) for item in value], len(value))
        return value

    assert compare(contents, shuffled(contents), CRITERIA).changes == ()


@given(files, files)
def test_a_comparison_read_backwards_tells_the_same_of_texts_and_choices(
    before: dict[str, Any], after: dict[str, Any]
) -> None:
    mirrored = {"added": "removed", "removed": "added", "changed": "changed"}
    there = compare(before, after, CRITERIA).changes
    back = compare(after, before, CRITERIA).changes
    plain = {FileSection.REGISTRATION, FileSection.SELF_ASSESSMENT}

    def pairs(changes: tuple[FileChange, ...]) -> list[tuple[str, Any, Any, str]]:
        return [(c.pointer, c.before, c.after, c.kind.value) for c in changes if c.section in plain]

    assert pairs(there) == [(p, after_, before_, mirrored[k]) for p, before_, after_, k in pairs(back)]
    assert all(change.sentence("vi") and change.sentence("en") for change in there)


def test_evidence_is_matched_by_document_and_then_by_kind_and_number() -> None:
    document, other = str(uuid4()), str(uuid4())
    before = file(
        evidence=[evidence(document_id=document, number="1"), evidence(number="2"), evidence("award")]
    )
    after = file(
        evidence=[
            evidence("product_story"),
            evidence(number="2", document_id=other),
            evidence(document_id=document, number="1b", criteria=["8"]),
        ]
    )
    assert told(compare(before, after).changes) == [
        ("added", "/evidence/1/document_id", None, other),
        ("changed", "/evidence/2/number", "1", "1b"),
        ("added", "/evidence/2/criteria", [], ["8"]),
        ("removed", "/evidence/2", evidence("award"), None),
        ("added", "/evidence/0", None, evidence("product_story")),
    ]


def test_of_two_alike_pieces_only_the_changed_one_is_told() -> None:
    before = file(evidence=[evidence(issuer="A"), evidence(issuer="B")])
    after = file(evidence=[evidence(issuer="B"), evidence(issuer="C")])
    assert told(compare(before, after).changes) == [("changed", "/evidence/1/issuer", "A", "C")]


def test_choices_tell_criterion_levels_and_points() -> None:
    code, criterion = next(iter(CRITERIA.criteria.items()))
    low, high = criterion.options[0], criterion.options[-1]
    before = file(self_assessment={code: {"level": low.level, "case": None}})
    after = file(self_assessment={code: {"level": high.level, "case": None}})
    (change,) = compare(before, after, CRITERIA).changes
    found = change.criterion
    assert found is not None
    assert (found.code, found.level_before, found.level_after) == (code, low.level, high.level)
    assert (found.points_before, found.points_after) == (low.points, high.points)
    assert criterion.text.vi in change.sentence("vi")
    assert f"level {low.level} ({low.points:f} points) → level {high.level}" in change.sentence("en")
    (bare,) = compare(before, after).changes
    assert bare.criterion is not None
    assert (bare.criterion.vi, bare.criterion.points_after) == (None, None)
    (fallen,) = compare(after, file(self_assessment={code: {"level": 0, "case": None}}), CRITERIA).changes
    assert fallen.criterion is not None
    assert fallen.criterion.points_after == Decimal(0)


@pytest.mark.parametrize("other", [{"edition": "qd148-2023"}, {"set_number": 14}])
def test_choices_under_other_criteria_are_not_compared(other: dict[str, Any]) -> None:
    before = file(self_assessment={"1.1": {"level": 1, "case": None}}, registration={"phone": "1"})
    after = {
        **file(self_assessment={"1.1": {"level": 2, "case": None}}, registration={"phone": "2"}),
        **other,
    }
    found = compare(before, after, CRITERIA)
    assert not found.comparable_criteria
    assert [change.section for change in found.changes] == [FileSection.HEADER, FileSection.REGISTRATION]
    assert compare({}, after).comparable_criteria


def test_texts_of_an_upgrade_keep_their_place_when_one_is_written_anew() -> None:
    found = compare(file(changes=["a", "b", "c"]), file(changes=["c", "B", "a", "d"]))
    assert told(found.changes) == [("changed", "/changes/1", "b", "B"), ("added", "/changes/3", None, "d")]
    (phone,) = compare(file(registration={"phone": "1" * 500}), file(registration={"phone": "2"})).changes
    assert phone.sentence("vi").startswith("Phiếu đăng ký, điện thoại: “111")
    assert len(phone.sentence("en")) < 200


async def supplement_round(trade: Trade, people: dict[str, Headers], clock: Any) -> tuple[str, Headers]:
    """Lodged, asked for more, changed in a new order, resubmitted."""
    commune = people["commune_officer"]
    dossier, producer = await trade.lodged(clock())
    await trade.done(dossier["id"], "receive", commune)
    items = [{"what": "Phiếu kiểm nghiệm mới"}]
    await trade.done(dossier["id"], "request-supplement", commune, items=items, due_on="2026-06-25")
    contents = full_contents(EDITION)
    contents["self_assessment"] = dict(reversed(contents["self_assessment"].items()))
    contents["self_assessment"]["1.1"] = {"level": 1}
    contents["registration"] |= {"phone": "0261 3 999 999"}
    contents["evidence"].insert(0, {"kind": "test_report", "number": "KN-12"})
    assert (await trade.write(dossier["id"], producer, contents)).status_code == 200
    await trade.done(dossier["id"], "resubmit", producer, answers=[{"item": 1, "answer": "Đã gửi"}])
    return dossier["id"], producer


async def test_a_supplement_round_shows_exactly_what_changed(
    trade: Trade, client: httpx.AsyncClient, clock: Any, people: dict[str, Headers]
) -> None:
    dossier_id, producer = await supplement_round(trade, people, clock)
    url = f"/v1/dossiers/{dossier_id}/versions"
    answer = await client.get(f"{url}/2/changes", headers=people["commune_officer"])
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert (found["before"]["version_number"], found["after"]["version_number"]) == (1, 2)
    assert found["comparable_criteria"] is True
    top = CRITERIA.criteria["1.1"].options
    assert [(c["section"], c["kind"], c["pointer"]) for c in found["changes"]] == [
        ("registration", "changed", "/registration/phone"),
        ("self_assessment", "changed", "/self_assessment/1.1"),
        ("evidence", "added", "/evidence/0"),
    ]
    phone, choice, report = found["changes"]
    assert (phone["before"], phone["after"]) == ("0261 3 123 456", "0261 3 999 999")
    assert phone["vi"] == "Phiếu đăng ký, điện thoại: “0261 3 123 456” → “0261 3 999 999”."
    assert (choice["before"]["level"], choice["after"]["level"]) == (top[-1].level, 1)
    assert choice["criterion"]["points_before"] == f"{top[-1].points:f}"
    assert (report["before"], report["after"]["number"]) == (None, "KN-12")

    same = await client.get(f"{url}/2/changes?since=2", headers=producer)
    assert same.json()["changes"] == []
    back = (await client.get(f"{url}/1/changes?since=2", headers=producer)).json()
    assert [c["kind"] for c in back["changes"]] == ["changed", "changed", "removed"]
    first = (await client.get(f"{url}/1/changes", headers=producer)).json()
    assert first["before"]["version_number"] == 0
    assert {c["kind"] for c in first["changes"]} == {"added"}
    for path in ("/3/changes", "/2/changes?since=3", "/3"):
        missing = await client.get(url + path, headers=producer)
        assert (missing.status_code, missing.json()["code"]) == (404, "dossier.version_unknown"), path
    assert (await client.get(f"{url}/0", headers=producer)).status_code == 422


async def test_a_frozen_version_is_typed_and_open_to_readers_alone(
    trade: Trade, client: httpx.AsyncClient, clock: Any, people: dict[str, Headers]
) -> None:
    dossier_id, producer = await supplement_round(trade, people, clock)
    url = f"/v1/dossiers/{dossier_id}/versions/1"
    found = (await client.get(url, headers=people["province_officer"])).json()
    listed = (await client.get(f"/v1/dossiers/{dossier_id}/versions", headers=producer)).json()[0]
    assert (found["number"], found["sha256"]) == (1, listed["sha256"])
    assert found["contents"]["registration"]["phone"] == "0261 3 123 456"
    assert (found["place_id"], found["edition"], found["lodged_on"]) == ("34:24611", EDITION, "2026-06-15")
    assert found["product_code"] == listed["contents"]["product_code"]
    _, stranger = await trade.lodged(clock(), name="Tiêu")
    for reader in (stranger, people["elsewhere_officer"]):
        for path in (url, f"{url}/changes", f"/v1/dossiers/{dossier_id}/changes-since-recognition"):
            hidden = await client.get(path, headers=reader)
            assert (hidden.status_code, hidden.json()["code"]) == (404, "dossier.unknown")
    assert (await client.get(url)).status_code == 401


async def test_an_upgrade_is_compared_with_the_file_that_was_recognised(
    trade: Trade,
    client: httpx.AsyncClient,
    clock: Any,
    people: dict[str, Headers],
    as_actor: Callable[[Actor], Headers],
) -> None:
    first, producer = await trade.lodged(clock())
    none = await client.get(f"/v1/dossiers/{first['id']}/changes-since-recognition", headers=producer)
    assert (none.status_code, none.json()["code"]) == (404, "dossier.no_earlier_dossier")
    await trade.done(first["id"], "receive", people["commune_officer"], samples=5)
    await trade.done(
        first["id"], "forward", people["commune_officer"], form_03=FORM_03, request_letter=LETTER
    )
    await to_council(trade, first["id"], people["province_officer"])
    await council_finds(trade.database, clock, first["id"], "62", 3)
    assert await recognised(trade.database, clock, first["id"]) == "recognised"
    async with trade.database.transaction() as session:
        await ProductService(session, SYSTEM, clock()).set_recognition(
            UUID(first["product_id"]), stars=3, valid_until=date(2029, 6, 1), status="valid"
        )

    clock.at = datetime(2027, 3, 1, 2, 0, tzinfo=UTC)
    draft = await trade.draft(first["product_id"], producer, kind="upgrade")
    contents = full_contents(EDITION) | {"changes": ["Đầu tư lò rang mới."]}
    contents["registration"] |= {"position": "Chủ tịch"}
    await trade.write(draft["id"], producer, contents)
    url = f"/v1/dossiers/{draft['id']}/changes-since-recognition"
    answer = await client.get(url, headers=producer)
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert (found["before"]["dossier_id"], found["before"]["version_number"]) == (first["id"], 1)
    assert (found["after"]["dossier_id"], found["after"]["version_number"]) == (draft["id"], None)
    assert [c["pointer"] for c in found["changes"]] == ["/registration/position", "/changes/0"]
    # A draft is its producer's alone.
    assert (await client.get(url, headers=people["commune_officer"])).status_code == 404
    secretary = as_actor(
        Actor(user_id=uuid4(), grants=(Grant(Role.COUNCIL_SECRETARY, Bound.COUNCIL, council_id=uuid4()),))
    )
    assert (await client.get(url, headers=secretary)).status_code == 404
    lodged = await trade.done(draft["id"], "lodge", producer)
    assert (lodged["state"], lodged["kind"]) == ("lodged", "upgrade")
    after = (await client.get(url, headers=people["commune_officer"])).json()
    assert after["after"]["version_number"] == 1
    assert after["changes"] == found["changes"]
