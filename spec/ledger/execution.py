"""What one transaction does: `apply_transaction`.

    validate        the first failing check refuses it; the state is untouched
    run             in a layer of its own: transfer, deployment, call or action on stake
    settle          on success the layer is kept, on failure dropped; then, either way, the nonce
    rises and
                    the fee is taken

A contract cannot reach the sender's balance but for the value of the transaction, and `validate`
saw that value and largest fee are there together: taking the fee afterwards cannot fail.

Source: DESIGN.md 2.10, 2.12; STYLE.md 6.
"""

from dataclasses import dataclass, replace

from spec.crypto.address import compute_contract_address
from spec.ir.errors import MachineError
from spec.ir.host import CallInput, DeclaredFailure, Failed, Failure, MachineFailure, Outcome
from spec.ledger.engine import Environment
from spec.ledger.errors import TxError
from spec.ledger.fees import compute_effective_tip, compute_intrinsic_gas
from spec.ledger.stake_actions import StakeAction
from spec.ledger.staking.actions import apply_stake_action
from spec.ledger.staking.validity import StakeCandidate, validate_stake_action
from spec.ledger.state import (
    Layer,
    StateReader,
    add_coins,
    apply_layer,
    compute_code_key,
    compute_layer,
    remove_coins,
)
from spec.ledger.types import (
    Call,
    Deploy,
    Event,
    Fault,
    Receipt,
    Refused,
    Status,
    Stopped,
    Success,
    Transaction,
    Transfer,
)
from spec.ledger.validity import Candidate, validate_transaction
from spec.ledger.world import LedgerWorld
from spec.lib.result import Err, Ok, Result
from spec.limits import CALL_DEPTH_MAX, SELECTOR_SIZE_BYTES

INIT_SELECTOR = bytes(SELECTOR_SIZE_BYTES)
"""Names a module's init."""


@dataclass(frozen=True, slots=True)
class _Run:
    """What came of a payload."""

    status: Status
    gas_used: int
    """Beyond the intrinsic gas."""
    events: tuple[Event, ...]
    causes: tuple[Fault, ...]


def _compute_fault(failure: Failure) -> Fault:
    if isinstance(failure, DeclaredFailure):
        return Refused(failure.contract, failure.error, failure.data)
    return Stopped(failure.contract, failure.code.encode("ascii"))


def _compute_failed_run(outcome: Failed) -> _Run:
    """The outermost failure as the status, those behind it as the causes."""
    faults = [_compute_fault(outcome.failure)]
    failure: Failure | None = outcome.failure
    for _ in range(CALL_DEPTH_MAX):
        failure = failure.cause if isinstance(failure, MachineFailure) else None
        if failure is not None:
            faults.append(_compute_fault(failure))
    return _Run(faults[0], outcome.gas_used, (), tuple(faults[1:]))


def _apply_transfer(layer: Layer, sender: bytes, payload: Transfer) -> _Run:
    remove_coins(layer, sender, payload.amount)
    add_coins(layer, payload.to, payload.amount)
    return _Run(Success(b""), 0, (), ())


def _apply_call(environment: Environment, layer: Layer, call: CallInput) -> _Run:
    world = LedgerWorld(layer=layer, engine=environment.engine, events=[])
    outcome = environment.engine.execute(world, environment.context, call)
    if isinstance(outcome, Failed):
        return _compute_failed_run(outcome)
    return _Run(Success(outcome.result_data), outcome.gas_used, tuple(world.events), ())


def _apply_deploy(environment: Environment, layer: Layer, payload: Deploy, call: CallInput) -> _Run:
    admitted = environment.engine.admit_module(payload.module)
    if isinstance(admitted, Err):
        return _Run(Stopped(call.contract, admitted.error.encode("ascii")), 0, (), ())
    account = layer.get_account(call.contract)
    layer.set_account(call.contract, replace(account, code_id=admitted.value))
    layer.set_leaf(compute_code_key(admitted.value), payload.module)
    run = _apply_call(environment, layer, call)
    if isinstance(run.status, Success):
        return replace(run, status=Success(call.contract))
    return run


