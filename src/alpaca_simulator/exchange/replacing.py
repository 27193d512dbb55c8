"""PATCH: a new order that takes an old one's place, if it is still there to be replaced."""

from dataclasses import replace
from decimal import Decimal
from typing import Final

from alpaca_simulator.exchange.admission import admit, check_account, write_order
from alpaca_simulator.exchange.orders import (
    LegRequest,
    Order,
    OrderClass,
    OrderRequest,
    OrderStatus,
    ReplaceRequest,
)
from alpaca_simulator.exchange.refusals import unprocessable
from alpaca_simulator.exchange.tickets import Ticket, read_ticket
from alpaca_simulator.exchange.transitions import end, moved, resting_status
from alpaca_simulator.exchange.world import World

_REPLACEABLE: Final = frozenset({OrderStatus.NEW, OrderStatus.PARTIALLY_FILLED})


def ask_replacement(world: World, order: Order, change: ReplaceRequest) -> Order:
    """The replacement, pending; the old order turns pending_replace. Raises `Refusal`.

    `qty` means the total, what has filled included.
    """
    check_account(world)
    _check_replaceable(order)
    request = _changed(order, change)
    ticket = read_ticket(world, request)
    if ticket.qty <= order.filled_qty:
        raise unprocessable("qty must be > filled_qty")
    if _same(order, request) and ticket.qty == order.qty:
        raise unprocessable("order parameters are not changed")
    open_part = Ticket(request, ticket.qty - order.filled_qty, ticket.rows)
    reserved = admit(world, open_part, instead_of=order.id)
    return _enter(world, order, write_order(world, ticket, reserved))


def take_place(world: World, old: Order) -> None:
    """Let the waiting replacement take over from `old`, which still has something open."""
    new = world.book[world.book.replacements.pop(old.id)]
    if new.qty <= old.filled_qty:
        world.tell("order_replace_rejected", moved(world, old, resting_status(old)))
        end(world, new, OrderStatus.REJECTED, reason="the order it replaces filled further")
        return
    replaced = replace(moved(world, old, OrderStatus.REPLACED), replaced_by=new.id)
    world.tell("replaced", replaced)
    heir = _with_fills(old, new) if world.scenario.rules.replace_keeps_fills else _rest(old, new)
    if new.status is OrderStatus.PENDING_CANCEL:
        world.record(heir)
    else:
        world.tell("new", moved(world, heir, resting_status(heir)))


def _check_replaceable(order: Order) -> None:
    if order.parent_id is not None:
        raise unprocessable("cannot replace individual legs of a mleg order")
    if order.status is OrderStatus.REPLACED:
        raise unprocessable("order already replaced")
    if order.status not in _REPLACEABLE:
        raise unprocessable(f"cannot replace order in {order.status} status")


def _changed(order: Order, change: ReplaceRequest) -> OrderRequest:
    """The old order as a request, with what the change says put in."""
    assert order.type is not None, "only legs have no type, and legs were turned away"
    legs = tuple(
        LegRequest(
            symbol=leg.symbol,
            ratio_qty=Decimal(leg.ratio_qty or 1),
            side=leg.side,
            position_intent=leg.position_intent,
        )
        for leg in order.legs
    )
    return OrderRequest(
        qty=change.qty if change.qty is not None else Decimal(order.qty),
        type=order.type,
        time_in_force=change.time_in_force or order.time_in_force,
        symbol=order.symbol or None,
        side=order.side,
        order_class=OrderClass.MLEG if order.is_mleg else None,
        limit_price=order.limit_price if change.limit_price is None else change.limit_price,
        stop_price=order.stop_price if change.stop_price is None else change.stop_price,
        client_order_id=change.client_order_id,
        position_intent=order.position_intent,
        legs=legs,
    )


def _same(order: Order, request: OrderRequest) -> bool:
    return (
        request.limit_price == order.limit_price
        and request.stop_price == order.stop_price
        and request.time_in_force is order.time_in_force
    )


def _enter(world: World, old: Order, new: Order) -> Order:
    new = replace(new, status=OrderStatus.PENDING_NEW, replaces=old.id)
    legs = zip(new.legs, old.legs, strict=True)
    new = replace(
        new,
        legs=tuple(
            replace(leg, status=OrderStatus.PENDING_NEW, replaces=before.id) for leg, before in legs
        ),
    )
    world.book.replacements[old.id] = new.id
    world.tell("pending_replace", moved(world, old, OrderStatus.PENDING_REPLACE))
    world.tell("pending_new", new)
    return new


def _rest(old: Order, new: Order) -> Order:
    """The replacement as an order of its own for what is still open."""
    qty = new.qty - old.filled_qty
    legs = tuple(replace(leg, qty=qty * (leg.ratio_qty or 1)) for leg in new.legs)
    return replace(new, qty=qty, legs=legs)


def _with_fills(old: Order, new: Order) -> Order:
    """The replacement as a continuation: the total, with what has filled already in it."""
    legs = tuple(
        replace(leg, filled_qty=before.filled_qty, filled_value=before.filled_value)
        for leg, before in zip(new.legs, old.legs, strict=True)
    )
    return replace(new, legs=legs, filled_qty=old.filled_qty, filled_value=old.filled_value)
