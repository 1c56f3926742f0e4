"""Sentences by which a result explains itself, in Vietnamese and English.

The wording lies in ``sentences.json`` under the code of the statement; labels inside a sentence come
from the edition. Numbers are written as the language writes them (89,5 in Vietnamese).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from importlib import resources
from types import MappingProxyType

from ocop_api.domain.rubric.criteria import Language, Text


@dataclass(frozen=True, slots=True)
class Statement:
    """One step of an explanation: a stable ``code``, the data behind it, and a sentence.

    ``data`` holds strings, ints, Decimals, ``Text`` and tuples of these, so that a client may build
    its own wording.
    """

    code: str
    data: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))

    def sentence(self, language: Language) -> str:
        """Return the statement as a readable sentence."""
        template = _sentences()[self.code].in_language(language)
        return template.format_map({name: _written(value, language) for name, value in self.data.items()})

    @property
    def text(self) -> Text:
        """The sentence in both languages."""
        return Text(vi=self.sentence("vi"), en=self.sentence("en"))


def statement(code: str, **data: object) -> Statement:
    """Return a statement with its data sealed."""
    return Statement(code, MappingProxyType(data))


@cache
def _sentences() -> Mapping[str, Text]:
    file = resources.files("ocop_api.domain.rubric").joinpath("sentences.json")
    raw: dict[str, dict[str, str]] = json.loads(file.read_bytes())
    return {code: Text(vi=text["vi"], en=text["en"]) for code, text in raw.items()}


def _written(value: object, language: Language) -> str:
    if isinstance(value, Text):
        return value.in_language(language)
    if isinstance(value, Decimal):
        digits = f"{value:f}"
        return digits.replace(".", ",") if language == "vi" else digits
    if isinstance(value, tuple):
        return ", ".join(_written(item, language) for item in value)
    return str(value)
