"""What the ledger says to the database."""

from functools import cache

from sqlalchemy import BindParameter, Table, bindparam, func, insert, select, update

from closeout.journal.driver import Statement
from closeout.journal.tables import close, close_event, edit, edit_key, edit_log, lease, meta


def _add(table: Table, *, but: str | None = None) -> Statement:
    return Statement(insert(table), [name for name in table.c.keys() if name != but])  # noqa: SIM118 -- no dict


READ_EPOCH = Statement(
    select(lease.c.epoch).where(lease.c.account == bindparam("name")).with_for_update()
)
ADD_LEASE = _add(lease)
RENEW_LEASE = Statement(
    update(lease).where(lease.c.account == bindparam("name")).values(beat=lease.c.beat + 1)
)
RELEASE_LEASE = Statement(
    update(lease).where(lease.c.account == bindparam("name")).values(owner=None)
)
TAKE_LEASE = Statement(
    update(lease)
    .where(
        lease.c.account == bindparam("name"),
        lease.c.epoch == bindparam("seen_epoch"),
        lease.c.beat == bindparam("seen_beat"),
    )
    .values(epoch=bindparam("new_epoch"), beat=0, owner=bindparam("new_owner"))
)

READ_IDENTITY = Statement(select(meta.c.value).where(meta.c.name == "identity"))
ADD_META = _add(meta)

ADD_CLOSE = _add(close, but="ended_at")
ADD_EVENT = _add(close_event)
MOVE_HEAD = Statement(
    update(close)
    .where(close.c.close_id == bindparam("id"))
    .values(length=bindparam("new_length"), head=bindparam("new_head"))
)
END = Statement(
    update(close)
    .where(close.c.close_id == bindparam("id"))
    .values(
        ended_at=func.coalesce(
            close.c.ended_at,
            select(func.max(close_event.c.at))
            .where(close_event.c.close_id == bindparam("id"))
            .scalar_subquery(),
        )
    )
)
RESUME = Statement(update(close).where(close.c.close_id == bindparam("id")).values(ended_at=None))

READ_EDITS = Statement(
    select(edit_log.c.length, edit_log.c.head)
    .where(edit_log.c.account == bindparam("name"))
    .with_for_update()
)
ADD_EDITS = _add(edit_log)
MOVE_EDITS = Statement(
    update(edit_log)
    .where(edit_log.c.account == bindparam("name"))
    .values(length=bindparam("new_length"), head=bindparam("new_head"))
)
ADD_EDIT = _add(edit)
ADD_EDIT_KEY = _add(edit_key)


@cache
def read_heads(count: int) -> Statement:
    """Read the heads of so many closes, named `id0` and on."""
    names: list[BindParameter[str]] = [bindparam(f"id{number}") for number in range(count)]
    return Statement(
        select(close.c.close_id, close.c.account, close.c.length, close.c.head)
        .where(close.c.close_id.in_(names))
        # In one order, so that two workers that append to the same closes cannot deadlock.
        .order_by(close.c.close_id)
        .with_for_update()
    )
