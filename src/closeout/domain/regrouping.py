"""
Decides what an edit of the user's is to be, from how things are grouped now.

An edit moves contracts and makes none, so claims go on adding up to what is held. A strategy
that was recognised by its shape has no past that keeps it together: an edit pins what remains
of it, so that the user's word holds for all that was touched.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from closeout.domain.assignments import Share
from closeout.domain.edits import (
    Edit,
    EditsUndone,
    LegMoved,
    OrphanLeft,
    Part,
    StrategiesMerged,
    StrategyRenamed,
    StrategySplit,
    standing,
)
from closeout.domain.errors import CannotRegroup
from closeout.domain.grouping import Grouping
from closeout.domain.happenings import orphan
from closeout.domain.strategies import GroupedBy, Strategy, strategy_id

Claims = dict[str, int]
Pick = tuple[str, int]
"""A leg's id and how many of its contracts."""


@dataclass(frozen=True, slots=True)
class Occasion:
    """
    What an edit is made on.

    `after` is when the newest order or settlement that is known was, by the broker's clock.
    """

    account: str
    number: int
    at: datetime
    after: datetime | None
    grouping: Grouping

    def strategy(self, position_id: str) -> Strategy:
        """Raises: CannotRegroup: `unknown_position`."""
        for each in self.grouping.strategies:
            if each.id == position_id:
                return each
        raise CannotRegroup(
            "unknown_position",
            f"There is no position {position_id} now. Look at the positions again.",
        )

    def new_id(self, position_id: str, index: int) -> str:
        """Derive the id of a strategy that is taken out of another by this edit."""
        return strategy_id(self.account, position_id, f"edit {self.number}", str(index))


def merge(occasion: Occasion, position_ids: Sequence[str], name: str | None) -> StrategiesMerged:
    """
    Make one strategy of several: the first, which keeps its id.

    Raises: CannotRegroup.
    """
    if len(set(position_ids)) != len(position_ids) or len(position_ids) < 2:  # noqa: PLR2004 - a pair
        raise CannotRegroup("nothing_to_merge", "Name at least two different positions to merge.")
    first, *others = (occasion.strategy(each) for each in position_ids)
    for other in others:
        _require_one_underlying(first, other)
    shares = _Shares(occasion.grouping)
    merged = Part(
        first.id,
        (*shares.kept(first, _claims(first)), *_given(shares, others)),
    )
    titles = " and ".join(_title(each) for each in (first, *others))
    return StrategiesMerged(
        number=occasion.number,
        at=occasion.at,
        after=occasion.after,
        text=f"Merged {titles}" + (f" as “{name}”" if name else ""),
        position_ids=tuple(position_ids),
        parts=(merged,),
        name=name,
    )


def split(occasion: Occasion, position_id: str, parts: Sequence[Sequence[Pick]]) -> StrategySplit:
    """
    Make several strategies of one.

    What no part names stays under the id; when the parts name everything, the first does.

    Raises: CannotRegroup.
    """
    whole = occasion.strategy(position_id)
    wanted = [_picked(whole, part) for part in parts]
    rest = Counter(_claims(whole))
    for part in wanted:
        rest.subtract(part)
    for symbol, left in rest.items():
        if left * _claims(whole)[symbol] < 0:
            raise CannotRegroup(
                "too_many_contracts",
                f"The parts ask for more {symbol} than {_title(whole)} has "
                f"({abs(_claims(whole)[symbol])}).",
            )
    remaining = {symbol: left for symbol, left in rest.items() if left}
    shapes = [remaining, *wanted] if remaining else wanted
    if len(shapes) < 2:  # noqa: PLR2004 - a whole is one
        raise CannotRegroup(
            "nothing_to_split",
            "The parts leave the position as it is. Name legs and quantities of at least one part "
            "that is not all of it.",
        )
    shares = _Shares(occasion.grouping)
    stays, *leaves = shapes
    made = [Part(whole.id, shares.kept(whole, stays))]
    for index, part in enumerate(leaves, start=1):
        made.append(Part(occasion.new_id(whole.id, index), shares.given(whole, part)))
    return StrategySplit(
        number=occasion.number,
        at=occasion.at,
        after=occasion.after,
        text=f"Split {_title(whole)} into {len(shapes)}",
        position_id=whole.id,
        parts=tuple(made),
    )


def move(
    occasion: Occasion,
    from_position_id: str,
    pick: Pick,
    to_position_id: str | None,
) -> LegMoved:
    """
    Give contracts of a leg to another strategy, or make them one of their own.

    Raises: CannotRegroup.
    """
    source = occasion.strategy(from_position_id)
    (symbol, quantity), *_ = _picked(source, [pick]).items()
    rest = Counter(_claims(source))
    rest.subtract({symbol: quantity})
    remaining = {each: left for each, left in rest.items() if left}
    if to_position_id is None and not remaining:
        raise CannotRegroup("nothing_to_move", "That is the whole position already.")
    if to_position_id == from_position_id:
        raise CannotRegroup("nothing_to_move", "The leg is in that position already.")
    shares = _Shares(occasion.grouping)
    identity, where = occasion.new_id(source.id, 1), "a position of its own"
    kept: tuple[Share, ...] = ()
    if to_position_id is not None:
        target = occasion.strategy(to_position_id)
        _require_one_underlying(source, target)
        identity, where = target.id, _title(target)
        kept = shares.kept(target, _claims(target))
    parts = [Part(identity, (*kept, *shares.given(source, {symbol: quantity})))]
    if remaining:
        parts.append(Part(source.id, shares.kept(source, remaining)))
    return LegMoved(
        number=occasion.number,
        at=occasion.at,
        after=occasion.after,
        text=f"Moved {abs(quantity)} {symbol} from {_title(source)} to {where}",
        from_position_id=source.id,
        to_position_id=identity,
        symbol=symbol,
        quantity=quantity,
        parts=tuple(parts),
    )


