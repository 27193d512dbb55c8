"""Routes under `/api/closes`."""

from typing import Annotated

from fastapi import APIRouter, Query

from closeout.api.close_views import close_out
from closeout.api.deps import Desk, DeskDep
from closeout.api.positions import PROBLEMS
from closeout.runtime.refusals import UnknownClose
from closeout.schemas.closes import (
    CancelCloseResponse,
    ChangeCloseResponse,
    CloseOut,
    ClosesResponse,
)
from closeout.schemas.pacing import ChangeLimitRequest, ChangeWalkRequest

router = APIRouter(prefix="/api/closes", tags=["closes"])

_LIMIT_DEFAULT = 50
_LIMIT_MAX = 500


@router.get("", operation_id="listCloses")
async def list_closes(
    desk: DeskDep, limit: Annotated[int, Query(ge=1, le=_LIMIT_MAX)] = _LIMIT_DEFAULT
) -> ClosesResponse:
    """Closes of this account, newest first; running ones are never cut off."""
    closes = desk.engine.supervisor.closes()
    shown = [
        close_out(desk, state)
        for index, state in enumerate(closes)
        if index < limit or not state.phase.is_end
    ]
    return ClosesResponse(closes=shown, total_count=len(closes))


@router.get("/{close_id}", operation_id="getClose", responses={404: PROBLEMS[404]})
async def get_close(desk: DeskDep, close_id: str) -> CloseOut:
    """One close, with every leg and every order."""
    state = desk.engine.supervisor.close(close_id)
    if state is None:
        raise UnknownClose("There is no close of this id.")
    return close_out(desk, state)


@router.post("/{close_id}/cancel", operation_id="cancelClose", responses=PROBLEMS)
async def cancel_close(desk: DeskDep, close_id: str) -> CancelCloseResponse:
    """Ask for the working order to be cancelled. Fills may still come."""
    supervisor = desk.engine.supervisor
    state = supervisor.cancel(close_id)
    message = "The cancel is on its way. Fills may still come until Alpaca confirms it."
    if supervisor.journal_error is not None:
        message = (
            f"The cancel waits for the journal, which cannot be written "
            f"({supervisor.journal_error}). The order goes on working at Alpaca until then; "
            "cancel it on Alpaca's own page if that is urgent."
        )
    return CancelCloseResponse(close=close_out(desk, state), message=message)


@router.post("/{close_id}/faster", operation_id="hurryClose", responses=PROBLEMS)
async def hurry_close(
    desk: DeskDep, close_id: str, body: ChangeWalkRequest | None = None
) -> ChangeCloseResponse:
    """
    Go on at the next faster pace, beginning with a step now; from urgent, cross.

    Crossing goes to natural at once and never beyond the worst price.
    """
    state = desk.engine.supervisor.hurry(close_id, body.started_at if body else None)
    message = "It goes on faster, beginning with a step now."
    return ChangeCloseResponse(close=close_out(desk, state), message=_or_waits(desk, message))


@router.post("/{close_id}/limit", operation_id="changeCloseLimit", responses=PROBLEMS)
async def change_close_limit(
    desk: DeskDep, close_id: str, body: ChangeLimitRequest
) -> ChangeCloseResponse:
    """Stop the walk and let the order rest at this limit, never beyond the worst price."""
    state = desk.engine.supervisor.change_limit(close_id, body.limit_price, body.started_at)
    message = "The walk stops; the order is being moved to your limit and rests there."
    return ChangeCloseResponse(close=close_out(desk, state), message=_or_waits(desk, message))


def _or_waits(desk: Desk, message: str) -> str:
    """Say so when the journal must be written first and cannot be."""
    error = desk.engine.supervisor.journal_error
    if error is None:
        return message
    return (
        f"The change waits for the journal, which cannot be written ({error}). The order goes on "
        "working at Alpaca as it is until then."
    )
