"""A node's import of blocks, the same for all algorithms, and the frame around its duty.

    a block arrives -> known? -> above the final height? -> its own body? -> parent known? (else
        orphan, Fetch) -> its time come? (else deferred) -> tick, header, seal, ops -> Execute
    Executed: Ok -> attach (persist, finalise, prune, choose a head, take up orphans)
              Err -> remember as invalid

A block whose seal is still missing (a BFT proposal) goes the same way as far as `Executed` and
then waits as a candidate; whoever learns its seal, the duty by voting or a peer by sending it,
has it attached.

Everything is a value: functions take the node's state and return the next one and the effects.
All collections are bounded by `spec.limits`; what falls out is only forgotten, and peers offer it
again.

Source: CONSENSUS.md 1; INTERFACE.md 1, 2; decision record 0070.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Generic, Protocol, TypeVar

from spec.consensus.bft.messages import Proposal
from spec.consensus.bft.rounds import TimeoutKind
from spec.consensus.bft.state import Seat
from spec.consensus.errors import ConsensusError, SlotNotAfterParent
from spec.consensus.interface import (
    BlockRecord,
    ChainRules,
    Effect,
    Evidence,
    Execute,
    Fetch,
    Finalize,
    Message,
    Parent,
    Persist,
    Record,
    RejectMessage,
    Report,
    RulesContext,
    SetHead,
    Signable,
    Source,
)
from spec.ledger.block import validate_body
from spec.ledger.codec import BlockId, compute_block_id, get_draft
from spec.ledger.ledger_ops import ConsensusStep
from spec.ledger.ops import FfgVote, RoundVote
from spec.ledger.staking.view import LedgerView
from spec.ledger.types import Block
from spec.lib.result import Err, Ok, Result
from spec.limits import CANDIDATES_MAX, DEFERRED_MAX, INVALID_MAX, ORPHANS_MAX, TREE_BLOCKS_MAX

S = TypeVar("S")
"""The chain state of the algorithm."""
D = TypeVar("D")
"""What its duty remembers."""
K = TypeVar("K")
V = TypeVar("V")

SELF = Source(b"")
"""The source of what the node itself made."""


@dataclass(frozen=True, slots=True)
class Entry(Generic[S]):
    """A block of the tree."""

    block: Block
    chain_state: S
    """The consensus state after it."""
    view: LedgerView
    """The ledger after it."""


@dataclass(frozen=True, slots=True)
class Candidate(Generic[S]):
    """A block that consensus accepts and that the ledger, or a seal, is still to accept."""

    block: Block
    source: Source
    chain_state: S
    is_sealed: bool
    view: LedgerView | None
    """The ledger after it, once executed."""


@dataclass(frozen=True, slots=True)
class NodeState(Generic[S, D]):
    """All that a node remembers; two honest nodes on one chain may differ in it."""

    is_awake: bool
    """Whether `Restart` has come."""
    now_ms: int
    tree: Mapping[BlockId, Entry[S]]
    """The root and its descendants, in order of arrival."""
    root: BlockId
    """Where the tree begins: the final block, or one so deep below the head that we let go."""
    head: BlockId
    final: BlockId
    candidates: Mapping[BlockId, Candidate[S]]
    orphans: Mapping[BlockId, tuple[Source, Block]]
    deferred: Mapping[BlockId, tuple[Source, Block]]
    invalid: Mapping[BlockId, str]
    """Codes by id."""
    duty: D


Transition = tuple[NodeState[S, D], tuple[Effect, ...]]


class Duty(Protocol[S, D]):
    """What a node does beyond following a chain; each method is called after the common part."""

    def initial(self) -> D:
        """What the duty remembers before the node wakes up."""

    def start(
        self, config: "NodeConfig[S, D]", node: NodeState[S, D], wal: tuple[Record, ...]
    ) -> Transition[S, D]:
        """The node woke up: restore promises, then begin."""

    def on_tick(self, config: "NodeConfig[S, D]", node: NodeState[S, D]) -> Transition[S, D]:
        """The clock moved."""

    def on_message(
        self,
        config: "NodeConfig[S, D]",
        node: NodeState[S, D],
        source: Source,
        message: Proposal | RoundVote | FfgVote | Evidence,
    ) -> Transition[S, D]:
        """A message that is no block."""

    def on_timeout(
        self,
        config: "NodeConfig[S, D]",
        node: NodeState[S, D],
        timeout: tuple[TimeoutKind, int, int],
    ) -> Transition[S, D]:
        """A wait (kind, height, round) is over."""

    def on_built(
        self, config: "NodeConfig[S, D]", node: NodeState[S, D], block: Block, tag: int
    ) -> Transition[S, D]:
        """The block asked for is ready."""

    def on_signed(
        self, config: "NodeConfig[S, D]", node: NodeState[S, D], message: Signable
    ) -> Transition[S, D]:
        """A message has its signature."""

    def on_verdict(
        self,
        config: "NodeConfig[S, D]",
        node: NodeState[S, D],
        block_id: BlockId,
        *,
        is_valid: bool,
    ) -> Transition[S, D]:
        """The ledger judged an unsealed candidate, or refused a block."""

    def on_mined(
        self, config: "NodeConfig[S, D]", node: NodeState[S, D], block: Block
    ) -> Transition[S, D]:
        """A nonce was found."""

    def choose(self, config: "NodeConfig[S, D]", node: NodeState[S, D]) -> BlockId:
        """The head among the tree's blocks; `choose_heaviest` in all algorithms but PoS."""

    def get_gossip(self, config: "NodeConfig[S, D]", node: NodeState[S, D]) -> tuple[Message, ...]:
        """Our own signed messages that still matter, for the shell to repeat."""

    def on_block(
        self, config: "NodeConfig[S, D]", node: NodeState[S, D], block_id: BlockId
    ) -> Transition[S, D]:
        """A block joined the tree; the head is chosen afterwards."""

    def on_head(self, config: "NodeConfig[S, D]", node: NodeState[S, D]) -> Transition[S, D]:
        """The head changed."""


