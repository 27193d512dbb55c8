"""What must hold before anything is sent."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.builders import (
    MARKET,
    a_covered_call,
    a_leg,
    a_market,
    a_plan,
    a_report,
    a_strategy,
    a_ticket,
    an_iron_condor,
    call,
    holding_just,
    holdings_of,
    put,
)

from closeout.closing.guards import (
    check_coverage,
    check_reduces,
    holders,
    leg_would_uncover,
)
from closeout.closing.plan import plan_leg
from closeout.closing.plans import Plan
from closeout.domain.coverage import uncovered_contracts
from closeout.domain.errors import CannotPlan
from closeout.domain.holdings import Holdings
from closeout.domain.orders import OrderReport
from closeout.domain.strategies import Leg, Strategy

CONDOR = an_iron_condor(10)
HELD: dict[str, int | str] = {leg.symbol: leg.quantity for leg in CONDOR.legs}


def refusal(plan: Plan, holdings: Holdings, *orders: OrderReport) -> tuple[str, str] | None:
    """Return the code and sentence of the guard that stands in the way."""
    try:
        check_reduces(plan, holdings, orders)
        check_coverage(plan, holdings)
    except CannotPlan as problem:
        return problem.reason_code, str(problem)
    return None


def leg_plan(leg: Leg, holdings: Holdings) -> Plan:
    return plan_leg(leg, MARKET, a_market(), holdings)


def test_a_strategy_of_two_roots_passes() -> None:
    """As when a corporate action has renamed some of the contracts."""
    adjusted = a_strategy(a_leg(call(620), 3), a_leg(call(620, "SPY1"), 3))
    assert None is refusal(a_plan(adjusted), holding_just(adjusted))


def test_a_whole_condor_passes() -> None:
    assert None is refusal(a_plan(CONDOR), holding_just(CONDOR))


@pytest.mark.parametrize(
    ("symbol", "now"),
    [
        (put(440), 9),  # somebody sold one
        (put(440), 0),
        (put(440), -10),  # turned round: closing would open more
        (put(450), -9),
        (put(450), 10),
    ],
)
def test_a_position_that_changed_is_not_closed_from_memory(symbol: str, now: int) -> None:
    refused = refusal(a_plan(CONDOR), holdings_of({**HELD, symbol: now}))

    assert refused is not None
    assert "position_changed" == refused[0]
    assert f"holds {now} of {symbol} now, not the 10" in refused[1]


def test_a_symbol_without_a_row_is_not_held() -> None:
    held = {symbol: quantity for symbol, quantity in HELD.items() if symbol != call(470)}
    refused = refusal(a_plan(CONDOR), holdings_of(held))

    assert refused is not None
    assert "position_changed" == refused[0]


def test_contracts_that_another_order_holds_are_named_with_the_order() -> None:
    resting = a_report(a_ticket((call(470), 1), units=4), order_id="resting-7")
    elsewhere = a_report(a_ticket((put(400), 1), units=4), order_id="other-8")
    account = holdings_of(HELD, available={call(470): 6})

    refused = refusal(a_plan(CONDOR), account, resting, elsewhere)

    assert refused is not None
    assert "contracts_held" == refused[0]
    assert "Only 6 of the 10 contracts of " + call(470) in refused[1]
    assert "resting-7" in refused[1]
    assert "other-8" not in refused[1]


def test_a_hold_without_a_listed_order_is_said_to_be_one() -> None:
    refused = refusal(a_plan(CONDOR), holdings_of(HELD, available={call(470): 0}))

    assert refused is not None
    assert "an order Alpaca does not list" in refused[1]


def test_holders_are_the_open_orders_on_contracts_that_are_not_free() -> None:
    resting = a_report(a_ticket((call(470), 1), units=4), order_id="resting-7")
    elsewhere = a_report(a_ticket((put(440), -1), units=4), order_id="other-8")
    account = holdings_of(HELD, available={call(470): 6})

    assert [resting] == holders(a_plan(CONDOR), account, [resting, elsewhere])
    assert [] == holders(a_plan(CONDOR), holdings_of(HELD), [resting, elsewhere])


def test_two_strategies_that_share_a_contract_may_each_take_their_own() -> None:
    """Twenty are held and ten of them by the other's order: ten are free."""
    other = an_iron_condor(10, strategy="pos_2")
    both = holding_just(CONDOR, other)
    held = {row.symbol: int(row.quantity) for row in both.rows}
    half = holdings_of(dict(held), available=dict.fromkeys(held, 10))

    assert None is refusal(a_plan(CONDOR), half)
    assert None is refusal(a_plan(other), half)


def test_a_shared_contract_does_not_lend_what_is_not_free() -> None:
    both = holding_just(CONDOR, an_iron_condor(10, strategy="pos_2"))
    held = {row.symbol: int(row.quantity) for row in both.rows}
    busy = holdings_of(dict(held), available={put(440): 9})

    refused = refusal(a_plan(CONDOR), busy)

    assert refused is not None
    assert "contracts_held" == refused[0]


@pytest.mark.parametrize(("strike", "refused"), [(440, True), (450, False)])
def test_the_long_leg_of_a_spread_cannot_go_alone_and_the_short_can(
    strike: int, *, refused: bool
) -> None:
    account = holding_just(CONDOR)
    leg = next(leg for leg in CONDOR.legs if leg.symbol == put(strike))

    result = refusal(leg_plan(leg, account), account)

    assert refused == (result is not None)
    assert refused == leg_would_uncover(leg, account)


def test_a_long_that_is_not_there_would_be_sold_short() -> None:
    assert leg_would_uncover(a_leg(put(440), 1), holdings_of({}))


