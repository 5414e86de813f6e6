"""Ed25519 by libsodium (pynacl), equal to `spec.crypto.signing.ed25519` for all input.

The specification's comparisons run first; then libsodium decides. It computes the equation without
the cofactor and compares encodings of R, as the specification has it, so an acceptance needs no
arithmetic in Python. Only a refusal asks the specification which of its checks failed.
"""

from nacl.bindings import crypto_sign_open
from nacl.exceptions import BadSignatureError

from spec.crypto.signing import NotAuthentic, SignatureError, ed25519


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
        return ed25519.validate_on_curve(public_key, signature) or NotAuthentic()
    return None
