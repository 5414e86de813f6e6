"""Several nodes of one development chain in one process, each with its own folder, keys and pool.

They are joined by a network in memory and driven in turns by one thread:

    poll(node)   take in what has arrived; every 50 ms the clock and the timers; every second what
                 gossip may have lost; a block if one is asked for and due; a piece of mining

A BFT proposer waits for a transaction, but no longer than a block should take; producers of slots
build at once; miners try so many nonces a second, whatever the machine can do.

On all but BFT chains time stands still while no node runs: a chain of slots that was left alone
for a night would else wake up to a night of missed slots, and a chain of work to an easy target.

Source: UX.md (application developer); CONSENSUS.md 1; decision records 0100 to 0103.
"""

import json
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from qcref.accounts import VALIDATORS
from qcref.devnet import DevClock, Devnet, Place
from qcref.net.memory import BlockRequest, Delivery, MemoryNetwork, MemoryTransport, Offer
from qcref.network_genesis import compute_network_genesis
from qcref.runtime import read_latest_ms
from qcref.store.errors import StoreDamagedError
from qcref.store.folder import NETWORK, get_node_folder, write_whole
from spec.config import Genesis, compute_genesis_id
from spec.config.networks import ALGORITHMS, BLOCK_MS, HASHES_PER_S
from spec.consensus.interface import Source
from spec.ledger.codec import BlockId, compute_tx_id

TICK_MS = 50
GOSSIP_MS = 1_000
MINING_MS = 20
"""Between two pieces of mining."""
MINING_GAP_MS_MAX = 200
"""Work that is made up for after a pause; more is left undone."""
OFFERS_MAX = 256
"""Waiting transactions that are offered again at a time."""
PLAN_SIZE_BYTES_MAX = 4_096


@dataclass(frozen=True, slots=True)
class Plan:
    """What a network's folder says of it."""

    algorithm: str
    nodes: int
    time_ms: int
    """When its chain began."""


@dataclass(slots=True)
class _Member:
    """A running node and when it did what last, ms of the network's clock."""

    devnet: Devnet
    ticked_ms: int = 0
    gossiped_ms: int = 0
    mined_ms: int = 0
    head: BlockId | None = None
    head_ms: int = 0
    """When its head last moved."""


def read_plan(folder: Path) -> Plan | None:
    """What network a folder holds, None if it holds none.

    Raises:
        StoreDamagedError: what is written there is no plan.
    """
    path = folder / NETWORK
    if not path.exists():
        return None
    data = path.read_bytes()
    try:
        document = json.loads(data) if len(data) <= PLAN_SIZE_BYTES_MAX else None
    except (ValueError, RecursionError):
        document = None
    match document:
        case {"algorithm": str(algorithm), "nodes": int(nodes), "time_ms": int(time_ms)} if (
            algorithm in ALGORITHMS and 1 <= nodes <= len(VALIDATORS) and time_ms >= 0
        ):
            return Plan(algorithm, nodes, time_ms)
        case _:
            raise StoreDamagedError(str(path), "it is no plan of a network")


