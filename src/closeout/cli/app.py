"""The command line's root. Its commands talk to a running server."""

import typer

from closeout.cli import closes, groups, pacing, positions

app = typer.Typer(
    help="Close Alpaca option strategies as one order, and see proof that they are gone.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

app.command("positions")(positions.list_positions)
app.command("position")(positions.show)
app.command("past")(positions.past)
app.command("preview")(positions.preview)
app.command("close")(positions.close)
app.command("closes")(closes.list_closes)
app.command("history")(closes.history)
app.command("cancel")(closes.cancel)
app.command("faster")(pacing.faster)
# A credit is negative, and must not be taken for an option.
app.command("limit", context_settings={"ignore_unknown_options": True})(pacing.limit)
app.command("status")(closes.status)
app.add_typer(groups.app, name="group")
