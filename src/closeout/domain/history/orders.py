"""What orders did: open strategies, add to them, close, roll, and take the place of a leg."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from closeout.domain.chains import Chain, Change, Deed, in_lowest_terms
from closeout.domain.history.chronicle import Chronicle, can_give, link_move
from closeout.domain.names import name_pieces, piece_of
from closeout.domain.occ import OccSymbol, option_or_none
from closeout.domain.orders import LegReport, OrderReport
from closeout.domain.strategies import strategy_id

_MIN_PACKAGE = 2
_LEGGED_WITHIN = timedelta(hours=12)
"""One trading day: a leg that is replaced later is a decision of its own."""


@dataclass(frozen=True, slots=True)
class _Gap:
    """A leg that a single order closed in a chain, and what would take its place."""

    chain: Chain
    kind: tuple[str, object, int]
    at: datetime


@dataclass(slots=True)
class OrderReplay:
    """Takes orders into the chronicle, oldest first."""

    _chronicle: Chronicle
    _gaps: list[_Gap] = field(default_factory=list)

    def take(self, order: OrderReport) -> None:
        legs = filled_legs(order)
        opening, closing = self._by_purpose(legs)
        owner = self._chronicle.owners.get(order.client_order_id)
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

    def _by_purpose(self, legs: list[LegReport]) -> tuple[list[Change], list[Change]]:
        """
        Tell the legs that open from those that close.

        Alpaca's stream has left intents out. A leg without one closes when everything that
        is known of its contract stands on the other side, since Alpaca nets.
        """
        opening: list[Change] = []
        closing: list[Change] = []
        for leg in legs:
            assert leg.side is not None
            trade = Change(leg.symbol, leg.side.sign * leg.filled, leg.average_price)
            if leg.intent is None:
                closes = self._chronicle.known(leg.symbol) * trade.quantity < 0
            else:
                closes = leg.intent.is_closing
            (closing if closes else opening).append(trade)
        return opening, closing

    def _open(self, order: OrderReport, trades: list[Change]) -> None:
        shape = in_lowest_terms({trade.symbol: trade.quantity for trade in trades})
        chain = self._chronicle.of_shape(shape)
        deed = Deed.ADDED
        if chain is None:
            deed = Deed.OPENED
            chain = self._chronicle.begin(shape, order.order_id)
        self._chronicle.add(chain, trades, order)
        self._chronicle.link(chain, order, deed, trades, Decimal(0))

    def _close_for(self, owner: str, order: OrderReport, trades: list[Change]) -> None:
        """Take what one of our own orders closed from the strategy it was made for."""
        chain = self._chronicle.chains.get(owner, self._chronicle.loose)
        left = self._chronicle.take_from(chain, order, Deed.REDUCED, trades)
        # Its strategy may have been recognised, or have lost the contracts meanwhile.
        self._chronicle.spread(order, Deed.REDUCED, left)

    def _close(self, order: OrderReport, trades: list[Change]) -> None:
        holder = self._chronicle.holder_of(trades)
        if holder is not None:
            self._chronicle.take_from(holder, order, Deed.REDUCED, trades)
        else:
            self._chronicle.spread(order, Deed.REDUCED, trades)

    def _close_single(self, order: OrderReport, trade: Change) -> None:
        if can_give(self._chronicle.loose, [trade]):
            self._chronicle.take_from(self._chronicle.loose, order, Deed.REDUCED, [trade])
            return
        holder = self._chronicle.holder_of([trade])
        if holder is None:
            self._chronicle.spread(order, Deed.REDUCED, [trade])
            return
        self._chronicle.take_from(holder, order, Deed.REDUCED, [trade])
        option, at = option_or_none(trade.symbol), order.submitted_at
        if option is not None and at is not None and not holder.is_empty():
            self._gaps.append(_Gap(holder, _kind(option, -trade.quantity), at))

    def _roll(self, order: OrderReport, opening: list[Change], closing: list[Change]) -> None:
        holder = self._chronicle.holder_of(closing)
        if holder is None or holder is self._chronicle.loose:
            self._close(order, closing)
            self._open(order, opening)
            return
        moving = self._split_for(holder, order, closing)
        self._chronicle.take_from(moving, order, Deed.ROLLED, closing)
        self._chronicle.add(moving, opening, order)
        self._chronicle.link(moving, order, Deed.ROLLED, opening, Decimal(0))

    def _split_for(self, chain: Chain, order: OrderReport, closing: list[Change]) -> Chain:
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
        rolled = self._chronicle.enter(
            Chain(id=strategy_id(self._chronicle.account, chain.id, order.order_id))
        )
        rolled.given_name, rolled.is_users = chain.given_name, chain.is_users
        self._chronicle.move(chain, rolled, moved)
        at = order.submitted_at or order.updated_at
        link_move(chain, rolled, moved, at, order.order_id)
        return rolled

    def _opens_across(self, opening: list[Change], closing: list[Change]) -> bool:
        """Whether an order that says it closes some legs really opens a strategy of its own."""
        if len(closing) >= len(opening):
            return False
        holder = self._chronicle.holder_of(closing)
        if holder is None or holder is self._chronicle.loose:
            return False
        breaks = holder.wants().keys() - {trade.symbol for trade in closing}
        return bool(breaks) and _has_name([*opening, *closing])

    def _open_single(self, order: OrderReport, trade: Change) -> None:
        gap = self._gap_for(order, trade)
        if gap is not None:
            self._gaps.remove(gap)
            self._chronicle.add(gap.chain, [trade], order)
            self._chronicle.link(gap.chain, order, Deed.ROLLED, [trade], Decimal(0))
            return
        self._chronicle.add(self._chronicle.loose, [trade], order)
        self._chronicle.link(self._chronicle.loose, order, Deed.OPENED, [trade], Decimal(0))

    def _gap_for(self, order: OrderReport, trade: Change) -> _Gap | None:
        """Return the only gap this contract fits, if there is just one."""
        option, at = option_or_none(trade.symbol), order.submitted_at
        if option is None or at is None:
            return None
        self._gaps = [gap for gap in self._gaps if at - gap.at <= _LEGGED_WITHIN]
        kind = _kind(option, trade.quantity)
        fitting = [gap for gap in self._gaps if gap.kind == kind and not gap.chain.is_empty()]
        return fitting[0] if len(fitting) == 1 else None


def filled_legs(order: OrderReport) -> list[LegReport]:
    """Return the legs that have traded."""
    return [leg for leg in order.legs if leg.filled and leg.side is not None]


def _kind(option: OccSymbol, quantity: int) -> tuple[str, object, int]:
    return (option.root, option.right, quantity)


def _has_name(trades: Iterable[Change]) -> bool:
    options = [(option_or_none(trade.symbol), trade.quantity) for trade in trades]
    known = [(option, quantity) for option, quantity in options if option is not None]
    if len(known) != len(options) or len({option.root for option, _ in known}) > 1:
        return False
    return name_pieces(sorted(piece_of(option, quantity) for option, quantity in known)) is not None
