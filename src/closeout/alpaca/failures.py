"""
What an answer other than yes means.

Refused: the broker read it and said no. Not sent: it certainly did not reach the order book.
Everything else after sending is unknown (5xx, timeouts, redirects, unreadable answers), since
silence is not a no.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import TypeVar

from closeout.alpaca.limits import TOO_MANY, WAIT_UNTOLD
from closeout.alpaca.transport import Answer, NoAnswer, NoConnection, Transport
from closeout.alpaca.wire import ErrorRow, Unreadable, decode
from closeout.domain.outcomes import NotSent, OutcomeUnknown, Refused
from closeout.ports import ReadFailed

T = TypeVar("T")

RECONNECT_AFTER = timedelta(seconds=1)
"""When to try again after no connection could be made."""

_UNAUTHORISED, _FORBIDDEN, _NOT_FOUND = 401, 403, 404
_REQUEST_TIMEOUT, _CLIENT_GONE = 408, 499
_CLIENT_ERRORS = range(400, 500)
_NOT_FOUND_CODES = range(40400000, 40500000)


class KeysRefused(ReadFailed):
    """Alpaca does not accept the API keys; trying again does not help, other keys do."""

    code = "broker_keys_refused"


async def get(transport: Transport, path: str, params: Mapping[str, str] | None = None) -> Answer:
    """
    Read, whatever the status.

    Raises:
        ReadFailed: no answer came at all.
    """
    try:
        return await transport.request("GET", path, params=params)
    except (NoConnection, NoAnswer) as failed:
        raise lost_read(failed) from None


def failed_write(answer: Answer) -> Refused | OutcomeUnknown | NotSent:
    """Sort the answer to a POST or DELETE that was not a success."""
    assert not answer.is_success
    if answer.status == TOO_MANY:
        return NotSent(
            "Alpaca's rate limit is used up (HTTP 429)", answer.retry_after or WAIT_UNTOLD
        )
    # A proxy that gave up waiting (408, 499) may have passed the request on.
    if answer.status in _CLIENT_ERRORS and answer.status not in (_REQUEST_TIMEOUT, _CLIENT_GONE):
        return _refusal(answer)
    return OutcomeUnknown(told(answer))


def lost_write(failed: NoConnection | NoAnswer) -> OutcomeUnknown | NotSent:
    """Sort a POST or DELETE that got no answer at all."""
    if isinstance(failed, NoConnection):
        return NotSent(f"no connection to Alpaca: {failed}", RECONNECT_AFTER)
    return OutcomeUnknown(f"sent, and no answer came: {failed}")


def failed_read(answer: Answer) -> ReadFailed:
    """Return the error of a read that was not a success."""
    assert not answer.is_success
    if _keys_refused(answer, error_row(answer)):
        return KeysRefused(_keys_message(answer))
    untold = WAIT_UNTOLD if answer.status == TOO_MANY else None
    return ReadFailed(told(answer), retry_after=answer.retry_after or untold)


def lost_read(failed: NoConnection | NoAnswer) -> ReadFailed:
    """Return the error of a read that got no answer at all."""
    if isinstance(failed, NoConnection):
        return ReadFailed(f"no connection to Alpaca: {failed}")
    return ReadFailed(f"Alpaca did not answer: {failed}")


def read_as(kind: type[T], answer: Answer) -> T:
    """
    Return the body of a successful read.

    Raises:
        ReadFailed: it was not a success, or the body is not that.
    """
    if not answer.is_success:
        raise failed_read(answer)
    if not answer.whole:
        raise ReadFailed("Alpaca's answer broke off")
    return decode(kind, answer.body)


def says_not_found(answer: Answer) -> bool:
    """
    Whether Alpaca itself says that the thing does not exist.

    A 404 without Alpaca's 404xxxxx code comes from a proxy or a wrong URL and proves nothing
    about an order.
    """
    return answer.status == _NOT_FOUND and error_row(answer).code in _NOT_FOUND_CODES


def error_row(answer: Answer) -> ErrorRow:
    """Return Alpaca's error body; an empty one when the body is something else."""
    try:
        return decode(ErrorRow, answer.body) if answer.whole else ErrorRow()
    except Unreadable:
        return ErrorRow()


def told(answer: Answer) -> str:
    """Say what came back, in Alpaca's words where they can be read."""
    message = error_row(answer).message or answer.excerpt
    return f"Alpaca answered HTTP {answer.status}" + (f": {message}" if message else "")


def _refusal(answer: Answer) -> Refused:
    row = error_row(answer)
    about_keys = _keys_refused(answer, row)
    message = _keys_message(answer) if about_keys else row.message or told(answer)
    related = [*(row.related_orders or ()), row.existing_order_id]
    return Refused(
        http_status=answer.status,
        code=row.code,
        message=message,
        related_orders=tuple(dict.fromkeys(order for order in related if order)),
    )


def _keys_refused(answer: Answer, row: ErrorRow) -> bool:
    """
    Whether this is about the keys: 401, or a bare `forbidden.`.

    Refusals of trades are 403 too, with a code; so are data subscriptions, in other words.
    """
    bare = row.code is None and (row.message or "").lower().startswith("forbidden")
    return answer.status == _UNAUTHORISED or (answer.status == _FORBIDDEN and bare)


def _keys_message(answer: Answer) -> str:
    return f"Alpaca did not accept the API keys (HTTP {answer.status})"
