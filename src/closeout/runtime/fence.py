"""
The broker, for the owner of the account only.

Reads pass. Orders, replaces and cancels are held back by a process that cannot be sure to own the
account, as one that was stopped and has just gone on: its intent is on record since before.
"""

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta

from closeout.domain.deliverables import ContractTerms
from closeout.domain.holdings import Account, Holdings, MarketClock
from closeout.domain.orders import Fill, OrderReport, Ticket
from closeout.domain.outcomes import CancelOutcome, NotSent, PlaceOutcome, ReplaceOutcome
from closeout.domain.settlements import Settlement
from closeout.ports import Broker, StreamItem
from closeout.runtime.ownership import Ownership

_NOT_SURE = NotSent(
    "this process could not be sure to own the account at that moment", timedelta(seconds=1)
)


class FencedBroker:
    """The `Broker` port."""

    def __init__(self, broker: Broker, ownership: Ownership) -> None:
        self._broker = broker
        self._ownership = ownership

    async def place(self, ticket: Ticket) -> PlaceOutcome:
        return await self._broker.place(ticket) if self._ownership.is_sure else _NOT_SURE

    async def replace(self, order_id: str, ticket: Ticket) -> ReplaceOutcome:
        return (
            await self._broker.replace(order_id, ticket) if self._ownership.is_sure else _NOT_SURE
        )

    async def cancel(self, order_id: str) -> CancelOutcome:
        return await self._broker.cancel(order_id) if self._ownership.is_sure else _NOT_SURE

    async def order(self, order_id: str) -> OrderReport | None:
        return await self._broker.order(order_id)

    async def order_by_client_id(self, client_order_id: str) -> OrderReport | None:
        return await self._broker.order_by_client_id(client_order_id)

    async def open_orders(self) -> tuple[OrderReport, ...]:
        return await self._broker.open_orders()

    async def order_history(self, since: datetime | None) -> tuple[OrderReport, ...]:
        return await self._broker.order_history(since)

    async def fills(self, since: datetime) -> tuple[Fill, ...]:
        return await self._broker.fills(since)

    async def contract_terms(self, symbols: Iterable[str]) -> Mapping[str, ContractTerms]:
        return await self._broker.contract_terms(symbols)

    async def settlements(self, since: datetime | None) -> tuple[Settlement, ...]:
        return await self._broker.settlements(since)

    async def holdings(self) -> Holdings:
        return await self._broker.holdings()

    async def account(self) -> Account:
        return await self._broker.account()

    async def market_clock(self) -> MarketClock:
        return await self._broker.market_clock()

    async def penny_underlyings(self, symbols: Iterable[str]) -> Mapping[str, bool]:
        return await self._broker.penny_underlyings(symbols)

    def updates(self) -> AbstractAsyncContextManager[AsyncIterator[StreamItem]]:
        return self._broker.updates()
