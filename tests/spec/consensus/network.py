"""A small network of real nodes: the pure `step`, the real ledger, virtual time, stub signatures.

Every effect is carried out; messages travel through one queue whose order a test may shuffle.
Signatures are stubs (validator index and a digest), so that a thousand steps take a moment; chains
with real signatures are tested apart.
"""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from hashlib import sha256
from itertools import count
from random import Random
from typing import NoReturn

from spec.chain import (
    AnyNodeConfig,
    AnyNodeState,
    compute_genesis_anchor,
    compute_node_config,
    get_gossip,
    init,
    step,
)
from spec.config import (
    Allocation,
    ConsensusConfig,
    DposConfig,
    FinalityConfig,
    Genesis,
    GenesisValidator,
    HybridConfig,
    PosConfig,
    PowConfig,
    compute_genesis_id,
)
from spec.config.presets import TINY
from spec.consensus.bft.messages import Proposal, compute_proposal_root, compute_vote_root
from spec.consensus.evidence import compute_ffg_root, compute_seal_root
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
    Mine,
    Mined,
    Persist,
    Received,
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
    Source,
    Tick,
    Timeout,
)
from spec.consensus.onion import compute_layer
from spec.consensus.pow.rules import compute_work_hash
from spec.crypto.address import compute_key_address
from spec.crypto.signing import ED25519
from spec.ledger.block import Chain, apply_block, build_block
from spec.ledger.codec import BlockId, compute_block_id
from spec.ledger.engine import Engine
from spec.ledger.genesis import LedgerState
from spec.ledger.ops import FfgVote, NoSeal, PowFields, RoundVote, SignatureSeal
from spec.ledger.staking.view import compute_ledger_view
from spec.ledger.state import TreeReader
from spec.ledger.types import Block
from spec.lib.result import Err, Ok


def _never_called(*_: object) -> NoReturn:
    raise AssertionError("blocks without transactions run no contract")


NO_CONTRACTS = Engine(_never_called, _never_called, _never_called)


POW_HASH_MS = 10
"""Time a hash takes in the network's virtual time."""
GOSSIP_MS = 40
"""How often shells repeat what gossip may have lost."""


def compute_stub_key(validator: int) -> bytes:
    return sha256(b"key" + bytes([validator])).digest()


def stub_sign(key: bytes, root: bytes) -> bytes:
    return sha256(key + root).digest() * 2


def stub_verify(key: bytes, root: bytes, signature: bytes) -> bool:
    return signature == stub_sign(key, root)


def stub_sign_message(genesis_id: bytes, message: Signable) -> Signable:
    key = compute_stub_key(message.validator)
    match message:
        case RoundVote():
            root = compute_vote_root(genesis_id, message)
            return replace(message, signature=stub_sign(key, root))
        case FfgVote():
            root = compute_ffg_root(genesis_id, message)
            return replace(message, signature=stub_sign(key, root))
        case Proposal():
            block_id = compute_block_id(message.block.header)
            root = compute_proposal_root(genesis_id, message, block_id)
            return replace(message, signature=stub_sign(key, root))
        case SealRequest(block, _):
            block_id = compute_block_id(block.header)
            root = compute_seal_root(genesis_id, block.header.slot, block_id)
            return replace(message, block=replace(block, seal=SignatureSeal(stub_sign(key, root))))
        case RevealRequest():
            return replace(message, reveal=compute_layer(key, message.layer))


POW = PowConfig(
    is_asert=True,
    target_initial=1 << 254,
    target_max=(1 << 256) - 1,
    block_time_ms=40,
    half_life_ms=400,
    period_blocks=8,
    reward=64,
    halving_blocks=32,
)


FINALITY = FinalityConfig(
    epoch_blocks=4,
    leak_after_epochs=8,
    leak_quotient=1 << 6,
    asynchrony_ms_max=300,
    reward=100,
    slash_quotient=32,
)
HYBRID = HybridConfig(work=POW, finality=FINALITY)
POS = PosConfig(finality=replace(FINALITY, leak_after_epochs=12), boost_percent=40)
DPOS = DposConfig(
    finality=replace(FINALITY, leak_after_epochs=12),
    seats=4,
    producer_reward=5,
    missed_slots_max=3,
)


