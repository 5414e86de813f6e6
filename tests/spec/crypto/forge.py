"""Ed25519 signatures that only dishonest signers make: points with a component of small order."""

from typing import Final

from Crypto.PublicKey import ECC

from spec.crypto.signing import ed25519

SECRET: Final = 0x1D1E_5EED_0F5E_C2E7
"""The scalar of the torsioned key; any would do."""
Point = tuple[int, int]

# Encodings that break canonicity: y and y + p are the same residue, for the y below 19 that fit;
# and x = 0 with sign 1.
NOT_CANONICAL: Final = tuple(
    ((y + ed25519.FIELD) | sign).to_bytes(32, "little")
    for y in range(19)
    for sign in (0, ed25519.SIGN_BIT)
) + tuple((y | ed25519.SIGN_BIT).to_bytes(32, "little") for y in (1, ed25519.FIELD - 1))


def add(left: Point, right: Point) -> Point:
    """The complete affine addition law of edwards25519, written out: independent of libraries."""
    (x1, y1), (x2, y2) = left, right
    p, d = ed25519.FIELD, ed25519.CURVE_D
    product = d * x1 * x2 * y1 * y2
    x3 = (x1 * y2 + x2 * y1) * pow(1 + product, -1, p) % p
    y3 = (y1 * y2 + x1 * x2) * pow(1 - product, -1, p) % p
    return x3, y3


def multiply(scalar: int, point: Point) -> Point:
    total: Point = (0, 1)
    for bit in f"{scalar:b}":
        total = add(total, total)
        if bit == "1":
            total = add(total, point)
    return total


def encode(point: Point) -> bytes:
    x, y = point
    return (y | (x % 2) << 255).to_bytes(32, "little")


def decode(encoded: bytes) -> Point:
    point = ed25519.compute_point(encoded)
    assert point is not None
    return point


def get_torsion() -> Point:
    """A point of order 8."""
    return decode(bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"))


def make_torsioned_key() -> bytes:
    """[a]B + T: on the curve, not of small order, yet outside the group that B generates."""
    return encode(add(multiply(SECRET, ed25519.BASE_POINT), get_torsion()))


def sign_torsioned(nonce: int, message: bytes) -> tuple[bytes, bool]:
    """A signature by the torsioned key, and whether the equation holds without the cofactor.

    [S]B = R + [k]([a]B), so R + [k]A differs from it by [k]T, which is the identity where 8
    divides k. Multiplied by 8 the two sides are always equal.
    """
    key = make_torsioned_key()
    r = encode(multiply(nonce, ed25519.BASE_POINT))
    k = ed25519.compute_challenge(r, key, message)
    s = (nonce + k * SECRET) % ed25519.ORDER
    return r + s.to_bytes(32, "little"), k % 8 == 0


def construct_library_key(public_key: bytes) -> ECC.EccKey:
    """The library's key object, for what the library says without our predicates."""
    x, y = decode(public_key)
    return ECC.construct(curve="Ed25519", point_x=x, point_y=y)
