"""What holds for every account: nothing lost, nothing counted twice, nothing renamed."""

import os
import subprocess
import sys
from collections import Counter
from datetime import timedelta
from decimal import Decimal
from random import Random

from hypothesis import given
from hypothesis import strategies as st
from support.builders import AT, call, holdings_of, put
from support.past_orders import an_order
from support.strategies_by_hand import CONDOR_A, CONDOR_B, HISTORY, grouped, held_after, shapes

from closeout.domain.claims import closable, tradable
from closeout.domain.grouping import Grouping, group
from closeout.domain.orders import OrderReport
from closeout.domain.settlements import Settlement, SettlementKind

CONTRACTS = [make(strike) for make in (put, call) for strike in (430, 435, 440, 470, 475, 480)]

accounts = st.dictionaries(
    st.sampled_from([*CONTRACTS, call(470, expiry="270115"), "SPY", "NVDA"]),
    st.integers(-12, 12).filter(bool),
).map(lambda held: {key: value * (1 if len(key) > 5 else 40) for key, value in held.items()})

packages = st.lists(
    st.tuples(st.sampled_from(CONTRACTS), st.sampled_from([-2, -1, 1, 2])),
    min_size=2,
    max_size=4,
    unique_by=lambda leg: leg[0],
)
histories = st.lists(
    st.tuples(
        packages | st.sampled_from([[*CONDOR_A], [*CONDOR_B]]), st.integers(1, 6), st.booleans()
    ),
    max_size=6,
).map(
    lambda rows: [
        an_order(*legs, order_id=f"o{n}", minute=n, units=units, closes=closes)
        for n, (legs, units, closes) in enumerate(rows)
    ]
)


def totals(grouping: Grouping) -> Counter[str]:
    count: Counter[str] = Counter()
    for strategy in grouping.strategies:
        for leg in strategy.legs:
            count[leg.symbol] += leg.quantity
    for rest in grouping.unassigned:
        count[rest.symbol] += int(rest.quantity)
    return count


@given(accounts, histories)
def test_claims_and_what_is_left_add_up_to_the_holdings(
    held: dict[str, int], history: list[OrderReport]
) -> None:
    assert held == {key: value for key, value in totals(grouped(held, history)).items() if value}


ADJUSTED = [put(440, "SPY1"), call(470, "SPY1")]
settlements = st.lists(
    st.tuples(
        st.sampled_from([*SettlementKind]),
        st.sampled_from([*CONTRACTS, *ADJUSTED, "SPY"]),
        st.integers(-6, 6),
        st.integers(0, 6),
    ),
    max_size=4,
).map(
    lambda rows: [
        Settlement(f"s{n}", kind, symbol, Decimal(gone), None, AT + timedelta(minutes=minute))
        for n, (kind, symbol, gone, minute) in enumerate(rows)
    ]
)


@given(
    accounts,
    st.dictionaries(st.sampled_from(ADJUSTED), st.integers(-6, 6).filter(bool)),
    histories,
    settlements,
    st.randoms(use_true_random=False),
)
def test_what_comes_from_outside_loses_nothing_either(
    plain: dict[str, int],
    adjusted: dict[str, int],
    history: list[OrderReport],
    settled: list[Settlement],
    dice: Random,
) -> None:
    """Assigned, exercised, expired, delivered or adjusted, in whatever order it is told."""
    held = holdings_of(plain | adjusted)
    grouping = group("PA1", held, history, {}, settlements=settled)

    dice.shuffle(settled)

    assert plain | adjusted == {key: value for key, value in totals(grouping).items() if value}
    assert grouping == group("PA1", held, history, {}, settlements=settled)


@given(accounts, histories)
def test_what_can_trade_of_a_leg_is_on_the_side_the_account_is_on(
    held: dict[str, int], history: list[OrderReport]
) -> None:
    """A close of any leg therefore reduces what is held and never opens anything."""
    snapshot = holdings_of(held)
    for strategy in grouped(held, history).strategies:
        away = {each.symbol: each.contracts for each in strategy.netted}
        for leg in strategy.legs:
            assert leg.contracts - away.get(leg.symbol, 0) == closable(
                leg, snapshot.quantity(leg.symbol)
            )
        for leg in tradable(strategy, snapshot).legs:
            assert leg.quantity * held[leg.symbol] > 0
            assert abs(leg.quantity) <= abs(held[leg.symbol])


@given(accounts, histories, st.randoms(use_true_random=False))
def test_neither_the_order_of_rows_nor_of_orders_matters(
    held: dict[str, int], history: list[OrderReport], dice: Random
) -> None:
    rows, orders = [*held.items()], [*history]
    dice.shuffle(rows)
    dice.shuffle(orders)

    assert grouped(held, history) == grouped(dict(rows), orders)


@given(accounts, histories)
def test_ids_tell_strategies_and_legs_apart(
    held: dict[str, int], history: list[OrderReport]
) -> None:
    strategies = grouped(held, history).strategies
    legs = [leg.id for strategy in strategies for leg in strategy.legs]

    assert len(strategies) == len({strategy.id for strategy in strategies})
    assert len(legs) == len(set(legs))


@given(accounts, histories, st.integers(-5, 5).filter(bool))
def test_an_unrelated_holding_regroups_nothing(
    held: dict[str, int], history: list[OrderReport], contracts: int
) -> None:
    before = grouped(held, history)
    now = grouped({**held, put(200, "IWM"): contracts}, history)

    assert set(before.strategies) <= set(now.strategies)
    assert 1 == len(now.strategies) - len(before.strategies)


@given(st.integers(1, 10), st.integers(1, 5), st.data())
def test_a_condor_keeps_its_id_through_every_partial_close(
    a: int, b: int, data: st.DataObject
) -> None:
    history = [
        an_order(*CONDOR_A, order_id="a", minute=0, units=a),
        an_order(*CONDOR_B, order_id="b", minute=1, units=b),
    ]
    opened = shapes(grouped(held_after(*history), history))
    gone = data.draw(st.integers(0, a - 1))
    if gone:
        away = [(symbol, -ratio) for symbol, ratio in CONDOR_A]
        history.append(an_order(*away, order_id="x", minute=9, units=gone, closes=True))
    now = shapes(grouped(held_after(*history), history))

    assert opened.keys() == now.keys()
    assert sum(abs(n) for legs in now.values() for n in legs.values()) == 4 * (a - gone + b)


_PRINT_IDS = """
from support.strategies_by_hand import HISTORY, grouped, held_after, shapes
desk = grouped(held_after(*HISTORY, shares={"NVDA": 250}), HISTORY)
print([(s.id, [leg.id for leg in s.legs]) for s in desk.strategies])
"""


def test_ids_are_equal_after_every_restart() -> None:
    """Two programs with different hash seeds name everything alike."""
    desk = grouped(held_after(*HISTORY, shares={"NVDA": 250}), HISTORY)
    here = str([(s.id, [leg.id for leg in s.legs]) for s in desk.strategies])
    there = [
        subprocess.run(
            [sys.executable, "-c", _PRINT_IDS],
            env={"PYTHONPATH": os.pathsep.join(sys.path), "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for seed in ("1", "2")
    ]

    assert [here, here] == there
