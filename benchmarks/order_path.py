"""
How long Closeout needs from a click to the order on the wire, beside Alpaca's own SDK.

Both send the same multi-leg market order to the same simulator, in turns, in one run. The
clock starts when the request is handed to the socket (Closeout) or when `submit_order` is
called (SDK) and stops when the simulator has received the order; Closeout has by then read
what it must, planned, checked and committed its intent to disk. While Closeout waits for an
answer of the broker its clock stands still: those answers are what the simulator's own log
says they took, and they are printed. Both speak over connections that are open already, and both
come out of the same silence, since a processor that has done something else is several times
slower at first.

Closeout is measured twice: `previewed`, as the page and the command line do it (a preview is
looked at first, so the account was read within the last two seconds, and the request bears an
Idempotency-Key), and `reads first`, out of the blue. The SDK writes nothing to disk; what one
durable commit of SQLite costs on this disk, in the same minutes, stands beside it, and so does
the floor: a server of the same parts that commits one row, sends the order it was given, and does
nothing else (`order_path_floor.py`, also a lean one below what a product may do).

Three tables: p50 and p99 at 1 and at 16 at once; the share of each part, from a server that
notes the time at every station (`order_path_marks.py`, in rounds of its own); and the time
until the last leg of a condor has reached the broker, answers waited for, beside four
single-leg orders of the SDK one after another.

With `--shortcuts` another table instead: what is left when parts of the way are left out, one after
another (`order_path_shortcuts.py`).

    python benchmarks/order_path.py [--rounds 6] [--samples 25] [--shortcuts]
"""

import argparse
import itertools
import json
import secrets
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing as closing_of
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from statistics import median
from threading import Barrier
from typing import Any

from alpaca.trading.client import TradingClient
from alpaca.trading.enums import OrderClass, OrderSide, PositionIntent, TimeInForce
from alpaca.trading.requests import MarketOrderRequest, OptionLegRequest

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests"))  # the same two processes that the tests start

from support.closeout_server import CloseoutServer  # noqa: E402 - needs the path above
from support.simulator import SimulatorProcess, eventually  # noqa: E402 - needs the path above

AT_ONCE = 16
UNITS = 3
DELAYS_MS = (0, 20, 50)
DELAY_SAMPLES = 9
QUIET = 0.1
"""Seconds without a request after which Closeout is at rest: it gathers news for less."""
WARM_UP = 3
"""Orders that warm both sides up and are not counted."""
TICKERS = (
    *("AAPL", "AMD", "AMZN", "AVGO", "BA", "BAC", "CAT", "COIN", "COST", "CRM", "CSCO", "CVX"),
    *("DIS", "F", "GE", "GM", "GOOGL", "HD", "IBM", "INTC", "JNJ", "JPM", "KO", "LLY"),
    *("MCD", "META", "MSFT", "MU", "NFLX", "NKE", "NVDA", "ORCL", "PEP", "PFE", "PG", "PLTR"),
)
MARKS, FLOOR = "order_path_marks.py", "order_path_floor.py"
SHORTCUTS, LEAVES_OUT = "order_path_shortcuts.py", "ORDER_PATH_LEAVES_OUT"
LEFT_OUT = (
    ("as it is", ""),
    ("without an HTTP library towards the broker", "library"),
    ("and the event loop waits for the disk", "library,thread"),
    ("and without FastAPI", "library,thread,router"),
    ("and without a plan or guards", "library,thread,router,plan"),
)
PARTS = (
    ("the request's own way to the server", "sent", "arrived"),
    ("HTTP: until the route has it", "arrived", "asked_from"),
    ("lock, idempotency key, claims", "asked_from", "prepared_from"),
    ("holdings and history, less the broker's answers", "read_from", "read_to"),
    ("plan and guards", "read_to", "prepared_to"),
    ("first event of the close", "prepared_to", "committed_from"),
    ("journal: the intent on disk", "committed_from", "committed_to"),
    ("first effect of the close", "committed_to", "placed_from"),
    ("adapter: body and connection, until it is received", "placed_from", "received"),
)
"""Every part of the path: its name and the marks between which it lies."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One order. Milliseconds; `broker` is what its answers took before the order was sent."""

    total: float
    broker: float = 0.0
    reads: int = 0
    call: float = 0.0
    """SDK: the whole call, less the answer to the order."""

    @property
    def own(self) -> float:
        return self.total - self.broker


