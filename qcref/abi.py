"""Values as people write and read them, by a contract's ABI: names for members and addresses.

The specification's JSON view of a value is exact and anonymous (`spec.ir.value_view`). Here an
address may be a named account or bech32m text, an enum's member is its name, a record may be an
object, `null` is `none`, a message may say what it calls in words. What people write is turned into
the exact view, which the specification judges; so nothing is accepted here that is no value of the
type.

Source: LANGUAGE.md 2 (types); dsl/interface.py (the ABI's form).
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import ClassVar, TypeAlias

from spec.ir.syntax import AddressType, BoolType, BytesType, StringType, Type, UintType
from spec.ir.value_view import record_from_json
from spec.ir.values import SELECTOR_SIZE_BYTES, encode_record
from spec.lib.result import Err, Ok, Result

Json: TypeAlias = "str | int | bool | list[Json] | dict[str, Json] | None"
AbiType: TypeAlias = "str | dict[str, Json]"
Resolve = Callable[[str], bytes | None]
"""An address from what people call it: a name, bech32m text, 0x…; None if it is none."""
Render = Callable[[bytes], str]
"""What people call an address."""

_UINT = re.compile(r"u(8|16|32|64|128|256)")
_DECIMAL = re.compile(r"0|[1-9][0-9]{0,77}")
_GROUPED = re.compile(r"[0-9]+(?:_[0-9]+)*")
"""Digits, which people group by underscores."""
_MESSAGE = re.compile(r"message\[[0-9]{1,5}\]")
_SIGNATURE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}\(([a-z0-9\[\],]{0,1000})\)")
_SIZED = re.compile(r"(bytes|string)\[([1-9][0-9]{0,4})\]")
_TEXT_LENGTH_MAX = 160
"""Of a written number: 2^256 with an underscore behind every digit."""
VIEW_BITS_MAX = 32
"""Integers up to here are JSON numbers in the exact view, wider ones decimal strings."""


@dataclass(frozen=True, slots=True)
class ArgumentInvalid:
    """What was written is no value of the parameter's type."""

    code: ClassVar[str] = "abi.argument_invalid"
    path: str
    """Which parameter, and where in it."""
    expected: str

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"{self.path}: expected {self.expected}"


def parse_arguments(
    fields: list[Json], written: list[Json], resolve: Resolve
) -> Result[list[Json], ArgumentInvalid]:
    """The exact views of arguments.

    Args:
        fields: the ABI's parameters, each {"name", "type"}.
        written: one value per parameter, as a person wrote it.
        resolve: how addresses are found.
    """
    if len(fields) != len(written):
        names = ", ".join(_get_name(field) for field in fields)
        expected = f"{len(fields)} arguments ({names}), found {len(written)}"
        return Err(ArgumentInvalid("arguments", expected))
    views: list[Json] = []
    for field, value in zip(fields, written, strict=True):
        parsed = _parse(_get_type(field), value, _get_name(field), resolve)
        if isinstance(parsed, Err):
            return parsed
        views.append(parsed.value)
    return Ok(views)


def parse_text(kind: AbiType, text: str) -> Json:
    """What a word of a command line stands for: itself, or JSON where the type has parts.

    Args:
        kind: the parameter's type.
        text: the word.
    """
    is_scalar = isinstance(kind, str) and _MESSAGE.fullmatch(kind) is None
    if is_scalar or not text.startswith(("[", "{", '"', "null")):
        return text
    try:
        parsed: Json = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return parsed


def render_value(kind: AbiType, view: Json, render: Render) -> Json:
    """An exact view as people read it."""
    if kind == "address" and isinstance(view, str):
        return render(bytes.fromhex(view[2:]))
    if isinstance(kind, str) and isinstance(view, dict) and _MESSAGE.fullmatch(kind):
        return {**view, "target": render_value("address", view["target"], render)}
    if isinstance(kind, str):
        return view
    match kind["kind"], view:
        case "record", list():
            return render_fields(_get_list(kind, "fields"), view, render)
        case "list", list():
            return [render_value(_as_type(kind["element"]), each, render) for each in view]
        case "enum", {"tag": int(tag), "payload": list(payload)}:
            member = _as_dict(_get_list(kind, "members")[tag])
            fields = _get_list(member, "fields")
            if str(kind["name"]).startswith("option["):
                return render_value(_get_type(fields[0]), payload[0], render) if payload else None
            return (
                {str(member["name"]): render_fields(fields, payload, render)}
                if fields
                else member["name"]
            )
        case _:
            return view


