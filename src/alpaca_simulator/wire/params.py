"""Query strings read into values: numbers, dates, lists, and booleans as Python writes them too."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import TypeVar

from multidict import MultiMapping

Choice = TypeVar("Choice", bound=StrEnum)

_TRUE = frozenset({"true", "1", "t", "yes"})
_FALSE = frozenset({"false", "0", "f", "no", ""})


class BadParameter(ValueError):
    """A query parameter or body field that cannot be read; the text names it."""


def joined(pairs: MultiMapping[str]) -> dict[str, str]:
    """A query with repeated names made one, their values joined by commas."""
    return {name: ",".join(pairs.getall(name)) for name in pairs}


class Query:
    """The query of one request. A parameter that is absent or empty reads as None.

    Every reader raises `BadParameter` for a value it cannot read.
    """

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values

    @classmethod
    def joining(cls, pairs: MultiMapping[str]) -> Query:
        """Take a name that is repeated (`symbols=A&symbols=B`) for one list."""
        return cls(joined(pairs))

    def text(self, name: str) -> str | None:
        return self._values.get(name) or None

    def required(self, name: str) -> str:
        value = self.text(name)
        if value is None:
            raise BadParameter(f"{name} is required")
        return value

    def flag(self, name: str) -> bool | None:
        """`true`, `True`, `1` and the like: requests and alpaca-py write Python's `True`."""
        value = self.text(name)
        if value is None:
            return None
        if value.lower() in _TRUE:
            return True
        if value.lower() in _FALSE:
            return False
        raise BadParameter(f"invalid value for {name}: {value}")

    def integer(self, name: str, *, default: int, least: int = 1, most: int) -> int:
        value = self.text(name)
        if value is None:
            return default
        try:
            number = int(value)
        except ValueError:
            raise BadParameter(f"invalid value for {name}: {value}") from None
        if not least <= number <= most:
            raise BadParameter(f"{name} must be between {least} and {most}")
        return number

    def decimal(self, name: str) -> Decimal | None:
        value = self.text(name)
        return None if value is None else read_decimal(name, value)

    def day(self, name: str) -> date | None:
        value = self.text(name)
        if value is None:
            return None
        try:
            return date.fromisoformat(value[:10])
        except ValueError:
            raise BadParameter(f"invalid value for {name}: {value}") from None

    def moment(self, name: str) -> datetime | None:
        """An RFC 3339 time or a date; without an offset it is UTC."""
        value = self.text(name)
        return None if value is None else read_moment(name, value)

    def items(self, name: str) -> frozenset[str]:
        return frozenset(self.listed(name))

    def listed(self, name: str) -> list[str]:
        """A comma-separated list in its order, without repeats and blanks."""
        parts = (part.strip() for part in (self.text(name) or "").split(","))
        return list(dict.fromkeys(part for part in parts if part))

    def choice(self, name: str, kind: type[Choice]) -> Choice | None:
        value = self.text(name)
        return None if value is None else read_choice(name, value, kind)

    def one_of(self, name: str, allowed: frozenset[str], *, default: str) -> str:
        value = self.text(name)
        if value is None:
            return default
        if value not in allowed:
            raise BadParameter(f"invalid value for {name}: {value}")
        return value


def read_decimal(name: str, value: str) -> Decimal:
    try:
        number = Decimal(value)
    except InvalidOperation:
        raise BadParameter(f"invalid value for {name}: {value}") from None
    if not number.is_finite():
        raise BadParameter(f"invalid value for {name}: {value}")
    return number


def read_moment(name: str, value: str) -> datetime:
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise BadParameter(f"invalid value for {name}: {value}") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def read_choice(name: str, value: str, kind: type[Choice]) -> Choice:
    try:
        return kind(value)
    except ValueError:
        raise BadParameter(f"invalid {name}: {value}") from None
