"""EPCIS events: what the JSON says for each step from plot to bag."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocop_api.domain.errors import Invalid
from ocop_api.domain.traceability.events import (
    EPCIS_CONTEXT,
    AggregationEvent,
    BizTransaction,
    Endpoint,
    ErrorDeclaration,
    EventFacts,
    LotMasterData,
    ObjectEvent,
    QuantityElement,
    TransformationEvent,
    declare_error,
    epcis_document,
    uuid_event_id,
)
from ocop_api.domain.traceability.step_events import StepRecord, event_of_step
from ocop_api.domain.traceability.steps import STEP_RULES, Action, EventType, Step

OWN = "https://ocop.example.vn"
VOCABULARY = f"{OWN}/voc/"
EVENT_ID = uuid_event_id(UUID("0199aaaa-0000-7000-8000-000000000001"))
FACTS = EventFacts(
    event_id=EVENT_ID, event_time=datetime(2026, 1, 5, 1, 30, tzinfo=UTC), read_point=f"{OWN}/plots/7"
)
CHERRY = QuantityElement(f"{OWN}/01/02990000000012/10/QUA-01", Decimal("1000.5"), "KGM")
GREEN = QuantityElement(f"{OWN}/01/02990000000029/10/NHAN-01", Decimal(200), "KGM")


def as_json(record: StepRecord) -> dict[str, Any]:
    return event_of_step(record, vocabulary=VOCABULARY).as_json()


def refusal_code(make: Any) -> str:
    with pytest.raises(Invalid) as refusal:
        make()
    return refusal.value.code


def test_a_harvest_begins_a_lot_at_a_plot() -> None:
    ilmd = LotMasterData(
        lot_number="QUA-01",
        harvest_start=date(2026, 1, 4),
        harvest_end=date(2026, 1, 5),
        country_of_origin="VN",
        more={"ocop:cropYear": 2026},
    )
    assert as_json(
        StepRecord(
            step=Step.HARVESTING,
            facts=FACTS,
            outputs=(CHERRY,),
            ilmd=ilmd,
            growing_area_code="VN-DNOOR0039",
        )
    ) == {
        "type": "ObjectEvent",
        "eventID": "urn:uuid:0199aaaa-0000-7000-8000-000000000001",
        "eventTime": "2026-01-05T08:30:00.000+07:00",
        "eventTimeZoneOffset": "+07:00",
        "action": "ADD",
        "quantityList": [{"epcClass": CHERRY.epc_class, "quantity": 1000.5, "uom": "KGM"}],
        "ilmd": {
            "cbvmda:lotNumber": "QUA-01",
            "cbvmda:harvestStartDate": "2026-01-04",
            "cbvmda:harvestEndDate": "2026-01-05",
            "cbvmda:countryOfOrigin": "VN",
            "ocop:cropYear": 2026,
        },
        "readPoint": {"id": f"{OWN}/plots/7"},
        "bizStep": f"{OWN}/voc/harvesting",
        "disposition": "active",
        "ocop:growingAreaCode": "VN-DNOOR0039",
    }


def test_processing_turns_inputs_into_outputs_without_an_action() -> None:
    event = as_json(StepRecord(step=Step.PROCESSING, facts=FACTS, inputs=(CHERRY,), outputs=(GREEN,)))
    assert event["type"] == "TransformationEvent"
    assert "action" not in event
    assert [entry["epcClass"] for entry in event["inputQuantityList"]] == [CHERRY.epc_class]
    assert event["outputQuantityList"] == [{"epcClass": GREEN.epc_class, "quantity": 200, "uom": "KGM"}]


def test_packing_may_make_serialised_bags() -> None:
    bag = f"{OWN}/01/02990000000036/10/TUI-01/21/1"
    event = as_json(
        StepRecord(step=Step.PACKING, facts=FACTS, inputs=(GREEN,), items=(bag, bag), container=None)
    )
    assert event["outputEPCList"] == [bag]
    assert event["bizStep"] == "packing"


def test_boxing_puts_lots_into_a_carton() -> None:
    carton = f"{OWN}/00/006141411234567890"
    event = as_json(StepRecord(step=Step.BOXING, facts=FACTS, inputs=(GREEN,), container=carton))
    assert (event["type"], event["action"], event["parentID"]) == ("AggregationEvent", "ADD", carton)
    assert [entry["epcClass"] for entry in event["childQuantityList"]] == [GREEN.epc_class]


@pytest.mark.parametrize("step", list(Step))
def test_every_step_has_names_and_a_consistent_rule(step: Step) -> None:
    rule = STEP_RULES[step]
    assert rule.step is step
    assert rule.name_vi
    assert rule.name_en
    assert (rule.action is None) == (rule.event_type is EventType.TRANSFORMATION)
    term = rule.biz_step_term(VOCABULARY)
    assert term == (f"{OWN}/voc/{rule.biz_step}" if rule.own_term else rule.biz_step)


@pytest.mark.parametrize(
    "step", [Step.RECEIVING, Step.STORING, Step.SHIPPING, Step.TRANSPORTING, Step.SELLING]
)
def test_a_step_that_makes_nothing_observes_its_lots_and_takes_no_lot_data(step: Step) -> None:
    event = as_json(StepRecord(step=step, facts=FACTS, inputs=(GREEN,)))
    assert (event["type"], event["action"]) == ("ObjectEvent", "OBSERVE")
    with_data = StepRecord(step=step, facts=FACTS, inputs=(GREEN,), ilmd=LotMasterData("L"))
    assert refusal_code(lambda: as_json(with_data)) == "epcis.ilmd_not_allowed"
    with_output = StepRecord(step=step, facts=FACTS, inputs=(GREEN,), outputs=(GREEN,))
    assert refusal_code(lambda: as_json(with_output)) == "epcis.unexpected_side"


def test_a_harvest_with_inputs_is_refused() -> None:
    record = StepRecord(step=Step.HARVESTING, facts=FACTS, inputs=(CHERRY,), outputs=(CHERRY,))
    assert refusal_code(lambda: as_json(record)) == "epcis.unexpected_side"


def test_parties_documents_certificates_and_own_terms_are_told() -> None:
    facts = EventFacts(
        event_id=EVENT_ID,
        event_time=FACTS.event_time,
        record_time=datetime(2026, 1, 6, tzinfo=UTC),
        biz_location=f"{OWN}/places/2",
        transactions=(BizTransaction(f"{OWN}/po/1", "po"), BizTransaction(f"{OWN}/x/2")),
        sources=(Endpoint("possessing_party", f"{OWN}/parties/1"),),
        destinations=(Endpoint("owning_party", f"{OWN}/parties/2"),),
        certifications=(f"{OWN}/certificates/1",),
        extensions={"ocop:moisture": 12.5},
    )
    event: dict[str, Any] = ObjectEvent(facts=facts, action=Action.OBSERVE, quantities=(GREEN,)).as_json()
    assert event["recordTime"] == "2026-01-06T07:00:00.000+07:00"
    assert event["bizLocation"] == {"id": f"{OWN}/places/2"}
    assert event["bizTransactionList"] == [
        {"type": "po", "bizTransaction": f"{OWN}/po/1"},
        {"bizTransaction": f"{OWN}/x/2"},
    ]
    assert event["sourceList"] == [{"type": "possessing_party", "source": f"{OWN}/parties/1"}]
    assert event["destinationList"] == [{"type": "owning_party", "destination": f"{OWN}/parties/2"}]
    assert event["certificationInfo"] == [f"{OWN}/certificates/1"]
    assert event["ocop:moisture"] == 12.5
    assert not {"bizStep", "disposition", "readPoint", "ilmd", "epcList"} & event.keys()


@given(microseconds=st.integers(0, 3 * 10**15), minutes=st.integers(-13 * 60, 14 * 60))
def test_the_time_is_the_same_moment_in_the_offset_it_states(microseconds: int, minutes: int) -> None:
    moment = datetime(1990, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)
    offset = timezone(timedelta(minutes=minutes))
    facts = EventFacts(event_id=EVENT_ID, event_time=moment, offset=offset)
    event: dict[str, Any] = ObjectEvent(facts=facts, action=Action.OBSERVE, epcs=("urn:x:y",)).as_json()
    assert event["eventTime"].endswith(event["eventTimeZoneOffset"])
    read = datetime.fromisoformat(event["eventTime"])
    assert timedelta() <= moment - read < timedelta(milliseconds=1)
    assert read.utcoffset() == timedelta(minutes=minutes)


def test_a_time_without_a_zone_is_refused() -> None:
    facts = EventFacts(event_id=EVENT_ID, event_time=datetime(2026, 1, 5))  # noqa: DTZ001 - the case
    event = ObjectEvent(facts=facts, action=Action.OBSERVE, epcs=("urn:x:y",))
    assert refusal_code(event.as_json) == "epcis.time_without_zone"


@given(st.decimals(min_value=0, max_value=10**9, places=3))
def test_a_quantity_to_the_gram_is_written_exactly(quantity: Decimal) -> None:
    element = QuantityElement("urn:x:y", quantity, "KGM")
    event: dict[str, Any] = ObjectEvent(facts=FACTS, action=Action.ADD, quantities=(element,)).as_json()
    assert Decimal(str(event["quantityList"][0]["quantity"])) == quantity


@pytest.mark.parametrize("quantity", ["-1", "NaN", "Infinity", "0.12345678901234567890123", "1E+999"])
def test_a_quantity_json_cannot_carry_is_refused(quantity: str) -> None:
    element = QuantityElement("urn:x:y", Decimal(quantity))
    event = ObjectEvent(facts=FACTS, action=Action.ADD, quantities=(element,))
    assert refusal_code(event.as_json) == "epcis.bad_quantity"


def test_an_event_must_name_something() -> None:
    empty = ObjectEvent(facts=FACTS, action=Action.OBSERVE)
    one_sided = TransformationEvent(facts=FACTS, inputs=(CHERRY,))
    nowhere = TransformationEvent(facts=FACTS, transformation="urn:uuid:run")
    hollow = AggregationEvent(facts=FACTS, action=Action.ADD, parent="urn:x:p")
    for event in (empty, one_sided, nowhere, hollow):
        assert refusal_code(event.as_json) == "epcis.nothing_named"
    orphan = AggregationEvent(facts=FACTS, action=Action.ADD, parent=None, epcs=("urn:x:y",))
    assert refusal_code(orphan.as_json) == "epcis.parent_missing"


def test_a_run_in_several_events_may_state_one_side_and_a_carton_may_be_emptied_whole() -> None:
    half: dict[str, Any] = TransformationEvent(
        facts=FACTS, inputs=(CHERRY,), transformation="urn:uuid:run"
    ).as_json()
    assert half["transformationID"] == "urn:uuid:run"
    assert "outputQuantityList" not in half
    emptied: dict[str, Any] = AggregationEvent(facts=FACTS, action=Action.DELETE, parent="urn:x:p").as_json()
    assert emptied["childEPCs"] == []


def test_an_own_term_without_a_namespace_is_refused() -> None:
    facts = EventFacts(event_id=EVENT_ID, event_time=FACTS.event_time, extensions={"moisture": 1})
    event = ObjectEvent(facts=facts, action=Action.OBSERVE, epcs=("urn:x:y",))
    assert refusal_code(event.as_json) == "epcis.extension_without_namespace"


def test_an_error_declaration_keeps_the_event_and_its_identifier() -> None:
    facts = EventFacts(event_id=EVENT_ID, event_time=FACTS.event_time, record_time=FACTS.event_time)
    original = ObjectEvent(facts=facts, action=Action.OBSERVE, epcs=("urn:x:y",)).as_json()
    declaration = ErrorDeclaration(datetime(2026, 2, 1, tzinfo=UTC), "incorrect_data", ("urn:uuid:next",))
    declared = declare_error(original, declaration)
    assert declared.pop("errorDeclaration") == {
        "declarationTime": "2026-02-01T07:00:00.000+07:00",
        "reason": "incorrect_data",
        "correctiveEventIDs": ["urn:uuid:next"],
    }
    assert {**declared, "recordTime": original["recordTime"]} == original
    assert "recordTime" not in declared


def test_a_document_carries_both_contexts_and_the_events_in_order() -> None:
    events = [
        as_json(StepRecord(step=step, facts=FACTS, inputs=(GREEN,))) for step in (Step.SHIPPING, Step.SELLING)
    ]
    document = epcis_document(
        events, datetime(2026, 1, 5, tzinfo=UTC), vocabulary=VOCABULARY, document_id=f"{OWN}/d/1"
    )
    assert document == {
        "@context": [EPCIS_CONTEXT, {"ocop": f"{OWN}/voc/"}],
        "id": f"{OWN}/d/1",
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-01-05T07:00:00.000+07:00",
        "epcisBody": {"eventList": events},
    }
