"""Level 5: the library's token and escrow, called as their users and as an attacker would."""

from dataclasses import dataclass
from typing import Any, Final

from conformance.clients.spec.answers import Accept, JsonObject, to_hex
from conformance.clients.spec.contract_methods import call_contract
from conformance.clients.spec.state import State, render_state
from conformance.generate.case import Case, Suite
from conformance.generate.library import Pinned, load_pinned
from conformance.generate.world import (
    ALICE,
    BOB,
    CAROL,
    HEIGHT,
    NOW_MS,
    START,
    STRANGER,
    make_state,
)
from spec.crypto.address import compute_contract_address
from spec.ir.encoding import compute_code_id
from spec.ir.value_view import record_to_json
from spec.ir.values import EnumValue, Value, encode_record, get_fields
from spec.ledger.state import compute_code_key
from spec.ledger.types import Account

HOME: Final = compute_contract_address(ALICE.address, 3)
DECLARED: Final = "contract.declared"
U256_MAX: Final = 2**256 - 1
DAY_MS: Final = 86_400_000
PRICE: Final = 1_000
DEADLINE_MS: Final = NOW_MS + 1_000


@dataclass(frozen=True, slots=True)
class Step:
    """A call of a function of the contract."""

    function: str
    values: tuple[Value, ...] = ()
    caller: bytes = ALICE.address
    value: int = 0
    now_ms: int = NOW_MS


Row = tuple[str, Step, str | None]
"""Name, call, and the code it fails with."""


def build() -> tuple[Suite, ...]:
    """The suites of the library's contracts."""
    token, escrow = load_pinned("erc20"), load_pinned("escrow")
    return (
        Suite("contract/erc20", "contract", "contract.call", _build_token(token)),
        Suite("contract/escrow", "contract", "contract.call", _build_escrow(escrow)),
    )


def install(pinned: Pinned) -> State:
    """The chain with the contract's code at its home, its init not yet run."""
    code_id = compute_code_id(pinned.module)
    accounts = {**START, HOME: Account(0, 0, 0, code_id)}
    accounts[STRANGER.address] = Account(0, 10**6, 0, bytes(32))
    return make_state(accounts, ((compute_code_key(code_id), pinned.encoded),))


def make_args(pinned: Pinned, step: Step) -> JsonObject:
    """The arguments of a request."""
    function = pinned.functions[step.function]
    types = pinned.module.code.types
    return {
        "contract": to_hex(HOME),
        "selector": to_hex(function.selector),
        "caller": to_hex(step.caller),
        "value": str(step.value),
        "arguments": to_hex(encode_record(types, get_fields(types, function.params), step.values)),
        "gas_limit": "100000",
        "is_view": False,
        "height": str(HEIGHT),
        "now_ms": str(step.now_ms),
    }


def perform(pinned: Pinned, state: State, *steps: Step) -> State:
    """The state after calls that succeed."""
    for step in steps:
        answer, changed = call_contract(state, make_args(pinned, step))
        assert isinstance(answer, Accept), "a call is answered by its outcome"
        assert answer.value["status"] == "succeeded", f"{step}: {answer.value}"
        assert changed is not None, "a state stays a state"
        state = changed
    return state


def _cases(pinned: Pinned, state: State, why: str, rows: tuple[Row, ...]) -> list[Case]:
    pre = render_state(state)
    return [_case(pinned, row, why, pre) for row in rows]


def _case(pinned: Pinned, row: Row, why: str, pre: JsonObject) -> Case:
    name, step, outcome = row
    types = pinned.module.code.types
    params = get_fields(types, pinned.functions[step.function].params)
    shown: list[Any] = list(record_to_json(types, params, step.values))
    view = {"function": step.function, "arguments": shown}
    bug_class = "contract" if outcome is None else "authority"
    args = make_args(pinned, step)
    return Case(name, why, bug_class, "contract.call", args, view=view, pre=pre, outcome=outcome)


