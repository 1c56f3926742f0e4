"""The columns of an export, derived from the shape of the list's items."""

import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum, StrEnum
from functools import cache
from importlib.resources import files
from tomllib import loads
from typing import Annotated, Any, Literal, Union, get_args, get_origin
from uuid import UUID

from pydantic import BaseModel

from ocop_api.web.texts import Language

MAX_DEPTH = 4


class ValueKind(StrEnum):
    """What the values of a column are; decides how a file writes them."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    INSTANT = "instant"
    BOOLEAN = "boolean"
    LIST = "list"
    """Several plain values, joined with semicolons."""
    NESTED = "nested"
    """Lists of objects and free objects, kept as JSON text."""


@dataclass(frozen=True, slots=True)
class ExportColumn:
    """One column: its name (``producer.name``), the way to its value, and the kind of value."""

    name: str
    path: tuple[str, ...]
    kind: ValueKind

    def value(self, item: Mapping[str, Any]) -> Any:
        """The value in an item as JSON gives it; None when something on the way is null."""
        found: Any = item
        for step in self.path:
            if not isinstance(found, Mapping):
                return None
            found = found.get(step)
        return found

    def label(self, language: Language) -> str:
        """What heads the column in a workbook: words for a person, the name where there are none."""
        known = labels().get(self.name) or labels().get(self.path[-1])
        return self.name if known is None else known[language]


@cache
def labels() -> dict[str, dict[Language, str]]:
    """Headings by column name, in both languages."""
    text = files("ocop_api.web.exporting").joinpath("labels.toml").read_text(encoding="utf-8")
    return {name: {"vi": pair[0], "en": pair[1]} for name, pair in loads(text)["labels"].items()}


def columns_of(model: type[BaseModel]) -> tuple[ExportColumn, ...]:
    """The columns of a model, nested objects opened up, in the order of its fields."""
    return tuple(_columns(model, (), frozenset()))


def _columns(
    model: type[BaseModel], above: tuple[str, ...], seen: frozenset[type[BaseModel]]
) -> Iterator[ExportColumn]:
    for name, field in model.model_fields.items():
        path = (*above, field.serialization_alias or field.alias or name)
        bare = _bare(field.annotation)
        if _is_model(bare) and bare not in seen and len(path) < MAX_DEPTH:
            yield from _columns(bare, path, seen | {model})
        else:
            yield ExportColumn(".".join(path), path, _kind(bare))
    for name, computed in model.model_computed_fields.items():
        path = (*above, computed.alias or name)
        yield ExportColumn(".".join(path), path, _kind(_bare(computed.return_type)))


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _bare(annotation: Any) -> Any:
    """The type without what only annotates it, and without ``None`` beside it."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return _bare(get_args(annotation)[0])
    if origin in {Union, types.UnionType}:
        others = [kind for kind in get_args(annotation) if kind is not type(None)]
        return _bare(others[0]) if len(others) == 1 else annotation
    return annotation


_KINDS: tuple[tuple[type, ValueKind], ...] = (
    # Order matters: a bool is an int, a datetime is a date.
    (bool, ValueKind.BOOLEAN),
    (datetime, ValueKind.INSTANT),
    (date, ValueKind.DATE),
    (Enum, ValueKind.TEXT),
    (int, ValueKind.NUMBER),
    (float, ValueKind.NUMBER),
    (Decimal, ValueKind.NUMBER),
    (str, ValueKind.TEXT),
    (UUID, ValueKind.TEXT),
)


def _kind(bare: Any) -> ValueKind:
    if get_origin(bare) is Literal:
        return _kind(type(get_args(bare)[0]))
    if get_origin(bare) in {list, tuple, set, frozenset}:
        inner = _kind(_bare(get_args(bare)[0])) if get_args(bare) else ValueKind.NESTED
        return ValueKind.NESTED if inner in {ValueKind.NESTED, ValueKind.LIST} else ValueKind.LIST
    if isinstance(bare, type):
        for known, kind in _KINDS:
            if issubclass(bare, known):
                return kind
    return ValueKind.NESTED
