"""What a transaction does to the state: transfers, deployments, calls, failures, fees."""

from dataclasses import replace

import pytest

from spec.crypto.address import compute_contract_address
from spec.ir.encoding import compute_code_id
from spec.ir.host import CallInput, Failed, Succeeded
from spec.ledger.block import compute_environment
from spec.ledger.execution import apply_transaction, execute_view
from spec.ledger.fees import compute_intrinsic_gas
from spec.ledger.invariants import compute_coin_delta, is_backed
from spec.ledger.reference_engine import REFERENCE_ENGINE
from spec.ledger.state import Layer, TreeReader, compute_changes, compute_code_key, compute_layer
from spec.ledger.types import (
    Account,
    Call,
    Deploy,
    Event,
    Receipt,
    Refused,
    Stopped,
    Success,
    Transaction,
)
from spec.lib.result import Err, Ok
from tests.spec.ledger.contracts import (
    BUMP,
    COLLECT,
    DEPOSIT,
    ERROR_REFUSED,
    PROBE,
    PROBE_BYTES,
    READ,
    REFUSE,
    RELAY_BYTES,
    SINK,
    WITHDRAW,
    count_arguments,
    withdraw_arguments,
)
from tests.spec.ledger.support import (
    ALICE,
    BOB,
    CAROL,
    CHAIN,
    CONTRACT_ADDRESS,
    FUNDS,
    PROPOSER,
    START,
    Person,
    apply_built,
    build,
    make_tx,
    next_draft,
    pay,
    unsigned,
)

ENVIRONMENT = compute_environment(CHAIN, next_draft(CHAIN, START))
GAS = CHAIN.config.block_gas_limit
PRICE = ENVIRONMENT.base_fee + 2
PROBE_ADDRESS = compute_contract_address(ALICE.address, 0)


def fresh() -> Layer:
    return compute_layer(TreeReader(START.tree))


def run(layer: Layer, person: Person, tx: Transaction) -> Receipt:
    nonce = layer.get_account(person.address).nonce
    tx = replace(tx, nonce=nonce)
    result = apply_transaction(ENVIRONMENT, layer, tx, person.address, GAS)
    assert isinstance(result, Ok), result
    return result.value


def deploy(count: int = 0, value: int = 0) -> Transaction:
    return make_tx(ALICE, Deploy(PROBE_BYTES, count_arguments(count), value), gas_limit=50_000)


def call(
    person: Person, selector: bytes, arguments: bytes = b"", value: int = 0, **changes: object
) -> Transaction:
    return make_tx(person, Call(PROBE_ADDRESS, selector, arguments, value), **changes)


def deployed(count: int = 0, value: int = 0) -> Layer:
    layer = fresh()
    receipt = run(layer, ALICE, deploy(count, value))
    assert receipt.status == Success(PROBE_ADDRESS)
    return layer


def balance(layer: Layer, address: bytes) -> int:
    return layer.get_account(address).balance


def get_count(layer: Layer) -> int:
    call_input = CallInput(PROBE_ADDRESS, READ, ALICE.address, 0, b"", 1_000, is_view=True)
    outcome = execute_view(ENVIRONMENT, layer, call_input)
    assert isinstance(outcome, Succeeded)
    return int.from_bytes(outcome.result_data, "little")


# Transfers


def test_a_transfer_moves_the_amount_and_takes_the_fee() -> None:
    layer = fresh()
    receipt = run(layer, ALICE, pay(ALICE, BOB.address, 10))
    gas = compute_intrinsic_gas(ENVIRONMENT.rules, pay(ALICE, BOB.address, 10))
    assert receipt == Receipt(Success(b""), gas, PRICE, (), ())
    assert layer.get_account(ALICE.address) == Account(1, FUNDS - 10 - gas * PRICE, 0, bytes(32))
    assert balance(layer, BOB.address) == FUNDS + 10


