"""A contract that does nothing useful and everything once: each kind of node, each operator.

Its functions are named after what they show. Vectors of level 5 run them; their names are hashed
to selectors and otherwise unknown to the machine.
"""

from collections.abc import Callable
from typing import Final

from conformance.generate.modules import (
    ADDRESS,
    BOOL,
    HASH,
    U8,
    U32,
    U64,
    U128,
    U256,
    Body,
    Draft,
    compute_selector,
)
from spec.ir.syntax import (
    CELL_BALANCE,
    NO_SOURCE,
    NO_VALUE,
    STANDARD_ERROR_COUNT,
    BytesType,
    Call,
    Check,
    Collect,
    Context,
    ContextKind,
    Emit,
    EnumType,
    Error,
    Event,
    Fail,
    Field,
    Fold,
    FunctionKind,
    Get,
    If,
    Interface,
    Item,
    Join,
    Leave,
    ListType,
    MakeList,
    MakeRecord,
    MapType,
    Match,
    Member,
    MessageType,
    Module,
    Next,
    Out,
    Param,
    Pay,
    Payload,
    PrimOp,
    RecordType,
    Scope,
    Send,
    Set,
    Sign,
    StringType,
    Type,
    Update,
    Var,
    Variant,
    When,
)

VIEW: Final = FunctionKind.VIEW
CALL_GAS: Final = 3_000
LITTLE_GAS: Final = 10
DESCENT_GAS: Final = 60_000
ERROR: Final = STANDARD_ERROR_COUNT

DRAFT: Final = Draft()
LIST: Final = ListType(DRAFT.type(U64), 3)
OPTION: Final = EnumType(((), (DRAFT.type(U64),)))
PAIR: Final = RecordType((DRAFT.type(U64), DRAFT.type(BOOL)))
TEXT: Final = StringType(8)
MESSAGE: Final = MessageType(64)
SIGNATURE: Final = BytesType(64)
BY_ADDRESS: Final = MapType(DRAFT.type(ADDRESS), DRAFT.type(U64))
NESTED: Final = MapType(DRAFT.type(U64), DRAFT.type(MapType(DRAFT.type(BOOL), DRAFT.type(PAIR))))

COUNT: Final = DRAFT.cell(U64)
ENTRIES: Final = DRAFT.cell(BY_ADDRESS)
NESTED_ENTRIES: Final = DRAFT.cell(NESTED)
STORED_PAIR: Final = DRAFT.cell(PAIR)
STORED_LIST: Final = DRAFT.cell(LIST)
VOTES: Final = DRAFT.cell(BY_ADDRESS, is_checkpointed=True)
NEXT: Final = DRAFT.cell(ADDRESS)
OWNED: Final = DRAFT.cell(RecordType(DRAFT.fields((ADDRESS, U64))))

SIGNATURES: Final[dict[str, tuple[tuple[Type, ...], Type | None]]] = {}
"""Parameter and result types of each function, by name."""


def _define(  # noqa: PLR0913 - a function has as many parts
    name: str,
    params: tuple[Type, ...],
    result: Type | None,
    body: Body,
    *,
    kind: FunctionKind = FunctionKind.ACTION,
    guard_count: int = 0,
    is_payable: bool = False,
) -> None:
    SIGNATURES[name] = (params, result)
    DRAFT.function(
        name, params, result, body, kind=kind, guard_count=guard_count, is_payable=is_payable
    )


