"""Plays the deck against a real paper account: `python -m conformance --paper [--orders]`."""

import argparse
import asyncio
import os
import sys

from conformance.deck import deck
from conformance.report import play, write
from conformance.wire import Wire

_PAPER = "https://paper-api.alpaca.markets"
_DATA = "https://data.alpaca.markets"
_STREAM = "wss://stream.data.alpaca.markets"


def main() -> int:
    """Print the report; 1 when a card failed, 2 when there are no keys."""
    parser = argparse.ArgumentParser(prog="conformance", description=__doc__)
    parser.add_argument("--paper", action="store_true", required=True, help="never live")
    parser.add_argument("--orders", action="store_true", help="also send one-lot orders")
    arguments = parser.parse_args()
    key, secret = os.environ.get("ALPACA_API_KEY"), os.environ.get("ALPACA_SECRET_KEY")
    if not key or not secret:
        sys.stderr.write("Set ALPACA_API_KEY and ALPACA_SECRET_KEY of a paper account.\n")
        return 2
    return asyncio.run(_run(key, secret, orders=arguments.orders))


async def _run(key: str, secret: str, *, orders: bool) -> int:
    urls = {"trading_url": _PAPER, "data_url": _DATA, "stream_url": _STREAM}
    async with Wire(key=key, secret=secret, **urls) as wire:
        results = await play(deck(), wire, orders=orders)
    sys.stdout.write(write(results))
    return int(any(result.failure for result in results))


if __name__ == "__main__":
    raise SystemExit(main())
