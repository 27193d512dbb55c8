"""
Strategies from holdings: by the user's word and the opening orders, else by shape.

Alpaca nets per contract and knows no strategies, so claims on a contract that strategies
share are kept here. What strategies claim and what is left unassigned add up to the
holdings, always.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from closeout.domain.assignments import Assignment
from closeout.domain.chains import Chain, ChainLink, in_lowest_terms
from closeout.domain.claims import Claims, netted, settle
from closeout.domain.deliverables import ContractTerms
from closeout.domain.history import Past, read_past
from closeout.domain.holdings import Holding, Holdings
from closeout.domain.occ import option_or_none, underlying_of
from closeout.domain.orders import OrderReport
from closeout.domain.recognition import recognise
from closeout.domain.settlements import Settlement
from closeout.domain.strategies import (
    GroupedBy,
    Leg,
    Netted,
    Strategy,
    leg_id,
    shape_id,
    strategy_id,
)

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Unassigned:
    """A part of a holding that belongs to no strategy, and why; `quantity` is signed."""

    symbol: str
    quantity: Decimal
    reason: str
    is_difference: bool = False
    """Whether strategies share this contract and do not add up to what is held."""


@dataclass(frozen=True, slots=True)
class Grouping:
    """Every contract of a snapshot, in exactly one place. `histories` go by strategy id."""

    strategies: tuple[Strategy, ...]
    unassigned: tuple[Unassigned, ...]
    histories: Mapping[str, tuple[ChainLink, ...]] = field(default_factory=dict)
    loose: Mapping[str, int] = field(default_factory=dict)
    """Signed contracts that the history knows and no strategy of it has."""
    shortfalls: Mapping[int, tuple[tuple[str, int], ...]] = field(default_factory=dict)
    """Signed contracts by which the user's assignments fall short, by their number."""

    def differences(self, symbols: Iterable[str]) -> list[Unassigned]:
        """Return what is not accounted for in these contracts."""
        wanted = frozenset(symbols)
        return [each for each in self.unassigned if each.is_difference and each.symbol in wanted]


def group(
    account: str,
    holdings: Holdings,
    orders: Iterable[OrderReport],
    owners: Mapping[str, str],
    *,
    settlements: Iterable[Settlement] = (),
    assignments: Iterable[Assignment] = (),
    terms: Mapping[str, ContractTerms] | None = None,
) -> Grouping:
    """
    Sort the holdings into strategies.

    The result does not depend on the order of rows, orders, settlements or assignments.
    `owners` is as in `read_past`; `terms` are those of adjusted contracts, where they are known.
    """
    strange = {row.symbol: why for row in holdings.rows if (why := _why_strange(row))}
    held = {row.symbol: int(row.quantity) for row in holdings.rows if row.symbol not in strange}
    past = read_past(
        account, orders, owners, settlements, assignments, held=held.keys(), terms=terms
    )
    settled = settle(past.chains, held, holdings.at.date())
    offset = netted(settled.claims, held)
    entries = {row.symbol: row.average_entry for row in holdings.rows}
    strategies, histories = [], {}
    for chain in past.chains:
        claims = {key: value for key, value in settled.claims.get(chain.id, {}).items() if value}
        if claims:
            strategies.append(_of_chain(account, chain, claims, offset.get(chain.id, ()), entries))
            histories[chain.id] = tuple(chain.links)
    recognised = _Recognised(account, entries, past, frozenset(histories))
    for claims in _merged(recognise(settled.loose)):
        strategy = recognised.strategy(claims)
        strategies.append(strategy)
        histories[strategy.id] = recognised.history(claims)
    unassigned = sorted(
        (*_left_over(holdings, strange), *_differences(settled.differences, held)),
        key=lambda left: left.symbol,
    )
    if terms:
        strategies = [_with_terms(each, terms) for each in strategies]
    return Grouping(
        strategies=tuple(sorted(strategies, key=_display_order)),
        unassigned=tuple(unassigned),
        histories=histories,
        loose=past.loose.wants(),
        shortfalls=past.shortfalls,
    )


def _with_terms(strategy: Strategy, terms: Mapping[str, ContractTerms]) -> Strategy:
    if not any(leg.symbol in terms for leg in strategy.legs):
        return strategy
    legs = tuple(replace(leg, terms=terms.get(leg.symbol)) for leg in strategy.legs)
    return replace(strategy, legs=legs)


def _why_strange(row: Holding) -> str | None:
    """Say why a holding is nothing Closeout can close; None when it can."""
    if row.asset_class == "us_option" and option_or_none(row.symbol) is None:
        return "an option whose symbol cannot be read"
    if row.asset_class == "crypto":
        return "neither an option nor shares"
    return None


def _left_over(holdings: Holdings, strange: Mapping[str, str]) -> Iterable[Unassigned]:
    for row in holdings.rows:
        if row.symbol in strange:
            yield Unassigned(row.symbol, row.quantity, strange[row.symbol])
        elif row.quantity != int(row.quantity):
            yield Unassigned(row.symbol, row.quantity - int(row.quantity), "a fraction of a share")


def _differences(differences: Claims, held: Mapping[str, int]) -> Iterable[Unassigned]:
    for symbol, quantity in differences.items():
        there = held.get(symbol, 0)
        reason = (
            f"strategies hold it on both sides and come to {_sided(there - quantity)} together, "
            f"but the account holds {_sided(there)}"
        )
        yield Unassigned(symbol, Decimal(quantity), reason, is_difference=True)


