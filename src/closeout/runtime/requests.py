"""What a person asks for, and what the account makes of it."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from closeout.closing.pacing import WalkTerms
from closeout.closing.partial import WHOLE, Portion
from closeout.closing.plans import Plan
from closeout.closing.snapshots import MarketSnapshot
from closeout.closing.terms import IfRefused, NoBid, Terms
from closeout.domain.strategies import Leg, Strategy


@dataclass(frozen=True, slots=True)
class CloseRequest:
    """
    What a person asked for. `leg_id` None means the strategy; `portion` says how much.

    With a `preview_id` terms and portion are those of that preview. `stated` is what was spelt
    out, by its names in the HTTP contract: it must not say anything else. With
    `cancel_conflicting` open orders that hold the contracts are cancelled first.
    """

    position_id: str
    leg_id: str | None
    terms: Terms
    idempotency_key: str | None = None
    preview_id: str | None = None
    stated: Mapping[str, object] = field(default_factory=dict)
    cancel_conflicting: bool = False
    portion: Portion = WHOLE

    @property
    def leg_ids(self) -> frozenset[str] | None:
        """The legs that were named; None when none was, which means all."""
        if self.leg_id is not None:
            return frozenset({self.leg_id})
        return frozenset(self.portion.leg_ids) or None

    @property
    def fingerprint(self) -> str:
        """Tells apart two requests under one idempotency key."""
        if self.preview_id is not None:
            return _digest(self.position_id, self.leg_id or "", "preview", self.preview_id)
        parts: tuple[str, ...] = (
            self.position_id,
            self.leg_id or "",
            self.terms.order_type.value,
            _plain(self.terms.offset),
            _plain(self.terms.price),
            *_portion_text(self.portion),
            *_unusual_terms(self.terms),
        )
        if self.terms.walk is not None:
            parts += _walk_parts(self.terms.walk)
        if self.cancel_conflicting:
            parts += ("cancel_conflicting",)
        return _digest(*parts)


@dataclass(frozen=True, slots=True)
class Prepared:
    """
    A request put against the account as it is: what would be sent.

    `decided` is the market it was decided on: that of the preview, or else of the planning.
    """

    strategy: Strategy
    leg: Leg | None
    plan: Plan
    decided: MarketSnapshot
    conflicts: tuple[str, ...] = ()
    """The broker's ids of open orders that are cancelled first."""


def _digest(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()


def _walk_parts(walk: WalkTerms) -> tuple[str, ...]:
    schedule = walk.schedule
    custom = (
        ()
        if schedule is None
        else (
            str(schedule.budget.total_seconds()),
            str(schedule.interval.total_seconds()),
            _plain(schedule.start_share),
            _plain(schedule.end_share),
        )
    )
    return (
        walk.pace.value,
        walk.at_end.value,
        _plain(walk.worst_price),
        _plain(walk.worst_pnl),
        *custom,
    )


def _plain(value: Decimal | None) -> str:
    """The same text for the same number, however many zeros it came with."""
    return "" if value is None else f"{value.normalize():f}"


def _portion_text(portion: Portion) -> tuple[str, ...]:
    """Nothing for the whole, as fingerprints were before there were portions."""
    if portion.is_whole:
        return ()
    parts = (portion.units, portion.percent, portion.quantity)
    numbers = ("" if each is None else str(each) for each in parts)
    return (*numbers, *sorted(portion.leg_ids))


def _unusual_terms(terms: Terms) -> tuple[str, ...]:
    """Nothing for what is usual, as fingerprints were before there was a choice."""
    chosen = (terms.no_bid, terms.if_refused)
    if chosen == (NoBid.INCLUDE, IfRefused.STOP):
        return ()
    return tuple(each.value for each in chosen)
