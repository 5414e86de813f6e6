"""Signing: secret keys of the three schemes, each from a seed of 32 bytes, all deterministic.

No rule of the chain signs; vectors, tests and wallets do, and they must agree byte for byte. The
arithmetic is the library's and not hardened against those who share the machine.
"""

from dataclasses import dataclass
from typing import ClassVar

from spec.crypto.signature_sizes import ED25519, ML_DSA_65, SECP256K1
from spec.crypto.signing import ed25519, ml_dsa, secp256k1
from spec.crypto.signing.errors import SchemeUnknown
from spec.crypto.signing.schemes import get_scheme
from spec.lib.result import Err, Ok, Result

SEED_SIZE_BYTES = 32
"""The secret of every scheme."""


@dataclass(frozen=True, slots=True)
class SeedLengthWrong:
    """A seed doesn't have 32 bytes."""

    code: ClassVar[str] = "key.seed_length_wrong"
    found_bytes: int

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"the seed has {self.found_bytes} bytes, and a seed has {SEED_SIZE_BYTES}"


@dataclass(frozen=True, slots=True)
class SeedOutOfRange:
    """A secp256k1 seed is zero or not below the group's order."""

    code: ClassVar[str] = "key.seed_out_of_range"

    @property
    def message(self) -> str:
        """One sentence for people."""
        return "the seed, read as a number, is not a secret key of secp256k1"


SeedError = SchemeUnknown | SeedLengthWrong | SeedOutOfRange


@dataclass(frozen=True, slots=True, repr=False)
class SecretKey:
    """A scheme's secret key; made by `decode_secret_key`, and silent about its seed."""

    scheme: int
    """Number of the scheme."""
    seed: bytes
    """32 bytes, good for the scheme."""

    def __repr__(self) -> str:
        return f"SecretKey(scheme={self.scheme}, seed=<hidden>)"

    @property
    def public_key(self) -> bytes:
        """The public key, of the scheme's length."""
        return compute_public_key(self.scheme, self.seed)

    def sign(self, message: bytes) -> bytes:
        """The signature of the message, any bytes; on a chain always a signing root."""
        return sign(self.scheme, self.seed, message)


def validate_seed(scheme: int, seed: bytes) -> SeedError | None:
    """Why these bytes are no secret key of the scheme, or None.

    Args:
        scheme: number of a scheme, any integer.
        seed: any bytes; all of 32 bytes are good but, for secp256k1, 0 and those from n on.
    """
    if get_scheme(scheme) is None:
        return SchemeUnknown(scheme)
    if len(seed) != SEED_SIZE_BYTES:
        return SeedLengthWrong(len(seed))
    if scheme == SECP256K1 and not secp256k1.is_secret_scalar(seed):
        return SeedOutOfRange()
    return None


def decode_secret_key(scheme: int, seed: bytes) -> Result[SecretKey, SeedError]:
    """The secret key of a seed; Err tells why the bytes are none, without quoting them."""
    error = validate_seed(scheme, seed)
    return Ok(SecretKey(scheme, seed)) if error is None else Err(error)


def compute_public_key(scheme: int, seed: bytes) -> bytes:
    """The public key of a seed that `validate_seed` accepts."""
    assert validate_seed(scheme, seed) is None, "the seed was validated"
    compute = {
        ED25519: ed25519.compute_public_key,
        SECP256K1: secp256k1.compute_public_key,
        ML_DSA_65: ml_dsa.compute_public_key,
    }[scheme]
    return compute(seed)


def sign(scheme: int, seed: bytes, message: bytes) -> bytes:
    """The signature of a message by a seed that `validate_seed` accepts; the same every time.

    Ed25519 is deterministic by nature, secp256k1 takes RFC 6979's nonce and the lower s, ML-DSA-65
    is FIPS 204's deterministic variant.

    Args:
        scheme: number of a scheme.
        seed: 32 bytes.
        message: any bytes; on a chain always a signing root.
    """
    assert validate_seed(scheme, seed) is None, "the seed was validated"
    compute = {ED25519: ed25519.sign, SECP256K1: secp256k1.sign, ML_DSA_65: ml_dsa.sign}[scheme]
    return compute(seed, message)
