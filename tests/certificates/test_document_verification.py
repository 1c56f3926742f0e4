"""A file that somebody shows: which certificate it speaks of, what it is worth, and hostile files."""

import io
import re
import struct
import zlib
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import httpx
import pypdf
import pytest
import segno
from PIL import Image
from tests.conftest import MovableClock, make_settings

from ocop_api.adapters.pdf.port import CertificateSheet
from ocop_api.adapters.pdf.typst_renderer import TypstPdfRenderer
from ocop_api.adapters.pdf_reading import reading
from ocop_api.certificates import policy
from ocop_api.settings import Settings, WebSettings

from .conftest import CHAIR, Issue, World
from .papers import as_file, page_of, photographed, picture_of
from .test_withdrawal import ORDER

CHECK = "/v1/verify/document"
BASE = "http://localhost:8000"


async def _show(client: httpx.AsyncClient, content: bytes, kind: str, **headers: str) -> httpx.Response:
    return await client.post(CHECK, content=content, headers={"Content-Type": kind, **headers})


def _symbol(text: str) -> Image.Image:
    out = io.BytesIO()
    segno.make(text, error="m", micro=False).save(out, kind="png", scale=6, border=4)
    return picture_of(out.getvalue())


def _beside(*images: Image.Image) -> Image.Image:
    whole = Image.new("RGB", (sum(i.width for i in images), max(i.height for i in images)), "white")
    at = 0
    for image in images:
        whole.paste(image, (at, 0))
        at += image.width
    return whole


@pytest.fixture
async def paper(world: World, issue: Issue, client: httpx.AsyncClient) -> dict[str, Any]:
    """An issued certificate with its PDF."""
    issued = (await issue(await world.rated())).json()
    pdf = await client.get(f"/v1/certificates/{issued['id']}/certificate.pdf")
    return {**issued, "pdf": pdf.content}


async def test_the_registers_own_print_is_recognised_byte_for_byte(
    paper: dict[str, Any], client: httpx.AsyncClient
) -> None:
    answer = await _show(client, paper["pdf"], "application/pdf")
    assert answer.status_code == 200, answer.text
    assert (answer.headers["cache-control"], answer.headers["content-language"]) == ("no-store", "vi")
    body = answer.json()
    assert (body["pages"], body["unknown_codes"], body["foreign_codes"]) == (1, [], [])
    assert "đúng từng byte" in body["meaning"]
    (found,) = body["certificates"]
    assert (found["read"], found["page"], found["document"]) == ("qr", 1, "identical")
    assert found["certificate"]["certificate_id"] == paper["id"]
    assert (found["certificate"]["status"], found["certificate"]["in_force"]) == ("valid", True)
    assert {fact["part"]: fact["found"] for fact in found["printed"]} == dict.fromkeys(
        ("number", "stars", "product_name", "producer_name"), True
    )
    public = (await client.get(f"/v1/verify/{paper['verification_code']}")).json()
    assert found["certificate"] == public


@pytest.mark.parametrize("width", [800, 1600])
async def test_the_registers_own_picture_is_recognised_too(
    paper: dict[str, Any], client: httpx.AsyncClient, width: int
) -> None:
    png = await client.get(f"/v1/certificates/{paper['id']}/certificate.png?width={width}")
    (found,) = (await _show(client, png.content, "image/png")).json()["certificates"]
    assert (found["read"], found["document"], found["printed"]) == ("qr", "identical", None)
    # The same picture saved anew is another file.
    again = as_file(picture_of(png.content), "PNG")
    (found,) = (await _show(client, again, "image/png")).json()["certificates"]
    assert found["document"] == "other"


@pytest.mark.parametrize(("form", "kind"), [("JPEG", "image/jpeg"), ("WEBP", "image/webp")])
async def test_a_scan_or_photo_is_read_and_told_apart_from_the_print(
    paper: dict[str, Any], client: httpx.AsyncClient, form: str, kind: str
) -> None:
    photo = photographed(page_of(paper["pdf"], 200), width=1600, degrees=7)
    answer = await _show(client, as_file(photo, form), kind)
    body = answer.json()
    (found,) = body["certificates"]
    assert (found["document"], found["printed"]) == ("other", None)
    assert found["certificate"]["certificate_id"] == paper["id"]
    assert "ảnh chụp" in body["meaning"]
    # A scanner makes a PDF without words of it.
    scan = as_file(photo.convert("RGB"), "PDF")
    (found,) = (await _show(client, scan, "application/pdf")).json()["certificates"]
    assert (found["read"], found["document"], found["printed"]) == ("qr", "other", None)


