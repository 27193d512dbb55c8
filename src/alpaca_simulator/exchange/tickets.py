"""An order request read as what it would trade, and refused where its form alone is wrong."""

from dataclasses import dataclass
from decimal import Decimal
from math import gcd
from typing import Final

from alpaca_simulator.exchange.contracts import Contract, parse_occ
from alpaca_simulator.exchange.orders import (
    LegRequest,
    OrderClass,
    OrderRequest,
    OrderType,
    PositionIntent,
    Side,
    TimeInForce,
)
from alpaca_simulator.exchange.refusals import BAD_REQUEST, unprocessable
from alpaca_simulator.exchange.world import World

_FEWEST_LEGS: Final = 2
_MOST_LEGS: Final = 4
_LONGEST_CLIENT_ID: Final = 128
_CENTS: Final = -2
_LIMITED: Final = frozenset({OrderType.LIMIT, OrderType.STOP_LIMIT})
_STOPPED: Final = frozenset({OrderType.STOP, OrderType.STOP_LIMIT})


@dataclass(frozen=True, slots=True)
class Row:
    """One symbol of an order: `ratio` contracts or shares a unit. Stock has no contract."""

    symbol: str
    contract: Contract | None
    side: Side
    intent: PositionIntent
    ratio: int

    @property
    def signed(self) -> int:
        return self.ratio * self.side.sign


@dataclass(frozen=True, slots=True)
class Ticket:
    """A request of right form. `rows` has one element for a simple order, two to four else."""

    request: OrderRequest
    qty: int
    rows: tuple[Row, ...]

    @property
    def is_mleg(self) -> bool:
        return self.request.order_class is OrderClass.MLEG

    @property
    def is_stock(self) -> bool:
        return self.rows[0].contract is None

    @property
    def opening(self) -> tuple[Row, ...]:
        return tuple(row for row in self.rows if row.intent.opens)

    @property
    def closing(self) -> tuple[Row, ...]:
        return tuple(row for row in self.rows if row.intent.closes)


def read_ticket(world: World, request: OrderRequest) -> Ticket:
    """Raises a 422 `Refusal` naming the first thing wrong with the form."""
    check_client_id(world, request.client_order_id)
    if request.order_class is OrderClass.MLEG:
        rows = _package_rows(request)
    else:
        rows = (_simple_row(world, request),)
    is_option = rows[0].contract is not None
    _check_kind(request, is_option=is_option)
    _check_duration(world, request, is_option=is_option)
    check_prices(world, request.type, request.limit_price, request.stop_price, rows)
    return Ticket(request, whole_quantity(request.qty, is_option=is_option), rows)


def whole_quantity(qty: Decimal | None, *, is_option: bool) -> int:
    if qty is None:
        raise unprocessable("qty is required", BAD_REQUEST)
    if qty <= 0:
        raise unprocessable("qty must be > 0", BAD_REQUEST)
    if qty != qty.to_integral_value():
        trading = "options" if is_option else "simulated stock"
        raise unprocessable(f"qty must be integer for {trading} trading")
    return int(qty)


def check_prices(
    world: World,
    kind: OrderType,
    limit: Decimal | None,
    stop: Decimal | None,
    rows: tuple[Row, ...],
) -> None:
    """Presence, sign, decimals and tick of an order's prices."""
    if (limit is None) and kind in _LIMITED:
        raise unprocessable("limit price is required for limit orders")
    if limit is not None and kind not in _LIMITED:
        raise unprocessable("limit price is only valid for limit orders")
    if (stop is None) and kind in _STOPPED:
        raise unprocessable("stop price is required for stop orders")
    if stop is not None and kind not in _STOPPED:
        raise unprocessable("stop price is only valid for stop orders")
    for name, price in (("limit", limit), ("stop", stop)):
        if price is not None:
            _check_price(world, name, price, rows)


def _check_price(world: World, name: str, price: Decimal, rows: tuple[Row, ...]) -> None:
    contract = rows[0].contract
    if not price.is_finite() or (len(rows) == 1 and price <= 0):
        raise unprocessable(f"invalid {name} price")
    if contract is None:
        _check_stock_price(name, price)
        return
    if not _has_decimals(price, _CENTS):
        raise unprocessable(f"{name} price must be limited to 2 decimal places")
    spec = world.market.spec(contract.underlying)
    # Complex books trade in whole cents whatever the ticks of the legs; Alpaca does not say.
    if len(rows) == 1 and spec is not None and price % spec.tick_class.tick(price):
        tick = spec.tick_class.tick(price)
        raise unprocessable(f"invalid {name} price {price}. must be a multiple of {tick}")


