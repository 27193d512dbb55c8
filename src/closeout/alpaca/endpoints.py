"""Where Alpaca is, and who we are there."""

from dataclasses import dataclass, field
from typing import Self

_DATA = "https://data.alpaca.markets"
_STREAM = "wss://stream.data.alpaca.markets"


@dataclass(frozen=True, slots=True)
class Credentials:
    """API keys of one account. Neither half shows in a repr, a log line or an error."""

    key: str = field(repr=False)
    secret: str = field(repr=False)

    def headers(self) -> dict[str, str]:
        return {"APCA-API-KEY-ID": self.key, "APCA-API-SECRET-KEY": self.secret}

    def scrub(self, text: str) -> str:
        """Return `text` without the keys: servers and proxies may echo what they were sent."""
        for word in (self.key, self.secret):
            text = text.replace(word, "***") if word else text
        return text


@dataclass(frozen=True, slots=True)
class Endpoints:
    """
    Base URLs without a path. Each can point elsewhere: at a proxy, at a simulator.

    `trading_url` serves REST and, as a WebSocket under `/stream`, trade updates.
    """

    trading_url: str
    data_url: str = _DATA
    stream_url: str = _STREAM

    @classmethod
    def alpaca(cls, *, paper: bool) -> Self:
        host = "paper-api" if paper else "api"
        return cls(trading_url=f"https://{host}.alpaca.markets")

    @property
    def trade_updates_url(self) -> str:
        return f"{_as_websocket(self.trading_url)}/stream"

    def option_quotes_url(self, feed: str) -> str:
        return f"{_as_websocket(self.stream_url)}/v1beta1/{feed}"

    def stock_quotes_url(self, feed: str) -> str:
        return f"{_as_websocket(self.stream_url)}/v2/{feed}"


def _as_websocket(url: str) -> str:
    scheme, separator, rest = url.rstrip("/").partition("://")
    return {"http": "ws", "https": "wss"}.get(scheme, scheme) + separator + rest
