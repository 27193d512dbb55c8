"""
Looking up the orders of many closes with few requests.

After a start or a gap in the stream every close asks at once, and an account has 200 requests
a minute. A few are asked for one by one; the others share a list of the recent orders, and
only what that does not show is asked for by itself: a list may lag, and absence is proved by
the client id alone.
"""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from closeout.domain.orders import OrderReport
from closeout.ports import Broker
from closeout.runtime.shared import Shared

AT_ONCE = 3
"""So many are asked for one by one."""

_OVERLAP = timedelta(minutes=5)
"""Lists go by the broker's clock, and by when an order was submitted."""


class Lookups:
    """Look-ups by client order id. `oldest` says how far back the running closes reach."""

    def __init__(self, broker: Broker, oldest: Callable[[], datetime]) -> None:
        self._broker = broker
        self._oldest = oldest
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._recent = Shared(self._read_recent)

    async def find(self, client_order_id: str) -> OrderReport | None:
        """
        Return the order under this id; None when the broker says that it never saw it.

        Raises: ReadFailed.
        """
        if self._slots.locked():
            listed = (await self._recent()).get(client_order_id)
            if listed is not None:
                return listed
        async with self._slots:
            return await self._broker.order_by_client_id(client_order_id)

    async def _read_recent(self) -> Mapping[str, OrderReport]:
        orders = await self._broker.order_history(self._oldest() - _OVERLAP)
        return {order.client_order_id: order for order in orders}