@pytest.mark.parametrize("strike", [440, 450])
def test_what_covers_a_leg_is_of_its_own_root(strike: int) -> None:
    """Longs of SPYG cover no SPY, however alike the symbols begin."""
    leg = next(leg for leg in CONDOR.legs if leg.symbol == put(strike))
    alone = holding_just(CONDOR)
    beside = holdings_of(HELD | {put(440, "SPYG"): 50})

    assert leg_would_uncover(leg, alone) == leg_would_uncover(leg, beside)


def test_selling_a_cover_says_how_many_shorts_it_would_leave_bare() -> None:
    account = holding_just(CONDOR)

    with pytest.raises(CannotPlan, match="leave 10 short contracts uncovered") as caught:
        check_coverage(leg_plan(CONDOR.legs[0], account), account)

    assert "would_uncover" == caught.value.reason_code
    assert "Buy the short leg back first" in str(caught.value)


def test_covering_shares_cannot_go_alone() -> None:
    strategy = a_covered_call(2)
    account = holding_just(strategy)
    shares = next(leg for leg in strategy.legs if leg.option is None)

    assert leg_would_uncover(shares, account)
    with pytest.raises(CannotPlan, match="leave 2 short contracts uncovered"):
        check_coverage(leg_plan(shares, account), account)


def test_a_covered_call_as_a_whole_passes_every_step() -> None:
    strategy = a_covered_call(2)

    assert None is refusal(a_plan(strategy), holding_just(strategy))


def test_a_close_that_stopped_after_its_first_step_would_leave_nothing_bare() -> None:
    """The same steps the other way round are refused: the shares go while the calls stand."""
    strategy = a_covered_call(2)
    plan = a_plan(strategy)
    backwards = Plan(targets=plan.targets, steps=(plan.steps[1], plan.steps[0]))

    with pytest.raises(CannotPlan, match="uncovered"):
        check_coverage(backwards, holding_just(strategy))


def test_a_spread_whose_long_covers_another_strategy_cannot_go() -> None:
    """The far long of this calendar is all that covers the other's middle short."""
    calendar = a_strategy(a_leg(call(450), -1), a_leg(call(450, expiry="270219"), 1))
    diagonal = a_strategy(
        a_leg(call(460, expiry="270115"), -1), a_leg(call(470), 1), strategy="pos_2"
    )
    account = holding_just(calendar, diagonal)

    refused = refusal(a_plan(calendar), account)

    assert refused is not None
    assert "would_uncover" == refused[0]


def test_each_guard_says_what_stands_in_the_way_and_what_to_do() -> None:
    resting = [
        a_report(a_ticket((call(470), 1), units=2), order_id=name) for name in ("by-hand", "other")
    ]
    account = holding_just(CONDOR)
    longs = replace(CONDOR, legs=(CONDOR.legs[0], CONDOR.legs[3]))

    assert (
        "position_changed",
        (
            f"The account holds 9 of {put(440)} now, not the 10 this would close. "
            "Look at the refreshed position."
        ),
    ) == refusal(a_plan(CONDOR), holdings_of({**HELD, put(440): 9}))
    assert (
        "contracts_held",
        (
            f"Only 6 of the 10 contracts of {call(470)} are free: open order by-hand, other "
            "holds the rest. Cancel it first, or ask to have it cancelled (cancel_conflicting)."
        ),
    ) == refusal(a_plan(CONDOR), holdings_of(HELD, available={call(470): 6}), *resting)
    assert (
        "would_uncover",
        (
            f"Selling {put(440)} and {call(480)} would leave 20 short contracts uncovered, which "
            "Alpaca refuses. Buy the short leg back first, or close the whole strategy."
        ),
    ) == refusal(a_plan(longs), account)
    assert (
        "would_uncover",
        (
            f"Selling {put(440)} would leave 1 short contract uncovered, which "
            "Alpaca refuses. Buy the short leg back first, or close the whole strategy."
        ),
    ) == refusal(leg_plan(a_leg(put(440), 1), account), account)


contracts = [make(strike) for make in (put, call) for strike in (440, 450, 460)]
accounts = st.dictionaries(
    st.sampled_from([*contracts, "SPY"]), st.integers(-4, 4).filter(bool), min_size=1
).map(lambda held: {key: value * (60 if key == "SPY" else 1) for key, value in held.items()})


@given(accounts, st.data())
def test_a_plan_that_passes_reduces_and_leaves_no_more_bare_after_any_step(
    held: Mapping[str, int], data: st.DataObject
) -> None:
    """Invariants I3 and I6, for any part of any account."""
    parts = {
        symbol: data.draw(st.integers(1, abs(quantity)).map((quantity // abs(quantity)).__mul__))
        for symbol, quantity in held.items()
        if data.draw(st.booleans())
    }
    strategy = _strategy(parts)
    account = holdings_of(dict(held))
    if strategy is None or refusal(a_plan(strategy), account) is not None:
        return
    left = {row.symbol: row.quantity for row in account.rows}
    before = uncovered_contracts(left)
    for step in a_plan(strategy).steps:
        for leg in step.legs:
            left[leg.symbol] += leg.side.sign * leg.ratio * step.units
            assert left[leg.symbol] * held[leg.symbol] >= 0
            assert abs(left[leg.symbol]) < abs(held[leg.symbol])
        assert uncovered_contracts(left) <= before


def _strategy(parts: Mapping[str, int]) -> Strategy | None:
    options = [symbol for symbol in parts if len(symbol) > 5]
    if not parts or len(options) > 4:
        return None
    return a_strategy(*(a_leg(symbol, quantity) for symbol, quantity in parts.items()))
