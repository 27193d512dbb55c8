"""A simulator and a server on it, with a strategy for every case."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from protocol.books import Books
from protocol.world import CONDORS, COVERED, write_world
from support.closeout_server import CloseoutServer
from support.simulator import Json, SimulatorProcess, eventually

T = TypeVar("T")
Fault = Mapping[str, Any]

_AT_ONCE = 100
_PLENTY = "1000000"
"""Requests a minute: these tests are not about the budget."""


@dataclass(frozen=True, slots=True)
class Case:
    """One strategy of its own, which nothing else in the test touches."""

    site: "Site"
    position: Json

    @property
    def symbol(self) -> str:
        """One of its contracts; no other strategy has it, so that it can single out a fault."""
        options = [leg for leg in self.position["legs"] if leg["option_type"]]
        return str(options[0]["symbol"])

    def add_faults(self, *faults: Fault) -> None:
        """Let these strike what names a contract of this strategy."""
        self.site.simulator.add_faults(*({**fault, "symbol": self.symbol} for fault in faults))

    def ask(self) -> Json:
        """Ask for the close at market; what was answered."""
        reply = self.site.closeout.post_close(self.position["id"])
        assert reply.status == 200, reply.raw
        return reply.json

    @property
    def close_id(self) -> str:
        """The close of this strategy; there is never a second one in these tests."""
        (found,) = self._closes()
        return str(found["id"])

    def wait_until_begun(self) -> str:
        """The id of its close, once there is one."""
        eventually(self._closes)
        return self.close_id

    def wait_until_received(self) -> None:
        """Return when an order with one of its contracts has reached the broker."""
        eventually(self._was_received)

    def _was_received(self) -> bool:
        posts = self.site.simulator.received("POST", "/v2/orders")
        legs = (leg for each in posts for leg in each["body"].get("legs", ()))
        return any(leg["symbol"] == self.symbol for leg in legs)

    def _closes(self) -> list[Json]:
        every = self.site.closeout.closes()
        return [each for each in every if each["position_id"] == self.position["id"]]

    def wait_for(self, *phases: str) -> Json:
        return self.site.closeout.wait_for(self.close_id, *phases)

    def order(self) -> Json:
        """The newest order of the close at the broker, once there is one."""
        return eventually(lambda: self.site.books.orders(self.close_id))[-1]

    def fill(self, units: int) -> None:
        """Trade that many units of its newest order."""
        self.site.simulator.fill(self.order()["id"], units)

    def ended(self) -> Json:
        """The close once it has come to an end and the broker's books agree with it."""
        state = self.site.closeout.wait_until_ended(self.close_id, within=_LONGEST)
        self.site.books.check(state)
        return state


_LONGEST = 75.0
"""Thirty seconds until an order counts as absent, twice, on a busy machine."""


@dataclass(slots=True)
class Site:
    """`take` hands out strategies; `play` works on many of them at once."""

    simulator: SimulatorProcess
    closeout: CloseoutServer
    books: Books
    _positions: dict[str, Json]
    _condors: Iterator[str] = field(default_factory=lambda: iter(CONDORS))
    _covered: Iterator[str] = field(default_factory=lambda: iter(COVERED))
    _players: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(_AT_ONCE))

    def take(self) -> Case:
        """An iron condor that nobody has touched."""
        return Case(self, self._positions[next(self._condors)])

    def take_covered_call(self) -> Case:
        return Case(self, self._positions[next(self._covered)])

    def play(self, act: Callable[[], T]) -> "Future[T]":
        """Begin now; whoever wants the result waits for it."""
        return self._players.submit(act)

    def end(self) -> None:
        self._players.shutdown(wait=False, cancel_futures=True)


@contextmanager
def open_site(folder: Path, faults: Sequence[Fault] = ()) -> Iterator[Site]:
    """Start both programs; they end with the block."""
    limits = ("--rate-limit", _PLENTY, "--data-rate-limit", _PLENTY)
    scenario = str(write_world(folder))
    with (
        SimulatorProcess(*limits, scenario=scenario, faults=faults) as simulator,
        CloseoutServer(simulator, folder / "data") as closeout,
    ):
        # Quotes that stand still cost nothing, and a market order fills all the same.
        simulator.freeze_market()
        positions = {each["ticker"]: each for each in closeout.positions()}
        assert len(positions) == len(CONDORS) + len(COVERED), "one strategy on each underlying"
        site = Site(simulator, closeout, Books.open(simulator), positions)
        try:
            yield site
        finally:
            site.end()