def _define_operators() -> None:
    """A function per operator that stands alone: its operands are the parameters."""
    checked = ((PrimOp.ADD, U64), (PrimOp.SUB, U64), (PrimOp.MUL, U64))
    for op, kind in checked:
        body = Body()
        total = body.prim(op, *body.params(2))
        body.leave(body.add(Check(DRAFT.type(kind), total)))
        _define(op.name.lower(), (U64, U64), kind, body, kind=VIEW)
    body = Body()
    body.leave(body.add(Check(DRAFT.type(U64), body.prim(PrimOp.NEG, *body.params(1)))))
    _define("neg", (U64,), U64, body, kind=VIEW)
    plain: tuple[tuple[str, PrimOp, tuple[Type, ...], Type, tuple[int, ...]], ...] = (
        ("div", PrimOp.DIV, (U64, U64), U64, ()),
        ("mod", PrimOp.MOD, (U64, U64), U64, ()),
        ("min", PrimOp.MIN, (U64, U64), U64, ()),
        ("max", PrimOp.MAX, (U64, U64), U64, ()),
        ("eq", PrimOp.EQ, (U64, U64), BOOL, ()),
        ("eq_widths", PrimOp.EQ, (U8, U256), BOOL, ()),
        ("eq_list", PrimOp.EQ, (LIST, LIST), BOOL, ()),
        ("lt", PrimOp.LT, (U64, U64), BOOL, ()),
        ("le", PrimOp.LE, (U64, U64), BOOL, ()),
        ("and", PrimOp.AND, (BOOL, BOOL), BOOL, ()),
        ("or", PrimOp.OR, (BOOL, BOOL), BOOL, ()),
        ("not", PrimOp.NOT, (BOOL,), BOOL, ()),
        ("select", PrimOp.SELECT, (BOOL, U64, U64), U64, ()),
        ("length", PrimOp.LENGTH, (LIST,), U32, ()),
        ("length_text", PrimOp.LENGTH, (TEXT,), U32, ()),
        ("append", PrimOp.APPEND, (LIST, U64), LIST, ()),
        ("pop", PrimOp.POP, (LIST,), LIST, ()),
        ("replace", PrimOp.REPLACE, (LIST, U64, U64), LIST, ()),
        ("is_some", PrimOp.IS_MEMBER, (OPTION,), BOOL, (1,)),
        ("hash", PrimOp.HASH, (U64, ADDRESS), HASH, (7,)),
        ("hash_types", PrimOp.HASH, (BOOL, HASH, TEXT, OPTION, PAIR, LIST, MESSAGE), HASH, (7,)),
        ("eq_message", PrimOp.EQ, (MESSAGE, MESSAGE), BOOL, ()),
        ("is_signed", PrimOp.VERIFY_SIGNATURE, (ADDRESS, HASH, HASH, SIGNATURE), BOOL, (1,)),
        ("is_contract", PrimOp.IS_CONTRACT, (ADDRESS,), BOOL, ()),
    )
    for name, op, params, result, immediates in plain:
        body = Body()
        body.leave(body.prim(op, *body.params(len(params)), immediates=immediates))
        _define(name, params, result, body, kind=VIEW)
    for name, op in (("floor_div", PrimOp.DIV), ("floor_mod", PrimOp.MOD)):
        body = Body()
        first, second, divisor = body.params(3)
        found = body.prim(op, body.prim(PrimOp.SUB, first, second), divisor)
        if op is PrimOp.DIV:
            found = body.prim(PrimOp.NEG, found)
        body.leave(body.add(Check(DRAFT.type(U64), found)))
        _define(name, (U64, U64, U64), U64, body, kind=VIEW)
    body = Body()
    body.leave(body.add(Check(DRAFT.type(U8), *body.params(1))))
    _define("narrow", (U256,), U8, body, kind=VIEW)


def _define_guards() -> None:
    """The same operators where nothing may fail."""
    for name, op in (("guard_div", PrimOp.DIV), ("guard_mod", PrimOp.MOD)):
        body = Body()
        first, second = body.params(2)
        quotient = body.prim(op, first, second)
        zero = body.add(DRAFT.number(U64, 0))
        body.add(Fail(body.prim(PrimOp.EQ, quotient, zero), ERROR, (first, second)))
        guard_count = len(body.nodes)
        body.leave(quotient)
        _define(name, (U64, U64), U64, body, guard_count=guard_count)
    body = Body()
    items, index = body.params(2)
    found = body.add(Item(items, index))
    zero = body.add(DRAFT.number(U64, 0))
    body.add(Fail(body.prim(PrimOp.EQ, found, zero), ERROR, (index, found)))
    guard_count = len(body.nodes)
    body.leave(found)
    _define("guard_item", (LIST, U64), U64, body, guard_count=guard_count)
    body = Body()
    first, second = body.params(2)
    body.add(Fail(body.prim(PrimOp.LT, first, second), ERROR, (first, second)))
    guard_count = len(body.nodes)
    body.prim(PrimOp.DIV, first, second)
    body.leave()
    _define("div_for_nothing", (U64, U64), None, body, guard_count=guard_count)
    body = Body()
    (amount,) = body.params(1)
    balance = body.add(Get(CELL_BALANCE, When.NOW, (), ()))
    body.add(Fail(body.prim(PrimOp.LT, balance, amount), ERROR + 1, ()))
    guard_count = len(body.nodes)
    body.leave(body.add(Get(CELL_BALANCE, When.NOW, (), ())))
    _define("guard_balance", (U128,), U128, body, guard_count=guard_count, is_payable=True)


