"""Runs as a process of its own, started by ``binding``: reads a plan on standard input, writes one PDF.

The files are of strangers: one made to use up time or memory ends this process and nothing else. It answers
with one JSON array on standard output: for each part its first page and how many it has.
"""

import contextlib
import io
import json
import sys
from typing import Any

_SECONDS = 120
_MEMORY = 2 * 1024 * 1024 * 1024
_FILE = 512 * 1024 * 1024
_MOST_PAGES = 3000
_A4 = (1654, 2339)
"""Pixels of an A4 sheet at 200 dots an inch."""
_DOTS = 200.0


def _limit() -> None:
    """Bound this process; where the system knows no such limits only the parent's patience counts."""
    with contextlib.suppress(ImportError):
        import resource  # noqa: PLC0415 - not on every system

        resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS + 1))
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
        resource.setrlimit(resource.RLIMIT_FSIZE, (_FILE, _FILE))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _sheet_of(path: str) -> io.BytesIO:
    """A picture as a PDF of one page."""
    from PIL import Image, ImageOps  # noqa: PLC0415 - only for pictures

    with Image.open(path) as opened:
        picture = ImageOps.exif_transpose(opened)
        picture.thumbnail(_A4)
        target = io.BytesIO()
        picture.convert("RGB").save(target, "PDF", resolution=_DOTS)
    return target


def _bind(plan: dict[str, Any]) -> list[dict[str, Any]]:
    from pypdf import PdfReader, PdfWriter  # noqa: PLC0415 - after the limits

    writer = PdfWriter()
    told: list[dict[str, Any]] = []
    for part in plan["parts"]:
        first = len(writer.pages)
        failed = False
        try:
            source = part["path"] if part["media_type"] == "application/pdf" else _sheet_of(part["path"])
            writer.append(PdfReader(source), import_outline=False)
        except Exception:  # noqa: BLE001 - whatever a file of somebody's makes the libraries raise
            failed = True
        if len(writer.pages) > _MOST_PAGES:
            raise SystemExit(3)
        told.append({"first": first, "pages": len(writer.pages) - first, "failed": failed})
    parents: dict[int, Any] = {}
    for mark in plan["bookmarks"]:
        page = min(mark["page"], len(writer.pages) - 1)
        parent = parents.get(mark["level"] - 1)
        parents[mark["level"]] = writer.add_outline_item(title=mark["title"], page_number=page, parent=parent)
    writer.add_metadata({"/Title": plan["title"], "/Producer": "OCOP"})
    if plan["bookmarks"]:
        writer.page_mode = "/UseOutlines"
    with open(plan["output"], "wb") as target:  # noqa: PTH123 - the standard library is what this process knows
        writer.write(target)
    return told


def main() -> None:
    """Bind what the plan names."""
    _limit()
    plan = json.load(sys.stdin.buffer)
    sys.stdout.write(json.dumps(_bind(plan)))


if __name__ == "__main__":
    main()
