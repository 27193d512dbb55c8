"""Alpaca's rows as the domain's values."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import TypeVar, overload

from closeout.alpaca.wire import (
    AccountRow,
    ActionsRow,
    ClockRow,
    ContractRow,
    ExecutionRow,
    FillRow,
    OrderRow,
    PositionRow,
    QuoteRow,
    SettlementRow,
    SnapshotRow,
    Unreadable,
    UpdateRow,
)
from closeout.domain.announcements import Announcement, AnnouncementKind
from closeout.domain.deliverables import ContractTerms, Deliverable
from closeout.domain.holdings import Account, Holding, MarketClock
from closeout.domain.marks import Greeks, OptionMark
from closeout.domain.orders import (
    Execution,
    Fill,
    Intent,
    LegReport,
    OrderReport,
    OrderStatus,
    Side,
    TradeUpdate,
)
from closeout.domain.quotes import Quote
from closeout.domain.session import expires_at
from closeout.domain.settlements import Settlement, SettlementKind

_Word = TypeVar("_Word", Side, Intent)

_BUST = "trade_bust"
_TRADES = frozenset({"fill", "partial_fill", _BUST})
_REVISIONS = frozenset({_BUST, "trade_correct"})
"""Told in Alpaca's activity stream, and by other brokers' trade streams; ready if they come."""


def order_report(row: OrderRow) -> OrderReport:
    """
    Read an order with its nested legs.

    Raises:
        Unreadable: a number is infinite or not a number.
    """
    units = whole(row.qty)
    legs = _legs(row, units)
    return OrderReport(
        order_id=row.id,
        client_order_id=row.client_order_id or "",
        status=_status(row),
        raw_status=row.status or "",
        order_class=row.order_class or "",
        order_type=row.type or row.order_type or "",
        units=units,
        filled_units=whole(row.filled_qty),
        limit=exact(row.limit_price),
        net_price=_net_price(row, legs),
        legs=legs,
        submitted_at=row.submitted_at,
        updated_at=row.updated_at,
        replaced_by=row.replaced_by or None,
        replaces=row.replaces or None,
    )


def fill(row: FillRow) -> Fill:
    """
    Read a FILL activity. Short sales of shares come as `sell_short`.

    Raises:
        Unreadable: a number is infinite or not a number.
    """
    return Fill(
        fill_id=row.id,
        order_id=row.order_id,
        symbol=row.symbol,
        side=Side.BUY if row.side == "buy" else Side.SELL,
        quantity=abs(whole(row.qty)),
        price=exact(row.price),
        at=row.transaction_time,
    )


def settlement(row: SettlementRow) -> Settlement | None:
    """
    Read what happened to contracts without an order; None for an activity of another kind.

    One whose status is `canceled` has not happened (Alpaca's OpenAPI). Some pages
    spell OPEXC as OPXRC.

    Raises:
        Unreadable: a number is infinite or not a number.
    """
    kind = "OPEXC" if row.activity_type == "OPXRC" else row.activity_type
    if kind not in frozenset(SettlementKind) or row.status == "canceled":
        return None
    return Settlement(
        activity_id=row.id,
        kind=SettlementKind(kind),
        symbol=row.symbol,
        quantity=exact(row.qty),
        price=exact(row.price),
        at=expires_at(row.date),
    )


def holding(row: PositionRow) -> Holding:
    """
    Read a position. Short ones carry a negative `qty` and the side `short`; either will do.

    Without `qty_available` nothing is known to be held back.
    """
    size = abs(exact(row.qty))
    is_short = row.side == "short" or row.qty < 0
    available = exact(row.qty_available)
    return Holding(
        symbol=row.symbol,
        quantity=-size if is_short else size,
        available=size if available is None else abs(available),
        average_entry=exact(row.avg_entry_price),
        asset_class=row.asset_class or "",
    )


def account(row: AccountRow) -> Account:
    return Account(
        number=row.account_number,
        status=row.status or "",
        equity=exact(row.equity),
        cash=exact(row.cash),
        options_buying_power=exact(row.options_buying_power),
        options_level=row.options_trading_level,
        blocked_reason=_blocked_reason(row),
    )


def market_clock(row: ClockRow) -> MarketClock:
    return MarketClock(
        is_open=row.is_open, next_open=row.next_open, next_close=row.next_close, at=row.timestamp
    )


def trade_update(row: UpdateRow, received: datetime) -> TradeUpdate:
    """
    Read one message of the trade-updates stream.

    A trade without a time of its own gets the message's, at last the time it was `received`.

    Raises:
        Unreadable: a number is infinite or not a number.
    """
    at = row.timestamp or row.at
    executions = tuple(_executions(row, at or received))
    is_revision = row.event in _REVISIONS
    return TradeUpdate(
        event=row.event,
        event_id=row.event_id or None,
        order=order_report(row.order),
        executions=() if is_revision else executions,
        positions=tuple(_positions(row)),
        at=at,
        is_revision=is_revision,
        undone=executions if row.event == _BUST else (),
    )


def quote(symbol: str, row: QuoteRow) -> Quote | None:
    """
    Read a quote; one without a time is none, since nobody could tell how old it is.

    A price of zero stays zero: for a bid it says that nobody bids.
    """
    if row.t is None:
        return None
    return Quote(
        symbol=symbol,
        bid=exact(row.bp),
        ask=exact(row.ap),
        bid_size=int(row.bs or 0),
        ask_size=int(row.as_ or 0),
        at=row.t,
    )


def contract_terms(row: ContractRow) -> ContractTerms | None:
    """
    Read what a contract delivers; None when Alpaca does not say.

    An amount of zero with delayed settlement is one that is not determined yet (Alpaca's OpenAPI).
    """
    if not row.multiplier or not row.deliverables or row.multiplier != int(row.multiplier):
        return None
    deliverables = (
        Deliverable(
            symbol=each.symbol or "",
            amount=None if each.delayed_settlement and not each.amount else exact(each.amount),
            is_cash=each.type == "cash",
        )
        for each in row.deliverables
    )
    return ContractTerms(int(row.multiplier), tuple(deliverables))


def announcements(row: ActionsRow) -> tuple[Announcement, ...]:
    """Read the dividends and splits of a page of corporate actions."""
    dividends = (
        Announcement(
            AnnouncementKind.DIVIDEND,
            each.symbol,
            each.ex_date,
            rate=each.rate,
            is_special=bool(each.special),
        )
        for each in row.cash_dividends or ()
    )
    splits = (
        Announcement(
            AnnouncementKind.SPLIT,
            each.symbol,
            each.ex_date,
            new=each.new_rate,
            old=each.old_rate,
        )
        for each in (*(row.forward_splits or ()), *(row.reverse_splits or ()))
    )
    return (*dividends, *splits)


def option_mark(symbol: str, row: SnapshotRow, read_at: datetime) -> OptionMark | None:
    """Read greeks and volatility; None when Alpaca gives neither. It does not date them."""
    told = row.greeks
    if told is None and row.volatility is None:
        return None
    return OptionMark(
        symbol=symbol,
        greeks=None
        if told is None
        else Greeks(told.delta, told.gamma, told.theta, told.vega, told.rho),
        volatility=row.volatility or None,
        at=read_at,
    )


@overload
def exact(number: Decimal) -> Decimal: ...
@overload
def exact(number: None) -> None: ...
def exact(number: Decimal | None) -> Decimal | None:
    """Return a number that can be reckoned with; "NaN" is a legal Decimal and no price."""
    if number is not None and not number.is_finite():
        raise Unreadable(f"{number} is no number")
    return number


def whole(number: Decimal | None) -> int:
    """Contracts are whole; a crypto or fractional share order in the list is cut to whole ones."""
    return 0 if number is None else int(exact(number))


def _legs(row: OrderRow, units: int) -> tuple[LegReport, ...]:
    if row.legs:
        return tuple(_leg(leg, units) for leg in row.legs)
    return (_leg(row, units),) if row.symbol else ()


def _leg(row: OrderRow, units: int) -> LegReport:
    quantity = whole(row.qty)
    return LegReport(
        order_id=row.id,
        symbol=row.symbol or "",
        side=_word(Side, row.side),
        intent=_word(Intent, row.position_intent),
        ratio=_ratio(row, quantity, units),
        quantity=quantity,
        filled=whole(row.filled_qty),
        average_price=exact(row.filled_avg_price),
        status=_status(row),
    )


def _ratio(row: OrderRow, quantity: int, units: int) -> int:
    stated = whole(row.ratio_qty)
    return stated or (quantity // units if units else 0) or 1


def _net_price(row: OrderRow, legs: tuple[LegReport, ...]) -> Decimal | None:
    """
    Return the net of the legs' average prices where every leg has one, else the parent's.

    The parent's sign is documented for a debit only, so it is the second choice.
    """
    stated = exact(row.filled_avg_price)
    if not row.legs or not all(_is_priced(leg) for leg in legs):
        return stated
    return sum((_signed_price(leg) for leg in legs), Decimal(0))


def _is_priced(leg: LegReport) -> bool:
    return leg.side is not None and leg.average_price is not None


def _signed_price(leg: LegReport) -> Decimal:
    assert leg.side is not None
    assert leg.average_price is not None
    return leg.side.sign * leg.ratio * leg.average_price


def _status(row: OrderRow) -> OrderStatus:
    try:
        return OrderStatus(row.status or "")
    except ValueError:
        return OrderStatus.UNRECOGNISED


def _word(kind: type[_Word], text: str | None) -> _Word | None:
    try:
        return kind(text or "")
    except ValueError:
        return None


def _blocked_reason(row: AccountRow) -> str | None:
    if row.account_blocked:
        return "Alpaca has blocked the account"
    if row.trading_blocked:
        return "Alpaca has blocked trading in the account"
    if row.trade_suspended_by_user:
        return "trading is suspended in the account's own settings (suspend_trade)"
    if row.status and row.status != "ACTIVE":
        return f"the account's status is {row.status}"
    return None


def _executions(row: UpdateRow, at: datetime) -> Iterable[Execution]:
    if row.legs:
        return (_leg_execution(leg, row, at) for leg in row.legs)
    order = row.order
    if row.event not in _TRADES or not order.symbol or row.price is None or row.qty is None:
        return ()
    return (
        Execution(
            execution_id=row.execution_id or _made_up_id(order.id, row),
            order_id=order.id,
            symbol=order.symbol,
            quantity=abs(whole(row.qty)),
            price=exact(row.price),
            at=at,
        ),
    )


def _leg_execution(leg: ExecutionRow, row: UpdateRow, at: datetime) -> Execution:
    order_id = leg.order_id or row.order.id
    return Execution(
        execution_id=leg.execution_id or _made_up_id(f"{order_id}:{leg.symbol}", row),
        order_id=order_id,
        symbol=leg.symbol,
        quantity=abs(whole(leg.qty)),
        price=exact(leg.price),
        at=leg.timestamp or at,
    )


def _made_up_id(prefix: str, row: UpdateRow) -> str:
    """Name a trade that came without an id by the fill it reached, the same on every repeat."""
    return f"{prefix}:{whole(row.order.filled_qty)}"


def _positions(row: UpdateRow) -> Iterable[tuple[str, int]]:
    if row.position_qtys is not None:
        return ((symbol, whole(quantity)) for symbol, quantity in row.position_qtys.items())
    if row.position_qty is not None and row.order.symbol:
        return ((row.order.symbol, whole(row.position_qty)),)
    return ()