def _define_data() -> None:
    body = Body()
    body.leave(body.add(DRAFT.number(U256, 2**255 + 3)))
    _define("const", (), U256, body, kind=VIEW)
    body = Body()
    body.leave(body.add(Param(1)))
    _define("param", (U64, TEXT), TEXT, body, kind=VIEW)
    body = Body()
    body.leave(body.add(MakeRecord(DRAFT.type(PAIR), body.params(2))))
    _define("make_record", (U64, BOOL), PAIR, body, kind=VIEW)
    body = Body()
    body.leave(body.add(Field(body.add(Param(0)), 1)))
    _define("field", (PAIR,), BOOL, body, kind=VIEW)
    body = Body()
    body.leave(body.add(Variant(DRAFT.type(OPTION), 1, body.params(1))))
    _define("variant", (U64,), OPTION, body, kind=VIEW)
    body = Body()
    body.leave(body.add(Variant(DRAFT.type(OPTION), 0, ())))
    _define("variant_empty", (), OPTION, body, kind=VIEW)
    body = Body()
    body.leave(body.add(MakeList(DRAFT.type(LIST), body.params(2))))
    _define("make_list", (U64, U64), LIST, body, kind=VIEW)
    body = Body()
    body.leave(body.add(Item(*body.params(2))))
    _define("item", (LIST, U64), U64, body, kind=VIEW)
    for which, result in (
        (ContextKind.CALLER, ADDRESS),
        (ContextKind.VALUE, U128),
        (ContextKind.NOW, U64),
        (ContextKind.HEIGHT, U64),
        (ContextKind.THIS, ADDRESS),
        (ContextKind.GENESIS_ID, HASH),
    ):
        body = Body()
        body.leave(body.add(Context(which)))
        _define(f"context_{which.name.lower()}", (), result, body, is_payable=True)


def _define_control() -> None:
    body = Body()
    (some,) = body.params(1)
    header = body.add(Match(some, (1, 1)))
    none = body.add(DRAFT.number(U64, 99))
    payload = body.add(Payload(some, 1, 0))
    body.leave(body.add(Join(header, (none, payload))))
    _define("match", (OPTION,), U64, body, kind=VIEW)
    body = Body()
    condition, value = body.params(2)
    header = body.add(If(condition, 2, 1))
    nested = body.prim(PrimOp.ADD, value, value)
    doubled = body.add(Check(DRAFT.type(U64), nested))
    other = body.add(DRAFT.number(U64, 5))
    body.leave(body.add(Join(header, (doubled, other))))
    _define("if", (BOOL, U64), U64, body, kind=VIEW)
    body = Body()
    condition, value = body.params(2)
    body.add(If(condition, 1, 0))
    body.leave(value)
    body.leave(body.add(DRAFT.number(U64, 5)))
    _define("leave_early", (BOOL, U64), U64, body, kind=VIEW)
    _define_joins()
    _define_folds()
    body = Body()
    condition, value = body.params(2)
    scope = body.add(Scope(4))
    body.add(If(condition, 1, 0))
    body.add(Leave(scope, (value,)))
    seven = body.add(DRAFT.number(U64, 7))
    body.add(Leave(scope, (seven,)))
    body.leave(body.add(Out(scope, 0)))
    _define("scope", (BOOL, U64), U64, body, kind=VIEW)
    body = Body()
    condition, value = body.params(2)
    body.add(Fail(condition, ERROR, (value, value)))
    body.leave()
    _define("fail", (BOOL, U64), None, body)


def _define_joins() -> None:
    body = Body()
    condition, value = body.params(2)
    header = body.add(If(condition, 1, 1))
    body.leave(value)
    other = body.add(DRAFT.number(U64, 5))
    body.leave(body.add(Join(header, (other,))))
    _define("join_after_leave", (BOOL, U64), U64, body, kind=VIEW)
    body = Body()
    condition, value = body.params(2)
    header = body.add(If(condition, 2, 2))
    six, yes = body.add(DRAFT.number(U64, 6)), body.add(DRAFT.const(BOOL, b"\x01"))
    nine, no = body.add(DRAFT.number(U64, 9)), body.add(DRAFT.const(BOOL, b"\x00"))
    number = body.add(Join(header, (six, nine)))
    flag = body.add(Join(header, (yes, no)))
    body.leave(body.add(MakeRecord(DRAFT.type(PAIR), (body.prim(PrimOp.MAX, number, value), flag))))
    _define("two_joins", (BOOL, U64), PAIR, body, kind=VIEW)


