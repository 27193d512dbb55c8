"""The body of a close request as the core's terms."""

from datetime import timedelta
from decimal import Decimal

from closeout.closing.pacing import WalkTerms
from closeout.closing.schedule import Pace, Schedule
from closeout.closing.terms import IfRefused, NoBid, Terms
from closeout.closing.walk import AtEnd
from closeout.domain.orders import OrderType
from closeout.schemas.closes import Termed
from closeout.schemas.pacing import CustomWalk, Pacing


def terms_of(
    body: Termed,
    order_type: str,
    *,
    offset: Decimal | None = None,
    price: Decimal | None = None,
) -> Terms:
    return Terms(
        order_type=OrderType(order_type),
        offset=offset,
        price=price,
        walk=_walk_terms(body),
        no_bid=NoBid(body.no_bid),
        if_refused=IfRefused(body.if_refused),
    )


def _walk_terms(body: Pacing) -> WalkTerms | None:
    if body.pace is None:
        return None
    return WalkTerms(
        pace=Pace(body.pace),
        schedule=None if body.walk is None else _schedule(body.walk),
        worst_price=body.worst_price,
        worst_pnl=body.worst_pnl,
        at_end=AtEnd(body.at_end or "rest"),
    )


def _schedule(walk: CustomWalk) -> Schedule:
    return Schedule(
        budget=timedelta(seconds=walk.budget_seconds),
        interval=timedelta(seconds=walk.interval_seconds),
        start_share=walk.start_share,
        end_share=walk.end_share,
    )
