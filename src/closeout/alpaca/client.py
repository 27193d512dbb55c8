"""One account at Alpaca, as the runtime's `Broker`."""

import random
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from operator import attrgetter
from typing import Self, TypeVar
from urllib.parse import quote as quoted

from closeout.alpaca import failures, parse
from closeout.alpaca.activities import read_activities
from closeout.alpaca.endpoints import Credentials, Endpoints
from closeout.alpaca.history import PagesCut, read_orders
from closeout.alpaca.limits import RateLimit
from closeout.alpaca.links import Backoff
from closeout.alpaca.requests import order_body, replacement_body
from closeout.alpaca.rereading import Rereading
from closeout.alpaca.sockets import Sockets, StreamTimeouts
from closeout.alpaca.streams import TradeStream
from closeout.alpaca.transport import Answer, Method, NoAnswer, NoConnection, Timeouts, Transport
from closeout.alpaca.wire import (
    AccountRow,
    ClockRow,
    ContractRow,
    FillRow,
    OrderRow,
    PositionRow,
    SettlementRow,
    Unreadable,
    decode,
)
from closeout.domain.deliverables import ContractTerms
from closeout.domain.holdings import Account, Holdings, MarketClock
from closeout.domain.occ import OccSymbol, option_or_none
from closeout.domain.orders import Fill, OrderReport, Ticket
from closeout.domain.outcomes import (
    Accepted,
    CancelOutcome,
    CancelTaken,
    NotSent,
    OutcomeUnknown,
    PlaceOutcome,
    Refused,
    ReplaceOutcome,
)
from closeout.domain.settlements import Settlement, SettlementKind
from closeout.ports import Clock, HistoryCut, StreamItem

T = TypeVar("T")

_NESTED = {"nested": "true"}


