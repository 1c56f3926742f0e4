"""QR codes for stamps, certificates and passport pages.

Levels follow ISO/IEC 18004 and the labels TCVN 13275 speaks of: M restores about 15 % of a damaged
symbol, Q 25 %, H 30 %. L is left out on purpose: stamps get wet and scratched.
"""

import io
from enum import StrEnum
from typing import Final

import segno

QUIET_ZONE: Final = 4
"""Light modules around the symbol; ISO/IEC 18004 asks for four, scanners fail with less."""

MAX_BYTES: Final = 1024
"""Longest content in UTF-8 bytes. A longer link would still fit, but no phone reads it from a stamp."""


class ErrorLevel(StrEnum):
    """How much damage the symbol survives."""

    MEDIUM = "M"
    QUARTILE = "Q"
    HIGH = "H"


def qr_matrix(content: str, *, level: ErrorLevel = ErrorLevel.MEDIUM) -> tuple[tuple[bool, ...], ...]:
    """The dark (True) and light modules, row by row, without the quiet zone.

    The level is a minimum: it rises when that costs no larger symbol. Raises ``ValueError`` for empty
    content or content over ``MAX_BYTES``.
    """
    return tuple(tuple(module == 1 for module in row) for row in _symbol(content, level).matrix)


def qr_svg(
    content: str, *, level: ErrorLevel = ErrorLevel.MEDIUM, module_size: int = 4, title: str | None = None
) -> str:
    """A whole SVG document: black modules on a white ground, quiet zone included.

    ``module_size`` is in SVG user units; the image scales without loss. ``title`` is the accessible
    name, escaped here. Errors as ``qr_matrix``.
    """
    out = io.BytesIO()
    _symbol(content, level).save(
        out,
        kind="svg",
        scale=module_size,
        border=QUIET_ZONE,
        light="#fff",
        title=title,
        xmldecl=False,
        nl=False,
        svgclass=None,
        lineclass=None,
    )
    return out.getvalue().decode("utf-8")


def qr_png(content: str, *, level: ErrorLevel = ErrorLevel.MEDIUM, module_size: int = 8) -> bytes:
    """A black and white PNG, quiet zone included; ``module_size`` is in pixels per module.

    Errors as ``qr_matrix``.
    """
    out = io.BytesIO()
    _symbol(content, level).save(out, kind="png", scale=module_size, border=QUIET_ZONE)
    return out.getvalue()


def _symbol(content: str, level: ErrorLevel) -> segno.QRCode:
    size = len(content.encode("utf-8"))
    if not 1 <= size <= MAX_BYTES:
        raise ValueError(f"QR content must have 1 to {MAX_BYTES} bytes, not {size}")
    # Micro QR is smaller, but most phone cameras do not read it.
    return segno.make(content, error=level.value, micro=False, boost_error=True)
