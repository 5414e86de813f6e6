"""What stands around one simulated node: its disk, its clock, its lives; and the events it gets."""

from dataclasses import dataclass, field

from qcref.sim.adversary import Adversary
from spec.chain import AnyNodeConfig, AnyNodeState
from spec.consensus.interface import Effect, Input, Record, SignedRecord
from spec.ledger.codec import BlockId
from spec.ledger.types import Block


class Log:
    """A node's write-ahead log: what was written whole is read back, a torn end is cut off."""

    def __init__(self) -> None:
        self._records: list[Record] = []
        self._is_torn = False
        self.tears = 0

    def append(self, record: Record) -> None:
        """Writes a record and syncs it."""
        assert not self._is_torn, "a log with a torn end is read before it is written to"
        self._records.append(record)

    def tear(self) -> None:
        """A record's write was interrupted: its bytes are there in part."""
        self._is_torn = True
        self.tears += 1

    def read(self, *, is_forgetful: bool) -> tuple[Record, ...]:
        """Everything up to the torn end, which is cut off.

        Args:
            is_forgetful: leave promises out: a planted fault, to see that it is found.
        """
        self._is_torn = False
        if is_forgetful:
            return tuple(r for r in self._records if not isinstance(r, SignedRecord))
        return tuple(self._records)


@dataclass
class Shell:
    """One node with its disk."""

    name: int
    """Place among the shells."""
    validator: int
    config: AnyNodeConfig
    node: AnyNodeState
    adversary: Adversary | None
    """What stands between a byzantine node and the network; twins have none each."""
    is_honest: bool
    skew_ms: int = 0
    log: Log = field(default_factory=Log)
    blocks: dict[BlockId, Block] = field(default_factory=dict)
    is_up: bool = True
    life: int = 0
    """Counts restarts: what was scheduled in an earlier life is dropped."""
    search: int = 0
    """Counts mining requests: a new one replaces the old."""


@dataclass(frozen=True, slots=True)
class Search:
    """A nonce is found for this block when its time comes, unless a new search replaced it."""

    block: Block
    target: int


@dataclass(frozen=True, slots=True)
class Clock:
    """The network's own clock: something that happens every so often."""

    period_ms: int


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that will happen."""

    at_ms: int
    order: int
    to: int
    life: int
    """The receiver's life it belongs to; -1 for messages, which outlive a crash."""
    search: int
    event: Input | Search | Clock

    def __lt__(self, other: "Entry") -> bool:
        return (self.at_ms, self.order) < (other.at_ms, other.order)


class Observer:
    """What is told of everything that happens; checkers and statistics override what they need."""

    def on_step(self, shell: Shell, before: AnyNodeState, event: Input) -> None:
        """A node answered an input."""

    def on_effect(self, shell: Shell, effect: Effect) -> None:
        """A node's effect was carried out."""
