"""One node of a scenario: the specification's `step` with a ledger, a key and a log around it.

Nothing happens by itself: no clock runs, no message travels, no timeout fires, no nonce is searched
unless the scenario says so. What the node answers for itself is what needs no time: blocks are
executed and built by the ledger, messages are signed.
"""

from collections import deque
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Final

from conformance.clients.spec.engine import ENGINE
from spec.chain import AnyNodeState, compute_genesis_anchor, compute_node_config, init, step
from spec.chain import verify_ed25519 as verify_slowly
from spec.config import Genesis
from spec.consensus.bft.messages import Proposal, compute_proposal_root, compute_vote_root
from spec.consensus.evidence import compute_ffg_root, compute_seal_root, get_offender
from spec.consensus.interface import (
    Broadcast,
    Build,
    Built,
    Effect,
    Evidence,
    Execute,
    Executed,
    Fetch,
    Finalize,
    Input,
    Message,
    Persist,
    Record,
    RejectMessage,
    Report,
    Restart,
    RevealRequest,
    Schedule,
    SealRequest,
    SetHead,
    Sign,
    Signable,
    Signed,
    SignedRecord,
)
from spec.consensus.onion import compute_layer
from spec.crypto.signing import ED25519
from spec.crypto.signing_keys import sign
from spec.ledger.block import Chain, apply_block, authenticate, build_block
from spec.ledger.codec import BlockId, compute_block_id
from spec.ledger.genesis import LedgerState
from spec.ledger.ops import (
    FfgVote,
    NoSeal,
    RoundVote,
    SignatureSeal,
)
from spec.ledger.staking.view import LedgerView, compute_ledger_view
from spec.ledger.state import TreeReader
from spec.ledger.types import Block, Body, Header
from spec.lib.result import Err, Ok, Result

HELD: Final[dict[str, type]] = {"blocks": Built, "signatures": Signed, "verdicts": Executed}
"""What may be slow to answer: the builder, the key, the ledger."""
SIGNATURES_MAX: Final = 1 << 15
"""Verdicts on signatures that are remembered: scenarios repeat most of them."""

verify_ed25519: Final = lru_cache(SIGNATURES_MAX)(verify_slowly)
"""The `Verify` of real chains, each question answered once."""


@dataclass(slots=True)
class Log:
    """What a node did since it was last asked."""

    refused: list[tuple[int, str]] = field(default_factory=list)
    """(step, code) of what it refused."""
    reports: list[str] = field(default_factory=list)
    """Codes of anomalies."""
    offenders: list[int] = field(default_factory=list)
    """Validators it sent evidence against."""
    signed: list[Signable] = field(default_factory=list)
    waits: list[Schedule] = field(default_factory=list)
    sent: list[Message] = field(default_factory=list)
    """What it sent to its peers, evidence too."""
    fetched: list[BlockId] = field(default_factory=list)
    """Blocks that it asked a peer for."""
    logged: list[Record] = field(default_factory=list)
    """What it wrote, in order."""
    moves: list[SetHead | Finalize] = field(default_factory=list)


