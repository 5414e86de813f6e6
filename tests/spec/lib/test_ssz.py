from dataclasses import dataclass, make_dataclass
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spec.lib.result import Err, Ok, Result
from spec.lib.ssz import (
    Bitlist,
    Bitvector,
    Boolean,
    ByteList,
    ByteVector,
    Container,
    Descriptor,
    List,
    Uint,
    Union,
    Vector,
    decode,
    encode,
    hash_tree_root,
)
from spec.lib.ssz.errors import (
    BadBoolean,
    BadFirstOffset,
    BadPadding,
    MissingDelimiter,
    OffsetDecreasing,
    OffsetOutOfBounds,
    SelectorOutOfRange,
    SszError,
    TooLong,
    Truncated,
    UnevenLength,
    WrongLength,
)
from tests.spec.lib.ssz_model import DESCRIPTORS, MUTATIONS, TYPED_VALUES, Mutation


@dataclass(frozen=True, slots=True)
class Mark:
    pass


@dataclass(frozen=True, slots=True)
class Pair:
    number: int
    text: bytes


@dataclass(frozen=True, slots=True)
class Texts:
    first: bytes
    second: bytes


PAIR: Final = Container(Pair, (("number", Uint(16)), ("text", ByteList(4))))
TEXTS: Final = Container(Texts, (("first", ByteList(4)), ("second", ByteList(4))))
MARK: Final = Container(Mark, ())
CHOICE: Final[Union[Mark | Pair]] = Union(((Mark, MARK), (Pair, PAIR)))
OPTION: Final[Union[Pair | None]] = Union(((None, None), (Pair, PAIR)))


@given(TYPED_VALUES)
def test_what_is_encoded_decodes_to_an_equal_value(
    typed: tuple[Descriptor[object], object],
) -> None:
    descriptor, value = typed
    decoded = decode(descriptor, encode(descriptor, value))
    assert decoded == Ok(value)
    assert isinstance(decoded, Ok)
    assert type(decoded.value) is type(value)


@given(TYPED_VALUES, st.lists(MUTATIONS, min_size=1, max_size=3))
def test_no_two_byte_strings_encode_one_value(
    typed: tuple[Descriptor[object], object], mutations: list[Mutation]
) -> None:
    descriptor, value = typed
    data = encode(descriptor, value)
    for mutation in mutations:
        data = mutation(data)
    check_strict(descriptor, data)


@given(DESCRIPTORS, st.binary(max_size=80))
def test_any_bytes_are_one_value_or_a_coded_error(
    descriptor: Descriptor[object], data: bytes
) -> None:
    check_strict(descriptor, data)


def check_strict(descriptor: Descriptor[object], data: bytes) -> Result[object, SszError]:
    decoded = decode(descriptor, data)
    match decoded:
        case Ok(value):
            assert encode(descriptor, value) == data
        case Err(error):
            assert error.code.startswith("ssz.")
            assert error.message
            assert 0 <= error.at <= len(data)
    return decoded


REFUSED: Final[tuple[tuple[Descriptor[object], str, SszError], ...]] = (
    (Uint(16), "", WrongLength(0, 2, 0)),
    (Uint(16), "000000", WrongLength(0, 2, 3)),
    (ByteVector(2), "00", WrongLength(0, 2, 1)),
    (ByteList(2), "000000", TooLong(0, 2, 3)),
    (Boolean(), "02", BadBoolean(0, 2)),
    (Vector(Boolean(), 3), "0100ff", BadBoolean(2, 255)),
    (Bitvector(9), "ff03", BadPadding(1, 3)),
    (Bitvector(8), "ffff", WrongLength(0, 1, 2)),
    (Bitlist(8), "", MissingDelimiter(0)),
    (Bitlist(8), "ff00", MissingDelimiter(0)),
    (Bitlist(7), "ff01", TooLong(0, 7, 8)),
    (List(Uint(16), 4), "000000", UnevenLength(0, 2, 3)),
    (List(Uint(16), 1), "00000000", TooLong(0, 1, 2)),
    (Vector(Uint(16), 2), "000000", WrongLength(0, 4, 3)),
    (List(ByteList(4), 4), "0400", Truncated(0, 4, 2)),
    (List(ByteList(4), 4), "00000000", BadFirstOffset(0, None, 0)),
    (List(ByteList(4), 4), "0500000000", BadFirstOffset(0, None, 5)),
    (List(ByteList(4), 4), "fcffffff", OffsetOutOfBounds(0, 0xFFFFFFFC, 4)),
    (List(ByteList(4), 1), "0800000008000000", TooLong(0, 1, 2)),
    (List(ByteList(4), 4), "0800000007000000", OffsetDecreasing(0, 7, 8)),
    (List(ByteList(4), 4), "0800000009000000", OffsetOutOfBounds(0, 9, 8)),
    (Vector(ByteList(4), 2), "08000000", Truncated(0, 8, 4)),
    (Vector(ByteList(4), 2), "0400000008000000", BadFirstOffset(0, 8, 4)),
    (PAIR, "0000060000", Truncated(0, 6, 5)),
    (PAIR, "000005000000", BadFirstOffset(0, 6, 5)),
    (PAIR, "00000700000000", BadFirstOffset(0, 6, 7)),
    (PAIR, "0000060000000000000000", TooLong(6, 4, 5)),
    (TEXTS, "080000000700000000", OffsetDecreasing(0, 7, 8)),
    (TEXTS, "080000000a00000000", OffsetOutOfBounds(0, 10, 9)),
    (MARK, "00", WrongLength(0, 0, 1)),
    (CHOICE, "", Truncated(0, 1, 0)),
    (CHOICE, "02", SelectorOutOfRange(0, 2, 2)),
    (CHOICE, "ff", SelectorOutOfRange(0, 255, 2)),
    (CHOICE, "0000", WrongLength(1, 0, 1)),
    (OPTION, "0000", WrongLength(1, 0, 1)),
    (List(OPTION, 4), "08000000090000000102", Truncated(9, 6, 0)),
)


