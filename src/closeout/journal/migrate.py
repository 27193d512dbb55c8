"""
Brings a database to the newest tables.

Migrations stand in `migrations/` at the top of the repository and are packed beside this
file in a wheel.
"""

from importlib.metadata import version as version_of
from pathlib import Path

from sqlalchemy import Connection, delete, insert, inspect, select, text

from closeout.journal.engines import Engines
from closeout.journal.tables import HEAD, meta
from closeout.ports import JournalFailed

_LOCK = 0x636C6F7365  # "close": one number for every Closeout on a PostgreSQL server


def upgrade(engines: Engines) -> None:
    """
    Create or upgrade the tables, in one transaction; nothing to do costs one query.

    Raises:
        JournalFailed: a newer Closeout has already upgraded them beyond what we know.
        DBAPIError: the database could not.
    """
    with engines.read.begin() as connection:
        version = _version(connection)
        program = None if version in (None, HEAD) else _program(connection)
    if version != HEAD:
        _run_migrations(engines, version, program)


def scripts() -> Path:
    """Return the folder that holds the migrations."""
    packed = Path(__file__).with_name("migrations")
    return packed if packed.is_dir() else Path(__file__).parents[3] / "migrations"


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return None if found is None else str(found)


def _program(connection: Connection) -> str | None:
    """Return the version of the Closeout that last upgraded the tables."""
    return connection.scalar(select(meta.c.value).where(meta.c.name == "program"))


def _run_migrations(engines: Engines, version: str | None, program: str | None) -> None:
    # Here, for it takes longer to import than everything else takes to start.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(scripts()).replace("%", "%%"))
    known = {each.revision for each in ScriptDirectory.from_config(config).walk_revisions()}
    if version is not None and version not in known:
        raise JournalFailed(
            f"The journal at {engines.place} was upgraded by a newer Closeout ({program}, "
            f"tables {version}): update this one. Nothing was changed."
        )
    with engines.write.begin() as connection:
        # Two that start at once: SQLite's own lock, or this one, lets one through; the
        # other then finds nothing to do.
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        connection.execute(delete(meta).where(meta.c.name == "program"))
        connection.execute(insert(meta), {"name": "program", "value": version_of("closeout")})
