"""QR codes: structure by ISO/IEC 18004, read off the produced images themselves."""

import io
import re
import struct
import zlib
from xml.etree import ElementTree as ET

import pytest
import segno

from ocop_api.adapters.qr import MAX_BYTES, QUIET_ZONE, ErrorLevel, qr_matrix, qr_png, qr_svg

LINK = "https://ocop.example.vn/01/08936046120049/10/L%2F2026-01"
FINDER = [[1] * 7, [1, 0, 0, 0, 0, 0, 1], *[[1, 0, 1, 1, 1, 0, 1]] * 3, [1, 0, 0, 0, 0, 0, 1], [1] * 7]


def png_modules(png: bytes, module_size: int) -> list[list[bool]]:
    """Dark modules of a one-bit PNG with filters 0 (none) and 2 (up), sampled mid-module."""
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    width, height, depth, color = struct.unpack(">IIBB", png[16:26])
    assert (width, depth) == (height, 1)
    assert color in {0, 3}
    data, place = b"", 8
    while place < len(png):
        size, kind = struct.unpack(">I4s", png[place : place + 8])
        if kind == b"IDAT":
            data += png[place + 8 : place + 8 + size]
        place += size + 12
    raw = zlib.decompress(data)
    stride = 1 + (width + 7) // 8
    rows: list[bytes] = []
    for start in range(0, len(raw), stride):
        row = raw[start + 1 : start + stride]
        if raw[start] == 2:
            row = bytes((here + above) % 256 for here, above in zip(row, rows[-1], strict=True))
        rows.append(row)
    middles = range(module_size // 2, width, module_size)
    return [[not rows[y][x // 8] >> (7 - x % 8) & 1 for x in middles] for y in middles]


def svg_modules(svg: str, size: int) -> list[list[bool]]:
    """Dark modules of the stroked path that segno draws, one horizontal run at a time."""
    path = ET.fromstring(svg).findall(".//{http://www.w3.org/2000/svg}path")[-1]  # noqa: S314 - our own output
    cells = [[False] * size for _ in range(size)]
    x, y = 0.0, 0.0
    for command, numbers in re.findall(r"([Mmh])([-\d. ]+)", path.attrib["d"]):
        values = [float(number) for number in re.findall(r"-?(?:\d+\.\d+|\.\d+|\d+)", numbers)]
        if command == "M":
            x, y = values
        elif command == "m":
            x, y = x + values[0], y + values[1]
        else:
            for column in range(int(x), int(x + values[0])):
                cells[int(y)][column] = True
            x += values[0]
    return cells


def with_quiet_zone(matrix: tuple[tuple[bool, ...], ...]) -> list[list[bool]]:
    side = len(matrix) + 2 * QUIET_ZONE
    blank = [[False] * side for _ in range(QUIET_ZONE)]
    edge = [False] * QUIET_ZONE
    return [*blank, *([*edge, *row, *edge] for row in matrix), *blank]


def test_a_symbol_has_its_three_finder_patterns_and_timing() -> None:
    matrix = qr_matrix(LINK)
    size = len(matrix)
    for top, left in ((0, 0), (0, size - 7), (size - 7, 0)):
        assert [[int(module) for module in row[left : left + 7]] for row in matrix[top : top + 7]] == FINDER
    assert [matrix[6][column] for column in range(8, size - 8)] == [
        column % 2 == 0 for column in range(8, size - 8)
    ]
    assert (size - 17) % 4 == 0


@pytest.mark.parametrize("level", list(ErrorLevel))
def test_the_level_written_into_the_symbol_is_at_least_the_one_asked_for(level: ErrorLevel) -> None:
    # ISO/IEC 18004, 7.9: the two top bits of the format information, after its mask 0b10101.
    matrix = qr_matrix(LINK, level=level)
    written = (int(matrix[8][0]) << 1 | int(matrix[8][1])) ^ 0b10
    strength = {0b01: 0, 0b00: 1, 0b11: 2, 0b10: 3}
    asked = {"M": 1, "Q": 2, "H": 3}[level.value]
    assert strength[written] >= asked


def test_png_and_svg_show_the_same_modules_with_the_quiet_zone() -> None:
    expected = with_quiet_zone(qr_matrix(LINK))
    assert png_modules(qr_png(LINK, module_size=5), 5) == expected
    assert svg_modules(qr_svg(LINK), len(expected)) == expected


def test_the_symbol_is_the_one_the_library_makes_for_the_same_level() -> None:
    reference = segno.make_qr(LINK, error="m")
    buffer = io.BytesIO()
    reference.save(buffer, kind="png", scale=3, border=QUIET_ZONE)
    assert qr_png(LINK, module_size=3) == buffer.getvalue()


def test_the_svg_is_one_well_formed_document_with_an_escaped_title() -> None:
    svg = qr_svg(LINK, title='Tra cứu <script> & "x"', module_size=2)
    root = ET.fromstring(svg)  # noqa: S314 - our own output
    assert root.findtext("{http://www.w3.org/2000/svg}title") == 'Tra cứu <script> & "x"'
    assert root.attrib["width"] == str(2 * (len(qr_matrix(LINK)) + 2 * QUIET_ZONE))
    assert "<script>" not in svg


def test_short_content_never_becomes_a_micro_code() -> None:
    assert len(qr_matrix("1")) == 21


@pytest.mark.parametrize("content", ["", "x" * (MAX_BYTES + 1), "đ" * (MAX_BYTES // 2 + 1)])
def test_empty_and_overlong_content_is_refused(content: str) -> None:
    with pytest.raises(ValueError, match="bytes"):
        qr_svg(content)


def test_the_longest_content_still_fits_at_the_highest_level() -> None:
    assert len(qr_matrix("x" * MAX_BYTES, level=ErrorLevel.HIGH)) <= 177
