"""A drawing for each of the 26 criteria sets, made for this project (see the SVG files beside this one)."""

import hashlib
from functools import cache
from importlib.resources import files


@cache
def picture(set_number: int) -> tuple[bytes, str]:
    """The SVG of a set (1 to 26) and the hash that stands in its address."""
    content = files(__name__).joinpath(f"{set_number:02d}.svg").read_bytes()
    return content, hashlib.sha256(content).hexdigest()[:12]


def picture_url(set_number: int | None) -> str | None:
    """Path of the set's drawing, with the hash of its content; None without a set."""
    return None if set_number is None else f"/v1/sets/{set_number}/picture.svg?v={picture(set_number)[1]}"
