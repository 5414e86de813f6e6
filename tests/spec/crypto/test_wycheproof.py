"""All of Wycheproof that concerns the schemes, with counts, so that nothing drops out unseen.

Of the 1,342 vectors, 732 get the verdict that Wycheproof gives them. 144 more are valid there
with a high s, which Wycheproof permits outside of its Bitcoin file: those we refuse, and accept
their twins with a low s. The other 466 are DER that is broken, not strict, or of numbers that
don't fit 32 bytes; 64 bytes can't say them, and none of them is meant to be valid.
"""

from collections import Counter

import pytest

from spec.crypto.signing import SNotLow, secp256k1, validate_public_key, validate_signature
from tests.spec.crypto.wycheproof import Vector, read_ecdsa, read_ed25519

HIGH = "valid but for its high s"


def _judge(vector: Vector) -> str:
    """What became of a vector; fails where we differ from it for another reason than high s."""
    if vector.signature is None:
        assert vector.result == "invalid", f"{vector.name} is {vector.result} but not expressible"
        return "not expressible"
    assert validate_public_key(vector.scheme, vector.public_key) is None, vector.name
    if vector.is_high_s and vector.result == "valid":
        assert _validate(vector, vector.signature) == SNotLow(), vector.name
        s = secp256k1.ORDER - int.from_bytes(vector.signature[32:], "big")
        twin = vector.signature[:32] + s.to_bytes(32, "big")
        assert _validate(vector, twin) is None, vector.name
        return HIGH
    error = _validate(vector, vector.signature)
    assert (error is None) == (vector.result == "valid"), (vector.name, error)
    return "accepted" if error is None else "refused"


def _validate(vector: Vector, signature: bytes) -> object:
    return validate_signature(vector.scheme, vector.public_key, vector.message, signature)


def test_ed25519_vectors_all_agree() -> None:
    assert Counter(map(_judge, read_ed25519())) == {"accepted": 88, "refused": 63}


@pytest.mark.parametrize(
    ("suite", "outcome"),
    [
        (
            "ecdsa_secp256k1_sha256_bitcoin_test",
            {"accepted": 162, "refused": 69, "not expressible": 232},
        ),
        ("ecdsa_secp256k1_sha256_p1363_test", {"accepted": 95, "refused": 85, HIGH: 72}),
        (
            "ecdsa_secp256k1_sha256_test",
            {"accepted": 96, "refused": 74, HIGH: 72, "not expressible": 234},
        ),
    ],
)
def test_ecdsa_vectors_agree_up_to_high_s(suite: str, outcome: dict[str, int]) -> None:
    assert Counter(map(_judge, read_ecdsa(suite))) == outcome
