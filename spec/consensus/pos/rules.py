"""The rules of a PoS chain: Gasper, small.

    eligibility    one producer a slot, drawn by stake from the epoch's seed
    randomness     each block reveals a layer of its producer's hash onion into the mix; the mix at
                   the beginning of an epoch is the seed of the epoch after it
    finality       rule G; every member votes once an epoch, its committee's slot says when

The last producers of an epoch may withhold their blocks to choose among seeds: one bit each. That
is the bias of every commit-reveal; it is bounded by the price of the lost blocks, not prevented.

Source: CONSENSUS.md 1, 2 (PoS); arXiv 2003.03052; consensus-specs phase0; decision record 0074.
"""

from dataclasses import dataclass, replace
from typing import ClassVar

from spec.config import PosConfig
from spec.consensus.bft.state import compute_seats
from spec.consensus.errors import ConsensusError
from spec.consensus.ffg import FfgState, Member, compute_members
from spec.consensus.finality import (
    FinalityRule,
    Folded,
    Passage,
    compute_finality_genesis,
    find_op_error,
    fold_ops,
    get_checkpoint_ids,
    tick_finality,
)
from spec.consensus.finality_state import decode_finality, encode_finality
from spec.consensus.interface import Parent, RulesContext
from spec.consensus.onion import is_first_layer
from spec.consensus.pos.state import (
    POS_LEAF,
    Onion,
    PosLeaf,
    PosState,
    get_onion,
    keep_onions,
    put_onion,
)
from spec.consensus.shuffle import compute_shuffled_index
from spec.consensus.slot_errors import FieldsWrong, RevealWrong
from spec.consensus.slots import validate_producer, validate_signature_seal, validate_slot_time
from spec.crypto.hashing import sha256
from spec.ledger.codec import BlockId
from spec.ledger.ledger_ops import LedgerOp
from spec.ledger.ops import ConsensusFields, Op, PosFields, Seal
from spec.ledger.staking.view import LedgerView
from spec.ledger.state import compute_reserved_key
from spec.ledger.types import ZERO_BYTES32, Draft, Header
from spec.lib.result import Err, Ok, Result
from spec.lib.ssz import decode, encode

STATE_KEY = compute_reserved_key(b"consensus/pos")
PRODUCER_DOMAIN = b"qc/pos/producer/1"
COMMITTEE_DOMAIN = b"qc/pos/committee/1"


@dataclass(frozen=True, slots=True)
class PosRules:
    """The `ChainRules` of PoS."""

    name: ClassVar[str] = "pos"

    def genesis(self, context: RulesContext, view: LedgerView) -> PosState:
        """The first members; nothing revealed yet."""
        finality = compute_finality_genesis(get_rule(context), view)
        mix = sha256(context.genesis_id)
        producer = compute_producer(finality.ffg, mix, 0)
        return PosState(finality, mix, mix, mix, b"", producer)

    def get_genesis_fields(self, _context: RulesContext) -> ConsensusFields:
        """Nothing is revealed."""
        return PosFields(ZERO_BYTES32)

    def encode_state(self, state: PosState) -> tuple[tuple[bytes, bytes], ...]:
        """Three leaves."""
        leaf = PosLeaf(state.mix, state.seed, state.seed_next, state.onions)
        return (*encode_finality(state.finality), (STATE_KEY, encode(POS_LEAF, leaf)))

    def decode_state(self, leaves: tuple[bytes, ...]) -> PosState:
        """The state that `encode_state` wrote; its producer is set by the next tick."""
        decoded = decode(POS_LEAF, leaves[2])
        assert isinstance(decoded, Ok), "the leaf is written by the rules alone"
        leaf: PosLeaf = decoded.value
        finality = decode_finality(leaves[:2])
        producer = compute_producer(finality.ffg, leaf.seed, 0)
        return PosState(finality, leaf.mix, leaf.seed, leaf.seed_next, leaf.onions, producer)

    def get_roots(self, state: PosState) -> tuple[bytes, bytes]:
        """The current and the previous set, whose votes finalise."""
        return state.finality.current_root, state.finality.previous_root

    def tick(
        self, context: RulesContext, parent: Parent[PosState], slot: int
    ) -> tuple[PosState, tuple[LedgerOp, ...]]:
        """Passes boundaries, takes up their seeds, draws the slot's producer.

        At a boundary the onions of validators that are listed no more are forgotten.
        """
        state, rule = parent.chain_state, get_rule(context)
        passage = Passage(parent.block_id, parent.header.slot, slot, parent.view)
        finality, ops = tick_finality(rule, state.finality, passage)
        epoch_blocks = rule.config.epoch_blocks
        passed = slot // epoch_blocks - parent.header.slot // epoch_blocks
        seed, seed_next, onions = state.seed, state.seed_next, state.onions
        if passed == 1:
            seed, seed_next = seed_next, state.mix
        if passed > 1:
            seed, seed_next = state.mix, state.mix
        if passed > 0:
            onions = keep_onions(onions, frozenset(e.validator for e in parent.view.validators))
        state = replace(
            state,
            finality=finality,
            seed=seed,
            seed_next=seed_next,
            onions=onions,
            producer=compute_producer(finality.ffg, seed, slot),
        )
        return state, ops

    def validate_slot(self, context: RulesContext, header: Header) -> ConsensusError | None:
        """A block's time is the beginning of its slot."""
        return validate_slot_time(context, header)

    def validate_header(
        self, _context: RulesContext, ticked: PosState, header: Header
    ) -> ConsensusError | None:
        """Checks, in order: fields, set roots, that the proposer owns the slot, the reveal."""
        if not isinstance(header.consensus, PosFields):
            return FieldsWrong(type(header.consensus).__name__, PosFields.__name__)
        error = validate_producer(ticked.finality, ticked.producer, header)
        if error is not None:
            return error
        onion = get_onion(ticked.onions, ticked.producer)
        if onion is None or is_first_layer(onion.layers):
            return None
        found = sha256(header.consensus.reveal)
        return None if found == onion.commitment else RevealWrong(ticked.producer, onion.layers)

    def validate_seal(
        self, context: RulesContext, ticked: PosState, header: Header, seal: Seal
    ) -> ConsensusError | None:
        """The owner's signature."""
        return validate_signature_seal(context, (ticked.finality, ticked.producer), header, seal)

    def validate_op(
        self, context: RulesContext, ticked: PosState, draft: Draft, op: Op
    ) -> ConsensusError | None:
        """Votes, and evidence about votes and seals."""
        return find_op_error(context, (get_rule(context), ticked.finality), draft, op)

    def apply_consensus(
        self, context: RulesContext, ticked: PosState, draft: Draft, ops: tuple[Op, ...]
    ) -> Result[tuple[PosState, tuple[LedgerOp, ...]], ConsensusError]:
        """Counts votes, convicts offenders, stirs the reveal into the mix."""
        case = (get_rule(context), ticked.finality)
        folded = fold_ops(context, case, draft, ops, skips=False)
        return folded if isinstance(folded, Err) else Ok(_finish(ticked, draft, folded.value))

    def select(
        self, context: RulesContext, ticked: PosState, draft: Draft, pool: tuple[Op, ...]
    ) -> tuple[tuple[Op, ...], PosState, tuple[LedgerOp, ...]]:
        """Of a pool what fits into a block: (ops, the state after it, ops on the ledger)."""
        case = (get_rule(context), ticked.finality)
        folded = fold_ops(context, case, draft, pool, skips=True)
        assert isinstance(folded, Ok), "what does not fit is left out"
        return (folded.value.ops, *_finish(ticked, draft, folded.value))

    def get_checkpoints(
        self, _context: RulesContext, state: PosState, _block_id: BlockId, _header: Header
    ) -> tuple[BlockId | None, BlockId | None]:
        """What the votes recorded on this chain decided."""
        return get_checkpoint_ids(state.finality.ffg)

    def get_weight(self, state: PosState, header: Header) -> tuple[int, ...]:
        """(justified epoch, height): of chains alone; nodes follow GHOST, which weighs votes."""
        return state.finality.ffg.justified.epoch, header.height