def _run_payload(
    environment: Environment, layer: Layer, tx: Transaction, sender: bytes, gas_limit: int
) -> _Run:
    match tx.payload:
        case Transfer() as payload:
            return _apply_transfer(layer, sender, payload)
        case Deploy() as payload:
            call = CallInput(
                contract=compute_contract_address(sender, tx.nonce),
                selector=INIT_SELECTOR,
                caller=sender,
                value=payload.value,
                arguments=payload.arguments,
                gas_limit=gas_limit,
                is_view=False,
            )
            return _apply_deploy(environment, layer, payload, call)
        case Call(contract=contract, selector=selector) if selector == INIT_SELECTOR:
            # Init ran with the deployment: run again, it would hand the contract to anybody.
            reason = MachineError.UNKNOWN_FUNCTION.encode("ascii")
            return _Run(Stopped(contract, reason), 0, (), ())
        case Call() as payload:
            call = CallInput(
                contract=payload.contract,
                selector=payload.selector,
                caller=sender,
                value=payload.value,
                arguments=payload.arguments,
                gas_limit=gas_limit,
                is_view=False,
            )
            return _apply_call(environment, layer, call)
        case action:
            candidate = StakeCandidate(environment, layer, sender, tx.sender, action)
            return _Run(Success(apply_stake_action(layer, candidate)), 0, (), ())


def _validate(
    environment: Environment, layer: Layer, tx: Transaction, sender: bytes, gas_available: int
) -> TxError | None:
    """The checks of every transaction, then those of an action on stake."""
    account = layer.get_account(sender)
    failure = validate_transaction(Candidate(environment, account, gas_available, tx))
    if failure is not None or not isinstance(tx.payload, StakeAction):
        return failure
    return validate_stake_action(StakeCandidate(environment, layer, sender, tx.sender, tx.payload))


def apply_transaction(
    environment: Environment, layer: Layer, tx: Transaction, sender: bytes, gas_available: int
) -> Result[Receipt, TxError]:
    """Performs a transaction, if a block may hold it here.

    Args:
        environment: what the block's transactions share.
        layer: the block's working state, changed in place on Ok and left as it was on Err.
        tx: any transaction; that `sender` signed it is known or, in a simulation, supposed.
        sender: address (32 bytes) of the transaction's key.
        gas_available: gas that the block has left.

    Returns:
        Ok with the receipt, also when the contract failed: then only nonce and fee were taken. Err
        when no block may hold the transaction here. The tip is not yet credited: that is the
        block's to do.
    """
    failure = _validate(environment, layer, tx, sender, gas_available)
    if failure is not None:
        return Err(failure)
    intrinsic_gas = compute_intrinsic_gas(environment.rules, tx)
    upper = compute_layer(layer)
    run = _run_payload(environment, upper, tx, sender, tx.gas_limit - intrinsic_gas)
    if isinstance(run.status, Success):
        apply_layer(upper, layer)
    gas_used = intrinsic_gas + run.gas_used
    assert gas_used <= tx.gas_limit, "the machine stays within the gas it is given"
    gas_price = environment.base_fee + compute_effective_tip(tx, environment.base_fee)
    remove_coins(layer, sender, gas_used * gas_price)
    account = layer.get_account(sender)
    layer.set_account(sender, replace(account, nonce=account.nonce + 1))
    return Ok(Receipt(run.status, gas_used, gas_price, run.events, run.causes))


def execute_view(environment: Environment, reader: StateReader, call: CallInput) -> Outcome:
    """Runs a view of a contract on a state and leaves no trace.

    Args:
        environment: the block in whose circumstances it runs.
        reader: any state.
        call: with `is_view` set.
    """
    assert call.is_view, "only a view may run outside a block"
    world = LedgerWorld(layer=compute_layer(reader), engine=environment.engine, events=[])
    return environment.engine.execute(world, environment.context, call)
