"""Secret keys: which seeds are keys, and that no text ever holds one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spec.crypto.signing import ED25519, SECP256K1, SchemeUnknown, secp256k1, validate_signature
from spec.crypto.signing_keys import (
    SecretKey,
    SeedLengthWrong,
    SeedOutOfRange,
    compute_public_key,
    decode_secret_key,
    sign,
    validate_seed,
)
from spec.lib.result import Err, Ok

SEED = b"\xabsecret seed of thirty-two bytes"


@given(st.binary(max_size=64).filter(lambda seed: len(seed) != 32), st.sampled_from([1, 2, 3]))
def test_seed_of_another_length_is_refused(seed: bytes, scheme: int) -> None:
    assert validate_seed(scheme, seed) == SeedLengthWrong(len(seed))


@pytest.mark.parametrize("number", [0, secp256k1.ORDER, (1 << 256) - 1])
def test_seed_that_is_no_scalar_is_no_key_of_secp256k1(number: int) -> None:
    seed = number.to_bytes(32, "big")
    assert decode_secret_key(SECP256K1, seed) == Err(SeedOutOfRange())
    assert isinstance(decode_secret_key(ED25519, seed), Ok)


@pytest.mark.parametrize("number", [1, secp256k1.ORDER - 1])
def test_extreme_scalars_are_keys_of_secp256k1(number: int) -> None:
    seed = number.to_bytes(32, "big")
    signature = sign(SECP256K1, seed, b"m")
    key = compute_public_key(SECP256K1, seed)
    assert validate_signature(SECP256K1, key, b"m", signature) is None


def test_unknown_scheme_has_no_keys() -> None:
    assert decode_secret_key(4, SEED) == Err(SchemeUnknown(4))


@pytest.mark.parametrize("scheme", [1, 2, 3])
def test_secret_key_signs_like_the_functions(scheme: int) -> None:
    result = decode_secret_key(scheme, SEED)
    assert isinstance(result, Ok)
    key = result.value
    assert key.public_key == compute_public_key(scheme, SEED)
    assert key.sign(b"message") == sign(scheme, SEED, b"message")


def test_no_text_of_a_secret_key_holds_its_seed() -> None:
    key = SecretKey(ED25519, SEED)
    for text in (repr(key), str(key), f"{key}", f"{key!r}", repr([key]), repr(Ok(key))):
        assert "secret seed" not in text
        assert SEED.hex() not in text
        assert "hidden" in text


def test_errors_of_seeds_do_not_quote_them() -> None:
    for error in (SeedLengthWrong(3), SeedOutOfRange()):
        assert error.code.startswith("key.")
        assert error.message
