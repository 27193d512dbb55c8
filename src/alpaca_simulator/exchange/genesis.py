"""How a scenario becomes a world: what was opened when, at which prices, and what is left of it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from alpaca_simulator.exchange import listing
from alpaca_simulator.exchange.account import Configurations
from alpaca_simulator.exchange.activities import Activity, ActivityType
from alpaca_simulator.exchange.book import Book
from alpaca_simulator.exchange.chance import Chance
from alpaca_simulator.exchange.contracts import Contract, asset_id, occ_symbol
from alpaca_simulator.exchange.curves import Curve, IntensityCurve, NbboCurve, OddsCurve
from alpaca_simulator.exchange.fills import FillModel, TouchModel
from alpaca_simulator.exchange.hours import Hours
from alpaca_simulator.exchange.ledger import Ledger
from alpaca_simulator.exchange.market import Market
from alpaca_simulator.exchange.orders import (
    AssetClass,
    Order,
    OrderClass,
    OrderStatus,
    OrderType,
    PositionIntent,
    Side,
    TimeInForce,
)
from alpaca_simulator.exchange.sessions import (
    NEW_YORK,
    SessionRule,
    session_before,
    session_ending_after,
    session_on,
)
from alpaca_simulator.exchange.valuation import equity_at
from alpaca_simulator.exchange.world import World
from alpaca_simulator.scenarios.model import (
    DaysAtLeast,
    Expiry,
    FillsPart,
    HoldingPart,
    LegPart,
    Monthly,
    OnDate,
    OpeningPart,
    Percent,
    Scenario,
    Strike,
    Weekly,
)

_ENTRY_HOUR = time(10, 15)
_LAST_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class _Line:
    """One symbol of a past order."""

    symbol: str
    contract: Contract | None
    side: Side
    ratio: int


@dataclass(frozen=True, slots=True)
class _PastTrade:
    """An order of the history with the spot that priced it."""

    lines: tuple[_Line, ...]
    qty: int
    at: datetime
    spot: Decimal
    closing: bool


def begin(scenario: Scenario, seed: int, now: datetime) -> World:
    """A fresh world at `now`. Raises ValueError for a scenario that names what is not listed."""
    now = now.astimezone(UTC)
    world = bare_world(scenario, seed, now)
    today = first_today(world.hours, now)
    past = [
        trade
        for place, opening in enumerate(scenario.orders)
        for name in opening.on
        for trade in _past_trades(world, today, name, opening, minute=7 * place)
    ]
    for trade in sorted(past, key=lambda each: each.at):
        _fill_in_the_past(world, trade)
    for holding in scenario.holdings:
        _hold(world, today, holding)
    world.ledger.cash = scenario.account.cash
    world.last_equity = equity_at(world, world.market.last_day_marks(world.ledger.holdings))
    return world


def bare_world(scenario: Scenario, seed: int, now: datetime) -> World:
    hours = Hours.beginning(scenario.clock.session, now)
    return World(
        scenario=scenario,
        now=now,
        created_at=now,
        hours=hours,
        market=Market(scenario.market, seed, now, hours.last_trading(now)),
        ledger=Ledger(scenario.account.cash),
        book=Book(),
        chance=Chance(seed),
        fills=fill_model(scenario.fills),
        configurations=Configurations(),
    )


def fill_model(part: FillsPart) -> FillModel:
    curves: dict[str, Curve] = {
        "odds": OddsCurve(part.seconds_at_mid),
        "intensity": IntensityCurve(part.seconds_at_mid),
        "nbbo": NbboCurve(),
    }
    return TouchModel(curves[part.curve], part.partial_chance)


def first_today(hours: Hours, now: datetime) -> date:
    """The date that `today` means in a scenario: of the first session with an hour left.

    So a contract expiring today is never expired, nor about to be, when a world begins.
    """
    moment = now
    if hours.rule is SessionRule.CLOSED:
        moment = max(now, hours.shut_until)
    return session_ending_after(moment + _LAST_HOUR).date


def expiration(rule: Expiry, today: date) -> date:
    fridays = listing.fridays(today)
    match rule:
        case Weekly(weekly=count):
            return [day for day, _ in fridays if day > today][count - 1]
        case Monthly(monthly=count):
            return [day for day, monthly in fridays if monthly and day > today][count - 1]
        case DaysAtLeast(days_at_least=days):
            return next(day for day, _ in fridays if (day - today).days >= days)
        case OnDate(date=day):
            return day
        case _:
            return today


def _contract(
    world: World, today: date, name: str, leg: LegPart | HoldingPart, fallback: Expiry | None
) -> Contract:
    rule = leg.expiry or fallback
    assert rule is not None, "the scenario's schema asks for an expiry"
    assert leg.type is not None, "as above"
    assert leg.strike is not None, "as above"
    day, strike = expiration(rule, today), _strike(world, name, leg.strike)
    contract = Contract(occ_symbol(name, day, leg.type, strike), name, day, leg.type, strike)
    spec = world.market.spec(name)
    if spec is None or not listing.is_listed(spec, contract, today):
        raise ValueError(f"{contract.symbol} is not listed on {today}")
    return contract


def _strike(world: World, name: str, strike: Strike) -> Decimal:
    if not isinstance(strike, Percent):
        return strike
    spec = world.market.spec(name)
    assert spec is not None, "the scenario's schema asks for the underlying"
    return listing.nearest_strike(spec, strike.of(spec.spot))


def _hold(world: World, today: date, part: HoldingPart) -> None:
    symbol = part.underlying
    if part.type is not None:
        symbol = _contract(world, today, symbol, part, None).symbol
    world.ledger.adjust(symbol, part.qty, part.entry)


def _past_trades(
    world: World, today: date, name: str, opening: OpeningPart, *, minute: int
) -> Iterator[_PastTrade]:
    lines = tuple(_lines(world, today, name, opening))
    qty = abs(opening.shares) if opening.shares else opening.qty
    opened = _session_time(world, opening.opened, minute)
    spot = world.market.spot(name)
    yield _PastTrade(lines, qty, opened, opening.spot_then.of(spot), closing=False)
    if opening.closed is not None:
        closed = max(_session_time(world, opening.closed, minute + 90), opened)
        away = tuple(replace(line, side=line.side.opposite) for line in lines)
        yield _PastTrade(away, qty, closed, spot, closing=True)


def _lines(world: World, today: date, name: str, opening: OpeningPart) -> Iterator[_Line]:
    if opening.shares:
        yield _Line(name, None, Side.BUY if opening.shares > 0 else Side.SELL, 1)
    for leg in opening.legs:
        contract = _contract(world, today, name, leg, opening.expiry)
        yield _Line(contract.symbol, contract, leg.side, leg.ratio)


def _session_time(world: World, days_ago: int, minute: int) -> datetime:
    """A time in the session on or before that day, always before the world begins."""
    local = world.now.astimezone(NEW_YORK)
    day = local.date() - timedelta(days_ago)
    session = session_on(day) or session_before(day)
    moment = datetime.combine(session.date, _ENTRY_HOUR, NEW_YORK) + timedelta(
        minutes=minute % 150, milliseconds=minute * 137 % 1000
    )
    if moment >= world.now:
        moment = datetime.combine(session_before(day).date, moment.time(), NEW_YORK)
    return moment.astimezone(UTC)


def _fill_in_the_past(world: World, trade: _PastTrade) -> None:
    prices = tuple(_past_price(world, trade, line) for line in trade.lines)
    order = _past_order(world, trade, prices)
    world.book.put(order)
    for line, row, price in zip(trade.lines, order.contracts, prices, strict=True):
        world.ledger.trade(line.symbol, line.side.sign * line.ratio * trade.qty, price)
        world.ledger.post(_past_fill(world, row, price))


def _past_price(world: World, trade: _PastTrade, line: _Line) -> Decimal:
    if line.contract is None:
        return trade.spot.quantize(Decimal("0.01"))
    return world.market.theoretical(line.contract, trade.spot, trade.at)


def _past_order(world: World, trade: _PastTrade, prices: tuple[Decimal, ...]) -> Order:
    lines, qty = trade.lines, trade.qty
    rows = [_past_row(world, trade, *each) for each in zip(lines, prices, strict=True)]
    parts = (line.ratio * line.side.sign * price for line, price in zip(lines, prices, strict=True))
    net = sum(parts, Decimal(0))
    if len(rows) == 1:
        return replace(rows[0], limit_price=prices[0])
    parent = replace(
        rows[0],
        id=world.chance.new_id(),
        client_order_id=world.chance.new_id(),
        symbol="",
        asset_id="",
        asset_class=None,
        side=None,
        position_intent=None,
        qty=qty,
        filled_qty=qty,
        filled_value=net * qty,
        limit_price=net,
        order_class=OrderClass.MLEG,
    )
    legs = tuple(
        replace(
            row,
            parent_id=parent.id,
            order_class=OrderClass.MLEG,
            type=None,
            ratio_qty=line.ratio,
        )
        for line, row in zip(lines, rows, strict=True)
    )
    return replace(parent, legs=legs)


def _past_row(world: World, trade: _PastTrade, line: _Line, price: Decimal) -> Order:
    what = "close" if trade.closing else "open"
    at, qty = trade.at, trade.qty * line.ratio
    filled_at = at + timedelta(milliseconds=180)
    return Order(
        id=world.chance.new_id(),
        client_order_id=world.chance.new_id(),
        created_at=at,
        submitted_at=at,
        updated_at=filled_at,
        filled_at=filled_at,
        expires_at=session_ending_after(at).close.astimezone(UTC),
        symbol=line.symbol,
        asset_id=asset_id(line.symbol),
        asset_class=AssetClass.STOCK if line.contract is None else AssetClass.OPTION,
        qty=qty,
        filled_qty=qty,
        filled_value=price * qty,
        status=OrderStatus.FILLED,
        order_class=OrderClass.SIMPLE,
        type=OrderType.LIMIT,
        time_in_force=TimeInForce.DAY,
        side=line.side,
        position_intent=PositionIntent(f"{line.side}_to_{what}"),
    )


def _past_fill(world: World, row: Order, price: Decimal) -> Activity:
    at = row.filled_at or row.submitted_at
    by_leg = world.scenario.rules.fill_activity_order == "leg"
    return Activity(
        id=world.activity_id(at),
        type=ActivityType.FILL,
        symbol=row.symbol,
        qty=row.qty,
        price=price,
        at=at,
        date=at.astimezone(NEW_YORK).date(),
        listed_at=at,
        side=row.side,
        order_id=row.id if by_leg or row.parent_id is None else row.parent_id,
        order_status=OrderStatus.FILLED,
        cum_qty=row.qty,
        leaves_qty=0,
    )
