"""Ed25519 by libsodium (pynacl), equal to `spec.crypto.signing.ed25519` for all input.

The specification's comparisons run first; then libsodium decides. It computes the equation without
the cofactor and compares encodings of R, as the specification has it, so nothing is computed on the
curve in Python, not even for a refusal: garbage must not cost more than what is good.
"""

from nacl.bindings import crypto_core_ed25519_add, crypto_sign_open
from nacl.exceptions import BadSignatureError
from nacl.exceptions import RuntimeError as SodiumError

from spec.crypto.signing import NotAuthentic, PointNotOnCurve, SignatureError, ed25519


def validate_signature(
    public_key: bytes, message: bytes, signature: bytes
) -> SignatureError | None:
    """The specification's verdict on an Ed25519 signature; arguments as there."""
    form_error = ed25519.validate_form(public_key, signature)
    if form_error is not None:
        return form_error
    try:
        crypto_sign_open(signature + message, public_key)
    except BadSignatureError:
        return _explain_refusal(public_key, signature[:32])
    return None


def _explain_refusal(public_key: bytes, r: bytes) -> SignatureError:
    """Which of the specification's checks 7 to 9 failed, for encodings of good form."""
    if not _is_on_curve(public_key):
        return PointNotOnCurve("public key")
    return NotAuthentic() if _is_on_curve(r) else PointNotOnCurve("R")


def _is_on_curve(encoded: bytes) -> bool:
    """Whether libsodium can add the point to itself: it refuses only what is off the curve."""
    try:
        crypto_core_ed25519_add(encoded, encoded)
    except SodiumError:
        return False
    return True
