"""Every path of this service."""

import time
from typing import Any

from phoenix_service import prometheus
from phoenix_service.answers import ANSWERS
from phoenix_service.body import read_json_object
from phoenix_service.database import DatabaseAway
from phoenix_service.refused import Refused, database_away
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from .as_json import full_json, summary_json
from .asked import Asked, read_asked
from .database import ReadDatabase
from .desk import Desk, TooBusy
from .metrics import metrics
from .page.document import content_security_policy, report_page, trouble_page
from .report import Report

# The page is for whoever may open it: no script but its own, nothing sent elsewhere, and always the newest.
_PAGE_HEADERS = {
    "Content-Security-Policy": content_security_policy(),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


class Paths:
    def __init__(self, database: ReadDatabase, desk: Desk, token: str, target: float) -> None:
        self._database = database
        self._desk = desk
        self._token = token
        self._target = target
        self._told = False

    async def live(self, _: Request) -> Response:
        return JSONResponse({"status": "live"})

    async def ready(self, _: Request) -> Response:
        await self._ask()
        return JSONResponse({"status": "ready"})

    async def health(self, _: Request) -> Response:
        started = time.monotonic()
        await self._ask()
        answered = round((time.monotonic() - started) * 1000, 1)
        return JSONResponse({"status": "healthy", "database_ms": answered, "reports": self._desk.made, "last_report_seconds": self._desk.last_seconds})

    async def metrics(self, _: Request) -> Response:
        return prometheus.answer(*metrics(self._desk))

    async def page(self, request: Request) -> Response:
        asked = read_asked(request.query_params, self._target)
        try:
            report = await self._report(asked)
        except Refused as error:
            if error.status != 503:
                raise
            text = trouble_page(asked.key, str(error), self._desk.now())
            return HTMLResponse(text, 503, headers=_PAGE_HEADERS | {"Retry-After": "10"})
        return HTMLResponse(await run_in_threadpool(report_page, report), headers=_PAGE_HEADERS)

    async def report_json(self, request: Request) -> Response:
        report = await self._report(read_asked(request.query_params, self._target))
        return JSONResponse(await run_in_threadpool(full_json, report), headers={"Cache-Control": "no-store"})

    async def availability(self, request: Request) -> Response:
        report = await self._report(read_asked(request.query_params, self._target))
        return JSONResponse(summary_json(report), headers={"Cache-Control": "no-store"})

    async def analyse(self, request: Request) -> Response:
        """Always from the database, so that a task's result is of its own time; the page then shows the same."""
        body = await read_json_object(request, self._token)
        report = await self._report(read_asked(_as_query(body), self._target), fresh=True)
        return JSONResponse(summary_json(report))

    async def _ask(self) -> None:
        try:
            await run_in_threadpool(self._database.ask)
        except DatabaseAway as error:
            raise self._away(error) from error
        self._told = False

    def _away(self, error: DatabaseAway) -> Refused:
        """One line of the log for each time it goes away, however many ask meanwhile."""
        if not self._told:
            print(f"The database does not answer: {error}", flush=True)
        self._told = True
        return database_away()

    async def _report(self, asked: Asked, fresh: bool = False) -> Report:
        try:
            return await run_in_threadpool(self._desk.report, asked.key, asked.choose, asked.target, fresh)
        except DatabaseAway as error:
            raise self._away(error) from error
        except TooBusy as error:
            raise Refused(503, str(error)) from error


def _as_query(body: dict[str, Any]) -> dict[str, str]:
    """The body of /v1/analyse says what the query of the others does."""
    for name, value in body.items():
        if name not in ("window", "from", "to", "target"):
            raise Refused(422, f"'{name[:40]}' is unknown; window, from, to and target are taken.", name[:40])
        if not isinstance(value, str) and not (name == "target" and isinstance(value, int | float)):
            raise Refused(422, f"'{name}' must be a text.", name)
    return {name: str(value) for name, value in body.items()}


async def _to_folder(_: Request) -> Response:
    return RedirectResponse("report/", 308)


def make_app(database: ReadDatabase, desk: Desk, token: str, target: float) -> Starlette:
    paths = Paths(database, desk, token, target)
    return Starlette(
        routes=[
            Route("/live", paths.live),
            Route("/ready", paths.ready),
            Route("/health", paths.health),
            Route("/metrics", paths.metrics),
            Route("/report", _to_folder),
            Route("/report/", paths.page),
            Route("/report/report.json", paths.report_json),
            Route("/v1/availability", paths.availability),
            Route("/v1/analyse", paths.analyse, methods=["POST"]),
        ],
        exception_handlers=ANSWERS,
    )
