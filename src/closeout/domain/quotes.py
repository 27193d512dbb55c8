"""Quotes of single contracts and of packages."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

_TWO = Decimal(2)
_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Quote:
    """
    The best bid and ask of one symbol, dollars per share.

    A bid of zero is a real answer (nobody bids); None means the side was not given.
    """

    symbol: str
    bid: Decimal | None
    ask: Decimal | None
    bid_size: int
    ask_size: int
    at: datetime

    @property
    def mid(self) -> Decimal | None:
        """Half way between bid and ask, unrounded; None unless there is an offer."""
        if self.bid is None or self.ask is None or self.ask <= _ZERO:
            return None
        return (self.bid + self.ask) / _TWO

    @property
    def has_bid(self) -> bool:
        return self.bid is not None and self.bid > _ZERO

    @property
    def is_crossed(self) -> bool:
        return self.bid is not None and self.ask is not None and self.bid > self.ask


@dataclass(frozen=True, slots=True)
class NetQuote:
    """
    What a package trades at, dollars per share for one unit: debit positive, credit negative.

    `natural` trades at once (buy at ask, sell at bid); `far` is the other side of it.
    """

    natural: Decimal
    mid: Decimal
    far: Decimal

    @property
    def width(self) -> Decimal:
        """From one side of the package to the other; negative when it is crossed."""
        return self.natural - self.far
