"""The regulatory fees of the orders of a plan, estimated beforehand."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from closeout.closing.plans import Plan, Target
from closeout.domain.fees import Fee, Trade, fees_of
from closeout.domain.occ import option_or_none
from closeout.domain.quotes import Quote


def trade_fees(target: Target, quantity: int, price: Decimal | None, on: date) -> tuple[Fee, ...]:
    """Return the fees of trading so many of a target at `price` dollars per share."""
    is_option = option_or_none(target.symbol) is not None
    return fees_of(Trade(is_option, target.side, quantity, target.multiplier, price), on)


def plan_fees(plan: Plan, quotes: Mapping[str, Quote], on: date) -> dict[str, tuple[Fee, ...]]:
    """Return the fees by symbol, each leg at its mid: only the SEC's share depends on it."""
    return {
        target.symbol: trade_fees(target, target.contracts, _mid(quotes.get(target.symbol)), on)
        for target in plan.targets
    }


def _mid(quote: Quote | None) -> Decimal | None:
    return quote.mid if quote else None
