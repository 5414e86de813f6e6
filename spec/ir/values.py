"""Values of each type: their Python form, canonical encoding, defaults and sizes.

    type                 Python value                  encoding (SSZ)
    uint                 int                           uintN
    bool                 bool                          boolean
    address, bytes       bytes                         ByteVector
    string               bytes (valid UTF-8)           ByteList
    enum                 EnumValue(tag, payload)       Union by tag; the payload is a container,
                                                       without fields no bytes
    record               tuple                         Container; no fields are no bytes
    list                 tuple                         List
    message              MessageValue                  Container of its four fields

Every value has exactly one encoding, and equality of values is equality of encodings. Functions
here take a type table that `validate` accepts, so types nest at most `IR_TYPE_DEPTH_MAX` deep: that
bounds every recursion.

Source: IR.md 3.6, LANGUAGE.md 2 (types, defaults); SSZ as in `spec.lib.ssz`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import NewType

from spec.crypto.address import ADDRESS_SIZE_BYTES, is_address
from spec.ir.errors import ValueMalformed
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
from spec.lib.result import Err, Ok, Result
from spec.limits import IR_KEY_SIZE_BYTES_MAX

SELECTOR_SIZE_BYTES = 8
OFFSET_SIZE_BYTES = 4
"""Width of the offset that stands for a part of variable size."""
ZERO_ADDRESS = bytes(ADDRESS_SIZE_BYTES)
"""What an address reads as that was never assigned. It is no address: bytes from outside may not
hold it, a leaf may."""
MESSAGE_VALUE_BITS = 128
MESSAGE_HEAD_SIZE_BYTES = ADDRESS_SIZE_BYTES + SELECTOR_SIZE_BYTES + 16 + OFFSET_SIZE_BYTES

Types = tuple[Type, ...]
"""A type table: the code section's types, then the spec section's."""


@dataclass(frozen=True, slots=True)
class EnumValue:
    """Member `tag` of an enum with its payload, one value per field."""

    tag: int
    payload: tuple["Value", ...]


@dataclass(frozen=True, slots=True)
class MessageValue:
    """A call as data."""

    target: bytes
    """Address of the contract to call."""
    selector: bytes
    """8 bytes: the function."""
    value: int
    """u128: coins that go with the call."""
    arguments: bytes
    """The encoded arguments, as one record."""


Value = int | bool | bytes | EnumValue | MessageValue | tuple["Value", ...]
"""A value of any type but a map. (An `int` of arithmetic is a Python int, and never encoded.)"""

Size = NewType("Size", int)
"""A size in bytes."""

UNIT: Value = ()
"""The value of the empty record."""


def get_type(types: Types, index: TypeIndex) -> Type:
    """The type at `index`, which lies in the table."""
    return types[index]


def get_fields(types: Types, indices: tuple[TypeIndex, ...]) -> tuple[Type, ...]:
    """The types at `indices`, in order."""
    return tuple(types[index] for index in indices)


def is_key_type(kind: Type) -> bool:
    """Whether values of the type may be map keys and quantified: scalars of one size.

    These are uints, bools, addresses, short bytes and enums whose members have no payload.
    """
    match kind:
        case UintType() | BoolType() | AddressType():
            return True
        case BytesType(size_bytes):
            return size_bytes <= IR_KEY_SIZE_BYTES_MAX
        case EnumType(members):
            return not any(members)
        case _:
            return False


# Defaults


def has_default(types: Types, kind: Type) -> bool:
    """Whether the type has a default: addresses, messages and what holds them have none."""
    match kind:
        case AddressType() | MessageType():
            return False
        case RecordType(fields):
            return all(has_default(types, types[field]) for field in fields)
        case EnumType(members):
            return all(has_default(types, types[field]) for field in members[0])
        case MapType(_, value):
            return has_default(types, types[value])
        case _:
            return True


def compute_default(types: Types, kind: Type) -> Value:
    """The value that is all zeros: the default of a type that has one.

    For a type without a default (`has_default`) it is what a cell reads that was never written, and
    what `Item` gives out of range in a guard: the address of 32 zero bytes, the message to it. Maps
    have no value; theirs is the default of an entry.
    """
    match kind:
        case UintType():
            return 0
        case BoolType():
            return False
        case AddressType() | BytesType() | StringType():
            return bytes(get_size(types, kind) or 0)
        case EnumType(members):
            return EnumValue(0, _compute_defaults(types, members[0]))
        case RecordType(fields):
            return _compute_defaults(types, fields)
        case ListType():
            return ()
        case MapType(_, value):
            return compute_default(types, types[value])
        case MessageType():
            return MessageValue(bytes(ADDRESS_SIZE_BYTES), bytes(SELECTOR_SIZE_BYTES), 0, b"")


def _compute_defaults(types: Types, indices: tuple[TypeIndex, ...]) -> tuple[Value, ...]:
    return tuple(compute_default(types, types[index]) for index in indices)


# Sizes


def get_size(types: Types, kind: Type) -> Size | None:
    """Size of every encoding of the type, or None if it varies."""
    match kind:
        case UintType(bits):
            return Size(bits // 8)
        case BoolType():
            return Size(1)
        case AddressType():
            return Size(ADDRESS_SIZE_BYTES)
        case BytesType(size_bytes):
            return Size(size_bytes)
        case RecordType(fields):
            return _get_record_size(types, fields)
        case MapType() | StringType() | EnumType() | ListType() | MessageType():
            return None


def _get_record_size(types: Types, fields: tuple[TypeIndex, ...]) -> Size | None:
    total = 0
    for field in fields:
        size = get_size(types, types[field])
        if size is None:
            return None
        total += size
    return Size(total)


# Encoding


def encode_value(types: Types, kind: Type, value: Value) -> bytes:
    """The canonical encoding of a value of the type; `value` must be one."""
    match kind, value:
        case UintType(bits), int():
            return value.to_bytes(bits // 8, "little")
        case BoolType(), bool():
            return b"\x01" if value else b"\x00"
        case ((AddressType() | BytesType() | StringType()), bytes()):
            return value
        case EnumType(members), EnumValue(tag, payload):
            return bytes((tag,)) + encode_record(types, get_fields(types, members[tag]), payload)
        case RecordType(fields), tuple():
            return encode_record(types, get_fields(types, fields), value)
        case ListType(element, _), tuple():
            return _encode_list(types, types[element], value)
        case MessageType(), MessageValue(target, selector, coins, arguments):
            head = target + selector + coins.to_bytes(MESSAGE_VALUE_BITS // 8, "little")
            return head + _encode_offset(MESSAGE_HEAD_SIZE_BYTES) + arguments
        case _:
            raise AssertionError("the value is not of the type")


def encode_record(types: Types, kinds: tuple[Type, ...], values: tuple[Value, ...]) -> bytes:
    """The encoding of values, one per type, as one record: arguments, results, event fields."""
    assert len(kinds) == len(values), "one value per field"
    parts = [encode_value(types, kind, value) for kind, value in zip(kinds, values, strict=True)]
    return _join_parts(parts, [get_size(types, kind) is not None for kind in kinds])


def _encode_list(types: Types, element: Type, values: tuple[Value, ...]) -> bytes:
    is_fixed = get_size(types, element) is not None
    parts = [encode_value(types, element, value) for value in values]
    return _join_parts(parts, [is_fixed] * len(parts))


def _join_parts(parts: list[bytes], is_fixed: list[bool]) -> bytes:
    """Parts of fixed size in place, offsets for the others, whose bytes follow in order."""
    offset = sum(
        len(part) if fixed else OFFSET_SIZE_BYTES
        for part, fixed in zip(parts, is_fixed, strict=True)
    )
    head: list[bytes] = []
    tail: list[bytes] = []
    for part, fixed in zip(parts, is_fixed, strict=True):
        if fixed:
            head.append(part)
        else:
            head.append(_encode_offset(offset))
            tail.append(part)
            offset += len(part)
    return b"".join(head + tail)


def _encode_offset(offset: int) -> bytes:
    return offset.to_bytes(OFFSET_SIZE_BYTES, "little")


# Decoding


def decode_value(types: Types, kind: Type, data: bytes) -> Result[Value, ValueMalformed]:
    """The value whose canonical encoding is `data`.

    Ok means: encoding the value gives `data` back. Err: wrong length, boolean, offset, tag, list
    length, UTF-8 or address.
    """
    return _decode(types, kind, data, is_address)


def decode_record(
    types: Types, kinds: tuple[Type, ...], data: bytes
) -> Result[tuple[Value, ...], ValueMalformed]:
    """The values whose encoding as one record is `data`, one per type; as strict as above."""
    return _decode_fields(types, kinds, data, is_address)


def decode_stored(types: Types, kind: Type, data: bytes) -> Result[Value, ValueMalformed]:
    """The value of a key or an entry of a state: as `decode_value`, but the zero address is one."""
    return _decode(types, kind, data, _is_address_or_zero)


def decode_leaf(types: Types, kind: Type, data: bytes) -> Value:
    """The value in a leaf that the machine wrote, so that it cannot be malformed.

    Unlike bytes from outside it may hold the zero address.
    """
    value = decode_stored(types, kind, data)
    assert isinstance(value, Ok), "leaves hold canonical values"
    return value.value


AddressRule = Callable[[bytes], bool]


def _is_address_or_zero(data: bytes) -> bool:
    return data == ZERO_ADDRESS or is_address(data)


def _decode(
    types: Types, kind: Type, data: bytes, rule: AddressRule
) -> Result[Value, ValueMalformed]:
    match kind:
        case UintType() | BoolType() | BytesType() | StringType():
            return _decode_scalar(kind, data)
        case AddressType():
            return Ok(data) if rule(data) else _malformed("no address")
        case EnumType(members):
            return _decode_enum(types, members, data, rule)
        case RecordType(fields):
            return _widen(_decode_fields(types, get_fields(types, fields), data, rule))
        case ListType():
            return _decode_list(types, kind, data, rule)
        case MessageType(size_bytes_max):
            return _decode_message(size_bytes_max, data, rule)
        case MapType():
            return _malformed("a map is no value")


def _malformed(reason: str) -> Err[ValueMalformed]:
    return Err(ValueMalformed(reason))


def _widen(
    result: Result[tuple[Value, ...], ValueMalformed],
) -> Result[Value, ValueMalformed]:
    return result if isinstance(result, Err) else Ok(result.value)


def _decode_scalar(
    kind: UintType | BoolType | BytesType | StringType, data: bytes
) -> Result[Value, ValueMalformed]:
    match kind:
        case UintType(bits):
            if len(data) * 8 != bits:
                return _malformed("an integer has the wrong length")
            return Ok(int.from_bytes(data, "little"))
        case BoolType():
            return Ok(data == b"\x01") if data in {b"\x00", b"\x01"} else _malformed("no boolean")
        case BytesType(size_bytes):
            return Ok(data) if len(data) == size_bytes else _malformed("bytes of wrong length")
        case StringType(size_bytes_max):
            if len(data) > size_bytes_max:
                return _malformed("the string is too long")
            return Ok(data) if is_utf8(data) else _malformed("the string is not UTF-8")


def is_utf8(data: bytes) -> bool:
    """Whether the bytes are well-formed UTF-8.

    No overlong form, no surrogate, nothing above U+10FFFF.
    """
    try:
        data.decode("utf-8", "strict")
    except UnicodeDecodeError:
        return False
    return True


def _decode_enum(
    types: Types, members: tuple[tuple[TypeIndex, ...], ...], data: bytes, rule: AddressRule
) -> Result[Value, ValueMalformed]:
    if not data or data[0] >= len(members):
        return _malformed("the enum has no such member")
    tag = data[0]
    payload = _decode_fields(types, get_fields(types, members[tag]), data[1:], rule)
    return payload if isinstance(payload, Err) else Ok(EnumValue(tag, payload.value))


def _decode_fields(
    types: Types, kinds: tuple[Type, ...], data: bytes, rule: AddressRule
) -> Result[tuple[Value, ...], ValueMalformed]:
    sizes = [get_size(types, kind) for kind in kinds]
    parts = _split_parts(sizes, data)
    if parts is None:
        return _malformed("the fields do not fill the record exactly")
    values: list[Value] = []
    for kind, part in zip(kinds, parts, strict=True):
        value = _decode(types, kind, part, rule)
        if isinstance(value, Err):
            return value
        values.append(value.value)
    return Ok(tuple(values))


def _split_parts(sizes: list[Size | None], data: bytes) -> list[bytes] | None:
    """The encodings of a record's fields, or None when sizes and offsets don't tile `data`."""
    head_size = sum(OFFSET_SIZE_BYTES if size is None else size for size in sizes)
    if len(data) < head_size:
        return None
    position = 0
    starts: list[int] = []
    for size in sizes:
        if size is None:
            starts.append(int.from_bytes(data[position : position + OFFSET_SIZE_BYTES], "little"))
        position += OFFSET_SIZE_BYTES if size is None else size
    bounds = [*starts, len(data)]
    if bounds[0] != head_size or any(a > b for a, b in pairwise(bounds)):
        return None
    parts: list[bytes] = []
    position = 0
    variable = 0
    for size in sizes:
        if size is None:
            parts.append(data[bounds[variable] : bounds[variable + 1]])
            variable += 1
            position += OFFSET_SIZE_BYTES
        else:
            parts.append(data[position : position + size])
            position += size
    return parts


def _decode_list(
    types: Types, kind: ListType, data: bytes, rule: AddressRule
) -> Result[Value, ValueMalformed]:
    element = types[kind.element]
    size = get_size(types, element)
    if not data:
        return Ok(())
    step = OFFSET_SIZE_BYTES if size is None else int(size)
    length = int.from_bytes(data[:OFFSET_SIZE_BYTES], "little") if size is None else len(data)
    if length % step or length > kind.length_max * step or not length:
        return _malformed("the list's length is wrong")
    return _widen(_decode_fields(types, (element,) * (length // step), data, rule))


def _decode_message(
    size_bytes_max: int, data: bytes, rule: AddressRule
) -> Result[Value, ValueMalformed]:
    if len(data) < MESSAGE_HEAD_SIZE_BYTES:
        return _malformed("the message is too short")
    if len(data) > MESSAGE_HEAD_SIZE_BYTES + size_bytes_max:
        return _malformed("the message is too long")
    selector_end = ADDRESS_SIZE_BYTES + SELECTOR_SIZE_BYTES
    value_end = selector_end + MESSAGE_VALUE_BITS // 8
    target = data[:ADDRESS_SIZE_BYTES]
    if not rule(target):
        return _malformed("no address")
    if data[value_end:MESSAGE_HEAD_SIZE_BYTES] != _encode_offset(MESSAGE_HEAD_SIZE_BYTES):
        return _malformed("the message's offset is wrong")
    selector = data[ADDRESS_SIZE_BYTES:selector_end]
    value = int.from_bytes(data[selector_end:value_end], "little")
    return Ok(MessageValue(target, selector, value, data[MESSAGE_HEAD_SIZE_BYTES:]))
