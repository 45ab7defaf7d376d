"""One form for every error: JSON with the reason, whatever went wrong."""

from collections.abc import Awaitable, Callable

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from .database import DatabaseAway
from .refused import Refused, database_away

_HEADERS = {401: {"WWW-Authenticate": "Bearer"}, 503: {"Retry-After": "5"}}
_SAYS = {404: "There is no such path.", 405: "This path does not take that method."}


async def answer_refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    return JSONResponse(error.body, error.status, headers=_HEADERS.get(error.status))


async def answer_away(request: Request, _: Exception) -> Response:
    return await answer_refused(request, database_away())


async def answer_http_error(_: Request, error: Exception) -> Response:
    """The framework's own: unknown paths and wrong methods."""
    assert isinstance(error, HTTPException)
    return JSONResponse({"error": _SAYS.get(error.status_code, error.detail)}, error.status_code, headers=error.headers)


async def answer_unexpected(_: Request, __: Exception) -> Response:
    """Its details are in the log, where the framework writes the trace; a stranger gets none."""
    return JSONResponse({"error": "This was not expected; the log of the service has the details."}, 500)


# What an application is given as its exception handlers.
ANSWERS: dict[type[Exception], Callable[[Request, Exception], Awaitable[Response]]] = {
    Refused: answer_refused,
    DatabaseAway: answer_away,
    HTTPException: answer_http_error,
    Exception: answer_unexpected,
}
