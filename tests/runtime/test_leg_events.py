"""Whether the legs of a package tell of their trades themselves is not documented."""

from dataclasses import replace

from support.bench import CONDOR, CONDOR_UNITS, Bench
from support.fake_orders import FakeOrder

from closeout.domain.orders import OrderReport, OrderType, Side, Ticket, TicketLeg, TradeUpdate


def tell_of_legs(bench: Bench, order: FakeOrder) -> None:
    """Send what each leg would say, as an order under a client id that Alpaca has made."""
    for leg in order.report().legs:
        report = OrderReport(
            order_id=leg.order_id,
            client_order_id=f"made-for-{leg.symbol}",
            status=leg.status,
            raw_status=leg.status.value,
            order_class="mleg",
            order_type="",
            units=leg.quantity,
            filled_units=leg.filled,
            limit=None,
            net_price=leg.average_price,
            legs=(replace(leg, ratio=1),),
            submitted_at=order.submitted_at,
            updated_at=order.updated_at,
            replaced_by=None,
            replaces=None,
        )
        bench.broker.push(TradeUpdate("fill", None, report, (), (), order.updated_at))


async def test_a_leg_that_tells_of_its_trade_too_has_traded_once(bench: Bench) -> None:
    strategy = bench.strategy
    await bench.open()
    bench.broker.fill(units=4)
    tell_of_legs(bench, bench.broker.newest)

    await bench.clock.seconds(1)

    assert (strategy.id, CONDOR_UNITS - 4) == (bench.strategy.id, bench.strategy.units)


async def test_legs_that_tell_before_their_package_are_no_orders_of_their_own(
    bench: Bench,
) -> None:
    strategy = bench.strategy
    await bench.clock.seconds(1)
    bench.broker.drop_stream()
    legs = tuple(
        TicketLeg(symbol, 1, Side.SELL if ratio > 0 else Side.BUY)
        for symbol, ratio in CONDOR.items()
    )
    by_hand = bench.broker.add(Ticket("by-hand", 4, legs, OrderType.MARKET, None))
    bench.broker.fill(by_hand)
    tell_of_legs(bench, by_hand)
    await bench.clock.seconds(3)
    assert {leg.order_id for leg in by_hand.report().legs} < bench.journal.kept.keys()

    await bench.restart()

    assert (strategy.id, CONDOR_UNITS - 4) == (bench.strategy.id, bench.strategy.units)
    assert {each.order_id for each in bench.broker.orders} == {
        each.order_id for each in bench.engine.book.orders.all()
    }
