"""Status for the page, health and metrics for machines."""

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from closeout.api.deps import DeskDep
from closeout.api.views import status_out
from closeout.schemas.status import HealthOut, StatusOut

router = APIRouter(tags=["status"])


@router.get("/api/status", operation_id="getStatus")
async def get_status(desk: DeskDep) -> StatusOut:
    """Mode, connections, market and breaker."""
    return status_out(desk)


@router.get("/api/health", operation_id="getHealth")
async def get_health(desk: DeskDep, response: Response) -> HealthOut:
    """
    200 once the account has been read and unfinished closes are taken up, else 503.

    A process that stands by while another one works the account answers 503, too.
    """
    ready = desk.engine.is_ready
    response.status_code = 200 if ready else 503
    return HealthOut(ready=ready)


@router.get("/metrics", include_in_schema=False)
async def get_metrics() -> Response:
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
