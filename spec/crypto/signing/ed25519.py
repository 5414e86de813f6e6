"""Ed25519: which public keys and signatures are accepted, and by which equation.

RFC 8032 leaves room: libraries disagree on encodings that are not reduced, on points of small
order, and on whether the equation is multiplied by the cofactor 8. Here nothing is left open. A
signature (R, S) of message M by key A is accepted if and only if, in this order:

    1. A has 32 bytes and (R, S) has 64
    2. A is canonical: y < p; and x = 0 is written with sign 0
    3. A is none of the eight points whose order divides 8
    4. R is canonical, likewise
    5. R is none of those eight points
    6. S < L
    7. A is on the curve
    8. R is on the curve
    9. [S]B = R + [k]A with k = SHA-512(R, A, M) mod L, exactly: no multiplication by 8

A key that merely has a component of small order passes 3 and is accepted; equation 9 then decides
alike everywhere. The library's own `verify` is not used, since it multiplies by the cofactor: it
lends its point arithmetic only (docs/adr/0016-ed25519-equation-is-ours.md).

Source: RFC 8032, 5.1; edwards25519 of RFC 7748, 4.1.
"""

import hashlib
from typing import Final

from Crypto.PublicKey import ECC
from Crypto.Signature import eddsa

from spec.crypto.signature_sizes import ED25519_SIZES
from spec.crypto.signing.errors import (
    KeyLengthWrong,
    NotAuthentic,
    Part,
    PointNotCanonical,
    PointNotOnCurve,
    PointOfSmallOrder,
    ScalarOutOfRange,
    SignatureError,
    SignatureLengthWrong,
)

PUBLIC_KEY_SIZE_BYTES: Final = ED25519_SIZES.public_key_size_bytes
"""y, little-endian, with the sign of x in the highest bit."""
SIGNATURE_SIZE_BYTES: Final = ED25519_SIZES.signature_size_bytes
"""R, 32 bytes like a public key, then S, 32 bytes little-endian."""

