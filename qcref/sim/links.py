"""The links between simulated nodes: what is lost, doubled, delayed or cut, and what it weighs."""

from random import Random

from qcref.sim.plan import Cut, Partition, Plan, Weather
from qcref.sim.profiles import CALM
from spec.consensus.bft.messages import PROPOSAL, Proposal
from spec.consensus.interface import Message
from spec.ledger.ops import (
    DOUBLE_FFG_VOTE,
    DOUBLE_PRODUCTION,
    DOUBLE_PROPOSAL,
    DOUBLE_VOTE,
    FFG_VOTE,
    ROUND_VOTE,
    DoubleFfgVote,
    DoubleProduction,
    DoubleProposal,
    DoubleVote,
    FfgVote,
    RoundVote,
)
from spec.ledger.types import BLOCK, Block
from spec.lib.ssz import encode
from spec.lib.ssz.descriptors import get_fixed_size

HELD_BACK_MS = 400
"""How much later a message that is overtaken comes."""
MEASURED_MAX = 1 << 12
"""Messages whose sizes are remembered."""
FAIR = Weather(0, 0, 0, 0, 0)


class Links:
    """Every directed link between nodes, each with its own luck."""

    def __init__(self, plan: Plan, seed: int, nodes: int) -> None:
        """Links of `nodes` nodes under a plan's faults."""
        self.messages = 0
        self.size_bytes = 0
        self._delay_ms = plan.delay_ms
        self._faults = [f for f in plan.faults if isinstance(f, Partition | Cut | Weather)]
        edges = {0, *(f.from_ms for f in self._faults), *(f.to_ms for f in self._faults)}
        self._edges = sorted(edges, reverse=True)
        self._blocked: set[tuple[int, int]] = set()
        self._weather = FAIR
        self._nodes = nodes
        self._luck = [
            [Random(f"{seed}/link/{sender}/{receiver}") for receiver in range(nodes)]  # noqa: S311  # a seed is a run
            for sender in range(nodes)
        ]
        self._measured: dict[int, tuple[Message, int]] = {}

    def heal(self) -> None:
        """Ends all faults."""
        self._faults, self._edges = [], []
        self._blocked, self._weather = set(), FAIR
        self._delay_ms = CALM.delay_ms

    def carry(self, sender: int, receiver: int, at_ms: int, message: Message) -> list[int]:
        """After how many milliseconds each copy of a message arrives; none if it is lost.

        The same number of draws for each message, so that one fault less moves no other.
        """
        self.messages += 1
        self.size_bytes += self._measure(message)
        while self._edges and self._edges[-1] <= at_ms:
            self._edges.pop()
            self._look(at_ms)
        luck = self._luck[sender][receiver].random
        low, high = self._delay_ms
        lost, doubled, held_back = int(luck() * 100), int(luck() * 100), int(luck() * 100)
        delays = [low + int(luck() * (high - low + 1)) for _ in range(2)]
        weather = self._weather
        if (sender, receiver) in self._blocked or lost < weather.loss_percent:
            return []
        if held_back < weather.reorder_percent:
            delays[0] += HELD_BACK_MS
        return delays if doubled < weather.duplicate_percent else delays[:1]

    def _look(self, at_ms: int) -> None:
        """What the faults say from now on."""
        self._blocked, self._weather = set(), FAIR
        for fault in self._faults:
            if not fault.from_ms <= at_ms < fault.to_ms:
                continue
            match fault:
                case Weather():
                    self._weather = fault
                case Cut():
                    self._blocked.add((fault.sender, fault.receiver))
                case Partition(sides=sides):
                    self._blocked |= {
                        (one, other)
                        for one in range(min(self._nodes, len(sides)))
                        for other in range(min(self._nodes, len(sides)))
                        if sides[one] != sides[other]
                    }

    def _measure(self, message: Message) -> int:
        """Bytes of a message; one that is sent to many is measured once."""
        known = self._measured.get(id(message))
        if known is None:
            if len(self._measured) > MEASURED_MAX:
                self._measured.clear()
            known = (message, compute_size_bytes(message))
            self._measured[id(message)] = known
        return known[1]


FIXED_SIZES_BYTES = {
    kind: get_fixed_size(descriptor)
    for kind, descriptor in (
        (RoundVote, ROUND_VOTE),
        (FfgVote, FFG_VOTE),
        (DoubleVote, DOUBLE_VOTE),
        (DoubleFfgVote, DOUBLE_FFG_VOTE),
        (DoubleProduction, DOUBLE_PRODUCTION),
        (DoubleProposal, DOUBLE_PROPOSAL),
    )
}
"""Votes and evidence are of one size each."""


def compute_size_bytes(message: Message) -> int:
    """Bytes of a message's encoding."""
    if isinstance(message, Block):
        return len(encode(BLOCK, message))
    if isinstance(message, Proposal):
        return len(encode(PROPOSAL, message))
    size_bytes = FIXED_SIZES_BYTES[type(message)]
    assert size_bytes is not None, "votes have no parts of variable size"
    return size_bytes
