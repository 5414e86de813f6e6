"""What a block does: `authenticate` and `apply_block` for one received, `build_block` to make one.

    authenticate   every signature, a pass of its own: it needs no state
    apply_block    header against parent, body against header, the fold, roots against header
    build_block    the same fold on a draft; transactions that it cannot hold are left out

The fold, in this order: the consensus's ledger ops and leaves, the transactions, the tips to the
proposer, matured withdrawals, the supply counters. There is one fold, so a producer cannot make a
block that it would itself refuse.

Source: DESIGN.md 2.5, 2.6, 2.7, 2.11; decision record 0051.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from spec.config import ChainConfig, get_rules
from spec.config.validity import BLOCK_OVERHEAD_BYTES
from spec.crypto.address import compute_key_address
from spec.crypto.signing import SignatureError, validate_signature
from spec.ir.host import BlockContext
from spec.ledger.codec import (
    compute_ops_root,
    compute_receipts_root,
    compute_signed_size_bytes,
    compute_tx_signing_root,
    compute_txs_root,
    get_draft,
)
from spec.ledger.engine import Engine, Environment, compute_block_engine
from spec.ledger.errors import (
    BlockError,
    BlockGasUsedMismatch,
    BlockOpsRootMismatch,
    BlockReceiptsRootMismatch,
    BlockStateRootMismatch,
    BlockTooManyTransactions,
    BlockTransactionInvalid,
    BlockTxsRootMismatch,
    TxError,
    TxSignatureInvalid,
)
from spec.ledger.execution import apply_transaction
from spec.ledger.genesis import LedgerState
from spec.ledger.header import Succession, validate_draft
from spec.ledger.invariants import is_conserved
from spec.ledger.ledger_ops import ConsensusStep, apply_consensus_step
from spec.ledger.ops import Op
from spec.ledger.staking.queue import release_matured
from spec.ledger.staking.stake_ops import StakeContext
from spec.ledger.state import (
    Change,
    Layer,
    TreeReader,
    add_coins,
    compute_changes,
    compute_layer,
    get_supply,
    set_supply,
)
from spec.ledger.types import OPS, Body, Draft, Header, Receipt, SignedTransaction
from spec.lib.result import Err, Ok, Result
from spec.lib.ssz import encode
from spec.lib.trie import StateTree


@dataclass(frozen=True, slots=True)
class Chain:
    """What never changes while a chain lives, and the machine to run its contracts with."""

    config: ChainConfig
    genesis_id: bytes
    engine: Engine


@dataclass(frozen=True, slots=True)
class Signed:
    """A transaction with its authenticated sender (address)."""

    transaction: SignedTransaction
    sender: bytes


@dataclass(frozen=True, slots=True)
class Refusal:
    """A transaction that a block cannot hold, and why."""

    index: int
    """0-based place among the transactions given."""
    error: TxError


@dataclass(frozen=True, slots=True)
class Applied:
    """A block's effect."""

    state: LedgerState
    receipts: tuple[Receipt, ...]
    """One for each transaction, in order."""
    changes: tuple[Change, ...]
    """Every leaf that the block wrote, ascending by key: parent's tree and these give the state's.
    Every leaf that the block wrote, ascending by key: parent's tree and these give the state's."""


@dataclass(frozen=True, slots=True)
class Built:
    """A block made from a draft, yet unsealed, and its effect."""

    header: Header
    body: Body
    applied: Applied
    refusals: tuple[Refusal, ...]
    """Candidates that were left out."""


@dataclass(frozen=True, slots=True)
class _Totals:
    """What the transactions of a block add up to."""

    receipts: tuple[Receipt, ...]
    included: tuple[SignedTransaction, ...]
    refusals: tuple[Refusal, ...]
    gas_used: int
    tips: int
    """Base units for the proposer."""


# Signatures


ValidateSignature = Callable[[int, bytes, bytes, bytes], SignatureError | None]
"""Of (scheme, public key, message, signature): `spec.crypto.signing.validate_signature`, or a
faster function that is tested to return the same."""


def authenticate_transaction(
    validate: ValidateSignature, signed: SignedTransaction
) -> Result[bytes, TxError]:
    """The sender's address, if the sender signed the transaction for the chain that it names.

    Args:
        validate: judges the signature.
        signed: any signed transaction.
    """
    tx = signed.transaction
    key = tx.sender
    root = compute_tx_signing_root(tx)
    failure = validate(key.scheme, key.public_key, root, signed.signature)
    if failure is not None:
        return Err(TxSignatureInvalid(failure.code))
    return Ok(compute_key_address(key.scheme, key.public_key))


