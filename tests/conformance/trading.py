"""Cards that send small orders, far from the market unless they say otherwise."""

from decimal import Decimal

from conformance.card import Findings, Needs, card
from conformance.wire import Json, Vertical, Wire, leg, new_id


@card(
    "C40",
    "A package rests and is found by its client id",
    needs=Needs.ORDERS,
    expects="200 with legs; the same order by client id",
)
async def rests_and_is_found(wire: Wire) -> Findings:
    async with wire.resting() as order:
        identity = order["client_order_id"]
        path = f"/v2/orders:by_client_order_id?client_order_id={identity}"
        found = (await wire.trading("GET", path)).body
        assert found["id"] == order["id"]
        return [f"by_client_order_id nests: {bool(found.get('legs'))}"]


@card(
    "C41",
    "A client id is taken once",
    needs=Needs.ORDERS,
    expects="422 that says client_order_id must be unique",
    settles="code of the duplicate refusal",
)
async def duplicate_id(wire: Wire) -> Findings:
    async with wire.resting() as order:
        body = wire.spread(await wire.vertical(), limit="0.01")
        reply = await wire.place(body | {"client_order_id": order["client_order_id"]})
        assert reply.status == 422
        assert "client_order_id must be unique" in reply.message
        return [f"code {reply.code}"]


@card(
    "C42",
    "A client id after its order ended",
    needs=Needs.ORDERS,
    expects="any answer",
    settles="whether a client id may be used again after a final status",
)
async def reused_id(wire: Wire) -> Findings:
    async with wire.resting() as order:
        identity = order["client_order_id"]
    body = wire.spread(await wire.vertical(), limit="0.01")
    reply = await wire.place(body | {"client_order_id": identity})
    if reply.status == 200:
        await wire.cancel(reply.body["id"])
    return [f"answered {reply.status} {reply.message}"]


@card(
    "C43",
    "Replacing a package",
    needs=Needs.ORDERS,
    expects="200 with a new order id that names the old one",
    settles="ids and client ids of parent and legs after PATCH",
)
async def replaced_package(wire: Wire) -> Findings:
    async with wire.resting() as order:
        path = f"/v2/orders/{order['id']}"
        reply = await wire.trading("PATCH", path, body={"limit_price": "0.02"})
        assert reply.status == 200, reply
        assert reply.body["id"] != order["id"]
        replacement = await wire.until(reply.body["id"], "new", "accepted", "pending_new")
        await wire.cancel(replacement["id"])
        await wire.until(replacement["id"], "canceled")
    old = {each["id"] for each in order["legs"]}
    new = {each["id"] for each in replacement.get("legs") or ()}
    same_client = replacement["client_order_id"] == order["client_order_id"]
    return [
        f"replaces is {'set' if replacement['replaces'] == order['id'] else 'not set'}",
        f"legs keep {len(old & new)} of {len(old)} ids; client id kept: {same_client}",
    ]


@card(
    "C44",
    "A package good till cancelled",
    needs=Needs.ORDERS,
    expects="any answer",
    settles="mleg with time in force gtc",
)
async def package_gtc(wire: Wire) -> Findings:
    body = wire.spread(await wire.vertical(), limit="0.01", time_in_force="gtc")
    return [await _answer(wire, body)]


@card(
    "C45",
    "Ratios not in lowest terms",
    needs=Needs.ORDERS,
    expects="422",
    settles="the text of the GCD refusal",
)
async def ratios(wire: Wire) -> Findings:
    vertical = await wire.vertical()
    legs = [
        leg(vertical.low, "buy", "buy_to_open", "2"),
        leg(vertical.high, "sell", "sell_to_open", "2"),
    ]
    reply = await wire.place(wire.spread(vertical, limit="0.01", legs=legs))
    assert reply.status == 422, reply
    return [f"{reply.code} {reply.message}"]


@card(
    "C46",
    "A net price finer than a cent",
    needs=Needs.ORDERS,
    expects="422",
    settles="the text of the tick refusal of a package",
)
async def fine_price(wire: Wire) -> Findings:
    reply = await wire.place(wire.spread(await wire.vertical(), limit="0.015"))
    assert reply.status == 422, reply
    return [f"{reply.code} {reply.message}"]


@card(
    "C47",
    "Closing what is not held",
    needs=Needs.ORDERS,
    expects="422 position intent mismatch; nothing is opened",
)
async def intent_mismatch(wire: Wire) -> Findings:
    body: Json = {
        "symbol": (await wire.vertical()).high,
        "qty": "1",
        "side": "sell",
        "type": "limit",
        "limit_price": "500",
        "time_in_force": "day",
        "position_intent": "sell_to_close",
        "client_order_id": new_id(),
    }
    reply = await wire.place(body)
    if reply.status == 200:
        await wire.cancel(reply.body["id"])
    assert reply.status in (403, 422), "an order that closes must never open"
    return [f"{reply.status} {reply.code} {reply.message}"]


@card(
    "C48",
    "Legs cannot be cancelled alone",
    needs=Needs.ORDERS,
    expects="422 cannot cancel individual legs",
)
async def leg_cancel(wire: Wire) -> Findings:
    async with wire.resting() as order:
        reply = await wire.cancel(order["legs"][0]["id"])
        assert reply.status == 422
        return [f"{reply.code} {reply.message}"]


