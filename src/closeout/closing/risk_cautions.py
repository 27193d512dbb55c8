"""What a close leaves behind or runs into: expiry, assignment, cover, other holders."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from closeout.closing.aftermath import cover, quantities, remaining_legs
from closeout.closing.conflicts import find_conflicts
from closeout.closing.scene import Caution, CautionCode, Scene, Severity
from closeout.domain.coverage import uncovered_contracts
from closeout.domain.occ import Right
from closeout.domain.quotes import Quote
from closeout.domain.session import EXCHANGE_ZONE, cut_offs, exchange_date
from closeout.domain.strategies import Leg

_LITTLE_EXTRINSIC = Decimal("0.10")
"""
Dollars per share. A holder gives this up by exercising early, so below it little keeps him
from doing so, and a dividend of as much makes it pay.
"""


def risk_cautions(scene: Scene) -> Iterator[Caution]:
    yield from _expiry_cautions(scene)
    yield from _cover_cautions(scene)
    yield from _assignment_cautions(scene)
    yield from _holder_cautions(scene)


def _expiry_cautions(scene: Scene) -> list[Caution]:
    today = exchange_date(scene.now)
    closing = set(scene.plan.symbols)
    expiring = [
        leg.symbol
        for leg in scene.strategy.legs
        if leg.option is not None and leg.option.expiry == today and leg.symbol in closing
    ]
    if not expiring:
        return []
    session_close = scene.market.next_close if scene.market and scene.market.is_open else None
    limits = cut_offs(scene.strategy.underlying, today, session_close)
    late = scene.now >= limits.last_order
    return [
        Caution(
            CautionCode.EXPIRING_TODAY,
            Severity.DANGER if late else Severity.WARNING,
            f"{', '.join(expiring)} expire{'s' if len(expiring) == 1 else ''} today. Alpaca may "
            f"refuse orders from {_clock(limits.last_order)} and sell or buy back by itself from "
            f"{_clock(limits.liquidation)} New York time, earlier in a fast market"
            + (": that is now." if late else "."),
        )
    ]


def _clock(at: datetime) -> str:
    return at.astimezone(EXCHANGE_ZONE).strftime("%H:%M")


def _assignment_cautions(scene: Scene) -> list[Caution]:
    spot = scene.quotes.get(scene.strategy.underlying)
    if spot is None or spot.mid is None:
        return []
    return [
        caution
        for leg in scene.strategy.legs
        if (caution := _assignment(leg, spot.mid, scene.quotes.get(leg.symbol))) is not None
    ]


def _assignment(leg: Leg, spot: Decimal, quote: Quote | None) -> Caution | None:
    """Warn of a short option in the money with little left in it but its intrinsic value."""
    option = leg.option
    if option is None or not leg.is_short or quote is None or quote.mid is None:
        return None
    is_call = option.right is Right.CALL
    intrinsic = spot - option.strike if is_call else option.strike - spot
    extrinsic = max(Decimal(0), quote.mid - intrinsic)
    if intrinsic <= 0 or extrinsic >= _LITTLE_EXTRINSIC:
        return None
    dividend = (
        " The night before an ex-dividend date it is likely; Closeout reads no dividend dates, "
        "so look one up."
        if is_call
        else ""
    )
    return Caution(
        CautionCode.EARLY_ASSIGNMENT,
        Severity.WARNING,
        f"{leg.symbol} is short, {intrinsic:.2f} in the money, with {extrinsic:.2f} of "
        f"other value left: it may be assigned any night.{dividend}",
        leg.symbol,
    )


def _cover_cautions(scene: Scene) -> list[Caution]:
    whole = cover(scene.holdings, scene.plan)
    bare = whole.uncovered_after - whole.uncovered_before
    if bare > 0:
        return [
            Caution(
                CautionCode.LEAVES_NAKED,
                Severity.DANGER,
                f"This would leave {bare} short contract{'' if bare == 1 else 's'} naked, which "
                "Alpaca refuses. Close the short leg first, or the whole strategy.",
            )
        ]
    left = {leg.symbol: Decimal(leg.quantity) for leg in remaining_legs(scene.strategy, scene.plan)}
    own = {leg.symbol: Decimal(leg.quantity) for leg in scene.strategy.legs}
    alone = uncovered_contracts(left) - uncovered_contracts(own)
    if alone <= 0:
        return []
    return [
        Caution(
            CautionCode.LEAVES_SHORT,
            Severity.WARNING,
            f"This takes the cover from {alone} short contract{'' if alone == 1 else 's'} of the "
            "strategy. Other holdings of the account cover them now.",
        )
    ]


def _holder_cautions(scene: Scene) -> list[Caution]:
    held = quantities(scene.holdings)
    found = [
        Caution(
            CautionCode.HELD_ELSEWHERE,
            Severity.WARNING,
            f"Order {conflict.order.order_id} at Alpaca holds contracts of "
            f"{', '.join(leg.symbol for leg in conflict.legs)}: they are not free while it works.",
        )
        for conflict in find_conflicts(scene.plan, scene.open_orders)
        if conflict.holds
    ]
    closing = set(scene.plan.symbols)
    shared = [
        leg.symbol
        for leg in scene.strategy.legs
        if leg.symbol in closing and held.get(leg.symbol, Decimal(0)) != leg.quantity
    ]
    if shared:
        found.append(
            Caution(
                CautionCode.SHARED_CONTRACTS,
                Severity.INFO,
                f"The account holds other contracts of {', '.join(shared)} than this strategy's: "
                "Alpaca keeps one net holding, and only this strategy's part is closed.",
            )
        )
    return found
