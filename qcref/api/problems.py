"""Errors of the interface: RFC 9457 problem documents that quote the specification's codes."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Protocol

from starlette.responses import JSONResponse

from qcref.abi import Json

MEDIA_TYPE = "application/problem+json"


class Coded(Protocol):
    """An error of the specification or of the node."""

    @property
    def code(self) -> str:
        """The normative name."""

    @property
    def message(self) -> str:
        """One sentence."""


@dataclass
class ProblemError(Exception):
    """A request that can't be served."""

    status: HTTPStatus
    code: str
    detail: str


def make_problem(
    error: Coded, status: HTTPStatus = HTTPStatus.UNPROCESSABLE_ENTITY
) -> ProblemError:
    """The problem that reports a coded error."""
    return ProblemError(status, error.code, error.message)


def make_not_found(what: str, name: str) -> ProblemError:
    """The problem of a thing that is not there."""
    code = f"api.{what.replace(' ', '_')}_not_found"
    return ProblemError(HTTPStatus.NOT_FOUND, code, f"there is no {what} {name}")


def render_problem(
    status: HTTPStatus, code: str, detail: str, headers: dict[str, str] | None = None
) -> JSONResponse:
    """The response of a problem."""
    document: dict[str, Json] = {
        "type": "about:blank",
        "title": status.phrase,
        "status": status.value,
        "code": code,
        "detail": detail,
    }
    return JSONResponse(document, status.value, headers, MEDIA_TYPE)
