"""
One event of every kind with every field filled, and a short way to write a close.

`python tests/journal/samples.py` prints them as `golden_events.json` keeps them.
"""

import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import msgspec

from closeout.closing.events import (
    AccountChecked,
    CancelAcknowledged,
    CancelFailed,
    CancelRequested,
    CloseOpened,
    Event,
    FasterRequested,
    HoldingsRead,
    LimitRequested,
    MarketSeen,
    OrderNotFound,
    OrderNotSent,
    OrderRefused,
    OrderReported,
    OutcomeLost,
    ReadMissed,
    Recovered,
    TradeRevised,
    Woke,
)
from closeout.closing.plans import Plan, PlanStep, Target
from closeout.closing.rooms import Hand, Room
from closeout.closing.schedule import Pace, Schedule
from closeout.closing.walk import AtEnd, Grid, Holding, Walk
from closeout.domain.assignments import Share
from closeout.domain.edits import (
    Edit,
    EditsUndone,
    LegMoved,
    OrphanLeft,
    Part,
    StrategiesMerged,
    StrategyRenamed,
    StrategySplit,
)
from closeout.domain.orders import (
    Execution,
    Intent,
    LegReport,
    OrderReport,
    OrderStatus,
    OrderType,
    Side,
    TicketLeg,
)
from closeout.domain.pricing import TickRule
from closeout.domain.quotes import NetQuote
from closeout.journal.codec import encode
from closeout.journal.store import SqlJournal
from closeout.ports import Journal

AT = datetime(2026, 12, 1, 15, 30, 0, 250_000, tzinfo=UTC)
PUT = "SPY261218P00450000"
PLAN = Plan(
    targets=(Target(leg_id="leg-1", symbol=PUT, side=Side.BUY, contracts=3, held=Decimal(-4)),),
    steps=(
        PlanStep(
            units=3,
            legs=(TicketLeg(symbol=PUT, ratio=1, side=Side.BUY),),
            order_type=OrderType.LIMIT,
            limit=Decimal("1.050"),
        ),
    ),
)
WALK = Walk(
    schedule=Schedule(
        timedelta(seconds=60), timedelta(seconds=2.5), Decimal("0.10"), Decimal("0.90")
    ),
    grid=Grid(TickRule(Decimal("0.05"), Decimal("0.10")), Side.BUY),
    worst=Decimal("1.35"),
    at_end=AtEnd.CROSS,
    width_at_start=Decimal("0.20"),
    bidless=(PUT,),
    hurried=True,
    pace=Pace.CUSTOM,
)
REPORT = OrderReport(
    order_id="61e69015-8549-4bfd-b9c3-01e75843f47d",
    client_order_id="c1-1-1",
    status=OrderStatus.PARTIALLY_FILLED,
    raw_status="partially_filled",
    order_class="simple",
    order_type="limit",
    units=3,
    filled_units=1,
    limit=Decimal("1.05"),
    net_price=Decimal("1.0333333333333333"),
    legs=(
        LegReport(
            order_id="61e69015-8549-4bfd-b9c3-01e75843f47d",
            symbol=PUT,
            side=Side.BUY,
            intent=Intent.BUY_TO_CLOSE,
            ratio=1,
            quantity=3,
            filled=1,
            average_price=Decimal("1.0333333333333333"),
            status=OrderStatus.PARTIALLY_FILLED,
        ),
    ),
    submitted_at=AT,
    updated_at=AT + timedelta(milliseconds=40),
    replaced_by="9f2c",
    replaces="77aa",
)

