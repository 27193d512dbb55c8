"""
The tables of the journal, as the newest migration leaves them.

Instants are text in UTC with six decimals, so that they sort and hash alike on SQLite and
PostgreSQL. Payloads are JSON text and never the database's JSON type, which would reorder
keys and reprint numbers under the hash.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

HEAD = "0006"
"""The newest migration. A journal that is already there starts without importing Alembic."""

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(referred_table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    }
)

close = Table(
    "close",
    metadata,
    Column("close_id", String(64), primary_key=True),
    Column("account", Text, nullable=False),
    Column("position_id", Text, nullable=False),
    Column("opened_at", String(32), nullable=False),
    Column("ended_at", String(32), comment="when its newest event was when it was marked ended"),
    Column("idempotency_key", Text),
    Column("fingerprint", Text, nullable=False),
    Column("length", Integer, nullable=False, comment="how many events it has"),
    Column("head", String(64), nullable=False, comment="the hash of its newest event"),
    UniqueConstraint("account", "idempotency_key"),
    Index("ix_close_account_opened_at", "account", "opened_at"),
    Index("ix_close_account_ended_at", "account", "ended_at"),
)

close_event = Table(
    "close_event",
    metadata,
    Column("close_id", String(64), ForeignKey("close.close_id"), primary_key=True),
    Column("sequence", Integer, primary_key=True, autoincrement=False),
    Column("kind", String(64), nullable=False),
    Column("at", String(32), nullable=False),
    Column("payload", Text, nullable=False),
    Column("previous_hash", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
)

lease = Table(
    "lease",
    metadata,
    Column("account", Text, primary_key=True),
    Column("epoch", Integer, nullable=False, comment="grows with every change of hands"),
    Column("beat", BigInteger, nullable=False, comment="grows with every sign of life"),
    Column("owner", Text, comment="for people to read; null when the last one let go"),
)

order_history = Table(
    "order_history",
    metadata,
    Column("account", Text, primary_key=True),
    Column(
        "read_until",
        String(32),
        nullable=False,
        comment="every order submitted before is in order_fact",
    ),
)

order_fact = Table(
    "order_fact",
    metadata,
    Column("account", Text, primary_key=True),
    Column("order_id", Text, primary_key=True),
    Column("submitted_at", String(32)),
    Column("updated_at", String(32), nullable=False, comment="empty when the broker does not say"),
    Column("payload", Text, nullable=False, comment="the newest report, with its legs"),
)

settlement_history = Table(
    "settlement_history",
    metadata,
    Column("account", Text, primary_key=True),
    Column(
        "read_until",
        String(32),
        nullable=False,
        comment="when what is in settlement_fact was read",
    ),
)

settlement_fact = Table(
    "settlement_fact",
    metadata,
    Column("account", Text, primary_key=True),
    Column("activity_id", Text, primary_key=True),
    Column("at", String(32), nullable=False),
    Column("payload", Text, nullable=False),
)

edit_log = Table(
    "edit_log",
    metadata,
    Column("account", Text, primary_key=True),
    Column("length", Integer, nullable=False, comment="how many edits it has"),
    Column("head", String(64), nullable=False, comment="the hash of its newest edit"),
)

edit = Table(
    "edit",
    metadata,
    Column("account", Text, ForeignKey("edit_log.account"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False, comment="from 1"),
    Column("kind", String(64), nullable=False),
    Column("at", String(32), nullable=False),
    Column("payload", Text, nullable=False),
    Column("previous_hash", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
)

edit_key = Table(
    "edit_key",
    metadata,
    Column("account", Text, primary_key=True),
    Column("idempotency_key", Text, primary_key=True),
    Column("fingerprint", Text, nullable=False),
    Column("number", Integer, nullable=False),
    ForeignKeyConstraint(["account", "number"], ["edit.account", "edit.number"]),
)

meta = Table(
    "meta",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("value", Text, nullable=False),
)
