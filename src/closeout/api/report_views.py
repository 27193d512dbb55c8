"""Reports as the contract shows them."""

from decimal import Decimal

from closeout.api.fee_views import by_code, trimmed
from closeout.closing.report import Comparison, Cost, Report
from closeout.domain.fees import charged_total, exact_total
from closeout.schemas.reports import ComparisonOut, CostOut, ReportFeesOut, ReportOut

_CENT = Decimal("0.01")
_PRICE = Decimal("0.0001")


def report_out(report: Report) -> ReportOut:
    """Show a report: money to the cent, prices and shares to the fourth place."""
    flat_after = report.flat_after
    return ReportOut(
        feed=report.feed,
        units=trimmed(report.units.quantize(_PRICE)),
        fill_price=_price(report.fill),
        decision=_comparison(report.decision),
        first_send=_comparison(report.first_send),
        at_fill=_comparison(report.at_fill),
        half_spread_share=share(report.first_send.half_spread_share),
        cash=_cents(report.cash),
        pnl=_cents(report.pnl),
        fees=_fees(report),
        seconds_to_flat=None if flat_after is None else round(flat_after.total_seconds(), 3),
    )


def _fees(report: Report) -> ReportFeesOut:
    return ReportFeesOut(
        total=charged_total(report.fees),
        exact=trimmed(exact_total(report.fees)),
        fees=by_code(report.fees),
        confirmed=all(fee.rate.confirmed for fee in report.fees),
    )


def _comparison(each: Comparison) -> ComparisonOut:
    return ComparisonOut(
        at=each.at,
        mid=_price(each.mid),
        natural=_price(each.natural),
        against_mid=_cost(each.against_mid),
        against_natural=_cost(each.against_natural),
        half_spread_share=share(each.half_spread_share),
    )


def _cost(cost: Cost | None) -> CostOut | None:
    if cost is None:
        return None
    return CostOut(
        cents=trimmed((cost.per_unit * 100).quantize(_CENT)), dollars=cost.dollars.quantize(_CENT)
    )


def share(value: Decimal | None) -> Decimal | None:
    return None if value is None else trimmed(value.quantize(_PRICE))


def _price(value: Decimal | None) -> Decimal | None:
    return None if value is None else trimmed(value.quantize(_PRICE))


def _cents(value: Decimal | None) -> Decimal | None:
    return None if value is None else value.quantize(_CENT)
