"""The rules of a PoW chain.

A block's work hash, read as a little-endian number, must not exceed the target that the chain's
past fixes. The chain with the most expected work is followed; nothing is ever final, and depth is a
probability, which `compute_reversal_probability` of the simulator's report states as one.

Times never fall along a chain (the ledger's rule, so that a contract's `now` never does). That is
stricter than Bitcoin's median of eleven: whoever mines with a slow clock takes the parent's time.
It takes the ground from the timewarp attack, which needs times that step back.

Source: Bitcoin's consensus rules (work hash, retargeting); aserti3-2d; CONSENSUS.md 2; decision
record 0071.
"""

from dataclasses import dataclass, replace
from typing import ClassVar

from spec.config import HybridConfig, PowConfig
from spec.consensus.difficulty import (
    AsertAnchor,
    AsertRule,
    compute_asert_target,
    compute_btc_target,
    compute_work,
    decode_compact,
    encode_compact,
)
from spec.consensus.errors import (
    ConsensusError,
    FieldsNotPow,
    HashAboveTarget,
    OpNotAdmitted,
    SealPresent,
    SlotNotHeight,
    TargetMismatch,
    ValidatorsRootMismatch,
)
from spec.consensus.interface import Parent, RulesContext
from spec.consensus.pow.state import POW_STATE, PowState
from spec.crypto.hashing import sha256
from spec.ledger.codec import BlockId
from spec.ledger.ledger_ops import LedgerOp, Mint
from spec.ledger.ops import ConsensusFields, NoSeal, Op, PowFields, Seal
from spec.ledger.staking.view import LedgerView
from spec.ledger.state import compute_reserved_key
from spec.ledger.types import HEADER, ZERO_BYTES32, Draft, Header
from spec.lib.result import Err, Ok, Result
from spec.lib.ssz import decode, encode

WORK_MAX = (1 << 256) - 1
"""Where the count of work stops: more than all computers will ever do."""
STATE_KEY = compute_reserved_key(b"consensus/pow")


@dataclass(frozen=True, slots=True)
class PowRules:
    """The `ChainRules` of PoW."""

    name: ClassVar[str] = "pow"

    def genesis(self, context: RulesContext, _view: LedgerView) -> PowState:
        """The genesis block has no work behind it."""
        return PowState(target=get_config(context).target_initial, work=0, anchor_time_ms=0)

    def get_genesis_fields(self, context: RulesContext) -> ConsensusFields:
        """The initial target, which nothing has met yet."""
        return PowFields(target=get_config(context).target_initial, nonce=0)

    def encode_state(self, state: PowState) -> tuple[tuple[bytes, bytes], ...]:
        """One leaf."""
        return ((STATE_KEY, encode(POW_STATE, state)),)

    def decode_state(self, leaves: tuple[bytes, ...]) -> PowState:
        """The state that `encode_state` wrote."""
        decoded = decode(POW_STATE, leaves[0])
        assert isinstance(decoded, Ok), "the leaf is written by the rules alone"
        return decoded.value

    def get_roots(self, _state: PowState) -> tuple[bytes, bytes]:
        """Nobody seals: membership is open."""
        return ZERO_BYTES32, ZERO_BYTES32

    def tick(
        self, context: RulesContext, parent: Parent[PowState], _slot: int
    ) -> tuple[PowState, tuple[LedgerOp, ...]]:
        """The next block's target."""
        return compute_ticked_work(get_config(context), parent.chain_state, parent.header), ()

    def validate_slot(self, _context: RulesContext, header: Header) -> ConsensusError | None:
        """Slot and height are one count here."""
        return None if header.slot == header.height else SlotNotHeight(header.slot, header.height)

    def validate_header(
        self, _context: RulesContext, ticked: PowState, header: Header
    ) -> ConsensusError | None:
        """Checks, in order: fields, slot, set roots, target, work."""
        return validate_work_header(ticked, header, (ZERO_BYTES32, ZERO_BYTES32))

    def validate_seal(
        self, _context: RulesContext, _ticked: PowState, _header: Header, seal: Seal
    ) -> ConsensusError | None:
        """The header's own hash is the proof."""
        return None if seal == NoSeal() else SealPresent()

    def validate_op(
        self, _context: RulesContext, _ticked: PowState, _draft: Draft, op: Op
    ) -> ConsensusError | None:
        """There is nothing to vote on."""
        return OpNotAdmitted(type(op).__name__)

    def apply_consensus(
        self, context: RulesContext, ticked: PowState, draft: Draft, ops: tuple[Op, ...]
    ) -> Result[tuple[PowState, tuple[LedgerOp, ...]], ConsensusError]:
        """Adds the block's work, and pays its reward."""
        for op in ops:
            return Err(OpNotAdmitted(type(op).__name__))
        work = min(ticked.work + compute_work(ticked.target), WORK_MAX)
        state = replace(ticked, work=work)
        reward = compute_reward(get_config(context), draft.height)
        return Ok((state, (Mint(draft.proposer, reward),) if reward else ()))

    def select(
        self, context: RulesContext, ticked: PowState, draft: Draft, _pool: tuple[Op, ...]
    ) -> tuple[tuple[Op, ...], PowState, tuple[LedgerOp, ...]]:
        """Of a pool nothing: (no ops, the state after the block, ops on the ledger)."""
        applied = self.apply_consensus(context, ticked, draft, ())
        assert isinstance(applied, Ok), "a block without ops is never refused for them"
        return ((), *applied.value)

    def get_checkpoints(
        self, _context: RulesContext, _state: PowState, _block_id: BlockId, _header: Header
    ) -> tuple[BlockId | None, BlockId | None]:
        """Nothing is ever final."""
        return None, None

    def get_weight(self, state: PowState, _header: Header) -> tuple[int, ...]:
        """The work of the whole chain."""
        return (state.work,)


