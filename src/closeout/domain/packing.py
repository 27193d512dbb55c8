"""Many numbers in one: to add or to take away all of them is then one operation."""

from collections.abc import Sequence
from struct import Struct


class Packing:
    """Lanes of `width` bits, the first of them lowest, for numbers below `zero` of either sign."""

    __slots__ = ("_code", "_ones", "_structs", "full", "width", "zero")

    def __init__(self, width: int, code: str) -> None:
        self.width = width
        self._code = code
        self.full = (1 << width) - 1
        """A lane of which every bit is set."""
        self.zero = 1 << width - 2
        """What numbers are lifted by that may be negative."""
        # What the most components need is made at the start.
        self._structs = [Struct(f"<{count}{code}") for count in range(_KEPT)]
        self._ones = [_ones(width, count) for count in range(_KEPT)]

    def struct(self, count: int) -> Struct:
        """Return what reads and writes so many numbers, the first of them lowest."""
        return self._structs[count] if count < _KEPT else Struct(f"<{count}{self._code}")

    def ones(self, count: int) -> int:
        """Return so many ones."""
        return self._ones[count] if count < _KEPT else _ones(self.width, count)

    def packed(self, numbers: Sequence[int]) -> int:
        return int.from_bytes(self.struct(len(numbers)).pack(*numbers), "little")


class Reader:
    """Reads so many numbers; those from `losses` on are lifted by zero."""

    __slots__ = ("_losses", "_zero", "size", "unpack")

    def __init__(self, packing: Packing, count: int, losses: int) -> None:
        struct = packing.struct(count)
        self.unpack, self.size = struct.unpack, struct.size
        self._losses, self._zero = losses, packing.zero

    def most_lost(self, numbers: Sequence[int]) -> int:
        return max(numbers[self._losses :]) - self._zero


_KEPT = 40


def _ones(width: int, count: int) -> int:
    return sum([1 << width * place for place in range(count)])


_NARROW, _WIDE = Packing(32, "I"), Packing(64, "Q")


def packing_for(most: int) -> Packing:
    """Return the lanes for numbers that come to no more than this, of either sign."""
    return _NARROW if most < _NARROW.zero else _WIDE
