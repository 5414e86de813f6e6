"""Bech32m: bytes as text that a person can copy and whose typing errors are found.

    text = prefix "1" data checksum        one symbol of `ALPHABET` for 5 bits; checksum 6 symbols

The checksum is a BCH code over GF(32): up to 90 characters it detects every error of at most four
symbols. Text is all lower or all upper case; this module writes lower case.

Source: BIP-350 (checksum constant) and BIP-173 (all else).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Final

from spec.lib.result import Err, Ok, Result

ALPHABET: Final = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
"""The symbol of each value of 5 bits."""
TEXT_SIZE_MAX: Final = 90
"""Characters of a text: beyond, the code detects fewer errors."""
CHECKSUM_SIZE: Final = 6
"""Symbols of the checksum."""
SYMBOL_BITS: Final = 5
"""Bits of one symbol."""
CHECKSUM_CONSTANT: Final = 0x2BC8_30A3
"""What the code word's remainder must be; Bech32 had 1 and missed inserted symbols."""
GENERATOR: Final = (0x3B6A_57B2, 0x2650_8E6D, 0x1EA1_19FA, 0x3D42_33DD, 0x2A14_62B3)
"""The code's generator polynomial, times each power of two."""
PREFIX_CHARACTER_MIN: Final = 33
"""First ASCII character a prefix may hold."""
PREFIX_CHARACTER_MAX: Final = 126
"""Last one."""


@dataclass(frozen=True, slots=True)
class TextTooLong:
    """A text is longer than 90 characters; its beginning is not quoted."""

    code: ClassVar[str] = "bech32m.too_long"
    found: int

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"the text has {self.found} characters, and may have {TEXT_SIZE_MAX}"


@dataclass(frozen=True, slots=True)
class CaseMixed:
    """A text has capital and small letters."""

    code: ClassVar[str] = "bech32m.case_mixed"

    @property
    def message(self) -> str:
        """One sentence for people."""
        return "the text mixes capital and small letters"


@dataclass(frozen=True, slots=True)
class SeparatorMissing:
    """A text has no "1", or none with a prefix before and a checksum after it."""

    code: ClassVar[str] = "bech32m.separator_missing"

    @property
    def message(self) -> str:
        """One sentence for people."""
        return "the text is not a prefix, the digit 1 and at least six symbols of checksum"


@dataclass(frozen=True, slots=True)
class CharacterInvalid:
    """A character belongs to no prefix, or to no data."""

    code: ClassVar[str] = "bech32m.character_invalid"
    index: int

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"the character at index {self.index} is not permitted there"


@dataclass(frozen=True, slots=True)
class ChecksumWrong:
    """The checksum belongs to another text."""

    code: ClassVar[str] = "bech32m.checksum_wrong"

    @property
    def message(self) -> str:
        """One sentence for people."""
        return "the checksum does not match: a character was mistyped"


@dataclass(frozen=True, slots=True)
class PaddingWrong:
    """The symbols are not the only ones that stand for their bytes."""

    code: ClassVar[str] = "bech32m.padding_wrong"

    @property
    def message(self) -> str:
        """One sentence for people."""
        return "the bits after the last whole byte are not fewer than five zeros"


Bech32mError = (
    TextTooLong | CaseMixed | SeparatorMissing | CharacterInvalid | ChecksumWrong | PaddingWrong
)


@dataclass(frozen=True, slots=True)
class Bech32m:
    """What a text says."""

    prefix: str
    """The part for people, in lower case, 1 to 83 characters."""
    symbols: tuple[int, ...]
    """The data without the checksum, 5 bits each."""


def compute_remainder(symbols: Iterable[int]) -> int:
    """The remainder, 30 bits, of a word over GF(32) by the code's generator."""
    remainder = 1
    for symbol in symbols:
        top = remainder >> 25
        remainder = ((remainder & 0x1FF_FFFF) << SYMBOL_BITS) ^ symbol
        for bit, multiple in enumerate(GENERATOR):
            if (top >> bit) & 1:
                remainder ^= multiple
    return remainder


def _expand_prefix(prefix: str) -> tuple[int, ...]:
    """The prefix as symbols: the high bits of all characters, 0, and the low bits."""
    codes = tuple(ord(character) for character in prefix)
    return (*(code >> 5 for code in codes), 0, *(code & 31 for code in codes))


def encode_bech32m(value: Bech32m) -> str:
    """The text of a value, in lower case; at most 90 characters if the value came from a text."""
    expanded = _expand_prefix(value.prefix)
    word = (*expanded, *value.symbols, *(0,) * CHECKSUM_SIZE)
    remainder = compute_remainder(word) ^ CHECKSUM_CONSTANT
    checksum = tuple(
        (remainder >> SYMBOL_BITS * (CHECKSUM_SIZE - 1 - i)) & 31 for i in range(CHECKSUM_SIZE)
    )
    return value.prefix + "1" + "".join(ALPHABET[s] for s in (*value.symbols, *checksum))


def decode_bech32m(text: str) -> Result[Bech32m, Bech32mError]:
    """The value of a text, any string.

    Ok: the only value whose text, in either case, this is. Err: the first of: too long, a character
    that no text holds, mixed case, no separator, a character that is no symbol, a wrong checksum.
    Characters are counted as code points: one beyond 16 bits is one, not two.
    """
    if len(text) > TEXT_SIZE_MAX:
        return Err(TextTooLong(len(text)))
    for index, character in enumerate(text):
        if not PREFIX_CHARACTER_MIN <= ord(character) <= PREFIX_CHARACTER_MAX:
            return Err(CharacterInvalid(index))
    if text not in (text.lower(), text.upper()):
        return Err(CaseMixed())
    prefix, separator, data = text.lower().rpartition("1")
    if not separator or not prefix or len(data) < CHECKSUM_SIZE:
        return Err(SeparatorMissing())
    symbols = tuple(ALPHABET.find(character) for character in data)
    if -1 in symbols:
        return Err(CharacterInvalid(len(prefix) + 1 + symbols.index(-1)))
    if compute_remainder((*_expand_prefix(prefix), *symbols)) != CHECKSUM_CONSTANT:
        return Err(ChecksumWrong())
    return Ok(Bech32m(prefix, symbols[:-CHECKSUM_SIZE]))


def encode_symbols(data: bytes) -> tuple[int, ...]:
    """The bytes as symbols of 5 bits, first bits first, padded with zeros at the end."""
    count = -(-len(data) * 8 // SYMBOL_BITS)  # rounds up: the last symbol may be part padding
    number = int.from_bytes(data, "big") << (count * SYMBOL_BITS - len(data) * 8)
    return tuple((number >> SYMBOL_BITS * (count - 1 - i)) & 31 for i in range(count))


def decode_symbols(symbols: tuple[int, ...]) -> Result[bytes, PaddingWrong]:
    """The bytes of symbols; Err unless the bits left over are fewer than 5 and all zero."""
    bits = SYMBOL_BITS * len(symbols)
    size = bits // 8  # rounds down: whole bytes only
    padding = bits - 8 * size
    number = 0
    for symbol in symbols:
        number = (number << SYMBOL_BITS) | symbol
    if padding >= SYMBOL_BITS or number & ((1 << padding) - 1):
        return Err(PaddingWrong())
    return Ok((number >> padding).to_bytes(size, "big"))
