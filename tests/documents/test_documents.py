"""Evidence: recognised by its bytes, kept once, seen by those who may."""

import io
import zipfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pypdf
import pytest
from fastapi import FastAPI
from pypdf.generic import DictionaryObject, NameObject, TextStringObject
from sqlalchemy import text
from tests.documents.conftest import Headers, Papers, pdf, picture, written

from ocop_api.adapters.object_store import ObjectStore
from ocop_api.db.session import Database
from ocop_api.documents.policy import display_name
from ocop_api.domain.errors import Unavailable


def _zip() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("run.js", "alert(1)")
    return target.getvalue()


def _acting(how: str) -> bytes:
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(pdf()))
    if how == "javascript":
        action = {NameObject("/S"): NameObject("/JavaScript"), NameObject("/JS"): TextStringObject("x")}
        writer._root_object[NameObject("/OpenAction")] = DictionaryObject(action)
    else:
        writer.add_attachment("x.exe", b"MZ")
    return written(writer)


def _zip_inside_pdf() -> bytes:
    """An archive whose end record lies in a comment of the PDF, so that the PDF still ends properly."""
    whole = pdf()
    packed = bytearray(_zip())
    at = whole.rindex(b"startxref")
    rest = whole[at:]
    packed[-2:] = len(rest).to_bytes(2, "little")
    return whole[:at] + b"%" + bytes(packed).replace(b"\n", b"\0") + rest


async def test_evidence_goes_in_and_comes_out_unchanged(client: httpx.AsyncClient, papers: Papers) -> None:
    content = pdf()
    made = await papers.send(content, "../../etc/passwd", issued_on="2025-01-02", expires_on="2026-06-14")
    assert made.status_code == 201, made.text
    body = made.json()
    assert (body["media_type"], body["pages"], body["original_name"]) == ("application/pdf", 1, "passwd")
    assert (body["expired"], body["current"], body["processing"]) == (True, True, "pending")
    sent = await client.get(f"{made.headers['location']}/content", headers=papers.owner)
    assert sent.content == content
    assert sent.headers["content-disposition"] == f'attachment; filename="{body["id"]}.pdf"'
    assert sent.headers["x-content-type-options"] == "nosniff"
    assert sent.headers["content-length"] == str(len(content))
    again = await client.get(
        f"{made.headers['location']}/content",
        headers={**papers.owner, "If-None-Match": sent.headers["etag"]},
    )
    assert (again.status_code, again.content) == (304, b"")
    assert await papers.listed("?expiring_before=2026-12-31") == [body["id"]]


_REFUSED = [
    (b"", "documents.empty"),
    (b"<html><script>alert(1)</script></html>", "documents.type_not_accepted"),
    (b"MZ" + b"\x00" * 200, "documents.type_not_accepted"),
    (b"<html>" + pdf(), "documents.type_not_accepted"),
    (_zip(), "documents.office_file"),
    (b"%PDF-1.7\n<html><script>alert(1)</script></html>", "documents.damaged"),
    (pdf()[:-40], "documents.damaged"),
    (b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\nstartxref\n9\n%%EOF\n", "documents.damaged"),
    (pdf() + _zip(), "documents.foreign_data"),
    (pdf() + b"<html>", "documents.foreign_data"),
    (pdf() + pdf(), "documents.foreign_data"),
    (_zip_inside_pdf(), "documents.foreign_data"),
    (pdf(user_password="mat-khau", algorithm="AES-128"), "documents.encrypted"),
    (pdf(user_password="", owner_password="x", algorithm="AES-128"), "documents.encrypted"),
    (_acting("javascript"), "documents.active_content"),
    (_acting("attachment"), "documents.active_content"),
    (pdf(pages=1001), "documents.too_many_pages"),
    (picture() + b"PK\x03\x04 hidden archive", "documents.damaged"),
    (picture("JPEG")[:-60] + b"\xff\xd9", "documents.damaged"),
    (picture("WEBP") + b"more", "documents.damaged"),
]


async def test_a_file_that_is_not_what_it_claims_is_refused(papers: Papers) -> None:
    for content, code in _REFUSED:
        answer = await papers.send(content, "photo.png")
        assert (answer.status_code, answer.json()["code"]) == (422, code), content[:40]
    assert await papers.listed() == []


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
async def test_pictures_are_evidence(papers: Papers, form: str) -> None:
    body = await papers.kept(picture(form))
    assert (body["media_type"], body["pages"]) == (f"image/{form.lower()}", 1)


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\Hoa\\Phiếu.pdf", "Phiếu.pdf"),
        ("hoa\u202efdp.exe", "hoafdp.exe"),
        ("a\r\nb\x00.pdf", "ab.pdf"),
        ("..", None),
        ("", None),
        ("x" * 300 + ".pdf", "x" * 196 + ".pdf"),
    ],
)
def test_a_name_is_only_shown(given: str, shown: str | None) -> None:
    assert display_name(given) == shown


async def test_the_same_file_twice_is_one_document(papers: Papers) -> None:
    content = picture()
    assert (await papers.send(content)).status_code == 201
    again = await papers.send(content)
    assert (again.status_code, again.json()["code"]) == (409, "documents.duplicate")


async def test_bodies_beyond_the_limit_are_cut_off(client: httpx.AsyncClient, papers: Papers) -> None:
    """A claimed length is refused before reading, and one without a length as soon as it is too long."""
    form = {"content-type": "multipart/form-data; boundary=x", **papers.owner}
    huge = await client.post(
        "/v1/documents", content=b"--x", headers={**form, "content-length": str(2 * 1024**3)}
    )
    assert (huge.status_code, huge.json()["code"]) == (413, "request.too_large")
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
        while True:
            sent += 1
            yield b"a" * 1024 * 1024

    cut = await client.post("/v1/documents", content=endless(), headers=form)
    assert (cut.status_code, cut.json()["code"]) == (413, "request.too_large")
    assert sent <= 52


