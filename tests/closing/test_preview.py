"""What a close would send and bring, to the cent, before anything is sent."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st
from support.builders import (
    LIMIT,
    MARKET,
    a_covered_call,
    a_leg,
    a_plan,
    a_quote,
    a_strategy,
    an_iron_condor,
    call,
    put,
)

from closeout.closing.pacing import WalkTerms
from closeout.closing.plan import Terms
from closeout.closing.preview import (
    Worth,
    preview_steps,
    worth,
)
from closeout.closing.schedule import Pace
from closeout.domain.orders import OrderType
from closeout.domain.pricing import net_quote
from closeout.domain.quotes import Quote
from closeout.domain.strategies import Strategy

CONDOR_QUOTES = (
    a_quote(put(440), "0.20", "0.30"),
    a_quote(put(450), "0.60", "0.70"),
    a_quote(call(470), "0.80", "0.90"),
    a_quote(call(480), "0.30", "0.40"),
)


def worth_of(strategy: Strategy, terms: Terms, *quotes: Quote) -> Worth:
    plan = a_plan(strategy, terms, *quotes)
    known = {quote.symbol: quote for quote in quotes}
    return worth(preview_steps(plan, known), plan, strategy.legs)


def dollars(*amounts: str | None) -> Worth:
    """Cash at natural, mid and limit, then P&L at them. Nobody goes beyond a fixed limit."""
    natural, mid, limit, pnl_natural, pnl_mid, pnl_limit = (
        None if amount is None else Decimal(amount) for amount in amounts
    )
    return Worth(natural, mid, limit, limit, pnl_natural, pnl_mid, pnl_limit, pnl_limit)


def test_closing_a_short_condor_costs_and_keeps_what_is_left_of_the_credit() -> None:
    """Opened ten times for 2.00; natural 1.10 and mid 0.90 to close: -1,100 of 2,000."""
    expected = dollars("-1100", "-900", None, "900", "1100", None)

    assert expected == worth_of(an_iron_condor(10), MARKET, *CONDOR_QUOTES)


def test_a_limit_costs_its_debit() -> None:
    terms = Terms(OrderType.LIMIT, offset=Decimal("0.05"))

    assert Decimal(-950) == worth_of(an_iron_condor(10), terms, *CONDOR_QUOTES).cash_limit


def test_closing_a_debit_spread_brings_a_credit() -> None:
    """Bought three times for 3.00, sold at 2.90 natural and 3.00 mid."""
    spread = a_strategy(a_leg(call(450), 3, "5.00"), a_leg(call(460), -3, "2.00"))
    quotes = (a_quote(call(450), "5.10", "5.20"), a_quote(call(460), "2.10", "2.20"))

    assert dollars("870", "900", "900", "-30", "0", "0") == worth_of(spread, LIMIT, *quotes)


def test_a_single_sale_brings_its_plain_price() -> None:
    long_call = a_strategy(a_leg(call(470), 4, "1.50"))
    quote = a_quote(call(470), "2.00", "2.10")

    assert dollars("800", "820", "820", "200", "220", "220") == worth_of(long_call, LIMIT, quote)


def test_a_single_purchase_costs_its_plain_price() -> None:
    short_call = a_strategy(a_leg(call(470), -4, "1.50"))
    quote = a_quote(call(470), "2.00", "2.10")

    assert dollars("-840", "-820", "-820", "-240", "-220", "-220") == worth_of(
        short_call, LIMIT, quote
    )


def test_a_covered_call_counts_shares_once_and_contracts_a_hundred_times() -> None:
    """200 shares bought at 120.00 and two calls sold at 3.00."""
    quotes = (a_quote("NVDA", "130.00", "130.02"), a_quote(call(140, "NVDA"), "5.00", "5.20"))
    cash_natural = 200 * Decimal("130.00") - 2 * 100 * Decimal("5.20")
    cash_mid = 200 * Decimal("130.01") - 2 * 100 * Decimal("5.10")
    entry = -200 * Decimal("120.00") + 2 * 100 * Decimal("3.00")

    assert Worth(
        cash_natural=cash_natural,
        cash_mid=cash_mid,
        cash_limit=None,
        cash_worst=None,
        pnl_natural=cash_natural + entry,
        pnl_mid=cash_mid + entry,
        pnl_limit=None,
        pnl_worst=None,
    ) == worth_of(a_covered_call(2), MARKET, *quotes)


def test_ratios_count_in_the_cash() -> None:
    butterfly = a_strategy(
        a_leg(call(440), 2, "12.00"), a_leg(call(450), -4, "5.00"), a_leg(call(460), 2, "1.00")
    )
    quotes = (
        a_quote(call(440), "13.00", "13.00"),
        a_quote(call(450), "5.00", "5.00"),
        a_quote(call(460), "1.00", "1.00"),
    )

    assert dollars("800", "800", None, "200", "200", None) == worth_of(butterfly, MARKET, *quotes)


def test_a_missing_quote_leaves_the_sums_open() -> None:
    assert dollars(None, None, None, None, None, None) == worth_of(
        an_iron_condor(), MARKET, *CONDOR_QUOTES[1:]
    )


def test_an_unknown_entry_leaves_the_result_open_and_not_the_cash() -> None:
    long_call = a_strategy(a_leg(call(470), 4, None))
    quote = a_quote(call(470), "2.00", "2.10")

    assert dollars("800", "820", None, None, None, None) == worth_of(long_call, MARKET, quote)


cents = st.integers(1, 900)


@given(st.lists(st.tuples(st.integers(-9, 9).filter(bool), cents, cents), min_size=1, max_size=4))
def test_cash_and_result_agree_with_the_legs_added_one_by_one(
    parts: list[tuple[int, int, int]],
) -> None:
    legs = [a_leg(call(400 + n), quantity) for n, (quantity, _, _) in enumerate(parts)]
    quotes = [
        a_quote(leg.symbol, f"{bid / 100:.2f}", f"{(bid + width) / 100:.2f}")
        for leg, (_, bid, width) in zip(legs, parts, strict=True)
    ]
    cash = sum(
        (100 * leg.quantity * ((quote.bid if leg.quantity > 0 else quote.ask) or Decimal(0)))
        for leg, quote in zip(legs, quotes, strict=True)
    )
    result = worth_of(a_strategy(*legs), MARKET, *quotes)

    assert cash == result.cash_natural
    assert cash - 100 * sum(leg.quantity for leg in legs) == result.pnl_natural


def test_a_walk_goes_no_further_than_its_worst() -> None:
    """Ten condors from mid 0.90 to at most 1.05: the limit shown first is not the worst."""
    walk = WalkTerms(Pace.NORMAL, worst_price=Decimal("1.05"))
    total = worth_of(an_iron_condor(10), Terms(OrderType.LIMIT, walk=walk), *CONDOR_QUOTES)

    assert (Decimal(-1050), Decimal(950)) == (total.cash_worst, total.pnl_worst)
    assert Decimal(-1050) < (total.cash_limit or Decimal(0))


def test_a_walk_without_a_worst_follows_natural() -> None:
    terms = Terms(OrderType.LIMIT, walk=WalkTerms(Pace.NORMAL))

    assert None is worth_of(an_iron_condor(10), terms, *CONDOR_QUOTES).cash_worst


@given(
    st.lists(
        st.tuples(st.sampled_from([-3, -2, -1, 1, 2, 3]), cents, cents), min_size=2, max_size=4
    ),
    st.decimals(0, 1, places=3),
)
def test_the_result_at_a_limit_between_mid_and_natural_lies_between_theirs(
    parts: list[tuple[int, int, int]], share: Decimal
) -> None:
    legs = [a_leg(call(400 + n), quantity) for n, (quantity, _, _) in enumerate(parts)]
    quotes = [
        a_quote(leg.symbol, f"{bid / 100:.2f}", f"{(bid + width) / 100:.2f}")
        for leg, (_, bid, width) in zip(legs, parts, strict=True)
    ]
    net = net_quote(a_plan(a_strategy(*legs)).steps[0].legs, {each.symbol: each for each in quotes})
    terms = Terms(OrderType.LIMIT, offset=(net.natural - net.mid) * share)
    total = worth_of(a_strategy(*legs), terms, *quotes)

    assert total.pnl_natural is not None
    assert total.pnl_mid is not None
    assert total.pnl_limit is not None
    # A limit that is not on a cent is put on the better one.
    units = a_plan(a_strategy(*legs)).steps[0].units
    assert total.pnl_natural <= total.pnl_limit <= total.pnl_mid + units
    assert total.pnl_limit == total.pnl_limit.quantize(Decimal("0.01"))
