"""secp256k1: encodings of keys, ranges of r and s, and the bound of low s met exactly."""

from typing import Final

from conformance.generate.case import Case, Suite
from conformance.generate.suites.signing import (
    KEY_LENGTH,
    LENGTH,
    NOT_AUTHENTIC,
    ROOT,
    flip,
    make_case,
    make_seed,
)
from spec.crypto.hashing import sha256
from spec.crypto.signature_sizes import SECP256K1
from spec.crypto.signing.secp256k1 import (
    FIELD,
    LOW_S_MAX,
    ORDER,
    compute_point,
    compute_public_key,
    sign,
)

SEED: Final = make_seed("secp256k1")
KEY: Final = compute_public_key(SEED)
SIGNATURE: Final = sign(SEED, ROOT)
R: Final = SIGNATURE[:32]
S: Final = SIGNATURE[32:]
CANONICAL: Final = "signature.point_not_canonical"
OFF_CURVE: Final = "signature.point_not_on_curve"
RANGE: Final = "signature.scalar_out_of_range"
NOT_LOW: Final = "signature.s_not_low"


def build() -> tuple[Suite, ...]:
    """The suite of secp256k1."""
    cases = (
        *_build_valid(),
        *_build_tampered(),
        *_build_keys(),
        *_build_lengths(),
        *_build_scalars(),
        *_build_low_s(),
    )
    return (Suite("signature/secp256k1", "signature", "sig.secp256k1", cases),)


def _case(name: str, why: str, parts: tuple[bytes, bytes, bytes], expected: str = "accept") -> Case:
    """A case of (key, message, signature)."""
    return make_case(name, why, (SECP256K1, *parts), expected)


def _build_valid() -> tuple[Case, ...]:
    cases = []
    for number in range(4):
        seed = make_seed(f"secp256k1 {number}")
        key = compute_public_key(seed)
        why = "A right signature passes, whether the key's y is even or odd."
        cases.append(_case(f"signing_root_{number}", why, (key, ROOT, sign(seed, ROOT))))
    one = (1).to_bytes(32, "big")
    why = "The generator is a key like any other."
    cases.append(_case("key_generator", why, (compute_public_key(one), ROOT, sign(one, ROOT))))
    last = (ORDER - 1).to_bytes(32, "big")
    cases.append(_case("key_last", why, (compute_public_key(last), ROOT, sign(last, ROOT))))
    why = "An empty message is hashed too."
    cases.append(_case("message_empty", why, (KEY, b"", sign(SEED, b""))))
    return tuple(cases)


def _build_tampered() -> tuple[Case, ...]:
    other = compute_public_key(make_seed("another"))
    opposite = bytes([KEY[0] ^ 1]) + KEY[1:]
    r_is_s = S + S
    rows = (
        ("message_bit", "The message takes part in the hash.", (KEY, flip(ROOT, 7), SIGNATURE)),
        (
            "message_prehashed",
            "The signed hash is SHA-256 of the message, taken once.",
            (KEY, sha256(ROOT), SIGNATURE),
        ),
        ("other_key", "Another key's owner did not sign.", (other, ROOT, SIGNATURE)),
        ("key_negated", "The first byte chooses between two points.", (opposite, ROOT, SIGNATURE)),
        ("r_bit", "r takes part in the equation.", (KEY, ROOT, flip(SIGNATURE, 0))),
        ("r_is_s", "r and s have their places.", (KEY, ROOT, r_is_s)),
        ("ones", "r = s = 1 is in range, yet proves nothing.", (KEY, ROOT, _join(1, 1))),
        ("little_endian_s", "Numbers are big-endian here.", (KEY, ROOT, R + _make_low_reverse())),
    )
    return tuple(_case(name, why, parts, NOT_AUTHENTIC) for name, why, parts in rows)


def _make_low_reverse() -> bytes:
    """The bytes of s in reverse, its top bits cleared: only the equation can refuse it."""
    reverse = S[::-1]
    return bytes([reverse[0] & 0x3F, *reverse[1:]])


def _build_keys() -> tuple[Case, ...]:
    off_curve = _find_off_curve()
    rows = (
        ("key_prefix_0", bytes([0]) + KEY[1:], CANONICAL),
        ("key_prefix_1", bytes([1]) + KEY[1:], CANONICAL),
        ("key_prefix_4", bytes([4]) + KEY[1:], CANONICAL),
        ("key_prefix_255", bytes([255]) + KEY[1:], CANONICAL),
        ("key_x_is_p", bytes([2]) + FIELD.to_bytes(32, "big"), CANONICAL),
        ("key_x_is_p_and_1", bytes([2]) + (FIELD + 1).to_bytes(32, "big"), CANONICAL),
        ("key_x_is_max", bytes([3]) + b"\xff" * 32, CANONICAL),
        ("key_off_curve", off_curve, OFF_CURVE),
        ("key_x_below_p", bytes([2]) + (FIELD - 1).to_bytes(32, "big"), None),
    )
    why = "A key has one encoding: 2 or 3, then x below p of a point on the curve."
    return tuple(
        _case(name, why, (key, ROOT, SIGNATURE), expected or _judge_point(key))
        for name, key, expected in rows
    )


