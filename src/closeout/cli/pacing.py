"""What the command line says of a price walk."""

from dataclasses import dataclass
from typing import Annotated

import typer

from closeout.cli import render
from closeout.cli.http import Json, ServerRefused, fail, post

Pace = Annotated[
    str | None,
    typer.Option(
        help="Walk from mid to natural: patient (5 min), normal (60 s), urgent (15 s) or custom. "
        "Means --limit."
    ),
]
Worst = Annotated[
    str | None, typer.Option(help="The limit the walk never goes beyond, signed as a limit.")
]
WorstPnl = Annotated[
    str | None, typer.Option(help="The same as dollars of realised P&L of the whole close.")
]
AtEnd = Annotated[
    str | None,
    typer.Option(help="When the time is used up: rest (as before), cancel, or cross to natural."),
]
Budget = Annotated[int | None, typer.Option(help="A custom pace's time, in seconds.")]
Interval = Annotated[int | None, typer.Option(help="A custom pace's seconds between steps.")]
Start = Annotated[
    str | None, typer.Option(help="A custom pace's start: a share of the way, 0 is mid.")
]
End = Annotated[str | None, typer.Option(help="A custom pace's end, 1 is natural.")]


@dataclass(frozen=True, slots=True)
class Walk:
    """What was said of a walk; the server judges it."""

    pace: str | None = None
    worst: str | None = None
    worst_pnl: str | None = None
    at_end: str | None = None
    budget: int | None = None
    interval: int | None = None
    start: str | None = None
    end: str | None = None

    def body(self) -> Json:
        """Return the part of a request that speaks of the walk."""
        return _said(
            pace=self.pace,
            worst_price=self.worst,
            worst_pnl=self.worst_pnl,
            at_end=self.at_end,
            walk=_said(
                budget_seconds=self.budget,
                interval_seconds=self.interval,
                start_share=self.start,
                end_share=self.end,
            )
            or None,
        )


def _said(**fields: object) -> Json:
    return {name: value for name, value in fields.items() if value is not None}


def faster(close_id: Annotated[str, typer.Argument(help="The close's id.")]) -> None:
    """Let a walking close go on at the next faster pace; from urgent, cross to natural."""
    _change(close_id, "faster", {})


def limit(
    close_id: Annotated[str, typer.Argument(help="The close's id.")],
    price: Annotated[str, typer.Argument(help="The limit to rest at, signed as a limit.")],
) -> None:
    """Stop the walk of a close and let its order rest at this limit."""
    _change(close_id, "limit", {"limit_price": price})


def _change(close_id: str, what: str, body: Json) -> None:
    try:
        answer = post(f"/api/closes/{close_id}/{what}", body)
    except ServerRefused as refusal:
        raise fail(refusal) from refusal
    render.console.print(answer["message"])
    render.walk(answer["close"])
