"""Cards that only read."""

from collections.abc import Iterable
from datetime import date, timedelta

import aiohttp

from conformance.card import Findings, card
from conformance.wire import Json, Wire

_RATE_HEADERS = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset")


def _legs_of(orders: Iterable[Json]) -> list[Json]:
    return [leg for order in orders for leg in order.get("legs") or ()]


@card("C01", "The account tells level, power and blocks", expects="200 with the fields read")
async def account(wire: Wire) -> Findings:
    reply = await wire.trading("GET", "/v2/account")
    assert reply.status == 200
    for field in ("account_number", "status", "equity", "trading_blocked"):
        assert field in reply.body, field
    return [
        f"options_trading_level is {reply.body.get('options_trading_level')}",
        f"pattern_day_trader is {'present' if 'pattern_day_trader' in reply.body else 'gone'}",
    ]


@card("C02", "Wrong keys are refused by REST", expects="401 or 403 without a trade code")
async def wrong_keys(wire: Wire) -> Findings:
    headers = {"APCA-API-KEY-ID": "", "APCA-API-SECRET-KEY": ""}
    reply = await wire.trading("GET", "/v2/account", headers=headers)
    assert reply.status in (401, 403)
    return [f"answered {reply.status} {reply.body}"]


@card("C03", "The clock tells the next bells", expects="is_open, next_open, next_close, timestamp")
async def clock(wire: Wire) -> Findings:
    reply = await wire.trading("GET", "/v2/clock")
    assert {"is_open", "next_open", "next_close", "timestamp"} <= reply.body.keys()
    return [f"is_open is {reply.body['is_open']}"]


@card("C04", "Positions are single contracts, signed", expects="short rows have negative qty")
async def positions(wire: Wire) -> Findings:
    rows = (await wire.trading("GET", "/v2/positions")).body
    for row in rows:
        assert (row["side"] == "short") == row["qty"].startswith("-")
        assert "qty_available" in row
    return [f"{len(rows)} rows"]


@card(
    "C05",
    "Nested orders carry their legs",
    expects="mleg parents have legs, each with symbol, side and filled_qty",
    settles="parent symbol and side of an mleg order over REST",
)
async def nested_orders(wire: Wire) -> Findings:
    orders = (await wire.trading("GET", "/v2/orders?status=all&limit=500&nested=true")).body
    packages = [order for order in orders if order["order_class"] == "mleg"]
    for order in packages:
        assert order["legs"], "an mleg parent has its legs"
    for leg in _legs_of(packages):
        assert leg["symbol"]
        assert leg["side"] in ("buy", "sell")
    words = sorted({f"symbol {each['symbol']!r}, side {each['side']!r}" for each in packages})
    return [f"{len(packages)} mleg parents: {'; '.join(words) or 'none'}"]


@card(
    "C06",
    "Orders without nesting",
    expects="200",
    settles="whether legs are listed as rows of their own without nested=true",
)
async def flat_orders(wire: Wire) -> Findings:
    nested = (await wire.trading("GET", "/v2/orders?status=all&limit=500&nested=true")).body
    flat = (await wire.trading("GET", "/v2/orders?status=all&limit=500")).body
    legs = {leg["id"] for leg in _legs_of(nested)}
    listed = legs & {order["id"] for order in flat}
    nests = any(order.get("legs") for order in flat)
    return [f"{len(listed)} of {len(legs)} legs are rows; parents nest: {nests}"]


@card("C07", "An unknown client id is not found", expects="404 with code 40410000")
async def unknown_client_id(wire: Wire) -> Findings:
    path = "/v2/orders:by_client_order_id?client_order_id=conformance-never-used"
    reply = await wire.trading("GET", path)
    assert reply.status == 404
    assert reply.code == 40410000
    return [reply.message]


@card("C08", "Contracts tell the penny program", expects="ppind, multiplier, strike, expiry")
async def contracts(wire: Wire) -> Findings:
    # Without dates Alpaca lists no further than the coming weekend: on a Friday night, nothing.
    last = date.today() + timedelta(days=60)  # noqa: DTZ011 - any day of the next months
    path = "/v2/options/contracts?underlying_symbols=SPY&limit=5"
    reply = await wire.trading("GET", f"{path}&expiration_date_lte={last}")
    row = reply.body["option_contracts"][0]
    for field in ("symbol", "strike_price", "expiration_date", "multiplier"):
        assert field in row, field
    return [f"ppind is {row.get('ppind', 'absent')}"]


@card("C09", "Option quotes come as numbers", expects="bp, ap, bs, as, t per symbol")
async def option_quotes(wire: Wire) -> Findings:
    vertical = await wire.vertical()
    reply = await wire.data(f"/v1beta1/options/quotes/latest?symbols={vertical.low}")
    quote = reply.body["quotes"][vertical.low]
    assert isinstance(quote["bp"], int | float)
    assert isinstance(quote["ap"], int | float)
    return [f"{quote['bp']} by {quote['ap']} at {quote['t']}"]


@card(
    "C10",
    "Rate-limit headers",
    expects="200",
    settles="whether the trading API sends X-RateLimit headers, and the budget",
)
async def rate_headers(wire: Wire) -> Findings:
    reply = await wire.trading("GET", "/v2/account")
    told = {name: reply.headers.get(name) for name in _RATE_HEADERS}
    return [", ".join(f"{name} {value}" for name, value in told.items())]


@card(
    "C11",
    "FILL activities name an order",
    expects="200",
    settles="whether a leg's FILL row carries the leg's order id or the parent's",
)
async def fill_activities(wire: Wire) -> Findings:
    fills = (await wire.trading("GET", "/v2/account/activities/FILL?page_size=100")).body
    orders = (await wire.trading("GET", "/v2/orders?status=all&limit=500&nested=true")).body
    parents = {order["id"] for order in orders if order["order_class"] == "mleg"}
    legs = {leg["id"] for leg in _legs_of(orders)}
    named = [fill["order_id"] for fill in fills]
    by_leg, by_parent = sum(each in legs for each in named), sum(each in parents for each in named)
    return [f"{len(fills)} fills: {by_leg} name a leg, {by_parent} a parent"]


@card(
    "C12",
    "The activity stream",
    expects="any answer",
    settles="whether /v2beta1/events/activities is served here",
)
async def activity_stream(wire: Wire) -> Findings:
    url = wire.trading_url + "/v2beta1/events/activities"
    try:
        async with wire.session.get(url, headers=wire.keys) as answer:
            return [f"answered {answer.status} {answer.content_type}"]
    except (TimeoutError, aiohttp.ClientError) as failed:
        return [f"no answer: {type(failed).__name__}"]
