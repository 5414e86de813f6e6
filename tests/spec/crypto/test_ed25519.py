"""Ed25519: the eight small points, one encoding for each point, S below L, and our own equation."""

import itertools

import pytest
from Crypto.Signature import eddsa
from hypothesis import given, settings
from hypothesis import strategies as st

from spec.crypto.signing import (
    ED25519,
    NotAuthentic,
    PointNotCanonical,
    PointNotOnCurve,
    PointOfSmallOrder,
    ScalarOutOfRange,
    SignatureLengthWrong,
    ed25519,
    is_consensus_key,
    validate_public_key,
    validate_signature,
)
from spec.crypto.signing_keys import compute_public_key, sign
from tests.spec.crypto import forge

SEED = bytes(range(32))
KEY = compute_public_key(ED25519, SEED)
MESSAGE = b"a signing root of thirty-two by."
SIGNATURE = sign(ED25519, SEED, MESSAGE)
SMALL = sorted(ed25519.SMALL_ORDER_ENCODINGS)
IDENTITY = (1).to_bytes(32, "little")
ZERO_S = bytes(32)


def test_small_order_table_is_the_whole_group_of_order_8() -> None:
    generated = {forge.encode(forge.multiply(i, forge.get_torsion())) for i in range(8)}
    assert generated == ed25519.SMALL_ORDER_ENCODINGS
    assert len(generated) == 8


def test_base_point_has_order_l() -> None:
    assert forge.multiply(ed25519.ORDER, ed25519.BASE_POINT) == (0, 1)


@pytest.mark.parametrize("key", SMALL)
def test_key_of_small_order_is_refused(key: bytes) -> None:
    assert validate_public_key(ED25519, key) == PointOfSmallOrder("public key")
    assert not is_consensus_key(key)


@pytest.mark.parametrize(("key", "r"), list(itertools.product(SMALL, SMALL)))
def test_small_order_key_and_r_are_refused_for_any_message(key: bytes, r: bytes) -> None:
    for message in (b"", b"one", MESSAGE):
        error = validate_signature(ED25519, key, message, r + ZERO_S)
        assert error == PointOfSmallOrder("public key")


def test_identity_signature_is_refused_although_the_library_accepts_it() -> None:
    signature = IDENTITY + ZERO_S
    eddsa.new(forge.construct_library_key(IDENTITY), "rfc8032").verify(MESSAGE, signature)
    error = validate_signature(ED25519, IDENTITY, MESSAGE, signature)
    assert error == PointOfSmallOrder("public key")


@pytest.mark.parametrize("r", SMALL)
def test_r_of_small_order_is_refused_by_a_good_key(r: bytes) -> None:
    # S = k a makes [S]B = [k]A, so that R = identity would verify.
    k = ed25519.compute_challenge(r, forge.encode(forge.multiply(5, ed25519.BASE_POINT)), MESSAGE)
    key = forge.encode(forge.multiply(5, ed25519.BASE_POINT))
    s = k * 5 % ed25519.ORDER
    error = validate_signature(ED25519, key, MESSAGE, r + s.to_bytes(32, "little"))
    assert error == PointOfSmallOrder("R")


@pytest.mark.parametrize("encoded", forge.NOT_CANONICAL)
def test_point_that_is_not_canonical_is_refused_in_both_places(encoded: bytes) -> None:
    assert validate_public_key(ED25519, encoded) == PointNotCanonical("public key")
    assert validate_signature(ED25519, encoded, MESSAGE, SIGNATURE) == PointNotCanonical(
        "public key"
    )
    assert validate_signature(ED25519, KEY, MESSAGE, encoded + SIGNATURE[32:]) == PointNotCanonical(
        "R"
    )


@given(st.integers(0, 7), st.binary(max_size=8))
def test_s_above_the_order_is_refused(multiple: int, message: bytes) -> None:
    signature = sign(ED25519, SEED, message)
    s = int.from_bytes(signature[32:], "little") + (multiple + 1) * ed25519.ORDER
    malleated = signature[:32] + s.to_bytes(32, "little")
    assert validate_signature(ED25519, KEY, message, malleated) == ScalarOutOfRange("s")


def test_s_at_the_order_is_out_of_range_and_below_is_not() -> None:
    for s, expected in (
        (ed25519.ORDER, ScalarOutOfRange("s")),
        (ed25519.ORDER - 1, NotAuthentic()),
        ((1 << 256) - 1, ScalarOutOfRange("s")),
    ):
        signature = SIGNATURE[:32] + s.to_bytes(32, "little")
        assert validate_signature(ED25519, KEY, MESSAGE, signature) == expected


def test_point_off_the_curve_is_refused_in_both_places() -> None:
    off = (2).to_bytes(32, "little")  # y = 2 has no x
    assert ed25519.compute_point(off) is None
    assert validate_public_key(ED25519, off) == PointNotOnCurve("public key")
    assert validate_signature(ED25519, off, MESSAGE, SIGNATURE) == PointNotOnCurve("public key")
    assert validate_signature(ED25519, KEY, MESSAGE, off + SIGNATURE[32:]) == PointNotOnCurve("R")


def test_equation_is_taken_without_the_cofactor() -> None:
    key = forge.make_torsioned_key()
    assert validate_public_key(ED25519, key) is None
    seen = set()
    for nonce in range(1, 33):
        signature, holds = forge.sign_torsioned(nonce, MESSAGE)
        error = validate_signature(ED25519, key, MESSAGE, signature)
        assert error == (None if holds else NotAuthentic())
        # The library multiplies by 8 and accepts all of them: why its verify isn't used.
        eddsa.new(forge.construct_library_key(key), "rfc8032").verify(MESSAGE, signature)
        seen.add(holds)
    assert seen == {True, False}


@given(st.integers(2, ed25519.ORDER - 1))
@settings(max_examples=20)
def test_decompression_finds_the_point_that_was_encoded(scalar: int) -> None:
    point = forge.multiply(scalar, ed25519.BASE_POINT)
    assert ed25519.compute_point(forge.encode(point)) == point
    library = forge.construct_library_key(forge.encode(point))
    assert tuple(map(int, library.pointQ.xy)) == point


@given(st.binary(min_size=32, max_size=32))
def test_point_is_on_the_curve_if_and_only_if_the_library_imports_it(encoded: bytes) -> None:
    if not ed25519.is_canonical_point(encoded):
        return
    try:
        eddsa.import_public_key(encoded)
    except ValueError:
        assert ed25519.compute_point(encoded) is None
    else:
        assert ed25519.compute_point(encoded) is not None


@given(st.binary(max_size=80).filter(lambda data: len(data) != 64))
def test_signature_of_another_length_is_refused(signature: bytes) -> None:
    error = validate_signature(ED25519, KEY, MESSAGE, signature)
    assert error == SignatureLengthWrong(len(signature), 64)
