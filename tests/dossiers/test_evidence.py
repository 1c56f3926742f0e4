"""Evidence cited by a dossier: only the producer's own, kept once lodged, open to those who read the file."""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import httpx
from sqlalchemy import text
from tests.conftest import MovableClock
from tests.documents.conftest import pdf
from tests.dossiers.conftest import Headers, Trade, full_contents

from ocop_api.db.session import Database
from ocop_api.domain.actor import Actor, Bound, Grant, Role


async def _document(client: httpx.AsyncClient, producer_id: str, owner: Headers, words: str) -> str:
    answer = await client.post(
        "/v1/documents",
        data={"producer_id": producer_id, "kind": "business_registration", "title": "Giấy đăng ký"},
        files={"file": ("a.pdf", pdf(words), "application/pdf")},
        headers=owner,
    )
    assert answer.status_code == 201, answer.text
    found: str = answer.json()["id"]
    return found


def _citing(document_id: str) -> dict[str, Any]:
    evidence = [{"kind": "business_registration", "document_id": document_id}]
    return {**full_contents("qd26-2026"), "evidence": evidence}


async def test_councils_and_offices_open_what_a_lodged_dossier_cites(
    *,
    trade: Trade,
    client: httpx.AsyncClient,
    clock: MovableClock,
    people: dict[str, Headers],
    database: Database,
    as_actor: Callable[[Actor], Headers],
) -> None:
    product_id, owner = await trade.product(at=clock())
    dossier = await trade.draft(product_id, owner)
    cited = await _document(client, dossier["producer_id"], owner, "cited")
    other = await _document(client, dossier["producer_id"], owner, "not cited")
    written = await trade.write(dossier["id"], owner, _citing(cited))
    assert written.status_code == 200, written.text
    path = f"/v1/dossiers/{dossier['id']}/evidence/{cited}/content"
    # A draft has no lodged version, not even for its producer.
    assert (await client.get(path, headers=owner)).status_code == 404
    await trade.done(dossier["id"], "lodge", owner)

    council = uuid4()
    async with database.transaction() as session:
        await session.execute(
            text("update dossier set council_id = :council where id = :id"),
            {"council": council, "id": UUID(dossier["id"])},
        )
    members = [
        as_actor(
            Actor(user_id=uuid4(), grants=(Grant(Role.COUNCIL_MEMBER, Bound.COUNCIL, council_id=where),))
        )
        for where in (council, uuid4())
    ]
    for reader in (owner, members[0], people["commune_officer"], people["province_officer"]):
        answer = await client.get(path, headers=reader)
        assert (answer.status_code, answer.content) == (200, pdf("cited"))
    part = await client.get(path, headers={**members[0], "Range": "bytes=0-3"})
    assert (part.status_code, part.content) == (206, b"%PDF")
    assert (await client.get(f"/v1/documents/{cited}", headers=members[0])).status_code == 404
    for reader in (members[1], people["elsewhere_officer"]):
        assert (await client.get(path, headers=reader)).status_code == 404
    uncited = await client.get(path.replace(cited, other), headers=members[0])
    assert (uncited.status_code, uncited.json()["code"]) == (404, "documents.not_found")
    early = await client.get(path.replace("/content", "/preview"), headers=members[0])
    assert (early.status_code, early.json()["code"]) == (404, "documents.no_preview")

    reason = {"reason": "Nộp nhầm"}
    kept = await client.post(f"/v1/documents/{cited}/withdraw", json=reason, headers=owner)
    assert (kept.status_code, kept.json()["code"]) == (409, "documents.cited")
    gone = await client.post(f"/v1/documents/{other}/withdraw", json=reason, headers=owner)
    assert gone.status_code == 200


async def test_only_the_producers_own_documents_can_be_cited(
    trade: Trade, client: httpx.AsyncClient, clock: MovableClock
) -> None:
    product_id, owner = await trade.product(at=clock())
    dossier = await trade.draft(product_id, owner)
    other_product, other_owner = await trade.product("Tiêu", at=clock())
    other = await trade.draft(other_product, other_owner)
    foreign = await _document(client, other["producer_id"], other_owner, "foreign")
    for document_id in (foreign, str(uuid4())):
        refused = await trade.write(dossier["id"], owner, _citing(document_id))
        assert (refused.status_code, refused.json()["code"]) == (404, "documents.not_of_producer")
        assert refused.json()["data"]["document_ids"] == [document_id]

    own = await _document(client, dossier["producer_id"], owner, "own")
    assert (await trade.write(dossier["id"], owner, _citing(own))).status_code == 200
    withdrawn = await client.post(f"/v1/documents/{own}/withdraw", json={"reason": "Nhầm"}, headers=owner)
    assert withdrawn.status_code == 200
    late = await trade.act(dossier["id"], "lodge", owner)
    assert (late.status_code, late.json()["code"]) == (422, "documents.cited_withdrawn")
