"""The rules of a DPoS chain: an elected schedule of equal delegates, and rule G over its rounds.

A round is an epoch of finality. At its beginning the current set is shuffled into a schedule, each
delegate owning one slot (and once more, if the round has slots left). Elections are read at
promotions alone; delegates of the previous set own no slot but vote on, by ops that any producer
includes. Who misses its slots in a row is jailed; a silence as long as a round is no delegate's
fault and counts for nobody.

The seed of the shuffle is the round and the checkpoint final by then: no producer of the round
before can choose it by trying blocks.

Source: CONSENSUS.md 1, 2 (DPoS); FFG.md 5 (DPoS); decision record 0073.
"""

from dataclasses import dataclass, replace
from typing import ClassVar

from spec.config import DposConfig
from spec.consensus.dpos.state import DPOS_LEAF, DposLeaf, DposState, Missed
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
from spec.consensus.shuffle import compute_shuffled
from spec.consensus.slot_errors import FieldsWrong
from spec.consensus.slots import validate_producer, validate_signature_seal, validate_slot_time
from spec.crypto.hashing import sha256
from spec.ledger.codec import BlockId
from spec.ledger.ledger_ops import Jail, LedgerOp, Reward
from spec.ledger.ops import ConsensusFields, NoFields, Op, Seal
from spec.ledger.staking.registry import ValidatorStatus
from spec.ledger.staking.view import LedgerView
from spec.ledger.state import compute_reserved_key
from spec.ledger.types import Draft, Header
from spec.lib.result import Err, Ok, Result
from spec.lib.ssz import decode, encode

STATE_KEY = compute_reserved_key(b"consensus/dpos")
DELEGATE_WEIGHT = 1 << 20
"""Weight of a delegate: equal for all, and enough for the leak to take it in small parts."""
SCHEDULE_DOMAIN = b"qc/dpos/schedule/1"


@dataclass(frozen=True, slots=True)
class DposRules:
    """The `ChainRules` of DPoS."""

    name: ClassVar[str] = "dpos"

    def genesis(self, context: RulesContext, view: LedgerView) -> DposState:
        """The first election and its first schedule."""
        finality = compute_finality_genesis(get_rule(context), view)
        schedule = compute_schedule(finality.ffg, 0)
        return DposState(finality, schedule, (), schedule[0])

    def get_genesis_fields(self, _context: RulesContext) -> ConsensusFields:
        """None: DPoS puts nothing of its own into headers."""
        return NoFields()

    def encode_state(self, state: DposState) -> tuple[tuple[bytes, bytes], ...]:
        """Three leaves."""
        leaf = encode(DPOS_LEAF, DposLeaf(state.schedule, state.missed))
        return (*encode_finality(state.finality), (STATE_KEY, leaf))

    def decode_state(self, leaves: tuple[bytes, ...]) -> DposState:
        """The state that `encode_state` wrote; its producer is set by the next tick."""
        decoded = decode(DPOS_LEAF, leaves[2])
        assert isinstance(decoded, Ok), "the leaf is written by the rules alone"
        leaf: DposLeaf = decoded.value
        return DposState(decode_finality(leaves[:2]), leaf.schedule, leaf.missed, leaf.schedule[0])

    def get_roots(self, state: DposState) -> tuple[bytes, bytes]:
        """The current and the previous set, whose votes finalise."""
        return state.finality.current_root, state.finality.previous_root

    def tick(
        self, context: RulesContext, parent: Parent[DposState], slot: int
    ) -> tuple[DposState, tuple[LedgerOp, ...]]:
        """Passes boundaries, draws the schedule of a new round, counts missed slots."""
        config, state = get_config(context), parent.chain_state
        passage = Passage(parent.block_id, parent.header.slot, slot, parent.view)
        finality, ops = tick_finality(get_rule(context), state.finality, passage)
        epoch_blocks = config.finality.epoch_blocks
        before, epoch = parent.header.slot // epoch_blocks, slot // epoch_blocks
        schedule = state.schedule
        if epoch != before:
            schedule = compute_schedule(finality.ffg, epoch)
        missed = state.missed
        jails: tuple[LedgerOp, ...] = ()
        if parent.header.height > 0 and slot - parent.header.slot <= epoch_blocks:
            owners = tuple(
                get_owner(
                    state.schedule if s // epoch_blocks == before else schedule, s, epoch_blocks
                )
                for s in range(parent.header.slot + 1, slot)
            )
            missed, jails = _count_missed(config, state.missed, owners)
        owner = get_owner(schedule, slot, epoch_blocks)
        return DposState(finality, schedule, missed, owner), ops + jails

    def validate_slot(self, context: RulesContext, header: Header) -> ConsensusError | None:
        """A block's time is the beginning of its slot."""
        return validate_slot_time(context, header)

    def validate_header(
        self, _context: RulesContext, ticked: DposState, header: Header
    ) -> ConsensusError | None:
        """Checks, in order: fields, set roots, that the proposer owns the slot."""
        if header.consensus != NoFields():
            return FieldsWrong(type(header.consensus).__name__, NoFields.__name__)
        return validate_producer(ticked.finality, ticked.producer, header)

    def validate_seal(
        self, context: RulesContext, ticked: DposState, header: Header, seal: Seal
    ) -> ConsensusError | None:
        """The owner's signature."""
        return validate_signature_seal(context, (ticked.finality, ticked.producer), header, seal)

    def validate_op(
        self, context: RulesContext, ticked: DposState, draft: Draft, op: Op
    ) -> ConsensusError | None:
        """Votes, and evidence about votes and seals."""
        return find_op_error(context, (get_rule(context), ticked.finality), draft, op)

    def apply_consensus(
        self, context: RulesContext, ticked: DposState, draft: Draft, ops: tuple[Op, ...]
    ) -> Result[tuple[DposState, tuple[LedgerOp, ...]], ConsensusError]:
        """Counts votes, convicts offenders, pays the producer."""
        case = (get_rule(context), ticked.finality)
        folded = fold_ops(context, case, draft, ops, skips=False)
        return folded if isinstance(folded, Err) else Ok(_finish(context, ticked, folded.value))

    def select(
        self, context: RulesContext, ticked: DposState, draft: Draft, pool: tuple[Op, ...]
    ) -> tuple[tuple[Op, ...], DposState, tuple[LedgerOp, ...]]:
        """Of a pool what fits into a block: (ops, the state after it, ops on the ledger)."""
        case = (get_rule(context), ticked.finality)
        folded = fold_ops(context, case, draft, pool, skips=True)
        assert isinstance(folded, Ok), "what does not fit is left out"
        return (folded.value.ops, *_finish(context, ticked, folded.value))

    def get_checkpoints(
        self, _context: RulesContext, state: DposState, _block_id: BlockId, _header: Header
    ) -> tuple[BlockId | None, BlockId | None]:
        """What the votes recorded on this chain decided."""
        return get_checkpoint_ids(state.finality.ffg)

    def get_weight(self, state: DposState, header: Header) -> tuple[int, ...]:
        """(justified round, height)."""
        return state.finality.ffg.justified.epoch, header.height


