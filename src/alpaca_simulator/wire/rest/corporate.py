"""``GET /v1/corporate-actions``: dividends and splits that were announced."""

from __future__ import annotations

from typing import Final

from alpaca_simulator.exchange.corporate import ActionKind
from alpaca_simulator.exchange.sessions import NEW_YORK
from alpaca_simulator.wire.params import BadParameter
from alpaca_simulator.wire.render import market
from alpaca_simulator.wire.rest.call import Answer, Call, Json, page

_PAGE: Final = 100
_MOST: Final = 1000
_SORTS: Final = frozenset({"asc", "desc"})
_TYPES: Final = frozenset(
    {
        "reverse_split",
        "forward_split",
        "unit_split",
        "cash_dividend",
        "stock_dividend",
        "spin_off",
        "cash_merger",
        "stock_merger",
        "stock_and_cash_merger",
        "redemption",
        "name_change",
        "worthless_removal",
        "rights_distribution",
        "partial_call",
        "reorganization",
        "capital_gains_distribution",
    }
)
"""What Alpaca knows; only some of them happen here."""


def list_actions(call: Call) -> Answer:
    """By process date, which for a dividend is when it is paid, as Alpaca does."""
    query = call.query
    today = call.exchange.now.astimezone(NEW_YORK).date()
    types = query.items("types")
    if unknown := sorted(types - _TYPES):
        raise BadParameter(f"invalid types: {', '.join(unknown)}")
    found = call.exchange.corporate_actions(
        query.items("symbols"), query.day("start") or today, query.day("end") or today
    )
    found = [action for action in found if not types or action.kind in types]
    if query.one_of("sort", _SORTS, default="asc") == "desc":
        found.reverse()
    rows, token = page(found, query, default=_PAGE, most=_MOST)
    actions: dict[str, list[Json]] = {}
    for action in rows:
        actions.setdefault(f"{action.kind}s", []).append(_RENDER[action.kind](action))
    return Answer(200, {"corporate_actions": actions, "next_page_token": token})


_RENDER: Final = {
    ActionKind.CASH_DIVIDEND: market.cash_dividend,
    ActionKind.FORWARD_SPLIT: market.forward_split,
    ActionKind.REVERSE_SPLIT: market.reverse_split,
}
