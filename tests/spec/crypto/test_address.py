"""Addresses: kinds never mix, nothing collides, the text finds typing errors and other chains."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spec.crypto.address import (
    AddressKindUnknown,
    AddressLengthWrong,
    PrefixWrong,
    compute_contract_address,
    compute_key_address,
    decode_address_text,
    is_address,
    is_contract_address,
    is_key_address,
    render_address,
    validate_address,
)
from spec.crypto.bech32m import (
    ALPHABET,
    Bech32m,
    ChecksumWrong,
    PaddingWrong,
    encode_bech32m,
    encode_symbols,
)
from spec.lib.result import Err, Ok

PREFIX = "qcdev"
addresses = st.builds(
    lambda kind, rest: bytes([kind]) + rest,
    st.sampled_from([1, 2]),
    st.binary(min_size=31, max_size=31),
)
prefixes = st.text("abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=16)


@given(
    st.binary(min_size=1, max_size=70), st.integers(1, 255), addresses, st.integers(0, 2**64 - 1)
)
def test_keys_and_contracts_have_their_own_kinds(
    key: bytes, scheme: int, deployer: bytes, nonce: int
) -> None:
    key_address = compute_key_address(scheme, key)
    contract = compute_contract_address(deployer, nonce)
    assert validate_address(key_address) is None
    assert validate_address(contract) is None
    assert (is_key_address(key_address), is_contract_address(key_address)) == (True, False)
    assert (is_key_address(contract), is_contract_address(contract)) == (False, True)
    assert key_address[1:] != contract[1:]


def test_every_part_of_what_is_named_changes_the_address() -> None:
    deployer, other = compute_key_address(1, bytes(32)), compute_key_address(1, bytes(31))
    named = [
        deployer,
        other,
        compute_key_address(2, bytes(32)),
        compute_key_address(1, b"\1" + bytes(31)),
        compute_contract_address(deployer, 0),
        compute_contract_address(deployer, 1),
        compute_contract_address(deployer, 256),
        compute_contract_address(other, 0),
    ]
    assert all(left != right for left, right in combinations(named, 2))


def test_addresses_are_fixed_for_ever() -> None:
    key = compute_key_address(1, bytes(range(32)))
    assert (key.hex(), compute_contract_address(key, 7).hex(), render_address(PREFIX, key)) == (
        "01ac11c262056bd5f813a0f481d8f624b93cfa3178b4c88845787bf8c284562b",
        "02bb0065b7e24b440b339aa8425c68bd006214fddae097f8825227a8719ec3a3",
        "qcdev1qxkprsnzq44at7qn5r6grk8kyjune7330z6v3zz90pal3s5y2c4s4qlr6c",
    )


@given(st.binary(max_size=40).filter(lambda data: len(data) != 32))
def test_address_of_another_length_is_refused(data: bytes) -> None:
    assert validate_address(data) == AddressLengthWrong(len(data))
    assert not is_address(data)


@pytest.mark.parametrize("kind", [0, 3, 127, 255])
def test_unknown_kind_is_refused(kind: int) -> None:
    address = bytes([kind]) + bytes(31)
    assert validate_address(address) == AddressKindUnknown(kind)
    assert not is_address(address)
    assert not is_key_address(address)
    assert not is_contract_address(address)
    text = render_address(PREFIX, address)
    assert decode_address_text(PREFIX, text) == Err(AddressKindUnknown(kind))


@given(prefixes, addresses)
def test_text_says_the_address_on_its_chain_only(prefix: str, address: bytes) -> None:
    text = render_address(prefix, address)
    assert decode_address_text(prefix, text) == Ok(address)
    assert decode_address_text(prefix, text.upper()) == Ok(address)
    assert decode_address_text(prefix + "x", text) == Err(PrefixWrong(prefix, prefix + "x"))


@given(st.data(), addresses)
def test_up_to_four_mistyped_characters_are_detected(data: st.DataObject, address: bytes) -> None:
    text = render_address(PREFIX, address)
    places = data.draw(st.sets(st.integers(len(PREFIX) + 1, len(text) - 1), min_size=1, max_size=4))
    typed = list(text)
    for place in places:
        typed[place] = data.draw(st.sampled_from([c for c in ALPHABET if c != text[place]]))
    assert decode_address_text(PREFIX, "".join(typed)) == Err(ChecksumWrong())


@given(st.binary(max_size=40).filter(lambda data: len(data) != 32))
def test_text_of_another_length_is_refused(data: bytes) -> None:
    text = encode_bech32m(Bech32m(PREFIX, encode_symbols(data)))
    assert decode_address_text(PREFIX, text) == Err(AddressLengthWrong(len(data)))


def test_text_has_one_padding() -> None:
    symbols = encode_symbols(compute_key_address(1, bytes(32)))
    # 32 bytes are 51 symbols and 1 bit: the last of 52 has four bits of padding.
    assert len(symbols) == 52
    text = encode_bech32m(Bech32m(PREFIX, (*symbols[:-1], symbols[-1] | 1)))
    assert decode_address_text(PREFIX, text) == Err(PaddingWrong())
    text = encode_bech32m(Bech32m(PREFIX, (*symbols, 0)))
    assert decode_address_text(PREFIX, text) == Err(AddressLengthWrong(33))


@given(st.text(max_size=120))
def test_any_text_gives_an_address_or_a_reason(text: str) -> None:
    result = decode_address_text(PREFIX, text)
    if isinstance(result, Ok):
        assert is_address(result.value)
    else:
        assert result.error.code
        assert result.error.message
