"""What the account is worth and may still spend."""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Final

from alpaca_simulator.exchange.account import Account
from alpaca_simulator.exchange.contracts import asset_id, parse_occ
from alpaca_simulator.exchange.coverage import exposures
from alpaca_simulator.exchange.holdings import Holding, Position
from alpaca_simulator.exchange.ledger import multiplier_of
from alpaca_simulator.exchange.orders import AssetClass, Side, plain
from alpaca_simulator.exchange.world import World

_CENT: Final = Decimal("0.01")
_RATIO: Final = Decimal("0.0000000001")
_STOCK_MAINTENANCE: Final = Decimal("0.3")
_STOCK_INITIAL: Final = Decimal("0.5")


def position_of(world: World, holding: Holding) -> Position:
    return positions_of(world, [holding])[0]


def positions_of(world: World, holdings: list[Holding]) -> list[Position]:
    """Holdings valued at mid (options) or last sale (stocks)."""
    symbols = [holding.symbol for holding in holdings]
    marks, before = world.market.marks(symbols), world.market.last_day_marks(symbols)
    return [_position(world, holding, marks, before) for holding in holdings]


def requirement(world: World) -> Decimal:
    """Dollars that the options held bind: the most they can lose, underlying by underlying."""
    quantities = {symbol: it.qty for symbol, it in world.ledger.holdings.items()}
    parts = (exposure.requirement() for exposure in exposures(quantities).values())
    return sum(parts, Decimal(0))


def options_buying_power(world: World, *, but: str = "") -> Decimal:
    """Cash not bound by options held or by open orders; `but` leaves one order's part out."""
    bound = sum(
        (it.reserved * it.open_qty for it in world.book.open_orders() if it.id != but), Decimal(0)
    )
    return max(world.ledger.cash - requirement(world) - bound, Decimal(0)).quantize(_CENT)


def equity_at(world: World, marks: Mapping[str, Decimal]) -> Decimal:
    return world.ledger.cash + sum(
        (_value(holding, marks) for holding in world.ledger.held()), Decimal(0)
    )


def account_of(world: World) -> Account:
    """GET /v2/account. Stocks are margined at 50% and 30%, options by the universal spread rule."""
    ledger, part = world.ledger, world.scenario.account
    marks = world.market.marks(ledger.holdings)
    values = {holding.symbol: _value(holding, marks) for holding in ledger.held()}
    longs = sum((value for value in values.values() if value > 0), Decimal(0))
    shorts = sum((value for value in values.values() if value < 0), Decimal(0))
    stock = sum((abs(v) for symbol, v in values.items() if not parse_occ(symbol)), Decimal(0))
    equity = ledger.cash + longs + shorts
    bound = requirement(world)
    power = options_buying_power(world)
    return Account(
        id=asset_id(f"account {part.number}"),
        account_number=part.number,
        status="ACTIVE",
        currency="USD",
        created_at=world.created_at - timedelta(days=365),
        balance_asof=world.market.last_close_date,
        cash=ledger.cash,
        equity=equity,
        last_equity=world.last_equity,
        portfolio_value=equity,
        long_market_value=longs,
        short_market_value=shorts,
        position_market_value=longs + abs(shorts),
        initial_margin=bound + stock * _STOCK_INITIAL,
        maintenance_margin=bound + stock * _STOCK_MAINTENANCE,
        last_maintenance_margin=bound + stock * _STOCK_MAINTENANCE,
        buying_power=power * part.multiplier,
        regt_buying_power=power * part.multiplier,
        options_buying_power=power,
        non_marginable_buying_power=power,
        multiplier=str(part.multiplier),
        options_approved_level=part.options_level,
        options_trading_level=world.options_level,
        trading_blocked=part.trading_blocked,
        account_blocked=False,
        transfers_blocked=False,
        trade_suspended_by_user=world.configurations.suspend_trade,
        shorting_enabled=False,
    )


def available(world: World, symbol: str) -> int:
    """Signed quantity of a holding that no open order claims."""
    qty = world.ledger.qty(symbol)
    held, _ = world.book.held(symbol, Side.SELL if qty > 0 else Side.BUY)
    return max(qty - held, 0) if qty > 0 else min(qty + held, 0)


def _value(holding: Holding, marks: Mapping[str, Decimal]) -> Decimal:
    price = marks.get(holding.symbol, holding.avg_entry_price)
    return holding.qty * price * multiplier_of(holding.symbol)


def _position(
    world: World, holding: Holding, marks: Mapping[str, Decimal], before: Mapping[str, Decimal]
) -> Position:
    symbol = holding.symbol
    scale = holding.qty * multiplier_of(symbol)
    price = marks.get(symbol, holding.avg_entry_price)
    last = before.get(symbol, price)
    cost, value = scale * holding.avg_entry_price, scale * price
    is_option = parse_occ(symbol) is not None
    spec = world.market.spec(symbol)
    return Position(
        asset_id=asset_id(symbol),
        symbol=symbol,
        exchange=spec.exchange if spec else "",
        asset_class=AssetClass.OPTION if is_option else AssetClass.STOCK,
        asset_marginable=True,
        qty=holding.qty,
        qty_available=available(world, symbol),
        avg_entry_price=plain(holding.avg_entry_price),
        current_price=price,
        lastday_price=last,
        market_value=value,
        cost_basis=cost,
        unrealized_pl=value - cost,
        unrealized_plpc=_share(value - cost, cost),
        unrealized_intraday_pl=value - scale * last,
        unrealized_intraday_plpc=_share(value - scale * last, scale * last),
        change_today=_share(price - last, last),
    )


def _share(part: Decimal, whole: Decimal) -> Decimal:
    return (part / abs(whole)).quantize(_RATIO) if whole else Decimal(0)
