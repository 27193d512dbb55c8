"""Whether an order may bind what it needs: cover for its shorts, and buying power.

What opens must be covered inside the order itself (docs: options level 3). What closes is judged
by the account: it may not leave more short contracts uncovered than there were.
"""

from decimal import Decimal
from typing import Final

from alpaca_simulator.exchange.contracts import MULTIPLIER, Contract, Kind, asset_id
from alpaca_simulator.exchange.coverage import Exposure, combined, exposure_of
from alpaca_simulator.exchange.orders import Side
from alpaca_simulator.exchange.refusals import (
    forbidden,
    insufficient_for_cash_secured_put,
    insufficient_options_buying_power,
    insufficient_underlying,
    uncovered,
)
from alpaca_simulator.exchange.tickets import Row, Ticket
from alpaca_simulator.exchange.valuation import options_buying_power
from alpaca_simulator.exchange.world import World

_CENT: Final = Decimal("0.01")
_LONG_OPTIONS: Final = 2
_SPREADS: Final = 3
_NOTHING: Final = Decimal(0)


def reserve(world: World, ticket: Ticket, *, instead_of: str = "") -> Decimal:
    """The dollars each unit of the order binds while it is open. Raises a 403 `Refusal`.

    `instead_of` is the order that this one replaces: what that one binds does not count.
    """
    if ticket.closing:
        _check_closing(world, ticket, instead_of)
    if not ticket.opening:
        return _NOTHING
    if ticket.is_stock:
        return _reserve_stock(world, ticket, instead_of)
    _check_level(world, ticket)
    if not ticket.is_mleg and ticket.rows[0].side is Side.SELL:
        return _reserve_short(world, ticket, instead_of)
    _check_cover_inside(ticket)
    return _reserve_package(world, ticket, instead_of)


def unit_price(world: World, ticket: Ticket) -> Decimal:
    """The net debit per share the order may come to: its limit, else natural right now."""
    request = ticket.request
    price = request.limit_price if request.limit_price is not None else request.stop_price
    if price is not None:
        return price if ticket.is_mleg else price * ticket.rows[0].side.sign
    return sum((_natural(world, row) * row.signed for row in ticket.rows), Decimal(0))


def _natural(world: World, row: Row) -> Decimal:
    quote = world.market.quote(row.symbol)
    if quote is None:
        return Decimal(0)
    return quote.ask if row.side is Side.BUY else quote.bid


def _exposures(world: World, underlying: str, rows: list[tuple[str, int]]) -> Exposure:
    """Holdings as if all working simple sales had filled, and `rows` on top."""
    holdings = {symbol: it.qty for symbol, it in world.ledger.holdings.items()}
    leaving = [
        (row.symbol, -row.open_qty)
        for order in world.book.working()
        if not order.is_mleg
        for row in order.contracts
        if row.side is Side.SELL
    ]
    return exposure_of(underlying, combined(holdings.items(), leaving, rows))


def _underlying(ticket: Ticket) -> str:
    contract = ticket.rows[0].contract
    return contract.underlying if contract else ticket.rows[0].symbol


def _check_closing(world: World, ticket: Ticket, instead_of: str) -> None:
    """Sales of longs and shares must not strip the cover off shorts that stay.

    Calls left alone are refused. Puts left alone would be cash-secured ones, so cash decides, as
    users of the live API report.
    """
    name = _underlying(ticket)
    trades = [(row.symbol, row.signed * ticket.qty) for row in ticket.closing]
    before, after = _exposures(world, name, []), _exposures(world, name, trades)
    if after.uncovered(Kind.CALL) > before.uncovered(Kind.CALL):
        raise uncovered()
    if after.uncovered(Kind.PUT) > before.uncovered(Kind.PUT):
        required = after.requirement() - before.requirement()
        available = options_buying_power(world, but=instead_of)
        if required > available:
            raise insufficient_for_cash_secured_put(required, available)


def _check_level(world: World, ticket: Ticket) -> None:
    level = world.options_level
    if level == 0:
        raise forbidden("account not authorized to trade options")
    if ticket.is_mleg and level < _SPREADS:
        raise forbidden("account not eligible to trade spreads or uncovered contracts")
    if ticket.rows[0].side is Side.BUY and level < _LONG_OPTIONS:
        raise forbidden("account not eligible to trade long option contracts")


def _check_cover_inside(ticket: Ticket) -> None:
    legs = tuple((row.contract, row.signed) for row in ticket.opening if row.contract)
    inside = Exposure(legs)
    if inside.uncovered(Kind.CALL) or inside.uncovered(Kind.PUT):
        raise uncovered()


def _reserve_package(world: World, ticket: Ticket, instead_of: str) -> Decimal:
    """Maintenance margin added plus the net price: what Alpaca calls a package's cost basis."""
    name = _underlying(ticket)
    trades = [(row.symbol, row.signed * ticket.qty) for row in ticket.rows]
    added = _exposures(world, name, trades).requirement()
    added -= _exposures(world, name, []).requirement()
    required = max(added + unit_price(world, ticket) * ticket.qty * MULTIPLIER, _NOTHING)
    available = options_buying_power(world, but=instead_of)
    if required > available:
        raise insufficient_options_buying_power(required, available)
    return (required / ticket.qty).quantize(_CENT)


def _reserve_short(world: World, ticket: Ticket, instead_of: str) -> Decimal:
    """A short put alone binds its strike in cash; a short call alone needs 100 free shares."""
    contract = ticket.rows[0].contract
    if contract is None or contract.kind is Kind.CALL:
        _check_shares(world, ticket, contract)
        return _NOTHING
    required = contract.strike * MULTIPLIER * ticket.qty
    available = options_buying_power(world, but=instead_of)
    if required > available:
        raise insufficient_for_cash_secured_put(required, available)
    return contract.strike * MULTIPLIER


def _check_shares(world: World, ticket: Ticket, contract: Contract | None) -> None:
    name = _underlying(ticket)
    written = Exposure(_exposures(world, name, []).contracts).uncovered(Kind.CALL)
    selling, _ = world.book.held(name, Side.SELL)
    free = max(world.ledger.qty(name) - selling - written * MULTIPLIER, 0)
    required = ticket.qty * MULTIPLIER
    if contract is not None and required > free:
        raise insufficient_underlying(
            symbol=contract.symbol,
            underlying_asset_id=asset_id(name),
            required=required,
            available=free,
        )


def _reserve_stock(world: World, ticket: Ticket, instead_of: str) -> Decimal:
    if ticket.rows[0].side is Side.SELL:
        raise forbidden("account is not allowed to short")
    price = unit_price(world, ticket)
    multiplier = world.scenario.account.multiplier
    available = options_buying_power(world, but=instead_of) * multiplier
    if price * ticket.qty > available:
        raise forbidden(
            "insufficient buying power",
            {"buying_power": str(available), "cost_basis": str(price * ticket.qty)},
        )
    return (price / multiplier).quantize(_CENT)
