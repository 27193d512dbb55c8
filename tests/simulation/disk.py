"""What is committed: it outlives every process."""

from dataclasses import dataclass, field

from closeout.closing.events import Event
from closeout.domain.edits import Edit
from closeout.ports import Lease, OrderHistory, SettlementHistory


@dataclass(slots=True)
class Record:
    close_id: str
    account: str
    position_id: str
    key: str | None
    fingerprint: str
    events: list[Event] = field(default_factory=list)
    is_ended: bool = False


class Disk:
    """What is committed."""

    def __init__(self) -> None:
        self.records: dict[str, Record] = {}
        self.down_until = 0.0
        self.lease: Lease | None = None
        self.history = OrderHistory()
        self.settled = SettlementHistory()
        self.edits: list[Edit] = []

    def find_by_key(self, key: str) -> Record | None:
        return next((each for each in self.records.values() if each.key == key), None)
