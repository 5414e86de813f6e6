"""The registry of validators: its leaves, which the ledger alone writes.

    kind 5    a validator, by its index             kind 8    a consensus key that is taken for ever
    kind 6    a holder of shares, by its address    kind 9    the registry, the queue's ends
    kind 7    a withdrawal, by its number

An index is never given twice, nor is a consensus key, slashed or not. A validator is *listed* from
its registration until its stake has left: after that consensus no longer sees it, and its record
goes as soon as nobody holds a share of it.

Source: DESIGN.md 2.1, 2.13; decision records 0053, 0055.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import TypeVar

from spec.crypto.hashing import sha256
from spec.ledger.state import Layer, StateReader
from spec.ledger.types import ZERO_BYTES32
from spec.lib.result import Ok
from spec.lib.ssz import ByteVector, Container, Descriptor, List, Uint, decode, encode
from spec.limits import POSITIONS_MAX, VALIDATORS_MAX

VALIDATOR_KIND = 5
HOLDER_KIND = 6
WITHDRAWAL_KIND = 7
CONSENSUS_KEY_KIND = 8
REGISTRY_KIND = 9
HOLDER_DOMAIN = b"qc/holder/1"
CONSENSUS_KEY_DOMAIN = b"qc/consensus-key/1"
KEY_NUMBER_SIZE_BYTES = 31

REGISTRY_KEY = bytes((REGISTRY_KIND,)) + bytes(31)
QUEUE_KEY = bytes((REGISTRY_KIND,)) + bytes(30) + b"\x01"


class ValidatorStatus(IntEnum):
    """Where a validator stands."""

    ACTIVE = 1
    """May be elected."""
    JAILED = 2
    """May return by `Unjail`."""
    EXITING = 3
    """Its operator's stake is on its way out, and at risk."""
    EXITED = 4
    """It has left, or offended and is past answering: no longer listed."""
    SLASHED = 5
    """It offended, and may yet answer for more; it never returns."""


@dataclass(frozen=True, slots=True)
class Pool:
    """Tokens that belong to the holders of shares, each in proportion."""

    tokens: int
    """Base units."""
    shares: int
    """0 only where tokens are 0."""


EMPTY_POOL = Pool(tokens=0, shares=0)


@dataclass(frozen=True, slots=True)
class Validator:
    """A validator's record."""

    operator: bytes
    """Address (32 bytes) that registered it and alone directs it."""
    consensus_key: bytes
    """Ed25519 public key, 32 bytes."""
    previous_key: bytes
    """The key before the last rotation, still answerable for what it signed; zeros if none."""
    rotated_at_ms: int
    """Block time of the last rotation."""
    status: int
    """A `ValidatorStatus`."""
    jailed_until_ms: int
    """When jailed: the earliest time of `Unjail`."""
    withdrawable_at_ms: int
    """When exiting or slashed: block time from which it is no longer listed."""
    pool: Pool
    """Stake: what elects it and what rewards go to."""
    unbonding: Pool
    """Stake that left the pool and is still at risk; its shares are held by withdrawals."""


@dataclass(frozen=True, slots=True)
class Registry:
    """Which validators there are."""

    next_index: int
    listed: tuple[int, ...]
    """Ascending."""


EMPTY_REGISTRY = Registry(next_index=0, listed=())


@dataclass(frozen=True, slots=True)
class Position:
    """One holder's part of one pool."""

    validator: int
    shares: int
    unbondings: int
    """Withdrawals that wait; the position, and its place among the approvals, lasts as long."""


@dataclass(frozen=True, slots=True)
class Holder:
    """The leaf of a holder of shares; one without positions is no leaf."""

    positions: tuple[Position, ...]
    """Ascending by validator."""


T = TypeVar("T")

POOL = Container(Pool, (("tokens", Uint(128)), ("shares", Uint(128))))
VALIDATOR = Container(
    Validator,
    (
        ("operator", ByteVector(32)),
        ("consensus_key", ByteVector(32)),
        ("previous_key", ByteVector(32)),
        ("rotated_at_ms", Uint(64)),
        ("status", Uint(8)),
        ("jailed_until_ms", Uint(64)),
        ("withdrawable_at_ms", Uint(64)),
        ("pool", POOL),
        ("unbonding", POOL),
    ),
)
REGISTRY = Container(
    Registry, (("next_index", Uint(32)), ("listed", List(Uint(32), VALIDATORS_MAX)))
)
POSITION = Container(
    Position, (("validator", Uint(32)), ("shares", Uint(128)), ("unbondings", Uint(8)))
)
HOLDER = Container(Holder, (("positions", List(POSITION, POSITIONS_MAX)),))