def test_a_transfer_to_oneself_costs_the_fee_only() -> None:
    layer = fresh()
    receipt = run(layer, ALICE, pay(ALICE, ALICE.address, FUNDS // 2))
    assert balance(layer, ALICE.address) == FUNDS - receipt.gas_used * PRICE


def test_everything_can_be_spent_to_the_last_coin() -> None:
    tx = pay(ALICE, BOB.address, 0, gas_limit=2_000, fee_cap=PRICE)
    layer = fresh()
    amount = FUNDS - 2_000 * PRICE
    receipt = run(layer, ALICE, pay(ALICE, BOB.address, amount, gas_limit=2_000, fee_cap=PRICE))
    left = 2_000 * PRICE - receipt.gas_used * PRICE
    assert balance(layer, ALICE.address) == left
    assert tx.gas_limit > receipt.gas_used


def test_an_emptied_key_keeps_its_nonce() -> None:
    layer = fresh()
    gas = compute_intrinsic_gas(ENVIRONMENT.rules, pay(ALICE, BOB.address, 1))
    amount = FUNDS - gas * PRICE
    run(layer, ALICE, pay(ALICE, BOB.address, amount, gas_limit=gas, fee_cap=PRICE))
    assert layer.get_account(ALICE.address) == Account(1, 0, 0, bytes(32))


def test_a_transfer_to_a_contract_credits_its_inbox_before_and_after_deployment() -> None:
    layer = fresh()
    run(layer, BOB, pay(BOB, PROBE_ADDRESS, 11))
    assert layer.get_account(PROBE_ADDRESS) == Account(0, 0, 11, bytes(32))
    run(layer, ALICE, deploy(value=5))
    run(layer, BOB, pay(BOB, PROBE_ADDRESS, 22))
    account = layer.get_account(PROBE_ADDRESS)
    assert (account.balance, account.inbox) == (5, 33)


# Deployments


def test_a_deployment_stores_code_and_runs_init() -> None:
    layer = deployed(count=7, value=100)
    account = layer.get_account(PROBE_ADDRESS)
    assert account == Account(0, 100, 0, compute_code_id(PROBE))
    assert layer.get_leaf(compute_code_key(account.code_id)) == PROBE_BYTES
    assert get_count(layer) == 7


def test_equal_modules_share_their_code_leaf_and_nothing_else() -> None:
    layer = deployed(count=7)
    leaves = len(layer.leaves)
    second = run(layer, ALICE, deploy(count=9))
    address = compute_contract_address(ALICE.address, 1)
    assert second.status == Success(address)
    assert len(layer.leaves) == leaves + 1
    assert get_count(layer) == 7


@pytest.mark.parametrize(
    ("module", "prefix"),
    [(b"", b"ssz."), (PROBE_BYTES[:-1], b"ssz."), (b"\xff" * 100, b"ssz.")],
)
def test_a_module_that_is_none_fails_and_is_paid_for(module: bytes, prefix: bytes) -> None:
    layer = fresh()
    tx = make_tx(ALICE, Deploy(module, b"", 0), gas_limit=50_000)
    receipt = run(layer, ALICE, tx)
    assert isinstance(receipt.status, Stopped)
    assert receipt.status.contract == PROBE_ADDRESS
    assert receipt.status.reason.startswith(prefix)
    assert receipt.gas_used == compute_intrinsic_gas(ENVIRONMENT.rules, tx)
    assert layer.get_account(PROBE_ADDRESS).code_id == bytes(32)


def test_a_failed_init_leaves_no_contract() -> None:
    layer = fresh()
    tx = make_tx(ALICE, Deploy(PROBE_BYTES, b"short", 9), gas_limit=50_000)
    receipt = run(layer, ALICE, tx)
    assert receipt.status == Stopped(PROBE_ADDRESS, b"contract.arguments_malformed")
    only_fee = FUNDS - receipt.gas_used * PRICE
    assert layer.accounts == {ALICE.address: Account(1, only_fee, 0, bytes(32))}
    assert layer.leaves == {}


# Calls


def test_a_call_changes_storage_returns_its_result_and_tells_its_events() -> None:
    layer = deployed(count=7)
    receipt = run(layer, BOB, call(BOB, BUMP))
    assert receipt.status == Success(count_arguments(8))
    assert receipt.events == (Event(PROBE_ADDRESS, 0, count_arguments(8)),)
    assert get_count(layer) == 8


def test_value_of_a_payable_call_becomes_balance() -> None:
    layer = deployed()
    receipt = run(layer, BOB, call(BOB, DEPOSIT, value=40))
    assert layer.get_account(PROBE_ADDRESS).balance == 40
    assert balance(layer, BOB.address) == FUNDS - 40 - receipt.gas_used * PRICE


def test_a_contract_pays_keys_to_their_balance_and_contracts_to_their_inbox() -> None:
    layer = deployed(value=100)
    run(layer, BOB, call(BOB, WITHDRAW, withdraw_arguments(CAROL.address, 30)))
    run(layer, BOB, call(BOB, WITHDRAW, withdraw_arguments(CONTRACT_ADDRESS, 20)))
    run(layer, BOB, call(BOB, WITHDRAW, withdraw_arguments(PROBE_ADDRESS, 10)))
    assert balance(layer, CAROL.address) == FUNDS + 30
    assert layer.get_account(CONTRACT_ADDRESS) == Account(0, 0, 20, bytes(32))
    own = layer.get_account(PROBE_ADDRESS)
    assert (own.balance, own.inbox) == (40, 10)


def test_a_contract_can_pay_the_sender_of_its_call() -> None:
    layer = deployed(value=100)
    receipt = run(layer, BOB, call(BOB, WITHDRAW, withdraw_arguments(BOB.address, 100)))
    assert balance(layer, BOB.address) == FUNDS + 100 - receipt.gas_used * PRICE


def test_collect_turns_the_inbox_into_balance() -> None:
    layer = deployed(value=5)
    run(layer, BOB, pay(BOB, PROBE_ADDRESS, 33))
    receipt = run(layer, BOB, call(BOB, COLLECT))
    assert receipt.status == Success((33).to_bytes(16, "little"))
    account = layer.get_account(PROBE_ADDRESS)
    assert (account.balance, account.inbox) == (38, 0)


# Failures

FAILING = (
    (
        "declared",
        call(BOB, REFUSE, value=3),
        Refused(PROBE_ADDRESS, ERROR_REFUSED, count_arguments(1)),
    ),
    ("not payable", call(BOB, BUMP, value=3), Refused(PROBE_ADDRESS, 0, b"")),
    ("overflow", call(BOB, SINK), Stopped(PROBE_ADDRESS, b"contract.overflow")),
    (
        "short",
        call(BOB, WITHDRAW, withdraw_arguments(BOB.address, 101)),
        Stopped(PROBE_ADDRESS, b"contract.balance_short"),
    ),
    ("unknown", call(BOB, b"\xee" * 8), Stopped(PROBE_ADDRESS, b"contract.unknown_function")),
    (
        "init again",
        call(BOB, bytes(8), count_arguments(9)),
        Stopped(PROBE_ADDRESS, b"contract.unknown_function"),
    ),
    ("malformed", call(BOB, BUMP, b"x"), Stopped(PROBE_ADDRESS, b"contract.arguments_malformed")),
    (
        "no code",
        make_tx(BOB, Call(CONTRACT_ADDRESS, BUMP, b"", 3)),
        Stopped(CONTRACT_ADDRESS, b"contract.no_code"),
    ),
    (
        "a key",
        make_tx(BOB, Call(CAROL.address, BUMP, b"", 3)),
        Stopped(CAROL.address, b"contract.no_code"),
    ),
)


@pytest.mark.parametrize(("tx", "status"), [(tx, status) for _, tx, status in FAILING])
def test_a_failed_call_takes_fee_and_nonce_and_leaves_nothing_else(
    tx: Transaction, status: Refused | Stopped
) -> None:
    layer = deployed(value=100)
    accounts, leaves = dict(layer.accounts), dict(layer.leaves)
    receipt = run(layer, BOB, tx)
    assert receipt.status == status
    assert receipt.events == ()
    intrinsic = compute_intrinsic_gas(ENVIRONMENT.rules, tx)
    assert intrinsic <= receipt.gas_used <= tx.gas_limit
    fee = receipt.gas_used * PRICE
    assert layer.leaves == leaves
    assert layer.accounts == {**accounts, BOB.address: Account(1, FUNDS - fee, 0, bytes(32))}
    assert compute_coin_delta(layer) < 0


@pytest.mark.parametrize("module", [PROBE_BYTES, RELAY_BYTES])
def test_init_runs_once_even_for_the_deployer_and_even_if_it_is_empty(module: bytes) -> None:
    layer = fresh()
    arguments = count_arguments(7) if module == PROBE_BYTES else b""
    run(layer, ALICE, make_tx(ALICE, Deploy(module, arguments, 0), gas_limit=50_000))
    leaves = dict(layer.leaves)
    receipt = run(layer, ALICE, call(ALICE, bytes(8), arguments))
    assert receipt.status == Stopped(PROBE_ADDRESS, b"contract.unknown_function")
    assert layer.leaves == leaves


def test_a_receipt_names_the_failure_behind_a_failed_call() -> None:
    layer = deployed(value=100)
    run(layer, ALICE, make_tx(ALICE, Deploy(RELAY_BYTES, b"", 0), gas_limit=50_000))
    relay = compute_contract_address(ALICE.address, 1)
    leaves = dict(layer.leaves)
    receipt = run(layer, BOB, make_tx(BOB, Call(relay, BUMP, PROBE_ADDRESS, 0)))
    assert receipt.status == Stopped(relay, b"contract.call_failed")
    assert receipt.causes == (Refused(PROBE_ADDRESS, ERROR_REFUSED, count_arguments(1)),)
    assert layer.leaves == leaves


def test_gas_below_the_bound_of_a_function_fails_before_it_runs() -> None:
    layer = deployed()
    good = run(layer, BOB, call(BOB, BUMP))
    assert isinstance(good.status, Success)
    tx = call(BOB, BUMP, gas_limit=compute_intrinsic_gas(ENVIRONMENT.rules, call(BOB, BUMP)))
    receipt = run(layer, BOB, tx)
    assert receipt.status == Stopped(PROBE_ADDRESS, b"contract.gas_below_bound")
    assert receipt.gas_used <= tx.gas_limit
    assert get_count(layer) == 1


def test_a_refused_transaction_changes_nothing() -> None:
    layer = deployed()
    before = compute_changes(layer)
    tx = call(BOB, BUMP, nonce=9)
    result = apply_transaction(ENVIRONMENT, layer, tx, BOB.address, GAS)
    assert isinstance(result, Err)
    assert compute_changes(layer) == before


# Views


def test_a_view_leaves_no_trace_and_an_action_is_no_view() -> None:
    layer = deployed(count=3)
    before = compute_changes(layer)
    assert get_count(layer) == 3
    call_input = CallInput(PROBE_ADDRESS, BUMP, BOB.address, 0, b"", 1_000, is_view=True)
    outcome = execute_view(ENVIRONMENT, layer, call_input)
    assert isinstance(outcome, Failed)
    assert compute_changes(layer) == before


# In blocks


def test_a_block_loads_each_module_once() -> None:
    first = build(unsigned((ALICE, deploy(count=5))))
    loads: list[bytes] = []

    def load_module(code_id: bytes, encoded: bytes) -> object:
        loads.append(code_id)
        return REFERENCE_ENGINE.load_module(code_id, encoded)

    chain = replace(CHAIN, engine=replace(REFERENCE_ENGINE, load_module=load_module))
    txs = unsigned(*((BOB, call(BOB, BUMP, nonce=nonce)) for nonce in range(5)))
    built = build(txs, chain=chain, parent=first.applied.state)
    assert [receipt.status for receipt in built.applied.receipts] == [
        Success(count_arguments(count)) for count in range(6, 11)
    ]
    assert loads == [compute_code_id(PROBE)]


def test_contracts_live_across_blocks() -> None:
    first = build(unsigned((ALICE, deploy(count=5, value=100))))
    state = first.applied.state
    txs = (
        (BOB, call(BOB, BUMP)),
        (CAROL, pay(CAROL, PROBE_ADDRESS, 9)),
        (BOB, call(BOB, SINK, nonce=1)),
        (BOB, call(BOB, COLLECT, nonce=2)),
        (PROPOSER, call(PROPOSER, BUMP)),
    )
    second = build(unsigned(*txs), parent=state)
    assert [refusal.index for refusal in second.refusals] == [4]
    senders = tuple(person.address for person, _ in txs[:4])
    assert apply_built(second, senders, parent=state) == Ok(second.applied)
    tree = second.applied.state.tree
    reader = TreeReader(tree)
    assert reader.get_account(PROBE_ADDRESS).balance == 109
    assert is_backed(tree, CHAIN.config.supply_max)
    call_input = CallInput(PROBE_ADDRESS, READ, ALICE.address, 0, b"", 1_000, is_view=True)
    outcome = execute_view(ENVIRONMENT, reader, call_input)
    assert isinstance(outcome, Succeeded)
    assert outcome.result_data == count_arguments(5)
