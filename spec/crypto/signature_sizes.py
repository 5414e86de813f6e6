"""Which signature schemes there are, and how long their keys and signatures are.

Apart from `signing`, so that who only needs a length (the rules of modules, limits) does not load
the arithmetic of curves and lattices.

Source: docs/adr/0015-signatures-hash-their-message.md.
"""

from dataclasses import dataclass
from typing import Final

ED25519: Final = 1
"""Ed25519 with the strict acceptance of `signing.ed25519`; the only scheme of consensus keys."""
SECP256K1: Final = 2
"""ECDSA over SHA-256 with low s, for accounts."""
ML_DSA_65: Final = 3
"""ML-DSA-65, for accounts that must outlast quantum computers."""


@dataclass(frozen=True, slots=True)
class SignatureSizes:
    """What a scheme's keys and signatures measure."""

    number: int
    """The scheme's."""
    public_key_size_bytes: int
    signature_size_bytes: int


ED25519_SIZES: Final = SignatureSizes(ED25519, 32, 64)
SECP256K1_SIZES: Final = SignatureSizes(SECP256K1, 33, 64)
ML_DSA_65_SIZES: Final = SignatureSizes(ML_DSA_65, 1_952, 3_309)
SIGNATURE_SIZES: Final = (ED25519_SIZES, SECP256K1_SIZES, ML_DSA_65_SIZES)
"""Of every scheme, by number."""


def get_signature_sizes(number: int) -> SignatureSizes | None:
    """The sizes of the scheme of this number, or None."""
    return next((each for each in SIGNATURE_SIZES if each.number == number), None)
