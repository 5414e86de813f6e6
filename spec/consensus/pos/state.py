"""What a PoS chain keeps beside its finality: randomness, and the onions it is made of.

Source: CONSENSUS.md 1, 2 (PoS); decision record 0074.
"""

from dataclasses import dataclass

from spec.consensus.finality_state import FinalityState
from spec.lib.ssz import ByteVector, Container, List, Uint
from spec.limits import VALIDATORS_MAX


@dataclass(frozen=True, slots=True)
class Onion:
    """Where a producer stands with its hash onions."""

    validator: int
    layers: int
    """Layers revealed so far, over all its onions; at least 1."""
    commitment: bytes
    """The latest: the next reveal of the same onion hashes to it."""


@dataclass(frozen=True, slots=True)
class PosLeaf:
    """What the ledger's tree holds of it."""

    mix: bytes
    seed: bytes
    seed_next: bytes
    onions: tuple[Onion, ...]


@dataclass(frozen=True, slots=True)
class PosState:
    """The state after a block; once ticked, as the block of a slot finds it."""

    finality: FinalityState
    mix: bytes
    """All reveals so far, hashed together."""
    seed: bytes
    """Of the epoch: the mix as it was when the epoch before began."""
    seed_next: bytes
    """Of the next epoch: the mix as it was when this epoch began."""
    onions: tuple[Onion, ...]
    """Ascending by validator."""
    producer: int
    """Owner of the slot; follows from seed and slot, so it is no part of the leaf."""


ONION = Container(
    Onion, (("validator", Uint(32)), ("layers", Uint(64)), ("commitment", ByteVector(32)))
)
POS_LEAF = Container(
    PosLeaf,
    (
        ("mix", ByteVector(32)),
        ("seed", ByteVector(32)),
        ("seed_next", ByteVector(32)),
        ("onions", List(ONION, VALIDATORS_MAX)),
    ),
)
