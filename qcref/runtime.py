"""The shell around `spec.chain.step`: carries out its effects, in order, and answers them.

    step's effect           here
    Persist(block)          one synced commit of block, receipts, changes and index
    Persist(promise)        the file of promises, synced
    Sign                    the key's answer comes back as `Signed`
    Build                   kept until `build`: when to make a block is the caller's policy
    Mine                    kept, and worked on by `mine`
    Execute                 the ledger's verdict comes back as `Executed`
    Schedule                a timer, run by `run_timers`
    Broadcast, Fetch        the transport
    SetHead                 the state that reads are answered from; the store follows
    Finalize                what it makes needless is dropped

A single-threaded object: whoever owns it calls it from one thread. When a call returns, everything
that it reports as done is on the disk. A failing disk raises `StoreError`, after which the object
must not be used again: the node stops, and starts from what is stored.

It starts at the block that is final in what is stored, wakes with its promises, and takes in the
blocks above one by one, of all branches, as if a peer sent them. Where nothing is ever final it
starts a little below the head.

Source: CONSENSUS.md 1; INTERFACE.md 2.11; DESIGN.md 4.16; decision records 0100, 0101.
"""

import heapq
from collections import deque
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

from qcref.core.mempool import Mempool, PoolError
from qcref.core.mining import search_nonces
from qcref.core.signables import sign_message
from qcref.crypto.signing import validate_signature
from qcref.executor import Executor
from qcref.ports import Clock, Signer, Transport
from qcref.store.chain_store import ChainStore
from qcref.store.errors import PromisesMissingError, StoreDamagedError, StoreError
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
from spec.config import Genesis, PowConfig, compute_genesis_id
from spec.consensus.interface import (
    BlockRecord,
    Broadcast,
    Build,
    Built,
    Effect,
    Execute,
    Fetch,
    Finalize,
    Input,
    Message,
    Mine,
    Mined,
    Persist,
    Received,
    RejectMessage,
    Report,
    Restart,
    Schedule,
    SealRequest,
    SetHead,
    Sign,
    Signed,
    SignedRecord,
    Source,
    Tick,
    Timeout,
)
from spec.consensus.node import SELF, Entry
from spec.crypto.signing import ED25519
from spec.ledger import block as ledger
from spec.ledger.block import Chain, authenticate_transaction, compute_environment
from spec.ledger.codec import BlockId, TxId, compute_block_id
from spec.ledger.engine import Engine, Environment
from spec.ledger.errors import TxError
from spec.ledger.genesis import LedgerState
from spec.ledger.header import DraftChoice, compute_draft
from spec.ledger.ops import NoFields
from spec.ledger.staking.view import LedgerView, compute_ledger_view
from spec.ledger.state import TreeReader
from spec.ledger.types import ZERO_BYTES32, Block, SignedTransaction
from spec.ledger.validity import Candidate
from spec.lib.result import Err, Result
from spec.lib.trie import StateTree

DATABASE, PROMISES = "chain.sqlite", "promises.log"
REPORTS_MAX = 256
"""Latest anomalies kept for operators."""
RESTART_DEPTH = 128
"""Where nothing is ever final, a restart begins so many blocks below the head: a fork that starts
deeper is not followed any more by a node that was restarted."""


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


@dataclass(frozen=True, slots=True)
class _Search:
    """A block that waits for its nonce."""

    block: Block
    target: int
    start: int
    """The first nonce that was not tried."""


