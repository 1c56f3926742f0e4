"""Reading JSON from strangers: one meaning or none, and cheap to refuse.

The bytes are read as they stand, without the normalisation that other bodies get: a letter composed in
another way is another letter to whoever signed it.
"""

import json
import re
from typing import Any

DEEPEST = 32
"""Levels of nesting read at most; credentials made here have eight."""
_MOST_VALUES = 1_000
"""Values read at most; credentials made here have about a hundred."""
_LARGEST = 2**53 - 1
# A text without an end is taken to the end, or every quote in it would be tried as a beginning of its own.
_TEXT_OR_BRACKET = re.compile(r'"(?:[^"\\]|\\.)*"?|[\[\]{},]', re.DOTALL)


class Unreadable(ValueError):  # noqa: N818 - a verdict
    """The bytes are not JSON of one meaning within the limits; the text says why, in a word or two."""


def read(raw: bytes) -> Any:
    """The value that the bytes hold.

    Raises:
        Unreadable: not UTF-8, not JSON, a key twice in one object, a number that JSON's canonical form
            cannot hold, a lone surrogate, more than ``DEEPEST`` levels or too many values.
    """
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Unreadable("not UTF-8") from error
    _look_over(text)
    try:
        value = json.loads(
            text,
            object_pairs_hook=_object,
            parse_constant=_constant,
            parse_int=_integer,
            parse_float=_float,
        )
    except Unreadable:
        raise
    except (ValueError, RecursionError) as error:
        raise Unreadable("not JSON") from error
    if "\\u" in text:
        _refuse_surrogates(value)
    return value


def _look_over(text: str) -> None:
    """Count levels and values before the parser builds anything."""
    depth, values = 0, 1
    for match in _TEXT_OR_BRACKET.finditer(text):
        mark = match[0]
        if mark in "[{":
            depth += 1
        elif mark in "]}":
            depth -= 1
        elif mark == ",":
            values += 1
        if depth > DEEPEST:
            raise Unreadable("too deeply nested")
        if values > _MOST_VALUES:
            raise Unreadable("too many values")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Unreadable("a key stands twice")
    return found


def _constant(name: str) -> Any:
    raise Unreadable(f"{name} is not JSON")


def _integer(text: str) -> int:
    # Digits are counted first: making a number of a million of them takes long.
    if len(text) > len(str(_LARGEST)) + 1 or abs(int(text)) > _LARGEST:
        raise Unreadable("a number is too large")
    return int(text)


def _float(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise Unreadable("a number is too large")
    return value


def _refuse_surrogates(value: Any) -> None:
    if isinstance(value, str):
        if any("\ud800" <= letter <= "\udfff" for letter in value):
            raise Unreadable("a lone surrogate")
    elif isinstance(value, dict):
        for key, inner in value.items():
            _refuse_surrogates(key)
            _refuse_surrogates(inner)
    elif isinstance(value, list):
        for inner in value:
            _refuse_surrogates(inner)
