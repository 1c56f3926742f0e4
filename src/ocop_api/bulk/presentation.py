"""Imports and their results as the API shows them, and the rejected rows as a file."""

import csv
import io
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from ocop_api.bulk.findings import Said
from ocop_api.bulk.headers import REASONS, heading_key
from ocop_api.bulk.kinds.kind import AnyKind
from ocop_api.bulk.kinds.registry import KINDS
from ocop_api.bulk.schemas import (
    CodeCount,
    FileRemark,
    ImportColumnRead,
    ImportCounts,
    ImportKindRead,
    ImportRead,
    ImportReport,
    RowProblem,
    RowRead,
    RowSubject,
)
from ocop_api.db.tables.bulk import ImportJob, ImportRow
from ocop_api.domain.actor import Actor
from ocop_api.web.exporting.formulas import defused
from ocop_api.web.texts import Language, text_of


def import_of(job: ImportJob, language: Language) -> ImportRead:
    """One import, in words of this language."""
    counts = {name: getattr(job, name) for name in ("created", "updated", "unchanged", "rejected")}
    done = sum(counts.values())
    return ImportRead.model_validate(
        {
            "id": job.id,
            "kind": job.kind,
            "dry_run": job.dry_run,
            "state": job.state,
            "format": job.format,
            "sheet": job.sheet,
            "size": job.size,
            "counts": ImportCounts(
                total=job.total, done=done, stored_with_remarks=job.stored_with_remarks, **counts
            ),
            "remarks": [_remark(remark, language) for remark in job.remarks],
            "failure": None if job.failure is None else _remark(job.failure, language),
            "created_at": job.created_at,
            "started_at": job.started_at,
            "finished_at": job.finished_at,
            "rows_url": f"/v1/imports/{job.id}/rows",
            "events_url": f"/v1/imports/{job.id}/events",
            "report_url": f"/v1/imports/{job.id}/report",
            "rejected_url": f"/v1/imports/{job.id}/rejected.csv",
            "version": job.version,
        }
    )


def row_of(row: ImportRow, kind: str, language: Language) -> RowRead:
    """What became of one row, in words of this language."""
    known = KINDS.get(kind)
    urls = {} if known is None else known.urls
    return RowRead.model_validate(
        {
            "row_number": row.row_number,
            "outcome": row.outcome,
            "problems": [problem_of(row.row_number, problem, language) for problem in row.problems],
            "subjects": [
                RowSubject(type=name, id=subject, url=urls[name].format(id=subject) if name in urls else None)
                for name, subject in row.subjects.items()
            ],
        }
    )


def report_of(job: ImportJob, said: Sequence[Said], language: Language, now: datetime) -> ImportReport:
    """The summary of an import."""
    seconds = None
    if job.started_at is not None:
        seconds = ((job.finished_at or now) - job.started_at).total_seconds()
    shown = import_of(job, language)
    codes = [
        CodeCount.model_validate(
            {
                "code": entry.code,
                "column": entry.column,
                "outcome": entry.outcome,
                "rows": entry.rows,
                "message": text_of(entry.code, language, entry.data),
                "examples": entry.examples,
            }
        )
        for entry in said
    ]
    rate = round(shown.counts.done / seconds, 1) if seconds else None
    return ImportReport.model_validate(
        {"import": shown, "seconds": seconds, "rows_per_second": rate, "codes": codes}
    )


def kind_of(kind: AnyKind, caller: Actor) -> ImportKindRead:
    """One kind with its columns and its files to fill in."""
    form = f"/v1/imports/templates/{kind.name}"
    return ImportKindRead(
        name=kind.name,
        title_vi=kind.title_vi,
        title_en=kind.title_en,
        natural_key_vi=kind.natural_key_vi,
        natural_key_en=kind.natural_key_en,
        may_import=caller.may(kind.permission),
        workbook_url=f"{form}.xlsx",
        csv_url=f"{form}.csv",
        columns=[
            ImportColumnRead(
                name=column.name,
                title_vi=column.title_vi,
                title_en=column.title_en,
                type=column.type.value,
                required=column.required,
                max_length=column.limit,
                synonyms=list(column.synonyms),
                choices=[choice.title_vi for choice in column.choices],
                example=column.example,
                help_vi=column.help_vi,
                help_en=column.help_en,
            )
            for column in kind.columns
        ],
    )


def _remark(remark: Mapping[str, Any], language: Language) -> FileRemark:
    return FileRemark(
        column=remark["column"],
        code=remark["code"],
        message=text_of(remark["code"], language, remark["data"]),
        suggestion=remark["suggestion"],
        data=remark["data"],
    )


def problem_of(row_number: int, problem: Mapping[str, Any], language: Language) -> RowProblem:
    """A reason of a rejection or a remark on a row, in words of this language."""
    column = problem["column"]
    return RowProblem(
        pointer=f"/rows/{row_number}" + (f"/{column}" if column else ""),
        column=column,
        code=problem["code"],
        message=text_of(problem["code"], language, problem["data"]),
        suggestion=problem["suggestion"],
        data=problem["data"],
    )


async def rejected_csv(
    header: Sequence[str], pages: AsyncIterator[Sequence[ImportRow]], language: Language
) -> AsyncIterator[bytes]:
    """The rejected rows with their original cells and the reasons, UTF-8 with a byte order mark.

    A cell that a spreadsheet would run as a formula is preceded by an apostrophe.
    """
    reasons = {heading_key(name) for name in REASONS}
    kept = [i for i, name in enumerate(header) if heading_key(name) not in reasons]
    yield b"\xef\xbb\xbf" + _line([*(defused(header[i]) for i in kept), *REASONS])
    async for rows in pages:
        yield b"".join(_told(header, kept, row, language) for row in rows)


def _told(header: Sequence[str], kept: Sequence[int], row: ImportRow, language: Language) -> bytes:
    # A row with too many or too few cells is given as it came, filled up to the header.
    cells = [*(row.cells or []), *[""] * (len(header) - len(row.cells or []))]
    extra = cells[len(header) :]
    problems = [problem_of(row.row_number, problem, language) for problem in row.problems]
    messages = "; ".join(p.message + (f" [{p.suggestion}]" if p.suggestion else "") for p in problems)
    told = (
        str(row.row_number),
        ", ".join(p.column or "—" for p in problems),
        ", ".join(p.code for p in problems),
        messages,
    )
    return _line([defused(cell) for cell in (*(cells[i] for i in kept), *told, *extra)])


def _line(cells: Sequence[str]) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out).writerow(cells)
    return out.getvalue().encode()