@card(
    "C49",
    "Cancelling twice",
    needs=Needs.ORDERS,
    expects="204 the first time",
    settles="the answer to cancelling an order that is already canceled",
)
async def cancel_twice(wire: Wire) -> Findings:
    async with wire.resting() as order:
        assert (await wire.cancel(order["id"])).status == 204
        await wire.until(order["id"], "canceled")
        reply = await wire.cancel(order["id"])
        return [f"answered {reply.status} {reply.message}"]


@card(
    "C50",
    "Naked shorts are refused",
    needs=Needs.ORDERS,
    expects="403 or 422; nothing is opened",
)
async def naked_short(wire: Wire) -> Findings:
    vertical = await wire.vertical()
    legs = [
        leg(vertical.low, "sell", "sell_to_open"),
        leg(vertical.high, "sell", "sell_to_open"),
    ]
    reply = await wire.place(wire.spread(vertical, limit="-500", legs=legs))
    if reply.status == 200:
        await wire.cancel(reply.body["id"])
    assert reply.status in (403, 422)
    return [f"{reply.status} {reply.code} {reply.message}"]


@card(
    "C60",
    "Market orders wait for the bell",
    needs=Needs.CLOSED_MARKET,
    expects="422 options market orders are only allowed during market hours",
    settles="market orders of packages outside hours",
)
async def market_when_closed(wire: Wire) -> Findings:
    body = wire.spread(await wire.vertical(), limit="0.01", type="market")
    del body["limit_price"]
    return [await _answer(wire, body)]


@card(
    "C61",
    "A day limit waits for the session",
    needs=Needs.CLOSED_MARKET,
    expects="200 with status accepted",
)
async def limit_when_closed(wire: Wire) -> Findings:
    async with wire.resting() as order:
        return [f"status {order['status']}, expires_at {order.get('expires_at')}"]


@card(
    "C70",
    "One vertical in and out",
    needs=Needs.OPEN_MARKET,
    expects="both orders fill; each fill is an event of the parent with its legs",
    settles="sign of filled_avg_price of a net credit; shape of fill events",
)
async def round_trip(wire: Wire) -> Findings:
    vertical = await wire.vertical()
    opening = wire.spread(vertical, limit="0", type="market")
    del opening["limit_price"]
    closing = opening | {
        "client_order_id": new_id(),
        "legs": [
            leg(vertical.low, "sell", "sell_to_close"),
            leg(vertical.high, "buy", "buy_to_close"),
        ],
    }
    async with wire.trade_updates() as updates:
        bought = await _filled(wire, opening)
        sold = await _filled(wire, closing)
        event = await updates.hear_event(sold["id"], "fill")
    assert len(event["legs"]) == 2
    held = (await wire.trading("GET", "/v2/positions")).body
    assert not {vertical.low, vertical.high} & {row["symbol"] for row in held}
    return [
        f"debit filled at {bought['filled_avg_price']}, credit at {sold['filled_avg_price']}",
        f"fill event has {', '.join(sorted(event))}",
    ]


@card(
    "C71",
    "Replacing what has filled in part",
    needs=Needs.OPEN_MARKET,
    expects="any answer; a paper account fills in part one time in ten",
    settles="whether qty and filled_qty of a replacement include what the old order had filled",
)
async def replaced_in_part(wire: Wire) -> Findings:
    """Two units at natural. What was bought is sold again, however the card goes on."""
    vertical = await wire.vertical()
    before = await _held(wire, vertical.low)
    low, high = await wire.touch(vertical.low), await wire.touch(vertical.high)
    limit = low[1] - high[0]
    reply = await wire.place(wire.spread(vertical, limit=f"{limit:.2f}", qty="2"))
    assert reply.status == 200, reply
    newest, found = reply.body["id"], "filled whole or not at all: play it again"
    old = await wire.order(newest)
    if old["status"] == "partially_filled":
        body = {"limit_price": f"{limit - Decimal('0.01'):.2f}"}
        patched = await wire.trading("PATCH", f"/v2/orders/{newest}", body=body)
        found = f"refused: {patched.status} {patched.message}"
        if patched.status == 200:
            newest = patched.body["id"]
            found = f"of 2 with {old['filled_qty']} filled: qty {patched.body['qty']}, filled_qty "
            found += f"{patched.body['filled_qty']}"
    await wire.cancel(newest)
    await wire.until(newest, "filled", "canceled", "replaced", "rejected")
    await _sell_again(wire, vertical, await _held(wire, vertical.low) - before)
    return [found]


async def _held(wire: Wire, symbol: str) -> int:
    rows = (await wire.trading("GET", "/v2/positions")).body
    return sum(int(row["qty"]) for row in rows if row["symbol"] == symbol)


async def _sell_again(wire: Wire, vertical: Vertical, units: int) -> None:
    """Close what was bought of the vertical, as one package."""
    if not units:
        return
    closing = wire.spread(
        vertical,
        limit="0",
        type="market",
        qty=str(units),
        legs=[
            leg(vertical.low, "sell", "sell_to_close"),
            leg(vertical.high, "buy", "buy_to_close"),
        ],
    )
    del closing["limit_price"]
    await _filled(wire, closing)


async def _filled(wire: Wire, body: Json) -> Json:
    reply = await wire.place(body)
    assert reply.status == 200, reply
    return await wire.until(reply.body["id"], "filled")


async def _answer(wire: Wire, body: Json) -> str:
    """Send it, take it back if it was taken, and say what was answered."""
    reply = await wire.place(body)
    if reply.status == 200:
        await wire.cancel(reply.body["id"])
    return f"answered {reply.status} {reply.code or ''} {reply.message}".strip()
