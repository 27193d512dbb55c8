"""Clock, calendar, assets, contracts, quotes and snapshots."""

from datetime import date, timedelta

import pytest
from simulator.wire.desk import Desk, Opener

from alpaca_simulator.wire.streams.feeds import Plan


async def test_the_clock_is_in_new_york_time(desk: Desk) -> None:
    clock = await desk.get("/v2/clock")
    assert clock["is_open"] is True
    assert clock["timestamp"][-6:] in {"-05:00", "-04:00"}


async def test_the_calendar_knows_holidays_and_half_days(desk: Desk) -> None:
    days = await desk.get("/v2/calendar", start="2026-11-25", end="2026-11-30")
    assert [("2026-11-25", "16:00"), ("2026-11-27", "13:00"), ("2026-11-30", "16:00")] == [
        (day["date"], day["close"]) for day in days
    ]


async def test_assets_are_found_by_symbol_and_by_id(desk: Desk) -> None:
    spy = await desk.get("/v2/assets/SPY")
    assert spy == await desk.get(f"/v2/assets/{spy['id']}")
    assert {"SPY", "QQQ"} == {row["symbol"] for row in await desk.get("/v2/assets")}
    await desk.ask("GET", "/v2/assets/NOPE", expect=404)


async def test_contracts_are_filtered(desk: Desk) -> None:
    _, short_put, _, _ = await desk.condor()
    held = await desk.get(f"/v2/options/contracts/{short_put}")
    answer = await desk.get(
        "/v2/options/contracts",
        underlying_symbols="SPY",
        expiration_date=held["expiration_date"],
        type="put",
        strike_price_gte=held["strike_price"],
        strike_price_lte=held["strike_price"],
        ppind="True",
    )
    assert [short_put] == [row["symbol"] for row in answer["option_contracts"]]
    assert "deliverables" not in answer["option_contracts"][0]


async def test_contracts_come_in_pages_that_fit_together(desk: Desk) -> None:
    query = {"underlying_symbols": "SPY", "expiration_date_lte": "2099-01-01"}
    whole = await desk.get("/v2/options/contracts", limit="10000", **query)
    first = await desk.get("/v2/options/contracts", limit="7", **query)
    second = await desk.get(
        "/v2/options/contracts", limit="7", page_token=first["next_page_token"], **query
    )
    symbols = [row["symbol"] for row in whole["option_contracts"]]
    assert symbols[:14] == [
        row["symbol"] for row in first["option_contracts"] + second["option_contracts"]
    ]
    assert whole["next_page_token"] is None


async def test_contracts_end_at_the_next_weekend_unless_told_otherwise(desk: Desk) -> None:
    near = await desk.get("/v2/options/contracts", underlying_symbols="SPY", limit="10000")
    later = await desk.get(
        "/v2/options/contracts",
        underlying_symbols="SPY",
        limit="10000",
        expiration_date_lte="2099-01-01",
    )
    expirations = {row["expiration_date"] for row in near["option_contracts"]}
    today = desk.broker.driver.exchange.now.date()
    assert all(date.fromisoformat(it) <= today + timedelta(7) for it in expirations)
    assert expirations < {row["expiration_date"] for row in later["option_contracts"]}


async def test_deliverables_are_shown_on_request(desk: Desk) -> None:
    answer = await desk.get(
        "/v2/options/contracts",
        underlying_symbols="SPY",
        show_deliverables="true",
        expiration_date_lte="2099-01-01",
        limit="1",
    )
    [shares] = answer["option_contracts"][0]["deliverables"]
    assert ("SPY", "100") == (shares["symbol"], shares["amount"])


async def test_a_contract_not_listed_is_not_found(desk: Desk) -> None:
    await desk.ask("GET", "/v2/options/contracts/SPY200101C00100000", expect=404)


async def test_option_quotes_and_trades_are_json_numbers(desk: Desk) -> None:
    symbols = ",".join(await desk.condor())
    for feed in ("opra", "indicative"):
        quotes = await desk.get("/v1beta1/options/quotes/latest", symbols=symbols, feed=feed)
        assert 4 == len(quotes["quotes"])
        assert all(isinstance(quote["bp"], float) for quote in quotes["quotes"].values())
    trades = await desk.get("/v1beta1/options/trades/latest", symbols=symbols)
    assert set(trades["trades"]) <= set(symbols.split(","))


async def test_snapshots_carry_greeks_and_volatility(desk: Desk) -> None:
    long_put, *_ = await desk.condor()
    answer = await desk.get("/v1beta1/options/snapshots", symbols=long_put)
    snapshot = answer["snapshots"][long_put]
    assert -1 < snapshot["greeks"]["delta"] < 0
    assert 0 < snapshot["impliedVolatility"] < 5


