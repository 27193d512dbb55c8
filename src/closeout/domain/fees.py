"""
Regulatory fees of a trade, estimated beforehand from a dated table.

Alpaca charges no commission to self-directed accounts and passes these fees on. What it
really charged are the FEE activities of the account; nothing here overrides them.

Fees accrue all day; at its end each kind's total is rounded up to the cent and charged
(docs.alpaca.markets/docs/regulatory-fees, "How fees are charged"). So the exact sum of one
close can be told beforehand, and its cents only as if nothing else traded that day.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, Decimal
from enum import StrEnum

from closeout.domain.orders import Side

_CENT = Decimal("0.01")


class FeeCode(StrEnum):
    """Who is paid. Alpaca's FEE activities call the SEC's `REG`."""

    ORF = "orf"
    OCC = "occ"
    TAF = "taf"
    CAT = "cat"
    SEC = "sec"


class Basis(StrEnum):
    """What a rate is multiplied with."""

    CONTRACT = "contract"
    SHARE = "share"
    """Executed equivalent shares: a contract counts a hundred."""
    DOLLAR = "dollar"
    """Dollars of proceeds."""


@dataclass(frozen=True, slots=True)
class FeeRate:
    """
    One row of the table: a rate from a trade date on, until the next row of its code.

    `amount` is dollars per `basis`, `cap` the most for one trade. `confirmed` says that the
    rate and its date were read in the issuer's own text; otherwise `source` says what was.
    """

    code: FeeCode
    since: date
    amount: Decimal
    basis: Basis
    sales_only: bool
    source: str
    confirmed: bool
    cap: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Trade:
    """What is charged for: `price` is dollars per share, None when it is not known."""

    is_option: bool
    side: Side
    quantity: int
    multiplier: int
    price: Decimal | None


@dataclass(frozen=True, slots=True)
class Fee:
    """What one rate comes to on a day, exactly; None when the price it needs is not known."""

    rate: FeeRate
    amount: Decimal | None
    on: date


def fees_of(trade: Trade, on: date, table: Iterable[FeeRate] | None = None) -> tuple[Fee, ...]:
    """
    Return the fees of a trade by the rates of its date, one a code.

    A date before the table takes its first rows: a wrong clock must not cost a preview.
    """
    rows = table or (OPTION_RATES if trade.is_option else SHARE_RATES)
    charged = (rate for rate in _valid(rows, on) if trade.side is Side.SELL or not rate.sales_only)
    return tuple(Fee(rate, _amount(rate, trade), on) for rate in charged)


def exact_total(fees: Iterable[Fee]) -> Decimal | None:
    """Add up without rounding; None when one of them is not known."""
    total = Decimal(0)
    for fee in fees:
        if fee.amount is None:
            return None
        total += fee.amount
    return total


def charged_total(fees: Iterable[Fee]) -> Decimal | None:
    """Dollars as Alpaca charges them: each code of each day rounded up to the cent, once."""
    accrued: dict[tuple[date, FeeCode], Decimal] = {}
    for fee in fees:
        if fee.amount is None:
            return None
        kind = (fee.on, fee.rate.code)
        accrued[kind] = accrued.get(kind, Decimal(0)) + fee.amount
    return sum((_up_to_cent(amount) for amount in accrued.values()), Decimal("0.00"))


def _up_to_cent(amount: Decimal) -> Decimal:
    return amount.quantize(_CENT, ROUND_CEILING)


def _valid(rows: Iterable[FeeRate], on: date) -> list[FeeRate]:
    """The newest row of each code that applies on a date. Rows are oldest first."""
    valid: dict[FeeCode, FeeRate] = {}
    for rate in rows:
        if rate.since <= on or rate.code not in valid:
            valid[rate.code] = rate
    return list(valid.values())


def _amount(rate: FeeRate, trade: Trade) -> Decimal | None:
    if not rate.amount:
        return Decimal(0)
    basis = _basis(rate.basis, trade)
    if basis is None:
        return None
    amount = rate.amount * basis
    return amount if rate.cap is None else min(amount, rate.cap)


def _basis(basis: Basis, trade: Trade) -> Decimal | None:
    match basis:
        case Basis.CONTRACT:
            return Decimal(trade.quantity)
        case Basis.SHARE:
            return Decimal(trade.quantity * trade.multiplier)
        case Basis.DOLLAR:
            proceeds = None if trade.price is None else trade.price * trade.quantity
            return None if proceeds is None else proceeds * trade.multiplier


_DOCS = "docs.alpaca.markets/docs/regulatory-fees"
_SCHEDULE = (
    "Alpaca Brokerage Fee Schedule (files.alpaca.markets/disclosures/library/BrokFeeSched.pdf), "
    "revisions of 2026-07-01 to 2026-10-01, as quoted by several readers and by one with FEE "
    "activities of an account"
)
_PAUSE = (
    "SR-FINRA-2026-021, SEC Release 34-106409: no TAF for trades of October to December 2026; "
    "Alpaca's schedule of 2026-10-01 lists 0; both as quoted"
)
_RESUMED = "SR-FINRA-2026-021: earlier rates resume; SR-FINRA-2026-020 holds them; as quoted"
_TAF_2026 = "SR-FINRA-2024-019 (89 FR 93709), rate of 2026 as quoted by brokers' schedules"


def _rate(
    code: FeeCode,
    since: date,
    amount: str,
    basis: Basis,
    source: str,
    *,
    confirmed: bool = False,
    cap: str | None = None,
) -> FeeRate:
    return FeeRate(
        code=code,
        since=since,
        amount=Decimal(amount),
        basis=basis,
        sales_only=code in (FeeCode.TAF, FeeCode.SEC),
        source=source,
        confirmed=confirmed,
        cap=None if cap is None else Decimal(cap),
    )


_UNDATED = date(2025, 1, 1)
"""Alpaca's page lists these rates without a date; copies of 2025 and January 2026 have them."""

