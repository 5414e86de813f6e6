"""Networks of development nodes whose time the test moves: nothing waits for a real clock."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from qcref.cluster import Cluster
from qcref.devnet import Devnet
from spec.consensus.bft.messages import Proposal
from spec.consensus.evidence import find_conflict
from spec.consensus.interface import SealRequest, Signable
from spec.ledger.codec import compute_block_id
from spec.ledger.ops import FfgVote, RoundVote
from spec.ledger.types import Header
from tests.qcref.support import get_account

STEP_MS = 10
STEPS_MAX = 6_000
"""A minute of the network's time."""


class Play:
    """A cluster with a clock that jumps."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.now_ms = 0

    @property
    def nodes(self) -> list[Devnet]:
        """Those that run."""
        found = (self.cluster.get(number) for number in range(self.cluster.plan.nodes))
        return [node for node in found if node is not None]

    def step(self) -> None:
        self.now_ms += STEP_MS
        self.cluster.clock.advance(STEP_MS)
        while self.cluster.deliver(self.now_ms):
            pass
        for number in range(self.cluster.plan.nodes):
            self.cluster.poll(number, self.now_ms)

    def until(self, holds: Callable[[], bool]) -> None:
        for _ in range(STEPS_MAX):
            if holds():
                return
            self.step()
        raise AssertionError(f"it never came to hold: {[get_heights(n) for n in self.nodes]}")

    def have_all(self, name: str, balance: int) -> bool:
        address = get_account(name).address
        return all(node.get_account(address).balance == balance for node in self.nodes)


@contextmanager
def playing(folder: Path, algorithm: str, nodes: int = 4) -> Iterator[Play]:
    cluster = Cluster(folder, algorithm, nodes)
    try:
        yield Play(cluster)
    finally:
        cluster.close()


def get_heights(node: Devnet) -> tuple[int, int]:
    """Of the head, and of what is final."""
    tree = node.runtime.node.tree
    return node.runtime.head.header.height, tree[node.runtime.node.final].block.header.height


def get_id(node: Devnet, height: int) -> bytes:
    stored = node.runtime.store.get_block(height)
    assert stored is not None
    return compute_block_id(stored.block.header)


class Notary:
    """Sees all that is signed; says whether a validator ever convicted itself."""

    def __init__(self) -> None:
        self.count = 0
        self._votes: list[FfgVote | RoundVote] = []
        self._blocks: dict[tuple[int, int, int], bytes] = {}

    def witness(self, message: Signable) -> None:
        self.count += 1
        match message:
            case FfgVote() | RoundVote():
                for earlier in self._votes:
                    if earlier.validator == message.validator:
                        assert find_conflict(earlier, message) is None
                self._votes.append(message)
            case Proposal(height, round_, _, block):
                self._witness_block((message.validator, height, round_), block.header)
            case SealRequest(block, validator):
                self._witness_block((validator, block.header.slot, -1), block.header)

    def _witness_block(self, place: tuple[int, int, int], header: Header) -> None:
        block_id = compute_block_id(header)
        assert self._blocks.setdefault(place, block_id) == block_id