class PlayedNode:
    """A node that a scenario drives."""

    def __init__(self, genesis: Genesis, validator: int | None, seed: bytes | None) -> None:
        """A node that is still asleep.

        Args:
            genesis: of its chain.
            validator: its index in the registry; None to follow only.
            seed: secret of its key and of its onion, 32 bytes; None if it signs nothing.
        """
        self.config = compute_node_config(genesis, validator, verify_ed25519)
        self._anchor, ledger = compute_genesis_anchor(self.config, genesis)
        self._chain = Chain(genesis.config, self.config.context.genesis_id, ENGINE)
        self._seed = seed
        self._ledgers: dict[BlockId, LedgerState] = {compute_block_id(ledger.header): ledger}
        self.node: AnyNodeState = init(self.config, self._anchor)
        self.wal: list[Record] = []
        self.log = Log()
        self.dies_at_sign = False
        self._slow: tuple[type, ...] = ()
        self._held: list[Input] = []
        self._step = 0

    def feed(self, number: int, event: Input) -> None:
        """Gives the node one input, and carries out what it asks for.

        Args:
            number: of the scenario's step, for what is refused.
            event: the input.
        """
        self._step = number
        waiting = deque([event])
        while waiting:
            self.node, effects = step(self.config, self.node, waiting.popleft())
            for effect in effects:
                if isinstance(effect, Sign) and self.dies_at_sign:
                    self.crash()
                    return
                answer = self._carry_out(effect)
                if answer is not None:
                    (self._held if isinstance(answer, self._slow) else waiting).append(answer)

    def hold(self, what: tuple[str, ...]) -> None:
        """Answers of these kinds wait from now on."""
        self._slow = tuple(HELD[name] for name in what)

    def release(self, number: int) -> None:
        """What waits is answered, in order; nothing waits any more."""
        held, self._held, self._slow = self._held, [], ()
        for answer in held:
            self.feed(number, answer)

    def crash(self) -> None:
        """The process ends; its log is on disk."""
        self.dies_at_sign = False
        self._held, self._slow = [], ()
        self.node = init(self.config, self._anchor)

    def restart(self, number: int, now_ms: int, log: str = "kept") -> None:
        """The process begins, from what is left of its log: `kept`, `promises` or `lost`."""
        if log == "lost":
            self.wal = []
        if log == "promises":
            self.wal = [record for record in self.wal if isinstance(record, SignedRecord)]
        self.node = init(self.config, self._anchor)
        self.feed(number, Restart(now_ms, tuple(self.wal)))

    def _carry_out(self, effect: Effect) -> Input | None:
        match effect:
            case Sign(message):
                return self._sign(message)
            case Execute(block_id, block, _):
                return Executed(block_id, self._execute(block, effect))
            case Build(tag=tag):
                return Built(self._build(effect), tag)
            case Persist(record):
                self.wal.append(record)
                self.log.logged.append(record)
            case _:
                self._note(effect)
        return None

    def _note(self, effect: Effect) -> None:
        """Keeps what asks for no answer, for the checks."""
        match effect:
            case Schedule():
                self.log.waits.append(effect)
            case Fetch(block_id, _):
                self.log.fetched.append(block_id)
            case SetHead() | Finalize():
                self.log.moves.append(effect)
            case Broadcast(message):
                self.log.sent.append(message)
                if isinstance(message, Evidence):
                    self.log.offenders.append(get_offender(message))
            case Report(code, _):
                self.log.reports.append(code)
            case RejectMessage(_, error):
                self.log.refused.append((self._step, error.code))
            case _:
                pass

    def _sign(self, message: Signable) -> Input | None:
        if self._seed is None:
            return None
        if not isinstance(message, RevealRequest):
            self.log.signed.append(message)
        return Signed(sign_message(self.config.context.genesis_id, self._seed, message))

    def _execute(self, block: Block, effect: Execute) -> Result[LedgerView, str]:
        senders = authenticate(block.body)
        if isinstance(senders, Err):
            self.log.refused.append((self._step, senders.error.code))
            return Err(senders.error.code)
        parent = self._ledgers[BlockId(block.header.parent)]
        applied = apply_block(
            self._chain, parent, (block.header, block.body), senders.value, effect.step
        )
        if isinstance(applied, Err):
            self.log.refused.append((self._step, applied.error.code))
            return Err(applied.error.code)
        self._ledgers[effect.block_id] = applied.value.state
        return Ok(compute_ledger_view(TreeReader(applied.value.state.tree)))

    def _build(self, build: Build) -> Block:
        parent = self._ledgers[BlockId(build.draft.parent)]
        built = build_block(self._chain, parent, (build.draft, build.ops), (), build.step)
        assert isinstance(built, Ok), "a node drafts what follows its head"
        return Block(built.value.header, Body(build.ops, ()), NoSeal())


def sign_message(genesis_id: bytes, seed: bytes, message: Signable) -> Signable:
    """The message with its signature by the key of a seed.

    Args:
        genesis_id: of the chain.
        seed: 32 bytes.
        message: unsigned, or signed before.
    """
    match message:
        case RoundVote():
            return replace(message, signature=_sign(seed, compute_vote_root(genesis_id, message)))
        case FfgVote():
            return replace(message, signature=_sign(seed, compute_ffg_root(genesis_id, message)))
        case Proposal():
            block_id = compute_block_id(message.block.header)
            root = compute_proposal_root(genesis_id, message, block_id)
            return replace(message, signature=_sign(seed, root))
        case SealRequest(block, _):
            sealed = replace(block, seal=seal_header(genesis_id, seed, block.header))
            return replace(message, block=sealed)
        case RevealRequest():
            return replace(message, reveal=compute_layer(seed, message.layer))


def seal_header(genesis_id: bytes, seed: bytes, header: Header) -> SignatureSeal:
    """The seal by which the producer of a slot signs its block."""
    root = compute_seal_root(genesis_id, header.slot, compute_block_id(header))
    return SignatureSeal(_sign(seed, root))


def _sign(seed: bytes, root: bytes) -> bytes:
    return sign(ED25519, seed, root)
