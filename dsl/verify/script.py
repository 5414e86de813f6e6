"""Contracts that answer as a model says: the other side of a call that is replayed.

A scripted contract is an ordinary module, so that any client can replay what it takes part in. It
counts the actions that are called, and looks its answers up by that count and what it was paid.
Where the answers of one
contract change because another one is called, each action tells all the others to count on.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from spec.ir.linked import LinkedModule
from spec.ir.syntax import (
    CELL_INBOX,
    FUNCTION_SCOPE,
    NO_VALUE,
    AddressType,
    BytesType,
    Call,
    Cell,
    CodeSection,
    Const,
    EnumType,
    Function,
    FunctionKind,
    FunctionSpec,
    Get,
    If,
    Interface,
    Leave,
    ListType,
    Literal,
    Member,
    Module,
    Node,
    NodeIndex,
    Param,
    Pay,
    Prim,
    PrimOp,
    RecordType,
    Sign,
    SpecSection,
    Type,
    TypeIndex,
    UintType,
    Update,
    When,
)
from spec.ir.validate import link
from spec.ir.values import Types, Value, encode_value
from spec.lib.result import Err
from spec.limits import IR_VERSION

TICK = b"qc:tick!"
"""Selector of the action that only counts."""
TICK_GAS = 2_000
COUNT_CELL = 2
COINS = UintType(128)
COUNT = UintType(64)


@dataclass(frozen=True, slots=True)
class Asked:
    """A function that a scripted contract has, with the types of the module that calls it."""

    selector: bytes
    params: tuple[Type, ...]
    result: Type | None
    default: Value | None
    """What it answers where nobody knows better; None if it answers nothing."""
    is_view: bool


@dataclass(frozen=True, slots=True)
class Moment:
    """When a scripted contract is called, as far as it can tell."""

    count: int
    """How many actions have been counted before."""
    inbox: int
    """What it has been paid before."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What one call gets."""

    asked: Asked
    moment: Moment
    args: tuple[Value, ...]
    """Told apart by views only."""
    value: Value | None
    gift: int
    """Coins that the contract pays to whoever is `receiver`."""


@dataclass(slots=True)
class _Draft:
    """A module in the making."""

    source: Types
    """Types of the module that calls."""
    types: list[Type] = field(default_factory=list)
    literals: list[Literal] = field(default_factory=list)

    def add_type(self, kind: Type) -> TypeIndex:
        """The index of a type, added behind those it is made of."""
        match kind:
            case RecordType(fields):
                kind = RecordType(self._add_fields(fields))
            case EnumType(members):
                kind = EnumType(tuple(self._add_fields(each) for each in members))
            case ListType(element, length_max):
                kind = ListType(self.add_type(self.source[element]), length_max)
            case _:
                pass
        if kind not in self.types:
            self.types.append(kind)
        return TypeIndex(self.types.index(kind))

    def _add_fields(self, fields: tuple[TypeIndex, ...]) -> tuple[TypeIndex, ...]:
        return tuple(self.add_type(self.source[each]) for each in fields)

    def add_literal(self, kind: Type, value: Value) -> int:
        """The index of a literal."""
        literal = Literal(self.add_type(kind), encode_value(self.source, kind, value))
        if literal not in self.literals:
            self.literals.append(literal)
        return self.literals.index(literal)


class _Body:
    """A function in the making."""

    def __init__(self, draft: _Draft) -> None:
        self._draft = draft
        self.nodes: list[Node] = []

    def add(self, node: Node) -> NodeIndex:
        """Appends a node."""
        self.nodes.append(node)
        return NodeIndex(len(self.nodes) - 1)

    def const(self, kind: Type, value: Value) -> NodeIndex:
        """A constant."""
        return self.add(Const(self._draft.add_literal(kind, value)))

    def prim(self, op: PrimOp, *args: NodeIndex) -> NodeIndex:
        """An operator."""
        return self.add(Prim(op, (), args))


