"""GET /v1/series, /v1/gaps and /v1/anomalies."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query

from ..batch import DAY_MS
from ..service import Service
from ..store.found import list_anomalies, list_gaps
from ..store.series import count_samples, list_series
from ..times import now_ms, parse_window, to_iso
from .described import refusals

When = Annotated[str | None, Query(max_length=40, description="A time like 2026-11-26T11:00:00Z, or a span back from now like 90m")]
Start = Annotated[When, Query(alias="from")]
Name = Annotated[str | None, Query(max_length=255, pattern=r"^[^\x00]*$")]
Limit = Annotated[int, Query(ge=1, le=5000)]


def reading_routes(service: Service) -> APIRouter:
    router = APIRouter()
    database = service.database

    @router.get("/v1/series", summary="Every series with its newest sample", responses=refusals(503))
    def get_series() -> dict[str, object]:
        counts = count_samples(database, now_ms() - DAY_MS)
        return {
            "series": [
                {
                    "id": fact.id,
                    "stack": fact.stack,
                    "service": fact.service,
                    "probe": fact.probe,
                    "period_ms": fact.period_ms,
                    "samples_24h": counts.get(fact.id, 0),
                    "last_at": to_iso(fact.last_ms),
                    "last_outcome": fact.last_outcome,
                }
                for fact in list_series(database)
            ]
        }

    @router.get("/v1/gaps", summary="Gaps and outages that touch a stretch of time, newest first", responses=refusals(400, 503))
    def get_gaps(
        start: Start = None,
        to: When = None,
        stack: Name = None,
        service: Name = None,
        probe: Name = None,
        kind: Literal["gap", "outage"] | None = None,
        limit: Limit = 500,
    ) -> dict[str, object]:
        begins, ends = parse_window(start, to, now_ms())
        where = _given(stack=stack, service=service, probe=probe, kind=kind)
        return {"from": to_iso(begins), "to": to_iso(ends), "gaps": list_gaps(database, begins, ends, where, limit)}

    @router.get("/v1/anomalies", summary="Unusual latencies, newest first", responses=refusals(400, 503))
    def get_anomalies(
        start: Start = None, to: When = None, stack: Name = None, service: Name = None, probe: Name = None, limit: Limit = 500
    ) -> dict[str, object]:
        begins, ends = parse_window(start, to, now_ms())
        where = _given(stack=stack, service=service, probe=probe)
        return {"from": to_iso(begins), "to": to_iso(ends), "anomalies": list_anomalies(database, begins, ends, where, limit)}

    return router


def _given(**filters: str | None) -> dict[str, str]:
    return {key: value for key, value in filters.items() if value is not None}