def _build_token(token: Pinned) -> tuple[Case, ...]:
    alice, bob, carol = ALICE.address, BOB.address, CAROL.address
    begin = Step("init", (b"Gold", b"GLD", 8, 1_000, 100))
    begun = perform(token, install(token), begin)
    used = perform(token, begun, Step("approve", (bob, 30)), Step("transfer", (carol, 20)))
    paused = perform(token, used, Step("pause"))
    frozen = perform(token, used, Step("freeze", (bob,)))
    endless = perform(token, used, Step("approve", (bob, U256_MAX)))
    cases = _cases(
        token,
        install(token),
        "What init refuses never becomes a token.",
        (
            ("init", begin, None),
            ("init_cap_zero", Step("init", (b"", b"", 0, 0, 0)), DECLARED),
            ("init_beyond_cap", Step("init", (b"", b"", 0, 9, 10)), DECLARED),
            ("init_at_cap", Step("init", (b"", b"", 0, U256_MAX, U256_MAX)), None),
        ),
    )
    cases += _cases(
        token,
        used,
        "Balances move by their holder's hand or within an allowance; their sum is the supply.",
        (
            ("transfer", Step("transfer", (bob, 5)), None),
            ("transfer_to_self", Step("transfer", (alice, 5)), None),
            ("transfer_all", Step("transfer", (bob, 80)), None),
            ("transfer_too_much", Step("transfer", (bob, 81)), DECLARED),
            ("transfer_nothing", Step("transfer", (bob, 0)), None),
            ("transfer_by_poor", Step("transfer", (alice, 1), caller=bob), DECLARED),
            ("approve_again", Step("approve", (bob, U256_MAX)), None),
            ("approve_if", Step("approve_if", (bob, 30, 10)), None),
            ("approve_if_other", Step("approve_if", (bob, 31, 10)), DECLARED),
            ("increase_overflow", Step("increase_allowance", (bob, U256_MAX - 29)), DECLARED),
            ("increase_to_endless", Step("increase_allowance", (bob, U256_MAX - 30)), DECLARED),
            ("increase_to_max", Step("increase_allowance", (bob, U256_MAX - 31)), None),
            ("decrease_below", Step("decrease_allowance", (bob, 31)), DECLARED),
            ("transfer_from", Step("transfer_from", (alice, carol, 30), caller=bob), None),
            (
                "transfer_from_beyond",
                Step("transfer_from", (alice, carol, 31), caller=bob),
                DECLARED,
            ),
            (
                "transfer_from_stranger",
                Step("transfer_from", (alice, carol, 1), caller=carol),
                DECLARED,
            ),
            ("mint", Step("mint", (bob, 900)), None),
            ("mint_beyond_cap", Step("mint", (bob, 901)), DECLARED),
            ("mint_by_other", Step("mint", (bob, 1), caller=bob), DECLARED),
            ("burn", Step("burn", (80,)), None),
            ("burn_too_much", Step("burn", (81,)), DECLARED),
            ("burn_from", Step("burn_from", (alice, 30), caller=bob), None),
            ("balance_of", Step("balance_of", (carol,)), None),
            ("allowance", Step("allowance", (alice, bob)), None),
            ("total_supply", Step("total_supply"), None),
            ("pause_by_other", Step("pause", caller=bob), DECLARED),
            ("unpause_unpaused", Step("unpause"), DECLARED),
            ("freeze", Step("freeze", (bob,)), None),
            ("freeze_by_other", Step("freeze", (alice,), caller=bob), DECLARED),
            ("unfreeze_unfrozen", Step("unfreeze", (bob,)), DECLARED),
            ("offer_minter", Step("offer_minter", (EnumValue(1, (bob,)),)), None),
            ("accept_unoffered", Step("accept_minter", caller=bob), DECLARED),
            ("renounce_minter", Step("renounce_minter"), None),
        ),
    )
    cases += _cases(
        token,
        paused,
        "A paused token moves nothing, and only its pauser wakes it.",
        (
            ("paused_transfer", Step("transfer", (bob, 1)), DECLARED),
            ("paused_mint", Step("mint", (bob, 1)), DECLARED),
            ("paused_approve", Step("approve", (bob, 1)), None),
            ("unpause", Step("unpause"), None),
        ),
    )
    cases += _cases(
        token,
        frozen,
        "Nothing leaves a frozen account and nothing reaches it.",
        (
            ("frozen_receives", Step("transfer", (bob, 1)), DECLARED),
            ("frozen_is_minted_to", Step("mint", (bob, 1)), DECLARED),
            ("frozen_burns", Step("burn", (0,), caller=bob), DECLARED),
            ("frozen_spends", Step("transfer_from", (alice, carol, 1), caller=bob), None),
            ("freeze_frozen", Step("freeze", (bob,)), DECLARED),
            ("unfreeze", Step("unfreeze", (bob,)), None),
        ),
    )
    cases += _cases(
        token,
        endless,
        "An allowance of the largest number is not spent.",
        (
            ("endless_transfer", Step("transfer_from", (alice, carol, 30), caller=bob), None),
            ("endless_burn", Step("burn_from", (alice, 30), caller=bob), None),
            ("endless_beyond", Step("burn_from", (alice, 81), caller=bob), DECLARED),
        ),
    )
    return tuple(cases)


