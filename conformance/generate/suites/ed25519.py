"""Ed25519: what libraries disagree on, each once, and the boundaries of every check.

The arithmetic on the curve here is the textbook's and slow; it makes keys and signatures with a
part of small order, which no signing function yields.
"""

from dataclasses import replace
from typing import Final

from conformance.clients.spec.answers import to_hex
from conformance.generate.case import Case, Suite
from conformance.generate.suites.signing import (
    KEY_LENGTH,
    LENGTH,
    METHOD,
    NOT_AUTHENTIC,
    ROOT,
    flip,
    make_case,
    make_seed,
)
from spec.crypto.hashing import sha256
from spec.crypto.signature_sizes import ED25519
from spec.crypto.signing.ed25519 import (
    CURVE_D,
    FIELD,
    ORDER,
    SIGN_BIT,
    SMALL_ORDER_ENCODINGS,
    compute_challenge,
    compute_point,
    compute_public_key,
    sign,
)

Point = tuple[int, int]

SEED: Final = make_seed("ed25519")
KEY: Final = compute_public_key(SEED)
SIGNATURE: Final = sign(SEED, ROOT)
R: Final = SIGNATURE[:32]
S: Final = SIGNATURE[32:]
BASE_Y: Final = 4 * pow(5, -1, FIELD) % FIELD  # RFC 8032, 5.1: the base point's y, its x even
CANONICAL: Final = "signature.point_not_canonical"
OFF_CURVE: Final = "signature.point_not_on_curve"
SMALL: Final = "signature.small_order"
RANGE: Final = "signature.scalar_out_of_range"

RFC_8032: Final = (
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "",
    ),
    ("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb", "72"),
    ("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7", "af82"),
)
"""Seeds and messages of RFC 8032, 7.1, TEST 1 to 3."""


def build() -> tuple[Suite, ...]:
    """The suite of Ed25519."""
    cases = (
        *_build_valid(),
        *_build_tampered(),
        *_build_lengths(),
        *_build_scalars(),
        *_build_points(),
        *_build_mixed_order(),
        *_build_schemes(),
    )
    return (Suite("signature/ed25519", "signature", "sig.ed25519", cases),)


def _case(name: str, why: str, parts: tuple[bytes, bytes, bytes], expected: str = "accept") -> Case:
    """A case of (key, message, signature)."""
    return make_case(name, why, (ED25519, *parts), expected)


def _build_valid() -> tuple[Case, ...]:
    why = "A verifier that fails on the examples of RFC 8032 is not Ed25519."
    examples = [(bytes.fromhex(seed), bytes.fromhex(text)) for seed, text in RFC_8032]
    cases = [
        replace(
            _case(f"rfc8032_{n}", why, (compute_public_key(seed), text, sign(seed, text))),
            source=f"RFC 8032, 7.1, TEST {n}",
        )
        for n, (seed, text) in enumerate(examples, start=1)
    ]
    cases.append(_case("signing_root", "A right signature must pass.", (KEY, ROOT, SIGNATURE)))
    long = bytes(range(256)) * 4
    reason = "A verifier that hashes a long message in pieces wrongly refuses it."
    cases.append(_case("long_message", reason, (KEY, long, sign(SEED, long))))
    return tuple(cases)


def _build_tampered() -> tuple[Case, ...]:
    other = compute_public_key(make_seed("another"))
    swapped = S + R
    rows = (
        ("message_bit", "The message takes part in the hash.", (KEY, flip(ROOT, 0), SIGNATURE)),
        (
            "message_longer",
            "A byte behind the message is signed too.",
            (KEY, ROOT + b"\0", SIGNATURE),
        ),
        ("message_empty", "An empty message is another message.", (KEY, b"", SIGNATURE)),
        ("other_key", "Another key's owner did not sign.", (other, ROOT, SIGNATURE)),
        ("s_bit", "S takes part in the equation.", (KEY, ROOT, flip(SIGNATURE, 256))),
        ("s_zero", "S = 0 is in range, yet proves nothing.", (KEY, ROOT, R + bytes(32))),
        ("message_prehashed", "Ed25519 is not Ed25519ph.", (KEY, sha256(ROOT), SIGNATURE)),
    )
    cases = [_case(name, why, parts, NOT_AUTHENTIC) for name, why, parts in rows]
    negated = bytes([*KEY[:31], KEY[31] ^ 0x80])
    why = "The sign bit of the key chooses between two points."
    cases.append(_case("key_negated", why, (negated, ROOT, SIGNATURE), NOT_AUTHENTIC))
    why = "R and S have their places; swapped, S is beyond L or the equation fails."
    cases.append(_case("swapped", why, (KEY, ROOT, swapped), RANGE))
    return tuple(cases)