@pytest.mark.parametrize(
    ("descriptor", "data", "error"),
    REFUSED,
    ids=[f"{i}-{error.code}" for i, (_, _, error) in enumerate(REFUSED)],
)
def test_malformed_bytes_are_refused_with_their_reason(
    descriptor: Descriptor[object], data: str, error: SszError
) -> None:
    assert decode(descriptor, bytes.fromhex(data)) == Err(error)


def test_every_reason_is_among_the_refused() -> None:
    assert {type(error) for _, _, error in REFUSED} == set(SszError.__args__)


ENCODED: Final[tuple[tuple[Descriptor[object], object, str], ...]] = (
    (Uint(16), 0x0102, "0201"),
    (Bitlist(8), (), "01"),
    (Bitlist(8), (True, False, True), "0d"),
    (Bitvector(3), (True, False, True), "05"),
    (PAIR, Pair(1, b"ab"), "0100060000006162"),
    (TEXTS, Texts(b"", b"x"), "080000000800000078"),
    (CHOICE, Mark(), "00"),
    (CHOICE, Pair(1, b""), "01010006000000"),
    (OPTION, None, "00"),
    (List(ByteList(4), 4), (b"a", b"", b"b"), "0c0000000d0000000d0000006162"),
    (List(ByteList(4), 4), (), ""),
)


@pytest.mark.parametrize(("descriptor", "value", "data"), ENCODED, ids=range(len(ENCODED)))
def test_encodings_read_as_the_standard_writes_them(
    descriptor: Descriptor[object], value: object, data: str
) -> None:
    assert encode(descriptor, value).hex() == data
    assert decode(descriptor, bytes.fromhex(data)) == Ok(value)


@pytest.mark.parametrize(
    ("descriptor", "value"),
    [
        (Uint(8), 256),
        (Uint(8), -1),
        (Uint(8), True),
        (Uint(8), "1"),
        (Boolean(), 1),
        (ByteVector(2), b"x"),
        (ByteList(2), b"xyz"),
        (ByteList(2), "x"),
        (Bitvector(2), (True,)),
        (Bitvector(1), (1,)),
        (Bitlist(1), (True, True)),
        (Bitlist(1), [True]),
        (Vector(Uint(8), 2), (1,)),
        (List(Uint(8), 2), (1, 2, 3)),
        (List(Uint(8), 2), [1]),
        (PAIR, Texts(b"", b"")),
        (CHOICE, Texts(b"", b"")),
        (CHOICE, None),
    ],
    ids=range(18),
)
def test_a_value_of_another_type_is_an_assertion(
    descriptor: Descriptor[object], value: object
) -> None:
    with pytest.raises(AssertionError):
        encode(descriptor, value)
    with pytest.raises((AssertionError, AttributeError)):
        hash_tree_root(descriptor, value)


def test_impossible_types_are_assertions() -> None:
    wider = make_dataclass("Wider", ["number", "text", "more"], frozen=True, slots=True)
    turned = make_dataclass("Turned", ["text", "number"], frozen=True, slots=True)
    for make in (
        lambda: Uint(7),
        lambda: ByteVector(0),
        lambda: Bitvector(0),
        lambda: Vector(Uint(8), 0),
        lambda: List(MARK, 4),
        lambda: Vector(MARK, 4),
        lambda: List(Uint(8), -1),
        lambda: Container(wider, PAIR.fields),
        lambda: Container(turned, PAIR.fields),
        lambda: Container(int, ()),
        lambda: Union(()),
        lambda: Union(((Pair, PAIR), (None, None))),
        lambda: Union(((Pair, PAIR), (Pair, PAIR))),
        lambda: Union(((Pair, None),)),
    ):
        with pytest.raises(AssertionError):
            make()


def test_a_claimed_length_of_four_gigabytes_costs_nothing() -> None:
    huge = List(List(ByteList(1), 1 << 40), 1 << 40)
    for first in ("fcffffff", "00000080"):
        decoded = decode(huge, bytes.fromhex(first + "00" * 60))
        assert isinstance(decoded, Err)
        assert decoded.error.code == OffsetOutOfBounds.code


def test_a_limit_is_part_of_the_root_and_not_of_the_bytes() -> None:
    narrow, wide = List(Uint(64), 4), List(Uint(64), 1 << 40)
    assert encode(narrow, (1, 2)) == encode(wide, (1, 2))
    assert hash_tree_root(narrow, (1, 2)) != hash_tree_root(wide, (1, 2))