def decode_leaf(descriptor: Descriptor[T], leaf: bytes) -> T:
    """The value of a leaf that the ledger wrote."""
    decoded = decode(descriptor, leaf)
    assert isinstance(decoded, Ok), "leaves of stake are written by the ledger alone"
    return decoded.value


def compute_validator_key(index: int) -> bytes:
    """The key of a validator's leaf."""
    return bytes((VALIDATOR_KIND,)) + index.to_bytes(KEY_NUMBER_SIZE_BYTES, "big")


def compute_holder_key(address: bytes) -> bytes:
    """The key of a holder's leaf."""
    return bytes((HOLDER_KIND,)) + sha256(HOLDER_DOMAIN, address)[1:]


def compute_consensus_key_key(consensus_key: bytes) -> bytes:
    """The key of the leaf that says a consensus key is taken."""
    return bytes((CONSENSUS_KEY_KIND,)) + sha256(CONSENSUS_KEY_DOMAIN, consensus_key)[1:]


def get_registry(reader: StateReader) -> Registry:
    """Which validators there are."""
    leaf = reader.get_leaf(REGISTRY_KEY)
    return EMPTY_REGISTRY if leaf is None else decode_leaf(REGISTRY, leaf)


def get_validator(reader: StateReader, index: int) -> Validator | None:
    """A validator's record, listed or not; None where there is none, or no longer."""
    leaf = reader.get_leaf(compute_validator_key(index))
    return None if leaf is None else decode_leaf(VALIDATOR, leaf)


def get_holder(reader: StateReader, address: bytes) -> Holder:
    """The positions of an address."""
    leaf = reader.get_leaf(compute_holder_key(address))
    return Holder(()) if leaf is None else decode_leaf(HOLDER, leaf)


def get_position(reader: StateReader, address: bytes, index: int) -> Position:
    """What an address holds of one pool; nothing, if it has no position there."""
    for position in get_holder(reader, address).positions:
        if position.validator == index:
            return position
    return Position(index, shares=0, unbondings=0)


def is_key_taken(reader: StateReader, consensus_key: bytes) -> bool:
    """Whether a consensus key was ever registered."""
    return reader.get_leaf(compute_consensus_key_key(consensus_key)) is not None


def is_listed(validator: Validator) -> bool:
    """Whether consensus sees the validator: its index is in the registry's list."""
    return validator.status != ValidatorStatus.EXITED


def set_validator(layer: Layer, index: int, validator: Validator) -> None:
    """Replaces a validator's record; one not listed, of which nobody holds a share, goes."""
    is_held = validator.pool.shares > 0 or validator.unbonding.shares > 0
    is_kept = is_held or is_listed(validator)
    leaf = encode(VALIDATOR, validator) if is_kept else None
    layer.set_leaf(compute_validator_key(index), leaf)


def set_position(layer: Layer, address: bytes, position: Position) -> None:
    """Replaces what an address holds of one pool."""
    others = (p for p in get_holder(layer, address).positions if p.validator != position.validator)
    kept = (position,) if position.shares > 0 or position.unbondings > 0 else ()
    positions = tuple(sorted((*others, *kept), key=lambda p: p.validator))
    leaf = encode(HOLDER, Holder(positions)) if positions else None
    layer.set_leaf(compute_holder_key(address), leaf)


def set_registry(layer: Layer, registry: Registry) -> None:
    """Replaces the list of validators."""
    layer.set_leaf(REGISTRY_KEY, encode(REGISTRY, registry))


def set_key_taken(layer: Layer, consensus_key: bytes, index: int) -> None:
    """Remembers for ever that a consensus key was registered, and by which validator."""
    leaf = encode(Uint(32), index)
    layer.set_leaf(compute_consensus_key_key(consensus_key), leaf)


def add_validator(layer: Layer, operator: bytes, consensus_key: bytes, stake: int) -> int:
    """Registers a validator whose operator holds as many shares as there are tokens.

    Args:
        layer: changed in place; the registry has room.
        operator: address, 32 bytes.
        consensus_key: not taken.
        stake: base units that were taken, or made, for it; at least 1.

    Returns:
        Its index.
    """
    registry = get_registry(layer)
    index = registry.next_index
    set_registry(layer, Registry(index + 1, (*registry.listed, index)))
    validator = Validator(
        operator=operator,
        consensus_key=consensus_key,
        previous_key=ZERO_BYTES32,
        rotated_at_ms=0,
        status=ValidatorStatus.ACTIVE,
        jailed_until_ms=0,
        withdrawable_at_ms=0,
        pool=Pool(tokens=stake, shares=stake),
        unbonding=EMPTY_POOL,
    )
    set_validator(layer, index, validator)
    set_key_taken(layer, consensus_key, index)
    set_position(layer, operator, Position(index, shares=stake, unbondings=0))
    return index
