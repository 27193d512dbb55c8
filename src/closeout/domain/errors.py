"""
Errors of the core, named for what went wrong.

Every one has a stable `code`; the sentence is for the person who can mend it.
"""

from typing import ClassVar


class CloseoutError(Exception):
    """The base of every expected error."""

    code: ClassVar[str] = "closeout_error"


class NotAnOccSymbol(CloseoutError, ValueError):
    """A text that is no OCC option symbol."""

    code = "not_an_occ_symbol"

    def __init__(self, text: str) -> None:
        super().__init__(f"{text!r} is not an OCC option symbol such as SPY261218P00450000")


class CannotPlan(CloseoutError):
    """
    No order can be built that closes what was asked.

    `code` says which rule stands in the way; the message says what to do instead.
    """

    code = "cannot_plan"

    def __init__(self, reason_code: str, message: str) -> None:
        super().__init__(message)
        self.reason_code = reason_code


class CannotRegroup(CloseoutError):
    """
    The user's edit does not fit how things are now; nothing has changed.

    `reason_code` says which rule stands in the way.
    """

    code = "cannot_regroup"

    def __init__(self, reason_code: str, message: str) -> None:
        super().__init__(message)
        self.reason_code = reason_code


class NoPrice(CloseoutError):
    """A price was needed and no usable quote is there."""

    code = "no_price"
