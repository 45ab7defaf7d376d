"""POST /v1/samples and /v1/events: 200 means committed."""

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool

from ..batch import DAY_MS, Checked, Event, Sample, check_batch
from ..guard import read_json
from ..metrics import Metrics
from ..service import Service
from ..store.events import write_events
from ..times import now_ms
from .described import body_of, refusals

# Clocks of sender and receiver may differ a little.
_AHEAD_MS = 300_000


def writing_routes(service: Service) -> APIRouter:
    router = APIRouter()
    metrics, keep_days = service.metrics, service.config.keep_days

    def write_samples(body: object) -> dict[str, object]:
        now = now_ms()
        # A day of margin: what is accepted is not dropped within the hour.
        checked = check_batch(body, "samples", Sample, now - (keep_days - 1) * DAY_MS, now + _AHEAD_MS)
        written = service.writer.write(checked.items)
        service.unseen.add({series: first for series, (first, _) in written.stretches.items()})
        metrics.add("samples_new_total", written.new)
        return _told("samples", checked, metrics)

    def write(body: object) -> dict[str, object]:
        now = now_ms()
        checked = check_batch(body, "events", Event, now - service.config.keep_sums_days * DAY_MS, now + _AHEAD_MS)
        write_events(service.database, checked.items)
        return _told("events", checked, metrics)

    @router.post(
        "/v1/samples",
        summary="Store probe samples; repeated ones change nothing",
        openapi_extra=body_of("samples", Sample),
        responses=refusals(400, 401, 408, 413, 415, 422, 503),
    )
    async def post_samples(request: Request) -> dict[str, object]:
        return await run_in_threadpool(write_samples, await read_json(request, service.config.token))

    @router.post(
        "/v1/events",
        summary="Store what was done to the services; repeated ones change nothing",
        openapi_extra=body_of("events", Event),
        responses=refusals(400, 401, 408, 413, 415, 422, 503),
    )
    async def post_events(request: Request) -> dict[str, object]:
        return await run_in_threadpool(write, await read_json(request, service.config.token))

    return router


def _told(what: str, checked: Checked, metrics: Metrics) -> dict[str, object]:
    metrics.add(f"{what}_accepted_total", len(checked.items))
    metrics.add(f"{what}_rejected_total", checked.rejected_count)
    return {"accepted": len(checked.items), "rejected": checked.rejected, "rejected_count": checked.rejected_count}
