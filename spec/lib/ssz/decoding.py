"""From bytes to values: total and strict.

Every byte string is an encoding of at most one value, and no two byte strings of the same one:
parts lie in order, without gaps, overlaps or excess. No length is believed before it has been
compared with the bytes that are there. All functions read `data[start:end]` in place.

The first fault is the verdict. Each value is asked, in this order:

    number, boolean, byte vector, bitvector     length; then the boolean's byte, the padding
    byte list                                   limit
    bitlist                                     end bit, limit
    vector, list of elements of fixed size      length (a list: whole elements, then limit)
    vector of others                            room for all offsets, offsets
    list of others, if not empty                room for one offset, the first: positive multiple of
                                                4, within the value, limit; then offsets
    container of fixed size                     length
    container of variable size                  room for the fixed part, offsets
    union                                       one byte, selector; of None: nothing more

"Offsets" are: the first points to the end of the fixed part; then, one after the other, each lies
within the value and not before its predecessor. Only then are parts decoded, in the order of fields
or elements, whether they stand in the fixed part or behind an offset.
"""

from dataclasses import dataclass
from typing import cast

from spec.lib.result import Err, Ok, Result
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


@dataclass(frozen=True, slots=True)
class _Span:
    """A part of the input: `data[start:end]`."""

    data: bytes
    start: int
    end: int

    @property
    def size(self) -> int:
        return self.end - self.start

    @property
    def content(self) -> bytes:
        return self.data[self.start : self.end]


def decode(descriptor: Descriptor[T], data: bytes) -> Result[T, SszError]:
    """The value that bytes encode.

    Args:
        descriptor: the type.
        data: any bytes; whoever takes them in bounds their number.

    Returns:
        Ok with the one value whose encoding is `data`, or Err with the first fault found.
    """
    decoded = _decode(descriptor, _Span(data, 0, len(data)))
    return cast("Result[T, SszError]", decoded)  # each branch makes the value its descriptor types


def _decode(descriptor: Descriptor[object], span: _Span) -> Result[object, SszError]:
    match descriptor:
        case Uint() | Boolean() | ByteVector() | Bitvector():
            return _decode_fixed(descriptor, span)
        case Container(cls, fields):
            values = _decode_fields(fields, span)
            return values if isinstance(values, Err) else Ok(cls(*values.value))
        case ByteList(limit):
            if span.size > limit:
                return Err(TooLong(span.start, limit, span.size))
            return Ok(span.content)
        case Vector(element, length):
            return _decode_vector(element, length, span)
        case List(element, limit):
            return _decode_list(element, limit, span)
        case Union(options):
            return _decode_union(options, span)
        case Bitlist(limit):
            return _decode_bitlist(limit, span)
        case _:
            raise AssertionError(f"{descriptor!r} is no descriptor")


def _decode_fixed(
    descriptor: Uint | Boolean | ByteVector | Bitvector, span: _Span
) -> Result[object, SszError]:
    size = get_fixed_size(descriptor)
    assert size is not None, "these types have a fixed size"
    if span.size != size:
        return Err(WrongLength(span.start, size, span.size))
    content = span.content
    match descriptor:
        case Uint():
            return Ok(int.from_bytes(content, "little"))
        case ByteVector():
            return Ok(content)
        case Boolean():
            if content[0] > 1:
                return Err(BadBoolean(span.start, content[0]))
            return Ok(content[0] == 1)
        case Bitvector(length):
            last_bits = length - (size - 1) * BITS_PER_BYTE
            if content[-1] >> last_bits:
                return Err(BadPadding(span.end - 1, content[-1]))
            return Ok(unpack_bits(content, length))


def unpack_bits(content: bytes, length: int) -> tuple[bool, ...]:
    """The first `length` bits of bytes that hold as many, the lowest of each byte first."""
    assert len(content) >= compute_byte_count(length), "the bits are there"
    return tuple(bool(content[i >> 3] >> (i & 7) & 1) for i in range(length))


def _decode_bitlist(limit: int, span: _Span) -> Result[object, SszError]:
    content = span.content
    if not content or content[-1] == 0:
        return Err(MissingDelimiter(span.start))
    length = (len(content) - 1) * BITS_PER_BYTE + content[-1].bit_length() - 1
    if length > limit:
        return Err(TooLong(span.start, limit, length))
    return Ok(unpack_bits(content, length))


def _decode_union(
    options: tuple[tuple[type[object] | None, Descriptor[object] | None], ...], span: _Span
) -> Result[object, SszError]:
    if span.size == 0:
        return Err(Truncated(span.start, 1, 0))
    selector = span.data[span.start]
    if selector >= len(options):
        return Err(SelectorOutOfRange(span.start, selector, len(options)))
    option = options[selector][1]
    rest = _Span(span.data, span.start + 1, span.end)
    if option is not None:
        return _decode(option, rest)
    return Ok(None) if rest.size == 0 else Err(WrongLength(rest.start, 0, rest.size))


