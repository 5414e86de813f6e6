"""Level 4 meets level 5: deployments and calls as transactions, and what their receipts say."""

from dataclasses import replace
from typing import Any, Final

from conformance.clients.spec.answers import Accept, JsonObject
from conformance.clients.spec.ledger_methods import run_transaction
from conformance.clients.spec.state import State, render_state
from conformance.generate.case import Case, Suite
from conformance.generate.modules import ADDRESS, U64, U128, Body, Draft, compute_selector
from conformance.generate.suites.modules_spec import change
from conformance.generate.suites.transactions import make_args, make_case
from conformance.generate.world import (
    ALICE,
    BOB,
    START,
    encode_tx,
    get_intrinsic_gas,
    make_state,
    make_tx,
    sign_tx,
)
from spec.crypto.address import compute_contract_address
from spec.ir.encoding import encode_module
from spec.ir.syntax import (
    STANDARD_ERROR_COUNT,
    Collect,
    Emit,
    Error,
    Event,
    Fail,
    FunctionKind,
    Get,
    Module,
    Param,
    Pay,
    PrimOp,
    Set,
    Sign,
    Update,
    When,
)
from spec.ledger.types import Call, Deploy, Payload, Transfer

HOME: Final = compute_contract_address(ALICE.address, 3)
"""Where Alice's first transaction deploys."""
GAS_LIMIT: Final = 60_000
DECLARED: Final = "contract.declared"
MALFORMED: Final = "contract.arguments_malformed"
UNKNOWN: Final = "contract.unknown_function"
NO_CODE: Final = "contract.no_code"
BELOW_BOUND: Final = "contract.gas_below_bound"
TRUNCATED: Final = "ssz.truncated"

Row = tuple[str, str, Payload, str | None]
"""Name, why, payload, and the code the run fails with."""


def _build_counter() -> Module:
    """A counter whose init sets it, that refuses to be bumped beyond 9, takes and pays coins."""
    draft = Draft()
    count = draft.cell(U64)
    draft.events.append(Event(draft.fields((U64,))))
    draft.errors.append(Error(draft.fields((U64,))))
    body = Body()
    (start,) = body.params(1)
    limit = body.add(draft.number(U64, 9))
    too_high = body.prim(PrimOp.LT, limit, start)
    body.add(Fail(too_high, STANDARD_ERROR_COUNT, (start,)))
    guard_count = len(body.nodes)
    body.add(Set(count, (), (), start))
    body.leave()
    draft.function(
        "init",
        (U64,),
        None,
        body,
        kind=FunctionKind.INIT,
        guard_count=guard_count,
        is_payable=True,
    )
    body = Body()
    (step,) = body.params(1)
    now = body.add(Get(count, When.NOW, (), ()))
    limit = body.add(draft.number(U64, 9))
    too_high = body.prim(PrimOp.LT, limit, body.prim(PrimOp.ADD, now, step))
    body.add(Fail(too_high, STANDARD_ERROR_COUNT, (step,)))
    guard_count = len(body.nodes)
    body.add(Update(count, (), (), Sign.PLUS, step))
    body.add(Emit(0, (step,)))
    body.leave()
    draft.function("bump", (U64,), None, body, guard_count=guard_count, is_payable=True)
    body = Body()
    to, amount = body.add(Param(0)), body.add(Param(1))
    body.add(Collect())
    body.add(Pay(to, amount))
    body.leave()
    draft.function("withdraw", (ADDRESS, U128), None, body)
    body = Body()
    body.leave(body.add(Get(count, When.NOW, (), ())))
    draft.function("get", (), U64, body, kind=FunctionKind.VIEW)
    return draft.build()


COUNTER: Final = encode_module(_build_counter())
START_STATE: Final = make_state(START)


def encode_number(value: int, size_bytes: int = 8) -> bytes:
    """A number as an argument."""
    return value.to_bytes(size_bytes, "little")


def deploy(arguments: bytes, value: int = 0, module: bytes = COUNTER) -> Deploy:
    """A deployment of the counter, or of another module."""
    return Deploy(module, arguments, value)


def call(name: str, arguments: bytes = b"", value: int = 0) -> Call:
    """A call of a function of the counter at its first home."""
    return Call(HOME, compute_selector(name), arguments, value)


def perform(state: State, *payloads: Payload) -> State:
    """The state after transactions of Alice that carry these payloads."""
    for number, payload in enumerate(payloads):
        tx = make_tx(
            payload=payload, gas_limit=GAS_LIMIT, nonce=START[ALICE.address].nonce + number
        )
        answer, changed = run_transaction(state, make_args(encode_tx(tx)))
        assert isinstance(answer, Accept), f"refused: {answer}"
        assert "success" in answer.value["receipt"]["status"], f"failed: {answer.value}"
        assert changed is not None, "a state stays a state"
        state = changed
    return state


DEPLOYED: Final = perform(START_STATE, deploy(encode_number(5)))
PRE: Final = render_state(START_STATE)
PRE_DEPLOYED: Final = render_state(DEPLOYED)


def build() -> tuple[Suite, ...]:
    """The suites of contracts on the ledger."""
    return (
        Suite("ledger/deploy", "step", "ledger", _build_deployments()),
        Suite("ledger/call", "step", "ledger", _build_calls()),
    )


def _case(name: str, why: str, payload: Payload, pre: JsonObject, **changes: Any) -> Case:  # noqa: ANN401 - any field
    nonce = START[ALICE.address].nonce + (0 if pre is PRE else 1)
    tx = make_tx(**{"payload": payload, "gas_limit": GAS_LIMIT, "nonce": nonce, **changes})
    return replace(make_case(name, why, sign_tx(tx)), pre=pre)


