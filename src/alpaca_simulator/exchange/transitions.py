"""How an order moves from status to status, with the timestamps Alpaca sets on the way.

The legs of a package always follow their parent.
"""

from dataclasses import replace
from datetime import datetime

from alpaca_simulator.exchange.orders import Order, OrderStatus
from alpaca_simulator.exchange.world import World


def moved(world: World, order: Order, status: OrderStatus, *, reason: str = "") -> Order:
    """The order in its next status, stamped with the world's time."""
    legs = tuple(moved(world, leg, status) for leg in order.legs)
    after = replace(
        order, status=status, updated_at=world.now, legs=legs, reason=reason or order.reason
    )
    return _stamped(after, world.now)


def _stamped(order: Order, now: datetime) -> Order:
    match order.status:
        case OrderStatus.PENDING_CANCEL:
            return replace(order, cancel_requested_at=now)
        case OrderStatus.CANCELED:
            return replace(order, canceled_at=now)
        case OrderStatus.EXPIRED:
            return replace(order, expired_at=now)
        case OrderStatus.REJECTED:
            return replace(order, failed_at=now)
        case OrderStatus.REPLACED:
            return replace(order, replaced_at=now)
        case OrderStatus.FILLED | OrderStatus.PARTIALLY_FILLED:
            return replace(order, filled_at=now)
        case _:
            return order


def resting_status(order: Order) -> OrderStatus:
    """Where a working order stands when nothing is asked of it."""
    return OrderStatus.PARTIALLY_FILLED if order.filled_qty else OrderStatus.NEW


def acknowledge(world: World, order: Order) -> Order:
    after = moved(world, order, OrderStatus.NEW)
    world.tell("new", after)
    return after


def end(world: World, order: Order, status: OrderStatus, *, reason: str = "") -> None:
    """Cancel, expire or reject an order, and give up a replacement that waited for it."""
    waiting = world.book.replacements.pop(order.id, None)
    if order.replaces is not None and world.book.awaits_its_turn(order):
        _release(world, order.replaces)
    world.tell(status.value, moved(world, order, status, reason=reason))
    if waiting is not None:
        why = f"the order it replaces was {status}"
        world.tell("rejected", moved(world, world.book[waiting], OrderStatus.REJECTED, reason=why))


def _release(world: World, old_id: str) -> None:
    """The old order works on when its replacement has ended before taking its place."""
    world.book.replacements.pop(old_id)
    old = world.book[old_id]
    if old.status is OrderStatus.PENDING_REPLACE:
        world.tell("order_replace_rejected", moved(world, old, resting_status(old)))
