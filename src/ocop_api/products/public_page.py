"""What the public page of a product tells: the read of the API, and the same for search engines."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import asyncpg
import orjson

from ocop_api.domain.errors import NotFound
from ocop_api.products.looking_up import name_of_place
from ocop_api.products.reading import product_as_json
from ocop_api.products.set_words import set_names
from ocop_api.products.sitemap import page_path, public_path

_ID_LENGTH = 36


@dataclass(frozen=True, slots=True)
class ProductPage:
    """A product as its page shows it; ``product`` has the shape of ``ProductRead``."""

    product: Mapping[str, Any]
    place: str | None
    path: str
    canonical: str
    linked_data: Mapping[str, Any]

    @property
    def valid_until(self) -> date | None:
        """Last day of the recognition."""
        told = self.product["recognition"]["valid_until"]
        return None if told is None else date.fromisoformat(told)


def id_in(address: str) -> UUID:
    """The id at the end of ``<slug>-<id>``.

    Raises:
        NotFound: ``products.unknown``.
    """
    try:
        return UUID(address[-_ID_LENGTH:])
    except ValueError as error:
        raise NotFound("products.unknown", product_id=address[:80]) from error


async def product_page(
    pool: "asyncpg.Pool[asyncpg.Record]", product_id: UUID, *, today: date, public_url: str
) -> ProductPage:
    """Everything on the page of a product.

    Raises:
        NotFound: ``products.unknown``.
    """
    product = orjson.loads(await product_as_json(pool, product_id, today=today))
    place = await name_of_place(pool, product["place_id"]) if product["place_id"] else None
    canonical = public_url + public_path(product["id"], product["name"], product["gtin"])
    return ProductPage(
        product=product,
        place=place,
        path=page_path(product["id"], product["name"]),
        canonical=canonical,
        linked_data=linked_data(product, canonical, public_url),
    )


def linked_data(product: Mapping[str, Any], address: str, public_url: str) -> dict[str, Any]:
    """The product in the words of schema.org; stars appear only while they are held."""
    photo = product["photo"]
    picture = product["picture_url"] if photo is None else photo["renditions"][-1]["url"]
    data: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "Product",
        "name": product["name"],
        "url": address,
        "productID": product["id"],
        "description": product["description"] or product["story"],
        "gtin14": product["gtin"],
        "sku": product["product_code"],
        "image": None if picture is None else public_url + picture,
        "manufacturer": {"@type": "Organization", "name": product["producer"]["name"]},
    }
    if product["set_number"] is not None:
        data["category"] = set_names()[product["set_number"]].vi
    if product["price_vnd"] is not None:
        data["offers"] = {"@type": "Offer", "price": product["price_vnd"], "priceCurrency": "VND"}
    stars = product["recognition"]["stars"]
    if stars is not None:
        data["hasCertification"] = {
            "@type": "Certification",
            "name": "OCOP",
            "certificationRating": {"@type": "Rating", "ratingValue": stars, "bestRating": 5},
            "expires": product["recognition"]["valid_until"],
        }
    return {name: value for name, value in data.items() if value is not None}