@dataclass(frozen=True, slots=True)
class NodeConfig(Generic[S, D]):
    """What never changes while a node runs."""

    context: RulesContext
    rules: ChainRules[S]
    duty: Duty[S, D]
    validator: int | None
    """Our index in the registry; None for a node that only follows."""


def get_own_seat(config: NodeConfig[S, D], seats: tuple[Seat, ...]) -> Seat | None:
    """Our seat among these, None if we have none."""
    for seat in seats:
        if seat.validator == config.validator:
            return seat
    return None


def get_parent(node: NodeState[S, D], block_id: BlockId) -> Parent[S]:
    """A block of the tree as the next one's parent."""
    entry = node.tree[block_id]
    return Parent(block_id, entry.block.header, entry.chain_state, entry.view)


# Import


def import_block(
    config: NodeConfig[S, D],
    node: NodeState[S, D],
    source: Source,
    block: Block,
    *,
    needs_seal: bool,
) -> Transition[S, D]:
    """Takes in a block from anywhere.

    Args:
        config: of the node.
        node: its state.
        source: who sent it.
        block: decoded, otherwise untrusted.
        needs_seal: False for a proposal, whose seal is made by voting.
    """
    block_id = compute_block_id(block.header)
    if block_id in node.tree or block.header.height <= node.tree[node.root].block.header.height:
        return node, ()
    if block_id in node.invalid:
        return node, ()
    if block_id in node.candidates:
        return _seal_candidate(config, node, source, block) if needs_seal else (node, ())
    spoiled = validate_body(config.context.config, block.header, block.body)
    if spoiled is not None:  # says nothing about the block of this id, which may still come
        return node, (RejectMessage(source, spoiled),)
    parent_id = BlockId(block.header.parent)
    if parent_id not in node.tree:
        if not needs_seal:
            return node, ()
        orphans = _remember(node.orphans, block_id, (source, block), ORPHANS_MAX)
        return replace(node, orphans=orphans), (Fetch(parent_id, source),)
    if block.header.time_ms > node.now_ms + config.context.config.drift_ms_max:
        if not needs_seal:
            return node, ()
        deferred = _remember(node.deferred, block_id, (source, block), DEFERRED_MAX)
        return replace(node, deferred=deferred), ()
    judged = _judge(config, get_parent(node, parent_id), block, needs_seal=needs_seal)
    if isinstance(judged, Err):
        return node, (RejectMessage(source, judged.error),)
    chain_state, step = judged.value
    candidate = Candidate(block, source, chain_state, needs_seal, None)
    candidates = _remember(node.candidates, block_id, candidate, CANDIDATES_MAX)
    return replace(node, candidates=candidates), (Execute(block_id, block, step),)


