"""Errors of the interface: RFC 9457 problem documents that quote the specification's codes."""

from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from typing import Protocol

from starlette.responses import JSONResponse

from qcref.abi import Json

MEDIA_TYPE = "application/problem+json"


class ApiError(StrEnum):
    """What the interface itself objects to; other codes are the specification's or the node's."""

    ACCOUNT_NOT_FOUND = "api.account_not_found"
    """No account, contract or address is meant by this text."""
    BLOCK_NOT_FOUND = "api.block_not_found"
    """There is no block of this height or id."""
    BODY_INCOMPLETE = "api.body_incomplete"
    """The client went away before its body was complete."""
    BODY_TOO_LARGE = "api.body_too_large"
    """The body has more bytes than any request needs."""
    CELL_NOT_FOUND = "api.cell_not_found"
    """The contract has no state variable of this name."""
    CONTRACT_NOT_FOUND = "api.contract_not_found"
    """No contract is deployed under this name or address."""
    DUPLICATE_NAME = "api.duplicate_name"
    """A name stands twice in a JSON object."""
    FOREIGN_ORIGIN = "api.foreign_origin"
    """The request names another host, or comes from another site's page."""
    FUNCTION_IS_VIEW = "api.function_is_view"
    """A view is read by `POST /v1/calls`; it takes no transaction."""
    FUNCTION_NOT_FOUND = "api.function_not_found"
    """The contract has no such function that may be called."""
    INTERNAL = "api.internal"
    """The node made an error; its log says more."""
    JSON_MALFORMED = "api.json_malformed"
    """The body is no JSON."""
    JSON_TOO_DEEP = "api.json_too_deep"
    """The body nests deeper than any request needs."""
    MEDIA_TYPE_UNSUPPORTED = "api.media_type_unsupported"
    """A body is JSON, or bytes where a transaction is submitted, and says so."""
    METHOD_NOT_ALLOWED = "api.method_not_allowed"
    """The path takes another method; `Allow` says which."""
    NAMED_ACCOUNT_NOT_FOUND = "api.named_account_not_found"
    """The development chain knows no account of this name to sign for."""
    NOTHING_FOUND = "api.nothing_found"
    """The explorer's search leads nowhere."""
    NOT_UTF8 = "api.not_utf8"
    """The body is no Unicode text in UTF-8."""
    NUMBER_NOT_WHOLE = "api.number_not_whole"
    """A number has a fraction or an exponent, or is none."""
    NUMBER_TOO_LONG = "api.number_too_long"
    """A number has more digits than any value; wide integers are strings."""
    REQUEST_INVALID = "api.request_invalid"
    """A member or parameter is missing, unknown, or of another type."""
    ROUTE_NOT_FOUND = "api.route_not_found"
    """There is nothing at this path."""
    SNAPSHOT_NOT_FOUND = "api.snapshot_not_found"
    """There is no snapshot of this number, or a return to an earlier one has undone it."""
    TARGET_TOO_LONG = "api.target_too_long"
    """Path and query are longer than any route needs."""
    TRANSACTION_NOT_FOUND = "api.transaction_not_found"
    """No block and no pool holds it, and it was not refused lately."""
    SINGLE_NODE_ONLY = "dev.single_node_only"
    """Only the one node of a chain can do this; here several nodes agree on what happens."""
    SNAPSHOTS_FULL = "dev.snapshots_full"
    """There are as many snapshots as are kept."""
    TIME_LIMIT = "dev.time_limit"
    """The clock does not go beyond the year 9999."""


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


def make_not_found(code: ApiError, name: str) -> ProblemError:
    """The problem of a thing that is not there."""
    what = code.name.removesuffix("_NOT_FOUND").replace("_", " ").lower()
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