def compute_genesis(
    validators: int, consensus: ConsensusConfig = TINY.consensus, stake: int = 1
) -> Genesis:
    operators = sorted(compute_key_address(ED25519, compute_stub_key(v)) for v in range(validators))
    return Genesis(
        config=replace(TINY, consensus=consensus),
        time_ms=1_000,
        allocations=tuple(Allocation(operator, 1_000) for operator in operators),
        validators=tuple(
            GenesisValidator(operator, compute_stub_key(v), stake)
            for v, operator in enumerate(operators)
        ),
    )


@dataclass
class Shell:
    """One node with everything around it."""

    config: AnyNodeConfig
    chain: Chain
    genesis: Genesis
    node: AnyNodeState
    ledgers: dict[BlockId, LedgerState]
    wal: list[Record] = field(default_factory=list)
    decided: dict[int, BlockId] = field(default_factory=dict)
    rejected: list[RejectMessage] = field(default_factory=list)
    reports: list[Report] = field(default_factory=list)
    blocks: dict[BlockId, Block] = field(default_factory=dict)
    signed: list[Signable] = field(default_factory=list)
    search: int = 0


def compute_shell(genesis: Genesis, validator: int | None) -> Shell:
    config = compute_node_config(genesis, validator, stub_verify)
    anchor, ledger = compute_genesis_anchor(config, genesis)
    chain = Chain(genesis.config, compute_genesis_id(genesis), NO_CONTRACTS)
    ledgers = {compute_block_id(ledger.header): ledger}
    return Shell(config, chain, genesis, init(config, anchor), ledgers)


def find_nonce(block: Block, target: int) -> Block:
    for nonce in count():
        header = replace(block.header, consensus=PowFields(target, nonce))
        if compute_work_hash(header) <= target:
            return replace(block, header=header)
    raise AssertionError("counting does not end")