async def test_a_chain_is_filtered_and_paged(desk: Desk) -> None:
    _, short_put, _, _ = await desk.condor()
    expiration = (await desk.get(f"/v2/options/contracts/{short_put}"))["expiration_date"]
    query = {"expiration_date": expiration, "type": "put"}
    first = await desk.get("/v1beta1/options/snapshots/SPY", limit="5", **query)
    second = await desk.get(
        "/v1beta1/options/snapshots/SPY", limit="5", page_token=first["next_page_token"], **query
    )
    assert 5 == len(first["snapshots"]) == len(second["snapshots"])
    assert set(first["snapshots"]).isdisjoint(second["snapshots"])
    assert all("P0" in symbol for symbol in first["snapshots"])


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/v1beta1/options/quotes/latest", {"symbols": "SPY261218P00600000", "feed": "sip"}),
        ("/v1beta1/options/quotes/latest", {"symbols": "NONSENSE"}),
        ("/v1beta1/options/quotes/latest", {}),
        ("/v1beta1/options/snapshots/SPY", {"limit": "1001"}),
        ("/v2/stocks/quotes/latest", {"symbols": "SPY", "feed": "opra"}),
    ],
)
async def test_bad_parameters_of_the_data_side_are_bad_requests(
    desk: Desk, path: str, query: dict[str, str]
) -> None:
    refused = await desk.ask("GET", path, None, expect=400, **query)
    assert {"message"} == set(refused)


async def test_more_than_a_hundred_symbols_are_refused(desk: Desk) -> None:
    symbols = ",".join(f"SPY261218P{strike:08d}" for strike in range(101))
    await desk.ask("GET", "/v1beta1/options/snapshots", None, expect=400, symbols=symbols)


@pytest.mark.parametrize("feed", ["iex", "sip", "delayed_sip"])
async def test_stocks_are_quoted_many_at_once_and_alone(desk: Desk, feed: str) -> None:
    quotes = await desk.get("/v2/stocks/quotes/latest", symbols="SPY,QQQ,NOPE", feed=feed)
    assert {"SPY", "QQQ"} == set(quotes["quotes"])
    alone = await desk.get("/v2/stocks/SPY/quotes/latest", feed=feed)
    assert quotes["quotes"]["SPY"] == alone["quote"]
    assert {"SPY"} == set((await desk.get("/v2/stocks/trades/latest", symbols="SPY"))["trades"])
    assert "SPY" == (await desk.get("/v2/stocks/SPY/trades/latest"))["symbol"]
    assert {"SPY"} == set(await desk.get("/v2/stocks/snapshots", symbols="SPY"))
    assert "latestTrade" in await desk.get("/v2/stocks/SPY/snapshot")


async def test_the_basic_plan_is_refused_opra_and_sip(open_desk: Opener) -> None:
    desk = await open_desk(plan=Plan.BASIC)
    long_put, *_ = await desk.condor()
    await desk.get("/v1beta1/options/quotes/latest", symbols=long_put)
    await desk.ask(
        "GET", "/v1beta1/options/quotes/latest", None, expect=403, symbols=long_put, feed="opra"
    )
    await desk.ask("GET", "/v2/stocks/quotes/latest", None, expect=403, symbols="SPY", feed="sip")


async def test_dividends_and_splits_are_listed_by_the_day_they_are_processed(desk: Desk) -> None:
    answer = await desk.get("/v1/corporate-actions", start="2026-11-20", end="2027-01-15")

    actions = answer["corporate_actions"]
    assert [("SPY", 1.83, "2026-11-30", "2026-12-21")] == [
        (row["symbol"], row["rate"], row["ex_date"], row["process_date"])
        for row in actions["cash_dividends"]
    ]
    assert [("QQQ", 4.0, 1.0, "2026-11-25")] == [
        (row["symbol"], row["new_rate"], row["old_rate"], row["ex_date"])
        for row in actions["forward_splits"]
    ]
    assert ["2027-01-11"] == [row["ex_date"] for row in actions["reverse_splits"]]


async def test_corporate_actions_are_filtered_by_symbol_and_type_and_paged(desk: Desk) -> None:
    days = {"start": "2026-11-20", "end": "2027-11-20"}
    spy = await desk.get("/v1/corporate-actions", symbols="SPY", types="cash_dividend", **days)
    first = await desk.get("/v1/corporate-actions", symbols="SPY", limit="1", **days)

    assert ["cash_dividends"] == [*spy["corporate_actions"]]
    assert 4 == len(spy["corporate_actions"]["cash_dividends"]), "one a quarter, without an end"
    assert first["next_page_token"] is not None
    assert {} == (await desk.get("/v1/corporate-actions", symbols="NONE"))["corporate_actions"]
    await desk.ask("GET", "/v1/corporate-actions", expect=400, types="gift")


async def test_an_adjusted_contract_tells_what_it_delivers(desk: Desk) -> None:
    _, short_put, _, _ = await desk.condor()
    answer = await desk.control(
        "POST", "adjust", {"underlying": "SPY", "shares": 150, "cash": "12.50"}
    )
    adjusted = short_put.replace("SPY", "SPY1")
    told = await desk.get(f"/v2/options/contracts/{adjusted}")

    assert adjusted in answer["adjusted"]
    assert [("equity", "SPY", "150"), ("cash", "USD", "12.5")] == [
        (each["type"], each["symbol"], each["amount"]) for each in told["deliverables"]
    ]
    assert ("SPY1", "100", "100") == (told["root_symbol"], told["multiplier"], told["size"])
