"""A form as PDF: typst sets it from the template beside this file, with the fonts inside its wheel."""

import json
import threading
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Final, Literal

import typst

from ocop_api.adapters.pdf.port import RenderingFailed
from ocop_api.dossiers.papers.blocks import Form

_FOLDER: Final = Path(__file__).parent
_Standard = Literal["a-2a", "1.7"]

_compiling = threading.Lock()


@cache
def _compiler() -> typst.Compiler:
    return typst.Compiler(_FOLDER / "form.typ", root=_FOLDER, ignore_system_fonts=True)


def form_pdf(form: Form, at: datetime) -> bytes:
    """The form as PDF, A4; archival (PDF/A) unless somebody wrote letters that the fonts do not have.

    CPU work of some tenths of a second: call it in a thread.

    Args:
        form: what to print.
        at: the time the file is dated with; the same form and time give the same bytes.

    Raises:
        RenderingFailed: it cannot be set at all.
    """
    content = json.dumps(form.as_json(), ensure_ascii=False)
    # Dates inside of a PDF know whole seconds only.
    at = at.replace(microsecond=0)
    # Inputs are state of the compiler, which is kept because loading its fonts costs more than a form.
    with _compiling:
        try:
            return _compiled(content, "a-2a", at)
        except typst.TypstError:
            try:
                return _compiled(content, "1.7", at)
            except typst.TypstError as error:
                raise RenderingFailed(error.diagnostic or error.message) from error


def _compiled(content: str, standard: _Standard, at: datetime) -> bytes:
    pdf = _compiler().compile(
        format="pdf", sys_inputs={"form": content}, pdf_standards=standard, timestamp=at
    )
    if not isinstance(pdf, bytes):
        raise RenderingFailed("typst returned no document")
    return pdf
