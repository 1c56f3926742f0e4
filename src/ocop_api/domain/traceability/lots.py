"""Lots, their amounts and their ancestry.

A lot (lô) is an amount of one product made under the same conditions. Two questions are asked of lots:
does the mass add up (nobody sells more than was harvested), and where did it come from and go to (one
step back, one step forward, Circular 02/2024/TT-BKHCN; here any number of steps).
"""

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final, NamedTuple

from ocop_api.domain.errors import Invalid, RuleViolation
from ocop_api.domain.traceability.digital_link import CANONICAL_DOMAIN, DigitalLink
from ocop_api.domain.traceability.epc_urn import canonical_key, lot_of_item
from ocop_api.domain.traceability.events import QuantityElement
from ocop_api.domain.traceability.gs1 import Gtin, LotCode


class UnitOfMeasure(StrEnum):
    """Units of a lot, as UN/ECE Recommendation 20 codes (the ``uom`` of EPCIS)."""

    KILOGRAM = "KGM"
    GRAM = "GRM"
    TONNE = "TNE"
    LITRE = "LTR"
    MILLILITRE = "MLT"
    PIECE = "H87"


_BASE: Final = {
    UnitOfMeasure.KILOGRAM: (UnitOfMeasure.KILOGRAM, Decimal(1)),
    UnitOfMeasure.GRAM: (UnitOfMeasure.KILOGRAM, Decimal("0.001")),
    UnitOfMeasure.TONNE: (UnitOfMeasure.KILOGRAM, Decimal(1000)),
    UnitOfMeasure.LITRE: (UnitOfMeasure.LITRE, Decimal(1)),
    UnitOfMeasure.MILLILITRE: (UnitOfMeasure.LITRE, Decimal("0.001")),
    UnitOfMeasure.PIECE: (UnitOfMeasure.PIECE, Decimal(1)),
}


@dataclass(frozen=True, slots=True)
class Amount:
    """A positive or zero quantity in a unit.

    ``net_content`` is what one piece holds (a 500 g bag: ``Amount(Decimal(500), UnitOfMeasure.GRAM)``);
    with it a count of bags can be weighed against kilograms.
    """

    quantity: Decimal
    unit: UnitOfMeasure
    net_content: "Amount | None" = None

    def __post_init__(self) -> None:
        if not self.quantity.is_finite() or self.quantity < 0:
            raise Invalid("traceability.bad_quantity", quantity=str(self.quantity))
        if self.net_content is not None and (
            self.unit is not UnitOfMeasure.PIECE or self.net_content.unit is UnitOfMeasure.PIECE
        ):
            raise Invalid("traceability.units_not_comparable", units=[self.unit.value])

    def in_base_unit(self) -> tuple[UnitOfMeasure, Decimal]:
        """The amount in kilograms, litres or pieces; exact."""
        if self.net_content is not None:
            unit, per_piece = self.net_content.in_base_unit()
            return unit, self.quantity * per_piece
        unit, factor = _BASE[self.unit]
        return unit, self.quantity * factor


@dataclass(frozen=True, slots=True)
class Lot:
    """One lot of a product, with the amount it began with."""

    gtin: Gtin
    code: LotCode
    amount: Amount

    def link(self, *, domain: str = CANONICAL_DOMAIN) -> DigitalLink:
        """The Digital Link of the lot. A restricted-circulation GTIN needs this system's own domain.

        Raises ``Invalid`` (``gs1.restricted_needs_own_domain``) otherwise.
        """
        if self.gtin.is_restricted and domain == CANONICAL_DOMAIN:
            raise Invalid("gs1.restricted_needs_own_domain", gtin=self.gtin.printed)
        return DigitalLink.of_lot(self.gtin, self.code, domain=domain)

    def element(self, *, domain: str = CANONICAL_DOMAIN) -> QuantityElement:
        """The lot with its whole amount as it stands in an EPCIS event."""
        uom = None if self.amount.unit is UnitOfMeasure.PIECE else self.amount.unit.value
        return QuantityElement(self.link(domain=domain).uri, self.amount.quantity, uom)


@dataclass(frozen=True, slots=True)
class MassBalance:
    """What a transformation used and made, in one base unit; ``loss`` is never negative."""

    unit: UnitOfMeasure
    used: Decimal
    made: Decimal

    @property
    def loss(self) -> Decimal:
        """What went to husks, water and dust."""
        return self.used - self.made


def mass_balance(
    inputs: Iterable[Amount], outputs: Iterable[Amount], *, max_yield: Decimal = Decimal(1)
) -> MassBalance:
    """Weigh outputs against inputs; ``max_yield`` (0 < y <= 1) is the share that may come out.

    Raises ``RuleViolation`` (``traceability.output_exceeds_input``) when more came out than allowed,
    ``Invalid`` (``traceability.units_not_comparable``) when kilograms, litres and pieces without a net
    content are mixed, or (``traceability.bad_yield``) for a yield out of range.
    """
    if not 0 < max_yield <= 1:
        raise Invalid("traceability.bad_yield", max_yield=str(max_yield))
    used, made = _totals(inputs), _totals(outputs)
    units = sorted(unit.value for unit in used.keys() | made.keys())
    if len(units) != 1:
        raise Invalid("traceability.units_not_comparable", units=units)
    unit = UnitOfMeasure(units[0])
    balance = MassBalance(unit, used.get(unit, Decimal(0)), made.get(unit, Decimal(0)))
    allowed = balance.used * max_yield
    if balance.made > allowed:
        raise RuleViolation(
            "traceability.output_exceeds_input",
            unit=unit.value,
            used=str(balance.used),
            made=str(balance.made),
            allowed=str(allowed),
        )
    return balance


