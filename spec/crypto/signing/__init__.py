"""Signatures: which are accepted, by explicit predicates before any library is asked.

The only part of the specification that imports a library, pycryptodome, for the arithmetic of
curves and lattices.
"""

from spec.crypto.signature_sizes import ED25519, ML_DSA_65, SECP256K1
from spec.crypto.signing.errors import (
    KeyLengthWrong,
    NotAuthentic,
    PointNotCanonical,
    PointNotOnCurve,
    PointOfSmallOrder,
    ScalarOutOfRange,
    SchemeUnknown,
    SignatureError,
    SignatureLengthWrong,
    SNotLow,
)
from spec.crypto.signing.schemes import (
    SCHEMES,
    Scheme,
    get_scheme,
    is_consensus_key,
    validate_public_key,
    validate_signature,
)

__all__ = [
    "ED25519",
    "ML_DSA_65",
    "SCHEMES",
    "SECP256K1",
    "KeyLengthWrong",
    "NotAuthentic",
    "PointNotCanonical",
    "PointNotOnCurve",
    "PointOfSmallOrder",
    "SNotLow",
    "ScalarOutOfRange",
    "Scheme",
    "SchemeUnknown",
    "SignatureError",
    "SignatureLengthWrong",
    "get_scheme",
    "is_consensus_key",
    "validate_public_key",
    "validate_signature",
]
