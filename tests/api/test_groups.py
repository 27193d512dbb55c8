"""What the API tells of shared contracts, of the past, and of what is left over."""

from decimal import Decimal

from support.asgi_socket import connect
from support.bench import CONDOR, SHORT_PUT
from support.desk import Shop, is_problem

STRADDLE = {SHORT_PUT: 1, "SPY261218C00600000": 1}


async def test_the_history_of_a_position_is_told_from_its_opening_on(shop: Shop) -> None:
    body = await shop.get(f"{shop.path}/history")

    (deed,) = body["deeds"]
    assert (shop.bench.strategy.id, "0.00") == (body["position_id"], body["pnl_realised"])
    assert ("opened", "0.00", []) == (deed["deed"], deed["pnl_realised"], deed["position_ids"])
    assert {(symbol, 10 * ratio, "1.00") for symbol, ratio in CONDOR.items()} == {
        (each["symbol"], each["quantity"], each["price"]) for each in deed["changes"]
    }


async def test_the_history_of_a_position_that_is_not_there_is_a_problem(shop: Shop) -> None:
    assert is_problem(
        await shop.http.get("/api/positions/pos_none/history"), 404, "unknown_position"
    )


async def test_a_position_tells_with_whom_its_contracts_are_netted(shop: Shop) -> None:
    shop.bench.open_package(STRADDLE, 4)
    await shop.bench.engine.book.refresh()
    positions = (await shop.get("/api/positions"))["positions"]
    straddle = next(each for each in positions if len(each["legs"]) == 2)
    condor = next(each for each in positions if each != straddle)

    (netted,) = straddle["netted_with"]
    assert (SHORT_PUT, 4, [condor["id"]]) == (
        netted["symbol"],
        netted["contracts"],
        netted["position_ids"],
    )
    assert "none can trade" in netted["message"]
    put = next(leg for leg in straddle["legs"] if leg["symbol"] == SHORT_PUT)
    assert netted["message"] == put["blocked_reason"]


async def test_what_is_gone_without_a_word_is_told(shop: Shop) -> None:
    shop.bench.broker.quantities[SHORT_PUT] = Decimal(-7)
    await shop.bench.engine.book.refresh()

    position = await shop.get(shop.path)

    assert [{"symbol": SHORT_PUT, "quantity": -3}] == position["missing"]


async def test_what_belongs_to_nobody_is_listed_with_its_reason(shop: Shop) -> None:
    shop.bench.open_package(STRADDLE, 4)
    shop.bench.broker.quantities[SHORT_PUT] += 1
    await shop.bench.engine.book.refresh()

    (left,) = (await shop.get("/api/positions"))["unassigned"]

    assert (SHORT_PUT, "1", True) == (left["symbol"], left["quantity"], left["is_difference"])
    assert "on both sides" in left["reason"]
    async with connect(shop.app) as socket:
        assert [left] == (await socket.next("snapshot"))["unassigned"]
        await shop.bench.engine.book.refresh()
        shop.bench.engine.feed.positions_changed()
        assert [left] == (await socket.next("positions"))["unassigned"]
