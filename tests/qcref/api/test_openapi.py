"""The document and the answers agree."""

from typing import Any

import jsonschema
import pytest

from qcref.api.app import make_routes
from qcref.node import Instant, Node
from tests.qcref.api.support import Answer, Api
from tests.qcref.api.test_contracts import VERIFICATION

HASH = "0x" + "11" * 32


@pytest.fixture
def document(api: Api) -> Any:  # JSON
    answer = api.get("/openapi.json")
    assert answer.status == 200
    return answer.json


def _check(document: Any, method: str, path: str, answer: Answer) -> None:
    """An answer is of the schema that its route declares for its status."""
    responses = document["paths"][path][method]["responses"]
    status = str(answer.status)
    declared = responses.get(status) or responses[f"{status[0]}XX"]
    content = declared.get("content", {}).get(answer.headers["content-type"])
    assert content is not None, (path, status, answer.headers["content-type"])
    schema = {**content["schema"], "components": document["components"]}
    jsonschema.Draft202012Validator(schema).validate(answer.json)


def test_it_is_openapi_3_1_with_problems_on_every_route(document: Any) -> None:
    assert document["openapi"].startswith("3.1")
    for path, methods in document["paths"].items():
        assert path.startswith("/v1/")
        for operation in methods.values():
            assert operation["description"]
            for status in ("4XX", "5XX"):
                content = operation["responses"][status]["content"]
                assert list(content) == ["application/problem+json"]
            assert "422" not in operation["responses"]


def test_every_schema_is_valid_and_every_reference_leads_somewhere(document: Any) -> None:
    for schema in document["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)
    text = str(document)
    for name in document["components"]["schemas"]:
        text = text.replace(f"'#/components/schemas/{name}'", "")
    assert "#/components/schemas/" not in text


def test_answers_of_every_route_are_of_their_schema(api: Api, document: Any) -> None:
    api.deploy(verification=VERIFICATION)
    tx_id = api.call("transfer", "bob", "3").json["id"]
    gets = {
        "/v1/status": ["/v1/status", "/v1/status"],
        "/v1/health": ["/v1/health"],
        "/v1/ready": ["/v1/ready"],
        "/v1/blocks": ["/v1/blocks", "/v1/blocks?limit=0"],
        "/v1/blocks/{block}": ["/v1/blocks/2", "/v1/blocks/x"],
        "/v1/transactions/{tx_id}": [f"/v1/transactions/{tx_id}", f"/v1/transactions/{HASH}"],
        "/v1/accounts/{account}": ["/v1/accounts/bob?proof=true", "/v1/accounts/x"],
        "/v1/validators": ["/v1/validators"],
        "/v1/finality": ["/v1/finality"],
        "/v1/contracts": ["/v1/contracts"],
        "/v1/contracts/{contract}": ["/v1/contracts/ERC20", "/v1/contracts/x"],
        "/v1/contracts/{contract}/ir": ["/v1/contracts/ERC20/ir"],
        "/v1/contracts/{contract}/cells/{cell}": ["/v1/contracts/ERC20/cells/supply?proof=true"],
        "/v1/dev/accounts": ["/v1/dev/accounts"],
    }
    call = {"contract": "ERC20", "action": "transfer", "args": ["bob", "1"], "from": "alice"}
    view = api.get("/v1/contracts/ERC20").json
    posts: dict[str, list[object]] = {
        "/v1/transactions": [{"transaction": "0x00"}],
        "/v1/calls": [{"contract": "ERC20", "function": "total_supply"}, {}],
        "/v1/dev/call": [call, {**call, "args": ["bob", "99999"]}, {**call, "from": "x"}],
        "/v1/dev/transfer": [{"from": "alice", "to": "bob", "amount": "1"}],
        "/v1/dev/faucet": [{"to": "bob", "amount": "1"}],
        "/v1/dev/deploy": [{"from": "alice", "module": "0x"}],
        "/v1/dev/interfaces": [{"contract": "ERC20", "interface": view["interface"]}],
        "/v1/dev/mine": [{"count": 2}],
        "/v1/dev/snapshot": [{}],
        "/v1/dev/revert": [{"snapshot": 0}, {"snapshot": 9}],
        "/v1/dev/time": [{"advance_ms": 5}],
    }
    for path, targets in gets.items():
        for target in targets:
            _check(document, "get", path, api.get(target))
    for path, bodies in posts.items():
        for body in bodies:
            _check(document, "post", path, api.post(path, body))
    assert {*gets, *posts} == set(document["paths"]), "every route was asked"


def test_the_document_is_the_same_every_time(api: Api, document: Any) -> None:
    again = make_routes(Node(api.devnet, Instant(), lambda: None)).openapi()
    assert again == document
