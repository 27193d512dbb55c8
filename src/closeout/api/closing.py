"""Routes that close: a strategy, or one leg of it."""

from fastapi import APIRouter

from closeout.api.close_views import leg_response, strategy_response
from closeout.api.deps import Desk, DeskDep, IdempotencyKey
from closeout.api.direct import DirectRoute
from closeout.api.positions import PROBLEMS
from closeout.api.previews import portion_in
from closeout.api.problems import BodyDisagrees
from closeout.api.terms import terms_of
from closeout.closing.partial import Portion, portion_of
from closeout.domain.errors import CannotPlan
from closeout.runtime.requests import CloseRequest
from closeout.runtime.runner import Runner
from closeout.schemas.closes import (
    CloseLegRequest,
    CloseLegResponse,
    CloseStrategyRequest,
    CloseStrategyResponse,
)

router = APIRouter(prefix="/api/positions", tags=["positions"], route_class=DirectRoute)


@router.post("/{position_id}/close-strategy", operation_id="closeStrategy", responses=PROBLEMS)
async def close_strategy(
    desk: DeskDep, position_id: str, body: CloseStrategyRequest, key: IdempotencyKey = None
) -> CloseStrategyResponse:
    """
    Close a strategy, or the part of it that `units`, `percent` and `leg_ids` say.

    Answers when the broker has answered (or its answer is overdue); the close goes on
    being tracked under `close_id`. While a close of these contracts runs, it is returned.
    """
    if body.position_id != position_id:
        raise BodyDisagrees(
            f"The body names position {body.position_id}, the path {position_id}. "
            "Nothing was sent; make them agree."
        )
    terms = terms_of(body, body.order_type, offset=body.limit_price_offset, price=body.limit_price)
    request = CloseRequest(
        position_id,
        None,
        terms,
        idempotency_key=key,
        preview_id=body.preview_id,
        stated=_stated(body),
        portion=portion_in(body),
        cancel_conflicting=body.cancel_conflicting,
    )
    runner = await _close(desk, request)
    return strategy_response(runner.state, beyond=_beyond(desk, runner, request))


@router.post("/{position_id}/close-leg", operation_id="closeLeg", responses=PROBLEMS)
async def close_leg(
    desk: DeskDep, position_id: str, body: CloseLegRequest, key: IdempotencyKey = None
) -> CloseLegResponse:
    """Close one leg as a single order, unless that would leave a short leg naked."""
    request = CloseRequest(
        position_id,
        body.leg_id,
        terms_of(body, body.order_type, price=body.limit_price),
        idempotency_key=key,
        preview_id=body.preview_id,
        stated=_stated(body),
        portion=Portion(quantity=body.quantity),
        cancel_conflicting=body.cancel_conflicting,
    )
    runner = await _close(desk, request)
    return leg_response(runner.state, body.leg_id, beyond=_beyond(desk, runner, request))


def _beyond(desk: Desk, runner: Runner, request: CloseRequest) -> frozenset[str]:
    """
    Name the legs of which more was asked for than the close that answers will close.

    It may be one that was running already, of other legs or of fewer contracts.
    """
    supervisor = desk.engine.supervisor
    strategy = desk.engine.book.strategy(request.position_id)
    if strategy is None or supervisor.is_of(runner, request):
        return frozenset()
    wanted = supervisor.previews.portion(request)
    legs = [strategy.leg(request.leg_id)] if request.leg_id else strategy.legs
    try:
        asked = portion_of([leg for leg in legs if leg is not None], wanted)
    except CannotPlan:
        return frozenset()  # some of it has gone meanwhile
    closing = {target.leg_id: target.contracts for target in runner.state.plan.targets}
    return frozenset(leg.id for leg in asked if closing.get(leg.id, 0) < leg.contracts)


def _stated(body: CloseStrategyRequest | CloseLegRequest) -> dict[str, object]:
    """Return the terms that were spelt out, which a named preview must not contradict."""
    return body.model_dump(exclude_unset=True, exclude={"position_id", "leg_id", "preview_id"})


async def _close(desk: Desk, request: CloseRequest) -> Runner:
    supervisor = desk.engine.supervisor
    runner = await supervisor.open(request)
    await supervisor.decided(runner)
    return runner