@dataclass(frozen=True, slots=True)
class Arrival:
    """What the simulator's log says of one request; seconds since the epoch."""

    method: str
    path: str
    at: float
    answered: float
    order: Any


@dataclass(slots=True)
class Measured:
    """The samples of one way of sending, at 1 and at 16 at once."""

    one: list[Sample] = field(default_factory=list)
    many: list[Sample] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Site:
    simulator: SimulatorProcess
    closeout: CloseoutServer
    positions: Sequence[Any]

    def arrivals(self) -> list[Arrival]:
        return [
            Arrival(each["method"], each["path"], at, at + (each["ms"] or 0) / 1000, each["body"])
            for each in self.simulator.received()
            for at in [datetime.fromisoformat(each["at"]).timestamp()]
        ]

    def let_orders_rest(self) -> None:
        """Have no order fill: what is measured is its way there."""
        self.simulator.add_faults({"on": "POST /v2/orders", "kind": "never_fill", "times": None})

    def cancel_all(self) -> None:
        """Take every order back, and wait until Closeout has seen it and is at rest."""
        self.simulator.send("DELETE", "/v2/orders")
        eventually(lambda: all(each["ended"] for each in self.closeout.closes()))
        self.rest()

    def rest(self) -> None:
        """Wait until Closeout asks the broker for nothing: a click comes out of silence."""
        seen = -1
        while len(self.arrivals()) != seen:
            seen = len(self.arrivals())
            time.sleep(QUIET)
        self.simulator.clear_received()

    def look(self, position: Any) -> None:  # noqa: ANN401 - any JSON
        """Look at what a close would do, as one does before the click."""
        path = f"/api/positions/{position['id']}/close-preview"
        assert self.closeout.post(path, {}).status == 200  # noqa: PLR2004 - HTTP
        self.rest()


def scenario(folder: Path) -> Path:
    """An iron condor on each underlying; quotes stand still unless they are moved."""
    leg = ({"side": "buy", "type": "put", "strike": "-10%"},)
    legs = (
        *leg,
        {"side": "sell", "type": "put", "strike": "-5%"},
        {"side": "sell", "type": "call", "strike": "+5%"},
        {"side": "buy", "type": "call", "strike": "+10%"},
    )
    underlying = {"spot": 200, "vol": 0.4, "strike_step": 5, "depth": 50}
    opening = {"underlyings": TICKERS, "qty": UNITS, "opened": "-9d", "legs": legs}
    world = {
        "clock": {"session": "always_open"},
        "account": {"cash": 5_000_000},
        "market": {"underlyings": dict.fromkeys(TICKERS, underlying)},
        "orders": [{**opening, "expiry": {"days_at_least": 30}}],
    }
    path = folder / "order_path.yaml"
    path.write_text(json.dumps(world))  # JSON is YAML
    return path


@contextmanager
def site(
    program: Sequence[str] | None = None, settings: Mapping[str, str] | None = None
) -> Iterator[Site]:
    """Fresh processes on a fresh disk: no round has the history of another."""
    with tempfile.TemporaryDirectory(dir=HERE.parent, prefix=".bench-") as name:
        folder = Path(name)
        limits = ("--rate-limit", "1000000", "--data-rate-limit", "1000000")
        with (
            SimulatorProcess(*limits, scenario=str(scenario(folder))) as simulator,
            CloseoutServer(simulator, folder / "data", settings, program=program) as closeout,
        ):
            simulator.freeze_market()
            yield Site(simulator, closeout, closeout.positions())


# --- Closeout