def render_fields(fields: list[Json], views: list[Json], render: Render) -> dict[str, Json]:
    """Named values: an event's fields, a record, a function's arguments."""
    return {
        _get_name(field): render_value(_get_type(field), view, render)
        for field, view in zip(fields, views, strict=True)
    }


def find_entry(
    document: dict[str, Json], section: str, key: str, value: Json
) -> dict[str, Json] | None:
    """The entry of an ABI's section (functions, events, errors) whose `key` is `value`."""
    entries = document.get(section)
    for entry in entries if isinstance(entries, list) else []:
        if isinstance(entry, dict) and entry.get(key) == value:
            return entry
    return None


# Parsing


def _parse(
    kind: AbiType, value: Json, path: str, resolve: Resolve
) -> Result[Json, ArgumentInvalid]:
    if isinstance(kind, str) and _MESSAGE.fullmatch(kind):
        return _parse_message(value, path, resolve)
    if isinstance(kind, str):
        view = _parse_scalar(kind, value, resolve)
        return Err(ArgumentInvalid(path, _describe(kind))) if view is None else Ok(view)
    match kind["kind"]:
        case "record":
            return _parse_fields(_get_list(kind, "fields"), value, path, resolve)
        case "list":
            return _parse_list(_as_type(kind["element"]), value, path, resolve)
        case "enum":
            return _parse_enum(kind, value, path, resolve)
        case _:
            return Err(ArgumentInvalid(path, "a value; a map is none"))


def _parse_scalar(kind: str, value: Json, resolve: Resolve) -> Json:
    """The exact view of a scalar, or None."""
    uint = _UINT.fullmatch(kind)
    if uint is not None:
        return _parse_uint(int(uint[1]), value)
    if kind == "address":
        address = resolve(value) if isinstance(value, str) else None
        return None if address is None else "0x" + address.hex()
    if kind == "bool":
        named = {"true": True, "false": False}
        return value if isinstance(value, bool) else named.get(str(value))
    return value if isinstance(value, str) else None


def _parse_uint(bits: int, value: Json) -> Json:
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    if isinstance(value, int):
        return _render_uint(bits, value)
    if len(value) > _TEXT_LENGTH_MAX or _GROUPED.fullmatch(value) is None:
        return None
    text = value.replace("_", "")
    return _render_uint(bits, int(text)) if _DECIMAL.fullmatch(text) else None


def _render_uint(bits: int, number: int) -> Json:
    """The exact view of a number, or None if the type has no such."""
    if number < 0 or number >> bits:
        return None
    return number if bits <= VIEW_BITS_MAX else str(number)


def _parse_fields(
    fields: list[Json], value: Json, path: str, resolve: Resolve
) -> Result[Json, ArgumentInvalid]:
    names = [_get_name(field) for field in fields]
    if isinstance(value, dict):
        if set(value) != set(names):
            return Err(ArgumentInvalid(path, f"an object with the fields {', '.join(names)}"))
        value = [value[name] for name in names]
    if not isinstance(value, list) or len(value) != len(fields):
        return Err(ArgumentInvalid(path, f"the fields {', '.join(names)}"))
    views: list[Json] = []
    for name, field, each in zip(names, fields, value, strict=True):
        parsed = _parse(_get_type(field), each, f"{path}.{name}", resolve)
        if isinstance(parsed, Err):
            return parsed
        views.append(parsed.value)
    return Ok(views)


def _parse_list(
    element: AbiType, value: Json, path: str, resolve: Resolve
) -> Result[Json, ArgumentInvalid]:
    if not isinstance(value, list):
        return Err(ArgumentInvalid(path, "a list"))
    views: list[Json] = []
    for index, each in enumerate(value):
        parsed = _parse(element, each, f"{path}[{index}]", resolve)
        if isinstance(parsed, Err):
            return parsed
        views.append(parsed.value)
    return Ok(views)


def _parse_enum(
    kind: dict[str, Json], value: Json, path: str, resolve: Resolve
) -> Result[Json, ArgumentInvalid]:
    members = [_as_dict(member) for member in _get_list(kind, "members")]
    name, payload = _split_enum(str(kind["name"]).startswith("option["), value)
    for tag, member in enumerate(members):
        if member["name"] == name:
            parsed = _parse_fields(_get_list(member, "fields"), payload, f"{path}.{name}", resolve)
            return parsed if isinstance(parsed, Err) else Ok({"tag": tag, "payload": parsed.value})
    names = ", ".join(str(member["name"]) for member in members)
    return Err(ArgumentInvalid(path, f"one of {names}"))


