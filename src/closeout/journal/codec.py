"""
Events and edits to and from the text the journal keeps.

A kind is the event's class name in snake case; a payload is JSON with sorted keys, money as
the exact decimal text and instants as ISO 8601 with their offset. Renaming an event or a
field makes old journals unreadable: `tests/journal/golden_events.json` pins them.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, datetime
from typing import TypeVar, get_args

import msgspec

from closeout.closing.events import Event
from closeout.domain.edits import Edit
from closeout.domain.orders import OrderReport
from closeout.domain.settlements import Settlement
from closeout.ports import JournalFailed


@dataclass(frozen=True, slots=True)
class Encoded:
    """An event as the journal keeps it. `at` repeats the payload's, in UTC, for queries."""

    kind: str
    at: str
    payload: str


def kind_of(event_type: type) -> str:
    """Return the stored name of an event: `CloseOpened` is `close_opened`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", event_type.__name__).lower()


EVENT_TYPES: dict[str, type[Event]] = {kind_of(each): each for each in get_args(Event)}

EDIT_TYPES: dict[str, type[Edit]] = {kind_of(each): each for each in get_args(Edit)}

T = TypeVar("T")

_TYPES: dict[str, type[Event] | type[Edit]] = {**EVENT_TYPES, **EDIT_TYPES}
_KINDS = {each: kind for kind, each in _TYPES.items()}
_LIKE_A_NAIVE_INSTANT = re.compile(r'T\d\d:\d\d:\d\d(?:\.\d+)?"')
_ENCODER = msgspec.json.Encoder(order="sorted", decimal_format="string")
_ORDER_DECODER = msgspec.json.Decoder(OrderReport)
_SETTLEMENT_DECODER = msgspec.json.Decoder(Settlement)
_DECODERS = {kind: msgspec.json.Decoder(each) for kind, each in _TYPES.items()}


def encode(event: Event | Edit) -> Encoded:
    """
    Return what the journal keeps of `event`.

    Raises:
        JournalFailed: an instant in it does not know its time zone.
    """
    kind = _KINDS[type(event)]
    return Encoded(kind=kind, at=instant(event.at), payload=_payload(event, kind))


def encode_order(order: OrderReport) -> str:
    """
    Return an order as events hold it.

    Raises:
        JournalFailed: an instant in it does not know its time zone.
    """
    return _payload(order, "order")


def decode_order(payload: str) -> OrderReport | None:
    """Return the order that was encoded; None when another version wrote it, or it is damaged."""
    return _decoded(_ORDER_DECODER, payload)


def encode_settlement(settlement: Settlement) -> str:
    """Return a settlement as events hold values. Raises: JournalFailed, as `encode_order`."""
    return _payload(settlement, "settlement")


def decode_settlement(payload: str) -> Settlement | None:
    """Return the settlement that was encoded; None as in `decode_order`."""
    return _decoded(_SETTLEMENT_DECODER, payload)


def _decoded(decoder: msgspec.json.Decoder[T], payload: str) -> T | None:
    try:
        return decoder.decode(payload)
    except msgspec.MsgspecError:
        return None


def _payload(value: Event | Edit | OrderReport | Settlement, name: str) -> str:
    payload = _ENCODER.encode(value).decode()
    # Walking the value costs ten times what encoding it does, and is hardly ever needed.
    if _LIKE_A_NAIVE_INSTANT.search(payload):
        for path in _naive_instants(value, name):
            raise JournalFailed(f"{path} has no time zone, so nobody could tell later when it was")
    return payload


def decode(kind: str, payload: str, *, row: str) -> Event:
    """
    Return the event that was encoded. `row` names it in errors.

    Raises:
        JournalFailed: the kind or a field is unknown here, or the text is damaged.
    """
    return _decode(EVENT_TYPES, kind, payload, row)


def decode_edit(kind: str, payload: str, *, row: str) -> Edit:
    """Return the edit that was encoded, as `decode` does an event. Raises: JournalFailed."""
    return _decode(EDIT_TYPES, kind, payload, row)


def _decode(types: Mapping[str, type[T]], kind: str, payload: str, row: str) -> T:
    decoder = _DECODERS.get(kind) if kind in types else None
    if decoder is None:
        raise JournalFailed(f"{row} is of the unknown kind {kind!r}. {_NEWER}")
    try:
        event = decoder.decode(payload)
    # An event's own assertions speak up when a payload was altered.
    except (msgspec.MsgspecError, AssertionError) as error:
        raise JournalFailed(f"{row} ({kind}) cannot be read: {error}. {_DAMAGED}") from error
    assert isinstance(event, types[kind])
    unknown = next(_unknown_fields(msgspec.json.decode(payload), msgspec.to_builtins(event)), None)
    if unknown is not None:
        raise JournalFailed(f"{row} ({kind}) has the unknown field {unknown!r}. {_NEWER}")
    return event


def instant(at: datetime) -> str:
    """Return an aware instant as UTC text of one width, so that text sorts as time does."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


_NEWER = "A newer Closeout wrote this journal: start that version again, or update this one."
_DAMAGED = (
    "A newer Closeout wrote it, or it was altered: `closeout doctor` checks the journal, and "
    "a backup holds what was there."
)


def _naive_instants(value: object, path: str) -> Iterator[str]:
    if isinstance(value, datetime):
        if value.utcoffset() is None:
            yield path
    elif isinstance(value, tuple):
        for item in value:
            yield from _naive_instants(item, path)
    elif is_dataclass(value):
        for field in fields(value):
            yield from _naive_instants(getattr(value, field.name), f"{path}.{field.name}")


def _unknown_fields(stored: object, known: object) -> Iterator[str]:
    """Yield names in `stored` that were dropped on the way to `known`: msgspec lets them pass."""
    if isinstance(stored, dict) and isinstance(known, dict):
        for name, value in stored.items():
            if name in known:
                yield from _unknown_fields(value, known[name])
            else:
                yield str(name)
    elif isinstance(stored, list) and isinstance(known, list | tuple):
        for stored_item, known_item in zip(stored, known, strict=True):
            yield from _unknown_fields(stored_item, known_item)