class Connection:
    """A kept connection that sends bytes made before: the client's own work is not measured."""

    def __init__(self, url: str, path: str, body: bytes) -> None:
        place = url.removeprefix("http://")
        host, _, port = place.partition(":")
        self._socket = socket.create_connection((host, int(port)))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.sendall(f"GET /api/health HTTP/1.1\r\nHost: {place}\r\n\r\n".encode())
        self.receive()  # a page's connection is open, too
        head = (
            f"POST {path} HTTP/1.1\r\nHost: {place}\r\nContent-Type: application/json\r\n"
            f"Idempotency-Key: {secrets.token_hex(8)}\r\n"
        )
        self._request = head.encode() + b"Content-Length: %d\r\n\r\n" % len(body) + body

    def send(self) -> float:
        """When it was handed to the socket."""
        began = time.time()
        self._socket.sendall(self._request)
        return began

    def receive(self) -> None:
        with self._socket.makefile("rb") as answer:
            assert b"200" in answer.readline(), "the close was refused"
            length = 0
            while (line := answer.readline()) not in (b"\r\n", b""):
                name, _, value = line.partition(b":")
                length = int(value) if name.lower() == b"content-length" else length
            answer.read(length)

    def close(self) -> None:
        self._socket.close()


def click(place: Site, position: Any) -> Connection:  # noqa: ANN401 - any JSON
    body = json.dumps({"position_id": position["id"]}).encode()
    path = f"/api/positions/{position['id']}/close-strategy"
    return Connection(place.closeout.url, path, body)


def close_at_once(place: Site, positions: Sequence[Any]) -> list[Sample]:
    """Close these strategies, all requests in one go."""
    connections = [click(place, each) for each in positions]
    time.sleep(QUIET)
    began = [connection.send() for connection in connections]
    for connection in connections:
        connection.receive()
        connection.close()
    arrivals = place.arrivals()
    samples = [
        closeout_sample(start, order_with(position["legs"][0]["symbol"], arrivals), arrivals)
        for start, position in zip(began, positions, strict=True)
    ]
    place.cancel_all()
    return samples


def order_with(symbol: str, arrivals: Iterable[Arrival]) -> Arrival:
    """The order that trades this contract."""
    return next(
        each
        for each in arrivals
        if (each.method, each.path) == ("POST", "/v2/orders")
        and symbol in {leg["symbol"] for leg in each.order.get("legs", [each.order])}
    )


def closeout_sample(began: float, order: Arrival, arrivals: Iterable[Arrival]) -> Sample:
    reads = [each for each in arrivals if each.method == "GET" and began < each.at < order.at]
    waited = covered((each.at, min(each.answered, order.at)) for each in reads)
    return Sample((order.at - began) * 1000, waited * 1000, len(reads))


def covered(spans: Iterable[tuple[float, float]]) -> float:
    """Seconds in which at least one of the spans runs."""
    total, reached = 0.0, 0.0
    for start, end in sorted(spans):
        total += max(0.0, end - max(start, reached))
        reached = max(reached, end)
    return total


# --- Alpaca's SDK


def package(position: Any) -> MarketOrderRequest:  # noqa: ANN401 - any JSON
    return MarketOrderRequest(
        qty=UNITS,
        time_in_force=TimeInForce.DAY,
        order_class=OrderClass.MLEG,
        legs=[
            OptionLegRequest(symbol=leg["symbol"], ratio_qty=1, side=side, position_intent=intent)
            for leg in position["legs"]
            for side, intent in [closing(leg)]
        ],
    )


def closing(leg: Any) -> tuple[OrderSide, PositionIntent]:  # noqa: ANN401 - any JSON
    if leg["direction"] == "Short":
        return OrderSide.BUY, PositionIntent.BUY_TO_CLOSE
    return OrderSide.SELL, PositionIntent.SELL_TO_CLOSE


def sdk_client(simulator: SimulatorProcess) -> TradingClient:
    client = TradingClient(*simulator.keys, url_override=simulator.url)
    client.get_clock()  # its connection is open, as Closeout's is
    return client


