from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from journal.samples import AT, EVENTS, REPORT, WALK, golden
from journal.strategies import events

from closeout.closing.events import CloseOpened, Event, HoldingsRead, OrderReported, Woke
from closeout.closing.snapshots import MarketSnapshot
from closeout.domain.quotes import Quote
from closeout.journal.codec import EVENT_TYPES, decode, encode, kind_of
from closeout.ports import JournalFailed

GOLDEN = Path(__file__).with_name("golden_events.json")
FIRST = Path(__file__).with_name("first_events.json")
MEASURED = Path(__file__).with_name("measured_events.json")


@pytest.mark.parametrize("kind", sorted(EVENT_TYPES))
@settings(deadline=None)
@given(data=st.data())
def test_every_event_of_a_kind_reads_back_as_it_was_written(kind: str, data: st.DataObject) -> None:
    event = data.draw(st.from_type(EVENT_TYPES[kind]))

    encoded = encode(event)

    assert kind == encoded.kind
    assert event == decode(encoded.kind, encoded.payload, row="it")


@given(event=events)
def test_no_binary_float_is_ever_stored(event: Event) -> None:
    stored = msgspec.json.decode(encode(event).payload)

    assert [] == [leaf for leaf in leaves(stored) if isinstance(leaf, float)]


def leaves(value: object) -> Iterator[object]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from leaves(item)
    else:
        yield value


@pytest.mark.parametrize("text", ["1.050", "1.05", "-0.00", "0E-7", "12345678901234567890.123"])
def test_money_keeps_every_digit_it_was_given(text: str) -> None:
    encoded = encode(HoldingsRead(at=AT, quantities=(("SPY", Decimal(text)),)))

    event = decode(encoded.kind, encoded.payload, row="it")

    assert isinstance(event, HoldingsRead)
    assert text == str(event.quantities[0][1])


def test_todays_payloads_are_those_of_the_golden_file() -> None:
    """
    A journal written yesterday must be readable tomorrow.

    A new kind is added to samples.py and to the golden file. A change of an old one needs a
    default for journals that lack the field; what the first release wrote stays as it is.
    """
    assert GOLDEN.read_text() == golden()


@pytest.mark.parametrize("written", [FIRST, GOLDEN], ids=["first release", "today"])
def test_payloads_read_as_the_same_events_whoever_wrote_them(written: Path) -> None:
    payloads = msgspec.json.decode(written.read_text(), type=dict[str, msgspec.Raw])

    read = [decode(kind, bytes(text).decode(), row="it") for kind, text in payloads.items()]

    assert [event for event in EVENTS if kind_of(type(event)) in payloads] == read


def test_a_plan_keeps_its_walk() -> None:
    opened = EVENTS[0]
    assert isinstance(opened, CloseOpened)
    [only] = opened.plan.steps
    walking = replace(opened, plan=replace(opened.plan, steps=(replace(only, walk=WALK),)))
    encoded = encode(walking)

    assert walking == decode(encoded.kind, encoded.payload, row="it")


def test_a_walk_from_before_its_ends_and_looks_had_times_of_their_own_has_none() -> None:
    opened = EVENTS[0]
    assert isinstance(opened, CloseOpened)
    [only] = opened.plan.steps
    walking = replace(opened, plan=replace(opened.plan, steps=(replace(only, walk=WALK),)))
    stored = msgspec.json.decode(encode(walking).payload)
    schedule = stored["plan"]["steps"][0]["walk"]["schedule"]
    del schedule["first_for"], schedule["last_for"], schedule["look_every"]

    assert walking == decode("close_opened", msgspec.json.encode(stored).decode(), row="it")


def test_an_opening_keeps_what_is_cancelled_first() -> None:
    opened = EVENTS[0]
    assert isinstance(opened, CloseOpened)
    clearing = replace(opened, conflicts=("77aa",))
    encoded = encode(clearing)

    assert clearing == decode(encoded.kind, encoded.payload, row="it")


def test_an_opening_from_before_there_were_conflicts_has_none() -> None:
    """Journals of the first release lack the field."""
    stored = msgspec.json.decode(encode(EVENTS[0]).payload)
    del stored["conflicts"]

    read = decode("close_opened", msgspec.json.encode(stored).decode(), row="it")

    assert isinstance(read, CloseOpened)
    assert () == read.conflicts


