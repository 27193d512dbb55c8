"""OCC option symbols, as Alpaca writes them: root, yymmdd, C or P, strike times 1000."""

import re
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from closeout.domain.errors import NotAnOccSymbol

_ROOT = re.compile(r"[A-Z][A-Z0-9]{0,5}", re.ASCII)
_EXPIRY, _RIGHT, _STRIKE = slice(-15, -9), slice(-9, -8), slice(-8, None)
"""Where they stand in a symbol, counted from its end; before them is the root."""


class Right(StrEnum):
    """What the option gives the right to do."""

    CALL = "C"
    PUT = "P"

    @property
    def word(self) -> str:
        return "Call" if self is Right.CALL else "Put"


_RIGHTS = {right.value: right for right in Right}


# A whole account has a few roots, expiries and strikes.
@lru_cache(maxsize=4096)
def _is_root(text: str) -> bool:
    return _ROOT.fullmatch(text) is not None


@lru_cache(maxsize=1024)
def _expiry(digits: str) -> date | None:
    if not _are_digits(digits):
        return None
    try:
        return date(2000 + int(digits[:2]), int(digits[2:4]), int(digits[4:]))
    except ValueError:
        return None


@lru_cache(maxsize=4096)
def _strike(digits: str) -> Decimal | None:
    """Read thousandths of a dollar; nothing has a strike of none."""
    strike = Decimal(int(digits)).scaleb(-3) if _are_digits(digits) else None
    return strike or None


def _are_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


class OccSymbol(NamedTuple):
    """
    One listed option contract.

    `root` may differ from the underlying: adjusted contracts carry a digit (`AAPL1`).
    `strike` is dollars per share, exact to a tenth of a cent.
    """

    root: str
    expiry: date
    right: Right
    strike: Decimal

    @classmethod
    def parse(cls, text: str) -> "OccSymbol":
        """
        Read a symbol such as `SPY261218P00450000`.

        Raises:
            NotAnOccSymbol: the text has another form; stock symbols do.
        """
        root, right = text[: _EXPIRY.start], _RIGHTS.get(text[_RIGHT])
        expiry, strike = _expiry(text[_EXPIRY]), _strike(text[_STRIKE])
        if right is None or expiry is None or strike is None or not _is_root(root):
            raise NotAnOccSymbol(text)
        return cls(root, expiry, right, strike)

    @property
    def underlying(self) -> str:
        """The ticker it is traded under; the digit of an adjusted root is dropped."""
        return underlying_of(self.root)

    @property
    def is_adjusted(self) -> bool:
        """Whether the root says that a corporate action changed what is delivered."""
        return self.root[-1].isdigit()

    def __str__(self) -> str:
        return f"{self.root}{self.expiry:%y%m%d}{self.right.value}{thousandths(self.strike):08d}"


@lru_cache(maxsize=4096)
def thousandths(strike: Decimal) -> int:
    """Return thousandths of a dollar, as symbols tell strikes."""
    return int(strike.scaleb(3))


@lru_cache(maxsize=4096)
def underlying_of(root: str) -> str:
    """Return the ticker that options of a root are traded under."""
    return root.rstrip("0123456789")


@lru_cache(maxsize=16_384)
def option_or_none(symbol: str) -> OccSymbol | None:
    """
    Return the contract, or None for anything that is not an option.

    Remembered, for the same few symbols are asked for over and over.
    """
    try:
        return OccSymbol.parse(symbol)
    except NotAnOccSymbol:
        return None
