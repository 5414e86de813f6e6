"""Contracts over REST: deployed, published, read with proofs, called, simulated."""

from typing import Any

import pytest

from spec.ir.encoding import encode_module
from spec.ir.module_view import module_from_json
from spec.lib.result import Ok
from spec.lib.ssz import decode
from spec.lib.trie_proof import TRIE_PROOF, validate_proof
from tests.qcref.api.support import Api
from tests.qcref.support import compile_erc20

VERIFICATION: dict[str, Any] = {
    "code_id": "0x" + compile_erc20().code_id.hex(),
    "verdict": "proved",
    "goals": [{"name": "backed", "kind": "invariant", "action": None, "verdict": "proved"}],
    "assumptions": ["total supply < 2^96"],
}


def test_a_deployment_is_found_by_name_and_address(api: Api) -> None:
    answer = api.deploy(verification=VERIFICATION).json
    view = api.get("/v1/contracts/ERC20").json
    assert answer["contract"]["verdict"] == view["verdict"] == "proved"
    assert answer["transaction"]["receipt"]["result"] == view["text"]
    assert view["verification"] == VERIFICATION
    assert view["interface"] == compile_erc20().abi
    assert view["source"] == compile_erc20().source.text
    assert api.get(f"/v1/contracts/{view['address']}").json == view
    assert api.get(f"/v1/contracts/{view['text']}").json == view


def test_a_name_means_the_contract_published_last(token: Api) -> None:
    first = token.get("/v1/contracts/ERC20").json["address"]
    second = token.deploy().json["contract"]["address"]
    assert token.get("/v1/contracts/ERC20").json["address"] == second != first
    assert token.get(f"/v1/contracts/{first}").status == 200
    page = token.get("/v1/contracts?limit=1").json
    assert [each["address"] for each in page["items"]] == [first]
    page = token.get(f"/v1/contracts?limit=1&cursor={page['next_cursor']}").json
    assert [each["address"] for each in page["items"]] == [second]
    assert page["next_cursor"] is None


def test_the_core_ir_is_the_module_that_was_deployed(token: Api) -> None:
    view = token.get("/v1/contracts/ERC20/ir").json
    module = module_from_json(view["module"])
    assert isinstance(module, Ok)
    assert module.value == compile_erc20().module


def test_a_transfer_moves_tokens_and_tells_in_names(token: Api) -> None:
    view = token.call("transfer", "bob", "30").json
    assert view["receipt"]["status"] == "success"
    assert view["call"]["args"] == {"to": "bob", "amount": "30"}
    event = view["receipt"]["events"][0]
    assert (event["contract"], event["name"]) == ("ERC20", "Transfer")
    assert event["fields"] == {"sender": "alice", "recipient": "bob", "amount": "30"}
    assert token.read("balance_of", "bob") == "30"
    assert token.read("balance_of", "alice") == "70"


def test_a_refusal_is_in_a_block_and_names_its_error(token: Api) -> None:
    answer = token.call("transfer", "bob", "300")
    receipt = answer.json["receipt"]
    assert (answer.status, receipt["status"]) == (200, "refused")
    assert (receipt["error"]["code"], receipt["error"]["name"]) == (
        "contract.refused",
        "InsufficientBalance",
    )
    assert receipt["error"]["arguments"] == {"held": "100", "wanted": "300"}
    assert receipt["events"] == []