_BOTH = (
    _rate(FeeCode.CAT, _UNDATED, "0.000046", Basis.SHARE, f"{_DOCS}; no date given"),
    _rate(FeeCode.CAT, date(2026, 7, 1), "0.000003", Basis.SHARE, _SCHEDULE),
    _rate(
        FeeCode.SEC,
        date(2024, 5, 22),
        "0.0000278",
        Basis.DOLLAR,
        f"SEC fee rate advisory 2 of fiscal 2024; {_DOCS}",
        confirmed=True,
    ),
    _rate(
        FeeCode.SEC,
        date(2025, 5, 14),
        "0",
        Basis.DOLLAR,
        "SEC announcement of 2025-04-08 (securitytraders.org, 2025-05-14)",
        confirmed=True,
    ),
    _rate(
        FeeCode.SEC,
        date(2026, 4, 4),
        "0.0000206",
        Basis.DOLLAR,
        "SEC Release 34-104909 of 2026-02-27 (91 FR 10643); rate and date as quoted. Stands "
        "until 60 days after the appropriation of fiscal 2027",
    ),
)

OPTION_RATES = (
    _rate(FeeCode.ORF, _UNDATED, "0.02685", Basis.CONTRACT, f"{_DOCS}; no date given"),
    _rate(
        FeeCode.ORF,
        date(2026, 7, 1),
        "0.015",
        Basis.CONTRACT,
        f"{_SCHEDULE}. Exchanges charge only what they execute since that day "
        "(SR-CBOE-2025-086), so what one trade costs depends on where it executes",
    ),
    _rate(FeeCode.OCC, _UNDATED, "0.02", Basis.CONTRACT, f"{_DOCS}; no date given", cap="55"),
    _rate(
        FeeCode.OCC,
        date(2026, 7, 1),
        "0.025",
        Basis.CONTRACT,
        f"{_SCHEDULE}. The OCC itself charges it since 2025-02-14, without a cap (90 FR 10544)",
    ),
    _rate(FeeCode.TAF, _UNDATED, "0.00279", Basis.CONTRACT, f"{_DOCS}; no date given"),
    _rate(FeeCode.TAF, date(2026, 1, 1), "0.00329", Basis.CONTRACT, _TAF_2026),
    _rate(FeeCode.TAF, date(2026, 10, 1), "0", Basis.CONTRACT, _PAUSE),
    _rate(FeeCode.TAF, date(2027, 1, 1), "0.00329", Basis.CONTRACT, _RESUMED),
    *_BOTH,
)
"""Oldest first within a code."""

SHARE_RATES = (
    _rate(FeeCode.TAF, _UNDATED, "0.000166", Basis.SHARE, f"{_DOCS}; no date given", cap="8.30"),
    _rate(FeeCode.TAF, date(2026, 1, 1), "0.000195", Basis.SHARE, _TAF_2026, cap="9.79"),
    _rate(FeeCode.TAF, date(2026, 10, 1), "0", Basis.SHARE, _PAUSE),
    _rate(FeeCode.TAF, date(2027, 1, 1), "0.000195", Basis.SHARE, _RESUMED, cap="9.79"),
    *_BOTH,
)
"""Oldest first within a code."""
