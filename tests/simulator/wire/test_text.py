"""Numbers and times as Alpaca prints them."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from alpaca_simulator.wire.ratelimit import RateLimiter
from alpaca_simulator.wire.text import eastern, instant, number, ulid


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Decimal("1.60"), "1.6"),
        (Decimal("2.00"), "2"),
        (Decimal(100), "100"),
        (Decimal("-0.350"), "-0.35"),
        (Decimal("-0.0"), "0"),
        (Decimal("1E+3"), "1000"),
        (-3, "-3"),
    ],
)
def test_numbers_have_no_trailing_zeros_and_no_exponent(
    value: Decimal | int, expected: str
) -> None:
    assert expected == number(value)


def test_times_carry_nanoseconds_and_read_the_same_each_time() -> None:
    moment = datetime(2026, 11, 20, 15, 0, 0, 123456, UTC)
    assert instant(moment) == instant(moment)
    assert instant(moment).startswith("2026-11-20T15:00:00.123456")
    assert moment == datetime.fromisoformat(instant(moment))


def test_whole_seconds_have_no_fraction() -> None:
    assert "2026-11-20T21:00:00Z" == instant(datetime(2026, 11, 20, 21, tzinfo=UTC))


def test_the_clock_is_told_in_new_york_time() -> None:
    assert "2026-11-20T10:00:00-05:00" == eastern(datetime(2026, 11, 20, 15, tzinfo=UTC))


def test_ulids_sort_by_time() -> None:
    moment = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
    later = moment + timedelta(milliseconds=1)
    assert 26 == len(ulid(moment, 2**80 - 1))
    assert ulid(moment, 2**80 - 1) < ulid(later, 0)


def test_a_budget_is_spent_and_comes_back_after_a_minute() -> None:
    limiter = RateLimiter(2)
    granted = [limiter.take(now).granted for now in (1000.0, 1001.0, 1002.0, 1060.0)]
    assert [True, True, False, True] == granted


def test_a_budget_tells_what_is_left_and_when_it_resets() -> None:
    headers = RateLimiter(200).take(1000.5).headers()
    assert {
        "X-RateLimit-Limit": "200",
        "X-RateLimit-Remaining": "199",
        "X-RateLimit-Reset": "1061",
    } == headers
