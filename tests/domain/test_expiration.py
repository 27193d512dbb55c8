"""When options end, and what happens next."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from support.builders import a_covered_call, a_leg, a_strategy, an_iron_condor, call

from closeout.domain.announcements import Announcement, AnnouncementKind
from closeout.domain.expiration import Happening, next_event, years_until
from closeout.domain.session import expires_at

FRIDAY = date(2026, 12, 18)


def test_the_close_is_at_four_in_new_york_winter_and_summer() -> None:
    assert datetime(2026, 12, 18, 21, tzinfo=UTC) == expires_at(FRIDAY)
    assert datetime(2026, 6, 18, 20, tzinfo=UTC) == expires_at(date(2026, 6, 18))


def test_time_left_counts_to_the_close_and_is_never_negative() -> None:
    assert 2 / 365 == years_until(FRIDAY, datetime(2026, 12, 16, 21, tzinfo=UTC))
    assert 0 == years_until(FRIDAY, datetime(2026, 12, 19, tzinfo=UTC))


@pytest.mark.parametrize(
    ("now", "kind", "at"),
    [
        (datetime(2026, 12, 1, tzinfo=UTC), Happening.EXPIRY_CUTOFF, (20, 30)),
        (datetime(2026, 12, 18, 20, 29, tzinfo=UTC), Happening.EXPIRY_CUTOFF, (20, 30)),
        (datetime(2026, 12, 18, 20, 30, tzinfo=UTC), Happening.EXPIRY, (21, 0)),
        (datetime(2026, 12, 18, 20, 59, tzinfo=UTC), Happening.EXPIRY, (21, 0)),
    ],
)
def test_the_cut_off_comes_before_the_close(
    now: datetime, kind: Happening, at: tuple[int, int]
) -> None:
    event = next_event(an_iron_condor(), now)

    assert event is not None
    assert (kind, datetime(2026, 12, 18, *at, tzinfo=UTC)) == (event.kind, event.at)


def test_single_shares_end_earlier_than_broad_etfs() -> None:
    event = next_event(a_covered_call(), datetime(2026, 12, 1, tzinfo=UTC))

    assert event is not None
    assert datetime(2026, 12, 18, 20, 15, tzinfo=UTC) == event.at
    assert "From 15:15" in event.message


def test_the_first_expiry_counts() -> None:
    legs = a_leg(call(460, expiry="270115"), 1), a_leg(call(460), -1)
    event = next_event(a_strategy(*legs), datetime(2026, 12, 1, tzinfo=UTC))

    assert event is not None
    assert FRIDAY == event.at.date()
    assert (
        "Expires on Friday 18 December. From 15:30 in New York on Alpaca may take no more orders, "
        "and close single legs by itself: be out before."
    ) == event.message


def test_on_the_last_day_the_close_is_named() -> None:
    event = next_event(an_iron_condor(), datetime(2026, 12, 18, 20, 45, tzinfo=UTC))

    assert event is not None
    assert (
        "Expires today at 16:00 in New York. Alpaca may close single legs by itself now."
    ) == event.message


def test_nothing_happens_to_shares_and_after_the_last_close() -> None:
    now = datetime(2026, 12, 1, tzinfo=UTC)

    assert None is next_event(a_strategy(a_leg("SPY", 100)), now)
    assert None is next_event(an_iron_condor(), expires_at(FRIDAY))


def a_dividend(day: date, rate: str = "1.83") -> Announcement:
    return Announcement(AnnouncementKind.DIVIDEND, "SPY", day, rate=Decimal(rate))


def test_a_dividend_before_the_expiry_comes_first() -> None:
    later, sooner = a_dividend(date(2026, 12, 17), "9.99"), a_dividend(date(2026, 12, 11))
    event = next_event(an_iron_condor(), datetime(2026, 12, 1, tzinfo=UTC), [later, sooner])

    assert event is not None
    assert Happening.EX_DIVIDEND is event.kind
    assert datetime(2026, 12, 11, 14, 30, tzinfo=UTC) == event.at, "the opening without it"
    assert "ex-dividend on Friday 11 December: $1.83 a share" in event.message


@pytest.mark.parametrize("day", [date(2026, 12, 1), date(2027, 1, 4)])
def test_a_dividend_of_today_or_after_the_expiry_is_not_next(day: date) -> None:
    now = datetime(2026, 12, 1, 15, tzinfo=UTC)
    event = next_event(an_iron_condor(), now, [a_dividend(day)])

    assert event is not None
    assert Happening.EXPIRY_CUTOFF is event.kind
