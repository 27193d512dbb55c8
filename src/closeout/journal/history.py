"""
The orders of an account that were read from the broker, so that they need not be read again.

A cache beside the record (`journal.caches`).
"""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, text

from closeout.domain.orders import OrderReport
from closeout.journal.caches import end, keeping_until, load_facts
from closeout.journal.codec import decode_order, encode_order, instant
from closeout.journal.tables import order_fact, order_history
from closeout.ports import OrderHistory

BATCH = 100
"""Rows in one transaction. What opens a close waits for one of them at most."""

# One text for both databases: SQLAlchemy has the same only as two dialects.
_KEEP_ORDER = text(
    "INSERT INTO order_fact (account, order_id, submitted_at, updated_at, payload) "
    "VALUES (:account, :order_id, :submitted_at, :updated_at, :payload) "
    "ON CONFLICT (account, order_id) DO UPDATE SET submitted_at = excluded.submitted_at, "
    "updated_at = excluded.updated_at, payload = excluded.payload "
    "WHERE excluded.updated_at >= order_fact.updated_at"
)
_KEEP_UNTIL = keeping_until(order_history)


@dataclass(frozen=True, slots=True)
class Batch:
    """The rows of one transaction; `until` is there when they are the last."""

    orders: tuple[dict[str, str | None], ...]
    until: dict[str, str] | None


def batches(account: str, news: OrderHistory) -> Iterator[Batch]:
    """Cut news into transactions. `until` comes last: it speaks for all orders before it."""
    for first in range(0, len(news.orders), BATCH):
        some = news.orders[first : first + BATCH]
        yield Batch(tuple(_row(account, order) for order in some), None)
    if news.until is not None:
        yield Batch((), end(account, news.until))


def keep(connection: Connection, batch: Batch) -> None:
    """Write a batch; a row that is there and younger stays."""
    if batch.orders:
        connection.execute(_KEEP_ORDER, list(batch.orders))
    if batch.until is not None:
        connection.execute(_KEEP_UNTIL, batch.until)


def load(connection: Connection, account: str) -> OrderHistory:
    """Return what is kept of an account, oldest first."""
    columns = order_fact.c
    orders, until = load_facts(
        connection,
        account,
        order_fact,
        order_history,
        decode=decode_order,
        by=(columns.submitted_at, columns.order_id),
    )
    return OrderHistory(orders, until)


def _row(account: str, order: OrderReport) -> dict[str, str | None]:
    return {
        "account": account,
        "order_id": order.order_id,
        "submitted_at": None if order.submitted_at is None else instant(order.submitted_at),
        "updated_at": "" if order.updated_at is None else instant(order.updated_at),
        "payload": encode_order(order),
    }
