"""What stands before the interface: limits on requests, checked before anything is parsed.

A body has at most `BODY_SIZE_BYTES_MAX` bytes, whatever its headers claim; JSON nests at most
`JSON_DEPTH_MAX` deep and has no number longer than `JSON_DIGITS_MAX`, since the parser behind would
recurse, or convert for minutes; names stand once in an object, numbers are whole, text is Unicode.
A browser's requests from foreign pages are refused: `Host` must be a loopback name, and `Origin`,
if there is one, a loopback page, which is then told that it may read the answer.

Source: RELIABILITY.md (what the chosen parts do under attack), R16; UX.md (CORS).
"""

import json
import re
from http import HTTPStatus
from typing import Final, NoReturn

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from qcref.api.problems import ApiError, ProblemError, render_problem

BODY_SIZE_BYTES_MAX = 2 << 20
"""Twice the largest transaction in hex."""
JSON_DEPTH_MAX = 64
"""Above what an interface needs, whose types nest 16 deep."""
JSON_DIGITS_MAX = 100
"""More than 2^256 has."""
DRAINED_SIZE_BYTES_MAX = 32 << 20
"""What is read and dropped of a body that is too large, before the connection is given up."""
TARGET_SIZE_BYTES_MAX = 4_096
"""Of path and query."""
OCTETS = "application/octet-stream"
JSON_TYPE = "application/json"
PATH_OF_OCTETS = "/v1/transactions"
"""The one path that takes bytes as they are."""

_STRING = re.compile(rb'"(?:[^"\\]|\\.)*+"?', re.DOTALL)
_DIGITS = re.compile(rb"[0-9]{%d}" % (JSON_DIGITS_MAX + 1))
_BRACKETS = re.compile(rb"[^\[\]{}]+")
_LOOPBACK = re.compile(r"(?:https?://)?(?:localhost|127\.0\.0\.1|\[::1\])(?::[0-9]{1,5})?")
_PREFLIGHT: Final = {
    "Access-Control-Allow-Methods": "GET, POST",
    "Access-Control-Allow-Headers": "Content-Type, If-None-Match",
    "Access-Control-Max-Age": "600",
}


class _FaultError(ValueError):
    """Why JSON is refused: a code and a sentence; private to this module."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code, self.detail = code, detail


def find_json_fault(body: bytes) -> ProblemError | None:
    """Why a body would be dangerous to parse as JSON, or is none.

    Args:
        body: any bytes, within the size limit.
    """
    try:
        _check_shape(body)
        _check_content(body)
    except _FaultError as fault:
        return ProblemError(HTTPStatus.BAD_REQUEST, fault.code, fault.detail)
    return None


def _check_shape(body: bytes) -> None:
    """What must be known before a parser may see it."""
    bare = _STRING.sub(b"", body)
    if _DIGITS.search(bare):
        detail = f"a number has more than {JSON_DIGITS_MAX} digits; write wide integers as strings"
        raise _FaultError(ApiError.NUMBER_TOO_LONG, detail)
    depth = 0
    for bracket in _BRACKETS.sub(b"", bare):
        depth += 1 if bracket in b"[{" else -1
        if depth > JSON_DEPTH_MAX:
            raise _FaultError(
                ApiError.JSON_TOO_DEEP, f"the body nests deeper than {JSON_DEPTH_MAX}"
            )


def _check_content(body: bytes) -> None:
    try:
        parsed = json.loads(
            body.decode("utf-8"),
            object_pairs_hook=_refuse_duplicates,
            parse_float=_refuse_number,
            parse_constant=_refuse_number,
        )
        json.dumps(parsed, ensure_ascii=False).encode("utf-8")
    except UnicodeError as error:
        raise _FaultError(ApiError.NOT_UTF8, "the body is no Unicode text in UTF-8") from error
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise _FaultError(ApiError.JSON_MALFORMED, f"{error.msg} at {where}") from error


def _refuse_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    built = dict(pairs)
    if len(built) != len(pairs):
        raise _FaultError(ApiError.DUPLICATE_NAME, "a name stands twice in an object")
    return built


def _refuse_number(literal: str) -> NoReturn:
    detail = f"{literal[:20]} is no whole number; there are no others here"
    raise _FaultError(ApiError.NUMBER_NOT_WHOLE, detail)


class Guard:
    """ASGI middleware that lets through what is safe to parse."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request, or passes it on with its body read."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        body = b""
        fault = _find_head_fault(scope, headers)
        origin = headers.get(b"origin") if fault is None else None
        if origin is not None:
            send = _add_origin(origin, send)
            if scope["method"] == "OPTIONS":
                await Response(status_code=204, headers=_PREFLIGHT)(scope, receive, send)
                return
        if fault is None:
            body, fault = await _read_body(receive)
        if fault is None and body:
            fault = _find_body_fault(scope["path"], headers.get(b"content-type", ""), body)
        if fault is not None:
            response = render_problem(fault.status, fault.code, fault.detail)
            await response(scope, receive, send)
            return
        await self._app(scope, _replay(body, receive), send)


