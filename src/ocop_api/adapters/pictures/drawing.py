"""The sizes of a picture that web pages and apps show, in WebP and JPEG."""

from dataclasses import dataclass
from io import BytesIO

from PIL import Image, ImageCms

from ocop_api.adapters.pictures.inspecting import fitting, opened

SIZES = (320, 800, 1600)
"""Pixels of the longer side: a list, a card or phone, a page."""
_QUALITY = {"image/webp": 80, "image/jpeg": 82}
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""How a picture is turned upright, by Exif's orientation."""
_SIXTEEN_BIT = {"I;16", "I;16B", "I;16L", "I;16N", "I"}


@dataclass(frozen=True, slots=True)
class Rendition:
    """A picture drawn for one size; ``width`` and ``height`` are what came out, in pixels."""

    size: int
    media_type: str
    width: int
    height: int
    content: bytes


def renditions(content: bytes) -> list[Rendition]:
    """The picture upright, in sRGB and without any metadata, in each size it is large enough for.

    Never enlarged: a picture of 500 pixels comes as 320 and, unscaled, as 800; its 1600 would be the
    same once more and is left out. Transparency stays in WebP and becomes white in JPEG. The same bytes
    give the same renditions.

    Raises:
        Invalid: as ``inspect``.
    """
    image, facts = opened(content, least=SIZES[-1])
    profile = image.info.get("icc_profile")
    # Scaled down before its colours are converted: memory follows the small picture, not the large one.
    upright = _in_srgb(_within(_plain(image), SIZES[-1]), profile)
    if facts.orientation in _TURNS:
        upright = upright.transpose(_TURNS[facts.orientation])
    upright.info = {}
    drawn: list[Rendition] = []
    for size in SIZES:
        shown = _within(upright, size)
        drawn += [
            Rendition(size, "image/webp", *shown.size, _written(shown, "image/webp")),
            Rendition(size, "image/jpeg", *shown.size, _written(_on_white(shown), "image/jpeg")),
        ]
        if max(upright.size) <= size:
            break
    return drawn


def _plain(image: Image.Image) -> Image.Image:
    """A mode that can be scaled: grey, RGB, CMYK, or with alpha."""
    if image.mode in _SIXTEEN_BIT:
        # The plain conversion would cut at 255 instead of scaling.
        return image.convert("I").point(lambda value: value / 256).convert("L")
    if "transparency" in image.info or image.mode in {"LA", "La", "PA", "RGBa"}:
        return image.convert("RGBA")
    if image.mode == "P":
        return image.convert("RGB")
    if image.mode == "1":
        return image.convert("L")
    return image


def _within(image: Image.Image, longest: int) -> Image.Image:
    if max(image.size) <= longest:
        return image
    return image.resize(fitting(image.size, longest), Image.Resampling.LANCZOS, reducing_gap=3.0)


def _in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """RGB, or RGBA where something is transparent, in the colours every screen assumes."""
    alpha = image.getchannel("A") if image.mode == "RGBA" else None
    opaque = alpha is None or alpha.getextrema()[0] == 255  # noqa: PLR2004 - full coverage
    colours = image.convert("RGB") if image.mode == "RGBA" else image
    converted = _converted(colours, profile) if profile else None
    shown = (converted or colours).convert("RGB")
    if alpha is not None and not opaque:
        shown.putalpha(alpha)
    return shown


def _converted(image: Image.Image, profile: bytes) -> Image.Image | None:
    try:
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        return ImageCms.profileToProfile(
            image,
            source,
            ImageCms.createProfile("sRGB"),
            renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
            outputMode="RGB",
            flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
    except (ImageCms.PyCMSError, OSError, ValueError):
        # A profile that is damaged or made for other colours is worth nothing; the numbers are taken as sRGB.
        return None


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode != "RGBA":
        return image
    white = Image.new("RGB", image.size, "white")
    white.paste(image, mask=image.getchannel("A"))
    return white


def _written(image: Image.Image, media_type: str) -> bytes:
    target = BytesIO()
    if media_type == "image/webp":
        image.save(target, "WEBP", quality=_QUALITY[media_type], method=4)
    else:
        image.save(target, "JPEG", quality=_QUALITY[media_type], optimize=True, progressive=True)
    return target.getvalue()