class AlpacaBroker:
    """
    Orders, holdings and trade updates of one account.

    `rate` is the last rate limit Alpaca told; `on_rate` hears of every one.
    """

    def __init__(
        self,
        credentials: Credentials,
        endpoints: Endpoints,
        *,
        clock: Clock,
        timeouts: Timeouts | None = None,
        stream_timeouts: StreamTimeouts | None = None,
        backoff: Backoff | None = None,
        chance: Callable[[], float] = random.random,
        on_rate: Callable[[RateLimit], None] | None = None,
    ) -> None:
        stream_timeouts = stream_timeouts or StreamTimeouts()
        self._clock = clock
        self._backoff = backoff or Backoff()
        self._chance = chance
        self._http = Transport(
            endpoints.trading_url,
            credentials,
            clock=clock,
            timeouts=timeouts or Timeouts(),
            on_rate=on_rate,
        )
        self._sockets = Sockets(credentials, clock=clock, timeouts=stream_timeouts)
        self._stream = TradeStream(
            endpoints.trade_updates_url, credentials, self._sockets, timeouts=stream_timeouts
        )
        self._penny_by_root: dict[str, bool] = {}
        self._positions = Rereading(attrgetter("symbol"), parse.holding)
        self._history = Rereading(attrgetter("id"), parse.order_report)

    @property
    def rate(self) -> RateLimit | None:
        return self._http.rate

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        await self._http.close()
        await self._sockets.close()

    async def warm(self) -> None:
        """
        Make sure that a connection is open, so that the next order pays no TCP and TLS.

        One cheap read. A connection idle for `transport.KEEP_ALIVE` is dropped: whoever wants
        it warm calls this, or reads anything, more often than that.
        """
        await self.market_clock()

    async def place(self, ticket: Ticket) -> PlaceOutcome:
        """Send one order, once. Only an answer that names this order counts as accepted."""
        return _placed(await self._write("POST", "/v2/orders", order_body(ticket)), ticket)

    async def replace(self, order_id: str, ticket: Ticket) -> ReplaceOutcome:
        """
        Ask once for an order's limit to be replaced.

        Accepted is not replaced: Alpaca answers 200 with the new order, and the old one works
        on if that is rejected afterwards. An answer about any other order is no answer.
        """
        path = f"/v2/orders/{_segment(order_id)}"
        return _placed(await self._write("PATCH", path, replacement_body(ticket)), ticket)

    async def cancel(self, order_id: str) -> CancelOutcome:
        """Ask for a cancel, once. Any success means taken: Alpaca answers 204 and no body."""
        answer = await self._write("DELETE", f"/v2/orders/{_segment(order_id)}", None)
        return CancelTaken() if isinstance(answer, Answer) else answer

    async def order(self, order_id: str) -> OrderReport | None:
        """Read one order; None only when Alpaca itself says that it does not exist."""
        row = await self._find(OrderRow, f"/v2/orders/{_segment(order_id)}", _NESTED)
        return None if row is None else parse.order_report(row)

    async def order_by_client_id(self, client_order_id: str) -> OrderReport | None:
        """Read one order; None only when Alpaca itself says that it never saw the id."""
        params = _NESTED | {"client_order_id": client_order_id}
        row = await self._find(OrderRow, "/v2/orders:by_client_order_id", params)
        return None if row is None else parse.order_report(row)

    async def open_orders(self) -> tuple[OrderReport, ...]:
        return await self._orders(status="open", since=None)

    async def order_history(self, since: datetime | None) -> tuple[OrderReport, ...]:
        """
        Read every order submitted after `since`, any status, oldest first, in pages of 500.

        Raises:
            HistoryCut: only the first pages could be read.
        """
        return await self._orders(status="all", since=since)

    async def fills(self, since: datetime) -> tuple[Fill, ...]:
        """Read every trade of the account after `since`, oldest first, in pages of 100."""
        rows = await read_activities(self._fill_page, since=since)
        return tuple(parse.fill(row) for row in rows)

    async def settlements(self, since: datetime | None) -> tuple[Settlement, ...]:
        """
        Read assignments, exercises, expiries and the shares they moved since `since`.

        On paper they show on the next day only, though the holdings change at once.
        """
        rows = await read_activities(self._settlement_page, since=since)
        read = (parse.settlement(row) for row in rows)
        return tuple(each for each in read if each is not None)

    async def holdings(self) -> Holdings:
        """Read all positions. `at` is when the request went out: a later fill may be missing."""
        at = self._clock.now()
        rows = await self._read(list[PositionRow], "/v2/positions")
        return Holdings(at=at, rows=self._positions.values(rows))

    async def account(self) -> Account:
        return parse.account(await self._read(AccountRow, "/v2/account"))

    async def market_clock(self) -> MarketClock:
        return parse.market_clock(await self._read(ClockRow, "/v2/clock"))

    async def penny_underlyings(self, symbols: Iterable[str]) -> Mapping[str, bool]:
        """
        Tell for each OCC symbol whether its class trades in pennies (Alpaca's `ppind`).

        One request for each option root, remembered as long as this object lives: the penny
        program changes twice a year. Where Alpaca does not say, or no longer knows the contract,
        the answer is False: every tick of the coarser grid is a tick of the finer one.
        """
        found: dict[str, bool] = {}
        for symbol in symbols:
            contract = option_or_none(symbol)
            if contract is not None:
                found[symbol] = await self._is_penny(contract)
        return found

    async def contract_terms(self, symbols: Iterable[str]) -> Mapping[str, ContractTerms]:
        """Read what contracts deliver, one request for each: adjusted ones are rare."""
        found: dict[str, ContractTerms] = {}
        for symbol in symbols:
            path = f"/v2/options/contracts/{_segment(symbol)}"
            row = await self._find(ContractRow, path)
            terms = None if row is None else parse.contract_terms(row)
            if terms is not None:
                found[symbol] = terms
        return found

    def updates(self) -> AbstractAsyncContextManager[AsyncIterator[StreamItem]]:
        """Follow trade updates. Alpaca serves one such connection per account at a time."""
        return self._stream.follow(clock=self._clock, backoff=self._backoff, chance=self._chance)

    async def _is_penny(self, contract: OccSymbol) -> bool:
        if contract.root not in self._penny_by_root:
            row = await self._find(ContractRow, f"/v2/options/contracts/{contract}")
            if row is None:
                return False
            self._penny_by_root[contract.root] = bool(row.ppind)
        return self._penny_by_root[contract.root]

    async def _orders(self, *, status: str, since: datetime | None) -> tuple[OrderReport, ...]:
        try:
            rows = await read_orders(self._order_page, status=status, since=since)
        except PagesCut as cut:
            raise HistoryCut(cut.failure, self._history.values(cut.rows)) from cut
        return self._history.values(rows)

    async def _order_page(self, params: Mapping[str, str]) -> list[OrderRow]:
        return await self._read(list[OrderRow], "/v2/orders", _NESTED | dict(params))

    async def _fill_page(self, params: Mapping[str, str]) -> list[FillRow]:
        return await self._read(list[FillRow], "/v2/account/activities/FILL", params)

    async def _settlement_page(self, params: Mapping[str, str]) -> list[SettlementRow]:
        kinds = {"activity_types": ",".join(SettlementKind)}
        return await self._read(list[SettlementRow], "/v2/account/activities", kinds | dict(params))

    async def _read(self, kind: type[T], path: str, params: Mapping[str, str] | None = None) -> T:
        """Read what is always there."""
        return failures.read_as(kind, await self._get(path, params))

    async def _find(
        self, kind: type[T], path: str, params: Mapping[str, str] | None = None
    ) -> T | None:
        """Read one thing; None when Alpaca says that it does not exist."""
        answer = await self._get(path, params)
        return None if failures.says_not_found(answer) else failures.read_as(kind, answer)

    async def _get(self, path: str, params: Mapping[str, str] | None) -> Answer:
        return await failures.get(self._http, path, params)

    async def _write(
        self, method: Method, path: str, body: bytes | None
    ) -> Answer | Refused | OutcomeUnknown | NotSent:
        """Send once; an `Answer` is a success, anything else is what is known instead."""
        try:
            answer = await self._http.request(method, path, body=body)
        except (NoConnection, NoAnswer) as failed:
            return failures.lost_write(failed)
        return answer if answer.is_success else failures.failed_write(answer)


def _placed(answer: Answer | Refused | OutcomeUnknown | NotSent, ticket: Ticket) -> PlaceOutcome:
    """Read what came of an order. Only an answer that names this very order accepts it."""
    if not isinstance(answer, Answer):
        return answer
    try:
        report = parse.order_report(decode(OrderRow, answer.body))
    except Unreadable as failed:
        return OutcomeUnknown(f"{failed}: {answer.excerpt}")
    if report.client_order_id != ticket.client_order_id:
        return OutcomeUnknown(f"the answer is about order {report.client_order_id!r}")
    return Accepted(report)


def _segment(text: str) -> str:
    """One segment of a path: an id never becomes another address."""
    return quoted(text, safe="")
