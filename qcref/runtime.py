"""The shell around `spec.chain.step`: carries out its effects, in order, and answers them.

    step's effect           here
    Persist(block)          one synced commit of block, receipts, changes and index
    Persist(promise)        the file of promises, synced
    Sign                    the signer's answer comes back as `Signed`
    Build                   kept until `produce`: when to make a block is the caller's policy
    Execute                 the ledger's verdict comes back as `Executed`
    Schedule                a timer, run by `run_timers`
    Broadcast, Fetch        the transport
    SetHead                 the state that reads are answered from

A single-threaded object: whoever owns it calls it from one thread. When a call returns, everything
that it reports as done is on the disk. A failing disk raises `StoreError`, after which the object
must not be used again: the node stops, and starts from what is stored.

Source: CONSENSUS.md 1; INTERFACE.md 2.11; DESIGN.md 4.16.
"""

import heapq
from collections import deque
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

from qcref.core.mempool import Mempool
from qcref.crypto.signing import validate_signature
from qcref.ports import Clock, Signer, Transport
from qcref.store.chain_store import ChainStore
from qcref.store.errors import PromisesMissingError, StoreError
from qcref.store.promises import PromiseLog, get_height
from spec.chain import (
    AnyEntry,
    AnyNodeConfig,
    AnyNodeState,
    compute_genesis_anchor,
    compute_node_config,
    get_gossip,
    init,
    step,
)
from spec.config import Genesis, compute_genesis_id
from spec.consensus.bft.messages import Proposal, compute_proposal_root, compute_vote_root
from spec.consensus.interface import (
    BlockRecord,
    Broadcast,
    Build,
    Built,
    Effect,
    Execute,
    Executed,
    Fetch,
    Finalize,
    Input,
    Message,
    Persist,
    Received,
    RejectMessage,
    Report,
    Restart,
    Schedule,
    SetHead,
    Sign,
    Signable,
    Signed,
    Source,
    Tick,
    Timeout,
)
from spec.consensus.node import Entry
from spec.crypto.signing import ED25519
from spec.ledger.block import Applied, Chain, apply_block, authenticate_by, build_block
from spec.ledger.codec import BlockId, compute_block_id
from spec.ledger.engine import Engine
from spec.ledger.genesis import LedgerState
from spec.ledger.ops import NoSeal, RoundVote
from spec.ledger.staking.view import LedgerView, compute_ledger_view
from spec.ledger.state import TreeReader
from spec.ledger.types import Block
from spec.lib.result import Err, Ok
from spec.lib.trie import StateTree

APPLIED_MAX = 64
"""Executed blocks whose state is kept while they wait for a seal."""
REPORTS_MAX = 256
"""Latest anomalies kept for operators."""


@dataclass(frozen=True, slots=True)
class Setup:
    """What a runtime is made of."""

    genesis: Genesis
    validator: int | None
    signer: Signer | None
    """None exactly when `validator` is None."""
    clock: Clock
    transport: Transport
    engine: Engine
    folder: Path
    """Where the database and the promises lie; exists."""


def verify(public_key: bytes, root: bytes, signature: bytes) -> bool:
    """The `Verify` of the node: the specification's verdicts by the fast backend."""
    return validate_signature(ED25519, public_key, root, signature) is None


