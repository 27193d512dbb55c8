"""The keys under which edits were asked for, so that a repeated request is one edit."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "edit_key",
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("idempotency_key", sa.Text, nullable=False),
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("account", "idempotency_key", name="pk_edit_key"),
        sa.ForeignKeyConstraint(
            ["account", "number"], ["edit.account", "edit.number"], name="fk_edit_key_edit"
        ),
    )


def downgrade() -> None:
    raise NotImplementedError("a journal only goes forward; restore a backup")
