"""ML-DSA-65: lengths, tampering, and hints and responses that FIPS 204's decoders refuse."""

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
from spec.crypto.signature_sizes import ML_DSA_65
from spec.crypto.signing.ml_dsa import compute_public_key, sign

SEED: Final = make_seed("ml_dsa_65")
CHALLENGE_SIZE_BYTES: Final = 48  # of ML-DSA-65: lambda / 4
Z_SIZE_BYTES: Final = 3_200  # 5 polynomials of 256 coefficients of 20 bits
HINT_COUNT_MAX: Final = 55  # omega; behind it stand 6 counts, one a polynomial


def build() -> tuple[Suite, ...]:
    """The suite of ML-DSA-65."""
    key, signature = compute_public_key(SEED), sign(SEED, ROOT)
    cases = (
        *_build_valid(key, signature),
        *_build_refused(key, signature),
        *_build_lengths(key, signature),
    )
    return (Suite("signature/ml_dsa_65", "signature", "sig.ml_dsa_65", cases),)


def _case(name: str, why: str, parts: tuple[bytes, bytes, bytes], expected: str = "accept") -> Case:
    """A case of (key, message, signature)."""
    return make_case(name, why, (ML_DSA_65, *parts), expected)


def _build_valid(key: bytes, signature: bytes) -> tuple[Case, ...]:
    other = make_seed("ml_dsa_65 other")
    text = b"a longer message, signed by another key"
    return (
        _case("signing_root", "A right signature must pass.", (key, ROOT, signature)),
        _case(
            "other_message",
            "The context is empty, the message is not prehashed.",
            (compute_public_key(other), text, sign(other, text)),
        ),
        _case("message_empty", "An empty message is hashed too.", (key, b"", sign(SEED, b""))),
    )


def _build_refused(key: bytes, signature: bytes) -> tuple[Case, ...]:
    hint_at = CHALLENGE_SIZE_BYTES + Z_SIZE_BYTES
    counts_at = hint_at + HINT_COUNT_MAX
    unused = bytes([*signature[:-1], 255])
    z_beyond = signature[:CHALLENGE_SIZE_BYTES] + bytes(3) + signature[CHALLENGE_SIZE_BYTES + 3 :]
    padding_at = hint_at + signature[-1]
    padding = signature[:padding_at] + b"\x01" + signature[padding_at + 1 :]
    decreasing = bytes([signature[counts_at + 1] + 1])
    rows = (
        ("message_bit", "The message takes part in the hash.", (key, flip(ROOT, 3), signature)),
        ("challenge_bit", "The challenge is compared.", (key, ROOT, flip(signature, 0))),
        (
            "z_bit",
            "The response takes part.",
            (key, ROOT, flip(signature, 8 * CHALLENGE_SIZE_BYTES)),
        ),
        ("z_beyond_bound", "A response at its bound is refused.", (key, ROOT, z_beyond)),
        ("hint_count", "A hint count above omega is malformed.", (key, ROOT, unused)),
        (
            "hint_padding",
            "Unused places of the hint are zero, or a signature has several encodings.",
            (key, ROOT, padding),
        ),
        (
            "hint_decreasing",
            "The counts of the hint never decrease.",
            (key, ROOT, signature[:counts_at] + decreasing + signature[counts_at + 1 :]),
        ),
        ("zeros", "A signature of zeros proves nothing.", (key, ROOT, bytes(len(signature)))),
        ("key_bit", "Every bit of the key takes part.", (flip(key, 0), ROOT, signature)),
        ("key_zeros", "A key of zeros did not sign.", (bytes(len(key)), ROOT, signature)),
    )
    return tuple(_case(name, why, parts, NOT_AUTHENTIC) for name, why, parts in rows)


def _build_lengths(key: bytes, signature: bytes) -> tuple[Case, ...]:
    why = "There is one length of keys and one of signatures."
    return (
        _case("key_empty", why, (b"", ROOT, signature), KEY_LENGTH),
        _case("key_short", why, (key[:-1], ROOT, signature), KEY_LENGTH),
        _case("key_long", why, (key + b"\0", ROOT, signature), KEY_LENGTH),
        _case("signature_empty", why, (key, ROOT, b""), LENGTH),
        _case("signature_short", why, (key, ROOT, signature[:-1]), LENGTH),
        _case("signature_long", why, (key, ROOT, signature + b"\0"), LENGTH),
    )
