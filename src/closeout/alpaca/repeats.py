"""Messages seen before: a stream may say a thing twice, above all around a reconnect."""

from collections import OrderedDict

from closeout.alpaca.wire import UpdateRow

REMEMBERED = 10_000
"""Far more updates than an account makes between a message and its repeat."""


class Repeats:
    """Remembers what was told lately."""

    def __init__(self, remembered: int = REMEMBERED) -> None:
        self._remembered = remembered
        self._seen: OrderedDict[str, None] = OrderedDict()

    def is_repeat(self, row: UpdateRow) -> bool:
        """Whether any name of this update was told before; remembers it all the same."""
        names = names_of(row)
        repeated = any(name in self._seen for name in names)
        for name in names:
            self._seen[name] = None
            self._seen.move_to_end(name)
        while len(self._seen) > self._remembered:
            self._seen.popitem(last=False)
        return repeated


def names_of(row: UpdateRow) -> tuple[str, ...]:
    """
    Return what tells this update from every other: its event id, its executions.

    The event's word belongs to an execution's name, since a bust repeats the id of the trade
    it undoes. Only an update with neither is named by what it says.
    """
    executions = [leg.execution_id for leg in row.legs or () if leg.execution_id]
    if row.execution_id:
        executions.append(row.execution_id)
    names = []
    if row.event_id:
        names.append(f"event {row.event_id}")
    if executions:
        names.append(f"{row.event} {' '.join(executions)}")
    return tuple(names) or (_said_by(row),)


def _said_by(row: UpdateRow) -> str:
    at = row.timestamp or row.at or row.order.updated_at
    return f"{row.order.id} {row.event} {row.order.filled_qty} {at}"