def _finish(
    ticked: PosState, draft: Draft, folded: Folded
) -> tuple[PosState, tuple[LedgerOp, ...]]:
    """Takes up the reveal; a first layer only commits."""
    assert isinstance(draft.consensus, PosFields), "headers are validated before their ops"
    reveal = draft.consensus.reveal
    onion = get_onion(ticked.onions, ticked.producer)
    layers = 0 if onion is None else onion.layers
    mix = ticked.mix if is_first_layer(layers) else sha256(ticked.mix, reveal)
    onions = put_onion(ticked.onions, Onion(ticked.producer, layers + 1, reveal))
    state = replace(ticked, finality=folded.state, mix=mix, onions=onions)
    return state, folded.ledger_ops


def get_config(context: RulesContext) -> PosConfig:
    """The chain's parameters."""
    config = context.config.consensus
    assert isinstance(config, PosConfig), "PoS rules serve a PoS chain"
    return config


def get_rule(context: RulesContext) -> FinalityRule:
    """Members are the active validators of most stake, weighed by it."""
    config = get_config(context)
    return FinalityRule(config.finality, context.config.slot_ms, has_slots=True, elect=elect)


def elect(view: LedgerView) -> tuple[Member, ...]:
    """The active validators of most stake."""
    return compute_members(tuple((s.validator, s.power) for s in compute_seats(view)))


def compute_producer(ffg: FfgState, seed: bytes, slot: int) -> int:
    """The slot's producer, drawn in proportion to weight; by pinned weight if none is left.

    The draw is a hash of 256 bits modulo the total weight: its bias is below 2^-190.
    """
    weights = [m.weight for m in ffg.current]
    if not any(weights):
        weights = [m.pinned for m in ffg.current]
    digest = sha256(PRODUCER_DOMAIN, seed, slot.to_bytes(8, "little"))
    ticket = int.from_bytes(digest, "little") % max(1, sum(weights))
    for member, weight in zip(ffg.current, weights, strict=True):
        if ticket < weight:
            return member.validator
        ticket -= weight
    return ffg.current[-1].validator


def compute_committee_slot(state: PosState, validator: int, epoch_blocks: int) -> int:
    """The slot of the epoch (0-based) in which a validator votes; 0 for members of `previous` only.

    Members of the current set are shuffled and dealt evenly over the slots.
    """
    members = tuple(m.validator for m in state.finality.ffg.current)
    if validator not in members:
        return 0
    seed = sha256(COMMITTEE_DOMAIN, state.seed)
    place = compute_shuffled_index(members.index(validator), len(members), seed)
    return place * epoch_blocks // len(members)
