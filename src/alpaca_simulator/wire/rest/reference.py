"""Clock, calendar, assets and option contracts."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from alpaca_simulator.exchange.contracts import ContractFilter, Kind, ListedContract
from alpaca_simulator.exchange.exchange import Exchange
from alpaca_simulator.exchange.sessions import NEW_YORK, session_opening_after
from alpaca_simulator.wire.params import Query
from alpaca_simulator.wire.render import market
from alpaca_simulator.wire.rest.call import Answer, Call, page

_CONTRACT_PAGE: Final = 100
_MOST_CONTRACTS: Final = 10_000
_STATUSES: Final = frozenset({"active", "inactive"})
_STYLES: Final = frozenset({"american", "european"})
_SATURDAY: Final = 5


def clock(call: Call) -> Answer:
    return Answer(200, market.clock(call.exchange.clock()))


def calendar(call: Call) -> Answer:
    """Without bounds a year either side of today; Alpaca's default reaches from 1970 to 2029."""
    today = _today(call.exchange)
    first = call.query.day("start") or today - timedelta(365)
    last = call.query.day("end") or today + timedelta(365)
    return Answer(
        200,
        [
            market.session(session, session_opening_after(session.close))
            for session in call.exchange.calendar(first, last)
        ],
    )


def list_assets(call: Call) -> Answer:
    """All that is listed here is an active US stock with options."""
    stocks = call.query.text("asset_class") in {None, "us_equity"}
    active = call.query.one_of("status", _STATUSES, default="active") == "active"
    venue = call.query.text("exchange")
    rows = call.exchange.assets() if stocks and active else []
    return Answer(200, [market.asset(it) for it in rows if venue in {None, it.exchange}])


def get_asset(call: Call) -> Answer:
    return Answer(200, market.asset(call.exchange.asset(call.parts["symbol"])))


def list_contracts(call: Call) -> Answer:
    query = call.query
    nothing = (
        query.one_of("status", _STATUSES, default="active") == "inactive"
        or query.one_of("style", _STYLES, default="american") == "european"
    )
    found = [] if nothing else call.exchange.contracts(_filter(call.exchange, query))
    root = query.text("root_symbol")
    rows, token = page(
        [it for it in found if root in {None, it.contract.underlying}],
        query,
        default=_CONTRACT_PAGE,
        most=_MOST_CONTRACTS,
    )
    deliverables = query.flag("show_deliverables") or False
    return Answer(
        200,
        {
            "option_contracts": [market.contract(it, deliverables=deliverables) for it in rows],
            "next_page_token": token,
        },
    )


def get_contract(call: Call) -> Answer:
    found: ListedContract = call.exchange.contract(call.parts["symbol"])
    return Answer(200, market.contract(found, deliverables=True))


def contract_filter(query: Query, underlyings: frozenset[str]) -> ContractFilter:
    """The filters that the contracts endpoint and the option chain share."""
    return ContractFilter(
        underlyings=underlyings,
        expiration=query.day("expiration_date"),
        expiration_from=query.day("expiration_date_gte"),
        expiration_to=query.day("expiration_date_lte"),
        kind=query.choice("type", Kind),
        strike_from=query.decimal("strike_price_gte"),
        strike_to=query.decimal("strike_price_lte"),
        ppind=query.flag("ppind"),
    )


def _filter(exchange: Exchange, query: Query) -> ContractFilter:
    """`expiration_date_lte` is the next weekend where neither it nor a date is given (the spec)."""
    wanted = contract_filter(query, query.items("underlying_symbols"))
    if wanted.expiration or wanted.expiration_to:
        return wanted
    return replace(wanted, expiration_to=_weekend(_today(exchange)))


def _weekend(today: date) -> date:
    return today + timedelta((_SATURDAY - today.weekday()) % 7)


def _today(exchange: Exchange) -> date:
    return exchange.now.astimezone(NEW_YORK).date()