def make_script(
    source: Types,
    answers: Sequence[Answer],
    offered: Sequence[Asked],
    receiver: bytes,
    others: Sequence[bytes],
) -> LinkedModule | None:
    """The module of a scripted contract; None if no module can answer so.

    Args:
        source: types of the module that calls.
        answers: what its calls get, in order.
        offered: what it has besides.
        receiver: the address that gifts go to.
        others: scripted contracts that are told to count on.
    """
    draft = _Draft(source)
    draft.add_type(COINS)
    draft.add_type(COUNT)
    grouped: dict[bytes, list[Answer]] = {}
    asked: dict[bytes, Asked] = {}
    for each in answers:
        if asked.setdefault(each.asked.selector, each.asked) != each.asked:
            return None
        grouped.setdefault(each.asked.selector, []).append(each)
    for more in offered:
        asked.setdefault(more.selector, more)
    if any(_is_contradictory(each) for each in grouped.values()):
        return None
    functions = [
        _make_function(draft, each, grouped.get(each.selector, []), receiver, others)
        for each in asked.values()
    ]
    functions.append(_make_tick(draft))
    tick = Interface((Member(TICK, (), (), is_view=False),))
    code = CodeSection(
        IR_VERSION,
        tuple(draft.types),
        tuple(draft.literals),
        (tick,),
        (
            Cell(TypeIndex(0), is_checkpointed=False),
            Cell(TypeIndex(0), is_checkpointed=False),
            Cell(TypeIndex(1), is_checkpointed=False),
        ),
        (),
        (),
        tuple(functions),
    )
    nothing = FunctionSpec(
        is_complete=False, open_errors=(), has_frame=False, modifies=(), ensures=()
    )
    spec = SpecSection((), (), (), (nothing,) * len(functions), (), ())
    linked = link(Module(code, spec))
    return None if isinstance(linked, Err) else linked.value


def _is_contradictory(answers: Sequence[Answer]) -> bool:
    """Whether a view would have to answer the same question in two ways."""
    known: dict[tuple[object, ...], Value | None] = {}
    return any(
        each.asked.is_view and known.setdefault((each.moment, each.args), each.value) != each.value
        for each in answers
    )


def _make_tick(draft: _Draft) -> Function:
    body = _Body(draft)
    body.add(Update(COUNT_CELL, (), (), Sign.PLUS, body.const(COUNT, 1)))
    body.add(Leave(FUNCTION_SCOPE, ()))
    return Function(FunctionKind.ACTION, TICK, (), (), False, 0, tuple(body.nodes))  # not payable


def _make_function(
    draft: _Draft,
    asked: Asked,
    answers: Sequence[Answer],
    receiver: bytes,
    others: Sequence[bytes],
) -> Function:
    body = _Body(draft)
    given = None if asked.result is None else _add_lookup(body, asked, answers)
    if not asked.is_view:
        _add_gifts(body, answers, receiver)
        body.add(Update(COUNT_CELL, (), (), Sign.PLUS, body.const(COUNT, 1)))
        for other in others:
            target = body.const(AddressType(), other)
            body.add(Call(0, 0, target, (), TICK_GAS, NO_VALUE))
    body.add(Leave(FUNCTION_SCOPE, () if given is None else (given,)))
    return Function(
        FunctionKind.VIEW if asked.is_view else FunctionKind.ACTION,
        asked.selector,
        tuple(draft.add_type(each) for each in asked.params),
        () if asked.result is None else (draft.add_type(asked.result),),
        not asked.is_view,
        0,
        tuple(body.nodes),
    )


def _add_lookup(body: _Body, asked: Asked, answers: Sequence[Answer]) -> NodeIndex:
    """The answer whose count it is; a view's, also by its arguments."""
    assert asked.result is not None, "there is something to answer"
    assert asked.default is not None, "as above"
    values = [each.value for each in answers if each.value is not None]
    last = values[-1] if values else asked.default
    given = body.const(asked.result, last)
    if all(value == last for value in values):
        return given
    for each in answers:
        assert each.value is not None, "as above"
        is_it = _add_moment(body, each.moment)
        if asked.is_view:
            for position, (kind, value) in enumerate(zip(asked.params, each.args, strict=True)):
                param = body.add(Param(position))
                is_same = body.prim(PrimOp.EQ, param, body.const(kind, value))
                is_it = body.prim(PrimOp.AND, is_it, is_same)
        given = body.prim(PrimOp.SELECT, is_it, body.const(asked.result, each.value), given)
    return given


def _add_moment(body: _Body, moment: Moment) -> NodeIndex:
    """Whether it is the moment."""
    count = body.add(Get(COUNT_CELL, When.NOW, (), ()))
    inbox = body.add(Get(CELL_INBOX, When.NOW, (), ()))
    is_count = body.prim(PrimOp.EQ, count, body.const(COUNT, moment.count))
    is_inbox = body.prim(PrimOp.EQ, inbox, body.const(COINS, moment.inbox))
    return body.prim(PrimOp.AND, is_count, is_inbox)


def _add_gifts(body: _Body, answers: Sequence[Answer], receiver: bytes) -> None:
    """The coins that the contract pays while it runs."""
    for each in answers:
        if each.gift == 0:
            continue
        is_it = _add_moment(body, each.moment)
        to, amount = body.const(AddressType(), receiver), body.const(COINS, each.gift)
        body.add(If(is_it, 1, 0))
        body.add(Pay(to, amount))


def make_raw(selector: bytes, size_bytes: int) -> Asked:
    """A function that takes so many bytes of arguments, whatever they mean."""
    params = (BytesType(size_bytes),) if size_bytes else ()
    return Asked(selector, params, None, None, is_view=False)