def submit_at_once(place: Site, positions: Sequence[Any], clients: Sequence[Any]) -> list[Sample]:
    """The bare SDK call, one thread and one client each; orders are made beforehand."""
    orders = [package(each) for each in positions]
    together = Barrier(len(orders))

    def submit(index: int) -> tuple[float, float]:
        together.wait()
        time.sleep(QUIET)
        began = time.time()
        clients[index].submit_order(orders[index])
        return began, time.time()

    with ThreadPoolExecutor(len(orders)) as threads:
        times = list(threads.map(submit, range(len(orders))))
    arrivals = place.arrivals()
    samples = []
    for (began, ended), position in zip(times, positions, strict=True):
        order = order_with(position["legs"][0]["symbol"], arrivals)
        call = (ended - began) - (order.answered - order.at)
        samples.append(Sample((order.at - began) * 1000, call=call * 1000))
    place.cancel_all()
    return samples


# --- the floor


@contextmanager
def floor_server(place: Site, *how: str) -> Iterator[str]:
    """Run `order_path_floor.py`; its URL."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    simulator, database = place.simulator, place.closeout.folder / f"floor{port}.db"
    arguments = (simulator.url, *simulator.keys, str(database), str(port), *how)
    process = subprocess.Popen([sys.executable, str(HERE / FLOOR), *arguments])
    try:
        eventually(lambda: not socket.socket().connect_ex(("127.0.0.1", port)))
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def send_on_floor(place: Site, url: str, position: Any) -> Sample:  # noqa: ANN401 - any JSON
    body = json.dumps(package(position).to_request_fields(), default=str).encode()
    connection = Connection(url, "/", body)
    time.sleep(QUIET)
    began = connection.send()
    connection.receive()
    connection.close()
    arrived = order_with(position["legs"][0]["symbol"], place.arrivals())
    place.cancel_all()
    return Sample((arrived.at - began) * 1000)


# --- rounds


@dataclass(slots=True)
class Measurements:
    """Everything of the first table."""

    previewed: Measured = field(default_factory=Measured)
    reading: Measured = field(default_factory=Measured)
    sdk: Measured = field(default_factory=Measured)
    floor: list[Sample] = field(default_factory=list)
    lean_floor: list[Sample] = field(default_factory=list)
    commits: list[float] = field(default_factory=list)
    """Milliseconds of a durable commit of one row."""


def measure(rounds: int, samples: int) -> Measurements:
    """Both of Closeout's ways, the SDK and the bare disk, in turns."""
    found = Measurements()
    for _ in range(rounds):
        with (
            site() as place,
            floor_server(place) as floor_url,
            floor_server(place, "--lean") as lean_url,
        ):
            clients = [sdk_client(place.simulator) for _ in range(AT_ONCE)]
            place.let_orders_rest()
            place.rest()
            # What was previewed stays young for a while, so this comes first.
            take_samples(place, found, found.reading, clients, samples, looks=False)
            take_samples(place, found, found.previewed, clients, samples, looks=True)
            for each in place.positions[:samples]:
                found.floor.append(send_on_floor(place, floor_url, each))
                found.lean_floor.append(send_on_floor(place, lean_url, each))
    return found


def take_samples(
    place: Site,
    found: Measurements,
    closeout: Measured,
    clients: Sequence[TradingClient],
    samples: int,
    *,
    looks: bool,
) -> None:
    for index in range(samples + WARM_UP):
        position = place.positions[index % len(TICKERS)]
        if looks:
            place.look(position)
        closed = close_at_once(place, [position])
        sent = submit_at_once(place, [position], clients[:1])
        if index >= WARM_UP:
            closeout.one.extend(closed)
            found.sdk.one.extend(sent)
            found.commits.append(commit_once(place.closeout.folder))
    for _ in range(2):
        many = place.positions[:AT_ONCE]
        if looks:
            place.look(many[0])
        closeout.many.extend(close_at_once(place, many))
        found.sdk.many.extend(submit_at_once(place, many, clients))


