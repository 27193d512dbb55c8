"""What adjusted contracts have won: their dollar of price need not be a hundred dollars."""

from decimal import Decimal

from support.builders import holdings_of, put
from support.past_orders import an_order

from closeout.domain.chains import Chain, total_realised
from closeout.domain.deliverables import ContractTerms, Deliverable
from closeout.domain.grouping import group
from closeout.domain.history import read_past
from closeout.domain.orders import OrderReport

LOW, HIGH = put(440), put(450)
ADJUSTED = put(450, "SPY1")
OF_TEN = {ADJUSTED: ContractTerms(10, (Deliverable("SPY", Decimal(10)),))}


def a_sale(bought: str, price: str) -> list[OrderReport]:
    """Two were bought at 2.00 beside short ones of another strike, and one was sold."""
    opened = an_order((bought, 1), (LOW, -1), order_id="1", minute=0, units=2, price="2.00")
    sold = an_order((ADJUSTED, -1), order_id="2", minute=5, closes=True, price=price)
    return [opened, sold]


def after_a_sale(
    bought: str, price: str, terms: dict[str, ContractTerms], *, held: tuple[str, ...] = ()
) -> Chain:
    (chain,) = read_past("PA1", a_sale(bought, price), {}, held=held, terms=terms).chains
    return chain


def test_a_result_is_reckoned_with_the_contracts_own_multiplier() -> None:
    assert Decimal("30.00") == total_realised(after_a_sale(ADJUSTED, "5.00", OF_TEN).links)


def test_an_adjustment_leaves_the_dollars_that_were_paid_as_they_were() -> None:
    chain = after_a_sale(HIGH, "50.00", OF_TEN, held=(ADJUSTED,))

    assert Decimal("300.00") == total_realised(chain.links)
    assert Decimal("20.00") == chain.entry_price(ADJUSTED, 1)


def test_a_result_is_unknown_while_the_multiplier_is() -> None:
    assert None is total_realised(after_a_sale(ADJUSTED, "5.00", {}).links)


def test_what_is_known_of_an_adjusted_contract_reaches_its_leg_and_its_history() -> None:
    held, orders = holdings_of({ADJUSTED: 1, LOW: -2}), a_sale(ADJUSTED, "5.00")

    found = group("PA1", held, orders, {}, terms=OF_TEN)

    (strategy,) = found.strategies
    assert {LOW: None, ADJUSTED: OF_TEN[ADJUSTED]} == {
        leg.symbol: leg.terms for leg in strategy.legs
    }
    assert Decimal("30.00") == total_realised(found.histories[strategy.id])


def test_what_a_contract_delivers_is_said_in_words() -> None:
    cash = Deliverable("USD", Decimal("12.5"), is_cash=True)
    delivered = (Deliverable("SPY", Decimal(150)), cash, Deliverable("SPYX", None))

    told = str(ContractTerms(100, delivered))

    assert "150 SPY and $12.50 cash and SPYX of an amount not determined yet" == told
