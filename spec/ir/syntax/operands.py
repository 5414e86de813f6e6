"""Which nodes a node uses."""

from spec.ir.syntax.nodes import (
    NO_SOURCE,
    NO_VALUE,
    Agg,
    Call,
    Check,
    Collect,
    Const,
    Context,
    Emit,
    Fail,
    Field,
    Fold,
    ForAll,
    Get,
    If,
    Item,
    Join,
    Leave,
    MakeList,
    MakeRecord,
    Match,
    Next,
    Node,
    NodeIndex,
    Out,
    Param,
    Pay,
    Payload,
    Prim,
    Scope,
    Send,
    Set,
    Update,
    Var,
    Variant,
)


def get_operands(node: Node) -> tuple[NodeIndex, ...]:
    """The nodes whose values a node uses, in the order of its fields.

    A `Join` uses each only when its arm has run; `Var`, `Out`, `Next`, `Leave` and `Join` name
    their header too, which is no operand: headers have no value.
    """
    match node:
        case Prim(_, _, args) | MakeRecord(_, args) | Variant(_, _, args) | MakeList(_, args):
            return args
        case Check(_, value) | Field(value, _) | Payload(value, _, _):
            return (value,)
        case Item(value, index):
            return (value, index)
        case Get() | Set() | Update():
            return _get_state_operands(node)
        case If() | Match() | Join() | Fold() | Next() | Leave():
            return _get_control_operands(node)
        case Fail() | Pay() | Call() | Send() | Emit() | Agg():
            return _get_effect_operands(node)
        case Const() | Param() | Context() | Var() | Scope() | Out() | Collect() | ForAll():
            return ()


def _get_state_operands(node: Get | Set | Update) -> tuple[NodeIndex, ...]:
    match node:
        case Get(_, _, keys, _):
            return keys
        case Set(_, keys, _, value):
            return (*keys, value)
        case Update(_, keys, _, _, amount):
            return (*keys, amount)


def _get_control_operands(
    node: If | Match | Join | Fold | Next | Leave,
) -> tuple[NodeIndex, ...]:
    match node:
        case If(condition, _, _):
            return (condition,)
        case Match(subject, _):
            return (subject,)
        case Join(_, values) | Next(_, values) | Leave(_, values):
            return values
        case Fold(source, _, _, initials, _):
            return initials if source == NO_SOURCE else (NodeIndex(source), *initials)


def _get_effect_operands(node: Fail | Pay | Call | Send | Emit | Agg) -> tuple[NodeIndex, ...]:
    match node:
        case Fail(condition, _, args):
            return (condition, *args)
        case Pay(to, amount):
            return (to, amount)
        case Call(_, _, target, args, _, value):
            return (target, *args) if value == NO_VALUE else (target, *args, NodeIndex(value))
        case Send(message, _):
            return (message,)
        case Emit(_, args) | Agg(_, _, args):
            return args
