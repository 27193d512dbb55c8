"""What companies have announced: cash dividends and splits."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from closeout.domain.strategies import Leg


class AnnouncementKind(StrEnum):
    """Which of them it is."""

    DIVIDEND = "dividend"
    SPLIT = "split"


@dataclass(frozen=True, slots=True)
class Announcement:
    """
    A dividend or a split of `symbol`; from `ex_date` on shares trade without it.

    A dividend is `rate` dollars a share. A split gives `new` shares for `old` ones.
    """

    kind: AnnouncementKind
    symbol: str
    ex_date: date
    rate: Decimal = Decimal(0)
    is_special: bool = False
    new: Decimal = Decimal(1)
    old: Decimal = Decimal(1)


def next_dividend(announced: Iterable[Announcement], after: date) -> Announcement | None:
    """Return the first dividend that goes ex after a day."""
    return _next(announced, AnnouncementKind.DIVIDEND, after)


def next_split(announced: Iterable[Announcement], after: date) -> Announcement | None:
    return _next(announced, AnnouncementKind.SPLIT, after)


def _next(
    announced: Iterable[Announcement], kind: AnnouncementKind, after: date
) -> Announcement | None:
    coming = [each for each in announced if each.kind is kind and each.ex_date > after]
    return min(coming, key=lambda each: each.ex_date, default=None)


def touches(announcement: Announcement, leg: Leg) -> bool:
    """Whether a leg is still there on the ex-date, if nothing is done about it."""
    option = leg.option
    return option is None or option.expiry >= announcement.ex_date