def remaining(lot: Amount, taken: Iterable[Amount]) -> Decimal:
    """What is left of ``lot`` after ``taken``, in the lot's own unit.

    Raises ``RuleViolation`` (``traceability.lot_overdrawn``) when more was taken than there was.
    """
    unit, available = lot.in_base_unit()
    totals = _totals(taken)
    foreign = totals.keys() - {unit}
    if foreign:
        raise Invalid("traceability.units_not_comparable", units=sorted({unit, *foreign}))
    used = totals.get(unit, Decimal(0))
    if used > available:
        raise RuleViolation(
            "traceability.lot_overdrawn", unit=unit.value, available=str(available), taken=str(used)
        )
    per_unit = Amount(Decimal(1), lot.unit, lot.net_content).in_base_unit()[1]
    return (available - used) / per_unit


def _totals(amounts: Iterable[Amount]) -> dict[UnitOfMeasure, Decimal]:
    totals: dict[UnitOfMeasure, Decimal] = defaultdict(Decimal)
    for amount in amounts:
        unit, quantity = amount.in_base_unit()
        totals[unit] += quantity
    return dict(totals)


class Edge(NamedTuple):
    """``child`` came out of ``parent`` (or contains it, for a carton); both are canonical keys."""

    child: str
    parent: str


class Direction(StrEnum):
    """Which way to follow the edges."""

    BACKWARD = "backward"
    FORWARD = "forward"


def edges_of_event(event: Mapping[str, object]) -> frozenset[Edge]:
    """The ancestry an EPCIS event (JSON) tells.

    A transformation links each output to each input, through its ``transformationID`` as a node of
    its own when it has one (so that a run told in several events joins up). An aggregation (ADD) makes
    the container a child of its contents. A serialised item is a child of the lot its identifier
    states. An event with an error declaration tells nothing, and nothing links to itself.
    """
    if "errorDeclaration" in event:
        return frozenset()
    edges: set[Edge] = set()
    inputs = _keys(event, "inputEPCList", "inputQuantityList")
    outputs = _keys(event, "outputEPCList", "outputQuantityList")
    contents = _keys(event, "childEPCs", "childQuantityList")
    run, container = event.get("transformationID"), event.get("parentID")
    if isinstance(run, str):
        edges.update(Edge(run, parent) for parent in inputs)
        edges.update(Edge(child, run) for child in outputs)
    else:
        edges.update(Edge(child, parent) for child in outputs for parent in inputs)
    if isinstance(container, str):
        if event.get("type") == "AggregationEvent" and event.get("action") == "ADD":
            edges.update(Edge(canonical_key(container), parent) for parent in contents)
        contents |= {canonical_key(container)}
    for item in inputs | outputs | contents | _keys(event, "epcList", "quantityList"):
        lot = lot_of_item(item)
        if lot is not None:
            edges.add(Edge(item, lot))
    return frozenset(edge for edge in edges if edge.child != edge.parent)


def _keys(event: Mapping[str, object], epc_member: str, quantity_member: str) -> frozenset[str]:
    """Canonical keys of the things an event names in two of its members; oddly shaped ones are skipped."""
    epcs, quantities = event.get(epc_member), event.get(quantity_member)
    named: list[object] = list(epcs) if isinstance(epcs, list | tuple) else []
    if isinstance(quantities, list | tuple):
        named.extend(entry.get("epcClass") for entry in quantities if isinstance(entry, Mapping))
    return frozenset(canonical_key(name) for name in named if isinstance(name, str))


class Reached(NamedTuple):
    """A node of a trace and its least distance from the start, in edges."""

    key: str
    depth: int


def trace(
    start: str, edges: Iterable[Edge], direction: Direction, *, max_depth: int | None = None
) -> tuple[Reached, ...]:
    """All that ``start`` came from (backward) or went into (forward), nearest first, then by key.

    Each node appears once with its least depth, so data with a cycle ends too; ``start`` itself is not
    listed. ``max_depth=1`` is the legal minimum of one step.
    """
    neighbours: dict[str, set[str]] = defaultdict(set)
    for child, parent in edges:
        origin, target = (child, parent) if direction is Direction.BACKWARD else (parent, child)
        neighbours[origin].add(target)
    depths = {start: 0}
    waiting = deque([start])
    while waiting:
        node = waiting.popleft()
        if max_depth is not None and depths[node] >= max_depth:
            continue
        for target in neighbours.get(node, ()):
            if target not in depths:
                depths[target] = depths[node] + 1
                waiting.append(target)
    del depths[start]
    return tuple(sorted((Reached(*entry) for entry in depths.items()), key=lambda at: (at.depth, at.key)))
