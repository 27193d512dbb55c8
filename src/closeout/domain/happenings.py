"""
What happened to a strategy from outside, in words, and what it has left behind.

Outside is what Closeout did not do: assignment, exercise, expiry, delivered shares, an adjusted
contract, trades made elsewhere (also Alpaca's own, on the last day), and contracts that are gone
without a word.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from closeout.domain.chains import ChainLink, Change, Deed, in_lowest_terms
from closeout.domain.occ import option_or_none
from closeout.domain.strategies import Strategy


class HappeningKind(StrEnum):
    """What came from outside."""

    ASSIGNED = "assigned"
    EXERCISED = "exercised"
    EXPIRED = "expired"
    DELIVERED = "delivered"
    ADJUSTED = "adjusted"
    TRADED_ELSEWHERE = "traded_elsewhere"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class OutsideEvent:
    """One of them. `order_id` is the order or activity behind it, empty when none is known."""

    at: datetime | None
    kind: HappeningKind
    text: str
    order_id: str


@dataclass(frozen=True, slots=True)
class Orphan:
    """
    Why a strategy is what is left of another.

    `is_left` says that the user has seen just these legs and leaves them as they are.
    """

    reason: str
    is_left: bool


_KINDS = {
    Deed.ASSIGNED: HappeningKind.ASSIGNED,
    Deed.EXERCISED: HappeningKind.EXERCISED,
    Deed.EXPIRED: HappeningKind.EXPIRED,
    Deed.DELIVERED: HappeningKind.DELIVERED,
    Deed.ADJUSTED: HappeningKind.ADJUSTED,
}
_BREAKING = (
    HappeningKind.ASSIGNED,
    HappeningKind.EXERCISED,
    HappeningKind.EXPIRED,
    HappeningKind.TRADED_ELSEWHERE,
)
_MENDING = (Deed.ROLLED, Deed.ADDED, Deed.OPENED)
"""After these a strategy is again what somebody meant it to be."""


def outside_events(
    strategy: Strategy, links: Iterable[ChainLink], at: datetime
) -> tuple[OutsideEvent, ...]:
    """Return what happened from outside, oldest first; `at` is when the account was read."""
    told = tuple(
        OutsideEvent(link.at, kind, _words(kind, link), link.order_id)
        for link in links
        if (kind := _kind(link)) is not None
    )
    return told if not strategy.missing else (*told, _gone(strategy, at))


def orphan(strategy: Strategy, links: Iterable[ChainLink]) -> Orphan | None:
    """Say why a strategy is an orphan; None when it is none."""
    known = tuple(links)
    reason = _why(strategy, known)
    if reason is None:
        return None
    legs = frozenset((leg.symbol, leg.quantity) for leg in strategy.legs)
    left = (link for link in known if link.deed is Deed.LEFT)
    seen = any(legs == {(each.symbol, each.quantity) for each in link.changes} for link in left)
    return Orphan(reason, seen)


def _why(strategy: Strategy, links: tuple[ChainLink, ...]) -> str | None:
    broken: ChainLink | None = None
    wants: dict[str, int] = {}
    for link in links:
        before = {symbol: quantity for symbol, quantity in wants.items() if quantity}
        for change in link.changes if link.deed is not Deed.LEFT else ():
            wants[change.symbol] = wants.get(change.symbol, 0) + change.quantity
        if _kind(link) in _BREAKING and _is_uneven(before, wants):
            broken = link
        elif link.deed in _MENDING or _is_users_later(link, broken):
            broken = None
    if _is_uneven_loss(strategy):
        return f"{_listed_gone(strategy)} gone; this is what is left of it."
    if broken is not None:
        kind = _kind(broken)
        assert kind is not None, "only what came from outside breaks a strategy"
        return f"{_words(kind, broken)} This is what is left."
    if links and all(leg.option is None for leg in strategy.legs):
        newest = links[-1]
        if newest.deed is Deed.DELIVERED and any(change.quantity > 0 for change in newest.changes):
            return f"{_words(HappeningKind.DELIVERED, newest)}"
    return None


def _kind(link: ChainLink) -> HappeningKind | None:
    if link.deed is Deed.REDUCED and not link.is_ours:
        return HappeningKind.TRADED_ELSEWHERE
    return _KINDS.get(link.deed)


def _is_uneven(before: Mapping[str, int], after: Mapping[str, int]) -> bool:
    """Whether something other than whole units went, and something is left."""
    left = {symbol: quantity for symbol in before if (quantity := after.get(symbol, 0))}
    return bool(before) and bool(left) and in_lowest_terms(left) != in_lowest_terms(before)


def _is_uneven_loss(strategy: Strategy) -> bool:
    whole = {leg.symbol: leg.quantity for leg in strategy.legs}
    left = dict(whole)
    for symbol, quantity in strategy.missing:
        whole[symbol] = whole.get(symbol, 0) + quantity
    return bool(strategy.missing) and _is_uneven(whole, left)


def _is_users_later(link: ChainLink, broken: ChainLink | None) -> bool:
    """Whether the user regrouped it since; an activity may bear only its day."""
    if link.deed is not Deed.REGROUPED or link.order_id or broken is None:
        return False
    return link.at is None or broken.at is None or link.at >= broken.at


def _words(kind: HappeningKind, link: ChainLink) -> str:
    what = ", ".join(f"{abs(each.quantity)} {each.symbol}" for each in link.changes)
    match kind:
        case HappeningKind.ASSIGNED:
            return f"Assigned: {what}."
        case HappeningKind.EXERCISED:
            return f"Exercised: {what}."
        case HappeningKind.EXPIRED:
            return f"Expired: {what}."
        case HappeningKind.DELIVERED:
            went = "bought" if link.changes[0].quantity > 0 else "sold"
            at = link.changes[0].price
            return f"{what} {went} by assignment or exercise{_at(at)}."
        case HappeningKind.ADJUSTED:
            gone, come = link.changes
            return f"A corporate action has turned {gone.symbol} into {come.symbol}."
        case HappeningKind.TRADED_ELSEWHERE:
            return f"Closed elsewhere: {'; '.join(_trades(link.changes))}.{_by_alpaca(link)}"
        case HappeningKind.GONE:
            return f"Gone: {what}."


def _trades(changes: Iterable[Change]) -> Iterator[str]:
    for each in changes:
        verb = "bought back" if each.quantity > 0 else "sold"
        yield f"{abs(each.quantity)} {each.symbol} {verb}{_at(each.price)}"


def _at(price: Decimal | None) -> str:
    """To the cent at least, as prices are written."""
    if price is None:
        return ""
    return f" at {price:.2f}" if price == round(price, 2) else f" at {price.normalize():f}"


def _by_alpaca(link: ChainLink) -> str:
    """On the last day single legs are closed by Alpaca itself."""
    if link.at is None:
        return ""
    options = (option_or_none(each.symbol) for each in link.changes)
    if any(option is not None and option.expiry == link.at.date() for option in options):
        return " It was the last day, on which Alpaca may do this by itself."
    return ""


def _gone(strategy: Strategy, at: datetime) -> OutsideEvent:
    text = (
        f"{_listed_gone(strategy)} gone from the account, and nothing says why yet. Alpaca tells "
        "of assignment, exercise and expiry on the next day."
    )
    return OutsideEvent(at, HappeningKind.GONE, text, "")


def _listed_gone(strategy: Strategy) -> str:
    what = ", ".join(f"{abs(quantity)} {symbol}" for symbol, quantity in strategy.missing)
    one = len(strategy.missing) == 1 and abs(strategy.missing[0][1]) == 1
    return f"{what} {'is' if one else 'are'}"
