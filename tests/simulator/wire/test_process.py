"""The simulator as a process: its ready line, its end, and what survives it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from simulator.wire.desk import SCENARIO, closing
from support.simulator import SimulatorProcess, eventually

WIRE = str(SCENARIO)


def condor_of(simulator: SimulatorProcess) -> list[str]:
    rows = simulator.send("GET", "/v2/positions").json
    symbols = [row["symbol"] for row in rows if len(row["symbol"]) > 6]
    return sorted(
        (it for it in symbols if it.startswith("SPY")), key=lambda symbol: int(symbol[-8:])
    )


def test_one_json_line_says_where_it_listens() -> None:
    with SimulatorProcess(scenario=WIRE, seed=11) as simulator:
        assert {
            "ready": True,
            "url": f"http://127.0.0.1:{simulator.port}",
            "scenario": "wire",
            "seed": 11,
            "resumed": False,
        } == simulator.ready
        assert "ok" == simulator.control("GET", "health")["status"]


def test_the_end_of_standard_input_ends_it_properly(tmp_path: Path) -> None:
    with SimulatorProcess(scenario=WIRE, state=tmp_path / "world") as simulator:
        assert 0 == simulator.stop()
    assert (tmp_path / "world").exists()


def test_sigterm_ends_it_properly(tmp_path: Path) -> None:
    with SimulatorProcess(scenario=WIRE, state=tmp_path / "world") as simulator:
        assert 0 == simulator.terminate()
    assert (tmp_path / "world").exists()


def test_what_was_acknowledged_survives_a_kill(tmp_path: Path) -> None:
    state = tmp_path / "world"
    with SimulatorProcess(scenario=WIRE, state=state, stepped=True) as simulator:
        simulator.hold_fills()
        body = closing(condor_of(simulator), client_order_id="before-the-crash")
        placed = simulator.send("POST", "/v2/orders", body).json
        simulator.fill(placed["id"], 3)
        simulator.kill()
    with SimulatorProcess(scenario=WIRE, state=state, stepped=True) as simulator:
        assert simulator.ready["resumed"] is True
        query = "client_order_id=before-the-crash"
        order = simulator.send("GET", f"/v2/orders:by_client_order_id?{query}").json
        assert (placed["id"], "partially_filled", "3") == (
            order["id"],
            order["status"],
            order["filled_qty"],
        )
        held = simulator.send("GET", f"/v2/positions/{body['legs'][0]['symbol']}").json  # type: ignore[index]
        assert "1" == held["qty"]
        assert "hold" == simulator.control("GET", "fills")["mode"]


def test_a_running_world_fills_by_itself() -> None:
    with SimulatorProcess("--speed", "60", scenario=WIRE) as simulator:
        placed = simulator.send("POST", "/v2/orders", closing(condor_of(simulator))).json

        def is_filled() -> bool:
            return bool(
                simulator.send("GET", f"/v2/orders/{placed['id']}").json["status"] == "filled"
            )

        assert eventually(is_filled)


def test_faults_of_the_command_line_strike_and_are_counted() -> None:
    fault = {"on": "GET /v2/account", "kind": "server_error"}
    with SimulatorProcess(scenario=WIRE, faults=[fault]) as simulator:
        assert [500, 200] == [simulator.send("GET", "/v2/account").status for _ in range(2)]
        assert [1] == [it["struck"] for it in simulator.faults()]
        assert [500, 200] == [it["status"] for it in simulator.received("GET", "/v2/account")]


def test_faults_can_come_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "faults.json"
    file.write_text(json.dumps([{"kind": "server_error"}]))
    with SimulatorProcess("--fault", str(file), scenario=WIRE) as simulator:
        assert 500 == simulator.send("GET", "/v2/account").status


def refused(*arguments: str) -> str:
    """Start it with arguments that cannot be; the one line it says."""
    source = Path(__file__).parents[3] / "src"
    done = subprocess.run(
        [sys.executable, "-m", "alpaca_simulator", "--port", "0", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
        cwd=source,
    )
    assert 2 == done.returncode
    assert "" == done.stdout
    return done.stderr


def test_an_unknown_scenario_is_told_with_the_known_ones() -> None:
    said = refused("--scenario", "nonsense")
    assert 1 == said.count("\n")
    assert "nonsense" in said
    assert "desk" in said


def test_a_port_in_use_is_told() -> None:
    with SimulatorProcess(scenario=WIRE) as simulator:
        said = refused("--port", str(simulator.port))
    assert 1 == said.count("\n")
    assert f"127.0.0.1:{simulator.port}" in said


@pytest.mark.parametrize("content", ["{", "[]", '{"version": 99}', ""])
def test_a_corrupt_state_file_is_told_and_left_alone(tmp_path: Path, content: str) -> None:
    state = tmp_path / "world"
    state.write_text(content)
    said = refused("--state", str(state))
    assert 1 == said.count("\n")
    assert str(state) in said
    assert content == state.read_text()


def test_a_fault_that_cannot_be_read_is_told() -> None:
    assert "earthquake" in refused("--fault", '{"kind": "earthquake"}')


def test_a_world_can_begin_at_another_time() -> None:
    begin = ("--begin", "2026-03-04T15:00Z")
    with SimulatorProcess(*begin, scenario="desk", stepped=True) as simulator:
        clock = simulator.send("GET", "/v2/clock").json
        symbols = {row["symbol"] for row in simulator.send("GET", "/v2/positions").json}
    assert clock["timestamp"].startswith("2026-03-04T10:00")
    assert "AAPL260320C00275000" in symbols


def test_a_beginning_without_an_offset_is_refused() -> None:
    command = [sys.executable, "-m", "alpaca_simulator", "--begin", "2026-03-04T15:00"]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    assert 2 == told.returncode
    assert "write 2026-03-04T15:00Z" in told.stderr
