"""Every REST endpoint that is served, in one table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from alpaca_simulator.wire.faults import ANSWER_KINDS, FaultKind
from alpaca_simulator.wire.rest import (
    account,
    corporate,
    options_data,
    orders,
    positions,
    reference,
    stocks_data,
)
from alpaca_simulator.wire.rest.call import Endpoint


@dataclass(frozen=True, slots=True)
class Route:
    method: str
    path: str
    endpoint: Endpoint

    @property
    def is_data(self) -> bool:
        """Market data endpoints have a budget and an error format of their own."""
        return self.path.startswith(("/v1/", "/v1beta1/", "/v2/stocks/"))

    @property
    def fault_kinds(self) -> frozenset[FaultKind]:
        """Those of every request, and of orders where the request makes one."""
        return ANSWER_KINDS | _MAKING_ORDERS.get((self.method, self.path), frozenset())


_FILLING: Final = frozenset({FaultKind.NEVER_FILL, FaultKind.FILL_UP_TO})
_MAKING_ORDERS: Final = {
    ("POST", "/v2/orders"): _FILLING,
    ("PATCH", "/v2/orders/{order_id}"): _FILLING | {FaultKind.REJECT_AFTER_PATCH},
    ("DELETE", "/v2/positions/{symbol}"): _FILLING,
}

ROUTES: Final = (
    Route("GET", "/v2/account", account.get_account),
    Route("GET", "/v2/account/configurations", account.get_configurations),
    Route("PATCH", "/v2/account/configurations", account.patch_configurations),
    Route("GET", "/v2/account/activities", account.list_activities),
    Route("GET", "/v2/account/activities/{activity_type}", account.list_activities_of_type),
    Route("GET", "/v2/positions", positions.list_positions),
    Route("DELETE", "/v2/positions", positions.close_all),
    Route("GET", "/v2/positions/{symbol}", positions.get_position),
    Route("DELETE", "/v2/positions/{symbol}", positions.close_position),
    Route("POST", "/v2/orders", orders.submit),
    Route("GET", "/v2/orders", orders.list_orders),
    Route("DELETE", "/v2/orders", orders.cancel_all),
    Route("GET", "/v2/orders:by_client_order_id", orders.get_by_client_order_id),
    Route("GET", "/v2/orders/{order_id}", orders.get_order),
    Route("PATCH", "/v2/orders/{order_id}", orders.replace),
    Route("DELETE", "/v2/orders/{order_id}", orders.cancel),
    Route("GET", "/v2/clock", reference.clock),
    Route("GET", "/v2/calendar", reference.calendar),
    Route("GET", "/v2/assets", reference.list_assets),
    Route("GET", "/v2/assets/{symbol}", reference.get_asset),
    Route("GET", "/v2/options/contracts", reference.list_contracts),
    Route("GET", "/v2/options/contracts/{symbol}", reference.get_contract),
    Route("GET", "/v1/corporate-actions", corporate.list_actions),
    Route("GET", "/v1beta1/options/quotes/latest", options_data.latest_quotes),
    Route("GET", "/v1beta1/options/trades/latest", options_data.latest_trades),
    Route("GET", "/v1beta1/options/snapshots", options_data.snapshots),
    Route("GET", "/v1beta1/options/snapshots/{symbol}", options_data.chain),
    Route("GET", "/v2/stocks/quotes/latest", stocks_data.latest_quotes),
    Route("GET", "/v2/stocks/trades/latest", stocks_data.latest_trades),
    Route("GET", "/v2/stocks/snapshots", stocks_data.snapshots),
    Route("GET", "/v2/stocks/{symbol}/quotes/latest", stocks_data.latest_quote),
    Route("GET", "/v2/stocks/{symbol}/trades/latest", stocks_data.latest_trade),
    Route("GET", "/v2/stocks/{symbol}/snapshot", stocks_data.snapshot),
)
