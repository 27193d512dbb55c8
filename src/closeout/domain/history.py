"""
What the past says about which contracts belong together: a replay, oldest first.

An opening multi-leg order begins a *chain*; orders of the same shape add to it. A close is
taken from the chain it was made for (Closeout's own orders say which), else from the one
that holds all its legs, the same shape before a larger one, older before newer. An order
that closes contracts and opens as many of the same kind elsewhere is a roll: the chain goes
on under its id, and when only some units are rolled, those become a chain of their own. Single
orders are *loose* until shapes are recognised, with two exceptions: one that closes what a
chain holds is taken from it, and one that opens just what a single order has closed in one
chain, on the same day, takes its place there. Assignment, exercise and expiry take contracts
away; the user's assignments move them.

Alpaca infers intents from the net holding. An order that opens a strategy may therefore say
that it closes a leg which another strategy holds the other way. It is read as an opening when
it has a name as a whole, closes only a part of some strategy and is no roll: both strategies
then keep their contracts, on opposite sides.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal

from closeout.domain.assignments import Assignment, Share
from closeout.domain.chains import Chain, ChainLink, Change, Deed, Lot, in_lowest_terms, realised
from closeout.domain.deliverables import ContractTerms
from closeout.domain.names import name_pieces, piece_of
from closeout.domain.occ import OccSymbol, option_or_none
from closeout.domain.orders import LegReport, OrderReport
from closeout.domain.settlements import Settlement, SettlementKind
from closeout.domain.strategies import OPTION_MULTIPLIER, shape_id, strategy_id

_MIN_PACKAGE = 2
_LEGGED_WITHIN = timedelta(hours=12)
"""One trading day: a leg that is replaced later is a decision of its own."""

_DEEDS = {
    SettlementKind.ASSIGNED: Deed.ASSIGNED,
    SettlementKind.EXERCISED: Deed.EXERCISED,
    SettlementKind.EXPIRED: Deed.EXPIRED,
}


@dataclass(frozen=True, slots=True)
class Past:
    """Chains that still hold something, newest first, and contracts of single orders."""

    chains: tuple[Chain, ...]
    loose: Chain
    loose_links: Mapping[str, tuple[ChainLink, ...]]
    """What happened to loose contracts by symbol, since the account last had none of them."""
    shortfalls: Mapping[int, tuple[tuple[str, int], ...]] = field(default_factory=dict)
    """Signed contracts by which assignments, by their number, fell short of their word."""


def read_past(
    account: str,
    orders: Iterable[OrderReport],
    owners: Mapping[str, str],
    settlements: Iterable[Settlement] = (),
    assignments: Iterable[Assignment] = (),
    *,
    held: Collection[str] = (),
    terms: Mapping[str, ContractTerms] | None = None,
) -> Past:
    """
    Replay the history. `owners` tells, for the client ids of our own orders, whose they were.

    `held` are the symbols the account holds: an adjusted contract among them takes the place
    of the one it was made from. `terms` are those of adjusted contracts, where they are known.
    The order in which things are given does not matter.
    """
    replay = _Replay(account, owners, frozenset(held), terms or {})
    timed = [
        *(((_submitted_at(order), 0, order.order_id), order) for order in orders),
        *(((each.at.timestamp(), 1, each.activity_id), each) for each in settlements),
        *(((_spoken_at(each), 2, f"{each.number:09}"), each) for each in assignments),
    ]
    for _, event in sorted(timed, key=lambda pair: pair[0]):
        match event:
            case OrderReport():
                replay.take_order(event)
            case Settlement():
                replay.take_settlement(event)
            case Assignment():
                replay.take_assignment(event)
    replay.adjust(sorted(held))
    return replay.past()


def _submitted_at(order: OrderReport) -> float:
    """
    Sort by when orders were sent: a close is sent after its opening has traded.

    `updated_at` would not do, for the rest of a partly filled opening may be cancelled
    long after its contracts were closed.
    """
    at = order.submitted_at or order.updated_at
    return at.timestamp() if at else 0.0


def _spoken_at(word: Assignment) -> float:
    return word.after.timestamp() if word.after else 0.0


@dataclass(frozen=True, slots=True)
class _Trade:
    """Filled contracts of one leg: `quantity` is the signed change."""

    symbol: str
    quantity: int
    price: Decimal | None

    @property
    def change(self) -> Change:
        return Change(self.symbol, self.quantity, self.price)


@dataclass(frozen=True, slots=True)
class _Gap:
    """A leg that a single order closed in a chain, and what would take its place."""

    chain: Chain
    kind: tuple[str, object, int]
    at: datetime


@dataclass(slots=True)
class _Replay:
    account: str
    owners: Mapping[str, str]
    held: frozenset[str] = frozenset()
    terms: Mapping[str, ContractTerms] = field(default_factory=dict)
    chains: dict[str, Chain] = field(default_factory=dict)
    holders: dict[str, list[Chain]] = field(default_factory=lambda: defaultdict(list))
    """Chains that have ever held a symbol, oldest first."""
    loose: Chain = field(default_factory=lambda: Chain(id=""))
    loose_links: dict[str, list[ChainLink]] = field(default_factory=lambda: defaultdict(list))
    gaps: list[_Gap] = field(default_factory=list)
    shortfalls: dict[int, list[tuple[str, int]]] = field(default_factory=lambda: defaultdict(list))

    def past(self) -> Past:
        alive = [chain for chain in self.chains.values() if not chain.is_empty()]
        links = {symbol: tuple(each) for symbol, each in self.loose_links.items() if each}
        shortfalls = {number: tuple(each) for number, each in self.shortfalls.items()}
        return Past(tuple(reversed(alive)), self.loose, links, shortfalls)

    # --- orders -------------------------------------------------------------------------

    def take_order(self, order: OrderReport) -> None:
        legs = [leg for leg in order.legs if leg.filled and leg.side is not None]
        self.adjust((leg.symbol for leg in legs), order)
        opening, closing = self._by_purpose(legs)
        owner = self.owners.get(order.client_order_id)
        if owner is not None:
            self._close_for(owner, order, [*opening, *closing])
        elif order.order_class != "mleg" or len(legs) < _MIN_PACKAGE:
            for trade in closing:
                self._close_single(order, trade)
            for trade in opening:
                self._open_single(order, trade)
        elif not closing:
            self._open(order, opening)
        elif not opening:
            self._close(order, closing)
        elif self._opens_across(opening, closing):
            self._open(order, [*opening, *closing])
        else:
            self._roll(order, opening, closing)

    def _by_purpose(self, legs: list[LegReport]) -> tuple[list[_Trade], list[_Trade]]:
        """
        Tell the legs that open from those that close.

        Alpaca's stream has left intents out. A leg without one closes when everything that
        is known of its contract stands on the other side, since Alpaca nets.
        """
        opening: list[_Trade] = []
        closing: list[_Trade] = []
        for leg in legs:
            assert leg.side is not None
            trade = _Trade(leg.symbol, leg.side.sign * leg.filled, leg.average_price)
            if leg.intent is None:
                closes = self._known(leg.symbol) * trade.quantity < 0
            else:
                closes = leg.intent.is_closing
            (closing if closes else opening).append(trade)
        return opening, closing

    def _known(self, symbol: str) -> int:
        return self.loose.wanted(symbol) + sum(
            chain.wanted(symbol) for chain in self.holders.get(symbol, ())
        )

    def _open(self, order: OrderReport, trades: list[_Trade]) -> None:
        shape = in_lowest_terms({trade.symbol: trade.quantity for trade in trades})
        chain = self._of_shape(shape)
        deed = Deed.ADDED
        if chain is None:
            deed = Deed.OPENED
            chain = self._begin(shape, order.order_id)
        self._add(chain, trades, order)
        self._link(chain, order, deed, [trade.change for trade in trades], Decimal(0))

    def _of_shape(self, shape: Mapping[str, int]) -> Chain | None:
        """Return the newest chain that holds just this shape."""
        some = next(iter(shape))
        for chain in reversed(self.holders.get(some, [])):
            if not chain.is_empty() and chain.shape() == shape:
                return chain
        return None

    def _begin(self, shape: Mapping[str, int], order_id: str) -> Chain:
        """Begin a chain under the id of its shape, or one of its own where that is in use."""
        identity = shape_id(self.account, shape)
        known = self.chains.get(identity)
        if known is not None and not known.is_empty():
            identity = strategy_id(self.account, identity, order_id)
        return self._begin_as(identity)

    def _begin_as(self, identity: str) -> Chain:
        """Begin a chain; what was closed under its id is another story."""
        # Opened anew, a chain is the newest.
        self._forget(self.chains.pop(identity, None))
        return self._enter(Chain(id=identity))

    def _enter(self, chain: Chain) -> Chain:
        self.chains[chain.id] = chain
        return chain

    def _forget(self, chain: Chain | None) -> None:
        for symbol in chain.lots if chain else ():
            assert chain is not None
            self.holders[symbol].remove(chain)

    def _add(self, chain: Chain, trades: Iterable[_Trade], order: OrderReport) -> None:
        at = order.submitted_at or order.updated_at
        for trade in trades:
            self._put(chain, trade.symbol, Lot(trade.quantity, trade.price, at))

    def _put(self, chain: Chain, symbol: str, lot: Lot) -> None:
        if symbol not in chain.lots and chain is not self.loose:
            self.holders[symbol].append(chain)
        chain.add(symbol, lot)

    # --- closes -------------------------------------------------------------------------

    def _close_for(self, owner: str, order: OrderReport, trades: list[_Trade]) -> None:
        """Take what one of our own orders closed from the strategy it was made for."""
        chain = self.chains.get(owner, self.loose)
        left = self._take_from(chain, order, Deed.REDUCED, trades)
        # Its strategy may have been recognised, or have lost the contracts meanwhile.
        self._spread(order, Deed.REDUCED, left)

    def _close(self, order: OrderReport, trades: list[_Trade]) -> None:
        holder = self._holder(trades)
        if holder is not None:
            self._take_from(holder, order, Deed.REDUCED, trades)
        else:
            self._spread(order, Deed.REDUCED, trades)

    def _holder(self, trades: list[_Trade]) -> Chain | None:
        """Return the chain that can give all of this: same shape, fewest others, oldest."""
        candidates = [
            chain for chain in self.holders.get(trades[0].symbol, ()) if _can_give(chain, trades)
        ]
        gone = in_lowest_terms({trade.symbol: -trade.quantity for trade in trades})
        # min returns the first of equals, and holders stand in the order of their age.
        return min(
            candidates,
            key=lambda chain: (chain.shape() != gone, len(chain.wants())),
            default=self.loose if _can_give(self.loose, trades) else None,
        )

    def _close_single(self, order: OrderReport, trade: _Trade) -> None:
        if _can_give(self.loose, [trade]):
            self._take_from(self.loose, order, Deed.REDUCED, [trade])
            return
        holder = self._holder([trade])
        if holder is None:
            self._spread(order, Deed.REDUCED, [trade])
            return
        self._take_from(holder, order, Deed.REDUCED, [trade])
        option, at = option_or_none(trade.symbol), order.submitted_at
        if option is not None and at is not None and not holder.is_empty():
            self.gaps.append(_Gap(holder, _kind(option, -trade.quantity), at))

    def _spread(self, order: OrderReport, deed: Deed, trades: Iterable[_Trade]) -> None:
        """Take contracts wherever they are: loose ones first, then from the oldest chain on."""
        for trade in trades:
            left = [trade]
            for chain in (self.loose, *self.holders.get(trade.symbol, ())):
                if left:
                    left = self._take_from(chain, order, deed, left)

    def _take_from(
        self, chain: Chain, order: OrderReport | Settlement, deed: Deed, trades: list[_Trade]
    ) -> list[_Trade]:
        """Take what the chain can give, write the link, and return what it could not give."""
        changes, left, won = [], [], Decimal(0)
        known = True
        for trade in trades:
            gone = 0
            if chain.wanted(trade.symbol) * trade.quantity < 0:
                lots = chain.take(trade.symbol, abs(trade.quantity))
                gone = -sum(lot.quantity for lot in lots)
                result = realised(lots, trade.price, self._multiplier(trade.symbol))
                known, won = known and result is not None, won + (result or 0)
                changes.append(Change(trade.symbol, gone, trade.price))
            if gone != trade.quantity:
                left.append(_Trade(trade.symbol, trade.quantity - gone, trade.price))
        if changes:
            self._link(chain, order, deed, changes, won if known else None)
        return left

    # --- rolls and legs that take a place -------------------------------------------------

    def _roll(self, order: OrderReport, opening: list[_Trade], closing: list[_Trade]) -> None:
        holder = self._holder(closing)
        if holder is None or holder is self.loose:
            self._close(order, closing)
            self._open(order, opening)
            return
        moving = self._split_for(holder, order, closing)
        self._take_from(moving, order, Deed.ROLLED, closing)
        self._add(moving, opening, order)
        self._link(moving, order, Deed.ROLLED, [trade.change for trade in opening], Decimal(0))

    def _split_for(self, chain: Chain, order: OrderReport, closing: list[_Trade]) -> Chain:
        """
        Return what is rolled: the whole chain, or a new one with the units that are.

        Units that cannot be told apart, because the rest does not divide, stay together.
        """
        wants = chain.wants()
        whole = wants[closing[0].symbol]
        part = -closing[0].quantity
        shares = {symbol: quantity * part for symbol, quantity in wants.items()}
        uneven = any(share % whole for share in shares.values())
        unlike = any(shares[trade.symbol] != -trade.quantity * whole for trade in closing)
        if part == whole or uneven or unlike:
            return chain
        moved = {symbol: share // whole for symbol, share in shares.items()}
        rolled = self._enter(Chain(id=strategy_id(self.account, chain.id, order.order_id)))
        rolled.given_name, rolled.is_users = chain.given_name, chain.is_users
        self._move(chain, rolled, moved)
        at = order.submitted_at or order.updated_at
        _link_move(chain, rolled, moved, at, order.order_id)
        return rolled

    def _move(self, source: Chain, target: Chain, quantities: Mapping[str, int]) -> None:
        for symbol, quantity in quantities.items():
            for lot in source.take(symbol, abs(quantity)):
                self._put(target, symbol, lot)

    def _opens_across(self, opening: list[_Trade], closing: list[_Trade]) -> bool:
        """Whether an order that says it closes some legs really opens a strategy of its own."""
        if len(closing) >= len(opening):
            return False
        holder = self._holder(closing)
        if holder is None or holder is self.loose:
            return False
        breaks = holder.wants().keys() - {trade.symbol for trade in closing}
        return bool(breaks) and _has_name([*opening, *closing])

    def _open_single(self, order: OrderReport, trade: _Trade) -> None:
        gap = self._gap_for(order, trade)
        if gap is not None:
            self.gaps.remove(gap)
            self._add(gap.chain, [trade], order)
            self._link(gap.chain, order, Deed.ROLLED, [trade.change], Decimal(0))
            return
        self._add(self.loose, [trade], order)
        self._link(self.loose, order, Deed.OPENED, [trade.change], Decimal(0))

    def _gap_for(self, order: OrderReport, trade: _Trade) -> _Gap | None:
        """Return the only gap this contract fits, if there is just one."""
        option, at = option_or_none(trade.symbol), order.submitted_at
        if option is None or at is None:
            return None
        self.gaps = [gap for gap in self.gaps if at - gap.at <= _LEGGED_WITHIN]
        kind = _kind(option, trade.quantity)
        fitting = [gap for gap in self.gaps if gap.kind == kind and not gap.chain.is_empty()]
        return fitting[0] if len(fitting) == 1 else None

    # --- what is not an order -------------------------------------------------------------

    def take_settlement(self, settlement: Settlement) -> None:
        deed = _DEEDS.get(settlement.kind)
        if deed is None:
            self._deliver(settlement)
            return
        symbol, quantity = settlement.symbol, int(abs(settlement.quantity))
        wants = [chain.wanted(symbol) for chain in self._all_with(symbol)]
        longs = sum(max(0, wanted) for wanted in wants)
        shorts = sum(max(0, -wanted) for wanted in wants)
        if deed is Deed.EXPIRED and longs and shorts:
            # Alpaca tells of the net, and no side lives on after the expiry.
            self._settle(settlement, deed, -longs)
            self._settle(settlement, deed, shorts)
        elif deed is Deed.ASSIGNED or (deed is Deed.EXPIRED and shorts):
            self._settle(settlement, deed, min(quantity, shorts))
        else:
            self._settle(settlement, deed, -min(quantity, longs))

    def _deliver(self, settlement: Settlement) -> None:
        """Shares that come are loose; those that go are taken wherever they are."""
        trade = _Trade(settlement.symbol, int(settlement.quantity), settlement.price)
        if not trade.quantity:
            return
        left = [trade]
        for chain in self._all_with(trade.symbol):
            if left:
                left = self._take_from(chain, settlement, Deed.DELIVERED, left)
        for rest in left:
            self._put(self.loose, rest.symbol, Lot(rest.quantity, rest.price, settlement.at))
            self._link(self.loose, settlement, Deed.DELIVERED, [rest.change], Decimal(0))

    def adjust(self, symbols: Iterable[str], order: OrderReport | None = None) -> None:
        """
        Put adjusted contracts (`AAPL1`) in the place of those they were made from.

        A corporate action renames a contract and keeps expiry, right and strike; splits that
        change the strike are not followed. What is still held was not renamed.
        """
        for symbol in symbols:
            option = option_or_none(symbol)
            if option is None or option.root == option.underlying or self._known(symbol):
                continue
            old = str(replace(option, root=option.underlying))
            if old in self.held:
                continue
            for chain in self._all_with(old):
                wanted = chain.wanted(old)
                if wanted:
                    self._rename(chain, old, symbol, wanted, order)

    def _rename(
        self, chain: Chain, old: str, new: str, wanted: int, order: OrderReport | None
    ) -> None:
        multiplier = self._multiplier(new) or OPTION_MULTIPLIER
        for lot in chain.take(old, abs(wanted)):
            # The dollars that were paid stay what they were, whatever a price is now worth.
            price = None if lot.price is None else lot.price * OPTION_MULTIPLIER / multiplier
            self._put(chain, new, Lot(lot.quantity, price, lot.at))
        changes = (Change(old, -wanted, None), Change(new, wanted, None))
        at = None if order is None else order.submitted_at
        link = ChainLink(at, Deed.ADJUSTED, "", changes, Decimal(0))
        if chain is not self.loose:
            chain.links.append(link)
        else:
            self.loose_links[new] = [*self.loose_links.pop(old, []), link]

    def _multiplier(self, symbol: str) -> int | None:
        """Dollars for a dollar of price; None where the broker alone knows and has not said."""
        option = option_or_none(symbol)
        if option is None:
            return 1
        if symbol in self.terms:
            return self.terms[symbol].multiplier
        return None if option.is_adjusted else OPTION_MULTIPLIER

    def _all_with(self, symbol: str) -> list[Chain]:
        return [self.loose, *self.holders.get(symbol, ())]

    def _settle(self, settlement: Settlement, deed: Deed, gone: int) -> None:
        """Take contracts that ended without a trade: they are worth nothing any more."""
        left = [_Trade(settlement.symbol, gone, Decimal(0))] if gone else []
        for chain in self._all_with(settlement.symbol):
            if left:
                left = self._take_from(chain, settlement, deed, left)

    def take_assignment(self, word: Assignment) -> None:
        target = self.chains.get(word.strategy_id)
        if target is None or target.is_empty():
            target = self._begin_as(word.strategy_id)
        target.is_users = True
        if word.renames:
            target.given_name = word.name
        if any(share.taken_from for share in word.shares):
            # Whom the user gives contracts, claims them before whom they came from.
            self.chains[target.id] = self.chains.pop(target.id)
        if word.leaves:
            changes = tuple(Change(symbol, quantity, None) for symbol, quantity in word.leaves)
            target.links.append(ChainLink(word.at, Deed.LEFT, "", changes, Decimal(0)))
        for share in word.shares:
            left = self._hand_over(target, share, word)
            left -= self._find(target, share, left, word)
            if left:
                self.shortfalls[word.number].append((share.symbol, left))

    def _hand_over(self, target: Chain, share: Share, word: Assignment) -> int:
        """Move what the source has of a share; return the signed contracts it has not."""
        symbol, source = share.symbol, self._source(share)
        has = 0 if source is None or source is target else source.wanted(symbol)
        if source is None or has * share.quantity <= 0:
            return share.quantity
        moved = share.quantity if abs(share.quantity) < abs(has) else has
        offset = _least(moved, -target.wanted(symbol))
        if offset:
            self._offset(source, target, symbol, offset, word)
        if moved != offset:
            self._move(source, target, {symbol: moved - offset})
            _link_move(source, target, {symbol: moved - offset}, word.at, "")
        if source is self.loose:
            self._tell_story(target, symbol)
        return share.quantity - moved

    def _tell_story(self, target: Chain, symbol: str) -> None:
        """Let what single orders did go with the last of the contracts they did it to."""
        if not self.loose.wanted(symbol):
            target.links[:0] = self.loose_links.pop(symbol, [])

    def _source(self, share: Share) -> Chain | None:
        return self.loose if share.taken_from is None else self.chains.get(share.taken_from)

    def _offset(
        self, source: Chain, target: Chain, symbol: str, quantity: int, word: Assignment
    ) -> None:
        """Let contracts end each other that one strategy would have on both sides."""
        lots = [*source.take(symbol, abs(quantity)), *target.take(symbol, abs(quantity))]
        change = Change(symbol, quantity, None)
        # The price they meet at is no matter: what one side wins by it, the other loses.
        won = realised(lots, Decimal(0), self._multiplier(symbol))
        others = (source.id,) if source.id else ()
        target.links.append(ChainLink(word.at, Deed.REGROUPED, "", (change,), won, others))

    def _find(self, target: Chain, share: Share, missing: int, word: Assignment) -> int:
        """Take what the history has never told of; return it, signed."""
        found = _least(missing, share.unexplained)
        if found:
            self._put(target, share.symbol, Lot(found, None, None))
            changes = (Change(share.symbol, found, None),)
            target.links.append(ChainLink(word.at, Deed.REGROUPED, "", changes, Decimal(0)))
        return found

    # --- links ----------------------------------------------------------------------------

    def _link(
        self,
        chain: Chain,
        source: OrderReport | Settlement,
        deed: Deed,
        changes: list[Change],
        won: Decimal | None,
    ) -> None:
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


def _link_move(
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


def _least(one: int, other: int) -> int:
    """The smaller of two signed quantities of one side; zero when they are on two."""
    if one * other <= 0:
        return 0
    return one if abs(one) < abs(other) else other


def _can_give(chain: Chain, trades: Iterable[_Trade]) -> bool:
    return all(
        chain.wanted(trade.symbol) * trade.quantity < 0
        and abs(chain.wanted(trade.symbol)) >= abs(trade.quantity)
        for trade in trades
    )


def _kind(option: OccSymbol, quantity: int) -> tuple[str, object, int]:
    return (option.root, option.right, quantity)


def _has_name(trades: Iterable[_Trade]) -> bool:
    options = [(option_or_none(trade.symbol), trade.quantity) for trade in trades]
    known = [(option, quantity) for option, quantity in options if option is not None]
    if len(known) != len(options) or len({option.root for option, _ in known}) > 1:
        return False
    return name_pieces(sorted(piece_of(option, quantity) for option, quantity in known)) is not None
