"""What a Hybrid node does: it mines if it is registered, and votes if it is a member.

A member votes once an epoch, when a quarter of it stands on the checkpoint: a vote at the tip
would often be for a block that the work leaves behind.

Source: CONSENSUS.md 1, 2; EIP-1011 (when to vote); INTERFACE.md 3; FFG.md 1.
"""

from dataclasses import dataclass, replace
from functools import partial

from spec.consensus.bft.messages import Proposal
from spec.consensus.bft.rounds import TimeoutKind
from spec.consensus.finality import is_too_old
from spec.consensus.hybrid.rules import HybridRules, get_config, get_rule
from spec.consensus.hybrid.state import HybridState
from spec.consensus.interface import (
    Evidence,
    Message,
    Record,
    Signable,
    Source,
)
from spec.consensus.mining import plan_template, publish_mined, search_nonce
from spec.consensus.node import (
    NodeConfig,
    NodeState,
    Transition,
    choose_heaviest,
)
from spec.consensus.producing import make_build
from spec.consensus.voter import (
    EMPTY_VOTER_STATE,
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
    witness_source,
)
from spec.ledger.codec import BlockId
from spec.ledger.ops import FfgVote, RoundVote
from spec.ledger.types import ZERO_BYTES32, Block

RULES = HybridRules()
VOTE_DIVISOR = 4
"""A vote is cast when this part of the epoch is there."""


@dataclass(frozen=True, slots=True)
class HybridDutyState:
    """What a Hybrid node remembers."""

    templates: int
    """Templates asked for so far: the tag of the latest."""
    template_ms: int
    """When the latest was asked for."""
    voter: VoterState


Config = NodeConfig[HybridState, HybridDutyState]
State = NodeState[HybridState, HybridDutyState]
Outcome = Transition[HybridState, HybridDutyState]


@dataclass(frozen=True, slots=True)
class HybridDuty:
    """The `Duty` of Hybrid."""

    def initial(self) -> HybridDutyState:
        """No template, no promise."""
        return HybridDutyState(templates=0, template_ms=0, voter=EMPTY_VOTER_STATE)

    def start(self, config: Config, node: State, wal: tuple[Record, ...]) -> Outcome:
        """Restores the guard, then begins to mine."""
        voter, effects = restore_voter(wal)
        node, more = _renew(config, _with_voter(node, voter))
        return node, effects + more

    def on_tick(self, config: Config, node: State) -> Outcome:
        """Renews a template that is a slot old: its time, and the votes in it, are of today."""
        is_old = node.now_ms >= node.duty.template_ms + config.context.config.slot_ms
        return _renew(config, node) if is_old else (node, ())

    def on_message(
        self,
        config: Config,
        node: State,
        source: Source,
        message: Proposal | RoundVote | FfgVote | Evidence,
    ) -> Outcome:
        """Keeps votes and evidence for the next blocks."""
        head, voter = node.tree[node.head], node.duty.voter
        match message:
            case FfgVote():
                epoch = head.block.header.height // get_epoch_blocks(config)
                said = (source, message, epoch)
                voter, effects = take_vote(config.context, head.view, voter, said)
                voter, reports = witness_source(voter, head.chain_state.finality.ffg, message)
                effects += reports
            case Proposal() | RoundVote():
                return node, ()
            case _:
                voter, effects = take_evidence(config.context, head.view, voter, (source, message))
        return _with_voter(node, voter), effects

    def on_timeout(
        self, _config: Config, node: State, _timeout: tuple[TimeoutKind, int, int]
    ) -> Outcome:
        """Nothing was scheduled."""
        return node, ()

    def on_built(self, _config: Config, node: State, block: Block, tag: int) -> Outcome:
        """Searches a nonce for the latest template."""
        return node, search_nonce(block, is_latest=tag == node.duty.templates)

    def on_mined(self, config: Config, node: State, block: Block) -> Outcome:
        """Sends the block to all, and imports it like anybody's."""
        return publish_mined(config, node, block)

    def on_signed(self, _config: Config, node: State, message: Signable) -> Outcome:
        """Sends the vote that was promised."""
        voter = node.duty.voter
        if not isinstance(message, FfgVote) or not is_own_promise(voter, message):
            return node, ()
        voter, effects = apply_own_vote(voter, message)
        return _with_voter(node, voter), effects

    def on_verdict(
        self, _config: Config, node: State, _block_id: BlockId, *, is_valid: bool
    ) -> Outcome:
        """No candidate waits for a seal."""
        _ = is_valid
        return node, ()

    def choose(self, config: Config, node: State) -> BlockId:
        """The highest justified epoch, then the most work; of equals the first seen."""
        return choose_heaviest(config, node)

    def get_gossip(self, config: Config, node: State) -> tuple[Message, ...]:
        """Our latest vote, and evidence that may still convict."""
        head, rule = node.tree[node.head], get_rule(config.context)
        is_stale = partial(is_too_old, config.context, rule, head.block.header.slot + 1)
        return get_own_messages(node.duty.voter, head.view, head.chain_state.finality, is_stale)

    def on_block(self, _config: Config, node: State, block_id: BlockId) -> Outcome:
        """Witnesses the votes in it."""
        entry = node.tree[block_id]
        voter, effects = witness_ops(node.duty.voter, entry.block.body.ops)
        voter, reports = witness_finality(voter, entry.chain_state.finality.ffg)
        return _with_voter(node, voter), effects + reports

    def on_head(self, config: Config, node: State) -> Outcome:
        """Votes if it is time, and asks for a new template."""
        node, effects = _vote(config, node)
        node, more = _renew(config, node)
        return node, effects + more


def get_epoch_blocks(config: Config) -> int:
    """Blocks of an epoch."""
    return get_config(config.context).finality.epoch_blocks


def _with_voter(node: State, voter: VoterState) -> State:
    return replace(node, duty=replace(node.duty, voter=voter))


def _vote(config: Config, node: State) -> Outcome:
    """Votes for the head's epoch once a quarter of it is there."""
    head = node.tree[node.head]
    epoch_blocks = get_epoch_blocks(config)
    if head.block.header.height % epoch_blocks < epoch_blocks // VOTE_DIVISOR:
        return node, ()
    ffg = head.chain_state.finality.ffg
    voter, effects = cast_vote(node.duty.voter, config.validator, ffg, (0, ZERO_BYTES32))
    return _with_voter(node, voter), effects


def _renew(config: Config, node: State) -> Outcome:
    """Asks for a template on the head, if this node mines."""
    templates = node.duty.templates + 1
    plan = plan_template(config, node, templates, lambda ticked: ticked.work.target)
    if plan is None:
        return node, ()
    pool = get_pool(node.duty.voter, plan.ticked.finality.ffg)
    duty = replace(node.duty, templates=templates, template_ms=node.now_ms)
    return replace(node, duty=duty), (make_build(config, plan, RULES.select, pool),)
