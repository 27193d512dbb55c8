"""
How long Closeout needs after a crash until every open close goes on, and how many requests.

The real server over loopback on a simulator with 200 holdings and 500 orders: fifty iron
condors, each with a close that works, and 400 resting orders of other hands. The server is
killed with SIGKILL, some of its orders fill while it is away, and it is started again. The
clock runs from the start of the process until what filled is `closed` and everything else is
known to work; requests are the trading requests the simulator received until then.

    python benchmarks/recovery.py [--rounds 3]
"""

import argparse
import json
import platform
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests"))  # the same two processes that the tests start

from support.closeout_server import CloseoutServer  # noqa: E402 - needs the path above
from support.fifty_condors import CLOSES, HOLDINGS, SCENARIO, UNITS  # noqa: E402 - needs the path above
from support.simulator import SimulatorProcess, eventually  # noqa: E402 - needs the path above

ORDERS = 500
FILLED_AWAY = 10
WITHIN_SECONDS = 10.0
REQUESTS_MAX = 20

_OK = 200
_PLENTY = "1000000"


def main() -> None:
    wanted = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    wanted.add_argument("--rounds", type=int, default=3)
    rounds = wanted.parse_args().rounds
    with tempfile.TemporaryDirectory() as name:
        results = [_round(Path(name) / str(number)) for number in range(rounds)]
    seconds = [each[0] for each in results]
    requests = [sum(each[1].values()) for each in results]
    print(f"{platform.platform()}, Python {platform.python_version()}")
    print(f"{HOLDINGS} holdings, {ORDERS} orders, {CLOSES} open closes, {rounds} rounds")
    print(f"seconds   median {median(seconds):.2f}, worst {max(seconds):.2f}")
    print(f"requests  median {median(requests):.0f}, most {max(requests)}")
    for path, count in results[-1][1].most_common():
        print(f"  {count:3}  {path}")
    if max(seconds) > WITHIN_SECONDS or max(requests) > REQUESTS_MAX:
        sys.exit(f"more than {WITHIN_SECONDS:g} s or {REQUESTS_MAX} requests")


def _round(folder: Path) -> tuple[float, Counter[str]]:
    """Crash once and come back: seconds and requests."""
    folder.mkdir(parents=True)
    limits = ("--rate-limit", _PLENTY, "--data-rate-limit", _PLENTY)
    with (
        SimulatorProcess(*limits, scenario=str(_write_world(folder))) as simulator,
        CloseoutServer(simulator, folder / "data") as closeout,
    ):
        simulator.freeze_market()
        simulator.hold_fills()
        positions = closeout.positions()
        with ThreadPoolExecutor(8) as clicks:
            list(clicks.map(lambda each: _close(closeout, each), positions))
        _rest_orders(simulator, positions, ORDERS - 2 * CLOSES)
        eventually(lambda: _phases(closeout)["working"] == CLOSES)
        closeout.kill()
        for order_id in _ours(simulator)[:FILLED_AWAY]:
            simulator.fill(order_id, UNITS)
        simulator.clear_received()
        began = time.monotonic()
        closeout.start()
        eventually(lambda: _has_recovered(closeout), within=60.0)
        seconds = time.monotonic() - began
        return seconds, Counter(_kind(each) for each in simulator.received() if _counts(each))


def _close(closeout: CloseoutServer, position: dict[str, Any]) -> None:
    reply = closeout.post_close(position["id"], order_type="limit", limit_price_offset="-0.50")
    assert reply.status == _OK, reply.raw


def _rest_orders(
    simulator: SimulatorProcess, positions: Sequence[dict[str, Any]], count: int
) -> None:
    """Let other hands rest orders far from the market."""
    legs = [leg for each in positions for leg in each["legs"]]
    assert len(legs) == HOLDINGS
    longs = [leg["symbol"] for leg in legs if leg["direction"] == "Long"]
    for number in range(count):
        body = {
            "symbol": longs[number % len(longs)],
            "qty": "1",
            "side": "buy",
            "type": "limit",
            "limit_price": "0.01",
            "time_in_force": "day",
        }
        reply = simulator.send("POST", "/v2/orders", body)
        assert reply.status == _OK, reply.raw


def _ours(simulator: SimulatorProcess) -> list[str]:
    reply = simulator.send("GET", "/v2/orders?status=open&limit=500")
    return [row["id"] for row in reply.json if row["client_order_id"].startswith("closeout-")]


def _phases(closeout: CloseoutServer) -> Counter[str]:
    return Counter(each["phase"] for each in closeout.closes())


def _has_recovered(closeout: CloseoutServer) -> bool:
    return _phases(closeout) == {"closed": FILLED_AWAY, "working": CLOSES - FILLED_AWAY}


def _counts(request: dict[str, Any]) -> bool:
    """Count trading requests: neither quotes nor the handshakes of streams."""
    is_trading = request["path"].startswith("/v2/")
    return is_trading and not request["path"].startswith(("/v2/stocks", "/v2/iex", "/v2/sip"))


def _kind(request: dict[str, Any]) -> str:
    return f"{request['method']} {request['path'].split('?')[0]}"


def _write_world(folder: Path) -> Path:
    """Write the scenario and return its file."""
    path = folder / "world.yaml"
    path.write_text(json.dumps(SCENARIO))
    return path


if __name__ == "__main__":
    main()
