"""
What the options of an account bind: Alpaca's universal spread rule.

The requirement of an underlying is the most its options and shares can lose at any price,
judged at each expiry with what is then alive, before premiums (docs.alpaca.markets, options
level 3 trading). Shares that cover calls count; their own margin is not counted here.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal

from closeout.domain.occ import OccSymbol, Right, option_or_none
from closeout.domain.strategies import OPTION_MULTIPLIER

_Row = tuple[OccSymbol, int]


def margin_requirement(quantities: Mapping[str, Decimal]) -> Decimal | None:
    """
    Return the dollars bound, from symbols to signed quantities.

    None when more calls are short than long calls and shares cover: there is no most. Nor is
    anything said of an account with adjusted contracts: what they deliver is not in their symbol.
    """
    classes: dict[str, list[_Row]] = defaultdict(list)
    for symbol, quantity in quantities.items():
        option = option_or_none(symbol)
        if option is not None and quantity:
            if option.is_adjusted:
                return None
            classes[option.root].append((option, int(quantity)))
    total = Decimal(0)
    for root, rows in classes.items():
        shares = max(0, int(quantities.get(root, Decimal(0))))
        bound = _class_requirement(rows, shares)
        if bound is None:
            return None
        total += bound
    return total


def _class_requirement(rows: Sequence[_Row], shares: int) -> Decimal | None:
    worst = Decimal(0)
    for day in {option.expiry for option, _ in rows}:
        loss = _most_lost([row for row in rows if row[0].expiry >= day], shares)
        if loss is None:
            return None
        worst = max(worst, loss)
    return worst


def _most_lost(alive: Sequence[_Row], shares: int) -> Decimal | None:
    """Return the deepest point of the payoff: at nothing, at a strike, or without end."""
    calls = sum(quantity for option, quantity in alive if option.right is Right.CALL)
    if calls * OPTION_MULTIPLIER + shares < 0:
        return None
    spots = {Decimal(0), *(option.strike for option, _ in alive)}
    return max(Decimal(0), -min(_payoff(alive, shares, spot) for spot in spots))


def _payoff(alive: Sequence[_Row], shares: int, spot: Decimal) -> Decimal:
    """Dollars at expiry, the shares' worth among them: it pays for calls that are assigned."""
    options = sum((_intrinsic(option, spot) * quantity for option, quantity in alive), Decimal(0))
    return options * OPTION_MULTIPLIER + shares * spot


def _intrinsic(option: OccSymbol, spot: Decimal) -> Decimal:
    inside = spot - option.strike if option.right is Right.CALL else option.strike - spot
    return max(Decimal(0), inside)
