"""The ABI: a contract's interface as JSON, for whoever calls it."""

from collections.abc import Iterable, Sequence
from typing import TypeAlias

from dsl import typed
from dsl.check_inline import list_members
from dsl.types import (
    EnumType,
    InterfaceType,
    ListType,
    MapType,
    OptionType,
    RecordType,
    Type,
    UnitType,
    render_type,
)
from spec.ir import syntax as ir

Json: TypeAlias = "str | int | bool | list[Json] | dict[str, Json] | None"

ABI_VERSION = "qcabi/1"
"""The form of this JSON."""


def render_shape(kind: Type) -> str:
    """Return a type free of the author's names, for signatures."""
    match kind:
        case RecordType(fields=fields):
            return f"({','.join(render_shape(each) for _, each in fields)})"
        case OptionType(value):
            return f"option[{render_shape(value)}]"
        case EnumType(members=members):
            inner = (f"({','.join(render_shape(each) for _, each in m.fields)})" for m in members)
            return f"enum[{','.join(inner)}]"
        case InterfaceType():
            return "address"
        case ListType(element, length):
            return f"list[{render_shape(element)},{length}]"
        case MapType(key, value):
            return f"map[{render_shape(key)},{render_shape(value)}]"
        case _:
            return render_type(kind)


def render_signature(name: str, params: Iterable[Type]) -> str:
    """Return "name(type,…)", of which the selector is a hash."""
    return f"{name}({','.join(render_shape(each) for each in params)})"


def encode_type(kind: Type) -> Json:
    """Return the JSON view of a type: what an encoder of its values needs."""
    match kind:
        case RecordType(name, fields):
            return {"kind": "record", "name": name, "fields": _encode_fields(fields)}
        case EnumType() | OptionType():
            members: list[Json] = [
                {"name": each.name, "fields": _encode_fields(each.fields)}
                for each in list_members(kind)
            ]
            return {"kind": "enum", "name": render_type(kind), "members": members}
        case InterfaceType():
            return "address"
        case ListType(element, length):
            return {"kind": "list", "element": encode_type(element), "length_max": length}
        case MapType(key, value):
            return {"kind": "map", "key": encode_type(key), "value": encode_type(value)}
        case _:
            return render_type(kind)


def _encode_fields(fields: Sequence[tuple[str, Type]]) -> list[Json]:
    return [{"name": name, "type": encode_type(kind)} for name, kind in fields]


def make_abi(
    contract: typed.Contract, module: ir.Module, gas_bounds: Sequence[int], code_id: str
) -> dict[str, Json]:
    """Return the ABI.

    Args:
        contract: the checked contract.
        module: its module; functions stand in the same order.
        gas_bounds: static gas bound of each function of the module.
        code_id: "0x…" of the module.
    """
    entries = [each for each in contract.functions if each.kind != "function"]
    functions: list[Json] = []
    for function, compiled, gas in zip(entries, module.code.functions, gas_bounds, strict=True):
        result = None if isinstance(function.result, UnitType) else encode_type(function.result)
        params = [(each.name, each.type) for each in function.params]
        functions.append(
            {
                "name": function.name,
                "kind": function.kind,
                "signature": render_signature(function.name, (kind for _, kind in params)),
                "selector": "0x" + compiled.selector.hex(),
                "params": _encode_fields(params),
                "result": result,
                "payable": function.payable,
                "gas_max": gas,
                "errors": list(_list_errors(function)),
            }
        )
    return {
        "version": ABI_VERSION,
        "contract": contract.name,
        "doc": contract.doc.strip(),
        "code_id": code_id,
        "functions": functions,
        "events": [_encode_signature(each, i) for i, each in enumerate(contract.events)],
        "errors": [
            _encode_signature(each, ir.STANDARD_ERROR_COUNT + i)
            for i, each in enumerate(contract.errors)
        ],
        "cells": [
            {"name": each.name, "number": number, "type": encode_type(each.type)}
            for number, each in enumerate(contract.cells)
        ],
    }


def _encode_signature(signature: typed.Signature, number: int) -> Json:
    return {
        "name": signature.name,
        "number": number,
        "params": _encode_fields(signature.params),
    }


def _list_errors(function: typed.Function) -> list[str]:
    """Return the errors a function declares, each once, in order."""
    declared = [each.error for each in function.guard if isinstance(each, typed.Fail)]
    return list(dict.fromkeys([*declared, *function.open_errors]))