def _check_stock_price(name: str, price: Decimal) -> None:
    """Whole cents from $1 on, four decimals below (SEC rule 612; docs: orders at Alpaca)."""
    if not _has_decimals(price, _CENTS if price >= 1 else -4):
        raise unprocessable(
            f"invalid {name}_price {price}. "
            "sub-penny increment does not fulfill minimum pricing criteria"
        )


def _has_decimals(price: Decimal, exponent: int) -> bool:
    return price == price.quantize(Decimal(1).scaleb(exponent))


def check_client_id(world: World, client_order_id: str | None) -> None:
    if not client_order_id:
        return
    if len(client_order_id) > _LONGEST_CLIENT_ID:
        raise unprocessable("client_order_id must be no more than 128 characters", BAD_REQUEST)
    if world.book.knows_client_id(client_order_id):
        raise unprocessable("client_order_id must be unique", BAD_REQUEST)


def _check_kind(request: OrderRequest, *, is_option: bool) -> None:
    plain = request.order_class in {None, OrderClass.SIMPLE, OrderClass.MLEG}
    package = request.order_class is OrderClass.MLEG
    unsuited = request.type is OrderType.TRAILING_STOP or (package and request.type in _STOPPED)
    what = "options" if is_option else "simulated stock"
    if not plain:
        raise unprocessable(f"complex orders not supported for {what} trading")
    if unsuited:
        raise unprocessable(f"invalid order type for {what} trading")
    if request.extended_hours:
        raise unprocessable(f"extended hours is not supported for {what} trading")


def _check_duration(world: World, request: OrderRequest, *, is_option: bool) -> None:
    package = request.order_class is OrderClass.MLEG
    if package and request.time_in_force is TimeInForce.GTC:
        if not world.scenario.rules.gtc_packages:
            raise unprocessable("invalid time in force")
    elif request.time_in_force not in {TimeInForce.DAY, TimeInForce.GTC}:
        what = "options" if is_option else "simulated stock"
        raise unprocessable(
            "invalid time in force"
            if package
            else f"order_time_in_force provided not supported for {what} trading"
        )


def _simple_row(world: World, request: OrderRequest) -> Row:
    if not request.symbol:
        raise unprocessable("symbol is required", BAD_REQUEST)
    if request.side is None:
        raise unprocessable("side is required", BAD_REQUEST)
    inferred = world.inferred_intent(request.symbol, request.side)
    intent = request.position_intent or inferred
    return Row(request.symbol, parse_occ(request.symbol), request.side, intent, 1)


def _package_rows(request: OrderRequest) -> tuple[Row, ...]:
    if not _FEWEST_LEGS <= len(request.legs) <= _MOST_LEGS:
        raise unprocessable("mleg orders must have at least 2 legs and at most 4 legs")
    rows = tuple(_package_row(place, leg) for place, leg in enumerate(request.legs))
    if len({row.symbol for row in rows}) < len(rows):
        raise unprocessable("all legs must have unique symbols")
    if gcd(*(row.ratio for row in rows)) != 1:
        raise unprocessable("leg ratio quantities must be relatively prime")
    _check_one_underlying(rows)
    return rows


def _package_row(place: int, leg: LegRequest) -> Row:
    if leg.position_intent is None:
        raise unprocessable(f"leg.{place} position intent is required")
    if leg.ratio_qty <= 0 or leg.ratio_qty != leg.ratio_qty.to_integral_value():
        raise unprocessable(f"leg.{place} ratio_qty must be a positive integer")
    contract = parse_occ(leg.symbol)
    if contract is None:
        raise unprocessable(
            "equity legs are allowed only with a corresponding amount of call contracts"
        )
    side = leg.side or leg.position_intent.side
    return Row(leg.symbol, contract, side, leg.position_intent, int(leg.ratio_qty))


def _check_one_underlying(rows: tuple[Row, ...]) -> None:
    first = rows[0].contract
    for row in rows[1:]:
        if first and row.contract and row.contract.underlying != first.underlying:
            raise unprocessable(
                f"underlying asset mismatch: {first.underlying} != {row.contract.underlying}"
            )
