"""What is asked of REST, and what is made of the answers."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from aiohttp import web
from support.scripted_alpaca import KEY, SECRET, HurriedClock, Reply, ScriptedAlpaca

from closeout.alpaca import AlpacaBroker, AlpacaQuotes, Credentials, Endpoints, RateLimit
from closeout.domain.announcements import Announcement, AnnouncementKind
from closeout.domain.deliverables import ContractTerms, Deliverable
from closeout.domain.marks import Greeks, OptionMark
from closeout.domain.quotes import Quote
from closeout.ports import Broker, HistoryCut, Quotes, ReadFailed

ORDERS = "/v2/orders"
NOT_FOUND = Reply(404, {"code": 40410000, "message": "option contract not found"})


def test_the_adapters_are_what_the_runtime_asks_for() -> None:
    clock, keys, endpoints = HurriedClock(), Credentials(KEY, SECRET), Endpoints("http://127.0.0.1")

    broker: Broker = AlpacaBroker(keys, endpoints, clock=clock)
    quotes: Quotes = AlpacaQuotes(keys, endpoints, clock=clock)

    assert broker
    assert quotes


@pytest.mark.parametrize(("paper", "host"), [(True, "paper-api"), (False, "api")])
def test_paper_and_live_are_different_hosts(paper: bool, host: str) -> None:  # noqa: FBT001
    endpoints = Endpoints.alpaca(paper=paper)

    assert f"https://{host}.alpaca.markets" == endpoints.trading_url
    assert f"wss://{host}.alpaca.markets/stream" == endpoints.trade_updates_url
    assert "https://data.alpaca.markets" == endpoints.data_url
    assert "wss://stream.data.alpaca.markets/v1beta1/opra" == endpoints.option_quotes_url("opra")


def test_every_url_can_point_elsewhere() -> None:
    endpoints = Endpoints("http://127.0.0.1:8111/", "http://127.0.0.1:8112", "ws://127.0.0.1:8113")

    assert "ws://127.0.0.1:8111/stream" == endpoints.trade_updates_url
    assert "ws://127.0.0.1:8113/v2/iex" == endpoints.stock_quotes_url("iex")


async def test_requests_carry_the_keys(server: ScriptedAlpaca, broker: AlpacaBroker) -> None:
    server.on("GET", "/v2/positions", Reply(200, []))

    await broker.holdings()

    headers = server.seen[0].headers
    assert (KEY, SECRET) == (headers["APCA-API-KEY-ID"], headers["APCA-API-SECRET-KEY"])


async def test_holdings_are_as_old_as_their_request(
    server: ScriptedAlpaca, broker: AlpacaBroker, example: Callable[[str], Any], clock: HurriedClock
) -> None:
    server.on("GET", "/v2/positions", Reply(200, [example("option_position")]))

    holdings = await broker.holdings()

    assert clock.at == holdings.at
    assert Decimal(2) == holdings.quantity("PTON240126C00000500")


async def test_an_empty_account_is_empty(server: ScriptedAlpaca, broker: AlpacaBroker) -> None:
    server.on("GET", "/v2/positions", Reply(200, []))

    assert () == (await broker.holdings()).rows


async def test_an_order_is_asked_for_with_its_legs(
    server: ScriptedAlpaca, broker: AlpacaBroker, example: Callable[[str], Any]
) -> None:
    server.on("GET", f"{ORDERS}/o-1", Reply(200, example("mleg_order_response_spec")))
    server.on(
        "GET",
        "/v2/orders:by_client_order_id",
        Reply(200, example("mleg_order_response_spec")),
    )

    by_id = await broker.order("o-1")
    by_client_id = await broker.order_by_client_id("a b&c/d")

    assert by_id == by_client_id
    assert by_id is not None
    assert 2 == len(by_id.legs)
    assert {"nested": "true"} == server.seen[0].query
    assert {"nested": "true", "client_order_id": "a b&c/d"} == server.seen[1].query


async def test_the_observer_hears_of_every_rate_limit(
    endpoints: Endpoints, server: ScriptedAlpaca
) -> None:
    heard: list[RateLimit] = []
    server.on("GET", "/v2/positions", Reply(200, [], {"X-RateLimit-Remaining": "9"}))

    async with AlpacaBroker(
        Credentials(KEY, SECRET), endpoints, clock=HurriedClock(), on_rate=heard.append
    ) as broker:
        await broker.holdings()

    assert [RateLimit(limit=None, remaining=9, reset_at=None)] == heard


START = datetime(2026, 11, 1, 14, 30, tzinfo=UTC)


class PagedOrders(Reply):
    """Alpaca's list: `after` exclusive on the submission, ascending, at most `limit`."""

    async def give(self, request: web.BaseRequest) -> web.StreamResponse:
        after = request.query.get("after")
        rows = [
            row
            for row in self.body
            if after is None
            or datetime.fromisoformat(row["submitted_at"]) > datetime.fromisoformat(after)
        ]
        return web.json_response(rows[: int(request.query["limit"])])


