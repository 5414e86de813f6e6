"""Blocks, transactions and accounts over REST; every proof is judged by the specification."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from qcref.devnet import FUNDS
from qcref.node import Interval, Manual
from qcref.store.chain_store import ChainStore
from qcref.store.errors import StoreIoError
from spec.ledger.state import decode_account, encode_account
from spec.ledger.types import SIGNED_TRANSACTION, Account, SignedTransaction
from spec.lib.result import Ok
from spec.lib.ssz import decode, encode
from spec.lib.trie_proof import TRIE_PROOF, validate_proof
from tests.qcref.api.support import JSON_TYPE, Api, serving
from tests.qcref.support import get_account, sign_transfer

OCTETS = "application/octet-stream"


def _encode(signed: SignedTransaction) -> bytes:
    return encode(SIGNED_TRANSACTION, signed)


def _submit(api: Api, signed: SignedTransaction) -> Any:  # what a test looks into
    answer = api.request("POST", "/v1/transactions", _encode(signed), {"content-type": OCTETS})
    assert answer.status in (200, 202), answer.body
    return answer.json


def _is_proved(view: Any, value: bytes | None) -> bool:  # JSON
    proof = decode(TRIE_PROOF, bytes.fromhex(view["encoded"][2:]))
    assert isinstance(proof, Ok)
    root, key = bytes.fromhex(view["state_root"][2:]), bytes.fromhex(view["key"][2:])
    return validate_proof(root, key, value, proof.value) is None


# Blocks


def test_the_same_block_is_found_by_height_by_id_and_as_the_latest(api: Api) -> None:
    _submit(api, sign_transfer(api.devnet, "alice", "bob", 5))
    latest = api.get("/v1/blocks/latest")
    view = latest.json
    assert view["height"] == "1"
    assert api.get("/v1/blocks/1").body == latest.body
    assert api.get(f"/v1/blocks/{view['id']}").body == latest.body


@pytest.mark.parametrize(
    ("name", "status", "code"),
    [
        ("7", 404, "api.block_not_found"),
        ("9" * 30, 404, "api.block_not_found"),
        ("9223372036854775808", 404, "api.block_not_found"),
        ("0x" + "00" * 32, 404, "api.block_not_found"),
        ("01", 422, "api.request_invalid"),
        ("-1", 422, "api.request_invalid"),
        ("0x00", 422, "api.request_invalid"),
        ("0x" + "AA" * 32, 422, "api.request_invalid"),
        ("٣", 422, "api.request_invalid"),
        ("head", 422, "api.request_invalid"),
    ],
)
def test_blocks_that_are_not_there(api: Api, name: str, status: int, code: str) -> None:
    answer = api.get(f"/v1/blocks/{name}")
    assert (answer.status, answer.code) == (status, code)


def test_pages_of_blocks_hold_each_block_once(api: Api) -> None:
    api.post("/v1/dev/mine", {"count": 9})
    heights: list[str] = []
    cursor = ""
    for _ in range(10):
        page = api.get(f"/v1/blocks?limit=4{cursor}").json
        heights += [block["height"] for block in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert heights == [str(height) for height in range(9, -1, -1)]


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=101", "limit=x", "cursor=-1", "cursor=x", "cursor=" + "9" * 19, "limi=3"],
)
def test_wrong_pages_are_refused(api: Api, query: str) -> None:
    answer = api.get(f"/v1/blocks?{query}")
    assert (answer.status, answer.code) == (422, "api.request_invalid")


def test_a_block_the_client_has_is_not_sent_again(api: Api) -> None:
    block = api.get("/v1/blocks/latest")
    by_id = api.get(f"/v1/blocks/{block.json['id']}")
    assert "immutable" in by_id.headers["cache-control"]
    again = api.get("/v1/blocks/latest", if_none_match=f'"other", {block.headers["etag"]}')
    assert (again.status, again.body) == (304, b"")
    assert again.headers["etag"] == block.headers["etag"]
    api.post("/v1/dev/mine", {})
    assert api.get("/v1/blocks/latest", if_none_match=block.headers["etag"]).status == 200


# Transactions


def test_a_transaction_is_acknowledged_in_its_block(api: Api) -> None:
    signed = sign_transfer(api.devnet, "alice", "bob", 5)
    view = _submit(api, signed)
    assert (view["state"], view["height"], view["position"]) == ("included", "1", 0)
    assert (view["sender"], view["receipt"]["status"]) == ("alice", "success")
    assert view["transaction"]["payload"]["amount"] == "5"
    assert view["id"] in api.get("/v1/blocks/1").json["transactions"]
    assert api.get(f"/v1/transactions/{view['id']}").json == view


def test_hex_in_json_and_bytes_are_the_same_transaction(api: Api) -> None:
    signed = sign_transfer(api.devnet, "alice", "bob", 5)
    first = api.post("/v1/transactions", {"transaction": "0x" + _encode(signed).hex()}).json
    assert _submit(api, signed) == first, "asking again tells what became of it"
    assert api.get("/v1/status").json["head_height"] == "1"


@pytest.mark.parametrize(
    ("body", "kind", "status", "code"),
    [
        (b"", OCTETS, 422, "tx.malformed"),
        (b"\x00" * 10, OCTETS, 422, "tx.malformed"),
        (b"\x00" * 600_000, OCTETS, 422, "tx.too_large"),
        (b"{}", JSON_TYPE, 422, "api.request_invalid"),
        (b'{"transaction": 5}', JSON_TYPE, 422, "api.request_invalid"),
        (b'{"transaction": "0xABCD"}', JSON_TYPE, 422, "api.request_invalid"),
        (b'{"transaction": "0x0"}', JSON_TYPE, 422, "api.request_invalid"),
        (b'{"transaction": "0x00", "more": 1}', JSON_TYPE, 422, "api.request_invalid"),
        (b'{"transaction": "0x00"}', JSON_TYPE, 422, "tx.malformed"),
    ],
)
def test_what_is_no_transaction_is_refused(
    api: Api, body: bytes, kind: str, status: int, code: str
) -> None:
    answer = api.request("POST", "/v1/transactions", body, {"content-type": kind})
    assert (answer.status, answer.code) == (status, code)


def test_transactions_that_break_a_rule_are_refused_by_its_name(api: Api) -> None:
    signed = sign_transfer(api.devnet, "alice", "bob", 5)
    rich = sign_transfer(api.devnet, "alice", "bob", 2 * FUNDS)
    cases = {
        "tx.signature_invalid": replace(signed, signature=bytes(64)),
        "tx.insufficient_balance": rich,
    }
    for code, each in cases.items():
        answer = api.request("POST", "/v1/transactions", _encode(each), {"content-type": OCTETS})
        assert (answer.status, answer.code) == (422, code)
    assert api.get("/v1/status").json["head_height"] == "0"


@pytest.mark.parametrize("mining", [Manual(), Interval(1_000)])
def test_where_blocks_are_not_instant_a_transaction_waits(
    tmp_path: Path, mining: Manual | Interval
) -> None:
    with serving(tmp_path, mining) as api:
        body = {"from": "alice", "to": "bob", "amount": "5"}
        answer = api.post("/v1/dev/transfer", body)
        assert (answer.status, answer.json["state"]) == (202, "pending")
        target = f"/v1/transactions/{answer.json['id']}"
        assert api.get(target).json["state"] == "pending"
        assert api.get("/v1/status").json["mempool_count"] == 1
        api.post("/v1/dev/mine", {})
        assert api.get(target).json["state"] == "included"


def test_a_transaction_that_became_unaffordable_says_why(tmp_path: Path) -> None:
    with serving(tmp_path, Manual()) as api:
        waits = api.post("/v1/dev/transfer", {"from": "alice", "to": "bob", "amount": "5"}).json
        spent = Account(0, 1, 0, bytes(32))
        head = api.devnet.runtime.head
        writes = [(get_account("alice").address, encode_account(spent))]
        api.devnet.runtime.mempool.advance(replace(head, tree=head.tree.apply_batch(writes)))
        view = api.get(f"/v1/transactions/{waits['id']}").json
    assert (view["state"], view["refusal"]["code"]) == ("refused", "tx.insufficient_balance")


def test_an_unknown_transaction_is_not_found(api: Api) -> None:
    answer = api.get("/v1/transactions/0x" + "11" * 32)
    assert (answer.status, answer.code) == (404, "api.transaction_not_found")


# Accounts


def test_an_account_is_the_same_by_name_text_and_bytes(api: Api) -> None:
    view = api.get("/v1/accounts/alice").json
    assert view["balance"] == str(FUNDS)
    assert api.get(f"/v1/accounts/{view['text']}").json == view
    assert api.get(f"/v1/accounts/{view['address']}").json == view


def test_an_accounts_proof_holds_against_the_heads_root(api: Api) -> None:
    _submit(api, sign_transfer(api.devnet, "alice", "bob", 5))
    view = api.get("/v1/accounts/bob?proof=true").json
    proof = view["proof"]
    block = api.get("/v1/blocks/latest").json
    assert (proof["block_id"], proof["state_root"]) == (block["id"], block["header"]["state_root"])
    value = bytes.fromhex(proof["value"][2:])
    assert _is_proved(proof, value)
    assert str(decode_account(value).balance) == view["balance"]
    assert not _is_proved(proof, value + b"\x00")
    assert not _is_proved(proof, None)
    assert len(proof["proof"]["steps"]) > 0


def test_an_account_that_never_was_is_proved_absent(api: Api) -> None:
    address = "0x01" + "77" * 31
    view = api.get(f"/v1/accounts/{address}?proof=true").json
    assert (view["balance"], view["nonce"]) == ("0", "0")
    assert view["proof"]["value"] is None
    assert _is_proved(view["proof"], None)
    assert not _is_proved(view["proof"], b"\x01")


@pytest.mark.parametrize(
    "name",
    ["nobody", "0x", "0x03" + "00" * 31, "qcdev1", "qct1qqqqqq", "a" * 200, "ALICE", "%00"],
)
def test_what_is_no_account_is_not_found(api: Api, name: str) -> None:
    answer = api.get(f"/v1/accounts/{name}")
    assert (answer.status, answer.code) == (404, "api.account_not_found")


# The node


def test_unknown_routes_and_methods_are_problems(api: Api) -> None:
    assert api.get("/v1/nothing").code == "api.route_not_found"
    assert api.get("/v2/status").code == "api.route_not_found"
    refused = api.request("DELETE", "/v1/status")
    assert (refused.status, refused.code) == (405, "api.method_not_allowed")
    assert refused.headers["allow"] == "GET"


def test_the_node_says_that_it_is_there(api: Api) -> None:
    assert api.get("/v1/health").json == {"status": "ok"}
    assert api.get("/v1/ready").json == {"status": "ok"}
    status = api.get("/v1/status").json
    assert (status["chain"], status["mining"]) == ("qc-dev-1", "instant")


def test_a_failed_write_is_a_503_for_ever_and_stops_the_node(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_store: ChainStore, *_parts: object) -> None:
        raise StoreIoError("chain.sqlite", "disk I/O error")

    assert api.get("/v1/ready").status == 200
    with monkeypatch.context() as patched:
        patched.setattr(ChainStore, "append", refuse)
        body = {"from": "alice", "to": "bob", "amount": "5"}
        answer = api.post("/v1/dev/transfer", body)
    assert (answer.status, answer.code) == (503, "store.io")
    assert api.stops == 1
    for target in ("/v1/ready", "/v1/status", "/v1/accounts/bob"):
        assert api.get(target).code == "store.io"
    assert api.get("/v1/health").status == 200, "the process is still there"
    assert api.devnet.get_account(get_account("bob").address).balance == FUNDS


def test_a_defect_is_a_problem_without_a_traceback(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_store: ChainStore, _height: int) -> None:
        raise ZeroDivisionError("the secret of line 7")

    with monkeypatch.context() as patched:
        patched.setattr(ChainStore, "get_block", fail)
        answer = api.get("/v1/blocks/0")
        page = api.get("/block/0")
    assert (answer.status, answer.code) == (500, "api.internal")
    assert (page.status, page.headers["content-type"][:9]) == (500, "text/html")
    for each in (answer, page):
        assert b"secret" not in each.body
        assert b"Traceback" not in each.body
    assert [type(defect) for defect in api.defects] == [ZeroDivisionError] * 2, "logged"
    api.defects.clear()