async def test_a_kind_has_its_largest_size(papers: Papers) -> None:
    answer = await papers.send(b"%PDF-" + b"a" * 21 * 1024 * 1024, kind="test_report")
    assert (answer.status_code, answer.json()["code"]) == (422, "documents.too_large")
    assert answer.json()["data"]["limit"] == 20 * 1024 * 1024


async def test_others_cannot_see_it_and_officers_of_the_area_can(
    client: httpx.AsyncClient, papers: Papers, stranger: Headers, officer: Callable[[str], Headers]
) -> None:
    path = f"/v1/documents/{(await papers.kept())['id']}"
    for tail in ("", "/content", "/preview", "/versions"):
        assert (await client.get(path + tail, headers=stranger)).status_code == 404
        assert (await client.get(path + tail)).status_code == 401
    body = {"reason": "Nhầm"}
    assert (await client.post(f"{path}/withdraw", json=body, headers=stranger)).status_code == 404
    changed = await client.patch(path, json={"title": "X"}, headers={**stranger, "If-Match": "*"})
    assert changed.status_code == 404
    for place, status in (("34:68", 200), ("34:01", 404)):
        assert (await client.get(path, headers=officer(place))).status_code == status


def _alter(root: Path, name: str, content: bytes) -> None:
    next(path for path in root.rglob(name) if path.is_file()).write_bytes(content)


@pytest.mark.parametrize("other", [b"altered", None])
async def test_a_lost_object_is_said_and_not_served(
    client: httpx.AsyncClient, papers: Papers, app: FastAPI, other: bytes | None
) -> None:
    body = await papers.kept()
    _alter(app.state.settings.storage.root, body["sha256"], other or b"%" * body["size"])
    answer = await client.get(f"/v1/documents/{body['id']}/content", headers=papers.owner)
    assert (answer.status_code, answer.json()["code"]) == (503, "documents.content_lost")
    assert await papers.listed() == [body["id"]]


_RANGES: list[tuple[str, int, slice, str | None]] = [
    ("bytes=0-4", 206, slice(0, 5), "bytes 0-4/{size}"),
    ("bytes=10-", 206, slice(10, None), "bytes 10-{last}/{size}"),
    ("bytes=-7", 206, slice(-7, None), "bytes {tail}-{last}/{size}"),
    ("bytes=5-999999", 206, slice(5, None), "bytes 5-{last}/{size}"),
    ("bytes=0-1,4-5", 200, slice(None), None),
    ("lines=1-2", 200, slice(None), None),
    ("bytes=9-3", 200, slice(None), None),
    ("bytes=999999-", 416, slice(0, 0), "bytes */{size}"),
    ("bytes=-0", 416, slice(0, 0), "bytes */{size}"),
]


async def test_a_range_of_bytes_is_served(client: httpx.AsyncClient, papers: Papers) -> None:
    content = picture()
    path = f"/v1/documents/{(await papers.kept(content))['id']}/content"
    size = len(content)
    for asked, status, part, told in _RANGES:
        answer = await client.get(path, headers={**papers.owner, "Range": asked})
        assert answer.status_code == status, asked
        if status < 300:
            assert answer.content == content[part], asked
        expected = told and told.format(size=size, last=size - 1, tail=size - 7)
        assert answer.headers.get("content-range") == expected, asked
    stale = await client.get(path, headers={**papers.owner, "Range": "bytes=0-4", "If-Range": '"other"'})
    assert (stale.status_code, stale.content) == (200, content)


class _Failing(ObjectStore):
    """Fails in the middle of a file."""

    def __init__(self, inner: ObjectStore) -> None:
        super().__init__(inner._backend)

    async def put_stream(self, key: str, pieces: Any, *, limit: int) -> int:
        async def broken() -> AsyncIterator[bytes]:
            async for piece in pieces:
                yield piece[: len(piece) // 2]
                raise OSError(28, "No space left on device")

        try:
            return await super().put_stream(key, broken(), limit=limit)
        except OSError as error:
            raise Unavailable("request.storage_unavailable") from error


async def test_a_storage_that_fails_half_way_leaves_nothing(
    papers: Papers, app: FastAPI, database: Database
) -> None:
    whole: ObjectStore = app.state.object_store
    app.state.object_store = _Failing(whole)
    answer = await papers.send(pdf())
    assert (answer.status_code, answer.json()["code"]) == (503, "request.storage_unavailable")
    assert await whole.below("documents", most=10) == []
    async with database.read() as session:
        assert await session.scalar(text("select count(*) from document")) == 0
    app.state.object_store = whole
    assert (await papers.send(pdf())).status_code == 201


async def test_kinds_are_published_with_limits_and_criteria(client: httpx.AsyncClient) -> None:
    answer = await client.get("/v1/documents/kinds?set_number=13")
    assert answer.status_code == 200, answer.text
    items = {item["kind"]: item for item in answer.json()["items"]}
    assert [item["item"] for item in items.values()] == list(range(1, 16))
    assert items["test_report"]["criteria"] == ["8", "9"]
    assert items["local_labour"]["vi"] == "Sử dụng lao động địa phương"
    assert items["local_labour"]["criteria"] == ["3.3"]
    assert items["material_origin"]["max_bytes"] > items["test_report"]["max_bytes"]
