"""What search engines and people without an app meet: the page of a product, the site map, the rules."""

import re
from typing import Annotated, Any

from fastapi import Depends, Path, Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response, StreamingResponse

from ocop_api.domain.clock import vietnam_date
from ocop_api.domain.errors import NotFound
from ocop_api.products.public_page import id_in, product_page
from ocop_api.products.router.caching import SHORT
from ocop_api.products.set_words import set_names
from ocop_api.products.sitemap import robots, sitemap_index, sitemap_part
from ocop_api.web.caller import Now
from ocop_api.web.pages.rendering import choose_language, render
from ocop_api.web.problems import refusal
from ocop_api.web.routing import OPEN_QUERY, feature_router
from ocop_api.web.session import FastPool
from ocop_api.web.texts import Language

router = feature_router("", "pages")
# Messengers append tracking parameters to shared links; a page must open all the same.
_OPEN: dict[str, Any] = {OPEN_QUERY: True}
_HTML: dict[int | str, dict[str, Any]] = {
    301: {"description": "The product has another name now"},
    404: {"content": {"text/html": {}}, "description": "No such product; a page that says so"},
}
_XML: dict[int | str, dict[str, Any]] = {200: {"content": {"application/xml": {}}, "description": "Site map"}}
_HOUR = "public, max-age=3600"
_PART = re.compile(r"products-([1-9][0-9]{0,5})\.xml")


def _public_url(request: Request) -> str:
    url: str = request.app.state.settings.web.public_url
    return url.rstrip("/")


PublicUrl = Annotated[str, Depends(_public_url)]


def _language(request: Request) -> Language:
    asked = request.query_params.get("lang")
    known: Language | None = "vi" if asked == "vi" else "en" if asked == "en" else None
    return choose_language(known, request.headers.get("accept-language", ""))


@router.get("/robots.txt", response_class=PlainTextResponse)
async def read_robots_rules(public_url: PublicUrl) -> PlainTextResponse:
    """What crawlers may read, and where the site map is."""
    return PlainTextResponse(robots(public_url), headers={"Cache-Control": _HOUR})


@router.get("/sitemap.xml", response_class=Response, responses=_XML)
async def read_sitemap_index(pool: FastPool, public_url: PublicUrl) -> Response:
    """The index of the site maps, with the time of the last change in each."""
    body = await sitemap_index(pool, public_url)
    return Response(body, media_type="application/xml", headers={"Cache-Control": _HOUR})


@router.get("/sitemaps/{name}", response_class=Response, responses={**_XML, **refusal(404, "No such part")})
async def read_sitemap(
    name: Annotated[str, Path(max_length=60, examples=["products-1.xml"])],
    pool: FastPool,
    public_url: PublicUrl,
) -> StreamingResponse:
    """The public pages of up to 50,000 products."""
    named = _PART.fullmatch(name)
    if named is None:
        raise NotFound("products.no_such_sitemap", part=name)
    pieces = await sitemap_part(pool, int(named[1]), public_url)
    return StreamingResponse(pieces, media_type="application/xml", headers={"Cache-Control": _HOUR})


@router.get("/san-pham/{address}", response_class=HTMLResponse, responses=_HTML, openapi_extra=_OPEN)
async def show_product_page(
    address: Annotated[str, Path(max_length=400, description="`<slug>-<id>` or the id")],
    request: Request,
    pool: FastPool,
    now: Now,
    public_url: PublicUrl,
) -> Response:
    """The public page of a product (`?lang=vi|en`); an address with a former name leads to today's."""
    language = _language(request)
    try:
        shown = await product_page(pool, id_in(address), today=vietnam_date(now()), public_url=public_url)
    except NotFound:
        return render("products/unknown.html", language, status_code=404)
    if shown.path != f"/san-pham/{address}":
        tail = f"?{request.url.query}" if request.url.query else ""
        return RedirectResponse(f"{shown.path}{tail}", 301, {"Cache-Control": _HOUR})
    number = shown.product["set_number"]
    return render(
        "products/product.html",
        language,
        headers={"Cache-Control": SHORT},
        shown=shown,
        product=shown.product,
        category=None if number is None else set_names()[number].in_language(language),
        public_url=public_url,
    )