async def test_a_mark_on_a_label_is_read(paper: dict[str, Any], client: httpx.AsyncClient) -> None:
    path = f"/v1/certificates/{paper['id']}/label-mark"
    for form, kind in (("png", "image/png"), ("pdf", "application/pdf")):
        mark = await client.get(f"{path}.{form}", params={"layout": "stacked", "width_mm": 16})
        answer = await _show(client, mark.content, kind)
        assert answer.status_code == 200, answer.text
        assert answer.json()["certificates"][0]["certificate"]["certificate_id"] == paper["id"]


async def test_forged_words_around_a_genuine_symbol_are_named(
    world: World, issue: Issue, client: httpx.AsyncClient, paper: dict[str, Any]
) -> None:
    other = (await issue(await world.rated(points="60", star=3))).json()
    forged = _forged(paper, other)
    body = (await _show(client, forged, "application/pdf", **{"Accept-Language": "en"})).json()
    (found,) = body["certificates"]
    assert found["document"] == "other"
    assert found["certificate"]["certificate_id"] == paper["id"]
    assert {fact["part"] for fact in found["printed"] if not fact["found"]} == {
        "number",
        "stars",
        "product_name",
        "producer_name",
    }
    registered = {fact["part"]: fact["registered"] for fact in found["printed"]}
    assert (registered["stars"], registered["number"]) == ("4", paper["number"])
    assert body["meaning"].startswith("The words of the file do not say")
    page = await client.post("/verify", files={"file": ("a.pdf", forged, "application/pdf")})
    assert "Tệp không khớp sổ đăng ký" in page.text
    assert 'class="verdict bad"' in page.text


def _forged(genuine: dict[str, Any], other: dict[str, Any]) -> bytes:
    """The paper of one certificate with the symbol of another one pasted over its own."""
    return TypstPdfRenderer().render_certificate(
        CertificateSheet(
            certificate_no=other["number"],
            product_name=other["product_name"],
            producer_name=other["producer_name"],
            producer_address="",
            stars=5,
            issuing_authority="Ủy ban nhân dân tỉnh Lâm Đồng",
            decision_no="1/QĐ",
            decision_date=date(2026, 6, 1),
            place="Lâm Đồng",
            issued_on=date(2026, 6, 1),
            valid_until=date(2039, 6, 1),
            signer_title="Chủ tịch",
            verification_url=genuine["verification_url"],
            verification_text="",
        )
    )


async def test_without_a_symbol_the_words_are_searched(
    paper: dict[str, Any], world: World, client: httpx.AsyncClient
) -> None:
    known = await world.recorded(number="68-77-2026", decided_on=date(2026, 6, 1))
    lines = {
        f"Xem tai localhost:8000/verify/{known['code']} nhe": known["id"],
        "So: 68-77-2026, ngay 15-06-2026": known["id"],
        f"Giay chung nhan {paper['number']}": paper["id"],
    }
    for line, wanted in lines.items():
        answer = await _show(client, _written(line), "application/pdf")
        assert answer.status_code == 200, (line, answer.text)
        (found,) = answer.json()["certificates"]
        assert (found["read"], found["page"], found["document"]) == ("text", None, "other")
        assert found["certificate"]["certificate_id"] == wanted
    for line in ("68-78-2026", "x68-77-2026", "68-77-20261", f"evil.vn/verify/{known['code']}", "15-06-2026"):
        answer = await _show(client, _written(line), "application/pdf")
        assert (answer.status_code, answer.json()["code"]) == (404, "verification.nothing_found"), line


def _written(line: str, pages: int = 1) -> bytes:
    """A PDF with one line of plain text on each page."""
    content = f"BT /F1 12 Tf 40 400 Td ({line}) Tj ET".encode()
    kids = " ".join(f"{5 + n} 0 R" for n in range(pages))
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        f"<</Type/Pages/Kids[{kids}]/Count {pages}>>".encode(),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(content), content),
        *[b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 3 0 R>>>>>>"]
        * pages,
    ]
    out = bytearray(b"%PDF-1.7\n")
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj%bendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(out)


