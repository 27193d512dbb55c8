"""
The hash chain of a close, and the one of an account's edits.

The first link hashes who the close is, every further one its event and the hash before it;
the close's row keeps the last hash and the count. So an altered, missing, added or moved
event shows, also at the end. Edits of an account are chained alike. It guards against damage
and careless hands; whoever may rewrite the whole chain can still forge it.
"""

from dataclasses import dataclass
from hashlib import sha256

import msgspec

from closeout.journal.codec import Encoded


@dataclass(frozen=True, slots=True)
class Identity:
    """What a close is known by for good."""

    close_id: str
    account: str
    position_id: str
    opened_at: str
    idempotency_key: str | None
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Head:
    """Where a close's chain ends: how many events it has and the hash of the newest."""

    length: int
    hash: str


def genesis(identity: Identity) -> Head:
    """Return the head of a close that has no events yet."""
    return Head(length=0, hash=_digest(identity))


def genesis_of_edits(account: str) -> Head:
    """Return the head of an account's edits when there are none."""
    return Head(length=0, hash=_digest(("edits", account)))


def link(head: Head, owner: str, event: Encoded) -> Head:
    """Return the head after `event` was added; `owner` is the close's id, or the account."""
    text = (head.hash, owner, head.length, event.kind, event.at, event.payload)
    return Head(length=head.length + 1, hash=_digest(text))


def _digest(value: object) -> str:
    # JSON keeps neighbouring texts apart, which plain concatenation would not.
    return sha256(msgspec.json.encode(value)).hexdigest()
