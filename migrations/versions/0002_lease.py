"""Which process owns an account."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "lease",
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("epoch", sa.Integer, nullable=False, comment="grows with every change of hands"),
        sa.Column("beat", sa.BigInteger, nullable=False, comment="grows with every sign of life"),
        sa.Column("owner", sa.Text, comment="for people to read; null when the last one let go"),
        sa.PrimaryKeyConstraint("account", name="pk_lease"),
    )


def downgrade() -> None:
    raise NotImplementedError("a journal only goes forward; restore a backup")
