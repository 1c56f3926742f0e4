"""Texts of notices, by kind of event, in Vietnamese and English (``texts.toml``)."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from ocop_api.web.texts import Language

_OTHER = "other"


@cache
def texts() -> Mapping[str, Mapping[str, str]]:
    """All texts; a kind without both languages is refused."""
    found: dict[str, dict[str, str]] = tomllib.loads(
        files("ocop_api.notifications").joinpath("texts.toml").read_text("utf-8")
    )
    incomplete = [kind for kind, text in found.items() if set(text) != {"vi", "en"}]
    if incomplete or _OTHER not in found:
        raise ValueError(f"notices without both languages: {incomplete}")
    return found


def wording(kind: str, language: Language) -> str:
    """What happened, for a person."""
    known = texts().get(kind)
    return texts()[_OTHER][language].replace("{kind}", kind) if known is None else known[language]
