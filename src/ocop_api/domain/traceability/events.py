"""EPCIS 2.0 events as typed values, and their JSON-LD form.

Source: GS1 EPCIS 2.0 (ISO/IEC 19987) and the Core Business Vocabulary 2.0 (ISO/IEC 19988).

Decisions:

* **Event identity** is given by the caller as a ``urn:uuid:`` (``event_id``). The hash identifiers of
  CBV 2.0 (``ni:///sha-256;…``) are accepted from others but not made here: implementations disagree on
  some published vectors, and a household that reports two equal deliveries in a minute means two.
* **Correction** is by error declaration under the same identifier (``declare_error``), never by edit.
* Times are written with milliseconds in the event's own offset, +07:00 unless stated.
* Quantities are JSON numbers; one that a double cannot hold exactly is refused, not rounded.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Final, TypeAlias
from uuid import UUID

from ocop_api.domain.errors import Invalid
from ocop_api.domain.traceability.steps import Action, EventType

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"

EPCIS_CONTEXT: Final = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
SCHEMA_VERSION: Final = "2.0"
VOCABULARY_PREFIX: Final = "ocop"
"""The JSON-LD prefix of this system's own terms (``ocop:growingAreaCode``)."""

VIETNAM_OFFSET: Final = timezone(timedelta(hours=7))


def uuid_event_id(identifier: UUID) -> str:
    """The event identifier of a UUID, ``urn:uuid:…``."""
    return f"urn:uuid:{identifier}"


@dataclass(frozen=True, slots=True)
class QuantityElement:
    """An amount of a class: ``epc_class`` a lot or product URI, ``uom`` a UN/ECE Rec 20 code (KGM).

    Without ``uom`` the quantity counts items; without ``quantity`` the amount is unknown.
    """

    epc_class: str
    quantity: Decimal | None = None
    uom: str | None = None


