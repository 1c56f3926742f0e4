"""Versions, corrections, withdrawal, search, previews and reminders."""

import io
from collections.abc import Callable
from typing import Any

import anyio
import httpx
import pytest
from fastapi import FastAPI
from PIL import Image
from sqlalchemy import text
from tests.conftest import MovableClock
from tests.documents.conftest import Headers, Papers, pdf, picture

from ocop_api.adapters.object_store import ObjectStore
from ocop_api.adapters.pdf_reading.reading import ReadingFailedError, inspect
from ocop_api.db.session import Database
from ocop_api.documents.jobs import JOBS
from ocop_api.domain.actor import SYSTEM
from ocop_api.jobs.queue import JobContext
from ocop_api.products.schemas import ProductCreate
from ocop_api.products.service import ProductService
from ocop_api.settings import Settings


async def _newer(papers: Papers, document_id: str, content: bytes, **facts: str) -> httpx.Response:
    return await papers.client.post(
        f"/v1/documents/{document_id}/versions",
        data=facts,
        files={"file": ("b.pdf", content, "application/pdf")},
        headers=papers.owner,
    )


async def _withdraw(papers: Papers, document_id: str) -> httpx.Response:
    return await papers.client.post(
        f"/v1/documents/{document_id}/withdraw", json={"reason": "Tải nhầm"}, headers=papers.owner
    )


async def test_a_newer_version_takes_the_place_and_gives_it_back(papers: Papers) -> None:
    first = (await papers.kept(pdf("one"), issuer="Trung tâm"))["id"]
    made = await _newer(papers, first, pdf("two"), number="2/2026", expires_on="2027-06-01")
    assert made.status_code == 201, made.text
    second = made.json()
    assert (second["issuer"], second["number"], second["series_id"]) == ("Trung tâm", "2/2026", first)
    assert await papers.listed() == [second["id"]]
    assert await papers.listed("?all_versions=true") == [second["id"], first]
    late = await _newer(papers, first, pdf("three"))
    assert (late.status_code, late.json()["code"]) == (409, "documents.replaced_already")
    versions = await papers.client.get(f"/v1/documents/{first}/versions", headers=papers.owner)
    assert [(row["id"], row["current"]) for row in versions.json()] == [(second["id"], True), (first, False)]

    gone = await _withdraw(papers, second["id"])
    assert (gone.status_code, gone.json()["withdrawn_reason"]) == (200, "Tải nhầm")
    assert await papers.listed() == [first]
    again = await _withdraw(papers, second["id"])
    assert (again.status_code, again.json()["code"]) == (409, "documents.withdrawn_already")
    # The same file may come again once the mistaken one is withdrawn.
    assert (await _newer(papers, first, pdf("two"))).status_code == 201


async def test_two_newer_versions_at_once_are_one(papers: Papers) -> None:
    first = (await papers.kept(pdf("one")))["id"]
    answers: list[int] = []

    async def send(words: str) -> None:
        answers.append((await _newer(papers, first, pdf(words))).status_code)

    async with anyio.create_task_group() as group:
        for words in ("left", "right"):
            group.start_soon(send, words)
    assert sorted(answers) == [201, 409]
    assert len(await papers.listed()) == 1


async def test_facts_are_corrected_under_a_version(
    papers: Papers, database: Database, clock: MovableClock, stranger: Headers
) -> None:
    path = f"/v1/documents/{(await papers.kept())['id']}"

    async def patch(body: dict[str, Any], condition: str | None = "*") -> httpx.Response:
        headers = papers.owner | ({} if condition is None else {"If-Match": condition})
        return await papers.client.patch(path, json=body, headers=headers)

    tag = (await papers.client.get(path, headers=papers.owner)).headers["etag"]
    assert (await patch({"number": "7"}, None)).status_code == 428
    done = await patch({"number": "7/2026", "issued_on": "2026-01-02"}, tag)
    assert (done.status_code, done.json()["number"], done.json()["version"]) == (200, "7/2026", 2)
    assert (await patch({"number": "8"}, tag)).status_code == 412
    reversed_ = await patch({"expires_on": "2026-01-01"})
    assert (reversed_.status_code, reversed_.json()["code"]) == (422, "documents.dates_reversed")
    assert (await patch({"title": None})).json()["code"] == "documents.title_missing"
    assert (await patch({"sha256": "0"})).status_code == 422
    async with database.transaction() as session:
        service = ProductService(session, SYSTEM, clock())
        product = await service.create(ProductCreate(producer_id=papers.producer_id, name="Cà phê bột"))
        own = str(product.id)
    assert (await patch({"product_id": own})).json()["product_id"] == own
    assert (await patch({"product_id": str(papers.producer_id)})).json()["code"] == "documents.other_product"
    assert len(await papers.listed(f"?product_id={own}")) == 1


