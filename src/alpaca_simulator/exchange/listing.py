"""Which contracts are listed: expirations by the calendar, strikes by a grid around spot.

Weekly expirations for ten weeks and monthly ones for a year, on Fridays or the session before
when Friday is a holiday; SPY-like underlyings also have one on each of the next sessions. The
grid is fixed when the world begins, so a listed strike stays listed.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from functools import lru_cache
from typing import Final

from alpaca_simulator.exchange.contracts import Contract, ContractFilter, Kind, occ_symbol
from alpaca_simulator.exchange.sessions import session_before, session_on, sessions_between
from alpaca_simulator.scenarios.model import UnderlyingPart

_WEEKS: Final = 10
_YEAR_OF_FRIDAYS: Final = 53
_DAILY_REACH: Final = timedelta(10)
_GRID: Final = Decimal("0.35")
_STEPS: Final = ((50, "1"), (200, "2.5"))
_WIDEST_STEP: Final = Decimal(5)


@lru_cache(maxsize=256)
def fridays(today: date) -> tuple[tuple[date, bool], ...]:
    """Weekly and monthly expirations from `today` on, each with whether it is a monthly one."""
    first = today + timedelta((4 - today.weekday()) % 7)
    found = []
    for week in range(_YEAR_OF_FRIDAYS):
        friday = first + timedelta(weeks=week)
        monthly = 15 <= friday.day <= 21  # noqa: PLR2004 - the third Friday
        if week >= _WEEKS and not monthly:
            continue
        day = friday if session_on(friday) else session_before(friday).date
        if day >= today:
            found.append((day, monthly))
    return tuple(found)


@lru_cache(maxsize=256)
def expirations(today: date, *, dailies: bool) -> tuple[date, ...]:
    """All listed expirations from `today` (included) on."""
    listed = {day for day, _ in fridays(today)}
    if dailies:
        listed |= {session.date for session in sessions_between(today, today + _DAILY_REACH)}
    return tuple(sorted(listed))


def strike_step(spec: UnderlyingPart) -> Decimal:
    if spec.strike_step is not None:
        return spec.strike_step
    for below, step in _STEPS:
        if spec.spot < below:
            return Decimal(step)
    return _WIDEST_STEP


def nearest_strike(spec: UnderlyingPart, wanted: Decimal) -> Decimal:
    """The listed strike next to `wanted`."""
    lowest, highest = _bounds(spec)
    step = strike_step(spec)
    steps = (wanted / step).quantize(Decimal(1), ROUND_HALF_EVEN)
    return min(max(steps, lowest), highest) * step


def is_listed(spec: UnderlyingPart, contract: Contract, today: date) -> bool:
    steps = contract.strike / strike_step(spec)
    lowest, highest = _bounds(spec)
    on_grid = steps == steps.to_integral_value() and lowest <= steps <= highest
    return on_grid and contract.expiration in expirations(today, dailies=spec.dailies)


def chain(
    name: str, spec: UnderlyingPart, today: date, query: ContractFilter
) -> Iterator[Contract]:
    """The listed contracts of one underlying that the query asks for, in order."""
    lowest, highest = _bounds(spec)
    step = strike_step(spec)
    strikes = [step * n for n in range(int(lowest), int(highest) + 1)]
    strikes = [strike for strike in strikes if _within(strike, query)]
    kinds = [query.kind] if query.kind else [Kind.CALL, Kind.PUT]
    for expiration in expirations(today, dailies=spec.dailies):
        if not _expires_within(expiration, query):
            continue
        for kind in kinds:
            for strike in strikes:
                symbol = occ_symbol(name, expiration, kind, strike)
                yield Contract(symbol, name, expiration, kind, strike)


def _bounds(spec: UnderlyingPart) -> tuple[Decimal, Decimal]:
    step = strike_step(spec)
    lowest = max((spec.spot * (1 - _GRID) / step).to_integral_value(), Decimal(1))
    return lowest, (spec.spot * (1 + _GRID) / step).to_integral_value()


def _within(strike: Decimal, query: ContractFilter) -> bool:
    above = query.strike_from is None or strike >= query.strike_from
    return above and (query.strike_to is None or strike <= query.strike_to)


def _expires_within(expiration: date, query: ContractFilter) -> bool:
    return (
        (query.expiration is None or expiration == query.expiration)
        and (query.expiration_from is None or expiration >= query.expiration_from)
        and (query.expiration_to is None or expiration <= query.expiration_to)
    )
