"""Limits: mid plus offset, debit positive, on a valid tick, nothing given away."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.builders import (
    LIMIT,
    a_leg,
    a_market,
    a_plan,
    a_quote,
    a_strategy,
    call,
    holding_just,
    put,
)

from closeout.closing.plan import Terms, plan_leg, plan_strategy
from closeout.closing.plans import PlanStep
from closeout.domain.errors import CannotPlan
from closeout.domain.orders import OrderType
from closeout.domain.pricing import EVERY_CENT, TickRule, is_on_tick, option_tick_rule
from closeout.domain.strategies import Strategy

LOW, HIGH = put(440), put(450)
CREDIT_SPREAD = a_strategy(a_leg(LOW, 3), a_leg(HIGH, -3))
DEBIT_SPREAD = a_strategy(a_leg(LOW, -3), a_leg(HIGH, 3))
QUOTES = (a_quote(LOW, "0.80", "0.91"), a_quote(HIGH, "2.00", "2.10"))
NICKEL = option_tick_rule("XYZ", penny_program=False)


def at_offset(offset: str | None) -> Terms:
    return Terms(OrderType.LIMIT, offset=None if offset is None else Decimal(offset))


def limit_of(strategy: Strategy, offset: str | None) -> Decimal | None:
    return a_plan(strategy, at_offset(offset), *QUOTES).steps[0].limit


@pytest.mark.parametrize(
    ("offset", "limit"),
    [
        (None, "1.19"),  # mid 1.195: pay less
        ("0", "1.19"),
        ("0.05", "1.24"),
        ("-0.05", "1.14"),
        ("-1.50", "-0.31"),  # asks to be paid for closing
    ],
)
def test_closing_a_credit_spread_is_priced_as_a_debit(offset: str | None, limit: str) -> None:
    assert Decimal(limit) == limit_of(CREDIT_SPREAD, offset)


@pytest.mark.parametrize(
    ("offset", "limit"),
    [
        (None, "-1.20"),  # mid -1.195: receive more
        ("0.05", "-1.15"),  # gives way
        ("-0.05", "-1.25"),  # holds out
    ],
)
def test_closing_a_debit_spread_is_priced_as_a_credit(offset: str | None, limit: str) -> None:
    assert Decimal(limit) == limit_of(DEBIT_SPREAD, offset)


def single(quantity: int, terms: Terms, rule: TickRule, bid: str, ask: str) -> PlanStep:
    leg = a_leg(HIGH, quantity)
    market = a_market(a_quote(HIGH, bid, ask), ticks={HIGH: rule})
    return plan_leg(leg, terms, market, holding_just(a_strategy(leg))).steps[0]


@pytest.mark.parametrize(
    ("quantity", "offset", "limit"),
    [
        # Mid 2.075 in a nickel class: a buy rounds down, a sale up.
        (-1, None, "2.05"),
        (-1, "0.05", "2.10"),
        (-1, "-0.05", "2.00"),
        (1, None, "2.10"),
        (1, "0.05", "2.05"),  # a debit offset takes less for what is sold
        (1, "-0.05", "2.15"),
    ],
)
def test_a_single_leg_carries_its_plain_price(
    quantity: int, offset: str | None, limit: str
) -> None:
    step = single(quantity, at_offset(offset), NICKEL, "2.00", "2.15")

    assert (OrderType.LIMIT, Decimal(limit)) == (step.order_type, step.limit)


def test_a_sale_offset_below_nothing_asks_for_the_smallest_price() -> None:
    assert Decimal("0.05") == single(1, at_offset("9"), NICKEL, "2.00", "2.10").limit


@pytest.mark.parametrize("offset", ["-9", "-2.05", "-2.01"])
def test_a_buy_offset_that_leaves_less_than_a_tick_is_refused(offset: str) -> None:
    """The smallest price is more than was said, and nobody pays to be bought from."""
    with pytest.raises(CannotPlan, match="smallest price") as caught:
        single(-1, at_offset(offset), NICKEL, "2.00", "2.10")

    assert "invalid_tick" == caught.value.reason_code


def test_a_buy_offset_that_leaves_one_tick_is_taken() -> None:
    assert Decimal("0.05") == single(-1, at_offset("-2.00"), NICKEL, "2.00", "2.10").limit


def test_a_price_on_a_tick_is_taken_as_it_is() -> None:
    terms = Terms(OrderType.LIMIT, price=Decimal("2.15"))

    assert Decimal("2.15") == single(-1, terms, NICKEL, "2.00", "2.10").limit


def test_a_price_needs_no_quote() -> None:
    leg, terms = a_leg(HIGH, 1), Terms(OrderType.LIMIT, price=Decimal("2.15"))
    plan = plan_leg(leg, terms, a_market(), holding_just(a_strategy(leg)))

    assert Decimal("2.15") == plan.steps[0].limit


@pytest.mark.parametrize(
    ("price", "advice"),
    [
        ("2.12", "steps of 0.05 around 2.12: use 2.10 or 2.15"),
        ("3.05", "steps of 0.10 around 3.05: use 3.00 or 3.10"),
        ("0", "use 0.05"),
        ("-1", "use 0.05"),
        ("0.01", "use 0.05"),
    ],
)
def test_a_price_between_ticks_is_refused_with_its_neighbours(price: str, advice: str) -> None:
    with pytest.raises(CannotPlan, match=advice) as caught:
        single(-1, Terms(OrderType.LIMIT, price=Decimal(price)), NICKEL, "2.00", "2.10")

    assert "invalid_tick" == caught.value.reason_code


def test_without_a_quote_there_is_no_mid_to_price_from() -> None:
    with pytest.raises(CannotPlan, match=f"{HIGH} has no complete quote") as caught:
        a_plan(CREDIT_SPREAD, LIMIT, QUOTES[0])

    assert "no_price" == caught.value.reason_code


def test_a_leg_nobody_bids_for_can_still_be_priced_in_a_package() -> None:
    quotes = (a_quote(LOW, "0.00", "0.05"), a_quote(HIGH, "2.00", "2.10"))

    assert Decimal("2.02") == a_plan(CREDIT_SPREAD, LIMIT, *quotes).steps[0].limit


cents = st.integers(1, 900)
offsets = st.integers(-300, 300).map(lambda n: Decimal(n).scaleb(-2))


touches = st.tuples(cents, cents).map(lambda each: (each[0], each[0] + each[1]))


@given(touches, touches, offsets, st.integers(1, 3), st.sampled_from([1, -1]))
def test_a_package_never_pays_past_mid_plus_offset(
    low: tuple[int, int], high: tuple[int, int], offset: Decimal, ratio: int, sign: int
) -> None:
    strategy = a_strategy(a_leg(LOW, sign), a_leg(HIGH, -sign * ratio))
    quotes = [
        a_quote(symbol, f"{bid / 100:.2f}", f"{ask / 100:.2f}")
        for symbol, (bid, ask) in ((LOW, low), (HIGH, high))
    ]
    asked = sign * (ratio * Decimal(sum(high)) - sum(low)) / 200 + offset

    limit = a_plan(strategy, Terms(OrderType.LIMIT, offset=offset), *quotes).steps[0].limit

    assert limit is not None
    assert asked - Decimal("0.01") < limit <= asked
    assert is_on_tick(limit, EVERY_CENT)


RULES = st.sampled_from([NICKEL, option_tick_rule("AAPL", penny_program=True)])


@given(cents, cents, RULES)
def test_a_purchase_at_mid_is_on_a_tick_and_no_dearer_or_refused(
    bid: int, width: int, rule: TickRule
) -> None:
    mid = Decimal(2 * bid + width) / 200
    touch = (f"{bid / 100:.2f}", f"{(bid + width) / 100:.2f}")
    if mid < rule.below:
        with pytest.raises(CannotPlan, match="smallest price"):
            single(-1, LIMIT, rule, *touch)
        return

    limit = single(-1, LIMIT, rule, *touch).limit

    assert limit is not None
    assert mid - rule.tick(mid) < limit <= mid
    assert is_on_tick(limit, rule)


@given(cents, cents, RULES)
def test_a_sale_at_mid_is_on_a_tick_and_no_cheaper(bid: int, width: int, rule: TickRule) -> None:
    mid = Decimal(2 * bid + width) / 200

    limit = single(1, LIMIT, rule, f"{bid / 100:.2f}", f"{(bid + width) / 100:.2f}").limit

    assert limit is not None
    assert mid <= limit < mid + rule.tick(mid)
    assert is_on_tick(limit, rule)


def test_shares_are_priced_in_cents() -> None:
    shares = a_strategy(a_leg("NVDA", 150))
    plan = plan_strategy(
        shares, LIMIT, a_market(a_quote("NVDA", "120.01", "120.04")), holding_just(shares)
    )

    assert Decimal("120.03") == plan.steps[0].limit


def test_a_call_is_priced_as_a_put_is() -> None:
    leg = a_leg(call(470), -2)
    plan = a_plan(a_strategy(leg), LIMIT, a_quote(call(470), "1.00", "1.10"))

    assert Decimal("1.05") == plan.steps[0].limit


def test_a_net_price_off_the_cents_is_refused_with_the_two_beside_it() -> None:
    with pytest.raises(CannotPlan) as refused:
        a_plan(None, Terms(OrderType.LIMIT, price=Decimal("1.025")))

    assert "A package trades in whole cents net: use 1.02 or 1.03." == str(refused.value)
    assert "invalid_tick" == refused.value.reason_code


def test_a_net_price_off_the_steps_that_a_refusal_taught_is_refused_likewise() -> None:
    market = replace(a_market(*QUOTES), net_tick=NICKEL)
    terms = Terms(OrderType.LIMIT, price=Decimal("1.02"))
    with pytest.raises(CannotPlan) as refused:
        plan_strategy(CREDIT_SPREAD, terms, market, holding_just(CREDIT_SPREAD))

    assert "A package trades in steps of 0.05 net: use 1.00 or 1.05." == str(refused.value)


@pytest.mark.parametrize(("offset", "left"), [("-2.01", "0.04"), ("-2.06", "-0.01")])
def test_an_offset_that_leaves_too_little_says_what_to_leave(offset: str, left: str) -> None:
    with pytest.raises(CannotPlan) as refused:
        single(-1, at_offset(offset), NICKEL, "2.00", "2.10")

    assert (
        f"Mid and offset come to {left} for {HIGH}, below 0.05, the smallest price there is. "
        "Use an offset that leaves 0.05 or more, or close at market."
    ) == str(refused.value)


def test_the_missing_quote_is_named_with_what_can_be_done() -> None:
    with pytest.raises(CannotPlan) as refused:
        a_plan(CREDIT_SPREAD, LIMIT, QUOTES[0])

    assert str(refused.value).endswith(
        ", so there is no mid to price a limit from. Wait for a quote, give a limit price for "
        "each leg, or close at market."
    )


def test_a_single_price_between_ticks_is_refused_in_a_whole_sentence() -> None:
    for price, steps in (("2.12", "0.05 around 2.12: use 2.10 or 2.15"), ("0", "0.05 around 0")):
        with pytest.raises(CannotPlan) as refused:
            single(-1, Terms(OrderType.LIMIT, price=Decimal(price)), NICKEL, "2.00", "2.10")

        assert str(refused.value).startswith(f"{HIGH} trades in steps of {steps}")
        assert str(refused.value).endswith(".")
