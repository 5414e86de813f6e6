"""One interface for all consensus algorithms: what goes in, what comes out, which rules differ.

A node is a pure state machine. Its shell owns clocks, network, disk, keys and the ledger's
execution; it feeds `Input`s to `step` and carries out the `Effect`s it gets back *in order*.
Where a promise is made, the order is the safety argument: `Persist(SignedRecord(m))`, then
`Sign(m)`, and only after the `Signed(m)` that answers it the `Broadcast(m)`.

What differs between algorithms is two values. `ChainRules` is a fold over one chain: validity and
the consensus part of the ledger's state, a function of the chain alone. `Duty` is what a node does
beyond following a chain: propose, vote, wait, choose. Import of blocks is common to all
(`spec.consensus.node`).

    Input                     who sends it
    Restart(now, wal)         the shell, always first; the log is empty on a fresh start
    Tick(now)                 the shell's clock
    Received(source, message) a peer
    Timeout(...)              an earlier Schedule
    Built(block, tag)         an earlier Build
    Mined(block)              an earlier Mine
    Executed(id, result)      an earlier Execute
    Signed(message)           an earlier Sign

Source: CONSENSUS.md 1; INTERFACE.md 1, 2; decision record 0070.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Generic, NewType, Protocol, TypeVar

from spec.config import ChainConfig
from spec.consensus.bft.messages import Proposal
from spec.consensus.bft.rounds import TimeoutKind
from spec.consensus.errors import ConsensusError
from spec.ledger.codec import BlockId
from spec.ledger.errors import BlockError
from spec.ledger.ledger_ops import ConsensusStep, LedgerOp
from spec.ledger.ops import (
    ConsensusFields,
    DoubleFfgVote,
    DoubleProduction,
    DoubleProposal,
    DoubleVote,
    FfgVote,
    Op,
    RoundVote,
    Seal,
)
from spec.ledger.staking.view import LedgerView
from spec.ledger.types import Block, Draft, Header
from spec.lib.result import Result

Source = NewType("Source", bytes)
"""A peer as the shell names it; empty for the node itself."""

Evidence = DoubleVote | DoubleFfgVote | DoubleProduction | DoubleProposal
"""Two messages of one validator that no honest one sends: self-contained proof of an offence."""
Message = Proposal | RoundVote | FfgVote | Evidence | Block
"""What nodes send each other."""


@dataclass(frozen=True, slots=True)
class SealRequest:
    """A block whose producer is to seal it: what PoS and DPoS producers sign is (slot, id)."""

    block: Block
    """Unsealed; with its seal once it is signed."""
    validator: int
    """Index of the producer."""


@dataclass(frozen=True, slots=True)
class RevealRequest:
    """A PoS producer asks its key's holder for the next layer of its hash onion."""

    validator: int
    """Index of the producer."""
    layer: int
    """0-based, over all its onions."""
    reveal: bytes
    """32 bytes; zeros until it is answered."""


Signable = Proposal | RoundVote | FfgVote | SealRequest | RevealRequest
"""What a node signs."""


# What the node writes to its log, and reads back after a crash


@dataclass(frozen=True, slots=True)
class BlockRecord:
    """A block that was attached to the tree."""

    block: Block


@dataclass(frozen=True, slots=True)
class CandidateRecord:
    """A proposal that the node locked, or holds valid: it must be able to show it again."""

    proposal: Proposal


@dataclass(frozen=True, slots=True)
class SignedRecord:
    """A message the node is about to sign, still without its signature."""

    message: Signable


Record = BlockRecord | CandidateRecord | SignedRecord


# Inputs


@dataclass(frozen=True, slots=True)
class Restart:
    """The node wakes up; until then `step` is the identity."""

    now_ms: int
    wal: tuple[Record, ...]
    """Everything persisted since the anchor, in order."""


@dataclass(frozen=True, slots=True)
class Tick:
    """Time has passed."""

    now_ms: int


@dataclass(frozen=True, slots=True)
class Received:
    """A decoded message arrived."""

    source: Source
    message: Message


@dataclass(frozen=True, slots=True)
class Timeout:
    """A scheduled wait is over."""

    kind: TimeoutKind
    height: int
    round: int


@dataclass(frozen=True, slots=True)
class Built:
    """The block asked for, complete but unsealed; stale tags are dropped."""

    block: Block
    tag: int


@dataclass(frozen=True, slots=True)
class Mined:
    """A nonce was found for the block asked for."""

    block: Block


@dataclass(frozen=True, slots=True)
class Executed:
    """The ledger's verdict on a block: the view after it, or the code of what is wrong."""

    block_id: BlockId
    result: Result[LedgerView, str]


@dataclass(frozen=True, slots=True)
class Signed:
    """The message with its signature."""

    message: Signable


Input = Restart | Tick | Received | Timeout | Built | Mined | Executed | Signed


# Effects


@dataclass(frozen=True, slots=True)
class Persist:
    """Write to the log and sync before carrying out the next effect."""

    record: Record


@dataclass(frozen=True, slots=True)
class Sign:
    """Sign the message with the validator's key; deterministic, so repeating it is harmless."""

    message: Signable


@dataclass(frozen=True, slots=True)
class Broadcast:
    """Send to all peers; gossip may lose it."""

    message: Message


