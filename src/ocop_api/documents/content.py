"""What a file is by its bytes, whatever its name or header claims."""

import puremagic

from ocop_api.domain.errors import Invalid

MAX_BYTES = 20 * 1024 * 1024
ACCEPTED = {
    "application/pdf": ".pdf",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/webp": ".webp",
}


def media_type_of(content: bytes) -> str:
    """The media type by magic bytes and structure.

    Raises:
        Invalid: ``documents.empty``, ``documents.type_not_accepted``, ``documents.damaged``.
    """
    if not content:
        raise Invalid("documents.empty")
    found = _by_magic(content)
    if found not in ACCEPTED:
        raise Invalid("documents.type_not_accepted", found=found or "?", accepted=sorted(ACCEPTED))
    if not _whole(content, found):
        raise Invalid("documents.damaged", media_type=found)
    return found


def _by_magic(content: bytes) -> str:
    # A PDF must start with its header: readers that search further for it open polyglots.
    if content.startswith(b"%PDF-"):
        return "application/pdf"
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return "image/webp"
    try:
        return puremagic.from_string(content[:4096], mime=True) or ""
    except (puremagic.PureError, ValueError):
        return ""


def _whole(content: bytes, media_type: str) -> bool:
    """Whether the file ends as its format ends, so that nothing is cut off or glued on."""
    if media_type == "application/pdf":
        return b"%%EOF" in content[-1024:] and b"startxref" in content[-4096:]
    if media_type == "image/jpeg":
        return content.rstrip(b"\x00").endswith(b"\xff\xd9")
    if media_type == "image/png":
        return content.endswith(b"IEND\xaeB`\x82")
    return len(content) >= 12 and int.from_bytes(content[4:8], "little") + 8 in {  # noqa: PLR2004
        len(content),
        len(content) + 1,
    }
