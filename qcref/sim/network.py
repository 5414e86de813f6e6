"""A network in one process: shells around `spec.chain.step`, one queue of virtual time, faults.

Everything random comes from one seeded generator, asked in the order of events, so a seed is a run.
A crash cuts the list of effects at a random place: what came before is on disk, what follows never
happened, and the node wakes again from its log. A byzantine validator is a pair of *twins*: two
nodes with one key that know nothing of each other, each heard by its part of the network. That is
equivocation, double proposals and amnesia without a line of attack code.

Source: CONSENSUS.md 4; S. Bano and others, "Twins: BFT systems made robust" (OPODIS 2021).
"""

from collections import deque
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import count
from random import Random

from sortedcontainers import SortedList

from qcref.core.mining import find_nonce
from qcref.sim.chains import (
    GENESIS_TIME_MS,
    build_block,
    compute_genesis,
    compute_start,
    sign_message,
)
from qcref.sim.profiles import CALM, Profile
from spec.chain import AnyNodeConfig, AnyNodeState, get_gossip, init, step
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
    Schedule,
    SetHead,
    Sign,
    Signable,
    Signed,
    Source,
    Tick,
    Timeout,
)
from spec.ledger.codec import BlockId, compute_block_id
from spec.ledger.types import Block
from spec.lib.result import Ok

TICK_MS = 50
"""How often clocks tick."""
GOSSIP_MS = 400
"""How often nodes repeat what gossip may have lost."""
PARTITION_MS = 1_500
"""How often the network's shape is drawn anew during faults."""
RESTART_MS = (0, 1_000)
"""How long a crashed node stays down."""
HASHES_PER_MS = 1
"""Of all miners together at the start; targets set the pace from there."""


@dataclass
class Shell:
    """One node with its disk."""

    name: int
    """Place among the shells."""
    validator: int
    is_honest: bool
    config: AnyNodeConfig
    node: AnyNodeState
    skew_ms: int = 0
    wal: list[Record] = field(default_factory=list)
    blocks: dict[BlockId, Block] = field(default_factory=dict)
    is_up: bool = True
    life: int = 0
    """Counts restarts: what was scheduled in an earlier life is dropped."""
    search: int = 0
    """Counts mining requests: a new one replaces the old."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that will happen."""

    at_ms: int
    order: int
    to: int
    life: int
    """The receiver's life it belongs to; -1 for messages, which outlive a crash."""
    search: int
    event: Input | None
    """None is the network's own clock."""

    def __lt__(self, other: "Entry") -> bool:
        return (self.at_ms, self.order) < (other.at_ms, other.order)


class Observer:
    """What is told of everything that happens; checkers and statistics override what they need."""

    def on_step(self, shell: Shell, before: AnyNodeState, event: Input) -> None:
        """A node answered an input."""

    def on_effect(self, shell: Shell, effect: Effect) -> None:
        """A node's effect was carried out."""


