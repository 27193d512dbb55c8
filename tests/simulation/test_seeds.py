"""
Seeds lived through, each a bad day of its own; see docs/simulation.md.

`make simulate SEEDS=20000` lives more of them, `make simulate SEED=n` tells one.
"""

from collections import Counter
from functools import cache

import pytest
from simulation.sights import Sight
from simulation.world import Outcome, healthy, live

_SEEDS = 300
_BATCH = 100


@cache
def batch(first: int) -> list[Outcome]:
    return [live(seed) for seed in range(first, first + _BATCH)]


@pytest.mark.parametrize("first", range(1, _SEEDS, _BATCH))
def test_no_seed_breaks_an_invariant(first: int) -> None:
    failed = [str(outcome) for outcome in batch(first) if outcome.violations]

    assert not failed, "\n".join(failed)


def test_the_same_seed_lives_the_same_life() -> None:
    assert batch(1)[:20] == [live(seed) for seed in range(1, 21)]


def test_on_good_days_what_was_asked_for_is_closed() -> None:
    """A program that refuses everything would break no rule either."""
    outcomes = [healthy(seed) for seed in range(1, 61)]

    ends = Counter(phase for outcome in outcomes for phase in outcome.phases)
    refusals = {code for outcome in outcomes for code in outcome.refusals}
    assert [] == [str(outcome) for outcome in outcomes if outcome.violations]
    assert {"closed", "cancelled"} >= set(ends)
    assert ends["closed"] > 40
    assert refusals <= {
        "already_crossing",
        "beyond_worst",
        "broker_unavailable",  # a click before the first look at the account
        "contracts_claimed",
        "idempotency_key_reused",
        "invalid_tick",
        "invalid_worst",
        "not_cancellable",
        "not_walking",
        "not_divisible",
        "nothing_to_close",
        "one_price_several_orders",
        "positions_unsettled",
        "too_many_contracts",
        "too_many_units",
        "unknown_close",
        "unknown_leg",
        "unknown_position",
        "would_uncover",
    }


def test_seeds_reach_every_end_and_most_reasons() -> None:
    """What no seed reaches, no seed tests."""
    outcomes = [outcome for first in range(1, _SEEDS, _BATCH) for outcome in batch(first)]

    phases = {phase for outcome in outcomes for phase in outcome.phases}
    reasons = {reason for outcome in outcomes for reason in outcome.reasons}
    assert {"closed", "cancelled", "rejected", "needs_attention"} == phases
    assert reasons >= {"cancelled", "cancelled_before_sending", "never_arrived", "refused"}
    assert reasons >= {"rejected_by_broker", "cancelled_elsewhere"}
    assert any(outcome.processes > 1 for outcome in outcomes)


def test_seeds_come_through_every_situation() -> None:
    met: Counter[Sight] = Counter()
    for first in range(1, _SEEDS, _BATCH):
        for outcome in batch(first):
            met.update(dict(outcome.met))

    assert [] == [str(sight) for sight in Sight if not met[sight]]
