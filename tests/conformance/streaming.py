"""Cards about the streams."""

import aiohttp

from conformance.card import Findings, Needs, card
from conformance.wire import Wire


@card("C20", "Trade updates are granted", expects="authorized, then listening")
async def trade_updates(wire: Wire) -> Findings:
    async with wire.trade_updates() as updates:
        return [f"frames are {'binary' if updates.binary else 'text'}"]


@card("C21", "Wrong keys are refused by the stream", expects="status unauthorized")
async def wrong_stream_keys(wire: Wire) -> Findings:
    url = wire.trading_url.replace("http", "ws", 1) + "/stream"
    async with wire.session.ws_connect(url) as socket:
        await socket.send_json({"action": "listen", "data": {"streams": ["trade_updates"]}})
        message = await socket.receive(timeout=10)
        assert b"unauthorized" in (
            message.data if isinstance(message.data, bytes) else str(message.data).encode()
        )
    return ["listening before authenticating is unauthorized"]


@card(
    "C22",
    "A second trade-updates connection",
    expects="any answer",
    settles="what a second connection of one account gets while the first lives",
)
async def second_connection(wire: Wire) -> Findings:
    async with wire.trade_updates():
        try:
            async with wire.trade_updates():
                return ["the second connection was granted too"]
        except aiohttp.WSServerHandshakeError as refused:
            return [f"the second handshake was answered {refused.status}"]


@card("C23", "Option quotes stream in MessagePack", expects="subscription names the symbol")
async def option_stream(wire: Wire) -> Findings:
    vertical = await wire.vertical()
    async with wire.option_quotes() as frames:
        await frames.say({"action": "subscribe", "quotes": [vertical.low]})
        answer = (await frames.hear())[0]
        assert answer["T"] == "subscription"
        assert vertical.low in answer["quotes"]
    return [f"acknowledged as {sorted(answer)}"]


@card("C24", "No star for option quotes", expects="error 413 or 410")
async def no_star(wire: Wire) -> Findings:
    async with wire.option_quotes() as frames:
        await frames.say({"action": "subscribe", "quotes": ["*"]})
        answer = (await frames.hear())[0]
        assert answer["T"] == "error"
    return [f"{answer['code']} {answer['msg']}"]


@card(
    "C25",
    "A cancelled package is one event on the parent",
    needs=Needs.ORDERS,
    expects="new and canceled events about the parent's id",
    settles="what `canceled` looks like for an mleg order",
)
async def cancelled_event(wire: Wire) -> Findings:
    async with wire.trade_updates() as updates:
        async with wire.resting() as order:
            await wire.cancel(order["id"])
            event = await updates.hear_event(order["id"], "canceled")
        legs = event["order"].get("legs") or []
    return [f"{len(legs)} legs nested, statuses {sorted({leg['status'] for leg in legs})}"]
