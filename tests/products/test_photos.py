"""Photos of products: taken in clean, drawn by a job, shown when ready, kept in order."""

import asyncio
import io
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from PIL import Image
from sqlalchemy import text
from tests.products.test_catalogue import statements

from ocop_api import worker
from ocop_api.adapters.object_store import ObjectStore, folder_store
from ocop_api.db.session import Database
from ocop_api.jobs.queue import JobContext
from ocop_api.products.photo_jobs import make_renditions
from ocop_api.products.photos import PhotoService
from ocop_api.settings import Clock, Settings

Make = Callable[..., Awaitable[dict[str, Any]]]
Headers = dict[str, str]


def picture(shade: int = 100, kind: str = "JPEG", size: tuple[int, int] = (400, 300)) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "PhoneMaker"
    exif.get_ifd(0x8825).update({1: "N", 2: (12.0, 27.0, 0.0), 3: "E", 4: (107.0, 37.0, 12.0)})
    target = io.BytesIO()
    Image.new("RGB", size, (shade, 90, 60)).save(target, kind, exif=exif)
    return target.getvalue()


@pytest.fixture
def upload(client: httpx.AsyncClient, officer: Headers) -> Callable[..., Awaitable[httpx.Response]]:
    async def send(product_id: str, content: bytes | None = None, **fields: str) -> httpx.Response:
        return await client.post(
            f"/v1/products/{product_id}/photos",
            files={"file": ("../../etc/passwd.jpg", content or picture(), "text/html")},
            data=fields,
            headers=officer,
        )

    return send


@pytest.fixture
def drain(
    database: Database, settings: Settings, clock: Clock, app: FastAPI
) -> Callable[[], Awaitable[None]]:
    async def run() -> None:
        await worker.drain(database, settings, clock, {"object_store": app.state.object_store})

    return run


Upload = Callable[..., Awaitable[httpx.Response]]
Drain = Callable[[], Awaitable[None]]


async def listed(client: httpx.AsyncClient, product_id: str, headers: Headers | None = None) -> Any:
    answer = await client.get(f"/v1/products/{product_id}/photos", headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


async def test_a_photo_is_drawn_and_then_shown_to_everybody(
    client: httpx.AsyncClient,
    officer: Headers,
    offered: Make,
    upload: Upload,
    drain: Drain,
    settings: Settings,
) -> None:
    product = await offered()
    made = await upload(product["id"], role="packaging", caption="Gói 250 g", alt_text="Gói cà phê màu nâu")
    assert made.status_code == 201, made.text
    photo = made.json()
    assert photo["state"] == "pending"
    assert photo["renditions"] == []
    assert (photo["width"], photo["height"]) == (300, 400)
    assert (photo["role"], photo["main"], photo["position"]) == ("packaging", True, 1)
    own = made.headers["Location"]
    assert await listed(client, product["id"]) == []
    assert (await client.get(own)).status_code == 404
    assert [row["id"] for row in await listed(client, product["id"], officer)] == [photo["id"]]
    await drain()
    [shown] = await listed(client, product["id"])
    assert shown["state"] == "ready"
    assert [(r["size"], r["media_type"], r["width"], r["height"]) for r in shown["renditions"]] == [
        (320, "image/webp", 240, 320),
        (320, "image/jpeg", 240, 320),
        (800, "image/webp", 300, 400),
        (800, "image/jpeg", 300, 400),
    ]
    for drawn in shown["renditions"]:
        file = await client.get(drawn["url"])
        assert file.status_code == 200
        assert file.headers["Content-Type"] == drawn["media_type"]
        assert file.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert file.headers["X-Content-Type-Options"] == "nosniff"
        assert file.headers["Access-Control-Allow-Origin"] == "*"
        assert Image.open(io.BytesIO(file.content)).size == (drawn["width"], drawn["height"])
        again = await client.get(drawn["url"], headers={"If-None-Match": file.headers["ETag"]})
        assert (again.status_code, again.content) == (304, b"")
    files = [path for path in settings.storage.root.rglob("*") if path.is_file()]
    assert len(files) == 5
    assert not [path for path in files if b"PhoneMaker" in path.read_bytes() or b"GPS" in path.read_bytes()]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"<html><script>alert(1)</script></html>", "pictures.type_not_accepted"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "pictures.type_not_accepted"),
        (picture()[:900], "pictures.damaged"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", "pictures.heic"),
    ],
)
async def test_what_is_no_picture_is_refused_with_a_remedy(
    offered: Make, upload: Upload, content: bytes, code: str
) -> None:
    answer = await upload((await offered())["id"], content)
    assert answer.status_code == 422
    assert answer.json()["code"] == code


