"""What a validator does where time has slots: it seals a block in its own, and votes once an epoch.

What differs between PoS and DPoS is a `SlotPolicy`: what goes into a header, when to vote, and
which head to follow.

A seal is promised like a vote: in the log before it is signed, and never two of one slot. After a
crash the highest sealed slot is the floor, and its seal is signed again.

Source: CONSENSUS.md 1; INTERFACE.md 2.11, 2.12, 3.
"""

from dataclasses import dataclass, replace
from functools import partial
from typing import Generic, Protocol, TypeVar

from spec.consensus.bft.messages import Proposal
from spec.consensus.bft.rounds import TimeoutKind
from spec.consensus.finality import FinalityRule, is_too_old
from spec.consensus.finality_state import FinalityState
from spec.consensus.interface import (
    Broadcast,
    Evidence,
    Message,
    Persist,
    Record,
    RulesContext,
    SealRequest,
    Sign,
    Signable,
    SignedRecord,
    Source,
)
from spec.consensus.node import (
    SELF,
    NodeConfig,
    NodeState,
    Transition,
    follow_head,
    get_parent,
    import_block,
)
from spec.consensus.offences import get_validator
from spec.consensus.producing import Plan, make_build
from spec.consensus.slots import get_slot, get_slot_time
from spec.consensus.voter import (
    EMPTY_VOTER_STATE,
    Production,
    VoterState,
    apply_own_vote,
    cast_vote,
    get_own_messages,
    get_pool,
    is_own_promise,
    restore_voter,
    take_evidence,
    take_vote,
    witness_finality,
    witness_ops,
    witness_production,
    witness_source,
)
from spec.ledger.codec import BlockId
from spec.ledger.ledger_ops import LedgerOp
from spec.ledger.ops import ConsensusFields, FfgVote, NoSeal, Op, RoundVote, SignatureSeal
from spec.ledger.types import Block, Draft


class SlotState(Protocol):
    """What the states of PoS and DPoS have in common."""

    @property
    def finality(self) -> FinalityState:
        """Votes and sets."""

    @property
    def producer(self) -> int:
        """Owner of the slot that the state was ticked to."""


S = TypeVar("S", bound=SlotState)


@dataclass(frozen=True, slots=True)
class SlotDutyState:
    """What the duty remembers."""

    slot: int
    """The latest in which we looked whether it is ours."""
    sealed: SealRequest | None
    """Our latest promise of a block; unsealed until its signature has come."""
    timely: tuple[int, BlockId] | None
    """The first block that came in the first third of its slot: (slot, id); the latest such."""
    voter: VoterState


Config = NodeConfig[S, SlotDutyState]
State = NodeState[S, SlotDutyState]
Outcome = Transition[S, SlotDutyState]


class SlotPolicy(Protocol[S]):
    """What differs between PoS and DPoS."""

    def get_rule(self, context: RulesContext) -> FinalityRule:
        """The finality parameters."""

    def select(
        self, context: RulesContext, ticked: S, draft: Draft, pool: tuple[Op, ...]
    ) -> tuple[tuple[Op, ...], S, tuple[LedgerOp, ...]]:
        """Of a pool what fits into a block."""

    def ask_reveal(self, ticked: S) -> Signable | None:
        """What must be asked of the key before the block is built; None if nothing."""

    def get_fields(self, ticked: S, answer: Signable | None) -> ConsensusFields | None:
        """What the header carries; None if the answer is none to what was asked."""

    def is_vote_due(self, config: Config[S], node: State[S], ticked: S) -> bool:
        """Whether it is time to vote."""

    def get_attested(self, node: State[S], slot: int) -> tuple[int, bytes]:
        """(slot, head) of our vote."""

    def choose(self, config: Config[S], node: State[S]) -> BlockId:
        """The head."""


