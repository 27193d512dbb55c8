"""The one place that wires real objects together."""

import logging
import os
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from pathlib import Path

import structlog
import uvicorn

from closeout.alpaca import AlpacaBroker, AlpacaQuotes, Credentials, Endpoints
from closeout.api.app import create_app
from closeout.api.deps import Desk
from closeout.closing.staleness import Tolerance
from closeout.config import Mode, Settings
from closeout.data_folder import data_folder, hold_folder, journal_url
from closeout.journal.store import SqlJournal
from closeout.runtime.announcements import Announcements
from closeout.runtime.budget import Budget
from closeout.runtime.clock import SystemClock
from closeout.runtime.embedded import EmbeddedSimulator
from closeout.runtime.engine import Engine
from closeout.runtime.outlooks import Outlooks

log = structlog.get_logger(__name__)


def configure_logging(settings: Settings) -> None:
    """Structured lines on stderr: coloured for a terminal, JSON for machines."""
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if settings.log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.getLevelNamesMapping()[settings.log_level.upper()]
        ),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def process_name() -> str:
    """Name this process to people who look for it, perhaps from another machine."""
    return f"Process {os.getpid()} on {socket.gethostname()}"


def endpoints(settings: Settings, simulator_url: str | None) -> Endpoints:
    """Return where Alpaca is, with every override applied."""
    plain = Endpoints.alpaca(paper=settings.mode is not Mode.LIVE)
    fallback = simulator_url or (None if settings.has_keys else settings.trading_url)
    return Endpoints(
        trading_url=settings.trading_url or fallback or plain.trading_url,
        data_url=settings.data_url or fallback or plain.data_url,
        stream_url=settings.stream_url or fallback or plain.stream_url,
    )


def credentials(settings: Settings) -> Credentials:
    """Return the keys; a simulator takes any."""
    if settings.alpaca_api_key is None or settings.alpaca_secret_key is None:
        return Credentials("simulated", "simulated")
    return Credentials(
        settings.alpaca_api_key.get_secret_value(),
        settings.alpaca_secret_key.get_secret_value(),
    )


@asynccontextmanager
async def _simulator(settings: Settings, folder: Path) -> AsyncIterator[str | None]:
    if not settings.embeds_simulator:
        yield None
        return
    simulator = await EmbeddedSimulator.start(
        scenario=settings.scenario, seed=settings.seed, world=folder / "world.json"
    )
    try:
        yield simulator.url
    finally:
        await simulator.stop()


@asynccontextmanager
async def _journal(settings: Settings) -> AsyncIterator[SqlJournal]:
    journal = await SqlJournal.start(journal_url(settings))
    try:
        await journal.bind(settings.mode.value.lower())
        yield journal
    finally:
        await journal.close()


@asynccontextmanager
async def open_desk(settings: Settings) -> AsyncIterator[Desk]:
    """
    Wire one account: simulator if there are no keys, journal, adapter, engine.

    Raises:
        CloseoutError: something it needs is missing; the message says what to do.
    """
    folder, clock = data_folder(settings), SystemClock()
    budget = Budget(clock)
    with hold_folder(settings):
        async with (
            _simulator(settings, folder) as simulator_url,
            _journal(settings) as journal,
            AlpacaBroker(
                credentials(settings),
                endpoints(settings, simulator_url),
                clock=clock,
                on_rate=lambda rate: budget.note(rate.limit, rate.remaining),
            ) as broker,
            AlpacaQuotes(
                credentials(settings),
                endpoints(settings, simulator_url),
                clock=clock,
                option_feed=settings.option_feed,
                stock_feed=settings.stock_feed,
            ) as quotes,
        ):
            engine = Engine(
                broker,
                quotes,
                journal,
                clock,
                me=process_name(),
                option_feed=settings.option_feed,
                budget=budget,
                tolerance=Tolerance(settings.preview_ticks, settings.preview_half_spread),
            )
            yield Desk(
                engine=engine,
                outlooks=Outlooks(
                    engine.book, quotes, clock, engine.feed, rate=settings.model_rate
                ),
                announcements=Announcements(engine.book, quotes, clock, engine.feed),
                clock=clock,
                mode=settings.mode.value,
                option_feed=settings.option_feed,
                version=version("closeout"),
            )


def find_page(settings: Settings) -> Path | None:
    """Return the built page: where it is set, beside the sources, or in the package."""
    here = Path(__file__).resolve().parent
    candidates = (settings.page_dir, here.parents[1] / "frontend" / "dist", here / "page")
    return next((each for each in candidates if each is not None and each.is_dir()), None)


async def serve(settings: Settings) -> None:
    """
    Run the server until it is told to stop.

    Raises:
        CloseoutError: it could not start; the message says what to do.
    """
    async with open_desk(settings) as desk:
        page = find_page(settings)
        if page is None:
            log.warning("page.missing", advice="build it with: make build")
        app = create_app(desk, page=page, allowed_hosts=settings.hosts)
        config = uvicorn.Config(
            app,
            host=settings.host,
            port=settings.port,
            log_level="warning",
            access_log=False,
            ws_per_message_deflate=False,
            # Nothing here goes by where a caller says it comes from.
            proxy_headers=False,
            timeout_graceful_shutdown=3,
        )
        await _Server(config, desk).serve()


class _Server(uvicorn.Server):
    """Says where it listens: with port 0 only now is that known."""

    def __init__(self, config: uvicorn.Config, desk: Desk) -> None:
        super().__init__(config)
        self._desk = desk

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            port = self.servers[0].sockets[0].getsockname()[1]
            log.info("closeout.listening", url=f"http://localhost:{port}", mode=self._desk.mode)
