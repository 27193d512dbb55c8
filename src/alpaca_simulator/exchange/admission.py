"""Judges requests against the world; what passes becomes an order."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from alpaca_simulator.exchange import refusals
from alpaca_simulator.exchange.board import expiry_of
from alpaca_simulator.exchange.contracts import asset_id
from alpaca_simulator.exchange.orders import (
    AssetClass,
    Order,
    OrderClass,
    OrderStatus,
    OrderType,
    Side,
    TimeInForce,
)
from alpaca_simulator.exchange.risk import reserve
from alpaca_simulator.exchange.tickets import Row, Ticket
from alpaca_simulator.exchange.world import World


def check_account(world: World) -> None:
    """Blocks that hold whatever the order says; `suspend_trade` refuses exits too."""
    if world.scenario.account.trading_blocked:
        raise refusals.forbidden("account is restricted from trading")
    if world.configurations.suspend_trade:
        raise refusals.forbidden("new orders are rejected by user request")


def admit(world: World, ticket: Ticket, *, instead_of: str = "") -> Decimal:
    """Pass a well-formed ticket or raise its `Refusal`; returns what each unit reserves."""
    _check_package(world, ticket)
    for row in ticket.rows:
        _check_listed(world, row)
    _check_hours(world, ticket)
    for row in ticket.rows:
        _check_intent(world, row)
    for row in ticket.closing:
        _check_quantity(world, ticket, row, instead_of)
    if not ticket.is_mleg:
        _check_wash_trade(world, ticket, instead_of)
    return reserve(world, ticket, instead_of=instead_of)


def write_order(world: World, ticket: Ticket, reserved: Decimal) -> Order:
    """The order a ticket becomes, with fresh ids, not yet in the book."""
    request, now = ticket.request, world.now
    expires_at = expiry_for(world, request.time_in_force)
    is_open = world.hours.is_open(now)
    simple = None if ticket.is_mleg else ticket.rows[0]
    order = Order(
        id=world.chance.new_id(),
        client_order_id=request.client_order_id or world.chance.new_id(),
        created_at=now,
        submitted_at=now,
        updated_at=now,
        expires_at=expires_at,
        symbol=simple.symbol if simple else "",
        asset_id=asset_id(simple.symbol) if simple else "",
        asset_class=asset_class_of(simple) if simple else None,
        qty=ticket.qty,
        status=OrderStatus.PENDING_NEW if is_open else OrderStatus.ACCEPTED,
        order_class=OrderClass.MLEG if ticket.is_mleg else OrderClass.SIMPLE,
        type=request.type,
        time_in_force=request.time_in_force,
        side=simple.side if simple else None,
        position_intent=simple.intent if simple else None,
        limit_price=request.limit_price,
        stop_price=request.stop_price,
        reserved=reserved,
    )
    return with_legs(world, order, ticket) if ticket.is_mleg else order


def with_legs(world: World, parent: Order, ticket: Ticket) -> Order:
    """The package with its legs: order objects with ids of their own, no type and no price."""
    legs = tuple(_leg(world, parent, row) for row in ticket.rows)
    return replace(parent, legs=legs)


def expiry_for(world: World, time_in_force: TimeInForce) -> datetime:
    if time_in_force is TimeInForce.GTC:
        return world.hours.gtc_order_expires(world.now)
    return world.hours.day_order_expires(world.now)


def asset_class_of(row: Row) -> AssetClass:
    return AssetClass.STOCK if row.contract is None else AssetClass.OPTION


def _leg(world: World, parent: Order, row: Row) -> Order:
    return Order(
        id=world.chance.new_id(),
        client_order_id=world.chance.new_id(),
        created_at=parent.created_at,
        submitted_at=parent.submitted_at,
        updated_at=parent.updated_at,
        expires_at=parent.expires_at,
        symbol=row.symbol,
        asset_id=asset_id(row.symbol),
        asset_class=AssetClass.OPTION,
        qty=parent.qty * row.ratio,
        ratio_qty=row.ratio,
        status=parent.status,
        order_class=OrderClass.MLEG,
        type=None,
        time_in_force=parent.time_in_force,
        side=row.side,
        position_intent=row.intent,
        parent_id=parent.id,
    )


def _check_package(world: World, ticket: Ticket) -> None:
    """Alpaca's switch, and its unknown answer to a package that only sells what is held."""
    rules = world.scenario.rules
    if ticket.is_mleg and not rules.packages:
        raise refusals.forbidden("submit mleg order is disabled")
    only_sells = all(row.side is Side.SELL for row in ticket.rows)
    if ticket.is_mleg and only_sells and not rules.sell_only_packages:
        raise refusals.uncovered()


def _check_listed(world: World, row: Row) -> None:
    if row.contract is None:
        if world.market.spec(row.symbol) is None:
            raise refusals.unprocessable(f'asset "{row.symbol}" not found')
        return
    left = expiry_of(row.contract) - world.now
    if left <= timedelta(0):
        raise refusals.unprocessable(f'contract "{row.symbol}" is expired')
    if world.market.listed(row.symbol) is None:
        raise refusals.unprocessable(f'contract "{row.symbol}" not found')
    if row.intent.opens and row.contract.is_adjusted:
        raise refusals.unprocessable(f'contract "{row.symbol}" is not tradable')
    last_minutes = timedelta(minutes=world.scenario.rules.last_opening_minutes)
    if row.intent.opens and left < last_minutes:
        raise refusals.unprocessable(
            f'contract "{row.symbol}" expires soon, unable to open new positions'
        )


def _check_hours(world: World, ticket: Ticket) -> None:
    is_market = ticket.request.type is OrderType.MARKET
    if is_market and not ticket.is_stock and not world.hours.is_open(world.now):
        raise refusals.unprocessable("options market orders are only allowed during market hours")


def _check_intent(world: World, row: Row) -> None:
    inferred = world.inferred_intent(row.symbol, row.side)
    if row.intent is not inferred:
        raise refusals.unprocessable(
            f"position intent mismatch, inferred: {inferred}, specified: {row.intent}"
        )


def _check_quantity(world: World, ticket: Ticket, row: Row, instead_of: str) -> None:
    existing = abs(world.ledger.qty(row.symbol))
    held, related = world.book.held(row.symbol, row.side, but=instead_of)
    requested = ticket.qty * row.ratio
    if requested > existing - held:
        raise refusals.insufficient_quantity(
            symbol="" if ticket.is_mleg else row.symbol,
            requested=requested,
            existing=existing,
            held=held,
            related=related,
        )


def _check_wash_trade(world: World, ticket: Ticket, instead_of: str) -> None:
    """Alpaca's table (docs: user protection), for simple orders; packages take no part here."""
    row = ticket.rows[0]
    for order in world.book.open_orders():
        opposite = order.symbol == row.symbol and order.side is row.side.opposite
        if opposite and order.id != instead_of and _would_cross(ticket, order):
            kind = order.type.value if order.type else ""
            raise refusals.wash_trade(order.id, kind)


def _would_cross(ticket: Ticket, order: Order) -> bool:
    mine, theirs = ticket.request.limit_price, order.limit_price
    if mine is None or theirs is None:
        return True
    buy, sell = (mine, theirs) if ticket.rows[0].side is Side.BUY else (theirs, mine)
    return buy >= sell
