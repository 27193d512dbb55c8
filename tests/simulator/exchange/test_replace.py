"""PATCH: new ids, links both ways, and the races with fills."""

from decimal import Decimal

import pytest
from simulator.exchange.worlds import (
    BTC,
    BTO,
    CONDOR,
    NIGHT,
    SHALLOW,
    again,
    call,
    condor_close,
    exchange,
    holdings,
    later,
    put,
    single,
    told,
)

from alpaca_simulator.exchange.exchange import Exchange
from alpaca_simulator.exchange.orders import Order, OrderFilter, ReplaceRequest
from alpaca_simulator.exchange.refusals import Refusal


def price(text: str) -> ReplaceRequest:
    return ReplaceRequest(limit_price=Decimal(text))


def resting(world: Exchange, **more: str) -> Order:
    order = world.submit(condor_close(limit="0.01", **more))
    later(world)
    return again(world, order)


def test_a_replacement_is_a_new_order_linked_both_ways() -> None:
    world = exchange(CONDOR)
    old = resting(world)
    new = world.replace(old.id, price("0.02"))
    assert old.id != new.id
    assert not {leg.id for leg in old.legs} & {leg.id for leg in new.legs}
    assert old.client_order_id != new.client_order_id
    assert old.id == new.replaces
    assert ("pending_replace", "pending_new") == (again(world, old).status, new.status)
    assert ["pending_replace", "pending_new", "replaced", "new"] == told(later(world))
    assert ("replaced", new.id) == (again(world, old).status, again(world, old).replaced_by)
    assert ("new", Decimal("0.02")) == (again(world, new).status, again(world, new).limit_price)
    assert [new.id] == [order.id for order in world.orders(OrderFilter())]


def test_a_replacement_takes_a_client_order_id_of_the_users() -> None:
    world = exchange(CONDOR)
    old = resting(world)
    request = ReplaceRequest(limit_price=Decimal("0.02"), client_order_id="second")
    new = world.replace(old.id, request)
    assert new == world.order_by_client_order_id("second")


def test_the_quantity_claimed_does_not_count_twice_while_replacing() -> None:
    world = exchange(CONDOR)
    old = resting(world)
    world.replace(old.id, price("0.02"))
    assert 0 == world.position(put(560)).qty_available
    later(world)
    assert 0 == world.position(put(560)).qty_available


def test_a_fill_before_the_replacement_rejects_it() -> None:
    world = exchange()
    old = world.submit(single(call(600), BTO, limit="9"))
    later(world)
    new = world.replace(old.id, price("9.50"))
    world.set_spot("SPY", Decimal(560))
    events = told(later(world))
    assert ["pending_replace", "pending_new", "fill", "order_replace_rejected", "rejected"] == (
        events
    )
    assert ("filled", "rejected") == (again(world, old).status, again(world, new).status)
    assert {call(600): 1} == holdings(world)


@pytest.mark.parametrize("keeps_fills", [False, True])
def test_a_replacement_after_a_partial_fill_trades_no_contract_twice(*, keeps_fills: bool) -> None:
    world = exchange(CONDOR, rules={"replace_keeps_fills": keeps_fills}, **SHALLOW)
    old = world.submit(condor_close())
    later(world)
    filled = again(world, old).filled_qty
    assert 0 < filled < 10
    with pytest.raises(Refusal, match="limit price is only valid"):
        world.replace(old.id, price("9"))
    world.cancel(old.id)
    later(world)
    left = 10 - again(world, old).filled_qty
    limited = world.submit(condor_close(qty=str(left), limit="40"))
    later(world)
    first = again(world, limited).filled_qty
    new = world.replace(limited.id, price("41"))
    for _ in range(30):
        later(world)
    replaced, done = again(world, limited), again(world, new)
    assert "filled" == done.status
    assert {} == holdings(world)
    assert first <= replaced.filled_qty
    counted = done.filled_qty if keeps_fills else replaced.filled_qty + done.filled_qty
    assert left == counted


REFUSED: list[tuple[str, ReplaceRequest, str]] = [
    ("nothing new", price("0.01"), "order parameters are not changed"),
    ("more than is held", ReplaceRequest(qty=Decimal(11)),
     "insufficient qty available for order (requested: 11, available: 10)"),
    ("no units", ReplaceRequest(qty=Decimal(0)), "qty must be > 0"),
    ("three decimals", price("0.015"), "limit price must be limited to 2 decimal places"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "message"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED]
)
def test_a_wrong_change_is_refused_and_the_order_works_on(
    change: ReplaceRequest, message: str
) -> None:
    world = exchange(CONDOR)
    old = resting(world)
    with pytest.raises(Refusal) as caught:
        world.replace(old.id, change)
    assert message == caught.value.message
    assert old == again(world, old)


def test_an_order_that_is_not_at_work_cannot_be_replaced() -> None:
    world = exchange({**CONDOR, call(600): 0})
    fresh = world.submit(condor_close(limit="0.01"))
    statuses = {}
    for name, act in (
        ("pending_new", lambda: None),
        ("pending_replace", lambda: (later(world), world.replace(fresh.id, price("0.02")))),
        ("replaced", lambda: later(world)),
    ):
        act()
        with pytest.raises(Refusal) as caught:
            world.replace(fresh.id, price("0.03"))
        statuses[name] = caught.value.message
    assert {
        "pending_new": "cannot replace order in pending_new status",
        "pending_replace": "cannot replace order in pending_replace status",
        "replaced": "order already replaced",
    } == statuses


def test_an_order_queued_before_the_open_cannot_be_replaced() -> None:
    world = exchange(CONDOR, now=NIGHT)
    order = world.submit(condor_close(limit="0.01"))
    with pytest.raises(Refusal, match="cannot replace order in accepted status"):
        world.replace(order.id, price("0.02"))


def test_an_order_being_replaced_cannot_be_cancelled_but_its_replacement_can() -> None:
    world = exchange(CONDOR)
    old = resting(world)
    new = world.replace(old.id, price("0.02"))
    with pytest.raises(Refusal):
        world.cancel(old.id)
    world.cancel(new.id)
    later(world)
    assert ("replaced", "canceled") == (again(world, old).status, again(world, new).status)


def test_a_rejected_replacement_leaves_the_old_order_at_work() -> None:
    world = exchange({put(560): -1})
    old = world.submit(single(put(560), BTC, limit="0.01"))
    later(world)
    new = world.replace(old.id, price("0.02"))
    world.reject(new.id, "the venue said no")
    assert ["pending_replace", "pending_new", "order_replace_rejected", "rejected"] == (
        told(later(world))
    )
    assert ("new", "rejected") == (again(world, old).status, again(world, new).status)
    assert 0 == world.position(put(560)).qty_available


def test_the_simulators_hand_on_the_old_order_takes_the_replacement_with_it() -> None:
    world = exchange({put(560): -1})
    old = world.submit(single(put(560), BTC, limit="0.01"))
    later(world)
    new = world.replace(old.id, price("0.02"))
    world.reject(old.id, "the venue said no")
    later(world)
    assert ("rejected", "rejected") == (again(world, old).status, again(world, new).status)
