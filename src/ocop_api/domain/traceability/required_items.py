"""The ten items a traceable product must tell the public.

Source: Circular 02/2024/TT-BKHCN (in force 01/06/2024). Two of the ten (brand, shelf life) apply only
"if any". Decree 37/2026/NĐ-CP touches this field, so which items are mandatory is a parameter, not a
constant of code.
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Item(StrEnum):
    """The ten items, in the order of the circular."""

    PRODUCT_NAME = "product_name"
    PRODUCT_IMAGE = "product_image"
    BUSINESS_NAME = "business_name"
    BUSINESS_ADDRESS = "business_address"
    STAGES = "stages"
    BUSINESS_TIME = "business_time"
    TRACE_CODE = "trace_code"
    BRAND = "brand"
    SHELF_LIFE = "shelf_life"
    STANDARDS = "standards"


@dataclass(frozen=True, slots=True)
class ItemRule:
    """Names of an item and whether the circular asks for it only "if any" (nếu có)."""

    item: Item
    name_vi: str
    name_en: str
    if_any: bool = False


ITEM_RULES: Final = (
    ItemRule(Item.PRODUCT_NAME, "Tên sản phẩm, hàng hóa", "Product name"),
    ItemRule(Item.PRODUCT_IMAGE, "Hình ảnh sản phẩm, hàng hóa", "Product image"),
    ItemRule(Item.BUSINESS_NAME, "Tên đơn vị sản xuất, kinh doanh", "Producer or trader name"),
    ItemRule(Item.BUSINESS_ADDRESS, "Địa chỉ đơn vị sản xuất, kinh doanh", "Producer or trader address"),
    ItemRule(
        Item.STAGES,
        "Các công đoạn, kèm mã sản phẩm, mã địa điểm và thời gian sự kiện",
        "Stages, with product trace code, location trace code and event time",
    ),
    ItemRule(Item.BUSINESS_TIME, "Thời gian sản xuất, kinh doanh", "Time of production or trade"),
    ItemRule(Item.TRACE_CODE, "Mã truy xuất nguồn gốc sản phẩm", "Traceability code of the product"),
    ItemRule(
        Item.BRAND,
        "Thương hiệu, nhãn hiệu, ký hiệu, số sê-ri",
        "Brand, mark, model or serial number",
        if_any=True,
    ),
    ItemRule(Item.SHELF_LIFE, "Thời hạn sử dụng", "Shelf life", if_any=True),
    ItemRule(Item.STANDARDS, "Tiêu chuẩn, quy chuẩn áp dụng", "Standards and regulations applied"),
)
MANDATORY_ITEMS: Final = frozenset(rule.item for rule in ITEM_RULES if not rule.if_any)


@dataclass(frozen=True, slots=True)
class StageFacts:
    """What is known of one stage (công đoạn); empty text counts as unknown."""

    product_code: str = ""
    location_code: str = ""
    event_time: str = ""


@dataclass(frozen=True, slots=True)
class TraceFacts:
    """What is known of a product on its public page; empty text or an empty list counts as unknown."""

    product_name: str = ""
    product_image: str = ""
    business_name: str = ""
    business_address: str = ""
    stages: tuple[StageFacts, ...] = ()
    business_time: str = ""
    trace_code: str = ""
    brand: str = ""
    shelf_life: str = ""
    standards: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MissingItem:
    """An item that is not told; ``where`` points inside it (``stages/0/location_code``)."""

    item: Item
    where: str


def missing_items(
    facts: TraceFacts, *, mandatory: Collection[Item] = MANDATORY_ITEMS
) -> tuple[MissingItem, ...]:
    """The mandatory items that ``facts`` leaves out, in the order of the circular.

    A stage without its product code, location code or time is reported member by member.
    """
    missing: list[MissingItem] = []
    for rule in ITEM_RULES:
        if rule.item not in mandatory:
            continue
        if not _is_told(getattr(facts, rule.item.value)):
            missing.append(MissingItem(rule.item, rule.item.value))
        elif rule.item is Item.STAGES:
            missing.extend(
                MissingItem(Item.STAGES, f"stages/{place}/{member}")
                for place, stage in enumerate(facts.stages)
                for member in ("product_code", "location_code", "event_time")
                if not _is_told(getattr(stage, member))
            )
    return tuple(missing)


def _is_told(value: str | tuple[object, ...]) -> bool:
    if isinstance(value, str):
        return bool(value.strip())
    return any(not isinstance(entry, str) or entry.strip() for entry in value)
