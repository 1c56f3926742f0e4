"""The parts of picture files: which a decoder needs, and which only tell about the photographer.

Each ``strip_*`` walks one format's structure, copies what the pixels and their colours need, and leaves
everything else behind: Exif (place, time, device), XMP, IPTC, comments, thumbnails, second pictures,
and whatever stands behind the end of the picture. The orientation is read from Exif and written anew.
"""

import re
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

_MAX_PARTS = 20_000
"""Parts of one file. A hostile one has millions of empty ones to keep us walking."""
_MAX_SCANS = 64
"""Passes of a progressive JPEG, each of which costs a decoder a walk over all pixels; cameras write ten."""
_MAX_PROFILE = 4 * 1024 * 1024
_ORIENTATION = 0x0112
_SHORT = 3
_MAX_ENTRIES = 200
_UPRIGHT = 1
_ORIENTATIONS = range(1, 9)


class BrokenError(Exception):
    """The structure of the file does not hold."""


class AnimatedError(Exception):
    """The file holds a film."""


@dataclass(frozen=True, slots=True)
class Stripped:
    """A picture reduced to itself. Sizes are in pixels as stored, before the orientation is applied."""

    content: bytes
    width: int
    height: int
    orientation: int


def _orientation_in(exif: bytes) -> int:
    """The orientation among the first directory's entries; what is damaged says nothing."""
    tiff = exif.removeprefix(b"Exif\0\0")
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None:
        return _UPRIGHT
    try:
        (at,) = struct.unpack_from(f"{order}I", tiff, 4)
        (count,) = struct.unpack_from(f"{order}H", tiff, at)
        for entry in range(min(count, _MAX_ENTRIES)):
            tag, kind, _, value = struct.unpack_from(f"{order}HHIH", tiff, at + 2 + 12 * entry)
            if tag == _ORIENTATION:
                return int(value) if kind == _SHORT and value in _ORIENTATIONS else _UPRIGHT
    except struct.error:
        pass
    return _UPRIGHT


def _exif_of(orientation: int) -> bytes:
    """Exif that says the orientation and nothing else (a TIFF header and one directory entry)."""
    return struct.pack("<2sHIHHHIHHI", b"II", 42, 8, 1, _ORIENTATION, _SHORT, 1, orientation, 0, 0)


_JPEG_MARKER = re.compile(rb"\xff+([^\x00\xff\xd0-\xd7])", re.DOTALL)
_SOF = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_JPEG_KEPT = _SOF | {0xC4, 0xCC, 0xDA, 0xDB, 0xDD}
_SOS, _EOI = 0xDA, 0xD9
_APP0, _APP1, _APP2, _APP14 = 0xE0, 0xE1, 0xE2, 0xEE


