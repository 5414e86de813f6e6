"""Hash onions: randomness that a producer commits to before it is known, and cannot choose later.

The innermost layer is a secret; each further layer is the hash of the one below. A producer shows
the outermost first: its first reveal is a commitment, each later one must hash to the one before.
An onion has `ONION_LAYERS`; the next onion begins with a free choice again, which is why a first
layer commits and adds no randomness.

Source: CONSENSUS.md 2 (PoS, randomness); decision record 0074.
"""

from spec.crypto.hashing import sha256

ONION_LAYERS = 1_024
"""Reveals of one onion: half a day of the slots of a set of four, and 1,024 hashes to make."""
ONION_DOMAIN = b"qc/onion/1"


def is_first_layer(layer: int) -> bool:
    """Whether a reveal is a new commitment."""
    return layer % ONION_LAYERS == 0


def compute_layer(secret: bytes, layer: int) -> bytes:
    """What the holder of a secret reveals.

    Args:
        secret: 32 bytes, known to the key's holder alone.
        layer: 0-based, over all its onions.
    """
    number, position = divmod(layer, ONION_LAYERS)
    value = sha256(ONION_DOMAIN, secret, number.to_bytes(8, "little"))
    for _ in range(ONION_LAYERS - 1 - position):
        value = sha256(value)
    return value
