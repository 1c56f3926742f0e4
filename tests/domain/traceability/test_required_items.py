"""The ten items of Circular 02/2024/TT-BKHCN."""

from dataclasses import replace

import pytest

from ocop_api.domain.traceability.required_items import (
    ITEM_RULES,
    MANDATORY_ITEMS,
    Item,
    MissingItem,
    StageFacts,
    TraceFacts,
    missing_items,
)

STAGE = StageFacts("https://ocop.example.vn/01/1", "https://ocop.example.vn/414/1", "2026-01-05")
COMPLETE = TraceFacts(
    product_name="Cà phê bột",
    product_image="sha256:1",
    business_name="Hợp tác xã Đắk Rồ",
    business_address="Xã Nâm Nung",
    stages=(STAGE,),
    business_time="2026-01",
    trace_code="https://ocop.example.vn/01/1",
    standards=("TCVN 5251:2015",),
)


def test_there_are_ten_items_in_the_order_of_the_circular_with_both_names() -> None:
    assert [rule.item for rule in ITEM_RULES] == list(Item)
    assert len(ITEM_RULES) == 10
    assert all(rule.name_vi and rule.name_en for rule in ITEM_RULES)


def test_brand_and_shelf_life_are_asked_for_only_if_any() -> None:
    assert set(Item) - MANDATORY_ITEMS == {Item.BRAND, Item.SHELF_LIFE}
    assert missing_items(COMPLETE) == ()


def test_nothing_known_means_every_mandatory_item_is_missing_in_order() -> None:
    assert [entry.item for entry in missing_items(TraceFacts())] == [
        item for item in Item if item in MANDATORY_ITEMS
    ]


@pytest.mark.parametrize("blank", ["", "  ", "\t\n"])
def test_blank_text_does_not_count(blank: str) -> None:
    facts = replace(COMPLETE, product_name=blank, standards=(blank,))
    assert [entry.item for entry in missing_items(facts)] == [Item.PRODUCT_NAME, Item.STANDARDS]


def test_a_gap_inside_a_stage_is_pointed_at() -> None:
    facts = replace(COMPLETE, stages=(STAGE, StageFacts(product_code="x", event_time="2026-01-06")))
    assert missing_items(facts) == (MissingItem(Item.STAGES, "stages/1/location_code"),)


def test_the_mandatory_set_can_be_changed_by_a_later_rule() -> None:
    assert missing_items(COMPLETE, mandatory={Item.SHELF_LIFE}) == (
        MissingItem(Item.SHELF_LIFE, "shelf_life"),
    )
    assert missing_items(TraceFacts(), mandatory=()) == ()