async def test_all_symbols_are_told_and_strange_ones_are_not_followed(
    world: World, client: httpx.AsyncClient
) -> None:
    first, second = await world.recorded(), await world.recorded(number="68-02-2026")
    foreign = "https://evil.example/verify/" + first["code"]
    unknown = "a" * 26
    sheet = _beside(
        _symbol(f"{BASE}/verify/{first['code']}"),
        _symbol(f"{BASE}/verify/{second['code'].upper()}?zarsrc=30"),
        _symbol(f"{BASE}/verify/{first['code']}/"),
        _symbol(foreign),
        _symbol(f"{BASE}/verify/{unknown}"),
        _symbol("x" * 300),
    )
    answer = await _show(client, as_file(sheet, "PNG"), "image/png")
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert {one["certificate"]["certificate_id"] for one in body["certificates"]} == {
        first["id"],
        second["id"],
    }
    assert body["unknown_codes"] == [unknown]
    assert sorted(one["text"] for one in body["foreign_codes"]) == [foreign, "x" * 200]
    assert "2 giấy chứng nhận" in body["meaning"]
    page = await client.post("/verify", files={"file": ("a.png", as_file(sheet, "PNG"), "image/png")})
    assert page.status_code == 200
    assert foreign in page.text
    assert f'href="{foreign}' not in page.text


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/verify/{code}",
        "http://localhost:8000@evil.example/verify/{code}",
        "http://localhost:8000.evil.example/verify/{code}",
        "http://localhost:8001/verify/{code}",
        "https://localhost:8000/verify/{code}",
        "http://localhost:8000/x/verify/{code}",
        "http://localhost:8000/v1/certificates/{code}",
        "http://[::1/verify/{code}",
        "javascript:alert(1)//{code}",
        "http://ⅼocalhost:8000/verify/{code}",
        "{code}",
    ],
)
async def test_no_other_address_counts_as_ours(world: World, client: httpx.AsyncClient, address: str) -> None:
    known = await world.recorded()
    picture = as_file(_symbol(address.format(code=known["code"])), "PNG")
    answer = await _show(client, picture, "image/png")
    assert (answer.status_code, answer.json()["code"]) == (404, "verification.nothing_found")


async def test_an_unknown_code_answers_as_a_scanned_one(client: httpx.AsyncClient) -> None:
    picture = as_file(_symbol(f"{BASE}/verify/{'a' * 26}"), "PNG")
    shown = await _show(client, picture, "image/png")
    scanned = await client.get(f"/v1/verify/{'a' * 26}")
    for name in ("code", "detail", "status", "title"):
        assert shown.json()[name] == scanned.json()[name]


async def test_what_it_is_worth_follows_the_register(
    paper: dict[str, Any], client: httpx.AsyncClient, as_actor: Any, clock: MovableClock
) -> None:
    clock.at = datetime(2029, 6, 15, 17, 0, tzinfo=UTC)
    body = (await _show(client, paper["pdf"], "application/pdf")).json()
    assert body["certificates"][0]["certificate"]["status"] == "expired"
    assert body["certificates"][0]["document"] == "identical"
    assert "đã hết hạn" in body["meaning"]
    clock.at = datetime(2026, 6, 15, 3, tzinfo=UTC)
    path = f"/v1/certificates/{paper['id']}/withdraw"
    assert (await client.post(path, json=ORDER, headers=as_actor(CHAIR))).status_code == 200
    body = (await _show(client, paper["pdf"], "application/pdf")).json()
    assert body["certificates"][0]["certificate"]["status"] == "withdrawn"
    page = await client.post("/verify", files={"file": ("a.pdf", paper["pdf"], "application/pdf")})
    assert 'class="verdict bad"' in page.text
    assert "Đã bị thu hồi" in page.text


def _locked(pdf: bytes) -> bytes:
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(pdf))
    writer.encrypt("", "owner", algorithm="RC4-128")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def _bomb() -> bytes:
    """A PNG that claims 30,000 pixels on each side."""
    header = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 0, 0, 0, 0)

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    data = zlib.compress(bytes(30_001) * 100)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


