"""
Frames of the two quote streams.

Both are asked for MessagePack, the only form of the option stream; a server that sends JSON
is understood too. Prices arrive as binary floats. The price meant is the shortest decimal
that reads back as that float (9.46, not 9.4600000000000008527): msgspec builds just that,
and no exchange quotes with the 16 digits at which it could be wrong. Timestamps are
MessagePack's timestamp extension (type -1) or text.
"""

from datetime import datetime
from decimal import Decimal
from math import isfinite
from typing import Any

import msgspec

from closeout.alpaca.wire import Instant, Unreadable
from closeout.domain.quotes import Quote

_JSON_OPENINGS = (b"[", b"{")  # as MessagePack these would be the numbers 91 and 123


class Frame(msgspec.Struct, frozen=True, gc=False):
    """One message of either stream: quotes, answers and errors by turns, told apart by `T`."""

    T: str = ""
    S: str = ""
    t: Instant | None = None
    bp: Decimal | None = None
    ap: Decimal | None = None
    bs: int | float | None = None
    as_: int | float | None = msgspec.field(default=None, name="as")
    msg: str | None = None
    code: int | None = None
    quotes: list[str] | None = None

    @property
    def is_quote(self) -> bool:
        return self.T == "q"


_msgpack = msgspec.msgpack.Decoder(list[Frame])
_json = msgspec.json.Decoder(list[Frame])


def encode(message: dict[str, Any]) -> bytes:
    return msgspec.msgpack.encode(message)


def frames(payload: bytes) -> list[Frame]:
    """
    Read one payload, an array of messages.

    Raises:
        Unreadable: it is neither MessagePack nor JSON of that shape.
    """
    decoder = _json if payload.startswith(_JSON_OPENINGS) else _msgpack
    try:
        return decoder.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError) as failed:
        raise Unreadable(str(failed)) from None


def quote(frame: Frame, received: datetime) -> Quote:
    """Read a quote; a bid of zero stays zero, what is no number was not given."""
    return Quote(
        symbol=frame.S,
        bid=_price(frame.bp),
        ask=_price(frame.ap),
        bid_size=_size(frame.bs),
        ask_size=_size(frame.as_),
        at=frame.t or received,
    )


def _size(size: float | None) -> int:
    return int(size) if size is not None and isfinite(size) else 0


def _price(price: Decimal | None) -> Decimal | None:
    return price if price is not None and price.is_finite() else None
