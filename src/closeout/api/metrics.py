"""What a strategy is worth and may come to, as the contract shows it."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from closeout.api.deps import Desk
from closeout.domain.announcements import Announcement, next_dividend
from closeout.domain.chains import total_realised
from closeout.domain.expiration import next_event
from closeout.domain.marks import Greeks
from closeout.domain.payoff import Risk, exact_risk
from closeout.domain.quotes import Quote
from closeout.domain.session import exchange_date
from closeout.domain.strategies import Leg, Strategy
from closeout.runtime.outlooks import Fixed
from closeout.schemas.metrics import (
    DividendOut,
    GreeksOut,
    LegOutlookOut,
    MetricsOut,
    NextEventOut,
    OutlookOut,
    PayoffOut,
    RiskOut,
    WorthOut,
)
from closeout.schemas.previews import PositionRiskOut
from closeout.schemas.stream import PositionOutlookOut

if TYPE_CHECKING:
    from closeout.domain.outlook import LegOutlook, Outlook, Picture

_CENT = Decimal("0.01")
_TENTH_OF_CENT = Decimal("0.0001")
_DIGITS = 4


def metrics_out(desk: Desk, strategy: Strategy) -> MetricsOut:
    """Show all that is known now."""
    outlook, risk = desk.outlooks.of(strategy), desk.outlooks.risk_of(strategy)
    now, announced = desk.clock.now(), desk.announcements.of(strategy.underlying)
    event = next_event(strategy, now, announced or ())
    return MetricsOut(
        worth=worth_out(desk, strategy),
        pnl_realised=_realised(desk, strategy),
        risk=risk_out(risk) if risk else None,
        outlook=outlook_out(outlook) if outlook else None,
        next_event=NextEventOut(kind=event.kind.value, at=event.at, message=event.message)
        if event
        else None,
        dividend=_dividend_out(announced, exchange_date(now)),
    )


def _dividend_out(announced: Sequence[Announcement] | None, today: date) -> DividendOut:
    if announced is None:
        return DividendOut(status="unknown", ex_date=None, amount=None, special=False)
    coming = next_dividend(announced, today)
    if coming is None:
        return DividendOut(status="none", ex_date=None, amount=None, special=False)
    return DividendOut(
        status="known", ex_date=coming.ex_date, amount=coming.rate, special=coming.is_special
    )


def _realised(desk: Desk, strategy: Strategy) -> Decimal | None:
    history = desk.engine.book.grouping.histories.get(strategy.id)
    return None if history is None else _cents(total_realised(history))


def position_outlook_out(desk: Desk, strategy: Strategy) -> PositionOutlookOut:
    """Show only what a model computes."""
    outlook, risk = desk.outlooks.of(strategy), desk.outlooks.risk_of(strategy)
    return PositionOutlookOut(
        id=strategy.id,
        risk=risk_out(risk) if risk else None,
        outlook=outlook_out(outlook) if outlook else None,
    )


def worth_out(desk: Desk, strategy: Strategy) -> WorthOut:
    """Show what moves with every quote."""
    fixed, risk = desk.outlooks.fixed(strategy), desk.outlooks.risk_of(strategy)
    values = _values(fixed, desk.engine.book.quotes)
    if values is None:
        return _UNPRICED
    natural, mid = values
    cost = fixed.cost
    pnl = None if cost is None else mid - cost
    return WorthOut(
        value_natural=_cents(natural),
        value_mid=_cents(mid),
        net_natural=_net(natural, fixed),
        net_mid=_net(mid, fixed),
        pnl_natural=None if cost is None else _cents(natural - cost),
        pnl_open=_cents(pnl),
        profit_share=_share(pnl, risk.max_profit if risk else None),
        loss_share=_share(pnl, risk.max_loss if risk else None, of_loss=True),
    )


_UNPRICED = WorthOut(
    value_natural=None,
    value_mid=None,
    net_natural=None,
    net_mid=None,
    pnl_natural=None,
    pnl_open=None,
    profit_share=None,
    loss_share=None,
)


def _values(fixed: Fixed, quotes: Mapping[str, Quote]) -> tuple[Decimal, Decimal] | None:
    """
    Return what closing brings at natural and at mid, dollars; None while a quote is missing.

    At natural, what is long is sold at the bid and what is short bought back at the ask.
    """
    natural = at_mid = Decimal(0)
    for leg, size in zip(fixed.legs, fixed.sizes, strict=True):
        quote = quotes.get(leg.symbol)
        mid = None if quote is None else quote.mid
        if quote is None or mid is None or quote.bid is None or quote.ask is None:
            return None
        natural += size * (quote.bid if size > 0 else quote.ask)
        at_mid += size * mid
    return natural, at_mid


def _net(value: Decimal, fixed: Fixed) -> Decimal:
    """Turn dollars into the net price of closing one unit: what is received is a credit."""
    return (-value / fixed.unit_size).quantize(_TENTH_OF_CENT).normalize()


def _share(pnl: Decimal | None, most: Decimal | None, *, of_loss: bool = False) -> Decimal | None:
    """Percent of what can be won or lost; None where nothing can, or no limit is."""
    if pnl is None or most is None or (most >= 0 if of_loss else most <= 0):
        return None
    return (pnl / most * 100).quantize(_CENT)


async def risks_out(desk: Desk, *positions: Sequence[Leg]) -> tuple[PositionRiskOut, ...]:
    """Show what positions may come to, be they held or not: before a close and after it."""
    outlooks = await desk.outlooks.look_at(positions)
    return tuple(
        _position_risk_out(exact_risk(legs) or outlook.modelled, outlook)
        for legs, outlook in zip(positions, outlooks, strict=True)
    )


def _position_risk_out(risk: Risk | None, outlook: "Outlook") -> PositionRiskOut:
    return PositionRiskOut(
        risk=risk_out(risk) if risk else None,
        greeks=_greeks_out(outlook.greeks),
        payoff=payoff_out(outlook.picture),
    )


def risk_out(risk: Risk) -> RiskOut:
    return RiskOut(
        max_profit=_cents(risk.max_profit),
        max_loss=_cents(risk.max_loss),
        unlimited_profit=risk.unlimited_profit,
        unlimited_loss=risk.unlimited_loss,
        break_evens=[each.quantize(_CENT) for each in risk.break_evens],
        modelled=risk.is_modelled,
    )


def outlook_out(outlook: "Outlook") -> OutlookOut:
    return OutlookOut(
        greeks=_greeks_out(outlook.greeks),
        implied_volatility=_rounded(outlook.volatility),
        expected_move=_rounded(outlook.expected_move),
        payoff=payoff_out(outlook.picture),
        legs=[_leg_outlook_out(each) for each in outlook.legs],
    )


def payoff_out(picture: "Picture | None") -> PayoffOut | None:
    if picture is None:
        return None
    return PayoffOut(
        spots=list(picture.spots),
        at_expiry=None if picture.at_expiry is None else list(picture.at_expiry),
        today=None if picture.today is None else list(picture.today),
    )


def _leg_outlook_out(leg: "LegOutlook") -> LegOutlookOut:
    return LegOutlookOut(
        id=leg.id,
        greeks=_greeks_out(leg.greeks),
        implied_volatility=_rounded(leg.volatility),
        source=leg.source.value if leg.source else None,
    )


def _greeks_out(greeks: Greeks | None) -> GreeksOut | None:
    if greeks is None:
        return None
    return GreeksOut(
        delta=round(greeks.delta, _DIGITS),
        gamma=round(greeks.gamma, _DIGITS),
        theta=round(greeks.theta, _DIGITS),
        vega=round(greeks.vega, _DIGITS),
        rho=round(greeks.rho, _DIGITS),
    )


def _rounded(number: float | None) -> float | None:
    return None if number is None else round(number, _DIGITS)


def _cents(dollars: Decimal | None) -> Decimal | None:
    return None if dollars is None else dollars.quantize(_CENT)
