"""What a strategy is worth and may come to, as the contract shows it."""

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

from closeout.api.deps import Desk
from closeout.domain.expiration import next_event
from closeout.domain.marks import Greeks
from closeout.domain.payoff import Risk, entry_cost
from closeout.domain.quotes import Quote
from closeout.domain.strategies import Leg, Strategy
from closeout.schemas.metrics import (
    GreeksOut,
    LegOutlookOut,
    MetricsOut,
    NextEventOut,
    OutlookOut,
    PayoffOut,
    RiskOut,
    WorthOut,
)
from closeout.schemas.stream import PositionOutlookOut

if TYPE_CHECKING:
    from closeout.domain.outlook import LegOutlook, Outlook, Picture

_CENT = Decimal("0.01")
_TENTH_OF_CENT = Decimal("0.0001")
_DIGITS = 4


def metrics_out(desk: Desk, strategy: Strategy) -> MetricsOut:
    """Show all that is known now."""
    outlook, risk = desk.outlooks.of(strategy), desk.outlooks.risk_of(strategy)
    event = next_event(strategy, desk.clock.now())
    return MetricsOut(
        worth=worth_out(desk, strategy),
        risk=risk_out(risk) if risk else None,
        outlook=outlook_out(outlook) if outlook else None,
        next_event=NextEventOut(kind=event.kind.value, at=event.at, message=event.message)
        if event
        else None,
    )


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
    quotes, risk = desk.engine.book.quotes, desk.outlooks.risk_of(strategy)
    natural, mid = _value_natural(strategy, quotes), _value_mid(strategy, quotes)
    cost = entry_cost(strategy.legs)
    pnl = None if mid is None or cost is None else mid - cost
    return WorthOut(
        value_natural=_cents(natural),
        value_mid=_cents(mid),
        net_natural=_net(strategy, natural),
        net_mid=_net(strategy, mid),
        pnl_natural=None if natural is None or cost is None else _cents(natural - cost),
        pnl_open=_cents(pnl),
        profit_share=_share(pnl, risk.max_profit if risk else None),
        loss_share=_share(pnl, risk.max_loss if risk else None, of_loss=True),
    )


def _value_natural(strategy: Strategy, quotes: Mapping[str, Quote]) -> Decimal | None:
    """Sell what is long at the bid and buy back what is short at the ask."""
    total = Decimal(0)
    for leg in strategy.legs:
        quote = quotes.get(leg.symbol)
        price = None if quote is None else (quote.ask if leg.is_short else quote.bid)
        if quote is None or quote.mid is None or price is None:
            return None
        total += _dollars(leg, price)
    return total


def _value_mid(strategy: Strategy, quotes: Mapping[str, Quote]) -> Decimal | None:
    total = Decimal(0)
    for leg in strategy.legs:
        quote = quotes.get(leg.symbol)
        mid = None if quote is None else quote.mid
        if mid is None:
            return None
        total += _dollars(leg, mid)
    return total


def _dollars(leg: Leg, price: Decimal) -> Decimal:
    return price * leg.quantity * leg.multiplier


def _net(strategy: Strategy, value: Decimal | None) -> Decimal | None:
    """Turn what closing brings into its net price for one unit: what is received is a credit."""
    if value is None:
        return None
    shares_in_unit = max(leg.multiplier for leg in strategy.legs)
    return (-value / (strategy.units * shares_in_unit)).quantize(_TENTH_OF_CENT)


def _share(pnl: Decimal | None, most: Decimal | None, *, of_loss: bool = False) -> Decimal | None:
    """Percent of what can be won or lost; None where nothing can, or no limit is."""
    if pnl is None or most is None or (most >= 0 if of_loss else most <= 0):
        return None
    return (pnl / most * 100).quantize(_CENT)


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
    return PayoffOut.model_construct(
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
