"""The swap-or-not shuffle: a permutation from a seed, one index at a time or all at once.

In each round every index is paired with its mirror around a pivot, and a bit of a hash decides
whether the pair changes places. A round is its own inverse, so the whole is a permutation, and one
index can be followed without moving the others.

Source: Hoang, Morris, Rogaway, "An enciphering scheme based on a card shuffle" (CRYPTO 2012);
consensus-specs phase0, compute_shuffled_index; CONSENSUS.md 2.
"""

from spec.crypto.hashing import sha256

SHUFFLE_ROUNDS = 90
"""Enough for security at any number of validators there will be."""
BITS_OF_HASH = 256


def compute_shuffled_index(index: int, count: int, seed: bytes) -> int:
    """Where an index goes.

    Args:
        index: 0 to `count` - 1.
        count: of all indices, at least 1 and below 2^40.
        seed: 32 bytes.
    """
    assert 0 <= index < count, "the index is one of the shuffled"
    for number in range(SHUFFLE_ROUNDS):
        round_ = number.to_bytes(1, "little")
        pivot = int.from_bytes(sha256(seed, round_)[:8], "little") % count
        mirror = (pivot + count - index) % count
        position = max(index, mirror)
        source = sha256(seed, round_, (position // BITS_OF_HASH).to_bytes(4, "little"))
        if _has_bit(source, position):
            index = mirror
    return index


def compute_shuffled(items: tuple[int, ...], seed: bytes) -> tuple[int, ...]:
    """All items in their shuffled places: place i holds the item of `compute_shuffled_index(i)`.

    Args:
        items: any.
        seed: 32 bytes.
    """
    count = len(items)
    places = list(range(count))
    for number in range(SHUFFLE_ROUNDS):
        round_ = number.to_bytes(1, "little")
        pivot = int.from_bytes(sha256(seed, round_)[:8], "little") % count if count else 0
        sources = [
            sha256(seed, round_, block.to_bytes(4, "little"))
            for block in range(-(-count // BITS_OF_HASH))
        ]
        for place, index in enumerate(places):
            mirror = (pivot + count - index) % count
            position = max(index, mirror)
            if _has_bit(sources[position // BITS_OF_HASH], position):
                places[place] = mirror
    return tuple(items[index] for index in places)


def _has_bit(source: bytes, position: int) -> bool:
    bit = position % BITS_OF_HASH
    return source[bit // 8] >> (bit % 8) & 1 == 1
