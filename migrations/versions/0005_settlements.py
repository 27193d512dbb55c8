"""Assignments, exercises and expiries that were read from the broker."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "settlement_history",
        sa.Column("account", sa.Text, nullable=False),
        sa.Column(
            "read_until",
            sa.String(32),
            nullable=False,
            comment="when what is in settlement_fact was read",
        ),
        sa.PrimaryKeyConstraint("account", name="pk_settlement_history"),
    )
    op.create_table(
        "settlement_fact",
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("activity_id", sa.Text, nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
        sa.Column("payload", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("account", "activity_id", name="pk_settlement_fact"),
    )


def downgrade() -> None:
    raise NotImplementedError("a journal only goes forward; restore a backup")
