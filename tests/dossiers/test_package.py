"""A dossier taken along as one ZIP: whole, checked by its manifest, evidence byte for byte."""

import hashlib
import io
import json
import zipfile
from datetime import UTC, datetime
from typing import Any

import httpx
import rfc8785
from hypothesis import given
from hypothesis import strategies as st
from tests.conftest import MovableClock
from tests.documents.conftest import pdf

from ocop_api.dossiers.packing import PackedFile, json_file, packed

from .conftest import Headers, Trade, full_contents

TITLE = "Phiếu kiểm nghiệm cà phê bột ../../../etc"
AT = datetime(2026, 6, 15, 2, 0, tzinfo=UTC)


async def taken(trade: Trade, dossier_id: str, actor: Headers) -> zipfile.ZipFile:
    answer = await trade.client.get(f"/v1/dossiers/{dossier_id}/package.zip", headers=actor)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/zip"
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    assert archive.testzip() is None
    return archive


def checked(archive: zipfile.ZipFile) -> dict[str, Any]:
    """The manifest, once every file has the digest and size it tells."""
    manifest: dict[str, Any] = json.loads(archive.read("manifest.json"))
    assert archive.namelist() == ["manifest.json", *(one["name"] for one in manifest["files"])]
    for one in manifest["files"]:
        content = archive.read(one["name"])
        assert (hashlib.sha256(content).hexdigest(), len(content)) == (one["sha256"], one["size"])
    return manifest


async def document(client: httpx.AsyncClient, producer_id: str, owner: Headers, title: str) -> str:
    answer = await client.post(
        "/v1/documents",
        data={"producer_id": producer_id, "kind": "test_report", "title": title, "number": "KN-1"},
        files={"file": ("a.pdf", pdf(f"report {len(title)}"), "application/pdf")},
        headers=owner,
    )
    assert answer.status_code == 201, answer.text
    found: str = answer.json()["id"]
    return found


async def test_package_holds_everything_and_evidence_byte_for_byte(
    trade: Trade, clock: MovableClock, client: httpx.AsyncClient, people: dict[str, Headers]
) -> None:
    product_id, owner = await trade.product(at=clock())
    draft = await trade.draft(product_id, owner)
    one, two = [await document(client, draft["producer_id"], owner, title) for title in (TITLE, "#")]
    evidence = [{"kind": "test_report", "document_id": id_, "criteria": ["8"]} for id_ in (one, two)]
    await trade.write(draft["id"], owner, full_contents("qd26-2026") | {"evidence": evidence})
    unlodged = checked(await taken(trade, draft["id"], owner))
    assert [item["name"] for item in unlodged["files"] if item["name"].startswith("versions")] == []
    lodged = await trade.done(draft["id"], "lodge", owner)
    await trade.done(draft["id"], "receive", people["commune_officer"])

    for reader in (owner, people["commune_officer"], people["province_officer"]):
        archive = await taken(trade, draft["id"], reader)
        manifest = checked(archive)
        assert manifest["dossier"]["product_code"] == lodged["product_code"]
        assert [item["name"] for item in manifest["files"]] == [
            "dossier.json",
            "history.json",
            "versions/01.json",
            "evidence/001-test_report-phieu-kiem-nghiem-ca-phe-bot-etc.pdf",
            "evidence/002-test_report.pdf",
        ]
        assert archive.read(manifest["files"][3]["name"]) == pdf(f"report {len(TITLE)}")
        assert manifest["files"][3]["document"]["number"] == "KN-1"
        version = json.loads(archive.read("versions/01.json"))
        assert hashlib.sha256(rfc8785.dumps(version["contents"])).hexdigest() == version["sha256"]
        assert [step["action"] for step in json.loads(archive.read("history.json"))] == ["lodge", "receive"]
    hidden = await trade.client.get(
        f"/v1/dossiers/{draft['id']}/package.zip", headers=people["elsewhere_officer"]
    )
    assert (hidden.status_code, hidden.json()["code"]) == (404, "dossier.unknown")


@given(st.lists(st.binary(max_size=300_000), max_size=5))
async def test_any_content_comes_back_as_it_went_in(contents: list[bytes]) -> None:
    def opening(content: bytes) -> Any:
        async def opened() -> Any:
            for start in range(0, len(content), 65_536):
                yield content[start : start + 65_536]

        return opened

    files = [
        PackedFile(
            f"evidence/{place}.bin",
            "application/octet-stream",
            len(content),
            hashlib.sha256(content).hexdigest(),
            opening(content),
        )
        for place, content in enumerate(contents)
    ]
    pieces = [piece async for piece in packed({"id": "x"}, [json_file("a.json", {"b": 1}), *files], AT)]
    archive = zipfile.ZipFile(io.BytesIO(b"".join(pieces)))
    assert archive.testzip() is None
    manifest = checked(archive)
    assert [archive.read(one["name"]) for one in manifest["files"][1:]] == contents
