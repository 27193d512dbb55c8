"""`/ws`: a snapshot, then deltas without a gap, whoever comes late, returns or lags."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from support.asgi_socket import AsgiSocket, Message, connect
from support.bench import LONG_CALL, Bench
from support.desk import Shop, served
from support.eventually import eventually, settle

from closeout.api.hub import Hub
from closeout.domain.orders import Ticket
from closeout.domain.quotes import Quote


def hub(shop: Shop) -> Hub:
    found = shop.app.state.hub
    assert isinstance(found, Hub)
    return found


async def arrived(socket: AsgiSocket, last: int) -> list[Message]:
    """Read up to the delta of this number."""
    messages = [await socket.next()]
    while last > messages[-1]["seq"]:
        messages.append(await socket.next())
    return messages


async def busy(shop: Shop) -> None:
    """Let a close go from the click to its end, which is many deltas."""
    await shop.close_strategy()
    await shop.told()
    for _ in range(10):
        shop.bench.broker.fill(units=1)
        await shop.told()
    await shop.bench.clock.seconds(1)
    await shop.told()


async def test_first_comes_a_snapshot_of_everything(shop: Shop) -> None:
    await shop.close_strategy()
    async with connect(shop.app) as socket:
        first = await socket.next()

    assert "snapshot" == first["type"]
    assert [shop.bench.strategy.id] == [each["id"] for each in first["positions"]]
    assert ["working"] == [each["phase"] for each in first["closes"]]
    assert ("SIMULATED", "PA3TEST") == (first["status"]["mode"], first["status"]["account"])


async def test_deltas_follow_the_snapshot_without_a_gap(shop: Shop) -> None:
    async with connect(shop.app) as socket:
        first = await socket.next()
        await busy(shop)
        deltas = await arrived(socket, hub(shop).seq)

    start = first["seq"] + 1
    assert list(range(start, start + len(deltas))) == [each["seq"] for each in deltas]
    assert {"close", "positions", "status"} <= {each["type"] for each in deltas}


async def test_every_step_of_a_close_is_pushed(shop: Shop) -> None:
    async with connect(shop.app) as socket:
        await socket.next("snapshot")
        await busy(shop)
        deltas = await arrived(socket, hub(shop).seq)

    phases = [each["close"]["phase"] for each in deltas if "close" == each["type"]]
    assert ["working", "closed"] == [phases[0] if "sending" != phases[0] else phases[1], phases[-1]]
    (last, *_) = [each for each in reversed(deltas) if "positions" == each["type"]]
    assert [] == last["positions"]


async def test_an_order_leaves_before_its_picture_is_built(shop: Shop) -> None:
    before, told = hub(shop).seq, []
    record = shop.bench.broker.on_place

    def place(ticket: Ticket) -> None:
        record(ticket)
        told.append(hub(shop).seq)

    shop.bench.broker.on_place = place

    await shop.close_strategy()

    assert [before] == told


async def test_every_tab_is_told_the_same(shop: Shop) -> None:
    async with connect(shop.app) as one, connect(shop.app) as two:
        for socket in (one, two):
            await socket.next("snapshot")
        await busy(shop)
        last = hub(shop).seq

        assert await arrived(one, last) == await arrived(two, last)


async def test_who_returns_gets_exactly_what_was_missed(shop: Shop) -> None:
    await shop.bench.clock.seconds(30)
    await shop.told()
    async with connect(shop.app) as witness:
        first = await witness.next("snapshot")
        assert 0 < first["seq"], "something is kept that was not missed"
        epoch, since = first["epoch"], first["seq"]
        await busy(shop)
        missed = await arrived(witness, hub(shop).seq)

        async with connect(shop.app, query=f"epoch={epoch}&since={since}") as socket:
            resumed = await arrived(socket, hub(shop).seq)

    assert missed == resumed


async def test_who_missed_nothing_gets_nothing_until_something_happens(shop: Shop) -> None:
    await shop.bench.clock.seconds(30)
    await shop.told()
    epoch, since = hub(shop).epoch, hub(shop).seq
    assert 0 < since
    async with connect(shop.app, query=f"epoch={epoch}&since={since}") as socket:
        await settle()
        waiting = socket.waiting()
        await shop.close_strategy()
        following = await socket.next()

    assert [] == waiting
    assert since + 1 == following["seq"]


async def test_another_epoch_gets_a_snapshot(shop: Shop) -> None:
    async with connect(shop.app, query=f"epoch=other&since={hub(shop).seq}") as socket:
        assert "snapshot" == (await socket.next())["type"]


async def test_a_number_from_the_future_gets_a_snapshot(shop: Shop) -> None:
    query = f"epoch={hub(shop).epoch}&since={hub(shop).seq + 1}"
    async with connect(shop.app, query=query) as socket:
        assert "snapshot" == (await socket.next())["type"]


async def test_who_was_away_too_long_gets_a_snapshot(shop: Shop) -> None:
    since = hub(shop).seq
    await shop.bench.clock.advance(timedelta(hours=1))
    query = f"epoch={hub(shop).epoch}&since={since}"
    assert 512 < hub(shop).seq - since

    async with connect(shop.app, query=query) as socket:
        assert "snapshot" == (await socket.next())["type"]


async def test_who_lags_gets_a_fresh_snapshot_and_then_follows(shop: Shop) -> None:
    async with connect(shop.app) as socket:
        await socket.next("snapshot")
        socket.reading.clear()
        await shop.bench.clock.advance(timedelta(hours=1))
        socket.reading.set()

        fresh = await socket.next("snapshot")
        await shop.close_strategy()
        following = await socket.next()

    assert fresh["seq"] + 1 == following["seq"]


async def test_who_lags_does_not_hold_back_others(shop: Shop) -> None:
    async with connect(shop.app) as slow, connect(shop.app) as quick:
        slow.reading.clear()
        await quick.next("snapshot")
        await busy(shop)

        assert hub(shop).seq == (await arrived(quick, hub(shop).seq))[-1]["seq"]


async def test_a_heartbeat_comes_when_nothing_happens(shop: Shop) -> None:
    async with connect(shop.app) as socket:
        await shop.bench.clock.seconds(8)
        socket.waiting()

        await shop.bench.clock.seconds(5)
        await shop.told()

        assert "status" in {each["type"] for each in socket.waiting()}


async def test_a_heartbeat_comes_also_while_quotes_never_rest(shop: Shop) -> None:
    """Whether the market is open changes with time alone."""
    async with connect(shop.app) as socket:
        await shop.bench.clock.seconds(8)
        socket.waiting()
        for _ in range(12):
            await shop.bench.clock.seconds(0.5)
            shop.bench.quotes.push(shop.bench.quotes.quote(LONG_CALL))
            await shop.told()

        assert "status" in {each["type"] for each in socket.waiting()}


async def test_quotes_move_only_what_moves(shop: Shop) -> None:
    now = shop.bench.clock.now() + timedelta(seconds=1)
    async with connect(shop.app) as socket:
        await socket.next("snapshot")
        shop.bench.quotes.push(Quote(LONG_CALL, Decimal("1.20"), Decimal("1.40"), 1, 1, now))
        (position,) = (await socket.next("quotes"))["positions"]

    leg = next(leg for leg in position["legs"] if shop.bench.leg(LONG_CALL).id == leg["id"])
    assert ("1.20", "1.40", "1.30", "300.00") == (
        leg["bid"],
        leg["ask"],
        leg["current_price"],
        leg["pnl_dollars"],
    )
    assert "legs" in position
    assert "strategy" not in position


async def test_a_storm_of_quotes_is_conflated(shop: Shop) -> None:
    quote = shop.bench.quotes.quote(LONG_CALL)
    async with connect(shop.app) as socket:
        await socket.next("snapshot")
        for number in range(200):
            later = quote.at + timedelta(milliseconds=number)
            shop.bench.quotes.push(replace(quote, at=later, bid_size=number))
            await settle()
        await socket.next("quotes")

        assert 10 > sum("quotes" == each["type"] for each in socket.waiting())


async def test_the_breaker_and_the_links_are_told(shop: Shop) -> None:
    async with connect(shop.app) as socket:
        await socket.next("snapshot")
        shop.bench.broker.drop_stream()
        told = await socket.next("status")
        while "down" != told["status"]["trading"]["state"]:
            told = await socket.next("status")

    assert "cut" == told["status"]["trading"]["detail"]


async def test_what_cannot_be_shown_does_not_end_the_stream(shop: Shop) -> None:
    absurd, now = Decimal("1E+40"), shop.bench.clock.now()
    sane = shop.bench.quotes.quote(LONG_CALL)
    async with connect(shop.app) as socket:
        await socket.next("snapshot")
        shop.bench.quotes.push(Quote(LONG_CALL, absurd, absurd, 1, 1, now + timedelta(seconds=1)))
        await shop.told()
        shop.bench.quotes.push(replace(sane, at=now + timedelta(seconds=2)))

        assert "quotes" == (await socket.next("quotes"))["type"]


async def test_an_account_that_was_not_read_yet_is_shown_as_unread(empty_bench: Bench) -> None:
    empty_bench.broker.fail("*")
    async with served(empty_bench, ready=False) as shop, connect(shop.app) as socket:
        status = (await socket.next("snapshot"))["status"]

    assert None is status["positions_as_of"]
    assert "HTTP 500" in status["positions_error"]


async def test_who_leaves_is_forgotten(shop: Shop) -> None:
    async with connect(shop.app) as socket:
        await socket.next("snapshot")
        assert 1 == len(hub(shop)._clients)

    await eventually(lambda: not hub(shop)._clients)
