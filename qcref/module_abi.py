"""A module's interface without names, and whether a published one, with names, is of that module.

The chain keeps no names. What is published beside it is only believed as far as the module bears it
out: the same functions, cells, events and errors, of the same types. So whatever is decoded by a
published interface is what the machine meant, whoever published it, and reading never fails.

Source: dsl/interface.py (the ABI's form); LANGUAGE.md 4 (names erased).
"""

from dataclasses import dataclass
from typing import ClassVar

from qcref.abi import AbiType, Json
from spec.ir.linked import LinkedModule
from spec.ir.syntax import (
    STANDARD_ERROR_COUNT,
    AddressType,
    BoolType,
    BytesType,
    EnumType,
    FunctionKind,
    ListType,
    MapType,
    MessageType,
    RecordType,
    StringType,
    Type,
    TypeIndex,
    UintType,
)
from spec.ir.values import Types

VERSION = "qcabi/1"
"""The form of the JSON."""
NAME_SIZE_MAX = 64
"""Characters of a name that is published."""

_KINDS = {FunctionKind.INIT: "init", FunctionKind.ACTION: "action", FunctionKind.VIEW: "view"}


@dataclass(frozen=True, slots=True)
class InterfaceMismatch:
    """A published interface is not that of the contract's module."""

    code: ClassVar[str] = "abi.interface_mismatch"
    path: str
    expected: str

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"the interface is not this contract's: {self.path} should be {self.expected}"


def describe_type(types: Types, kind: Type) -> AbiType:
    """The ABI's view of a type, its names being numbers.

    Args:
        types: the module's table; types nest at most 16 deep, which bounds the recursion.
        kind: one of them.
    """
    match kind:
        case RecordType(fields):
            return {"kind": "record", "name": "record", "fields": describe_fields(types, fields)}
        case EnumType(members):
            listed: list[Json] = [
                {"name": str(tag), "fields": describe_fields(types, fields)}
                for tag, fields in enumerate(members)
            ]
            return {"kind": "enum", "name": "enum", "members": listed}
        case ListType(element, length_max):
            inner = describe_type(types, types[element])
            return {"kind": "list", "element": inner, "length_max": length_max}
        case MapType(key, value):
            key_view = describe_type(types, types[key])
            value_view = describe_type(types, types[value])
            return {"kind": "map", "key": key_view, "value": value_view}
        case _:
            return _describe_scalar(kind)


def _describe_scalar(
    kind: UintType | BoolType | AddressType | BytesType | StringType | MessageType,
) -> str:
    match kind:
        case UintType(bits):
            return f"u{bits}"
        case BoolType():
            return "bool"
        case AddressType():
            return "address"
        case BytesType(size):
            return f"bytes[{size}]"
        case StringType(size):
            return f"string[{size}]"
        case MessageType(size):
            return f"message[{size}]"


def describe_fields(types: Types, fields: tuple[TypeIndex, ...]) -> list[Json]:
    """Fields, parameters: each {"name", "type"}, named by number."""
    return [
        {"name": str(index), "type": describe_type(types, types[kind])}
        for index, kind in enumerate(fields)
    ]


def compute_interface(linked: LinkedModule, code_id: bytes) -> dict[str, Json]:
    """The interface of a module of which nothing is published."""
    code, types = linked.module.code, linked.types
    functions: list[Json] = []
    for function in linked.functions:
        declared = function.declared
        selector = "0x" + declared.selector.hex()
        result = [describe_type(types, types[kind]) for kind in declared.result]
        kind = _KINDS[declared.kind]
        functions.append(
            {
                "name": "init" if kind == "init" else selector,
                "kind": kind,
                "signature": "",
                "selector": selector,
                "params": describe_fields(types, declared.params),
                "result": result[0] if result else None,
                "payable": declared.is_payable,
                "gas_max": function.gas_bound,
                "errors": [],
            }
        )
    return {
        "version": VERSION,
        "contract": "",
        "doc": "",
        "code_id": "0x" + code_id.hex(),
        "functions": functions,
        "events": [
            {"name": str(n), "number": n, "params": describe_fields(types, event.fields)}
            for n, event in enumerate(code.events)
        ],
        "errors": [
            {"name": str(n), "number": n, "params": describe_fields(types, error.fields)}
            for n, error in enumerate(code.errors, STANDARD_ERROR_COUNT)
        ],
        "cells": [
            {"name": str(n), "number": n, "type": describe_type(types, types[cell.type])}
            for n, cell in enumerate(code.cells)
        ],
    }


