"""A dossier taken along as one ZIP: whole, checked by its manifest, evidence byte for byte."""

import contextlib
import hashlib
import io
import json
import zipfile
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from pypdf import PdfReader
from tests.conftest import MovableClock
from tests.documents.conftest import pdf

from ocop_api.domain.errors import Invalid
from ocop_api.dossiers.packing import PackedFile, json_file, packed
from ocop_api.dossiers.unpacking import MOST_BYTES, Package

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
            "forms/01.pdf",
            "forms/02.pdf",
            "evidence/001-test_report-phieu-kiem-nghiem-ca-phe-bot-etc.pdf",
            "evidence/002-test_report.pdf",
        ]
        assert archive.read(manifest["files"][5]["name"]) == pdf(f"report {len(TITLE)}")
        assert manifest["files"][5]["document"]["number"] == "KN-1"
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


async def give(trade: Trade, dossier_id: str, owner: Headers, content: bytes) -> httpx.Response:
    return await trade.client.put(
        f"/v1/dossiers/{dossier_id}/package",
        files={"file": ("hoso.zip", content, "application/zip")},
        headers=owner | {"If-Match": "*"},
    )


async def packed_dossier(
    trade: Trade, clock: MovableClock, client: httpx.AsyncClient
) -> tuple[bytes, dict[str, Any]]:
    """A lodged dossier's package, and the dossier."""
    product_id, owner = await trade.product(at=clock())
    draft = await trade.draft(product_id, owner)
    made = [await document(client, draft["producer_id"], owner, title) for title in (TITLE, "Hai")]
    evidence = [{"kind": "test_report", "document_id": id_, "criteria": ["8"]} for id_ in made]
    evidence.append({"kind": "award", "number": "A-1"})
    await trade.write(draft["id"], owner, full_contents("qd26-2026") | {"evidence": evidence})
    lodged = await trade.done(draft["id"], "lodge", owner)
    answer = await trade.client.get(f"/v1/dossiers/{draft['id']}/package.zip", headers=owner)
    return answer.content, lodged


async def test_package_goes_round_with_byte_identical_evidence(
    trade: Trade, clock: MovableClock, client: httpx.AsyncClient, people: dict[str, Headers]
) -> None:
    content, lodged = await packed_dossier(trade, clock, client)
    product_id, owner = await trade.product("Ở tỉnh khác", at=clock())
    draft = await trade.draft(product_id, owner)
    answer = await give(trade, draft["id"], owner, content)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert (told["pieces"], told["documents_added"], told["without_file"]) == (3, 2, 1)
    again = (await give(trade, draft["id"], owner, content)).json()
    assert (again["documents_added"], again["documents_known"], again["pieces"]) == (0, 2, 3)

    there = await trade.read(draft["id"], owner)
    assert (there["findings"], there["product_code"], there["state"]) == ([], None, "draft")
    for part in ("registration", "report", "self_assessment"):
        assert there["contents"][part] == lodged["contents"][part]
    assert [item["number"] for item in there["contents"]["evidence"]] == ["KN-1", "KN-1", "A-1"]
    await trade.done(draft["id"], "lodge", owner)
    first = zipfile.ZipFile(io.BytesIO(content))
    second = await taken(trade, draft["id"], people["commune_officer"])
    names = [name for name in first.namelist() if name.startswith("evidence/")]
    assert names == [name for name in second.namelist() if name.startswith("evidence/")]
    assert [first.read(name) for name in names] == [second.read(name) for name in names]

    late = await give(trade, draft["id"], owner, content)
    assert (late.status_code, late.json()["code"]) == (409, "dossier.not_editable")
    officer = await give(trade, draft["id"], people["commune_officer"], content)
    assert (officer.status_code, officer.json()["code"]) == (403, "auth.not_permitted")


def rewritten(content: bytes, **changes: bytes | None) -> bytes:
    """The package with files changed, left out (None) or added; the manifest stays as it is."""
    source, target = zipfile.ZipFile(io.BytesIO(content)), io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in source.namelist():
            data = changes.pop(name, source.read(name))
            if data is not None:
                archive.writestr(name, data)
        for name, data in changes.items():
            archive.writestr(name, data or b"")
    return target.getvalue()


