"""The public catalogue: what anybody may read of products, as of a day."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.domain.errors import Invalid
from ocop_api.places.service import PlaceService
from ocop_api.producers.policy import is_cooperative
from ocop_api.producers.service import place_meant
from ocop_api.products.catalogue_schemas import (
    CatalogueFilter,
    Facets,
    NearbyFilter,
    NearbyProduct,
    ProductFilter,
    ProductSummary,
    rounded_km,
)
from ocop_api.products.facets import shaped
from ocop_api.products.photo_reading import photo_of
from ocop_api.products.policy import read_gtin, standing
from ocop_api.products.repository.catalogue import CatalogueRepository, Resolved
from ocop_api.products.repository.facets import count_facets, unit_names
from ocop_api.products.repository.finding import units_by_key
from ocop_api.products.repository.nearby import page_near
from ocop_api.products.search import Search, build, corrections, place_keys, words_of
from ocop_api.products.set_pictures import picture_url
from ocop_api.products.vocabulary import Vocabulary
from ocop_api.products.whereabouts import checked_point
from ocop_api.web.schemas import Page
from ocop_api.web.texts import Language


class Catalogue:
    """Lists of products, for everybody."""

    def __init__(self, session: AsyncSession, vocabulary: Vocabulary | None = None) -> None:
        self._session = session
        # Without one, words are taken as they are typed.
        self._vocabulary = vocabulary

    async def page(self, wanted: ProductFilter, *, today: date) -> Page[ProductSummary]:
        """One page of products by the filters.

        Raises:
            Invalid: ``producers.unknown_place``, ``places.ambiguous``, ``products.gtin_invalid``,
                ``products.valid_on_past``, or a paging error.
        """
        rows = await CatalogueRepository(self._session).page(
            await self._resolved(wanted, today), wanted.slice()
        )
        items = [ProductSummary.model_validate(nested(row, today)) for row in rows.items]
        return Page.of(rows, items)

    async def facets(self, wanted: CatalogueFilter, language: Language, *, today: date) -> Facets:
        """Counts of every facet under the filters.

        Raises:
            Invalid: as ``page``.
        """
        resolved = await self._resolved(wanted, today, scoped=True)
        counts = await count_facets(self._session, resolved)
        units = [*counts.get("province", ()), *counts.get("commune", ())]
        return shaped(counts, await unit_names(self._session, units), language)

    async def nearby(self, wanted: NearbyFilter, *, today: date) -> Page[NearbyProduct]:
        """One page of products around a point or place, the nearest first.

        Raises:
            Invalid: as ``page``, and ``products.nearby_where``, ``products.coordinates_swapped``,
                ``products.outside_vietnam``, ``products.place_without_point``.
        """
        lat, lon = await self._point(wanted, today)
        rows = await page_near(
            self._session,
            await self._resolved(wanted, today),
            wanted.slice(),
            lat=lat,
            lon=lon,
            radius_km=wanted.radius_km,
        )
        items = [
            NearbyProduct.model_validate({**nested(row, today), "distance_km": rounded_km(row["metres"])})
            for row in rows.items
        ]
        return Page.of(rows, items)

    async def _resolved(self, asked: CatalogueFilter, today: date, *, scoped: bool = False) -> Resolved:
        if asked.valid_on is not None and asked.valid_on < today:
            raise Invalid("products.valid_on_past", day=asked.valid_on, today=today)
        place_id = None
        scope: tuple[str, ...] = ()
        if asked.place is not None:
            place_id = await place_meant(self._session, asked.place, on=asked.place_on, today=today)
            if scoped:
                area = await PlaceService(self._session).area_path(place_id)
                scope = tuple(unit for unit in area if unit.startswith("34:") and len(unit) == len("34:68"))
        words = words_of(asked.q) if asked.q is not None else ()
        return Resolved(
            asked=asked,
            today=today,
            search=await self._search(words) if words else None,
            impossible=asked.q is not None and not words,
            place_id=place_id,
            place_scope=scope or ((place_id,) if place_id else ()),
            gtin=read_gtin(asked.gtin),
        )

    async def _search(self, words: tuple[str, ...]) -> Search:
        keys = place_keys(words)
        units = await units_by_key(self._session, set(keys.values()))
        places = {phrase: units[key] for phrase, key in keys.items() if key in units}
        known = await self._vocabulary.words(self._session) if self._vocabulary else frozenset()
        return build(words, places, corrections(words, known) if known else {})

    async def _point(self, wanted: NearbyFilter, today: date) -> tuple[float, float]:
        given = wanted.lat is not None, wanted.lon is not None, wanted.near_place is not None
        if given not in {(True, True, False), (False, False, True)}:
            raise Invalid("products.nearby_where")
        if wanted.lat is not None and wanted.lon is not None:
            return checked_point(wanted.lat, wanted.lon)
        place_id = await place_meant(self._session, wanted.near_place or "", on=wanted.place_on, today=today)
        places = PlaceService(self._session)
        place = await places.get(place_id)
        near = (
            [place] if place.lat is not None else [step.place for step in await places.successors(place_id)]
        )
        if not near or near[0].lat is None:
            # A former district or province: the middle of what lies in it today.
            area = await places.area_path(place_id)
            near = [unit for unit in (await places.get_many(area)).values() if unit.lat is not None][-1:]
        points = [(unit.lat, unit.lon) for unit in near if unit.lat is not None and unit.lon is not None]
        if not points:
            raise Invalid("products.place_without_point", place=place.full_name)
        return sum(p[0] for p in points) / len(points), sum(p[1] for p in points) / len(points)


def nested(row: Mapping[str, Any], today: date) -> dict[str, Any]:
    """Columns of a product and ``producer_*`` as the contract nests them."""
    held = standing(row["recognition_status"], row["stars"], row["stars_valid_until"], today=today)
    shown = {name: value for name, value in row.items() if name not in _NESTED}
    shown["producer"] = {
        "id": row["producer_id"],
        "name": row["producer_name"],
        "legal_form": row["producer_form"],
        "is_cooperative": is_cooperative(row["producer_form"]),
    }
    shown["photo"] = photo_of(row["photo"])
    shown["picture_url"] = picture_url(row["set_number"])
    shown["recognition"] = {
        "status": held.status,
        "stars": held.stars,
        "stated_stars": held.stated_stars,
        "valid_until": held.valid_until,
    }
    return shown


_NESTED = frozenset(
    {
        "producer_id",
        "producer_name",
        "producer_form",
        "recognition_status",
        "stars",
        "stars_valid_until",
        "metres",
    }
)
