"""A bare client: what is sent and answered, with nothing in between."""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Self

import aiohttp
import msgspec

Json = Any

_WAIT_SECONDS = 20.0
_POLL_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer; `body` is None when it was no JSON."""

    status: int
    headers: dict[str, str]
    body: Json

    @property
    def code(self) -> int | None:
        return self.body.get("code") if isinstance(self.body, dict) else None

    @property
    def message(self) -> str:
        return str(self.body.get("message", "")) if isinstance(self.body, dict) else ""


@dataclass(frozen=True, slots=True)
class Vertical:
    """Two listed calls of one expiry: `low` has the lower strike and costs more."""

    low: str
    high: str


class Wire:
    """One account, spoken to directly."""

    def __init__(
        self, *, trading_url: str, data_url: str, stream_url: str, key: str, secret: str
    ) -> None:
        self.trading_url = trading_url
        self.data_url = data_url
        self.stream_url = stream_url
        self.key = key
        self.secret = secret
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30))
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.session.close()

    @property
    def session(self) -> aiohttp.ClientSession:
        assert self._session is not None, "use it as a context"
        return self._session

    @property
    def keys(self) -> dict[str, str]:
        return {"APCA-API-KEY-ID": self.key, "APCA-API-SECRET-KEY": self.secret}

    async def trading(
        self, method: str, path: str, *, body: Json = None, headers: dict[str, str] | None = None
    ) -> Reply:
        return await self._send(method, self.trading_url + path, body, headers or self.keys)

    async def data(self, path: str) -> Reply:
        return await self._send("GET", self.data_url + path, None, self.keys)

    async def _send(self, method: str, url: str, body: Json, headers: dict[str, str]) -> Reply:
        async with self.session.request(method, url, json=body, headers=headers) as answer:
            text = await answer.read()
            return Reply(answer.status, dict(answer.headers), _json(text))

    # --- orders -----------------------------------------------------------------------

    async def vertical(self) -> Vertical:
        """Find a liquid call vertical at least a week out."""
        spot = (await self.data("/v2/stocks/quotes/latest?symbols=SPY")).body["quotes"]["SPY"]
        middle = int(spot["bp"] or spot["ap"])
        first = datetime.now(UTC).date() + timedelta(days=7)
        path = (
            f"/v2/options/contracts?underlying_symbols=SPY&type=call&limit=1000"
            f"&expiration_date_gte={first}&expiration_date_lte={first + timedelta(days=30)}"
            f"&strike_price_gte={middle}&strike_price_lte={middle + 60}"
        )
        contracts = (await self.trading("GET", path)).body["option_contracts"]
        assert contracts, "SPY has listed calls"
        expiry = min(date.fromisoformat(each["expiration_date"]) for each in contracts)
        chain = sorted(
            (float(each["strike_price"]), each["symbol"])
            for each in contracts
            if each["expiration_date"] == expiry.isoformat()
        )
        return Vertical(low=chain[0][1], high=chain[1][1])

    def spread(self, vertical: Vertical, *, limit: str, **changes: Json) -> Json:
        """Return the body that buys one vertical; far below its price it only rests."""
        body = {
            "order_class": "mleg",
            "qty": "1",
            "type": "limit",
            "limit_price": limit,
            "time_in_force": "day",
            "client_order_id": new_id(),
            "legs": [
                leg(vertical.low, "buy", "buy_to_open"),
                leg(vertical.high, "sell", "sell_to_open"),
            ],
        }
        return body | changes

    async def touch(self, symbol: str) -> tuple[Decimal, Decimal]:
        """Return bid and ask of a contract."""
        reply = await self.data(f"/v1beta1/options/quotes/latest?symbols={symbol}&feed=indicative")
        row = reply.body["quotes"][symbol]
        return Decimal(str(row["bp"])), Decimal(str(row["ap"]))

    async def place(self, body: Json) -> Reply:
        return await self.trading("POST", "/v2/orders", body=body)

    async def order(self, order_id: str) -> Json:
        return (await self.trading("GET", f"/v2/orders/{order_id}?nested=true")).body

    async def cancel(self, order_id: str) -> Reply:
        return await self.trading("DELETE", f"/v2/orders/{order_id}")

    async def until(self, order_id: str, *statuses: str) -> Json:
        """Wait until the order has one of these statuses."""

        async def look() -> Json | None:
            order = await self.order(order_id)
            return order if order["status"] in statuses else None

        return await eventually(look, f"order {order_id} becomes {' or '.join(statuses)}")

    @asynccontextmanager
    async def resting(self) -> AsyncIterator[Json]:
        """Have a working one-lot order far from the market; it is cancelled afterwards."""
        reply = await self.place(self.spread(await self.vertical(), limit="0.01"))
        assert reply.status == 200, reply
        order = await self.until(reply.body["id"], "new", "accepted")
        try:
            yield order
        finally:
            await self.cancel(order["id"])
            await self.until(order["id"], "canceled", "replaced", "filled")

    # --- streams ----------------------------------------------------------------------

    @asynccontextmanager
    async def trade_updates(self) -> AsyncIterator["Updates"]:
        """Have an authorised, listening trade-updates stream."""
        url = self.trading_url.replace("http", "ws", 1) + "/stream"
        async with self.session.ws_connect(url) as socket:
            updates = Updates(socket)
            await updates.say({"action": "auth", "key": self.key, "secret": self.secret})
            assert (await updates.hear())["data"]["status"] == "authorized"
            await updates.say({"action": "listen", "data": {"streams": ["trade_updates"]}})
            assert (await updates.hear())["data"]["streams"] == ["trade_updates"]
            yield updates

    @asynccontextmanager
    async def option_quotes(self, feed: str = "indicative") -> AsyncIterator["Frames"]:
        """Have an authorised option stream in MessagePack."""
        url = self.stream_url.replace("http", "ws", 1) + f"/v1beta1/{feed}"
        headers = {"Content-Type": "application/msgpack"}
        async with self.session.ws_connect(url, headers=headers) as socket:
            frames = Frames(socket)
            await frames.hear()
            await frames.say({"action": "auth", "key": self.key, "secret": self.secret})
            assert (await frames.hear())[0]["msg"] == "authenticated"
            yield frames


class Updates:
    """Trade updates, whichever kind of frame they come in."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self.binary = False

    async def say(self, message: Json) -> None:
        await self._socket.send_str(json.dumps(message))

    async def hear(self) -> Json:
        message = await self._socket.receive(timeout=_WAIT_SECONDS)
        self.binary = message.type is aiohttp.WSMsgType.BINARY
        return json.loads(message.data)

    async def hear_event(self, order_id: str, *events: str) -> Json:
        """Return the first of these events about an order."""
        while True:
            data = (await self.hear())["data"]
            if data.get("event") in events and data["order"]["id"] == order_id:
                return data


class Frames:
    """MessagePack frames."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket

    async def say(self, message: Json) -> None:
        await self._socket.send_bytes(msgspec.msgpack.encode(message))

    async def hear(self) -> Json:
        message = await self._socket.receive(timeout=_WAIT_SECONDS)
        return msgspec.msgpack.decode(message.data)


def leg(symbol: str, side: str, intent: str, ratio: str = "1") -> Json:
    return {"symbol": symbol, "side": side, "ratio_qty": ratio, "position_intent": intent}


def new_id() -> str:
    return f"conformance-{uuid.uuid4().hex}"


async def eventually(look: Callable[[], Awaitable[Json | None]], what: str) -> Json:
    """Look until there is something, or fail saying what did not come."""
    deadline = asyncio.get_running_loop().time() + _WAIT_SECONDS
    while asyncio.get_running_loop().time() < deadline:
        found = await look()
        if found is not None:
            return found
        await asyncio.sleep(_POLL_SECONDS)
    raise AssertionError(f"waited {_WAIT_SECONDS} s in vain: {what}")


def _json(text: bytes) -> Json:
    try:
        return json.loads(text)
    except ValueError:
        return None
