"""
Runs migrations on the connection the journal hands over.

Developers call Alembic by hand only to draft a migration:
`alembic -x url=sqlite:////tmp/draft.db revision --autogenerate -m "what it does"`.
"""

from datetime import timedelta

from alembic import context
from sqlalchemy import Connection

from closeout.journal.engines import open_engines
from closeout.journal.tables import metadata


def run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=metadata,
        # SQLite, too, takes a whole migration or nothing of it, as we begin by hand.
        transactional_ddl=True,
    )
    with context.begin_transaction():
        context.run_migrations()


handed_over = context.config.attributes.get("connection")
if handed_over is not None:
    run(handed_over)
else:
    url = context.get_x_argument(as_dictionary=True)["url"]
    engines = open_engines(url, patience=timedelta(seconds=5))
    with engines.write.begin() as own:
        run(own)
    engines.dispose()
