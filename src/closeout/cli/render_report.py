"""Reports and history in a terminal."""

from typing import Any

from rich.table import Table

from closeout.cli.render import MISSING, console, dollars, price

Json = dict[str, Any]

_INSTANTS = (("decision", "Decision"), ("first_send", "First send"), ("at_fill", "Fill"))


def report(answer: Json) -> None:
    """Print how the fills compare with the market, and what the close came to."""
    table = Table(
        title=f"Filled {answer['units']} at {price(answer['fill_price'])} net",
        caption=f"{answer['feed'] or 'unknown'} quotes; a positive cost is worse than the price",
        title_justify="left",
        caption_justify="left",
    )
    for column in ("Against", "Mid", "Natural", "Cost to mid", "Cost to natural", "Half-spread"):
        table.add_column(column, justify="left" if column == "Against" else "right", no_wrap=True)
    for name, title in _INSTANTS:
        instant = answer[name]
        table.add_row(
            title,
            price(instant["mid"]),
            price(instant["natural"]),
            _cost(instant["against_mid"]),
            _cost(instant["against_natural"]),
            percent(instant["half_spread_share"]),
        )
    console.print(table)
    fees = answer["fees"]["total"]
    console.print(
        f"P&L {dollars(answer['pnl'])}, cash {dollars(answer['cash'], gain=False)}, "
        f"fees about {MISSING if fees is None else f'${fees}'}, "
        f"flat after {seconds(answer['seconds_to_flat'])}"
    )


def history(answer: Json) -> None:
    """Print ended closes, and what all of them add up to."""
    if not answer["closes"]:
        console.print("No ended closes yet.")
        return
    table = Table()
    for column in ("Ended", "Position", "Phase"):
        table.add_column(column, no_wrap=True)
    for column in ("Cash", "P&L", "Fees", "Half-spread", "Flat after"):
        table.add_column(column, justify="right", no_wrap=True)
    for each in answer["closes"]:
        table.add_row(*_row(each))
    console.print(table)
    _totals("All", answer["totals"])
    for part in answer["by_terms"]:
        _totals(part["terms"], part)
    if answer["next_before"]:
        console.print(f"More: closeout history --before {answer['next_before']}")


def _row(close: Json) -> tuple[str, ...]:
    told = close["report"]
    head = (
        close["ended_at"][:19].replace("T", " "),
        f"{close['ticker']} {close['strategy']}",
        close["phase"].replace("_", " "),
    )
    if told is None:
        return (*head, MISSING, MISSING, MISSING, MISSING, MISSING)
    return (
        *head,
        dollars(told["cash"], gain=False),
        dollars(told["pnl"]),
        MISSING if told["fees"]["total"] is None else f"${told['fees']['total']}",
        percent(told["half_spread_share"]),
        seconds(told["seconds_to_flat"]),
    )


def _totals(name: str, totals: Json) -> None:
    unknown = f" ({totals['pnl_unknown']} unknown)" if totals["pnl_unknown"] else ""
    console.print(
        f"{name}: {totals['closed']} of {totals['closes']} closed, P&L {dollars(totals['pnl'])}"
        f"{unknown}, cash {dollars(totals['cash'], gain=False)}, fees ${totals['fees']}; median "
        f"half-spread {percent(totals['median_half_spread_share'])}, flat after "
        f"{seconds(totals['median_seconds_to_flat'])}"
    )


def percent(share: str | None) -> str:
    """Print a share as whole percent."""
    return MISSING if share is None else f"{float(share):.0%}"


def seconds(value: float | None) -> str:
    return MISSING if value is None else f"{value:.1f} s"


def _cost(cost: Json | None) -> str:
    return MISSING if cost is None else f"{cost['cents']}¢  ${cost['dollars']}"
