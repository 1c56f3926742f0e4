"""The public passport behind a Digital Link: two statements on the hot pool, no transaction."""

from collections.abc import Sequence
from datetime import date
from itertools import groupby
from typing import Any

import asyncpg

from ocop_api.domain.clock import vietnam_date
from ocop_api.domain.errors import NotFound
from ocop_api.domain.traceability.digital_link import DigitalLink
from ocop_api.domain.traceability.gs1 import INTERNAL_PREFIX, Gtin
from ocop_api.domain.traceability.required_items import (
    ITEM_RULES,
    Item,
    StageFacts,
    TraceFacts,
    missing_items,
)
from ocop_api.domain.traceability.steps import STEP_RULES, Step
from ocop_api.products.photo_reading import photo_of
from ocop_api.products.photo_schemas import PhotoSummary
from ocop_api.products.policy import standing
from ocop_api.traceability import repository
from ocop_api.traceability.schemas import (
    PassportItem,
    PassportLot,
    PassportMissing,
    PassportProducer,
    PassportRead,
    PassportRecognition,
    StoryLot,
    StoryStep,
)
from ocop_api.traceability.service.lots import trace_code


class PassportService:
    """Tells the public what stands behind a Digital Link on ``day`` (a calendar date in Vietnam).

    ``base_url`` stands before the addresses of pictures; empty makes them relative to the page.
    """

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]", day: date, *, base_url: str) -> None:
        self._pool = pool
        self._day = day
        self._base_url = base_url

    async def read(self, link: DigitalLink) -> PassportRead:
        """The passport of the product or lot of the link; a serial number is repeated, not looked up.

        Raises:
            NotFound: ``traceability.unknown_link`` for anything but a known product or lot.
        """
        gtin, lot = link.gtin, link.lot
        if gtin is None:
            raise NotFound("traceability.unknown_link", key=link.canonical_key)
        if lot is None:
            head = await repository.passport_of_product(self._pool, gtin.value, _serial(gtin), self._day)
            story: list[StoryStep] = []
            thing = DigitalLink.of_product(gtin, domain=link.domain)
        else:
            thing = DigitalLink.of_lot(gtin, lot, domain=link.domain)
            head = await repository.passport_of_lot(self._pool, thing.canonical_key, self._day)
            rows = [] if head is None else await repository.story_of_lot(self._pool, thing.canonical_key)
            story = _story(rows)
        if head is None:
            raise NotFound("traceability.unknown_link", key=thing.canonical_key)
        serial = None if link.serial is None else link.serial.value
        return self._passport(thing, gtin, head, story, serial)

    def _passport(
        self,
        thing: DigitalLink,
        gtin: Gtin,
        head: asyncpg.Record,
        story: list[StoryStep],
        serial: str | None,
    ) -> PassportRead:
        lot = None if thing.lot is None else _lot(head)
        recognition = None
        if head["recognition_status"] is not None:
            held = standing(
                head["recognition_status"], head["stars"], head["stars_valid_until"], today=self._day
            )
            if held.stars is not None and held.valid_until is not None:
                recognition = PassportRecognition(stars=held.stars, valid_until=held.valid_until)
        code = trace_code(gtin.value, None if lot is None else lot.code)
        name = head["product_name"] or head["lot_name"]
        photo = photo_of(head["photo"], self._base_url)
        facts = TraceFacts(
            product_name=name,
            product_image="" if photo is None else photo["renditions"][-1]["url"],
            business_name=head["producer_name"],
            # A household's address is its home; the public is told the administrative unit.
            business_address=head["place"] or "",
            stages=tuple(_stage(step) for step in story),
            business_time=_business_time(lot, story),
            trace_code=code,
            standards=tuple(head["standards"]),
            brand="" if serial is None else serial,
            shelf_life="" if lot is None or lot.best_before is None else lot.best_before.isoformat(),
        )
        return PassportRead(
            digital_link=thing.uri,
            canonical_key=thing.canonical_key,
            gtin=gtin.value,
            gtin_is_internal=gtin.is_restricted,
            serial=serial,
            trace_code=code,
            product_id=head["product_id"],
            product_name=name,
            description=head["description"],
            pack=head["pack"],
            product_code=head["product_code"],
            producer=PassportProducer(name=head["producer_name"], place=head["place"]),
            photo=None if photo is None else PhotoSummary.model_validate(photo),
            recognition=recognition,
            lot=lot,
            recalled=any(step.step is Step.RECALLING for step in story),
            story=story,
            items=_items(facts),
            missing=[
                PassportMissing(item=entry.item.value, where=entry.where) for entry in missing_items(facts)
            ],
        )


def _serial(gtin: Gtin) -> int | None:
    """The serial inside an internal GTIN; None for any other number."""
    digits = gtin.value[1:]
    return int(digits[len(INTERNAL_PREFIX) : -1]) if digits.startswith(INTERNAL_PREFIX) else None


def _lot(head: asyncpg.Record) -> PassportLot:
    return PassportLot.model_validate({name: head[name] for name in PassportLot.model_fields})


def _story(rows: Sequence[asyncpg.Record]) -> list[StoryStep]:
    steps = []
    for _, group in groupby(rows, key=lambda row: row["id"]):
        parts = list(group)
        first = parts[0]
        rule = STEP_RULES[Step(first["step"])]
        steps.append(
            StoryStep(
                step=rule.step,
                name_vi=rule.name_vi,
                name_en=rule.name_en,
                at=first["event_time"],
                place=first["place"],
                location_code=first["area_code"] or first["place_id"],
                growing_area_code=first["area_code"],
                area_ha=first["area_ha"],
                product_code=trace_code(first["gtin"], first["code"]),
                of=_story_lot(first),
                used=[_story_lot(part) for part in parts[1:]],
            )
        )
    return steps


def _story_lot(row: asyncpg.Record) -> StoryLot:
    return StoryLot(name=row["name"], code=row["code"], quantity=row["quantity"], unit=row["unit"])


def _stage(step: StoryStep) -> StageFacts:
    return StageFacts(
        product_code=step.product_code,
        location_code=step.location_code or "",
        event_time=step.at.isoformat(),
    )


def _business_time(lot: PassportLot | None, story: list[StoryStep]) -> str:
    if lot is None:
        return ""
    if lot.produced_on is not None:
        return lot.produced_on.isoformat()
    made = [step for step in story if step.of.code == lot.code]
    return vietnam_date(made[0].at).isoformat() if made else ""


def _items(facts: TraceFacts) -> list[PassportItem]:
    items = []
    for rule in ITEM_RULES:
        told: Any = getattr(facts, rule.item.value)
        if rule.item is Item.STAGES:
            told = [f"{s.product_code} · {s.location_code or '—'} · {s.event_time}" for s in facts.stages]
        items.append(
            PassportItem(
                item=rule.item.value,
                name_vi=rule.name_vi,
                name_en=rule.name_en,
                if_any=rule.if_any,
                value=(list(told) if isinstance(told, list | tuple) else told) or None,
            )
        )
    return items
