"""ML-DSA-65: signatures that a quantum computer can't forge, for accounts.

Pure ML-DSA (not HashML-DSA), parameter set ML-DSA-65, with the empty context: the domain already
stands in the signing root. FIPS 204 leaves nothing open that a predicate would have to close: its
decoders refuse a hint vector that is not canonical and z beyond its bound, and every public key of
the right length is a public key. So the predicates are the two lengths.

Source: FIPS 204, algorithms 1 to 3, 6 to 8.
"""

from typing import Final

from Crypto.PublicKey import MLDSA
from Crypto.Signature import mldsa

from spec.crypto.signature_sizes import ML_DSA_65_SIZES
from spec.crypto.signing.errors import (
    KeyLengthWrong,
    NotAuthentic,
    SignatureError,
    SignatureLengthWrong,
)

PUBLIC_KEY_SIZE_BYTES: Final = ML_DSA_65_SIZES.public_key_size_bytes
"""rho, 32 bytes, and t1."""
SIGNATURE_SIZE_BYTES: Final = ML_DSA_65_SIZES.signature_size_bytes
"""The challenge, z and the hint."""


def validate_form(public_key: bytes, signature: bytes) -> SignatureError | None:
    """Both lengths; the key's first."""
    if len(public_key) != PUBLIC_KEY_SIZE_BYTES:
        return KeyLengthWrong(len(public_key), PUBLIC_KEY_SIZE_BYTES)
    if len(signature) != SIGNATURE_SIZE_BYTES:
        return SignatureLengthWrong(len(signature), SIGNATURE_SIZE_BYTES)
    return None


def validate_public_key(public_key: bytes) -> SignatureError | None:
    """`KeyLengthWrong` unless the key has 1,952 bytes."""
    if len(public_key) != PUBLIC_KEY_SIZE_BYTES:
        return KeyLengthWrong(len(public_key), PUBLIC_KEY_SIZE_BYTES)
    return None


def validate_signature(
    public_key: bytes, message: bytes, signature: bytes
) -> SignatureError | None:
    """The first check that fails: lengths, then FIPS 204's verification.

    Args:
        public_key: any bytes.
        message: what was signed, any length; ML-DSA hashes it itself.
        signature: any bytes.
    """
    form_error = validate_form(public_key, signature)
    if form_error is not None:
        return form_error
    key = MLDSA.construct(param_set=MLDSA.ML_DSA_65, pk=public_key)
    try:
        mldsa.new(key).verify(message, signature)
    except ValueError:
        return NotAuthentic()
    return None


def compute_public_key(seed: bytes) -> bytes:
    """The public key, 1,952 bytes, of the key pair that FIPS 204 generates from `seed`."""
    return MLDSA.construct(param_set=MLDSA.ML_DSA_65, seed=seed).pk


def sign(seed: bytes, message: bytes) -> bytes:
    """The signature, 3,309 bytes, of FIPS 204's deterministic variant."""
    key = MLDSA.construct(param_set=MLDSA.ML_DSA_65, seed=seed)
    return mldsa.new(key, deterministic=True).sign(message)
