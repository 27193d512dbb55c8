"""What every model of the contract has in common."""

from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer


def plain(value: Decimal) -> str:
    """Print a decimal without an exponent and without losing a digit."""
    return format(value, "f")


Money = Annotated[
    Decimal,
    PlainSerializer(plain, return_type=str, when_used="json"),
    Field(json_schema_extra={"format": "decimal"}),
]


class Output(BaseModel):
    """An answer: built by the server, immutable."""

    model_config = ConfigDict(frozen=True)


class Input(BaseModel):
    """A request: unknown fields are refused, because a typo must not change an order."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
