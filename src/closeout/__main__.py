"""The `closeout` command."""

import json
from typing import Annotated

import typer

from closeout.cli.app import app


@app.command()
def serve(
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Listen here instead of 8002.")
    ] = None,
    *,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Forget the simulated world and start anew.")
    ] = False,
) -> None:
    """Serve the page and the API; on the simulator unless Alpaca keys are set."""
    # The server's own imports take most of a second, which no other command should pay.
    import asyncio  # noqa: PLC0415

    from pydantic import ValidationError  # noqa: PLC0415

    from closeout import bootstrap  # noqa: PLC0415
    from closeout.config import Mode, Settings  # noqa: PLC0415
    from closeout.domain.errors import CloseoutError  # noqa: PLC0415

    try:
        settings = Settings()
        if port is not None:
            settings = settings.model_copy(update={"port": port})
        bootstrap.configure_logging(settings)
        if fresh and settings.mode is not Mode.SIMULATED:
            _fail("--fresh is for the simulated world; with keys set there is a real account.")
        if fresh:
            bootstrap.forget_simulated_world(settings)
        asyncio.run(bootstrap.serve(settings))
    except ValidationError as problem:
        _fail("; ".join(f"{error['loc'] or ''} {error['msg']}" for error in problem.errors()))
    except CloseoutError as problem:
        _fail(str(problem))


@app.command(hidden=True)
def openapi() -> None:
    """Print the HTTP contract as an OpenAPI document."""
    from closeout.api.app import openapi_document  # noqa: PLC0415

    typer.echo(json.dumps(openapi_document(), indent=1))


def _fail(message: str) -> None:
    typer.echo(f"closeout: {message}", err=True)
    raise SystemExit(2)


def main() -> None:
    """Run the command line."""
    app(prog_name="closeout")


if __name__ == "__main__":
    main()