class Network:
    """Validators 0 to n - 1, of which the first `byzantine` are twins."""

    def __init__(
        self, algorithm: str, nodes: int, byzantine: int, seed: int, profile: Profile
    ) -> None:
        self.rng = Random(seed)  # noqa: S311  # a seed is a run
        self.profile = profile
        self.genesis = compute_genesis(algorithm, nodes)
        self.now_ms = GENESIS_TIME_MS + 1
        self.observers: list[Observer] = []
        self.shells: list[Shell] = []
        self.events = 0
        self.messages = 0
        self._order = count()
        self._queue: SortedList[Entry] = SortedList()
        self._trace = sha256()
        self._sides: list[int] = []
        self._is_split = False
        owners = [*range(nodes), *range(byzantine)]
        for name, validator in enumerate(owners):
            config, anchor = compute_start(self.genesis, validator)
            shell = Shell(name, validator, validator >= byzantine, config, init(config, anchor))
            shell.skew_ms = self.rng.randint(-profile.skew_ms, profile.skew_ms)
            self.shells.append(shell)
        self._genesis_id = self.shells[0].config.context.genesis_id
        self._view = self.shells[0].node.tree[self.shells[0].node.head].view

    @property
    def trace_sha256(self) -> str:
        """A digest of everything that happened, in order."""
        return self._trace.hexdigest()

    # Running

    def start(self) -> None:
        """Wakes all nodes and starts the clocks."""
        self._draw_partition()
        for shell in self.shells:
            self._feed(shell, Restart(self._get_clock(shell), ()))
        for period in (TICK_MS, GOSSIP_MS, PARTITION_MS):
            self._push(self.now_ms + period, -period, None, -1)

    def run(self, until_ms: int) -> None:
        """Lets everything happen that is due until then."""
        while self._queue and self._queue[0].at_ms <= until_ms:
            entry: Entry = self._queue.pop(0)
            self.now_ms = entry.at_ms
            if entry.event is None:
                self._on_clock(-entry.to)
                continue
            shell = self.shells[entry.to]
            is_stale = entry.life not in (-1, shell.life)
            is_replaced = entry.search not in (0, shell.search)
            if isinstance(entry.event, Restart):
                self._wake(shell)
            elif shell.is_up and not is_stale and not is_replaced:
                self._feed(shell, entry.event)
        self.now_ms = until_ms

    def heal(self) -> None:
        """Ends all faults: the second phase."""
        self.profile = CALM
        self._is_split = False

    def _on_clock(self, period: int) -> None:
        if period == TICK_MS:
            for shell in self.shells:
                if shell.is_up:
                    self._feed(shell, Tick(self._get_clock(shell)))
        elif period == GOSSIP_MS:
            for shell in self.shells:
                if shell.is_up:
                    for message in get_gossip(shell.config, shell.node):
                        self._broadcast(shell, message)
        else:
            self._draw_partition()
        self._push(self.now_ms + period, -period, None, -1)

    def _draw_partition(self) -> None:
        """Cuts the network in two; twins stand on different sides, so each finds half a quorum."""
        self._is_split = self.rng.randrange(100) < self.profile.partition_percent
        self._sides = [self.rng.randrange(2) for _ in self.shells]
        first: dict[int, int] = {}
        for shell in self.shells:
            if shell.validator in first:
                self._sides[shell.name] = 1 - self._sides[first[shell.validator]]
            else:
                first[shell.validator] = shell.name

    # Steps and effects

    def _feed(self, shell: Shell, event: Input) -> None:
        waiting = deque([event])
        while waiting and shell.is_up:
            current = waiting.popleft()
            before = shell.node
            shell.node, effects = step(shell.config, before, current)
            self.events += 1
            self._trace.update(
                f"{self.now_ms},{shell.name},{type(current).__name__},{len(effects)};".encode()
            )
            for observer in self.observers:
                observer.on_step(shell, before, current)
            cut = self._draw_crash(shell, len(effects))
            for effect in effects[:cut]:
                answer = self._carry_out(shell, effect)
                if answer is not None:
                    waiting.append(answer)
            if cut < len(effects):
                self._crash(shell)

    def _draw_crash(self, shell: Shell, effects: int) -> int:
        """How many effects are carried out before the node crashes; all if it does not."""
        if effects and shell.is_honest and self.rng.randrange(1_000) < self.profile.crash_permille:
            return self.rng.randrange(effects)
        return effects

    def _crash(self, shell: Shell) -> None:
        shell.is_up = False
        shell.life += 1
        self._push(self.now_ms + self.rng.randint(*RESTART_MS), shell.name, Restart(0, ()), -1)

    def _wake(self, shell: Shell) -> None:
        """A crashed node starts anew from its log."""
        _, anchor = compute_start(self.genesis, shell.validator)
        shell.node = init(shell.config, anchor)
        shell.is_up = True
        self._feed(shell, Restart(self._get_clock(shell), tuple(shell.wal)))

    def _carry_out(self, shell: Shell, effect: Effect) -> Input | None:
        """Does what an effect says; what needs no time is answered at once."""
        self._trace.update(f"{type(effect).__name__};".encode())
        for observer in self.observers:
            observer.on_effect(shell, effect)
        match effect:
            case Sign(message):
                return self._sign(message)
            case Execute(block_id, _, _):
                return Executed(block_id, Ok(self._view))
            case Build(tag=tag):
                return Built(build_block(effect), tag)
            case Persist(record):
                self._persist(shell, record)
            case Finalize() | SetHead() | Report() | RejectMessage():
                pass
            case _:
                self._send_out(shell, effect)
        return None

    def _send_out(self, shell: Shell, effect: Effect) -> None:
        """Effects that reach beyond the node, or into its future."""
        match effect:
            case Broadcast(message):
                self._broadcast(shell, message)
            case Schedule(kind, height, round_, after_ms):
                timeout = Timeout(kind, height, round_)
                self._push(self.now_ms + after_ms, shell.name, timeout, shell.life)
            case Fetch(block_id, source):
                self._fetch(shell, block_id, source)
            case Mine(block, target):
                self._mine(shell, block, target)

    def _sign(self, message: Signable) -> Signed:
        return Signed(sign_message(self._genesis_id, message))

    def _persist(self, shell: Shell, record: Record) -> None:
        shell.wal.append(record)
        if isinstance(record, BlockRecord):
            block_id = compute_block_id(record.block.header)
            shell.blocks[block_id] = record.block
            self._trace.update(block_id)

    def _mine(self, shell: Shell, block: Block, target: int) -> None:
        """The nonce is found at once, the time it took is drawn."""
        shell.search += 1
        hashes = (1 << 256) // (target + 1) + 1
        after_ms = self.rng.expovariate(1 / (hashes * len(self.shells))) / HASHES_PER_MS
        mined = Mined(find_nonce(block, target))
        self._push(self.now_ms + 1 + int(after_ms), shell.name, mined, shell.life, shell.search)

    # Messages

    def _broadcast(self, shell: Shell, message: Message) -> None:
        for peer in self.shells:
            if peer.validator != shell.validator:
                self._post(shell, peer, message)

    def _fetch(self, shell: Shell, block_id: BlockId, source: Source) -> None:
        peer = self.shells[source[0]] if source else None
        block = None if peer is None else peer.blocks.get(block_id)
        if peer is not None and peer.is_up and block is not None:
            self._post(peer, shell, block)

    def _post(self, sender: Shell, peer: Shell, message: Message) -> None:
        profile = self.profile
        self.messages += 1
        if self._is_split and self._sides[sender.name] != self._sides[peer.name]:
            return
        if self.rng.randrange(100) < profile.loss_percent:
            return
        copies = 2 if self.rng.randrange(100) < profile.duplicate_percent else 1
        for _ in range(copies):
            at_ms = self.now_ms + self.rng.randint(*profile.delay_ms)
            self._push(at_ms, peer.name, Received(Source(bytes([sender.name])), message), -1)

    def _get_clock(self, shell: Shell) -> int:
        return self.now_ms + shell.skew_ms

    def _push(self, at_ms: int, to: int, event: Input | None, life: int, search: int = 0) -> None:
        self._queue.add(Entry(at_ms, next(self._order), to, life, search, event))
