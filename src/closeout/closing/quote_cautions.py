"""What stands out in the quotes of a plan."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal

from closeout.closing.plans import PlanStep
from closeout.closing.preview import net_or_none
from closeout.closing.scene import Caution, CautionCode, Scene, Severity
from closeout.domain.orders import Side
from closeout.domain.quotes import NetQuote, Quote

QUOTE_STALE_AFTER = timedelta(seconds=30)
_WIDE_SHARE = Decimal("0.25")
_WIDE_MIN = Decimal("0.10")


def quote_cautions(scene: Scene) -> Iterator[Caution]:
    """Yield what is said of missing, one-sided, crossed, old and wide quotes, step by step."""
    for step in scene.plan.steps:
        yield from _step_cautions(step, scene)


def _step_cautions(step: PlanStep, scene: Scene) -> list[Caution]:
    found = []
    for leg in step.legs:
        found += _quote_cautions(leg.symbol, leg.side, scene.quotes.get(leg.symbol), scene.now)
    net = net_or_none(step, scene.quotes)
    if net is not None and _is_wide(net):
        found.append(
            Caution(
                CautionCode.WIDE,
                Severity.WARNING,
                f"The spread is wide: trading at once costs {abs(net.natural - net.mid):.2f} a "
                "share against mid. A limit order may do better.",
            )
        )
    return found


def _quote_cautions(symbol: str, side: Side, quote: Quote | None, now: datetime) -> list[Caution]:
    broken = _broken_quote(symbol, side, quote)
    age = None if quote is None else now - quote.at
    if age is None or age <= QUOTE_STALE_AFTER:
        return [] if broken is None else [broken]
    stale = Caution(
        CautionCode.STALE,
        Severity.WARNING,
        f"The quote of {symbol} is {int(age.total_seconds())} s old.",
        symbol,
    )
    return [stale] if broken is None else [broken, stale]


def _broken_quote(symbol: str, side: Side, quote: Quote | None) -> Caution | None:
    if quote is None or (quote.bid is None and quote.ask is None):
        return Caution(CautionCode.NO_QUOTE, Severity.DANGER, f"{symbol} has no quote.", symbol)
    if side is Side.SELL and quote.bid is not None and not quote.has_bid:
        return Caution(
            CautionCode.ZERO_BID,
            Severity.DANGER,
            f"Nobody bids for {symbol}, which is to be sold: a market order may not fill.",
            symbol,
        )
    if quote.mid is None:
        missing = "bid" if quote.bid is None else "ask"
        return Caution(
            CautionCode.ONE_SIDED,
            Severity.DANGER,
            f"{symbol} has no {missing}: only one side is quoted, so there is no mid.",
            symbol,
        )
    if quote.is_crossed:
        return Caution(
            CautionCode.CROSSED, Severity.WARNING, f"The quote of {symbol} is crossed.", symbol
        )
    return None


def _is_wide(net: NetQuote) -> bool:
    half = abs(net.natural - net.mid)
    return half > _WIDE_MIN and half > _WIDE_SHARE * abs(net.mid)