class Cluster:
    """The nodes of one chain."""

    def __init__(self, folder: Path, algorithm: str, nodes: int) -> None:
        """Opens the network in a folder, or begins it.

        Args:
            folder: exists; if it holds a network, one of this algorithm and size.
            algorithm: one of `ALGORITHMS`.
            nodes: how many.

        Raises:
            StoreError: the folder can't be used.
        """
        plan = read_plan(folder)
        if plan is None:
            plan = Plan(algorithm, nodes, time.time_ns() // 1_000_000)
            document = {"algorithm": algorithm, "nodes": nodes, "time_ms": plan.time_ms}
            write_whole(folder / NETWORK, json.dumps(document).encode())
        self.plan = plan
        self.genesis: Genesis = compute_network_genesis(algorithm, nodes, plan.time_ms)
        self.clock = DevClock()
        self.network = MemoryNetwork(nodes)
        self._folder = folder
        self._members: list[_Member | None] = [None] * nodes
        self._resume_time()
        with ExitStack() as opened:
            opened.callback(self.close)
            for number in range(nodes):
                self.start(number)
            opened.pop_all()

    def _resume_time(self) -> None:
        """Lets time go on where it stopped."""
        genesis_id = compute_genesis_id(self.genesis)
        folders = [get_node_folder(self._folder, number) for number in range(self.plan.nodes)]
        latest_ms = max(read_latest_ms(folder, genesis_id) for folder in folders)
        if self.plan.algorithm == "bft":
            self.clock.catch_up(latest_ms)
        elif latest_ms:
            self.clock.advance(latest_ms - self.clock.now_ms())

    # Nodes

    def get(self, number: int) -> Devnet | None:
        """A node, None while it is stopped."""
        member = self._members[number]
        return None if member is None else member.devnet

    def start(self, number: int) -> Devnet:
        """Starts a node that does not run, from what its folder holds.

        Raises:
            StoreError: the folder can't be used.
        """
        place = Place(
            self.genesis,
            number,
            VALIDATORS[number],
            self.clock,
            MemoryTransport(self.network, number),
        )
        devnet = Devnet(get_node_folder(self._folder, number), place)
        self._members[number] = _Member(devnet, head_ms=self.network.now_ms)
        self.network.join(number)
        return devnet

    def stop(self, number: int) -> None:
        """Ends a node as a crash would: nothing is said to anybody, nothing more is written."""
        member = self._members[number]
        if member is not None:
            self._members[number] = None
            self.network.leave(number)
            member.devnet.close()

    def close(self) -> None:
        """Ends all nodes."""
        for number in range(len(self._members)):
            self.stop(number)

    # Time

    def deliver(self, now_ms: int) -> bool:
        """Gives the nodes the next thing that has arrived; whether there was one.

        Args:
            now_ms: of a clock that does not go back; not the chain's.
        """
        delivery = next(self.network.take_due(now_ms), None)
        if delivery is not None:
            self._take_in(delivery)
        return delivery is not None

    def poll(self, number: int, now_ms: int) -> None:
        """Lets a node do what is due.

        Args:
            number: of the node, 0-based; nothing happens while it is stopped.
            now_ms: as for `deliver`.
        """
        member = self._members[number]
        if member is None:
            return
        runtime = member.devnet.runtime
        if now_ms - member.ticked_ms >= TICK_MS:
            member.ticked_ms = now_ms
            runtime.run_timers()
        if now_ms - member.gossiped_ms >= GOSSIP_MS:
            member.gossiped_ms = now_ms
            self._gossip(number, member)
        if runtime.node.head != member.head:
            member.head, member.head_ms = runtime.node.head, now_ms
        if runtime.has_draft and self._is_build_due(member, now_ms):
            runtime.build()
        if now_ms - member.mined_ms >= MINING_MS:
            gap_ms = min(now_ms - member.mined_ms, MINING_GAP_MS_MAX)
            member.mined_ms = now_ms
            runtime.mine(gap_ms * HASHES_PER_S // 1_000)

    def _is_build_due(self, member: _Member, now_ms: int) -> bool:
        if self.plan.algorithm != "bft":
            return True
        has_transactions = len(member.devnet.runtime.mempool) > 0
        return has_transactions or now_ms - member.head_ms >= BLOCK_MS

    def _gossip(self, number: int, member: _Member) -> None:
        runtime = member.devnet.runtime
        runtime.gossip()
        base_fee = runtime.head.header.base_fee
        waiting = runtime.mempool.select(base_fee)[:OFFERS_MAX]
        if waiting:
            self.network.post_all(number, Offer(tuple(each.transaction for each in waiting)))

    def _take_in(self, delivery: Delivery) -> None:
        member = self._members[delivery.to]
        if member is None:
            return
        runtime, content = member.devnet.runtime, delivery.content
        match content:
            case BlockRequest(block_id):
                block = runtime.store.find_block(BlockId(block_id))
                if block is not None:
                    self.network.post(delivery.to, delivery.source, block)
            case Offer(transactions):
                for signed in transactions:
                    if runtime.store.get_place(compute_tx_id(signed.transaction)) is None:
                        runtime.admit(signed)
            case _:
                runtime.receive(Source(bytes([delivery.source])), content)
