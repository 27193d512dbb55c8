"""`GET /api/positions`: the contract's fields, ids that last, and age told when a read failed."""

import asyncio
from datetime import timedelta
from decimal import Decimal

from support.bench import CONDOR, LONG_CALL, LONG_PUT, SHORT_PUT, Bench
from support.desk import Shop, is_problem, served
from support.eventually import eventually

from closeout.domain.deliverables import ContractTerms, Deliverable

POSITION_FIELDS = {
    *("id", "account", "ticker", "strategy", "expiry_date", "days_to_expiry", "spot_price"),
    *("quantity", "legs", "total_pnl", "created_at", "as_of"),
}
LEG_FIELDS = {
    *("id", "symbol", "direction", "strike", "option_type", "quantity", "entry_price"),
    *("current_price", "bid", "ask", "expiry_date", "underlying", "pnl_dollars", "pnl_percent"),
}


async def test_the_list_has_every_field_of_the_contract(shop: Shop) -> None:
    body = await shop.get("/api/positions")

    assert ("success", 1, None) == (body["status"], body["total_count"], body["message"])
    (position,) = body["positions"]
    assert set(position) >= POSITION_FIELDS
    assert len(CONDOR) == len(position["legs"])
    assert all(set(leg) >= LEG_FIELDS for leg in position["legs"])


async def test_a_position_tells_what_it_is(shop: Shop) -> None:
    position = await shop.get(shop.path)

    told = {name: position[name] for name in ("ticker", "strategy", "quantity", "expiry_date")}
    expected = {"ticker": "SPY", "strategy": "Iron Condor", "quantity": 10}
    assert expected | {"expiry_date": "2026-12-18"} == told
    assert 28 == position["days_to_expiry"]
    assert "1.05" == position["spot_price"]
    assert "opening_order" == position["grouped_by"]
    assert position["created_at"].startswith("2026-10-21")


async def test_money_is_text_and_quantities_are_whole_numbers(shop: Shop) -> None:
    position = await shop.get(shop.path)
    leg = next(leg for leg in position["legs"] if SHORT_PUT == leg["symbol"])

    assert ("Short", "Put", 10) == (leg["direction"], leg["option_type"], leg["quantity"])
    assert ("560", "1.00", "2.00", "2.10") == (
        leg["strike"].split(".")[0],
        leg["entry_price"],
        leg["bid"],
        leg["ask"],
    )
    assert ("2.05", "-1050.00", "-105.00") == (
        leg["current_price"],
        leg["pnl_dollars"],
        leg["pnl_percent"],
    )
    assert "buy_to_close" == leg["close_action"]


async def test_the_total_is_the_sum_of_the_legs(shop: Shop) -> None:
    position = await shop.get(shop.path)

    assert "-2000.00" == position["total_pnl"]


async def test_a_missing_quote_is_null_and_so_is_the_total(empty_bench: Bench) -> None:
    empty_bench.hold_condor()
    empty_bench.quotes.absent.add(LONG_PUT)
    async with served(empty_bench) as shop:
        position = await shop.get(shop.path)

    leg = next(leg for leg in position["legs"] if LONG_PUT == leg["symbol"])
    assert [None] * 4 == [leg[name] for name in ("bid", "ask", "current_price", "pnl_dollars")]
    assert None is position["total_pnl"]


async def test_ids_are_the_same_after_a_refresh(shop: Shop) -> None:
    before = await shop.get("/api/positions")
    await shop.bench.clock.seconds(31)
    after = await shop.get("/api/positions")

    def ids(body: dict[str, list[dict[str, object]]]) -> list[object]:
        return [position["id"] for position in body["positions"]]

    assert ids(before) == ids(after)
    assert before["as_of"] != after["as_of"]


async def test_a_leg_that_covers_says_why_it_cannot_go_alone(shop: Shop) -> None:
    position = await shop.get(shop.path)
    blocked = {leg["symbol"]: leg["blocked_reason"] is not None for leg in position["legs"]}

    assert {LONG_PUT: True, SHORT_PUT: False}.items() <= blocked.items()


async def test_a_failed_read_shows_the_old_list_as_old(shop: Shop) -> None:
    before = await shop.get("/api/positions")
    shop.bench.broker.fail("holdings")
    await shop.bench.clock.advance(timedelta(minutes=2))

    body = await shop.get("/api/positions")

    assert "error" == body["status"]
    assert before["as_of"] == body["as_of"]
    assert 1 == body["total_count"]
    assert "HTTP 500" in body["message"]