def read_latest_ms(folder: Path, genesis_id: bytes) -> int:
    """The latest time that a stored chain, or a promise beside it, speaks of; 0 if none is stored.

    Args:
        folder: of a node that does not run.
        genesis_id: the chain it must be of.

    Raises:
        StoreError: the folder can't be used.
    """
    if not (folder / DATABASE).exists():
        return 0
    with closing(ChainStore(folder / DATABASE, genesis_id)) as store:
        head = store.get_head()
    with closing(PromiseLog(folder / PROMISES)) as log:
        sealed = [
            each.message.block.header.time_ms
            for each in log.promises
            if isinstance(each, SignedRecord) and isinstance(each.message, SealRequest)
        ]
    return max((0 if head is None else head.block.header.time_ms, *sealed))


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
            self.store = ChainStore(setup.folder / DATABASE, genesis_id)
            opened.callback(self.store.close)
            self._promises = self._open_promises(setup.folder / PROMISES)
            opened.callback(self._promises.close)
            self._start()
            self._files = opened.pop_all()

    def _start(self) -> None:
        self.mempool = Mempool(self._setup.genesis.config)
        self.reports: deque[Report | RejectMessage] = deque(maxlen=REPORTS_MAX)
        self._order = count()
        self._failure: StoreError | None = None
        self._is_restoring = False
        self._pending: Build | None = None
        self._search: _Search | None = None
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
    def node(self) -> AnyNodeState:
        """What the consensus knows."""
        return self._node

    @property
    def final_id(self) -> BlockId:
        """The latest final block; where nothing is ever final, the block we started from."""
        return self._node.final

    @property
    def final_height(self) -> int | None:
        """The latest final block's; None where nothing is ever final."""
        if isinstance(self._setup.genesis.config.consensus, PowConfig):
            return None
        return self._node.tree[self._node.final].block.header.height

    def is_final(self, height: int) -> bool:
        """Whether the chain's block at a height is final."""
        final_height = self.final_height
        return final_height is not None and height <= final_height

    @property
    def promised_height(self) -> int:
        """The highest height at which something was signed, 0 if nothing was."""
        return max((get_height(each) for each in self._promises.promises), default=0)

    @property
    def has_draft(self) -> bool:
        """Whether the node asks for a block, and may be given it by `build`."""
        return self._pending is not None

    def compute_next_environment(self) -> Environment:
        """What a transaction sent now will meet."""
        genesis, header = self._setup.genesis, self._head.header
        choice = DraftChoice(
            slot=header.slot + 1,
            time_ms=max(self._setup.clock.now_ms(), header.time_ms),
            proposer=genesis.validators[self._setup.validator or 0].operator,
            validators_root=ZERO_BYTES32,
            next_validators_root=ZERO_BYTES32,
            consensus=NoFields(),
        )
        return compute_environment(self.chain, compute_draft(genesis.config, header, choice))

    def admit(self, signed: SignedTransaction) -> Result[TxId, TxError | PoolError]:
        """Takes a signed transaction from anybody into the pool."""
        sender = authenticate_transaction(validate_signature, signed)
        if isinstance(sender, Err):
            return sender
        account = TreeReader(self._head.tree).get_account(sender.value)
        gas_limit = self._setup.genesis.config.block_gas_limit
        environment = self.compute_next_environment()
        candidate = Candidate(environment, account, gas_limit, signed.transaction)
        return self.mempool.add(ledger.Signed(signed, sender.value), candidate)

    def receive(self, source: Source, message: Message) -> None:
        """Takes in a peer's message."""
        self._feed(Received(source, message))

    def produce(self) -> bool:
        """Makes a block now from the mempool, if it is our turn; whether a block came."""
        before = self._node.head
        self._feed(Tick(self._setup.clock.now_ms()))
        self.build()
        return self._node.head != before

    def build(self) -> None:
        """Makes the block that the node asks for, if it does."""
        build = self._pending
        if build is not None:
            self._pending = None
            self._feed(Built(self._executor.build(build), build.tag))

    def mine(self, hashes: int) -> None:
        """Tries some nonces for the block that the node wants mined, if it does."""
        if self._search is None:
            return
        search, end = self._search, self._search.start + hashes
        found = search_nonces(search.block, search.target, range(search.start, end))
        self._search = replace(search, start=end) if found is None else None
        if found is not None:
            self._feed(Mined(found))

    def run_timers(self) -> None:
        """Feeds the clock and every timeout that is due."""
        now_ms = self._setup.clock.now_ms()
        self._feed(Tick(now_ms))
        while self._timers and self._timers[0][0] <= now_ms:
            _, _, timeout = heapq.heappop(self._timers)
            self._feed(timeout)

    def gossip(self) -> None:
        """Repeats what gossip may have lost."""
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
        """Starts from what is final in what is stored, or from genesis."""
        anchor, ledger_state = self._compute_anchor()
        self._head = ledger_state
        self._executor = Executor(self.chain, self.mempool, ledger_state)
        self._timers: list[tuple[int, int, Timeout]] = []
        self._pending = None
        self._search = None
        self._node: AnyNodeState = init(self.config, anchor)
        self._is_restoring = True
        self._feed(Restart(self._setup.clock.now_ms(), self._promises.promises))
        for block in self.store.list_blocks_above(ledger_state.header.height):
            self._feed(Received(SELF, block))
        self._is_restoring = False
        self._follow()

    def _compute_anchor(self) -> tuple[AnyEntry, LedgerState]:
        """The block to start from, and the ledger after it; genesis is stored if nothing is."""
        anchor, genesis = compute_genesis_anchor(self.config, self._setup.genesis)
        stored = self.store.get_head()
        if stored is None:
            self.store.append(anchor.block, (), tuple(genesis.tree.items()))
            return anchor, genesis
        head = self._read_entry(stored.block, anchor)
        rules, header = self.config.rules, stored.block.header
        head_id = compute_block_id(header)
        _, final = rules.get_checkpoints(self.config.context, head[0].chain_state, head_id, header)
        if final == head_id:
            return head
        is_endless = isinstance(self._setup.genesis.config.consensus, PowConfig)
        height = max(0, header.height - RESTART_DEPTH) if is_endless else 0
        start = self.store.get_block(height) if final is None else self.store.get_block_by_id(final)
        if start is None:
            raise StoreDamagedError(str(self._setup.folder), "its final block is missing")
        return self._read_entry(start.block, anchor)

    def _read_entry(self, block: Block, genesis: AnyEntry) -> tuple[AnyEntry, LedgerState]:
        """A stored block as an entry; its consensus state is read from the tree after it."""
        tree: StateTree = self.store.load_tree(block.header.height)
        rules = self.config.rules
        keys = [key for key, _ in rules.encode_state(genesis.chain_state)]
        leaves = tuple(tree.get(key) or b"" for key in keys)
        entry = Entry(block, rules.decode_state(leaves), compute_ledger_view(TreeReader(tree)))
        return entry, LedgerState(block.header, tree)

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
                if self._node.head != self.store.tip and not self._is_restoring:
                    self._follow()
                self._executor.prune(self._node.tree.keys(), self._node.candidates.keys())
        except StoreError as error:
            self._failure = error
            raise

    def _carry_out(self, effect: Effect) -> Input | None:
        """Does what one effect says; some are answered at once."""
        match effect:
            case Sign(message):
                signer = self._setup.signer
                assert signer is not None, "only a validator is asked to sign"
                return Signed(sign_message(self.chain.genesis_id, message, signer))
            case Execute():
                return self._executor.execute(effect)
            case Persist():
                self._persist(effect)
            case Build():
                self._pending = effect
            case Mine(block, target):
                self._search = _Search(block, target, start=0)
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
            case Finalize(block_id):
                self._promises.compact(self._head.header.height)
                self.store.drop_branches(self._executor.get_state(block_id).header.height)
            case _:
                raise AssertionError(f"no such effect: {effect}")

    def _persist(self, effect: Persist) -> None:
        record = effect.record
        if not isinstance(record, BlockRecord):
            self._promises.append(record)
            return
        block_id = compute_block_id(record.block.header)
        applied = self._executor.attach(block_id)
        if not self._is_restoring or self.store.find_block(block_id) is None:
            self.store.append(record.block, applied.receipts, applied.changes)

    def _set_head(self, block_id: BlockId) -> None:
        self._head = self._executor.get_state(block_id)
        height = self._head.header.height
        self._timers = [timer for timer in self._timers if timer[2].height > height]
        heapq.heapify(self._timers)
        if not self._is_restoring:
            self._follow()

    def _follow(self) -> None:
        """The store and the pool go where the head is; what was in blocks left behind waits again.

        A block that was stored on top and not chosen stands aside again, too.
        """
        left = self.store.set_head(BlockId(compute_block_id(self._head.header)))
        self.store.snapshot_if_due(self._head)
        self.mempool.advance(self._head)
        for block in left:
            for signed in block.body.transactions:
                self.admit(signed)
