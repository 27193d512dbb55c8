"""Payoff at expiry: exact between the strikes and beyond them."""

import itertools
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.builders import a_leg, call, put

from closeout.domain.payoff import entry_cost, exact_risk, intrinsic, payoff_at_expiry
from closeout.domain.strategies import Leg

Told = tuple[str, int, str]

CREDIT_PUTS: list[Told] = [(put(440), 1, "0.50"), (put(450), -1, "1.50")]
STRUCTURES: dict[str, tuple[list[Told], str | None, str | None, list[str]]] = {
    # name: legs with quantity and entry, max profit, max loss, break-evens
    "long call": ([(call(450), 1, "3.00")], None, "-300", ["453"]),
    "short put": ([(put(450), -1, "3.00")], "300", "-44700", ["447"]),
    "put credit spread": (CREDIT_PUTS, "100", "-900", ["449"]),
    "iron condor": (
        [*CREDIT_PUTS, (call(470), -1, "1.60"), (call(480), 1, "0.60")],
        "200",
        "-800",
        ["448", "472"],
    ),
    "unbalanced iron condor": (
        [
            (put(440), 2, "0.50"),
            (put(450), -2, "1.50"),
            (call(470), -1, "1.60"),
            (call(480), 1, "0.60"),
        ],
        "300",
        "-1700",
        ["448.5", "473"],
    ),
    "iron butterfly": (
        [(put(440), 1, "1"), (put(450), -1, "5"), (call(450), -1, "5"), (call(460), 1, "1")],
        "800",
        "-200",
        ["442", "458"],
    ),
    "call butterfly": (
        [(call(440), 1, "12.00"), (call(450), -2, "6.00"), (call(460), 1, "2.00")],
        "800",
        "-200",
        ["442", "458"],
    ),
    "broken-wing butterfly for a credit": (
        [(put(460), 1, "6.00"), (put(450), -2, "4.00"), (put(430), 1, "1.00")],
        "1100",
        "-900",
        ["439"],
    ),
    "long straddle": (
        [(call(450), 1, "5.00"), (put(450), 1, "4.00")],
        None,
        "-900",
        ["441", "459"],
    ),
    "short strangle": (
        [(call(460), -1, "2.00"), (put(440), -1, "2.00")],
        "400",
        None,
        ["436", "464"],
    ),
    "covered call": ([("SPY", 100, "450.00"), (call(460), -1, "3.00")], "1300", "-44700", ["447"]),
    "collar": (
        [("SPY", 100, "450"), (call(460), -1, "3"), (put(440), 1, "3")],
        "1000",
        "-1000",
        ["450"],
    ),
    "jade lizard without upside risk": (
        [(put(440), -1, "3.00"), (call(460), -1, "3.00"), (call(465), 1, "1.00")],
        "500",
        "-43500",
        ["435", "465"],
    ),
    "call ratio spread": (
        [(call(450), 1, "5.00"), (call(460), -2, "2.00")],
        "900",
        None,
        ["451", "469"],
    ),
    "put backspread": (
        [(put(450), -1, "5.00"), (put(440), 2, "2.00")],
        "43100",
        "-900",
        ["431", "449"],
    ),
    "box": (
        [(call(440), 1, "12"), (call(450), -1, "5"), (put(450), 1, "6"), (put(440), -1, "3.5")],
        "50",
        "50",
        [],
    ),
    "synthetic long": ([(call(450), 1, "5"), (put(450), -1, "5")], None, "-45000", ["450"]),
    "zero-cost risk reversal": (
        [(call(460), 1, "3"), (put(440), -1, "3")],
        None,
        "-44000",
        ["440", "460"],
    ),
    "free call beside legs that cancel out": (
        [(call(480), 1, "0"), (call(460), 1, "2"), (call(460), -1, "2")],
        None,
        "0",
        ["480"],
    ),
    "short shares": ([("SPY", -100, "450.00")], "45000", None, ["450"]),
    "nothing": ([], "0", "0", []),
}


def legs_of(told: list[Told]) -> tuple[Leg, ...]:
    return tuple(a_leg(symbol, quantity, entry) for symbol, quantity, entry in told)


@pytest.mark.parametrize("name", STRUCTURES)
def test_a_known_structure_has_its_known_risk(name: str) -> None:
    told, profit, loss, break_evens = STRUCTURES[name]
    risk = exact_risk(legs_of(told))

    assert risk is not None
    assert (profit is None, loss is None) == (risk.unlimited_profit, risk.unlimited_loss)
    assert (profit and Decimal(profit), loss and Decimal(loss)) == (risk.max_profit, risk.max_loss)
    assert [Decimal(each) for each in break_evens] == [*risk.break_evens]
    assert not risk.is_modelled


