"""Who may do what with lots and growing areas, and what a step may do with the amounts of lots."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Protocol
from uuid import UUID

from ocop_api.domain.actor import Actor, Permission
from ocop_api.domain.errors import Forbidden, RuleViolation
from ocop_api.domain.traceability.lots import Amount, UnitOfMeasure, remaining
from ocop_api.domain.traceability.steps import STEP_RULES, Action, EventType, Step


class Owned(Protocol):
    """Anything that belongs to a producer and an area."""

    @property
    def producer_id(self) -> UUID:
        """The producer it belongs to."""

    @property
    def area_path(self) -> list[str]:
        """The administrative units it lies in."""


class Amounts(Protocol):
    """The amounts of a lot, all in its own unit."""

    unit: str
    quantity: Decimal
    made: Decimal
    used: Decimal
    net_quantity: Decimal | None
    net_unit: str | None


def require(actor: Actor, permission: Permission, owned: Owned) -> None:
    """Refuse (``auth.not_permitted``) unless the actor holds the permission over the thing."""
    require_over(actor, permission, producer_id=owned.producer_id, area_path=owned.area_path)


def require_over(
    actor: Actor, permission: Permission, *, producer_id: UUID, area_path: Iterable[str]
) -> None:
    """As ``require``, for a thing that is only about to be made."""
    if not actor.scope(permission).covers(area_path=area_path, producer_id=producer_id):
        raise Forbidden("auth.not_permitted", permission=permission.value)


def makes_lot(step: Step) -> bool:
    """Whether the step brings an amount into its lot (harvest and transformations)."""
    rule = STEP_RULES[step]
    return rule.event_type is EventType.TRANSFORMATION or (
        rule.event_type is EventType.OBJECT and rule.action is Action.ADD
    )


def takes_from_lot(step: Step) -> bool:
    """Whether the step takes its amount out of the lot for good although it makes nothing."""
    return step is Step.SELLING


def amount(lot: Amounts, quantity: Decimal) -> Amount:
    """``quantity`` of the lot, weighable against other units when the lot knows its net content."""
    net = None
    if lot.net_quantity is not None and lot.net_unit is not None:
        net = Amount(lot.net_quantity, UnitOfMeasure(lot.net_unit))
    return Amount(quantity, UnitOfMeasure(lot.unit), net)


def available(lot: Amounts) -> Decimal:
    """What can still be taken from the lot, in its unit.

    A lot with a recorded origin has what its steps made; one that was bought in has what was stated.
    """
    return (lot.made or lot.quantity) - lot.used


def take(lot: Amounts, quantity: Decimal) -> None:
    """Take ``quantity`` out of the (locked) lot.

    Raises:
        RuleViolation: ``traceability.lot_overdrawn`` when that is more than there is.
    """
    held = amount(lot, lot.made or lot.quantity)
    remaining(held, [amount(lot, lot.used), amount(lot, quantity)])
    lot.used += quantity


def bring(lot: Amounts, quantity: Decimal) -> None:
    """Bring ``quantity`` made by a step into the (locked) lot.

    Raises:
        RuleViolation: ``traceability.lot_overfilled`` when the lot would hold more than it was
            registered for; ``traceability.origin_after_use`` when a lot without a recorded origin has
            been used already, because its earlier use was weighed against its stated amount.
    """
    if lot.made == 0 and lot.used > 0:
        raise RuleViolation("traceability.origin_after_use", used=str(lot.used), unit=lot.unit)
    if lot.made + quantity > lot.quantity:
        raise RuleViolation(
            "traceability.lot_overfilled",
            quantity=str(lot.quantity),
            made=str(lot.made + quantity),
            unit=lot.unit,
        )
    lot.made += quantity


def withdraw(lot: Amounts, role: str, quantity: Decimal) -> None:
    """Undo what a step did with the (locked) lot, because the step is declared wrong.

    Raises:
        RuleViolation: ``traceability.still_used`` when the lot gave on what the step had made.
    """
    if role in {"used", "sold"}:
        lot.used -= quantity
    elif role == "made":
        left = lot.made - quantity
        if lot.used > left:
            raise RuleViolation("traceability.still_used", used=str(lot.used), left=str(left), unit=lot.unit)
        lot.made = left
