"""A close that names a preview sends exactly that, or is refused with what has changed."""

from datetime import timedelta

import httpx
import pytest
from support.bench import CONDOR, SHORT_CALL, SHORT_PUT
from support.desk import Json, Shop, is_problem

from closeout.domain.orders import OrderStatus, OrderType, Side, Ticket, TicketLeg
from closeout.runtime.previews import KEPT

OFFSET = {"order_type": "limit", "limit_price_offset": "0.05"}


async def shown(shop: Shop, **body: object) -> Json:
    answer: Json = (await shop.preview(**body)).json()
    assert None is answer["problem"], answer
    return answer


async def close(shop: Shop, preview: Json, *, key: str | None = None, **body: object) -> Json:
    answer = await _post(shop, preview, key, body)
    assert 200 == answer.status_code, answer.text
    told: Json = answer.json()
    return told


async def _post(
    shop: Shop, preview: Json, key: str | None, body: dict[str, object]
) -> httpx.Response:
    path = f"/api/positions/{preview['position_id']}/close-strategy"
    sent = {"position_id": preview["position_id"], "preview_id": preview["preview_id"]} | body
    headers = {"Idempotency-Key": key} if key else {}
    return await shop.http.post(path, json=sent, headers=headers)


async def refused(shop: Shop, preview: Json, code: str = "preview_stale", **body: object) -> Json:
    status = 422 if "preview_disagrees" == code else 409
    answer = await _post(shop, preview, None, body)
    assert is_problem(answer, status, code)
    assert [] == shop.bench.broker.sent
    told: Json = answer.json()
    return told


async def test_what_was_shown_is_sent_without_saying_it_again(shop: Shop) -> None:
    preview = await shown(shop, **OFFSET)

    await close(shop, preview)

    (ticket,) = shop.bench.broker.sent
    (order,) = preview["orders"]
    assert ("limit", order["limit_price"], order["units"]) == (
        ticket.order_type.value,
        str(ticket.limit),
        ticket.units,
    )


async def test_a_preview_tells_how_long_it_can_be_named(shop: Shop) -> None:
    preview = await shown(shop)

    assert preview["expires_at"] == (
        (shop.bench.clock.now() + timedelta(seconds=30)).isoformat().replace("+00:00", "Z")
    )


async def test_a_preview_with_a_problem_cannot_be_named(shop: Shop) -> None:
    shop.bench.broker.is_open = False
    await shop.bench.engine.book.read_market()

    answer = (await shop.preview()).json()

    assert (None, None) == (answer["preview_id"], answer["expires_at"])


async def test_a_limit_is_never_priced_anew(shop: Shop) -> None:
    """The market moves by a cent, which is tolerated, and the limit stays as shown."""
    preview = await shown(shop, **OFFSET)
    shop.bench.quotes.set(SHORT_PUT, "2.01", "2.11")
    await shop.bench.engine.book.read_quotes()

    await close(shop, preview)

    assert "2.05" == str(shop.bench.broker.sent[0].limit)


async def test_a_preview_is_too_old_after_thirty_seconds(shop: Shop) -> None:
    preview = await shown(shop)
    await shop.bench.clock.seconds(30)

    body = await refused(shop, preview)

    assert "expired" in body["detail"]
    assert [] == body["changes"]


async def test_just_before_that_it_is_not(shop: Shop) -> None:
    preview = await shown(shop)
    await shop.bench.clock.seconds(29)

    assert "success" == (await close(shop, preview))["status"]


async def test_a_market_that_has_moved_is_told_with_old_and_new(shop: Shop) -> None:
    """Natural 2.20 and mid 2.00 were shown: half of 0.20 may go."""
    preview = await shown(shop)
    shop.bench.quotes.set(SHORT_PUT, "2.11", "2.21")
    await shop.bench.engine.book.read_quotes()

    body = await refused(shop, preview)

    assert [
        {"what": "The natural", "was": "2.20", "now": "2.31"},
        {"what": "The mid", "was": "2.00", "now": "2.11"},
    ] == body["changes"]
    assert "natural was 2.20 and is 2.31" in body["detail"]
    assert "preview again" in body["detail"]


async def test_the_market_is_read_before_it_is_compared(shop: Shop) -> None:
    """Nothing has come by the stream; after five seconds a quote is asked for."""
    preview = await shown(shop)
    shop.bench.quotes.set(SHORT_PUT, "2.11", "2.21")
    await shop.bench.clock.seconds(6)

    await refused(shop, preview)


async def test_a_market_that_cannot_be_read_bars_nobody(shop: Shop) -> None:
    preview = await shown(shop)
    await shop.bench.clock.seconds(6)
    shop.bench.quotes.failing = "HTTP 500"

    assert "success" == (await close(shop, preview))["status"]