@dataclass(frozen=True, slots=True)
class BizTransaction:
    """A business document the event belongs to; ``kind`` is a CBV word (po, inv, desadv, cert…)."""

    transaction: str
    kind: str | None = None


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One end of a transfer; ``kind`` is owning_party, possessing_party or location."""

    kind: str
    identifier: str


@dataclass(frozen=True, slots=True)
class LotMasterData:
    """Facts stated once when a lot begins (EPCIS ``ilmd``); dates are calendar dates in Viet Nam."""

    lot_number: str | None = None
    harvest_start: date | None = None
    harvest_end: date | None = None
    production_date: date | None = None
    best_before: date | None = None
    expiry: date | None = None
    country_of_origin: str | None = None
    more: Mapping[str, Json] = field(default_factory=dict)

    def as_json(self) -> dict[str, Json]:
        """The ``ilmd`` object; ``more`` holds our own terms under full URIs or ``ocop:`` names."""
        stated: dict[str, date | str | None] = {
            "cbvmda:lotNumber": self.lot_number,
            "cbvmda:harvestStartDate": self.harvest_start,
            "cbvmda:harvestEndDate": self.harvest_end,
            "cbvmda:productionDate": self.production_date,
            "cbvmda:bestBeforeDate": self.best_before,
            "cbvmda:itemExpirationDate": self.expiry,
            "cbvmda:countryOfOrigin": self.country_of_origin,
        }
        told = {name: str(value) for name, value in stated.items() if value is not None}
        return {**told, **_extensions(self.more)}


@dataclass(frozen=True, slots=True)
class ErrorDeclaration:
    """Says that an earlier event was wrong; ``reason`` is did_not_occur or incorrect_data."""

    declared_at: datetime
    reason: str | None = None
    corrective_event_ids: tuple[str, ...] = ()

    def as_json(self, offset: timezone) -> dict[str, Json]:
        """The ``errorDeclaration`` object."""
        told: dict[str, Json] = {"declarationTime": time_text(self.declared_at, offset)}
        if self.reason is not None:
            told["reason"] = self.reason
        if self.corrective_event_ids:
            told["correctiveEventIDs"] = list(self.corrective_event_ids)
        return told


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFacts:
    """What every event tells: which, when, where, why.

    ``event_time`` and ``record_time`` are aware datetimes; places, parties and documents are URIs.
    ``extensions`` are members under full URIs or ``ocop:`` names.
    """

    event_id: str
    event_time: datetime
    offset: timezone = VIETNAM_OFFSET
    record_time: datetime | None = None
    biz_step: str | None = None
    disposition: str | None = None
    read_point: str | None = None
    biz_location: str | None = None
    transactions: tuple[BizTransaction, ...] = ()
    sources: tuple[Endpoint, ...] = ()
    destinations: tuple[Endpoint, ...] = ()
    certifications: tuple[str, ...] = ()
    extensions: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectEvent:
    """Something happened to things: they began (ADD), were seen (OBSERVE) or ended (DELETE)."""

    facts: EventFacts
    action: Action
    epcs: tuple[str, ...] = ()
    quantities: tuple[QuantityElement, ...] = ()
    ilmd: LotMasterData | None = None

    def as_json(self) -> dict[str, Json]:
        """The JSON-LD object. Raises ``Invalid`` (``epcis.nothing_named``) when nothing is named."""
        if not self.epcs and not self.quantities:
            raise Invalid("epcis.nothing_named", event_type=EventType.OBJECT.value)
        what: dict[str, Json] = {"action": self.action.value}
        _put_things(what, "epcList", self.epcs, "quantityList", self.quantities)
        _put_ilmd(what, self.ilmd)
        return _event(EventType.OBJECT, self.facts, what)


@dataclass(frozen=True, slots=True, kw_only=True)
class AggregationEvent:
    """Things were put into (ADD) or taken out of (DELETE) a container ``parent``."""

    facts: EventFacts
    action: Action
    parent: str | None
    epcs: tuple[str, ...] = ()
    quantities: tuple[QuantityElement, ...] = ()

    def as_json(self) -> dict[str, Json]:
        """The JSON-LD object.

        Raises ``Invalid``: ``epcis.parent_missing`` (only OBSERVE may leave it out) or
        ``epcis.nothing_named`` (only DELETE may name no content, meaning all of it).
        """
        if self.parent is None and self.action is not Action.OBSERVE:
            raise Invalid("epcis.parent_missing", action=self.action.value)
        if not self.epcs and not self.quantities and self.action is not Action.DELETE:
            raise Invalid("epcis.nothing_named", event_type=EventType.AGGREGATION.value)
        what: dict[str, Json] = {"action": self.action.value}
        if self.parent is not None:
            what["parentID"] = self.parent
        _put_things(what, "childEPCs", self.epcs, "childQuantityList", self.quantities)
        if not self.epcs and not self.quantities:
            what["childEPCs"] = []
        return _event(EventType.AGGREGATION, self.facts, what)


@dataclass(frozen=True, slots=True, kw_only=True)
class TransformationEvent:
    """Inputs were used up, in whole or part, and outputs made. ``ilmd`` describes the outputs.

    A run told in several events shares a ``transformation`` URI; only then may one side be empty.
    """

    facts: EventFacts
    input_epcs: tuple[str, ...] = ()
    inputs: tuple[QuantityElement, ...] = ()
    output_epcs: tuple[str, ...] = ()
    outputs: tuple[QuantityElement, ...] = ()
    transformation: str | None = None
    ilmd: LotMasterData | None = None

    def as_json(self) -> dict[str, Json]:
        """The JSON-LD object. Raises ``Invalid`` (``epcis.nothing_named``) when a side is missing."""
        has_input = bool(self.input_epcs or self.inputs)
        has_output = bool(self.output_epcs or self.outputs)
        complete = has_input and has_output
        if not complete and not (self.transformation is not None and (has_input or has_output)):
            raise Invalid("epcis.nothing_named", event_type=EventType.TRANSFORMATION.value)
        what: dict[str, Json] = {}
        _put_things(what, "inputEPCList", self.input_epcs, "inputQuantityList", self.inputs)
        _put_things(what, "outputEPCList", self.output_epcs, "outputQuantityList", self.outputs)
        if self.transformation is not None:
            what["transformationID"] = self.transformation
        _put_ilmd(what, self.ilmd)
        return _event(EventType.TRANSFORMATION, self.facts, what)


EpcisEvent: TypeAlias = ObjectEvent | AggregationEvent | TransformationEvent


def epcis_document(
    events: Sequence[Mapping[str, Json]],
    created: datetime,
    *,
    vocabulary: str,
    document_id: str | None = None,
) -> dict[str, Json]:
    """An EPCISDocument around JSON-LD ``events``; ``vocabulary`` is the base URI behind ``ocop:``."""
    document: dict[str, Json] = {"@context": json_ld_context(vocabulary)}
    if document_id is not None:
        document["id"] = document_id
    document["type"] = "EPCISDocument"
    document["schemaVersion"] = SCHEMA_VERSION
    document["creationDate"] = time_text(created, VIETNAM_OFFSET)
    document["epcisBody"] = {"eventList": [dict(event) for event in events]}
    return document


def json_ld_context(vocabulary: str) -> list[Json]:
    """The ``@context``: the standard one, then our prefix bound to ``vocabulary`` with one slash."""
    return [EPCIS_CONTEXT, {VOCABULARY_PREFIX: f"{vocabulary.rstrip('/')}/"}]


def declare_error(
    event: Mapping[str, Json], declaration: ErrorDeclaration, *, offset: timezone = VIETNAM_OFFSET
) -> dict[str, Json]:
    """The event that withdraws ``event``: the same content and identifier with the declaration added.

    EPCIS 2.0, section 7.4.1.2, keeps everything but the record time; the server sets that anew.
    """
    kept = {name: value for name, value in event.items() if name != "recordTime"}
    return {**kept, "errorDeclaration": declaration.as_json(offset)}


def time_text(moment: datetime, offset: timezone) -> str:
    """``moment`` as ISO 8601 with milliseconds in ``offset``.

    Raises ``Invalid`` (``epcis.time_without_zone``) for a naive datetime.
    """
    if moment.tzinfo is None:
        raise Invalid("epcis.time_without_zone", value=moment.isoformat())
    return moment.astimezone(offset).isoformat(timespec="milliseconds")


def _offset_text(offset: timezone) -> str:
    digits = datetime(2000, 1, 1, tzinfo=offset).strftime("%z")
    return f"{digits[:3]}:{digits[3:5]}"


def _number(quantity: Decimal) -> Json:
    if not quantity.is_finite() or quantity < 0:
        raise Invalid("epcis.bad_quantity", quantity=str(quantity))
    if quantity == quantity.to_integral_value() and quantity.adjusted() < 15:  # noqa: PLR2004 - a double's digits
        return int(quantity)
    number = float(quantity)
    if math.isinf(number) or Decimal(repr(number)) != quantity:
        raise Invalid("epcis.bad_quantity", quantity=str(quantity))
    return number


def _quantity(element: QuantityElement) -> dict[str, Json]:
    told: dict[str, Json] = {"epcClass": element.epc_class}
    if element.quantity is not None:
        told["quantity"] = _number(element.quantity)
    if element.uom is not None:
        told["uom"] = element.uom
    return told


def _put_things(
    what: dict[str, Json],
    epc_member: str,
    epcs: tuple[str, ...],
    quantity_member: str,
    quantities: tuple[QuantityElement, ...],
) -> None:
    if epcs:
        # The schema wants each identifier once; dict keeps the order given.
        what[epc_member] = list(dict.fromkeys(epcs))
    if quantities:
        what[quantity_member] = [_quantity(element) for element in quantities]


def _put_ilmd(what: dict[str, Json], ilmd: LotMasterData | None) -> None:
    told = {} if ilmd is None else ilmd.as_json()
    if told:
        what["ilmd"] = told


def _extensions(members: Mapping[str, Json]) -> dict[str, Json]:
    for name in members:
        if ":" not in name:
            raise Invalid("epcis.extension_without_namespace", name=name)
    return dict(members)


def _event(event_type: EventType, facts: EventFacts, what: Mapping[str, Json]) -> dict[str, Json]:
    told: dict[str, Json] = {
        "type": event_type.value,
        "eventID": facts.event_id,
        "eventTime": time_text(facts.event_time, facts.offset),
        "eventTimeZoneOffset": _offset_text(facts.offset),
    }
    if facts.record_time is not None:
        told["recordTime"] = time_text(facts.record_time, facts.offset)
    told.update(what)
    places = {"readPoint": facts.read_point, "bizLocation": facts.biz_location}
    told.update({name: {"id": place} for name, place in places.items() if place is not None})
    words = {"bizStep": facts.biz_step, "disposition": facts.disposition}
    told.update({name: word for name, word in words.items() if word is not None})
    if facts.transactions:
        told["bizTransactionList"] = [_transaction(entry) for entry in facts.transactions]
    if facts.sources:
        told["sourceList"] = [{"type": end.kind, "source": end.identifier} for end in facts.sources]
    if facts.destinations:
        told["destinationList"] = [
            {"type": end.kind, "destination": end.identifier} for end in facts.destinations
        ]
    if facts.certifications:
        told["certificationInfo"] = list(facts.certifications)
    told.update(_extensions(facts.extensions))
    return told


def _transaction(entry: BizTransaction) -> dict[str, Json]:
    told: dict[str, Json] = {} if entry.kind is None else {"type": entry.kind}
    told["bizTransaction"] = entry.transaction
    return told
