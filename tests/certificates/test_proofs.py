"""Anybody can prove that what happened to a certificate lies in the ledger, and sees nothing else."""

import asyncio
import json
import re
import sys
from collections.abc import Awaitable, Callable
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import event, text
from tests.conftest import MovableClock, settle
from tests.ledger.scripts import SCRIPT, verify_ledger

from ocop_api.certificates.policy import PROVEN_KINDS
from ocop_api.certificates.service import LifeService
from ocop_api.db.session import Database
from ocop_api.domain.actor import Actor
from ocop_api.ledger.jobs import seal_pending
from ocop_api.settings import Settings
from ocop_api.web.texts import catalogue

from .conftest import CHAIR, World

AsActor = Callable[[Actor], dict[str, str]]
Issue = Callable[..., Awaitable[httpx.Response]]
Seal = Callable[[], Awaitable[int]]
ORDER = {
    "ground": "production_stopped",
    "reason": "Cơ sở của ông Trần Văn Ẩn đã đóng cửa.",
    "concluded_on": "2026-06-15",
}


@pytest.fixture
def seal_all(database: Database, settings: Settings, clock: MovableClock) -> Seal:
    async def sealing() -> int:
        await settle(database)
        return await seal_pending(database, settings, clock)

    return sealing


async def read(client: httpx.AsyncClient, path: str) -> dict[str, Any]:
    answer = await client.get(path)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def kinds(proofs: dict[str, Any]) -> list[str]:
    return [one["kind"] for one in proofs["events"]]


def holds(proofs: dict[str, Any]) -> bool:
    """Whether the signature and every path hold, by the script's own rules."""
    script, head = verify_ledger(), proofs["checkpoint"]
    root = script.check_head(head, {head["public_key"]["kid"]})
    return all(
        script.included(
            one["leaf"].encode(),
            one["seq"],
            [bytes.fromhex(node) for node in one["path"]],
            proofs["tree_size"],
            root,
        )
        for one in proofs["events"]
    )


async def test_issue_and_withdrawal_are_proven_against_one_signed_head(
    client: httpx.AsyncClient, world: World, as_actor: AsActor, issue: Issue, seal_all: Seal
) -> None:
    made = (await issue(await world.rated())).json()
    path = f"/v1/certificates/{made['id']}/proofs"
    assert made["proofs_url"].endswith(path)
    unsealed = await read(client, path)
    assert (unsealed["checkpoint"], unsealed["tree_size"], unsealed["pending"]) == (None, 0, 1)
    await seal_all()
    answer = await client.post(f"/v1/certificates/{made['id']}/withdraw", json=ORDER, headers=as_actor(CHAIR))
    assert answer.status_code == 200, answer.text
    waiting = await read(client, path)
    assert (kinds(waiting), waiting["pending"]) == (["certificate.issued"], 1)
    await seal_all()
    proofs = await read(client, path)
    assert kinds(proofs) == ["certificate.issued", "certificate.withdrawn"]
    assert (proofs["pending"], proofs["checkpoint"]["seq"]) == (0, proofs["tree_size"])
    assert proofs["checkpoint"] == await read(client, "/v1/ledger/head")
    assert holds(proofs)
    leaf = json.loads(proofs["events"][0]["leaf"])
    assert (leaf["subject_id"], leaf["data"]["number"]) == (made["id"], made["number"])
    # An older head still proves what it covered.
    older = await read(client, f"{path}?size={waiting['tree_size']}")
    assert (older["tree_size"], kinds(older), older["pending"]) == (
        waiting["tree_size"],
        ["certificate.issued"],
        1,
    )
    assert holds(older)


async def test_a_proof_names_nobody_and_gives_no_reason(
    client: httpx.AsyncClient, world: World, as_actor: AsActor, issue: Issue, seal_all: Seal
) -> None:
    made = (await issue(await world.rated())).json()
    await client.post(f"/v1/certificates/{made['id']}/withdraw", json=ORDER, headers=as_actor(CHAIR))
    await seal_all()
    answer = await client.get(f"/v1/certificates/{made['id']}/proofs")
    assert kinds(answer.json()) == ["certificate.issued", "certificate.withdrawn"]
    for hidden in (str(CHAIR.user_id), "actor_id", "Ẩn", "reason", "Kín", "kin@example.vn"):
        assert hidden not in answer.text
    for one in answer.json()["events"]:
        assert set(json.loads(one["leaf"])) == {
            *("area_path", "at", "chain", "data", "id", "kind", "ordinal", "sealed_at", "seq"),
            *("subject_id", "subject_type"),
        }


