"""What a scripted contract answers, read off its code: for stories.

A script looks its answers up in one row of choices (`script`); nothing else is understood here, and
of any other contract nothing is told.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from spec.ir.linked import LinkedModule
from spec.ir.syntax import Code, Const, FunctionKind, Leave, NodeIndex, Param, Prim, PrimOp, Type
from spec.ir.values import Value


@dataclass(frozen=True, slots=True)
class Told:
    """One answer."""

    selector: bytes
    kind: Type
    args: tuple[tuple[Type, Value], ...]
    """Of a view that answers different questions differently."""
    value: Value


def list_told(module: LinkedModule) -> list[Told]:
    """All that a script answers, function by function, in the order of its calls."""
    return [
        told
        for function in module.functions
        if function.declared.kind is not FunctionKind.INIT and function.declared.result
        for told in _list_of(module, function.declared.selector, function.declared.code)
    ]


def _list_of(module: LinkedModule, selector: bytes, code: Code) -> Iterator[Told]:
    choices = [node for node in code if isinstance(node, Prim) and node.op is PrimOp.SELECT]
    for node in choices:
        known = _get_literal(module, code, node.args[1])
        if known is not None:
            yield Told(selector, known[0], tuple(_list_args(module, code, node.args[0])), known[1])
    last = code[-1]
    if not choices and isinstance(last, Leave) and last.values:
        known = _get_literal(module, code, last.values[0])
        if known is not None:
            yield Told(selector, known[0], (), known[1])


def _get_literal(module: LinkedModule, code: Code, index: NodeIndex) -> tuple[Type, Value] | None:
    node = code[index]
    if not isinstance(node, Const):
        return None
    literal = module.module.code.literals[node.literal]
    return module.types[literal.type], module.literals[node.literal]


def _list_args(
    module: LinkedModule, code: Code, condition: NodeIndex
) -> Iterator[tuple[Type, Value]]:
    """The values that parameters are compared with, in the order of the parameters."""
    pending = [condition]
    found: dict[int, tuple[Type, Value]] = {}
    while pending:
        node = code[pending.pop()]
        if isinstance(node, Prim) and node.op is PrimOp.AND:
            pending += node.args
        elif isinstance(node, Prim) and node.op is PrimOp.EQ:
            param, known = code[node.args[0]], _get_literal(module, code, node.args[1])
            if isinstance(param, Param) and known is not None:
                found[param.index] = known
    for _, known in sorted(found.items(), key=lambda each: each[0]):
        yield known
