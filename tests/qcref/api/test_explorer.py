"""The pages: everything is shown, and nothing that a stranger wrote is run."""

import re
from typing import Any

import pytest

from tests.qcref.api.support import Api
from tests.qcref.api.test_contracts import VERIFICATION
from tests.qcref.support import compile_erc20

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"


def _get(api: Api, path: str, status: int = 200) -> str:
    answer = api.get(path)
    assert (answer.status, answer.headers["content-type"]) == (status, "text/html; charset=utf-8")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    text = answer.body.decode()
    assert "<script" not in text
    assert not re.search(r"""(src|href)=["']?(https?:)?//""", text), "nothing from elsewhere"
    return text


def test_each_page_shows_its_thing(token: Api) -> None:
    tx_id = token.call("transfer", "bob", "30").json["id"]
    assert "ERC20" in _get(token, "/")
    assert tx_id in _get(token, "/block/2")
    page = _get(token, f"/tx/{tx_id}")
    assert "ERC20.transfer" in page
    assert "success" in page
    assert "9,999" in _get(token, "/account/alice")
    assert "Merkle proof" in _get(token, "/account/0x01" + "33" * 31)
    assert "transfer_from" in _get(token, "/contract/ERC20")
    failed = token.call("transfer", "bob", "3000").json["id"]
    assert "InsufficientBalance" in _get(token, f"/tx/{failed}")


def test_a_contract_shows_every_property_with_status_and_assumptions(api: Api) -> None:
    goals = [
        {"name": f"property {verdict}", "kind": "invariant", "action": None, "verdict": verdict}
        for verdict in ("proved", "broken", "unknown", "conditional")
    ]
    api.deploy(verification={**VERIFICATION, "goals": goals})
    page = _get(api, "/contract/ERC20")
    for goal in goals:
        assert str(goal["name"]) in page
        assert f">{goal['verdict']}<" in page
    assert "total supply &lt; 2^96" in page


def test_hostile_names_and_sources_are_shown_as_text(api: Api) -> None:
    interface: Any = {**compile_erc20().abi, "contract": HOSTILE, "doc": HOSTILE}
    functions = [dict(each) for each in interface["functions"]]
    functions[1]["name"] = HOSTILE
    interface["functions"] = functions
    goals = [{"name": HOSTILE, "kind": HOSTILE, "action": HOSTILE, "verdict": "proved"}]
    verification = {**VERIFICATION, "goals": goals, "assumptions": [HOSTILE]}
    deployed = api.deploy(interface=interface, source=HOSTILE, verification=verification)
    address = deployed.json["contract"]["address"]
    body = {"contract": address, "action": HOSTILE, "args": ["bob", "1"], "from": "alice"}
    tx_id = api.post("/v1/dev/call", body).json["id"]
    pages = ("/", f"/contract/{address}", f"/tx/{tx_id}", "/block/1", "/block/2")
    shown = [_get(api, path) for path in (*pages, f"/account/{address}")]
    assert sum("&lt;script&gt;" in page for page in shown) >= 4
    assert not any("<img" in page for page in shown)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/block/99", 404),
        ("/block/<script>", 422),
        ("/tx/0x" + "11" * 32, 404),
        ("/tx/zz", 422),
        ("/account/<script>alert(1)</script>", 404),
        ("/contract/alice", 404),
        ("/search?q=<script>", 404),
    ],
)
def test_what_is_not_there_is_a_page_too(api: Api, path: str, status: int) -> None:
    _get(api, path, status)


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("0", "/block/0"),
        ("bob", "/account/0x01"),
        ("ERC20", "/contract/0x02"),
        ("0x" + "11" * 32, "/block/0x11"),
    ],
)
def test_a_search_leads_to_the_page(token: Api, text: str, where: str) -> None:
    answer = token.get(f"/search?q={text}")
    assert answer.status == 303
    assert answer.headers["location"].startswith(where)


def test_the_style_and_the_documentation_come_from_here(api: Api) -> None:
    assert api.get("/style.css").headers["content-type"].startswith("text/css")
    page = _get(api, "/docs")
    for path in ("/v1/status", "/v1/dev/call", "/v1/contracts/{contract}/cells/{cell}"):
        assert path in page
