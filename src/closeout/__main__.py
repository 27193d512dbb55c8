"""The `closeout` command."""

import json
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from closeout.cli.app import app

if TYPE_CHECKING:
    from pydantic import ValidationError


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
    from uvicorn.loops.auto import auto_loop_factory  # noqa: PLC0415

    from closeout import bootstrap  # noqa: PLC0415
    from closeout.config import Mode, Settings  # noqa: PLC0415
    from closeout.data_folder import forget_simulated_world  # noqa: PLC0415
    from closeout.domain.errors import CloseoutError  # noqa: PLC0415

    try:
        settings = Settings()
        if port is not None:
            settings = settings.model_copy(update={"port": port})
        bootstrap.configure_logging(settings)
        if fresh and settings.mode is not Mode.SIMULATED:
            _fail("--fresh is for the simulated world; with keys set there is a real account.")
        if fresh:
            forget_simulated_world(settings)
        with asyncio.Runner(loop_factory=auto_loop_factory()) as runner:
            runner.run(bootstrap.serve(settings))
    except ValidationError as problem:
        _fail(_sentence(problem))
    except CloseoutError as problem:
        _fail(str(problem))


@app.command()
def doctor() -> None:
    """
    Check settings, journal, owner, broker and page; no server needs to run.

    Nothing is changed. The exit code is 1 when something is wrong.
    """
    import asyncio  # noqa: PLC0415

    from pydantic import ValidationError  # noqa: PLC0415

    from closeout import bootstrap  # noqa: PLC0415
    from closeout.config import Settings  # noqa: PLC0415
    from closeout.doctor import Verdict, examine  # noqa: PLC0415

    async def tell(settings: Settings) -> bool:
        is_well = True
        async for finding in examine(settings):
            typer.echo(f"{finding.verdict.value:6} {finding.about}: {finding.text}")
            is_well = is_well and finding.verdict is not Verdict.WRONG
        return is_well

    try:
        settings = Settings()
    except ValidationError as problem:
        _fail(_sentence(problem))
    bootstrap.configure_logging(settings.model_copy(update={"log_level": "error"}))
    if not asyncio.run(tell(settings)):
        raise SystemExit(1)


@app.command(hidden=True)
def openapi() -> None:
    """Print the HTTP contract as an OpenAPI document."""
    from closeout.api.app import openapi_document  # noqa: PLC0415

    typer.echo(json.dumps(openapi_document(), indent=1))


def _sentence(problem: "ValidationError") -> str:
    return "; ".join(f"{error['loc'] or ''} {error['msg']}" for error in problem.errors())


def _fail(message: str) -> NoReturn:
    typer.echo(f"closeout: {message}", err=True)
    raise SystemExit(2)


def main() -> None:
    """Run the command line."""
    app(prog_name="closeout")


if __name__ == "__main__":
    main()
