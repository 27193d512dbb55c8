"""Hand-written fakes of our own ports."""

from support.broker_script import (
    Behaviour,
    answer_late,
    hold,
    lose_after_taking,
    lose_before_taking,
    rate_limited,
    refuse,
    stumble,
    take,
    unreachable,
)
from support.fake_broker import ACCOUNT, FakeBroker
from support.fake_orders import FakeOrder
from support.fake_quotes import FakeQuotes
from support.manual_clock import FRIDAY_MORNING, ManualClock
from support.memory_journal import MemoryJournal

__all__ = [
    "ACCOUNT",
    "FRIDAY_MORNING",
    "Behaviour",
    "FakeBroker",
    "FakeOrder",
    "FakeQuotes",
    "ManualClock",
    "MemoryJournal",
    "answer_late",
    "hold",
    "lose_after_taking",
    "lose_before_taking",
    "rate_limited",
    "refuse",
    "stumble",
    "take",
    "unreachable",
]
