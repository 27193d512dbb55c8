"""The labelled portfolios: sorted as a trader would sort them, and nothing lost."""

from collections import Counter

import pytest
from support.builders import holdings_of
from support.corpus import Portfolio, read_corpus

from closeout.domain.grouping import Grouping, group

CORPUS = read_corpus()


def sorted_out(portfolio: Portfolio) -> Grouping:
    return group(
        "PA1", holdings_of(portfolio.held), portfolio.orders, {}, settlements=portfolio.settlements
    )


def labels(grouping: Grouping) -> list[tuple[str, tuple[tuple[str, int], ...]]]:
    return sorted(
        (each.name, tuple(sorted((leg.symbol, leg.quantity) for leg in each.legs)))
        for each in grouping.strategies
    )


def is_as_labelled(portfolio: Portfolio) -> bool:
    grouping = sorted_out(portfolio)
    left = {each.symbol: int(each.quantity) for each in grouping.unassigned}
    return (list(portfolio.groups), portfolio.unassigned) == (labels(grouping), left)


def test_the_corpus_is_large_and_every_case_is_another() -> None:
    sizes = [len(each.held) for each in CORPUS]

    assert len(CORPUS) >= 150
    assert len(CORPUS) == len({each.case for each in CORPUS})
    assert max(sizes) == 60


def test_every_portfolio_is_sorted_as_labelled() -> None:
    assert [] == [each.case for each in CORPUS if not is_as_labelled(each)]


@pytest.mark.parametrize("portfolio", CORPUS, ids=lambda each: each.case)
def test_claims_and_what_is_left_add_up(portfolio: Portfolio) -> None:
    grouping = sorted_out(portfolio)
    total: Counter[str] = Counter()
    for strategy in grouping.strategies:
        for leg in strategy.legs:
            total[leg.symbol] += leg.quantity
    for left in grouping.unassigned:
        total[left.symbol] += int(left.quantity)

    assert portfolio.held == {symbol: count for symbol, count in total.items() if count}


@pytest.mark.parametrize("portfolio", CORPUS, ids=lambda each: each.case)
def test_the_label_itself_adds_up(portfolio: Portfolio) -> None:
    """A slip of the pen in the corpus is found here and not in the code."""
    total: Counter[str] = Counter(portfolio.unassigned)
    for _, parts in portfolio.groups:
        for symbol, count in parts:
            total[symbol] += count

    assert portfolio.held == {symbol: count for symbol, count in total.items() if count}
