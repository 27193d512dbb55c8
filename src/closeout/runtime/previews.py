"""Previews that were shown lately, so that a close can be exactly what one of them showed."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from closeout.closing.partial import Portion
from closeout.closing.plans import Plan
from closeout.closing.snapshots import MarketSnapshot
from closeout.ports import Clock
from closeout.runtime.refusals import PreviewDisagrees, PreviewStale
from closeout.runtime.requests import CloseRequest

LIFE = timedelta(seconds=30)
"""How long a preview may be named. Quotes and holdings are checked then all the same."""

KEPT = 200
"""The oldest go first. An open page asks for one every second or so."""


@dataclass(frozen=True, slots=True)
class KeptPreview:
    """
    What was asked, what would have been sent, and the market it was shown with.

    `cancels` are the broker's ids of the open orders that would have been cancelled first.
    """

    id: str
    request: CloseRequest
    plan: Plan
    market: MarketSnapshot
    cancels: frozenset[str]
    expires_at: datetime


@dataclass(slots=True)
class Previews:
    """In memory only: a restart forgets them, and the answer then says to preview again."""

    clock: Clock
    _kept: dict[str, KeptPreview] = field(default_factory=dict)

    def keep(
        self,
        request: CloseRequest,
        plan: Plan,
        market: MarketSnapshot,
        *,
        cancels: Iterable[str] = (),
    ) -> KeptPreview:
        """Remember a preview under a new id."""
        self._forget()
        kept = KeptPreview(
            id=f"prv_{secrets.token_hex(8)}",
            request=request,
            plan=plan,
            market=market,
            cancels=frozenset(cancels),
            expires_at=self.clock.now() + LIFE,
        )
        self._kept[kept.id] = kept
        return kept

    def named_by(self, request: CloseRequest) -> KeptPreview | None:
        """
        Return the preview that a close names, None when it names none.

        Raises: PreviewStale: it is too old or not known; PreviewDisagrees: it was for
            something else than the close says.
        """
        if request.preview_id is None:
            return None
        kept = self._kept.get(request.preview_id)
        if kept is None or self.clock.now() >= kept.expires_at:
            raise PreviewStale.expired(LIFE)
        _check_agrees(request, kept)
        return kept

    def portion(self, request: CloseRequest) -> Portion:
        """Return how much is meant: what the preview showed, where one is named and known."""
        kept = None if request.preview_id is None else self._kept.get(request.preview_id)
        return request.portion if kept is None else kept.request.portion

    def _forget(self) -> None:
        """Drop what nobody can name any more, and the oldest beyond `KEPT`."""
        now = self.clock.now()
        for each in list(self._kept.values()):
            if now < each.expires_at and len(self._kept) < KEPT:
                return
            del self._kept[each.id]


def _check_agrees(request: CloseRequest, kept: KeptPreview) -> None:
    shown = kept.request
    if (request.position_id, request.leg_id) != (shown.position_id, shown.leg_id):
        raise PreviewDisagrees("position or leg")
    for name, value in request.stated.items():
        if name == "limit_price" and value in {step.limit for step in kept.plan.steps}:
            # An offset was previewed, and the limit it came to is said back.
            continue
        if name not in shown.stated or shown.stated[name] != value:
            raise PreviewDisagrees(name)
