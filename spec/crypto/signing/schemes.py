"""The table of signature schemes, and acceptance by it.

Everything that is signed on a chain goes through `validate_signature`; a node may replace it by a
faster function that is tested to return the same value for all input.

Source: docs/adr/0015-signatures-hash-their-message.md.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from spec.crypto.signature_sizes import ED25519, ML_DSA_65, SECP256K1
from spec.crypto.signing import ed25519, ml_dsa, secp256k1
from spec.crypto.signing.errors import SchemeUnknown, SignatureError


@dataclass(frozen=True, slots=True)
class Scheme:
    """A row of the table."""

    number: int
    """What a transaction's `SenderKey.scheme` holds; never reused."""
    name: str
    """For people and vectors."""
    public_key_size_bytes: int
    signature_size_bytes: int
    validate_public_key: Callable[[bytes], SignatureError | None]
    validate_signature: Callable[[bytes, bytes, bytes], SignatureError | None]
    """Of (public key, message, signature)."""


SCHEMES: Final = (
    Scheme(
        number=ED25519,
        name="ed25519",
        public_key_size_bytes=ed25519.PUBLIC_KEY_SIZE_BYTES,
        signature_size_bytes=ed25519.SIGNATURE_SIZE_BYTES,
        validate_public_key=ed25519.validate_public_key,
        validate_signature=ed25519.validate_signature,
    ),
    Scheme(
        number=SECP256K1,
        name="secp256k1",
        public_key_size_bytes=secp256k1.PUBLIC_KEY_SIZE_BYTES,
        signature_size_bytes=secp256k1.SIGNATURE_SIZE_BYTES,
        validate_public_key=secp256k1.validate_public_key,
        validate_signature=secp256k1.validate_signature,
    ),
    Scheme(
        number=ML_DSA_65,
        name="ml-dsa-65",
        public_key_size_bytes=ml_dsa.PUBLIC_KEY_SIZE_BYTES,
        signature_size_bytes=ml_dsa.SIGNATURE_SIZE_BYTES,
        validate_public_key=ml_dsa.validate_public_key,
        validate_signature=ml_dsa.validate_signature,
    ),
)
"""Every scheme there is, by number."""


def get_scheme(number: int) -> Scheme | None:
    """The row of this number, or None."""
    return next((scheme for scheme in SCHEMES if scheme.number == number), None)


def validate_public_key(scheme: int, key: bytes) -> SignatureError | None:
    """Why no signature by this key can be accepted, or None.

    Args:
        scheme: number of a scheme, any integer.
        key: any bytes.
    """
    row = get_scheme(scheme)
    return SchemeUnknown(scheme) if row is None else row.validate_public_key(key)


def validate_signature(
    scheme: int, public_key: bytes, message: bytes, signature: bytes
) -> SignatureError | None:
    """The first reason to refuse the signature, in the order the scheme documents; None if good.

    Args:
        scheme: number of a scheme, any integer.
        public_key: any bytes.
        message: what was signed; on a chain always a signing root of 32 bytes.
        signature: any bytes.
    """
    row = get_scheme(scheme)
    if row is None:
        return SchemeUnknown(scheme)
    return row.validate_signature(public_key, message, signature)


def is_consensus_key(key: bytes) -> bool:
    """Whether a validator may sign with this public key: a good key of Ed25519."""
    return validate_public_key(ED25519, key) is None
