"""Running one node that changes nothing outside its frame: control flow, values, reads.

The same step serves the machine, where a `Surroundings` is a running function, and the evaluation
of properties, where it is a pair of states.

Source: IR.md 1; each node's meaning stands in `syntax`.
"""

from typing import Protocol

from spec.ir.errors import MachineError
from spec.ir.frame import Frame, get_value, get_values, step_control
from spec.ir.linked import LinkedModule, StaticType
from spec.ir.operators import (
    Answer,
    compute_operator,
    get_bytes,
    get_enum,
    get_items,
    get_number,
    is_signed,
)
from spec.ir.syntax import (
    Check,
    Const,
    Context,
    ContextKind,
    Field,
    Fold,
    Get,
    If,
    Item,
    Join,
    Leave,
    ListType,
    MakeList,
    MakeRecord,
    Match,
    Next,
    NodeIndex,
    Out,
    Param,
    Payload,
    Prim,
    PrimOp,
    Scope,
    UintType,
    Var,
    Variant,
    When,
)
from spec.ir.values import EnumValue, Value, compute_default

PureNode = (
    Const
    | Param
    | Context
    | Prim
    | Check
    | MakeRecord
    | Field
    | Variant
    | Payload
    | MakeList
    | Item
    | Get
    | If
    | Match
    | Join
    | Fold
    | Var
    | Next
    | Scope
    | Leave
    | Out
)
"""The kinds that functions and properties share: they change nothing outside the frame."""


class Surroundings(Protocol):
    """What a node list may ask about the world around it."""

    @property
    def linked(self) -> LinkedModule:
        """The module that the list belongs to."""

    @property
    def params(self) -> tuple[Value, ...]:
        """What `Param` reads."""

    def get_fact(self, which: ContextKind) -> Value:
        """What `Context` reads."""

    def get_entry(self, cell: int, when: When, keys: tuple[Value, ...]) -> Answer:
        """The whole value of a cell's entry; with `AT` the height stands behind the keys."""

    def is_contract(self, address: bytes) -> bool:
        """Whether code is deployed at the address."""

    def has_interface(self, address: bytes, interface: int) -> bool:
        """Whether the code at the address has every member of the interface."""


def step(around: Surroundings, frame: Frame, node: PureNode, is_total: bool) -> MachineError | None:
    """Runs the node that `frame.counter` is at; None, or why the run fails.

    `is_total` says that the node stands in a guard or a property, where nothing fails.
    """
    match node:
        case If() | Match() | Join() | Fold() | Var() | Next() | Scope() | Leave() | Out():
            step_control(frame, node)
            return None
        case _:
            answer = _compute(around, frame, node, is_total)
            if isinstance(answer, MachineError):
                return answer
            frame.values[frame.counter] = answer
            frame.counter += 1
            return None


ValueNode = (
    Const
    | Param
    | Context
    | Prim
    | Check
    | MakeRecord
    | Field
    | Variant
    | Payload
    | MakeList
    | Item
    | Get
)


def _compute(around: Surroundings, frame: Frame, node: ValueNode, is_total: bool) -> Answer:
    match node:
        case Const(literal):
            return around.linked.literals[literal]
        case Param(index):
            return around.params[index]
        case Context(which):
            return around.get_fact(which)
        case Prim():
            return _compute_prim(around, frame, node, is_total)
        case Check(_, value):
            return _check(frame, get_number(get_value(frame, value)))
        case Get(cell, when, keys, fields):
            entry = around.get_entry(cell, when, get_values(frame, keys))
            return entry if isinstance(entry, MachineError) else get_field(entry, fields)
        case MakeRecord() | Field() | Variant() | Payload() | MakeList() | Item():
            return _compute_data(around, frame, node, is_total)


def _check(frame: Frame, value: int) -> Answer:
    kind = frame.code.types[frame.counter]
    assert isinstance(kind, UintType), "validated: a check makes a uint"
    return value if is_in_range(value, kind.bits) else MachineError.OVERFLOW


def is_in_range(value: int, bits: int) -> bool:
    """Whether a number fits a uint of so many bits."""
    return 0 <= value < 1 << bits


def get_field(value: Value, fields: tuple[int, ...]) -> Value:
    """The field of a field of a record, as deep as there are indices."""
    for index in fields:
        value = get_items(value)[index]
    return value


def _compute_data(
    around: Surroundings,
    frame: Frame,
    node: MakeRecord | Field | Variant | Payload | MakeList | Item,
    is_total: bool,
) -> Answer:
    match node:
        case MakeRecord(_, args) | MakeList(_, args):
            return get_values(frame, args)
        case Field(value, index):
            return get_items(get_value(frame, value))[index]
        case Variant(_, tag, args):
            return EnumValue(tag, get_values(frame, args))
        case Payload(value, _, index):
            return get_enum(get_value(frame, value)).payload[index]
        case Item(value, index):
            return _get_item(around, frame, (value, index), is_total)


def _get_item(
    around: Surroundings, frame: Frame, operands: tuple[NodeIndex, NodeIndex], is_total: bool
) -> Answer:
    items = get_items(get_value(frame, operands[0]))
    index = get_number(get_value(frame, operands[1]))
    if 0 <= index < len(items):
        return items[index]
    if not is_total:
        return MachineError.INDEX_OUT_OF_RANGE
    kind = frame.code.types[operands[0]]
    assert isinstance(kind, ListType), "validated: a list"
    return compute_default(around.linked.types, around.linked.types[kind.element])


def _compute_prim(around: Surroundings, frame: Frame, node: Prim, is_total: bool) -> Answer:
    args = get_values(frame, node.args)
    match node.op:
        case PrimOp.IS_CONTRACT:
            return around.is_contract(get_bytes(args[0]))
        case PrimOp.IMPLEMENTS:
            return around.has_interface(get_bytes(args[0]), node.immediates[0])
        case PrimOp.VERIFY_SIGNATURE:
            genesis_id = get_bytes(around.get_fact(ContextKind.GENESIS_ID))
            return is_signed(node.immediates[0], args, genesis_id)
        case _:
            operands = tuple(
                (_get_type(frame, arg), value) for arg, value in zip(node.args, args, strict=True)
            )
            return compute_operator(around.linked, node, operands, is_total)


def _get_type(frame: Frame, index: NodeIndex) -> StaticType:
    kind = frame.code.types[index]
    assert kind is not None, "validated: operands have values"
    return kind
