"""The JSON view of a module: readable, and as strict as the encoding.

    number up to 32 bits    number                    list        [view, …]
    wider number            decimal string            container   {field: view, …}, every field
    operator, kind, state   the member's name         type, node  {"kind": "Get", field: view, …}
    bytes                   lower-case 0x hex         flag        true or false

It follows the SSZ types in `descriptors`, so that view and encoding say the same by construction.
Every module has one view, and any other JSON is refused.

Source: UX.md (Everywhere), LANGUAGE.md 4 (a JSON view).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from types import MappingProxyType
from typing import ClassVar, Final

from spec.ir.descriptors import MODULE
from spec.ir.syntax import (
    Agg,
    Context,
    ContextKind,
    Function,
    FunctionKind,
    Get,
    Module,
    Prim,
    PrimOp,
    Sign,
    Update,
    When,
)
from spec.ir.value_view import Json, parse_bytes, parse_uint, render_bytes, render_uint
from spec.lib.result import Err, Ok, Result
from spec.lib.ssz import (
    Boolean,
    ByteList,
    ByteVector,
    Container,
    Descriptor,
    List,
    Uint,
    Union,
)

NAMED_FIELDS: Final[Mapping[tuple[type[object], str], type[IntEnum]]] = MappingProxyType(
    {
        (Prim, "op"): PrimOp,
        (Context, "which"): ContextKind,
        (Get, "when"): When,
        (Agg, "when"): When,
        (Update, "sign"): Sign,
        (Function, "kind"): FunctionKind,
    }
)
"""The fields whose numbers have names."""


@dataclass(frozen=True, slots=True)
class ViewMalformed:
    """JSON is no view of a module."""

    code: ClassVar[str] = "ir.view_malformed"
    path: str
    """Where, as a JSON pointer."""
    reason: str

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"no module at {self.path or '/'}: {self.reason}"


def module_to_json(module: Module) -> Json:
    """The view of a module that keeps the limits of `validate`."""
    return _render(MODULE, module)


def module_from_json(view: object) -> Result[Module, ViewMalformed]:
    """The module that a view shows; whether it may be deployed is `validate`'s.

    Err: any other JSON, and where it differs first.
    """
    parsed = _parse(MODULE, view, "")
    if isinstance(parsed, Err):
        return parsed
    assert isinstance(parsed.value, Module), "the descriptor is a module's"
    return Ok(parsed.value)


# From values to JSON


def _render(descriptor: Descriptor[object], value: object) -> Json:
    match descriptor, value:
        case Uint(bits), int():
            return value.name if isinstance(value, IntEnum) else render_uint(value, bits)
        case Boolean(), bool():
            return value
        case ((ByteVector() | ByteList()), bytes()):
            return render_bytes(value)
        case List(element, _), tuple():
            return [_render(element, entry) for entry in value]
        case Container(_, fields), _:
            return {name: _render(field, getattr(value, name)) for name, field in fields}
        case Union(options), _:
            for cls, option in options:
                if type(value) is cls and isinstance(option, Container):
                    fields = option.fields
                    views = {name: _render(part, getattr(value, name)) for name, part in fields}
                    return {"kind": cls.__name__, **views}
    raise AssertionError("the value is not of the type")


# From JSON to values


def _refuse(path: str, reason: str) -> Err[ViewMalformed]:
    return Err(ViewMalformed(path, reason))


def _parse(
    descriptor: Descriptor[object], view: object, path: str
) -> Result[object, ViewMalformed]:
    match descriptor:
        case Uint(bits):
            number = parse_uint(view, bits)
            return _refuse(path, "no such number") if number is None else Ok(number)
        case Boolean():
            return Ok(view) if isinstance(view, bool) else _refuse(path, "neither true nor false")
        case ByteVector(length):
            data = parse_bytes(view)
            is_fit = data is not None and len(data) == length
            return Ok(data) if is_fit else _refuse(path, f"no hex of {length} bytes")
        case ByteList(limit):
            data = parse_bytes(view)
            is_fit = data is not None and len(data) <= limit
            return Ok(data) if is_fit else _refuse(path, f"no hex of at most {limit} bytes")
        case List(element, limit):
            return _parse_list(element, limit, view, path)
        case Container(cls, fields):
            return _parse_fields(cls, fields, view, path)
        case Union(options):
            return _parse_option(options, view, path)
    raise AssertionError("a module has no other types")


def _parse_list(
    element: Descriptor[object], limit: int, view: object, path: str
) -> Result[object, ViewMalformed]:
    if not isinstance(view, list) or len(view) > limit:
        return _refuse(path, f"no list of at most {limit} entries")
    values: list[object] = []
    for index, entry in enumerate(view):
        value = _parse(element, entry, f"{path}/{index}")
        if isinstance(value, Err):
            return value
        values.append(value.value)
    return Ok(tuple(values))


def _parse_fields(
    cls: type[object],
    fields: tuple[tuple[str, Descriptor[object]], ...],
    view: object,
    path: str,
) -> Result[object, ViewMalformed]:
    names = [name for name, _ in fields]
    if not isinstance(view, dict) or sorted(view, key=str) != sorted(names):
        return _refuse(path, f"no object with exactly the fields {', '.join(names) or '(none)'}")
    values: list[object] = []
    for name, field in fields:
        enum = NAMED_FIELDS.get((cls, name))
        where = f"{path}/{name}"
        value = (
            _parse(field, view[name], where)
            if enum is None
            else _parse_member(enum, view[name], where)
        )
        if isinstance(value, Err):
            return value
        values.append(value.value)
    return Ok(cls(*values))


def _parse_member(enum: type[IntEnum], view: object, path: str) -> Result[object, ViewMalformed]:
    for member in enum:
        if member.name == view:
            return Ok(member)
    return _refuse(path, f"no {enum.__name__}")


def _parse_option(
    options: tuple[tuple[type[object] | None, Descriptor[object] | None], ...],
    view: object,
    path: str,
) -> Result[object, ViewMalformed]:
    if not isinstance(view, dict):
        return _refuse(path, "no object with a kind")
    for cls, option in options:
        if cls is not None and cls.__name__ == view.get("kind") and isinstance(option, Container):
            rest = {name: entry for name, entry in view.items() if name != "kind"}
            return _parse_fields(cls, option.fields, rest, path)
    return _refuse(path, "no such kind")
