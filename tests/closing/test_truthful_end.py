"""Faults first, then the truth: from wherever it stands, the close ends, and ends truthfully."""

from decimal import Decimal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from support.builders import a_covered_call, a_leg, a_strategy, an_iron_condor, call
from support.small_world import World, run_world

from closeout.closing.state import Phase
from closeout.domain.coverage import uncovered_contracts
from closeout.domain.strategies import Strategy

CLOSES = {
    "a condor": an_iron_condor(10),
    "one lot": an_iron_condor(1),
    "a covered call": a_covered_call(2),
    "a butterfly": a_strategy(a_leg(call(440), 2), a_leg(call(450), -4), a_leg(call(460), 2)),
    "a long call": a_strategy(a_leg(call(470), 3)),
}
names = st.sampled_from(sorted(CLOSES))
seeds = st.integers(0, 2**32 - 1)


def judge(world: World, strategy: Strategy) -> None:
    state = world.state
    filled = {leg.symbol: leg.quantity - world.held[leg.symbol] for leg in strategy.legs}
    for leg in strategy.legs:
        assert world.held[leg.symbol] * leg.quantity >= 0, "a position was turned round"
    if state.phase is Phase.CLOSED:
        assert {0} == {*world.held.values()}, "closed with contracts left"
    elif state.phase in (Phase.CANCELLED, Phase.REJECTED):
        assert not world.alive(), "over, and an order still works"
        for target in state.plan.targets:
            assert state.filled(target.symbol) <= abs(filled[target.symbol])
    if state.phase is Phase.REJECTED:
        assert not any(filled.values()), "rejected, and something was traded"
    before = uncovered_contracts({leg.symbol: Decimal(leg.quantity) for leg in strategy.legs})
    now = uncovered_contracts({key: Decimal(value) for key, value in world.held.items()})
    assert now <= before, "more is bare than before"


@settings(max_examples=600, deadline=None)
@given(names, seeds, st.integers(0, 120))
@example("a condor", 0, 0)
def test_every_close_ends_truthfully_once_the_faults_are_healed(
    name: str, seed: int, things: int
) -> None:
    world, _ = run_world(CLOSES[name], seed, things)

    judge(world, CLOSES[name])


@pytest.mark.parametrize("name", CLOSES)
def test_without_faults_nearly_everything_closes(name: str) -> None:
    """The world can let a close succeed; it is not only good at failing."""
    phases = [run_world(CLOSES[name], seed, 0)[1].phase for seed in range(40)]

    assert set(phases) <= {Phase.CLOSED, Phase.NEEDS_ATTENTION}, "expired at worst"
    assert 25 <= phases.count(Phase.CLOSED)


def test_the_world_leads_to_every_end() -> None:
    """Otherwise the property above would be judging less than it says."""
    ends = {
        run_world(CLOSES[name], seed, 60)[1].phase
        for name in ("a condor", "a covered call")
        for seed in range(150)
    }

    assert {phase for phase in Phase if phase.is_end} == ends
