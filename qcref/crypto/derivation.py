"""From a passphrase to a key: scrypt and PBKDF2 within limits.

The parameters come from a file that somebody else may have made, so time and memory are bounded
before anything is computed.
"""

import hashlib
from dataclasses import dataclass
from typing import Final

from Crypto.Protocol.KDF import scrypt

from qcref.crypto.errors import CostOutOfRange

DERIVED_SIZE_BYTES: Final = 32
"""Half for the cipher, half for the authentication."""
SCRYPT_N_MAX: Final = 1 << 20
"""Rounds of scrypt; four times what wallets use."""
SCRYPT_R_MAX: Final = 32
"""Block size, in units of 128 bytes."""
SCRYPT_P_MAX: Final = 16
"""Passes."""
SCRYPT_MEMORY_BYTES_MAX: Final = 256 << 20
"""128 n r: what wallets' strongest files take."""
SCRYPT_WORK_BYTES_MAX: Final = 1 << 30
"""128 n r p: some seconds."""
PBKDF2_ROUNDS_MAX: Final = 10_000_000
"""Some seconds."""
SALT_SIZE_BYTES_MAX: Final = 256
"""Any file's is 32."""


@dataclass(frozen=True, slots=True)
class Scrypt:
    """RFC 7914's parameters."""

    n: int
    """Rounds, a power of two."""
    r: int
    p: int


@dataclass(frozen=True, slots=True)
class Pbkdf2:
    """RFC 8018's PBKDF2 with HMAC-SHA-256."""

    rounds: int


Derivation = Scrypt | Pbkdf2

DEFAULT: Final = Scrypt(n=1 << 17, r=8, p=1)
"""128 MiB and about half a second, for files that the node writes."""


def validate_derivation(derivation: Derivation) -> CostOutOfRange | None:
    """The first parameter beyond its limits, or None."""
    if isinstance(derivation, Pbkdf2):
        bounds = [("round count", derivation.rounds, 1, PBKDF2_ROUNDS_MAX)]
    else:
        n, r, p = derivation.n, derivation.r, derivation.p
        memory = 128 * n * r
        bounds = [
            ("n", n, 2, SCRYPT_N_MAX),
            ("n's count of one bits", n.bit_count(), 1, 1),
            ("r", r, 1, SCRYPT_R_MAX),
            ("p", p, 1, SCRYPT_P_MAX),
            ("memory", memory, 1, SCRYPT_MEMORY_BYTES_MAX),
            ("work", memory * p, 1, SCRYPT_WORK_BYTES_MAX),
        ]
    for parameter, value, low, high in bounds:
        if not low <= value <= high:
            return CostOutOfRange(parameter, value, low, high)
    return None


def derive_key(derivation: Derivation, passphrase: bytes, salt: bytes) -> bytes:
    """32 bytes from a passphrase, by parameters that `validate_derivation` accepts."""
    assert validate_derivation(derivation) is None, "the parameters were validated"
    if isinstance(derivation, Pbkdf2):
        return hashlib.pbkdf2_hmac(
            "sha256", passphrase, salt, derivation.rounds, DERIVED_SIZE_BYTES
        )
    # Not hashlib's, which refuses n beyond 2^(16 r) as RFC 7914 does: wallets wrote such files.
    n, r, p = derivation.n, derivation.r, derivation.p
    derived = scrypt(passphrase, salt, DERIVED_SIZE_BYTES, n, r, p)
    assert isinstance(derived, bytes), "one key was asked for"
    return derived