def _define_folds() -> None:
    body = Body()
    (start,) = body.params(1)
    header = body.add(Fold(NO_SOURCE, 2, 6, (start,), 5))
    number = body.add(Var(header, 0))
    carried = body.add(Var(header, 1))
    total = body.prim(PrimOp.ADD, number, carried)
    checked = body.add(Check(DRAFT.type(U64), total))
    body.add(Next(header, (checked,)))
    body.leave(body.add(Out(header, 0)))
    _define("fold_range", (U64,), U64, body, kind=VIEW)
    body = Body()
    (items,) = body.params(1)
    start = body.add(DRAFT.number(U64, 0))
    header = body.add(Fold(items, 0, 0, (start,), 5))
    element = body.add(Var(header, 0))
    carried = body.add(Var(header, 1))
    total = body.prim(PrimOp.ADD, element, carried)
    checked = body.add(Check(DRAFT.type(U64), total))
    body.add(Next(header, (checked,)))
    body.leave(body.add(Out(header, 0)))
    _define("fold_list", (LIST,), U64, body, kind=VIEW)


def _define_scalars() -> None:
    body = Body()
    body.add(Set(COUNT, (), (), *body.params(1)))
    body.leave()
    _define("set_count", (U64,), None, body)
    body = Body()
    body.leave(body.add(Get(COUNT, When.NOW, (), ())))
    _define("get_count", (), U64, body, kind=VIEW)
    for name, sign in (("plus", Sign.PLUS), ("minus", Sign.MINUS)):
        body = Body()
        body.add(Update(COUNT, (), (), sign, *body.params(1)))
        body.leave()
        _define(f"count_{name}", (U64,), None, body)
        body = Body()
        key, amount = body.params(2)
        body.add(Update(ENTRIES, (key,), (), sign, amount))
        body.leave()
        _define(f"entry_{name}", (ADDRESS, U64), None, body)
    body = Body()
    body.add(Set(STORED_PAIR, (), (0,), *body.params(1)))
    body.leave()
    _define("set_field", (U64,), None, body)
    body = Body()
    body.leave(body.add(Get(STORED_PAIR, When.NOW, (), ())))
    _define("get_pair", (), PAIR, body, kind=VIEW)
    body = Body()
    body.add(Set(OWNED, (), (1,), *body.params(1)))
    body.leave(body.add(Get(OWNED, When.NOW, (), ())))
    _define("set_owned", (U64,), RecordType(DRAFT.fields((ADDRESS, U64))), body)
    body = Body()
    body.add(Set(STORED_LIST, (), (), *body.params(1)))
    body.leave(body.add(Get(STORED_LIST, When.NOW, (), ())))
    _define("set_list", (LIST,), LIST, body)


def _define_maps() -> None:
    body = Body()
    key, value = body.params(2)
    body.add(Set(ENTRIES, (key,), (), value))
    body.leave()
    _define("set_entry", (ADDRESS, U64), None, body)
    body = Body()
    body.leave(body.add(Get(ENTRIES, When.NOW, body.params(1), ())))
    _define("get_entry", (ADDRESS,), U64, body, kind=VIEW)
    body = Body()
    outer, inner, value = body.params(3)
    body.add(Set(NESTED_ENTRIES, (outer, inner), (), value))
    body.leave()
    _define("set_nested", (U64, BOOL, PAIR), None, body)
    body = Body()
    body.leave(body.add(Get(NESTED_ENTRIES, When.NOW, body.params(2), (1,))))
    _define("get_nested", (U64, BOOL), BOOL, body, kind=VIEW)
    body = Body()
    key, value = body.params(2)
    body.add(Set(VOTES, (key,), (), value))
    body.leave()
    _define("set_votes", (ADDRESS, U64), None, body)
    body = Body()
    body.leave(body.add(Get(VOTES, When.AT, body.params(2), ())))
    _define("get_votes_at", (ADDRESS, U64), U64, body, kind=VIEW)