async def test_the_chain_in_a_leaf_is_that_of_the_ledger(
    client: httpx.AsyncClient, world: World, database: Database, seal_all: Seal
) -> None:
    known = await world.recorded()
    await seal_all()
    (one,) = (await read(client, f"/v1/certificates/{known['id']}/proofs"))["events"]
    async with database.read() as session:
        digest = await session.scalar(
            text("select hash from ledger_seal where seq = :seq"), {"seq": one["seq"]}
        )
        node = await session.scalar(
            text("select hash from ledger_node where level = 0 and index = :index"), {"index": one["seq"] - 1}
        )
    assert digest is not None
    assert node is not None
    assert json.loads(one["leaf"])["chain"] == digest.hex()
    assert one["leaf_hash"] == node.hex()


async def test_a_certificate_that_is_replaced_has_an_event_of_its_own(
    client: httpx.AsyncClient, world: World, clock: MovableClock, issue: Issue, seal_all: Seal
) -> None:
    product = await world.product()
    old = (await issue(await world.rated(product=product))).json()
    clock.move(days=198)
    later = await world.rated(product=product, points="92", lodged_on=date(2026, 12, 1))
    new = (await issue(later, decided_on="2026-12-30")).json()
    await seal_all()
    proofs = await read(client, f"/v1/certificates/{old['id']}/proofs")
    assert kinds(proofs) == ["certificate.issued", "certificate.superseded"]
    leaf = json.loads(proofs["events"][1]["leaf"])
    assert leaf["data"] == {
        "number": old["number"],
        "producer_id": old["producer_id"],
        "product_id": old["product_id"],
        "stars": old["stars"],
        "successor_id": new["id"],
        "superseded_on": "2026-12-30",
    }
    assert leaf["at"].startswith("2026-12-30")
    successor = await read(client, f"/v1/certificates/{new['id']}/proofs")
    assert kinds(successor) == ["certificate.issued"]
    # Whoever follows the changes knows the successor first.
    assert successor["events"][0]["seq"] < proofs["events"][1]["seq"]


async def test_a_replacement_is_told_once_and_by_the_clock_never_again(
    world: World, database: Database, clock: MovableClock, issue: Issue
) -> None:
    product = await world.product()
    await world.recorded(decided_on=date(2026, 1, 5), product_id=product[0], number=None)
    await issue(await world.rated(product=product))
    await world.recorded(decided_on=date(2020, 1, 5), product_id=product[0], number=None)
    async with database.transaction() as session:
        await LifeService(session, clock()).show_prolonged(product[0])
    async with database.read() as session:
        told = await session.scalar(
            text("select count(*) from ledger_event where kind = 'certificate.superseded'")
        )
        notices = await session.scalar(text("select count(*) from notification"))
    assert (told, notices) == (1, 0)


async def test_only_the_own_events_are_shown(
    client: httpx.AsyncClient, world: World, issue: Issue, seal_all: Seal
) -> None:
    one, other = [(await issue(await world.rated())).json() for _ in range(2)]
    await seal_all()
    answer = await client.get(f"/v1/certificates/{one['id']}/proofs")
    assert len(answer.json()["events"]) == 1
    for foreign in (other["id"], other["number"], other["product_id"]):
        assert foreign not in answer.text


async def test_a_notice_that_tells_of_a_file_under_way_is_not_shown(
    client: httpx.AsyncClient, world: World, database: Database, clock: MovableClock, seal_all: Seal
) -> None:
    known = await world.recorded(decided_on=date(2026, 6, 15))
    clock.at = clock.at.replace(year=2028, month=12, day=20)
    async with database.transaction() as session:
        await LifeService(session, clock()).tell_of_ends()
    async with database.read() as session:
        assert await session.scalar(
            text("select count(*) from ledger_event where kind = 'certificate.expiring'")
        )
    await seal_all()
    proofs = await read(client, f"/v1/certificates/{known['id']}/proofs")
    assert (kinds(proofs), proofs["pending"]) == (["certificate.recorded"], 0)


def test_every_kind_of_event_is_either_shown_or_kept_back_on_purpose() -> None:
    services = Path(__file__).parents[2] / "src" / "ocop_api" / "certificates"
    named = {
        name
        for file in services.rglob("*.py")
        for name in re.findall(r'"(certificate\.[a-z_]+)"', file.read_text("utf-8"))
    }
    assert named - set(catalogue()) == PROVEN_KINDS | {"certificate.expiring"}


