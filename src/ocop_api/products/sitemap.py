"""The site map of the public pages of products (sitemaps.org 0.9), and the addresses of these pages."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Final
from uuid import UUID
from xml.sax.saxutils import escape

import asyncpg

from ocop_api.domain.errors import NotFound
from ocop_api.domain.vietnamese import slug
from ocop_api.products.repository.sitemap import part_rows, parts

MOST: Final = 50_000
"""Addresses in one file, the protocol's limit."""
_HEAD: Final = '<?xml version="1.0" encoding="UTF-8"?>\n'
_XMLNS: Final = "http://www.sitemaps.org/schemas/sitemap/0.9"


def page_path(product_id: UUID | str, name: str) -> str:
    """Path of the public page of a product: ``/san-pham/ca-phe-bot-0192f7c4-…``."""
    words = slug(name)[:80].strip("-")
    return f"/san-pham/{words}-{product_id}" if words else f"/san-pham/{product_id}"


def public_path(product_id: UUID | str, name: str, gtin: str | None) -> str:
    """Path of what people should find: the passport behind the GTIN, else the public page."""
    return page_path(product_id, name) if gtin is None else f"/01/{gtin}"


def robots(public_url: str) -> str:
    """The rules for crawlers: pages are welcome, the API is not theirs."""
    return (
        f"User-agent: *\nAllow: /\nDisallow: /v1/\nDisallow: /verify\n\nSitemap: {public_url}/sitemap.xml\n"
    )


async def sitemap_index(pool: "asyncpg.Pool[asyncpg.Record]", public_url: str) -> str:
    """The index of the parts."""
    rows = [
        f"<sitemap><loc>{escape(public_url)}/sitemaps/products-{row['part']}.xml</loc>"
        f"<lastmod>{_instant(row['updated_at'])}</lastmod></sitemap>\n"
        for row in await parts(pool, MOST)
    ]
    return f'{_HEAD}<sitemapindex xmlns="{_XMLNS}">\n{"".join(rows)}</sitemapindex>\n'


async def sitemap_part(
    pool: "asyncpg.Pool[asyncpg.Record]", part: int, public_url: str
) -> AsyncIterator[str]:
    """One part, piece by piece.

    Raises:
        NotFound: ``products.no_such_sitemap``, before the first piece.
    """
    chunks = part_rows(pool, part, MOST)
    first = await anext(chunks, None)
    if first is None:
        raise NotFound("products.no_such_sitemap", part=part)
    return _pieces(first, chunks, escape(public_url))


async def _pieces(
    first: list[asyncpg.Record], rest: AsyncIterator[list[asyncpg.Record]], base: str
) -> AsyncIterator[str]:
    yield f'{_HEAD}<urlset xmlns="{_XMLNS}">\n'
    yield _urls(first, base)
    async for rows in rest:
        yield _urls(rows, base)
    yield "</urlset>\n"


def _urls(rows: list[asyncpg.Record], base: str) -> str:
    return "".join(
        f"<url><loc>{base}{public_path(row['id'], row['name'], row['gtin'])}</loc>"
        f"<lastmod>{_instant(row['updated_at'])}</lastmod></url>\n"
        for row in rows
    )


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
