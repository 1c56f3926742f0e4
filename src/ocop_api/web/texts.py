"""Texts of problems in Vietnamese and English, found by their stable code.

``messages/<feature>.toml`` holds ``["<feature>.<what>"]`` tables with ``vi`` and ``en`` (what happened
and what to do, with ``{placeholders}`` filled from the error's data). States, steps and conditions among
the data are codes; ``words.toml`` says them in Vietnamese.
"""

import string
import tomllib
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any, Literal

Language = Literal["vi", "en"]


@cache
def catalogue() -> Mapping[str, Mapping[str, str]]:
    """All codes with their texts; a code that stands twice or lacks a language is refused at start."""
    found: dict[str, Mapping[str, str]] = {}
    for entry in sorted(files("ocop_api.web").joinpath("messages").iterdir(), key=lambda e: e.name):
        if not entry.name.endswith(".toml"):
            continue
        for code, texts in tomllib.loads(entry.read_text("utf-8")).items():
            if code in found or set(texts) != {"vi", "en"}:
                raise ValueError(f"message {code} in {entry.name} is repeated or incomplete")
            found[code] = texts
    return found


class _Filler(string.Formatter):
    """Fills named placeholders only; attribute access and indexing stay closed to data."""

    def get_field(self, field_name: str, args: Any, kwargs: Any) -> tuple[Any, str]:  # noqa: ARG002
        value = kwargs.get(field_name, "?")
        if isinstance(value, Decimal):
            # Without trailing zeros: "170.000" would read as a hundred and seventy thousand in Vietnamese.
            value = format(value.normalize(), "f")
        if isinstance(value, (list, tuple, set, frozenset)):
            value = ", ".join(str(v) for v in value)
        return value, field_name


_filler = _Filler()


_CODED = frozenset(
    {
        "action",
        "allowed",
        "allowed_actions",
        "ground",
        "level",
        "missing",
        "parties",
        "party",
        "standing",
        "state",
    }
)
"""Data whose values are codes of the programme."""


@cache
def words() -> Mapping[str, Mapping[str, str]]:
    """How codes read in a Vietnamese sentence, by the feature or the datum they belong to."""
    return tomllib.loads(files("ocop_api.web").joinpath("words.toml").read_text("utf-8"))


def _said(feature: str, name: str, value: Any) -> Any:
    """A value as a Vietnamese sentence takes it; what is no code of the programme stays as it is."""
    if name not in _CODED:
        return value
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_said(feature, name, one) for one in value]
    known = words().get(name) or words().get(feature, {})
    return known.get(value, value) if isinstance(value, str) else value


def fill(text: str, data: Mapping[str, Any]) -> str:
    """The text with its placeholders filled; one that reaches for anything but a name reads ``?``."""
    return _filler.vformat(text, (), dict(data))


def text_of(code: str, language: Language, data: Mapping[str, Any] | None = None) -> str:
    """The text of a code. An unknown code reads as the general fault, so nothing ever fails here."""
    texts = catalogue().get(code) or catalogue()["request.failed"]
    given = data or {}
    if language == "vi":
        feature = code.partition(".")[0]
        given = {name: _said(feature, name, value) for name, value in given.items()}
    return fill(texts[language], given)


def negotiate(accept_language: str) -> Language:
    """Vietnamese unless the ``Accept-Language`` header prefers English (RFC 9110, section 12.5.4)."""
    best: dict[str, float] = {}
    for item in accept_language.split(",")[:20]:
        tag, _, parameters = item.strip().partition(";")
        quality = 1.0
        if parameters.strip().startswith("q="):
            try:
                quality = float(parameters.strip()[2:])
            except ValueError:
                continue
        primary = tag.strip().lower().partition("-")[0]
        if primary in {"vi", "en"}:
            best[primary] = max(best.get(primary, 0.0), quality)
    return "en" if best.get("en", 0.0) > best.get("vi", 0.0) else "vi"