async def test_answers_can_be_kept_and_asked_for_again(
    client: httpx.AsyncClient, world: World, seal_all: Seal
) -> None:
    known = await world.recorded()
    await seal_all()
    path = f"/v1/certificates/{known['id']}/proofs"
    first = await client.get(path)
    assert first.headers["cache-control"] == "public, max-age=60"
    assert first.headers["access-control-allow-origin"] == "*"
    again = await client.get(path, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    await world.recorded(number=None)
    await seal_all()
    grown = await client.get(path, headers={"If-None-Match": first.headers["etag"]})
    assert grown.status_code == 200
    assert grown.json()["tree_size"] > first.json()["tree_size"]


async def test_what_is_not_there_is_told(client: httpx.AsyncClient, world: World, seal_all: Seal) -> None:
    answer = await client.get(f"/v1/certificates/{uuid4()}/proofs")
    assert (answer.status_code, answer.json()["code"]) == (404, "certificate.not_found")
    known = await world.recorded()
    path = f"/v1/certificates/{known['id']}/proofs"
    for size in ("1", "9000000000000000000"):
        answer = await client.get(f"{path}?size={size}")
        assert (answer.status_code, answer.json()["code"]) == (404, "ledger.no_such_checkpoint")
    await seal_all()
    assert (await client.get(f"{path}?size=1")).status_code == 200
    for wrong in ("0", "-1", "x", "9223372036854775808"):
        assert (await client.get(f"{path}?size={wrong}")).status_code == 422


async def test_the_number_of_statements_does_not_grow_with_the_events(
    client: httpx.AsyncClient, world: World, as_actor: AsActor, database: Database, seal_all: Seal
) -> None:
    known = await world.recorded()
    await seal_all()
    path = f"/v1/certificates/{known['id']}/proofs"
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    engine = database.read_engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        await read(client, path)
        few = len(statements)
        await client.get(f"/v1/certificates/{known['id']}/credential")
        await client.post(f"/v1/certificates/{known['id']}/withdraw", json=ORDER, headers=as_actor(CHAIR))
        for _ in range(12):
            await world.recorded(number=None)
        await seal_all()
        statements.clear()
        assert len((await read(client, path))["events"]) == 3
    finally:
        event.remove(engine, "before_cursor_execute", note)
    assert len(statements) == few <= 6


@pytest.mark.parametrize(("language", "words"), [("vi", "bằng chứng (JSON)"), ("en", "proof (JSON)")])
async def test_the_page_leads_to_the_proof(
    client: httpx.AsyncClient, world: World, language: str, words: str
) -> None:
    known = await world.recorded()
    page = (await client.get(f"/verify/{known['code']}?lang={language}")).text
    assert f'<a href="/v1/certificates/{known["id"]}/proofs">{words}</a>' in page
    data = await read(client, f"/v1/verify/{known['code']}")
    assert data["proofs_url"].endswith(f"/v1/certificates/{known['id']}/proofs")


# The script for those who trust a key alone.


async def run(*arguments: str | Path) -> tuple[int, str]:
    """Status and words of the script, run as strangers run it."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", str(SCRIPT), *map(str, arguments)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, said.decode()


@pytest.fixture
async def answers(
    client: httpx.AsyncClient, world: World, as_actor: AsActor, issue: Issue, seal_all: Seal, tmp_path: Path
) -> tuple[Path, Path, Path, str]:
    """Files of proofs, a head kept earlier and the proof between the two, and the key's id."""
    await world.recorded(number=None)
    await seal_all()
    kept = await read(client, "/v1/ledger/head")
    made = (await issue(await world.rated())).json()
    await client.post(f"/v1/certificates/{made['id']}/withdraw", json=ORDER, headers=as_actor(CHAIR))
    await world.recorded(number=None)
    await seal_all()
    proofs = await read(client, f"/v1/certificates/{made['id']}/proofs")
    between = await read(
        client, f"/v1/ledger/proofs/consistency?first={kept['seq']}&second={proofs['tree_size']}"
    )
    files = []
    for name, content in (("proofs", proofs), ("kept", kept), ("between", between)):
        files.append(tmp_path / f"{name}.json")
        files[-1].write_text(json.dumps(content, ensure_ascii=False), "utf-8")
    return files[0], files[1], files[2], kept["public_key"]["kid"]


async def test_the_script_says_what_is_proven(answers: tuple[Path, Path, Path, str]) -> None:
    proofs, kept, between, key = answers
    status, said = await run(proofs, key)
    assert status == 0, said
    assert [line.split()[0] for line in said.splitlines()[1:]] == ["included", "included"]
    assert "certificate.withdrawn" in said
    status, said = await run(proofs, "another," + key, kept, between)
    assert status == 0, said
    assert "consistent with the kept head" in said
    x = json.loads(kept.read_text("utf-8"))["public_key"]["x"]
    assert (await run(proofs, x))[0] == 0


def _flip(text_of: str, at: int) -> str:
    """The text with one character another one of the same alphabet."""
    return text_of[:at] + ("0" if text_of[at] != "0" else "1") + text_of[at + 1 :]


CHANGES: dict[str, Callable[[dict[str, Any]], object]] = {
    "leaf": lambda p: p["events"][0].update(leaf=p["events"][0]["leaf"].replace('"stars":4', '"stars":5')),
    "last leaf": lambda p: p["events"][-1].update(leaf=_flip(p["events"][-1]["leaf"], 40)),
    "path": lambda p: p["events"][0]["path"].__setitem__(-1, _flip(p["events"][0]["path"][-1], 5)),
    "longer path": lambda p: p["events"][0]["path"].append("00" * 32),
    "no path": lambda p: p["events"][0].update(path=[]),
    "place": lambda p: p["events"][0].update(seq=p["events"][0]["seq"] + 1),
    "root": lambda p: p["checkpoint"].update(root=_flip(p["checkpoint"]["root"], 0)),
    "chain": lambda p: p["checkpoint"].update(hash=_flip(p["checkpoint"]["hash"], 63)),
    "size": lambda p: p["checkpoint"].update(seq=p["checkpoint"]["seq"] + 1),
    "time": lambda p: p["checkpoint"].update(signed_at=_flip(p["checkpoint"]["signed_at"], 3)),
    "signature": lambda p: p["checkpoint"].update(signature=_flip(p["checkpoint"]["signature"], 10)),
    "end of the signature": lambda p: p["checkpoint"].update(
        signature=p["checkpoint"]["signature"][:-1] + chr(ord(p["checkpoint"]["signature"][-1]) + 1)
    ),
    "no root": lambda p: p["checkpoint"].update(root=None, context="ocop-ledger-head/1"),
    "no head": lambda p: p.update(checkpoint=None),
    "no events": lambda p: p.update(events=[]),
    "another certificate": lambda p: p.update(certificate_id=str(uuid4())),
}


async def test_the_script_refuses_every_change(answers: tuple[Path, Path, Path, str]) -> None:
    proofs, kept, between, key = answers
    genuine = json.loads(proofs.read_text("utf-8"))
    for name, change in CHANGES.items():
        changed = json.loads(json.dumps(genuine))
        change(changed)
        assert changed != genuine, name
        proofs.write_text(json.dumps(changed), "utf-8")
        status, said = await run(proofs, key)
        assert status == 1, (name, said)
        assert "NOT PROVEN" in said, (name, said)
        assert "Traceback" not in said, (name, said)
    proofs.write_text(json.dumps(genuine), "utf-8")
    assert (await run(proofs, key, kept, between))[0] == 0


async def test_the_script_refuses_other_keys_and_other_pasts(answers: tuple[Path, Path, Path, str]) -> None:
    proofs, kept, between, key = answers
    status, said = await run(proofs, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k")
    assert (status, "not signed with a trusted key" in said) == (1, True)
    path = json.loads(between.read_text("utf-8"))
    path["path"][0] = _flip(path["path"][0], 7)
    between.write_text(json.dumps(path), "utf-8")
    status, said = await run(proofs, key, kept, between)
    assert (status, "NOT CONSISTENT" in said) == (1, True)
    head = json.loads(kept.read_text("utf-8"))
    head["root"] = _flip(head["root"], 9)
    kept.write_text(json.dumps(head), "utf-8")
    status, said = await run(proofs, key, kept, between)
    assert (status, "signature" in said) == (1, True)
    for arguments in ((), (proofs,), (proofs, key, kept), (Path("none.json"), key)):
        status, said = await run(*arguments)
        assert (status, "Traceback" in said) == (1, False), said
