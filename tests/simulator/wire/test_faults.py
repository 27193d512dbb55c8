"""Faults as data: when they strike, and that the seed alone decides."""

import msgspec
import pytest

from alpaca_simulator.wire.faults import (
    ANSWER_KINDS,
    Fault,
    FaultBook,
    FaultKind,
    Occasion,
    read_faults,
)

SUBMIT = Occasion("POST /v2/orders", "co-1", frozenset({"SPY261218P00600000"}))


def strikes(fault: Fault, occasion: Occasion = SUBMIT, *, tries: int = 1, seed: int = 1) -> int:
    book = FaultBook(seed, [fault])
    return sum(len(book.strike(occasion, ANSWER_KINDS)) for _ in range(tries))


def test_a_fault_strikes_once_unless_told_otherwise() -> None:
    assert 1 == strikes(Fault(FaultKind.SERVER_ERROR), tries=3)


def test_a_fault_without_a_count_strikes_every_time() -> None:
    assert 3 == strikes(Fault(FaultKind.SERVER_ERROR, times=None), tries=3)


def test_a_fault_lets_the_first_matches_pass() -> None:
    book = FaultBook(1, [Fault(FaultKind.SERVER_ERROR, after=2)])
    struck = [bool(book.strike(SUBMIT, ANSWER_KINDS)) for _ in range(4)]
    assert [False, False, True, False] == struck


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (Fault(FaultKind.SERVER_ERROR, on="POST /v2/orders"), 1),
        (Fault(FaultKind.SERVER_ERROR, on="* /v2/orders*"), 1),
        (Fault(FaultKind.SERVER_ERROR, on="GET /v2/orders"), 0),
        (Fault(FaultKind.SERVER_ERROR, client_order_id="co-"), 1),
        (Fault(FaultKind.SERVER_ERROR, client_order_id="xx"), 0),
        (Fault(FaultKind.SERVER_ERROR, symbol="SPY261218P00600000"), 1),
        (Fault(FaultKind.SERVER_ERROR, symbol="SPY"), 0),
        (Fault(FaultKind.SERVER_ERROR, event="fill"), 0),
    ],
)
def test_a_fault_strikes_only_what_its_conditions_name(condition: Fault, expected: int) -> None:
    assert expected == strikes(condition)


def test_the_same_seed_strikes_the_same_requests() -> None:
    def pattern(seed: int) -> list[bool]:
        book = FaultBook(seed, [Fault(FaultKind.CUT_AFTER, times=None, probability=0.5)])
        return [bool(book.strike(SUBMIT, ANSWER_KINDS)) for _ in range(64)]

    assert pattern(3) == pattern(3)
    assert pattern(3) != pattern(4)


def test_a_stream_fault_is_not_spent_on_a_request() -> None:
    assert 0 == strikes(Fault(FaultKind.DROP_EVENT, times=None), tries=3)


def test_a_range_of_milliseconds_is_drawn_from() -> None:
    fault = Fault(FaultKind.LATENCY, ms=(100, 200))
    seconds = [FaultBook(seed).seconds(fault) for seed in range(20)]
    assert all(0.1 <= each <= 0.2 for each in seconds)
    assert len(set(seconds)) > 1


def test_counts_tell_matches_and_strokes() -> None:
    book = FaultBook(1, [Fault(FaultKind.SERVER_ERROR, after=1)])
    for _ in range(3):
        book.strike(SUBMIT, ANSWER_KINDS)
    [count] = book.counts()
    assert (3, 1) == (count.matched, count.struck)


def test_one_fault_or_a_list_can_be_read() -> None:
    one = '{"on": "POST /v2/orders", "kind": "gateway_timeout_after", "times": 1}'
    expected = Fault(FaultKind.GATEWAY_TIMEOUT_AFTER, on="POST /v2/orders", times=1)
    assert [expected] == read_faults(one)
    assert [expected, expected] == read_faults(f"[{one}, {one}]")


@pytest.mark.parametrize("text", ['{"kind": "nonsense"}', '{"kind": "latency", "tims": 1}', "{"])
def test_an_unknown_kind_or_key_is_refused(text: str) -> None:
    with pytest.raises(msgspec.DecodeError):
        read_faults(text)
