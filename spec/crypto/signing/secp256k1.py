"""ECDSA on secp256k1: compressed keys, compact signatures, low s only.

The message is any bytes; ECDSA's hash is SHA-256 of it. So a signing root of 32 bytes is hashed
once more, and no caller can pass a number of its own choice where a hash belongs. A signature
(r, s) by key Q is accepted if and only if, in this order:

    1. Q has 33 bytes and (r, s) has 64: r, then s, 32 bytes each, big-endian
    2. Q is canonical: the first byte is 2 (y even) or 3 (y odd), and x < p
    3. 1 <= r < n
    4. 1 <= s < n
    5. s <= (n - 1) / 2: of s and n - s, which verify alike, the lower one
    6. Q is on the curve
    7. the equation of ECDSA holds

The point at infinity has no encoding of this kind, and the group has prime order: there is no
small subgroup to refuse.

Source: SEC 1, 2.3.3, 2.3.4 and 4.1.4; SEC 2, 2.4.1; low s as in BIP-62; signing by RFC 6979.
"""

from typing import Final

from Crypto.Hash import SHA256
from Crypto.PublicKey import ECC
from Crypto.Signature import DSS

from spec.crypto.signature_sizes import SECP256K1_SIZES
from spec.crypto.signing.errors import (
    KeyLengthWrong,
    NotAuthentic,
    PointNotCanonical,
    PointNotOnCurve,
    ScalarOutOfRange,
    SignatureError,
    SignatureLengthWrong,
    SNotLow,
)

PUBLIC_KEY_SIZE_BYTES: Final = SECP256K1_SIZES.public_key_size_bytes
"""2 or 3 for the parity of y, then x, 32 bytes big-endian."""
SIGNATURE_SIZE_BYTES: Final = SECP256K1_SIZES.signature_size_bytes
"""r, then s, 32 bytes each, big-endian."""

FIELD: Final = (1 << 256) - (1 << 32) - 977
"""p: coordinates are residues of it."""
ORDER: Final = 0xFFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFE_BAAEDCE6_AF48A03B_BFD25E8C_D0364141
"""n: the number of points, a prime."""
LOW_S_MAX: Final = ORDER // 2
"""(n - 1) / 2, since n is odd."""
CURVE_B: Final = 7
"""The curve is y^2 = x^3 + 7."""
PREFIX_EVEN: Final = 2
"""First byte of a key whose y is even."""
PREFIX_ODD: Final = 3
"""First byte of a key whose y is odd."""


def compute_point(public_key: bytes) -> tuple[int, int] | None:
    """The affine coordinates (x, y) of a canonical key; None if off the curve.

    Source: SEC 1, 2.3.4.
    """
    x = int.from_bytes(public_key[1:], "big")
    square = (pow(x, 3, FIELD) + CURVE_B) % FIELD
    y = pow(square, (FIELD + 1) // 4, FIELD)  # p is 3 mod 4: the division is exact
    if y * y % FIELD != square:
        return None
    # y is never 0: the group's order is odd, so no point has order 2.
    return x, y if y % 2 == public_key[0] % 2 else FIELD - y


def validate_key_form(public_key: bytes) -> SignatureError | None:
    """The checks 1 and 2 on the key: none of them computes on the curve."""
    if len(public_key) != PUBLIC_KEY_SIZE_BYTES:
        return KeyLengthWrong(len(public_key), PUBLIC_KEY_SIZE_BYTES)
    x = int.from_bytes(public_key[1:], "big")
    if public_key[0] not in (PREFIX_EVEN, PREFIX_ODD) or x >= FIELD:
        return PointNotCanonical("public key")
    return None


def validate_form(public_key: bytes, signature: bytes) -> SignatureError | None:
    """The checks 1 to 5: what can be said by comparing numbers, before any work on the curve."""
    if len(public_key) != PUBLIC_KEY_SIZE_BYTES:
        return KeyLengthWrong(len(public_key), PUBLIC_KEY_SIZE_BYTES)
    if len(signature) != SIGNATURE_SIZE_BYTES:
        return SignatureLengthWrong(len(signature), SIGNATURE_SIZE_BYTES)
    key_error = validate_key_form(public_key)
    if key_error is not None:
        return key_error
    if not 1 <= int.from_bytes(signature[:32], "big") < ORDER:
        return ScalarOutOfRange("r")
    s = int.from_bytes(signature[32:], "big")
    if not 1 <= s < ORDER:
        return ScalarOutOfRange("s")
    if s > LOW_S_MAX:
        return SNotLow()
    return None


def validate_on_curve(public_key: bytes) -> SignatureError | None:
    """Check 6, for a key of good form."""
    return None if compute_point(public_key) is not None else PointNotOnCurve("public key")


def validate_public_key(public_key: bytes) -> SignatureError | None:
    """The first of checks 1, 2 and 6 that the key fails; None for a key that may be used."""
    error = validate_key_form(public_key)
    return error if error is not None else validate_on_curve(public_key)


def validate_signature(
    public_key: bytes, message: bytes, signature: bytes
) -> SignatureError | None:
    """The first of the seven checks that fails; None for an authentic signature.

    Args:
        public_key: any bytes.
        message: what was signed, any length, not yet hashed.
        signature: any bytes.
    """
    form_error = validate_form(public_key, signature)
    if form_error is not None:
        return form_error
    point = compute_point(public_key)
    if point is None:
        return PointNotOnCurve("public key")
    x, y = point
    key = ECC.construct(curve="secp256k1", point_x=x, point_y=y)
    try:
        DSS.new(key, "deterministic-rfc6979").verify(SHA256.new(message), signature)
    except ValueError:
        return NotAuthentic()
    return None


def is_secret_scalar(seed: bytes) -> bool:
    """Whether 32 bytes, big-endian, are a secret key: 1 <= d < n."""
    return 1 <= int.from_bytes(seed, "big") < ORDER


def compute_public_key(seed: bytes) -> bytes:
    """The compressed public key, 33 bytes, of the secret scalar `seed`, 32 bytes big-endian."""
    key = ECC.construct(curve="secp256k1", d=int.from_bytes(seed, "big"))
    x, y = key.pointQ.xy
    return bytes([PREFIX_EVEN + int(y) % 2]) + int(x).to_bytes(32, "big")


def sign(seed: bytes, message: bytes) -> bytes:
    """The signature, 64 bytes with low s, by the secret scalar `seed`, with RFC 6979's nonce."""
    key = ECC.construct(curve="secp256k1", d=int.from_bytes(seed, "big"))
    return DSS.new(key, "deterministic-rfc6979", low_s=True).sign(SHA256.new(message))
