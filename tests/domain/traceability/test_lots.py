"""Lots: the mass adds up, and ancestry can be followed both ways."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocop_api.domain.errors import DomainError, Invalid, RuleViolation
from ocop_api.domain.traceability.gs1 import Gtin, LotCode, internal_gtin
from ocop_api.domain.traceability.lots import (
    Amount,
    Direction,
    Edge,
    Lot,
    Reached,
    UnitOfMeasure,
    edges_of_event,
    mass_balance,
    remaining,
    trace,
)

OWN = "https://ocop.example.vn"
ID = "https://id.gs1.org"
GTIN = Gtin("08936046120049")


def amount(quantity: str, unit: UnitOfMeasure = UnitOfMeasure.KILOGRAM) -> Amount:
    return Amount(Decimal(quantity), unit)


def bags(count: int, grams: int) -> Amount:
    return Amount(Decimal(count), UnitOfMeasure.PIECE, Amount(Decimal(grams), UnitOfMeasure.GRAM))


def refusal_of(make: Callable[[], object], kind: type[DomainError]) -> DomainError:
    with pytest.raises(kind) as refusal:
        make()
    return refusal.value


def test_masses_in_different_units_are_weighed_exactly() -> None:
    balance = mass_balance(
        [amount("1.2", UnitOfMeasure.TONNE)], [amount("199.7"), amount("300", UnitOfMeasure.GRAM)]
    )
    assert balance.unit is UnitOfMeasure.KILOGRAM
    assert [balance.used, balance.made, balance.loss] == [Decimal(1200), Decimal(200), Decimal(1000)]


def test_bags_with_a_net_content_are_weighed_against_kilograms() -> None:
    assert mass_balance([amount("100")], [bags(199, 500)]).loss == Decimal("0.5")
    error = refusal_of(lambda: mass_balance([amount("100")], [bags(201, 500)]), RuleViolation)
    assert error.code == "traceability.output_exceeds_input"
    assert error.data == {"unit": "KGM", "used": "100", "made": "100.500", "allowed": "100"}


def test_an_allowed_yield_below_one_narrows_the_output() -> None:
    assert mass_balance([amount("100")], [amount("20")], max_yield=Decimal("0.2")).made == 20
    error = refusal_of(
        lambda: mass_balance([amount("100")], [amount("20.001")], max_yield=Decimal("0.2")), RuleViolation
    )
    assert error.code == "traceability.output_exceeds_input"


@pytest.mark.parametrize("max_yield", ["0", "-1", "1.01"])
def test_a_yield_out_of_range_is_refused(max_yield: str) -> None:
    error = refusal_of(lambda: mass_balance([amount("1")], [], max_yield=Decimal(max_yield)), Invalid)
    assert error.code == "traceability.bad_yield"


def test_mixed_units_and_nothing_at_all_cannot_be_weighed() -> None:
    for inputs, outputs in (
        ([amount("1")], [amount("1", UnitOfMeasure.PIECE)]),
        ([amount("1"), amount("1", UnitOfMeasure.LITRE)], [amount("1")]),
        ([], []),
    ):
        error = refusal_of(lambda i=inputs, o=outputs: mass_balance(i, o), Invalid)  # type: ignore[misc]
        assert error.code == "traceability.units_not_comparable"


def test_output_without_input_is_refused() -> None:
    error = refusal_of(lambda: mass_balance([], [amount("1")]), RuleViolation)
    assert error.code == "traceability.output_exceeds_input"


@pytest.mark.parametrize("quantity", ["-0.001", "NaN", "Infinity"])
def test_an_amount_is_never_negative_or_unbounded(quantity: str) -> None:
    assert refusal_of(lambda: amount(quantity), Invalid).code == "traceability.bad_quantity"


def test_a_net_content_belongs_to_pieces_and_is_a_mass_or_volume() -> None:
    for make in (
        lambda: Amount(Decimal(1), UnitOfMeasure.KILOGRAM, amount("1")),
        lambda: Amount(Decimal(1), UnitOfMeasure.PIECE, amount("1", UnitOfMeasure.PIECE)),
    ):
        assert refusal_of(make, Invalid).code == "traceability.units_not_comparable"


@given(harvest=st.integers(1, 10**6), shares=st.lists(st.integers(0, 10**5), max_size=6), grams=st.booleans())
def test_what_is_taken_and_what_remains_make_the_lot(harvest: int, shares: list[int], grams: bool) -> None:
    unit = UnitOfMeasure.GRAM if grams else UnitOfMeasure.KILOGRAM
    lot, taken = Amount(Decimal(harvest), unit), [Amount(Decimal(share), unit) for share in shares]
    if sum(shares) > harvest:
        assert refusal_of(lambda: remaining(lot, taken), RuleViolation).code == "traceability.lot_overdrawn"
    else:
        assert remaining(lot, taken) + sum(shares) == harvest


def test_a_lot_of_bags_counts_what_remains_in_bags() -> None:
    assert remaining(bags(10, 500), [amount("1"), bags(2, 500)]) == 6
    error = refusal_of(lambda: remaining(bags(10, 500), [amount("1", UnitOfMeasure.LITRE)]), Invalid)
    assert error.code == "traceability.units_not_comparable"


def test_a_lot_stands_in_an_event_as_its_digital_link() -> None:
    element = Lot(GTIN, LotCode("L/1"), amount("20.5")).element(domain=OWN)
    assert (element.epc_class, element.quantity, element.uom) == (
        f"{OWN}/01/08936046120049/10/L%2F1",
        Decimal("20.5"),
        "KGM",
    )
    assert Lot(GTIN, LotCode("L"), bags(3, 500)).element().uom is None


def test_an_internal_number_needs_a_domain_of_its_own() -> None:
    lot = Lot(internal_gtin(1), LotCode("L"), amount("1"))
    assert refusal_of(lot.link, Invalid).code == "gs1.restricted_needs_own_domain"
    assert lot.link(domain=OWN).uri.startswith(f"{OWN}/01/0299")


def test_a_transformation_links_every_output_to_every_input_in_canonical_keys() -> None:
    event = {
        "type": "TransformationEvent",
        "inputQuantityList": [{"epcClass": "urn:epc:class:lgtin:8936046.012004.A"}],
        "inputEPCList": ["urn:x:b"],
        "outputQuantityList": [{"epcClass": f"{OWN}/01/{GTIN}/10/C"}, {"quantity": 1}],
    }
    lot_a, lot_c = f"{ID}/01/{GTIN}/10/A", f"{ID}/01/{GTIN}/10/C"
    assert edges_of_event(event) == {Edge(lot_c, lot_a), Edge(lot_c, "urn:x:b")}


def test_a_run_told_in_two_events_joins_through_its_identifier() -> None:
    first = {"type": "TransformationEvent", "transformationID": "urn:uuid:r", "inputEPCList": ["urn:x:in"]}
    second = {"type": "TransformationEvent", "transformationID": "urn:uuid:r", "outputEPCList": ["urn:x:out"]}
    edges = edges_of_event(first) | edges_of_event(second)
    assert trace("urn:x:out", edges, Direction.BACKWARD) == (Reached("urn:uuid:r", 1), Reached("urn:x:in", 2))


def test_a_carton_comes_after_its_contents_only_when_they_were_put_in() -> None:
    event = {"type": "AggregationEvent", "action": "ADD", "parentID": "urn:x:box", "childEPCs": ["urn:x:bag"]}
    assert edges_of_event(event) == {Edge("urn:x:box", "urn:x:bag")}
    for other in ({"action": "DELETE"}, {"action": "OBSERVE"}, {"type": "AssociationEvent"}):
        assert edges_of_event({**event, **other}) == frozenset()


def test_a_serialised_bag_belongs_to_the_lot_in_its_link() -> None:
    bag = f"{OWN}/01/{GTIN}/10/C/21/1"
    edges = edges_of_event({"type": "ObjectEvent", "action": "OBSERVE", "epcList": [bag]})
    assert edges == {Edge(f"{ID}/01/{GTIN}/10/C/21/1", f"{ID}/01/{GTIN}/10/C")}


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"type": "ObjectEvent", "epcList": ["urn:x:a"]},
        {"type": "TransformationEvent", "inputEPCList": ["urn:x:a"], "outputEPCList": ["urn:x:a"]},
        {"type": "TransformationEvent", "inputEPCList": "urn:x:a", "outputEPCList": ["urn:x:b"]},
        {
            "type": "TransformationEvent",
            "inputEPCList": ["urn:x:a"],
            "outputEPCList": ["urn:x:b"],
            "errorDeclaration": {},
        },
    ],
)
def test_events_that_tell_no_ancestry_give_no_edges(event: dict[str, object]) -> None:
    assert edges_of_event(event) == frozenset()


def test_a_trace_runs_from_bag_to_plots_and_back() -> None:
    edges = [
        Edge("bag", "roast"),
        Edge("roast", "green"),
        Edge("green", "cherry-1"),
        Edge("green", "cherry-2"),
    ]
    assert trace("bag", edges, Direction.BACKWARD) == (
        Reached("roast", 1),
        Reached("green", 2),
        Reached("cherry-1", 3),
        Reached("cherry-2", 3),
    )
    assert trace("cherry-1", edges, Direction.FORWARD) == (
        Reached("green", 1),
        Reached("roast", 2),
        Reached("bag", 3),
    )
    assert trace("green", edges, Direction.BACKWARD, max_depth=1) == (
        Reached("cherry-1", 1),
        Reached("cherry-2", 1),
    )
    assert trace("unknown", edges, Direction.FORWARD) == ()


graphs = st.lists(st.builds(Edge, st.sampled_from("abcdef"), st.sampled_from("abcdef")), max_size=20)


@given(graphs)
def test_forward_and_backward_agree_even_with_cycles(edges: list[Edge]) -> None:
    for start in "abcdef":
        for node, depth in trace(start, edges, Direction.BACKWARD):
            assert Reached(start, depth) in trace(node, edges, Direction.FORWARD)


@given(graphs, st.integers(0, 4))
def test_a_depth_limit_keeps_exactly_the_near_part_of_the_trace(edges: list[Edge], limit: int) -> None:
    whole = trace("a", edges, Direction.BACKWARD)
    near = tuple(node for node in whole if node.depth <= limit)
    assert trace("a", edges, Direction.BACKWARD, max_depth=limit) == near
