"""ECDSA by libsecp256k1 (coincurve), equal to `spec.crypto.signing.secp256k1` for all input.

The specification's comparisons run first. The library reads the key, which fails exactly for points
off the curve once the form is good, and takes signatures as DER.
"""

from coincurve import PublicKey

from spec.crypto.signing import NotAuthentic, PointNotOnCurve, SignatureError, secp256k1

DER_INTEGER = 0x02
DER_SEQUENCE = 0x30


def encode_der(signature: bytes) -> bytes:
    """Strict DER of a compact signature, 64 bytes."""
    body = b"".join(_encode_integer(part) for part in (signature[:32], signature[32:]))
    return bytes([DER_SEQUENCE, len(body)]) + body


def _encode_integer(number: bytes) -> bytes:
    """Shortest signed big-endian form of 32 bytes, with its tag and length."""
    value = int.from_bytes(number, "big")
    size = value.bit_length() // 8 + 1  # rounds up and leaves room for the sign bit
    return bytes([DER_INTEGER, size]) + value.to_bytes(size, "big")


def validate_signature(
    public_key: bytes, message: bytes, signature: bytes
) -> SignatureError | None:
    """The specification's verdict on an ECDSA signature; arguments as there."""
    form_error = secp256k1.validate_form(public_key, signature)
    if form_error is not None:
        return form_error
    try:
        key = PublicKey(public_key)
    except ValueError:
        return PointNotOnCurve("public key")
    return None if key.verify(encode_der(signature), message) else NotAuthentic()