def _judge_point(key: bytes) -> str:
    return NOT_AUTHENTIC if compute_point(key) is not None else OFF_CURVE


def _find_off_curve() -> bytes:
    candidates = (bytes([2]) + x.to_bytes(32, "big") for x in range(1, 100))
    return next(encoded for encoded in candidates if compute_point(encoded) is None)


def _build_lengths() -> tuple[Case, ...]:
    point = compute_point(KEY)
    assert point is not None, "the key was computed"
    x, y = point
    uncompressed = b"\x04" + x.to_bytes(32, "big") + y.to_bytes(32, "big")
    why = "There is one length of keys and one of signatures."
    return (
        _case("key_empty", why, (b"", ROOT, SIGNATURE), KEY_LENGTH),
        _case("key_x_only", why, (KEY[1:], ROOT, SIGNATURE), KEY_LENGTH),
        _case("key_long", why, (KEY + b"\0", ROOT, SIGNATURE), KEY_LENGTH),
        _case("key_uncompressed", why, (uncompressed, ROOT, SIGNATURE), KEY_LENGTH),
        _case("signature_empty", why, (KEY, ROOT, b""), LENGTH),
        _case("signature_short", why, (KEY, ROOT, SIGNATURE[:-1]), LENGTH),
        _case("signature_recoverable", why, (KEY, ROOT, SIGNATURE + b"\x01"), LENGTH),
        _case("signature_der", why, (KEY, ROOT, _encode_der()), LENGTH),
    )


def _encode_der() -> bytes:
    """The signature as ASN.1: a sequence of two integers."""
    parts = [part if part[0] < 0x80 else b"\0" + part for part in (R, S)]  # noqa: PLR2004 - sign bit
    body = b"".join([bytes([2, len(part)]) + part for part in parts])
    return bytes([0x30, len(body)]) + body


def _build_scalars() -> tuple[Case, ...]:
    r, s = int.from_bytes(R, "big"), int.from_bytes(S, "big")
    why = "r and s lie from 1 to n - 1."
    rows = (
        ("r_zero", (0, s), RANGE),
        ("r_is_order", (ORDER, s), RANGE),
        ("r_below_order", (ORDER - 1, s), NOT_AUTHENTIC),
        ("r_is_max", (2**256 - 1, s), RANGE),
        ("s_zero", (r, 0), RANGE),
        ("s_one", (r, 1), NOT_AUTHENTIC),
        ("s_is_order", (r, ORDER), RANGE),
        ("s_below_order", (r, ORDER - 1), NOT_LOW),
        ("s_is_max", (r, 2**256 - 1), RANGE),
        ("both_zero", (0, 0), RANGE),
    )
    return tuple(_case(name, why, (KEY, ROOT, _join(*pair)), code) for name, pair, code in rows)


def _build_low_s() -> tuple[Case, ...]:
    s = int.from_bytes(S, "big")
    why = "n - s satisfies the equation as s does: accepting both makes signatures malleable."
    cases = [_case("s_high", why, (KEY, ROOT, R + (ORDER - s).to_bytes(32, "big")), NOT_LOW)]
    for name, value, expected in (
        ("s_low_max", LOW_S_MAX, "accept"),
        ("s_low_max_and_1", LOW_S_MAX + 1, NOT_LOW),
    ):
        reason = "The largest low s is (n - 1) / 2, not n / 2 rounded up."
        cases.append(_case(name, reason, _sign_with_s(value), expected))
    return tuple(cases)


def _sign_with_s(s: int) -> tuple[bytes, bytes, bytes]:
    """Key, message and signature such that the signature's s is the one wanted.

    From s = (z + r d) / k follows d = (s k - z) / r: the nonce is chosen, the secret follows.
    """
    nonce = int.from_bytes(make_seed("nonce"), "big") % ORDER
    r = int.from_bytes(compute_public_key(nonce.to_bytes(32, "big"))[1:], "big") % ORDER
    z = int.from_bytes(sha256(ROOT), "big")
    secret = (s * nonce - z) * pow(r, -1, ORDER) % ORDER
    return compute_public_key(secret.to_bytes(32, "big")), ROOT, _join(r, s)


def _join(r: int, s: int) -> bytes:
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")
