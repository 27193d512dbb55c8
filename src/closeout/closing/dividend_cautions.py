"""What a dividend or a split brings to a strategy, and early assignment, which dividends cause."""

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal

from closeout.closing.scene import Caution, CautionCode, Scene, Severity
from closeout.domain.announcements import Announcement, next_dividend, next_split, touches
from closeout.domain.occ import Right
from closeout.domain.quotes import Quote
from closeout.domain.session import exchange_date
from closeout.domain.strategies import Leg

_LITTLE_EXTRINSIC = Decimal("0.10")
"""
Dollars per share. A holder gives this up by exercising early, so below it little keeps him
from doing so at any time.
"""


def dividend_cautions(scene: Scene) -> Iterator[Caution]:
    yield from _assignment_cautions(scene)
    if scene.announced is None:
        yield from _unknown(scene)
    else:
        yield from _announced(scene, scene.announced)


def _unknown(scene: Scene) -> Iterator[Caution]:
    if any(_is_short_call(leg) for leg in scene.strategy.legs):
        yield Caution(
            CautionCode.DIVIDENDS_UNKNOWN,
            Severity.INFO,
            f"Dividend dates of {scene.strategy.underlying} could not be read. Calls are assigned "
            "early the night before an ex-dividend date: look it up.",
            scene.strategy.underlying,
        )


def _announced(scene: Scene, announced: Sequence[Announcement]) -> Iterator[Caution]:
    today, legs = exchange_date(scene.now), scene.strategy.legs
    dividend, split = next_dividend(announced, today), next_split(announced, today)
    if dividend is not None and any(touches(dividend, leg) for leg in legs):
        yield Caution(
            CautionCode.EX_DIVIDEND,
            Severity.INFO,
            f"{dividend.symbol} goes ex-dividend on {_day(dividend.ex_date)}: ${dividend.rate} a "
            "share, by which its price falls then.",
            dividend.symbol,
        )
    if split is not None and any(touches(split, leg) for leg in legs):
        yield Caution(
            CautionCode.SPLIT,
            Severity.WARNING,
            f"{split.symbol} splits on {_day(split.ex_date)}: {split.new:f} for {split.old:f} "
            "shares. Its options are adjusted then, and may be for closing only.",
            split.symbol,
        )


# --- early assignment -----------------------------------------------------------------------


def _assignment_cautions(scene: Scene) -> list[Caution]:
    spot = scene.quotes.get(scene.strategy.underlying)
    if spot is None or spot.mid is None:
        return []
    return [
        caution
        for leg in scene.strategy.legs
        if (caution := _assignment(scene, leg, spot.mid, scene.quotes.get(leg.symbol))) is not None
    ]


def _assignment(scene: Scene, leg: Leg, spot: Decimal, quote: Quote | None) -> Caution | None:
    """
    Warn of a short option in the money that its holder loses little by exercising.

    A call is exercised early for a dividend: that pays when the dividend is more than the time
    value given up, and only on the last day before the ex-date (Hull, Options, Futures, and
    Other Derivatives, on American calls and dividends; Merton 1973). The holder has the shares
    only from the next day on, so the assignment comes that night.
    """
    option = leg.option
    if option is None or not leg.is_short or quote is None or quote.mid is None:
        return None
    is_call = option.right is Right.CALL
    intrinsic = spot - option.strike if is_call else option.strike - spot
    extrinsic = max(Decimal(0), quote.mid - intrinsic)
    if intrinsic <= 0:
        return None
    state = f"{leg.symbol} is short, {intrinsic:.2f} in the money, with {extrinsic:.2f} of other "
    state += "value left"
    dividend = _dividend_for(scene, leg) if is_call else None
    if dividend is not None and extrinsic < dividend.rate:
        return _for_dividend(scene, leg, dividend, state)
    if extrinsic >= _LITTLE_EXTRINSIC:
        return None
    return Caution(
        CautionCode.EARLY_ASSIGNMENT,
        Severity.WARNING,
        f"{state}: it may be assigned any night.",
        leg.symbol,
    )


def _for_dividend(scene: Scene, leg: Leg, dividend: Announcement, state: str) -> Caution:
    is_next = scene.market is not None and (
        exchange_date(scene.market.next_open) >= dividend.ex_date
    )
    when = "tonight" if is_next else "the night before"
    return Caution(
        CautionCode.EARLY_ASSIGNMENT,
        Severity.DANGER if is_next else Severity.WARNING,
        f"{state}, less than the dividend of {dividend.rate} on {_day(dividend.ex_date)}: its "
        f"holder gains by exercising {when}, and you would owe the dividend.",
        leg.symbol,
    )


def _dividend_for(scene: Scene, leg: Leg) -> Announcement | None:
    """Return the next dividend, if the call is still there to be exercised for it."""
    dividend = next_dividend(scene.announced or (), exchange_date(scene.now))
    return dividend if dividend is not None and touches(dividend, leg) else None


def _is_short_call(leg: Leg) -> bool:
    return leg.is_short and leg.option is not None and leg.option.right is Right.CALL


def _day(day: date) -> str:
    return f"{day:%A} {day.day} {day:%B}"