def _segments(content: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Marker, payload, and for a scan its data, up to the end of the first picture."""
    at = 2
    for _ in range(_MAX_PARTS):
        found = _JPEG_MARKER.match(content, at)
        if found is None:
            raise BrokenError
        marker, at = found[1][0], found.end()
        if marker == _EOI:
            return
        length = int.from_bytes(content[at : at + 2], "big")
        payload = content[at + 2 : at + length]
        if len(payload) != length - 2:
            raise BrokenError
        at += length
        scan = b""
        if marker == _SOS:
            following = _JPEG_MARKER.search(content, at)
            if following is None:
                raise BrokenError
            scan, at = content[at : following.start()], following.start()
        yield marker, payload, scan
    raise BrokenError


def strip_jpeg(content: bytes) -> Stripped:
    """A JPEG with its tables, frames, scans, colour profile and Adobe's note on colours.

    Raises:
        BrokenError: it is cut off, or its structure does not hold.
    """
    head: list[bytes] = [b"\xff\xd8"]
    kept: list[bytes] = []
    size: tuple[int, int] | None = None
    orientation = _UPRIGHT
    scans = 0
    for marker, payload, scan in _segments(content):
        if marker in _SOF:
            if size is not None or len(payload) < 6:  # noqa: PLR2004 - precision, height, width, components
                raise BrokenError
            height, width = struct.unpack_from(">HH", payload, 1)
            size = (width, height)
        elif marker == _SOS:
            scans += 1
        elif marker == _APP1 and payload.startswith(b"Exif\0\0") and orientation == _UPRIGHT:
            orientation = _orientation_in(payload)
        is_profile = marker == _APP2 and payload.startswith(b"ICC_PROFILE\0")
        is_adobe = marker == _APP14 and payload.startswith(b"Adobe")
        if marker == _APP0 and payload.startswith(b"JFIF\0"):
            # The last two bytes would announce a thumbnail.
            head.append(_segment(_APP0, payload[:12].ljust(12, b"\0") + b"\0\0"))
        elif marker in _JPEG_KEPT or is_profile or is_adobe:
            kept.append(_segment(marker, payload) + scan)
    if size is None or 0 in size or not 0 < scans <= _MAX_SCANS:
        raise BrokenError
    if orientation != _UPRIGHT:
        head.append(_segment(_APP1, b"Exif\0\0" + _exif_of(orientation)))
    return Stripped(b"".join([*head[:3], *kept, b"\xff\xd9"]), *size, orientation)


def _segment(marker: int, payload: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(payload) + 2) + payload


_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PNG_KEPT = {b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND", b"sRGB", b"gAMA", b"cHRM", b"sBIT"}


def _png_chunks(content: bytes) -> Iterator[tuple[bytes, bytes, bytes]]:
    """Name, data, and the whole chunk, up to the end of the picture."""
    at = len(_PNG_SIGNATURE)
    for _ in range(_MAX_PARTS):
        length, name = struct.unpack_from(">I4s", content, at)
        end = at + 12 + length
        if end > len(content):
            raise BrokenError
        yield name, content[at + 8 : end - 4], content[at:end]
        if name == b"IEND":
            return
        at = end
    raise BrokenError


def strip_png(content: bytes) -> Stripped:
    """A PNG with its pixels, palette, transparency and colour space.

    Raises:
        BrokenError: it is cut off, or its structure does not hold.
        AnimatedError: it is an animated PNG.
    """
    size: tuple[int, int] | None = None
    orientation = _UPRIGHT
    kept: list[bytes] = []
    for name, data, chunk in _png_chunks(content):
        if name == b"IHDR" and size is None:
            size = struct.unpack_from(">II", data)
        elif size is None or name == b"IHDR":
            raise BrokenError
        elif name == b"acTL":
            raise AnimatedError
        elif name == b"eXIf":
            orientation = _orientation_in(data)
        if name in _PNG_KEPT or (name == b"iCCP" and len(data) <= _MAX_PROFILE):
            kept.append(chunk)
    if size is None or 0 in size:
        raise BrokenError
    if orientation != _UPRIGHT:
        kept.insert(1, _png_chunk(b"eXIf", _exif_of(orientation)))
    return Stripped(_PNG_SIGNATURE + b"".join(kept), *size, orientation)


def _png_chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


_WEBP_ICC, _WEBP_ALPHA, _WEBP_EXIF, _WEBP_ANIMATED = 0x20, 0x10, 0x08, 0x02


def _webp_chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    end = int.from_bytes(content[4:8], "little") + 8
    if end > len(content):
        raise BrokenError
    at = 12
    for _ in range(_MAX_PARTS):
        if at >= end:
            return
        name, length = struct.unpack_from("<4sI", content, at)
        if at + 8 + length > end:
            raise BrokenError
        yield name, content[at + 8 : at + 8 + length]
        at += 8 + length + length % 2
    raise BrokenError


def strip_webp(content: bytes) -> Stripped:
    """A still WebP with its pixels, alpha and colour profile.

    Raises:
        BrokenError: it is cut off, or its structure does not hold.
        AnimatedError: it is an animated WebP.
    """
    extended: bytes | None = None
    profile: bytes | None = None
    alpha: bytes | None = None
    pixels: tuple[bytes, bytes] | None = None
    orientation = _UPRIGHT
    for name, data in _webp_chunks(content):
        if name in {b"ANIM", b"ANMF"} or (name == b"VP8X" and data[0] & _WEBP_ANIMATED):
            raise AnimatedError
        if name == b"VP8X":
            extended = data
        elif name == b"ICCP" and len(data) <= _MAX_PROFILE:
            profile = data
        elif name == b"ALPH":
            alpha = data
        elif name in {b"VP8 ", b"VP8L"} and pixels is None:
            pixels = (name, data)
        elif name == b"EXIF":
            orientation = _orientation_in(data)
    if pixels is None:
        raise BrokenError
    width, height = _webp_size(*pixels)
    turned = orientation != _UPRIGHT
    chunks: list[tuple[bytes, bytes]] = []
    if extended is not None or turned:
        flags = (extended[0] & _WEBP_ALPHA) if extended else _alpha_flag(*pixels)
        flags |= (_WEBP_ICC if profile else 0) | (_WEBP_EXIF if turned else 0)
        canvas = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
        chunks.append((b"VP8X", bytes([flags, 0, 0, 0]) + canvas))
    parts = (
        (b"ICCP", profile),
        (b"ALPH", alpha),
        pixels,
        (b"EXIF", _exif_of(orientation) if turned else None),
    )
    chunks += [(name, data) for name, data in parts if data is not None]
    body = b"".join(
        struct.pack("<4sI", name, len(data)) + data + b"\0" * (len(data) % 2) for name, data in chunks
    )
    return Stripped(struct.pack("<4sI4s", b"RIFF", len(body) + 4, b"WEBP") + body, width, height, orientation)


def _webp_size(name: bytes, data: bytes) -> tuple[int, int]:
    if name == b"VP8L":
        if data[:1] != b"\x2f":
            raise BrokenError
        bits = struct.unpack_from("<I", data, 1)[0]
        return (bits & 0x3FFF) + 1, ((bits >> 14) & 0x3FFF) + 1
    if data[3:6] != b"\x9d\x01\x2a":
        raise BrokenError
    width, height = struct.unpack_from("<HH", data, 6)
    if not (width & 0x3FFF and height & 0x3FFF):
        raise BrokenError
    return width & 0x3FFF, height & 0x3FFF


def _alpha_flag(name: bytes, data: bytes) -> int:
    # A lossless picture says in the bit behind its size whether it is transparent anywhere.
    has_alpha = name == b"VP8L" and bool((struct.unpack_from("<I", data, 1)[0] >> 28) & 1)
    return _WEBP_ALPHA if has_alpha else 0


STRIPPERS: dict[str, tuple[Callable[[bytes], bool], Callable[[bytes], Stripped]]] = {
    "image/jpeg": (lambda content: content.startswith(b"\xff\xd8\xff"), strip_jpeg),
    "image/png": (lambda content: content.startswith(_PNG_SIGNATURE), strip_png),
    "image/webp": (lambda content: content.startswith(b"RIFF") and content[8:12] == b"WEBP", strip_webp),
}
"""By media type: whether the bytes begin as this type does, and how it is reduced to itself."""
