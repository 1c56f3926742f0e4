"""The steps a coffee (or other crop) product passes from plot to bag, and how each is told in EPCIS.

The steps follow the event kinds of TCVN 13840:2023 for green coffee (growing, processing, packing,
delivery and receipt, transport, sale) and are broad enough for tea, pepper, fruit and handicraft. The
Core Business Vocabulary 2.0 has no word for harvesting, processing, roasting or growing: those are
URIs under this system's own vocabulary, ``{vocabulary}/harvesting``.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class EventType(StrEnum):
    """The EPCIS event types this system writes itself."""

    OBJECT = "ObjectEvent"
    AGGREGATION = "AggregationEvent"
    TRANSFORMATION = "TransformationEvent"


class Action(StrEnum):
    """EPCIS action: the things begin, are seen, or end with the event."""

    ADD = "ADD"
    OBSERVE = "OBSERVE"
    DELETE = "DELETE"


class Step(StrEnum):
    """A step of production or trade (công đoạn), in the usual order."""

    GROWING = "growing"
    HARVESTING = "harvesting"
    RECEIVING = "receiving"
    PROCESSING = "processing"
    STORING = "storing"
    ROASTING = "roasting"
    PACKING = "packing"
    BOXING = "boxing"
    SHIPPING = "shipping"
    TRANSPORTING = "transporting"
    SELLING = "selling"
    RECALLING = "recalling"


@dataclass(frozen=True, slots=True)
class StepRule:
    """How a step is named and which EPCIS event it becomes.

    ``action`` is None for transformations, which have none. ``biz_step`` is a CBV word, or a word of
    this system's vocabulary when ``own_term``.
    """

    step: Step
    name_vi: str
    name_en: str
    event_type: EventType
    action: Action | None
    biz_step: str
    disposition: str
    own_term: bool = False

    def biz_step_term(self, vocabulary: str) -> str:
        """The business step as written into an event; ``vocabulary`` is the base URI of our terms."""
        return f"{vocabulary.rstrip('/')}/{self.biz_step}" if self.own_term else self.biz_step


_OBJECT, _AGGREGATION, _TRANSFORMATION = EventType.OBJECT, EventType.AGGREGATION, EventType.TRANSFORMATION

STEP_RULES: Final = {
    rule.step: rule
    for rule in (
        StepRule(
            Step.GROWING,
            "Trồng và chăm sóc",
            "Growing",
            _OBJECT,
            Action.OBSERVE,
            "growing",
            "in_progress",
            own_term=True,
        ),
        StepRule(
            Step.HARVESTING,
            "Thu hoạch",
            "Harvesting",
            _OBJECT,
            Action.ADD,
            "harvesting",
            "active",
            own_term=True,
        ),
        StepRule(
            Step.RECEIVING,
            "Tiếp nhận nguyên liệu",
            "Receiving",
            _OBJECT,
            Action.OBSERVE,
            "receiving",
            "in_progress",
        ),
        StepRule(
            Step.PROCESSING,
            "Sơ chế, chế biến",
            "Processing",
            _TRANSFORMATION,
            None,
            "processing",
            "in_progress",
            own_term=True,
        ),
        StepRule(Step.STORING, "Lưu kho", "Storing", _OBJECT, Action.OBSERVE, "storing", "in_progress"),
        StepRule(
            Step.ROASTING,
            "Rang",
            "Roasting",
            _TRANSFORMATION,
            None,
            "roasting",
            "in_progress",
            own_term=True,
        ),
        StepRule(Step.PACKING, "Đóng gói", "Packing", _TRANSFORMATION, None, "packing", "active"),
        StepRule(
            Step.BOXING, "Đóng thùng", "Boxing", _AGGREGATION, Action.ADD, "packing", "container_closed"
        ),
        StepRule(Step.SHIPPING, "Xuất hàng", "Shipping", _OBJECT, Action.OBSERVE, "shipping", "in_transit"),
        StepRule(
            Step.TRANSPORTING,
            "Vận chuyển",
            "Transporting",
            _OBJECT,
            Action.OBSERVE,
            "transporting",
            "in_transit",
        ),
        StepRule(
            Step.SELLING, "Bán hàng", "Selling", _OBJECT, Action.OBSERVE, "retail_selling", "retail_sold"
        ),
        StepRule(Step.RECALLING, "Thu hồi", "Recalling", _OBJECT, Action.OBSERVE, "holding", "recalled"),
    )
}
"""The rule of every step, in the usual order."""
