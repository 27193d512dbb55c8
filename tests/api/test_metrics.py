"""What a position is worth and may come to, over REST and the stream."""

from collections.abc import AsyncIterator
from datetime import date, timedelta
from decimal import Decimal

import pytest
from support.asgi_socket import connect
from support.bench import CONDOR, LONG_PUT, SHORT_CALL, Bench
from support.desk import Json, Shop, served
from support.eventually import eventually

from closeout.domain.announcements import Announcement, AnnouncementKind
from closeout.domain.orders import OrderStatus, OrderType, Side, Ticket, TicketLeg
from closeout.domain.quotes import Quote


@pytest.fixture
async def desk(empty_bench: Bench) -> AsyncIterator[Shop]:
    """Ten SPY condors bought and sold at 1.00 a leg, with SPY where they are out of the money."""
    empty_bench.hold_condor()
    empty_bench.quotes.set("SPY", "590.00", "590.10")
    async with served(empty_bench) as shop:
        yield shop


async def metrics(shop: Shop) -> Json:
    found: Json = (await shop.get(shop.path))["metrics"]
    return found


async def looked(shop: Shop) -> Json:
    """Wait for the first outlook."""
    await shop.bench.clock.advance(timedelta(seconds=3))
    await eventually(lambda: shop.outlooks.of(shop.bench.strategy))
    await shop.told()
    return await metrics(shop)


async def test_the_worth_is_told_at_natural_and_at_mid(desk: Shop) -> None:
    worth = (await metrics(desk))["worth"]

    # Shorts are bought at 2.10 and longs sold at 1.00; mids are 2.05 and 1.05.
    assert {"value_natural": "-2200.00", "value_mid": "-2000.00"}.items() <= worth.items()
    assert {"net_natural": "2.2", "net_mid": "2"}.items() <= worth.items()
    assert {"pnl_natural": "-2200.00", "pnl_open": "-2000.00"}.items() <= worth.items()


async def test_the_open_profit_is_the_total_of_the_legs(desk: Shop) -> None:
    position = await desk.get(desk.path)

    assert position["total_pnl"] == position["metrics"]["worth"]["pnl_open"]


def _close_units(bench: Bench, units: int) -> None:
    """Put a close of some units into the history: shorts bought at 2.10, longs sold at 1.00."""
    legs = tuple(
        TicketLeg(symbol, 1, Side.BUY if ratio < 0 else Side.SELL)
        for symbol, ratio in CONDOR.items()
    )
    order = bench.broker.add(Ticket("elsewhere", units, legs, OrderType.MARKET, None))
    order.status, order.filled_units = OrderStatus.FILLED, units
    order.submitted_at = order.updated_at = bench.clock.now()
    order.prices = {leg.symbol: Decimal("2.10" if leg.side is Side.BUY else "1") for leg in legs}
    for symbol, ratio in CONDOR.items():
        bench.broker.quantities[symbol] -= ratio * units


async def test_what_a_partial_close_won_is_realised_and_no_longer_open(desk: Shop) -> None:
    """Four of ten close at 2.20 a unit, opened for nothing: 4 x 220 dollars are lost for good."""
    before = await metrics(desk)
    _close_units(desk.bench, 4)
    await desk.bench.engine.book.refresh()
    after = await metrics(desk)

    assert ("0.00", "-880.00") == (before["pnl_realised"], after["pnl_realised"])
    assert ("-2000.00", "-1200.00") == (before["worth"]["pnl_open"], after["worth"]["pnl_open"])


async def test_shares_are_of_the_most_that_can_be_won_and_lost(desk: Shop) -> None:
    """Opened for nothing, it can win nothing, and has lost a fifth of its width."""
    found = await metrics(desk)

    assert {"max_profit": "0.00", "max_loss": "-10000.00"}.items() <= found["risk"].items()
    assert (None, "20.00") == (found["worth"]["profit_share"], found["worth"]["loss_share"])


async def test_a_missing_quote_leaves_the_worth_unknown_and_the_risk_known(
    empty_bench: Bench,
) -> None:
    empty_bench.hold_condor()
    empty_bench.quotes.absent.add(LONG_PUT)
    async with served(empty_bench) as shop:
        found = await metrics(shop)

    assert {None} == set(found["worth"].values())
    assert "-10000.00" == found["risk"]["max_loss"]


async def test_the_picture_has_its_columns(desk: Shop) -> None:
    payoff = (await looked(desk))["outlook"]["payoff"]

    assert {61} == {len(payoff[name]) for name in ("spots", "at_expiry", "today")}
    assert {550.0, 560.0, 620.0, 630.0} <= {*payoff["spots"]}
    assert 0.0 == max(payoff["at_expiry"])
    assert -10_000.0 == min(payoff["at_expiry"])


