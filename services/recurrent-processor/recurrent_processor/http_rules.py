"""What every path keeps to: JSON errors with a reason, and for writing paths a token, one content type, a size and a deadline."""

import asyncio
import hmac
import json
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

BODY_LIMIT = 64 * 1024
_BODY_SECONDS = 5


class Refused(Exception):
    """A request that is answered with 4xx or 503 and the reason."""

    def __init__(self, status: int, error: str, field: str | None = None) -> None:
        super().__init__(error)
        self.status = status
        self.body = {"error": error} if field is None else {"error": error, "field": field}


async def read_json_object(request: Request, token: str) -> dict[str, Any]:
    """The body of a writing request, after everything that could be wrong with it."""
    _check_token(request, token)
    kind = request.headers.get("content-type", "").split(";", 1)[0].strip().lower()
    if kind != "application/json":
        raise Refused(415, f"The body must be application/json, and this is '{kind[:60]}'.")
    try:
        async with asyncio.timeout(_BODY_SECONDS):
            body = await _read_limited(request)
    except TimeoutError:
        raise Refused(408, f"The body did not arrive within {_BODY_SECONDS} seconds.") from None
    try:
        value = json.loads(body, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise Refused(400, f"The body is not JSON: {str(error)[:120]}.") from None
    if not isinstance(value, dict):
        raise Refused(400, "The body must be a JSON object.")
    return value


def _check_token(request: Request, token: str) -> None:
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not hmac.compare_digest(given.strip().encode(), token.encode()):
        raise Refused(401, "This path needs 'Authorization: Bearer' with the stack's token.")


async def _read_limited(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_LIMIT:
            raise Refused(413, f"The body is larger than {BODY_LIMIT // 1024} KiB.")
    return bytes(body)


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not a number that JSON knows")


async def answer_refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    headers = {401: {"WWW-Authenticate": "Bearer"}, 503: {"Retry-After": "5"}}.get(error.status)
    return JSONResponse(error.body, error.status, headers=headers)


async def answer_http_error(_: Request, error: Exception) -> Response:
    """The framework's own: unknown paths and wrong methods."""
    assert isinstance(error, HTTPException)
    says = {404: "There is no such path.", 405: "This path does not take that method."}.get(error.status_code, error.detail)
    return JSONResponse({"error": says}, error.status_code, headers=error.headers)


async def answer_unexpected(_: Request, __: Exception) -> Response:
    """Its details are in the log, where the framework writes the trace; a stranger gets none."""
    return JSONResponse({"error": "This was not expected; the log of the service has the details."}, 500)
