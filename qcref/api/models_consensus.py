"""What the interface says of consensus: who takes part, and what is final."""

from typing import Literal

from qcref.api.models import Hash, Hex, Model

FinalityKind = Literal["instant", "checkpoints", "probability"]


class ValidatorView(Model):
    """A registered validator after the head."""

    index: int
    """In the registry, never given twice."""
    address: Hash
    """Of its operator."""
    text: str
    name: str | None
    consensus_key: Hex
    status: Literal["active", "jailed", "exiting", "exited", "slashed"]
    stake: str
    """Base units in its pool."""
    unbonding: str
    """Base units that left the pool and are still at risk."""
    power: str
    """Weight of its vote in the present set; 0 where nothing is voted on, or if it is not in it."""
    is_this_node: bool


class ValidatorList(Model):
    """All of them."""

    algorithm: str
    height: str
    """Of the head."""
    power_total: str
    items: list[ValidatorView]


class BlockPoint(Model):
    """A block."""

    height: str
    id: Hash


class ReversalView(Model):
    """How likely the block at a depth is to be undone."""

    depth: int
    """Blocks of the chain from this one on, itself included."""
    attacker_percent: int
    """Of the hash power."""
    probability: str
    """Decimal, rounded up."""


class FinalityView(Model):
    """What is final on this node, and how it becomes so."""

    algorithm: str
    kind: FinalityKind
    statement: str
    """The same in a sentence."""
    head: BlockPoint
    justified: BlockPoint | None
    """The latest checkpoint with more than two thirds behind it; None where there are none."""
    finalized: BlockPoint | None
    """None where nothing is ever final."""
    depth: str
    """Blocks above the final one; where nothing is final, above genesis."""
    reversal: list[ReversalView]
    """For blocks above what is final, where work proposes."""
