"""A network in one process: shells around `spec.chain.step`, one queue of virtual time, a plan.

The plan of faults is drawn before the run; delays and losses come from one generator a link and
found nonces from one a node, so that leaving a fault out changes little else. A crash cuts a step's
effects: what came before is on disk, what follows never happened, and the node wakes again from its
log. Byzantine validators stand behind an adversary, or are *twins*: two nodes with one key that
know nothing of each other. That is equivocation, double proposals and amnesia without a line of
attack code.

Source: CONSENSUS.md 4; S. Bano and others, "Twins: BFT systems made robust" (OPODIS 2021).
"""

from collections import deque
from hashlib import sha256
from itertools import count
from random import Random

from sortedcontainers import SortedList

from qcref.core.mining import find_nonce
from qcref.sim.adversary import Adversary, Desk, Send
from qcref.sim.chains import GENESIS_TIME_MS, Chain, build_block, sign_message
from qcref.sim.links import Links
from qcref.sim.plan import Crash, Plan, Skew
from qcref.sim.shells import Clock, Entry, Observer, Search, Shell
from spec.chain import get_gossip, init, step
from spec.consensus.interface import (
    BlockRecord,
    Broadcast,
    Build,
    Built,
    Effect,
    Execute,
    Executed,
    Fetch,
    Input,
    Message,
    Mine,
    Mined,
    Persist,
    Received,
    Record,
    Restart,
    Schedule,
    Sign,
    Signable,
    Signed,
    Source,
    Tick,
    Timeout,
)
from spec.ledger.codec import BlockId, compute_block_id
from spec.lib.result import Ok

TICK_MS = 50
"""How often clocks tick."""
GOSSIP_MS = 400
"""How often nodes repeat what gossip may have lost."""
HASHES_PER_MS = 1
"""Of all miners together at the start; targets set the pace from there."""


