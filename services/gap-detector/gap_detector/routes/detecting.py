"""POST /v1/detect: look again at a stretch of time, now. What rubik-agent's task `detect` calls."""

from typing import Annotated

from fastapi import APIRouter, Request
from phoenix_service.refused import Refused
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.concurrency import run_in_threadpool

from ..guard import read_json
from ..service import Service
from ..store.series import SeriesFact, list_series
from ..times import now_ms, parse_window, to_iso
from .described import bearer, refusals


class Detect(BaseModel):
    """`from` and `to` as in the queries, a day by default; `series` by number, all by default."""

    model_config = ConfigDict(strict=True, extra="forbid")

    start: str | None = Field(default=None, alias="from", max_length=40)
    to: str | None = Field(default=None, max_length=40)
    series: Annotated[list[Annotated[int, Field(ge=1, le=2**31 - 1)]], Field(min_length=1, max_length=1000)] | None = None


def detecting_routes(service: Service) -> APIRouter:
    router = APIRouter()

    def detect(body: object) -> dict[str, object]:
        asked = _parse(body)
        now = now_ms()
        begins, ends = parse_window(asked.start, asked.to, now)
        chosen = _choose(list_series(service.database), asked.series)
        totals = {"series": 0, "samples": 0, "gaps": 0, "outages": 0, "anomalies": 0}
        for fact in chosen:
            # Up to now, whatever `to` says: what began before it may have ended after it.
            result = service.scanner.scan(fact, begins, now)
            totals["series"] += 1
            totals["samples"] += result.samples
            totals["anomalies"] += result.anomalies
            for finding in result.findings:
                if finding.started_ms < ends:
                    totals[f"{finding.kind}s"] += 1
        return {"from": to_iso(begins), "to": to_iso(ends), **totals}

    @router.post(
        "/v1/detect",
        summary="Scan a stretch of time again",
        openapi_extra={
            **bearer(),
            "requestBody": {"required": True, "content": {"application/json": {"schema": Detect.model_json_schema(by_alias=True)}}},
        },
        responses=refusals(400, 401, 404, 413, 415, 422, 503),
    )
    async def post_detect(request: Request) -> dict[str, object]:
        return await run_in_threadpool(detect, await read_json(request, service.config.token))

    return router


def _parse(body: object) -> Detect:
    try:
        return Detect.model_validate(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        field = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in first["loc"]).lstrip(".")
        raise Refused(422, f"{field or 'the body'}: {first['msg']}", field or None) from None


def _choose(known: list[SeriesFact], numbers: list[int] | None) -> list[SeriesFact]:
    if numbers is None:
        return known
    by_number = {fact.id: fact for fact in known}
    for index, number in enumerate(numbers):
        if number not in by_number:
            raise Refused(404, f"there is no series {number}", f"series[{index}]")
    return [by_number[number] for number in dict.fromkeys(numbers)]
