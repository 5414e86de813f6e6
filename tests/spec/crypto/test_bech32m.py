"""Bech32m: BIP-350's vectors, and that four wrong symbols never pass."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spec.crypto.bech32m import (
    ALPHABET,
    Bech32m,
    Bech32mError,
    CaseMixed,
    CharacterInvalid,
    ChecksumWrong,
    PaddingWrong,
    SeparatorMissing,
    TextTooLong,
    decode_bech32m,
    decode_symbols,
    encode_bech32m,
    encode_symbols,
)
from spec.lib.result import Err, Ok

# BIP-350, "Test vectors": valid strings.
VALID = (
    "A1LQFN3A",
    "a1lqfn3a",
    "an83characterlonghumanreadablepartthatcontainsthetheexcludedcharactersbioandnumber11sg7hg6",
    "abcdef1l7aum6echk45nj3s0wdvt2fg8x9yrzpqzd3ryx",
    "11" + "l" * 82 + "ludsr8",
    "split1checkupstagehandshakeupstreamerranterredcaperredlc445v",
    "?1v759aa",
)
# BIP-350: strings that are invalid, and why here.
INVALID: tuple[tuple[str, Bech32mError], ...] = (
    ("\x201xj0phk", CharacterInvalid(0)),
    ("\x7f1g6xzxy", CharacterInvalid(0)),
    ("\x801vctc34", CharacterInvalid(0)),
    (
        (
            "an84characterslonghumanreadablepart"
            "thatcontainsthetheexcludedcharactersbioandnumber11d6pts4"
        ),
        TextTooLong(91),
    ),
    ("qyrz8wqd2c9m", SeparatorMissing()),
    ("1qyrz8wqd2c9m", SeparatorMissing()),
    ("y1b0jsk6g", CharacterInvalid(2)),
    ("lt1igcx5c0", CharacterInvalid(3)),
    ("in1muywd", SeparatorMissing()),
    ("mm1crxm3i", CharacterInvalid(8)),
    ("au1s5cgom", CharacterInvalid(7)),
    ("M1VUXWEZ", ChecksumWrong()),
    ("16plkw9", SeparatorMissing()),
    ("1p2gdwpf", SeparatorMissing()),
)
# BIP-350, addresses of Bitcoin: prefix, first symbol (witness version), program.
ADDRESSES = (
    (
        "bc1pw508d6qejxtdg4y5r3zarvary0c5xw7kw508d6qejxtdg4y5r3zarvary0c5xw7kt5nd6y",
        ("bc", 1, "751e76e8199196d454941c45d1b3a323f1433bd6" * 2),
    ),
    ("BC1SW50QGDZ25J", ("bc", 16, "751e")),
    ("bc1zw508d6qejxtdg4y5r3zarvaryvaxxpcs", ("bc", 2, "751e76e8199196d454941c45d1b3a323")),
    (
        "tb1pqqqqp399et2xygdj5xreqhjjvcmzhxw4aywxecjdzew6hylgvsesf3hn0c",
        ("tb", 1, "000000c4a5cad46221b2a187905e5266362b99d5e91c6ce24d165dab93e86433"),
    ),
    (
        "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
        ("bc", 1, "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"),
    ),
)
# BIP-350, invalid addresses whose fault is bech32m's and not Bitcoin's.
INVALID_ADDRESSES: tuple[tuple[str, Bech32mError], ...] = (
    ("bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqh2y7hd", ChecksumWrong()),
    ("tb1z0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqglt7rf", ChecksumWrong()),
    ("BC1S0XLXVLHEMJA6C4DQV22UAPCTQUPFHLXM9H8Z3K2E72Q4K9HCZ7VQ54WELL", ChecksumWrong()),
    ("bc1p38j9r5y49hruaue7wxjce0updqjuyyx0kh56v8s25huc6995vvpql3jow4", CharacterInvalid(59)),
    ("tb1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vq47Zagq", CaseMixed()),
)
# … and whose fault is the padding of the last byte.
INVALID_PADDING = (
    "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7v07qwwzcrf",
    "tb1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vpggkg4j",
)
values = st.builds(
    Bech32m,
    st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=30).map(
        str.lower
    ),
    st.lists(st.integers(0, 31), max_size=52).map(tuple),
)


@pytest.mark.parametrize("text", VALID)
def test_valid_strings_of_bip_350_decode_and_encode_again(text: str) -> None:
    result = decode_bech32m(text)
    assert isinstance(result, Ok)
    assert encode_bech32m(result.value) == text.lower()


@pytest.mark.parametrize(("text", "error"), INVALID + INVALID_ADDRESSES)
def test_invalid_strings_of_bip_350_are_refused_for_their_reason(
    text: str, error: Bech32mError
) -> None:
    assert decode_bech32m(text) == Err(error)
    assert error.code.startswith("bech32m.")
    assert error.message


@pytest.mark.parametrize(("text", "meaning"), ADDRESSES)
def test_addresses_of_bip_350_hold_their_program(text: str, meaning: tuple[str, int, str]) -> None:
    result = decode_bech32m(text)
    assert isinstance(result, Ok)
    program = decode_symbols(result.value.symbols[1:])
    assert isinstance(program, Ok)
    assert (result.value.prefix, result.value.symbols[0], program.value.hex()) == meaning
    assert encode_symbols(program.value) == result.value.symbols[1:]


@pytest.mark.parametrize("text", INVALID_PADDING)
def test_padding_of_bip_350_is_strict(text: str) -> None:
    result = decode_bech32m(text)
    assert isinstance(result, Ok)
    assert decode_symbols(result.value.symbols[1:]) == Err(PaddingWrong())


@given(values)
def test_decoding_undoes_encoding(value: Bech32m) -> None:
    text = encode_bech32m(value)
    assert decode_bech32m(text) == Ok(value)
    assert decode_bech32m(text.upper()) == Ok(value)


@given(st.binary(max_size=40))
def test_symbols_say_their_bytes_and_only_those(data: bytes) -> None:
    symbols = encode_symbols(data)
    assert decode_symbols(symbols) == Ok(data)
    assert decode_symbols((*symbols, 0)) != Ok(data)


@given(st.lists(st.integers(0, 31), max_size=60).map(tuple))
def test_no_two_symbol_strings_say_the_same_bytes(symbols: tuple[int, ...]) -> None:
    result = decode_symbols(symbols)
    if isinstance(result, Ok):
        assert encode_symbols(result.value) == symbols


@given(st.data())
def test_one_to_four_wrong_symbols_are_detected(data: st.DataObject) -> None:
    value = data.draw(values)
    text = encode_bech32m(value)
    start = len(value.prefix) + 1
    places = data.draw(st.sets(st.integers(start, len(text) - 1), min_size=1, max_size=4))
    changed = list(text)
    for place in places:
        changed[place] = data.draw(
            st.sampled_from([c for c in ALPHABET if c != text[place]]), label=f"at {place}"
        )
    assert decode_bech32m("".join(changed)) == Err(ChecksumWrong())


@given(st.text(max_size=100))
def test_any_text_decodes_or_has_a_reason(text: str) -> None:
    result = decode_bech32m(text)
    if isinstance(result, Ok):
        assert encode_bech32m(result.value) == text.lower()
    else:
        assert result.error.message


@pytest.mark.parametrize(
    "text", ["\u017f1lqfn3a", "\u01301lqfn3a", "\u212a1lqfn3a", "a1lqfn3\uff41"]
)
def test_letters_of_other_scripts_are_refused_before_their_case_is_asked(text: str) -> None:
    assert isinstance(decode_bech32m(text), Err)