class Network:
    """Validators 0 to n - 1, of which the first are byzantine as the plan says."""

    def __init__(
        self,
        chain: Chain,
        plan: Plan,
        seed: int,
        adversaries: tuple[type[Adversary] | None, ...],
        *,
        is_forgetful: bool,
    ) -> None:
        """A network at rest.

        Args:
            chain: that its nodes run.
            plan: its faults.
            seed: of delays and luck.
            adversaries: of the byzantine validators; None for twins.
            is_forgetful: a planted fault: promises don't survive a crash.
        """
        self.chain = chain
        self.now_ms = GENESIS_TIME_MS + 1
        self.observers: list[Observer] = []
        self.events = 0
        self.crashes = 0
        self._is_forgetful = is_forgetful
        self._order = count()
        self._queue: SortedList[Entry] = SortedList()
        self._trace = sha256()
        self.shells = self._make_shells(plan, seed, adversaries)
        self.links = Links(plan, seed, len(self.shells))
        self._luck = [Random(f"{seed}/luck/{shell.name}") for shell in self.shells]  # noqa: S311  # a seed is a run
        crashes = [fault for fault in plan.faults if isinstance(fault, Crash)]
        self._crashes = {
            shell.name: deque(
                sorted((c for c in crashes if c.node == shell.name), key=lambda c: c.at_ms)
            )
            for shell in self.shells
        }
        for fault in plan.faults:
            if isinstance(fault, Skew) and fault.node < len(self.shells):
                self.shells[fault.node].skew_ms = fault.skew_ms

    def _make_shells(
        self, plan: Plan, seed: int, adversaries: tuple[type[Adversary] | None, ...]
    ) -> list[Shell]:
        nodes = len(self.chain.genesis.validators)
        twins = [v for v, kind in enumerate(adversaries) if kind is None]
        owners = [*range(nodes), *twins]
        shells = []
        for name, validator in enumerate(owners):
            config = self.chain.get_config(validator)
            is_honest = validator >= len(plan.behaviours)
            kind = None if is_honest else adversaries[validator]
            adversary = None
            if kind is not None:
                peers = tuple(other for other in range(len(owners)) if other != name)
                rng = Random(f"{seed}/adversary/{name}")  # noqa: S311  # a seed is a run
                adversary = kind(Desk(validator, peers, rng, self._sign))
            node = init(config, self.chain.anchor)
            shells.append(Shell(name, validator, config, node, adversary, is_honest))
        return shells

    @property
    def trace_sha256(self) -> str:
        """A digest of everything that happened, in order."""
        return self._trace.hexdigest()

    @property
    def elapsed_ms(self) -> int:
        """Virtual time since the chain began."""
        return self.now_ms - GENESIS_TIME_MS

    # Running

    def start(self) -> None:
        """Wakes all nodes and starts the clocks."""
        for shell in self.shells:
            self._feed(shell, Restart(self._get_clock(shell), ()))
        for period in (TICK_MS, GOSSIP_MS):
            self._push(self.now_ms + period, 0, Clock(period), -1)

    def run(self, until_ms: int) -> None:
        """Lets everything happen that is due until then."""
        while self._queue and self._queue[0].at_ms <= until_ms:
            entry: Entry = self._queue.pop(0)
            self.now_ms = entry.at_ms
            if isinstance(entry.event, Clock):
                self._on_clock(entry.event.period_ms)
                continue
            shell = self.shells[entry.to]
            is_stale = entry.life not in (-1, shell.life)
            is_replaced = entry.search not in (0, shell.search)
            if isinstance(entry.event, Restart):
                self._wake(shell)
            elif shell.is_up and not is_stale and not is_replaced:
                self._deliver(shell, entry.event)
        self.now_ms = until_ms

    def heal(self) -> None:
        """Ends all faults: the second phase."""
        self.links.heal()
        for waiting in self._crashes.values():
            waiting.clear()

    def _on_clock(self, period_ms: int) -> None:
        for shell in self.shells:
            if not shell.is_up:
                continue
            if period_ms == TICK_MS:
                self._feed(shell, Tick(self._get_clock(shell)))
                continue
            for message in get_gossip(shell.config, shell.node):
                self._say(shell, message, is_repeat=True)
        self._push(self.now_ms + period_ms, 0, Clock(period_ms), -1)

    # Steps and effects

    def _deliver(self, shell: Shell, event: Input | Search) -> None:
        """Gives a node what was due; its adversary hears what it hears."""
        if isinstance(event, Search):
            event = Mined(find_nonce(event.block, event.target))
        self._feed(shell, event)
        if shell.adversary is not None and isinstance(event, Received):
            own = shell.node.tree[shell.node.head].block.header
            self._send(shell, shell.adversary.on_receive(event.message, own))

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
            crash = self._take_crash(shell, effects)
            cut = len(effects) if crash is None else _compute_cut(crash, effects)
            for effect in effects[:cut]:
                answer = self._carry_out(shell, effect)
                if answer is not None:
                    waiting.append(answer)
            if crash is not None:
                self._crash(shell, crash)

    def _take_crash(self, shell: Shell, effects: tuple[Effect, ...]) -> Crash | None:
        """The crash that is due at this step, if one is."""
        waiting = self._crashes[shell.name]
        if not waiting or not effects or GENESIS_TIME_MS + waiting[0].at_ms > self.now_ms:
            return None
        if waiting[0].is_torn and not any(isinstance(effect, Persist) for effect in effects):
            return None
        return waiting.popleft()

    def _crash(self, shell: Shell, crash: Crash) -> None:
        self.crashes += 1
        shell.is_up = False
        shell.life += 1
        if crash.is_torn:
            shell.log.tear()
        self._push(self.now_ms + crash.down_ms, shell.name, Restart(0, ()), -1)

    def _wake(self, shell: Shell) -> None:
        """A crashed node starts anew from its log."""
        shell.node = init(shell.config, self.chain.anchor)
        shell.is_up = True
        records = shell.log.read(is_forgetful=self._is_forgetful)
        self._feed(shell, Restart(self._get_clock(shell), records))

    def _carry_out(self, shell: Shell, effect: Effect) -> Input | None:
        """Does what an effect says; what needs no time is answered at once."""
        self._trace.update(f"{type(effect).__name__};".encode())
        for observer in self.observers:
            observer.on_effect(shell, effect)
        match effect:
            case Sign(message):
                return Signed(self._sign(message))
            case Execute(block_id, _, _):
                return Executed(block_id, Ok(self.chain.anchor.view))
            case Build(tag=tag):
                return Built(build_block(effect), tag)
            case Persist(record):
                self._persist(shell, record)
            case Broadcast(message):
                self._say(shell, message, is_repeat=False)
            case Schedule(kind, height, round_, after_ms):
                timeout = Timeout(kind, height, round_)
                self._push(self.now_ms + after_ms, shell.name, timeout, shell.life)
            case Fetch(block_id, source):
                self._fetch(shell, block_id, source)
            case Mine(block, target):
                self._mine(shell, Search(block, target))
            case _:
                pass
        return None

    def _sign(self, message: Signable) -> Signable:
        return sign_message(self.chain.config.context.genesis_id, message)

    def _persist(self, shell: Shell, record: Record) -> None:
        shell.log.append(record)
        if isinstance(record, BlockRecord):
            block_id = compute_block_id(record.block.header)
            shell.blocks[block_id] = record.block
            self._trace.update(block_id)

    def _mine(self, shell: Shell, search: Search) -> None:
        """The time that the search takes is drawn; the nonce is searched when it is over."""
        shell.search += 1
        hashes = (1 << 256) // (search.target + 1) + 1
        luck = self._luck[shell.name].expovariate(1 / (hashes * len(self.shells)))
        at_ms = self.now_ms + 1 + int(luck / HASHES_PER_MS)
        self._push(at_ms, shell.name, search, shell.life, shell.search)

    # Messages

    def _say(self, shell: Shell, message: Message, *, is_repeat: bool) -> None:
        """To all peers, or what the adversary makes of it."""
        if shell.adversary is None:
            self._send(shell, [(None, message)])
        else:
            self._send(shell, shell.adversary.on_send(message, is_repeat=is_repeat))

    def _send(self, shell: Shell, sends: list[Send]) -> None:
        for to, message in sends:
            for peer in self.shells:
                if peer.validator != shell.validator and to in (None, peer.name):
                    self._post(shell, peer, message)

    def _fetch(self, shell: Shell, block_id: BlockId, source: Source) -> None:
        peer = self.shells[source[0]] if source else None
        block = None if peer is None else peer.blocks.get(block_id)
        if peer is not None and peer.is_up and block is not None:
            self._post(peer, shell, block)

    def _post(self, sender: Shell, peer: Shell, message: Message) -> None:
        for delay_ms in self.links.carry(sender.name, peer.name, self.elapsed_ms, message):
            received = Received(Source(bytes([sender.name])), message)
            self._push(self.now_ms + delay_ms, peer.name, received, -1)

    def _get_clock(self, shell: Shell) -> int:
        return self.now_ms + shell.skew_ms

    def _push(
        self, at_ms: int, to: int, event: Input | Search | Clock, life: int, search: int = 0
    ) -> None:
        self._queue.add(Entry(at_ms, next(self._order), to, life, search, event))


def _compute_cut(crash: Crash, effects: tuple[Effect, ...]) -> int:
    """How many effects are carried out before the crash."""
    if not crash.is_torn:
        return crash.effect % len(effects)
    places = [place for place, effect in enumerate(effects) if isinstance(effect, Persist)]
    return places[crash.effect % len(places)]
