"""Who holds what at one moment of the past: chains by their id, and contracts of single orders."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from closeout.domain.chains import Chain, ChainLink, Change, Deed, Lot, in_lowest_terms, realised
from closeout.domain.deliverables import ContractTerms
from closeout.domain.occ import option_or_none
from closeout.domain.orders import OrderReport
from closeout.domain.settlements import Settlement
from closeout.domain.strategies import OPTION_MULTIPLIER, shape_id, strategy_id


@dataclass(slots=True)
class Chronicle:
    """
    What an account holds, by the strategies that hold it, and how each came to it.

    `owners` tells, for the client ids of our own orders, whose they were; `terms` are those of
    adjusted contracts, where they are known.
    """

    account: str
    owners: Mapping[str, str]
    terms: Mapping[str, ContractTerms] = field(default_factory=dict)
    chains: dict[str, Chain] = field(default_factory=dict)
    holders: dict[str, list[Chain]] = field(default_factory=lambda: defaultdict(list))
    """Chains that have ever held a symbol, oldest first."""
    loose: Chain = field(default_factory=lambda: Chain(id=""))
    """Contracts of single orders, until shapes are recognised in them."""
    loose_links: dict[str, list[ChainLink]] = field(default_factory=lambda: defaultdict(list))

    def known(self, symbol: str) -> int:
        """Return the signed contracts that all of them hold together."""
        return self.loose.wanted(symbol) + sum(
            chain.wanted(symbol) for chain in self.holders.get(symbol, ())
        )

    def all_with(self, symbol: str) -> list[Chain]:
        """Return what may hold a symbol: single orders first, then chains, oldest first."""
        return [self.loose, *self.holders.get(symbol, ())]

    def of_shape(self, shape: Mapping[str, int]) -> Chain | None:
        """Return the newest chain that holds just this shape."""
        some = next(iter(shape))
        for chain in reversed(self.holders.get(some, [])):
            if not chain.is_empty() and chain.shape() == shape:
                return chain
        return None

    def holder_of(self, trades: list[Change]) -> Chain | None:
        """Return the chain that can give all of this: same shape, fewest others, oldest."""
        candidates = [
            chain for chain in self.holders.get(trades[0].symbol, ()) if can_give(chain, trades)
        ]
        gone = in_lowest_terms({trade.symbol: -trade.quantity for trade in trades})
        # min returns the first of equals, and holders stand in the order of their age.
        return min(
            candidates,
            key=lambda chain: (chain.shape() != gone, len(chain.wants())),
            default=self.loose if can_give(self.loose, trades) else None,
        )

    def begin(self, shape: Mapping[str, int], order_id: str) -> Chain:
        """Begin a chain under the id of its shape, or one of its own where that is in use."""
        identity = shape_id(self.account, shape)
        known = self.chains.get(identity)
        if known is not None and not known.is_empty():
            identity = strategy_id(self.account, identity, order_id)
        return self.begin_as(identity)

    def begin_as(self, identity: str) -> Chain:
        """Begin a chain; what was closed under its id is another story."""
        # Opened anew, a chain is the newest.
        self._forget(self.chains.pop(identity, None))
        return self.enter(Chain(id=identity))

    def enter(self, chain: Chain) -> Chain:
        """Take in a chain under its id, as the newest."""
        self.chains[chain.id] = chain
        return chain

    def _forget(self, chain: Chain | None) -> None:
        for symbol in chain.lots if chain else ():
            assert chain is not None
            self.holders[symbol].remove(chain)

    def add(self, chain: Chain, trades: Iterable[Change], order: OrderReport) -> None:
        """Give a chain what an order has opened."""
        at = order.submitted_at or order.updated_at
        for trade in trades:
            self.put(chain, trade.symbol, Lot(trade.quantity, trade.price, at))

    def put(self, chain: Chain, symbol: str, lot: Lot) -> None:
        """Give a chain one lot."""
        if symbol not in chain.lots and chain is not self.loose:
            self.holders[symbol].append(chain)
        chain.add(symbol, lot)

    def move(self, source: Chain, target: Chain, quantities: Mapping[str, int]) -> None:
        """Move signed contracts, with what was paid for them."""
        for symbol, quantity in quantities.items():
            for lot in source.take(symbol, abs(quantity)):
                self.put(target, symbol, lot)

    def spread(
        self, source: OrderReport | Settlement, deed: Deed, trades: Iterable[Change]
    ) -> list[Change]:
        """Take contracts wherever they are, as `all_with` has it; return what nobody had."""
        missing: list[Change] = []
        for trade in trades:
            left = [trade]
            for chain in self.all_with(trade.symbol):
                if left:
                    left = self.take_from(chain, source, deed, left)
            missing += left
        return missing

    def take_from(
        self, chain: Chain, order: OrderReport | Settlement, deed: Deed, trades: list[Change]
    ) -> list[Change]:
        """Take what the chain can give, write the link, and return what it could not give."""
        changes, left, won = [], [], Decimal(0)
        known = True
        for trade in trades:
            gone = 0
            if chain.wanted(trade.symbol) * trade.quantity < 0:
                lots = chain.take(trade.symbol, abs(trade.quantity))
                gone = -sum(lot.quantity for lot in lots)
                result = realised(lots, trade.price, self.multiplier(trade.symbol))
                known, won = known and result is not None, won + (result or 0)
                changes.append(Change(trade.symbol, gone, trade.price))
            if gone != trade.quantity:
                left.append(Change(trade.symbol, trade.quantity - gone, trade.price))
        if changes:
            self.link(chain, order, deed, changes, won if known else None)
        return left

    def multiplier(self, symbol: str) -> int | None:
        """Dollars for a dollar of price; None where the broker alone knows and has not said."""
        option = option_or_none(symbol)
        if option is None:
            return 1
        if symbol in self.terms:
            return self.terms[symbol].multiplier
        return None if option.is_adjusted else OPTION_MULTIPLIER

    def link(
        self,
        chain: Chain,
        source: OrderReport | Settlement,
        deed: Deed,
        changes: Iterable[Change],
        won: Decimal | None,
    ) -> None:
        """Write down a deed; one of single orders is forgotten with the last of its contracts."""
        if isinstance(source, OrderReport):
            at, identity = source.submitted_at or source.updated_at, source.order_id
        else:
            at, identity = source.at, source.activity_id
        ours = isinstance(source, OrderReport) and source.client_order_id in self.owners
        link = ChainLink(at, deed, identity, tuple(changes), won, is_ours=ours)
        if chain is not self.loose:
            chain.links.append(link)
            return
        for change in changes:
            self.loose_links[change.symbol].append(link)
            if not self.loose.wanted(change.symbol):
                self.loose_links[change.symbol].clear()


def link_move(
    source: Chain,
    target: Chain,
    quantities: Mapping[str, int],
    at: datetime | None,
    order_id: str,
) -> None:
    """Write on both sides that contracts went from one strategy to the other."""
    for chain, sign, other in ((source, -1, target), (target, 1, source)):
        changes = tuple(
            Change(symbol, sign * quantity, None) for symbol, quantity in quantities.items()
        )
        others = (other.id,) if other.id else ()
        chain.links.append(ChainLink(at, Deed.REGROUPED, order_id, changes, Decimal(0), others))


def can_give(chain: Chain, trades: Iterable[Change]) -> bool:
    """Whether a chain holds all that these trades close."""
    return all(
        chain.wanted(trade.symbol) * trade.quantity < 0
        and abs(chain.wanted(trade.symbol)) >= abs(trade.quantity)
        for trade in trades
    )