EVENTS: tuple[Event, ...] = (
    CloseOpened(
        at=AT,
        close_id="c1",
        account="paper",
        position_id="spy-1",
        leg_id="leg-1",
        ticker="SPY",
        strategy="Short put",
        plan=PLAN,
    ),
    OrderReported(at=AT, report=REPORT, source="stream"),
    TradeRevised(
        at=AT, report=REPORT, undone=(Execution("e1", "77aa", PUT, 1, Decimal("1.05"), AT),)
    ),
    OrderRefused(
        at=AT,
        client_order_id="c1-1-1",
        http_status=403,
        code=40310000,
        message="insufficient qty available for order (requested: 3, available: 0)",
        related_orders=("77aa", "9f2c"),
    ),
    OrderNotSent(at=AT, client_order_id="c1-1-1", reason="429", retry_after=timedelta(seconds=1.5)),
    OutcomeLost(at=AT, client_order_id="c1-1-1", reason="no answer within 5 s"),
    OrderNotFound(at=AT, client_order_id="c1-1-1"),
    CancelRequested(at=AT),
    CancelAcknowledged(at=AT, order_id="77aa"),
    CancelFailed(at=AT, order_id="77aa", reason="filled", retry_after=timedelta(0)),
    MarketSeen(
        at=AT,
        net=NetQuote(Decimal("1.10"), Decimal("1.05"), Decimal("1.00")),
        trouble=Holding.WIDE,
        legs=(TicketLeg(PUT, 1, Side.BUY),),
    ),
    FasterRequested(at=AT, since=AT),
    LimitRequested(at=AT, limit=Decimal("1.05"), began_at=AT),
    HoldingsRead(at=AT, quantities=((PUT, Decimal(-1)), ("SPY", Decimal("0.5")))),
    AccountChecked(
        at=AT,
        rooms=(Room(PUT, Decimal(-4), Decimal(3), claimed=1),),
        hands=(Hand(PUT, "77aa", 2),),
        net=NetQuote(Decimal("1.10"), Decimal("1.05"), Decimal("1.00")),
        client_order_id="c1-1-1",
        lost_at=AT,
        after=AT,
    ),
    ReadMissed(at=AT, reason="500", retry_after=timedelta(seconds=2)),
    Woke(at=AT),
    Recovered(at=AT),
)
OPENED = EVENTS[0]


async def started(
    url: str,
    *,
    accounts: Sequence[str] = ("paper", "live"),
    patience: timedelta = timedelta(seconds=5),
) -> SqlJournal:
    """Start a journal that owns the accounts of these tests, whoever did before."""
    journal = await SqlJournal.start(url, patience=patience)
    for each in accounts:
        await journal.take_lease(each, owner="a test", seen=await journal.lease(each))
    return journal


async def open_close(
    journal: Journal,
    close_id: str = "c1",
    *,
    account: str = "paper",
    key: str | None = None,
    events: Sequence[Event] = EVENTS[:1],
) -> None:
    """Open a close of which only what the test is about is given."""
    await journal.open(
        close_id=close_id,
        account=account,
        position_id="spy-1",
        idempotency_key=key,
        fingerprint=f"fingerprint of {close_id}",
        events=events,
    )


EDITS: tuple[Edit, ...] = (
    StrategiesMerged(
        number=1,
        at=AT,
        after=AT,
        text="Merged SPY Put Credit Spread and SPY Long Call",
        position_ids=("pos_1", "pos_2"),
        parts=(
            Part(
                "pos_1",
                (
                    Share("SPY261218P00550000", 2, unexplained=1),
                    Share("SPY261218C00620000", 1, taken_from="pos_2"),
                ),
            ),
        ),
        name="Earnings",
    ),
    StrategySplit(
        number=2,
        at=AT,
        after=None,
        text="Split SPY Earnings into 2",
        position_id="pos_1",
        parts=(
            Part("pos_1", ()),
            Part("pos_3", (Share("SPY261218P00550000", 1, taken_from="pos_1"),)),
        ),
    ),
    LegMoved(
        number=3,
        at=AT,
        after=AT,
        text="Moved 1 SPY261218P00550000 from SPY Long Put to SPY Earnings",
        from_position_id="pos_3",
        to_position_id="pos_1",
        symbol="SPY261218P00550000",
        quantity=1,
        parts=(Part("pos_1", (Share("SPY261218P00550000", 1, taken_from="pos_3"),)),),
    ),
    StrategyRenamed(
        number=4,
        at=AT,
        after=AT,
        text="Named SPY Earnings “Mine”",
        position_id="pos_1",
        parts=(Part("pos_1", ()),),
        name="Mine",
    ),
    EditsUndone(number=5, at=AT, text="Undid: named SPY Earnings “Mine”", undone=(4,)),
    OrphanLeft(
        number=6,
        at=AT,
        after=AT,
        text="Left SPY Earnings as it is",
        position_id="pos_1",
        parts=(Part("pos_1", ()),),
        legs=(("SPY261218P00550000", 2),),
    ),
)


def golden_edits() -> str:
    """Return the payloads of all edits as readable JSON."""
    payloads = [
        (encoded.kind, msgspec.json.decode(encoded.payload)) for encoded in map(encode, EDITS)
    ]
    return msgspec.json.format(msgspec.json.encode(payloads)).decode() + "\n"


def golden() -> str:
    """Return the payloads of all kinds as readable JSON."""
    payloads = {
        encoded.kind: msgspec.json.decode(encoded.payload) for encoded in map(encode, EVENTS)
    }
    return msgspec.json.format(msgspec.json.encode(payloads)).decode() + "\n"


if __name__ == "__main__":
    sys.stdout.write(golden())