def _build_deployments() -> tuple[Case, ...]:
    five = encode_number(5)
    properties = encode_module(change())
    broken = encode_module(replace(change(), spec=replace(change().spec, functions=())))
    taken = render_state(perform(START_STATE, Transfer(HOME, 77)))
    rows: tuple[Row, ...] = (
        ("counter", "The contract stands at the address of sender and nonce.", deploy(five), None),
        ("with_value", "A payable init is credited to the balance.", deploy(five, 300), None),
        (
            "without_init",
            "A module without init has an empty one.",
            deploy(b"", module=properties),
            None,
        ),
        (
            "without_init_arguments",
            "An empty init takes nothing.",
            deploy(five, module=properties),
            MALFORMED,
        ),
        (
            "without_init_value",
            "An empty init isn't payable.",
            deploy(b"", 1, properties),
            DECLARED,
        ),
        (
            "init_refuses",
            "What init refuses isn't deployed; fee and nonce are taken.",
            deploy(encode_number(10)),
            DECLARED,
        ),
        ("arguments_malformed", "Arguments of init are checked.", deploy(b"\x01"), MALFORMED),
        (
            "module_malformed",
            "Bytes that are no module fail with the codec's code.",
            deploy(five, module=b"\x01"),
            TRUNCATED,
        ),
        ("module_empty", "No bytes are no module.", deploy(five, module=b""), TRUNCATED),
        (
            "module_refused",
            "A module that may not be deployed fails with its rule.",
            deploy(five, module=broken),
            "ir.spec_functions",
        ),
    )
    cases = [replace(_case(n, why, p, PRE), outcome=code) for n, why, p, code in rows]
    why = "Coins that came before the contract wait in its inbox."
    nonce = START[ALICE.address].nonce
    cases.append(_case("inbox_before", why, deploy(five), taken, nonce=nonce + 1))
    why = "Gas below the bound of init fails, and costs no more than the intrinsic gas."
    intrinsic = _get_intrinsic(deploy(five))
    short = _case("gas_intrinsic_only", why, deploy(five), PRE, gas_limit=intrinsic)
    cases.append(replace(short, outcome=BELOW_BOUND))
    largest = Deploy(bytes(10_000 - 142), b"", 0)
    why = "The bound on its size is inclusive, module and arguments counted."
    case = _case("largest", why, largest, PRE, gas_limit=165_000)
    cases.append(replace(case, outcome="ssz.bad_first_offset"))
    beyond = replace(case, name="too_large", expected="tx.too_large")
    tx = make_tx(payload=replace(largest, arguments=b"\x00"), gas_limit=165_000)
    cases.append(replace(beyond, args=make_args(encode_tx(tx)), view=None))
    cases.append(_case("twice", "One code may stand at two addresses.", deploy(five), PRE_DEPLOYED))
    return tuple(cases)


def _get_intrinsic(payload: Payload) -> int:
    return get_intrinsic_gas(make_tx(payload=payload))


def _build_calls() -> tuple[Case, ...]:
    three = encode_number(3)
    elsewhere = Call(compute_contract_address(BOB.address, 9), compute_selector("bump"), three, 0)
    at_key = replace(elsewhere, contract=BOB.address)
    again = Call(HOME, bytes(8), encode_number(1), 0)
    withdraw = BOB.address + encode_number(40, 16)
    rows: tuple[Row, ...] = (
        ("bump", "State and event of a successful call are kept.", call("bump", three), None),
        (
            "bump_to_limit",
            "The guard's bound itself is allowed.",
            call("bump", encode_number(4)),
            None,
        ),
        (
            "bump_beyond",
            "A refused call keeps nothing but fee and nonce.",
            call("bump", encode_number(5)),
            DECLARED,
        ),
        (
            "with_value",
            "The value of a payable call reaches the balance.",
            call("bump", three, 40),
            None,
        ),
        (
            "refused_with_value",
            "The value of a refused call stays with the sender.",
            call("bump", encode_number(5), 40),
            DECLARED,
        ),
        (
            "not_payable",
            "Value for what isn't payable is refused.",
            call("withdraw", withdraw, 1),
            DECLARED,
        ),
        ("view", "A view may be called, and changes nothing.", call("get"), None),
        ("unknown_function", "An unknown selector fails.", call("nothing"), UNKNOWN),
        (
            "arguments_malformed",
            "Arguments are decoded strictly.",
            call("bump", three + b"\0"),
            MALFORMED,
        ),
        (
            "balance_short",
            "A contract can't pay what it hasn't.",
            call("withdraw", withdraw),
            "contract.balance_short",
        ),
        ("no_code", "Nothing is deployed there.", elsewhere, NO_CODE),
        ("key", "A key has no code.", at_key, NO_CODE),
        ("init_again", "Init runs once: nobody may begin a contract anew.", again, UNKNOWN),
    )
    cases = [replace(_case(n, why, p, PRE_DEPLOYED), outcome=code) for n, why, p, code in rows]
    rich = render_state(perform(START_STATE, deploy(encode_number(5)), Transfer(HOME, 40)))
    why = "Coins of the inbox can be paid once they are collected."
    nonce = START[ALICE.address].nonce + 2
    cases.append(_case("collect_and_pay", why, call("withdraw", withdraw), rich, nonce=nonce))
    why = "Gas below the function's bound fails before anything runs."
    intrinsic = _get_intrinsic(call("bump", three))
    short = _case(
        "gas_below_bound", why, call("bump", three), PRE_DEPLOYED, gas_limit=intrinsic + 50
    )
    cases.append(replace(short, outcome=BELOW_BOUND))
    return tuple(cases)
