"""Client order ids: derived, found again, never shared."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closeout.closing.ids import client_order_id, close_of

close_ids = st.text("0123456789abcdef", min_size=24, max_size=24)
numbers = st.integers(0, 999)


@given(close_ids, numbers, numbers)
def test_an_id_leads_back_to_its_close(close_id: str, step: int, attempt: int) -> None:
    assert close_id == close_of(client_order_id(close_id, step=step, attempt=attempt))


@given(close_ids, numbers, numbers)
def test_alpaca_takes_it(close_id: str, step: int, attempt: int) -> None:
    text = client_order_id(close_id, step=step, attempt=attempt)

    assert len(text) <= 128
    assert text.isascii()


@given(st.tuples(close_ids, numbers, numbers), st.tuples(close_ids, numbers, numbers))
def test_two_orders_never_share_an_id(
    one: tuple[str, int, int], other: tuple[str, int, int]
) -> None:
    first = client_order_id(one[0], step=one[1], attempt=one[2])
    second = client_order_id(other[0], step=other[1], attempt=other[2])

    assert (one == other) == (first == second)


@pytest.mark.parametrize(
    "foreign", ["", "c1-0-0", "mine", "closeout", "other-c1-0-0", "closeout-c1"]
)
def test_an_order_of_somebody_else_belongs_to_no_close(foreign: str) -> None:
    assert None is close_of(foreign)


def test_an_id_too_long_for_alpaca_is_a_mistake_of_ours() -> None:
    with pytest.raises(AssertionError, match="128"):
        client_order_id("c" * 120, step=0, attempt=0)
