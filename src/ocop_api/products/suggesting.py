"""Completions while somebody types."""

from datetime import date
from typing import Final

import asyncpg
import orjson

from ocop_api.domain.vietnamese import place_key
from ocop_api.products.repository.suggesting import suggest
from ocop_api.products.search import words_of
from ocop_api.products.set_words import set_names, sets_beginning
from ocop_api.web.texts import Language

_MOST: Final = 10
_SETS: Final = 2


async def suggestions_as_json(
    pool: "asyncpg.Pool[asyncpg.Record]", typed: str, *, today: date, language: Language
) -> bytes:
    """The body of ``Suggestions`` in one statement and without models."""
    words = words_of(typed)
    if not words:
        return b'{"items":[]}'
    phrase = " ".join(words)
    # Folded words are letters and digits only, so quoting them cannot be escaped from.
    query = " & ".join(f"'{word}'" for word in words) + ":*"
    key = place_key(phrase)
    rows = await suggest(pool, phrase=phrase, words=query, key="" if key.isdecimal() else key, today=today)
    found = [dict(row) for row in rows]
    sets = [
        {"kind": "set", "id": str(number), "text": set_names()[number].in_language(language), "detail": None}
        for number in sets_beginning(phrase, limit=_SETS)
    ]
    products = [item for item in found if item["kind"] == "product"]
    others = [item for item in found if item["kind"] != "product"]
    return orjson.dumps({"items": [*products, *sets, *others][:_MOST]})