def _sided(quantity: int) -> str:
    """Say a signed quantity as a trader does: 3 short."""
    return f"{abs(quantity)} {'short' if quantity < 0 else 'long'}" if quantity else "none"


def _display_order(strategy: Strategy) -> tuple[str, date, str]:
    return (strategy.underlying, strategy.expiry or date.max, strategy.id)


def _of_chain(
    account: str,
    chain: Chain,
    claims: Claims,
    offset: tuple[Netted, ...],
    entries: Mapping[str, Decimal | None],
) -> Strategy:
    """`entries` are the broker's averages, for assigned contracts that no order tells of."""
    legs = []
    for symbol, quantity in claims.items():
        entry = chain.entry_price(symbol, quantity)
        entry = entries.get(symbol) if entry is None else entry
        legs.append(_leg(chain.id, symbol, quantity, entry))
    missing = ((symbol, wanted - claims.get(symbol, 0)) for symbol, wanted in chain.wants().items())
    return Strategy(
        id=chain.id,
        account=account,
        underlying=_underlying(legs),
        legs=_in_order(legs),
        opened_at=chain.opened_at(claims),
        grouped_by=GroupedBy.USER if chain.is_users else GroupedBy.OPENING_ORDER,
        netted=offset,
        missing=tuple(sorted(each for each in missing if each[1])),
        given_name=chain.given_name,
    )


def _underlying(legs: list[Leg]) -> str:
    """The underlying of the options; users may put other shares beside them."""
    for leg in legs:
        if leg.underlying != leg.symbol:
            return leg.underlying
    return legs[0].underlying


def _leg(strategy: str, symbol: str, quantity: int, entry: Decimal | None) -> Leg:
    option = option_or_none(symbol)
    underlying = underlying_of(option.root) if option else symbol
    return Leg(leg_id(strategy, symbol), symbol, underlying, quantity, entry)


def _in_order(legs: list[Leg]) -> tuple[Leg, ...]:
    """Shares first, then by expiry, strike and right, as a chain is read."""
    return tuple(sorted(legs, key=_place_in_chain) if len(legs) > 1 else legs)


def _place_in_chain(leg: Leg) -> tuple[date, Decimal, str]:
    option = option_or_none(leg.symbol)
    if option is None:
        return (date.min, _ZERO, leg.symbol)
    return (option.expiry, option.strike, option.right)


def _merged(groups: Iterable[Claims]) -> list[Claims]:
    """Put groups of one shape together: they are one strategy of more units."""
    alike: dict[frozenset[str], list[Claims]] = {}
    for each in groups:
        alike.setdefault(frozenset(each), []).append(each)
    return [
        total
        for some in alike.values()
        for total in (some if len(some) == 1 else _of_one_shape(some))
    ]


def _of_one_shape(groups: Iterable[Claims]) -> Iterable[Claims]:
    """The same for groups of the same contracts, in whatever ratios."""
    found: dict[tuple[tuple[str, int], ...], Counter[str]] = defaultdict(Counter)
    for each in groups:
        found[tuple(sorted(in_lowest_terms(each).items()))].update(each)
    return map(dict, found.values())


@dataclass(frozen=True, slots=True)
class _Recognised:
    """
    Makes strategies of what was found by shape.

    `entries` are the broker's average prices, `taken` the ids already in use.
    """

    account: str
    entries: Mapping[str, Decimal | None]
    past: Past
    taken: frozenset[str]

    def strategy(self, claims: Claims) -> Strategy:
        identity = self._identity(claims)
        entries, loose = self.entries, self.past.loose
        explained = self._explained(claims) if loose.lots else ()
        legs = [
            _leg(
                identity,
                symbol,
                quantity,
                loose.entry_price(symbol, quantity) if symbol in explained else entries.get(symbol),
            )
            for symbol, quantity in claims.items()
        ]
        is_all = len(explained) == len(claims)
        return Strategy(
            id=identity,
            account=self.account,
            underlying=_underlying(legs),
            legs=_in_order(legs),
            opened_at=loose.opened_at(claims) if is_all else None,
            grouped_by=GroupedBy.SHAPE,
        )

    def history(self, claims: Claims) -> tuple[ChainLink, ...]:
        """What single orders did to these contracts, oldest first."""
        known = self.past.loose_links
        links = {id(link): link for symbol in claims if symbol in known for link in known[symbol]}
        return tuple(sorted(links.values(), key=_linked_at)) if links else ()

    def _identity(self, claims: Claims) -> str:
        if len(claims) == 1:
            (symbol,) = claims
            identity = strategy_id(
                self.account, symbol, "shares" if option_or_none(symbol) is None else "single"
            )
        else:
            identity = shape_id(self.account, claims)
        if identity in self.taken:
            # More of a shape than its opening orders explain.
            return strategy_id(self.account, identity, "more")
        return identity

    def _explained(self, claims: Claims) -> list[str]:
        """Return the contracts of which single orders opened so many."""
        loose = self.past.loose
        return [
            symbol
            for symbol, quantity in claims.items()
            if symbol in loose.lots and _has_as_many(loose.wanted(symbol), quantity)
        ]


def _has_as_many(wanted: int, quantity: int) -> bool:
    return wanted * quantity > 0 and abs(wanted) >= abs(quantity)


def _linked_at(link: ChainLink) -> tuple[float, str]:
    return (link.at.timestamp() if link.at else 0.0, link.order_id)
