"""Expiration and assignment: contracts turn into cash, shares or nothing.

In the money by a cent or more at the last close is exercised or assigned, always with shares and
at the strike, as OCC does by default; Alpaca's earlier liquidation of what an account cannot
afford is not modelled. Rows follow Alpaca's samples: OPASN or OPEXC with OPTRD beside it, OPEXP
for what ends worthless.
"""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from alpaca_simulator.exchange.activities import Activity, ActivityType
from alpaca_simulator.exchange.board import expiry_of
from alpaca_simulator.exchange.contracts import MULTIPLIER, Contract, Delivery, Kind, parse_occ
from alpaca_simulator.exchange.orders import OrderStatus
from alpaca_simulator.exchange.refusals import not_found, unprocessable
from alpaca_simulator.exchange.sessions import NEW_YORK, session_opening_after
from alpaca_simulator.exchange.transitions import end
from alpaca_simulator.exchange.world import World

_DESCRIPTIONS: Final = {
    ActivityType.OPTION_EXPIRY: "Option Expiry",
    ActivityType.OPTION_TRADE: "Option Trade",
}


def settle_expired(world: World) -> None:
    """Settle every holding whose last session has closed, and end the orders in it."""
    for symbol in sorted(world.ledger.holdings):
        contract = parse_occ(symbol)
        if contract is not None and expiry_of(contract) <= world.now:
            _settle(world, contract)
    for order in world.book.open_orders():
        contracts = (parse_occ(row.symbol) for row in order.contracts)
        if any(it is not None and expiry_of(it) <= world.now for it in contracts):
            _end_once(world, order.id, OrderStatus.EXPIRED, "a contract of it has expired")


def assign(world: World, symbol: str, count: int) -> None:
    """Assign `count` short contracts now. Raises `Refusal` when that many are not short."""
    contract = parse_occ(symbol)
    short = -world.ledger.qty(symbol)
    if contract is None or short <= 0:
        raise not_found("position does not exist")
    if not 0 < count <= short:
        raise unprocessable(f"only {short} contracts are short")
    for order, _ in list(world.book.rows(symbol)):
        _end_once(world, order.id, OrderStatus.CANCELED, "assignment")
    world.ledger.adjust(symbol, count, Decimal(0))
    _deliver(world, contract, -count, ActivityType.OPTION_ASSIGNMENT)


def adjust(world: World, underlying: str, delivery: Delivery) -> list[str]:
    """
    Give every held option of `underlying` an adjusted root, as a corporate action does.

    Its multiplier stays 100: an exercise costs a hundred times the strike, whatever it delivers.
    Returns the new symbols; raises `Refusal` when no option of the underlying is held.
    """
    if delivery.shares < 1 or delivery.cash < 0:
        raise unprocessable("a contract delivers at least one share, and no negative cash")
    adjusted = []
    for symbol in sorted(world.ledger.holdings):
        contract = parse_occ(symbol)
        if contract is None or contract.underlying != underlying or contract.is_adjusted:
            continue
        for order, _ in list(world.book.rows(symbol)):
            _end_once(world, order.id, OrderStatus.CANCELED, "corporate action")
        renamed = f"{underlying}1{symbol.removeprefix(underlying)}"
        world.ledger.rename(symbol, renamed)
        adjusted.append(renamed)
    if not adjusted:
        raise not_found("position does not exist")
    world.deliveries[f"{underlying}1"] = delivery
    world.revision += 1
    return adjusted


def check_last_day(world: World, symbol: str) -> int:
    """
    Return how many contracts Alpaca may close by itself, signed: those of an expiring option.

    Raises `Refusal` when none are held or it does not expire today.
    """
    contract, held = parse_occ(symbol), world.ledger.qty(symbol)
    if contract is None or not held:
        raise not_found("position does not exist")
    if contract.expiration != world.now.astimezone(NEW_YORK).date():
        raise unprocessable(f"{symbol} does not expire today")
    return held


def _settle(world: World, contract: Contract) -> None:
    qty = world.ledger.remove(contract.symbol)
    worth = contract.intrinsic(world.market.spot(contract.underlying))
    if worth < Decimal("0.01"):
        group = world.chance.new_id()
        _post(world, ActivityType.OPTION_EXPIRY, contract.symbol, -qty, group=group)
    elif qty > 0:
        _deliver(world, contract, qty, ActivityType.OPTION_EXERCISE)
    else:
        _deliver(world, contract, qty, ActivityType.OPTION_ASSIGNMENT)


def _deliver(world: World, contract: Contract, qty: int, how: ActivityType) -> None:
    """Shares against the strike: a long call or short put buys them, the others sell."""
    sign = 1 if contract.kind is Kind.CALL else -1
    delivery = world.delivery(contract)
    shares, price = qty * sign * delivery.shares, contract.strike
    if delivery.shares != MULTIPLIER:
        price = contract.strike * MULTIPLIER / delivery.shares
    world.ledger.trade(contract.underlying, shares, price)
    world.ledger.cash += qty * sign * delivery.cash
    group = world.chance.new_id()
    _post(world, how, contract.symbol, -qty, group=group)
    trade = ActivityType.OPTION_TRADE
    _post(world, trade, contract.underlying, shares, group=group, price=price)


def _post(
    world: World,
    kind: ActivityType,
    symbol: str,
    qty: int,
    *,
    group: str,
    price: Decimal | None = None,
) -> None:
    world.post(
        Activity(
            id=world.activity_id(world.now),
            type=kind,
            symbol=symbol,
            qty=qty,
            at=world.now,
            date=world.now.astimezone(NEW_YORK).date(),
            listed_at=_listed_at(world),
            price=price,
            net_amount=Decimal(0) if price is None else -qty * price,
            description=_DESCRIPTIONS.get(kind, ""),
            group_id=group,
        )
    )


def _listed_at(world: World) -> datetime:
    """On paper, non-trade activities show the next day though balances move at once."""
    if not world.scenario.rules.next_day_activities:
        return world.now
    return session_opening_after(world.now).open - timedelta(hours=9)


def _end_once(world: World, order_id: str, status: OrderStatus, reason: str) -> None:
    order = world.book[order_id]
    if order.status.is_open:
        end(world, order, status, reason=reason)
