"""Level 5: each contract of the library, called in a row as its tests call it, and as seeds do."""

from dataclasses import replace
from typing import Final

from conformance.clients.spec.answers import JsonObject
from conformance.clients.spec.contract_methods import play_calls
from conformance.clients.spec.state import State, render_state
from conformance.generate.case import Case, Suite
from conformance.generate.library import Pinned, list_pinned, load_pinned
from conformance.generate.plays import PEOPLE, Play
from conformance.generate.world import make_state
from dsl.testing import COINS_EACH, GENESIS_ID
from dsl.world import CONTRACT
from spec.ir.encoding import compute_code_id, decode_module
from spec.ledger.state import compute_code_key
from spec.ledger.types import ZERO_BYTES32, Account
from spec.lib.result import Ok

WHY: Final = "Results, events, gas and failures of a contract that people use, call after call."
COINS: Final = 100 * COINS_EACH
"""What each account has: a seed may have it pay again and again what a test pays once."""
DRAWN: Final = "Whatever somebody calls next, the contract answers as its code says."


def build() -> tuple[Suite, ...]:
    """A suite for each contract of the library; its state stands in a file of its own."""
    return tuple(_build_suite(name) for name in list_pinned())


def _build_suite(name: str) -> Suite:
    pinned = load_pinned(name)
    state = _install(pinned)
    pre = render_state(state)
    cases = tuple(_build_case(play, state, pre) for play in pinned.plays)
    return Suite(f"library/{name}", "contract", "contract.call", cases, states=f"library_{name}")


def _install(pinned: Pinned) -> State:
    """The chain of the language's tests: people with coins, contracts whose init has not run."""
    accounts = {address: Account(0, COINS, 0, ZERO_BYTES32) for address in PEOPLE}
    codes: dict[bytes, bytes] = {}
    for address, encoded in {CONTRACT: pinned.encoded, **pinned.others}.items():
        decoded = decode_module(encoded)
        assert isinstance(decoded, Ok), "what is pinned is a module"
        code_id = compute_code_id(decoded.value)
        accounts[address] = Account(0, 0, 0, code_id)
        codes[compute_code_key(code_id)] = encoded
    return replace(make_state(accounts, tuple(codes.items())), genesis_id=GENESIS_ID)


def _build_case(play: Play, state: State, pre: JsonObject) -> Case:
    args: JsonObject = {"calls": list(play.calls)}
    answer, _ = play_calls(state, args)
    found = tuple(each["status"] == "succeeded" for each in answer.value)
    assert play.succeeds in (found, ()), f"{play.title}: the test says otherwise"
    codes = [each["failure"]["code"] for each in answer.value if "failure" in each]
    rules = tuple(dict.fromkeys(code for code in codes if code != "contract.declared"))
    view = {"title": play.title, "calls": list(play.shown)}
    why = WHY if play.succeeds else DRAWN
    return Case(play.name, why, "contract", "contract.play", args, rules=rules, view=view, pre=pre)