def rename(occasion: Occasion, position_id: str, name: str | None) -> StrategyRenamed:
    """
    Give a strategy the user's name; None gives it back that of its shape.

    Raises: CannotRegroup.
    """
    strategy = occasion.strategy(position_id)
    kept = _Shares(occasion.grouping).kept(strategy, _claims(strategy))
    told = f"to “{name}”" if name else f"back to {strategy.shape_name}"
    return StrategyRenamed(
        number=occasion.number,
        at=occasion.at,
        after=occasion.after,
        text=f"Renamed {_title(strategy)} {told}",
        position_id=strategy.id,
        parts=(Part(strategy.id, kept),),
        name=name,
    )


def leave(occasion: Occasion, position_id: str) -> OrphanLeft:
    """
    Note that the user has seen what is left of a strategy and leaves it as it is.

    Raises: CannotRegroup: `unknown_position`, `not_an_orphan`.
    """
    strategy = occasion.strategy(position_id)
    links = occasion.grouping.histories.get(position_id, ())
    found = orphan(strategy, links)
    if found is None or found.is_left:
        raise CannotRegroup(
            "not_an_orphan", f"{_title(strategy)} is not an orphan, or you leave it already."
        )
    kept = _Shares(occasion.grouping).kept(strategy, _claims(strategy))
    return OrphanLeft(
        number=occasion.number,
        at=occasion.at,
        after=occasion.after,
        text=f"Left {_title(strategy)} as it is",
        position_id=strategy.id,
        parts=(Part(strategy.id, kept),),
        legs=tuple(sorted(_claims(strategy).items())),
    )


def undo(edits: Iterable[Edit], *, down_to: int | None, number: int, at: datetime) -> EditsUndone:
    """
    Take back the last edit that stands, or all of them from number `down_to` on.

    Raises: CannotRegroup: `nothing_to_undo`.
    """
    stand = standing(edits)
    if down_to is None:
        taken = stand[-1:]
    elif any(each.number == down_to for each in stand):
        taken = tuple(each for each in stand if each.number >= down_to)
    else:
        taken = ()
    if not taken:
        what = "There is no edit" if down_to is None else f"Edit {down_to} does not stand"
        raise CannotRegroup("nothing_to_undo", f"{what}, so there is nothing to undo.")
    told = "; ".join(f"{each.text[0].lower()}{each.text[1:]}" for each in reversed(taken))
    return EditsUndone(
        number=number,
        at=at,
        text=f"Undid: {told}",
        undone=tuple(each.number for each in taken),
    )


def _claims(strategy: Strategy) -> Claims:
    return {leg.symbol: leg.quantity for leg in strategy.legs}


def _title(strategy: Strategy) -> str:
    return f"{strategy.underlying} {strategy.name}"


def _given(shares: "_Shares", strategies: Iterable[Strategy]) -> tuple[Share, ...]:
    return tuple(share for each in strategies for share in shares.given(each, _claims(each)))


def _require_one_underlying(one: Strategy, other: Strategy) -> None:
    if one.underlying != other.underlying:
        raise CannotRegroup(
            "different_underlyings",
            f"{_title(one)} and {_title(other)} are on different underlyings; a position has one.",
        )


def _picked(strategy: Strategy, picks: Sequence[Pick]) -> Claims:
    """Return signed contracts by symbol. Raises: CannotRegroup."""
    found: Counter[str] = Counter()
    for leg_id, contracts in picks:
        leg = strategy.leg(leg_id)
        if leg is None:
            raise CannotRegroup(
                "unknown_leg", f"{_title(strategy)} has no leg {leg_id} now. Look at it again."
            )
        found[leg.symbol] += -contracts if leg.is_short else contracts
        if abs(found[leg.symbol]) > leg.contracts:
            raise CannotRegroup(
                "too_many_contracts",
                f"{_title(strategy)} has {leg.contracts} of {leg.symbol}, not "
                f"{abs(found[leg.symbol])}.",
            )
    return dict(found)


class _Shares:
    """
    Says where the contracts of each part come from.

    Contracts of recognised strategies are handed out in the order in which they will be
    replayed: those that the history knows of first, then those that are older.
    """

    def __init__(self, grouping: Grouping) -> None:
        self._known: dict[str, int] = dict(grouping.loose)

    def given(self, source: Strategy, quantities: Mapping[str, int]) -> tuple[Share, ...]:
        """What another strategy gets of `source`."""
        if source.grouped_by is not GroupedBy.SHAPE:
            return tuple(
                Share(symbol, quantity, taken_from=source.id)
                for symbol, quantity in sorted(quantities.items())
            )
        return tuple(self._loose(*each) for each in sorted(quantities.items()))

    def kept(self, strategy: Strategy, quantities: Mapping[str, int]) -> tuple[Share, ...]:
        """What `strategy` goes on having, as far as nothing keeps it together yet."""
        if strategy.grouped_by is not GroupedBy.SHAPE:
            return ()
        return self.given(strategy, quantities)

    def _loose(self, symbol: str, quantity: int) -> Share:
        known = self._known.get(symbol, 0)
        same_side = known * quantity > 0
        found = min(abs(known), abs(quantity)) * (1 if quantity > 0 else -1) if same_side else 0
        self._known[symbol] = known - found
        return Share(symbol, quantity, unexplained=quantity - found)
