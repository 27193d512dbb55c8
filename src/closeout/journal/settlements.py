"""
What happened to the account without an order, so that it need not be read again.

A cache, as `journal.history` is: the broker has the truth.
"""

from sqlalchemy import Connection, text

from closeout.journal.caches import end, keeping_until, load_facts
from closeout.journal.codec import decode_settlement, encode_settlement, instant
from closeout.journal.tables import settlement_fact, settlement_history
from closeout.ports import SettlementHistory

# One text for both databases: SQLAlchemy has the same only as two dialects.
_KEEP = text(
    "INSERT INTO settlement_fact (account, activity_id, at, payload) "
    "VALUES (:account, :activity_id, :at, :payload) "
    "ON CONFLICT (account, activity_id) DO UPDATE SET at = excluded.at, payload = excluded.payload"
)
_KEEP_UNTIL = keeping_until(settlement_history)


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
        connection.execute(_KEEP_UNTIL, end(account, news.until))


def load(connection: Connection, account: str) -> SettlementHistory:
    """Return what is kept of an account, oldest first."""
    columns = settlement_fact.c
    settlements, until = load_facts(
        connection,
        account,
        settlement_fact,
        settlement_history,
        decode=decode_settlement,
        by=(columns.at, columns.activity_id),
    )
    return SettlementHistory(settlements, until)