@dataclass(frozen=True, slots=True)
class SlotDuty(Generic[S]):
    """The `Duty` of PoS and DPoS."""

    policy: SlotPolicy[S]

    def initial(self) -> SlotDutyState:
        """Nothing promised."""
        return SlotDutyState(slot=0, sealed=None, timely=None, voter=EMPTY_VOTER_STATE)

    def start(self, _config: Config[S], node: State[S], wal: tuple[Record, ...]) -> Outcome[S]:
        """Restores both guards and signs the latest promises again."""
        voter, effects = restore_voter(wal)
        sealed: SealRequest | None = None
        for record in wal:
            if isinstance(record, SignedRecord) and isinstance(record.message, SealRequest):
                later = sealed is None or _get_slot(record.message) > _get_slot(sealed)
                sealed = record.message if later else sealed
        if sealed is not None:
            effects += (Sign(sealed),)
        return replace(node, duty=replace(node.duty, voter=voter, sealed=sealed)), effects

    def on_tick(self, config: Config[S], node: State[S]) -> Outcome[S]:
        """In a new slot, produces if it is ours; votes if it is time; looks for the head again."""
        node, effects = follow_head(config, node)
        slot = get_slot(config.context, node.now_ms)
        if slot > node.duty.slot:
            node = replace(node, duty=replace(node.duty, slot=slot))
            node, more = self._produce(config, node, None)
            effects += more
        node, more = self._vote(config, node)
        return node, effects + more

    def on_message(
        self,
        config: Config[S],
        node: State[S],
        source: Source,
        message: Proposal | RoundVote | FfgVote | Evidence,
    ) -> Outcome[S]:
        """Keeps votes and evidence for the next blocks."""
        view, voter = node.tree[node.head].view, node.duty.voter
        match message:
            case FfgVote():
                epoch = get_slot(config.context, node.now_ms) // self._get_epoch_blocks(config)
                voter, effects = take_vote(config.context, view, voter, (source, message, epoch))
                voter, reports = witness_source(voter, _get_finality(node).ffg, message)
                effects += reports
            case Proposal() | RoundVote():
                return node, ()
            case _:
                voter, effects = take_evidence(config.context, view, voter, (source, message))
        return _with_voter(node, voter), effects

    def on_timeout(
        self, _config: Config[S], node: State[S], _timeout: tuple[TimeoutKind, int, int]
    ) -> Outcome[S]:
        """Nothing was scheduled."""
        return node, ()

    def on_built(self, config: Config[S], node: State[S], block: Block, tag: int) -> Outcome[S]:
        """Promises the block of our slot, unless one of it, or a later one, is promised."""
        slot = block.header.slot
        is_stale = tag != node.duty.slot or slot != tag
        if is_stale or config.validator is None or slot <= _get_slot(node.duty.sealed):
            return node, ()
        request = SealRequest(replace(block, seal=NoSeal()), config.validator)
        node = replace(node, duty=replace(node.duty, sealed=request))
        return node, (Persist(SignedRecord(request)), Sign(request))

    def on_mined(self, _config: Config[S], node: State[S], _block: Block) -> Outcome[S]:
        """Nothing: no block is mined."""
        return node, ()

    def on_signed(self, config: Config[S], node: State[S], message: Signable) -> Outcome[S]:
        """Sends the vote or the block that was promised, and takes it in like anybody's."""
        match message:
            case FfgVote():
                return self._send_vote(node, message)
            case SealRequest(block):
                promised = node.duty.sealed
                if promised is None or replace(block, seal=NoSeal()) != promised.block:
                    return node, ()
                node, effects = import_block(config, node, SELF, block, needs_seal=True)
                return node, (Broadcast(block), *effects)
            case Proposal() | RoundVote():
                return node, ()
            case _:
                return self._produce(config, node, message)

    def on_verdict(
        self, _config: Config[S], node: State[S], _block_id: BlockId, *, is_valid: bool
    ) -> Outcome[S]:
        """No candidate waits for a seal."""
        _ = is_valid
        return node, ()

    def choose(self, config: Config[S], node: State[S]) -> BlockId:
        """As the policy says."""
        return self.policy.choose(config, node)

    def get_gossip(self, config: Config[S], node: State[S]) -> tuple[Message, ...]:
        """Our latest vote, and evidence that may still convict."""
        head, rule = node.tree[node.head], self.policy.get_rule(config.context)
        is_stale = partial(is_too_old, config.context, rule, head.block.header.slot + 1)
        return get_own_messages(node.duty.voter, head.view, _get_finality(node), is_stale)

    def on_block(self, config: Config[S], node: State[S], block_id: BlockId) -> Outcome[S]:
        """Witnesses its votes and its seal, and whether it came in time."""
        entry = node.tree[block_id]
        header, seal = entry.block.header, entry.block.seal
        voter, effects = witness_ops(node.duty.voter, entry.block.body.ops)
        if isinstance(seal, SignatureSeal):
            made = Production(block_id, seal.signature)
            producer = (entry.chain_state.producer, header.slot)
            voter, more = witness_production(voter, producer, made)
            effects += more
        voter, more = witness_finality(voter, entry.chain_state.finality.ffg)
        effects += more
        duty = replace(node.duty, voter=voter)
        late_ms = node.now_ms - get_slot_time(config.context, header.slot)
        is_first = duty.timely is None or header.slot > duty.timely[0]
        if is_first and 3 * late_ms < config.context.config.slot_ms:
            duty = replace(duty, timely=(header.slot, block_id))
        return replace(node, duty=duty), effects

    def on_head(self, config: Config[S], node: State[S]) -> Outcome[S]:
        """Votes if it is time."""
        return self._vote(config, node)

    # Parts

    def _get_epoch_blocks(self, config: Config[S]) -> int:
        return self.policy.get_rule(config.context).config.epoch_blocks

    def _produce(self, config: Config[S], node: State[S], answer: Signable | None) -> Outcome[S]:
        """Asks for the block of the current slot, if it is ours and none is promised for it."""
        slot = node.duty.slot
        parent = get_parent(node, node.head)
        is_over = slot <= parent.header.slot or slot <= _get_slot(node.duty.sealed)
        if config.validator is None or is_over:
            return node, ()
        ticked, tick_ops = config.rules.tick(config.context, parent, slot)
        if ticked.producer != config.validator:
            return node, ()
        asked = self.policy.ask_reveal(ticked)
        if asked is not None and answer is None:
            return node, (Sign(asked),)
        fields = self.policy.get_fields(ticked, answer)
        entry = get_validator(ticked.finality.view, config.validator)
        if fields is None or entry is None:
            return node, ()
        plan = Plan(
            parent=parent,
            ticked=ticked,
            tick_ops=tick_ops,
            slot=slot,
            time_ms=get_slot_time(config.context, slot),
            proposer=entry.operator,
            consensus=fields,
            tag=slot,
        )
        pool = get_pool(node.duty.voter, ticked.finality.ffg)
        return node, (make_build(config, plan, self.policy.select, pool),)

    def _vote(self, config: Config[S], node: State[S]) -> Outcome[S]:
        """Votes for the epoch of the current slot."""
        slot = get_slot(config.context, node.now_ms)
        epoch = slot // self._get_epoch_blocks(config)
        if config.validator is None or epoch <= node.duty.voter.guard.target_epoch:
            return node, ()
        parent = get_parent(node, node.head)
        ticked = parent.chain_state
        if slot > parent.header.slot:
            ticked, _ = config.rules.tick(config.context, parent, slot)
        if not _is_source_shown(parent.chain_state, ticked):
            return node, ()
        if not self.policy.is_vote_due(config, node, ticked):
            return node, ()
        attested = self.policy.get_attested(node, slot)
        voter, effects = cast_vote(node.duty.voter, config.validator, ticked.finality.ffg, attested)
        return _with_voter(node, voter), effects

    def _send_vote(self, node: State[S], vote: FfgVote) -> Outcome[S]:
        voter = node.duty.voter
        if not is_own_promise(voter, vote):
            return node, ()
        voter, effects = apply_own_vote(voter, vote)
        return _with_voter(node, voter), effects


def _is_source_shown(on_chain: S, ticked: S) -> bool:
    """Whether a block of the tree, and not the clock alone, shows what is justified.

    A vote binds its voter to its source. The fork choice leads to what blocks show; if the branch
    were left before one shows the source, the voter could never vote on another.
    """
    return on_chain.finality.ffg.justified == ticked.finality.ffg.justified


def _get_slot(request: SealRequest | None) -> int:
    return 0 if request is None else request.block.header.slot


def _get_finality(node: State[S]) -> FinalityState:
    """After our head."""
    return node.tree[node.head].chain_state.finality


def _with_voter(node: State[S], voter: VoterState) -> State[S]:
    return replace(node, duty=replace(node.duty, voter=voter))