def commit_once(folder: Path) -> float:
    """Milliseconds that SQLite takes for one row that is to survive a power cut."""
    path = folder / "bare.db"
    with closing_of(sqlite3.connect(path, isolation_level=None)) as bare:
        bare.execute("PRAGMA journal_mode = WAL")
        bare.execute("PRAGMA synchronous = FULL")
        bare.execute("CREATE TABLE IF NOT EXISTS row (text TEXT)")
        bare.execute("INSERT INTO row VALUES ('the file and its log are there')")
        began = time.perf_counter()
        bare.execute("INSERT INTO row VALUES (?)", ("x" * 2000,))
        return (time.perf_counter() - began) * 1000


def shares(rounds: int, samples: int) -> dict[str, list[float]]:
    """Milliseconds of each part, one order at a time."""
    parts: dict[str, list[float]] = {name: [] for name, _, _ in PARTS}
    for _ in range(rounds):
        with tempfile.NamedTemporaryFile("r") as file, marked(file.name) as place:
            place.let_orders_rest()
            for index in range(samples + WARM_UP):
                position = place.positions[index % len(TICKERS)]
                place.look(position)
                took, arrivals = close_one(place, position)
                marks = json.loads(file.readlines()[-1]) | took
                if index < WARM_UP:
                    continue
                for name, begins, ends in PARTS:
                    waited = answers_within(arrivals, marks[begins], marks[ends])
                    parts[name].append((marks[ends] - marks[begins] - waited) * 1000)
    return parts


@contextmanager
def marked(path: str) -> Iterator[Site]:
    with site((str(HERE / MARKS), "serve", "--port", "0"), {"ORDER_PATH_MARKS": path}) as place:
        yield place


def close_one(place: Site, position: Any) -> tuple[dict[str, float], list[Arrival]]:  # noqa: ANN401
    """Close one strategy; when it was sent and received, and what else the broker got."""
    connection = click(place, position)
    time.sleep(QUIET)
    sent = connection.send()
    connection.receive()
    connection.close()
    arrivals = place.arrivals()
    received = order_with(position["legs"][0]["symbol"], arrivals).at
    place.cancel_all()
    return {"sent": sent, "received": received}, arrivals


def answers_within(arrivals: Iterable[Arrival], begins: float, ends: float) -> float:
    """Seconds between two marks in which an answer of the broker was waited for."""
    reads = [each for each in arrivals if each.method == "GET" and begins < each.at < ends]
    return covered((each.at, min(each.answered, ends)) for each in reads)


def last_leg(delay_ms: int, samples: int) -> tuple[list[float], list[float]]:
    """Milliseconds until the broker has the last leg: Closeout's package, the SDK's four orders."""
    package_took, singles_took = [], []
    with site() as place:
        client = sdk_client(place.simulator)
        place.simulator.add_faults(
            {"on": "*", "kind": "latency_after", "ms": delay_ms, "times": None}
        )
        # Each sample has strategies of its own: these orders fill, as a long sold last must.
        for mine, theirs in zip(place.positions[:samples], place.positions[-samples:], strict=True):
            took, _ = close_one(place, mine)
            package_took.append((took["received"] - took["sent"]) * 1000)
            singles_took.append(submit_leg_by_leg(place, client, theirs) * 1000)
    return package_took, singles_took


def submit_leg_by_leg(place: Site, client: TradingClient, position: Any) -> float:  # noqa: ANN401
    """Four single-leg orders one after another, shorts first; seconds until the last is there."""
    legs = sorted(position["legs"], key=lambda leg: str(leg["direction"]), reverse=True)
    orders = [single(leg) for leg in legs]
    time.sleep(QUIET)
    began = time.time()
    for order in orders:
        client.submit_order(order)
    received = order_with(legs[-1]["symbol"], place.arrivals()).at
    place.cancel_all()
    return received - began


def single(leg: Any) -> MarketOrderRequest:  # noqa: ANN401 - any JSON
    side, intent = closing(leg)
    return MarketOrderRequest(
        symbol=leg["symbol"],
        qty=leg["quantity"],
        side=side,
        position_intent=intent,
        time_in_force=TimeInForce.DAY,
    )


