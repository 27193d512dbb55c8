"""
The names traders give to the common shapes.

The catalogue holds every shape of QuantConnect LEAN's `OptionStrategies` (naked, covered and
protective positions, collar, conversion and reversal, verticals, straddles, strangles,
butterflies, condors, their iron kin, boxes, calendars, jelly rolls, ladders, backspreads) and
what else has a name on a trading floor: ratio spreads, diagonals, doubles of both, lizards,
seagulls, straps and strips, guts, synthetics, and butterflies and condors whose wings are
unequal in width (broken-wing) or in number (unbalanced).
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

from closeout.domain.occ import OccSymbol, Right, thousandths

Shape = Sequence[tuple[OccSymbol | None, int]]
"""Contracts with their signed quantity; None stands for shares."""

_SHARES_PER_CONTRACT = 100


class Piece(NamedTuple):
    """
    Contracts of one option in a shape, as plain values that compare fast.

    Pieces sort as a chain is read: by strike (in thousandths of a dollar), right and expiry
    (a day's ordinal). `quantity` is signed.
    """

    strike: int
    is_put: bool
    expiry: int
    quantity: int


def name_strategy(shape: Shape) -> str:
    """Name a strategy; `Custom` for what has no common name."""
    shares = sum(quantity for option, quantity in shape if option is None)
    options = [(option, quantity) for option, quantity in shape if option is not None]
    legs = len(options) + bool(shares)
    if len({option.root for option, _ in options}) > 1:
        return _custom(legs)  # an adjusted contract delivers something else
    if shares and any(option.is_adjusted for option, _ in options):
        return _custom(legs)
    pieces = sorted(piece_of(option, quantity) for option, quantity in options)
    return name_pieces(pieces, shares) or _custom(legs)


def has_name(shape: Shape) -> bool:
    """Whether a strategy has a common name."""
    return not name_strategy(shape).startswith(_NAMELESS)


def piece_of(option: OccSymbol, quantity: int) -> Piece:
    _, expiry, right, strike = option
    return Piece(thousandths(strike), right is _PUT, expiry.toordinal(), quantity)


_PUT = Right.PUT


def name_pieces(pieces: Sequence[Piece], shares: int = 0) -> str | None:
    """Name sorted pieces of one root, with as many shares; None for what has no common name."""
    if shares:
        return _name_with_shares(shares, pieces)
    if len(pieces) > _MOST_PIECES:
        return None
    unit = math.gcd(*[piece.quantity for piece in pieces])
    if unit > 1:
        pieces = [piece._replace(quantity=piece.quantity // unit) for piece in pieces]
    match pieces:
        case [only]:
            return f"{_side(only)} {_right(only)}"
        case [low, high]:
            return _name_pair(low, high)
        case [low, body, high]:
            return _name_three(low, body, high)
        case _:
            return _name_four(pieces)


_MOST_PIECES = 4
_NAMELESS = "Custom"


def _custom(legs: int) -> str:
    return f"{_NAMELESS} ({legs} legs)"


def _side(piece: Piece) -> str:
    return "Long" if piece.quantity > 0 else "Short"


def _right(piece: Piece) -> str:
    return "Put" if piece.is_put else "Call"


# --- two options ------------------------------------------------------------------------


def _name_pair(low: Piece, high: Piece) -> str | None:
    if low.is_put is not high.is_put:
        return _name_two_rights(low, high) if low.expiry == high.expiry else None
    opposite = low.quantity * high.quantity < 0
    if not opposite:
        return None
    if low.expiry != high.expiry:
        return _name_in_time(low, high) if low.quantity == -high.quantity else None
    return _name_vertical(low, high)


def _name_in_time(low: Piece, high: Piece) -> str:
    near = low if low.expiry < high.expiry else high
    kind = "Calendar" if low.strike == high.strike else "Diagonal"
    return f"{'' if near.quantity < 0 else 'Short '}{_right(low)} {kind}"


def _name_vertical(low: Piece, high: Piece) -> str:
    if low.quantity != -high.quantity:
        shorts, longs = sorted((low.quantity, high.quantity))
        return f"{_right(low)} {'Ratio Spread' if -shorts > longs else 'Backspread'}"
    # A put spread is opened for a credit when the higher strike is short, a call
    # spread when the lower one is.
    credit = (high if low.is_put else low).quantity < 0
    return f"{_right(low)} {'Credit' if credit else 'Debit'} Spread"


def _name_two_rights(low: Piece, high: Piece) -> str | None:
    put, call = (low, high) if low.is_put else (high, low)
    same_strike = low.strike == high.strike
    if abs(put.quantity) != abs(call.quantity):
        if not same_strike or {abs(put.quantity), abs(call.quantity)} != {1, 2}:
            return None
        if put.quantity * call.quantity < 0:
            return None
        return f"{_side(call)} {'Strip' if abs(put.quantity) > abs(call.quantity) else 'Strap'}"
    if put.quantity == call.quantity:
        kind = "Straddle" if same_strike else ("Strangle" if put.strike < call.strike else "Guts")
        return f"{_side(call)} {kind}"
    return f"Synthetic {_side(call)}" if same_strike else "Risk Reversal"


# --- three options ----------------------------------------------------------------------


def _name_three(low: Piece, body: Piece, high: Piece) -> str | None:
    pieces = (low, body, high)
    if not low.expiry == body.expiry == high.expiry:
        return None
    if low.is_put is body.is_put is high.is_put:
        return _name_butterfly(low, body, high) or _name_ladder(low, body, high)
    puts = [piece for piece in pieces if piece.is_put]
    calls = [piece for piece in pieces if not piece.is_put]
    if any(abs(piece.quantity) != 1 for piece in pieces):
        return None
    return _name_spread_and_single(puts, calls)


def _name_butterfly(low: Piece, body: Piece, high: Piece) -> str | None:
    """Two wings on one side, the body on the other, as many contracts in all."""
    wings = (low.quantity, high.quantity)
    if low.quantity * high.quantity <= 0 or sum(wings) != -body.quantity:
        return None
    kind = f"{_right(low)} Butterfly"
    if wings[0] != wings[1]:
        return f"{_side(low)} Unbalanced {kind}"
    equal = body.strike - low.strike == high.strike - body.strike
    return f"{_side(low)} {'' if equal else 'Broken-Wing '}{kind}"


def _name_ladder(low: Piece, body: Piece, high: Piece) -> str | None:
    """One option against two further out; LEAN's four ladders."""
    first, second, third = (high, body, low) if low.is_put else (low, body, high)
    if abs(first.quantity) != 1 or (second.quantity, third.quantity) != (-first.quantity,) * 2:
        return None
    rises = (first.quantity > 0) is not low.is_put
    return f"{'Bull' if rises else 'Bear'} {_right(low)} Ladder"


_Names = dict[tuple[int, ...], str]
"""Names by the signed quantities of sorted pieces."""


def _name_spread_and_single(puts: list[Piece], calls: list[Piece]) -> str | None:
    quantities = tuple(piece.quantity for piece in (*puts, *calls))
    if len(puts) == 1:
        (put,), (near, _) = puts, calls
        if put.strike > near.strike:
            return None
        credit = "Jade Lizard" if put.strike < near.strike else "Big Lizard"
        bullish: _Names = {(-1, -1, 1): credit, (-1, 1, -1): "Bull Seagull"}
        return bullish.get(quantities)
    (_, near), (call,) = puts, calls
    if call.strike < near.strike:
        return None
    credit = "Twisted Sister" if call.strike > near.strike else "Reverse Big Lizard"
    bearish: _Names = {(1, -1, -1): credit, (-1, 1, -1): "Bear Seagull"}
    return bearish.get(quantities)


# --- four options -----------------------------------------------------------------------


def _name_four(pieces: Sequence[Piece]) -> str | None:
    expiries = {piece.expiry for piece in pieces}
    puts = [piece for piece in pieces if piece.is_put]
    calls = [piece for piece in pieces if not piece.is_put]
    if len(puts) == len(calls):
        if len(expiries) == 1:
            return _name_box(puts, calls) or _name_iron(puts, calls)
        return _name_double(puts, calls) if len(expiries) == len(puts) else None
    if (puts and calls) or len(expiries) > 1:
        return None
    return _name_condor(pieces)


def _name_box(puts: list[Piece], calls: list[Piece]) -> str | None:
    """A call spread and the put spread of the same strikes that together are a loan."""
    if [put.strike for put in puts] != [call.strike for call in calls]:
        return None
    quantities = tuple(piece.quantity for piece in (*puts, *calls))
    boxes: _Names = {(-1, 1, 1, -1): "Box Spread", (1, -1, -1, 1): "Short Box Spread"}
    return boxes.get(quantities)


def _name_iron(puts: list[Piece], calls: list[Piece]) -> str | None:
    (outer_put, inner_put), (inner_call, outer_call) = puts, calls
    spreads_are_even = (
        outer_put.quantity == -inner_put.quantity and outer_call.quantity == -inner_call.quantity
    )
    if not spreads_are_even or inner_put.quantity * inner_call.quantity < 0:
        return None
    if inner_put.strike > inner_call.strike:
        return None
    prefix = "" if inner_put.quantity < 0 else "Reverse "
    if inner_put.quantity != inner_call.quantity:
        prefix += "Unbalanced "
    elif inner_put.strike - outer_put.strike != outer_call.strike - inner_call.strike:
        prefix += "Broken-Wing "
    kind = "Iron Butterfly" if inner_put.strike == inner_call.strike else "Iron Condor"
    return f"{prefix}{kind}"


def _name_double(puts: list[Piece], calls: list[Piece]) -> str | None:
    """A put and a call spread in time, over the same two expiries."""
    near_put, far_put = sorted(puts, key=lambda piece: piece.expiry)
    near_call, far_call = sorted(calls, key=lambda piece: piece.expiry)
    if (near_put.expiry, far_put.expiry) != (near_call.expiry, far_call.expiry):
        return None
    if (
        near_put.expiry == far_put.expiry
        or near_put.quantity != -far_put.quantity
        or near_call.quantity != -far_call.quantity
    ):
        return None
    if abs(near_put.quantity) != abs(near_call.quantity):
        return None
    strikes = {piece.strike for piece in (*puts, *calls)}
    if near_put.quantity == -near_call.quantity:
        if len(strikes) > 1:
            return None
        return "Jelly Roll" if near_call.quantity < 0 else "Short Jelly Roll"
    same = near_put.strike == far_put.strike and near_call.strike == far_call.strike
    prefix = "" if near_put.quantity < 0 else "Short "
    return f"{prefix}Double {'Calendar' if same else 'Diagonal'}"


def _name_condor(pieces: Sequence[Piece]) -> str | None:
    low, inner, outer, high = pieces
    pairs_are_even = low.quantity == -inner.quantity and outer.quantity == -high.quantity
    if not pairs_are_even or low.quantity * high.quantity < 0:
        return None
    kind = f"{_right(low)} Condor"
    if low.quantity != high.quantity:
        return f"{_side(low)} Unbalanced {kind}"
    equal = inner.strike - low.strike == high.strike - outer.strike
    return f"{_side(low)} {'' if equal else 'Broken-Wing '}{kind}"


# --- with shares ------------------------------------------------------------------------


def _name_with_shares(shares: int, pieces: Sequence[Piece]) -> str | None:
    if not pieces:
        return "Shares" if shares > 0 else "Short Shares"
    kinds = tuple(sorted((piece.is_put, piece.quantity > 0) for piece in pieces))
    if shares > 0:
        calls = sum(piece.quantity for piece in pieces if not piece.is_put)
        if kinds in _NEEDS_SHARES and shares < -calls * _SHARES_PER_CONTRACT:
            return "Ratio Call Write" if len(pieces) == 1 else None
    match kinds:
        case ((is_put, is_long),):
            return _BESIDE_ONE.get((shares > 0, is_put, is_long))
        case ((False, call_long), (True, put_long)):
            call, put = sorted(pieces, key=lambda piece: piece.is_put)
            return _name_two_beside(call, put, shares, call_long=call_long, put_long=put_long)
        case _:
            return _name_more_beside(shares, pieces)


_SHORT_CALL, _LONG_PUT, _SHORT_PUT = (False, False), (True, True), (True, False)
_NEEDS_SHARES = (
    (_SHORT_CALL,),
    (_SHORT_CALL, _LONG_PUT),
    (_SHORT_CALL, _SHORT_PUT),
    (_SHORT_CALL, _SHORT_PUT, _LONG_PUT),
)
_BESIDE_ONE = {
    # whether shares are long, whether it is a put, whether it is long
    (True, False, False): "Covered Call",
    (True, True, True): "Protective Put",
    (False, True, False): "Covered Put",
    (False, False, True): "Protective Call",
}


def _name_two_beside(
    call: Piece, put: Piece, shares: int, *, call_long: bool, put_long: bool
) -> str | None:
    is_synthetic = (call.strike, call.expiry) == (put.strike, put.expiry)
    locked = is_synthetic and -call.quantity == put.quantity
    if shares > 0 and put_long and not call_long:
        return "Conversion" if locked else "Collar"
    if shares < 0 and call_long and not put_long:
        return "Reversal" if locked else "Short Collar"
    if shares > 0 and not call_long and not put_long and call.expiry == put.expiry:
        return "Covered Straddle" if call.strike == put.strike else "Covered Strangle"
    return None


def _name_more_beside(shares: int, pieces: Sequence[Piece]) -> str | None:
    if shares < 0 or len({piece.expiry for piece in pieces}) > 1:
        return None
    puts = [piece.quantity for piece in pieces if piece.is_put]
    calls = [piece.quantity for piece in pieces if not piece.is_put]
    lots = shares // _SHARES_PER_CONTRACT
    if (puts, calls) == ([-lots, lots], [-lots]):
        return "Put Spread Collar"
    if (puts, calls) == ([], [lots, -2 * lots]):
        return "Stock Repair"
    return None