class Runtime:
    """A running node."""

    def __init__(self, setup: Setup) -> None:
        """Opens what is stored, or begins the chain, and wakes the node.

        Raises:
            StoreError: the data folder can't be used.
        """
        self._setup = setup
        self.config: AnyNodeConfig = compute_node_config(setup.genesis, setup.validator, verify)
        genesis_id = compute_genesis_id(setup.genesis)
        self.chain = Chain(setup.genesis.config, genesis_id, setup.engine)
        with ExitStack() as opened:
            self.store = ChainStore(setup.folder / "chain.sqlite", genesis_id)
            opened.callback(self.store.close)
            self._promises = self._open_promises(setup.folder / "promises.log")
            opened.callback(self._promises.close)
            self._start()
            self._files = opened.pop_all()

    def _start(self) -> None:
        self.mempool = Mempool(self._setup.genesis.config)
        self.reports: deque[Report | RejectMessage] = deque(maxlen=REPORTS_MAX)
        self._order = count()
        self._failure: StoreError | None = None
        self._pending: Build | None = None
        self._open()

    # What callers ask

    @property
    def head(self) -> LedgerState:
        """The head's header and the state after it."""
        return self._head

    @property
    def view(self) -> LedgerView:
        """Who is registered at the head, with which stake."""
        return compute_ledger_view(TreeReader(self._head.tree))

    @property
    def final_id(self) -> BlockId:
        """The latest final block."""
        return self._node.final

    @property
    def promised_height(self) -> int:
        """The highest height at which something was signed, 0 if nothing was."""
        return max((get_height(each) for each in self._promises.promises), default=0)

    def receive(self, source: Source, message: Message) -> None:
        """Takes in a peer's message."""
        self._feed(Received(source, message))

    def produce(self) -> bool:
        """Makes a block now from the mempool, if it is our turn; whether a block came."""
        before = self._node.head
        self._feed(Tick(self._setup.clock.now_ms()))
        if self._pending is not None:
            build = self._pending
            self._pending = None
            self._feed(Built(self._build(build), build.tag))
        return self._node.head != before

    def run_timers(self) -> None:
        """Feeds the clock and every timeout that is due, and repeats what gossip may have lost."""
        now_ms = self._setup.clock.now_ms()
        self._feed(Tick(now_ms))
        while self._timers and self._timers[0][0] <= now_ms:
            _, _, timeout = heapq.heappop(self._timers)
            self._feed(timeout)
        for message in get_gossip(self.config, self._node):
            self._setup.transport.broadcast(message)

    def revert(self, height: int) -> None:
        """Goes back to an earlier block: only for a development chain, which trusts itself.

        Args:
            height: of a block that is stored, at most the head's.

        The promises go first: after a crash between the two the chain goes on from the old head,
        whereas promises above a new head would keep the validator silent.
        """
        if self._failure is not None:
            raise self._failure
        try:
            self._promises.clear()
            self.store.truncate(height)
            self.mempool.clear()
            self._open()
        except StoreError as error:
            self._failure = error
            raise

    def close(self) -> None:
        """Releases files; the object is of no use afterwards."""
        self._files.close()

    # Start

    def _open_promises(self, path: Path) -> PromiseLog:
        head = self.store.get_head()
        has_signed = head is not None and head.block.header.height > 0
        if has_signed and self._setup.validator is not None and not path.exists():
            raise PromisesMissingError(str(path))
        return PromiseLog(path)

    def _open(self) -> None:
        """Starts from the latest stored block, or from genesis."""
        stored = self.store.get_head()
        if stored is None:
            anchor, ledger = compute_genesis_anchor(self.config, self._setup.genesis)
            self.store.append(anchor.block, (), tuple(ledger.tree.items()))
        else:
            tree = self.store.load_tree(stored.block.header.height)
            ledger = LedgerState(stored.block.header, tree)
            anchor = self._compute_anchor(stored.block, tree)
        self._head = ledger
        self._ledgers: dict[BlockId, LedgerState] = {compute_block_id(ledger.header): ledger}
        self._applied: dict[BlockId, Applied] = {}
        self._timers: list[tuple[int, int, Timeout]] = []
        self._pending = None
        self._node: AnyNodeState = init(self.config, anchor)
        self._feed(Restart(self._setup.clock.now_ms(), self._promises.promises))

    def _compute_anchor(self, block: Block, tree: StateTree) -> AnyEntry:
        """The stored head as the node's first entry; its consensus state is read from the tree."""
        genesis_anchor, _ = compute_genesis_anchor(self.config, self._setup.genesis)
        rules = self.config.rules
        keys = [key for key, _ in rules.encode_state(genesis_anchor.chain_state)]
        leaves = tuple(tree.get(key) or b"" for key in keys)
        return Entry(block, rules.decode_state(leaves), compute_ledger_view(TreeReader(tree)))

    # The loop

    def _feed(self, event: Input) -> None:
        """One input and everything that follows from it at once.

        After a failed write nobody knows what the disk holds, so nothing is fed any more: the same
        error comes back, whatever is asked.
        """
        if self._failure is not None:
            raise self._failure
        waiting = deque([event])
        try:
            while waiting:
                self._node, effects = step(self.config, self._node, waiting.popleft())
                for effect in effects:
                    answer = self._carry_out(effect)
                    if answer is not None:
                        waiting.append(answer)
        except StoreError as error:
            self._failure = error
            raise

    def _carry_out(self, effect: Effect) -> Input | None:
        """Does what one effect says; some are answered at once."""
        match effect:
            case Sign(message):
                return Signed(self._sign(message))
            case Execute():
                return self._execute(effect)
            case Persist():
                self._persist(effect)
            case Build():
                self._pending = effect
            case _:
                self._pass_on(effect)
        return None

    def _pass_on(self, effect: Effect) -> None:
        """Effects that nobody answers."""
        match effect:
            case Schedule(kind, height, round_, after_ms):
                due = self._setup.clock.now_ms() + after_ms
                timer = (due, next(self._order), Timeout(kind, height, round_))
                heapq.heappush(self._timers, timer)
            case SetHead(block_id):
                self._set_head(block_id)
            case Broadcast(message):
                self._setup.transport.broadcast(message)
            case Fetch(block_id, source):
                self._setup.transport.fetch(block_id, source)
            case Report() | RejectMessage():
                self.reports.append(effect)
            case Finalize():
                self._promises.compact(self._head.header.height)
            case _:
                raise AssertionError(f"no such effect: {effect}")

    def _persist(self, effect: Persist) -> None:
        record = effect.record
        if not isinstance(record, BlockRecord):
            self._promises.append(record)
            return
        block_id = compute_block_id(record.block.header)
        applied = self._applied.pop(block_id)
        self.store.append(record.block, applied.receipts, applied.changes)
        self._ledgers[block_id] = applied.state

    def _set_head(self, block_id: BlockId) -> None:
        self._head = self._ledgers[block_id]
        self._ledgers = {block_id: self._head}
        height = self._head.header.height
        self._timers = [timer for timer in self._timers if timer[2].height > height]
        heapq.heapify(self._timers)
        self.store.snapshot_if_due(self._head)
        self.mempool.advance(self._head)

    def _sign(self, message: Signable) -> Signable:
        signer = self._setup.signer
        assert signer is not None, "only a validator is asked to sign"
        genesis_id = self.chain.genesis_id
        assert isinstance(message, Proposal | RoundVote), "what a BFT validator signs"
        if isinstance(message, RoundVote):
            return replace(message, signature=signer.sign(compute_vote_root(genesis_id, message)))
        block_id = compute_block_id(message.block.header)
        root = compute_proposal_root(genesis_id, message, block_id)
        return replace(message, signature=signer.sign(root))

    # The ledger

    def _build(self, build: Build) -> Block:
        """A block of what the mempool offers; what can't go into it now leaves the mempool."""
        parent = self._ledgers[BlockId(build.draft.parent)]
        candidates = self.mempool.select(build.draft.base_fee)
        built = build_block(self.chain, parent, (build.draft, build.ops), candidates, build.step)
        assert isinstance(built, Ok), "a draft that the rules made follows its parent"
        for refusal in built.value.refusals:
            self.mempool.refuse(candidates[refusal.index], refusal.error)
        block = Block(built.value.header, built.value.body, NoSeal())
        self._remember(compute_block_id(block.header), built.value.applied)
        return block

    def _execute(self, execute: Execute) -> Executed:
        """The ledger's verdict; a block that we built was executed by building it."""
        if execute.block_id in self._applied:
            return self._answer(execute.block_id)
        body = execute.block.body
        senders = authenticate_by(validate_signature, body)
        if isinstance(senders, Err):
            return Executed(execute.block_id, Err(senders.error.code))
        parent = self._ledgers[BlockId(execute.block.header.parent)]
        block = (execute.block.header, body)
        applied = apply_block(self.chain, parent, block, senders.value, execute.step)
        if isinstance(applied, Err):
            return Executed(execute.block_id, Err(applied.error.code))
        self._remember(execute.block_id, applied.value)
        return self._answer(execute.block_id)

    def _answer(self, block_id: BlockId) -> Executed:
        """An executed block is good: what consensus reads of the state after it."""
        reader = TreeReader(self._applied[block_id].state.tree)
        return Executed(block_id, Ok(compute_ledger_view(reader)))

    def _remember(self, block_id: BlockId, applied: Applied) -> None:
        if len(self._applied) >= APPLIED_MAX:
            del self._applied[next(iter(self._applied))]
        self._applied[block_id] = applied
