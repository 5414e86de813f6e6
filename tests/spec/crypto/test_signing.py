"""What holds for every scheme: a signature speaks for one key, one message, one scheme."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spec.crypto.signing import (
    ED25519,
    ML_DSA_65,
    SCHEMES,
    KeyLengthWrong,
    NotAuthentic,
    Scheme,
    SchemeUnknown,
    SignatureLengthWrong,
    get_scheme,
    is_consensus_key,
    validate_public_key,
    validate_signature,
)
from spec.crypto.signing_keys import compute_public_key, sign

MESSAGE = b"a signing root of thirty-two by."
SEED = bytes(range(2, 34))
OTHER_SEED = bytes(range(3, 35))

for_each_scheme = pytest.mark.parametrize("scheme", SCHEMES, ids=lambda scheme: scheme.name)


def test_numbers_of_schemes_are_fixed() -> None:
    assert [(s.number, s.name) for s in SCHEMES] == [
        (1, "ed25519"),
        (2, "secp256k1"),
        (3, "ml-dsa-65"),
    ]


@for_each_scheme
@given(message=st.binary(max_size=200))
@settings(max_examples=20)
def test_own_signature_is_accepted_and_deterministic(scheme: Scheme, message: bytes) -> None:
    key = compute_public_key(scheme.number, SEED)
    signature = sign(scheme.number, SEED, message)
    assert len(key) == scheme.public_key_size_bytes
    assert len(signature) == scheme.signature_size_bytes
    assert validate_public_key(scheme.number, key) is None
    assert validate_signature(scheme.number, key, message, signature) is None
    assert sign(scheme.number, SEED, message) == signature


@for_each_scheme
@given(data=st.data())
@settings(max_examples=60)
def test_any_flipped_bit_of_a_signature_is_noticed(scheme: Scheme, data: st.DataObject) -> None:
    key = compute_public_key(scheme.number, SEED)
    signature = bytearray(sign(scheme.number, SEED, MESSAGE))
    bit = data.draw(st.integers(0, 8 * len(signature) - 1))
    signature[bit // 8] ^= 1 << bit % 8
    assert validate_signature(scheme.number, key, MESSAGE, bytes(signature)) is not None


@for_each_scheme
@given(data=st.data())
@settings(max_examples=60)
def test_any_flipped_bit_of_a_key_is_noticed(scheme: Scheme, data: st.DataObject) -> None:
    key = bytearray(compute_public_key(scheme.number, SEED))
    signature = sign(scheme.number, SEED, MESSAGE)
    bit = data.draw(st.integers(0, 8 * len(key) - 1))
    key[bit // 8] ^= 1 << bit % 8
    assert validate_signature(scheme.number, bytes(key), MESSAGE, signature) is not None


@for_each_scheme
@given(bit=st.integers(0, 8 * len(MESSAGE) - 1))
@settings(max_examples=20)
def test_any_flipped_bit_of_a_message_is_noticed(scheme: Scheme, bit: int) -> None:
    key = compute_public_key(scheme.number, SEED)
    message = bytearray(MESSAGE)
    message[bit // 8] ^= 1 << bit % 8
    signature = sign(scheme.number, SEED, MESSAGE)
    error = validate_signature(scheme.number, key, bytes(message), signature)
    assert error == NotAuthentic()


@for_each_scheme
def test_another_key_is_refused(scheme: Scheme) -> None:
    signature = sign(scheme.number, SEED, MESSAGE)
    other = compute_public_key(scheme.number, OTHER_SEED)
    assert validate_signature(scheme.number, other, MESSAGE, signature) == NotAuthentic()


@pytest.mark.parametrize("claimed", [1, 2, 3])
@pytest.mark.parametrize("real", [1, 2, 3])
def test_signature_is_good_under_its_own_scheme_only(claimed: int, real: int) -> None:
    key = compute_public_key(real, SEED)
    error = validate_signature(claimed, key, MESSAGE, sign(real, SEED, MESSAGE))
    assert (error is None) == (claimed == real)


@given(st.integers().filter(lambda n: n not in (1, 2, 3)), st.binary(max_size=70))
def test_unknown_scheme_is_refused_by_number(scheme: int, data: bytes) -> None:
    assert get_scheme(scheme) is None
    assert validate_public_key(scheme, data) == SchemeUnknown(scheme)
    assert validate_signature(scheme, data, data, data) == SchemeUnknown(scheme)


@for_each_scheme
@given(data=st.data())
@settings(max_examples=40)
def test_arbitrary_bytes_get_an_error_with_code_and_sentence(
    scheme: Scheme, data: st.DataObject
) -> None:
    def draw(size: int) -> bytes:
        return data.draw(st.binary(max_size=100) | st.binary(min_size=size, max_size=size))

    error = validate_signature(
        scheme.number,
        draw(scheme.public_key_size_bytes),
        draw(0),
        draw(scheme.signature_size_bytes),
    )
    assert error is not None
    assert error.code.startswith("signature.")
    assert error.message


@for_each_scheme
@pytest.mark.parametrize("change", [-1, 1])
def test_lengths_are_exact(scheme: Scheme, change: int) -> None:
    key = compute_public_key(scheme.number, SEED)
    signature = sign(scheme.number, SEED, MESSAGE)
    longer = (signature + b"\0")[: len(signature) + change]
    error = validate_signature(scheme.number, key, MESSAGE, longer)
    assert error == SignatureLengthWrong(len(longer), scheme.signature_size_bytes)
    long_key = (key + b"\0")[: len(key) + change]
    expected = KeyLengthWrong(len(long_key), scheme.public_key_size_bytes)
    assert validate_public_key(scheme.number, long_key) == expected
    # Both wrong: the key's length is the first check.
    assert validate_signature(scheme.number, long_key, MESSAGE, longer) == expected


def test_consensus_keys_are_ed25519_keys() -> None:
    assert is_consensus_key(compute_public_key(ED25519, SEED))
    assert not is_consensus_key(compute_public_key(ML_DSA_65, SEED))
    assert not is_consensus_key(b"")


def test_ed25519_signs_as_rfc_8032_shows() -> None:
    seed = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    assert compute_public_key(ED25519, seed).hex() == (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    )
    assert sign(ED25519, seed, b"").hex() == (
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
        "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
    )
