"""The checklist comes from the rated file, without anybody's sheet; photos come without their metadata."""

import io
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pypdf
import pytest
from fastapi import FastAPI
from PIL import Image
from sqlalchemy import text
from tests.certificates.appealing import Matter
from tests.conftest import MovableClock

from ocop_api.db.session import Database
from ocop_api.domain.actor import Actor
from ocop_api.domain.inspection import Content
from ocop_api.inspections.jobs import JOBS
from ocop_api.inspections.service.checklist import fixed_items
from ocop_api.jobs.queue import JobContext
from ocop_api.settings import Settings

from .conftest import Headers, Stage


@pytest.fixture
def matter(
    client: httpx.AsyncClient,
    database: Database,
    as_actor: Callable[[Actor], dict[str, str]],
    clock: MovableClock,
) -> Matter:
    return Matter(client, database, as_actor, clock)


def _pdf() -> bytes:
    writer = pypdf.PdfWriter()
    writer.add_blank_page(595, 842)
    target = io.BytesIO()
    writer.write(target)
    return target.getvalue()


def picture(shade: int = 100) -> bytes:
    exif = Image.Exif()
    exif[0x010F] = "PhoneMaker"
    exif.get_ifd(0x8825).update({1: "N", 2: (12.0, 27.0, 0.0), 3: "E", 4: (107.0, 37.0, 12.0)})
    target = io.BytesIO()
    Image.new("RGB", (400, 300), (shade, 90, 60)).save(target, "JPEG", exif=exif)
    return target.getvalue()


def test_fixed_items_are_whole_and_differ() -> None:
    items = fixed_items()
    assert {one["content"] for one in items} == {one.value for one in Content}
    assert len({one["code"] for one in items}) == len(items)
    assert all(one["vi"] and one["en"] and "26/2026" in one["source"] for one in items)


async def test_what_the_council_found_stands_beside_each_criterion(stage: Stage, matter: Matter) -> None:
    certificate = await matter.recognised(4)
    stage.clock.at = datetime(2026, 10, 1, 2, 0, tzinfo=UTC)
    document = await stage.http.post(
        "/v1/documents",
        data={
            "producer_id": str(matter.file.producer_id),
            "kind": "test_report",
            "title": "Phiếu kiểm nghiệm",
            "number": "KN-7",
            "expires_on": "2026-09-30",
        },
        files={"file": ("a.pdf", _pdf(), "application/pdf")},
        headers=stage.officer,
    )
    assert document.status_code == 201, document.text
    async with stage.database.transaction() as session:
        await session.execute(
            text("insert into document_citation values (:document, :dossier, 1)"),
            {"document": document.json()["id"], "dossier": matter.file.id},
        )
    inspector = await stage.inspector()
    plan = await stage.plan(certificate["id"])
    await stage.post(f"/inspection-plans/{plan['id']}/approve", stage.leader)
    [made] = (await stage.get(f"/inspections?plan_id={plan['id']}", stage.officer))["items"]
    answer = await stage.http.patch(
        f"/v1/inspections/{made['id']}",
        json={"inspectors": [{"user_id": str(inspector[0]), "lead": True}]},
        headers={**stage.officer, "If-Match": "*"},
    )
    assert answer.status_code == 200, answer.text
    await stage.post(f"/inspections/{made['id']}/declare", inspector[1], {"has_interest": False})
    begun = await stage.post(f"/inspections/{made['id']}/begin", inspector[1])
    items = {one["code"]: one for one in begun["items"]}
    assert (begun["edition"], begun["set_number"]) == (matter.file.edition, matter.file.set_number)
    report = await stage.get(f"/dossiers/{matter.file.id}/rating-report", stage.officer)
    reported = {one["code"]: one for part in report["parts"] for one in part["criteria"]}
    for code, one in reported.items():
        rated = items[f"criterion.{code}"]["rated"]
        assert rated["points"] == one["mean"]["shown"]
        assert rated["level_vi"] == (one["level_text"] or {}).get("vi")
    [paper] = [one for one in begun["items"] if one["kind"] == "document"]
    assert (paper["content"], paper["document"]["number"], paper["document"]["expired"]) == (
        "food_safety",
        "KN-7",
        True,
    )
    for person in matter.users:
        assert str(person) not in str(begun)
    assert [one for one in begun["items"] if one["kind"] == "gate"]
    order = [one["content"] for one in begun["items"]]
    assert order == sorted(order, key=[one.value for one in Content].index)


