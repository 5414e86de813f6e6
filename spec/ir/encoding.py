"""A module as bytes: canonical encoding, strict decoding, the roots that name a contract.

The `code_id` of a contract is the hash tree root of its module, hence the hash of two roots: that
of what is executed and that of the properties. Two contracts that execute the same have equal
executable roots whatever they claim.

Source: LANGUAGE.md 4 (one canonical encoding), DESIGN.md 2.3 and 3.
"""

from collections.abc import Callable
from dataclasses import replace
from enum import IntEnum
from typing import TypeVar

from spec.ir.descriptors import CODE_SECTION, MODULE, SPEC_SECTION
from spec.ir.errors import NO_NODE, IrError, IrRule, Part
from spec.ir.syntax import (
    Agg,
    Aggregate,
    Code,
    CodeSection,
    Context,
    ContextKind,
    Function,
    FunctionKind,
    FunctionSpec,
    Get,
    Modified,
    Module,
    Node,
    Prim,
    PrimOp,
    Property,
    Sign,
    SpecSection,
    Update,
    When,
)
from spec.lib.result import Err, Ok, Result
from spec.lib.ssz import SszError, decode, encode, hash_tree_root
from spec.limits import MODULE_SIZE_BYTES_MAX

DecodeError = SszError | IrError
"""Why bytes are no module: no SSZ of its type, too many, or a number that names nothing."""

E = TypeVar("E", bound=IntEnum)
S = TypeVar("S")


def encode_module(module: Module) -> bytes:
    """The canonical encoding; the module must keep the limits of `validate`."""
    return encode(MODULE, module)


def decode_module(data: bytes) -> Result[Module, DecodeError]:
    """The module whose canonical encoding is `data`; whether it may be deployed is `validate`'s.

    Ok means: encoding the module gives `data` back. Err: larger than `MODULE_SIZE_BYTES_MAX`, not
    canonical, or an operator or kind that does not exist.
    """
    if len(data) > MODULE_SIZE_BYTES_MAX:
        return Err(IrError(IrRule.TOO_MANY, Part.MODULE, 0, NO_NODE, len(data)))
    raw = decode(MODULE, data)
    return raw if isinstance(raw, Err) else _name_module(raw.value)


def compute_code_id(module: Module) -> bytes:
    """The 32-byte name of a contract: the hash tree root of its module."""
    return hash_tree_root(MODULE, module)


def compute_exec_root(module: Module) -> bytes:
    """The 32-byte name of what is executed."""
    return hash_tree_root(CODE_SECTION, module.code)


def compute_spec_root(module: Module) -> bytes:
    """The 32-byte name of the properties."""
    return hash_tree_root(SPEC_SECTION, module.spec)


# SSZ gives plain numbers where the syntax has members of an IntEnum.


def find_member(cls: type[E], number: int) -> E | None:
    """The member with that number, None if there is none."""
    return next((member for member in cls if member == number), None)


def name_node(node: Node) -> Node | None:
    """The node with its operator, state, sign or fact as a member, None if it names none."""
    match node:
        case Prim(op, _, _):
            operator = find_member(PrimOp, op)
            return None if operator is None else replace(node, op=operator)
        case Context(which):
            fact = find_member(ContextKind, which)
            return None if fact is None else Context(fact)
        case Get() | Agg():
            when = find_member(When, node.when)
            return None if when is None else replace(node, when=when)
        case Update():
            sign = find_member(Sign, node.sign)
            return None if sign is None else replace(node, sign=sign)
        case _:
            return node


def _name_module(module: Module) -> Result[Module, IrError]:
    code = _name_code(module.code)
    if isinstance(code, Err):
        return code
    spec = _name_spec(module.spec)
    return spec if isinstance(spec, Err) else Ok(Module(code.value, spec.value))


def _name_list(part: Part, index: int, code: Code) -> Result[Code, IrError]:
    nodes: list[Node] = []
    for position, node in enumerate(code):
        named = name_node(node)
        if named is None:
            return Err(IrError(IrRule.NUMBER_OUT_OF_RANGE, part, index, position, position))
        nodes.append(named)
    return Ok(tuple(nodes))


def _name_all(
    entries: tuple[S, ...], name: Callable[[int, S], Result[S, IrError]]
) -> Result[tuple[S, ...], IrError]:
    named: list[S] = []
    for index, entry in enumerate(entries):
        result = name(index, entry)
        if isinstance(result, Err):
            return result
        named.append(result.value)
    return Ok(tuple(named))


def _name_code(code: CodeSection) -> Result[CodeSection, IrError]:
    functions = _name_all(code.functions, _name_function)
    return functions if isinstance(functions, Err) else Ok(replace(code, functions=functions.value))


def _name_function(index: int, function: Function) -> Result[Function, IrError]:
    kind = find_member(FunctionKind, function.kind)
    if kind is None:
        rule = IrRule.NUMBER_OUT_OF_RANGE
        return Err(IrError(rule, Part.FUNCTIONS, index, NO_NODE, function.kind))
    code = _name_list(Part.FUNCTIONS, index, function.code)
    return code if isinstance(code, Err) else Ok(replace(function, kind=kind, code=code.value))


def _name_spec(spec: SpecSection) -> Result[SpecSection, IrError]:
    aggregates = _name_all(spec.aggregates, _name_aggregate)
    if isinstance(aggregates, Err):
        return aggregates
    functions = _name_all(spec.functions, _name_claims)
    if isinstance(functions, Err):
        return functions
    invariants = _name_all(
        spec.invariants, lambda i, entry: _name_property(Part.INVARIANTS, i, entry)
    )
    if isinstance(invariants, Err):
        return invariants
    transitions = _name_all(
        spec.transitions, lambda i, entry: _name_property(Part.TRANSITIONS, i, entry)
    )
    if isinstance(transitions, Err):
        return transitions
    return Ok(
        replace(
            spec,
            aggregates=aggregates.value,
            functions=functions.value,
            invariants=invariants.value,
            transitions=transitions.value,
        )
    )


def _name_aggregate(index: int, aggregate: Aggregate) -> Result[Aggregate, IrError]:
    body = _name_list(Part.AGGREGATES, index, aggregate.body)
    return body if isinstance(body, Err) else Ok(replace(aggregate, body=body.value))


def _name_property(part: Part, index: int, entry: Property) -> Result[Property, IrError]:
    code = _name_list(part, index, entry.code)
    return code if isinstance(code, Err) else Ok(replace(entry, code=code.value))


def _name_claims(index: int, claimed: FunctionSpec) -> Result[FunctionSpec, IrError]:
    modifies = _name_all(claimed.modifies, lambda _, place: _name_place(index, place))
    if isinstance(modifies, Err):
        return modifies
    ensures = _name_all(
        claimed.ensures, lambda _, code: _name_list(Part.SPEC_FUNCTIONS, index, code)
    )
    if isinstance(ensures, Err):
        return ensures
    return Ok(replace(claimed, modifies=modifies.value, ensures=ensures.value))


def _name_place(index: int, place: Modified) -> Result[Modified, IrError]:
    keys = _name_all(place.keys, lambda _, code: _name_list(Part.SPEC_FUNCTIONS, index, code))
    return keys if isinstance(keys, Err) else Ok(replace(place, keys=keys.value))
