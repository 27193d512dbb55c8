"""A preview, readable in a terminal: what would be sent, what it brings, what stands out."""

from typing import Any

from rich.table import Table

from closeout.cli.render import MISSING, bound, console, dollars, price

Json = dict[str, Any]

_COLOURS = {"danger": "bold red", "warning": "yellow", "info": "cyan"}
_PRICED_AT = (("mid", "Mid"), ("natural", "Natural"), ("limit", "Limit"), ("worst", "Worst"))


def preview(answer: Json) -> None:
    """Print everything a person should see before he confirms."""
    console.print(f"[bold]{answer['ticker']} {answer['strategy']}[/bold]  {answer['feed']} quotes")
    for number, order in enumerate(answer["orders"], start=1):
        _order(order, number, len(answer["orders"]))
    if answer["orders"]:
        _money(answer)
        _account(answer)
    _warnings(answer)
    if answer["problem"]:
        console.print(f"[red]{answer['problem']}[/red]")
    elif answer["expires_at"]:
        console.print(f"Holds until {answer['expires_at'][11:19]} UTC ({answer['preview_id']}).")


def _order(order: Json, number: int, count: int) -> None:
    table = Table(
        title=f"Order {number} of {count}: {_terms(order)}, {order['time_in_force']}, "
        f"{order['units']} unit{'' if order['units'] == 1 else 's'}",
        caption=f"net mid {price(order['mid'])}, natural {price(order['natural'])}, "
        f"worst {price(order['worst'])}",
        title_justify="left",
        caption_justify="left",
    )
    table.add_column("Leg", min_width=max(len(leg["symbol"]) for leg in order["legs"]))
    table.add_column("Action", no_wrap=True)
    for column in ("Qty", "Bid × Ask", "Mid", "Age"):
        table.add_column(column, justify="right", no_wrap=True)
    for leg in order["legs"]:
        # Two lines for what 80 columns do not hold.
        table.add_row(
            leg["symbol"],
            leg["action"].replace("_", " "),
            str(leg["quantity"]),
            f"{price(leg['bid'])} × {price(leg['ask'])}",
            price(leg["mid"]),
            MISSING if leg["quote_age_seconds"] is None else f"{leg['quote_age_seconds']} s",
        )
        table.add_row(
            _fees(leg),
            *("", ""),
            "" if leg["bid_size"] is None else f"{leg['bid_size']} × {leg['ask_size']}",
            style="dim",
        )
    console.print(table)
    if order["instead"]:
        console.print("If it is refused as a package, one after another:")
    for single in order["instead"]:
        (leg,) = single["legs"]
        console.print(
            f"  {leg['action'].replace('_', ' ')} {leg['quantity']} {leg['symbol']}, "
            f"{_terms(single)}"
        )


def _terms(order: Json) -> str:
    return "market" if order["limit_price"] is None else f"limit {price(order['limit_price'])}"


def _fees(leg: Json) -> str:
    """Two a line: as wide as a contract."""
    told = [_fee(fee) for fee in leg["fees"] if fee["amount"] != "0"]
    return ",\n".join(", ".join(told[at : at + 2]) for at in range(0, len(told), 2))


def _fee(fee: Json) -> str:
    return f"{fee['code'].upper()} {fee['amount'] or MISSING}"


def _money(answer: Json) -> None:
    table = Table(box=None, pad_edge=False)
    table.add_column("")
    for _, title in _PRICED_AT:
        table.add_column(title, justify="right")
    table.add_row("Cash", *(dollars(answer[f"cash_{at}"], gain=False) for at, _ in _PRICED_AT))
    table.add_row("P&L", *(dollars(answer[f"pnl_{at}"]) for at, _ in _PRICED_AT))
    console.print(table)


def _account(answer: Json) -> None:
    fees, power = answer["fees"], answer["buying_power"]
    if fees is not None:
        told = MISSING if fees["total"] is None else f"about ${fees['total']} in all"
        unsure = "" if all(fee["confirmed"] for fee in fees["fees"]) else ", by unconfirmed rates"
        console.print(f"Regulatory fees: {told}{unsure}")
    if power is not None:
        before, after, released = (
            dollars(power[name], gain=False) for name in ("before", "after", "released")
        )
        console.print(f"Options buying power: {before} → {after} (margin released {released})")
    _risk(answer["risk_before"], answer["risk_after"])
    if (answer["uncovered_before"], answer["uncovered_after"]) != (0, 0):
        console.print(
            f"Uncovered short contracts: {answer['uncovered_before']} → {answer['uncovered_after']}"
        )
    for leg in answer["remaining_legs"]:
        console.print(f"Remains: {leg['quantity']:+d} {leg['symbol']}")


def _risk(before: Json | None, after: Json | None) -> None:
    """Print the most that can be lost before and after, when legs are left to lose it."""
    if before is None or before["risk"] is None:
        return
    left = "nothing is left" if after is None or after["risk"] is None else _at_most(after["risk"])
    console.print(f"Risk: {_at_most(before['risk'])} → {left}")


def _at_most(risk: Json) -> str:
    ends = " / ".join(map(price, risk["break_evens"])) or MISSING
    return f"max loss {bound(risk, 'loss')}, break-even {ends}"


def _warnings(answer: Json) -> None:
    for conflict in answer["conflicts"]:
        console.print(f"[yellow]conflict: {conflict['message']}[/yellow]")
    for order_id in answer["cancels_first"]:
        console.print(f"[yellow]will be cancelled first: order {order_id}[/yellow]")
    for warning in answer["warnings"]:
        colour = _COLOURS[warning["severity"]]
        console.print(f"[{colour}]{warning['severity']}: {warning['message']}[/{colour}]")
    if answer["market_open"] is False:
        console.print(f"The market is closed; it opens {answer['next_open']}.")
