"""Routes under `/api/positions`."""

from typing import Any

from fastapi import APIRouter

from closeout.api.deps import Desk, DeskDep
from closeout.api.groups import history_out, unassigned_out
from closeout.api.previews import find, preview
from closeout.api.views import position_out
from closeout.schemas.closes import (
    ClosePreviewRequest,
)
from closeout.schemas.groups import PositionHistory
from closeout.schemas.positions import PositionOut, PositionsResponse
from closeout.schemas.previews import ClosePreview
from closeout.schemas.problems import Problem

router = APIRouter(prefix="/api/positions", tags=["positions"])

_PROBLEM: dict[str, Any] = {"model": Problem, "content": {"application/problem+json": {}}}
PROBLEMS: dict[int | str, dict[str, Any]] = {
    404: _PROBLEM | {"description": "No such position or leg. Nothing was sent."},
    409: _PROBLEM | {"description": "The account or the market stands in the way."},
    422: _PROBLEM | {"description": "The request does not fit. Nothing was sent."},
    503: _PROBLEM | {"description": "Alpaca or the journal does not answer. Nothing was sent."},
}


@router.get("", operation_id="listPositions")
async def list_positions(desk: DeskDep) -> PositionsResponse:
    """
    Every strategy the account holds.

    `error`: what is shown is old, as `as_of` says, or with `reading` not known yet.
    """
    book = desk.engine.book
    positions = [position_out(desk, strategy) for strategy in book.grouping.strategies]
    unread = book.holdings is None or book.holdings_error is not None
    reading = book.holdings is None and book.holdings_error is None
    return PositionsResponse(
        status="error" if unread else "success",
        positions=positions,
        total_count=len(positions),
        as_of=book.holdings.at if book.holdings else None,
        message=_READING if reading else _unread_message(desk) if unread else None,
        reading=reading,
        unassigned=unassigned_out(book.grouping),
    )


_READING = "The account is being read for the first time since the start. Ask again in a moment."


def _unread_message(desk: Desk) -> str:
    reason = desk.engine.book.holdings_error
    return f"Alpaca's positions could not be read: {reason}. Closeout goes on trying."


@router.get("/{position_id}", operation_id="getPosition", responses={404: PROBLEMS[404]})
async def get_position(desk: DeskDep, position_id: str) -> PositionOut:
    """One strategy."""
    strategy, _ = find(desk, position_id, None)
    return position_out(desk, strategy)


@router.get("/{position_id}/history", operation_id="getHistory", responses={404: PROBLEMS[404]})
async def get_history(desk: DeskDep, position_id: str) -> PositionHistory:
    """What happened to a strategy: opened, added to, rolled, reduced, assigned and so on."""
    strategy, _ = find(desk, position_id, None)
    return history_out(desk, strategy)


@router.post("/{position_id}/close-preview", operation_id="previewClose", responses=PROBLEMS)
async def close_preview(desk: DeskDep, position_id: str, body: ClosePreviewRequest) -> ClosePreview:
    """Exactly what a close would send now. Nothing is sent."""
    return await preview(desk, position_id, body)
