"""What a close would send and what that would bring, before anything is sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from closeout.closing.plans import Plan, PlanStep
from closeout.domain.errors import NoPrice
from closeout.domain.orders import Side
from closeout.domain.pricing import net_quote
from closeout.domain.quotes import NetQuote, Quote
from closeout.domain.strategies import Leg

QUOTE_STALE_AFTER = timedelta(seconds=30)
_WIDE_SHARE = Decimal("0.25")
_WIDE_MIN = Decimal("0.10")


class Severity(StrEnum):
    """How much a warning should make one pause."""

    INFO = "info"
    WARNING = "warning"
    DANGER = "danger"


@dataclass(frozen=True, slots=True)
class Caution:
    """Something to know before confirming; `code` is stable."""

    code: str
    severity: Severity
    message: str


@dataclass(frozen=True, slots=True)
class StepPreview:
    """A step with what it trades at; `net` is None while a quote is missing."""

    step: PlanStep
    net: NetQuote | None


@dataclass(frozen=True, slots=True)
class Worth:
    """
    Dollars for the whole close, received positive and paid negative, and the P&L it
    realises; None where a price is missing.
    """

    cash_natural: Decimal | None
    cash_mid: Decimal | None
    cash_limit: Decimal | None
    pnl_natural: Decimal | None
    pnl_mid: Decimal | None
    pnl_limit: Decimal | None


def preview_steps(plan: Plan, quotes: Mapping[str, Quote]) -> tuple[StepPreview, ...]:
    return tuple(StepPreview(step, _net(step, quotes)) for step in plan.steps)


def _net(step: PlanStep, quotes: Mapping[str, Quote]) -> NetQuote | None:
    try:
        return net_quote(step.legs, quotes)
    except NoPrice:
        return None


def worth(steps: Sequence[StepPreview], legs: Sequence[Leg]) -> Worth:
    """Add up what the steps bring. `legs` are the legs that are being closed."""
    multipliers = {leg.symbol: leg.multiplier for leg in legs}
    natural = _cash(steps, multipliers, [each.net.natural if each.net else None for each in steps])
    mid = _cash(steps, multipliers, [each.net.mid if each.net else None for each in steps])
    limit = _cash(steps, multipliers, [_signed_limit(each.step) for each in steps])
    cost = _entry_cash(legs)
    return Worth(
        cash_natural=natural,
        cash_mid=mid,
        cash_limit=limit,
        pnl_natural=None if natural is None or cost is None else natural + cost,
        pnl_mid=None if mid is None or cost is None else mid + cost,
        pnl_limit=None if limit is None or cost is None else limit + cost,
    )


def _signed_limit(step: PlanStep) -> Decimal | None:
    """The limit as a net price: a single sell order's price is a credit."""
    if step.limit is None or len(step.legs) > 1:
        return step.limit
    return step.limit * step.legs[0].side.sign


def _cash(
    steps: Sequence[StepPreview], multipliers: Mapping[str, int], nets: Sequence[Decimal | None]
) -> Decimal | None:
    total = Decimal(0)
    for each, net in zip(steps, nets, strict=True):
        if net is None:
            return None
        total -= net * each.step.units * multipliers[each.step.legs[0].symbol]
    return total


def _entry_cash(legs: Sequence[Leg]) -> Decimal | None:
    """Dollars that opening brought (positive) or cost (negative)."""
    total = Decimal(0)
    for leg in legs:
        if leg.entry_price is None:
            return None
        total -= leg.entry_price * leg.quantity * leg.multiplier
    return total


def warnings_for(
    plan: Plan, quotes: Mapping[str, Quote], now: datetime, feed: str
) -> tuple[Caution, ...]:
    """Return what stands out in the quotes and the plan, worst first."""
    found = [warning for step in plan.steps for warning in _step_warnings(step, quotes, now)]
    if len(plan.steps) > 1:
        found.append(
            Caution(
                "several_orders",
                Severity.INFO,
                "Alpaca takes no shares in a multi-leg order: the options go first, and the "
                "shares when they have filled.",
            )
        )
    if feed == "indicative":
        found.append(
            Caution(
                "indicative_feed",
                Severity.INFO,
                "Quotes are from the free indicative feed, not the real market: the true "
                "spread may differ.",
            )
        )
    worst_first = [Severity.DANGER, Severity.WARNING, Severity.INFO]
    return tuple(sorted(found, key=lambda warning: worst_first.index(warning.severity)))


def _step_warnings(step: PlanStep, quotes: Mapping[str, Quote], now: datetime) -> list[Caution]:
    found = []
    for leg in step.legs:
        warning = _quote_warning(leg.symbol, leg.side, quotes.get(leg.symbol), now)
        if warning is not None:
            found.append(warning)
    net = _net(step, quotes)
    if net is not None and _is_wide(net):
        found.append(
            Caution(
                "wide",
                Severity.WARNING,
                f"The spread is wide: trading at once costs {abs(net.natural - net.mid):.2f} a "
                "share against mid. A limit order may do better.",
            )
        )
    return found


def _quote_warning(symbol: str, side: Side, quote: Quote | None, now: datetime) -> Caution | None:
    if quote is None or quote.mid is None:
        return Caution("no_quote", Severity.DANGER, f"{symbol} has no complete quote.")
    if side is Side.SELL and not quote.has_bid:
        return Caution(
            "zero_bid",
            Severity.DANGER,
            f"Nobody bids for {symbol}, which is to be sold: a market order may not fill.",
        )
    if quote.is_crossed:
        return Caution("crossed", Severity.WARNING, f"The quote of {symbol} is crossed.")
    if now - quote.at > QUOTE_STALE_AFTER:
        age = int((now - quote.at).total_seconds())
        return Caution("stale", Severity.WARNING, f"The quote of {symbol} is {age} s old.")
    return None


def _is_wide(net: NetQuote) -> bool:
    half = abs(net.natural - net.mid)
    return half > _WIDE_MIN and half > _WIDE_SHARE * abs(net.mid)
