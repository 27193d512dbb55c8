"""
What to know before confirming a close. It warns and never bars: guards and the broker do.

Codes are stable; `docs/reference/warnings.md` lists them.
"""

from closeout.closing.quote_cautions import quote_cautions
from closeout.closing.risk_cautions import risk_cautions
from closeout.closing.scene import Caution, CautionCode, Scene, Severity
from closeout.domain.orders import OrderType
from closeout.domain.session import EXCHANGE_ZONE

_WORST_FIRST = (Severity.DANGER, Severity.WARNING, Severity.INFO)


def cautions(scene: Scene) -> tuple[Caution, ...]:
    """Return what stands out, worst first."""
    found = [
        *quote_cautions(scene),
        *risk_cautions(scene),
        *_order_cautions(scene),
        *_session_cautions(scene),
    ]
    return tuple(sorted(found, key=lambda caution: _WORST_FIRST.index(caution.severity)))


def _session_cautions(scene: Scene) -> list[Caution]:
    found = []
    market = scene.market
    is_limit = scene.plan.steps[0].order_type is OrderType.LIMIT
    if market is not None and not market.is_open and is_limit:
        opens = market.next_open.astimezone(EXCHANGE_ZONE).strftime("%a %d %b %H:%M")
        found.append(
            Caution(
                CautionCode.MARKET_CLOSED,
                Severity.INFO,
                f"The market is closed: the order waits for the session of {opens} New York time "
                "and is over when that ends.",
            )
        )
    if scene.feed == "indicative":
        found.append(
            Caution(
                CautionCode.INDICATIVE_FEED,
                Severity.INFO,
                "Quotes are from the free indicative feed, not the real market: the true "
                "spread may differ.",
            )
        )
    return found


def _order_cautions(scene: Scene) -> list[Caution]:
    steps = scene.plan.steps
    if len(steps) == 1:
        return []
    shares = {leg.symbol for leg in scene.strategy.legs if leg.option is None}
    has_shares = any(symbol in shares for symbol in scene.plan.symbols)
    turns = (
        "Alpaca takes no shares in a multi-leg order, so the options go first, and the shares "
        "when they have filled"
        if has_shares
        else "each goes out when the one before it has filled"
    )
    told = (
        f"{len(steps)} orders, one after another: {turns}. If one ends unfilled, the next is not "
        "sent, and what is left stays open."
    )
    if any(step.walk is not None for step in steps):
        told += " A walk begins in the market of its turn."
    return [Caution(CautionCode.SEVERAL_ORDERS, Severity.INFO, told)]