async def test_only_people_of_the_product_change_its_photos(
    client: httpx.AsyncClient,
    foreign_officer: Headers,
    acting_for: Callable[[str], Headers],
    offered: Make,
    upload: Upload,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    product = await offered()
    own = (await upload(product["id"])).headers["Location"]
    url = f"/v1/products/{product['id']}/photos"
    worked: list[object] = []
    monkeypatch.setattr("ocop_api.products.photos.in_pool", worked.append)
    for headers, status in (({}, 401), (foreign_officer, 403)):
        refused = await client.post(url, files={"file": ("a.jpg", picture(7))}, headers=headers)
        assert refused.status_code == status
        order = await client.post(f"{url}/order", json={"photo_ids": []}, headers=headers)
        assert order.status_code == status
        named = {**headers, "If-Match": "*"}
        assert (await client.patch(own, json={"caption": "x"}, headers=named)).status_code == status
        assert (await client.delete(own, headers=named)).status_code == status
    assert worked == []
    producer = acting_for(product["producer"]["id"])
    changed = await client.patch(own, json={"caption": "Của tôi"}, headers={**producer, "If-Match": '"1"'})
    assert changed.json()["caption"] == "Của tôi"
    stale = await client.patch(own, json={"caption": "x"}, headers={**producer, "If-Match": '"1"'})
    assert stale.status_code == 412
    assert (await client.patch(own, json={"caption": "x"}, headers=producer)).status_code == 428
    other = await offered("Măng khô")
    foreign = f"/v1/products/{other['id']}/photos/{own.rsplit('/', 1)[1]}"
    assert (await client.delete(foreign, headers={**producer, "If-Match": "*"})).status_code == 403
    assert (await client.get(foreign, headers=producer)).status_code == 404


async def test_the_same_picture_and_a_twenty_first_are_refused(
    client: httpx.AsyncClient, offered: Make, upload: Upload, database: Database
) -> None:
    product = await offered()
    assert (await upload(product["id"])).status_code == 201
    again = await upload(product["id"], picture() + b"glued on")
    assert (again.status_code, again.json()["code"]) == (409, "photos.duplicate")
    assert (await upload((await offered("Măng khô"))["id"])).status_code == 201
    async with database.transaction() as session:
        await session.execute(
            text(
                "insert into product_photo select (jsonb_populate_record(p, jsonb_build_object('id',"
                " gen_random_uuid(), 'sha256', n::text, 'position', n, 'is_main', false))).*"
                " from product_photo p, generate_series(2, 19) n where product_id = :id"
            ),
            {"id": product["id"]},
        )
    both = await asyncio.gather(*(upload(product["id"], picture(shade)) for shade in (50, 120)))
    assert sorted(answer.status_code for answer in both) == [201, 409]
    assert {answer.json().get("code") for answer in both} == {None, "photos.too_many"}
    assert {answer.json().get("position") for answer in both} == {None, 20}


async def test_order_and_main_photo(
    client: httpx.AsyncClient, officer: Headers, offered: Make, upload: Upload
) -> None:
    product = await offered()
    url = f"/v1/products/{product['id']}/photos"
    first, second, third = [
        (await upload(product["id"], picture(shade))).json()["id"] for shade in (50, 120, 190)
    ]

    async def now() -> list[tuple[str, bool]]:
        rows = await listed(client, product["id"], officer)
        assert [row["position"] for row in rows] == list(range(1, len(rows) + 1))
        return [(row["id"], row["main"]) for row in rows]

    async def change(photo: str, **fields: Any) -> httpx.Response:
        return await client.patch(f"{url}/{photo}", json=fields, headers={**officer, "If-Match": "*"})

    assert await now() == [(first, True), (second, False), (third, False)]
    moved = await change(third, position=1, main=True)
    assert (moved.json()["position"], moved.json()["main"], moved.json()["version"]) == (1, True, 2)
    assert await now() == [(third, True), (first, False), (second, False)]
    assert (await change(third, main=False)).json()["code"] == "photos.main_required"
    same = await change(third, main=True, position=1)
    assert same.json()["version"] == 2
    body = {"photo_ids": [second, third, first]}
    ordered = await client.post(f"{url}/order", json=body, headers=officer)
    assert [row["id"] for row in ordered.json()["items"]] == [second, third, first]
    for wrong in ([second, third], [second, third, third], [second, third, product["id"]]):
        answer = await client.post(f"{url}/order", json={"photo_ids": wrong}, headers=officer)
        assert answer.json()["code"] == "photos.order_incomplete"
    gone = await client.delete(f"{url}/{third}", headers={**officer, "If-Match": "*"})
    assert gone.status_code == 204
    assert await now() == [(second, True), (first, False)]


async def test_a_removed_photo_is_not_served_any_more_and_erased(
    client: httpx.AsyncClient,
    officer: Headers,
    offered: Make,
    upload: Upload,
    drain: Drain,
    database: Database,
    settings: Settings,
) -> None:
    product, other = await offered(), await offered("Măng khô")
    owns = [(await upload(row["id"])).headers["Location"] for row in (product, other)]
    await drain()
    url = (await client.get(owns[0])).json()["renditions"][0]["url"]
    # Two products show the same file; it goes with the last of them.
    for own, left in zip(owns, (200, 404), strict=True):
        assert (await client.delete(own, headers={**officer, "If-Match": "*"})).status_code == 204
        assert (await client.get(url)).status_code == left
        if left == 200:
            await drain()
            assert (await client.get(url)).status_code == left
    await drain()
    assert not [path for path in settings.storage.root.rglob("*") if path.is_file()]
    for unknown in ("x", f"{'0' * 64}-800.webp", url.rsplit("/", 1)[1].replace("-320", "-321"), "..%2Fx"):
        refused = await client.get(f"/v1/media/{unknown}")
        assert refused.status_code == 404
        assert refused.headers["Content-Type"] == "application/problem+json"
    async with database.read() as session:
        kinds = await session.scalars(
            text("select kind from ledger_event where kind like '%photo%' order by id")
        )
        assert list(kinds) == [
            *["product.photo_added"] * 2,
            *["product.photo_ready"] * 2,
            *["product.photo_removed"] * 2,
        ]


async def test_a_job_that_was_cut_off_is_simply_run_again(
    client: httpx.AsyncClient,
    app: FastAPI,
    offered: Make,
    upload: Upload,
    database: Database,
    settings: Settings,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    product = await offered()
    photo = (await upload(product["id"])).json()
    context = JobContext(database, settings, clock, {"object_store": app.state.object_store})

    async def killed(*_: Any, **__: Any) -> None:
        raise ConnectionError

    with monkeypatch.context() as cut:
        cut.setattr(PhotoService, "finish", killed)
        with pytest.raises(ConnectionError):
            await make_renditions(context, {"photo_id": photo["id"]})
    drawn = {path: path.read_bytes() for path in settings.storage.root.rglob("*-*.*") if path.is_file()}
    assert len(drawn) == 4
    assert await listed(client, product["id"]) == []
    for _ in range(2):
        await make_renditions(context, {"photo_id": photo["id"]})
        [shown] = await listed(client, product["id"])
        assert (shown["state"], shown["version"]) == ("ready", 2)
    assert {path: path.read_bytes() for path in drawn} == drawn


async def test_a_lost_original_is_told(
    client: httpx.AsyncClient,
    officer: Headers,
    offered: Make,
    upload: Upload,
    database: Database,
    settings: Settings,
    clock: Clock,
    tmp_path: Any,
) -> None:
    product = await offered()
    await upload(product["id"])
    empty: ObjectStore = folder_store(tmp_path / "empty")
    await worker.drain(database, settings, clock, {"object_store": empty})
    [shown] = await listed(client, product["id"], officer)
    assert (shown["state"], shown["failure"]) == ("failed", "photos.original_lost")
    assert await listed(client, product["id"]) == []


async def test_products_show_their_main_photo_in_one_statement(
    client: httpx.AsyncClient,
    officer: Headers,
    offered: Make,
    upload: Upload,
    drain: Drain,
    database: Database,
) -> None:
    first, second = [await offered(name) for name in ("Cà phê", "Măng")]
    photos = [(await upload(first["id"], picture(shade))).json() for shade in (50, 120)]
    assert (await client.get(f"/v1/products/{first['id']}")).json()["photo"] is None
    await drain()
    own = f"/v1/products/{first['id']}/photos/{photos[1]['id']}"
    await client.patch(own, json={"main": True, "alt_text": "Gói"}, headers={**officer, "If-Match": "*"})
    with statements(database) as sent:
        items = (await client.get("/v1/products")).json()["items"]
    assert len(sent) == 1
    assert [item["photo"] and item["photo"]["id"] for item in items] == [photos[1]["id"], None]
    shown = items[0]["photo"]
    assert shown["alt_text"] == "Gói"
    assert shown["renditions"] == (await client.get(own)).json()["renditions"]
    assert (await client.get(shown["renditions"][0]["url"])).status_code == 200
    assert (await client.get(f"/v1/products/{first['id']}")).json()["photo"] == shown
    assert (await client.get(f"/v1/products/{second['id']}")).json()["photo"] is None
