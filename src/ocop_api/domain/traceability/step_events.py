"""From a filled-in step form to the EPCIS event: what households and cooperatives use instead of EPCIS.

A producer tells a step, what went in, what came out, where and when; the event type, action, business
step and disposition follow from the step (``STEP_RULES``).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from ocop_api.domain.errors import Invalid
from ocop_api.domain.traceability.events import (
    AggregationEvent,
    EpcisEvent,
    EventFacts,
    Json,
    LotMasterData,
    ObjectEvent,
    QuantityElement,
    TransformationEvent,
)
from ocop_api.domain.traceability.steps import STEP_RULES, Action, EventType, Step


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRecord:
    """A step as told by the producer.

    ``facts`` carries identity, time and place (its business step and disposition are filled in here
    unless stated). ``inputs`` are the lots used, ``outputs`` the lots made; a step that makes nothing
    new (receiving, shipping, selling …) names its lots in ``inputs``. ``items`` are serialised bags,
    ``container`` the carton of a boxing step, ``growing_area_code`` the official code of the plot
    (mã số vùng trồng) of a growing or harvesting step.
    """

    step: Step
    facts: EventFacts
    inputs: tuple[QuantityElement, ...] = ()
    outputs: tuple[QuantityElement, ...] = ()
    items: tuple[str, ...] = ()
    container: str | None = None
    ilmd: LotMasterData | None = None
    growing_area_code: str | None = None
    more: Mapping[str, Json] = field(default_factory=dict)


def event_of_step(record: StepRecord, *, vocabulary: str) -> EpcisEvent:
    """The EPCIS event of ``record``; ``vocabulary`` is the base URI of this system's terms.

    Raises ``Invalid``: ``epcis.ilmd_not_allowed`` when lot data is stated at a step that begins no
    lot; ``epcis.unexpected_side`` when inputs or outputs are stated where the step has none.
    """
    rule = STEP_RULES[record.step]
    begins_lot = rule.event_type is EventType.TRANSFORMATION or rule.action is Action.ADD
    if record.ilmd is not None and (not begins_lot or rule.event_type is EventType.AGGREGATION):
        raise Invalid("epcis.ilmd_not_allowed", step=record.step.value)
    extensions: dict[str, Json] = {**record.facts.extensions, **record.more}
    if record.growing_area_code is not None:
        extensions["ocop:growingAreaCode"] = record.growing_area_code
    facts = replace(
        record.facts,
        biz_step=record.facts.biz_step or rule.biz_step_term(vocabulary),
        disposition=record.facts.disposition or rule.disposition,
        extensions=extensions,
    )
    if rule.event_type is EventType.TRANSFORMATION:
        return TransformationEvent(
            facts=facts,
            inputs=record.inputs,
            outputs=record.outputs,
            output_epcs=record.items,
            ilmd=record.ilmd,
        )
    # An object event that begins lots names what it made; any other one names what it handled.
    named, other = (
        (record.outputs, record.inputs)
        if rule.event_type is EventType.OBJECT and rule.action is Action.ADD
        else (record.inputs, record.outputs)
    )
    if other:
        raise Invalid("epcis.unexpected_side", step=record.step.value)
    if rule.event_type is EventType.AGGREGATION:
        return AggregationEvent(
            facts=facts,
            action=rule.action or Action.ADD,
            parent=record.container,
            epcs=record.items,
            quantities=named,
        )
    return ObjectEvent(
        facts=facts,
        action=rule.action or Action.OBSERVE,
        epcs=record.items,
        quantities=named,
        ilmd=record.ilmd,
    )
