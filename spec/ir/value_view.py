"""The JSON view of values: what vectors, tools and interfaces show to people.

    uint up to 32 bits   number                    enum      {"tag": number, "payload": [view, …]}
    wider uint           canonical decimal string  record    [view, …]
    bool                 true or false             list      [view, …]
    address, bytes       lower-case 0x hex         message   {"target", "selector", "value",
    string               text                                 "arguments"}

As strict as the encoding: a value has one view, and any other JSON is refused.

Source: UX.md (Everywhere).
"""

from spec.crypto.address import is_address
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
    UintType,
)
from spec.ir.values import (
    MESSAGE_VALUE_BITS,
    SELECTOR_SIZE_BYTES,
    EnumValue,
    MessageValue,
    Types,
    Value,
    get_fields,
)
from spec.lib.result import Err, Ok, Result

JSON_NUMBER_BITS_MAX = 32
"""Widest integer that every JSON reader keeps exact by habit; wider ones are strings."""

Json = bool | int | str | list["Json"] | dict[str, "Json"]
"""What a view is made of."""


def render_uint(value: int, bits: int) -> Json:
    """A number, or a decimal string if the type is wider than 32 bits."""
    return value if bits <= JSON_NUMBER_BITS_MAX else str(value)


def parse_uint(view: object, bits: int) -> int | None:
    """The integer below 2**bits that `render_uint` shows as `view`, or None."""
    if bits <= JSON_NUMBER_BITS_MAX:
        is_number = isinstance(view, int) and not isinstance(view, bool)
        return view if is_number and isinstance(view, int) and 0 <= view < 1 << bits else None
    if not isinstance(view, str) or not view.isascii() or not view.isdigit():
        return None
    if len(view) > bits or (len(view) > 1 and view[0] == "0"):
        return None
    value = int(view)
    return value if value < 1 << bits else None


def render_bytes(data: bytes) -> str:
    """Lower-case hex behind 0x."""
    return "0x" + data.hex()


def parse_bytes(view: object) -> bytes | None:
    """The bytes that `render_bytes` shows as `view`, or None."""
    if not isinstance(view, str) or not view.startswith("0x") or len(view) % 2:
        return None
    digits = view[2:]
    if any(digit not in "0123456789abcdef" for digit in digits):
        return None
    return bytes.fromhex(digits)


def value_to_json(types: Types, kind: Type, value: Value) -> Json:
    """The view of a value of the type; `value` must be one."""
    match kind, value:
        case UintType(bits), int():
            return render_uint(value, bits)
        case BoolType(), bool():
            return value
        case ((AddressType() | BytesType()), bytes()):
            return render_bytes(value)
        case StringType(), bytes():
            return value.decode("utf-8")
        case EnumType(members), EnumValue(tag, payload):
            fields = record_to_json(types, get_fields(types, members[tag]), payload)
            return {"tag": tag, "payload": fields}
        case RecordType(fields), tuple():
            return record_to_json(types, get_fields(types, fields), value)
        case ListType(element, _), tuple():
            return record_to_json(types, (types[element],) * len(value), value)
        case MessageType(), MessageValue(target, selector, coins, arguments):
            return {
                "target": render_bytes(target),
                "selector": render_bytes(selector),
                "value": render_uint(coins, MESSAGE_VALUE_BITS),
                "arguments": render_bytes(arguments),
            }
        case _:
            raise AssertionError("the value is not of the type")


def record_to_json(types: Types, kinds: tuple[Type, ...], values: tuple[Value, ...]) -> list[Json]:
    """The views of values, one per type: arguments, results, event fields."""
    return [value_to_json(types, kind, value) for kind, value in zip(kinds, values, strict=True)]


