"""When US markets trade, and how each session rule answers the clock."""

from datetime import UTC, date, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from simulator.exchange.worlds import exchange

from alpaca_simulator.exchange.sessions import (
    NEW_YORK,
    SessionRule,
    session_ending_after,
    session_on,
    session_opening_after,
    sessions_between,
)

MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2030, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - aware by `timezones`


@pytest.mark.parametrize(
    "day",
    [
        date(2024, 7, 3),
        date(2024, 11, 29),
        date(2024, 12, 24),
        date(2025, 7, 3),
        date(2025, 11, 28),
        date(2025, 12, 24),
        date(2026, 11, 27),
        date(2026, 12, 24),
        date(2028, 7, 3),
    ],
)
def test_half_days_close_at_one(day: date) -> None:
    session = session_on(day)
    assert session is not None
    assert session.is_half_day
    assert time(13) == session.close.time()


@pytest.mark.parametrize(
    "day",
    [
        date(2026, 1, 1),
        date(2026, 4, 3),
        date(2026, 7, 3),
        date(2026, 11, 26),
        date(2026, 12, 25),
        date(2026, 3, 7),
        date(2026, 3, 8),
        date(2025, 1, 9),
    ],
)
def test_holidays_and_weekends_have_no_session(day: date) -> None:
    assert None is session_on(day)


def test_a_full_day_is_half_past_nine_to_four_in_new_york_in_summer_and_winter() -> None:
    for day, utc_open in ((date(2026, 1, 5), 14), (date(2026, 7, 6), 13)):
        session = session_on(day)
        assert session is not None
        assert (time(9, 30), time(16)) == (session.open.time(), session.close.time())
        assert utc_open == session.open.astimezone(UTC).hour


def test_a_year_has_about_252_sessions() -> None:
    assert 250 == len(sessions_between(date(2025, 1, 1), date(2025, 12, 31)))
    assert 251 == len(sessions_between(date(2026, 1, 1), date(2026, 12, 31)))


@given(MOMENTS)
def test_the_next_session_is_never_over_and_never_far(moment: datetime) -> None:
    session = session_ending_after(moment)
    assert moment < session.close
    assert (session.close - moment).days < 6
    assert moment < session_opening_after(moment).open


@given(MOMENTS)
def test_on_the_calendar_the_clock_is_open_exactly_within_a_session(moment: datetime) -> None:
    reading = exchange(now=moment).clock()
    session = session_on(moment.astimezone(NEW_YORK).date())
    within = session is not None and session.open <= moment < session.close
    assert within == reading.is_open
    assert moment < reading.next_close
    assert moment < reading.next_open
    assert reading.is_open == (reading.next_close < reading.next_open)


@given(MOMENTS)
def test_always_open_is_open_and_names_a_later_close(moment: datetime) -> None:
    reading = exchange(now=moment, clock={"session": SessionRule.ALWAYS_OPEN}).clock()
    assert reading.is_open
    assert moment < reading.next_close < reading.next_open


@given(MOMENTS)
def test_closed_is_closed_until_a_next_opening_and_then_as_the_calendar(moment: datetime) -> None:
    world = exchange(now=moment, clock={"session": SessionRule.CLOSED})
    reading = world.clock()
    assert not reading.is_open
    assert moment < reading.next_open < reading.next_close
    world.advance(reading.next_open)
    assert world.clock().is_open
    world.advance(reading.next_close)
    assert not world.clock().is_open
