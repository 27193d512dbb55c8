"""All that knows Alpaca: its REST, its streams, its words."""

from closeout.alpaca.client import AlpacaBroker
from closeout.alpaca.endpoints import Credentials, Endpoints
from closeout.alpaca.failures import KeysRefused
from closeout.alpaca.limits import RateLimit
from closeout.alpaca.links import Backoff
from closeout.alpaca.quotes import AlpacaQuotes
from closeout.alpaca.sockets import StreamTimeouts
from closeout.alpaca.transport import Timeouts

__all__ = [
    "AlpacaBroker",
    "AlpacaQuotes",
    "Backoff",
    "Credentials",
    "Endpoints",
    "KeysRefused",
    "RateLimit",
    "StreamTimeouts",
    "Timeouts",
]
