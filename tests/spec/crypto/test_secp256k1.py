"""secp256k1: one encoding of a key, r and s in range, the lower s only."""

import pytest
from Crypto.Hash import SHA256
from Crypto.PublicKey import ECC
from Crypto.Signature import DSS
from hypothesis import given
from hypothesis import strategies as st

from spec.crypto.signing import (
    SECP256K1,
    KeyLengthWrong,
    NotAuthentic,
    PointNotCanonical,
    PointNotOnCurve,
    ScalarOutOfRange,
    SNotLow,
    secp256k1,
    validate_public_key,
    validate_signature,
)
from spec.crypto.signing_keys import compute_public_key, sign

SEED = bytes(range(1, 33))
KEY = compute_public_key(SECP256K1, SEED)
MESSAGE = b"a signing root of thirty-two by."
SIGNATURE = sign(SECP256K1, SEED, MESSAGE)
N = secp256k1.ORDER


def _pack(r: int, s: int) -> bytes:
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def _unpack(signature: bytes) -> tuple[int, int]:
    return int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")


@given(st.binary(max_size=40))
def test_high_s_is_refused_although_the_library_accepts_it(message: bytes) -> None:
    r, s = _unpack(sign(SECP256K1, SEED, message))
    high = _pack(r, N - s)
    x, y = secp256k1.compute_point(KEY) or (0, 0)
    key = ECC.construct(curve="secp256k1", point_x=x, point_y=y)
    DSS.new(key, "deterministic-rfc6979").verify(SHA256.new(message), high)
    assert validate_signature(SECP256K1, KEY, message, high) == SNotLow()


def test_s_is_low_up_to_half_of_the_order() -> None:
    r, _ = _unpack(SIGNATURE)
    assert secp256k1.LOW_S_MAX * 2 + 1 == N
    low = _pack(r, secp256k1.LOW_S_MAX)
    assert validate_signature(SECP256K1, KEY, MESSAGE, low) == NotAuthentic()
    high = _pack(r, secp256k1.LOW_S_MAX + 1)
    assert validate_signature(SECP256K1, KEY, MESSAGE, high) == SNotLow()


@pytest.mark.parametrize("bad", [0, N, N + 1, (1 << 256) - 1])
def test_scalar_out_of_range_is_refused(bad: int) -> None:
    r, s = _unpack(SIGNATURE)
    error = validate_signature(SECP256K1, KEY, MESSAGE, _pack(bad, s))
    assert error == ScalarOutOfRange("r")
    error = validate_signature(SECP256K1, KEY, MESSAGE, _pack(r, bad))
    assert error == ScalarOutOfRange("s")


@pytest.mark.parametrize("prefix", [0, 1, 4, 5, 6, 7, 255])
def test_key_prefix_is_2_or_3(prefix: int) -> None:
    key = bytes([prefix]) + KEY[1:]
    assert validate_public_key(SECP256K1, key) == PointNotCanonical("public key")
    error = validate_signature(SECP256K1, key, MESSAGE, SIGNATURE)
    assert error == PointNotCanonical("public key")


@pytest.mark.parametrize("prefix", [2, 3])
def test_x_of_a_key_is_reduced(prefix: int) -> None:
    # x = 1 is on the curve; x = 1 + p says the same number and is refused.
    key = bytes([prefix]) + (1).to_bytes(32, "big")
    assert validate_public_key(SECP256K1, key) is None
    again = bytes([prefix]) + (1 + secp256k1.FIELD).to_bytes(32, "big")
    assert validate_public_key(SECP256K1, again) == PointNotCanonical("public key")


@pytest.mark.parametrize("prefix", [2, 3])
def test_key_off_the_curve_is_refused(prefix: int) -> None:
    key = bytes([prefix]) + (5).to_bytes(32, "big")  # 5^3 + 7 is no square
    assert validate_public_key(SECP256K1, key) == PointNotOnCurve("public key")
    error = validate_signature(SECP256K1, key, MESSAGE, SIGNATURE)
    assert error == PointNotOnCurve("public key")


@pytest.mark.parametrize("length", [0, 1, 32, 34, 64, 65])
def test_key_of_another_length_is_refused(length: int) -> None:
    # 65 is an uncompressed key, 1 the point at infinity: neither is a key here.
    key = bytes([4] + [0] * 64)[:length]
    assert validate_public_key(SECP256K1, key) == KeyLengthWrong(length, 33)


@given(st.binary(min_size=32, max_size=32), st.sampled_from([2, 3]))
def test_point_is_the_librarys_point(x: bytes, prefix: int) -> None:
    key = bytes([prefix]) + x
    if secp256k1.validate_key_form(key) is not None:
        return
    point = secp256k1.compute_point(key)
    try:
        library = ECC.import_key(key, curve_name="secp256k1")
    except ValueError:
        assert point is None
    else:
        assert point == tuple(map(int, library.pointQ.xy))


def test_signing_follows_rfc_6979() -> None:
    # The vector that Bitcoin libraries share: key 1, "Satoshi Nakamoto".
    signature = sign(SECP256K1, (1).to_bytes(32, "big"), b"Satoshi Nakamoto")
    assert signature.hex() == (
        "934b1ea10a4b3c1757e2b0c017d0b6143ce3c9a7e6a4a49860d7a6ab210ee3d8"
        "2442ce9d2b916064108014783e923ec36b49743e2ffa1c4496f01a512aafd9e5"
    )


@given(st.binary(max_size=64))
def test_signing_always_takes_the_lower_s(message: bytes) -> None:
    _, s = _unpack(sign(SECP256K1, SEED, message))
    assert 1 <= s <= secp256k1.LOW_S_MAX
