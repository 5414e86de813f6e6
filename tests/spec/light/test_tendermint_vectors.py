"""Tendermint's model-based light client tests: every step of every test, with its verdict.

Headers, sets and signatures are theirs; the adapter computes their hashes and sign bytes anew.
Their headers don't name a parent, so a header of the next height is linked to the trusted one.
"""

import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, Final

from spec.config.presets import TINY
from spec.consensus.interface import RulesContext
from spec.ledger.codec import compute_block_id
from spec.lib.result import Err, Ok
from spec.light.bft import LightClient, LightOptions, Trusted, apply_light_block, open_trust
from spec.light.errors import LightError, TrustTooLow
from tests.foreign import get_vectors
from tests.spec.light.tendermint import (
    GENESIS_ID,
    Adapter,
    Json,
    compute_header_hash,
    make_adapter,
    parse_time_ms,
)

TESTS: Final = 37
STEPS: Final = 95


@cache
def read_tests() -> dict[str, Json]:
    """By name; the two files without steps list what each suite should hold."""
    folder = get_vectors("tendermint_light_mbt")
    documents = {path.stem: json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))}
    suites = {name: d["tests"] for name, d in documents.items() if "tests" in d}
    found = {name: d for name, d in documents.items() if "tests" not in d}
    expected = {f"{suite}_{test}" for suite, tests in suites.items() for test in tests}
    assert set(found) == expected, "every test that a suite lists is there"
    return found


def open_client(document: Json, adapter: Adapter) -> tuple[LightClient, Trusted]:
    initial = document["initial"]
    header = initial["signed_header"]["header"]
    following: list[Any] = initial["next_validator_set"]["validators"]
    ours = adapter.convert_header(header, bytes(32), ([], following))
    context = RulesContext(TINY, GENESIS_ID, 0, adapter.verify)
    period_ms = int(initial["trusting_period"]) // 10**6
    client = LightClient(context, LightOptions(period_ms, 1, 3, 0))
    opened = open_trust(compute_block_id(ours), ours, adapter.convert_set(following))
    assert isinstance(opened, Ok)
    return client, opened.value


def get_verdict(error: LightError | None) -> str:
    if error is None:
        return "SUCCESS"
    return "NOT_ENOUGH_TRUST" if isinstance(error, TrustTooLow) else "INVALID"


def run_steps(document: Json) -> list[tuple[str, str, str]]:
    """(expected verdict, ours, code) of each step."""
    adapter = make_adapter(document)
    client, trusted = open_client(document, adapter)
    outcomes = []
    for step in document["input"]:
        parent = compute_block_id(trusted.header)
        block = adapter.convert_block(step["block"], parent)
        applied = apply_light_block(client, trusted, block, parse_time_ms(step["now"]))
        error = applied.error if isinstance(applied, Err) else None
        if isinstance(applied, Ok):
            trusted = applied.value
        code = error.code if error is not None else "-"
        outcomes.append((step["verdict"], get_verdict(error), code))
    return outcomes


def test_every_foreign_step_has_its_verdict() -> None:
    tests, steps = 0, 0
    for name, document in read_tests().items():
        for number, (expected, found, code) in enumerate(run_steps(document)):
            assert found == expected, f"{name} step {number}: {code}"
            steps += 1
        tests += 1
    assert (tests, steps) == (TESTS, STEPS)


def test_hashes_of_foreign_headers_are_computed_as_theirs() -> None:
    counted = 0
    for document in read_tests().values():
        for step in document["input"]:
            theirs = step["block"]["signed_header"]
            claimed = bytes.fromhex(theirs["commit"]["block_id"]["hash"])
            counted += compute_header_hash(theirs["header"]) == claimed
    assert counted >= STEPS - 1


def find_success() -> tuple[LightClient, Trusted, Adapter, Json]:
    document = read_tests()["MC4_4_faulty_TestMoreThanTwoThirdsSign"]
    adapter = make_adapter(document)
    client, trusted = open_client(document, adapter)
    return client, trusted, adapter, document["input"][1]


def test_a_foreign_signature_with_one_bit_changed_is_refused() -> None:
    client, trusted, adapter, step = find_success()
    block = adapter.convert_block(step["block"], compute_block_id(trusted.header))
    now_ms = parse_time_ms(step["now"])
    assert isinstance(apply_light_block(client, trusted, block, now_ms), Ok)
    first = block.commit.votes[0]
    forged = replace(first, signature=first.signature[:-1] + bytes([first.signature[-1] ^ 1]))
    commit = replace(block.commit, votes=(forged, *block.commit.votes[1:]))
    refused = apply_light_block(client, trusted, replace(block, commit=commit), now_ms)
    assert isinstance(refused, Err)
    assert refused.error.code == "bft.commit_signature_invalid"


def test_the_vectors_say_where_they_come_from() -> None:
    source = Path(get_vectors("tendermint_light_mbt") / "SOURCE.txt").read_text()
    assert "tendermint-rs" in source