def _build_lengths() -> tuple[Case, ...]:
    why = "A verifier that cuts or pads what it is given accepts several encodings."
    return (
        _case("key_empty", why, (b"", ROOT, SIGNATURE), KEY_LENGTH),
        _case("key_short", why, (KEY[:31], ROOT, SIGNATURE), KEY_LENGTH),
        _case("key_long", why, (KEY + b"\0", ROOT, SIGNATURE), KEY_LENGTH),
        _case("signature_empty", why, (KEY, ROOT, b""), LENGTH),
        _case("signature_short", why, (KEY, ROOT, SIGNATURE[:63]), LENGTH),
        _case("signature_long", why, (KEY, ROOT, SIGNATURE + b"\0"), LENGTH),
        _case("both_short", "The key's length is checked first.", (KEY[1:], ROOT, R), KEY_LENGTH),
    )


def _build_scalars() -> tuple[Case, ...]:
    s = int.from_bytes(S, "little")
    malleated = (s + ORDER).to_bytes(32, "little")
    why = "S + L satisfies the equation as S does: accepting it makes signatures malleable."
    cases = [_case("s_plus_order", why, (KEY, ROOT, R + malleated), RANGE)]
    for name, number, expected in (
        ("s_is_order", ORDER, RANGE),
        ("s_below_order", ORDER - 1, NOT_AUTHENTIC),
        ("s_negated", ORDER - s, NOT_AUTHENTIC),
        ("s_is_max", 2**256 - 1, RANGE),
        ("s_high_bit", s + SIGN_BIT, RANGE),
    ):
        signature = R + number.to_bytes(32, "little")
        reason = "S is a residue of L: the bound itself is already outside."
        cases.append(_case(name, reason, (KEY, ROOT, signature), expected))
    return tuple(cases)


def _build_points() -> tuple[Case, ...]:
    cases: list[Case] = []
    for number, point in enumerate(sorted(SMALL_ORDER_ENCODINGS)):
        why = "A key of small order signs every message with one signature."
        cases.append(_case(f"key_small_order_{number}", why, (point, ROOT, SIGNATURE), SMALL))
        why = "An R of small order reveals nothing of a nonce; strict verifiers refuse it."
        cases.append(_case(f"r_small_order_{number}", why, (KEY, ROOT, point + S), SMALL))
    for name, encoded in _list_not_canonical():
        why = "Libraries reduce y modulo p silently, so that a key has two encodings."
        cases.append(_case(f"key_{name}", why, (encoded, ROOT, SIGNATURE), CANONICAL))
        why = "Libraries reduce y modulo p silently, so that a signature has two encodings."
        cases.append(_case(f"r_{name}", why, (KEY, ROOT, encoded + S), CANONICAL))
    off_curve = _find_off_curve()
    why = "Only about half of all encodings are points; the rest must not be decoded to something."
    cases.append(_case("key_off_curve", why, (off_curve, ROOT, SIGNATURE), OFF_CURVE))
    cases.append(_case("r_off_curve", why, (KEY, ROOT, off_curve + S), OFF_CURVE))
    identity = (1).to_bytes(32, "little")
    why = "A = R = identity and S = 0 satisfy the equation for every message."
    cases.append(_case("identity", why, (identity, ROOT, identity + bytes(32)), SMALL))
    why = "The key is looked at before R."
    cases.append(_case("key_before_r", why, (off_curve, ROOT, identity + S), SMALL))
    return tuple(cases)