def authenticate_by(
    validate: ValidateSignature, body: Body
) -> Result[tuple[bytes, ...], BlockError]:
    """The senders of a block's transactions in order, or the first whose signature does not hold.

    Args:
        validate: judges the signatures.
        body: any body.
    """
    senders: list[bytes] = []
    for index, signed in enumerate(body.transactions):
        authenticated = authenticate_transaction(validate, signed)
        if isinstance(authenticated, Err):
            return Err(BlockTransactionInvalid(index, authenticated.error))
        senders.append(authenticated.value)
    return Ok(tuple(senders))


def authenticate(body: Body) -> Result[tuple[bytes, ...], BlockError]:
    """As `authenticate_by`, by the specification's own predicates."""
    return authenticate_by(validate_signature, body)


# The fold


def compute_environment(chain: Chain, draft: Draft) -> Environment:
    """What the transactions of a block with this draft share."""
    return Environment(
        config=chain.config,
        rules=get_rules(chain.config, draft.height),
        engine=compute_block_engine(chain.engine),
        context=BlockContext(chain.genesis_id, draft.height, draft.time_ms),
        base_fee=draft.base_fee,
    )


def _apply_transactions(
    environment: Environment, layer: Layer, candidates: tuple[Signed, ...]
) -> _Totals:
    receipts: list[Receipt] = []
    included: list[SignedTransaction] = []
    refusals: list[Refusal] = []
    gas_used = 0
    tips = 0
    for index, candidate in enumerate(candidates):
        gas_available = environment.config.block_gas_limit - gas_used
        tx = candidate.transaction.transaction
        result = apply_transaction(environment, layer, tx, candidate.sender, gas_available)
        if isinstance(result, Err):
            refusals.append(Refusal(index, result.error))
            continue
        receipt = result.value
        receipts.append(receipt)
        included.append(candidate.transaction)
        gas_used += receipt.gas_used
        tips += receipt.gas_used * (receipt.gas_price - environment.base_fee)
    return _Totals(tuple(receipts), tuple(included), tuple(refusals), gas_used, tips)


def _fold(
    environment: Environment,
    tree: StateTree,
    draft: Draft,
    candidates: tuple[Signed, ...],
    step: ConsensusStep,
) -> tuple[StateTree, _Totals, tuple[Change, ...]]:
    """The one fold of a block: the tree after it, its totals, and what it wrote."""
    reader = TreeReader(tree)
    layer = compute_layer(reader)
    before = get_supply(reader)
    config = environment.config
    context = StakeContext(config.staking, config.supply_max, draft.time_ms)
    supply = apply_consensus_step(layer, before, context, step)
    totals = _apply_transactions(environment, layer, candidates)
    if totals.tips > 0:
        add_coins(layer, draft.proposer, totals.tips)
    release_matured(layer, config.staking, draft.time_ms)
    burnt = totals.gas_used * environment.base_fee
    supply = replace(supply, burnt=supply.burnt + burnt)
    assert is_conserved(layer, before, supply), "coins come and go only where the counters say so"
    if supply != before:
        set_supply(layer, supply)
    changes = compute_changes(layer)
    return tree.apply_batch(changes), totals, changes


# Blocks


def _compute_header(draft: Draft, body: Body, totals: _Totals, state_root: bytes) -> Header:
    return Header(
        version=draft.version,
        parent=draft.parent,
        height=draft.height,
        slot=draft.slot,
        time_ms=draft.time_ms,
        proposer=draft.proposer,
        state_root=state_root,
        txs_root=compute_txs_root(body.transactions),
        receipts_root=compute_receipts_root(totals.receipts),
        ops_root=compute_ops_root(body.ops),
        validators_root=draft.validators_root,
        next_validators_root=draft.next_validators_root,
        base_fee=draft.base_fee,
        gas_used=totals.gas_used,
        consensus=draft.consensus,
    )


