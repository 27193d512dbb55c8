"""What happened without an order is kept beside the closes, on SQLite and on PostgreSQL alike."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from journal.samples import AT, started
from sqlalchemy import text

from closeout.domain.settlements import Settlement, SettlementKind
from closeout.journal.store import SqlJournal
from closeout.ports import SettlementHistory

ASSIGNED = Settlement(
    "20261204::1", SettlementKind.ASSIGNED, "SPY261204P00560000", Decimal(2), None, AT
)
SHARES = Settlement(
    "20261204::2", SettlementKind.TRADED, "SPY", Decimal(200), Decimal("560.00"), AT
)


async def test_they_read_back_as_they_were_told_oldest_first(url: str) -> None:
    later = replace(SHARES, at=AT + timedelta(days=1))
    first = await started(url)
    await first.keep_settlements("paper", SettlementHistory((later, ASSIGNED), AT))
    await first.close()

    second = await started(url)
    kept = await second.load_settlements("paper")
    other = await second.load_settlements("live")
    await second.close()

    assert SettlementHistory((ASSIGNED, later), AT) == kept
    assert SettlementHistory() == other


async def test_one_that_is_told_twice_is_kept_once_and_until_only_grows(
    journal: SqlJournal,
) -> None:
    for until in (AT, AT - timedelta(hours=1), None):
        await journal.keep_settlements("paper", SettlementHistory((ASSIGNED,), until))

    assert SettlementHistory((ASSIGNED,), AT) == await journal.load_settlements("paper")


async def test_a_row_that_cannot_be_read_has_all_asked_for_again(journal: SqlJournal) -> None:
    await journal.keep_settlements("paper", SettlementHistory((ASSIGNED, SHARES), AT))
    journal._engines.line.close()
    with journal._engines.write.begin() as connection:
        connection.execute(
            text("UPDATE settlement_fact SET payload = '{}' WHERE activity_id = '20261204::2'")
        )

    assert SettlementHistory((ASSIGNED,), None) == await journal.load_settlements("paper")
