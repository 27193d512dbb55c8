"""What adjusted contracts have won: their dollar of price need not be a hundred dollars."""

from decimal import Decimal

from support.builders import put
from support.past_orders import an_order

from closeout.domain.chains import Chain, total_realised
from closeout.domain.deliverables import ContractTerms, Deliverable
from closeout.domain.history import read_past

LOW, HIGH = put(440), put(450)
ADJUSTED = put(450, "SPY1")
OF_TEN = {ADJUSTED: ContractTerms(10, (Deliverable("SPY", Decimal(10)),))}


def after_a_sale(
    bought: str, price: str, terms: dict[str, ContractTerms], *, held: tuple[str, ...] = ()
) -> Chain:
    """Two were bought at 2.00 beside short ones of another strike, and one was sold."""
    opened = an_order((bought, 1), (LOW, -1), order_id="1", minute=0, units=2, price="2.00")
    sold = an_order((ADJUSTED, -1), order_id="2", minute=5, closes=True, price=price)
    (chain,) = read_past("PA1", [opened, sold], {}, held=held, terms=terms).chains
    return chain


def test_a_result_is_reckoned_with_the_contracts_own_multiplier() -> None:
    assert Decimal("30.00") == total_realised(after_a_sale(ADJUSTED, "5.00", OF_TEN).links)


def test_an_adjustment_leaves_the_dollars_that_were_paid_as_they_were() -> None:
    chain = after_a_sale(HIGH, "50.00", OF_TEN, held=(ADJUSTED,))

    assert Decimal("300.00") == total_realised(chain.links)
    assert Decimal("20.00") == chain.entry_price(ADJUSTED, 1)


def test_a_result_is_unknown_while_the_multiplier_is() -> None:
    assert None is total_realised(after_a_sale(ADJUSTED, "5.00", {}).links)
