"""A dossier bound into one PDF: contents, forms and evidence, with bookmarks."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from ocop_api.adapters.pdf_binding import Bookmark, Bound, Sheet, bind
from ocop_api.domain.errors import Invalid
from ocop_api.dossiers.packing import PackedFile
from ocop_api.dossiers.papers.blocks import Block, Form, Heading, Paragraph, Table, Title
from ocop_api.dossiers.papers.printing import form_pdf

MOST_BYTES: Final = 200 * 1024 * 1024
"""Bytes of all files that are bound; a larger dossier is taken along as a package."""
_PDF: Final = "application/pdf"
_FORM_TITLES: Final = {
    "forms/01.pdf": "Mẫu số 01: Phiếu đăng ký",
    "forms/02.pdf": "Mẫu số 02: Báo cáo tự đánh giá",
    "forms/03.pdf": "Mẫu số 03: Báo cáo của xã",
}


@dataclass(frozen=True, slots=True)
class _Entry:
    title: str
    sheet: Sheet
    is_form: bool


async def bound(title: str, files: Sequence[PackedFile], folder: Path, at: datetime) -> Path:
    """Bind the forms and the evidence of a package; gives the path of the PDF in ``folder``.

    A piece that cannot be bound (a damaged file) stands in the contents without a page.

    Raises:
        Invalid: ``dossier.too_large_to_bind``; ``documents.too_long_to_bind``.
        Unavailable: as ``bind``; ``documents.content_lost``.
    """
    wanted = [one for one in files if one.name in _FORM_TITLES or one.facts]
    size = sum(one.size for one in wanted)
    if size > MOST_BYTES:
        raise Invalid("dossier.too_large_to_bind", size=size, limit=MOST_BYTES)
    entries = [await _fetched(place, one, folder) for place, one in enumerate(wanted)]
    body = folder / "body.pdf"
    found = await bind([one.sheet for one in entries], body, title=title)
    contents = folder / "contents.pdf"
    # The contents tell page numbers behind themselves, so their own length is found out first.
    length = 1
    while True:
        await _print(contents, _contents(title, entries, found, length), at)
        [told] = await bind([Sheet(str(contents), _PDF)], folder / "measured.pdf", title=title)
        if told.pages == length:
            break
        length = told.pages
    output = folder / "dossier.pdf"
    marks = [Bookmark("Mục lục", 0), *_bookmarks(entries, found, length)]
    sheets = [Sheet(str(contents), _PDF), Sheet(str(body), _PDF)]
    await bind(sheets, output, title=title, bookmarks=marks)
    return output


async def _fetched(place: int, one: PackedFile, folder: Path) -> _Entry:
    path = folder / f"{place:04d}"
    with path.open("wb") as target:
        async for piece in one.open():
            await asyncio.to_thread(target.write, piece)
    title = _FORM_TITLES.get(one.name)
    said = title or " ".join(str(one.facts[name]) for name in ("title", "number") if one.facts.get(name))
    return _Entry(said, Sheet(str(path), one.media_type), title is not None)


async def _print(path: Path, form: Form, at: datetime) -> None:
    content = await asyncio.to_thread(form_pdf, form, at)
    await asyncio.to_thread(path.write_bytes, content)


def _contents(title: str, entries: Sequence[_Entry], found: Sequence[Bound], length: int) -> Form:
    rows = tuple(
        (
            str(number),
            entry.title,
            "không ghép được, xem tệp gốc" if place.pages == 0 else str(place.first + length + 1),
            str(place.pages),
        )
        for number, (entry, place) in enumerate(zip(entries, found, strict=True), 1)
    )
    blocks: list[Block] = [
        Heading(),
        Title("MỤC LỤC HỒ SƠ", title),
        Table((6, 60, 20, 14), ("Số", "Tài liệu", "Trang", "Số trang"), rows),
    ]
    if not rows:
        blocks.append(Paragraph("Hồ sơ chưa có tài liệu nào."))
    return Form("", "Mục lục hồ sơ", title, draft=False, blocks=blocks)


def _bookmarks(entries: Sequence[_Entry], found: Sequence[Bound], length: int) -> list[Bookmark]:
    marks: list[Bookmark] = []
    evidence = False
    for entry, place in zip(entries, found, strict=True):
        page = place.first + length
        if not entry.is_form and not evidence:
            marks.append(Bookmark("Tài liệu minh chứng", page))
            evidence = True
        marks.append(Bookmark(entry.title, page, 0 if entry.is_form else 1))
    return marks
