"""
What happened to the account without an order, so that it need not be read again.

A cache beside the record, as `journal.history` is: the broker has the truth.
"""

from datetime import datetime

from sqlalchemy import Connection, select, text

from closeout.journal.codec import decode_settlement, encode_settlement, instant
from closeout.journal.tables import settlement_fact, settlement_history
from closeout.ports import SettlementHistory

# One text for both databases: SQLAlchemy has the same only as two dialects.
_KEEP = text(
    "INSERT INTO settlement_fact (account, activity_id, at, payload) "
    "VALUES (:account, :activity_id, :at, :payload) "
    "ON CONFLICT (account, activity_id) DO UPDATE SET at = excluded.at, payload = excluded.payload"
)
_KEEP_UNTIL = text(
    "INSERT INTO settlement_history (account, read_until) VALUES (:account, :read_until) "
    "ON CONFLICT (account) DO UPDATE SET read_until = excluded.read_until "
    "WHERE excluded.read_until > settlement_history.read_until"
)


def keep(connection: Connection, account: str, news: SettlementHistory) -> None:
    """Write them in one transaction: an account has few of them."""
    rows = [
        {
            "account": account,
            "activity_id": each.activity_id,
            "at": instant(each.at),
            "payload": encode_settlement(each),
        }
        for each in news.settlements
    ]
    if rows:
        connection.execute(_KEEP, rows)
    if news.until is not None:
        connection.execute(_KEEP_UNTIL, {"account": account, "read_until": instant(news.until)})


def load(connection: Connection, account: str) -> SettlementHistory:
    """
    Return what is kept of an account, oldest first.

    A row that cannot be read is left out, and `until` with it: then all must be asked for again.
    """
    rows = connection.execute(
        select(settlement_fact.c.payload)
        .where(settlement_fact.c.account == account)
        .order_by(settlement_fact.c.at, settlement_fact.c.activity_id)
    )
    read = [decode_settlement(row.payload) for row in rows]
    settlements = tuple(each for each in read if each is not None)
    if len(settlements) < len(read):
        return SettlementHistory(settlements)
    until = connection.scalar(
        select(settlement_history.c.read_until).where(settlement_history.c.account == account)
    )
    return SettlementHistory(settlements, None if until is None else datetime.fromisoformat(until))
