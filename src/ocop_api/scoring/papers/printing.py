"""The printed form: typst sets it from a template beside this file.

The data reach the template as one JSON string, so no wording can act as markup. Fonts are the ones
inside the typst wheel: the same set gives the same bytes on every machine.
"""

import json
import threading
from datetime import UTC, datetime, time
from functools import cache
from pathlib import Path
from typing import Final

import typst

from ocop_api.adapters.pdf.port import RenderingFailed
from ocop_api.domain.rubric.criteria import CriteriaSet, EditionHeader
from ocop_api.scoring.papers.content import form_content

_FOLDER: Final = Path(__file__).parent
_PDF_STANDARD: Final = "a-2a"
"""Archival and accessible (tagged), as the certificates are."""

_compiling = threading.Lock()


@cache
def _compiler() -> typst.Compiler:
    return typst.Compiler(_FOLDER / "criteria_form.typ", root=_FOLDER, ignore_system_fonts=True)


def form_pdf(header: EditionHeader, criteria_set: CriteriaSet) -> bytes:
    """The scoring form of a set as PDF/A, A4. CPU work of some tenths of a second: call it in a thread.

    Raises:
        RenderingFailed: a wording holds a letter without a glyph, say.
    """
    # The edition's own day instead of the clock's: a second printing is the same file.
    stamp = datetime.combine(header.in_force_from, time(), tzinfo=UTC)
    content = json.dumps(form_content(header, criteria_set), ensure_ascii=False)
    # Inputs are state of the compiler, which is kept because loading its fonts costs more than a form.
    with _compiling:
        try:
            pdf = _compiler().compile(
                format="pdf", sys_inputs={"form": content}, pdf_standards=_PDF_STANDARD, timestamp=stamp
            )
        except typst.TypstError as error:
            raise RenderingFailed(error.diagnostic or error.message) from error
    if not isinstance(pdf, bytes):
        raise RenderingFailed("typst returned no document")
    return pdf
