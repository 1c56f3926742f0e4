"""What a picture is by its bytes, and the same picture without anything that is not the picture."""

import struct
from dataclasses import dataclass
from io import BytesIO

from PIL import Image

from ocop_api.adapters.pictures.parts import STRIPPERS, AnimatedError, BrokenError, Stripped
from ocop_api.domain.errors import Invalid

MAX_PIXELS = 50_000_000
"""Width times height; phones stay below it unless set to their largest size."""
_HEIC_BRANDS = {b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1"}
_OTHERS = {
    b"GIF8": "image/gif",
    b"BM": "image/bmp",
    b"II*\0": "image/tiff",
    b"MM\0*": "image/tiff",
    b"%PDF": "application/pdf",
    b"PK\x03\x04": "application/zip",
}
# Pillow has no one error for what a damaged file does to a decoder.
_STUMBLES = (
    OSError,
    ValueError,
    SyntaxError,
    ArithmeticError,
    IndexError,
    KeyError,
    TypeError,
    struct.error,
    Image.DecompressionBombError,
)


@dataclass(frozen=True, slots=True)
class PictureFacts:
    """A picture as stored: its type by content, its size in pixels and how it lies (Exif, 1 upright)."""

    media_type: str
    width: int
    height: int
    orientation: int


def clean(content: bytes) -> bytes:
    """The same picture, pixel for pixel, without metadata and without anything behind it.

    Kept are the pixels, the colour profile and the orientation: no place, no time, no device. The same
    picture gives the same bytes, and a clean one is its own clean one.

    Raises:
        Invalid: ``pictures.empty``, ``pictures.type_not_accepted``, ``pictures.heic``,
            ``pictures.animated``, ``pictures.damaged``, ``pictures.too_many_pixels``.
    """
    return _stripped(content)[1].content


def inspect(content: bytes) -> PictureFacts:
    """What the picture is. All of it is decoded, after its size has been read from its header.

    Raises:
        Invalid: as ``clean``.
    """
    return opened(content)[1]


def opened(content: bytes, *, least: int | None = None) -> tuple[Image.Image, PictureFacts]:
    """The decoded picture and what it is.

    Args:
        content: bytes as given or as ``clean`` leaves them.
        least: pixels that suffice on the longer side; a JPEG is then decoded at the nearest larger scale.

    Raises:
        Invalid: as ``clean``.
    """
    media_type, stripped = _stripped(content)
    facts = PictureFacts(media_type, stripped.width, stripped.height, stripped.orientation)
    try:
        image = Image.open(BytesIO(stripped.content), formats=[media_type.removeprefix("image/").upper()])
        if image.size != (facts.width, facts.height):
            raise Invalid("pictures.damaged", media_type=media_type)
        if least is not None:
            image.draft(None, fitting(image.size, least))
        image.load()
    except _STUMBLES as error:
        raise Invalid("pictures.damaged", media_type=media_type) from error
    return image, facts


def fitting(size: tuple[int, int], longest: int) -> tuple[int, int]:
    """The size with its longer side brought down to ``longest``; a smaller one stays."""
    scale = min(1.0, longest / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _stripped(content: bytes) -> tuple[str, Stripped]:
    if not content:
        raise Invalid("pictures.empty")
    media_type = next((name for name, (begins_so, _) in STRIPPERS.items() if begins_so(content)), None)
    if media_type is None:
        if content[4:8] == b"ftyp" and content[8:12] in _HEIC_BRANDS:
            raise Invalid("pictures.heic")
        raise Invalid("pictures.type_not_accepted", found=_guess(content), accepted=sorted(STRIPPERS))
    try:
        stripped = STRIPPERS[media_type][1](content)
    except AnimatedError as error:
        raise Invalid("pictures.animated") from error
    except (BrokenError, struct.error, IndexError) as error:
        raise Invalid("pictures.damaged", media_type=media_type) from error
    if stripped.width * stripped.height > MAX_PIXELS:
        raise Invalid(
            "pictures.too_many_pixels", width=stripped.width, height=stripped.height, limit=MAX_PIXELS
        )
    return media_type, stripped


def _guess(content: bytes) -> str:
    start = content[:512].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if start.startswith(b"<"):
        return "image/svg+xml" if b"<svg" in start else "text/html"
    return next((name for magic, name in _OTHERS.items() if content.startswith(magic)), "?")
