"""What the broker says no to, in Alpaca's own shape: `{"code", "message", ...extras}`.

Messages and codes follow Alpaca's options error tables ("Options trading overview") where they
are published, otherwise what users report from the wire; docs/simulator.md marks which is which.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final

FORBIDDEN: Final = 40310000
NOT_FOUND: Final = 40410000
UNPROCESSABLE: Final = 42210000
BAD_REQUEST: Final = 40010001

Extra = str | int | list[str]


class Refusal(Exception):
    """A request that the broker turned down; nothing in the world has changed.

    `status` is the HTTP status, `code` Alpaca's own number, `extras` the further keys of the
    error body beside `code` and `message`.
    """

    def __init__(
        self,
        status: int,
        code: int,
        message: str,
        extras: Mapping[str, Extra] | None = None,
    ) -> None:
        super().__init__(f"{status} {code} {message}")
        self.status = status
        self.code = code
        self.message = message
        self.extras: dict[str, Extra] = dict(extras or {})

    def body(self) -> dict[str, Extra]:
        """The JSON object of Alpaca's error answer."""
        return {"code": self.code, "message": self.message, **self.extras}


def forbidden(message: str, extras: Mapping[str, Extra] | None = None) -> Refusal:
    return Refusal(403, FORBIDDEN, message, extras)


def unprocessable(message: str, code: int = UNPROCESSABLE) -> Refusal:
    return Refusal(422, code, message)


def not_found(message: str) -> Refusal:
    return Refusal(404, NOT_FOUND, message)


def insufficient_quantity(
    *, symbol: str, requested: int, existing: int, held: int, related: Sequence[str]
) -> Refusal:
    """Contracts or shares that another open order has already claimed.

    For multi-leg orders `symbol` is empty: Alpaca does not say which leg is short
    (forum.alpaca.markets/t/16594).
    """
    available = max(existing - held, 0)
    return forbidden(
        f"insufficient qty available for order (requested: {requested}, available: {available})",
        {
            "available": str(available),
            "existing_qty": str(existing),
            "held_for_orders": str(held),
            "related_orders": list(related),
            "symbol": symbol,
        },
    )


def uncovered() -> Refusal:
    return forbidden("account not eligible to trade uncovered option contracts")


def insufficient_options_buying_power(required: Decimal, available: Decimal) -> Refusal:
    return forbidden(
        f"insufficient options buying power (required: {required}, available: {available})",
        {"cost_basis": str(required), "options_buying_power": str(available)},
    )


def insufficient_for_cash_secured_put(required: Decimal, available: Decimal) -> Refusal:
    return forbidden(
        "insufficient options buying power for cash-secured put "
        f"(required: {required}, available: {available})",
        {"buying_power": str(available), "required_options_buying_power": str(required)},
    )


def insufficient_underlying(
    *, symbol: str, underlying_asset_id: str, required: int, available: int
) -> Refusal:
    return forbidden(
        "insufficient underlying qty available for covered call "
        f"(required: {required}, available: {available})",
        {
            "available_qty": str(available),
            "required_qty": str(required),
            "symbol": symbol,
            "underlying_asset_id": underlying_asset_id,
        },
    )


def wash_trade(existing_order_id: str, existing_type: str) -> Refusal:
    return forbidden(
        "potential wash trade detected. use complex orders",
        {
            "existing_order_id": existing_order_id,
            "reject_reason": f"opposite side {existing_type} order exists",
        },
    )
