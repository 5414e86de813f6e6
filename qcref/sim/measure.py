"""What a run is measured by: forks, reorganisations, how long finality takes.

    fork rate   blocks that an honest node attached and that are not on the final main chain
    reorg       blocks of its own chain that an honest node left behind at once
    latency     from a block's time to its being final at the first honest node

Source: CONSENSUS.md 4.
"""

from collections import Counter

from qcref.sim.network import Network
from qcref.sim.shells import Observer, Shell
from spec.chain import AnyNodeState
from spec.consensus.interface import BlockRecord, Effect, Finalize, Input, Persist, Restart, SetHead
from spec.ledger.codec import BlockId, compute_block_id
from spec.ledger.types import Block

REORG_WALK_MAX = 4_096
"""More blocks than a run makes."""


class Gauge(Observer):
    """Watches honest nodes and counts."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self.blocks: dict[BlockId, Block] = {}
        """What honest nodes attached."""
        self.latencies_ms: Counter[int] = Counter()
        self.reorg_max = 0
        self._heads: dict[int, BlockId] = {}
        self._final: dict[BlockId, None] = {}

    def on_step(self, shell: Shell, before: AnyNodeState, event: Input) -> None:
        """A node that wakes up finds its way from the start: that is no reorganisation."""
        del before
        if isinstance(event, Restart):
            self._heads.pop(shell.name, None)

    def on_effect(self, shell: Shell, effect: Effect) -> None:
        """A block joined, a head moved, something became final."""
        if not shell.is_honest:
            return
        match effect:
            case Persist(BlockRecord(block)):
                self.blocks.setdefault(compute_block_id(block.header), block)
            case SetHead(block_id):
                self._on_head(shell, block_id)
            case Finalize(block_id):
                self._on_final(block_id)

    def count_stale(self) -> int:
        """Attached blocks that the best honest head does not descend from."""
        heads = [s.node.tree[s.node.head].block for s in self._network.shells if s.is_honest]
        best = max(heads, key=lambda block: block.header.height, default=None)
        if best is None:
            return 0
        return len(self.blocks) - self._count_chain(compute_block_id(best.header))

    def _count_chain(self, block_id: BlockId) -> int:
        length = 0
        while block_id in self.blocks:
            block_id = BlockId(self.blocks[block_id].header.parent)
            length += 1
        return length

    def _on_head(self, shell: Shell, head: BlockId) -> None:
        """How many blocks of the old chain are not on the new one."""
        old = self._heads.get(shell.name)
        self._heads[shell.name] = head
        if old is None or old == head:
            return
        new = head
        depth = 0
        for _ in range(REORG_WALK_MAX):
            if old == new or old not in self.blocks:
                break
            if new in self.blocks and self._get_height(new) > self._get_height(old):
                new = BlockId(self.blocks[new].header.parent)
            else:
                old = BlockId(self.blocks[old].header.parent)
                depth += 1
        self.reorg_max = max(self.reorg_max, depth)

    def _get_height(self, block_id: BlockId) -> int:
        return self.blocks[block_id].header.height

    def _on_final(self, block_id: BlockId) -> None:
        """The block and all its ancestors that were not final before."""
        while block_id in self.blocks and block_id not in self._final:
            self._final[block_id] = None
            header = self.blocks[block_id].header
            self.latencies_ms[max(0, self._network.now_ms - header.time_ms)] += 1
            block_id = BlockId(header.parent)
