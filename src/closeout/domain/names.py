"""The names traders give to the common shapes."""

import math
from collections.abc import Sequence

from closeout.domain.occ import OccSymbol, Right

Shape = Sequence[tuple[OccSymbol | None, int]]
"""Contracts with their signed quantity; None stands for shares."""

_Option = tuple[OccSymbol, int]

_SHARES_PER_CALL = 100


def name_strategy(shape: Shape) -> str:
    """Name a strategy; `Custom` for what has no common name."""
    shares = sum(quantity for option, quantity in shape if option is None)
    options = sorted((option, quantity) for option, quantity in shape if option is not None)
    if shares:
        return _name_with_shares(shares, options)
    if len({option.root for option, _ in options}) > 1:
        return _custom(len(options))  # an adjusted contract delivers something else
    ratios = _in_lowest_terms(options)
    match len(ratios):
        case 1:
            return _name_single(*ratios[0])
        case 2:
            return _name_pair(ratios[0], ratios[1])
        case 3:
            return _name_butterfly(ratios)
        case 4:
            return _name_four(ratios)
        case _:
            return _custom(len(ratios))


def _in_lowest_terms(options: list[_Option]) -> list[_Option]:
    unit = math.gcd(*(quantity for _, quantity in options)) or 1
    ordered = sorted(options, key=lambda each: (each[0].strike, each[0].right, each[0].expiry))
    return [(option, quantity // unit) for option, quantity in ordered]


def _custom(legs: int) -> str:
    return f"Custom ({legs} legs)"


def _side(quantity: int) -> str:
    return "Long" if quantity > 0 else "Short"


def _name_with_shares(shares: int, options: list[_Option]) -> str:
    if not options:
        return "Shares" if shares > 0 else "Short Shares"
    kinds = {(option.right, quantity > 0) for option, quantity in options}
    if shares > 0 and len(options) == len(kinds):
        calls = sum(quantity for option, quantity in options if option.right is Right.CALL)
        if shares < -calls * _SHARES_PER_CALL:
            return "Ratio Call Write" if len(options) == 1 else _custom(len(options) + 1)
        names = {
            frozenset({(Right.CALL, False)}): "Covered Call",
            frozenset({(Right.PUT, True)}): "Protective Put",
            frozenset({(Right.CALL, False), (Right.PUT, True)}): "Collar",
        }
        return names.get(frozenset(kinds), _custom(len(options) + 1))
    return _custom(len(options) + 1)


def _name_single(option: OccSymbol, quantity: int) -> str:
    return f"{_side(quantity)} {option.right.word}"


def _name_pair(low: _Option, high: _Option) -> str:
    (first, first_quantity), (second, second_quantity) = low, high
    if first.right is not second.right:
        return _name_two_rights(low, high)
    opposite = first_quantity * second_quantity < 0
    balanced = first_quantity == -second_quantity
    word = first.right.word
    if first.expiry != second.expiry:
        if not (opposite and balanced):
            return _custom(2)
        return f"{word} Calendar" if first.strike == second.strike else f"{word} Diagonal"
    if not opposite:
        return _custom(2)
    if not balanced:
        shorts, longs = sorted((first_quantity, second_quantity))
        return f"{word} Ratio Spread" if -shorts > longs else f"{word} Backspread"
    # A put spread is opened for a credit when the higher strike is short, a call
    # spread when the lower one is.
    credit = second_quantity < 0 if first.right is Right.PUT else first_quantity < 0
    return f"{word} {'Credit' if credit else 'Debit'} Spread"


def _name_two_rights(low: _Option, high: _Option) -> str:
    (first, first_quantity), (second, second_quantity) = low, high
    if first.expiry != second.expiry or abs(first_quantity) != abs(second_quantity):
        return _custom(2)
    if first_quantity == second_quantity:
        kind = "Straddle" if first.strike == second.strike else "Strangle"
        return f"{_side(first_quantity)} {kind}"
    call_quantity = first_quantity if first.right is Right.CALL else second_quantity
    if first.strike == second.strike:
        return f"Synthetic {_side(call_quantity)}"
    return "Risk Reversal"


def _name_butterfly(options: list[_Option]) -> str:
    quantities = [quantity for _, quantity in options]
    rights = {option.right for option, _ in options}
    expiries = {option.expiry for option, _ in options}
    if len(rights) > 1 or len(expiries) > 1 or quantities not in ([1, -2, 1], [-1, 2, -1]):
        return _custom(3)
    low, body, high = (option.strike for option, _ in options)
    wings = "" if body - low == high - body else "Broken-Wing "
    return f"{_side(quantities[0])} {wings}{rights.pop().word} Butterfly"


def _name_four(options: list[_Option]) -> str:
    if len({option.expiry for option, _ in options}) > 1:
        return _custom(4)
    puts = [each for each in options if each[0].right is Right.PUT]
    calls = [each for each in options if each[0].right is Right.CALL]
    if len(puts) == len(calls) == 2:  # noqa: PLR2004 - two and two make a condor
        return _name_iron(puts, calls)
    quantities = [quantity for _, quantity in options]
    if (not puts or not calls) and quantities in ([1, -1, -1, 1], [-1, 1, 1, -1]):
        return f"{_side(quantities[0])} {options[0][0].right.word} Condor"
    return _custom(4)


def _name_iron(puts: list[_Option], calls: list[_Option]) -> str:
    quantities = [quantity for _, quantity in (*puts, *calls)]
    prefix = {"1 -1 -1 1": "", "-1 1 1 -1": "Reverse "}.get(" ".join(map(str, quantities)))
    inner_put, inner_call = puts[1][0].strike, calls[0][0].strike
    if prefix is None or inner_put > inner_call:
        return _custom(4)
    kind = "Iron Butterfly" if inner_put == inner_call else "Iron Condor"
    return f"{prefix}{kind}"
