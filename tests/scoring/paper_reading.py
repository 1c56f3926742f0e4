"""What the papers of a session say: texts of PDF and DOCX, and sessions that give them something to say."""

import io
import unicodedata
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import docx
import httpx
import pypdf
from tests.conftest import MovableClock

from ocop_api.db.tables.dossiers import Dossier

from .conftest import PROVINCE, Headers, World

NAMES = (
    "H’Loan Niê Kdăm",
    "Nguyễn Văn Bình",
    "Trần Thị Thanh Hương",
    "Lê Hoàng Phúc",
    "K’Brểu Ka Să",
    "Phạm Thị Ngọc Ánh",
)
COUNCIL = "Hội đồng đánh giá, phân hạng sản phẩm OCOP tỉnh Lâm Đồng"


def clock_of(world: World) -> MovableClock:
    """The clock of the test, to be moved."""
    assert isinstance(world.clock, MovableClock)
    return world.clock


def text_of_pdf(content: bytes) -> str:
    """All words, one blank between them."""
    reader = pypdf.PdfReader(io.BytesIO(content))
    return _words("\n".join(page.extract_text() for page in reader.pages))


def text_of_docx(content: bytes) -> str:
    """All words of paragraphs and tables, in their order."""
    document = docx.Document(io.BytesIO(content))
    texts = [node.text or "" for node in document.element.body.iter() if node.tag.endswith("}t")]
    return _words(" ".join(texts))


def _words(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())


async def named_council(world: World, offices: Sequence[str], **rules: Any) -> None:
    """A council whose people have names as councils have."""
    # Seats stand in another order than accounts came in.
    world.users = [await world.user(f"u{place}") for place in range(len(offices))][::-1]
    names = [NAMES[place % len(NAMES)] + " A" * (place // len(NAMES)) for place in range(len(offices))]
    answer = await world.client.post(
        "/v1/councils",
        json={
            "name": COUNCIL,
            "level": "province",
            "place_id": PROVINCE,
            "decision_number": "1234/QĐ-UBND",
            "decision_date": "2026-06-01",
            "members": [
                {"user_id": str(user), "office": office, "name": name}
                for user, office, name in zip(world.users, offices, names, strict=True)
            ],
            "rules": rules,
        },
        headers=world.officer,
    )
    assert answer.status_code == 201, answer.text
    world.council = answer.json()
    for user, office in zip(world.users, offices, strict=True):
        world.seat_headers(user, world.council["id"], office)


async def product(
    world: World, name: str, maker: str, address: str = "Xã Thuận An, tỉnh Lâm Đồng"
) -> Dossier:
    """A dossier whose registration slip names product and producer."""
    slip = {"product_name": name, "organisation": maker, "address": address}
    return await world.dossier(contents={"registration": slip})


async def scored(
    world: World, session_id: str, dossier: Dossier, by_member: dict[UUID, dict[str, int]], **closing: Any
) -> dict[str, Any]:
    """Every sheet handed in and the round closed; gives its result."""
    for user, choices in by_member.items():
        handed_in = await world.hand_in(session_id, dossier, user, choices, f"Nhận xét của {str(user)[-6:]}")
        assert handed_in.status_code == 200, handed_in.text
    closed = await world.close(session_id, dossier, **closing)
    assert closed.status_code == 200, closed.text
    result: dict[str, Any] = closed.json()
    return result


async def paper(
    world: World,
    session_id: str,
    name: str,
    dossier: Dossier | None = None,
    *,
    headers: Headers | None = None,
    **query: Any,
) -> httpx.Response:
    """One paper; ``name`` with its extension."""
    of = "" if dossier is None else f"/dossiers/{dossier.id}"
    return await world.client.get(
        f"/v1/sessions/{session_id}{of}/papers/{name}", params=query, headers=headers or world.secretary
    )


async def said(
    world: World, session_id: str, name: str, dossier: Dossier | None = None, **options: Any
) -> str:
    """What a paper says as PDF; what it says as DOCX has been checked to be no less."""
    pdf = await paper(world, session_id, f"{name}.pdf", dossier, **options)
    assert pdf.status_code == 200, pdf.text
    word = await paper(world, session_id, f"{name}.docx", dossier, **options)
    assert word.status_code == 200, word.text
    text = text_of_docx(word.content)
    missing = [one for one in NAMES if one in text_of_pdf(pdf.content) and one not in text]
    assert not missing
    return text_of_pdf(pdf.content)
