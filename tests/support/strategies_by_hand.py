"""An options desk by hand: what is held and the orders that opened it."""

from collections.abc import Iterable, Mapping

from support.builders import call, holdings_of, put
from support.past_orders import an_order

from closeout.domain.edits import Edit, assignments
from closeout.domain.grouping import Grouping, group
from closeout.domain.orders import OrderReport
from closeout.domain.strategies import Strategy

CONDOR_A = ((put(430), 1), (put(440), -1), (call(470), -1), (call(480), 1))
CONDOR_B = ((put(430), 1), (put(435), -1), (call(475), -1), (call(480), 1))
"""Two condors of one expiry that share their wings."""
QQQ_SPREAD = ((put(380, "QQQ"), -1), (put(370, "QQQ"), 1))
AAPL_CALENDAR = ((call(200, "AAPL"), -1), (call(200, "AAPL", "270115"), 1))
IWM_BUTTERFLY = ((call(200, "IWM"), 1), (call(210, "IWM"), -2), (call(220, "IWM"), 1))
TSLA_STRADDLE = ((call(300, "TSLA"), -1), (put(300, "TSLA"), -1))

HISTORY = (
    an_order(*CONDOR_A, order_id="a", minute=0, units=10),
    an_order(*CONDOR_B, order_id="b", minute=1, units=5),
    an_order(*QQQ_SPREAD, order_id="q", minute=2, units=3),
    an_order(*AAPL_CALENDAR, order_id="c", minute=3, units=2),
    an_order(*IWM_BUTTERFLY, order_id="i", minute=4, units=2),
    an_order(*TSLA_STRADDLE, order_id="t", minute=5, units=1),
    an_order((call(140, "NVDA"), -1), order_id="n", minute=6, units=2),
    an_order((call(150, "AMD"), 1), order_id="l", minute=7, units=4),
)


def held_after(*orders: OrderReport, shares: Mapping[str, int] | None = None) -> dict[str, int]:
    """Return what an account holds after these orders; what came to nothing has no row."""
    total = dict(shares or {})
    for order in orders:
        for leg in order.legs:
            sign = leg.side.sign if leg.side else 0
            total[leg.symbol] = total.get(leg.symbol, 0) + sign * leg.filled
    return {symbol: quantity for symbol, quantity in total.items() if quantity}


def grouped(
    held: Mapping[str, int | str],
    orders: Iterable[OrderReport] = (),
    owners: Mapping[str, str] | None = None,
    edits: Iterable[Edit] = (),
) -> Grouping:
    return group("PA1", holdings_of(held), orders, owners or {}, assignments=assignments(edits))


def legs_of(strategy: Strategy) -> dict[str, int]:
    return {leg.symbol: leg.quantity for leg in strategy.legs}


def shapes(grouping: Grouping) -> dict[str, dict[str, int]]:
    """Return the legs of every strategy under its id."""
    return {strategy.id: legs_of(strategy) for strategy in grouping.strategies}


def times(shape: Iterable[tuple[str, int]], units: int) -> dict[str, int]:
    return {symbol: ratio * units for symbol, ratio in shape}