async def test_contracts_that_have_gone_are_told(shop: Shop) -> None:
    """One condor is closed at Alpaca's own page meanwhile."""
    preview = await shown(shop)
    for symbol, ratio in CONDOR.items():
        shop.bench.broker.hold(symbol, ratio * 9)
    await shop.bench.clock.seconds(3)

    body = await refused(shop, preview)

    assert {"10 bought", "10 sold"} == {change["was"] for change in body["changes"]}
    assert {"9 bought", "9 sold"} == {change["now"] for change in body["changes"]}


def by_hand(shop: Shop, name: str, symbol: str) -> str:
    """Let somebody's own order hold contracts, and return the broker's id of it."""
    leg = TicketLeg(symbol, 1, Side.BUY)
    shop.bench.broker.take(Ticket(name, 3, (leg,), OrderType.MARKET, None))
    return shop.bench.broker.newest.order_id


async def test_no_order_is_cancelled_first_that_was_not_shown(shop: Shop) -> None:
    one = by_hand(shop, "one", SHORT_PUT)
    await shop.bench.engine.book.refresh()
    preview = await shown(shop, cancel_conflicting=True)
    other = by_hand(shop, "other", SHORT_CALL)

    told = await refused(shop, preview)

    assert [one] == preview["cancels_first"]
    assert [] == shop.bench.broker.cancels
    assert other in told["detail"]


async def test_an_order_that_was_shown_and_is_gone_bars_nobody(shop: Shop) -> None:
    by_hand(shop, "one", SHORT_PUT)
    await shop.bench.engine.book.refresh()
    preview = await shown(shop, cancel_conflicting=True)
    shop.bench.broker.end(OrderStatus.CANCELED)

    await close(shop, preview)

    assert [] == shop.bench.broker.cancels


async def test_after_previewing_again_it_can_be_sent(shop: Shop) -> None:
    preview = await shown(shop)
    shop.bench.quotes.set(SHORT_PUT, "2.11", "2.21")
    await shop.bench.engine.book.read_quotes()
    await refused(shop, preview)

    again = await shown(shop)

    assert "success" == (await close(shop, again))["status"]


async def test_an_unknown_preview_is_stale(shop: Shop) -> None:
    preview = await shown(shop)

    await refused(shop, preview | {"preview_id": "prv_none"})


async def test_terms_may_be_said_again(shop: Shop) -> None:
    preview = await shown(shop, **OFFSET)

    assert "success" == (await close(shop, preview, **OFFSET))["status"]


async def test_the_limit_that_was_shown_may_be_said_back(shop: Shop) -> None:
    preview = await shown(shop, **OFFSET)

    told = await close(shop, preview, order_type="limit", limit_price="2.05")

    assert "success" == told["status"]


@pytest.mark.parametrize(
    "body",
    [
        {"order_type": "market"},
        {"order_type": "limit", "limit_price_offset": "0.06"},
        {"order_type": "limit", "limit_price": "2.06"},
    ],
)
async def test_terms_that_say_something_else_are_refused(
    shop: Shop, body: dict[str, object]
) -> None:
    preview = await shown(shop, **OFFSET)

    await refused(shop, preview, "preview_disagrees", **body)


async def test_a_leg_is_closed_by_its_preview(shop: Shop) -> None:
    leg_id = shop.bench.leg(SHORT_CALL).id
    preview = await shown(shop, leg_id=leg_id, order_type="limit", limit_price="2.08")

    await shop.close_leg(SHORT_CALL, preview_id=preview["preview_id"])

    (ticket,) = shop.bench.broker.sent
    assert (SHORT_CALL, "2.08") == (ticket.legs[0].symbol, str(ticket.limit))


async def test_the_preview_of_a_leg_closes_nothing_else(shop: Shop) -> None:
    preview = await shown(shop, leg_id=shop.bench.leg(SHORT_CALL).id)

    await refused(shop, preview, "preview_disagrees")


async def test_a_key_that_was_answered_outlives_its_preview(shop: Shop) -> None:
    preview = await shown(shop)
    first = await close(shop, preview, key="click-1")
    await shop.bench.clock.seconds(60)

    again = await close(shop, preview, key="click-1")

    assert first["close_id"] == again["close_id"]
    assert 1 == len(shop.bench.broker.sent)


async def test_a_key_is_not_for_another_preview(shop: Shop) -> None:
    await close(shop, await shown(shop), key="click-1")
    other = {"position_id": shop.bench.strategy.id, "preview_id": "prv_other"}

    answer = await _post(shop, other, "click-1", {})

    assert is_problem(answer, 422, "idempotency_key_reused")


async def test_a_double_click_is_one_close(shop: Shop) -> None:
    preview = await shown(shop)

    first, second = await close(shop, preview), await close(shop, preview)

    assert first["close_id"] == second["close_id"]
    assert 1 == len(shop.bench.broker.sent)


async def test_only_so_many_previews_are_kept_and_the_newest_of_them(shop: Shop) -> None:
    first = await shown(shop)
    for _ in range(KEPT - 1):
        await shown(shop)
    newest = await shown(shop)

    await refused(shop, first)
    assert "success" == (await close(shop, newest))["status"]
