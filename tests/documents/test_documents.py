"""Evidence: recognised by its bytes, kept once, seen by those who may."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from ocop_api.db.session import Database
from ocop_api.domain.actor import SYSTEM, Actor, Bound, Grant, Level, Role
from ocop_api.producers.schemas import ProducerCreate
from ocop_api.producers.service import ProducerService

Headers = Callable[[Actor], dict[str, str]]
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\nstartxref\n9\n%%EOF\n"
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00\x00\x00\rIHDR" + b"\x00" * 17 + b"\x00\x00\x00\x00IEND\xaeB`\x82"


async def _producer(database: Database, name: str) -> UUID:
    async with database.transaction() as session:
        body = ProducerCreate.model_validate(
            {"name": name, "legal_form": "cooperative", "place_id": "34:24611"}
        )
        row = await ProducerService(session, SYSTEM, datetime(2026, 6, 15, tzinfo=UTC)).create(body)
        return row.id


@pytest.fixture
async def producer_id(database: Database) -> UUID:
    return await _producer(database, "HTX Cà phê Nghĩa Đức")


@pytest.fixture
def owner(as_actor: Headers, producer_id: UUID) -> dict[str, str]:
    grant = Grant(role=Role.PRODUCER, bound=Bound.PRODUCER, producer_id=producer_id)
    return as_actor(Actor(user_id=uuid4(), grants=(grant,)))


def _form(producer_id: UUID, **more: Any) -> dict[str, str]:
    return {"producer_id": str(producer_id), "kind": "test_report", "title": "Phiếu kiểm nghiệm", **more}


async def test_evidence_goes_in_and_comes_out_unchanged(
    client: httpx.AsyncClient, owner: dict[str, str], producer_id: UUID
) -> None:
    made = await client.post(
        "/v1/documents",
        data=_form(producer_id, issued_on="2025-01-02", expires_on="2026-06-14"),
        files={"file": ("../../etc/passwd", PDF, "text/html")},
        headers=owner,
    )
    assert made.status_code == 201, made.text
    body = made.json()
    assert body["media_type"] == "application/pdf"
    assert body["expired"] is True
    content = await client.get(f"{made.headers['location']}/content", headers=owner)
    assert content.content == PDF
    assert content.headers["content-disposition"] == f'attachment; filename="{body["id"]}.pdf"'
    assert content.headers["x-content-type-options"] == "nosniff"
    listed = await client.get("/v1/documents?expiring_before=2026-12-31", headers=owner)
    assert listed.status_code == 200, listed.text
    assert [row["id"] for row in listed.json()["items"]] == [body["id"]]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "documents.empty"),
        (b"<html><script>alert(1)</script></html>", "documents.type_not_accepted"),
        (b"MZ" + b"\x00" * 200, "documents.type_not_accepted"),
        (b"<html>" + PDF, "documents.type_not_accepted"),
        (PDF[:-12], "documents.damaged"),
        (PNG + b"PK\x03\x04 hidden archive", "documents.damaged"),
    ],
)
async def test_a_file_that_is_not_what_it_claims_is_refused(
    client: httpx.AsyncClient, owner: dict[str, str], producer_id: UUID, content: bytes, code: str
) -> None:
    answer = await client.post(
        "/v1/documents",
        data=_form(producer_id),
        files={"file": ("photo.png", content, "image/png")},
        headers=owner,
    )
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert (await client.get("/v1/documents", headers=owner)).json()["items"] == []


async def test_the_same_file_twice_is_one_document(
    client: httpx.AsyncClient, owner: dict[str, str], producer_id: UUID
) -> None:
    files = {"file": ("a.png", PNG, "image/png")}
    first = await client.post("/v1/documents", data=_form(producer_id), files=files, headers=owner)
    again = await client.post("/v1/documents", data=_form(producer_id), files=files, headers=owner)
    assert (first.status_code, again.status_code) == (201, 409)
    assert again.json()["code"] == "documents.duplicate"


async def test_others_cannot_see_it_and_officers_of_the_area_can(
    client: httpx.AsyncClient, as_actor: Headers, owner: dict[str, str], producer_id: UUID, database: Database
) -> None:
    files = {"file": ("a.pdf", PDF, "application/pdf")}
    made = await client.post("/v1/documents", data=_form(producer_id), files=files, headers=owner)
    path = made.headers["location"]
    other = await _producer(database, "Hộ kinh doanh khác")
    stranger = as_actor(
        Actor(user_id=uuid4(), grants=(Grant(role=Role.PRODUCER, bound=Bound.PRODUCER, producer_id=other),))
    )
    assert (await client.get(path, headers=stranger)).status_code == 404
    assert (await client.get(f"{path}/content", headers=stranger)).status_code == 404
    assert (await client.get(path)).status_code == 401
    for place, status in (("34:68", 200), ("34:01", 404)):
        officer = as_actor(
            Actor(
                user_id=uuid4(),
                grants=(Grant(role=Role.OFFICER, bound=Bound.AREA, level=Level.PROVINCE, place_id=place),),
            )
        )
        assert (await client.get(path, headers=officer)).status_code == status


def _alter(root: Path, name: str) -> None:
    next(path for path in root.rglob(name) if path.is_file()).write_bytes(b"altered")


async def test_a_lost_object_is_said_and_not_served(
    client: httpx.AsyncClient,
    owner: dict[str, str],
    producer_id: UUID,
    app: FastAPI,
    database: Database,
) -> None:
    files = {"file": ("a.pdf", PDF, "application/pdf")}
    made = await client.post("/v1/documents", data=_form(producer_id), files=files, headers=owner)
    root: Path = app.state.settings.storage.root
    _alter(root, made.json()["sha256"])
    answer = await client.get(f"{made.headers['location']}/content", headers=owner)
    assert (answer.status_code, answer.json()["code"]) == (503, "documents.content_lost")
    async with database.read() as session:
        assert await session.scalar(text("select count(*) from document")) == 1
