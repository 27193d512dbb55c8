"""What the user has said about strategies."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_REFUSED = "the journal only grows: edits are never changed or deleted"


def upgrade() -> None:
    op.create_table(
        "edit_log",
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("length", sa.Integer, nullable=False, comment="how many edits it has"),
        sa.Column("head", sa.String(64), nullable=False, comment="the hash of its newest edit"),
        sa.PrimaryKeyConstraint("account", name="pk_edit_log"),
    )
    op.create_table(
        "edit",
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("number", sa.Integer, autoincrement=False, nullable=False, comment="from 1"),
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
        sa.Column("payload", sa.Text, nullable=False),
        sa.Column("previous_hash", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("account", "number", name="pk_edit"),
        sa.ForeignKeyConstraint(["account"], ["edit_log.account"], name="fk_edit_edit_log"),
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
            f"CREATE TRIGGER edit_no_{verb.lower()} BEFORE {verb} ON edit "
            f"BEGIN SELECT RAISE(ABORT, '{_REFUSED}'); END"
        )


def _guard_postgres() -> None:
    op.execute(
        "CREATE FUNCTION edit_only_grows() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{_REFUSED}'; END $$"
    )
    op.execute(
        "CREATE TRIGGER edit_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON edit "
        "FOR EACH STATEMENT EXECUTE FUNCTION edit_only_grows()"
    )