class Network:
    """n shells over one queue ordered by (time, order of sending)."""

    def __init__(
        self,
        validators: int,
        seed: int = 0,
        delay_ms: Callable[[Random], int] | None = None,
        consensus: ConsensusConfig = TINY.consensus,
        stake: int = 1,
    ) -> None:
        self.rng = Random(seed)
        self.genesis = compute_genesis(validators, consensus, stake)
        self.fast_miner: int | None = None
        self.shells = [compute_shell(self.genesis, v) for v in range(validators)]
        self.now_ms = 2_000
        self.order = count()
        self.queue: list[tuple[int, int, int, Input, int]] = []
        self.delay = delay_ms or (lambda rng: rng.randrange(1, 4))
        self.is_cut: Callable[[int, int], bool] = lambda _a, _b: False
        self.steps = 0

    def start(self) -> None:
        for index in range(len(self.shells)):
            self.feed(index, Restart(self.now_ms, ()))

    def send(self, at_ms: int, to: int, event: Input, search: int = 0) -> None:
        heapq.heappush(self.queue, (at_ms, next(self.order), to, event, search))

    def feed(self, index: int, event: Input) -> None:
        shell = self.shells[index]
        before = shell.node
        copy = repr(before.duty) if self.steps % 97 == 0 else None
        shell.node, effects = step(shell.config, before, event)
        assert copy is None or copy == repr(before.duty), "the input state is unchanged"
        self.steps += 1
        for effect in effects:
            self.carry_out(index, effect)

    def carry_out(self, index: int, effect: Effect) -> None:
        shell = self.shells[index]
        match effect:
            case Persist() | RejectMessage() | Report() | SetHead() | Finalize():
                self.note(shell, effect)
            case Sign(message):
                shell.signed.append(message)
                self.send(self.now_ms, index, Signed(self.sign(shell, message)))
            case Broadcast(message):
                for to in range(len(self.shells)):
                    if to != index and not self.is_cut(index, to):
                        self.post(index, to, message)
            case Schedule(kind, height, round_, after_ms):
                self.send(self.now_ms + after_ms, index, Timeout(kind, height, round_))
            case Build() | Mine() | Execute():
                self.work(index, effect)
            case Fetch(block_id, source):
                self.fetch(index, block_id, source)

    def note(self, shell: Shell, effect: Effect) -> None:
        """Effects that only leave a trace."""
        match effect:
            case Persist(record):
                shell.wal.append(record)
                if isinstance(record, BlockRecord):
                    shell.blocks[compute_block_id(record.block.header)] = record.block
            case RejectMessage():
                shell.rejected.append(effect)
            case Report():
                shell.reports.append(effect)
            case Finalize(block_id):
                height = shell.blocks[block_id].header.height
                assert shell.decided.setdefault(height, block_id) == block_id

    def fetch(self, index: int, block_id: BlockId, source: Source) -> None:
        """Asks who sent a block for its parent."""
        if source and not self.is_cut(source[0], index):
            block = self.shells[source[0]].blocks.get(block_id)
            if block is not None:
                self.post(source[0], index, block)

    def post(self, source: int, to: int, message: Message) -> None:
        self.send(
            self.now_ms + self.delay(self.rng), to, Received(Source(bytes([source])), message)
        )

    def sign(self, shell: Shell, message: Signable) -> Signable:
        return stub_sign_message(shell.chain.genesis_id, message)

    def build(self, shell: Shell, effect: Build) -> Block:
        parent = shell.ledgers[BlockId(effect.draft.parent)]
        built = build_block(shell.chain, parent, (effect.draft, effect.ops), (), effect.step)
        assert isinstance(built, Ok)
        return Block(built.value.header, built.value.body, NoSeal())

    def work(self, index: int, effect: Build | Mine | Execute) -> None:
        """Effects that take work and are answered."""
        shell = self.shells[index]
        match effect:
            case Build(tag=tag):
                self.send(self.now_ms + 5, index, Built(self.build(shell, effect), tag))
            case Mine(block, target):
                self.mine(shell, index, block, target)
            case Execute():
                self.send(self.now_ms, index, self.execute(shell, effect))

    def mine(self, shell: Shell, index: int, block: Block, target: int) -> None:
        """Searches a nonce for real; how long it took is drawn, since time is virtual."""
        shell.search += 1
        search, share = shell.search, len(self.shells)
        difficulty = (1 << 256) // target * POW_HASH_MS * share
        after_ms = 1 + int(self.rng.expovariate(1) * difficulty)
        if index == self.fast_miner:
            after_ms = 12
        self.send(self.now_ms + after_ms, index, Mined(find_nonce(block, target)), search)

    def execute(self, shell: Shell, effect: Execute) -> Executed:
        parent = shell.ledgers[BlockId(effect.block.header.parent)]
        applied = apply_block(
            shell.chain, parent, (effect.block.header, effect.block.body), (), effect.step
        )
        if isinstance(applied, Err):
            return Executed(effect.block_id, Err(applied.error.code))
        shell.ledgers[effect.block_id] = applied.value.state
        return Executed(
            effect.block_id, Ok(compute_ledger_view(TreeReader(applied.value.state.tree)))
        )

    def run(self, until_ms: int, steps_max: int = 50_000) -> None:
        for _ in range(steps_max):
            if not self.queue or self.queue[0][0] > until_ms:
                break
            at_ms, _, to, event, search = heapq.heappop(self.queue)
            if search and search != self.shells[to].search:
                continue
            if at_ms > self.now_ms:
                if at_ms // GOSSIP_MS > self.now_ms // GOSSIP_MS:
                    self.gossip()
                self.now_ms = at_ms
                self.feed(to, Tick(at_ms))
            self.feed(to, event)
        self.now_ms = max(self.now_ms, until_ms)

    def tick_until(self, until_ms: int, period_ms: int = 2) -> None:
        """Runs with clocks that tick whether or not anything else happens."""
        while self.now_ms < until_ms:
            now_ms = min(until_ms, self.now_ms + period_ms)
            self.run(now_ms)
            for index in range(len(self.shells)):
                self.feed(index, Tick(now_ms))

    def gossip(self) -> None:
        """Everybody repeats what may have been lost."""
        for index, shell in enumerate(self.shells):
            for message in get_gossip(shell.config, shell.node):
                self.carry_out(index, Broadcast(message))

    def crash(self, index: int) -> None:
        """The shell forgets all but its log and stored blocks, and wakes again."""
        old = self.shells[index]
        fresh = compute_shell(self.genesis, index)
        fresh.wal, fresh.signed, fresh.blocks = old.wal, old.signed, old.blocks
        self.queue = [e for e in self.queue if e[2] != index]
        heapq.heapify(self.queue)
        self.shells[index] = fresh
        self.feed(index, Restart(self.now_ms, tuple(old.wal)))
