"""What is known of the account, how old it is, and that a failed read empties nothing."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from support.bench import CONDOR, LONG_CALL, SHORT_PUT, Bench, at_limit
from support.builders import a_ticket
from support.eventually import settle
from support.fakes import ACCOUNT
from support.memory_journal import MemoryJournal

from closeout.domain.chains import total_realised
from closeout.domain.deliverables import ContractTerms, Deliverable
from closeout.domain.holdings import Holdings
from closeout.domain.quotes import Quote
from closeout.ports import ReadFailed
from closeout.runtime.book import Book
from closeout.runtime.feed import Feed
from closeout.runtime.settlements import EVERY
from closeout.runtime.shared import PATIENCE


async def test_the_first_look_finds_the_strategy(bench: Bench) -> None:
    assert "Iron Condor" == bench.strategy.name
    assert (10, ACCOUNT) == (bench.strategy.units, bench.strategy.account)


async def test_a_failed_read_keeps_what_was_known_and_says_so(bench: Bench) -> None:
    known, read_at = bench.engine.book.grouping, bench.clock.now()
    bench.broker.fail("holdings")

    await bench.clock.seconds(31)

    book = bench.engine.book
    assert known == book.grouping
    assert book.holdings is not None
    assert read_at == book.holdings.at, "its age is told"
    assert book.holdings_error is not None
    assert "HTTP 500" in book.holdings_error


async def test_an_account_that_was_never_read_is_not_empty_but_unread(empty_bench: Bench) -> None:
    bench = empty_bench
    bench.broker.fail("*")
    bench.engine.start()
    await bench.clock.seconds(5)

    assert None is bench.engine.book.holdings
    assert bench.engine.book.holdings_error is not None
    assert not bench.engine.is_ready


async def test_the_trouble_is_over_when_a_read_succeeds(bench: Bench) -> None:
    bench.broker.fail("holdings")
    await bench.clock.seconds(31)
    bench.broker.heal()
    await bench.clock.seconds(31)

    assert None is bench.engine.book.holdings_error


async def test_an_older_snapshot_that_arrives_late_is_not_taken(bench: Bench) -> None:
    book, gate = bench.engine.book, asyncio.Event()
    late = book.holdings
    assert late is not None

    async def answer_late() -> Holdings:
        await gate.wait()
        return replace(late, rows=())

    with pytest.MonkeyPatch.context() as hanging:
        hanging.setattr(bench.broker, "holdings", answer_late)
        first = asyncio.create_task(book.read_holdings())
        await settle()
    second = asyncio.create_task(book.read_holdings())
    await bench.clock.advance(PATIENCE)
    newest = await second
    gate.set()

    assert () == (await first).rows
    assert newest == book.holdings


async def test_what_is_read_after_the_clock_was_set_back_is_taken(bench: Bench) -> None:
    bench.clock.set_by(timedelta(hours=-1))
    bench.broker.hold(LONG_CALL, 3)
    await bench.engine.book.refresh()

    assert bench.engine.book.holdings is not None
    assert 3 == bench.engine.book.holdings.quantity(LONG_CALL)


async def test_the_newest_quote_wins_in_whatever_order_they_come(bench: Bench) -> None:
    now = bench.clock.now()
    newer = Quote(LONG_CALL, Decimal("1.20"), Decimal("1.30"), 1, 1, now + timedelta(seconds=2))
    older = replace(newer, bid=Decimal("0.90"), at=now + timedelta(seconds=1))

    bench.quotes.push(newer, older)

    assert newer == bench.engine.book.quotes[LONG_CALL]


async def test_exactly_what_is_held_is_watched(bench: Bench) -> None:
    assert (frozenset(CONDOR), frozenset({"SPY"})) == bench.quotes.watched


async def test_a_new_holding_is_watched_and_quoted(bench: Bench) -> None:
    bench.broker.hold("QQQ261218P00500000", 1)

    await bench.clock.seconds(31)

    options, stocks = bench.quotes.watched
    assert {"QQQ261218P00500000"} <= options
    assert {"SPY", "QQQ"} == stocks
    assert "QQQ261218P00500000" in bench.engine.book.quotes


async def test_ids_stay_the_same_over_a_restart(bench: Bench) -> None:
    before = (bench.strategy.id, [leg.id for leg in bench.strategy.legs])

    await bench.restart()

    assert before == (bench.strategy.id, [leg.id for leg in bench.strategy.legs])


async def test_the_market_is_unknown_once_a_bell_has_rung(bench: Bench) -> None:
    book = bench.engine.book
    await book.read_market()
    known = book.market is not None
    bench.broker.fail("market_clock")

    bench.clock.freeze(timedelta(hours=7))

    assert known
    assert None is book.market


async def test_ticks_are_learnt_once(bench: Bench) -> None:
    for _ in range(2):
        await bench.engine.book.learn_ticks([SHORT_PUT])

    assert 1 == bench.broker.reads["penny_underlyings"]


async def test_a_class_outside_the_penny_program_is_priced_in_nickels(empty_bench: Bench) -> None:
    bench, symbol = empty_bench, "XYZ261218C00100000"
    bench.broker.penny = False
    bench.broker.hold(symbol, 2)
    bench.quotes.set(symbol, "1.00", "1.04")
    await bench.start()

    await bench.open(at_limit())

    (ticket,) = bench.broker.sent
    assert "1.05" == str(ticket.limit), "a sale goes to the next nickel up"


async def test_without_ticks_the_coarsest_steps_are_assumed(empty_bench: Bench) -> None:
    bench, symbol = empty_bench, "XYZ261218C00100000"
    bench.broker.hold(symbol, 2)
    bench.quotes.set(symbol, "1.00", "1.04")
    await bench.start()
    bench.broker.fail("penny_underlyings")

    await bench.open(at_limit())

    (ticket,) = bench.broker.sent
    assert "1.05" == str(ticket.limit)


async def test_a_refresh_that_fails_is_told_to_who_asked(bench: Bench) -> None:
    bench.broker.fail("order_history")

    with pytest.raises(ReadFailed):
        await bench.engine.book.refresh()

    assert bench.engine.book.holdings_error is not None


async def test_a_fraction_of_a_share_is_shown_as_unassigned(empty_bench: Bench) -> None:
    bench = empty_bench
    bench.broker.quantities["NVDA"] = Decimal("0.5")
    await bench.start()

    (left,) = bench.engine.book.grouping.unassigned

    assert ("NVDA", Decimal("0.5")) == (left.symbol, left.quantity)


async def test_a_burst_of_fills_is_one_look_at_the_holdings(bench: Bench) -> None:
    await bench.open()
    await bench.clock.seconds(1)
    before = bench.broker.reads["holdings"]
    for _ in range(5):
        bench.broker.fill(units=1)
    await settle()

    await bench.clock.seconds(1)

    assert 1 == bench.broker.reads["holdings"] - before


async def test_an_order_that_has_not_traded_groups_nothing_anew(bench: Bench) -> None:
    known = bench.engine.book.grouping

    order = bench.broker.add(a_ticket((SHORT_PUT, 1), units=6))
    bench.broker.tell("new", order)
    await bench.engine.book.refresh()

    assert known is bench.engine.book.grouping


async def test_a_price_that_is_told_later_is_in_the_entry_at_the_next_look(bench: Bench) -> None:
    opening = bench.broker.newest
    opening.prices = {**opening.prices, SHORT_PUT: Decimal("1.50")}
    opening.updated_at = bench.clock.now()

    await bench.engine.book.refresh()

    assert Decimal("1.50") == bench.leg(SHORT_PUT).entry_price


async def test_whose_an_order_was_counts_also_when_it_is_learnt_after_its_trade(
    bench: Bench,
) -> None:
    """As from another process, whose closes are read from the journal after the fact."""
    owners: dict[str, str] = {}
    book = Book(
        bench.broker, bench.quotes, bench.clock, Feed(), lambda: owners, history=MemoryJournal()
    )
    await book.refresh()
    known = book.grouping

    owners["no-order-of-this-account"] = "pos_elsewhere"
    await book.refresh()
    assert known is book.grouping

    owners["opened-1"] = "pos_elsewhere"
    await book.refresh()
    assert known is not book.grouping


async def test_another_day_groups_anew(bench: Bench) -> None:
    """What has expired is told by the date."""
    book = bench.engine.book
    known = book.grouping

    bench.clock.set_by(timedelta(days=1))
    await book.read_holdings()

    assert known is not book.grouping


ADJUSTED = "SPY1261218C00600000"


async def test_what_an_adjusted_contract_delivers_is_read_once_and_held_on_its_leg() -> None:
    bench = Bench()
    terms = ContractTerms(
        100, (Deliverable("SPY", Decimal(150)), Deliverable("USD", Decimal("12.5"), is_cash=True))
    )
    bench.broker.terms[ADJUSTED] = terms
    bench.broker.hold(ADJUSTED, 1)
    for _ in range(2):
        await bench.engine.book.refresh()

    (leg,) = bench.strategy.legs
    assert terms == leg.terms
    assert "150 SPY and $12.50 cash" == str(leg.terms)
    assert 1 == bench.broker.reads["contract_terms"]


async def test_what_could_not_be_read_of_it_stays_unknown_and_is_asked_again() -> None:
    bench = Bench()
    bench.broker.hold(ADJUSTED, 1)
    bench.broker.fail("contract_terms")
    await bench.engine.book.refresh()

    assert [None] == [leg.terms for leg in bench.strategy.legs]

    bench.broker.heal()
    bench.broker.terms[ADJUSTED] = ContractTerms(100, (Deliverable("SPY", Decimal(150)),))
    await bench.engine.book.refresh()

    assert bench.strategy.legs[0].terms is not None


async def test_of_an_adjusted_contract_that_is_gone_they_are_read_for_what_it_has_won() -> None:
    """Bought at 1.00 and sold at 3.00, each dollar of which is ten."""
    bench = Bench()
    bench.open_package({ADJUSTED: 1, SHORT_PUT: -1}, 1)
    sale = bench.broker.add(a_ticket((ADJUSTED, -1), units=1))
    bench.broker.fill(sale, prices={ADJUSTED: Decimal(3)})
    bench.broker.terms[ADJUSTED] = ContractTerms(10, (Deliverable("SPY", Decimal(10)),))
    await bench.engine.book.refresh()

    history = bench.engine.book.grouping.histories[bench.strategy.id]
    assert Decimal("20.00") == total_realised(history)


@pytest.mark.parametrize("explains", ["settlements", "contract_terms"])
async def test_a_read_that_only_explains_holds_nobody_up_when_it_hangs(
    bench: Bench, explains: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hang(_: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(bench.broker, explains, hang)
    bench.broker.hold(ADJUSTED, 1)
    await bench.clock.advance(EVERY)
    read = asyncio.create_task(bench.engine.book.refresh())
    await bench.clock.advance(PATIENCE)

    assert read.done()
    assert 1 == (await read).quantity(ADJUSTED)


async def test_of_a_standard_contract_nobody_asks() -> None:
    bench = Bench()
    bench.hold_condor()
    await bench.engine.book.refresh()

    assert 0 == bench.broker.reads["contract_terms"]


async def test_a_quote_that_comes_while_none_is_found_is_kept(bench: Bench) -> None:
    """The answer speaks of when it was asked for."""
    book, quotes = bench.engine.book, bench.quotes
    await bench.clock.seconds(10)
    quotes.absent.add(SHORT_PUT)
    reading = asyncio.create_task(book.freshen_quotes([SHORT_PUT], older_than=timedelta(seconds=5)))
    await asyncio.sleep(0)
    quotes.push(quotes.quote(SHORT_PUT))
    await reading

    assert bench.clock.now() == book.quotes[SHORT_PUT].at
