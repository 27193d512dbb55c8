"""
A package that the broker refuses as such, taken apart: leg by leg, shorts first.

Every purchase is filled before the next order goes, and every sale comes after all of them,
so a long leg is never sold from over a short one (invariant I6).
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from closeout.closing import timing
from closeout.closing.plans import Plan, PlanStep
from closeout.closing.state import CloseState
from closeout.closing.transitions import Result, first_attempt, prepare
from closeout.closing.walking import begin
from closeout.domain.orders import Side

_ABOUT_PACKAGES = (
    # The switch in Alpaca's options error tables: "submit mleg order is disabled".
    (403, "mleg order is disabled"),
    # A package that only closes, judged as if it opened; several users report each of them.
    (403, "not eligible to trade uncovered option contracts"),
    (403, "not eligible to trade spreads"),
    (403, "buying power for cash-secured put"),
    # What a package may not be made of, while each of its legs may be an order.
    (422, "mleg orders must have"),
    (422, "ratio_qty"),
    (422, "ratio quantities"),
    (422, "rolling contracts ambiguity"),
    (422, "multi-leg order must have the same expiration"),
)
"""
HTTP status and a part of the message of refusals that are about the package.

Codes tell nothing apart: Alpaca's 40310000 and 42210000 stand for all of them. What is not
here would hold for a leg as well (quantity, blocks, hours, intent, prices) and ends the close.
"""


def is_about_the_package(http_status: int, message: str) -> bool:
    """Whether the legs might be taken where the package was not."""
    told = message.lower()
    return any(http_status == status and part in told for status, part in _ABOUT_PACKAGES)


def one_by_one(singles: Iterable[PlanStep]) -> tuple[PlanStep, ...]:
    """Return the orders of single legs in the order in which they may go: shorts first."""
    return tuple(sorted(singles, key=lambda single: single.legs[0].side is Side.SELL))


def legged(plan: Plan, index: int, units: int) -> Plan:
    """Put the legs of so many units of a step in its place; the other units stay a step."""
    step = plan.steps[index]
    assert step.instead, "only a package that may be taken apart is"
    rest = replace(step, units=step.units - units, instead=())
    singles = (replace(single, units=single.units // step.units * units) for single in step.instead)
    kept = (rest,) if rest.units else ()
    return replace(plan, steps=(*plan.steps[:index], *kept, *singles, *plan.steps[index + 1 :]))


def can_leg_in(state: CloseState, at: datetime) -> bool:
    """Whether the legs of the refused order may go: wished for, and decided not long ago."""
    step = state.plan.steps[state.attempt.step]
    is_young = at - state.attempt.sent_at <= timing.RESEND_WITHIN
    return bool(step.instead) and is_young and not state.cancel_requested


def leg_in(state: CloseState, refusal: str, at: datetime) -> Result:
    """Go on with the first leg of an order that was refused and certainly does not work."""
    attempt = state.attempt
    step = state.plan.steps[attempt.step]
    refused = state.with_attempt(replace(attempt, refusal=refusal))
    plan = legged(state.plan, attempt.step, attempt.ticket.units)
    is_whole = attempt.ticket.units == step.units
    index = attempt.step if is_whole else attempt.step + 1
    first = first_attempt(
        state.close_id,
        plan.steps[index],
        index=index,
        number=attempt.next_number if is_whole else 0,
        at=at,
    )
    walking = begin(plan.steps[index], at)
    return prepare(replace(refused, plan=plan, walking=walking), first, at)
