"""The verbs of a development chain."""

import pytest

from qcref.accounts import NAMES
from spec.crypto.address import compute_key_address
from spec.crypto.signing_keys import decode_secret_key
from spec.lib.result import Ok
from tests.qcref.api.support import Api


def test_the_named_accounts_come_with_their_keys(api: Api) -> None:
    items = api.get("/v1/dev/accounts").json["items"]
    assert [each["name"] for each in items] == list(NAMES)
    for each in items:
        key = decode_secret_key(each["scheme"], bytes.fromhex(each["secret_seed"][2:]))
        assert isinstance(key, Ok)
        address = compute_key_address(key.value.scheme, key.value.public_key)
        assert "0x" + address.hex() == each["address"]


def test_the_faucet_pays_anybody(api: Api) -> None:
    address = "0x01" + "55" * 31
    assert api.post("/v1/dev/faucet", {"to": address, "amount": "7"}).status == 200
    assert api.get(f"/v1/accounts/{address}").json["balance"] == "7"


def test_going_back_undoes_blocks_contracts_and_names(api: Api) -> None:
    number = api.post("/v1/dev/snapshot", {}).json["snapshot"]
    before = api.get("/v1/status").json["head_id"]
    api.deploy()
    for _ in range(2):
        assert api.post("/v1/dev/revert", {"snapshot": number}).json["head_id"] == before
        assert api.get("/v1/contracts").json["items"] == []
        assert api.get("/v1/contracts/ERC20").code == "api.contract_not_found"
        assert api.deploy().status == 200
        assert api.read("balance_of", "alice") == "100"


def test_the_clock_moves_for_the_next_block(api: Api) -> None:
    before = int(api.get("/v1/status").json["now_ms"])
    api.post("/v1/dev/time", {"advance_ms": 86_400_000})
    api.post("/v1/dev/mine", {})
    assert int(api.get("/v1/status").json["time_ms"]) >= before + 86_400_000


def test_time_ends_where_calendars_do(api: Api) -> None:
    codes = {api.post("/v1/dev/time", {"advance_ms": 3_155_760_000_000}).status for _ in range(90)}
    assert codes == {200, 422}
    assert api.post("/v1/dev/mine", {}).status == 200


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("mine", {"count": 0}, "api.request_invalid"),
        ("mine", {"count": 1_001}, "api.request_invalid"),
        ("mine", {"count": "1"}, "api.request_invalid"),
        ("mine", {"count": True}, "api.request_invalid"),
        ("revert", {"snapshot": 0}, "api.snapshot_not_found"),
        ("revert", {"snapshot": -1}, "api.request_invalid"),
        ("revert", {"snapshot": 10**90}, "api.request_invalid"),
        ("time", {"advance_ms": -1}, "api.request_invalid"),
        ("faucet", {"to": "bob", "amount": "1" + "0" * 38}, "tx.insufficient_balance"),
        ("faucet", {"to": "nobody", "amount": "1"}, "api.account_not_found"),
        ("transfer", {"from": "alice", "to": "bob", "amount": "1e3"}, "api.request_invalid"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_wrong_verbs_are_refused(api: Api, path: str, body: object, code: str) -> None:
    answer = api.post(f"/v1/dev/{path}", body)
    assert answer.status in (404, 422)
    assert answer.code == code
