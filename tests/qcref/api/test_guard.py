"""What may not come in, and what is said about it."""

import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qcref.api.guard import (
    BODY_SIZE_BYTES_MAX,
    JSON_DEPTH_MAX,
    JSON_DIGITS_MAX,
    find_json_fault,
)
from tests.qcref.api.support import JSON_TYPE, Api

CALL = "/v1/dev/call"
GOOD = b'{"contract": "ERC20", "action": "pause", "from": "alice", "args": %s}'


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"x" * (10 << 20), 413, "api.body_too_large"),
        (b"[" * 100_000, 400, "api.json_too_deep"),
        (b'{"a":' * 100_000, 400, "api.json_too_deep"),
        (GOOD % (b"[" * (JSON_DEPTH_MAX + 1)), 400, "api.json_too_deep"),
        (GOOD % (b"[" + b"9" * (JSON_DIGITS_MAX + 1) + b"]"), 400, "api.number_too_long"),
        (GOOD % b"[1.5]", 400, "api.number_not_whole"),
        (GOOD % b"[1e400]", 400, "api.number_not_whole"),
        (GOOD % b"[NaN]", 400, "api.number_not_whole"),
        (GOOD % b"[-Infinity]", 400, "api.number_not_whole"),
        (GOOD % b'[], "args": []', 400, "api.duplicate_name"),
        (GOOD % b'[{"a": 1, "a": 1}]', 400, "api.duplicate_name"),
        (GOOD % b'["\xff"]', 400, "api.not_utf8"),
        (GOOD % b'["\\ud800"]', 400, "api.not_utf8"),
        ('{"a": "b"}'.encode("utf-16"), 400, "api.not_utf8"),
        (b"{", 400, "api.json_malformed"),
        (b"[]]", 400, "api.json_malformed"),
        (b"'a'", 400, "api.json_malformed"),
    ],
    ids=itertools.count(),
)
def test_dangerous_bodies_are_refused(api: Api, body: bytes, status: int, code: str) -> None:
    answer = api.request("POST", CALL, body, {"content-type": JSON_TYPE})
    assert (answer.status, answer.code) == (status, code)


def test_the_largest_body_is_read(api: Api) -> None:
    padding = b" " * (BODY_SIZE_BYTES_MAX - len(GOOD % b"[]"))
    answer = api.request("POST", CALL, (GOOD % b"[]") + padding, {"content-type": JSON_TYPE})
    assert answer.code == "api.contract_not_found"


@pytest.mark.parametrize("kind", ["", "text/plain", "application/x-www-form-urlencoded", "null"])
def test_only_json_is_taken(api: Api, kind: str) -> None:
    answer = api.request("POST", CALL, GOOD % b"[]", {"content-type": kind} if kind else {})
    assert (answer.status, answer.code) == (415, "api.media_type_unsupported")


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "evil.example"},
        {"host": "127.0.0.1.evil.example:7700"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://localhost.evil.example"},
        {"origin": "http://localhost:7700@evil.example"},
    ],
)
def test_pages_of_other_sites_are_kept_out(api: Api, headers: dict[str, str]) -> None:
    for method in ("GET", "POST", "OPTIONS"):
        answer = api.request(method, "/v1/status", headers=headers)
        assert (answer.status, answer.code) == (403, "api.foreign_origin")
        assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize(
    "origin", ["http://localhost:5173", "http://127.0.0.1", "http://[::1]:80", "https://localhost"]
)
def test_pages_of_this_machine_may_read(api: Api, origin: str) -> None:
    answer = api.get("/v1/status", origin=origin)
    assert answer.status == 200
    assert answer.headers["access-control-allow-origin"] == origin
    refused = api.get("/v1/nothing", origin=origin)
    assert refused.headers["access-control-allow-origin"] == origin
    preflight = api.request("OPTIONS", CALL, headers={"origin": origin})
    assert preflight.status == 204
    assert "POST" in preflight.headers["access-control-allow-methods"]


def test_a_long_target_is_refused(api: Api) -> None:
    answer = api.get("/v1/accounts/" + "a" * 5_000)
    assert (answer.status, answer.code) == (414, "api.target_too_long")


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(codec="utf-8")),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(codec="utf-8")), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(JSON_VALUES)
def test_what_is_within_the_limits_passes(value: object) -> None:
    for text in (json.dumps(value), json.dumps(value, ensure_ascii=False)):
        fault = find_json_fault(text.encode())
        assert fault is None or fault.code == "api.number_too_long"


@given(st.binary(max_size=200) | st.text('[]{}",:\\ 0a', max_size=60).map(str.encode))
def test_what_passes_can_be_parsed(body: bytes) -> None:
    if find_json_fault(body) is None:
        json.loads(body)
