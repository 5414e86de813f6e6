"""`validate_signature` for the node: the specification's verdicts by the fastest library there is.

Ed25519 and secp256k1 have a fast backend when the extra `node` is installed; ML-DSA-65's library is
fast enough already. Without the extra the specification's own functions serve, with equal verdicts.
"""

from collections.abc import Callable
from typing import Final

from spec.crypto.signing import (
    ED25519,
    ML_DSA_65,
    SECP256K1,
    SchemeUnknown,
    SignatureError,
    ed25519,
    ml_dsa,
    secp256k1,
)

Validate = Callable[[bytes, bytes, bytes], SignatureError | None]
"""Of (public key, message, signature)."""


def _get_backends() -> dict[int, tuple[str, Validate]]:
    """For each scheme the name of the library that checks it, and its function."""
    backends: dict[int, tuple[str, Validate]] = {
        ED25519: ("pycryptodome", ed25519.validate_signature),
        SECP256K1: ("pycryptodome", secp256k1.validate_signature),
        ML_DSA_65: ("pycryptodome", ml_dsa.validate_signature),
    }
    try:
        from qcref.crypto import sodium  # noqa: PLC0415 - present with the extra only

        backends[ED25519] = ("libsodium", sodium.validate_signature)
    except ModuleNotFoundError as missing:
        _check_missing(missing, "nacl")
    try:
        from qcref.crypto import libsecp256k1  # noqa: PLC0415 - as above

        backends[SECP256K1] = ("libsecp256k1", libsecp256k1.validate_signature)
    except ModuleNotFoundError as missing:
        _check_missing(missing, "coincurve")
    return backends


def _check_missing(missing: ModuleNotFoundError, package: str) -> None:
    """A package that isn't installed is expected; one that is broken is not."""
    if (missing.name or "").partition(".")[0] != package:
        raise missing


_BACKENDS: Final = _get_backends()


def get_backend_name(scheme: int) -> str | None:
    """Which library checks the scheme's signatures here; None for an unknown scheme."""
    backend = _BACKENDS.get(scheme)
    return None if backend is None else backend[0]


def validate_signature(
    scheme: int, public_key: bytes, message: bytes, signature: bytes
) -> SignatureError | None:
    """What `spec.crypto.signing.validate_signature` returns, for all arguments, sooner."""
    backend = _BACKENDS.get(scheme)
    if backend is None:
        return SchemeUnknown(scheme)
    return backend[1](public_key, message, signature)
