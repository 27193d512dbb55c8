"""One step of every open order: acknowledged, triggered, matched, then replaced or cancelled.

Matching comes before cancels and replaces take hold, so a fill may overtake either, as it does at
Alpaca.
"""

from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Final

from alpaca_simulator.exchange.activities import Activity, ActivityType
from alpaca_simulator.exchange.book import is_working_status
from alpaca_simulator.exchange.events import LegExecution, Traded
from alpaca_simulator.exchange.fills import Fill, Offer, OfferedLeg
from alpaca_simulator.exchange.hands import FillMode, at_price
from alpaca_simulator.exchange.orders import AssetClass, Order, OrderStatus, OrderType, Side
from alpaca_simulator.exchange.quotes import Quote, Trade
from alpaca_simulator.exchange.refusals import unprocessable
from alpaca_simulator.exchange.replacing import take_place
from alpaca_simulator.exchange.sessions import NEW_YORK
from alpaca_simulator.exchange.transitions import acknowledge, end, moved
from alpaca_simulator.exchange.world import World

_STOPS: Final = frozenset({OrderType.STOP, OrderType.STOP_LIMIT})


@dataclass(slots=True)
class Touch:
    """What one step shows: the quotes, less what orders of this step have taken from them."""

    quotes: dict[str, Quote]
    taken: dict[tuple[str, Side], int] = field(default_factory=dict)

    def leg(self, row: Order) -> OfferedLeg | None:
        quote = self.quotes.get(row.symbol)
        if quote is None or row.side is None:
            return None
        shown = quote.ask_size if row.side is Side.BUY else quote.bid_size
        shown -= self.taken.get((row.symbol, row.side), 0)
        return OfferedLeg(quote, row.side, row.ratio_qty or 1, shown)

    def take(self, leg: OfferedLeg, units: int) -> None:
        key = (leg.quote.symbol, leg.side)
        self.taken[key] = self.taken.get(key, 0) + units * leg.ratio


def step(world: World, seconds: float, *, trading: bool) -> None:
    """Move all orders by one step that took `seconds`."""
    if not world.book.has_open:
        return
    if trading:
        _match_all(world, seconds)
    _carry_out_requests(world)
    for order in world.book.open_orders():
        if order.expires_at <= world.now and world.book[order.id].status.is_open:
            end(world, world.book[order.id], OrderStatus.EXPIRED)


def _match_all(world: World, seconds: float) -> None:
    working = world.book.working()
    if not working:
        return
    symbols = {row.symbol for order in working for row in order.contracts}
    touch = Touch(world.market.quotes(symbols))
    for order in working:
        if order.status in {OrderStatus.PENDING_NEW, OrderStatus.ACCEPTED}:
            order = acknowledge(world, order)  # noqa: PLW2901 - the same order, a status on
        if is_working_status(order.status):
            _match(world, _triggered(world, order, touch), touch, seconds)


def fill_now(world: World, order: Order, units: int, price: Decimal | None) -> None:
    """Trade `units` of a working order at once, at a price of the caller's or at natural.

    `price` is as an order's limit: per share, for a package net with debits positive.

    Raises:
        Refusal: 422 if the order cannot trade so, with the reason.
    """
    if order.status in {OrderStatus.PENDING_NEW, OrderStatus.ACCEPTED}:
        order = acknowledge(world, order)
    if order.parent_id is not None or not is_working_status(order.status):
        raise unprocessable(f'order is already in "{order.status}" state')
    offer = _offer(order, Touch(world.market.quotes(row.symbol for row in order.contracts)))
    if offer is None:
        raise unprocessable("the order has no quote to trade at")
    debit = offer.natural if price is None else price
    if price is not None and order.side is Side.SELL:
        debit = -price
    _book_fill(world, order, at_price(offer, units, debit))


def _match(world: World, order: Order, touch: Touch, seconds: float) -> None:
    if world.hands.mode is FillMode.HOLD:
        return
    offer = _offer(order, touch)
    if offer is None:
        return
    fill = world.hands.judge(order, offer, world.fills.fill(offer, seconds, world.chance))
    if fill is None:
        return
    for leg in offer.legs:
        touch.take(leg, fill.units)
    _book_fill(world, order, fill)


def _offer(order: Order, touch: Touch) -> Offer | None:
    legs = [leg for row in order.contracts if (leg := touch.leg(row))]
    if len(legs) < len(order.contracts) or (order.type in _STOPS and not order.triggered):
        return None
    limit = order.limit_price
    if limit is not None and order.side is Side.SELL:
        limit = -limit
    return Offer(tuple(legs), order.open_qty, limit)


