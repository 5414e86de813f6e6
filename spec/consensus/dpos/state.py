"""What a DPoS chain keeps beside its finality: the round's schedule, and who missed its slots.

Source: CONSENSUS.md 1, 2 (DPoS); FFG.md 5.
"""

from dataclasses import dataclass

from spec.consensus.finality_state import FinalityState
from spec.lib.ssz import Container, List, Uint
from spec.limits import VALIDATORS_MAX


@dataclass(frozen=True, slots=True)
class Missed:
    """A delegate's missed slots in a row."""

    validator: int
    count: int
    """At least 1."""


@dataclass(frozen=True, slots=True)
class DposLeaf:
    """What the ledger's tree holds of it."""

    schedule: tuple[int, ...]
    missed: tuple[Missed, ...]


@dataclass(frozen=True, slots=True)
class DposState:
    """The state after a block; once ticked, as the block of a slot finds it."""

    finality: FinalityState
    schedule: tuple[int, ...]
    """Delegates in the order of the round's slots; again from the first when they are used up."""
    missed: tuple[Missed, ...]
    """Ascending by validator."""
    producer: int
    """Owner of the slot; follows from schedule and slot, so it is no part of the leaf."""


DPOS_LEAF = Container(
    DposLeaf,
    (
        ("schedule", List(Uint(32), VALIDATORS_MAX)),
        (
            "missed",
            List(Container(Missed, (("validator", Uint(32)), ("count", Uint(64)))), VALIDATORS_MAX),
        ),
    ),
)