def _define_coins() -> None:
    body = Body()
    body.leave(body.add(Pay(*body.params(2))))
    _define("pay", (ADDRESS, U128), RecordType(()), body)
    body = Body()
    body.leave(body.add(Collect()))
    _define("collect", (), U128, body)
    body = Body()
    body.leave(body.add(Get(CELL_BALANCE, When.NOW, (), ())))
    _define("deposit", (), U128, body, is_payable=True)
    event = len(DRAFT.events)
    DRAFT.events.append(Event(DRAFT.fields((U64, TEXT))))
    body = Body()
    body.add(Emit(event, body.params(2)))
    body.leave()
    _define("emit", (U64, TEXT), None, body)
    body = Body()
    body.leave(body.add(Get(NEXT, When.NOW, (), ())))
    _define("get_next", (), ADDRESS, body, kind=VIEW)
    body = Body()
    to = body.add(Get(NEXT, When.NOW, (), ()))
    body.leave(body.add(Pay(to, *body.params(1))))
    _define("pay_next", (U128,), RecordType(()), body)


def _define_calls() -> None:
    def member(name: str, *, is_view: bool) -> Member:
        params, result = SIGNATURES[name]
        results = () if result is None else (result,)
        return Member(compute_selector(name), DRAFT.fields(params), DRAFT.fields(results), is_view)

    names = (("add", True), ("count_plus", False), ("descend", False), ("deposit", False))
    SIGNATURES["descend"] = ((), None)
    members = [member(name, is_view=is_view) for name, is_view in names]
    members.append(Member(compute_selector("absent"), (), (), is_view=False))
    members.append(Member(compute_selector("set_count"), DRAFT.fields((U64,)), (), is_view=True))
    DRAFT.interfaces.append(Interface(tuple(members)))
    DRAFT.interfaces.append(Interface(tuple(members[:4])))
    for name, gas in (("call_add", CALL_GAS), ("call_add_cheaply", LITTLE_GAS)):
        body = Body()
        target, first, second = body.params(3)
        body.leave(body.add(Call(0, 0, target, (first, second), gas, NO_VALUE)))
        _define(name, (ADDRESS, U64, U64), U64, body)
    for name, number, count in (("call_absent", 4, 0), ("call_no_view", 5, 1)):
        body = Body()
        target, value = body.params(2)
        body.add(Call(0, number, target, (value,)[:count], CALL_GAS, NO_VALUE))
        body.leave(value)
        _define(name, (ADDRESS, U64), U64, body)
    body = Body()
    target, amount = body.params(2)
    body.add(Call(0, 1, target, (amount,), CALL_GAS, NO_VALUE))
    body.leave(body.add(Get(COUNT, When.NOW, (), ())))
    _define("call_count_plus", (ADDRESS, U64), U64, body)
    body = Body()
    body.leave(body.prim(PrimOp.IMPLEMENTS, *body.params(1), immediates=(0,)))
    _define("implements_all", (ADDRESS,), BOOL, body, kind=VIEW)
    body = Body()
    body.leave(body.prim(PrimOp.IMPLEMENTS, *body.params(1), immediates=(1,)))
    _define("implements", (ADDRESS,), BOOL, body, kind=VIEW)
    body = Body()
    body.add(Set(NEXT, (), (), *body.params(1)))
    body.leave()
    _define("set_next", (ADDRESS,), None, body)
    body = Body()
    target = body.add(Get(NEXT, When.NOW, (), ()))
    body.add(Call(0, 2, target, (), DESCENT_GAS, NO_VALUE))
    body.leave()
    _define("descend", (), None, body)


def _define_messages() -> None:
    body = Body()
    target, value = body.params(2)
    message = body.prim(PrimOp.MESSAGE, target, value, immediates=(DRAFT.type(MESSAGE), 0, 3))
    body.add(Send(message, CALL_GAS))
    body.leave()
    _define("send_deposit", (ADDRESS, U128), None, body)
    body = Body()
    target, value = body.params(2)
    message = body.prim(PrimOp.MESSAGE, target, value, immediates=(DRAFT.type(MESSAGE), 0, 3))
    body.leave(message)
    _define("make_message", (ADDRESS, U128), MESSAGE, body, kind=VIEW)
    body = Body()
    body.add(Send(body.add(Param(0)), CALL_GAS))
    body.leave()
    _define("send", (MESSAGE,), None, body)


def _build() -> Module:
    DRAFT.errors.append(Error(DRAFT.fields((U64, U64))))
    DRAFT.errors.append(Error(()))
    steps: tuple[Callable[[], None], ...] = (
        _define_operators,
        _define_guards,
        _define_data,
        _define_control,
        _define_scalars,
        _define_maps,
        _define_coins,
        _define_calls,
        _define_messages,
    )
    for step in steps:
        step()
    return DRAFT.build()


CALCULATOR: Final = _build()