def test_a_standard_error_has_its_name(token: Api) -> None:
    error = token.call("mint", "bob", "1", sender="bob").json["receipt"]["error"]
    assert error["name"] == "NotAllowed"


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"contract": "Nothing"}, 404, "api.contract_not_found"),
        ({"contract": "alice"}, 404, "api.contract_not_found"),
        ({"action": "steal"}, 404, "api.function_not_found"),
        ({"action": "init"}, 404, "api.function_not_found"),
        ({"action": "balance_of", "args": ["bob"]}, 422, "api.function_is_view"),
        ({"from": "mallory"}, 404, "api.named_account_not_found"),
        ({"args": ["bob"]}, 422, "abi.argument_invalid"),
        ({"args": ["nobody", "1"]}, 422, "abi.argument_invalid"),
        ({"args": ["bob", "-1"]}, 422, "abi.argument_invalid"),
        ({"args": ["bob", "0x10"]}, 422, "abi.argument_invalid"),
        ({"args": ["bob", "٣"]}, 422, "abi.argument_invalid"),
        ({"args": ["bob", str(1 << 256)]}, 422, "abi.argument_invalid"),
        ({"args": ["bob", True]}, 422, "abi.argument_invalid"),
        ({"args": ["bob", None]}, 422, "abi.argument_invalid"),
        ({"args": ["bob", {"a": []}]}, 422, "abi.argument_invalid"),
        ({"args": ["bob", "1"] * 40}, 422, "api.request_invalid"),
        ({"args": "bob"}, 422, "api.request_invalid"),
        ({"value": 5}, 422, "api.request_invalid"),
        ({"value": "05"}, 422, "api.request_invalid"),
        ({"value": "9" * 39}, 422, "api.request_invalid"),
        ({"fee_cap": "0"}, 422, "tx.fee_cap_below_base_fee"),
        ({"gas_limit": "1"}, 422, "tx.gas_below_intrinsic"),
        ({"gas_limit": "1" + "0" * 18}, 422, "tx.gas_above_block"),
        ({"colour": "red"}, 422, "api.request_invalid"),
        ({"from": None}, 422, "api.request_invalid"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_wrong_calls_are_refused_before_any_block(
    token: Api, change: dict[str, object], status: int, code: str
) -> None:
    body = {"contract": "ERC20", "action": "transfer", "args": ["bob", "1"], "from": "alice"}
    answer = token.post("/v1/dev/call", {**body, **change})
    assert (answer.status, answer.code) == (status, code)
    assert token.get("/v1/status").json["head_height"] == "1"


# State


def _is_proved(view: Any) -> bool:  # JSON
    proof = decode(TRIE_PROOF, bytes.fromhex(view["encoded"][2:]))
    assert isinstance(proof, Ok)
    value = None if view["value"] is None else bytes.fromhex(view["value"][2:])
    root, key = bytes.fromhex(view["state_root"][2:]), bytes.fromhex(view["key"][2:])
    return validate_proof(root, key, value, proof.value) is None


@pytest.mark.parametrize(
    ("target", "value"),
    [
        ("balances?key=alice", "100"),
        ("balances?key=bob", "0"),
        ("allowances?key=alice&key=bob", "0"),
        ("supply", "100"),
        ("name", "Gold"),
        ("minter", "alice"),
        ("paused", False),
        ("balance", "0"),
        ("inbox", "0"),
    ],
)
def test_a_cell_is_read_with_a_proof(token: Api, target: str, value: object) -> None:
    mark = "&" if "?" in target else "?"
    view = token.get(f"/v1/contracts/ERC20/cells/{target}{mark}proof=true").json
    assert view["value"] == value
    assert _is_proved(view["proof"])
    assert view["proof"]["state_root"] == token.get("/v1/status").json["state_root"]


@pytest.mark.parametrize(
    ("target", "status", "code"),
    [
        ("nothing", 404, "api.cell_not_found"),
        ("balances", 422, "api.request_invalid"),
        ("supply?key=alice", 422, "api.request_invalid"),
        ("balances?key=alice&key=bob", 422, "api.request_invalid"),
        ("balances?key=nobody", 422, "abi.argument_invalid"),
        ("balances?kee=alice", 422, "api.request_invalid"),
    ],
)
def test_wrong_cells_are_refused(token: Api, target: str, status: int, code: str) -> None:
    answer = token.get(f"/v1/contracts/ERC20/cells/{target}")
    assert (answer.status, answer.code) == (status, code)


# Without a published interface


def test_an_unpublished_contract_is_read_by_numbers(api: Api) -> None:
    address = api.deploy(interface=None, source=None).json["contract"]["address"]
    view = api.get(f"/v1/contracts/{address}").json
    assert (view["name"], view["is_published"], view["source"]) == (None, False, None)
    abi: Any = compile_erc20().abi
    selector = next(e["selector"] for e in abi["functions"] if e["name"] == "transfer")
    body = {"contract": address, "action": selector, "args": ["bob", "30"], "from": "alice"}
    receipt = api.post("/v1/dev/call", body).json["receipt"]
    event = receipt["events"][0]
    assert (event["name"], event["data"][:2]) == ("0", "0x")
    assert list(event["fields"]) == ["0", "1", "2"]
    assert event["fields"]["2"] == "30"


def test_publishing_later_gives_it_names(api: Api) -> None:
    address = api.deploy(interface=None, source=None).json["contract"]["address"]
    body = {"contract": address, "interface": compile_erc20().abi, "verification": VERIFICATION}
    assert api.post("/v1/dev/interfaces", body).json["name"] == "ERC20"
    assert api.read("balance_of", "alice") == "100"


def _change(path: tuple[str | int, ...], value: object) -> dict[str, Any]:
    import copy

    interface: Any = copy.deepcopy(compile_erc20().abi)
    inner = interface
    for part in path[:-1]:
        inner = inner[part]
    inner[path[-1]] = value
    return {"interface": interface}


LIES = [
    _change(("code_id",), "0x" + "00" * 32),
    _change(("version",), "qcabi/2"),
    _change(("contract",), ""),
    _change(("contract",), 5),
    _change(("doc",), None),
    _change(("functions",), []),
    _change(("functions", 1, "selector"), "0x" + "00" * 8),
    _change(("functions", 1, "kind"), "view"),
    _change(("functions", 1, "payable"), 0),
    _change(("functions", 1, "name"), "approve"),
    _change(("functions", 1, "params"), []),
    _change(("functions", 1, "params", 0, "type"), "u256"),
    _change(("functions", 1, "params", 0, "name"), "amount"),
    _change(("functions", 1, "gas_max"), 1),
    _change(("functions", 1, "errors"), [5]),
    _change(("events", 0, "number"), 7),
    _change(("events", 0, "params", 0, "type", "members"), []),
    _change(("events", 0, "params", 0, "type", "name"), "option[bool]"),
    _change(("cells", 2, "type"), {"kind": "list"}),
    _change(("cells", 2, "extra"), 1),
    {"interface": {}},
    {"verification": {**VERIFICATION, "code_id": "0x" + "00" * 32}},
]


@pytest.mark.parametrize("lie", LIES, ids=range(len(LIES)))
def test_an_interface_that_is_not_the_modules_is_refused(api: Api, lie: dict[str, Any]) -> None:
    is_harmless = lie == _change(("events", 0, "params", 0, "type", "name"), "option[bool]")
    address = api.deploy(interface=None, source=None).json["contract"]["address"]
    body = {"contract": address, "interface": compile_erc20().abi, **lie}
    answer = api.post("/v1/dev/interfaces", body)
    if is_harmless:
        assert answer.status == 200, "names are names"
    else:
        assert (answer.status, answer.code) == (422, "abi.interface_mismatch")
        assert api.get(f"/v1/contracts/{address}").json["is_published"] is False


def test_a_lying_interface_stops_the_deployment(api: Api) -> None:
    answer = api.deploy(**_change(("functions", 1, "kind"), "view"))
    assert answer.code == "abi.interface_mismatch"
    assert api.get("/v1/status").json["head_height"] == "0"


@pytest.mark.parametrize("module", ["0x", "0x00", "0x" + "ff" * 100])
def test_a_module_that_the_rules_refuse_is_refused(api: Api, module: str) -> None:
    answer = api.deploy(module=module)
    assert answer.status == 422
    assert answer.code.partition(".")[0] in ("ssz", "ir")


def test_a_damaged_module_is_refused(api: Api) -> None:
    data = bytearray(encode_module(compile_erc20().module))
    data[len(data) // 2] ^= 1
    answer = api.deploy(module="0x" + data.hex())
    assert answer.status == 422


# Simulation


def test_a_simulated_action_changes_nothing(token: Api) -> None:
    body = {"contract": "ERC20", "function": "transfer", "args": ["bob", "30"], "caller": "alice"}
    view = token.post("/v1/calls", body).json
    assert (view["status"], view["events"][0]["name"]) == ("success", "Transfer")
    assert token.read("balance_of", "bob") == "0"
    refused = token.post("/v1/calls", {**body, "args": ["bob", "300"]}).json
    assert (refused["status"], refused["error"]["name"]) == ("refused", "InsufficientBalance")
    paid = token.post("/v1/calls", {**body, "value": "1"}).json
    assert paid["error"]["name"] == "NotPayable"
    poor = token.post("/v1/calls", {**body, "value": "1" + "0" * 30})
    assert poor.code == "tx.insufficient_balance"
