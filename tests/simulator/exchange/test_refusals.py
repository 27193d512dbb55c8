"""Every refusal the exchange knows, as a table: what is held, what is asked, what is answered."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from simulator.exchange.worlds import (
    BTC,
    BTO,
    CONDOR,
    FAR,
    NEAR,
    NIGHT,
    STC,
    STO,
    call,
    condor_close,
    exchange,
    later,
    package,
    put,
    single,
)

from alpaca_simulator.exchange.account import Configurations
from alpaca_simulator.exchange.exchange import Exchange
from alpaca_simulator.exchange.orders import (
    OrderClass,
    OrderRequest,
    OrderType,
    ReplaceRequest,
    TimeInForce,
)
from alpaca_simulator.exchange.refusals import Refusal

FORM = 42210000
BAD = 40010001
NO = 40310000
SPREAD = {put(560): -3, put(550): 3}
HALF_HOUR_LEFT = datetime(2026, 3, 4, 20, 45, tzinfo=UTC)
TODAY = date(2026, 3, 4)
UNCOVERED = "account not eligible to trade uncovered option contracts"
VERTICAL = ((BTO, call(600)), (STO, call(610)))


def refused(world: Exchange, request: OrderRequest) -> Refusal:
    before = world.to_state()
    with pytest.raises(Refusal) as caught:
        world.submit(request)
    assert before == world.to_state(), "a refusal changes nothing"
    return caught.value


FORM_TABLE: list[tuple[str, dict[str, int], OrderRequest, int, str]] = [
    ("one leg", {}, package((BTO, call(600))), FORM,
     "mleg orders must have at least 2 legs and at most 4 legs"),
    ("five legs", {}, package(*[(BTO, call(600 + 5 * n)) for n in range(5)]), FORM,
     "mleg orders must have at least 2 legs and at most 4 legs"),
    ("ratios with a common divisor", {},
     package((BTO, call(600), "4"), (STO, call(610), "2"), limit="1"), FORM,
     "leg ratio quantities must be relatively prime"),
    ("a fraction as ratio", {}, package((BTO, call(600), "0.5"), (STO, call(610))), FORM,
     "leg.0 ratio_qty must be a positive integer"),
    ("one symbol twice", {}, package((BTO, call(600)), (STO, call(600))), FORM,
     "all legs must have unique symbols"),
    ("two underlyings", {}, package((BTO, call(600)), (STO, call(600, NEAR, "META"))), FORM,
     "underlying asset mismatch: SPY != META"),
    ("a leg without intent", {}, package((BTO, call(600)), (None, call(610))), FORM,
     "leg.1 position intent is required"),
    ("a stock leg", {}, package((BTO, call(600)), (STO, "SPY")), FORM,
     "equity legs are allowed only with a corresponding amount of call contracts"),
    ("a stop package", {},
     package(*VERTICAL, type=OrderType.STOP, stop_price=Decimal(1)), FORM,
     "invalid order type for options trading"),
    ("a package for ioc", {}, package(*VERTICAL, time_in_force=TimeInForce.IOC), FORM,
     "invalid time in force"),
    ("an option for ioc", {}, single(call(600), BTO, time_in_force=TimeInForce.IOC), FORM,
     "order_time_in_force provided not supported for options trading"),
    ("a trailing stop", {}, single(call(600), BTO, type=OrderType.TRAILING_STOP), FORM,
     "invalid order type for options trading"),
    ("a bracket", {}, single(call(600), BTO, order_class=OrderClass.BRACKET), FORM,
     "complex orders not supported for options trading"),
    ("extended hours", {}, package(*VERTICAL, limit="1", extended_hours=True), FORM,
     "extended hours is not supported for options trading"),
    ("a limit order without limit", {}, single(call(600), BTO, type=OrderType.LIMIT), FORM,
     "limit price is required for limit orders"),
    ("a market order with limit", {},
     single(call(600), BTO, limit="1", type=OrderType.MARKET), FORM,
     "limit price is only valid for limit orders"),
    ("a stop order without stop", {}, single(call(600), BTO, type=OrderType.STOP), FORM,
     "stop price is required for stop orders"),
    ("a negative single price", {}, single(call(600), BTO, limit="-1"), FORM,
     "invalid limit price"),
    ("three decimals", {}, single(call(600), BTO, limit="1.005"), FORM,
     "limit price must be limited to 2 decimal places"),
    ("three decimals net", {}, package(*VERTICAL, limit="-0.125"), FORM,
     "limit price must be limited to 2 decimal places"),
    ("a cent in a nickel class", {}, single(call(600, NEAR, "META"), BTO, limit="1.01"), FORM,
     "invalid limit price 1.01. must be a multiple of 0.05"),
    ("a nickel above three dollars in a nickel class", {},
     single(call(600, NEAR, "META"), BTO, limit="18.15"), FORM,
     "invalid limit price 18.15. must be a multiple of 0.10"),
    ("a cent above three dollars in a penny class", {},
     single(call(400, NEAR, "TSLA"), BTO, limit="18.12"), FORM,
     "invalid limit price 18.12. must be a multiple of 0.05"),
    ("a sub-penny stock price", {}, single("SPY", BTO, limit="600.001"), FORM,
     ("invalid limit_price 600.001. "
      "sub-penny increment does not fulfill minimum pricing criteria")),
    ("half a contract", {}, single(call(600), BTO, qty="0.5"), FORM,
     "qty must be integer for options trading"),
    ("no quantity", {}, single(call(600), BTO, qty="0"), BAD, "qty must be > 0"),
    ("a negative quantity", {}, package(*VERTICAL, qty="-1"), BAD, "qty must be > 0"),
    ("a long client order id", {}, single(call(600), BTO, client_order_id="x" * 129), BAD,
     "client_order_id must be no more than 128 characters"),
    ("an unknown stock", {}, single("NOPE", BTO, limit="1"), FORM, 'asset "NOPE" not found'),
    ("a strike off the grid", {}, single(call(603), BTO, limit="1"), FORM,
     f'contract "{call(603)}" not found'),
    ("an unlisted date", {}, single(call(600, date(2026, 4, 14)), BTO, limit="1"), FORM,
     f'contract "{call(600, date(2026, 4, 14))}" not found'),
    ("an expired contract", {}, single(call(600, date(2026, 2, 27)), BTO, limit="1"), FORM,
     f'contract "{call(600, date(2026, 2, 27))}" is expired'),
    ("closing what is not held", {}, single(call(600), STC, limit="1"), FORM,
     "position intent mismatch, inferred: sell_to_open, specified: sell_to_close"),
    ("closing the wrong way round", {call(600): 1}, single(call(600), BTC, limit="1"), FORM,
     "position intent mismatch, inferred: buy_to_open, specified: buy_to_close"),
    ("selling to open what is held", {call(600): 1}, single(call(600), STO, limit="1"), FORM,
     "position intent mismatch, inferred: sell_to_close, specified: sell_to_open"),
    ("one mismatched leg of four", {**CONDOR, call(640): 10, call(650): -10},
     condor_close(), FORM,
     "position intent mismatch, inferred: buy_to_open, specified: buy_to_close"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("held", "request_", "code", "message"),
    [row[1:] for row in FORM_TABLE],
    ids=[row[0] for row in FORM_TABLE],
)
def test_a_wrong_form_is_refused_with_422(
    held: dict[str, int], request_: OrderRequest, code: int, message: str
) -> None:
    refusal = refused(exchange(held), request_)
    assert (422, code, message) == (refusal.status, refusal.code, refusal.message)


FORBIDDEN_TABLE: list[tuple[str, dict[str, int], OrderRequest, str, dict[str, Any]]] = [
    ("a naked call beside a long one", {},
     package((BTO, call(600)), (STO, call(610), "2"), limit="1"), UNCOVERED, {}),
    ("two short calls", {}, package((STO, call(600)), (STO, call(610)), limit="-1"),
     UNCOVERED, {}),
    ("a short strangle", {}, package((STO, call(640)), (STO, put(560)), limit="-1"),
     UNCOVERED, {}),
    ("a calendar with the short living longer", {},
     package((BTO, call(600, NEAR)), (STO, call(600, FAR)), limit="-1"), UNCOVERED, {}),
    ("rolling a lone short", {call(600): -1, call(650): 1},
     package((BTC, call(600)), (STO, call(610)), limit="1"), UNCOVERED, {}),
    ("rolling the short of a calendar", {call(600, NEAR): -1, call(600, FAR): 1},
     package((BTC, call(600, NEAR)), (STO, call(605, NEAR)), limit="1"), UNCOVERED, {}),
    ("selling the long call that covers", {call(610): -1, call(600): 1},
     single(call(600), STC, limit="1"), UNCOVERED, {}),
    ("selling both longs of a condor", CONDOR,
     package((STC, put(550)), (STC, call(650)), qty="10", limit="-0.10"), UNCOVERED, {}),
    ("selling the shares under a covered call", {"SPY": 100, call(640): -1},
     single("SPY", STC, qty="100", limit="600"), UNCOVERED, {}),
    ("selling the long put that covers", SPREAD, single(put(550), STC, qty="3", limit="1"),
     ("insufficient options buying power for cash-secured put "
      "(required: 165000, available: 97000.00)"),
     {"required_options_buying_power": "165000", "buying_power": "97000.00"}),
    ("a put nobody could pay for", {}, single(put(550), STO, qty="2", limit="5"),
     ("insufficient options buying power for cash-secured put "
      "(required: 110000, available: 100000.00)"),
     {"required_options_buying_power": "110000", "buying_power": "100000.00"}),
    ("a call without shares", {"SPY": 99}, single(call(640), STO, limit="1"),
     "insufficient underlying qty available for covered call (required: 100, available: 99)",
     {"required_qty": "100", "available_qty": "99", "symbol": call(640)}),
    ("a second call on the same shares", {"SPY": 150, call(640): -1},
     single(call(650), STO, limit="1"),
     "insufficient underlying qty available for covered call (required: 100, available: 50)",
     {}),
    ("more debit than cash", {}, package(*VERTICAL, qty="200", limit="6"),
     "insufficient options buying power (required: 120000, available: 100000.00)",
     {"cost_basis": "120000", "options_buying_power": "100000.00"}),
    ("more width than cash", {},
     package((STO, put(560)), (BTO, put(550)), qty="200", limit="-2"),
     "insufficient options buying power (required: 160000, available: 100000.00)", {}),
    ("more stock than cash", {}, single("SPY", BTO, qty="400", limit="600"),
     "insufficient buying power",
     {"buying_power": "200000.00", "cost_basis": "240000"}),
    ("a short sale of stock", {}, single("SPY", STO, limit="600"),
     "account is not allowed to short", {}),
    ("more contracts than held", {put(560): -3}, single(put(560), BTC, qty="5", limit="1"),
     "insufficient qty available for order (requested: 5, available: 3)",
     {"available": "3", "existing_qty": "3", "held_for_orders": "0", "related_orders": [],
      "symbol": put(560)}),
    ("more units than held", CONDOR, condor_close(qty="11"),
     "insufficient qty available for order (requested: 11, available: 10)",
     {"symbol": "", "existing_qty": "10"}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("held", "request_", "message", "extras"),
    [row[1:] for row in FORBIDDEN_TABLE],
    ids=[row[0] for row in FORBIDDEN_TABLE],
)
def test_what_the_account_may_not_do_is_refused_with_403(
    held: dict[str, int], request_: OrderRequest, message: str, extras: dict[str, Any]
) -> None:
    refusal = refused(exchange(held), request_)
    assert (403, NO, message) == (refusal.status, refusal.code, refusal.message)
    assert extras.items() <= refusal.extras.items()
    assert refusal.body() == {"code": NO, "message": message, **refusal.extras}


@pytest.mark.parametrize(
    ("level", "request_", "message"),
    [
        (0, single(call(600), BTO, limit="1"), "account not authorized to trade options"),
        (1, single(call(600), BTO, limit="1"),
         "account not eligible to trade long option contracts"),
        (2, package(*VERTICAL, limit="1"),
         "account not eligible to trade spreads or uncovered contracts"),
    ],
)  # fmt: skip
def test_a_lower_options_level_opens_less(level: int, request_: OrderRequest, message: str) -> None:
    assert message == refused(exchange(account={"options_level": level}), request_).message


def test_the_users_own_level_setting_counts_as_well() -> None:
    world = exchange()
    world.configure(Configurations(max_options_trading_level=2))
    assert 2 == world.account().options_trading_level
    assert 403 == refused(world, package(*VERTICAL, limit="1")).status


@pytest.mark.parametrize("request_", [single(put(560), BTC), condor_close()])
def test_options_market_orders_are_refused_outside_hours(request_: OrderRequest) -> None:
    refusal = refused(exchange(CONDOR, now=NIGHT), request_)
    assert (422, "options market orders are only allowed during market hours") == (
        refusal.status,
        refusal.message,
    )


def test_nothing_is_opened_in_the_last_half_hour_of_a_contract() -> None:
    symbol = call(600, TODAY)
    world = exchange({call(610, TODAY): 1}, now=HALF_HOUR_LEFT)
    assert f'contract "{symbol}" expires soon, unable to open new positions' == (
        refused(world, single(symbol, BTO, limit="1")).message
    )
    world.submit(single(call(610, TODAY), STC, limit="0.01"))


def test_a_suspended_account_refuses_exits_too() -> None:
    world = exchange(CONDOR)
    world.configure(Configurations(suspend_trade=True))
    assert "new orders are rejected by user request" == refused(world, condor_close()).message


def test_a_blocked_account_refuses_every_order() -> None:
    world = exchange(CONDOR, account={"trading_blocked": True})
    assert 403 == refused(world, condor_close()).status


def test_a_client_order_id_is_taken_forever_even_by_a_cancelled_order() -> None:
    world = exchange(CONDOR)
    order = world.submit(condor_close(limit="0.10", client_order_id="mine"))
    world.cancel(order.id)
    later(world)
    refusal = refused(world, condor_close(limit="0.10", client_order_id="mine"))
    assert (422, BAD, "client_order_id must be unique") == (
        refusal.status,
        refusal.code,
        refusal.message,
    )


def test_a_refused_order_leaves_its_client_order_id_free() -> None:
    world = exchange(CONDOR)
    refused(world, condor_close(qty="11", client_order_id="mine"))
    world.submit(condor_close(client_order_id="mine"))


@pytest.mark.parametrize(
    ("first", "second", "symbol"),
    [
        (condor_close(limit="0.10"), single(put(560), BTC, limit="0.50"), put(560)),
        (single(put(560), BTC, qty="10", limit="0.10"), condor_close(limit="0.10"), ""),
    ],
)
def test_quantity_claimed_by_an_open_order_is_named_with_that_order(
    first: OrderRequest, second: OrderRequest, symbol: str
) -> None:
    world = exchange(CONDOR)
    held_by = world.submit(first)
    refusal = refused(world, second)
    assert {
        "available": "0",
        "existing_qty": "10",
        "held_for_orders": "10",
        "related_orders": [held_by.id],
        "symbol": symbol,
    } == refusal.extras


WASH: list[tuple[str, str | None, str | None, bool]] = [
    ("a bid below the offer", "2.00", "2.10", False),
    ("a bid at the offer", "2.10", "2.10", True),
    ("a bid above the offer", "2.20", "2.10", True),
    ("a bid against a market sale", "2.00", None, True),
    ("a market buy against an offer", None, "2.10", True),
]


@pytest.mark.parametrize(("name", "buy", "sell", "crosses"), WASH, ids=[row[0] for row in WASH])
def test_single_orders_that_could_trade_with_each_other_are_refused(
    name: str, buy: str | None, sell: str | None, *, crosses: bool
) -> None:
    world = exchange({call(600): 1})
    resting = world.submit(single(call(600), STC, limit=sell))
    bid = single(call(600), BTO, limit=buy)
    if not crosses:
        world.submit(bid)
        return
    refusal = refused(world, bid)
    assert "potential wash trade detected. use complex orders" == refusal.message
    kind = "limit" if sell else "market"
    assert {
        "existing_order_id": resting.id,
        "reject_reason": f"opposite side {kind} order exists",
    } == refusal.extras


UNTOUCHABLE: list[tuple[str, Callable[[Exchange, str], object], str]] = [
    ("cancel a leg", lambda world, leg: world.cancel(leg),
     "cannot cancel individual legs of a mleg order"),
    ("replace a leg",
     lambda world, leg: world.replace(leg, ReplaceRequest(limit_price=Decimal(1))),
     "cannot replace individual legs of a mleg order"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("act", "message"), [row[1:] for row in UNTOUCHABLE], ids=[row[0] for row in UNTOUCHABLE]
)
def test_legs_can_be_looked_up_but_not_acted_on(
    act: Callable[[Exchange, str], object], message: str
) -> None:
    world = exchange(CONDOR)
    leg = world.submit(condor_close(limit="0.10")).legs[0]
    assert leg == world.order(leg.id) == world.order_by_client_order_id(leg.client_order_id)
    with pytest.raises(Refusal) as caught:
        act(world, leg.id)
    assert (422, FORM, message) == (
        caught.value.status,
        caught.value.code,
        caught.value.message,
    )


def test_what_was_never_sent_is_not_found() -> None:
    world = exchange()
    for ask in (
        lambda: world.order("11111111-2222-4333-8444-555555555555"),
        lambda: world.order_by_client_order_id("never"),
        lambda: world.position("SPY"),
        lambda: world.close_position("SPY"),
        lambda: world.asset("NOPE"),
        lambda: world.contract(call(603)),
    ):
        with pytest.raises(Refusal) as caught:
            ask()
        assert (404, 40410000) == (caught.value.status, caught.value.code)


def test_a_level_three_roll_of_one_whole_spread_passes() -> None:
    world = exchange({call(600): -1, call(605): 1})
    world.submit(
        package((BTC, call(600)), (STC, call(605)), (STO, call(610)), (BTO, call(615)), limit="2")
    )


@pytest.mark.parametrize(
    ("held", "request_"),
    [
        (CONDOR, condor_close()),
        (CONDOR, package((STC, put(550)), (BTC, put(560)), qty="10")),
        (CONDOR, package((BTC, put(560)), (BTC, call(640)), qty="10")),
        (CONDOR, single(put(560), BTC, qty="10")),
        ({call(590): 1, call(600): -2, call(610): 1},
         package((STC, call(590)), (BTC, call(600), "2"), (STC, call(610)))),
        ({call(600, NEAR): -2, call(600, FAR): 2},
         package((BTC, call(600, NEAR)), (STC, call(600, FAR)), qty="2")),
        ({call(600): 1, put(600): 1}, package((STC, call(600)), (STC, put(600)))),
        ({call(600): 1}, single(call(600), STC)),
        ({"SPY": 200, call(640): -1}, single("SPY", STC, qty="100")),
    ],
    ids=["condor", "one wing", "the shorts", "one short", "butterfly", "calendar", "straddle",
         "lone long", "free shares"],
)  # fmt: skip
def test_what_only_reduces_risk_is_never_refused(
    held: dict[str, int], request_: OrderRequest
) -> None:
    world = exchange(held, account={"cash": 0})
    assert "pending_new" == world.submit(request_).status


def test_packages_that_are_switched_off_are_refused_and_their_legs_are_not() -> None:
    world = exchange(SPREAD, rules={"packages": False})

    refusal = refused(world, package((BTC, put(560)), (STC, put(550))))

    assert (403, NO, "submit mleg order is disabled") == (
        refusal.status,
        refusal.code,
        refusal.message,
    )
    assert world.submit(single(put(560), BTC)).symbol == put(560)


@pytest.mark.parametrize("taken", [True, False])
def test_a_package_that_only_sells_is_taken_or_not_as_the_scenario_says(taken: bool) -> None:  # noqa: FBT001 - a table
    world = exchange({put(550): 1, call(600): 1}, rules={"sell_only_packages": taken})
    request = package((STC, put(550)), (STC, call(600)))

    if taken:
        assert 2 == len(world.submit(request).legs)
    else:
        assert UNCOVERED == refused(world, request).message