async def test_package_that_was_tampered_with_is_refused_whole(
    trade: Trade, clock: MovableClock, client: httpx.AsyncClient
) -> None:
    content, _ = await packed_dossier(trade, clock, client)
    product_id, owner = await trade.product("Ở tỉnh khác", at=clock())
    draft = await trade.draft(product_id, owner)
    names = zipfile.ZipFile(io.BytesIO(content)).namelist()
    manifest = json.loads(zipfile.ZipFile(io.BytesIO(content)).read("manifest.json"))
    piece = next(name for name in names if name.startswith("evidence/"))
    strange = json.dumps(manifest | {"format_version": 2}).encode()
    outside = deepcopy(manifest)
    outside["files"][-1]["name"] = "../../etc/passwd"
    for broken, code in (
        (b"not a zip", "unreadable"),
        (content[: len(content) // 2], "unreadable"),
        (rewritten(content, **{piece: pdf("forged")}), "altered"),
        (rewritten(content, **{"history.json": b"[]"}), "altered"),
        (rewritten(content, **{piece: None}), "altered"),
        (rewritten(content, **{"more.json": b"{}"}), "altered"),
        (rewritten(content, **{"manifest.json": None}), "other_format"),
        (rewritten(content, **{"manifest.json": b"{}"}), "other_format"),
        (rewritten(content, **{"manifest.json": strange}), "other_format"),
        (rewritten(content, **{"manifest.json": json.dumps(outside).encode()}), "other_format"),
        (rewritten(content, **{f"{n}.json": b"" for n in range(700)}), "too_large"),
    ):
        refused = await give(trade, draft["id"], owner, broken)
        assert (refused.status_code, refused.json()["code"]) == (422, f"dossier.package_{code}")
    kept = await client.get(f"/v1/documents?producer_id={draft['producer_id']}", headers=owner)
    assert kept.json()["items"] == []
    assert (await trade.read(draft["id"], owner))["version"] == draft["version"]


def test_small_file_that_unpacks_to_gigabytes_is_refused_unread() -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("a.json", "w") as one:
        for _ in range(MOST_BYTES // 2**20 + 1):
            one.write(bytes(2**20))
    with pytest.raises(Invalid, match=r"dossier\.package_too_large"):
        Package(target)


@given(st.data())
def test_any_changed_byte_is_found_or_changes_nothing(data: st.DataObject) -> None:
    body = json.dumps({"registration": {}}).encode()
    listed = {"name": "dossier.json", "media_type": "application/json", "size": len(body)}
    listed["sha256"] = hashlib.sha256(body).hexdigest()
    manifest = {"format": "ocop-dossier", "format_version": 1, "dossier": {}, "files": [listed]}
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("manifest.json", json.dumps(manifest))
        archive.writestr("dossier.json", body)
    content = bytearray(target.getvalue())
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= data.draw(st.integers(1, 255))
    with contextlib.suppress(Invalid):
        package = Package(io.BytesIO(bytes(content)))
        package.verify()
        assert package.json("dossier.json") == {"registration": {}}


async def test_dossier_is_bound_into_one_pdf_with_contents_and_bookmarks(
    trade: Trade, clock: MovableClock, client: httpx.AsyncClient, people: dict[str, Headers]
) -> None:
    clock.at = clock.at.replace(microsecond=123_456)
    product_id, owner = await trade.product(at=clock())
    draft = await trade.draft(product_id, owner)
    first = await document(client, draft["producer_id"], owner, TITLE)
    picture = io.BytesIO()
    Image.new("RGB", (600, 400), "brown").save(picture, "PNG")
    answer = await client.post(
        "/v1/documents",
        data={"producer_id": draft["producer_id"], "kind": "award", "title": "Giải thưởng", "number": "G-9"},
        files={"file": ("a.png", picture.getvalue(), "image/png")},
        headers=owner,
    )
    assert answer.status_code == 201, answer.text
    evidence = [
        {"kind": "test_report", "document_id": first, "criteria": ["8"]},
        {"kind": "award", "document_id": answer.json()["id"]},
    ]
    await trade.write(draft["id"], owner, full_contents("qd26-2026") | {"evidence": evidence})
    await trade.done(draft["id"], "lodge", owner)
    content = await client.get(f"/v1/dossiers/{draft['id']}/package.pdf", headers=people["commune_officer"])
    assert content.status_code == 200, content.text
    assert content.headers["content-disposition"] == 'attachment; filename="dossier-68-24611-1-2026.pdf"'
    bound = PdfReader(io.BytesIO(content.content))
    outline: list[Any] = bound.outline

    def page_of(mark: Any) -> int:
        number = bound.get_destination_page_number(mark)
        assert number is not None
        return number

    marks = [(one.title, page_of(one)) for one in outline if not isinstance(one, list)]
    assert [title for title, _ in marks] == [
        "Mục lục",
        "Mẫu số 01: Phiếu đăng ký",
        "Mẫu số 02: Báo cáo tự đánh giá",
        "Tài liệu minh chứng",
    ]
    pieces = next(one for one in outline if isinstance(one, list))
    assert [one.title for one in pieces] == [f"{TITLE} KN-1", "Giải thưởng G-9"]
    contents = "".join(bound.pages[0].extract_text().split())
    for title, page in marks[1:3]:
        assert "".join(title.split()) in contents
        assert str(page + 1) in contents
    assert "PHIẾUĐĂNGKÝ" in "".join(bound.pages[marks[1][1]].extract_text().split())
    assert f"report {len(TITLE)}" in bound.pages[page_of(pieces[0])].extract_text()
    assert len(bound.pages) == page_of(pieces[1]) + 1
    hidden = await client.get(f"/v1/dossiers/{draft['id']}/package.pdf", headers=people["elsewhere_officer"])
    assert (hidden.status_code, hidden.json()["code"]) == (404, "dossier.unknown")
