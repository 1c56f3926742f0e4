"""The certificate as paper and as picture, and its QR symbol read back."""

import io
from typing import Any

import httpx
import pypdf
import pytest
from PIL import Image

from ocop_api.domain.actor import Level

from .conftest import CHAIR, MINISTER, Issue, World
from .papers import page_of, photographed, picture_of, scratched, texts_in
from .test_withdrawal import ORDER


async def _issued(world: World, issue: Issue, stars: int = 4) -> dict[str, Any]:
    if stars == 5:
        answer = await issue(await world.rated(points="93", star=5, level=Level.CENTRAL), by=MINISTER)
    else:
        answer = await issue(await world.rated(points={3: "60", 4: "82.5"}[stars], star=stars))
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    return body


def _path(url: str) -> str:
    assert url.startswith("http://localhost:8000/")
    return url.removeprefix("http://localhost:8000")


@pytest.mark.parametrize("stars", [3, 4, 5])
async def test_the_symbol_on_the_paper_opens_this_certificates_page(
    world: World, issue: Issue, client: httpx.AsyncClient, stars: int
) -> None:
    issued = await _issued(world, issue, stars)
    pdf = await client.get(f"/v1/certificates/{issued['id']}/certificate.pdf")
    (read,) = texts_in(page_of(pdf.content, 150))
    assert read == issued["verification_url"]
    page = await client.get(_path(read))
    assert (page.status_code, "Còn hiệu lực" in page.text) == (200, True)
    assert issued["number"] in page.text
    assert issued["product_name"] in page.text
    answer = (await client.get(_path(read).replace("/verify", "/v1/verify"))).json()
    assert (answer["certificate_id"], answer["stars"]) == (issued["id"], stars)


async def test_the_symbol_is_read_from_a_worn_paper_and_a_poor_photo(
    world: World, issue: Issue, client: httpx.AsyncClient
) -> None:
    issued = await _issued(world, issue)
    pdf = await client.get(f"/v1/certificates/{issued['id']}/certificate.pdf")
    whole = page_of(pdf.content, 300)
    wanted = [issued["verification_url"]]
    # Level Q restores a quarter of the words; a third of each side is a ninth of the area.
    assert texts_in(scratched(whole, 0.33)) == wanted
    # What is beyond repair is not read as something else.
    assert texts_in(scratched(whole, 0.8)) == []
    assert texts_in(photographed(whole, width=1500)) == wanted
    assert texts_in(photographed(whole, width=2000, degrees=-23, blur=1.2)) == wanted
    assert texts_in(photographed(scratched(whole, 0.25), width=1800, degrees=2)) == wanted


@pytest.mark.parametrize("width", [320, 700, 1200, 3508])
async def test_the_picture_is_the_paper_at_any_width(
    world: World, issue: Issue, client: httpx.AsyncClient, width: int
) -> None:
    issued = await _issued(world, issue)
    path = f"/v1/certificates/{issued['id']}/certificate"
    answer = await client.get(f"{path}.png", params={"width": width})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
    picture = picture_of(answer.content)
    assert picture.size == (width, round(width * 210 / 297))
    if width >= 700:
        assert texts_in(picture) == [issued["verification_url"]]
    # Both come from one template: drawn to the same size they differ by the smoothing of edges only.
    small = (160, 113)
    paper = page_of((await client.get(f"{path}.pdf")).content, 150)
    pairs = list(zip(_greys(picture, small), _greys(paper, small), strict=True))
    assert max(abs(one - other) for one, other in pairs) < 90
    assert sum(abs(one - other) for one, other in pairs) / len(pairs) < 4


def _greys(image: Image.Image, size: tuple[int, int]) -> bytes:
    return image.resize(size).convert("L").tobytes()


@pytest.mark.parametrize("width", ["319", "3509", "1e3", "-1", ""])
async def test_a_picture_has_a_sensible_width(
    world: World, issue: Issue, client: httpx.AsyncClient, width: str
) -> None:
    issued = await _issued(world, issue)
    answer = await client.get(f"/v1/certificates/{issued['id']}/certificate.png", params={"width": width})
    assert answer.status_code == 422


async def test_an_unchanged_paper_is_not_sent_twice(
    world: World, issue: Issue, client: httpx.AsyncClient
) -> None:
    first, second = await _issued(world, issue), await _issued(world, issue)
    tags = set()
    for form in ("certificate.pdf", "certificate.png", "certificate.png?width=800", "qr.svg", "qr.png"):
        path = f"/v1/certificates/{first['id']}/{form}"
        whole = await client.get(path)
        assert (await client.get(path)).content == whole.content
        tag = whole.headers["etag"]
        for held in (tag, f"W/{tag}", f'"x", {tag}'):
            again = await client.get(path, headers={"If-None-Match": held})
            assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
        other = await client.get(f"/v1/certificates/{second['id']}/{form}", headers={"If-None-Match": tag})
        assert other.status_code == 200
        tags |= {tag, other.headers["etag"]}
    assert len(tags) == 10


async def test_the_paper_names_the_group_and_stays_as_issued(
    world: World, issue: Issue, client: httpx.AsyncClient, as_actor: Any
) -> None:
    issued = await _issued(world, issue)
    path = f"/v1/certificates/{issued['id']}/certificate.pdf"
    before = (await client.get(path)).content
    text = " ".join(pypdf.PdfReader(io.BytesIO(before)).pages[0].extract_text().split())
    assert "Cà phê, ca cao" in text
    assert "Có giá trị từ: ngày 15 tháng 6 năm 2026 Có giá trị đến: ngày 15 tháng 6 năm 2029" in text
    withdrawn = f"/v1/certificates/{issued['id']}/withdraw"
    assert (await client.post(withdrawn, json=ORDER, headers=as_actor(CHAIR))).status_code == 200
    assert (await client.get(path)).content == before


async def test_what_was_recorded_has_no_paper_and_no_picture(world: World, client: httpx.AsyncClient) -> None:
    known = await world.recorded()
    for form in ("pdf", "png"):
        answer = await client.get(f"/v1/certificates/{known['id']}/certificate.{form}")
        assert (answer.status_code, answer.json()["code"]) == (404, "certificate.no_document")


async def test_the_paper_is_archival_with_its_fonts_inside(
    world: World, issue: Issue, client: httpx.AsyncClient
) -> None:
    issued = await _issued(world, issue)
    pdf = (await client.get(f"/v1/certificates/{issued['id']}/certificate.pdf")).content
    reader = pypdf.PdfReader(io.BytesIO(pdf))
    page: Any = reader.pages[0]
    fonts = [
        inner
        for font in page["/Resources"]["/Font"].values()
        for inner in font.get_object()["/DescendantFonts"]
    ]
    assert len(fonts) >= 2
    for font in fonts:
        descriptor = font.get_object()["/FontDescriptor"]
        assert {"/FontFile2", "/FontFile3"} & set(descriptor), font
    root: Any = reader.root_object
    assert root["/MarkInfo"]["/Marked"]
    assert "/StructTreeRoot" in root
    (intent,) = root["/OutputIntents"]
    assert intent["/S"] == "/GTS_PDFA1"
    assert "/DestOutputProfile" in intent
    assert "/Encrypt" not in reader.trailer
    assert "/ID" in reader.trailer
    assert not {"/JavaScript", "/EmbeddedFiles"} & set(root.get("/Names", {}))