HOSTILE = [
    (b"", "application/pdf", "verification.empty_file"),
    (b"hello", "application/pdf", "verification.type_not_accepted"),
    (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/png", "verification.type_not_accepted"),
    (b"%PDF-1.7\n%%EOF", "application/pdf", "verification.damaged"),
    (b"%PDF-1.7\n" + b"\x00\xff" * 4000, "application/pdf", "verification.damaged"),
    (_written("x", pages=11), "application/pdf", "verification.too_many_pages"),
    (b"\x89PNG\r\n\x1a\n" + b"\x00" * 100, "image/png", "verification.damaged"),
    (b"\xff\xd8\xff\xe0" + b"\x00" * 100, "image/jpeg", "verification.damaged"),
    (b"RIFF\x10\x00\x00\x00WEBPVP8 ", "image/webp", "verification.damaged"),
    (_bomb(), "image/png", "verification.damaged"),
]


@pytest.mark.parametrize(("content", "kind", "code"), HOSTILE)
async def test_a_file_that_cannot_be_read_is_refused_with_a_stable_code(
    client: httpx.AsyncClient, content: bytes, kind: str, code: str
) -> None:
    answer = await _show(client, content, kind)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    page = await client.post("/verify", files={"file": ("x", content, kind)}, data={"lang": "en"})
    assert page.status_code == 422
    assert page.headers["content-type"].startswith("text/html")
    assert "could not be read" in page.text


async def test_a_locked_file_is_told_as_such(paper: dict[str, Any], client: httpx.AsyncClient) -> None:
    answer = await _show(client, _locked(paper["pdf"]), "application/pdf")
    assert (answer.status_code, answer.json()["code"]) == (422, "verification.encrypted")


async def test_a_file_cut_off_anywhere_is_no_failure(
    paper: dict[str, Any], client: httpx.AsyncClient
) -> None:
    whole = paper["pdf"]
    for part in (5, 9, 1000, len(whole) // 2, len(whole) - 40):
        answer = await _show(client, whole[:part], "application/pdf")
        assert answer.status_code in {200, 404, 422}, part
        if answer.status_code == 200:
            assert answer.json()["certificates"][0]["document"] == "other"


async def test_a_crash_of_the_reader_is_an_answer(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def crashed(*_: object) -> None:
        raise reading.ReadingFailedError("timeout")

    monkeypatch.setattr(reading, "_run", crashed)
    answer = await _show(client, b"%PDF-1.7\n", "application/pdf")
    assert (answer.status_code, answer.json()["code"]) == (422, "verification.too_complex")


async def test_too_large_or_of_another_kind_is_refused_before_it_is_opened(client: httpx.AsyncClient) -> None:
    large = b"%PDF-" + b"0" * (10 * 1024 * 1024)
    answer = await _show(client, large, "application/pdf")
    assert (answer.status_code, answer.json()["code"]) == (413, "request.too_large")
    page = await client.post("/verify", files={"file": ("a.pdf", large, "application/pdf")})
    assert (page.status_code, "Tối đa 10 MB" in page.text) == (413, True)
    for kind in ("application/zip", "text/html", "application/json", "", "image/svg+xml"):
        answer = await _show(client, b"%PDF-", kind)
        assert (answer.status_code, answer.json()["code"]) == (415, "request.unsupported_media_type")


async def test_too_many_waiting_files_are_turned_away(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "_ANYBODY", reading._Queue(at_once=1, waiting=0))
    answer = await _show(client, b"%PDF-1.7\n", "application/pdf")
    assert (answer.status_code, answer.json()["code"]) == (503, "documents.busy")
    page = await client.post("/verify", files={"file": ("a.pdf", b"%PDF-1.7", "application/pdf")})
    assert page.status_code == 503
    assert page.headers["content-type"].startswith("text/html")


async def test_the_form_takes_an_electronic_certificate(
    paper: dict[str, Any], client: httpx.AsyncClient
) -> None:
    path = f"/v1/certificates/{paper['id']}/credential"
    for form in (path, f"{path}.jwt"):
        signed = (await client.get(form)).content
        page = await client.post("/verify", files={"file": ("c.json", signed, "application/json")})
        assert page.status_code == 200
        assert "Bản điện tử hợp lệ" in page.text
        assert paper["number"] in page.text
    signed = (await client.get(path)).content
    changed = signed.replace(b'"code":"4"', b'"code":"5"')
    assert changed != signed
    page = await client.post("/verify", files={"file": ("c.json", changed, "application/json")})
    assert (page.status_code, 'class="verdict bad"' in page.text) == (200, True)
    assert "Bản điện tử hợp lệ" not in page.text
    broken = await client.post("/verify", files={"file": ("c.json", b'{"a":', "application/json")})
    assert broken.status_code == 422


@pytest.mark.parametrize("language", ["vi", "en"])
async def test_the_form_answers_with_a_page_in_the_readers_language(
    paper: dict[str, Any], client: httpx.AsyncClient, language: str
) -> None:
    words = {"vi": "đúng từng byte", "en": "byte for byte"}[language]
    files = {"file": ("a.pdf", paper["pdf"], "application/pdf")}
    page = await client.post("/verify", files=files, data={"lang": language})
    assert page.status_code == 200
    assert (page.headers["content-language"], page.headers["cache-control"]) == (language, "no-store")
    assert words in page.text
    assert 'class="verdict good"' in page.text
    assert "<script" not in page.text
    assert f'/verify/{paper["verification_code"]}?lang={language}"' in page.text
    form = (await client.get(f"/verify?lang={language}")).text
    assert re.search(r'<form action="/verify" method="post" enctype="multipart/form-data">', form)


async def test_a_form_without_a_file_is_told_so(client: httpx.AsyncClient) -> None:
    for files in (None, {"file": ("", b"", "application/octet-stream")}):
        page = await client.post("/verify", files=files, data={"lang": "vi"})
        assert (page.status_code, "Chưa có tệp nào" in page.text) == (422, True)


async def test_a_name_of_a_file_is_shown_nowhere(paper: dict[str, Any], client: httpx.AsyncClient) -> None:
    files = {"file": ("<script>alert(1)</script>.pdf", paper["pdf"], "application/pdf")}
    assert "alert(1)" not in (await client.post("/verify", files=files)).text


async def test_drafts_are_found_by_no_file(world: World, client: httpx.AsyncClient) -> None:
    await world.rated()
    for line in ("68-24611-1-2026", "68-24611-2-2026"):
        answer = await _show(client, _written(line), "application/pdf")
        assert (answer.status_code, answer.json()["code"]) == (404, "verification.nothing_found")


class TestLimits:
    """Looking into files has a quota of its own."""

    @pytest.fixture
    def settings(self, database_url: str, tmp_path: Path) -> Settings:
        web = WebSettings(
            verifications_per_minute=0, credential_checks_per_minute=0, document_checks_per_minute=2
        )
        return make_settings(database_url, tmp_path).model_copy(update={"web": web})

    async def test_data_and_pages_share_the_quota_of_files(self, client: httpx.AsyncClient) -> None:
        answer = await _show(client, b"x", "application/pdf")
        assert answer.headers["ratelimit-policy"] == '"document-check";q=2;w=60'
        page = await client.post("/verify", data={"lang": "en"})
        assert page.headers["ratelimit"].startswith('"document-check";r=0;')
        refused = await _show(client, b"x", "application/pdf")
        assert (refused.status_code, refused.json()["code"]) == (429, "request.rate_limited")
        page = await client.post("/verify", data={"lang": "en"})
        assert (page.status_code, "Try again in" in page.text) == (429, True)
        assert (await client.get("/verify")).status_code == 200


@pytest.mark.parametrize(
    ("text", "words", "said"),
    [
        ("Cà phê bột\r\nNâm Nung", "Cà phê bột Nâm Nung", True),
        ("C\u200bà phê", "Cà phê", True),
        ("CÀ PHÊ BỘT", "cà phê bột", True),
        ("Ca phe bot", "Cà phê bột", False),
        ("Cà phê bột", "Cà phê bột đặc biệt", False),
        ("Trà phêbột", "bột", False),
        ("Hợp tác xã “A-B”, thôn 5", 'Hợp tác xã "A-B"', True),
        ("168-01-20261", "68-01-2026", False),
    ],
)
def test_words_are_compared_as_a_reader_would(text: str, words: str, said: bool) -> None:
    assert policy.said_in(text, words) is said


@pytest.mark.parametrize(
    ("text", "stars"),
    [
        ("Đạt hạng 4 sao", {4}),
        ("OCOP 3 SAO và 5 sao", {3, 5}),
        ("4 stars", {4}),
        ("14 sao, saobien", set()),
        ("bốn sao", set()),
    ],
)
def test_the_ranks_a_text_names(text: str, stars: set[int]) -> None:
    assert policy.printed_stars(text) == stars
