"""Merging, splitting, moving and naming positions, and taking that back."""

import hashlib
from typing import Any

from fastapi import APIRouter

from closeout.api.deps import Desk, DeskDep, EditKey
from closeout.api.positions import PROBLEMS
from closeout.api.views import position_out
from closeout.domain.edits import (
    Edit,
    EditsUndone,
    LegMoved,
    OrphanLeft,
    StrategiesMerged,
    StrategyRenamed,
    StrategySplit,
    standing,
    touched,
)
from closeout.ports import AskedUnder
from closeout.schemas.base import Input
from closeout.schemas.edits import (
    EditKind,
    EditOut,
    EditResponse,
    EditsResponse,
    MergeRequest,
    MoveRequest,
    RenameRequest,
    SplitRequest,
    UndoRequest,
)
from closeout.schemas.groups import MissingOut

router = APIRouter(prefix="/api/positions", tags=["edits"])

_EDIT_PROBLEMS: dict[int | str, dict[str, Any]] = {
    404: PROBLEMS[404] | {"description": "No such position or leg. Nothing was changed."},
    409: PROBLEMS[409]
    | {"description": "A running close has these contracts, or nothing is there to undo."},
    422: PROBLEMS[422] | {"description": "The request does not fit. Nothing was changed."},
    503: PROBLEMS[503] | {"description": "Alpaca or the journal does not answer."},
}

_KINDS: dict[type[Edit], EditKind] = {
    StrategiesMerged: "merged",
    StrategySplit: "split",
    LegMoved: "moved",
    StrategyRenamed: "renamed",
    OrphanLeft: "left",
    EditsUndone: "undone",
}


@router.get("/edits", operation_id="listEdits")
async def list_edits(desk: DeskDep) -> EditsResponse:
    """Every edit, newest first; those that stand are what positions are grouped by."""
    edits = [edit_out(desk, each) for each in reversed(desk.engine.regrouper.edits)]
    return EditsResponse(edits=edits, total_count=len(edits))


@router.post("/edits/undo", operation_id="undoEdits", responses=_EDIT_PROBLEMS)
async def undo(desk: DeskDep, body: UndoRequest, key: EditKey = None) -> EditResponse:
    """Take back the last edit that stands, or several."""
    return _response(
        desk, await desk.engine.regrouper.undo(body.down_to, _asked(key, "undo", body))
    )


@router.post("/merge", operation_id="mergePositions", responses=_EDIT_PROBLEMS)
async def merge(desk: DeskDep, body: MergeRequest, key: EditKey = None) -> EditResponse:
    """Make one position of several."""
    return _response(
        desk,
        await desk.engine.regrouper.merge(body.position_ids, body.name, _asked(key, "merge", body)),
    )


@router.post("/move", operation_id="moveLeg", responses=_EDIT_PROBLEMS)
async def move(desk: DeskDep, body: MoveRequest, key: EditKey = None) -> EditResponse:
    """Give contracts of a leg to another position, or to one of their own."""
    pick = (body.leg_id, body.quantity)
    edit = await desk.engine.regrouper.move(
        body.from_position_id, pick, body.to_position_id, _asked(key, "move", body)
    )
    return _response(desk, edit)


@router.post("/{position_id}/split", operation_id="splitPosition", responses=_EDIT_PROBLEMS)
async def split(
    desk: DeskDep, position_id: str, body: SplitRequest, key: EditKey = None
) -> EditResponse:
    """Make several positions of one."""
    parts = [[(pick.leg_id, pick.quantity) for pick in part] for part in body.parts]
    return _response(
        desk,
        await desk.engine.regrouper.split(
            position_id, parts, _asked(key, f"split {position_id}", body)
        ),
    )


@router.post("/{position_id}/rename", operation_id="renamePosition", responses=_EDIT_PROBLEMS)
async def rename(
    desk: DeskDep, position_id: str, body: RenameRequest, key: EditKey = None
) -> EditResponse:
    """Name a position."""
    return _response(
        desk,
        await desk.engine.regrouper.rename(
            position_id, body.name, _asked(key, f"rename {position_id}", body)
        ),
    )


@router.post("/{position_id}/leave", operation_id="leaveOrphan", responses=_EDIT_PROBLEMS)
async def leave(desk: DeskDep, position_id: str, key: EditKey = None) -> EditResponse:
    """Note that an orphan was seen and is left as it is, until its legs change."""
    return _response(
        desk, await desk.engine.regrouper.leave(position_id, _asked(key, f"leave {position_id}"))
    )


def _asked(key: str | None, what: str, body: Input | None = None) -> AskedUnder | None:
    """Tell apart two requests that share a key by what they ask and on what."""
    if key is None:
        return None
    text = what if body is None else f"{what} {body.model_dump_json()}"
    return AskedUnder(key, hashlib.sha256(text.encode()).hexdigest())


def edit_out(desk: Desk, edit: Edit) -> EditOut:
    """Show an edit, and whether it is in force."""
    edits = desk.engine.regrouper.edits
    by_number = {each.number: each for each in edits}
    undone = edit.undone if isinstance(edit, EditsUndone) else ()
    changed = [by_number[number] for number in undone] or [edit]
    positions = {
        identity
        for each in changed
        if not isinstance(each, EditsUndone)
        for identity in touched(each)
    }
    shortfalls = desk.engine.book.grouping.shortfalls
    return EditOut(
        number=edit.number,
        at=edit.at,
        kind=_KINDS[type(edit)],
        text=edit.text,
        position_ids=sorted(positions),
        stands=edit in standing(edits),
        shortfall=[
            MissingOut(symbol=symbol, quantity=quantity)
            for symbol, quantity in shortfalls.get(edit.number, ())
        ],
    )


def _response(desk: Desk, edit: Edit) -> EditResponse:
    book = desk.engine.book
    assert book.holdings is not None, "an edit is made on holdings"
    positions = [position_out(desk, each) for each in book.grouping.strategies]
    return EditResponse(
        edit=edit_out(desk, edit),
        positions=positions,
        total_count=len(positions),
        as_of=book.holdings.at,
    )
