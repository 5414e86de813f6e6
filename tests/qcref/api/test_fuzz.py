"""Whatever comes in, the answer is a good one or a problem with a code; never a defect."""

import json
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from spec.ledger.types import SIGNED_TRANSACTION
from spec.lib.ssz import encode
from tests.qcref.api.support import JSON_TYPE, Answer, Api, serving
from tests.qcref.support import sign_transfer

PATHS = (
    "/v1/status", "/v1/blocks", "/v1/blocks/1", "/v1/blocks/latest", "/v1/transactions",
    "/v1/transactions/0x" + "11" * 32, "/v1/accounts/alice", "/v1/contracts",
    "/v1/contracts/ERC20", "/v1/contracts/ERC20/ir", "/v1/contracts/ERC20/cells/balances",
    "/v1/calls", "/v1/dev/call", "/v1/dev/deploy", "/v1/dev/transfer", "/v1/dev/mine",
    "/v1/dev/faucet", "/v1/dev/time", "/v1/dev/revert", "/v1/dev/interfaces", "/v1/nothing",
)  # fmt: skip
METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "TRACE", "x")
WORDS: tuple[object, ...] = (
    None, True, False, 0, 1, -1, 1 << 31, 1 << 64, 1 << 300, "", "0", "1", "-1", "01", "1e3",
    "0x", "0x00", "0x" + "ff" * 32, "alice", "bob", "ERC20", "transfer", "balance_of", "init",
    "name", "\x00", "\ufffd", "é", "a" * 300, [], {}, [[]], [None], {"a": 1}, ["bob", "1"],
)  # fmt: skip
MEMBERS = (
    "contract", "action", "function", "args", "from", "to", "amount", "value", "caller", "count",
    "snapshot", "advance_ms", "module", "interface", "source", "verification", "transaction",
    "gas_limit", "fee_cap", "tip", "more",
)  # fmt: skip
QUERIES = ("", "?proof=true", "?limit=3", "?cursor=1", "?key=alice", "?key=%00", "?x", "?%ff=%zz")

short_and_long = pytest.mark.parametrize(
    "count", [1_500, pytest.param(200_000, marks=pytest.mark.slow)]
)


@pytest.fixture
def fuzzed(tmp_path: Path) -> Iterator[Api]:
    with serving(tmp_path) as api:
        assert api.deploy().status == 200
        yield api
        assert api.defects == []


def _check(answer: Answer) -> None:
    assert answer.status < 500, answer.body[:300]
    if answer.status >= 400:
        assert answer.code
    else:
        assert b"Traceback" not in answer.body


def _draw_body(random: Random) -> bytes:
    kind = random.randrange(4)
    if kind == 0:
        return random.randbytes(random.randrange(200))
    members = random.sample(MEMBERS, random.randrange(len(MEMBERS)))
    text = json.dumps({name: random.choice(WORDS) for name in members})
    if kind == 1:
        data = bytearray(text.encode())
        for _ in range(random.randrange(4)):
            data[random.randrange(len(data))] = random.randrange(256)
        return bytes(data)
    return text.encode()


@short_and_long
def test_random_requests_are_answered(fuzzed: Api, count: int) -> None:
    random = Random(count)
    for _ in range(count):
        target = random.choice(PATHS) + random.choice(QUERIES)
        if random.randrange(4) == 0:
            word = "".join(chr(random.randrange(1, 0x250)) for _ in range(random.randrange(12)))
            target = f"{random.choice(PATHS)}/{word.replace('?', '').replace('#', '')}"
        method = random.choice(METHODS) if random.randrange(3) == 0 else "POST"
        kinds = (JSON_TYPE, JSON_TYPE, "application/octet-stream", "text/plain")
        headers = {"content-type": random.choice(kinds)}
        _check(fuzzed.request(method, target, _draw_body(random), headers))


@short_and_long
def test_mutated_transactions_are_answered(fuzzed: Api, count: int) -> None:
    random = Random(count)
    for _ in range(count // 3):
        good = encode(SIGNED_TRANSACTION, sign_transfer(fuzzed.devnet, "alice", "bob", 1))
        data = bytearray(good)
        for _ in range(random.randrange(3)):
            data[random.randrange(len(data))] ^= 1 << random.randrange(8)
        del data[random.randrange(len(data) + 1) if random.randrange(4) == 0 else len(data) :]
        headers = {"content-type": "application/octet-stream"}
        _check(fuzzed.request("POST", "/v1/transactions", bytes(data), headers))