@pytest.mark.parametrize(
    ("kind", "since"),
    [
        ("market_seen", ["legs"]),
        ("account_checked", ["client_order_id", "lost_at", "after"]),
        ("faster_requested", ["since"]),
        ("limit_requested", ["began_at"]),
    ],
)
def test_an_event_from_before_it_told_what_it_was_for_reads_as_one_that_does_not(
    kind: str, since: list[str]
) -> None:
    [event] = [each for each in EVENTS if kind_of(type(each)) == kind]
    stored = msgspec.json.decode(encode(event).payload)
    for name in since:
        del stored[name]

    read = decode(kind, msgspec.json.encode(stored).decode(), row="it")

    assert all(not getattr(read, name) for name in since)


MARKET = MarketSnapshot(
    at=AT,
    feed="opra",
    quotes=(Quote("SPY261218P00450000", Decimal("1.00"), None, bid_size=7, ask_size=0, at=AT),),
)


def test_the_markets_of_a_close_are_kept() -> None:
    opened, reported = EVENTS[:2]
    assert isinstance(opened, CloseOpened)
    assert isinstance(reported, OrderReported)
    measured: list[Event] = [
        replace(
            opened,
            decided=MARKET,
            market=MARKET,
            entry_prices=(("SPY261218P00450000", Decimal("1.150")),),
        ),
        replace(reported, market=MARKET),
    ]
    payloads = msgspec.json.decode(MEASURED.read_text(), type=dict[str, msgspec.Raw])

    read = [decode(kind, bytes(text).decode(), row="it") for kind, text in payloads.items()]

    assert measured == read
    assert [decode(e.kind, e.payload, row="it") for e in map(encode, measured)] == read


def test_the_samples_hold_every_kind_of_event() -> None:
    assert set(EVENT_TYPES) == {kind_of(type(event)) for event in EVENTS}


def test_an_unknown_kind_names_its_row_and_the_way_out() -> None:
    with pytest.raises(JournalFailed, match=r"Event 3 of close c1 .*'tea_break'.*update this one"):
        decode("tea_break", "{}", row="Event 3 of close c1")


def test_a_field_of_a_newer_program_is_not_silently_dropped() -> None:
    payload = '{"at":"2026-12-01T15:30:00Z","mood":"calm"}'

    with pytest.raises(JournalFailed, match=r"Event 3 of close c1 .*'mood'.*update this one"):
        decode("woke", payload, row="Event 3 of close c1")


def test_a_newer_field_deep_inside_is_noticed_too() -> None:
    opened = encode(EVENTS[0])
    payload = opened.payload.replace('"leg_id":"leg-1",', '"hue":1,"leg_id":"leg-1",')
    assert payload != opened.payload

    with pytest.raises(JournalFailed, match="'hue'"):
        decode(opened.kind, payload, row="it")


@pytest.mark.parametrize(
    "payload",
    [
        pytest.param('{"at":"2026-12-01T15:', id="cut off"),
        pytest.param('{"at":"yesterday"}', id="no instant"),
        pytest.param("{}", id="a field missing"),
    ],
)
def test_a_damaged_payload_names_its_row(payload: str) -> None:
    with pytest.raises(JournalFailed, match="Event 3 of close c1"):
        decode("woke", payload, row="Event 3 of close c1")


def test_a_plan_that_no_longer_adds_up_names_its_row() -> None:
    opened = encode(EVENTS[0])
    payload = opened.payload.replace('"contracts":3', '"contracts":2')
    assert payload != opened.payload

    with pytest.raises(JournalFailed, match="Event 0 of close c1"):
        decode(opened.kind, payload, row="Event 0 of close c1")


NAIVE = datetime(2026, 12, 1, 15, 30)  # noqa: DTZ001 -- the fault under test


@pytest.mark.parametrize(
    ("event", "where"),
    [
        (Woke(at=NAIVE), "woke.at"),
        (
            OrderReported(at=AT, report=replace(REPORT, submitted_at=NAIVE), source="read"),
            "order_reported.report.submitted_at",
        ),
    ],
)
def test_an_instant_without_a_time_zone_is_refused_by_name(event: Event, where: str) -> None:
    with pytest.raises(JournalFailed, match=f"{where} has no time zone"):
        encode(event)


def test_a_plan_keeps_the_multiplier_of_an_adjusted_contract() -> None:
    opened = EVENTS[0]
    assert isinstance(opened, CloseOpened)
    targets = tuple(replace(each, premium_multiplier=150) for each in opened.plan.targets)
    adjusted = replace(opened, plan=replace(opened.plan, targets=targets))
    encoded = encode(adjusted)

    assert adjusted == decode(encoded.kind, encoded.payload, row="it")