def value_from_json(types: Types, kind: Type, view: object) -> Result[Value, ValueMalformed]:
    """The value of the type that `view` shows. Err: any other JSON; one value has one view."""
    match kind:
        case UintType(bits):
            number = parse_uint(view, bits)
            return _refuse("no such integer") if number is None else Ok(number)
        case BoolType():
            return Ok(view) if isinstance(view, bool) else _refuse("no boolean")
        case AddressType() | BytesType() | StringType():
            return _bytes_from_json(kind, view)
        case EnumType():
            return _enum_from_json(types, kind, view)
        case RecordType(fields):
            return _widen(record_from_json(types, get_fields(types, fields), view))
        case ListType(element, length_max):
            if not isinstance(view, list) or len(view) > length_max:
                return _refuse("no list, or too long")
            return _widen(record_from_json(types, (types[element],) * len(view), view))
        case MessageType():
            return _message_from_json(kind, view)
        case MapType():
            return _refuse("a map is no value")


def record_from_json(
    types: Types, kinds: tuple[Type, ...], view: object
) -> Result[tuple[Value, ...], ValueMalformed]:
    """The values, one per type, that a list of views shows."""
    if not isinstance(view, list) or len(view) != len(kinds):
        return _refuse("no list with one entry per field")
    values: list[Value] = []
    for kind, entry in zip(kinds, view, strict=True):
        value = value_from_json(types, kind, entry)
        if isinstance(value, Err):
            return value
        values.append(value.value)
    return Ok(tuple(values))


def _refuse(reason: str) -> Err[ValueMalformed]:
    return Err(ValueMalformed(reason))


def _widen(result: Result[tuple[Value, ...], ValueMalformed]) -> Result[Value, ValueMalformed]:
    return result if isinstance(result, Err) else Ok(result.value)


def _bytes_from_json(
    kind: AddressType | BytesType | StringType, view: object
) -> Result[Value, ValueMalformed]:
    match kind:
        case StringType(size_bytes_max):
            text = _encode_text(view)
            if text is None or len(text) > size_bytes_max:
                return _refuse("no text, or too long")
            return Ok(text)
        case BytesType(size_bytes):
            data = parse_bytes(view)
            return Ok(data) if data is not None and len(data) == size_bytes else _refuse("no hex")
        case AddressType():
            data = parse_bytes(view)
            return Ok(data) if data is not None and is_address(data) else _refuse("no address")


def _encode_text(view: object) -> bytes | None:
    if not isinstance(view, str):
        return None
    try:
        return view.encode("utf-8", "strict")
    except UnicodeEncodeError:  # a lone surrogate, which JSON can spell and UTF-8 can't
        return None


def _enum_from_json(types: Types, kind: EnumType, view: object) -> Result[Value, ValueMalformed]:
    if not isinstance(view, dict) or set(view) != {"tag", "payload"}:
        return _refuse("an enum is {tag, payload}")
    tag = parse_uint(view["tag"], JSON_NUMBER_BITS_MAX)
    if tag is None or tag >= len(kind.members):
        return _refuse("the enum has no such member")
    payload = record_from_json(types, get_fields(types, kind.members[tag]), view["payload"])
    return payload if isinstance(payload, Err) else Ok(EnumValue(tag, payload.value))


def _message_from_json(kind: MessageType, view: object) -> Result[Value, ValueMalformed]:
    if not isinstance(view, dict) or set(view) != {"target", "selector", "value", "arguments"}:
        return _refuse("a message is {target, selector, value, arguments}")
    target = _bytes_from_json(AddressType(), view["target"])
    selector = _bytes_from_json(BytesType(SELECTOR_SIZE_BYTES), view["selector"])
    value = parse_uint(view["value"], MESSAGE_VALUE_BITS)
    arguments = parse_bytes(view["arguments"])
    if isinstance(target, Err) or isinstance(selector, Err):
        return _refuse("the message's target or selector is wrong")
    if value is None or arguments is None or len(arguments) > kind.size_bytes_max:
        return _refuse("the message's value or arguments are wrong")
    assert isinstance(target.value, bytes), "an address is bytes"
    assert isinstance(selector.value, bytes), "a selector is bytes"
    return Ok(MessageValue(target.value, selector.value, value, arguments))
