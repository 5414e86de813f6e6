"""The rules of a Hybrid chain: PoW's eligibility, FFG's finality, and a pair that joins them.

    eligibility    PoW: the work hash meets the target, which follows the blocks
    finality       rule G over checkpoints each L blocks; members vote with their stake
    fork choice    (justified epoch, work of the chain): votes first, work among equals

Nothing here is more than the composition. What it claims has two tiers: below the finalised
checkpoint the safety of FFG, whatever the hash power; above it the probability of PoW.

Source: CONSENSUS.md 1, 2 (Hybrid, after EIP-1011); FFG.md 5; decision record 0072.
"""

from dataclasses import dataclass, replace
from typing import ClassVar

from spec.config import HybridConfig
from spec.consensus.bft.state import compute_seats
from spec.consensus.errors import ConsensusError, SlotNotHeight
from spec.consensus.ffg import Member, compute_members
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
from spec.consensus.hybrid.state import HybridState
from spec.consensus.interface import Parent, RulesContext
from spec.consensus.pow.rules import PowRules, validate_work_header
from spec.ledger.codec import BlockId
from spec.ledger.ledger_ops import LedgerOp
from spec.ledger.ops import ConsensusFields, Op, Seal
from spec.ledger.staking.view import LedgerView
from spec.ledger.types import Draft, Header
from spec.lib.result import Err, Ok, Result

WORK = PowRules()


@dataclass(frozen=True, slots=True)
class HybridRules:
    """The `ChainRules` of Hybrid."""

    name: ClassVar[str] = "hybrid"

    def genesis(self, context: RulesContext, view: LedgerView) -> HybridState:
        """No work, and the first members."""
        return HybridState(
            work=WORK.genesis(context, view),
            finality=compute_finality_genesis(get_rule(context), view),
        )

    def get_genesis_fields(self, context: RulesContext) -> ConsensusFields:
        """Those of PoW."""
        return WORK.get_genesis_fields(context)

    def encode_state(self, state: HybridState) -> tuple[tuple[bytes, bytes], ...]:
        """The leaves of both parts."""
        return (*WORK.encode_state(state.work), *encode_finality(state.finality))

    def decode_state(self, leaves: tuple[bytes, ...]) -> HybridState:
        """The state that `encode_state` wrote."""
        return HybridState(WORK.decode_state(leaves[:1]), decode_finality(leaves[1:]))

    def get_roots(self, state: HybridState) -> tuple[bytes, bytes]:
        """The current and the previous set, whose votes finalise."""
        return state.finality.current_root, state.finality.previous_root

    def tick(
        self, context: RulesContext, parent: Parent[HybridState], slot: int
    ) -> tuple[HybridState, tuple[LedgerOp, ...]]:
        """The next target, and the boundary if the next block begins an epoch."""
        state, header = parent.chain_state, parent.header
        of_work = Parent(parent.block_id, header, state.work, parent.view)
        work, work_ops = WORK.tick(context, of_work, slot)
        passage = Passage(parent.block_id, header.height, header.height + 1, parent.view)
        finality, ops = tick_finality(get_rule(context), state.finality, passage)
        return HybridState(work, finality), work_ops + ops

    def validate_slot(self, _context: RulesContext, header: Header) -> ConsensusError | None:
        """Slot and height are one count here."""
        return None if header.slot == header.height else SlotNotHeight(header.slot, header.height)

    def validate_header(
        self, _context: RulesContext, ticked: HybridState, header: Header
    ) -> ConsensusError | None:
        """The checks of PoW; the set roots are those of the voters."""
        return validate_work_header(ticked.work, header, self.get_roots(ticked))

    def validate_seal(
        self, context: RulesContext, ticked: HybridState, header: Header, seal: Seal
    ) -> ConsensusError | None:
        """The header's own hash is the proof."""
        return WORK.validate_seal(context, ticked.work, header, seal)

    def validate_op(
        self, context: RulesContext, ticked: HybridState, draft: Draft, op: Op
    ) -> ConsensusError | None:
        """Votes and evidence about votes."""
        return find_op_error(context, (get_rule(context), ticked.finality), draft, op)

    def apply_consensus(
        self, context: RulesContext, ticked: HybridState, draft: Draft, ops: tuple[Op, ...]
    ) -> Result[tuple[HybridState, tuple[LedgerOp, ...]], ConsensusError]:
        """Counts votes, convicts offenders, adds the block's work, and pays its reward."""
        case = (get_rule(context), ticked.finality)
        folded = fold_ops(context, case, draft, ops, skips=False)
        if isinstance(folded, Err):
            return folded
        return self._finish(context, ticked, draft, folded.value)

    def select(
        self, context: RulesContext, ticked: HybridState, draft: Draft, pool: tuple[Op, ...]
    ) -> tuple[tuple[Op, ...], HybridState, tuple[LedgerOp, ...]]:
        """Of a pool what fits into a block: (ops, the state after it, ops on the ledger)."""
        case = (get_rule(context), ticked.finality)
        folded = fold_ops(context, case, draft, pool, skips=True)
        assert isinstance(folded, Ok), "what does not fit is left out"
        finished = self._finish(context, ticked, draft, folded.value)
        assert isinstance(finished, Ok), "work is added without conditions"
        return (folded.value.ops, *finished.value)

    def _finish(
        self, context: RulesContext, ticked: HybridState, draft: Draft, folded: Folded
    ) -> Result[tuple[HybridState, tuple[LedgerOp, ...]], ConsensusError]:
        applied = WORK.apply_consensus(context, ticked.work, draft, ())
        if isinstance(applied, Err):
            return applied
        work, work_ops = applied.value
        state = replace(ticked, work=work, finality=folded.state)
        return Ok((state, folded.ledger_ops + work_ops))

    def get_checkpoints(
        self, _context: RulesContext, state: HybridState, _block_id: BlockId, _header: Header
    ) -> tuple[BlockId | None, BlockId | None]:
        """What the votes recorded on this chain decided."""
        return get_checkpoint_ids(state.finality.ffg)

    def get_weight(self, state: HybridState, _header: Header) -> tuple[int, ...]:
        """(justified epoch, work)."""
        return state.finality.ffg.justified.epoch, state.work.work


def get_config(context: RulesContext) -> HybridConfig:
    """The chain's parameters."""
    config = context.config.consensus
    assert isinstance(config, HybridConfig), "Hybrid rules serve a Hybrid chain"
    return config


def get_rule(context: RulesContext) -> FinalityRule:
    """Members are those of most stake, weighed by it; nobody owns a slot."""
    config = get_config(context)
    return FinalityRule(config.finality, config.work.block_time_ms, has_slots=False, elect=elect)


def elect(view: LedgerView) -> tuple[Member, ...]:
    """The active validators of most stake."""
    return compute_members(tuple((s.validator, s.power) for s in compute_seats(view)))
