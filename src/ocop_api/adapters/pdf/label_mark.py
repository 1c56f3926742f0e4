"""The mark of a rank for a product's label: its parts and its measures.

The mark is this system's own drawing. The registered OCOP logo (*nhãn hiệu chứng nhận*) belongs to the
programme and is not shipped here; whoever may use it puts it beside this mark.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Final

from ocop_api.adapters.pdf.port import STARS
from ocop_api.adapters.qr import QUIET_ZONE, ErrorLevel, qr_matrix

DOT_MM: Final = 25.4 / 300
"""Width of a dot of a label printer with 300 dpi, the coarsest that still prints a symbol this small."""
LEAST_DOTS: Final = 4
"""Dots per module. DENSO WAVE, who made QR codes, asks for four or more for stable printing (qrcode.com,
"Point for setting the module size"); at 300 dpi that is a module of 0.34 mm."""


class MarkColor(StrEnum):
    """Inks of the mark; the QR symbol is black on white in both."""

    FULL = "full"
    BLACK = "black"


class MarkLayout(StrEnum):
    """Where the QR symbol stands: beside the stars, or below them."""

    HORIZONTAL = "horizontal"
    STACKED = "stacked"


@dataclass(frozen=True, slots=True)
class _Shape:
    """Parts of the width: the height, the square for the symbol with its quiet zone, and where it is."""

    height: float
    square: float
    x: float
    y: float


_SHAPES: Final = {
    MarkLayout.HORIZONTAL: _Shape(height=0.43, square=0.39, x=0.59, y=0.02),
    MarkLayout.STACKED: _Shape(height=1.64, square=0.88, x=0.06, y=0.73),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelMark:
    """What is on one mark, plain values only; ``number`` is empty when none is known.

    ``width_mm`` is the width of the printed mark in millimetres, quiet zones included; the height follows
    from the layout. ``dated`` is the day the file carries as its own, so that it is the same each time.
    """

    stars: int
    number: str
    verification_url: str
    width_mm: float
    color: MarkColor
    layout: MarkLayout
    dated: date

    def __post_init__(self) -> None:
        if self.stars not in STARS:
            raise ValueError(f"no mark for {self.stars} stars")
        if self.width_mm < least_width_mm(self.verification_url, self.layout):
            raise ValueError("no printer draws a symbol this small")

    def drawing(self) -> dict[str, Any]:
        """What the template needs: millimetres, and the dark modules as runs (column, row, length).

        Modules are whole dots of 300 dpi and stand on whole dots, so that no edge falls between two.
        """
        matrix = _matrix(self.verification_url)
        shape = _SHAPES[self.layout]
        square = shape.square * self.width_mm
        dots = _dots(square, len(matrix))
        side = dots * DOT_MM * len(matrix)
        # What is left of the square widens the quiet zone on all sides alike.
        inset = (square - side) / 2
        return {
            "stars": self.stars,
            "number": self.number,
            "color": self.color.value,
            "layout": self.layout.value,
            "width": self.width_mm,
            "height": self.width_mm * shape.height,
            "module": dots * DOT_MM,
            "qr_x": _on_dot(shape.x * self.width_mm + inset),
            "qr_y": _on_dot(shape.y * self.width_mm + inset),
            "qr_top": shape.y * self.width_mm,
            "runs": list(_runs(matrix)),
        }


def least_width_mm(verification_url: str, layout: MarkLayout) -> float:
    """The smallest width at which the symbol is still printed whole, to the next half millimetre."""
    modules = len(_matrix(verification_url)) + 2 * QUIET_ZONE
    exact = modules * LEAST_DOTS * DOT_MM / _SHAPES[layout].square
    return math.ceil(exact * 2) / 2


def _matrix(url: str) -> tuple[tuple[bool, ...], ...]:
    # A higher level would need more modules, and on a small label larger modules save more than they do.
    return qr_matrix(url, level=ErrorLevel.MEDIUM)


def _dots(square_mm: float, modules: int) -> int:
    return math.floor(square_mm / (modules + 2 * QUIET_ZONE) / DOT_MM + 1e-9)


def _on_dot(millimetres: float) -> float:
    return round(millimetres / DOT_MM) * DOT_MM


def _runs(matrix: tuple[tuple[bool, ...], ...]) -> Iterator[tuple[int, int, int]]:
    for y, row in enumerate(matrix):
        start = None
        for x, dark in enumerate((*row, False)):
            if dark and start is None:
                start = x
            elif not dark and start is not None:
                yield start, y, x - start
                start = None
