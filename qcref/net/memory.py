"""The network of the nodes of one process: one queue, each delivery after a short, drawn delay.

Delays are bounded and differ from message to message, so messages overtake each other as they do
between machines. The queue is bounded: what a node does not take in in time is lost, as gossip may
be; nodes repeat what matters. A node that is away hears nothing.

Source: DESIGN.md 1 (ports), NODE.md (parts).
"""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

from spec.consensus.interface import Message
from spec.ledger.types import SignedTransaction

DELAY_MS_MIN, DELAY_MS_MAX = 2, 15
QUEUE_MAX = 4_096
"""Deliveries under way to one node."""


@dataclass(frozen=True, slots=True)
class BlockRequest:
    """A node asks for a block."""

    block_id: bytes


@dataclass(frozen=True, slots=True)
class Offer:
    """A node offers transactions to the pool."""

    transactions: tuple[SignedTransaction, ...]


Content = Message | BlockRequest | Offer


@dataclass(frozen=True, slots=True, order=True)
class Delivery:
    """Something under way."""

    due_ms: int
    order: int
    to: int = field(compare=False)
    source: int = field(compare=False)
    content: Content = field(compare=False)


class MemoryNetwork:
    """What is under way between nodes 0 to n - 1."""

    def __init__(self, nodes: int) -> None:
        self._random = Random(nodes)  # noqa: S311  # delays are no secret
        self._queue: list[Delivery] = []
        self._counts = [0] * nodes
        self._away: set[int] = set()
        self._order = 0
        self.now_ms = 0
        """Of any clock that does not go back; whoever delivers moves it."""
        self.lost = 0
        """Deliveries that found the queue full."""

    def post(self, source: int, to: int, content: Content) -> None:
        """Sends to one node."""
        if to in self._away or source in self._away:
            return
        if self._counts[to] >= QUEUE_MAX:
            self.lost += 1
            return
        self._order += 1
        due_ms = self.now_ms + self._random.randint(DELAY_MS_MIN, DELAY_MS_MAX)
        heapq.heappush(self._queue, Delivery(due_ms, self._order, to, source, content))
        self._counts[to] += 1

    def post_all(self, source: int, content: Content) -> None:
        """Sends to every other node."""
        for to in range(len(self._counts)):
            if to != source:
                self.post(source, to, content)

    def take_due(self, now_ms: int) -> Iterator[Delivery]:
        """Moves the clock; yields what has arrived by then, each once, in order.

        What is sent meanwhile arrives later: `now_ms` bounds the loop.
        """
        self.now_ms = max(self.now_ms, now_ms)
        while self._queue and self._queue[0].due_ms <= self.now_ms:
            delivery = heapq.heappop(self._queue)
            self._counts[delivery.to] -= 1
            if delivery.to not in self._away:
                yield delivery

    def leave(self, node: int) -> None:
        """A node goes away: what is under way to it is lost."""
        self._away.add(node)

    def join(self, node: int) -> None:
        """A node is back."""
        self._away.discard(node)


class MemoryTransport:
    """One node's `Transport`; peers are named by one byte."""

    def __init__(self, network: MemoryNetwork, node: int) -> None:
        self._network, self._node = network, node

    def broadcast(self, message: Message) -> None:
        """Sends to every other node."""
        self._network.post_all(self._node, message)

    def fetch(self, block_id: bytes, source: bytes) -> None:
        """Asks the node that is named; nobody, if the name is our own empty one."""
        if source:
            self._network.post(self._node, source[0], BlockRequest(block_id))

    def share(self, transactions: tuple[SignedTransaction, ...]) -> None:
        """Offers transactions to every other node."""
        self._network.post_all(self._node, Offer(transactions))