def percentile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def figures(name: str, samples: Sequence[Sample], peer: Sequence[Sample]) -> str:
    own = [each.own for each in samples]
    base = [each.own for each in peer]
    p50, p99 = median(own), percentile(own, 0.99)
    return (
        f"| {name} | {len(own)} | {p50:.2f} | {p99:.2f} | {p50 / median(base):.2f} | "
        f"{p99 / percentile(base, 0.99):.2f} | {median(each.broker for each in samples):.2f} |"
    )


def print_paths(rounds: int, samples: int) -> None:
    found = measure(rounds, samples)
    print("| | orders | p50 ms | p99 ms | p50 ratio | p99 ratio | broker's answers, ms |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    for words, at in (("alone", "one"), (f"{AT_ONCE} at once", "many")):
        peer = getattr(found.sdk, at)
        rows = (
            ("Closeout, previewed", found.previewed),
            ("Closeout, reads first", found.reading),
            ("SDK", found.sdk),
        )
        for name, measured in rows:
            print(figures(f"{name}, {words}", getattr(measured, at), peer))
        if at == "one":
            print(figures("the floor, alone", found.floor, peer))
            print(figures("the lean floor, alone", found.lean_floor, peer))
        called = median([each.call for each in peer])
        print(f"| SDK, {words}, until it returns | | {called:.2f} | | | | |")
    p50, p99 = median(found.commits), percentile(found.commits, 0.99)
    print(f"| one commit of bare SQLite | {len(found.commits)} | {p50:.2f} | {p99:.2f} | | | |")


def print_shares(rounds: int, samples: int) -> None:
    print("\n| part, alone | p50 ms | share |\n|---|---:|---:|")
    parts = {name: median(taken) for name, taken in shares(rounds, samples).items()}
    for name, took in parts.items():
        print(f"| {name} | {took:.2f} | {took / sum(parts.values()):.0%} |")


def print_shortcuts(rounds: int, samples: int) -> None:
    taken: dict[str, list[float]] = {name: [] for name, _ in LEFT_OUT}
    sdk: list[Sample] = []
    for _, (name, parts) in itertools.product(range(rounds), LEFT_OUT):
        with site((str(HERE / SHORTCUTS), "serve", "--port", "0"), {LEAVES_OUT: parts}) as place:
            place.let_orders_rest()
            client = sdk_client(place.simulator)
            place.rest()
            for index in range(samples + WARM_UP):
                position = place.positions[index % len(TICKERS)]
                place.look(position)
                [closed] = close_at_once(place, [position])
                [sent] = submit_at_once(place, [position], [client])
                if index >= WARM_UP:
                    taken[name].append(closed.own)
                    sdk.append(sent)
    base = median(each.own for each in sdk)
    print("| Closeout, previewed, alone | p50 ms | p50 ratio |\n|---|---:|---:|")
    for name, own in taken.items():
        print(f"| {name} | {median(own):.2f} | {median(own) / base:.2f} |")
    called = median(each.call for each in sdk)
    print(f"| SDK | {base:.2f} | 1 |\n| SDK, until it returns | {called:.2f} | |")


def print_last_leg() -> None:
    print("\n| broker answers after | Closeout: last leg there, ms | SDK leg by leg, ms | ratio |")
    print("|---|---:|---:|---:|")
    for delay in DELAYS_MS:
        package_took, singles_took = (median(each) for each in last_leg(delay, DELAY_SAMPLES))
        ratio = package_took / singles_took
        print(f"| {delay} ms | {package_took:.1f} | {singles_took:.1f} | {ratio:.2f} |")


def main() -> None:
    reader = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    reader.add_argument("--rounds", type=int, default=6)
    reader.add_argument("--samples", type=int, default=25)
    reader.add_argument("--shortcuts", action="store_true")
    chosen = reader.parse_args()
    if chosen.shortcuts:
        print_shortcuts(chosen.rounds, chosen.samples)
        return
    print_paths(chosen.rounds, chosen.samples)
    print_shares(max(1, chosen.rounds // 3), chosen.samples)
    print_last_leg()


if __name__ == "__main__":
    main()
