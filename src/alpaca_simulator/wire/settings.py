"""How one simulator is set up on the wire."""

from __future__ import annotations

from dataclasses import dataclass, field

from alpaca_simulator.wire.credentials import Credentials
from alpaca_simulator.wire.faults import Fault
from alpaca_simulator.wire.streams.feeds import Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the command line says about the protocol.

    Attributes:
        rate_limit: Trading requests a minute (Alpaca: 200).
        data_rate_limit: Market data requests a minute (Basic 200, Algo Trader Plus 10,000).
        plan: Basic is refused the sip and opra feeds.
        single_trade_stream: Refuse a second ``/stream`` connection with 429 while one lives.
        data_connections: Connections allowed on one market data endpoint.
    """

    seed: int = 0
    credentials: Credentials = field(default_factory=Credentials)
    rate_limit: int = 200
    data_rate_limit: int = 10_000
    plan: Plan = Plan.PLUS
    single_trade_stream: bool = False
    data_connections: int = 1
    faults: tuple[Fault, ...] = ()
    scenario: str = ""
    resumed: bool = False