def _judge(
    config: NodeConfig[S, D], parent: Parent[S], block: Block, *, needs_seal: bool
) -> Result[tuple[S, ConsensusStep], ConsensusError]:
    """The rules of the chain, in order: tick, header, seal, ops."""
    rules, context = config.rules, config.context
    if block.header.slot <= parent.header.slot:
        return Err(SlotNotAfterParent(block.header.slot, parent.header.slot))
    error = rules.validate_slot(context, block.header)
    if error is not None:
        return Err(error)
    ticked, tick_ops = rules.tick(context, parent, block.header.slot)
    error = rules.validate_header(context, ticked, block.header)
    if error is None and needs_seal:
        error = rules.validate_seal(context, ticked, block.header, block.seal)
    if error is not None:
        return Err(error)
    applied = rules.apply_consensus(context, ticked, get_draft(block.header), block.body.ops)
    if isinstance(applied, Err):
        return applied
    chain_state, ledger_ops = applied.value
    return Ok((chain_state, ConsensusStep(tick_ops + ledger_ops, rules.encode_state(chain_state))))


def _seal_candidate(
    config: NodeConfig[S, D], node: NodeState[S, D], source: Source, block: Block
) -> Transition[S, D]:
    """A block that waits as a candidate arrived with a seal."""
    block_id = compute_block_id(block.header)
    candidate = node.candidates[block_id]
    if candidate.is_sealed:
        return node, ()
    parent = get_parent(node, BlockId(block.header.parent))
    ticked, _ = config.rules.tick(config.context, parent, block.header.slot)
    error = config.rules.validate_seal(config.context, ticked, block.header, block.seal)
    if error is not None:
        return node, (RejectMessage(source, error),)
    sealed = replace(candidate.block, seal=block.seal)
    return seal_candidate(config, node, sealed)


def seal_candidate(
    config: NodeConfig[S, D], node: NodeState[S, D], block: Block
) -> Transition[S, D]:
    """Gives a candidate its seal, known to be right; attaches it if the ledger has accepted it.

    Args:
        config: of the node.
        node: its state, in which the block is an unsealed candidate.
        block: the candidate's block with a valid seal.
    """
    block_id = compute_block_id(block.header)
    candidate = replace(node.candidates[block_id], block=block, is_sealed=True)
    node = replace(node, candidates={**node.candidates, block_id: candidate})
    if candidate.view is None:
        return node, ()
    return _attach(config, node, block_id)


def apply_verdict(
    config: NodeConfig[S, D],
    node: NodeState[S, D],
    block_id: BlockId,
    result: Result[LedgerView, str],
) -> Transition[S, D]:
    """The ledger executed a block; verdicts on unknown blocks are ignored."""
    candidate = node.candidates.get(block_id)
    if candidate is None or candidate.view is not None:
        return node, ()
    if isinstance(result, Err):
        candidates = {k: v for k, v in node.candidates.items() if k != block_id}
        invalid = _remember(node.invalid, block_id, result.error, INVALID_MAX)
        node = replace(node, candidates=candidates, invalid=invalid)
        report = Report("chain.block_invalid", f"0x{block_id.hex()}: {result.error}")
        node, effects = config.duty.on_verdict(config, node, block_id, is_valid=False)
        return node, (report, *effects)
    candidate = replace(candidate, view=result.value)
    node = replace(node, candidates={**node.candidates, block_id: candidate})
    if candidate.is_sealed:
        return _attach(config, node, block_id)
    return config.duty.on_verdict(config, node, block_id, is_valid=True)


# The tree


def _attach(config: NodeConfig[S, D], node: NodeState[S, D], block_id: BlockId) -> Transition[S, D]:
    """Puts a sealed and executed candidate into the tree and follows where that leads."""
    candidate = node.candidates[block_id]
    assert candidate.view is not None, "only executed candidates are attached"
    candidates = {k: v for k, v in node.candidates.items() if k != block_id}
    if BlockId(candidate.block.header.parent) not in node.tree:
        return replace(node, candidates=candidates), ()
    entry = Entry(candidate.block, candidate.chain_state, candidate.view)
    node = replace(node, candidates=candidates, tree={**node.tree, block_id: entry})
    effects: tuple[Effect, ...] = (Persist(BlockRecord(candidate.block)),)
    node, more = config.duty.on_block(config, node, block_id)
    effects += more
    node, more = _follow(config, node, block_id)
    return _take_up(config, node, effects + more, block_id)


def _follow(config: NodeConfig[S, D], node: NodeState[S, D], block_id: BlockId) -> Transition[S, D]:
    """Moves finality and head after a block was attached."""
    before = node
    entry = node.tree[block_id]
    header = entry.block.header
    _, final = config.rules.get_checkpoints(config.context, entry.chain_state, block_id, header)
    if final is not None and final in node.tree and final != node.final:
        node = _prune(replace(node, final=final, root=final))
    is_final_moved = node.final != before.final
    is_moved, node = _rechoose(config, node)
    effects: tuple[Effect, ...] = (SetHead(node.head),) if is_moved else ()
    if is_final_moved:
        effects += (Finalize(node.final),)
    if not is_moved:
        return node, effects
    node, more = config.duty.on_head(config, node)
    return node, effects + more


