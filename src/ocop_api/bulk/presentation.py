"""Imports and their results as the API shows them, and the rejected rows as a file."""

import csv
import io
from collections.abc import Sequence
from typing import Any

from ocop_api.bulk.reading import REASONS
from ocop_api.bulk.schemas import ImportCounts, ImportRead, RowProblem, RowRead
from ocop_api.db.tables.bulk import ImportJob, ImportRow
from ocop_api.web.texts import Language, text_of

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def import_of(job: ImportJob) -> ImportRead:
    """One import."""
    return ImportRead.model_validate(
        {
            "id": job.id,
            "kind": job.kind,
            "dry_run": job.dry_run,
            "state": job.state,
            "counts": ImportCounts.model_validate(job),
            "created_at": job.created_at,
            "started_at": job.started_at,
            "finished_at": job.finished_at,
            "rows_url": f"/v1/imports/{job.id}/rows",
            "rejected_url": f"/v1/imports/{job.id}/rejected.csv",
            "version": job.version,
        }
    )


def row_of(row: ImportRow, language: Language) -> RowRead:
    """What became of one row, in words of this language."""
    return RowRead.model_validate(
        {
            "row_number": row.row_number,
            "outcome": row.outcome,
            "problems": [_problem(row.row_number, problem, language) for problem in row.problems],
            "product_id": row.product_id,
            "producer_id": row.producer_id,
            "product_url": None if row.product_id is None else f"/v1/products/{row.product_id}",
            "producer_url": None if row.producer_id is None else f"/v1/producers/{row.producer_id}",
        }
    )


def _problem(row_number: int, problem: dict[str, Any], language: Language) -> RowProblem:
    column = problem["column"]
    return RowProblem(
        pointer=f"/rows/{row_number}" + (f"/{column}" if column else ""),
        column=column,
        code=problem["code"],
        message=text_of(problem["code"], language, problem["data"]),
        suggestion=problem["suggestion"],
        data=problem["data"],
    )


def rejected_csv(job: ImportJob, rows: Sequence[ImportRow], language: Language) -> bytes:
    """The rejected rows with their original cells and the reasons, UTF-8 with a byte order mark.

    A cell that a spreadsheet would run as a formula is preceded by an apostrophe.
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    kept = [i for i, name in enumerate(job.header) if name.strip().casefold() not in REASONS]
    writer.writerow([*(_defused(job.header[i]) for i in kept), *REASONS])
    for row in rows:
        # A row with too many or too few cells is given as it came, filled up to the header.
        cells = [*(row.cells or []), *[""] * (len(job.header) - len(row.cells or []))]
        extra = cells[len(job.header) :]
        problems = [_problem(row.row_number, problem, language) for problem in row.problems]
        messages = "; ".join(p.message + (f" [{p.suggestion}]" if p.suggestion else "") for p in problems)
        told = (
            str(row.row_number),
            ", ".join(p.column or "—" for p in problems),
            ", ".join(p.code for p in problems),
            messages,
        )
        writer.writerow([_defused(cell) for cell in (*(cells[i] for i in kept), *told, *extra)])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def _defused(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
