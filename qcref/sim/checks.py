"""What must hold in every run, for every algorithm.

    agreement         no two honest nodes finalise different blocks of one height
    growth            what is final to a node stays final
    descent           a head descends from what is final
    promises          no honest validator signs two messages that convict it
    standing          no honest node rejects what an honest node said
    repetition        the same input again changes no head, finality or promise
    purity            a step leaves the state it was given as it was

Source: CONSENSUS.md 3 (rows 7, 13, 14), 4; INTERFACE.md 4.
"""

from dataclasses import dataclass

from qcref.sim.network import Network
from qcref.sim.shells import Observer, Shell
from spec.chain import AnyNodeState, step
from spec.consensus.bft.messages import Proposal
from spec.consensus.evidence import find_conflict
from spec.consensus.interface import (
    Effect,
    Finalize,
    Input,
    Received,
    RejectMessage,
    Report,
    Restart,
    RevealRequest,
    SealRequest,
    SetHead,
    Sign,
    Signable,
    Signed,
)
from spec.ledger.codec import BlockId, compute_block_id
from spec.ledger.ops import FfgVote, RoundVote

SAMPLE = 61
"""One input in so many is given twice."""


@dataclass(frozen=True, slots=True)
class Violation:
    """A law that was broken."""

    law: str
    at_ms: int
    """Virtual time since the chain began."""
    detail: str


class Checker(Observer):
    """Watches a network and remembers what broke."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self.violations: list[Violation] = []
        self.finals: dict[int, tuple[BlockId, int]] = {}
        """By height: the first block that an honest node finalised, and that node's name."""
        self.reports = 0
        self._own: dict[int, dict[int, BlockId]] = {}
        self._votes: dict[int, list[RoundVote | FfgVote]] = {}
        self._made: dict[tuple[int, int, int], BlockId] = {}
        self._seen = 0
        self._speaker = -1

    def on_step(self, shell: Shell, before: AnyNodeState, event: Input) -> None:
        """Purity, repetition and descent, on a sample."""
        self._speaker = event.source[0] if isinstance(event, Received) and event.source else -1
        self._seen += 1
        if not shell.is_honest or self._seen % SAMPLE:
            return
        if not _descends(shell.node):
            self._break("descent", f"node {shell.name}'s head does not descend from its final")
        if isinstance(event, Signed | Restart):
            return
        again, effects = step(shell.config, before, event)
        if (again.head, again.final) != (shell.node.head, shell.node.final):
            self._break("purity", f"node {shell.name} answered {type(event).__name__} differently")
        twice, effects = step(shell.config, shell.node, event)
        is_same = (twice.head, twice.final) == (shell.node.head, shell.node.final)
        if not is_same or any(isinstance(e, SetHead | Finalize) for e in effects):
            self._break("repetition", f"{type(event).__name__} again moved node {shell.name}")

    def on_effect(self, shell: Shell, effect: Effect) -> None:
        """Agreement, growth, promises, standing."""
        match effect:
            case Report():
                self.reports += 1
            case Finalize(block_id) if shell.is_honest:
                self._on_final(shell, block_id)
            case Sign(message) if shell.is_honest:
                self._on_sign(message)
            case RejectMessage(source, error) if shell.is_honest and source:
                if self._network.shells[source[0]].is_honest:
                    self._break("standing", f"node {shell.name} rejected {source[0]}: {error.code}")

    def _on_final(self, shell: Shell, block_id: BlockId) -> None:
        height = shell.node.tree[block_id].block.header.height
        own = self._own.setdefault(shell.name, {})
        if own.setdefault(height, block_id) != block_id:
            self._break("growth", f"node {shell.name} finalised twice at height {height}")
        first, name = self.finals.setdefault(height, (block_id, shell.name))
        if first != block_id:
            self._break("agreement", f"nodes {name} and {shell.name} differ at height {height}")

    def _on_sign(self, message: Signable) -> None:
        if isinstance(message, RoundVote | FfgVote):
            said = self._votes.setdefault(message.validator, [])
            if any(find_conflict(earlier, message) is not None for earlier in said[-64:]):
                self._break("promises", f"validator {message.validator} convicted itself")
            said.append(message)
            return
        if isinstance(message, RevealRequest):
            return
        header = message.block.header
        slot = (
            (message.height, message.round) if isinstance(message, Proposal) else (header.slot, 0)
        )
        key = (message.validator, *slot)
        block_id = compute_block_id(header)
        if self._made.setdefault(key, block_id) != block_id:
            kind = "sealed" if isinstance(message, SealRequest) else "proposed"
            self._break("promises", f"validator {message.validator} {kind} two blocks at {slot}")

    def _break(self, law: str, detail: str) -> None:
        self.violations.append(Violation(law, self._network.elapsed_ms, detail))


def _descends(node: AnyNodeState) -> bool:
    """Whether the head's ancestors lead to the tree's root."""
    block_id = node.head
    while block_id in node.tree and block_id != node.root:
        block_id = BlockId(node.tree[block_id].block.header.parent)
    return block_id == node.root