def an_order(number: int, at: datetime, legs: int = 0) -> dict[str, Any]:
    return {
        "id": f"o-{number}",
        "client_order_id": f"c-{number}",
        "status": "filled",
        "symbol": "" if legs else "SPY",
        "submitted_at": at.isoformat(),
        "legs": [{"id": f"o-{number}-{leg}", "symbol": f"L{leg}"} for leg in range(legs)] or None,
    }


async def test_a_history_of_many_pages_is_read_whole_and_in_order(
    server: ScriptedAlpaca, broker: AlpacaBroker
) -> None:
    """
    Orders that share an instant straddle the border of a page, where `after` would lose them.
    """
    rows = [an_order(n, START + timedelta(seconds=n // 7)) for n in range(1_203)]
    server.on("GET", ORDERS, PagedOrders(body=rows))

    history = await broker.order_history(None)

    assert [f"o-{n}" for n in range(1_203)] == [order.order_id for order in history]
    assert {"all"} == {seen.query["status"] for seen in server.seen}
    assert {"true"} == {seen.query["nested"] for seen in server.seen}


@pytest.mark.parametrize(("packages", "singles"), [(100, 0), (99, 1), (99, 9)])
async def test_legs_may_count_toward_the_limit_of_a_page(
    server: ScriptedAlpaca, broker: AlpacaBroker, packages: int, singles: int
) -> None:
    """
    A page of 500 rows may be a full one, and of some more or less if it cuts a package.
    """
    count = packages + singles
    first = [
        an_order(n, START + timedelta(seconds=n), legs=4 if n < packages else 0)
        for n in range(count)
    ]
    second = [first[-1], an_order(count, START + timedelta(seconds=200))]
    server.on("GET", ORDERS, Reply(200, first), Reply(200, second))

    assert count + 1 == len(await broker.order_history(None))


async def test_a_page_of_more_rows_than_the_limit_shows_that_legs_do_not_count(
    server: ScriptedAlpaca, broker: AlpacaBroker
) -> None:
    rows = [an_order(n, START + timedelta(seconds=n), legs=4) for n in range(101)]
    server.on("GET", ORDERS, Reply(200, rows))

    assert 101 == len(await broker.order_history(None))
    assert 1 == len(server.seen)


async def test_a_short_history_takes_one_request(
    server: ScriptedAlpaca, broker: AlpacaBroker
) -> None:
    server.on("GET", ORDERS, Reply(200, [an_order(1, START, legs=2)]))

    await broker.order_history(START)

    (seen,) = server.seen
    assert "2026-11-01T14:30:00Z" == seen.query["after"]
    assert ("asc", "500") == (seen.query["direction"], seen.query["limit"])


async def test_a_history_that_breaks_off_tells_what_was_read_of_it(
    server: ScriptedAlpaca, broker: AlpacaBroker
) -> None:
    first = [an_order(n, START + timedelta(seconds=n)) for n in range(500)]
    refused = Reply(429, {}, headers={"Retry-After": "7"})
    server.on("GET", ORDERS, Reply(200, first), refused)

    with pytest.raises(HistoryCut) as caught:
        await broker.order_history(None)

    assert timedelta(seconds=7) == caught.value.retry_after
    assert [f"o-{n}" for n in range(500)] == [order.order_id for order in caught.value.orders]


async def test_a_history_that_does_not_advance_is_not_taken_for_the_whole(
    server: ScriptedAlpaca, broker: AlpacaBroker
) -> None:
    server.on("GET", ORDERS, Reply(200, [an_order(n, START) for n in range(500)]))

    with pytest.raises(ReadFailed, match="does not advance"):
        await broker.order_history(None)


async def test_legs_told_beside_their_parent_are_told_once(
    server: ScriptedAlpaca, broker: AlpacaBroker
) -> None:
    parent = an_order(1, START, legs=2)
    beside = [leg | {"submitted_at": START.isoformat()} for leg in parent["legs"]]
    server.on("GET", ORDERS, Reply(200, [*beside, parent]))

    (order,) = await broker.open_orders()

    assert ("o-1", 2) == (order.order_id, len(order.legs))
    assert "open" == server.seen[0].query["status"]


async def test_a_parent_without_its_legs_is_read_all_the_same(
    server: ScriptedAlpaca, broker: AlpacaBroker
) -> None:
    server.on("GET", ORDERS, Reply(200, [an_order(1, START, legs=1) | {"legs": None}]))

    (order,) = await broker.open_orders()

    assert () == order.legs


CONTRACTS = "/v2/options/contracts"


async def test_a_penny_class_is_asked_for_once(
    server: ScriptedAlpaca, broker: AlpacaBroker
) -> None:
    server.on("GET", f"{CONTRACTS}/SPY261218P00450000", Reply(200, {"ppind": True}))
    server.on("GET", f"{CONTRACTS}/TSLA261218C00300000", Reply(200, {"ppind": False}))
    symbols = ["SPY261218P00450000", "SPY261218P00460000", "TSLA261218C00300000", "NVDA"]

    first = await broker.penny_underlyings(symbols)
    second = await broker.penny_underlyings(symbols)

    assert {
        "SPY261218P00450000": True,
        "SPY261218P00460000": True,
        "TSLA261218C00300000": False,
    } == first
    assert first == second
    assert 2 == server.count("GET")


@pytest.mark.parametrize("reply", [Reply(200, {"symbol": "x"}), NOT_FOUND])
async def test_a_class_alpaca_does_not_tell_gets_the_coarser_ticks(
    server: ScriptedAlpaca, broker: AlpacaBroker, reply: Reply
) -> None:
    server.on("GET", f"{CONTRACTS}/SPY261218P00450000", reply)

    assert {"SPY261218P00450000": False} == await broker.penny_underlyings(["SPY261218P00450000"])


OPTION_QUOTES, STOCK_QUOTES = "/v1beta1/options/quotes/latest", "/v2/stocks/quotes/latest"


async def test_latest_quotes_read_as_alpacas_sample_says(
    server: ScriptedAlpaca, quotes: AlpacaQuotes, example: Callable[[str], Any]
) -> None:
    server.on("GET", OPTION_QUOTES, Reply(200, example("option_latest_quotes_response")))

    latest = await quotes.latest(frozenset({"AAPL240419P00140000", "GONE"}), frozenset())

    assert (
        Quote(
            symbol="AAPL240419P00140000",
            bid=Decimal("0.15"),
            ask=Decimal("0.16"),
            bid_size=164,
            ask_size=669,
            at=datetime(2024, 2, 28, 15, 30, 28, 46331, tzinfo=UTC),
        )
        == latest["AAPL240419P00140000"]
    )
    assert "GONE" not in latest
    assert {"symbols": "AAPL240419P00140000,GONE", "feed": "indicative"} == server.seen[0].query


async def test_latest_quotes_are_asked_for_a_hundred_at_a_time(
    server: ScriptedAlpaca, quotes: AlpacaQuotes
) -> None:
    server.on("GET", OPTION_QUOTES, Reply(200, {"quotes": {}}))
    server.on("GET", STOCK_QUOTES, Reply(200, {"quotes": {"SPY": {"t": "2026-11-23T15:00:00Z"}}}))
    options = frozenset(f"SPY261218P00{strike}000" for strike in range(400, 650))

    latest = await quotes.latest(options, frozenset({"SPY"}))

    asked = [seen.query["symbols"].split(",") for seen in server.seen]
    assert [100, 100, 50, 1] == [len(symbols) for symbols in asked]
    assert options | {"SPY"} == {symbol for symbols in asked for symbol in symbols}
    assert (None, None) == (latest["SPY"].bid, latest["SPY"].ask)


async def test_a_zero_bid_stays_and_a_missing_quote_is_absent(
    server: ScriptedAlpaca, quotes: AlpacaQuotes
) -> None:
    rows = {"A": {"t": "2026-11-23T15:00:00Z", "bp": 0, "ap": 0.05}, "B": None, "C": {"bp": 1}}
    server.on("GET", OPTION_QUOTES, Reply(200, {"quotes": rows}))

    latest = await quotes.latest(frozenset("ABC"), frozenset())

    assert ["A"] == list(latest)
    assert (Decimal(0), Decimal("0.05")) == (latest["A"].bid, latest["A"].ask)


@pytest.mark.parametrize("status", [400, 403, 429, 500])
async def test_quotes_that_cannot_be_read_say_so(
    server: ScriptedAlpaca, quotes: AlpacaQuotes, status: int
) -> None:
    server.on("GET", OPTION_QUOTES, Reply(status, {"message": "subscription does not permit"}))

    with pytest.raises(ReadFailed, match=f"HTTP {status}: subscription does not permit"):
        await quotes.latest(frozenset("A"), frozenset())


async def test_no_symbols_take_no_request(server: ScriptedAlpaca, quotes: AlpacaQuotes) -> None:
    assert {} == await quotes.latest(frozenset(), frozenset())
    assert [] == server.seen


SNAPSHOTS = "/v1beta1/options/snapshots"


async def test_greeks_and_volatility_are_read_as_alpaca_publishes_them(
    server: ScriptedAlpaca, quotes: AlpacaQuotes, clock: HurriedClock
) -> None:
    greeks = {"delta": -0.3, "gamma": 0.02, "theta": -0.11, "vega": 0.4, "rho": -0.05}
    rows = {
        "SPY261218P00450000": {"greeks": greeks, "impliedVolatility": 0.21, "latestQuote": {}},
        "SPY261218P00460000": {"impliedVolatility": 0.19},
        "SPY261218P00470000": {"latestTrade": {"p": 1.0}},
        "SPY261218P00480000": None,
    }
    server.on("GET", SNAPSHOTS, Reply(200, {"snapshots": rows, "next_page_token": None}))

    found = await quotes.marks(frozenset(rows))

    assert {
        "SPY261218P00450000": OptionMark(
            "SPY261218P00450000", Greeks(-0.3, 0.02, -0.11, 0.4, -0.05), 0.21, clock.at
        ),
        "SPY261218P00460000": OptionMark("SPY261218P00460000", None, 0.19, clock.at),
    } == found
    assert "indicative" == server.seen[0].query["feed"]


async def test_snapshots_are_asked_for_by_the_hundred(
    server: ScriptedAlpaca, quotes: AlpacaQuotes
) -> None:
    server.on("GET", SNAPSHOTS, Reply(200, {"snapshots": {}}))
    symbols = frozenset(f"SPY261218P{strike:05d}000" for strike in range(100, 350))

    await quotes.marks(symbols)

    asked = [seen.query["symbols"].split(",") for seen in server.seen]
    assert [100, 100, 50] == [len(some) for some in asked]
    assert symbols == {symbol for some in asked for symbol in some}


async def test_snapshots_of_many_pages_are_read_whole(
    server: ScriptedAlpaca, quotes: AlpacaQuotes
) -> None:
    def page(symbol: str, token: str | None) -> Reply:
        rows = {symbol: {"impliedVolatility": 0.2}}
        return Reply(200, {"snapshots": rows, "next_page_token": token})

    first, second = "SPY261218P00450000", "SPY261218P00460000"
    server.on("GET", SNAPSHOTS, page(first, "MTAw"), page(second, None))

    found = await quotes.marks(frozenset({first, second}))

    assert {first, second} == set(found)
    assert [None, "MTAw"] == [seen.query.get("page_token") for seen in server.seen]


async def test_no_contracts_cost_no_request(server: ScriptedAlpaca, quotes: AlpacaQuotes) -> None:
    assert {} == await quotes.marks(frozenset())
    assert [] == server.seen


async def test_unread_greeks_are_unread(server: ScriptedAlpaca, quotes: AlpacaQuotes) -> None:
    server.on("GET", SNAPSHOTS, Reply(500, {"message": "internal"}))

    with pytest.raises(ReadFailed):
        await quotes.marks(frozenset({"SPY261218P00450000"}))


ACTIONS = "/v1/corporate-actions"


async def test_dividends_and_splits_are_read_as_alpaca_publishes_them(
    server: ScriptedAlpaca, quotes: AlpacaQuotes
) -> None:
    """The examples of its OpenAPI file, moved to days to come."""
    dividend = {
        "cusip": "319829107", "ex_date": "2026-12-04", "foreign": False, "id": "1",
        "payable_date": "2027-01-19", "process_date": "2027-01-19", "rate": 0.125,
        "record_date": "2026-12-05", "special": True, "symbol": "FCF",
    }  # fmt: skip
    late = dividend | {"ex_date": "2026-12-31"}
    split = {
        "cusip": "816851109", "ex_date": "2026-12-10", "id": "2", "new_rate": 2, "old_rate": 1,
        "process_date": "2026-12-10", "symbol": "SRE",
    }  # fmt: skip
    first = {"cash_dividends": [dividend, late], "spin_offs": [{"source_symbol": "X"}]}
    second = {"forward_splits": [split]}
    server.on(
        "GET",
        ACTIONS,
        Reply(200, {"corporate_actions": first, "next_page_token": "MTAw"}),
        Reply(200, {"corporate_actions": second, "next_page_token": None}),
    )

    found = await quotes.announcements(frozenset({"FCF", "SRE"}), date(2026, 12, 20))

    assert (
        Announcement(
            AnnouncementKind.DIVIDEND,
            "FCF",
            date(2026, 12, 4),
            rate=Decimal("0.125"),
            is_special=True,
        ),
        Announcement(
            AnnouncementKind.SPLIT, "SRE", date(2026, 12, 10), new=Decimal(2), old=Decimal(1)
        ),
    ) == found
    asked = server.seen[0].query
    assert ("FCF,SRE", "2026-11-23") == (asked["symbols"], asked["start"])
    assert "2027-01-19" < asked["end"], "a dividend is processed when it is paid"
    assert [None, "MTAw"] == [seen.query.get("page_token") for seen in server.seen]


async def test_no_stocks_cost_no_request(server: ScriptedAlpaca, quotes: AlpacaQuotes) -> None:
    assert () == await quotes.announcements(frozenset(), date(2026, 12, 20))
    assert [] == server.seen


async def test_what_an_adjusted_contract_delivers_is_read_as_alpaca_publishes_it(
    server: ScriptedAlpaca, broker: AlpacaBroker
) -> None:
    """Fields of its OpenAPI file; an amount that is delayed and zero is not determined yet."""
    common = {"allocation_percentage": "50", "settlement_type": "T+2", "settlement_method": "CCC"}
    rows = [
        common | {"type": "equity", "symbol": "AAPL", "amount": "150", "delayed_settlement": False},
        common | {"type": "cash", "symbol": "USD", "amount": "12.5", "delayed_settlement": False},
        common | {"type": "equity", "symbol": "NEW", "amount": "0", "delayed_settlement": True},
    ]
    known, bare = "AAPL1261218C00150000", "AAPL1261218C00160000"
    for symbol, body in (
        (known, {"multiplier": "100", "deliverables": rows}),
        (bare, {"multiplier": "100"}),
    ):
        server.on("GET", f"/v2/options/contracts/{symbol}", Reply(200, body))

    assert {
        known: ContractTerms(
            100,
            (
                Deliverable("AAPL", Decimal(150)),
                Deliverable("USD", Decimal("12.5"), is_cash=True),
                Deliverable("NEW", None),
            ),
        )
    } == await broker.contract_terms([known, bare])
