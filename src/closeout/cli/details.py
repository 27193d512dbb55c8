"""One position in full, for a terminal."""

from rich.table import Table

from closeout.cli.render import (
    MISSING,
    Json,
    bound,
    console,
    dollars,
    outside,
    position_table,
    price,
)

_ROWS = 13
_BAR = 20


def position(found: Json) -> None:
    """Print everything the server knows of a position."""
    position_table(found)
    metrics = found["metrics"]
    for label, text in (
        *_worth(metrics["worth"]),
        ("P&L realised", dollars(metrics["pnl_realised"])),
        *_risk(metrics["risk"]),
    ):
        console.print(f"{label:<18}{text}")
    _outlook(metrics["outlook"], metrics["risk"])
    if metrics["next_event"]:
        console.print(metrics["next_event"]["message"])
    outside(found)


def _worth(worth: Json) -> list[tuple[str, str]]:
    natural, mid = worth["net_natural"], worth["net_mid"]
    return [
        ("To close, mid", f"{_net(mid)}  ({dollars(worth['value_mid'], gain=False)})"),
        ("To close, natural", f"{_net(natural)}  ({dollars(worth['value_natural'], gain=False)})"),
        ("P&L open", f"{dollars(worth['pnl_open'])}  (natural {dollars(worth['pnl_natural'])})"),
        ("Of max profit", _percent(worth["profit_share"])),
        ("Of max loss", _percent(worth["loss_share"])),
    ]


def _risk(risk: Json | None) -> list[tuple[str, str]]:
    if risk is None:
        return [("Max profit, loss", MISSING)]
    modelled = "  (by a model, at the first expiry)" if risk["modelled"] else ""
    return [
        ("Max profit", bound(risk, "profit") + modelled),
        ("Max loss", bound(risk, "loss")),
        ("Break-even", " / ".join(map(price, risk["break_evens"])) or MISSING),
    ]


def _outlook(outlook: Json | None, risk: Json | None) -> None:
    if outlook is None:
        console.print("Greeks and payoff are being computed; ask again in a moment.")
        return
    greeks = outlook["greeks"]
    if greeks is not None:
        console.print(
            f"{'Greeks':<18}delta {greeks['delta']:.1f}  gamma {greeks['gamma']:.2f}  "
            f"theta {greeks['theta']:.2f}  vega {greeks['vega']:.2f}  rho {greeks['rho']:.2f}"
        )
    if outlook["implied_volatility"] is not None:
        console.print(f"{'Volatility':<18}{outlook['implied_volatility']:.1%}")
    if outlook["expected_move"] is not None:
        console.print(f"{'Expected move':<18}±{outlook['expected_move']:.2f} to the first expiry")
    if outlook["payoff"] is not None:
        _payoff(outlook["payoff"], modelled=bool(risk and risk["modelled"]))


def _payoff(payoff: Json, *, modelled: bool) -> None:
    """Print every few spots of the picture, with a bar for the P&L at expiry."""
    if payoff["at_expiry"] is None:
        return
    table = Table(title="Payoff" + (" at the first expiry, modelled" if modelled else ""))
    for column in ("Spot", "Today", "At expiry"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    widest = max(map(abs, payoff["at_expiry"])) or 1.0
    last = len(payoff["spots"]) - 1
    for row in range(_ROWS):
        index = round(row * last / (_ROWS - 1))
        pnl = payoff["at_expiry"][index]
        today = payoff["today"][index] if payoff["today"] else None
        color = "red" if pnl < 0 else "green"
        bar = "█" * round(abs(pnl) / widest * _BAR)
        table.add_row(
            f"{payoff['spots'][index]:.2f}",
            MISSING if today is None else f"{today:,.0f}",
            f"{pnl:,.0f}",
            f"[{color}]{bar}[/{color}]",
        )
    console.print(table)


def _net(value: str | None) -> str:
    """Say which way money goes: a net price of less than nothing is received."""
    if value is None:
        return MISSING
    return f"{price(value[1:])} credit" if value.startswith("-") else f"{price(value)} debit"


def _percent(value: str | None) -> str:
    return MISSING if value is None else f"{value}%"
