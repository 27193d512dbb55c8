"""
Looking up the orders of many closes with few requests.

After a start or a gap in the stream every close asks at once, and an account has 200 requests
a minute. A few are asked for one by one; the others share a read of what is new of the orders,
and only what that does not tell of is asked for by itself: a list may lag, and absence is proved
by the client id alone.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from closeout.domain.orders import OrderReport
from closeout.ports import Broker

AT_ONCE = 3
"""So many are asked for one by one."""


class Lookups:
    """Look-ups by client order id. `read_orders` asks the broker what is new of all orders."""

    def __init__(
        self, broker: Broker, read_orders: Callable[[], Awaitable[Sequence[OrderReport]]]
    ) -> None:
        self._broker = broker
        self._read_orders = read_orders
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._asking = 0

    async def find(self, client_order_id: str) -> OrderReport | None:
        """
        Return the order under this id; None when the broker says that it never saw it.

        Raises: ReadFailed.
        """
        self._asking += 1
        try:
            await asyncio.sleep(0)  # whoever asks in this very moment counts
            return await self._find(client_order_id, are_many=self._asking > AT_ONCE)
        finally:
            self._asking -= 1

    async def _find(self, client_order_id: str, *, are_many: bool) -> OrderReport | None:
        if are_many:
            for listed in await self._read_orders():
                if listed.client_order_id == client_order_id:
                    return listed
        async with self._slots:
            return await self._broker.order_by_client_id(client_order_id)
