"""Completions while typing, and products by their codes: one statement each, outside of any session."""

from datetime import date
from typing import Final
from uuid import UUID

import asyncpg

# Names that begin so come off an index; words inside of names from a bounded handful of finds, because
# one letter is found in nearly every product.
_SUGGEST: Final = """
with typed as (select $1::text as phrase, $2::text as starts, $3::tsquery as words, $4::text as key),
products as (
    select distinct on (id) id, producer_id, name, sort_key, inside, held from (
        (select p.id, p.producer_id, p.name, p.sort_key, 0 as inside,
            case when recognition_status = 'valid' and stars_valid_until >= $5 then stars else 0 end as held
         from product p where name_folded like $2 order by name_folded limit 200)
        union all
        (select p.id, p.producer_id, p.name, p.sort_key, 1,
            case when recognition_status = 'valid' and stars_valid_until >= $5 then stars else 0 end
         from product p, typed
         where length(phrase) > 1 and search @@ words
            and array_to_tsvector(string_to_array(name_folded, ' ')) @@ words
         limit 200)
    ) found order by id, inside
)
(select 'product' as kind, p.id::text as id, p.name as text, r.name as detail
 from products p join producer r on r.id = p.producer_id
 order by inside, held desc, p.sort_key, p.id limit 5)
union all
(select 'producer', id::text, name, null from producer, typed
 where length(phrase) > 1 and search @@ words order by
    name_folded not like starts, sort_key, id limit 3)
union all
(select 'place', id, name, full_name from place, typed
 where length(key) > 1 and structure = '34' and place_key like key || '%'
 order by place_key <> key, length(code), sort_key, id limit 3)
"""


async def suggest(
    pool: "asyncpg.Pool[asyncpg.Record]", *, phrase: str, words: str, key: str, today: date
) -> list[asyncpg.Record]:
    """Rows ``kind, id, text, detail``: up to five products, three producers and three of today's places.

    Args:
        pool: the hot pool.
        phrase: folded words; they are letters and digits only.
        words: a ``tsquery`` of them.
        key: their place key, empty for none.
        today: the day in Vietnam.
    """
    return await pool.fetch(_SUGGEST, phrase, f"{phrase}%", words, key, today)


async def id_by_gtin(pool: "asyncpg.Pool[asyncpg.Record]", gtin: str) -> UUID | None:
    """The product with this GTIN of 14 digits."""
    found: UUID | None = await pool.fetchval("select id from product where gtin = $1", gtin)
    return found


async def id_by_code(pool: "asyncpg.Pool[asyncpg.Record]", code: str) -> UUID | None:
    """The product with this product code."""
    found: UUID | None = await pool.fetchval("select id from product where product_code = $1", code)
    return found