async def test_an_unread_account_is_an_error_and_not_empty(empty_bench: Bench) -> None:
    empty_bench.broker.fail("*")
    async with served(empty_bench, ready=False) as shop:
        body = await shop.get("/api/positions")

    assert ("error", 0, None) == (body["status"], body["total_count"], body["as_of"])
    assert False is body["reading"]
    assert "could not be read" in body["message"]


async def test_an_account_that_is_being_read_first_is_not_called_unreadable(
    empty_bench: Bench,
) -> None:
    answered = asyncio.Event()
    empty_bench.broker.gates["holdings"] = answered
    async with served(empty_bench, ready=False) as shop:
        before = await shop.get("/api/positions")
        answered.set()
        await eventually(lambda: empty_bench.engine.is_ready)
        after = await shop.get("/api/positions")

    assert ("error", True, None) == (before["status"], before["reading"], before["as_of"])
    assert before["message"].startswith("The account is being read")
    assert ("success", False, None) == (after["status"], after["reading"], after["message"])


async def test_a_position_of_an_unread_account_is_not_called_gone(empty_bench: Bench) -> None:
    empty_bench.broker.fail("*")
    async with served(empty_bench, ready=False) as shop:
        answers = [
            await shop.http.get("/api/positions/pos_1"),
            await shop.http.post("/api/positions/pos_1/close-preview", json={}),
            await shop.http.post(
                "/api/positions/pos_1/close-strategy", json={"position_id": "pos_1"}
            ),
        ]

    assert all(is_problem(answer, 503, "broker_unavailable") for answer in answers)


async def test_an_unknown_position_is_a_problem(shop: Shop) -> None:
    assert is_problem(await shop.http.get("/api/positions/test-id"), 404, "unknown_position")


async def test_a_running_close_shows_at_its_position(shop: Shop) -> None:
    close = (await shop.close_strategy()).json()

    assert close["close_id"] == (await shop.get(shop.path))["close_id"]


async def test_a_closed_position_is_gone_from_the_list(shop: Shop) -> None:
    await shop.close_strategy()
    shop.bench.broker.fill()
    await shop.bench.clock.seconds(1)

    body = await shop.get("/api/positions")

    assert ("success", []) == (body["status"], body["positions"])


async def test_the_long_call_is_a_call_with_its_strike(shop: Shop) -> None:
    position = await shop.get(shop.path)
    leg = next(leg for leg in position["legs"] if LONG_CALL == leg["symbol"])

    assert ("Long", "Call", "630") == (
        leg["direction"],
        leg["option_type"],
        leg["strike"].split(".")[0],
    )


async def test_an_adjusted_leg_says_what_it_delivers_and_what_is_not_known(
    empty_bench: Bench,
) -> None:
    adjusted = "SPY1261218C00600000"
    empty_bench.broker.hold(adjusted, -1)
    empty_bench.broker.terms[adjusted] = ContractTerms(100, (Deliverable("SPY", Decimal(150)),))
    async with served(empty_bench) as shop:
        position = await shop.get(shop.path)
        (leg,) = position["legs"]

    assert (100, [{"kind": "shares", "symbol": "SPY", "amount": "150"}]) == (
        leg["adjusted"]["multiplier"],
        leg["adjusted"]["deliverables"],
    )
    assert "delivers 150 SPY" == leg["adjusted"]["summary"]
    assert "it delivers 150 SPY. Payoff and margin are not known" in leg["adjusted"]["text"]
    assert None is position["metrics"]["risk"]


async def test_an_adjusted_leg_that_could_not_be_read_says_so(empty_bench: Bench) -> None:
    empty_bench.broker.hold("SPY1261218C00600000", -1)
    async with served(empty_bench) as shop:
        (leg,) = (await shop.get(shop.path))["legs"]

    assert (None, None) == (leg["adjusted"]["multiplier"], leg["adjusted"]["deliverables"])
    assert "could not be read" in leg["adjusted"]["text"]
    assert "deliverable could not be read" == leg["adjusted"]["summary"]


async def test_an_adjusted_leg_that_is_priced_unusually_says_so(empty_bench: Bench) -> None:
    adjusted = "SPY1261218C00600000"
    parts = (Deliverable("SPY", Decimal(50)), Deliverable("USD", Decimal("12.5"), is_cash=True))
    empty_bench.broker.hold(adjusted, -1)
    empty_bench.broker.terms[adjusted] = ContractTerms(150, parts)
    async with served(empty_bench) as shop:
        (leg,) = (await shop.get(shop.path))["legs"]

    assert "delivers 50 SPY and $12.50 cash, price times 150" == leg["adjusted"]["summary"]


async def test_a_standard_leg_is_not_adjusted(shop: Shop) -> None:
    assert {None} == {leg["adjusted"] for leg in (await shop.get(shop.path))["legs"]}