def check_interface(
    linked: LinkedModule, code_id: bytes, published: dict[str, Json]
) -> InterfaceMismatch | None:
    """Why a published interface is not that of a module, or None if it is.

    Args:
        linked: the module.
        code_id: its hash tree root.
        published: JSON from anyone, nested no deeper than the API's guard lets through.
    """
    expected = compute_interface(linked, code_id)
    if set(published) != set(expected):
        return InterfaceMismatch("its members", ", ".join(expected))
    for member in ("version", "code_id"):
        if published[member] != expected[member]:
            return InterfaceMismatch(member, str(expected[member]))
    if not _is_name(published["contract"]) or not isinstance(published["doc"], str):
        return InterfaceMismatch("contract", "a name")
    for section in ("functions", "events", "errors", "cells"):
        failure = _check_section(section, expected[section], published[section])
        if failure is not None:
            return failure
    return None


def _check_section(section: str, expected: Json, found: Json) -> InterfaceMismatch | None:
    assert isinstance(expected, list), "sections are lists"
    if not isinstance(found, list) or len(found) != len(expected):
        return InterfaceMismatch(section, f"a list of {len(expected)}")
    names: list[Json] = []
    for index, (want, entry) in enumerate(zip(expected, found, strict=True)):
        path = f"{section}[{index}]"
        if not isinstance(entry, dict) or not isinstance(want, dict) or set(entry) != set(want):
            return InterfaceMismatch(path, "of the ABI's form")
        if not _is_name(entry["name"]):
            return InterfaceMismatch(f"{path}.name", "a name")
        names.append(entry["name"])
        failure = _check_entry(path, want, entry)
        if failure is not None:
            return failure
    if len(set(map(str, names))) != len(names):
        return InterfaceMismatch(section, "a list in which no name stands twice")
    return None


def _check_entry(
    path: str, expected: dict[str, Json], found: dict[str, Json]
) -> InterfaceMismatch | None:
    """Everything but what people call things must be as the module has it."""
    for member, want in expected.items():
        have = found[member]
        if member == "name":
            continue
        if member in ("signature", "errors"):
            is_good = _is_text(have) if member == "signature" else _is_text_list(have)
        elif member in ("params", "result", "type"):
            is_good = _is_same(want, have)
        else:
            is_good = type(have) is type(want) and have == want
        if not is_good:
            return InterfaceMismatch(f"{path}.{member}", str(want)[:200])
    return None


def _is_same(expected: Json, found: Json) -> bool:
    """Whether two types differ in names at most; the expected one bounds the recursion."""
    match expected, found:
        case list(), list():
            return _are_same_fields(expected, found)
        case {"kind": "record", "fields": list(wanted)}, dict():
            is_form = set(found) == {"kind", "name", "fields"} and found["kind"] == "record"
            fields = found.get("fields")
            is_fields = isinstance(fields, list) and _are_same_fields(wanted, fields)
            return is_form and is_fields and _is_text(found["name"])
        case {"kind": "enum", "members": list(wanted)}, dict():
            return _is_same_enum(wanted, found)
        case dict(), dict():
            plain = {"kind", "length_max"}
            return set(found) == set(expected) and all(
                found[key] == want if key in plain else _is_same(want, found[key])
                for key, want in expected.items()
            )
        case _:
            return type(expected) is type(found) and expected == found


def _are_same_fields(expected: list[Json], found: list[Json]) -> bool:
    names: list[str] = []
    if len(expected) != len(found):
        return False
    for want, have in zip(expected, found, strict=True):
        assert isinstance(want, dict), "fields are objects"
        if not isinstance(have, dict) or set(have) != {"name", "type"}:
            return False
        if not _is_name(have["name"]) or not _is_same(want["type"], have["type"]):
            return False
        names.append(str(have["name"]))
    return len(set(names)) == len(names)


def _is_same_enum(expected: list[Json], found: dict[str, Json]) -> bool:
    members = found.get("members")
    if set(found) != {"kind", "name", "members"} or found["kind"] != "enum":
        return False
    if not isinstance(members, list) or len(members) != len(expected):
        return False
    sizes: list[int] = []
    for want, have in zip(expected, members, strict=True):
        assert isinstance(want, dict), "members are objects"
        if not isinstance(have, dict) or set(have) != {"name", "fields"}:
            return False
        wanted, fields = want["fields"], have["fields"]
        assert isinstance(wanted, list), "a member has a list of fields"
        if not isinstance(fields, list) or not _are_same_fields(wanted, fields):
            return False
        if not _is_name(have["name"]):
            return False
        sizes.append(len(fields))
    is_option = _is_text(found["name"]) and str(found["name"]).startswith("option[")
    return _is_text(found["name"]) and (not is_option or sizes == [0, 1])


def _is_text(value: Json) -> bool:
    return isinstance(value, str)


def _is_text_list(value: Json) -> bool:
    return isinstance(value, list) and all(_is_text(each) for each in value)


def _is_name(value: Json) -> bool:
    return isinstance(value, str) and 0 < len(value) <= NAME_SIZE_MAX
