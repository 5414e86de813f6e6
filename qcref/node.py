"""A development node as its interfaces use it: a mining policy, and an end when a disk fails.

Source: UX.md (application developer); RELIABILITY.md R9.
"""

from collections.abc import Callable
from dataclasses import dataclass

from qcref.contracts import Directory
from qcref.core.mempool import PoolError
from qcref.devnet import Devnet
from qcref.store.errors import StoreError
from spec.ledger.codec import TxId
from spec.ledger.errors import TxError
from spec.ledger.types import SignedTransaction
from spec.lib.result import Err, Result


@dataclass(frozen=True, slots=True)
class Instant:
    """A block as soon as there is a transaction."""

    name = "instant"


@dataclass(frozen=True, slots=True)
class Manual:
    """A block when it is asked for."""

    name = "manual"


@dataclass(frozen=True, slots=True)
class Interval:
    """A block every so often, perhaps an empty one."""

    every_ms: int
    name = "interval"


@dataclass(frozen=True, slots=True)
class Consensus:
    """Blocks come as the nodes of a network agree on them."""

    number: int
    """Of this node, 1-based."""
    urls: tuple[str, ...]
    """Of all nodes, in order."""
    name = "consensus"


Mining = Instant | Manual | Interval | Consensus


class Node:
    """What the API, the explorer and the command line talk to."""

    def __init__(
        self,
        devnet: Devnet,
        mining: Mining,
        stop: Callable[[], None],
        network: tuple[Devnet, ...] = (),
    ) -> None:
        """Takes over a chain.

        Args:
            devnet: the chain; nobody else uses it.
            mining: when blocks are made.
            stop: asks the process to end, at once and without waiting.
            network: all nodes of the process, if there are several.
        """
        self.devnet = devnet
        self.mining = mining
        self.directory = Directory(devnet, network)
        self.failure: StoreError | None = None
        self._stop = stop

    def submit(self, signed: SignedTransaction) -> Result[TxId, TxError | PoolError]:
        """Takes in a transaction; where blocks are instant, it is in one, on disk, on return."""
        added = self.devnet.submit(signed)
        if not isinstance(added, Err) and isinstance(self.mining, Instant):
            self.devnet.mine()
        return added

    def revert(self, snapshot: int) -> bool:
        """Goes back to a snapshot; whether there is one of that number."""
        is_back = self.devnet.revert(snapshot)
        if is_back:
            self.directory.prune()
        return is_back

    def fail(self, error: StoreError) -> None:
        """Ends the node: what its disk holds is not known any more."""
        self.failure = error
        self._stop()
