"""What a close leaves behind or runs into: expiry, dividends, cover, other holders."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from closeout.closing.aftermath import cover, quantities, remaining_legs
from closeout.closing.conflicts import find_conflicts
from closeout.closing.dividend_cautions import dividend_cautions
from closeout.closing.netting import explain
from closeout.closing.scene import Caution, CautionCode, Scene, Severity
from closeout.domain.coverage import uncovered_contracts
from closeout.domain.session import EXCHANGE_ZONE, cut_offs, exchange_date


def risk_cautions(scene: Scene) -> Iterator[Caution]:
    yield from _expiry_cautions(scene)
    yield from _cover_cautions(scene)
    yield from dividend_cautions(scene)
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
    legs = {leg.symbol: leg for leg in scene.strategy.legs}
    found += [
        Caution(CautionCode.NETTED, Severity.WARNING, explain(legs[each.symbol], each), each.symbol)
        for each in scene.strategy.netted
    ]
    closing = set(scene.plan.symbols) - {each.symbol for each in scene.strategy.netted}
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