def _split_enum(is_option: bool, value: Json) -> tuple[str, Json]:
    """The member's name and its payload, as written."""
    if is_option:
        return ("none", []) if value in (None, "none") else ("some", [value])
    if isinstance(value, dict) and len(value) == 1:
        name, inner = next(iter(value.items()))
        return name, inner if isinstance(inner, list | dict) else [inner]
    return str(value), []


def _parse_message(value: Json, path: str, resolve: Resolve) -> Result[Json, ArgumentInvalid]:
    """A call as data: {target, call, arguments, value?}, or exact: {target, selector, …}.

    `call` is the signature that selectors are made of, "transfer(address,u256)", its parameters
    scalars; `arguments` are then values as anywhere, else they are bytes, written 0x….
    """
    if not isinstance(value, dict) or not {"call", "selector"} & set(value):
        return Err(ArgumentInvalid(path, "a message: {target, call, arguments}"))
    given: dict[str, Json] = {"value": "0", **value}
    head = "call" if "call" in given else "selector"
    if set(given) != {"target", head, "value", "arguments"}:
        return Err(ArgumentInvalid(path, f"the fields target, {head}, arguments and value"))
    target = _parse("address", given["target"], f"{path}.target", resolve)
    coins = _parse("u128", given["value"], f"{path}.value", resolve)
    if isinstance(target, Err) or isinstance(coins, Err):
        return target if isinstance(target, Err) else coins
    view: dict[str, Json] = {"target": target.value, "value": coins.value}
    if head == "selector":
        return Ok(view | {"selector": given["selector"], "arguments": given["arguments"]})
    data = _parse_call(given["call"], given["arguments"], path, resolve)
    if isinstance(data, Err):
        return data
    selector = sha256(str(given["call"]).encode()).digest()[:SELECTOR_SIZE_BYTES]
    return Ok(view | {"selector": "0x" + selector.hex(), "arguments": "0x" + data.value.hex()})


def _parse_call(
    signature: Json, written: Json, path: str, resolve: Resolve
) -> Result[bytes, ArgumentInvalid]:
    """The encoded arguments of a call that is named by its signature."""
    found = _SIGNATURE.fullmatch(signature) if isinstance(signature, str) else None
    names = [each for each in found[1].split(",") if each] if found else []
    kinds = tuple(kind for kind in map(_find_scalar, names) if kind is not None)
    if found is None or found[1].count(",") != max(len(names) - 1, 0) or len(kinds) != len(names):
        expected = 'a signature of scalars, as "transfer(address,u256)"; others are sent as bytes'
        return Err(ArgumentInvalid(f"{path}.call", expected))
    if not isinstance(written, list) or len(written) != len(kinds):
        return Err(ArgumentInvalid(f"{path}.arguments", f"a list of {len(kinds)} values"))
    views: list[Json] = []
    for index, (name, each) in enumerate(zip(names, written, strict=True)):
        parsed = _parse(name, each, f"{path}.arguments[{index}]", resolve)
        if isinstance(parsed, Err):
            return parsed
        views.append(parsed.value)
    values = record_from_json((), kinds, views)
    if isinstance(values, Err):
        return Err(ArgumentInvalid(f"{path}.arguments", f"values of {', '.join(names)}"))
    return Ok(encode_record((), kinds, values.value))


def _find_scalar(name: str) -> Type | None:
    """The type that a signature names, if it has no parts."""
    uint, sized = _UINT.fullmatch(name), _SIZED.fullmatch(name)
    if uint is not None:
        return UintType(int(uint[1]))
    if sized is not None:
        size = int(sized[2])
        return BytesType(size) if sized[1] == "bytes" else StringType(size)
    named: dict[str, Type] = {"address": AddressType(), "bool": BoolType()}
    return named.get(name)


def _describe(kind: str) -> str:
    if kind == "address":
        return "an address: a named account, a contract's name, bech32m text, or 0x and 64 digits"
    if _UINT.fullmatch(kind):
        return f"{kind}, a whole number from 0 to 2^{kind[1:]} - 1"
    return kind


# The ABI's JSON, narrowed


def _as_dict(view: Json) -> dict[str, Json]:
    assert isinstance(view, dict), "an ABI is checked when it is published"
    return view


def _as_type(view: Json) -> AbiType:
    assert isinstance(view, str | dict), "an ABI is checked when it is published"
    return view


def _get_list(view: dict[str, Json], key: str) -> list[Json]:
    entries = view[key]
    assert isinstance(entries, list), "an ABI is checked when it is published"
    return entries


def _get_name(field: Json) -> str:
    return str(_as_dict(field)["name"])


def _get_type(field: Json) -> AbiType:
    return _as_type(_as_dict(field)["type"])
