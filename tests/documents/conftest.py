"""A producer with its people, and real files made on the spot."""

import io
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import httpx
import pypdf
import pytest
from fastapi import FastAPI
from PIL import Image
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

from ocop_api.db.session import Database
from ocop_api.domain.actor import SYSTEM, Actor, Bound, Grant, Level, Role
from ocop_api.producers.schemas import ProducerCreate
from ocop_api.producers.service import ProducerService
from ocop_api.settings import Clock, Settings
from ocop_api.worker import drain

Headers = dict[str, str]


def pdf(text: str = "Ket qua kiem nghiem", pages: int = 1, **encrypted: Any) -> bytes:
    """A small real PDF with a line of text on its first page."""
    writer = pypdf.PdfWriter()
    for _ in range(pages):
        writer.add_blank_page(300, 400)
    page = writer.pages[0]
    font = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Font"),
            NameObject("/Subtype"): NameObject("/Type1"),
            NameObject("/BaseFont"): NameObject("/Helvetica"),
        }
    )
    fonts = DictionaryObject({NameObject("/F1"): writer._add_object(font)})
    page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
    stream = DecodedStreamObject()
    stream.set_data(f"BT /F1 18 Tf 20 350 Td ({text}) Tj ET".encode("latin-1"))
    page[NameObject("/Contents")] = writer._add_object(stream)
    if encrypted:
        writer.encrypt(**encrypted)
    return written(writer)


def written(writer: pypdf.PdfWriter) -> bytes:
    target = io.BytesIO()
    writer.write(target)
    return target.getvalue()


def picture(form: str = "PNG", size: tuple[int, int] = (40, 30)) -> bytes:
    target = io.BytesIO()
    Image.new("RGB", size, "brown").save(target, form)
    return target.getvalue()


async def make_producer(database: Database, name: str) -> UUID:
    async with database.transaction() as session:
        body = ProducerCreate.model_validate(
            {"name": name, "legal_form": "cooperative", "place_id": "34:24611"}
        )
        row = await ProducerService(session, SYSTEM, datetime(2026, 6, 15, tzinfo=UTC)).create(body)
        return row.id


class Papers:
    """Hands documents in as the producer does."""

    def __init__(self, client: httpx.AsyncClient, producer_id: UUID, owner: Headers) -> None:
        self.client = client
        self.producer_id = producer_id
        self.owner = owner

    async def send(self, content: bytes, name: str = "a.pdf", **facts: Any) -> httpx.Response:
        data = {
            "producer_id": str(self.producer_id),
            "kind": "test_report",
            "title": "Phiếu kiểm nghiệm",
            **facts,
        }
        files = {"file": (name, content, "text/html")}
        return await self.client.post("/v1/documents", data=data, files=files, headers=self.owner)

    async def kept(self, content: bytes | None = None, **facts: Any) -> dict[str, Any]:
        answer = await self.send(pdf() if content is None else content, **facts)
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def listed(self, query: str = "") -> list[str]:
        answer = await self.client.get(f"/v1/documents{query}", headers=self.owner)
        assert answer.status_code == 200, answer.text
        return [row["id"] for row in answer.json()["items"]]

    async def read(self, document_id: str) -> dict[str, Any]:
        answer = await self.client.get(f"/v1/documents/{document_id}", headers=self.owner)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found


@pytest.fixture
async def producer_id(database: Database) -> UUID:
    return await make_producer(database, "HTX Cà phê Nghĩa Đức")


@pytest.fixture
def owner(as_actor: Callable[[Actor], Headers], producer_id: UUID) -> Headers:
    grant = Grant(role=Role.PRODUCER, bound=Bound.PRODUCER, producer_id=producer_id)
    return as_actor(Actor(user_id=uuid4(), grants=(grant,)))


@pytest.fixture
async def stranger(as_actor: Callable[[Actor], Headers], database: Database) -> Headers:
    other = await make_producer(database, "Hộ kinh doanh khác")
    grant = Grant(role=Role.PRODUCER, bound=Bound.PRODUCER, producer_id=other)
    return as_actor(Actor(user_id=uuid4(), grants=(grant,)))


@pytest.fixture
def officer(as_actor: Callable[[Actor], Headers]) -> Callable[[str], Headers]:
    """Headers of a province's officer."""

    def headers(place_id: str) -> Headers:
        grant = Grant(role=Role.OFFICER, bound=Bound.AREA, level=Level.PROVINCE, place_id=place_id)
        return as_actor(Actor(user_id=uuid4(), grants=(grant,)))

    return headers


@pytest.fixture
def papers(client: httpx.AsyncClient, producer_id: UUID, owner: Headers) -> Papers:
    return Papers(client, producer_id, owner)


@pytest.fixture
def work(app: FastAPI, database: Database, settings: Settings, clock: Clock) -> Callable[[], Any]:
    """Runs the jobs that wait, on the application's own storage."""

    async def run() -> None:
        await drain(database, settings, clock, {"object_store": app.state.object_store})

    return run
