"""The HTTP application: its routes, and one form for every error."""

import contextlib
import traceback
from collections.abc import AsyncIterator

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from .refused import Refused
from .routes.detecting import detecting_routes
from .routes.reading import reading_routes
from .routes.state import state_routes
from .routes.writing import writing_routes
from .service import Service
from .store.database import Unavailable

VERSION = "0.1.0"


def make_app(service: Service) -> FastAPI:
    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        service.watcher.start()
        print(f"gap-detector answers on port {service.config.port}.", flush=True)
        yield
        service.watcher.stop()
        service.database.close()

    # No documentation pages: they would load scripts from elsewhere. The document itself is at /openapi.json.
    app = FastAPI(title="gap-detector", version=VERSION, docs_url=None, redoc_url=None, lifespan=lifespan)
    for router in (writing_routes(service), detecting_routes(service), reading_routes(service), state_routes(service)):
        app.include_router(router)
    _describe_token(app)
    _answer_errors(app, service)
    return app


def _describe_token(app: FastAPI) -> None:
    document = app.openapi()
    document.setdefault("components", {})["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}


def _answer_errors(app: FastAPI, service: Service) -> None:
    metrics = service.metrics

    @app.exception_handler(Refused)
    async def refused(_: Request, error: Refused) -> JSONResponse:
        metrics.add("requests_refused_total")
        return JSONResponse(error.body, error.status, {"WWW-Authenticate": "Bearer"} if error.status == 401 else None)

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        metrics.add("requests_refused_total")
        first = error.errors()[0]
        field = str(first["loc"][-1])
        return JSONResponse({"error": f"{field}: {first['msg']}", "field": field}, 400)

    @app.exception_handler(HTTPException)
    async def no_route(request: Request, error: HTTPException) -> JSONResponse:
        metrics.add("requests_refused_total")
        said = {404: "there is no such path", 405: f"{request.method} is not possible here"}.get(error.status_code, str(error.detail))
        return JSONResponse({"error": said}, error.status_code, error.headers)

    @app.exception_handler(Unavailable)
    async def unavailable(_: Request, error: Unavailable) -> JSONResponse:
        metrics.add("requests_failed_total")
        return JSONResponse({"error": f"the database is away: {error}"}, 503, {"Retry-After": "5"})

    @app.exception_handler(Exception)
    async def broken(_: Request, error: Exception) -> JSONResponse:
        metrics.add("requests_failed_total")
        traceback.print_exception(error)
        return JSONResponse({"error": "this is an error of gap-detector; its log says more"}, 500)
