"""The command line's root. Its commands talk to a running server."""

import typer

app = typer.Typer(
    help="Close Alpaca option strategies as one order, and see proof that they are gone.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


@app.callback()
def root() -> None:
    """Without a command, this help."""
