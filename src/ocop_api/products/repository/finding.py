"""What a search needs to know beforehand: units by their names, and the words there are."""

from collections.abc import Collection, Mapping
from typing import Final

from sqlalchemy import Text, any_, func, literal, select, text, union
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from ocop_api.db.tables.places import PlaceSuccession, PlaceUnit

MAX_VOCABULARY: Final = 50_000

_WORDS = text(
    "select distinct word from product, unnest(string_to_array(search_text, ' ')) as word"
    " where length(word) between 2 and 30 limit :most"
)


async def units_by_key(session: AsyncSession, keys: Collection[str]) -> Mapping[str, set[str]]:
    """Ids of the units of these place keys, of any time, and of what became of them, by key; one statement.

    A district or province of the old structure also gives what its communes became.
    """
    if not keys:
        return {}
    named = (
        select(PlaceUnit.place_key, PlaceUnit.id)
        .where(PlaceUnit.place_key == any_(literal(sorted(keys), ARRAY(Text))))
        .cte("named")
    )
    inner = aliased(PlaceUnit)
    became = (
        select(named.c.place_key, PlaceSuccession.new_id)
        .join(inner, inner.path.contains(func.array_append(literal([], ARRAY(Text)), named.c.id)))
        .join(PlaceSuccession, PlaceSuccession.old_id == inner.id)
        .where(inner.structure == "63", inner.level == "commune")
    )
    found: dict[str, set[str]] = {}
    for key, unit_id in (await session.execute(union(select(named), became))).all():
        found.setdefault(key, set()).add(unit_id)
    return found


async def all_words(session: AsyncSession) -> frozenset[str]:
    """Every word of products' and producers' names, up to ``MAX_VOCABULARY``."""
    return frozenset((await session.execute(_WORDS, {"most": MAX_VOCABULARY})).scalars())
