from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from journal.samples import started
from support.postgres import postgres

from closeout.journal.store import SqlJournal

__all__ = ["postgres"]


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/journal.db"


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    """An empty database of each kind."""
    if request.param == "sqlite":
        return str(request.getfixturevalue("sqlite_url"))
    return str(request.getfixturevalue("postgres").new_database())


@pytest.fixture
async def journal(url: str) -> AsyncIterator[SqlJournal]:
    journal = await started(url, patience=timedelta(milliseconds=200))
    yield journal
    await journal.close()