async def test_greeks_are_numbers_and_money_is_text(desk: Shop) -> None:
    found = await looked(desk)

    assert {float} == {type(value) for value in found["outlook"]["greeks"].values()}
    assert 0 < found["outlook"]["implied_volatility"] < 1
    assert 0 < found["outlook"]["expected_move"] < 100
    assert {"computed"} == {leg["source"] for leg in found["outlook"]["legs"]}
    assert {str, type(None)} >= {type(value) for value in found["worth"].values()}


async def test_the_next_event_is_the_cut_off_of_the_last_day(desk: Shop) -> None:
    event = (await metrics(desk))["next_event"]

    assert ("expiry_cutoff", "2026-12-18T15:30:00-05:00") == (event["kind"], event["at"])


async def test_quotes_move_the_worth_and_the_outlook_follows(desk: Shop) -> None:
    await looked(desk)
    async with connect(desk.app) as socket:
        await socket.next("snapshot")
        now = desk.bench.clock.now() + timedelta(seconds=1)
        quote = Quote(LONG_PUT, Decimal("2.00"), Decimal("2.20"), 1, 1, now)
        desk.bench.quotes.push(quote)
        (quoted,) = (await socket.next("quotes"))["positions"]
        await desk.bench.clock.advance(timedelta(seconds=3))
        (looked_at,) = (await socket.next("outlooks"))["positions"]

    assert "-950.00" == quoted["worth"]["pnl_open"]
    assert "outlook" not in quoted
    assert {"id", "risk", "outlook"} == looked_at.keys()
    assert desk.bench.strategy.id == looked_at["id"]


async def test_a_snapshot_brings_outlooks_along(desk: Shop) -> None:
    await looked(desk)
    async with connect(desk.app) as socket:
        (position,) = (await socket.next("snapshot"))["positions"]

    assert position["metrics"]["outlook"]["payoff"] is not None


async def test_a_preview_shows_the_risk_before_and_after(desk: Shop) -> None:
    shown = (await desk.preview()).json()

    assert "-10000.00" == shown["risk_before"]["risk"]["max_loss"]
    assert 61 == len(shown["risk_before"]["payoff"]["today"])
    assert "0.00" == shown["risk_after"]["risk"]["max_loss"]
    assert None is shown["risk_after"]["payoff"]


async def test_closing_a_short_leg_alone_leaves_the_risk_of_the_others(desk: Shop) -> None:
    """Without the short call the loss is still the width of the puts, and the upside is open."""
    leg_id = desk.bench.leg(SHORT_CALL).id
    shown = (await desk.preview(leg_id=leg_id)).json()

    before, after = shown["risk_before"]["risk"], shown["risk_after"]["risk"]
    assert (False, True) == (before["unlimited_profit"], after["unlimited_profit"])
    # A short sold at 1.00 is gone: the three legs left cost 1.00 more in all.
    assert ("-10000.00", "-11000.00") == (before["max_loss"], after["max_loss"])


async def test_what_cannot_be_planned_has_no_risk_beside_it(desk: Shop) -> None:
    desk.bench.quotes.absent.add(SHORT_CALL)
    desk.bench.engine.book.quotes.pop(SHORT_CALL)
    shown = (await desk.preview(order_type="limit")).json()

    assert shown["problem"]
    assert (None, None) == (shown["risk_before"], shown["risk_after"])


async def test_a_dividend_before_the_expiry_is_told_and_is_the_next_event(
    empty_bench: Bench,
) -> None:
    ex_date = date(2026, 12, 11)
    dividend = Announcement(AnnouncementKind.DIVIDEND, "SPY", ex_date, rate=Decimal("1.83"))
    empty_bench.quotes.announced.append(dividend)
    empty_bench.hold_condor()
    async with served(empty_bench) as shop:
        told = await metrics(shop)

    assert ("ex_dividend", "2026-12-11T09:30:00-05:00") == (
        told["next_event"]["kind"],
        told["next_event"]["at"],
    )
    expected = {"status": "known", "ex_date": "2026-12-11", "amount": "1.83", "special": False}
    assert expected == told["dividend"]


async def test_a_dividend_that_could_not_be_read_is_unknown(empty_bench: Bench) -> None:
    empty_bench.quotes.failing = "data is down"
    empty_bench.hold_condor()
    async with served(empty_bench) as shop:
        told = await metrics(shop)
        empty_bench.quotes.failing = None
        await empty_bench.clock.seconds(11 * 60)
        later = await metrics(shop)

    assert "unknown" == told["dividend"]["status"]
    assert "none" == later["dividend"]["status"], "asked again"