async def test_a_recorded_certificate_is_checked_by_the_set_of_its_product(stage: Stage) -> None:
    certificate = await stage.certificate()
    async with stage.database.transaction() as session:
        await session.execute(
            text("update product set set_number = 13 where id = :id"), {"id": certificate["product_id"]}
        )
    begun = await stage.begun(certificate["id"], await stage.inspector())
    assert begun["set_number"] == 13
    criteria = [one for one in begun["items"] if one["kind"] == "criterion"]
    assert criteria
    assert all(one["rated"] is None for one in criteria)


async def _photo(
    stage: Stage, inspection: dict[str, Any], headers: Headers, **changes: Any
) -> httpx.Response:
    content = changes.pop("content", picture())
    facts = {
        "item_code": "mark.stars",
        "what": "Bao bì in 5 sao",
        "place": "Kho thành phẩm",
        "taken_at": "2026-06-15T01:30:00Z",
        **changes,
    }
    return await stage.http.post(
        f"/v1/inspections/{inspection['id']}/photos",
        data=facts,
        files={"file": ("IMG_0001.jpg", content, "image/jpeg")},
        headers=headers,
    )


async def test_photos_are_kept_without_metadata_and_read_by_readers_only(
    stage: Stage, settings: Settings
) -> None:
    certificate = await stage.certificate()
    inspector = await stage.inspector()
    inspection = await stage.begun(certificate["id"], inspector)
    producer = stage.producer(certificate["producer_id"])
    added = await _photo(stage, inspection, inspector[1])
    assert added.status_code == 201, added.text
    [photo] = added.json()["photos"]
    assert (photo["what"], photo["place"], photo["taken_at"], photo["width"]) == (
        "Bao bì in 5 sao",
        "Kho thành phẩm",
        "2026-06-15T01:30:00Z",
        400,
    )
    file = await stage.http.get(photo["content"], headers=stage.officer)
    assert file.headers["Content-Disposition"].startswith("attachment")
    assert Image.open(io.BytesIO(file.content)).size == (400, 300)
    for path in settings.storage.root.rglob("*"):
        assert not path.is_file() or b"PhoneMaker" not in path.read_bytes()
    twice = await _photo(stage, inspection, inspector[1])
    assert (twice.status_code, twice.json()["code"]) == (409, "inspection.photo_twice")
    for changes, code in (
        ({"item_code": "nichts"}, "inspection.item_unknown"),
        ({"taken_at": "2026-06-16T01:30:00Z"}, "inspection.taken_in_future"),
        ({"content": b"<svg/>"}, "pictures.type_not_accepted"),
    ):
        refused = await _photo(stage, inspection, inspector[1], **{"content": picture(50), **changes})
        assert (refused.status_code, refused.json()["code"]) == (422, code)
    assert (await _photo(stage, inspection, stage.officer)).status_code == 403
    # The producer sees them with the conclusion.
    assert (await stage.http.get(photo["content"], headers=producer)).status_code == 404
    assert (await stage.get(f"/inspections/{inspection['id']}", producer))["photos"] == []
    await stage.answer(inspection, inspector[1])
    await stage.concluded(inspection, inspector[1])
    assert (await stage.http.get(photo["content"], headers=producer)).status_code == 200
    assert (await stage.http.get(photo["content"])).status_code == 401
    late = await _photo(stage, inspection, inspector[1], content=picture(7))
    assert (late.status_code, late.json()["code"]) == (409, "inspection.action_not_allowed")
    gone = await stage.http.delete(
        photo["content"].removesuffix("/content"), headers={**inspector[1], "If-Match": "*"}
    )
    assert gone.status_code == 409


async def test_a_photo_taken_away_leaves_no_file(stage: Stage, app: FastAPI, settings: Settings) -> None:
    inspector = await stage.inspector()
    inspection = await stage.begun((await stage.certificate())["id"], inspector)
    added = await _photo(stage, inspection, inspector[1])
    [photo] = added.json()["photos"]
    gone = await stage.http.delete(
        photo["content"].removesuffix("/content"), headers={**inspector[1], "If-Match": "*"}
    )
    assert gone.status_code == 200, gone.text
    assert gone.json()["photos"] == []
    context = JobContext(stage.database, settings, stage.clock, {"object_store": app.state.object_store})
    kept = list(settings.storage.root.rglob(photo["sha256"]))
    assert len(kept) == 1
    await JOBS["inspections.erase_photo"](context, {"sha256": photo["sha256"]})
    assert not kept[0].exists()
