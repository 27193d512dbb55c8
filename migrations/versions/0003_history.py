"""The orders that were read from the broker."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "order_history",
        sa.Column("account", sa.Text, nullable=False),
        sa.Column(
            "read_until",
            sa.String(32),
            nullable=False,
            comment="every order submitted before is in order_fact",
        ),
        sa.PrimaryKeyConstraint("account", name="pk_order_history"),
    )
    op.create_table(
        "order_fact",
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("order_id", sa.Text, nullable=False),
        sa.Column("submitted_at", sa.String(32)),
        sa.Column(
            "updated_at",
            sa.String(32),
            nullable=False,
            comment="empty when the broker does not say",
        ),
        sa.Column("payload", sa.Text, nullable=False, comment="the newest report, with its legs"),
        sa.PrimaryKeyConstraint("account", "order_id", name="pk_order_fact"),
    )


def downgrade() -> None:
    raise NotImplementedError("a journal only goes forward; restore a backup")