def _decode_vector(
    element: Descriptor[object], length: int, span: _Span
) -> Result[object, SszError]:
    size = get_fixed_size(element)
    if size is not None:
        if span.size != size * length:
            return Err(WrongLength(span.start, size * length, span.size))
        return _decode_parts([element] * length, _cut_evenly(span, size))
    fixed_size = OFFSET_SIZE_BYTES * length
    if span.size < fixed_size:
        return Err(Truncated(span.start, fixed_size, span.size))
    spans = _cut_at_offsets(span, _read_offsets(span, length), fixed_size)
    return spans if isinstance(spans, Err) else _decode_parts([element] * length, spans.value)


def _decode_list(element: Descriptor[object], limit: int, span: _Span) -> Result[object, SszError]:
    if span.size == 0:
        return Ok(())
    size = get_fixed_size(element)
    if size is None:
        return _decode_variable_list(element, limit, span)
    if span.size % size != 0:
        return Err(UnevenLength(span.start, size, span.size))
    length = span.size // size
    if length > limit:
        return Err(TooLong(span.start, limit, length))
    return _decode_parts([element] * length, _cut_evenly(span, size))


def _decode_variable_list(
    element: Descriptor[object], limit: int, span: _Span
) -> Result[object, SszError]:
    """The first offset says how many elements there are; it is checked before it is believed."""
    if span.size < OFFSET_SIZE_BYTES:
        return Err(Truncated(span.start, OFFSET_SIZE_BYTES, span.size))
    first = _read_offsets(span, 1)[0]
    if first == 0 or first % OFFSET_SIZE_BYTES != 0:
        return Err(BadFirstOffset(span.start, None, first))
    if first > span.size:
        return Err(OffsetOutOfBounds(span.start, first, span.size))
    length = first // OFFSET_SIZE_BYTES
    if length > limit:
        return Err(TooLong(span.start, limit, length))
    spans = _cut_at_offsets(span, _read_offsets(span, length), first)
    return spans if isinstance(spans, Err) else _decode_parts([element] * length, spans.value)


def _decode_fields(
    fields: tuple[tuple[str, Descriptor[object]], ...], span: _Span
) -> Result[tuple[object, ...], SszError]:
    sizes = [get_fixed_size(field) for _, field in fields]
    fixed_size = sum(OFFSET_SIZE_BYTES if size is None else size for size in sizes)
    is_fixed = None not in sizes
    if is_fixed and span.size != fixed_size:
        return Err(WrongLength(span.start, fixed_size, span.size))
    if span.size < fixed_size:
        return Err(Truncated(span.start, fixed_size, span.size))
    spans: list[_Span] = []
    offsets: list[int] = []
    at = span.start
    for size in sizes:
        end = at + (OFFSET_SIZE_BYTES if size is None else size)
        spans.append(_Span(span.data, at, end))
        if size is None:
            offsets.append(int.from_bytes(span.data[at:end], "little"))
        at = end
    if not is_fixed:
        cut = _cut_at_offsets(span, offsets, fixed_size)
        if isinstance(cut, Err):
            return cut
        variable = iter(cut.value)
        pairs = zip(spans, sizes, strict=True)
        spans = [next(variable) if size is None else fixed for fixed, size in pairs]
    return _decode_parts([field for _, field in fields], spans)


def _read_offsets(span: _Span, count: int) -> list[int]:
    """The offsets at the start of a list or vector whose bytes reach that far."""
    starts = range(span.start, span.start + count * OFFSET_SIZE_BYTES, OFFSET_SIZE_BYTES)
    return [int.from_bytes(span.data[at : at + OFFSET_SIZE_BYTES], "little") for at in starts]


def _cut_evenly(span: _Span, size: int) -> list[_Span]:
    return [_Span(span.data, at, at + size) for at in range(span.start, span.end, size)]


def _cut_at_offsets(
    span: _Span, offsets: list[int], fixed_size: int
) -> Result[list[_Span], SszError]:
    """The variable parts: each from its offset to the next, the last to the end.

    Args:
        span: the composite value.
        offsets: at least one, in bytes from its start.
        fixed_size: bytes before the first variable part.
    """
    if offsets[0] != fixed_size:
        return Err(BadFirstOffset(span.start, fixed_size, offsets[0]))
    spans: list[_Span] = []
    for offset, following in zip(offsets, (*offsets[1:], span.size), strict=True):
        if offset > span.size:
            return Err(OffsetOutOfBounds(span.start, offset, span.size))
        if following < offset:
            return Err(OffsetDecreasing(span.start, following, offset))
        spans.append(_Span(span.data, span.start + offset, span.start + following))
    return Ok(spans)


def _decode_parts(
    descriptors: list[Descriptor[object]], spans: list[_Span]
) -> Result[tuple[object, ...], SszError]:
    values: list[object] = []
    for descriptor, span in zip(descriptors, spans, strict=True):
        decoded = _decode(descriptor, span)
        if isinstance(decoded, Err):
            return decoded
        values.append(decoded.value)
    return Ok(tuple(values))
