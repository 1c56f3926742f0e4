"""Pictures are known by their bytes, come out upright, in sRGB, and with nothing but the picture in them."""

import asyncio
import hashlib
import io
import struct
import threading
import zipfile
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms, ImageDraw, PngImagePlugin

from ocop_api.adapters.pictures import SIZES, Rendition, clean, in_pool, inspect, renditions
from ocop_api.domain.errors import Invalid, Unavailable

PLACE = "Đắk Mil 12.4500 107.6200"
RED, GREEN, BLUE, YELLOW = (200, 30, 30), (30, 160, 30), (30, 30, 200), (220, 200, 30)


def quarters(width: int = 600, height: int = 400) -> Image.Image:
    """Red and green above, blue and yellow below: shows every turn and mirror."""
    image = Image.new("RGB", (width, height))
    draw = ImageDraw.Draw(image)
    for index, colour in enumerate((RED, GREEN, BLUE, YELLOW)):
        left, top = (index % 2) * width // 2, (index // 2) * height // 2
        draw.rectangle((left, top, left + width // 2, top + height // 2), fill=colour)
    return image


def saved(image: Image.Image, kind: str = "JPEG", **options: object) -> bytes:
    target = io.BytesIO()
    image.save(target, kind, **options)
    return target.getvalue()


def told(orientation: int = 1) -> Image.Exif:
    """Exif as a phone writes it: place, device, time, and how the picture lies."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "PhoneMaker"
    exif[0x010E] = PLACE.encode("ascii", "replace").decode()
    exif.get_ifd(0x8825).update({1: "N", 2: (12.0, 27.0, 0.0), 3: "E", 4: (107.0, 37.0, 12.0)})
    return exif


def shown(content: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(content))
    image.load()
    return image


def largest(content: bytes, media_type: str = "image/jpeg") -> Rendition:
    return [drawn for drawn in renditions(content) if drawn.media_type == media_type][-1]


def near(image: Image.Image, at: tuple[float, float], colour: tuple[int, ...], off: int = 12) -> bool:
    found = image.convert("RGB").getpixel((int(image.width * at[0]), int(image.height * at[1])))
    assert isinstance(found, tuple)
    return all(abs(a - b) <= off for a, b in zip(found, colour, strict=False))


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def refused(content: bytes) -> str:
    with pytest.raises(Invalid) as caught:
        inspect(content)
    return caught.value.code


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_comes_out_upright(kind: str, orientation: int) -> None:
    back = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    lying = quarters(120, 80)
    if orientation in back:
        lying = lying.transpose(back[orientation])
    cleaned = clean(saved(lying, kind, exif=told(orientation)))
    drawn = largest(cleaned)
    assert (drawn.width, drawn.height) == (120, 80)
    image = shown(drawn.content)
    corners = ((0.2, 0.2), (0.8, 0.2), (0.2, 0.8), (0.8, 0.8))
    for at, colour in zip(corners, (RED, GREEN, BLUE, YELLOW), strict=True):
        assert near(image, at, colour), (at, orientation)
    assert inspect(cleaned).orientation == orientation


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_nothing_but_the_picture_is_kept(kind: str) -> None:
    xmp = f"<x:xmpmeta><rdf>{PLACE}</rdf></x:xmpmeta>".encode()
    if kind == "PNG":
        texts = PngImagePlugin.PngInfo()
        texts.add_text("Location", PLACE)
        texts.add_itxt("XML:com.adobe.xmp", xmp.decode())
        original = saved(quarters(), kind, exif=told(6), pnginfo=texts)
    else:
        original = saved(quarters(), kind, exif=told(6), xmp=xmp, comment=b"at home")
    assert b"PhoneMaker" in original
    cleaned = clean(original)
    assert clean(cleaned) == cleaned
    assert shown(cleaned).tobytes() == shown(original).tobytes()
    for content in (cleaned, *(drawn.content for drawn in renditions(original))):
        for word in (b"PhoneMaker", b"12.4500", b"xmpmeta", b"at home", b"Location"):
            assert word not in content
        assert not shown(content).getexif().get_ifd(0x8825)
    for drawn in renditions(original):
        assert b"Exif" not in drawn.content
        assert not shown(drawn.content).getexif()


def test_sizes_fit_screens_and_never_grow() -> None:
    big = renditions(saved(quarters(2400, 1200)))
    assert [(d.size, d.width, d.height) for d in big if d.media_type == "image/webp"] == [
        (320, 320, 160),
        (800, 800, 400),
        (1600, 1600, 800),
    ]
    assert [d.media_type for d in big[:2]] == ["image/webp", "image/jpeg"]
    assert {d.size for d in renditions(saved(quarters(500, 300)))} == {320, 800}
    assert [(d.width, d.height) for d in renditions(saved(quarters(500, 300)))][-1] == (500, 300)
    assert {d.size for d in renditions(saved(quarters(90, 60)))} == {320}
    thin = renditions(saved(Image.new("RGB", (9000, 1)), "PNG"))
    assert thin[-1].height == 1
    assert big == renditions(saved(quarters(2400, 1200)))
    assert SIZES == (320, 800, 1600)


def test_print_colours_become_screen_colours() -> None:
    # Ink: full cyan and yellow is a green, without a profile by the plain formula.
    image = shown(largest(saved(Image.new("CMYK", (64, 64), (255, 0, 255, 0)))).content)
    assert image.mode == "RGB"
    assert near(image, (0.5, 0.5), (0, 255, 0), 40)


def test_a_wide_profile_is_converted_and_not_kept() -> None:
    # In a space with swapped primaries the same numbers mean another colour.
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
    profile = bytearray(lab.tobytes())
    at_red, at_green = (profile.index(tag, 128) for tag in (b"rXYZ", b"gXYZ"))
    profile[at_red : at_red + 4], profile[at_green : at_green + 4] = b"gXYZ", b"rXYZ"
    content = saved(Image.new("RGB", (64, 64), (250, 20, 20)), icc_profile=bytes(profile))
    assert b"ICC_PROFILE" in clean(content)
    drawn = largest(content)
    assert b"ICC_PROFILE" not in drawn.content
    assert near(shown(drawn.content), (0.5, 0.5), (20, 250, 20), 25)
    broken = saved(Image.new("RGB", (64, 64), (250, 20, 20)), icc_profile=b"no profile" * 20)
    assert near(shown(largest(broken).content), (0.5, 0.5), (250, 20, 20))


@pytest.mark.parametrize("mode", ["P", "RGBA", "LA"])
def test_transparency_stays_in_webp_and_is_white_in_jpeg(mode: str) -> None:
    image = Image.new("RGBA", (64, 64), (0, 0, 0, 0))
    ImageDraw.Draw(image).rectangle((32, 0, 64, 64), fill=(*([30] * 3), 255))
    content = saved(image.quantize(8) if mode == "P" else image.convert(mode), "PNG")
    webp, jpeg = shown(largest(content, "image/webp").content), shown(largest(content).content)
    assert webp.mode == "RGBA"
    assert webp.getchannel("A").getextrema() == (0, 255)
    assert near(jpeg, (0.1, 0.5), (255, 255, 255))
    assert near(jpeg, (0.9, 0.5), (30, 30, 30))


def test_sixteen_bits_are_scaled_not_cut() -> None:
    grey = Image.new("I;16", (64, 64), 32768)
    assert near(shown(largest(saved(grey, "PNG")).content), (0.5, 0.5), (128, 128, 128))
    rows = b"".join(b"\0" + struct.pack(">HHH", 65535, 32768, 0) * 8 for _ in range(8))
    header = struct.pack(">IIBBBBB", 8, 8, 16, 2, 0, 0, 0)
    deep = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows))
    image = shown(largest(deep + chunk(b"IEND", b"")).content)
    assert near(image, (0.5, 0.5), (255, 128, 0), 40)


def test_what_is_not_a_picture_is_named() -> None:
    assert refused(b"") == "pictures.empty"
    assert refused(b"<!doctype html><script>alert(1)</script>") == "pictures.type_not_accepted"
    assert refused(b'\xef\xbb\xbf <?xml version="1.0"?><svg onload="x()"/>') == "pictures.type_not_accepted"
    assert refused(saved(quarters(), "GIF")) == "pictures.type_not_accepted"
    assert refused(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0" * 64) == "pictures.heic"
    film = [quarters(40, 40), Image.new("RGB", (40, 40))]
    assert refused(saved(film[0], "PNG", save_all=True, append_images=film[1:])) == "pictures.animated"
    webp_film = b"VP8X" + struct.pack("<I", 10) + bytes([2, 0, 0, 0, 39, 0, 0, 39, 0, 0])
    riff = b"RIFF" + struct.pack("<I", len(webp_film) + 4) + b"WEBP" + webp_film
    assert refused(riff) == "pictures.animated"


def test_bombs_are_refused_by_their_header() -> None:
    header = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
    assert refused(bomb + chunk(b"IEND", b"")) == "pictures.too_many_pixels"
    frame = saved(quarters(64, 64))
    at = frame.index(b"\xff\xc0") + 5
    huge = frame[:at] + struct.pack(">HH", 60_000, 60_000) + frame[at + 4 :]
    assert refused(huge) == "pictures.too_many_pixels"
    scans = saved(quarters(64, 64), progressive=True)
    at = scans.rindex(b"\xff\xda")
    assert refused(scans[:-2] + scans[at:-2] * 100 + b"\xff\xd9") == "pictures.damaged"
    assert refused(b"\xff\xd8" + b"\xff\xfe\0\x02" * 100_000 + b"\xff\xd9") == "pictures.damaged"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_that_is_cut_off_is_refused(kind: str) -> None:
    content = saved(quarters(), kind)
    for length in (12, 30, len(content) // 2, len(content) - 9):
        assert refused(content[:length]) == "pictures.damaged"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_what_is_glued_behind_a_picture_goes(kind: str) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("index.html", "<script>alert(1)</script>")
    content = saved(quarters(), kind)
    polyglot = content + archive.getvalue()
    assert zipfile.is_zipfile(io.BytesIO(polyglot))
    assert not zipfile.is_zipfile(io.BytesIO(clean(polyglot)))
    assert hashlib.sha256(clean(polyglot)).digest() == hashlib.sha256(clean(content)).digest()


@settings(max_examples=100, deadline=None)
@given(data=st.data(), kind=st.sampled_from(["JPEG", "PNG", "WEBP"]))
def test_any_damage_is_a_refusal_or_a_picture(data: st.DataObject, kind: str) -> None:
    content = bytearray(saved(quarters(48, 32), kind, exif=told(6)))
    for at in data.draw(st.lists(st.integers(0, len(content) - 1), min_size=1, max_size=6)):
        content[at] = data.draw(st.integers(0, 255))
    try:
        drawn = renditions(bytes(content))
    except Invalid as refusal:
        codes = {refusal.code}
    else:
        codes = {d.media_type for d in drawn}
    assert codes <= {"image/webp", "image/jpeg"} or next(iter(codes)).startswith("pictures.")


async def test_the_queue_for_threads_is_short() -> None:
    gate = threading.Event()
    waiting = [asyncio.ensure_future(in_pool(gate.wait, 10)) for _ in range(6)]
    await asyncio.sleep(0)
    with pytest.raises(Unavailable) as caught:
        await in_pool(gate.wait, 10)
    gate.set()
    assert caught.value.code == "pictures.busy"
    assert await asyncio.gather(*waiting) == [True] * 6
    assert await in_pool(len, b"abc") == 3
