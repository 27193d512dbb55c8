"""What the writer can be asked to write. Each is written wholly or not at all."""

from dataclasses import dataclass

from closeout.journal.chain import Identity
from closeout.journal.codec import Encoded
from closeout.ports import AskedUnder, Lease


@dataclass(frozen=True, slots=True)
class Opening:
    """A new close and its first events."""

    identity: Identity
    events: tuple[Encoded, ...]

    @property
    def close_id(self) -> str:
        return self.identity.close_id


@dataclass(frozen=True, slots=True)
class Appending:
    """Further events of a close; the first gets `sequence`."""

    close_id: str
    sequence: int
    events: tuple[Encoded, ...]


@dataclass(frozen=True, slots=True)
class Ending:
    """Whether a close has ended."""

    close_id: str
    ended: bool


@dataclass(frozen=True, slots=True)
class Editing:
    """The next edit of an account's strategies; numbers begin with 1."""

    account: str
    number: int
    edit: Encoded
    asked: AskedUnder | None = None


@dataclass(frozen=True, slots=True)
class Binding:
    """Whose journal this is, if nobody's yet."""

    identity: str


@dataclass(frozen=True, slots=True)
class Taking:
    """The lease of an account, if it is still as it was seen."""

    account: str
    owner: str
    seen: Lease | None


@dataclass(frozen=True, slots=True)
class Renewing:
    """A sign of life of the account's owner."""

    account: str


@dataclass(frozen=True, slots=True)
class Releasing:
    """The end of our ownership of an account."""

    account: str


Request = Opening | Appending | Ending | Editing | Binding | Taking | Renewing | Releasing
