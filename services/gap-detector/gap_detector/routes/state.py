"""GET /live, /ready, /health and /metrics."""

import resource

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from phoenix_service import prometheus
from phoenix_service.database import DatabaseAway
from phoenix_service.refused import database_away

from ..service import Service
from ..store.series import list_series
from ..times import to_iso
from .described import refusals


def state_routes(service: Service) -> APIRouter:
    router = APIRouter()

    def ask_database() -> str | None:
        """What is wrong with it."""
        try:
            with service.database.transaction(2.0) as connection:
                connection.execute("SELECT 1 FROM series LIMIT 1")
            return None
        except DatabaseAway:
            return str(database_away())

    @router.get("/live", summary="Does the process work? Does not ask the database", responses=refusals(503))
    async def get_live() -> Response:
        if service.watcher.works():
            return JSONResponse({"status": "live"})
        return JSONResponse({"error": "the thread that scans has stopped or hangs"}, 503)

    @router.get("/ready", summary="Can it serve? Asks the database", responses=refusals(503))
    def get_ready() -> Response:
        wrong = ask_database()
        return JSONResponse({"status": "ready"}) if wrong is None else JSONResponse({"error": wrong}, 503)

    @router.get("/health", summary="How it is, in detail", responses=refusals(503))
    def get_health() -> Response:
        wrong = ask_database()
        works = service.watcher.works()
        expectation = service.scanner.expectation
        body: dict[str, object] = {
            "status": "healthy" if wrong is None and works else "unhealthy",
            "database": "answers" if wrong is None else wrong,
            "scanner": "works" if works else "has stopped or hangs",
            "last_scan_at": to_iso(service.watcher.last_scan_ms),
            "samples_new": int(service.metrics.get("samples_new_total")),
            "model": None if expectation is None else {"windows": expectation.windows, "loss": round(expectation.loss, 4)},
        }
        if wrong is None and works:
            return JSONResponse(body)
        return JSONResponse({"error": wrong or "the thread that scans has stopped or hangs", **body}, 503)

    @router.get("/metrics", summary="Counters in Prometheus' text format", response_class=PlainTextResponse)
    def get_metrics() -> Response:
        gauges = {
            "resident_bytes_most": ("Largest resident size so far.", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024.0),
            "last_scan_seconds": ("Unix time of the last complete round of scans.", (service.watcher.last_scan_ms or 0) / 1000),
        }
        try:
            gauges["series"] = ("Series known.", float(len(list_series(service.database))))
            gauges["database_up"] = ("1 while the database answers.", 1.0)
        except DatabaseAway:
            gauges["database_up"] = ("1 while the database answers.", 0.0)
        return prometheus.answer(*service.metrics.families(gauges))

    return router