def _build_escrow(escrow: Pinned) -> tuple[Case, ...]:
    buyer, seller, arbiter = ALICE.address, BOB.address, CAROL.address
    begin = Step("init", (seller, arbiter, PRICE, 100, DEADLINE_MS))
    begun = perform(escrow, install(escrow), begin)
    held = perform(escrow, begun, Step("fund", value=PRICE))
    disputed = perform(escrow, held, Step("dispute", caller=seller))
    released = perform(escrow, held, Step("release"))
    late, later = DEADLINE_MS + 1, DEADLINE_MS + 30 * DAY_MS + 1
    same = Step("init", (buyer, arbiter, PRICE, 0, DEADLINE_MS))
    cases = _cases(
        escrow,
        install(escrow),
        "Parties are three, the price is something, the deadline lies ahead.",
        (
            ("init", begin, None),
            ("init_same_party", same, DECLARED),
            ("init_free", Step("init", (seller, arbiter, 0, 0, DEADLINE_MS)), DECLARED),
            ("init_fee", Step("init", (seller, arbiter, PRICE, 101, DEADLINE_MS)), DECLARED),
            ("init_late", Step("init", (seller, arbiter, PRICE, 0, NOW_MS)), DECLARED),
        ),
    )
    cases += _cases(
        escrow,
        begun,
        "The buyer pays the price, all of it, once.",
        (
            ("fund", Step("fund", value=PRICE), None),
            ("fund_short", Step("fund", value=PRICE - 1), DECLARED),
            ("fund_by_other", Step("fund", caller=seller, value=PRICE), DECLARED),
            ("release_unfunded", Step("release"), DECLARED),
        ),
    )
    why = "Coins leave once, to whom the phase and the caller allow."
    cases += _cases(
        escrow,
        held,
        why,
        (
            ("fund_twice", Step("fund", value=PRICE), DECLARED),
            ("release", Step("release"), None),
            ("release_by_seller", Step("release", caller=seller), DECLARED),
            ("refund", Step("refund", caller=seller), None),
            ("refund_by_buyer", Step("refund"), DECLARED),
            ("reclaim_early", Step("reclaim", now_ms=DEADLINE_MS), DECLARED),
            ("reclaim", Step("reclaim", now_ms=late), None),
            ("dispute", Step("dispute"), None),
            ("dispute_by_stranger", Step("dispute", caller=STRANGER.address), DECLARED),
            ("settle_undisputed", Step("settle", (1,), caller=arbiter), DECLARED),
            ("is_decided", Step("is_decided"), None),
        ),
    )
    cases += _cases(
        escrow,
        disputed,
        why,
        (
            ("settle", Step("settle", (400,), caller=arbiter), None),
            ("settle_all", Step("settle", (900,), caller=arbiter), None),
            ("settle_too_much", Step("settle", (901,), caller=arbiter), DECLARED),
            ("settle_by_party", Step("settle", (400,), caller=seller), DECLARED),
            ("reclaim_disputed_early", Step("reclaim", now_ms=late), DECLARED),
            ("reclaim_disputed", Step("reclaim", now_ms=later), None),
            ("release_disputed", Step("release"), None),
        ),
    )
    again: Row = ("release_twice", Step("release"), DECLARED)
    refund: Row = ("refund_after_release", Step("refund", caller=seller), DECLARED)
    return (*cases, *_cases(escrow, released, why, (again, refund)))
