"""Estimated fees as the contract shows them."""

from collections.abc import Iterable
from decimal import Decimal

from closeout.domain.fees import Fee, FeeRate, charged_total, exact_total
from closeout.schemas.previews import FeeOut, FeesOut, LegFeeOut


def fees_out(trades: Iterable[tuple[Fee, ...]]) -> FeesOut:
    """Show the fees of several trades of one day together, one line a rate."""
    fees = [fee for each in trades for fee in each]
    by_rate: dict[FeeRate, list[Fee]] = {}
    for fee in fees:
        by_rate.setdefault(fee.rate, []).append(fee)
    return FeesOut(
        total=charged_total(fees),
        exact=_trimmed(exact_total(fees)),
        fees=[_fee_out(rate, exact_total(parts)) for rate, parts in by_rate.items()],
    )


def leg_fees_out(fees: Iterable[Fee]) -> list[LegFeeOut]:
    return [LegFeeOut(code=fee.rate.code.value, amount=_trimmed(fee.amount)) for fee in fees]


def _fee_out(rate: FeeRate, amount: Decimal | None) -> FeeOut:
    return FeeOut(
        code=rate.code.value,
        amount=_trimmed(amount),
        rate=rate.amount,
        basis=rate.basis.value,
        sales_only=rate.sales_only,
        cap=rate.cap,
        since=rate.since,
        source=rate.source,
        confirmed=rate.confirmed,
    )


def _trimmed(amount: Decimal | None) -> Decimal | None:
    """Drop zeros behind the last digit that says something."""
    return None if amount is None else amount.normalize()
