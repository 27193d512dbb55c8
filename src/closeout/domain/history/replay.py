"""The replay of everything that happened, oldest first."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from closeout.domain.assignments import Assignment
from closeout.domain.chains import Chain, ChainLink
from closeout.domain.deliverables import ContractTerms
from closeout.domain.history.adjustments import Adjuster
from closeout.domain.history.chronicle import Chronicle
from closeout.domain.history.handovers import Handovers
from closeout.domain.history.orders import OrderReplay, filled_legs
from closeout.domain.history.settlements import SettlementReplay
from closeout.domain.orders import OrderReport
from closeout.domain.settlements import Settlement


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
    chronicle = Chronicle(account, owners, terms or {})
    adjuster = Adjuster(chronicle, frozenset(held))
    by_order, by_settlement = OrderReplay(chronicle), SettlementReplay(chronicle)
    by_word = Handovers(chronicle)
    timed = [
        *(((_submitted_at(order), 0, order.order_id), order) for order in orders),
        *(((each.at.timestamp(), 1, each.activity_id), each) for each in settlements),
        *(((_spoken_at(each), 2, f"{each.number:09}"), each) for each in assignments),
    ]
    for _, event in sorted(timed, key=lambda pair: pair[0]):
        match event:
            case OrderReport():
                adjuster.adjust((leg.symbol for leg in filled_legs(event)), event)
                by_order.take(event)
            case Settlement():
                by_settlement.take(event)
            case Assignment():
                by_word.take(event)
    adjuster.adjust(sorted(held))
    alive = [chain for chain in chronicle.chains.values() if not chain.is_empty()]
    links = {symbol: tuple(each) for symbol, each in chronicle.loose_links.items() if each}
    shortfalls = {number: tuple(each) for number, each in by_word.shortfalls.items()}
    return Past(tuple(reversed(alive)), chronicle.loose, links, shortfalls)


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
