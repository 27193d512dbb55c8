"""The user's word about strategies: what is asked, and what is kept of it."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, StringConstraints

from closeout.schemas.base import Input, Output
from closeout.schemas.groups import MissingOut
from closeout.schemas.positions import PositionOut

PositionId = Annotated[str, Field(min_length=1, max_length=128)]
PositionName = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, min_length=1, max_length=60, pattern=r"^[^\x00-\x1f\x7f]*$"
    ),
]
Contracts = Annotated[int, Field(ge=1, le=100_000_000, strict=True)]

EditKind = Literal["merged", "split", "moved", "renamed", "left", "undone"]


class MergeRequest(Input):
    """Make one position of several on one underlying. The first keeps its id, and its name."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "position_ids": ["pos_5d1f0a3be94c7720", "pos_b02a9c6d11ef8e43"],
                    "name": "Earnings condor",
                }
            ]
        }
    )

    position_ids: Annotated[list[PositionId], Field(min_length=2, max_length=100)]
    name: PositionName | None = None


class PickIn(Input):
    """Some contracts (or shares) of one leg; `quantity` is positive, as on the leg."""

    leg_id: Annotated[str, Field(min_length=1, max_length=128)]
    quantity: Contracts


class SplitRequest(Input):
    """
    Make several positions of one.

    Each part becomes a position. What no part names stays in the old one; when the parts name
    everything, the first part keeps its id.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "parts": [
                        [
                            {"leg_id": "leg_9a1c44d02be7f615", "quantity": 2},
                            {"leg_id": "leg_07be3f5aa1d2c968", "quantity": 2},
                        ]
                    ]
                }
            ]
        }
    )

    parts: Annotated[
        list[Annotated[list[PickIn], Field(min_length=1, max_length=100)]],
        Field(min_length=1, max_length=100),
    ]


class MoveRequest(Input):
    """Give contracts of a leg to another position, or, with null, to one of their own."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "from_position_id": "pos_5d1f0a3be94c7720",
                    "leg_id": "leg_9a1c44d02be7f615",
                    "quantity": 2,
                    "to_position_id": None,
                }
            ]
        }
    )

    from_position_id: PositionId
    leg_id: Annotated[str, Field(min_length=1, max_length=128)]
    quantity: Contracts
    to_position_id: PositionId | None = None


class RenameRequest(Input):
    """Name a position; null gives it back the name of its shape."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "Earnings condor"}]})

    name: PositionName | None


class UndoRequest(Input):
    """
    Take back the last edit, or with `down_to` the edit of that number and all after it.

    Naming the number makes a repeated request harmless.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [{"down_to": 7}]})

    down_to: Annotated[int, Field(ge=1, le=2_000_000_000, strict=True)] | None = None


class EditOut(Output):
    """
    One edit, as it is kept.

    `position_ids` are the positions it changed. `stands` says whether it is in force: an edit
    that was undone is not, nor is an undo. `shortfall` are signed contracts that it was about
    and that have gone by another way since: what is left of them is where it says.
    """

    number: int
    at: datetime
    kind: EditKind
    text: str
    position_ids: list[str]
    stands: bool
    shortfall: list[MissingOut]


class EditsResponse(Output):
    """Every edit of the account, newest first."""

    edits: list[EditOut]
    total_count: int


class EditResponse(Output):
    """An edit that was made, and every position as it is with it."""

    edit: EditOut
    positions: list[PositionOut]
    total_count: int
    as_of: datetime