def _finish(
    context: RulesContext, ticked: DposState, folded: Folded
) -> tuple[DposState, tuple[LedgerOp, ...]]:
    """The producer earned its reward, and its row of missed slots is over."""
    missed = tuple(m for m in ticked.missed if m.validator != ticked.producer)
    reward = get_config(context).producer_reward
    rewards: tuple[LedgerOp, ...] = (Reward(ticked.producer, reward),) if reward else ()
    return replace(ticked, finality=folded.state, missed=missed), folded.ledger_ops + rewards


def _count_missed(
    config: DposConfig, missed: tuple[Missed, ...], owners: tuple[int, ...]
) -> tuple[tuple[Missed, ...], tuple[LedgerOp, ...]]:
    """Adds missed slots; who has missed too many in a row is jailed and counts anew."""
    counts = {m.validator: m.count for m in missed}
    jails: tuple[LedgerOp, ...] = ()
    for owner in owners:
        counts[owner] = counts.get(owner, 0) + 1
        if counts[owner] >= config.missed_slots_max:
            jails += (Jail(owner),)
            del counts[owner]
    return tuple(Missed(v, c) for v, c in sorted(counts.items())), jails


def get_config(context: RulesContext) -> DposConfig:
    """The chain's parameters."""
    config = context.config.consensus
    assert isinstance(config, DposConfig), "DPoS rules serve a DPoS chain"
    return config


def get_rule(context: RulesContext) -> FinalityRule:
    """Members are the delegates of most stake, all of equal weight."""
    config = get_config(context)

    def elect(view: LedgerView) -> tuple[Member, ...]:
        return compute_delegates(view, config.seats)

    return FinalityRule(config.finality, context.config.slot_ms, has_slots=True, elect=elect)


def compute_delegates(view: LedgerView, seats: int) -> tuple[Member, ...]:
    """The active validators of most stake, ties to the lower index."""
    active = [v for v in view.validators if v.status == ValidatorStatus.ACTIVE and v.stake > 0]
    chosen = sorted(active, key=lambda v: (-v.stake, v.validator))[:seats]
    return compute_members(tuple((v, DELEGATE_WEIGHT) for v in sorted(c.validator for c in chosen)))


def compute_schedule(ffg: FfgState, epoch: int) -> tuple[int, ...]:
    """The order of a round: who still has weight, shuffled; if nobody has, everybody."""
    able = tuple(m.validator for m in ffg.current if m.weight)
    everybody = tuple(m.validator for m in ffg.current)
    seed = sha256(SCHEDULE_DOMAIN, epoch.to_bytes(8, "little"), ffg.finalised.root)
    return compute_shuffled(able or everybody, seed)


def get_owner(schedule: tuple[int, ...], slot: int, epoch_blocks: int) -> int:
    """Whose slot it is."""
    return schedule[slot % epoch_blocks % len(schedule)]
