"""Every path of this service."""

from typing import Any

from phoenix_service import prometheus
from phoenix_service.answers import ANSWERS
from phoenix_service.body import read_json_object
from phoenix_service.database import Database
from phoenix_service.refused import Refused
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from .metrics import metrics
from .progress import Progress
from .worker import Worker

# Within the deadline that a task has. What is not finished by then goes on in the background.
_TRAIN_WAIT_SECONDS = 25.0
_MOST_SERIES = 1000


class Paths:
    def __init__(self, database: Database, worker: Worker, progress: Progress, token: str) -> None:
        self._database = database
        self._worker = worker
        self._progress = progress
        self._token = token

    async def live(self, _: Request) -> Response:
        """A worker that says nothing for minutes is as dead as one that ended: a restart goes on from its checkpoints."""
        if self._progress.is_stuck:
            raise Refused(503, f"The worker has made no step for {self._progress.silent_seconds:.0f} seconds.")
        return JSONResponse({"status": "live"})

    async def ready(self, _: Request) -> Response:
        await run_in_threadpool(self._database.ask)
        return JSONResponse({"status": "ready"})

    async def health(self, _: Request) -> Response:
        shown = self._progress.show()
        return JSONResponse(shown, 200 if shown["status"] == "healthy" else 503)

    async def metrics(self, _: Request) -> Response:
        return prometheus.answer(*metrics(self._progress.show()))

    async def train(self, request: Request) -> Response:
        wanted = read_wanted(await read_json_object(request, self._token))
        try:
            finished, going_on = await run_in_threadpool(self._worker.demand, wanted, _TRAIN_WAIT_SECONDS)
        except KeyError as error:
            raise Refused(422, f"There is no series {error.args[0][0]}.", "series") from error
        chosen = {*finished, *going_on}
        entries = [entry for entry in self._progress.show()["series"] if entry["id"] in chosen]
        return JSONResponse({"finished": finished, "going_on": going_on, "series": entries})


def read_wanted(body: dict[str, Any]) -> list[int] | None:
    for name in body:
        if name != "series":
            raise Refused(422, f"'{name[:40]}' is unknown; only series is taken.", name[:40])
    wanted = body.get("series")
    if wanted is None:
        return None
    if not isinstance(wanted, list) or not 1 <= len(wanted) <= _MOST_SERIES:
        raise Refused(422, f"'series' must be a list of 1 to {_MOST_SERIES} numbers.", "series")
    for index, value in enumerate(wanted):
        # True is an int in Python.
        if type(value) is not int or not 1 <= value < 2**31:
            raise Refused(422, "A series is a whole number above 0.", f"series[{index}]")
    return wanted


def make_app(database: Database, worker: Worker, progress: Progress, token: str) -> Starlette:
    paths = Paths(database, worker, progress, token)
    return Starlette(
        routes=[
            Route("/live", paths.live),
            Route("/ready", paths.ready),
            Route("/health", paths.health),
            Route("/metrics", paths.metrics),
            Route("/v1/train", paths.train, methods=["POST"]),
        ],
        exception_handlers=ANSWERS,
    )
