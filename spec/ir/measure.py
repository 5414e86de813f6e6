"""Facts about a type without a value of it: size, depth, and a fingerprint free of names.

A message and each scalar is one part. A list has room for its greatest number of elements, an enum
for its largest member behind a byte; a part of variable size, as each enum is, takes an offset
beside.

All three are computed bottom-up over the type table, one step per entry, so that a table of types
that share parts costs no more than its length.

Source: IR.md 1 (limits), LANGUAGE.md 2 (typed hash).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from spec.crypto.address import ADDRESS_SIZE_BYTES
from spec.crypto.hashing import sha256
from spec.ir.syntax import (
    AddressType,
    BoolType,
    BytesType,
    EnumType,
    ListType,
    MapType,
    MessageType,
    RecordType,
    StringType,
    Type,
    TypeIndex,
    UintType,
)
from spec.ir.values import (
    MESSAGE_HEAD_SIZE_BYTES,
    OFFSET_SIZE_BYTES,
    Types,
)

FINGERPRINT_DOMAIN = b"qc/type/1"
NUMBER_SIZE_BYTES = 4
"""Width of a number inside a fingerprint's preimage."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Measure:
    """Bounds that hold for every value of a type."""

    depth: int
    """Types nested in it, itself included: at least 1."""
    size_bytes_max: int
    """Longest encoding; of a map, that of an entry's value."""
    parts_max: int
    """Most values in it, itself included: what encoding and decoding walk over."""
    is_fixed: bool
    """Whether all encodings have one size."""


def compute_measure(kind: Type, known: Sequence[Measure]) -> Measure:
    """The measure of a type; `known` holds those of all types it names."""
    match kind:
        case UintType(bits):
            return Measure(1, bits // 8, 1, is_fixed=True)
        case BoolType():
            return Measure(1, 1, 1, is_fixed=True)
        case AddressType():
            return Measure(1, ADDRESS_SIZE_BYTES, 1, is_fixed=True)
        case BytesType(size_bytes):
            return Measure(1, size_bytes, 1, is_fixed=True)
        case StringType(size_bytes_max):
            return Measure(1, size_bytes_max, 1, is_fixed=False)
        case MessageType(size_bytes_max):
            return Measure(1, MESSAGE_HEAD_SIZE_BYTES + size_bytes_max, 1, is_fixed=False)
        case MapType(key, value):
            inner = known[value]
            depth = 1 + max(known[key].depth, inner.depth)
            return Measure(depth, inner.size_bytes_max, inner.parts_max, is_fixed=False)
        case EnumType() | RecordType() | ListType():
            return _measure_composite(kind, known)


def _measure_composite(kind: EnumType | RecordType | ListType, known: Sequence[Measure]) -> Measure:
    match kind:
        case RecordType(fields):
            return compute_fields_measure(fields, known)
        case ListType(element, length_max):
            inner = known[element]
            size = inner.size_bytes_max + (0 if inner.is_fixed else OFFSET_SIZE_BYTES)
            parts = 1 + length_max * inner.parts_max
            return Measure(1 + inner.depth, length_max * size, parts, is_fixed=False)
        case EnumType(members):
            arms = [compute_fields_measure(fields, known) for fields in members]
            depth = max((arm.depth for arm in arms), default=1)
            size = 1 + max((arm.size_bytes_max for arm in arms), default=0)
            parts = max((arm.parts_max for arm in arms), default=1)
            return Measure(depth, size, parts, is_fixed=False)


def compute_fields_measure(fields: tuple[TypeIndex, ...], known: Sequence[Measure]) -> Measure:
    """The measure of values of these types as one record: a record, a payload, arguments."""
    inner = [known[field] for field in fields]
    return Measure(
        1 + max((field.depth for field in inner), default=0),
        sum(f.size_bytes_max + (0 if f.is_fixed else OFFSET_SIZE_BYTES) for f in inner),
        1 + sum(field.parts_max for field in inner),
        all(field.is_fixed for field in inner),
    )


def compute_fingerprint(kind: Type, known: Sequence[bytes]) -> bytes:
    """A 32-byte name of the type's structure, equal in every module.

    SHA-256 over the domain "qc/type/1", the number of the type's kind (0 uint, 1 bool, 2 address, 3
    bytes, 4 string, 5 enum, 6 record, 7 list, 8 map, 9 message; one byte), its number if it has one
    (bits, size or length; u32) and the fingerprints of the types it names. An enum gives its number
    of members, then for each the number of its fields and their fingerprints. `known` holds the
    fingerprints of all types it names.
    """
    match kind:
        case UintType(bits):
            return _hash_type(0, _number(bits))
        case BoolType():
            return _hash_type(1)
        case AddressType():
            return _hash_type(2)
        case BytesType(size_bytes):
            return _hash_type(3, _number(size_bytes))
        case StringType(size_bytes_max):
            return _hash_type(4, _number(size_bytes_max))
        case MessageType(size_bytes_max):
            return _hash_type(9, _number(size_bytes_max))
        case EnumType() | RecordType() | ListType() | MapType():
            return _fingerprint_composite(kind, known)


def _fingerprint_composite(
    kind: EnumType | RecordType | ListType | MapType, known: Sequence[bytes]
) -> bytes:
    match kind:
        case EnumType(members):
            parts = [_number(len(members))]
            for fields in members:
                parts.append(_number(len(fields)))
                parts.extend(known[field] for field in fields)
            return _hash_type(5, *parts)
        case RecordType(fields):
            return _hash_type(6, _number(len(fields)), *[known[field] for field in fields])
        case ListType(element, length_max):
            return _hash_type(7, _number(length_max), known[element])
        case MapType(key, value):
            return _hash_type(8, known[key], known[value])


def _number(value: int) -> bytes:
    return value.to_bytes(NUMBER_SIZE_BYTES, "little")


def _hash_type(kind: int, *parts: bytes) -> bytes:
    return sha256(FINGERPRINT_DOMAIN, bytes((kind,)), *parts)


def compute_table(types: Types, step: Callable[[Type, Sequence[T]], T]) -> tuple[T, ...]:
    """Applies `step` to each type in order; it is given the results for all types before."""
    known: list[T] = []
    for kind in types:
        known.append(step(kind, known))
    return tuple(known)
