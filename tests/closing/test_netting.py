"""Only the net can trade where strategies stand on both sides of a contract."""

from dataclasses import replace

import pytest
from support.builders import a_leg, a_strategy, holdings_of, put

from closeout.closing.netting import explain, tradable_leg, tradable_strategy
from closeout.domain.errors import CannotPlan
from closeout.domain.strategies import Netted

LOW, SHARED = put(430), put(440)
SPREAD = replace(
    a_strategy(a_leg(LOW, -5), a_leg(SHARED, 8)), netted=(Netted(SHARED, 5, ("pos_2",)),)
)


def test_the_net_of_a_shared_contract_trades_and_the_rest_of_the_strategy() -> None:
    part = tradable_strategy(SPREAD, holdings_of({LOW: -5, SHARED: 3}), ())

    assert [(LOW, -5), (SHARED, 3)] == [(leg.symbol, leg.quantity) for leg in part.legs]


def test_a_leg_that_is_netted_away_is_left_out() -> None:
    part = tradable_strategy(SPREAD, holdings_of({LOW: -5, SHARED: -2}), ())

    assert [(LOW, -5)] == [(leg.symbol, leg.quantity) for leg in part.legs]


def test_a_strategy_of_which_nothing_is_held_cannot_be_closed() -> None:
    with pytest.raises(CannotPlan, match="nothing can trade") as refused:
        tradable_strategy(SPREAD, holdings_of({}), ())

    assert "netted_away" == refused.value.reason_code


def test_what_does_not_add_up_is_not_closed_on_a_guess() -> None:
    with pytest.raises(CannotPlan, match=f"hold {SHARED} on both sides") as refused:
        tradable_strategy(SPREAD, holdings_of({LOW: -5, SHARED: 4}), [SHARED])

    assert "claims_differ" == refused.value.reason_code


def test_a_strategy_that_nobody_nets_is_left_to_the_guards() -> None:
    """That less is held than it claims is theirs to say."""
    plain = replace(SPREAD, netted=())

    assert plain is tradable_strategy(plain, holdings_of({LOW: -1}), [])


def test_a_single_leg_trades_its_net() -> None:
    leg = SPREAD.legs[1]

    assert 3 == tradable_leg(SPREAD, leg, holdings_of({SHARED: 3})).quantity
    assert SPREAD.legs[0] is tradable_leg(SPREAD, SPREAD.legs[0], holdings_of({}))


def test_a_single_leg_that_is_netted_away_is_refused_with_the_reason() -> None:
    with pytest.raises(CannotPlan) as refused:
        tradable_leg(SPREAD, SPREAD.legs[1], holdings_of({SHARED: -2}))

    assert "netted_away" == refused.value.reason_code
    assert explain(SPREAD.legs[1], SPREAD.netted[0]) == str(refused.value)


def test_the_refusals_of_a_whole_strategy_say_what_to_do() -> None:
    def refused(*unexplained: str, **held: int) -> str:
        with pytest.raises(CannotPlan) as problem:
            tradable_strategy(SPREAD, holdings_of(dict(held)), unexplained)
        return str(problem.value)

    assert (
        f"Strategies hold {LOW} and {SHARED} on both sides and do not come to what the account "
        "holds, so nobody can tell how much of it is this one's. Close its legs one by one, or "
        "say what belongs together."
    ) == refused(SHARED, LOW, put(999))
    assert (
        "Other strategies hold every contract of this one the other way, so the account holds "
        "none of them and nothing can trade. Close those instead."
    ) == refused()


def test_the_words_name_both_sides_and_what_can_trade() -> None:
    assert (
        f"5 of 8 {SHARED} are long here and short in pos_2. Alpaca holds only the net of both, "
        "so only 3 can trade; a close leaves the rest to cancel out between them."
    ) == explain(SPREAD.legs[1], SPREAD.netted[0])


def test_the_words_for_a_short_leg_of_which_nothing_can_trade() -> None:
    assert (
        f"5 of 5 {LOW} are short here and long in pos_2 and pos_3. Alpaca holds only the net of "
        "both, so none can trade; a close leaves the rest to cancel out between them."
    ) == explain(SPREAD.legs[0], Netted(LOW, 5, ("pos_2", "pos_3")))
