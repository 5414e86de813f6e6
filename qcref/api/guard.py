"""What stands before the interface: limits on requests, checked before anything is parsed.

A body has at most `BODY_SIZE_BYTES_MAX` bytes, whatever its headers claim; JSON nests at most
`JSON_DEPTH_MAX` deep and has no number longer than `JSON_DIGITS_MAX`, since the parser behind would
recurse, or convert for minutes. A browser's requests from foreign pages are refused: `Host` must be
a loopback name, and `Origin`, if there is one, a loopback page.

Source: RELIABILITY.md (what the chosen parts do under attack), R16; UX.md (CORS).
"""

import re
from http import HTTPStatus

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from qcref.api.problems import ProblemError, render_problem

BODY_SIZE_BYTES_MAX = 2 << 20
"""Twice the largest transaction in hex."""
JSON_DEPTH_MAX = 32
"""Twice what the deepest value of the core IR needs."""
JSON_DIGITS_MAX = 100
"""More than 2^256 has."""

_STRING = re.compile(rb'"(?:[^"\\]|\\.)*+"?', re.DOTALL)
_DIGITS = re.compile(rb"[0-9]{%d}" % (JSON_DIGITS_MAX + 1))
_BRACKETS = re.compile(rb"[^\[\]{}]+")
_LOOPBACK = re.compile(r"(?:https?://)?(?:localhost|127\.0\.0\.1|\[::1\])(?::[0-9]{1,5})?")


def find_json_fault(body: bytes) -> ProblemError | None:
    """Why a body would be dangerous to parse as JSON.

    Args:
        body: any bytes, within the size limit.
    """
    bare = _STRING.sub(b"", body)
    if _DIGITS.search(bare):
        detail = f"a number has more than {JSON_DIGITS_MAX} digits; write wide integers as strings"
        return ProblemError(HTTPStatus.BAD_REQUEST, "api.number_too_long", detail)
    depth = 0
    for bracket in _BRACKETS.sub(b"", bare):
        depth += 1 if bracket in b"[{" else -1
        if depth > JSON_DEPTH_MAX:
            detail = f"the body nests deeper than {JSON_DEPTH_MAX}"
            return ProblemError(HTTPStatus.BAD_REQUEST, "api.json_too_deep", detail)
    return None


class Guard:
    """ASGI middleware that lets through what is safe to parse."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request, or passes it on with its body read."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        fault = _find_header_fault(scope)
        body = b""
        if fault is None:
            body, fault = await _read_body(receive)
        if fault is None:
            fault = find_json_fault(body)
        if fault is not None:
            response = render_problem(fault.status, fault.code, fault.detail)
            await response(scope, receive, send)
            return
        await self._app(scope, _replay(body, receive), send)


def _find_header_fault(scope: Scope) -> ProblemError | None:
    """Pages of other sites, also those that rebind a name to this machine, are kept out."""
    headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
    for name in (b"host", b"origin"):
        value = headers.get(name)
        if value is not None and _LOOPBACK.fullmatch(value) is None:
            detail = f"{name.decode()} {value[:100]!r} is not of this machine"
            return ProblemError(HTTPStatus.FORBIDDEN, "api.foreign_origin", detail)
    return None


async def _read_body(receive: Receive) -> tuple[bytes, ProblemError | None]:
    """The body, or why it is refused; never more than the limit is kept."""
    parts: list[bytes] = []
    size_bytes = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            detail = "the client went away before its body was complete"
            return b"", ProblemError(HTTPStatus.BAD_REQUEST, "api.body_incomplete", detail)
        parts.append(message.get("body", b""))
        size_bytes += len(parts[-1])
        if size_bytes > BODY_SIZE_BYTES_MAX:
            detail = f"a body has at most {BODY_SIZE_BYTES_MAX} bytes"
            status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
            return b"", ProblemError(status, "api.body_too_large", detail)
        if not message.get("more_body", False):
            return b"".join(parts), None


def _replay(body: bytes, receive: Receive) -> Receive:
    """A channel that delivers the body that was read, then what comes after it."""
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return waiting.pop() if waiting else await receive()

    return replay
