"""Level 4: one transaction, or one block, on the state.

A transaction alone takes its fee and does its work; its tip and the burnt part of its fee are
credited and counted at the end of a block, so a state after a lone transaction has neither.
"""

from dataclasses import replace

from conformance.clients.spec.answers import (
    Accept,
    Answer,
    JsonObject,
    Reject,
    RequestError,
    to_bytes,
    to_hex,
)
from conformance.clients.spec.engine import ENGINE
from conformance.clients.spec.state import State
from conformance.clients.spec.views import render_view
from spec.config import get_rules
from spec.ir.host import BlockContext
from spec.ledger.block import Applied, Chain, apply_block, authenticate
from spec.ledger.codec import (
    compute_block_id,
    compute_tx_id,
    decode_block,
    decode_signed_transaction,
    get_draft,
)
from spec.ledger.engine import Environment
from spec.ledger.errors import BlockError, BlockTransactionInvalid
from spec.ledger.execution import apply_transaction
from spec.ledger.genesis import LedgerState
from spec.ledger.header import Succession
from spec.ledger.header import compute_all_failures as compute_header_failures
from spec.ledger.ledger_ops import NO_CONSENSUS_STEP
from spec.ledger.state import TreeReader, compute_changes, compute_layer
from spec.ledger.types import RECEIPT, Block, Body
from spec.ledger.validity import Candidate, compute_all_failures
from spec.lib.result import Err


def build_environment(state: State, args: JsonObject) -> Environment:
    """The circumstances that a request describes: `height`, `now_ms`, `base_fee`."""
    height = int(args["height"])
    return Environment(
        config=state.config,
        rules=get_rules(state.config, height),
        engine=ENGINE,
        context=BlockContext(state.genesis_id, height, int(args["now_ms"])),
        base_fee=int(args["base_fee"]),
    )


def run_transaction(state: State | None, args: JsonObject) -> tuple[Answer, State | None]:
    """`ledger.apply_transaction`: decode, authenticate, validate, run, settle."""
    known = require(state)
    decoded = decode_signed_transaction(known.config, to_bytes(args["transaction"]))
    if isinstance(decoded, Err):
        return Reject(decoded.error.code), state
    tx = decoded.value.transaction
    senders = authenticate(Body(ops=(), transactions=(decoded.value,)))
    if isinstance(senders, Err):
        return Reject(_get_cause(senders.error)), state
    (sender,) = senders.value
    environment = build_environment(known, args)
    layer = compute_layer(TreeReader(known.tree))
    gas_available = int(args["gas_available"])
    candidate = Candidate(environment, layer.get_account(sender), gas_available, tx)
    applied = apply_transaction(environment, layer, tx, sender, gas_available)
    if isinstance(applied, Err):
        return _reject_transaction(applied.error.code, candidate), state
    tree = known.tree.apply_batch(compute_changes(layer))
    value = {
        "id": to_hex(compute_tx_id(tx)),
        "sender": to_hex(sender),
        "receipt": render_view(RECEIPT, applied.value),
    }
    return Accept(value), replace(known, tree=tree)


def run_block(state: State | None, args: JsonObject) -> tuple[Answer, State | None]:
    """`ledger.apply_block`: decode, authenticate, header, body, fold, roots; no consensus."""
    known = require(state)
    decoded = decode_block(known.config, to_bytes(args["block"]))
    if isinstance(decoded, Err):
        return Reject(decoded.error.code), state
    block = decoded.value
    senders = authenticate(block.body)
    if isinstance(senders, Err):
        return _reject_block(known, block, senders.error), state
    chain = Chain(known.config, known.genesis_id, ENGINE)
    parent = make_ledger_state(known)
    content = (block.header, block.body)
    applied = apply_block(chain, parent, content, senders.value, NO_CONSENSUS_STEP)
    if isinstance(applied, Err):
        return _reject_block(known, block, applied.error), state
    return _accept_block(known, block, applied.value)


def require(state: State | None) -> State:
    """The state that a method needs.

    Raises:
        RequestError: `init` gave none.
    """
    if state is None:
        raise RequestError("this method needs a state: init with a pre-state comes first")
    return state


def make_ledger_state(state: State) -> LedgerState:
    """The ledger's part of a state."""
    return LedgerState(state.parent, state.tree)


def _reject_transaction(rule: str, candidate: Candidate) -> Reject:
    failing = [failure.code for failure in compute_all_failures(candidate)]
    return Reject(rule, tuple(code for code in failing if code != rule))


def _get_cause(error: BlockError) -> str:
    """The transaction's own rule, of a body that holds nothing else."""
    return error.cause.code if isinstance(error, BlockTransactionInvalid) else error.code


def _reject_block(state: State, block: Block, error: BlockError) -> Reject:
    """The rule, and what else is wrong: later header checks, or the transaction's own rule."""
    if isinstance(error, BlockTransactionInvalid):
        return Reject(error.code, (error.cause.code,))
    succession = Succession(state.config, state.parent, get_draft(block.header))
    failing = [failure.code for failure in compute_header_failures(succession)]
    return Reject(error.code, tuple(code for code in failing if code != error.code))


def _accept_block(state: State, block: Block, applied: Applied) -> tuple[Answer, State]:
    value = {
        "id": to_hex(compute_block_id(block.header)),
        "receipts": [render_view(RECEIPT, receipt) for receipt in applied.receipts],
    }
    after = replace(state, parent=applied.state.header, tree=applied.state.tree)
    return Accept(value), after