def validate_body(config: ChainConfig, header: Header, body: Body) -> BlockError | None:
    """Why a body is not the one its header commits to, None if it is.

    `apply_block` asks it too. A node asks before it authenticates, so that a body which a peer made
    up costs it hashes and no signatures.

    Args:
        config: bounds the transactions.
        header: any header.
        body: any body.
    """
    count = len(body.transactions)
    if count > config.block_transactions_max:
        return BlockTooManyTransactions(count, config.block_transactions_max)
    txs_root = compute_txs_root(body.transactions)
    if header.txs_root != txs_root:
        return BlockTxsRootMismatch(header.txs_root, txs_root)
    ops_root = compute_ops_root(body.ops)
    if header.ops_root != ops_root:
        return BlockOpsRootMismatch(header.ops_root, ops_root)
    return None


def _validate_outcome(header: Header, totals: _Totals, state_root: bytes) -> BlockError | None:
    if totals.refusals:
        refusal = totals.refusals[0]
        return BlockTransactionInvalid(refusal.index, refusal.error)
    if header.gas_used != totals.gas_used:
        return BlockGasUsedMismatch(header.gas_used, totals.gas_used)
    receipts_root = compute_receipts_root(totals.receipts)
    if header.receipts_root != receipts_root:
        return BlockReceiptsRootMismatch(header.receipts_root, receipts_root)
    if header.state_root != state_root:
        return BlockStateRootMismatch(header.state_root, state_root)
    return None


def apply_block(
    chain: Chain,
    parent: LedgerState,
    block: tuple[Header, Body],
    senders: tuple[bytes, ...],
    step: ConsensusStep,
) -> Result[Applied, BlockError]:
    """Applies a block to the state of its parent.

    The seal is no matter here, nor is eligibility: `spec.consensus` asks for both.

    Args:
        chain: the chain both belong to.
        parent: the block before, with its state; left as it is.
        block: header and body, of any content.
        senders: one address for each transaction, from `authenticate`.
        step: what the consensus does to the state in this block.

    Returns:
        Ok with the state after the block, or Err with the first rule it breaks.
    """
    header, body = block
    assert len(senders) == len(body.transactions), "authentication names one sender a transaction"
    draft = get_draft(header)
    failure = validate_draft(Succession(chain.config, parent.header, draft))
    if failure is None:
        failure = validate_body(chain.config, header, body)
    if failure is not None:
        return Err(failure)
    candidates = tuple(map(Signed, body.transactions, senders))
    environment = compute_environment(chain, draft)
    tree, totals, changes = _fold(environment, parent.tree, draft, candidates, step)
    failure = _validate_outcome(header, totals, tree.root)
    if failure is not None:
        return Err(failure)
    return Ok(Applied(LedgerState(header, tree), totals.receipts, changes))


def build_block(
    chain: Chain,
    parent: LedgerState,
    plan: tuple[Draft, tuple[Op, ...]],
    candidates: tuple[Signed, ...],
    step: ConsensusStep,
) -> Result[Built, BlockError]:
    """Makes the block that `apply_block` accepts, of a draft and what of the candidates fits.

    Args:
        chain: the chain.
        parent: the block to build on, with its state; left as it is.
        plan: the draft and the consensus operations of the new block.
        candidates: authenticated transactions in the order wanted; those behind the block's last
        place
            are not looked at.
        step: what the consensus does to the state in this block.

    Returns:
        Ok with the unsealed block, or Err when the draft cannot follow its parent.
    """
    draft, ops = plan
    failure = validate_draft(Succession(chain.config, parent.header, draft))
    if failure is not None:
        return Err(failure)
    room = chain.config.block_size_bytes_max - BLOCK_OVERHEAD_BYTES - len(encode(OPS, ops))
    fitting = _compute_fitting(chain.config.block_transactions_max, room, candidates)
    environment = compute_environment(chain, draft)
    tree, totals, changes = _fold(environment, parent.tree, draft, fitting, step)
    body = Body(ops=ops, transactions=totals.included)
    header = _compute_header(draft, body, totals, tree.root)
    applied = Applied(LedgerState(header, tree), totals.receipts, changes)
    return Ok(Built(header, body, applied, totals.refusals))


def _compute_fitting(
    count_max: int, room_bytes: int, candidates: tuple[Signed, ...]
) -> tuple[Signed, ...]:
    """The longest prefix that a block can hold by count and by size."""
    for count, candidate in enumerate(candidates[:count_max]):
        room_bytes -= compute_signed_size_bytes(candidate.transaction)
        if room_bytes < 0:
            return candidates[:count]
    return candidates[:count_max]
