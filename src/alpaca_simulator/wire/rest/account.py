"""``/v2/account``, its configurations and its activities."""

from __future__ import annotations

from typing import Final

from alpaca_simulator.exchange.activities import Activity, ActivityFilter, ActivityType
from alpaca_simulator.wire.bodies import read_configurations
from alpaca_simulator.wire.params import BadParameter, Query
from alpaca_simulator.wire.render import account as render
from alpaca_simulator.wire.rest.call import Answer, Call

_DIRECTIONS: Final = frozenset({"asc", "desc"})
_CATEGORIES: Final = frozenset({"trade_activity", "non_trade_activity"})
_TRADES: Final = frozenset({ActivityType.FILL})
_PAGE: Final = 100
_EVERYTHING: Final = 1_000_000


def get_account(call: Call) -> Answer:
    return Answer(200, render.account(call.exchange.account()))


def get_configurations(call: Call) -> Answer:
    return Answer(200, render.configurations(call.exchange.configurations))


def patch_configurations(call: Call) -> Answer:
    call.exchange.configure(read_configurations(call.raw, call.exchange.configurations))
    return get_configurations(call)


def list_activities(call: Call) -> Answer:
    """All kinds, or those of `activity_types` or of `category`."""
    names = call.query.listed("activity_types")
    category = call.query.text("category")
    if names and category:
        raise BadParameter("activity_types and category are mutually exclusive")
    if category:
        call.query.one_of("category", _CATEGORIES, default="")
        types = _TRADES if category == "trade_activity" else frozenset(ActivityType) - _TRADES
        return _answer(call, types)
    return _activities(call, names)


def list_activities_of_type(call: Call) -> Answer:
    return _activities(call, call.parts["activity_type"].split(","))


def _activities(call: Call, names: list[str]) -> Answer:
    """Kinds that Alpaca knows and this account never has, such as dividends, give no rows."""
    types = frozenset(ActivityType(name) for name in names if name in set(ActivityType))
    if names and not types:
        return Answer(200, [])
    return _answer(call, types)


def _answer(call: Call, types: frozenset[ActivityType]) -> Answer:
    account_id = call.exchange.account().id
    rows = _rows(call, types)
    return Answer(200, [render.activity(row, account_id) for row in rows])


def _rows(call: Call, types: frozenset[ActivityType]) -> list[Activity]:
    size = call.query.integer("page_size", default=_PAGE, most=_PAGE)
    order_id = call.query.text("order_id")
    if order_id is None:
        return call.exchange.activities(_filter(call.query, types, size))
    everything = call.exchange.activities(_filter(call.query, types, _EVERYTHING))
    return [row for row in everything if row.order_id == order_id][:size]


def _filter(query: Query, types: frozenset[ActivityType], size: int) -> ActivityFilter:
    return ActivityFilter(
        types=types,
        on=query.day("date"),
        after=query.moment("after"),
        until=query.moment("until"),
        descending=query.one_of("direction", _DIRECTIONS, default="desc") == "desc",
        page_size=size,
        page_token=query.text("page_token"),
    )
