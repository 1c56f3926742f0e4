"""The rejected rows of an import as a workbook: correct the red cells and send it again."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.adapters.spreadsheet.workbook import FormWorkbook, Mark, TableColumn, TableRow
from ocop_api.bulk.form_columns import LIST_SHEET, SHEET, lists_of, table_columns
from ocop_api.bulk.form_guide import guide_of
from ocop_api.bulk.headers import REASON_KEYS, REASON_TITLES, HeaderMatcher, heading_key
from ocop_api.bulk.kinds.kind import AnyKind
from ocop_api.bulk.kinds.registry import kind_named
from ocop_api.bulk.service import ImportService
from ocop_api.bulk.templates import TemplateService
from ocop_api.db.tables.bulk import ImportJob, ImportRow
from ocop_api.domain.actor import Actor
from ocop_api.domain.errors import Invalid
from ocop_api.web.texts import Language, text_of

_SPARE_ROWS: Final = 20
_ASIDE: Final = len(REASON_TITLES["vi"])
_WIDTHS: Final = (9, 48, 28)
_TOO_MANY: Final = {
    "vi": "Ô này nằm ngoài các cột có tiêu đề. Hãy chuyển vào đúng cột hoặc xóa đi.",
    "en": "This cell stands beyond the headed columns. Move it to its column or delete it.",
}


@dataclass(frozen=True, slots=True)
class _Form:
    """How the cells of the file lie in the workbook."""

    kept: tuple[int, ...]
    """Indexes of the file's columns, in order, without those of reasons."""
    names: tuple[str | None, ...]
    """Of each data column of the workbook, the column of the kind it means."""
    titles: dict[str, str]
    columns: tuple[TableColumn, ...]


class CorrectionService:
    """Workbooks of rejected rows, for one actor at one instant."""

    def __init__(self, session: AsyncSession, actor: Actor, now: datetime) -> None:
        self._imports = ImportService(session, actor, now)
        self._templates = TemplateService(session, actor, now)

    async def write(self, import_id: UUID, target: Path, language: Language) -> ImportJob:
        """Write the rejected rows to a file: the cells as sent, the reasons beside, wrong cells marked.

        Rows go through in portions, so memory does not grow with their number. Columns that a reason
        names and the file lacks are added on the right.

        Raises:
            NotFound: ``bulk.unknown_import``.
        """
        job = await self._imports.get(import_id)
        kind = _kind_of(job)
        said = {
            entry.column
            for entry in await self._imports.said(import_id)
            if entry.outcome == "rejected" and entry.column is not None
        }
        columns = () if kind is None else kind.columns
        places = None if kind is None else await self._templates.places(kind)
        lists = {} if places is None else lists_of(columns, places, language)
        form = _form(
            job, kind, said, [] if kind is None else table_columns(columns, lists, language), language
        )
        offered = {column.choices for column in form.columns}
        book = FormWorkbook(
            target,
            sheet=SHEET[language],
            columns=form.columns,
            lists={name: found for name, found in lists.items() if name in offered},
            list_sheet=LIST_SHEET[language],
            created=job.created_at,
            frozen=1,
        )
        async for rows in self._imports.rejected(import_id):
            await asyncio.to_thread(_append, book, form, len(job.header), rows, language)
        if kind is not None:
            book.add_guide(guide_of(kind, language))
        await asyncio.to_thread(book.close, spare_rows=_SPARE_ROWS)
        return job


def _kind_of(job: ImportJob) -> AnyKind | None:
    try:
        return kind_named(job.kind)
    except Invalid:
        # An import of a kind that is no longer offered still gives its rows back.
        return None


def _form(
    job: ImportJob,
    kind: AnyKind | None,
    said: set[str],
    offered: Sequence[TableColumn],
    language: Language,
) -> _Form:
    matcher = HeaderMatcher(() if kind is None else kind.columns)
    try:
        meant = matcher.match(job.header).names
    except Invalid:
        # The kind's columns may have changed since; what is still known by name stays known.
        meant = tuple(matcher.exact(text) for text in job.header)
    meant = (*meant, *(None,) * (len(job.header) - len(meant)))
    kept = tuple(i for i, text in enumerate(job.header) if heading_key(text) not in REASON_KEYS)
    known = {} if kind is None else dict(zip((c.name for c in kind.columns), offered, strict=True))
    present = [meant[i] for i in kept]
    absent = [name for name in known if name in said and name not in present]
    names = (*present, *absent)
    own = [known[name].title.removesuffix(" *") for name in absent]
    headings = [*(job.header[i] for i in kept), *own]
    aside = [
        TableColumn(title=title, width=width, aside=True)
        for title, width in zip(REASON_TITLES[language], _WIDTHS, strict=True)
    ]
    # Where the province stands in this file, for lists of communes that depend on it.
    province = _ASIDE + names.index("province") if "province" in names else None
    data = [
        _as_headed(None if name is None else known.get(name), heading, province)
        for name, heading in zip(names, headings, strict=True)
    ]
    titles = {name: heading for name, heading in zip(names, headings, strict=True) if name is not None}
    return _Form(kept, names, titles, (*aside, *data))


def _as_headed(column: TableColumn | None, heading: str, province: int | None) -> TableColumn:
    if column is None:
        return TableColumn(title=heading)
    dependent = column.within is not None
    return TableColumn(
        title=heading,
        kind=column.kind,
        width=column.width,
        required=column.required,
        choices=None if dependent and province is None else column.choices,
        within=province if dependent else None,
        # What stands there was typed by a person; a warning is enough while it is being corrected.
        strict=False,
        lengths=column.lengths,
        note=column.note,
        prompt=column.prompt,
        refusal=column.refusal,
    )


def _append(
    book: FormWorkbook, form: _Form, width: int, rows: Sequence[ImportRow], language: Language
) -> None:
    book.append(_row(form, width, row, language) for row in rows)


def _row(form: _Form, width: int, row: ImportRow, language: Language) -> TableRow:
    sent = list(row.cells or [])
    extra = sent[width:]
    sent += [""] * (width - len(sent))
    told = [(problem, text_of(problem["code"], language, problem["data"])) for problem in row.problems]
    messages = "\n".join(_said(form, problem, message) for problem, message in told)
    suggestions = "\n".join(problem["suggestion"] for problem, _ in told if problem["suggestion"])
    added = len(form.names) - len(form.kept)
    cells = [str(row.row_number), messages, suggestions, *(sent[i] for i in form.kept), *[""] * added, *extra]
    marks: dict[int, Mark] = {}
    for problem, message in told:
        if problem["column"] in form.names:
            index = _ASIDE + form.names.index(problem["column"])
            text = message + (f"\n→ {problem['suggestion']}" if problem["suggestion"] else "")
            marks[index] = Mark(f"{marks[index].text}\n{text}" if index in marks else text)
    first_extra = _ASIDE + len(form.names)
    marks |= {first_extra + i: Mark(_TOO_MANY[language]) for i, cell in enumerate(extra) if cell}
    return TableRow(cells, marks)


def _said(form: _Form, problem: dict[str, Any], message: str) -> str:
    title = form.titles.get(problem["column"] or "")
    return f"{title}: {message}" if title else message
