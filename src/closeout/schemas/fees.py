"""Estimated regulatory fees."""

from datetime import date
from typing import Literal

from closeout.schemas.base import Money, Output

FeeCode = Literal["orf", "occ", "taf", "cat", "sec"]


class LegFeeOut(Output):
    """What one regulatory fee comes to for a leg, unrounded; null when a price is missing."""

    code: FeeCode
    amount: Money | None


class FeeOut(Output):
    """
    One regulatory fee of the whole close, with the rate it was estimated by.

    `rate` is dollars per contract, per share (a contract counts its hundred) or per dollar
    of proceeds, as `basis` says. `confirmed` is false where the rate or its date was not
    read in the issuer's own text; `source` says what was.
    """

    code: FeeCode
    amount: Money | None
    rate: Money
    basis: Literal["contract", "share", "dollar"]
    sales_only: bool
    cap: Money | None
    since: date
    source: str
    confirmed: bool


class FeesOut(Output):
    """
    Estimated regulatory fees, dollars. The account's FEE activities tell what was charged.

    `exact` is the unrounded sum. `total` is what Alpaca would charge at the end of the day
    if nothing else traded: each kind rounded up to the cent.
    """

    total: Money | None
    exact: Money | None
    fees: list[FeeOut]
