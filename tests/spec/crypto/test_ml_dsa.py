"""ML-DSA-65: a signature can't be written in a second way; hint and padding are strict."""

import pytest

from spec.crypto.signing import ML_DSA_65, NotAuthentic, validate_signature
from spec.crypto.signing_keys import compute_public_key, sign

SEED = bytes(range(32))
KEY = compute_public_key(ML_DSA_65, SEED)
OMEGA = 55
"""Places for indexes of ones in the hint."""
ROWS = 6
"""Polynomials of the hint; the last bytes say where each one's indexes end."""
SIGNATURES = [sign(ML_DSA_65, SEED, bytes([number])) for number in range(8)]


def _split(signature: bytes) -> tuple[bytes, bytearray, bytes]:
    """The part before the hint, the hint's indexes, and the ends of its rows."""
    return (
        signature[: -OMEGA - ROWS],
        bytearray(signature[-OMEGA - ROWS : -ROWS]),
        signature[-ROWS:],
    )


def _validate(number: int, signature: bytes) -> object:
    assert len(signature) == 3_309
    return validate_signature(ML_DSA_65, KEY, bytes([number]), signature)


@pytest.mark.parametrize("number", range(8))
def test_indexes_of_a_hint_are_in_order(number: int) -> None:
    head, indexes, ends = _split(SIGNATURES[number])
    assert _validate(number, head + bytes(indexes) + ends) is None
    start = 0
    swapped = 0
    for end in ends:
        if end - start >= 2:
            changed = bytearray(indexes)
            changed[start], changed[start + 1] = changed[start + 1], changed[start]
            # The same set of ones, hence the same hint, written in another order.
            assert _validate(number, head + bytes(changed) + ends) == NotAuthentic()
            swapped += 1
        start = end
    assert swapped


@pytest.mark.parametrize("number", range(8))
def test_unused_places_of_a_hint_are_zero(number: int) -> None:
    head, indexes, ends = _split(SIGNATURES[number])
    used = ends[-1]
    assert used < OMEGA, "choose another message: this hint is full"
    for place in range(used, OMEGA):
        changed = bytearray(indexes)
        assert changed[place] == 0
        changed[place] = 1
        assert _validate(number, head + bytes(changed) + ends) == NotAuthentic()


def test_ends_of_rows_never_fall_and_stay_in_bounds() -> None:
    head, indexes, ends = _split(SIGNATURES[0])
    for row in range(ROWS):
        for value in (0, OMEGA, OMEGA + 1, 255):
            changed = bytearray(ends)
            if changed[row] != value:
                changed[row] = value
                error = _validate(0, head + bytes(indexes) + bytes(changed))
                assert error == NotAuthentic()


def test_signature_for_another_context_is_refused() -> None:
    from Crypto.PublicKey import MLDSA
    from Crypto.Signature import mldsa

    key = MLDSA.construct(param_set=MLDSA.ML_DSA_65, seed=SEED)
    for context, expected in ((b"", None), (b"\0", NotAuthentic()), (b"qc", NotAuthentic())):
        signature = mldsa.new(key, context, deterministic=True).sign(b"\7")
        assert _validate(7, signature) == expected
    assert mldsa.new(key, b"", deterministic=True).sign(b"\7") == SIGNATURES[7]


def test_hedged_signature_is_accepted_like_a_deterministic_one() -> None:
    from Crypto.PublicKey import MLDSA
    from Crypto.Signature import mldsa

    key = MLDSA.construct(param_set=MLDSA.ML_DSA_65, seed=SEED)
    hedged = mldsa.new(key, randfunc=lambda size: b"\5" * size).sign(b"\7")
    assert hedged != SIGNATURES[7]
    assert _validate(7, hedged) is None
