"""Which leaf holds what: storage keys, and the layout of checkpointed cells.

A plain cell has one leaf; a map cell has one per complete tuple of keys. A leaf holds the encoded
value (a record is one leaf), and a value equal to the type's default is no leaf. Balance and inbox
have no leaves here: the ledger keeps them.

A checkpointed cell has, for each tuple of keys, beside the leaf of the live value:

    count            how many checkpoints there are (u64)
    checkpoint i     the height (u64) and the value at the end of that block, i < count, heights
    rising

A write at the height of the last checkpoint replaces it, any other write appends one. The value at
a past height is that of the last checkpoint at or below it, and the default if there is none.

A storage key is SHA-256 over "qc/storage/1", the number of the leaf's sort (one byte: 0 value, 1
count, 2 checkpoint), the contract's address, the cell's index (u16), the encoding of each key in
order, and for a checkpoint its index (u64); numbers are little-endian.

Source: LANGUAGE.md 2 (checkpointed map) and 4 (total maps), DESIGN.md 2; record 0041.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

from spec.crypto.hashing import sha256

STORAGE_DOMAIN = b"qc/storage/1"
CELL_SIZE_BYTES = 2
HEIGHT_SIZE_BYTES = 8
COUNT_SIZE_BYTES = 8
SEARCH_STEPS_MAX = 8 * COUNT_SIZE_BYTES
"""A binary search among at most 2**64 checkpoints looks at no more than this many."""


class Leaf(IntEnum):
    """What a storage key stands for."""

    VALUE = 0
    CHECKPOINT_COUNT = 1
    CHECKPOINT = 2


@dataclass(frozen=True, slots=True)
class Place:
    """An entry of a contract's state."""

    contract: bytes
    """Address."""
    cell: int
    """Index of the cell."""
    keys: tuple[bytes, ...]
    """The encoded key of each map level; empty for a scalar cell."""


def compute_storage_key(contract: bytes, cell: int, keys: tuple[bytes, ...]) -> bytes:
    """The 32-byte key of the leaf that holds a cell's (live) value.

    `contract` is an address, `cell` the cell's index, `keys` the encoded key of each map level. The
    keys of a cell have fixed sizes, so that joining them is injective.
    """
    return _compute_key(Leaf.VALUE, Place(contract, cell, keys), b"")


def compute_checkpoint_count_key(place: Place) -> bytes:
    """The key of the leaf that counts an entry's checkpoints."""
    return _compute_key(Leaf.CHECKPOINT_COUNT, place, b"")


def compute_checkpoint_key(place: Place, index: int) -> bytes:
    """The key of the leaf of an entry's checkpoint `index` (u64)."""
    return _compute_key(Leaf.CHECKPOINT, place, index.to_bytes(COUNT_SIZE_BYTES, "little"))


def _compute_key(leaf: Leaf, place: Place, suffix: bytes) -> bytes:
    cell = place.cell.to_bytes(CELL_SIZE_BYTES, "little")
    return sha256(STORAGE_DOMAIN, bytes((leaf,)), place.contract, cell, *place.keys, suffix)


def decode_count(leaf: bytes | None) -> int:
    """The checkpoint count of a leaf."""
    return 0 if leaf is None else int.from_bytes(leaf, "little")


def encode_checkpoint(height: int, value: bytes) -> bytes:
    """The leaf of a checkpoint: u64 height, then the encoded value (a uint)."""
    return height.to_bytes(HEIGHT_SIZE_BYTES, "little") + value


def decode_checkpoint(leaf: bytes) -> tuple[int, bytes]:
    """Height and encoded value of a checkpoint's leaf."""
    return int.from_bytes(leaf[:HEIGHT_SIZE_BYTES], "little"), leaf[HEIGHT_SIZE_BYTES:]


Reader = Callable[[bytes], bytes | None]
"""The leaf under a storage key, or None."""


def get_checkpoint(read: Reader, place: Place, index: int) -> tuple[int, bytes]:
    """Height and encoded value of checkpoint `index`, which is below the count."""
    leaf = read(compute_checkpoint_key(place, index))
    assert leaf is not None, "every checkpoint below the count has a leaf"
    return decode_checkpoint(leaf)


def get_value_at(read: Reader, place: Place, height: int) -> bytes | None:
    """The encoded value at the end of the block at `height`, None for the default.

    A binary search for the first checkpoint above `height`; the one before it holds the value.
    """
    low = 0
    high = decode_count(read(compute_checkpoint_count_key(place)))
    for _ in range(SEARCH_STEPS_MAX):
        if low == high:
            break
        middle = (low + high) // 2
        if get_checkpoint(read, place, middle)[0] <= height:
            low = middle + 1
        else:
            high = middle
    if low == 0:
        return None
    return get_checkpoint(read, place, low - 1)[1]


def compute_checkpoint_writes(
    read: Reader, place: Place, height: int, value: bytes
) -> tuple[tuple[bytes, bytes], ...]:
    """The leaves (key, data) to store, beside the live one, when a checkpointed entry changes.

    `height` is the current block's, `value` the encoded new value.
    """
    count_key = compute_checkpoint_count_key(place)
    count = decode_count(read(count_key))
    leaf = encode_checkpoint(height, value)
    if count > 0 and get_checkpoint(read, place, count - 1)[0] == height:
        return ((compute_checkpoint_key(place, count - 1), leaf),)
    count_leaf = (count + 1).to_bytes(COUNT_SIZE_BYTES, "little")
    return (count_key, count_leaf), (compute_checkpoint_key(place, count), leaf)