def _triggered(world: World, order: Order, touch: Touch) -> Order:
    """A buy stop wakes when the ask reaches it, a sell stop when the bid does.

    Which price triggers an option stop at Alpaca is not documented.
    """
    quote = touch.quotes.get(order.symbol)
    if order.type not in _STOPS or order.triggered or quote is None or order.stop_price is None:
        return order
    buying = order.side is Side.BUY
    if quote.ask >= order.stop_price if buying else quote.bid <= order.stop_price:
        order = replace(order, triggered=True, updated_at=world.now)
        world.record(order)
    return order


def _book_fill(world: World, order: Order, fill: Fill) -> None:
    """Move cash and holdings for all legs of the units together, then say so once."""
    after = _filled(world, order, fill)
    executions = []
    for row, price in zip(after.contracts, fill.prices, strict=True):
        qty = fill.units * (row.ratio_qty or 1)
        if row.side is not None:
            world.ledger.trade(row.symbol, row.side.sign * qty, price)
        executions.append(_execution(world, row, qty, price))
    net = after.filled_value - order.filled_value
    legs = tuple(executions) if order.is_mleg else ()
    event = "partial_fill" if after.open_qty else "fill"
    world.tell(event, after, price=net / fill.units, qty=fill.units, legs=legs)
    _drop_replacement_of_filled(world, after)
    for row, execution in zip(after.contracts, executions, strict=True):
        world.post(_fill_activity(world, after, row, execution))
        if row.asset_class is AssetClass.OPTION:
            trade = Trade(row.symbol, execution.price, execution.qty, world.now)
            world.outbox.append(Traded(AssetClass.OPTION, trade))


def _drop_replacement_of_filled(world: World, order: Order) -> None:
    if order.open_qty == 0 and (waiting := world.book.replacements.pop(order.id, None)):
        reason = "the order it replaces was filled"
        rejected = moved(world, world.book[waiting], OrderStatus.REJECTED, reason=reason)
        world.tell("order_replace_rejected", order)
        world.tell("rejected", rejected)


def _filled(world: World, order: Order, fill: Fill) -> Order:
    """The order after a fill, a package with every leg at its own price."""
    rows = order.contracts
    traded = tuple(
        _row_filled(row, fill.units * (row.ratio_qty or 1), price)
        for row, price in zip(rows, fill.prices, strict=True)
    )
    if not order.is_mleg:
        return _after_fill(world, traded[0])
    net = sum(
        (
            (row.ratio_qty or 1) * (row.side.sign if row.side else 0) * price
            for row, price in zip(rows, fill.prices, strict=True)
        ),
        Decimal(0),
    )
    parent = replace(_row_filled(order, fill.units, net), legs=traded)
    return _after_fill(world, parent)


def _row_filled(row: Order, qty: int, price: Decimal) -> Order:
    return replace(
        row, filled_qty=row.filled_qty + qty, filled_value=row.filled_value + qty * price
    )


def _after_fill(world: World, order: Order) -> Order:
    """Filled when nothing is open; a pending cancel or replace stays pending meanwhile."""
    if order.open_qty == 0:
        return moved(world, order, OrderStatus.FILLED)
    pending = {OrderStatus.PENDING_CANCEL, OrderStatus.PENDING_REPLACE}
    if order.status in pending:
        return replace(order, filled_at=world.now, updated_at=world.now)
    return moved(world, order, OrderStatus.PARTIALLY_FILLED)


def _execution(world: World, row: Order, qty: int, price: Decimal) -> LegExecution:
    return LegExecution(
        execution_id=world.chance.new_id(),
        order_id=row.id,
        symbol=row.symbol,
        qty=qty,
        price=price,
        timestamp=world.now,
    )


def _fill_activity(world: World, order: Order, row: Order, execution: LegExecution) -> Activity:
    by_leg = world.scenario.rules.fill_activity_order == "leg"
    return Activity(
        id=world.activity_id(world.now),
        type=ActivityType.FILL,
        symbol=row.symbol,
        qty=execution.qty,
        price=execution.price,
        at=world.now,
        date=world.now.astimezone(NEW_YORK).date(),
        listed_at=world.now,
        side=row.side,
        order_id=row.id if by_leg else order.id,
        order_status=order.status,
        cum_qty=row.filled_qty,
        leaves_qty=row.open_qty,
    )


def _carry_out_requests(world: World) -> None:
    for old_id in list(world.book.replacements):
        take_place(world, world.book[old_id])
    for order in world.book.open_orders():
        if order.status is OrderStatus.PENDING_CANCEL:
            end(world, order, OrderStatus.CANCELED)