def _list_not_canonical() -> tuple[tuple[str, bytes], ...]:
    return (
        ("y_is_p", FIELD.to_bytes(32, "little")),
        ("y_is_p_and_1", (FIELD + 1).to_bytes(32, "little")),
        ("y_is_max", (SIGN_BIT - 1).to_bytes(32, "little")),
        ("y_is_max_negative", (2 * SIGN_BIT - 1).to_bytes(32, "little")),
        ("negative_zero", (SIGN_BIT + 1).to_bytes(32, "little")),
        ("negative_zero_below", (SIGN_BIT + FIELD - 1).to_bytes(32, "little")),
    )


def _find_off_curve() -> bytes:
    candidates = (y.to_bytes(32, "little") for y in range(2, 100))
    return next(encoded for encoded in candidates if compute_point(encoded) is None)


def _build_mixed_order() -> tuple[Case, ...]:
    torsion = compute_point(max(SMALL_ORDER_ENCODINGS))
    base = compute_point(BASE_Y.to_bytes(32, "little"))
    assert torsion is not None, "the encodings of small order are points"
    assert base is not None, "the base point is a point"
    secret, nonce = 7_777_777, 1_234_567
    key = _encode(_add(_multiply(secret, base), torsion))
    r = _encode(_multiply(nonce, base))
    mixed_r = _encode(_add(_multiply(nonce, base), torsion))
    clean_key = _encode(_multiply(secret, base))
    passing = _find_message(r, key, residue=0)
    failing = _find_message(r, key, residue=1)
    why_not = (
        "The equation times 8 holds, the equation itself does not: cofactored verifiers accept."
    )
    why = "A key with a part of small order is a key: only the exact equation decides."
    return (
        _case("mixed_key_exact", why, (key, passing, _sign(r, key, passing, secret, nonce))),
        _case(
            "mixed_key_cofactored",
            why_not,
            (key, failing, _sign(r, key, failing, secret, nonce)),
            NOT_AUTHENTIC,
        ),
        _case(
            "mixed_r_cofactored",
            why_not,
            (clean_key, ROOT, _sign(mixed_r, clean_key, ROOT, secret, nonce)),
            NOT_AUTHENTIC,
        ),
    )


def _sign(r: bytes, key: bytes, message: bytes, secret: int, nonce: int) -> bytes:
    """A signature by a secret scalar and a nonce of our choice."""
    s = (nonce + compute_challenge(r, key, message) * secret) % ORDER
    return r + s.to_bytes(32, "little")


def _find_message(r: bytes, key: bytes, residue: int) -> bytes:
    """A message whose challenge is `residue` modulo 8: 0 makes the torsion vanish."""
    messages = (bytes([number]) for number in range(256))
    return next(m for m in messages if compute_challenge(r, key, m) % 8 == residue)


def _add(left: Point, right: Point) -> Point:
    (x1, y1), (x2, y2) = left, right
    product = CURVE_D * x1 * x2 * y1 * y2 % FIELD
    x = (x1 * y2 + x2 * y1) * pow(1 + product, -1, FIELD) % FIELD
    y = (y1 * y2 + x1 * x2) * pow(1 - product, -1, FIELD) % FIELD
    return x, y


def _multiply(factor: int, point: Point) -> Point:
    total = (0, 1)
    for digit in f"{factor:b}":
        total = _add(total, total)
        if digit == "1":
            total = _add(total, point)
    return total


def _encode(point: Point) -> bytes:
    x, y = point
    return (y + SIGN_BIT * (x % 2)).to_bytes(32, "little")


def _build_schemes() -> tuple[Case, ...]:
    why = "A scheme that doesn't exist verifies nothing."
    return tuple(
        Case(
            f"scheme_{scheme}",
            why,
            "scheme_unknown",
            METHOD,
            {
                "scheme": scheme,
                "public_key": to_hex(KEY),
                "message": to_hex(ROOT),
                "signature": to_hex(SIGNATURE),
            },
            "signature.scheme_unknown",
        )
        for scheme in (0, 4, 255)
    )
