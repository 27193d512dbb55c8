"""What a plan costs in fees: each leg by its own kind, side, size and mid."""

from datetime import date
from decimal import Decimal

from support.builders import a_covered_call, a_leg, a_plan, a_quote, a_strategy, call, put

from closeout.closing.costs import plan_fees
from closeout.domain.deliverables import ContractTerms, Deliverable
from closeout.domain.fees import Trade, fees_of
from closeout.domain.orders import Side

DAY = date(2026, 12, 1)
CALL = call(140, "NVDA")


def test_calls_that_are_bought_and_shares_that_are_sold_each_pay_their_own() -> None:
    quotes = {"NVDA": a_quote("NVDA", "119.00", "121.00"), CALL: a_quote(CALL, "3.00", "3.20")}

    fees = plan_fees(a_plan(a_covered_call(2)), quotes, DAY)

    assert {
        CALL: fees_of(
            Trade(is_option=True, side=Side.BUY, quantity=2, multiplier=100, price=Decimal("3.10")),
            DAY,
        ),
        "NVDA": fees_of(
            Trade(is_option=False, side=Side.SELL, quantity=200, multiplier=1, price=Decimal(120)),
            DAY,
        ),
    } == fees


def test_without_a_mid_a_fee_on_the_price_is_not_known() -> None:
    plan = a_plan(a_strategy(a_leg(put(440), 1)))

    assert {
        put(440): fees_of(
            Trade(is_option=True, side=Side.SELL, quantity=1, multiplier=100, price=None), DAY
        )
    } == plan_fees(plan, {}, DAY)


def test_an_adjusted_contract_is_charged_by_its_own_multiplier() -> None:
    adjusted = "NVDA1261218C00140000"
    terms = ContractTerms(150, (Deliverable("NVDA", Decimal(150)),))
    plan = a_plan(a_strategy(a_leg(adjusted, 2, terms=terms)))
    quotes = {adjusted: a_quote(adjusted, "3.00", "3.20")}

    assert {
        adjusted: fees_of(
            Trade(
                is_option=True, side=Side.SELL, quantity=2, multiplier=150, price=Decimal("3.10")
            ),
            DAY,
        )
    } == plan_fees(plan, quotes, DAY)
