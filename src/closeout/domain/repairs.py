"""To what an orphan could be attached, the likeliest first."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from closeout.domain.coverage import uncovered_contracts
from closeout.domain.margin import margin_requirement
from closeout.domain.names import has_name, name_strategy
from closeout.domain.occ import Right, option_or_none
from closeout.domain.strategies import Strategy


@dataclass(frozen=True, slots=True)
class Attachment:
    """
    A strategy the orphan may join. `makes` is the name of both together, None without one.

    `is_delivered` says that it is shares on the side on which the assignment or exercise of
    what the orphan misses would have brought some.
    `covers` are short contracts that nothing in either covers and that something in both does.
    `frees` is the margin in dollars that they need less together; None when that is without
    limit, apart or together.
    """

    strategy: Strategy
    is_delivered: bool
    makes: str | None
    covers: int
    shares_expiry: bool
    frees: Decimal | None


def attachments(orphan: Strategy, others: Iterable[Strategy]) -> tuple[Attachment, ...]:
    """
    Return what the orphan may be attached to: strategies on its underlying.

    Shares that came of what is missing come first, then what makes a named shape, what covers
    more shorts, what has an expiry in common, and what frees more margin; what is equal in all
    of it goes by expiry and id.
    """
    found = [
        _attachment(orphan, each)
        for each in others
        if each.underlying == orphan.underlying and each.id != orphan.id
    ]
    return tuple(sorted(found, key=_likeliest_first))


def _likeliest_first(each: Attachment) -> tuple[object, ...]:
    return (
        not each.is_delivered,
        each.makes is None,
        -each.covers,
        not each.shares_expiry,
        -(each.frees or Decimal(0)),
        each.strategy.expiry or date.max,
        each.strategy.id,
    )


def _attachment(orphan: Strategy, other: Strategy) -> Attachment:
    apart = _quantities(orphan), _quantities(other)
    together: Counter[str] = Counter(apart[0])
    together.update(apart[1])
    legs = {symbol: count for symbol, count in together.items() if count}
    shape = [(option_or_none(symbol), count) for symbol, count in legs.items()]
    return Attachment(
        strategy=other,
        is_delivered=_is_delivered(orphan, other),
        makes=name_strategy(shape) if legs and has_name(shape) else None,
        covers=sum(uncovered_contracts(_exact(each)) for each in apart)
        - uncovered_contracts(_exact(legs)),
        shares_expiry=not _expiries(orphan).isdisjoint(_expiries(other)),
        frees=_frees(apart, legs),
    )


def _is_delivered(orphan: Strategy, other: Strategy) -> bool:
    shares = sum(_side_brought(symbol) * wanted for symbol, wanted in orphan.missing)
    return all(leg.option is None and leg.quantity * shares > 0 for leg in other.legs)


def _side_brought(symbol: str) -> int:
    """Long calls and short puts bring long shares (1), the others short ones (-1)."""
    option = option_or_none(symbol)
    if option is None:
        return 0
    return 1 if option.right is Right.CALL else -1


def _frees(apart: Iterable[Mapping[str, int]], together: Mapping[str, int]) -> Decimal | None:
    before = [margin_requirement(_exact(each)) for each in apart]
    after = margin_requirement(_exact(together))
    if after is None or None in before:
        return None
    return sum((each for each in before if each is not None), Decimal(0)) - after


def _quantities(strategy: Strategy) -> dict[str, int]:
    return {leg.symbol: leg.quantity for leg in strategy.legs}


def _exact(quantities: Mapping[str, int]) -> dict[str, Decimal]:
    return {symbol: Decimal(count) for symbol, count in quantities.items()}


def _expiries(strategy: Strategy) -> frozenset[date]:
    return frozenset(leg.option.expiry for leg in strategy.legs if leg.option)
