"""What the writer can be asked to write. Each is written wholly or not at all."""

from dataclasses import dataclass

from closeout.journal.chain import Identity
from closeout.journal.codec import Encoded


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
class Binding:
    """Whose journal this is, if nobody's yet."""

    identity: str


Request = Opening | Appending | Ending | Binding
