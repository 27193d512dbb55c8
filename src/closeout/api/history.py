"""The route `/api/history`: closes that have ended, and what they add up to."""

import asyncio
from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query

from closeout.api.close_views import close_out
from closeout.api.deps import Desk, DeskDep
from closeout.api.positions import PROBLEMS
from closeout.api.report_views import share
from closeout.closing.report import report_of
from closeout.closing.state import CloseState
from closeout.closing.totals import Ended, terms_of, totals_of
from closeout.runtime.refusals import UnknownClose
from closeout.schemas.history import HistoryResponse
from closeout.schemas.reports import HistoryTotalsOut

router = APIRouter(prefix="/api/history", tags=["closes"])

_LIMIT_DEFAULT = 50
_LIMIT_MAX = 200
_AT_A_TIME = 50
"""Reports between two breaths: closes that are running must not wait for a thousand of them."""


@router.get("", operation_id="listHistory", responses={404: PROBLEMS[404]})
async def list_history(
    desk: DeskDep,
    limit: Annotated[int, Query(ge=1, le=_LIMIT_MAX)] = _LIMIT_DEFAULT,
    before: Annotated[
        str | None, Query(max_length=64, description="Go on after this close's id.")
    ] = None,
) -> HistoryResponse:
    """Ended closes with their reports, newest first, and totals over all that are kept."""
    states = _ended(desk)
    start = 0 if before is None else _place_after(states, before)
    page = states[start : start + limit]
    ended = await _reported(states)
    return HistoryResponse(
        closes=[close_out(desk, state) for state in page],
        total_count=len(states),
        next_before=page[-1].close_id if start + limit < len(states) else None,
        totals=_totals(ended, None),
        by_terms=[_totals(part, terms) for terms, part in _by_terms(ended).items()],
    )


def _ended(desk: Desk) -> list[CloseState]:
    ended = [state for state in desk.engine.supervisor.closes() if state.phase.is_end]
    return sorted(ended, key=lambda state: (state.ended_at, state.close_id), reverse=True)


def _place_after(states: Sequence[CloseState], close_id: str) -> int:
    for place, state in enumerate(states):
        if state.close_id == close_id:
            return place + 1
    raise UnknownClose("There is no ended close of this id to go on after. Begin anew without it.")


async def _reported(states: Sequence[CloseState]) -> list[Ended]:
    reported: list[Ended] = []
    for count, state in enumerate(states):
        if count % _AT_A_TIME == 0:
            await asyncio.sleep(0)
        reported.append((state, report_of(state)))
    return reported


def _by_terms(ended: Sequence[Ended]) -> dict[str, list[Ended]]:
    parts: dict[str, list[Ended]] = {}
    for each in ended:
        parts.setdefault(terms_of(each[0]), []).append(each)
    return dict(sorted(parts.items()))


def _totals(ended: Sequence[Ended], terms: str | None) -> HistoryTotalsOut:
    totals = totals_of(ended)
    time = totals.flat_after
    return HistoryTotalsOut.model_validate(
        {
            "terms": terms,
            "closes": totals.closes,
            "closed": totals.closed,
            "cash": round(totals.cash, 2),
            "pnl": round(totals.pnl, 2),
            "pnl_unknown": totals.pnl_unknown,
            "fees": totals.fees,
            "median_half_spread_share": share(totals.share),
            "measured": totals.measured,
            "median_seconds_to_flat": None if time is None else round(time.total_seconds(), 3),
        }
    )