@dataclass(frozen=True, slots=True)
class Fetch:
    """Ask a peer for a block we lack, or for its sealed form."""

    block_id: BlockId
    source: Source


@dataclass(frozen=True, slots=True)
class Schedule:
    """Send the `Timeout` after a while."""

    kind: TimeoutKind
    height: int
    round: int
    after_ms: int


@dataclass(frozen=True, slots=True)
class Build:
    """Choose transactions, execute, and answer with `Built`."""

    draft: Draft
    ops: tuple[Op, ...]
    step: ConsensusStep
    """What the consensus does to the ledger's state in this block."""
    tag: int
    """Tells answers to different requests apart: the round."""


@dataclass(frozen=True, slots=True)
class Mine:
    """Search a nonce for the block, and answer with `Mined`; a new request replaces the old."""

    block: Block
    target: int
    """The work hash, read as a number, must not exceed it."""


@dataclass(frozen=True, slots=True)
class Execute:
    """Apply the block to its parent's ledger state and answer with `Executed`."""

    block_id: BlockId
    block: Block
    step: ConsensusStep


@dataclass(frozen=True, slots=True)
class SetHead:
    """This block is the end of the chain the node follows."""

    block_id: BlockId


@dataclass(frozen=True, slots=True)
class Finalize:
    """This block and its ancestors are final."""

    block_id: BlockId


@dataclass(frozen=True, slots=True)
class Report:
    """Evidence or an anomaly that operators should see."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class RejectMessage:
    """The message is invalid whatever the state of its receiver: its sender loses standing."""

    source: Source
    error: ConsensusError | BlockError


Effect = (
    Persist
    | Sign
    | Broadcast
    | Fetch
    | Schedule
    | Build
    | Mine
    | Execute
    | SetHead
    | Finalize
    | Report
    | RejectMessage
)


# What differs per algorithm: the rules of the chain

Verify = Callable[[bytes, bytes, bytes], bool]
"""(Ed25519 public key, signed root, signature) -> whether the signature is acceptable. A parameter,
since simulations run without signatures and nodes batch them."""


@dataclass(frozen=True, slots=True)
class RulesContext:
    """What every rule may read beside its arguments."""

    config: ChainConfig
    genesis_id: bytes
    genesis_time_ms: int
    """When slot 0 begins, where time has slots."""
    verify: Verify


S = TypeVar("S")
"""The chain state of one algorithm."""


@dataclass(frozen=True, slots=True)
class Parent(Generic[S]):
    """What a block builds on."""

    block_id: BlockId
    header: Header
    chain_state: S
    view: LedgerView
    """The ledger after it."""


class ChainRules(Protocol[S]):
    """Validity and consensus state of one chain: no clock, no network, no arrival order."""

    name: ClassVar[str]

    def genesis(self, context: RulesContext, view: LedgerView) -> S:
        """The state of the genesis block."""

    def get_genesis_fields(self, context: RulesContext) -> ConsensusFields:
        """What the genesis header carries for the consensus."""

    def encode_state(self, state: S) -> tuple[tuple[bytes, bytes], ...]:
        """The reserved leaves (key, value) that hold the state in the ledger's tree."""

    def decode_state(self, leaves: tuple[bytes, ...]) -> S:
        """The state from its leaves, in the order `encode_state` gives them."""

    def get_roots(self, state: S) -> tuple[bytes, bytes]:
        """(validators_root, next_validators_root) of a header on this ticked state."""

    def tick(
        self, context: RulesContext, parent: Parent[S], slot: int
    ) -> tuple[S, tuple[LedgerOp, ...]]:
        """The state as a block of `slot` finds it, and what passing boundaries does to the ledger.

        `slot` is above the parent's, and the node has compared it with the clock before.
        """

    def validate_slot(self, context: RulesContext, header: Header) -> ConsensusError | None:
        """Why the slot is not that of the header's time, where time has slots.

        Asked before `tick`, whose work it bounds: the node has compared the time with its clock.
        """

    def validate_header(
        self, context: RulesContext, ticked: S, header: Header
    ) -> ConsensusError | None:
        """Why the header can't stand on this state; seal and clock are not judged."""

    def validate_seal(
        self, context: RulesContext, ticked: S, header: Header, seal: Seal
    ) -> ConsensusError | None:
        """Why the seal does not seal this header."""

    def validate_op(
        self, context: RulesContext, ticked: S, draft: Draft, op: Op
    ) -> ConsensusError | None:
        """Why an op may not stand in this block; a producer filters its pool by it."""

    def apply_consensus(
        self, context: RulesContext, ticked: S, draft: Draft, ops: tuple[Op, ...]
    ) -> Result[tuple[S, tuple[LedgerOp, ...]], ConsensusError]:
        """The state after the block, or why its ops make it invalid."""

    def get_checkpoints(
        self, context: RulesContext, state: S, block_id: BlockId, header: Header
    ) -> tuple[BlockId | None, BlockId | None]:
        """The latest (justified, finalised) blocks of the chain up to this one; None is genesis."""

    def get_weight(self, state: S, header: Header) -> tuple[int, ...]:
        """How heavy the chain up to this block is; compared lexicographically."""
