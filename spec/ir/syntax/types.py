"""The type table: what a value may be."""

from dataclasses import dataclass
from typing import NewType

TypeIndex = NewType("TypeIndex", int)
"""0-based index into the type table; the spec section's types continue the code section's."""


@dataclass(frozen=True, slots=True)
class UintType:
    """An unsigned integer of `bits` in {8, 16, 32, 64, 128, 256}; default 0."""

    bits: int


@dataclass(frozen=True, slots=True)
class BoolType:
    """False or true; default false."""


@dataclass(frozen=True, slots=True)
class AddressType:
    """A typed 32-byte address; no default."""


@dataclass(frozen=True, slots=True)
class BytesType:
    """Exactly `size_bytes` bytes; default zeros. A fixed-size scalar, so it may be a map key."""

    size_bytes: int


@dataclass(frozen=True, slots=True)
class StringType:
    """At most `size_bytes_max` bytes of UTF-8; default empty."""

    size_bytes_max: int


@dataclass(frozen=True, slots=True)
class EnumType:
    """One of `members`, each with the types of its payload; default the first member.

    `option[T]` is the enum with the members `()` (none) and `(T,)` (some).
    """

    members: tuple[tuple[TypeIndex, ...], ...]


@dataclass(frozen=True, slots=True)
class RecordType:
    """A tuple of fields; the empty record is the unit type."""

    fields: tuple[TypeIndex, ...]


@dataclass(frozen=True, slots=True)
class ListType:
    """At most `length_max` elements; default empty."""

    element: TypeIndex
    length_max: int


@dataclass(frozen=True, slots=True)
class MapType:
    """A total map: a key that was never written holds the default of `value`. Only for cells."""

    key: TypeIndex
    value: TypeIndex


@dataclass(frozen=True, slots=True)
class MessageType:
    """A call as data: target, selector, value, encoded arguments of at most `size_bytes_max`."""

    size_bytes_max: int


Type = (
    UintType
    | BoolType
    | AddressType
    | BytesType
    | StringType
    | EnumType
    | RecordType
    | ListType
    | MapType
    | MessageType
)
"""`int`, the unbounded result of arithmetic, is no entry of the table: it is never stored."""
