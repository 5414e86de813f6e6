"""The types of SSZ as values, which codec, hash tree root and proofs read.

    descriptor                 value in Python
    Uint(bits)                 int
    Boolean()                  bool
    ByteVector(n) ByteList(n)  bytes
    Bitvector(n)  Bitlist(n)   tuple of bool, bit 0 first
    Vector(e, n)  List(e, n)   tuple of the element's values
    Container(cls, fields)     an instance of the dataclass `cls`
    Union(options)             an instance of one option's class

A descriptor is made once, by our own code: an impossible one (a vector of nothing) is an assertion.
Its depth is that of our source, so functions may recurse along it.

Source: SSZ of the Ethereum consensus specifications (simple-serialize), decision record 0010.
"""

import dataclasses
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

UINT_BITS = (8, 16, 32, 64, 128, 256)
BITS_PER_BYTE = 8
OFFSET_SIZE_BYTES = 4
"""What stands in the fixed part for a part of variable size."""
UNION_OPTIONS_MAX = 128
"""SSZ keeps the upper half of the selector's byte for later."""


class Descriptor(Generic[T_co]):
    """An SSZ type whose values are `T_co`; the classes of this module are all there are."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Uint(Descriptor[int]):
    """An unsigned number, little endian."""

    bits: int
    """8, 16, 32, 64, 128 or 256."""

    def __post_init__(self) -> None:
        assert self.bits in UINT_BITS, f"no uint has {self.bits} bits"


@dataclass(frozen=True, slots=True)
class Boolean(Descriptor[bool]):
    """A truth value, one byte."""


@dataclass(frozen=True, slots=True)
class ByteVector(Descriptor[bytes]):
    """Bytes of a fixed number."""

    length: int
    """Bytes, at least 1."""

    def __post_init__(self) -> None:
        assert self.length > 0, "a vector has elements"


@dataclass(frozen=True, slots=True)
class ByteList(Descriptor[bytes]):
    """Bytes up to a limit."""

    limit: int
    """Bytes; shapes the root."""

    def __post_init__(self) -> None:
        assert self.limit >= 0, "a limit is no negative number"


@dataclass(frozen=True, slots=True)
class Bitvector(Descriptor[tuple[bool, ...]]):
    """Truth values of a fixed number, eight in a byte."""

    length: int
    """Bits, at least 1."""

    def __post_init__(self) -> None:
        assert self.length > 0, "a vector has elements"


@dataclass(frozen=True, slots=True)
class Bitlist(Descriptor[tuple[bool, ...]]):
    """Truth values up to a limit; a further set bit marks the end."""

    limit: int
    """Bits; shapes the root."""

    def __post_init__(self) -> None:
        assert self.limit >= 0, "a limit is no negative number"


@dataclass(frozen=True, slots=True)
class Vector(Descriptor[tuple[T_co, ...]], Generic[T_co]):
    """Values of one type and fixed number."""

    element: Descriptor[T_co]
    """Not of size zero."""
    length: int
    """Elements, at least 1."""

    def __post_init__(self) -> None:
        assert self.length > 0, "a vector has elements"
        assert get_fixed_size(self.element) != 0, "elements without bytes cannot be counted"


@dataclass(frozen=True, slots=True)
class List(Descriptor[tuple[T_co, ...]], Generic[T_co]):
    """Values of one type up to a limit."""

    element: Descriptor[T_co]
    """Not of size zero."""
    limit: int
    """Elements; shapes the root."""

    def __post_init__(self) -> None:
        assert self.limit >= 0, "a limit is no negative number"
        assert get_fixed_size(self.element) != 0, "elements without bytes cannot be counted"


@dataclass(frozen=True, slots=True)
class Container(Descriptor[T_co], Generic[T_co]):
    """Named fields of different types, bound to a dataclass."""

    cls: type[T_co]
    """A frozen, slotted dataclass with the same field names in the same order."""
    fields: tuple[tuple[str, Descriptor[object]], ...]
    """Name and type of each field; none for a mark without content (decision record 0010)."""

    def __post_init__(self) -> None:
        assert dataclasses.is_dataclass(self.cls), f"{self.cls.__name__} is no dataclass"
        declared = tuple(field.name for field in dataclasses.fields(self.cls))
        described = tuple(name for name, _ in self.fields)
        assert declared == described, f"{self.cls.__name__} has {declared}, not {described}"


@dataclass(frozen=True, slots=True)
class Union(Descriptor[T_co], Generic[T_co]):
    """One of several types, told apart by the exact class of the value.

    Written `X: Union[A | B] = Union(((A, A_TYPE), (B, B_TYPE)))`, so that `decode` is known to
    yield an A or a B.
    """

    options: tuple[tuple[type[T_co] | None, Descriptor[T_co] | None], ...]
    """Class and type by selector; `(None, None)`, in the first place only, is the value None."""

    def __post_init__(self) -> None:
        assert 0 < len(self.options) <= UNION_OPTIONS_MAX, "a union has 1 to 128 options"
        classes = [cls for cls, _ in self.options]
        assert all(cls not in classes[:i] for i, cls in enumerate(classes)), "one option a class"
        for selector, (cls, option) in enumerate(self.options):
            assert (cls is None) == (option is None), "None has no type, all else has"
            assert cls is not None or selector == 0, "None comes first"


def get_fixed_size(descriptor: Descriptor[object]) -> int | None:
    """The bytes that every value of a type takes, or None if values differ in size."""
    match descriptor:
        case Uint(bits):
            return bits // BITS_PER_BYTE
        case ByteVector(length):
            return length
        case Boolean():
            return 1
        case Bitvector(length):
            return compute_byte_count(length)
        case Vector(element, length):
            size = get_fixed_size(element)
            return None if size is None else size * length
        case Container(_, fields):
            return _get_fields_size(fields)
        case _:
            return None


def _get_fields_size(fields: tuple[tuple[str, Descriptor[object]], ...]) -> int | None:
    total = 0
    for _, field in fields:
        size = get_fixed_size(field)
        if size is None:
            return None
        total += size
    return total


def compute_byte_count(bit_count: int) -> int:
    """The bytes that so many bits fill, rounded up."""
    return (bit_count + BITS_PER_BYTE - 1) // BITS_PER_BYTE


def get_selector(union: Union[object], value: object) -> int:
    """The selector of a value: the 0-based place of the option that has exactly its class."""
    cls = None if value is None else type(value)
    for selector, (option_class, _) in enumerate(union.options):
        if option_class is cls:
            return selector
    raise AssertionError(f"a value of {type(value).__name__} is no option of this union")