def _find_head_fault(scope: Scope, headers: dict[bytes, str]) -> ProblemError | None:
    """Pages of other sites, also those that rebind a name to this machine, are kept out."""
    for name in (b"host", b"origin"):
        value = headers.get(name)
        if value is not None and _LOOPBACK.fullmatch(value) is None:
            detail = f"{name.decode()} {value[:100]!r} is not of this machine"
            return ProblemError(HTTPStatus.FORBIDDEN, ApiError.FOREIGN_ORIGIN, detail)
    size_bytes = len(scope.get("raw_path") or b"") + len(scope["query_string"])
    if size_bytes > TARGET_SIZE_BYTES_MAX:
        detail = f"path and query have at most {TARGET_SIZE_BYTES_MAX} bytes"
        return ProblemError(HTTPStatus.REQUEST_URI_TOO_LONG, ApiError.TARGET_TOO_LONG, detail)
    return None


def _find_body_fault(path: str, content_type: str, body: bytes) -> ProblemError | None:
    kind = content_type.partition(";")[0].strip().lower()
    if kind == OCTETS and path == PATH_OF_OCTETS:
        return None
    if kind != JSON_TYPE:
        detail = f"a body is {JSON_TYPE}, found {kind[:100] or 'no content type'!r}"
        status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE
        return ProblemError(status, ApiError.MEDIA_TYPE_UNSUPPORTED, detail)
    return find_json_fault(body)


async def _read_body(receive: Receive) -> tuple[bytes, ProblemError | None]:
    """The body, or why it is refused; never more than the limit is kept.

    A body that is too large is read on, up to `DRAINED_SIZE_BYTES_MAX`, and dropped: clients that
    send all before they listen would else see a broken connection instead of the answer.
    """
    parts: list[bytes] = []
    size_bytes = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            detail = "the client went away before its body was complete"
            return b"", ProblemError(HTTPStatus.BAD_REQUEST, ApiError.BODY_INCOMPLETE, detail)
        part = message.get("body", b"")
        size_bytes += len(part)
        if size_bytes <= BODY_SIZE_BYTES_MAX:
            parts.append(part)
        is_last = not message.get("more_body", False)
        if size_bytes > BODY_SIZE_BYTES_MAX and (is_last or size_bytes > DRAINED_SIZE_BYTES_MAX):
            detail = f"a body has at most {BODY_SIZE_BYTES_MAX} bytes"
            status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
            return b"", ProblemError(status, ApiError.BODY_TOO_LARGE, detail)
        if is_last:
            return b"".join(parts), None


def _replay(body: bytes, receive: Receive) -> Receive:
    """A channel that delivers the body that was read, then what comes after it."""
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return waiting.pop() if waiting else await receive()

    return replay


def _add_origin(origin: str, send: Send) -> Send:
    """Lets a page of this machine read the answer."""
    extra = [(b"access-control-allow-origin", origin.encode("latin-1")), (b"vary", b"Origin")]

    async def send_with_origin(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", []), *extra]}
        await send(message)

    return send_with_origin
