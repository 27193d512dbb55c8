"""How Alpaca writes numbers and times: strings without trailing zeros, nanosecond RFC 3339."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

from alpaca_simulator.exchange.sessions import NEW_YORK

_CROCKFORD: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_ULID_LENGTH: Final = 26


def number(value: Decimal | int) -> str:
    """`1.60` as `1.6`, `2.00` as `2`, never an exponent, never `-0`."""
    text = f"{value:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def number_or_null(value: Decimal | int | None) -> str | None:
    return None if value is None else number(value)


def instant(moment: datetime) -> str:
    """UTC with nine decimals, trailing zeros dropped, as Go prints them.

    Python keeps six; the last three are derived from them, so that the same moment always reads
    the same and a client meets the nanoseconds that Alpaca sends.
    """
    utc = moment.astimezone(UTC)
    digits = f"{utc.microsecond:06d}{utc.microsecond * 7919 % 1000:03d}".rstrip("0")
    return f"{utc:%Y-%m-%dT%H:%M:%S}{'.' + digits if digits else ''}Z"


def instant_or_null(moment: datetime | None) -> str | None:
    return None if moment is None else instant(moment)


def eastern(moment: datetime) -> str:
    """New York time with its offset, as /v2/clock writes it."""
    local = moment.astimezone(NEW_YORK)
    return local.isoformat(timespec="microseconds" if local.microsecond else "seconds")


def ulid(moment: datetime, entropy: int) -> str:
    """A ULID: 48 bits of milliseconds and 80 bits of `entropy` in Crockford's base 32."""
    value = (int(moment.timestamp() * 1000) << 80) | (entropy & ((1 << 80) - 1))
    return "".join(
        _CROCKFORD[(value >> (5 * place)) & 31] for place in reversed(range(_ULID_LENGTH))
    )
