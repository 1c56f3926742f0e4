"""Announced uploads: put to an address that takes one content, completed once, swept when forgotten."""

import hashlib
from collections.abc import AsyncIterator, Callable
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import text
from tests.conftest import MovableClock
from tests.documents.conftest import Headers, Papers, pdf

from ocop_api.adapters.object_store import ObjectStore, s3_store
from ocop_api.db.session import Database
from ocop_api.documents.jobs import JOBS
from ocop_api.jobs.queue import JobContext
from ocop_api.settings import Settings, StorageSettings


def _order(papers: Papers, content: bytes, **more: Any) -> dict[str, Any]:
    return {
        "producer_id": str(papers.producer_id),
        "facts": {"kind": "test_report", "title": "Phiếu kiểm nghiệm", "expires_on": "2027-01-01"},
        "size": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "file_name": "C:\\Users\\Hoa\\phiếu.pdf",
        **more,
    }


class Sender:
    """Announces, puts and completes as a client does."""

    def __init__(self, client: httpx.AsyncClient, papers: Papers) -> None:
        self.client = client
        self.papers = papers

    async def announced(self, content: bytes, **more: Any) -> dict[str, Any]:
        answer = await self.client.post(
            "/v1/documents/uploads", json=_order(self.papers, content, **more), headers=self.papers.owner
        )
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def put(self, upload: dict[str, Any], content: Any, url: str | None = None) -> httpx.Response:
        parts = urlsplit(url or upload["upload_url"])
        return await self.client.put(f"{parts.path}?{parts.query}", content=content)

    async def complete(self, upload: dict[str, Any], headers: Headers | None = None) -> httpx.Response:
        return await self.client.post(upload["complete_url"], headers=headers or self.papers.owner)


@pytest.fixture
def sender(client: httpx.AsyncClient, papers: Papers) -> Sender:
    return Sender(client, papers)


async def _incoming(app: FastAPI) -> list[str]:
    store: ObjectStore = app.state.object_store
    return [item.key for item in await store.below("incoming", most=10)]


async def test_an_announced_file_becomes_a_document_once(
    sender: Sender, app: FastAPI, work: Callable[[], Any], stranger: Headers
) -> None:
    content = pdf("announced")
    upload = await sender.announced(content)
    assert upload["headers"] == {"content-length": str(len(content))}
    assert upload["expires_at"] == "2026-06-15T03:00:00Z"
    early = await sender.complete(upload)
    assert (early.status_code, early.json()["code"]) == (409, "documents.upload_missing")
    put = await sender.put(upload, content)
    assert (put.status_code, put.content) == (204, b"")
    assert (await sender.complete(upload, stranger)).status_code == 404
    made = await sender.complete(upload)
    assert made.status_code == 201, made.text
    body = made.json()
    assert (body["original_name"], body["expires_on"]) == ("phiếu.pdf", "2027-01-01")
    again = await sender.complete(upload)
    assert (again.status_code, again.json()["id"]) == (201, body["id"])
    late = await sender.put(upload, content)
    assert (late.status_code, late.json()["code"]) == (409, "documents.upload_completed")
    await work()
    assert await _incoming(app) == []
    sent = await sender.client.get(f"{made.headers['location']}/content", headers=sender.papers.owner)
    assert sent.content == content


