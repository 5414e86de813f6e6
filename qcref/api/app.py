"""The application: routes, errors as problems, and the guard around all of it.

Every handler is async and waits for nothing between reading and writing, so requests act one after
the other on the thread that owns the chain.
"""

from http import HTTPStatus
from typing import cast

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp

from qcref.api import (
    docs,
    explorer,
    models,
    routes_chain,
    routes_consensus,
    routes_contracts,
    routes_dev,
)
from qcref.api.guard import Guard
from qcref.api.problems import ApiError, ProblemError, render_problem
from qcref.node import Node
from qcref.store.errors import StoreError

MODULES = (routes_chain, routes_consensus, routes_contracts, routes_dev, explorer, docs)
_CODES = {
    HTTPStatus.NOT_FOUND: (ApiError.ROUTE_NOT_FOUND, "there is nothing at this path; see /docs"),
    HTTPStatus.METHOD_NOT_ALLOWED: (ApiError.METHOD_NOT_ALLOWED, "this path takes another method"),
}


def make_app(node: Node) -> ASGIApp:
    """The guarded application over a node, which must be used from one thread."""
    return Guard(make_routes(node))


def make_routes(node: Node) -> FastAPI:
    """The application without its guard: what the OpenAPI document describes."""
    app = FastAPI(
        title="QuantumChain",
        version="1",
        description="A development chain: blocks, accounts with proofs, contracts, calls.",
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
        redirect_slashes=False,
    )
    app.state.node = node
    for module in MODULES:
        app.include_router(module.router)
    app.openapi = lambda: _make_openapi(app)  # type: ignore[method-assign] # FastAPI's documented way
    app.add_exception_handler(ProblemError, _answer_problem)
    app.add_exception_handler(StoreError, _answer_store_error)
    app.add_exception_handler(RequestValidationError, _answer_invalid)
    app.add_exception_handler(HTTPException, _answer_http)
    app.add_exception_handler(Exception, _answer_internal)
    return app


def _make_openapi(app: FastAPI) -> dict[str, object]:
    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title,
            version=app.version,
            description=app.description,
            routes=app.routes,
        )
        schemas = document["components"]["schemas"]
        for model in (models.Problem, models.SubmitRequest):
            schemas[model.__name__] = model.model_json_schema()
        app.openapi_schema = document
    return cast("dict[str, object]", app.openapi_schema)


# Errors


async def _answer_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, ProblemError), "registered for it"
    return _answer(request, error)


async def _answer_store_error(request: Request, error: Exception) -> Response:
    """The disk failed: this and every later request is told so, and the node stops."""
    assert isinstance(error, StoreError), "registered for it"
    request.app.state.node.fail(error)
    detail = f"the node has stopped: {error.message}"
    return _answer(request, ProblemError(HTTPStatus.SERVICE_UNAVAILABLE, error.code, detail))


async def _answer_invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError), "registered for it"
    detail = models.describe_errors(error.errors())
    return _answer(
        request, ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, ApiError.REQUEST_INVALID, detail)
    )


async def _answer_http(request: Request, error: Exception) -> Response:
    """What the framework itself refuses."""
    assert isinstance(error, HTTPException), "registered for it"
    status = HTTPStatus(error.status_code)
    code, detail = _CODES.get(status, (ApiError.REQUEST_INVALID, status.phrase))
    return _answer(request, ProblemError(status, code, detail), dict(error.headers or {}))


async def _answer_internal(request: Request, _error: Exception) -> Response:
    """A defect: the traceback goes to the log, never to the client."""
    detail = "the node made an error; its log says more"
    return _answer(
        request, ProblemError(HTTPStatus.INTERNAL_SERVER_ERROR, ApiError.INTERNAL, detail)
    )


def _answer(
    request: Request, problem: ProblemError, headers: dict[str, str] | None = None
) -> Response:
    """A page where a person reads, a problem document where a program does."""
    if explorer.is_page(request):
        return explorer.render_problem_page(problem)
    return render_problem(problem.status, problem.code, problem.detail, headers)
