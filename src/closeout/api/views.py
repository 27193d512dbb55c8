"""From what the core knows to what the contract shows."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Literal

from closeout.api.deps import Desk
from closeout.api.groups import events_out, missing_out, netted_out, orphan_out
from closeout.api.metrics import metrics_out, worth_out
from closeout.closing.guards import leg_would_uncover
from closeout.closing.netting import tradable_leg
from closeout.domain.deliverables import Deliverable
from closeout.domain.edits import Edit, standing
from closeout.domain.errors import CannotPlan
from closeout.domain.holdings import Holdings
from closeout.domain.quotes import Quote
from closeout.domain.session import exchange_date
from closeout.domain.strategies import OPTION_MULTIPLIER, Leg, Strategy, net_entry
from closeout.runtime.links import Link
from closeout.schemas.positions import AdjustedOut, DeliverableOut, LegOut, PositionOut
from closeout.schemas.status import BreakerOut, LastEditOut, LinkOut, MarketOut, StatusOut
from closeout.schemas.stream import LegQuoteOut, PositionQuoteOut

_CENT = Decimal("0.01")
_TENTH_OF_CENT = Decimal("0.0001")


def position_out(desk: Desk, strategy: Strategy) -> PositionOut:
    """Show a strategy with its quotes as they are now."""
    book = desk.engine.book
    assert book.holdings is not None, "a strategy comes from holdings"
    spot = book.quotes.get(strategy.underlying)
    running = desk.engine.supervisor.running_close(strategy.id)
    expiry = strategy.expiry
    entry = net_entry(strategy)
    return PositionOut(
        id=strategy.id,
        account=strategy.account,
        ticker=strategy.underlying,
        strategy=strategy.name,
        expiry_date=expiry,
        days_to_expiry=(expiry - _exchange_date(desk)).days if expiry else None,
        spot_price=_mid(spot),
        quantity=strategy.units,
        legs=[_leg_out(desk, strategy, leg, book.holdings) for leg in strategy.legs],
        total_pnl=total_pnl(desk, strategy),
        created_at=strategy.opened_at,
        as_of=book.holdings.at,
        net_entry=None if entry is None else entry.quantize(_TENTH_OF_CENT).normalize(),
        grouped_by=strategy.grouped_by.value,
        close_id=running.close_id if running else None,
        spot_at=spot.at if spot else None,
        blocked_reason=None,
        metrics=metrics_out(desk, strategy),
        netted_with=netted_out(strategy),
        missing=missing_out(strategy),
        events=events_out(desk, strategy),
        orphan=orphan_out(desk, strategy),
    )


def position_quote_out(desk: Desk, strategy: Strategy) -> PositionQuoteOut:
    """Show only what moves."""
    spot = desk.engine.book.quotes.get(strategy.underlying)
    return PositionQuoteOut(
        id=strategy.id,
        spot_price=_mid(spot),
        spot_at=spot.at if spot else None,
        total_pnl=total_pnl(desk, strategy),
        worth=worth_out(desk, strategy),
        legs=[
            _leg_quote_out(leg, desk.engine.book.quotes.get(leg.symbol)) for leg in strategy.legs
        ],
    )


def _leg_out(desk: Desk, strategy: Strategy, leg: Leg, holdings: Holdings) -> LegOut:
    quote = _leg_quote_out(leg, desk.engine.book.quotes.get(leg.symbol))
    option = leg.option
    return LegOut(
        id=leg.id,
        symbol=leg.symbol,
        direction="Short" if leg.is_short else "Long",
        strike=option.strike if option else None,
        option_type=None if option is None else ("Call" if option.right.value == "C" else "Put"),
        quantity=leg.contracts,
        entry_price=leg.entry_price,
        current_price=quote.current_price,
        bid=quote.bid,
        ask=quote.ask,
        expiry_date=option.expiry if option else None,
        underlying=leg.underlying,
        pnl_dollars=quote.pnl_dollars,
        pnl_percent=quote.pnl_percent,
        asset_class="us_option" if option else "us_equity",
        ratio=leg.contracts // strategy.units if option else leg.contracts,
        close_action="buy_to_close" if leg.is_short else "sell_to_close",
        quote_at=quote.quote_at,
        blocked_reason=_leg_blocked(strategy, leg, holdings),
        adjusted=adjusted_out(leg),
    )


def adjusted_out(leg: Leg) -> AdjustedOut | None:
    """Show what an adjusted contract is, or that it is not known."""
    if leg.option is None or not leg.option.is_adjusted:
        return None
    known = leg.terms
    what = "what it delivers could not be read" if known is None else f"it delivers {known}"
    summary = "deliverable could not be read" if known is None else f"delivers {known}"
    if known is not None and known.multiplier != OPTION_MULTIPLIER:
        summary += f", price times {known.multiplier}"
    return AdjustedOut(
        multiplier=known.multiplier if known else None,
        deliverables=None if known is None else [_deliverable(each) for each in known.deliverables],
        summary=summary,
        text=f"{leg.symbol} was adjusted by a corporate action: {what}. Payoff and margin are not "
        "known, and it can only be closed.",
    )


def _deliverable(each: Deliverable) -> DeliverableOut:
    kind: Literal["shares", "cash"] = "cash" if each.is_cash else "shares"
    return DeliverableOut(kind=kind, symbol=each.symbol, amount=each.amount)


def _leg_blocked(strategy: Strategy, leg: Leg, holdings: Holdings) -> str | None:
    try:
        part = tradable_leg(strategy, leg, holdings)
    except CannotPlan as problem:
        return str(problem)
    lone = len(strategy.legs) == 1
    return None if lone or not leg_would_uncover(part, holdings) else _COVERS


_COVERS = (
    "This leg covers a short one: sold alone it would leave that naked, and Alpaca refuses it. "
    "Close the short leg first, or the whole strategy."
)


def _leg_quote_out(leg: Leg, quote: Quote | None) -> LegQuoteOut:
    pnl = leg_pnl(leg, quote)
    return LegQuoteOut(
        id=leg.id,
        bid=quote.bid if quote else None,
        ask=quote.ask if quote else None,
        current_price=_mid(quote),
        pnl_dollars=pnl,
        pnl_percent=_pnl_percent(leg, pnl),
        quote_at=quote.at if quote else None,
    )


def leg_pnl(leg: Leg, quote: Quote | None) -> Decimal | None:
    """Open P&L of a leg at mid, dollars; None when a price is missing."""
    mid = _mid(quote)
    if mid is None or leg.entry_price is None:
        return None
    return ((mid - leg.entry_price) * leg.quantity * leg.multiplier).quantize(_CENT)


def _pnl_percent(leg: Leg, pnl: Decimal | None) -> Decimal | None:
    if pnl is None or not leg.entry_price:
        return None
    basis = leg.entry_price * leg.contracts * leg.multiplier
    return (pnl / basis * 100).quantize(_CENT)


def total_pnl(desk: Desk, strategy: Strategy) -> Decimal | None:
    """Open P&L at mid, dollars; None as long as one leg has no price."""
    total = Decimal(0)
    for leg in strategy.legs:
        pnl = leg_pnl(leg, desk.engine.book.quotes.get(leg.symbol))
        if pnl is None:
            return None
        total += pnl
    return total


def _mid(quote: Quote | None) -> Decimal | None:
    return quote.mid if quote else None


def _exchange_date(desk: Desk) -> date:
    return exchange_date(desk.clock.now())


def status_out(desk: Desk) -> StatusOut:
    """Show what is always in sight."""
    engine, now = desk.engine, desk.clock.now()
    book, account = engine.book, engine.book.account
    return StatusOut(
        mode=desk.mode,
        account=account.number if account else "",
        feed=desk.option_feed,
        version=desk.version,
        trading=_link_out(engine.links["trading"]),
        option_data=_link_out(engine.links["options"]),
        stock_data=_link_out(engine.links["stocks"]),
        breaker=BreakerOut(
            state=engine.breaker.state(now).value,
            failures=engine.breaker.failures,
            retry_at=engine.breaker.retry_at,
        ),
        market=_market_out(desk),
        positions_as_of=book.holdings.at if book.holdings else None,
        positions_error=book.holdings_error,
        journal_error=engine.supervisor.journal_error,
        standing_by=_standing_by(engine.ownership.other),
        equity=account.equity if account else None,
        unassigned=[
            f"{each.quantity:f} {each.symbol}: {each.reason}" for each in book.grouping.unassigned
        ],
        last_edit=_last_edit_out(engine.regrouper.edits),
        server_time=now,
    )


def _last_edit_out(edits: Iterable[Edit]) -> LastEditOut | None:
    stand = standing(edits)
    if not stand:
        return None
    return LastEditOut(number=stand[-1].number, at=stand[-1].at, text=stand[-1].text)


def _standing_by(owner: str | None) -> str | None:
    if owner is None:
        return None
    return (
        f"{owner} works this account. This Closeout stands by: it shows the account and sends "
        "nothing, and takes over within seconds when the other one stops."
    )


def _link_out(link: Link) -> LinkOut:
    state = "connecting" if link.up is None else ("up" if link.up else "down")
    return LinkOut.model_validate({"state": state, "since": link.since, "detail": link.detail})


def _market_out(desk: Desk) -> MarketOut:
    market = desk.engine.book.market
    if market is None:
        return MarketOut(is_open=None, next_open=None, next_close=None, as_of=None)
    return MarketOut(
        is_open=market.is_open,
        next_open=market.next_open,
        next_close=market.next_close,
        as_of=market.at,
    )
