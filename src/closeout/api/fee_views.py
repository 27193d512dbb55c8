"""Estimated fees as the contract shows them."""

from collections.abc import Iterable
from decimal import Decimal
from typing import overload

from closeout.domain.fees import Fee, FeeCode, FeeRate, charged_total, exact_total
from closeout.schemas.fees import FeeOut, FeesOut, LegFeeOut


def fees_out(trades: Iterable[tuple[Fee, ...]]) -> FeesOut:
    """Show the fees of several trades of one day together, one line a rate."""
    fees = [fee for each in trades for fee in each]
    by_rate: dict[FeeRate, list[Fee]] = {}
    for fee in fees:
        by_rate.setdefault(fee.rate, []).append(fee)
    return FeesOut(
        total=charged_total(fees),
        exact=trimmed(exact_total(fees)),
        fees=[_fee_out(rate, exact_total(parts)) for rate, parts in by_rate.items()],
    )


def by_code(fees: Iterable[Fee]) -> list[LegFeeOut]:
    """Show what each kind of fee comes to."""
    parts: dict[FeeCode, list[Fee]] = {}
    for fee in fees:
        parts.setdefault(fee.rate.code, []).append(fee)
    return [
        LegFeeOut(code=code.value, amount=trimmed(exact_total(each)))
        for code, each in parts.items()
    ]


def _fee_out(rate: FeeRate, amount: Decimal | None) -> FeeOut:
    return FeeOut(
        code=rate.code.value,
        amount=trimmed(amount),
        rate=rate.amount,
        basis=rate.basis.value,
        sales_only=rate.sales_only,
        cap=rate.cap,
        since=rate.since,
        source=rate.source,
        confirmed=rate.confirmed,
    )


@overload
def trimmed(value: Decimal) -> Decimal: ...
@overload
def trimmed(value: None) -> None: ...
@overload
def trimmed(value: Decimal | None) -> Decimal | None: ...
def trimmed(value: Decimal | None) -> Decimal | None:
    """Drop zeros behind the last digit that says something."""
    return None if value is None else value.normalize()