async def test_files_are_read_in_the_background_and_found_by_their_words(
    papers: Papers, work: Callable[[], Any]
) -> None:
    body = await papers.kept(pdf("Ham luong caffeine 2,1 phan tram"), title="Phiếu kết quả Đắk Mil")
    photo = await papers.kept(picture("JPEG", (2400, 1600)), title="Ảnh nhà xưởng", kind="environment")
    await work()
    read = await papers.read(body["id"])
    assert (read["processing"], read["has_preview"], read["version"]) == ("done", True, 1)
    for query in ("caffeine", "dak mil", "ĐẮK caffe", "pham", "xưởng"):
        expected = {"pham": [], "xưởng": [photo["id"]]}.get(query, [body["id"]])
        assert await papers.listed(f"?q={query}") == expected, query
    for document_id, size in ((body["id"], (900, 1200)), (photo["id"], (1200, 800))):
        shown = await papers.client.get(f"/v1/documents/{document_id}/preview", headers=papers.owner)
        assert shown.headers["content-type"] == "image/webp"
        assert shown.headers["cache-control"] == "private, max-age=31536000, immutable"
        assert Image.open(io.BytesIO(shown.content)).size == size
    # Correcting the title keeps the words of the text.
    await papers.client.patch(
        f"/v1/documents/{body['id']}", json={"title": "Khác"}, headers={**papers.owner, "If-Match": "*"}
    )
    assert await papers.listed("?q=caffeine khac") == [body["id"]]
    assert await papers.listed("?q=dak mil") == []


async def test_a_file_that_holds_up_the_reader_is_given_up(tmp_path: Any) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(pdf())
    with path.open("rb") as file:
        with pytest.raises(ReadingFailedError) as raised:
            await inspect(file, "application/pdf", patience=0.001)
        assert raised.value.code == "timeout"
        assert (await inspect(file, "application/pdf")).pages == 1


async def test_a_failed_reading_is_told_and_not_repeated(
    papers: Papers, app: FastAPI, work: Callable[[], Any]
) -> None:
    body = await papers.kept()
    store: ObjectStore = app.state.object_store
    await store.delete(f"documents/{body['sha256'][:2]}/{body['sha256']}")
    await work()
    read = await papers.read(body["id"])
    assert (read["processing"], read["processing_code"]) == ("failed", "content_lost")
    answer = await papers.client.get(f"/v1/documents/{body['id']}/preview", headers=papers.owner)
    assert (answer.status_code, answer.json()["data"]["processing"]) == (404, "failed")


async def test_what_runs_out_is_listed_and_its_producer_told_three_times(
    *,
    papers: Papers,
    clock: MovableClock,
    database: Database,
    settings: Settings,
    officer: Callable[[str], Headers],
) -> None:
    soon = await papers.kept(pdf("soon"), expires_on="2026-08-14")
    await papers.kept(pdf("later"), expires_on="2026-08-15")
    await papers.kept(pdf("over"), expires_on="2026-06-14")
    path = "/v1/documents/expiring?within_days=60"
    for headers in (papers.owner, officer("34:68")):
        items = (await papers.client.get(path, headers=headers)).json()["items"]
        assert [(row["document"]["id"], row["days_left"]) for row in items] == [(soon["id"], 60)]
        assert items[0]["producer"] == {"id": str(papers.producer_id), "name": "HTX Cà phê Nghĩa Đức"}
        assert (items[0]["product"], items[0]["dossier_ids"]) == (None, [])
    elsewhere = await papers.client.get(path, headers=officer("34:01"))
    assert elsewhere.json()["items"] == []

    context = JobContext(database, settings, clock, {})
    told = []
    for days in (0, 0, 1, 29, 24, 10):
        clock.move(days=days)
        await JOBS["documents.remind"](context, {})
        async with database.read() as session:
            rows = await session.execute(
                text(
                    "select (data ->> 'days_left')::int from ledger_event "
                    "where kind = 'document.expiring' and subject_id = :id order by id"
                ),
                {"id": soon["id"]},
            )
            told.append([row[0] for row in rows])
    assert told == [[60], [60], [60], [60, 30], [60, 30, 6], [60, 30, 6]]
