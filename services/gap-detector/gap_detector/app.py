"""The HTTP application: its routes, and one form for every error."""

from collections.abc import Awaitable, Callable

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from phoenix_service import VERSION
from phoenix_service.answers import ANSWERS, answer_refused
from phoenix_service.refused import Refused
from starlette.responses import Response

from .metrics import Metrics
from .routes.detecting import detecting_routes
from .routes.reading import reading_routes
from .routes.state import state_routes
from .routes.writing import writing_routes
from .service import Service

Answer = Callable[[Request, Exception], Awaitable[Response]]


def make_app(service: Service) -> FastAPI:
    # No documentation pages: they would load scripts from elsewhere. The document itself is at /openapi.json.
    app = FastAPI(title="gap-detector", version=VERSION, docs_url=None, redoc_url=None)
    for router in (writing_routes(service), detecting_routes(service), reading_routes(service), state_routes(service)):
        app.include_router(router)
    _describe_token(app)
    for kind, answer in {**ANSWERS, RequestValidationError: answer_invalid}.items():
        app.add_exception_handler(kind, _counted(answer, service.metrics))
    return app


def _describe_token(app: FastAPI) -> None:
    document = app.openapi()
    document.setdefault("components", {})["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}


async def answer_invalid(request: Request, error: Exception) -> Response:
    """The framework's own: a query that does not fit."""
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    field = str(first["loc"][-1])
    return await answer_refused(request, Refused(400, f"{field}: {first['msg']}", field))


def _counted(answer: Answer, metrics: Metrics) -> Answer:
    async def answer_and_count(request: Request, error: Exception) -> Response:
        response = await answer(request, error)
        metrics.add("requests_refused_total" if response.status_code < 500 else "requests_failed_total")
        return response

    return answer_and_count