def follow_head(config: NodeConfig[S, D], node: NodeState[S, D]) -> Transition[S, D]:
    """Chooses the head anew, where it depends on more than the tree: on votes, on the clock."""
    is_moved, node = _rechoose(config, node)
    if not is_moved:
        return node, ()
    node, effects = config.duty.on_head(config, node)
    return node, (SetHead(node.head), *effects)


def _rechoose(config: NodeConfig[S, D], node: NodeState[S, D]) -> tuple[bool, NodeState[S, D]]:
    """Whether the head moved, and the state with the head."""
    after = _let_go(replace(node, head=config.duty.choose(config, node)))
    return after.head != node.head, after


def choose_heaviest(config: NodeConfig[S, D], node: NodeState[S, D]) -> BlockId:
    """The heaviest block of the tree; of equals the one that came first."""
    root = node.tree[node.root]
    best, best_weight = node.root, config.rules.get_weight(root.chain_state, root.block.header)
    for block_id, entry in node.tree.items():
        weight = config.rules.get_weight(entry.chain_state, entry.block.header)
        if weight > best_weight:
            best, best_weight = block_id, weight
    return best


def _let_go(node: NodeState[S, D]) -> NodeState[S, D]:
    """Where finality does not come, forgets the deepest half of a tree that has grown too large.

    This is a bound on memory, not finality: a longer fork from below is simply not followed.
    """
    if len(node.tree) <= TREE_BLOCKS_MAX:
        return node
    root = node.head
    for _ in range(TREE_BLOCKS_MAX // 2):
        parent = BlockId(node.tree[root].block.header.parent)
        if parent not in node.tree:
            break
        root = parent
    return _prune(replace(node, root=root))


def _prune(node: NodeState[S, D]) -> NodeState[S, D]:
    """Drops what does not descend from the root, which never comes back."""
    kept: dict[BlockId, Entry[S]] = {node.root: node.tree[node.root]}
    height = kept[node.root].block.header.height
    for block_id, entry in node.tree.items():  # parents come before children
        if BlockId(entry.block.header.parent) in kept:
            kept[block_id] = entry
    candidates = {k: v for k, v in node.candidates.items() if v.block.header.height > height}
    orphans = {k: v for k, v in node.orphans.items() if v[1].header.height > height}
    return replace(node, tree=kept, candidates=candidates, orphans=orphans)


def _take_up(
    config: NodeConfig[S, D], node: NodeState[S, D], effects: tuple[Effect, ...], parent: BlockId
) -> Transition[S, D]:
    """Imports the orphans that waited for a block."""
    waiting = [v for v in node.orphans.values() if BlockId(v[1].header.parent) == parent]
    orphans = {k: v for k, v in node.orphans.items() if BlockId(v[1].header.parent) != parent}
    node = replace(node, orphans=orphans)
    for source, block in waiting:
        node, more = import_block(config, node, source, block, needs_seal=True)
        effects += more
    return node, effects


def apply_clock(config: NodeConfig[S, D], node: NodeState[S, D], now_ms: int) -> Transition[S, D]:
    """Moves the clock, never back, and imports the blocks whose time has come."""
    node = replace(node, now_ms=max(node.now_ms, now_ms))
    limit = node.now_ms + config.context.config.drift_ms_max
    due = [v for v in node.deferred.values() if v[1].header.time_ms <= limit]
    node = replace(
        node, deferred={k: v for k, v in node.deferred.items() if v[1].header.time_ms > limit}
    )
    effects: tuple[Effect, ...] = ()
    for source, block in due:
        node, more = import_block(config, node, source, block, needs_seal=True)
        effects += more
    return node, effects


def apply_message(
    config: NodeConfig[S, D], node: NodeState[S, D], source: Source, message: Message
) -> Transition[S, D]:
    """A message from a peer."""
    if isinstance(message, Block):
        return import_block(config, node, source, message, needs_seal=True)
    return config.duty.on_message(config, node, source, message)


def _remember(known: Mapping[K, V], key: K, value: V, count_max: int) -> Mapping[K, V]:
    """The map with one more entry; the oldest falls out when it is full."""
    kept = {k: v for k, v in known.items() if k != key}
    if len(kept) >= count_max:
        del kept[next(iter(kept))]
    kept[key] = value
    return kept
