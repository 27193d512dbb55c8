"""Closes, their events, and whose journal it is."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_REFUSED = "the journal only grows: events are never changed or deleted"


def upgrade() -> None:
    op.create_table(
        "close",
        sa.Column("close_id", sa.String(64), nullable=False),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("position_id", sa.Text, nullable=False),
        sa.Column("opened_at", sa.String(32), nullable=False),
        sa.Column(
            "ended_at",
            sa.String(32),
            comment="when its newest event was when it was marked ended",
        ),
        sa.Column("idempotency_key", sa.Text),
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.Column("length", sa.Integer, nullable=False, comment="how many events it has"),
        sa.Column("head", sa.String(64), nullable=False, comment="the hash of its newest event"),
        sa.PrimaryKeyConstraint("close_id", name="pk_close"),
        sa.UniqueConstraint("account", "idempotency_key", name="uq_close_account_idempotency_key"),
    )
    op.create_index("ix_close_account_opened_at", "close", ["account", "opened_at"])
    op.create_index("ix_close_account_ended_at", "close", ["account", "ended_at"])
    op.create_table(
        "close_event",
        sa.Column("close_id", sa.String(64), nullable=False),
        sa.Column("sequence", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
        sa.Column("payload", sa.Text, nullable=False),
        sa.Column("previous_hash", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("close_id", "sequence", name="pk_close_event"),
        sa.ForeignKeyConstraint(["close_id"], ["close.close_id"], name="fk_close_event_close"),
    )
    op.create_table(
        "meta",
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_meta"),
    )
    if op.get_bind().dialect.name == "sqlite":
        _guard_sqlite()
    else:
        _guard_postgres()


def downgrade() -> None:
    raise NotImplementedError("a journal only goes forward; restore a backup")


def _guard_sqlite() -> None:
    for verb in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER close_event_no_{verb.lower()} BEFORE {verb} ON close_event "
            f"BEGIN SELECT RAISE(ABORT, '{_REFUSED}'); END"
        )


def _guard_postgres() -> None:
    op.execute(
        "CREATE FUNCTION close_event_only_grows() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{_REFUSED}'; END $$"
    )
    op.execute(
        "CREATE TRIGGER close_event_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON close_event "
        "FOR EACH STATEMENT EXECUTE FUNCTION close_event_only_grows()"
    )