def test_units_multiply_dollars_and_leave_break_evens() -> None:
    told, *_ = STRUCTURES["iron condor"]
    one = exact_risk(legs_of(told))
    ten = exact_risk(legs_of([(symbol, 10 * n, entry) for symbol, n, entry in told]))

    assert one is not None
    assert ten is not None
    assert (Decimal(2000), Decimal(-8000)) == (ten.max_profit, ten.max_loss)
    assert one.break_evens == ten.break_evens


@pytest.mark.parametrize(
    "legs",
    [
        (a_leg(call(450), 1, None),),
        (a_leg(call(450, expiry="261218"), -1), a_leg(call(450, expiry="270115"), 1)),
        (a_leg(call(450, root="SPY1"), 1),),
    ],
    ids=["entry untold", "two expiries", "adjusted contract"],
)
def test_what_cannot_be_exact_is_not_told(legs: tuple[Leg, ...]) -> None:
    assert None is payoff_at_expiry(legs)
    assert None is exact_risk(legs)


STRIKES = [400, 425, 437.5, 450, 452.5, 475, 500]
quantities = st.integers(-20, 20).filter(bool)
entries = st.integers(0, 10_000).map(lambda cents: str(Decimal(cents).scaleb(-2)))
symbols = st.sampled_from([make(strike) for make in (call, put) for strike in STRIKES])
options = st.builds(a_leg, symbols, quantities, entries)
shares = st.builds(a_leg, st.just("SPY"), st.integers(-900, 900).filter(bool), entries)
positions = st.lists(options | shares, min_size=1, max_size=8).map(tuple)
spots = st.integers(0, 200_000).map(lambda cents: Decimal(cents).scaleb(-2))


@given(positions, st.lists(spots, min_size=1, max_size=20))
def test_payoff_is_intrinsic_less_entry_at_every_spot(
    legs: tuple[Leg, ...], some: list[Decimal]
) -> None:
    payoff, cost = payoff_at_expiry(legs), entry_cost(legs)
    assert payoff is not None
    assert cost is not None

    for spot in [*some, *(knot for knot, _ in payoff.knots)]:
        assert float(intrinsic(legs, spot) - cost) == pytest.approx(
            float(payoff.at(spot)), abs=1e-9
        )


@given(positions, st.lists(spots, min_size=1, max_size=20))
def test_nothing_goes_beyond_best_and_worst(legs: tuple[Leg, ...], some: list[Decimal]) -> None:
    payoff = payoff_at_expiry(legs)
    assert payoff is not None
    found = [payoff.at(spot) for spot in some]

    assert payoff.best is None or max(found) <= payoff.best + Decimal("1e-9")
    assert payoff.worst is None or min(found) >= payoff.worst - Decimal("1e-9")


@given(positions)
def test_break_evens_are_zeros_and_the_sign_changes_nowhere_else(legs: tuple[Leg, ...]) -> None:
    payoff = payoff_at_expiry(legs)
    assert payoff is not None
    for spot in payoff.break_evens:
        assert 0 == pytest.approx(float(payoff.at(spot)), abs=1e-9)

    edges = [Decimal(0), *payoff.break_evens, Decimal(10_000_000)]
    for low, high in itertools.pairwise(edges):
        inside = {low + (high - low) * share / 64 for share in range(1, 64)}
        inside |= {knot for knot, _ in payoff.knots if low < knot < high}
        signs = {(value > 0) - (value < 0) for value in map(payoff.at, inside)}
        assert 1 == len(signs - {0}) or signs == {0}


@given(positions, st.data())
def test_a_split_conserves_the_payoff(legs: tuple[Leg, ...], data: st.DataObject) -> None:
    """What two parts of a position pay is what it paid whole."""
    kept = [data.draw(st.integers(0, leg.contracts)) for leg in legs]

    def part(of: Leg, contracts: int) -> Leg:
        sign = -1 if of.is_short else 1
        return a_leg(of.symbol, sign * contracts, str(of.entry_price))

    some = [part(leg, n) for leg, n in zip(legs, kept, strict=True) if n]
    rest = [
        part(leg, leg.contracts - n) for leg, n in zip(legs, kept, strict=True) if leg.contracts - n
    ]
    whole, one, two = payoff_at_expiry(legs), payoff_at_expiry(some), payoff_at_expiry(rest)
    assert whole is not None
    assert one is not None
    assert two is not None

    for spot, pnl in whole.knots:
        assert float(pnl) == pytest.approx(float(one.at(spot) + two.at(spot)), abs=1e-9)
    assert whole.slope == one.slope + two.slope
