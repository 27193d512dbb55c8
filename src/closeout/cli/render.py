"""Tables and sentences for a terminal."""

from decimal import Decimal
from typing import Any

from rich.console import Console
from rich.table import Table

Json = dict[str, Any]

console = Console()
MISSING = "—"


def price(value: str | None) -> str:
    """Print dollars per share with at least two decimals, exact as the server sent them."""
    if value is None:
        return MISSING
    whole, _, decimals = value.partition(".")
    return f"{whole}.{decimals.ljust(2, '0')}"


def dollars(value: str | None, *, gain: bool = True) -> str:
    """Colour a signed dollar amount, thousands apart; the sign says it too."""
    if value is None:
        return MISSING
    sign = "-" if value.startswith("-") else "+"
    text = f"{sign}${Decimal(value.lstrip('-')):,}"
    if not gain:
        return text
    return f"[red]{text}[/red]" if sign == "-" else f"[green]{text}[/green]"


def positions(answer: Json) -> None:
    """Print every strategy with its legs."""
    for each in answer["positions"]:
        position_table(each)
        outside(each)
    if not answer["positions"]:
        console.print("No positions.")
    for left in answer["unassigned"]:
        console.print(
            f"[yellow]Unassigned: {left['quantity']} {left['symbol']}, {left['reason']}[/yellow]"
        )


def essentials(position: Json) -> str:
    """Say in one line what matters beside the P&L; what is not known is left out."""
    metrics = position["metrics"]
    risk, share = metrics["risk"], metrics["worth"]["profit_share"]
    parts = []
    if share is not None:
        parts.append(f"{share}% of max profit")
    if risk is not None:
        parts.append(f"max loss {bound(risk, 'loss')}")
        parts.append(f"break-even {' / '.join(map(price, risk['break_evens'])) or MISSING}")
    if position["days_to_expiry"] is not None:
        parts.append(f"{position['days_to_expiry']} days left")
    return "".join(f"   {part}" for part in parts)


def bound(risk: Json, side: str) -> str:
    """Print the most that can be won (`profit`) or lost (`loss`)."""
    if risk[f"unlimited_{side}"]:
        return "unlimited"
    return dollars(risk[f"max_{side}"], gain=False)


def outside(position: Json) -> None:
    """Print what happened from outside, and what can be done about what is left."""
    for each in position["events"]:
        console.print(f"  [yellow]{(each['at'] or '')[:10]} {each['text']}[/yellow]")
    orphan = position["orphan"]
    if orphan is not None:
        seen = " You leave it as it is." if orphan["is_left"] else ""
        console.print(f"  [bold]Orphan:[/bold] {orphan['reason']}{seen}")
        for repair in orphan["repairs"]:
            console.print(f"    {repair['text']} {repair['position_id'] or ''}".rstrip())


def position_table(position: Json) -> None:
    """Print a strategy with its legs."""
    table = Table(
        title=f"{position['ticker']} {position['strategy']} ×{position['quantity']}",
        caption=f"{position['id']}   P&L {dollars(position['total_pnl'])}{essentials(position)}",
        title_justify="left",
        caption_justify="left",
    )
    table.add_column("Leg", no_wrap=True)
    table.add_column("Side")
    for column in ("Qty", "Entry", "Bid × Ask", "Mid", "P&L"):
        table.add_column(column, justify="right", no_wrap=True)
    for leg in position["legs"]:
        table.add_row(
            leg["symbol"],
            leg["direction"],
            str(leg["quantity"]),
            price(leg["entry_price"]),
            f"{price(leg['bid'])} × {price(leg['ask'])}",
            price(leg["current_price"]),
            dollars(leg["pnl_dollars"]),
        )
    console.print(table)
    for leg in position["legs"]:
        if leg["adjusted"]:
            console.print(f"[yellow]{leg['adjusted']['text']}[/yellow]")
    for each in position["netted_with"]:
        console.print(f"[yellow]{each['message']}[/yellow]")
    for each in position["missing"]:
        console.print(f"[yellow]Gone elsewhere: {each['quantity']} {each['symbol']}[/yellow]")


def past(position: Json, answer: Json) -> None:
    """Print what happened to a position, oldest first."""
    console.print(f"[bold]{position['ticker']} {position['strategy']}[/bold]  {position['id']}")
    for deed in answer["deeds"]:
        at = (deed["at"] or MISSING)[:16].replace("T", " ")
        won = "" if deed["pnl_realised"] in ("0.00", None) else f"  {dollars(deed['pnl_realised'])}"
        console.print(f"{at}  {deed['deed']}{won}")
        for change in deed["changes"]:
            console.print(
                f"  {change['quantity']:+d} {change['symbol']} at {price(change['price'])}"
            )
    if not answer["deeds"]:
        console.print("No order of the history explains it.")
    console.print(f"Realised: {dollars(answer['pnl_realised'])}")


def close(answer: Json) -> None:
    """Print where a close stands."""
    console.print(
        f"{answer['id']}  {answer['ticker']} {answer['strategy']}  "
        f"[bold]{answer['phase'].replace('_', ' ')}[/bold]"
    )
    console.print(f"  {answer['message']}")
    for leg in answer["legs"]:
        console.print(
            f"  {leg['action'].replace('_', ' ')} {leg['symbol']}: {leg['status']}, "
            f"{leg['filled_qty']} of {leg['quantity']} at {price(leg['filled_avg_price'])}"
        )
    if answer["cash"] is not None and answer["ended"]:
        console.print(f"  Cash: {dollars(answer['cash'], gain=False)}")


def walk(answer: Json) -> None:
    """Print where the limit of a walking close stands."""
    line = walk_line(answer)
    if line:
        console.print(line.strip())


def walk_line(answer: Json) -> str:
    """Say in a line how a close walks; nothing when it does not."""
    walk = answer["walk"]
    if walk is None:
        return ""
    state = "resting" if walk["resting"] else f"step {walk['step']} of {walk['steps']}"
    held = f", holding ({walk['holding'].replace('_', ' ')})" if walk["holding"] else ""
    worst = "" if walk["worst"] is None else f", worst {price(walk['worst'])}"
    return (
        f" Limit {price(walk['limit'])}, mid {price(walk['mid'])}, natural "
        f"{price(walk['natural'])}{worst}; {walk['pace']}, {state}{held}."
    )
