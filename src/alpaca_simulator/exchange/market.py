"""The market around the account: stocks that wander and options that follow them."""

import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

import msgspec

from alpaca_simulator.exchange import listing, pricing
from alpaca_simulator.exchange.board import Board, Pin, columns, dollars, expiry_of
from alpaca_simulator.exchange.contracts import (
    Asset,
    Contract,
    ContractFilter,
    ListedContract,
    TickClass,
    asset_id,
    parse_occ,
)
from alpaca_simulator.exchange.events import QuoteMoved, Traded
from alpaca_simulator.exchange.orders import AssetClass
from alpaca_simulator.exchange.paths import Path
from alpaca_simulator.exchange.quotes import Quote, Snapshot, Trade
from alpaca_simulator.exchange.sessions import session_ending_after
from alpaca_simulator.scenarios.model import MarketPart, UnderlyingPart

_STOCK_TICK: Final = Decimal("0.01")
_UUID_LENGTH: Final = 36
_STOCK_DEPTH: Final = (100, 1900)


class Market:
    """Quotes, trades and listings. `at` is when trading last moved them."""

    def __init__(self, part: MarketPart, seed: int, now: datetime, at: datetime) -> None:
        self._specs = part.underlyings
        self._now = now
        self.at = at
        self._paths = {name: Path(name, spec, seed) for name, spec in self._specs.items()}
        self._boards = {name: Board(spec) for name, spec in self._specs.items()}
        self._closes = {name: path.day_before() for name, path in self._paths.items()}
        self._closed_at = at - timedelta(days=1)
        self._watched: frozenset[str] = frozenset()
        self._shown: dict[str, tuple[int, int]] = {}
        self.is_frozen = False
        self._stock_pins: dict[str, Pin] = {}

    # --- time

    def move(self, now: datetime, *, trading: bool) -> None:
        """Let time pass to `now`; stocks move only while there is trading and nobody holds them."""
        if trading and not self.is_frozen:
            seconds = (now - self._now).total_seconds()
            for path in self._paths.values():
                path.move(seconds)
            self.at = now
        self._now = now

    def close_day(self, now: datetime) -> None:
        """Remember the day's closing prices and forget what has expired."""
        self._closes = {name: path.spot for name, path in self._paths.items()}
        self._closed_at = self.at
        for board in self._boards.values():
            board.drop_expired(now)

    def set_spot(self, underlying: str, price: Decimal) -> None:
        self._paths[underlying].spot = float(price)

    def pin(self, symbol: str, pin: Pin | None) -> bool:
        """Fix the quote of a stock or contract until it is lifted; False if it is not listed."""
        name = symbol if symbol in self._specs else self._board_name(symbol)
        if name is None:
            return False
        pins = self._stock_pins if symbol in self._specs else self._boards[name].pinned
        if pin is None:
            pins.pop(symbol, None)
        else:
            pins[symbol] = pin
        return True

    # --- what is listed

    @property
    def today(self) -> date:
        """The trading date: it rolls when a session closes."""
        return session_ending_after(self._now).date

    @property
    def last_close_date(self) -> date:
        return self._closed_at.date()

    def spec(self, underlying: str) -> UnderlyingPart | None:
        return self._specs.get(underlying)

    def spot(self, underlying: str) -> Decimal:
        return self._paths[underlying].price

    def stocks(self) -> list[Asset]:
        return [_asset(name, spec) for name, spec in sorted(self._specs.items())]

    def listed(self, symbol: str) -> Contract | None:
        """The contract of that symbol, if it can be traded today."""
        contract = parse_occ(symbol)
        spec = self._specs.get(contract.underlying) if contract else None
        if contract is None or spec is None or not listing.is_listed(spec, contract, self.today):
            return None
        return contract

    def find(self, symbol_or_asset_id: str) -> Contract | None:
        """A listed contract by its symbol or by its id."""
        contract = self.listed(symbol_or_asset_id)
        if contract is not None or len(symbol_or_asset_id) != _UUID_LENGTH:
            return contract
        listed = (each.contract for each in self.chain(ContractFilter()))
        return next((it for it in listed if it.asset_id == symbol_or_asset_id), None)

    def chain(self, query: ContractFilter) -> list[ListedContract]:
        names = sorted(query.underlyings or self._specs)
        found: list[ListedContract] = []
        for name in names:
            spec = self._specs.get(name)
            if spec is None or (query.ppind is not None and query.ppind != in_penny_program(spec)):
                continue
            contracts = list(listing.chain(name, spec, self.today, query))
            found.extend(self._describe(name, contracts))
        return found

    def describe(self, contract: Contract) -> ListedContract:
        return self._describe(contract.underlying, [contract])[0]

    # --- prices

    def quote(self, symbol: str) -> Quote | None:
        if symbol in self._specs:
            return self._stock_quote(symbol)
        name = self._board_name(symbol)
        return None if name is None else self._board(name).quote(symbol, self.at)

    def quotes(self, symbols: Iterable[str]) -> dict[str, Quote]:
        """Quotes of contracts and stocks, priced board by board; unlisted ones are left out."""
        wanted = list(symbols)
        found = {name: self._stock_quote(name) for name in wanted if name in self._specs}
        for board, rows in self._priced(wanted):
            found.update((symbol, board.quote(symbol, self.at)) for symbol in rows)
        return found

    def marks(self, symbols: Iterable[str]) -> dict[str, Decimal]:
        """The prices holdings are valued at: mid for options, last sale for stocks."""
        wanted = list(symbols)
        found = {name: self.spot(name) for name in wanted if name in self._specs}
        for board, rows in self._priced(wanted):
            for symbol, bid, ask in board.touches(rows):
                found[symbol] = Decimal(bid + ask) / 200
        return found

    def last_day_marks(self, symbols: Iterable[str]) -> dict[str, Decimal]:
        """The same at the last close."""
        wanted = list(symbols)
        found = {
            name: Decimal(round(self._closes[name] * 100)).scaleb(-2)
            for name in wanted
            if name in self._specs
        }
        by_name: dict[str, list[Contract]] = defaultdict(list)
        for symbol in wanted:
            contract = parse_occ(symbol)
            if contract is not None and contract.underlying in self._specs:
                by_name[contract.underlying].append(contract)
        for name, contracts in by_name.items():
            found.update(
                zip((c.symbol for c in contracts), self._closing(name, contracts), strict=True)
            )
        return found

    def theoretical(self, contract: Contract, spot: Decimal, at: datetime) -> Decimal:
        """Fair value at another spot and time, in whole cents and at least one."""
        vol = self._specs[contract.underlying].vol
        fair = pricing.values(float(spot), vol, columns([contract]), at.timestamp())
        return Decimal(max(round(float(fair[0]) * 100), 1)).scaleb(-2)

    def trade(self, symbol: str) -> Trade | None:
        if symbol in self._specs:
            return self._stock_trade(symbol)
        quote = self.quote(symbol)
        return _print_of(quote) if quote else None

    def snapshots(self, symbols: Sequence[str]) -> dict[str, Snapshot]:
        found = {
            symbol: Snapshot(symbol, self._stock_quote(symbol), self._stock_trade(symbol))
            for symbol in symbols
            if symbol in self._specs
        }
        for board, rows in self._priced(symbols):
            quotes = [board.quote(symbol, self.at) for symbol in rows]
            found.update(self._option_snapshots(quotes))
        return found

    # --- who is watching

    def watch(self, symbols: Iterable[str]) -> None:
        self._watched = frozenset(symbols)
        self._shown = {s: shown for s, shown in self._shown.items() if s in self._watched}

    def moves(self) -> Iterator[QuoteMoved | Traded]:
        """What watchers have not been shown yet; the first look at a symbol counts as a move."""
        for name in sorted(self._watched & self._specs.keys()):
            yield from self._stock_moves(name)
        for board, rows in self._priced(self._watched):
            for symbol, bid, ask in board.touches(rows):
                if self._shown.get(symbol) != (bid, ask):
                    self._shown[symbol] = (bid, ask)
                    yield QuoteMoved(AssetClass.OPTION, board.quote(symbol, self.at))

    # --- memory

    def to_state(self) -> dict[str, Any]:
        return {
            "at": self.at.isoformat(),
            "closes": self._closes,
            "closed_at": self._closed_at.isoformat(),
            "paths": {name: path.to_state() for name, path in self._paths.items()},
            "is_frozen": self.is_frozen,
            "pins": msgspec.to_builtins(self._pins()),
        }

    def load(self, state: dict[str, Any]) -> None:
        self.at = datetime.fromisoformat(state["at"])
        self._closes = dict(state["closes"])
        self._closed_at = datetime.fromisoformat(state["closed_at"])
        for name, path in state["paths"].items():
            self._paths[name].load(path)
        self.is_frozen = state["is_frozen"]
        for symbol, pin in msgspec.convert(state["pins"], dict[str, Pin]).items():
            self.pin(symbol, pin)

    # --- inside

    def _pins(self) -> dict[str, Pin]:
        boards = (board.pinned for board in self._boards.values())
        return {symbol: pin for pins in (self._stock_pins, *boards) for symbol, pin in pins.items()}

    def _priced(self, symbols: Iterable[str]) -> Iterator[tuple[Board, list[str]]]:
        rows: dict[str, list[str]] = defaultdict(list)
        for symbol in symbols:
            name = self._board_name(symbol)
            if name is not None:
                rows[name].append(symbol)
        for name in sorted(rows):
            yield self._board(name), sorted(set(rows[name]))

    def _board(self, name: str) -> Board:
        """The board of an underlying, at the stock's price of now."""
        board = self._boards[name]
        board.price(self._paths[name].spot, self.at)
        return board

    def _board_name(self, symbol: str) -> str | None:
        contract = parse_occ(symbol)
        if contract is None or contract.underlying not in self._specs:
            return None
        if symbol not in self._boards[contract.underlying]:
            if self.listed(symbol) is None:
                return None
            self._boards[contract.underlying].add([contract])
        return contract.underlying

    def _closing(self, name: str, contracts: list[Contract]) -> list[Decimal]:
        at = self._closed_at.timestamp()
        fair = pricing.values(self._closes[name], self._specs[name].vol, columns(contracts), at)
        return [Decimal(max(round(value * 100), 1)).scaleb(-2) for value in fair.tolist()]

    def _describe(self, name: str, contracts: list[Contract]) -> list[ListedContract]:
        if not contracts:
            return []
        ppind = in_penny_program(self._specs[name])
        closing = self._closing(name, contracts)
        day = self._closed_at.date()
        return [
            ListedContract(
                contract=contract,
                underlying_asset_id=asset_id(name),
                ppind=ppind,
                tradable=expiry_of(contract) > self._now,
                close_price=close,
                close_price_date=day,
                open_interest=zlib.crc32(contract.symbol.encode()) % 5000,
                open_interest_date=day,
            )
            for contract, close in zip(contracts, closing, strict=True)
        ]

    def _option_snapshots(self, quotes: list[Quote]) -> Iterator[tuple[str, Snapshot]]:
        contracts = [contract for quote in quotes if (contract := parse_occ(quote.symbol))]
        if not contracts:
            return
        name = contracts[0].underlying
        terms = columns(contracts)
        vol, spot = self._specs[name].vol, self._paths[name].spot
        greeks, sigmas = pricing.greeks(spot, vol, terms, self.at.timestamp())
        for quote, greek, sigma in zip(quotes, greeks, sigmas.tolist(), strict=True):
            yield quote.symbol, Snapshot(quote.symbol, quote, _print_of(quote), greek, sigma)

    def _stock_quote(self, name: str) -> Quote:
        if name in self._stock_pins:
            return self._stock_pins[name].quote(name, self.at)
        price = self.spot(name)
        least, span = _STOCK_DEPTH
        size = least + zlib.crc32(f"{name}@{price}".encode()) % span
        bid = max(price - _STOCK_TICK, _STOCK_TICK)
        return Quote(name, bid, size, price + _STOCK_TICK, size, self.at)

    def _stock_trade(self, name: str) -> Trade:
        return Trade(name, self.spot(name), 100, self.at)

    def _stock_moves(self, name: str) -> Iterator[QuoteMoved | Traded]:
        quote = self._stock_quote(name)
        touch = int(quote.bid * 100), int(quote.ask * 100)
        if self._shown.get(name) != touch:
            self._shown[name] = touch
            yield QuoteMoved(AssetClass.STOCK, quote)
            yield Traded(AssetClass.STOCK, self._stock_trade(name))


def in_penny_program(spec: UnderlyingPart) -> bool:
    return spec.tick_class is not TickClass.NICKEL


def _asset(name: str, spec: UnderlyingPart) -> Asset:
    return Asset(
        id=asset_id(name),
        symbol=name,
        name=spec.name or name,
        exchange=spec.exchange,
        ppind=in_penny_program(spec),
    )


def _print_of(quote: Quote) -> Trade:
    """A last sale near the middle, in whole cents: the simulator keeps no tape of option prints."""
    cents = max(int((quote.bid + quote.ask) * 50), 1)
    return Trade(quote.symbol, dollars(cents), 1, quote.at)
