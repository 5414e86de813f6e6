"""From values to bytes.

The fixed part of a composite value holds its parts of fixed size and, for each of the others, an
offset: four bytes that say how far from the start of the value that part begins.
"""

from itertools import accumulate

from spec.lib.ssz.descriptors import (
    BITS_PER_BYTE,
    OFFSET_SIZE_BYTES,
    Bitlist,
    Bitvector,
    Boolean,
    ByteList,
    ByteVector,
    Container,
    Descriptor,
    List,
    T,
    Uint,
    Union,
    Vector,
    compute_byte_count,
    get_fixed_size,
    get_selector,
)


def encode(descriptor: Descriptor[T], value: T) -> bytes:
    """The SSZ encoding of a value.

    Args:
        descriptor: the type.
        value: a value of that type; another is an error of the program and an assertion.

    Returns:
        The bytes, of which `decode` makes an equal value.
    """
    return _encode(descriptor, value)


def _encode(descriptor: Descriptor[object], value: object) -> bytes:
    match descriptor:
        case Uint() | Boolean():
            return encode_basic(descriptor, value)
        case ByteVector() | ByteList():
            return check_bytes(descriptor, value)
        case Container(cls, fields):
            assert type(value) is cls, f"{value!r} is no {cls.__name__}"
            parts = [_encode(field, getattr(value, name)) for name, field in fields]
            return _join([get_fixed_size(field) for _, field in fields], parts)
        case Vector() | List():
            return _encode_elements(descriptor.element, check_elements(descriptor, value))
        case Union(options):
            selector = get_selector(descriptor, value)
            option = options[selector][1]
            tag = selector.to_bytes(1, "little")
            return tag if option is None else tag + _encode(option, value)
        case Bitvector() | Bitlist():
            bits = check_bits(descriptor, value)
            return pack_bits(bits if isinstance(descriptor, Bitvector) else (*bits, True))
        case _:
            raise AssertionError(f"{descriptor!r} is no descriptor")


def encode_basic(descriptor: Uint | Boolean, value: object) -> bytes:
    """The bytes of a number or truth value, little endian."""
    if isinstance(descriptor, Boolean):
        assert isinstance(value, bool), f"{value!r} is no bool"
        return b"\x01" if value else b"\x00"
    assert isinstance(value, int), f"{value!r} is no int"
    assert not isinstance(value, bool), f"{value!r} is no int"
    assert 0 <= value < 1 << descriptor.bits, f"{value} is out of range of {descriptor!r}"
    return value.to_bytes(descriptor.bits // BITS_PER_BYTE, "little")


def check_bytes(descriptor: ByteVector | ByteList, value: object) -> bytes:
    """The value, which must be bytes of the length the type allows."""
    assert isinstance(value, bytes), f"{value!r} is no bytes"
    if isinstance(descriptor, ByteVector):
        assert len(value) == descriptor.length, f"{len(value)} bytes for {descriptor!r}"
    else:
        assert len(value) <= descriptor.limit, f"{len(value)} bytes for {descriptor!r}"
    return value


def check_elements(descriptor: Vector[object] | List[object], value: object) -> tuple[object, ...]:
    """The value, which must be a tuple of the length the type allows."""
    assert isinstance(value, tuple), f"{value!r} is no tuple"
    if isinstance(descriptor, Vector):
        assert len(value) == descriptor.length, f"{len(value)} elements for {descriptor!r}"
    else:
        assert len(value) <= descriptor.limit, f"{len(value)} elements for {descriptor!r}"
    return value


def check_bits(descriptor: Bitvector | Bitlist, value: object) -> tuple[bool, ...]:
    """The value, which must be a tuple of bool of the length the type allows."""
    assert isinstance(value, tuple), f"{value!r} is no tuple"
    assert all(isinstance(bit, bool) for bit in value), f"{value!r} has other elements than bool"
    if isinstance(descriptor, Bitvector):
        assert len(value) == descriptor.length, f"{len(value)} bits for {descriptor!r}"
    else:
        assert len(value) <= descriptor.limit, f"{len(value)} bits for {descriptor!r}"
    return value


def pack_bits(bits: tuple[bool, ...]) -> bytes:
    """Eight bits in a byte, the first in the lowest place; bits that are left over are zero."""
    digits = "".join("1" if bit else "0" for bit in reversed(bits))
    number = int(digits, 2) if digits else 0
    return number.to_bytes(compute_byte_count(len(bits)), "little")


def _encode_elements(element: Descriptor[object], values: tuple[object, ...]) -> bytes:
    parts = [_encode(element, value) for value in values]
    if get_fixed_size(element) is not None:
        return b"".join(parts)
    starts = accumulate(map(len, parts), initial=OFFSET_SIZE_BYTES * len(parts))
    offsets = [encode_offset(start) for start, _ in zip(starts, parts, strict=False)]
    return b"".join((*offsets, *parts))


def _join(sizes: list[int | None], parts: list[bytes]) -> bytes:
    """The fixed part, with an offset for each part of variable size, and those behind it."""
    if None not in sizes:
        return b"".join(parts)
    end = sum(OFFSET_SIZE_BYTES if size is None else size for size in sizes)
    head, tail = [], []
    for size, part in zip(sizes, parts, strict=True):
        if size is None:
            head.append(encode_offset(end))
            tail.append(part)
            end += len(part)
        else:
            head.append(part)
    return b"".join(head + tail)


def encode_offset(offset: int) -> bytes:
    """An offset, in bytes, as it stands in the fixed part."""
    return offset.to_bytes(OFFSET_SIZE_BYTES, "little")