async def test_an_address_takes_exactly_what_was_announced(
    sender: Sender, app: FastAPI, clock: MovableClock
) -> None:
    content = pdf("exact")
    upload = await sender.announced(content)
    url = upload["upload_url"]

    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield content

    other = bytes([content[0] ^ 1]) + content[1:]
    for sent, code in (
        (content + b"more", "documents.size_differs"),
        (content[:-1], "documents.size_differs"),
        (endless(), "documents.size_differs"),
        (other, "documents.hash_differs"),
    ):
        refused = await sender.put(upload, sent)
        assert (refused.status_code, refused.json()["code"]) == (422, code)
        assert await _incoming(app) == []
    for forged in (
        url[:-1] + ("0" if url[-1] != "0" else "1"),
        url.replace("expires=", "expires=9"),
        url.replace(upload["id"], upload["id"][:-1] + ("0" if upload["id"][-1] != "0" else "1")),
    ):
        refused = await sender.put(upload, content, forged)
        assert (refused.status_code, refused.json()["code"]) == (401, "documents.upload_link_invalid")
    parts = urlsplit(url)
    two = await sender.client.put(f"{parts.path}?{parts.query}", content=content, headers=sender.papers.owner)
    assert (two.status_code, two.json()["code"]) == (400, "auth.one_credential")
    clock.move(hours=1)
    for answer in (await sender.put(upload, content), await sender.complete(upload)):
        assert (answer.status_code, answer.json()["code"]) == (410, "documents.upload_expired")


async def test_what_cannot_be_evidence_is_refused_and_removed(sender: Sender, app: FastAPI) -> None:
    content = b"<html>not a document</html>"
    upload = await sender.announced(content, media_type="application/pdf")
    assert (await sender.put(upload, content)).status_code == 204
    refused = await sender.complete(upload)
    assert (refused.status_code, refused.json()["code"]) == (422, "documents.type_not_accepted")
    assert await _incoming(app) == []
    # What lies in a bucket may be anything: the announced hash is checked again.
    store: ObjectStore = app.state.object_store
    await store.put(f"incoming/{upload['id']}", bytes(len(content)))
    altered = await sender.complete(upload)
    assert (altered.status_code, altered.json()["code"]) == (422, "documents.hash_differs")
    assert await _incoming(app) == []


async def test_announcing_is_for_those_who_keep_the_papers(
    client: httpx.AsyncClient, papers: Papers, stranger: Headers
) -> None:
    path = "/v1/documents/uploads"
    refused = await client.post(path, json=_order(papers, b"x"), headers=stranger)
    assert (refused.status_code, refused.json()["code"]) == (403, "auth.not_permitted")
    large = _order(papers, b"x", size=21 * 1024 * 1024)
    told = await client.post(path, json=large, headers=papers.owner)
    assert (told.status_code, told.json()["code"]) == (422, "documents.too_large")
    for wrong in ({"size": 0}, {"size": 2 * 1024**3}, {"sha256": "A" * 64}, {"media_type": "text/html"}):
        answer = await client.post(path, json=_order(papers, b"x", **wrong), headers=papers.owner)
        assert answer.status_code == 422


async def test_a_bucket_takes_the_file_itself(sender: Sender, app: FastAPI) -> None:
    app.state.object_store = s3_store(
        StorageSettings(
            s3_bucket="ocop",
            s3_endpoint="https://s3.example.vn",
            s3_access_key_id="key",
            s3_secret_access_key=SecretStr("secret"),
        )
    )
    upload = await sender.announced(b"content", media_type="application/pdf")
    assert upload["upload_url"].startswith(f"https://s3.example.vn/ocop/incoming/{upload['id']}?X-Amz-")
    assert upload["headers"]["x-amz-content-sha256"] == hashlib.sha256(b"content").hexdigest()


async def test_forgotten_uploads_are_swept(
    *, sender: Sender, app: FastAPI, clock: MovableClock, database: Database, settings: Settings
) -> None:
    store: ObjectStore = app.state.object_store
    waiting, forgotten = await sender.announced(pdf("a")), await sender.announced(pdf("b"))
    await store.put(f"incoming/{forgotten['id']}", b"b")
    await store.put("incoming/stray", b"c")
    context = JobContext(database, settings, clock, {"object_store": store})
    await JOBS["documents.sweep"](context, {})
    assert await _incoming(app) == [f"incoming/{forgotten['id']}"]
    clock.move(hours=2)
    await JOBS["documents.sweep"](context, {})
    assert await _incoming(app) == []
    clock.move(days=3)
    await JOBS["documents.sweep"](context, {})
    async with database.read() as session:
        assert await session.scalar(text("select count(*) from document_upload")) == 0
    assert (await sender.complete(waiting)).status_code == 404
