"""
The exchange takes a trade back, or corrects it.

The only way in which fills become fewer: a read that says less is an old one. So what orders
have reported stays, and what was taken back is counted beside it. Nothing is sent for it: what
the broker does with the order then is not documented, so the rest is for a person.

A trade of another order concerns a close that sells: where a purchase was taken back a short is
there again, and what is sold may be its cover (invariant I6). So its order is withdrawn, and what
is left goes again when the account shows the short and what it needs.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from closeout.closing.attempts import Attempt
from closeout.closing.busts import Bust
from closeout.closing.cancelling import begin_cancel
from closeout.closing.events import OrderReported, TradeRevised
from closeout.closing.evidence import on_report, settle
from closeout.closing.reports import absorb
from closeout.closing.sending import check
from closeout.closing.state import CloseState, Phase
from closeout.closing.transitions import Result, busted, enter
from closeout.domain.holdings import root_of
from closeout.domain.orders import LegReport, Side

_AT_WORK = (Phase.CLEARING, Phase.SENDING, Phase.UNKNOWN, Phase.WORKING)


def on_trade_revised(state: CloseState, event: TradeRevised) -> Result:
    """Count what was taken back; a close that was over for its fills is a person's again."""
    attempt = state.attempt_for(event.report)
    if attempt is None:
        return _keep_cover(state, event)
    known = {bust.trade for bust in state.busts}
    told_now = _busts(attempt, event, state.busts)
    busts = tuple(bust for bust in told_now if bust.trade not in known)
    if not busts:
        return on_report(state, OrderReported(event.at, event.report, "stream"))
    merged = state.with_attempt(absorb(attempt, event.report))
    revised = replace(merged, busts=(*state.busts, *busts))
    if state.phase is Phase.VERIFYING or state.phase.is_end:
        return enter(revised, Phase.NEEDS_ATTENTION, event.at, busted(revised)), ()
    return settle(revised, event.at)


def _keep_cover(state: CloseState, event: TradeRevised) -> Result:
    """Withdraw an order that may be selling the cover of a short that is there again."""
    if state.phase not in _AT_WORK or state.cancel_requested or not _may_sell_cover(state, event):
        return state, ()
    state = replace(state, undone_at=event.at)
    if state.phase is Phase.CLEARING:
        return state, ()
    recut, order = replace(state, is_recut=True), state.attempt.standing
    if state.unsent:
        return recut, (check(recut),)
    if state.phase is not Phase.WORKING or order is None:
        return recut, ()  # withdrawn when it is known to work
    return begin_cancel(recut, order.order_id, event.at)


def _may_sell_cover(state: CloseState, event: TradeRevised) -> bool:
    """A correction names no trades, so every purchase of its order counts."""
    undone = {trade.symbol for trade in event.undone}
    bought = {
        root_of(leg.symbol)
        for leg in event.report.legs
        if leg.side is Side.BUY and (not undone or leg.symbol in undone)
    }
    return any(
        leg.side is Side.SELL and root_of(leg.symbol) in bought for leg in state.attempt.ticket.legs
    )


def _busts(attempt: Attempt, event: TradeRevised, known: Sequence[Bust]) -> Iterator[Bust]:
    """A correction to less counts what was not taken back before."""
    if event.undone:
        for trade in event.undone:
            yield Bust(
                trade.execution_id, trade.order_id, trade.symbol, trade.quantity, trade.price
            )
        return
    order = event.report
    before = next((each for each in attempt.orders if each.order_id == order.order_id), None)
    for leg in order.legs:
        old = None if before is None else before.leg(leg.symbol)
        if old is None:
            continue
        stood = old.filled - sum(bust.contracts for bust in known if _is_of(bust, leg))
        if leg.filled < stood:
            name = f"{leg.order_id} {stood}>{leg.filled}"
            yield Bust(name, leg.order_id, leg.symbol, stood - leg.filled, old.average_price)


def _is_of(bust: Bust, leg: LegReport) -> bool:
    return (bust.order_id, bust.symbol) == (leg.order_id, leg.symbol)
