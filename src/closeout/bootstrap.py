"""The one place that wires real objects together."""

import fcntl
import hashlib
import logging
import os
import re
import shutil
import socket
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from importlib.metadata import version
from pathlib import Path

import structlog
import uvicorn

from closeout.alpaca import AlpacaBroker, AlpacaQuotes, Credentials, Endpoints
from closeout.api.app import create_app
from closeout.api.deps import Desk
from closeout.closing.staleness import Tolerance
from closeout.config import Mode, Settings
from closeout.domain.errors import CloseoutError
from closeout.journal.store import SqlJournal
from closeout.runtime.announcements import Announcements
from closeout.runtime.budget import Budget
from closeout.runtime.clock import SystemClock
from closeout.runtime.embedded import EmbeddedSimulator
from closeout.runtime.engine import Engine
from closeout.runtime.outlooks import Outlooks

log = structlog.get_logger(__name__)


_LOCK = "lock"


class DataFolderInUse(CloseoutError):
    """Another Closeout works on this data folder, and it cannot be shared."""

    code = "data_folder_in_use"


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


def data_folder(settings: Settings) -> Path:
    """
    Return where journal and world live: one folder per kind of account.

    A simulated world and its journal are together, and never beside a real account's.
    """
    if settings.mode is not Mode.SIMULATED:
        return settings.data_dir / settings.mode.value.lower()
    if not settings.embeds_simulator:
        return settings.data_dir / "simulated" / "_elsewhere"
    return settings.data_dir / "simulated" / _world_name(settings.scenario)


def _world_name(scenario: str) -> str:
    """Name a scenario's folder; a file's gets a mark of its path, which may leave nothing else."""
    if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9-]*", scenario):
        return scenario
    path = Path(scenario).resolve()
    mark = hashlib.sha256(str(path).encode()).hexdigest()[:8]
    return re.sub(r"[^A-Za-z0-9-]+", "-", path.stem).strip("-") + f"_{mark}"


def forget_simulated_world(settings: Settings) -> None:
    """
    Delete the simulated world and its journal. A real account's folder is never touched.

    Raises:
        DataFolderInUse: another process is at work in it.
    """
    assert settings.mode is Mode.SIMULATED, "only a simulated world can start anew"
    folder = data_folder(settings)
    with own_folder(folder):
        for each in folder.iterdir():
            if each.is_dir():
                shutil.rmtree(each)
            elif each.name != _LOCK:
                # The lock stays: a new file of that name would lock nobody out.
                each.unlink()


def hold_folder(settings: Settings) -> AbstractContextManager[None]:
    """
    Hold the data folder: alone for an embedded simulator's world, else with others.

    Processes that share a folder share its journal, which lets one of them work the account.

    Raises:
        DataFolderInUse: see `own_folder`.
    """
    folder = data_folder(settings)
    return own_folder(folder) if settings.embeds_simulator else share_folder(folder)


def own_folder(folder: Path) -> AbstractContextManager[None]:
    """
    Hold the folder for this process alone.

    Raises:
        DataFolderInUse: another process holds it.
    """
    return _locked(folder, fcntl.LOCK_EX)


def share_folder(folder: Path) -> AbstractContextManager[None]:
    """
    Hold the folder together with others who share it, so that nobody deletes it meanwhile.

    Raises:
        DataFolderInUse: another process holds it alone.
    """
    return _locked(folder, fcntl.LOCK_SH)


@contextmanager
def _locked(folder: Path, how: int) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / _LOCK).open("w") as handle:
        try:
            fcntl.flock(handle, how | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DataFolderInUse(
                f"Another Closeout is running on {folder}. Stop it first, or set "
                "CLOSEOUT_DATA_DIR to another folder."
            ) from None
        yield


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


def journal_url(settings: Settings) -> str:
    """Return where the journal is: as set, else in the data folder."""
    file = data_folder(settings) / "journal.db"
    return settings.database_url or f"sqlite:///{file.resolve()}"


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
