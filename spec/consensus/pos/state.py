"""What a PoS chain keeps beside its finality: randomness, and the onions it is made of.

Source: CONSENSUS.md 1, 2 (PoS); decision record 0074.
"""

from bisect import bisect_left
from dataclasses import dataclass

from spec.consensus.finality_state import FinalityState
from spec.lib.ssz import ByteList, ByteVector, Container
from spec.limits import VALIDATORS_MAX


@dataclass(frozen=True, slots=True)
class Onion:
    """Where a producer stands with its hash onions."""

    validator: int
    layers: int
    """Layers revealed so far, over all its onions; at least 1."""
    commitment: bytes
    """The latest: the next reveal of the same onion hashes to it."""


ONION_SIZE_BYTES = 44
"""A packed onion: validator (u32), layers (u64), commitment."""


@dataclass(frozen=True, slots=True)
class PosLeaf:
    """What the ledger's tree holds of it."""

    mix: bytes
    seed: bytes
    seed_next: bytes
    onions: bytes


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
    onions: bytes
    """Packed, ascending by validator: a block changes one of them and writes them all."""
    producer: int
    """Owner of the slot; follows from seed and slot, so it is no part of the leaf."""


POS_LEAF = Container(
    PosLeaf,
    (
        ("mix", ByteVector(32)),
        ("seed", ByteVector(32)),
        ("seed_next", ByteVector(32)),
        ("onions", ByteList(VALIDATORS_MAX * ONION_SIZE_BYTES)),
    ),
)


def get_onions(packed: bytes) -> tuple[Onion, ...]:
    """All onions, ascending by validator."""
    return tuple(_unpack(packed, at) for at in range(0, len(packed), ONION_SIZE_BYTES))


def get_onion(packed: bytes, validator: int) -> Onion | None:
    """Where a producer stands; None before its first reveal."""
    at = _find_place(packed, validator)
    return _unpack(packed, at) if _has_at(packed, at, validator) else None


def put_onion(packed: bytes, onion: Onion) -> bytes:
    """The onions with one added or replaced."""
    at = _find_place(packed, onion.validator)
    end = at + ONION_SIZE_BYTES if _has_at(packed, at, onion.validator) else at
    head = onion.validator.to_bytes(4, "little") + onion.layers.to_bytes(8, "little")
    return packed[:at] + head + onion.commitment + packed[end:]


def keep_onions(packed: bytes, validators: frozenset[int]) -> bytes:
    """The onions of these validators."""
    places = range(0, len(packed), ONION_SIZE_BYTES)
    kept = (at for at in places if _get_validator(packed, at) in validators)
    return b"".join(packed[at : at + ONION_SIZE_BYTES] for at in kept)


def _find_place(packed: bytes, validator: int) -> int:
    """Where a validator's onion is, or would stand."""
    places = range(0, len(packed), ONION_SIZE_BYTES)
    index = bisect_left(places, validator, key=lambda at: _get_validator(packed, at))
    return index * ONION_SIZE_BYTES


def _has_at(packed: bytes, at: int, validator: int) -> bool:
    return at < len(packed) and _get_validator(packed, at) == validator


def _get_validator(packed: bytes, at: int) -> int:
    return int.from_bytes(packed[at : at + 4], "little")


def _unpack(packed: bytes, at: int) -> Onion:
    return Onion(
        validator=_get_validator(packed, at),
        layers=int.from_bytes(packed[at + 4 : at + 12], "little"),
        commitment=packed[at + 12 : at + ONION_SIZE_BYTES],
    )
