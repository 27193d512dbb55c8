"""How time passes: in steps that never straddle an opening or a close."""

from datetime import datetime, timedelta
from typing import Final

from alpaca_simulator.exchange.board import expiry_of
from alpaca_simulator.exchange.contracts import parse_occ
from alpaca_simulator.exchange.matching import step
from alpaca_simulator.exchange.sessions import NEW_YORK, session_on
from alpaca_simulator.exchange.settlement import settle_expired
from alpaca_simulator.exchange.valuation import equity_at
from alpaca_simulator.exchange.world import World

_MOST_STEPS: Final = 240
"""Steps between two turns of the market at most: long jumps are walked more coarsely."""


def pass_time(world: World, to: datetime) -> None:
    """Bring the world to `to`: market, orders, and what each close brings."""
    while world.now < to:
        if world.turn is None or world.turn <= world.now:
            world.turn = world.hours.next_turn(world.now)
        turn = world.turn
        _walk(world, min(turn, to))
        if world.now == turn and _is_close(turn):
            _close_day(world)


def _walk(world: World, to: datetime) -> None:
    """Step to `to` with no turn in between."""
    trading = world.hours.is_open(world.now)
    longest = timedelta(seconds=world.scenario.market.interval)
    stride = max(longest, (to - world.now) / _MOST_STEPS) if trading else to - world.now
    while world.now < to:
        moment = min(world.now + stride, to)
        seconds = (moment - world.now).total_seconds()
        world.now = moment
        world.market.move(moment, trading=trading)
        step(world, seconds, trading=trading)


def _is_close(turn: datetime) -> bool:
    session = session_on(turn.astimezone(NEW_YORK).date())
    return session is not None and session.close == turn


def _close_day(world: World) -> None:
    """Settle what has expired, and keep the day's closing prices and equity."""
    marks = world.market.marks(
        symbol
        for symbol in world.ledger.holdings
        if (it := parse_occ(symbol)) is None or expiry_of(it) > world.now
    )
    settle_expired(world)
    world.market.close_day(world.now)
    world.last_equity = equity_at(world, marks)
    world.revision += 1