def get_config(context: RulesContext) -> PowConfig:
    """The chain's parameters."""
    config = context.config.consensus
    if isinstance(config, HybridConfig):
        return config.work
    assert isinstance(config, PowConfig), "PoW rules serve chains with proof of work"
    return config


def compute_ticked_work(config: PowConfig, state: PowState, header: Header) -> PowState:
    """The state with the target of the block after this header, of which it is the state."""
    if header.height == 0:
        return replace(state, anchor_time_ms=header.time_ms)
    if config.is_asert:
        return replace(state, target=_compute_asert(config, state, header))
    return _tick_periods(config, state, header)


def validate_work_header(
    ticked: PowState, header: Header, roots: tuple[bytes, bytes]
) -> ConsensusError | None:
    """Checks, in order: fields, slot, set roots, target, work.

    Args:
        ticked: the state as the block finds it.
        header: untrusted.
        roots: what its validators_root and next_validators_root must be.
    """
    if not isinstance(header.consensus, PowFields):
        return FieldsNotPow()
    if header.slot != header.height:
        return SlotNotHeight(header.slot, header.height)
    found = (header.validators_root, header.next_validators_root)
    for root, expected in zip(found, roots, strict=True):
        if root != expected:
            return ValidatorsRootMismatch(root, expected)
    if header.consensus.target != ticked.target:
        return TargetMismatch(header.consensus.target, ticked.target)
    work_hash = compute_work_hash(header)
    if work_hash > ticked.target:
        return HashAboveTarget(work_hash, ticked.target)
    return None


def compute_work_hash(header: Header) -> int:
    """Double SHA-256 of the encoded header, as a little-endian number."""
    return int.from_bytes(sha256(sha256(encode(HEADER, header))), "little")


def compute_reward(config: PowConfig, height: int) -> int:
    """Base units that the block at a height earns: halved again and again, rounding down.

    Args:
        config: the chain's.
        height: at least 1.
    """
    halvings = (height - 1) // config.halving_blocks
    return config.reward >> min(halvings, config.reward.bit_length())


def _compute_asert(config: PowConfig, state: PowState, header: Header) -> int:
    """ASERT, anchored at the first block: its parent is the genesis."""
    anchor = AsertAnchor(1, state.anchor_time_ms, config.target_initial)
    rule = AsertRule(anchor, config.block_time_ms, config.half_life_ms, config.target_max)
    return compute_asert_target(rule, header.height, header.time_ms)


def _tick_periods(config: PowConfig, state: PowState, header: Header) -> PowState:
    """Bitcoin's rule: the target moves with the first block of a period.

    A period counts from its first block to its last, one interval short, as Bitcoin's does; targets
    keep only what their compact form keeps.
    """
    position = header.height % config.period_blocks
    if position == 0:
        state = replace(state, anchor_time_ms=header.time_ms)
    if position != config.period_blocks - 1:
        return state
    took = header.time_ms - state.anchor_time_ms
    should_take = config.period_blocks * config.block_time_ms
    exact = compute_btc_target(state.target, took, should_take, config.target_max)
    kept = decode_compact(encode_compact(exact))
    assert kept is not None, "a target has a compact form"
    return replace(state, target=kept)
