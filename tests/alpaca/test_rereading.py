"""A list that is read again makes only what has changed anew."""

from dataclasses import dataclass, field

from closeout.alpaca.rereading import Rereading


@dataclass(frozen=True)
class Row:
    name: str
    size: int


@dataclass
class Maker:
    """Makes a text of a row, and counts what it made."""

    made: list[Row] = field(default_factory=list)

    def __call__(self, row: Row) -> str:
        self.made.append(row)
        return f"{row.size} {row.name}"


def reading(maker: Maker) -> Rereading[Row, str]:
    return Rereading(lambda row: row.name, maker)


def test_every_row_becomes_a_value_in_its_place() -> None:
    rows = [Row("b", 2), Row("a", 1)]
    assert ("2 b", "1 a") == reading(Maker()).values(rows)


def test_a_row_that_came_just_so_is_not_made_again() -> None:
    maker = Maker()
    lists = reading(maker)
    lists.values([Row("a", 1), Row("b", 2)])
    maker.made.clear()

    values = lists.values([Row("a", 1), Row("b", 3), Row("c", 4)])

    assert (("1 a", "3 b", "4 c"), [Row("b", 3), Row("c", 4)]) == (values, maker.made)


def test_two_rows_of_one_name_are_two_values() -> None:
    lists = reading(Maker())
    twins = [Row("a", 1), Row("a", 2)]

    assert ("1 a", "2 a") == lists.values(twins)
    assert ("1 a", "2 a") == lists.values(twins)


def test_only_the_last_list_is_remembered() -> None:
    maker = Maker()
    lists = reading(maker)
    lists.values([Row("a", 1)])
    lists.values([])
    maker.made.clear()

    lists.values([Row("a", 1)])

    assert [Row("a", 1)] == maker.made
