"""Closes that are claimed and not on record yet."""

import asyncio
from dataclasses import dataclass, field

from closeout.closing.events import TradeRevised
from closeout.closing.state import CloseState
from closeout.runtime.keys import matching
from closeout.runtime.requests import CloseRequest
from closeout.runtime.runner import Runner


@dataclass(frozen=True, slots=True)
class Beginning:
    """
    A close on its way to the disk. Nothing of it has been sent, and nobody else may plan for it.

    `written` brings its runner, or why there is none, to everybody who has asked for it.
    """

    state: CloseState
    request: CloseRequest
    written: asyncio.Task[Runner]
    revisions: list[TradeRevised] = field(default_factory=list)
    """What the exchange took back meanwhile; its runner hears of it before anything is sent."""

    def is_under_key_of(self, request: CloseRequest) -> bool:
        """
        Whether this is the close of the request's Idempotency-Key.

        Raises: KeyReused: it is, but the request is another.
        """
        key = request.idempotency_key
        if key is None or key != self.request.idempotency_key:
            return False
        matching(request, self.state.close_id, self.request.fingerprint)
        return True