FIELD: Final = (1 << 255) - 19
"""p: coordinates are residues of it."""
ORDER: Final = (1 << 252) + 27_742_317_777_372_353_535_851_937_790_883_648_493
"""L: the order of the base point B, a prime."""
CURVE_D: Final = (-121_665 * pow(121_666, -1, FIELD)) % FIELD
"""d of the curve -x^2 + y^2 = 1 + d x^2 y^2."""
SQRT_MINUS_ONE: Final = pow(2, (FIELD - 1) // 4, FIELD)
"""A square root of -1 (p - 1 is a multiple of 4: the division is exact)."""
SIGN_BIT: Final = 1 << 255
"""Set where x is odd."""

SMALL_ORDER_ENCODINGS: Final = frozenset(
    bytes.fromhex(text)
    for text in (
        "0100000000000000000000000000000000000000000000000000000000000000",  # order 1: identity
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",  # order 2
        "0000000000000000000000000000000000000000000000000000000000000000",  # order 4
        "0000000000000000000000000000000000000000000000000000000000000080",  # order 4
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",  # order 8
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",  # order 8
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",  # order 8
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",  # order 8
    )
)
"""The canonical encodings of the eight points of order 1, 2, 4 and 8."""


def is_canonical_point(encoded: bytes) -> bool:
    """Whether 32 bytes are the only permitted encoding of a point, if they encode one at all."""
    number = int.from_bytes(encoded, "little")
    y = number & (SIGN_BIT - 1)
    # x = 0 belongs to y = 1 and y = -1; its sign must be 0.
    return y < FIELD and (number < SIGN_BIT or y not in (1, FIELD - 1))


def compute_point(encoded: bytes) -> tuple[int, int] | None:
    """The affine coordinates (x, y) of a canonically encoded point; None if off the curve.

    Source: RFC 8032, 5.1.3.
    """
    number = int.from_bytes(encoded, "little")
    y = number & (SIGN_BIT - 1)
    # x^2 = u / v; v is never 0, because -1/d is not a square.
    u = (y * y - 1) % FIELD
    v = (CURVE_D * y * y + 1) % FIELD
    power = pow(u * pow(v, 7, FIELD), (FIELD - 5) // 8, FIELD)  # p is 5 mod 8: exact
    x = u * pow(v, 3, FIELD) * power % FIELD
    if v * x * x % FIELD != u:
        x = x * SQRT_MINUS_ONE % FIELD
    if v * x * x % FIELD != u:
        return None
    if x % 2 != number // SIGN_BIT:
        x = (FIELD - x) % FIELD
    return x, y


def validate_key_form(public_key: bytes) -> SignatureError | None:
    """The checks 1 to 3 on the key: none of them computes on the curve."""
    if len(public_key) != PUBLIC_KEY_SIZE_BYTES:
        return KeyLengthWrong(len(public_key), PUBLIC_KEY_SIZE_BYTES)
    return _validate_point_form(public_key, "public key")


def _validate_point_form(encoded: bytes, part: Part) -> SignatureError | None:
    if not is_canonical_point(encoded):
        return PointNotCanonical(part)
    if encoded in SMALL_ORDER_ENCODINGS:
        return PointOfSmallOrder(part)
    return None


def validate_form(public_key: bytes, signature: bytes) -> SignatureError | None:
    """The checks 1 to 6: what can be said by comparing numbers, before any work on the curve."""
    if len(public_key) != PUBLIC_KEY_SIZE_BYTES:
        return KeyLengthWrong(len(public_key), PUBLIC_KEY_SIZE_BYTES)
    if len(signature) != SIGNATURE_SIZE_BYTES:
        return SignatureLengthWrong(len(signature), SIGNATURE_SIZE_BYTES)
    key_error = _validate_point_form(public_key, "public key")
    if key_error is not None:
        return key_error
    r_error = _validate_point_form(signature[:32], "R")
    if r_error is not None:
        return r_error
    if int.from_bytes(signature[32:], "little") >= ORDER:
        return ScalarOutOfRange("s")
    return None


def validate_on_curve(public_key: bytes, signature: bytes) -> SignatureError | None:
    """The checks 7 and 8, for a key and a signature of good form."""
    if compute_point(public_key) is None:
        return PointNotOnCurve("public key")
    if compute_point(signature[:32]) is None:
        return PointNotOnCurve("R")
    return None


def validate_public_key(public_key: bytes) -> SignatureError | None:
    """The first of checks 1, 2, 3 and 7 that the key fails; None for a key that may be used."""
    error = validate_key_form(public_key)
    if error is not None:
        return error
    return None if compute_point(public_key) is not None else PointNotOnCurve("public key")


def validate_signature(
    public_key: bytes, message: bytes, signature: bytes
) -> SignatureError | None:
    """The first of the nine checks that fails; None for an authentic signature.

    Args:
        public_key: any bytes.
        message: what was signed, any length; Ed25519 hashes it itself.
        signature: any bytes.
    """
    form_error = validate_form(public_key, signature)
    if form_error is not None:
        return form_error
    a = compute_point(public_key)
    if a is None:
        return PointNotOnCurve("public key")
    r = compute_point(signature[:32])
    if r is None:
        return PointNotOnCurve("R")
    s = int.from_bytes(signature[32:], "little")
    k = compute_challenge(signature[:32], public_key, message)
    return None if _has_equal_sides(a, r, s, k) else NotAuthentic()


def compute_challenge(r: bytes, public_key: bytes, message: bytes) -> int:
    """The factor k = SHA-512(R, A, M) mod L of the equation."""
    digest = hashlib.sha512(r + public_key + message).digest()
    return int.from_bytes(digest, "little") % ORDER


def _has_equal_sides(a: tuple[int, int], r: tuple[int, int], s: int, k: int) -> bool:
    """[S]B = R + [k]A for affine points A and R: check 9."""
    base, key, nonce = (
        ECC.construct(curve="Ed25519", point_x=x, point_y=y).pointQ for x, y in (BASE_POINT, a, r)
    )
    return base * s == nonce + key * k


def _compute_base_point() -> tuple[int, int]:
    """B: y = 4/5, x even."""
    y = 4 * pow(5, -1, FIELD) % FIELD
    point = compute_point(y.to_bytes(32, "little"))
    assert point is not None, "RFC 8032's base point is on the curve"
    return point


BASE_POINT: Final = _compute_base_point()
"""B, affine: the generator of the subgroup of order L."""


def compute_public_key(seed: bytes) -> bytes:
    """The public key, 32 bytes, of RFC 8032's private key `seed`, 32 bytes."""
    key = ECC.construct(curve="Ed25519", seed=seed)
    return key.public_key().export_key(format="raw")


def sign(seed: bytes, message: bytes) -> bytes:
    """The signature, 64 bytes, by RFC 8032's private key `seed`: deterministic by nature."""
    return eddsa.new(ECC.construct(curve="Ed25519", seed=seed), "rfc8032").sign(message)
