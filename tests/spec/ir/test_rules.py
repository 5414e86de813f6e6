"""Every rule of `validate` refuses the module that breaks it, and no other rule comes first."""

from dataclasses import replace
from itertools import pairwise

import pytest

from spec.ir.errors import IrRule
from spec.ir.syntax import (
    FUNCTION_SCOPE,
    NO_SOURCE,
    Agg,
    Aggregate,
    BoolType,
    BytesType,
    Call,
    Cell,
    Check,
    Collect,
    Const,
    Context,
    ContextKind,
    Emit,
    EnumType,
    Fail,
    Field,
    Fold,
    ForAll,
    FunctionKind,
    Get,
    If,
    Interface,
    Item,
    Join,
    Leave,
    ListType,
    Literal,
    MakeList,
    MakeRecord,
    MapType,
    Match,
    MessageType,
    Modified,
    Module,
    Next,
    Node,
    Out,
    Param,
    Pay,
    Payload,
    PrimOp,
    Property,
    RecordType,
    Scope,
    Send,
    Set,
    Sign,
    Type,
    UintType,
    Update,
    Var,
    Variant,
    When,
)
from spec.ir.validate import validate
from tests.spec.ir.modules import (
    ADDRESS,
    AGGREGATES,
    BALANCES,
    BOOL,
    CELL_TYPES,
    CELLS,
    ERRORS,
    INTERFACES,
    LIST,
    MAP,
    MAP2,
    NESTED_BALANCES,
    OPTION,
    RECORD,
    STRING,
    TYPES,
    U8,
    U64,
    U128,
    T,
)
from tests.spec.ir.small import (
    NO_CLAIMS,
    P_ADDRESS,
    P_BOOL,
    P_LIST,
    P_MESSAGE,
    P_OPTION,
    P_RECORD,
    P_U64,
    P_U128,
    P_U256,
    RETURN,
    body,
    guard,
    make_code,
    make_function,
    make_module,
    n,
    prim,
    with_code,
    with_ensures,
    with_spec,
)

BASE = body(RETURN)
U64_ONE = Literal(U64, (1).to_bytes(8, "little"))
LAST_CELL = len(CELLS) - 1


def types(*more: Type) -> Module:
    """The base with types added to the table."""
    return with_code(BASE, types=TYPES + more)


def invariant(*nodes: Node) -> Module:
    return with_spec(BASE, aggregates=AGGREGATES, invariants=(Property(nodes, is_lemma=False),))


def aggregate(*nodes: Node, keys: tuple[int, ...] = (ADDRESS,)) -> Module:
    """One aggregate with a u64 parameter; variable 0 is the parameter, 1… the keys."""
    entry = Aggregate((U64,), tuple(T(key) for key in keys), nodes)
    return with_spec(BASE, aggregates=(entry,))


def claims(**parts: object) -> Module:
    return with_spec(BASE, functions=(replace(NO_CLAIMS, **parts),))  # type: ignore[arg-type]  # named by the tests


def function(**parts: object) -> Module:
    """The base with a part of its function replaced."""
    changed = replace(make_function(RETURN), **parts)  # type: ignore[arg-type]  # named by the tests
    return make_module(make_code(changed))


def cell(number: int, changed: Cell) -> Module:
    return with_code(BASE, cells=(*CELLS[:number], changed, *CELLS[number + 1 :]))


def nest(depth: int) -> Module:
    """So many Ifs inside each other."""
    nodes: list[Node] = [P_BOOL, *(If(n(0)[0], depth - 1 - i, 0) for i in range(depth)), RETURN]
    return body(*nodes)


def chain(count: int) -> Module:
    """u256 * u256 * …, so many factors, checked."""
    products = [prim(PrimOp.MUL, 0 if i == 0 else i, 0) for i in range(count - 1)]
    return body(P_U256, *products, Check(U64, n(count - 1)[0]), RETURN)


def deep_types(depth: int) -> Module:
    """Records in records."""
    start = len(TYPES)
    records = [RecordType((U64, U64, U64))]
    records += [RecordType((T(start + i),)) for i in range(depth - 2)]
    return types(*records)


VAR_PARAM, VAR_KEY = Var(FUNCTION_SCOPE, 0), Var(FUNCTION_SCOPE, 1)
TRUE_BRANCH = If(n(0)[0], 0, 0)

CASES: dict[IrRule, tuple[Module, ...]] = {
    IrRule.VERSION_UNKNOWN: (with_code(BASE, version=0), with_code(BASE, version=2)),
    IrRule.TOO_MANY: (
        types(*(BytesType(100 + i) for i in range(256))),
        types(RecordType((U64,) * 65)),
        types(EnumType(((),) * 65)),
        with_code(BASE, interfaces=INTERFACES * 33),
        with_code(BASE, interfaces=(Interface(()),)),
        with_code(BASE, cells=CELLS * 12),
        with_code(BASE, errors=ERRORS * 65),
        function(params=(U64,) * 33),
        body(*[P_U64] * 8192, RETURN),
        with_ensures(ForAll((), 0)),
        claims(open_errors=(16,) * 65),
        claims(ensures=((P_BOOL,),) * 129),
        with_spec(BASE, invariants=(Property((P_BOOL,), is_lemma=False),) * 129),
        with_code(BASE, literals=(U64_ONE,) * 1025),
        make_module(make_code(*[make_function(RETURN)] * 129)),
    ),
    IrRule.NUMBER_OUT_OF_RANGE: (
        body(P_BOOL, If(n(0)[0], -1, 1), RETURN),
        body(P_MESSAGE, Send(n(0)[0], -1), RETURN),
        body(P_MESSAGE, Send(n(0)[0], 10_000_001), RETURN),
    ),
    IrRule.TYPE_FORWARD: (types(RecordType((T(len(TYPES)),))), types(ListType(T(-1), 1))),
    IrRule.TYPE_UNKNOWN: (
        function(params=(T(len(TYPES)),)),
        function(params=(T(-1),)),
        body(P_U64, Check(T(99), n(0)[0]), RETURN),
        body(P_U64, Check(BOOL, n(0)[0]), RETURN),
        body(MakeRecord(U64, ()), RETURN),
        body(MakeList(U64, ()), RETURN),
        body(Variant(U64, 0, ()), RETURN),
        body(P_ADDRESS, P_U128, prim(PrimOp.MESSAGE, 0, 1, immediates=(U64, 0, 0)), RETURN),
        with_ensures(ForAll((T(99),), 0)),
        with_code(BASE, literals=(Literal(T(99), b""),)),
        cell(5, Cell(T(99), is_checkpointed=False)),
    ),
    IrRule.TYPE_SIZE: (
        types(UintType(24)),
        types(BytesType(0)),
        types(BytesType(65_537)),
        types(ListType(U64, 0)),
        types(ListType(U64, 4097)),
        types(MessageType(-1)),
    ),
    IrRule.ENUM_EMPTY: (types(EnumType(())),),
    IrRule.ELEMENT_EMPTY: (types(ListType(T(22), 3)),),
    IrRule.MAP_MISPLACED: (
        types(RecordType((MAP,))),
        types(ListType(MAP, 2)),
        types(EnumType(((MAP,),))),
        types(*(MapType(U64, MAP2 if i == 0 else T(len(TYPES) + i - 1)) for i in range(3))),
        function(params=(MAP,)),
        with_code(BASE, literals=(Literal(MAP, b""),)),
    ),
    IrRule.KEY_TYPE: (
        types(MapType(STRING, U64)),
        types(MapType(OPTION, U64)),
        types(BytesType(65), MapType(T(len(TYPES)), U64)),
        with_ensures(ForAll((LIST,), 0)),
        aggregate(VAR_PARAM, keys=(STRING,)),
    ),
    IrRule.MAP_DEFAULT: (types(MapType(U64, ADDRESS)), types(MapType(BOOL, T(20)))),
    IrRule.TYPE_TOO_DEEP: (deep_types(17),),
    IrRule.TYPE_TOO_LARGE: (
        types(BytesType(65_536), RecordType((T(len(TYPES)), U64))),
        types(ListType(U64, 4096), ListType(T(len(TYPES)), 17)),
        types(
            RecordType((T(22),) * 64),
            RecordType((T(len(TYPES)),) * 64),
            RecordType((T(len(TYPES) + 1),) * 64),
        ),
    ),
    IrRule.TYPE_REPEATED: (
        types(UintType(64)),
        with_spec(BASE, types=(BoolType(),)),
    ),
    IrRule.TYPE_UNUSED: (types(BytesType(33)), with_spec(BASE, types=(BytesType(33),))),
    IrRule.LITERAL_MALFORMED: (
        with_code(BASE, literals=(Literal(U64, b"\1"),)),
        with_code(BASE, literals=(Literal(BOOL, b"\2"),)),
        with_code(BASE, literals=(Literal(ADDRESS, bytes(32)),)),
        with_code(BASE, literals=(Literal(STRING, b"\xff"),)),
        with_spec(BASE, literals=(Literal(U64, b""),)),
    ),
    IrRule.LITERAL_REPEATED: (
        with_code(BASE, literals=(U64_ONE, U64_ONE)),
        with_spec(
            body(Const(0), Check(U64, n(0)[0]), RETURN, literals=(U64_ONE,)), literals=(U64_ONE,)
        ),
    ),
    IrRule.LITERAL_UNKNOWN: (body(Const(0), RETURN), body(Const(-1), RETURN)),
    IrRule.LITERAL_UNUSED: (
        with_code(BASE, literals=(U64_ONE,)),
        with_spec(BASE, literals=(U64_ONE,)),
    ),
    IrRule.SELECTOR_MALFORMED: (
        function(selector=b"short"),
        function(selector=bytes(8)),
        function(kind=FunctionKind.INIT),
        with_code(
            BASE, interfaces=(Interface((replace(INTERFACES[0].members[0], selector=bytes(8)),)),)
        ),
    ),
    IrRule.SELECTOR_REPEATED: (
        make_module(make_code(make_function(RETURN), make_function(RETURN))),
        with_code(BASE, interfaces=(Interface(INTERFACES[0].members[:1] * 2),)),
    ),
    IrRule.RESULT_COUNT: (
        function(result=(U64, U64)),
        make_module(make_code(make_function(RETURN, kind=FunctionKind.INIT, result=(U64,)))),
        with_code(
            BASE, interfaces=(Interface((replace(INTERFACES[0].members[0], result=(U64, U64)),)),)
        ),
    ),
    IrRule.STANDARD_CELL: (
        with_code(BASE, cells=CELLS[:1]),
        cell(0, Cell(U64, is_checkpointed=False)),
        cell(1, Cell(U128, is_checkpointed=True)),
    ),
    IrRule.CHECKPOINT_TYPE: (
        cell(2, Cell(U64, is_checkpointed=True)),
        cell(BALANCES, Cell(MAP2, is_checkpointed=True)),
        cell(BALANCES, Cell(T(17), is_checkpointed=True)),
    ),
    IrRule.INIT_MISPLACED: (
        make_module(
            make_code(make_function(RETURN), make_function(RETURN, kind=FunctionKind.INIT))
        ),
    ),
    IrRule.VIEW_PAYABLE: (function(kind=FunctionKind.VIEW, is_payable=True),),
    IrRule.GUARD_COUNT: (
        function(guard_count=1),
        function(guard_count=-1),
        make_module(
            make_code(
                make_function(
                    P_BOOL, If(n(0)[0], 1, 0), Fail(n(0)[0], 1, ()), RETURN, guard_count=2
                )
            )
        ),
    ),
    IrRule.CODE_EMPTY: (function(code=()), with_ensures()),
    IrRule.BLOCK_OVERRUN: (
        body(P_BOOL, If(n(0)[0], 2, 0), RETURN),
        body(P_BOOL, If(n(0)[0], 1, 0), If(n(0)[0], 0, 1), RETURN),
    ),
    IrRule.NESTING_TOO_DEEP: (nest(17),),
    IrRule.ARM_COUNT: (body(P_OPTION, Match(n(0)[0], (0, 0)), RETURN),),
    IrRule.ALL_ARMS_LEAVE: (body(P_BOOL, If(n(0)[0], 1, 1), RETURN, RETURN, RETURN),),
    IrRule.LEAVE_MISSING: (
        body(P_BOOL, Fail(n(0)[0], 1, ())),
        body(P_BOOL, If(n(0)[0], 1, 0), RETURN),
        body(Scope(0), RETURN),
        body(Scope(1), RETURN, RETURN),
    ),
    IrRule.LEAVE_MISPLACED: (
        body(RETURN, RETURN),
        body(Scope(2), Leave(0, ()), Leave(0, ()), RETURN),
    ),
    IrRule.LEAVE_TARGET: (
        body(P_BOOL, Leave(0, ())),
        body(Leave(7, ())),
        body(Fold(NO_SOURCE, 0, 2, (), 1), RETURN, RETURN),
        make_module(make_code(make_function(Scope(1), RETURN, RETURN, guard_count=2))),
        with_ensures(P_BOOL, Leave(FUNCTION_SCOPE, n(0))),
    ),
    IrRule.LEAVE_VALUES: (
        body(P_U64, Leave(FUNCTION_SCOPE, n(0))),
        body(P_BOOL, Leave(FUNCTION_SCOPE, n(0)), result=(U64,)),
        body(P_U256, Leave(FUNCTION_SCOPE, n(0)), result=(U64,)),
        body(P_BOOL, Scope(3), If(n(0)[0], 1, 0), Leave(1, n(0)), Leave(1, ()), RETURN),
        body(P_BOOL, P_U64, Scope(3), If(n(0)[0], 1, 0), Leave(2, n(0)), Leave(2, n(1)), RETURN),
    ),
    IrRule.NEXT_MISSING: (
        body(Fold(NO_SOURCE, 0, 2, (), 0), RETURN),
        body(P_BOOL, Fold(NO_SOURCE, 0, 2, (), 1), Fail(n(0)[0], 1, ()), RETURN),
    ),
    IrRule.NEXT_MISPLACED: (
        body(P_BOOL, If(n(0)[0], 1, 0), Next(n(1)[0], ()), RETURN),
        body(Fold(NO_SOURCE, 0, 2, (), 2), Next(n(0)[0], ()), Next(n(0)[0], ()), RETURN),
        body(Next(n(0)[0], ())),
    ),
    IrRule.NEXT_VALUES: (
        body(P_U64, Fold(NO_SOURCE, 0, 2, n(0), 1), Next(n(1)[0], ()), RETURN),
        body(P_U64, P_U256, Fold(NO_SOURCE, 0, 2, n(0), 1), Next(n(2)[0], n(1)), RETURN),
        body(P_U64, P_BOOL, Fold(NO_SOURCE, 0, 2, n(0), 1), Next(n(2)[0], n(1)), RETURN),
    ),
    IrRule.FOR_ALL_VALUE: (
        with_ensures(ForAll((U64,), 0)),
        with_ensures(ForAll((U64,), 1), Var(0, 0)),
    ),
    IrRule.FOLD_RANGE: (
        body(Fold(NO_SOURCE, 2, 2, (), 1), Next(n(0)[0], ()), RETURN),
        body(Fold(NO_SOURCE, 0, 65_536, (), 1), Next(n(0)[0], ()), RETURN),
        body(Fold(NO_SOURCE, 1 << 32, (1 << 32) + 1, (), 1), Next(n(0)[0], ()), RETURN),
        body(P_LIST, Fold(0, 0, 1, (), 1), Next(n(1)[0], ()), RETURN),
    ),
    IrRule.JOIN_MISPLACED: (
        body(P_BOOL, Join(n(0)[0], n(0, 0)), RETURN),
        body(P_BOOL, TRUE_BRANCH, P_U64, Join(n(1)[0], n(0, 0)), RETURN),
        body(P_BOOL, If(n(0)[0], 1, 0), Join(n(1)[0], n(0)), RETURN),
        body(Join(n(9)[0], ()), RETURN),
    ),
    IrRule.JOIN_COUNT: (
        body(P_BOOL, TRUE_BRANCH, Join(n(1)[0], n(0)), RETURN),
        body(P_BOOL, If(n(0)[0], 1, 0), RETURN, Join(n(1)[0], n(0, 0)), RETURN),
    ),
    IrRule.JOIN_VALUES: (body(P_BOOL, P_U64, TRUE_BRANCH, Join(n(2)[0], n(0, 1)), RETURN),),
    IrRule.OPERAND_FORWARD: (
        body(Check(U64, n(0)[0]), RETURN),
        body(Check(U64, n(-1)[0]), RETURN),
        body(P_BOOL, TRUE_BRANCH, Join(n(1)[0], n(0, 2)), RETURN),
        body(P_BOOL, If(n(0)[0], 0, 1), P_U64, Join(n(1)[0], n(2, 2)), RETURN),
    ),
    IrRule.OPERAND_NOT_VISIBLE: (
        body(P_BOOL, If(n(0)[0], 1, 0), P_U64, Check(U64, n(2)[0]), RETURN),
        body(P_BOOL, If(n(0)[0], 1, 1), P_U64, Check(U64, n(2)[0]), RETURN),
        body(P_BOOL, If(n(0)[0], 1, 1), P_U64, P_U64, Join(n(1)[0], n(2, 2)), RETURN),
        body(P_BOOL, If(n(0)[0], 2, 0), Scope(1), Leave(2, ()), Out(n(2)[0], 0), RETURN),
        with_ensures(ForAll((BOOL,), 1), prim(PrimOp.NOT, 0)),
    ),
    IrRule.OPERAND_WITHOUT_VALUE: (
        body(P_BOOL, TRUE_BRANCH, Check(U64, n(1)[0]), RETURN),
        body(P_BOOL, TRUE_BRANCH, Join(n(1)[0], n(1, 0)), RETURN),
    ),
    IrRule.OPERAND_COUNT: (
        body(P_U64, prim(PrimOp.ADD, 0), RETURN),
        body(prim(PrimOp.HASH, immediates=(0,)), RETURN),
        body(P_U64, MakeRecord(RECORD, n(0)), RETURN),
        body(P_U64, MakeList(LIST, n(0, 0, 0, 0, 0)), RETURN),
        body(P_BOOL, Fail(n(0)[0], 1, n(0)), RETURN),
        body(P_U64, Leave(FUNCTION_SCOPE, n(*[0] * 65))),
        body(Emit(0, ()), RETURN),
    ),
    IrRule.OPERAND_TYPE: (
        body(P_U64, If(n(0)[0], 0, 0), RETURN),
        body(P_U64, Match(n(0)[0], ()), RETURN),
        body(P_U64, Fold(0, 0, 0, (), 1), Next(n(1)[0], ()), RETURN),
        body(P_BOOL, P_U64, prim(PrimOp.ADD, 0, 1), RETURN),
        body(P_BOOL, P_U64, prim(PrimOp.EQ, 0, 1), RETURN),
        body(P_BOOL, P_U64, prim(PrimOp.SELECT, 0, 0, 1), RETURN),
        body(P_U64, prim(PrimOp.LENGTH, 0), RETURN),
        body(P_U64, prim(PrimOp.POP, 0), RETURN),
        body(P_LIST, P_U256, prim(PrimOp.APPEND, 0, 1), RETURN),
        body(P_LIST, P_BOOL, P_U64, prim(PrimOp.REPLACE, 0, 1, 2), RETURN),
        body(P_U64, prim(PrimOp.IS_MEMBER, 0, immediates=(0,)), RETURN),
        body(P_BOOL, Check(U64, n(0)[0]), RETURN),
        body(P_U64, Field(n(0)[0], 0), RETURN),
        body(P_U64, Payload(n(0)[0], 0, 0), RETURN),
        body(P_LIST, P_BOOL, Item(n(0)[0], n(1)[0]), RETURN),
        body(P_U256, Set(3, (), (), n(0)[0]), RETURN),
        body(P_U64, Update(5, (), (), Sign.PLUS, n(0)[0]), RETURN),
        body(P_BOOL, Update(3, (), (), Sign.PLUS, n(0)[0]), RETURN),
        body(P_U64, Get(BALANCES, When.NOW, n(0), ()), RETURN),
        body(P_ADDRESS, P_BOOL, Get(LAST_CELL, When.AT, n(0, 1), ()), RETURN),
        body(P_ADDRESS, P_U256, Pay(n(0)[0], n(1)[0]), RETURN),
        body(P_U64, Send(n(0)[0], 0), RETURN),
    ),
    IrRule.IMMEDIATE_WRONG: (
        body(P_U64, prim(PrimOp.NEG, 0, immediates=(1,)), RETURN),
        body(P_U64, prim(PrimOp.HASH, 0), RETURN),
        body(P_U64, prim(PrimOp.HASH, 0, immediates=(1 << 32,)), RETURN),
        body(P_OPTION, prim(PrimOp.IS_MEMBER, 0, immediates=(3,)), RETURN),
        body(*[P_ADDRESS] * 4, prim(PrimOp.VERIFY_SIGNATURE, 0, 1, 2, 3, immediates=(0,)), RETURN),
    ),
    IrRule.INT_ESCAPES: (
        body(P_U64, prim(PrimOp.ADD, 0, 0), Set(3, (), (), n(1)[0]), RETURN),
        body(P_U64, prim(PrimOp.ADD, 0, 0), Leave(FUNCTION_SCOPE, n(1)), result=(U64,)),
        body(
            P_U64,
            prim(PrimOp.NEG, 0),
            Fold(NO_SOURCE, 0, 2, n(1), 1),
            Next(n(2)[0], n(1)),
            RETURN,
        ),
        body(P_U64, prim(PrimOp.NEG, 0), prim(PrimOp.HASH, 1, immediates=(0,)), RETURN),
        body(P_U64, prim(PrimOp.NEG, 0), MakeList(LIST, n(1)), RETURN),
    ),
    IrRule.INT_TOO_WIDE: (
        chain(5),
        aggregate(VAR_PARAM, keys=(ADDRESS, ADDRESS, ADDRESS, ADDRESS)),
    ),
    IrRule.DEAD_NODE: (
        body(P_U64, RETURN),
        body(P_U64, prim(PrimOp.ADD, 0, 0), RETURN),
        guard(P_U64, prim(PrimOp.DIV, 0, 0)),
        body(P_BOOL, TRUE_BRANCH, Join(n(1)[0], n(0, 0)), RETURN),
        with_ensures(P_BOOL, P_BOOL),
    ),
    IrRule.NODE_FORBIDDEN: (
        guard(P_U64, Check(U64, n(0)[0])),
        guard(P_U64, Set(3, (), (), n(0)[0])),
        guard(P_U64, Update(3, (), (), Sign.PLUS, n(0)[0])),
        guard(P_ADDRESS, P_U128, Pay(n(0)[0], n(1)[0])),
        guard(Collect()),
        guard(P_U64, P_ADDRESS, Call(0, 0, n(1)[0], n(0), 0)),
        guard(P_MESSAGE, Send(n(0)[0], 0)),
        guard(Emit(1, ())),
        body(P_U64, Set(3, (), (), n(0)[0]), RETURN, kind=FunctionKind.VIEW),
        body(P_U64, P_ADDRESS, Call(0, 0, n(1)[0], n(0), 0), RETURN, kind=FunctionKind.VIEW),
        body(Collect(), RETURN, kind=FunctionKind.VIEW),
        body(ForAll((U64,), 1), P_BOOL, RETURN),
        body(Agg(0, When.NOW, ()), RETURN),
        with_ensures(P_BOOL, Fail(n(0)[0], 1, ())),
        with_ensures(P_U64, Check(U64, n(0)[0])),
        with_ensures(P_ADDRESS, prim(PrimOp.IS_CONTRACT, 0)),
        with_ensures(P_ADDRESS, prim(PrimOp.IMPLEMENTS, 0, immediates=(0,))),
        aggregate(ForAll((U64,), 1), VAR_KEY),
        aggregate(Agg(0, When.NOW, ())),
    ),
    IrRule.PARAM_UNKNOWN: (
        body(Param(9), RETURN),
        body(Param(-1), RETURN),
        invariant(Param(0)),
        with_ensures(Param(9)),
    ),
    IrRule.CONTEXT_FORBIDDEN: (
        body(Context(ContextKind.FUNCTION), RETURN),
        invariant(Context(ContextKind.CALLER)),
        with_ensures(Context(ContextKind.FUNCTION)),
        aggregate(Context(ContextKind.NOW)),
    ),
    IrRule.FIELD_UNKNOWN: (
        body(P_RECORD, Field(n(0)[0], 2), RETURN),
        body(P_RECORD, Field(n(0)[0], -1), RETURN),
        body(Variant(OPTION, 3, ()), RETURN),
        body(Get(CELL_TYPES.index(RECORD), When.NOW, (), (2,)), RETURN),
        body(Get(3, When.NOW, (), (0,)), RETURN),
        body(P_OPTION, Match(n(0)[0], (0, 1, 0)), Payload(n(0)[0], 1, 1), RETURN),
    ),
    IrRule.PAYLOAD_OUTSIDE_ARM: (
        body(P_OPTION, Payload(n(0)[0], 1, 0), RETURN),
        body(P_OPTION, Match(n(0)[0], (1, 0, 0)), Payload(n(0)[0], 1, 0), RETURN),
        body(P_OPTION, P_OPTION, Match(n(0)[0], (0, 1, 0)), Payload(n(1)[0], 1, 0), RETURN),
        body(P_OPTION, Match(n(0)[0], (0, 0, 0)), Payload(n(0)[0], 2, 0), RETURN),
    ),
    IrRule.VAR_UNKNOWN: (
        body(Var(0, 0), RETURN),
        body(Var(FUNCTION_SCOPE, 0), RETURN),
        body(Fold(NO_SOURCE, 0, 2, (), 1), Next(n(0)[0], ()), Var(0, 0), RETURN),
        body(Fold(NO_SOURCE, 0, 2, (), 2), Var(0, 1), Next(n(0)[0], ()), RETURN),
        aggregate(Var(FUNCTION_SCOPE, 2)),
    ),
    IrRule.OUT_UNKNOWN: (
        body(P_U64, Out(n(0)[0], 0), RETURN),
        body(Scope(1), Leave(0, ()), Out(n(0)[0], 0), RETURN),
        body(Fold(NO_SOURCE, 0, 2, (), 2), Out(n(0)[0], 0), Next(n(0)[0], ()), RETURN),
    ),
    IrRule.CELL_UNKNOWN: (
        body(Get(len(CELLS), When.NOW, (), ()), RETURN),
        body(P_U64, Set(-1, (), (), n(0)[0]), RETURN),
        claims(has_frame=True, modifies=(Modified(99, (), ()),)),
    ),
    IrRule.CELL_PROTECTED: (
        body(P_U64, Set(0, (), (), n(0)[0]), RETURN),
        body(P_U64, Update(1, (), (), Sign.PLUS, n(0)[0]), RETURN),
        claims(has_frame=True, modifies=(Modified(0, (), ()),)),
    ),
    IrRule.PATH_KEYS: (
        body(Get(BALANCES, When.NOW, (), ()), RETURN),
        body(P_U64, Get(3, When.NOW, n(0), ()), RETURN),
        body(P_U64, Get(NESTED_BALANCES, When.NOW, n(0), ()), RETURN),
        body(Get(LAST_CELL, When.AT, (), ()), RETURN),
        claims(has_frame=True, modifies=(Modified(BALANCES, (), ()),)),
        claims(has_frame=True, modifies=(Modified(3, ((P_U64,),), ()),)),
    ),
    IrRule.WHEN_FORBIDDEN: (
        body(Get(3, When.OLD, (), ()), RETURN),
        invariant(Get(3, When.OLD, (), ())),
        body(P_ADDRESS, P_U64, Get(BALANCES, When.AT, n(0, 1), ()), RETURN),
        invariant(Agg(0, When.OLD, ())),
        claims(has_frame=True, modifies=(Modified(BALANCES, ((Get(6, When.NOW, (), ()),),), ()),)),
        aggregate(VAR_KEY, Get(BALANCES, When.OLD, n(0), ())),
    ),
    IrRule.ERROR_UNKNOWN: (
        body(P_BOOL, Fail(n(0)[0], 3, ()), RETURN),
        body(P_BOOL, Fail(n(0)[0], 18, ()), RETURN),
        body(P_BOOL, Fail(n(0)[0], -1, ()), RETURN),
        claims(open_errors=(18,)),
    ),
    IrRule.EVENT_UNKNOWN: (body(Emit(2, ()), RETURN), body(Emit(-1, ()), RETURN)),
    IrRule.INTERFACE_UNKNOWN: (
        body(P_ADDRESS, Call(1, 0, n(0)[0], (), 0), RETURN),
        body(P_ADDRESS, Call(0, 2, n(0)[0], (), 0), RETURN),
        body(P_ADDRESS, prim(PrimOp.IMPLEMENTS, 0, immediates=(1,)), RETURN),
        body(P_ADDRESS, P_U128, prim(PrimOp.MESSAGE, 0, 1, immediates=(20, 0, 2)), RETURN),
    ),
    IrRule.MESSAGE_TOO_SMALL: (
        with_code(
            body(
                P_ADDRESS,
                P_U128,
                P_U64,
                prim(PrimOp.MESSAGE, 0, 1, 2, immediates=(len(TYPES), 0, 0)),
                RETURN,
            ),
            types=(*TYPES, MessageType(7)),
        ),
    ),
    IrRule.GAS_BOUND: (
        body(P_MESSAGE, Send(n(0)[0], 10_000_000), RETURN),
        body(
            Fold(NO_SOURCE, 0, 65_535, (), 4),
            P_U64,
            Set(3, (), (), n(1)[0]),
            Set(3, (), (), n(1)[0]),
            Next(n(0)[0], ()),
            RETURN,
        ),
    ),
    IrRule.SPEC_FUNCTIONS: (with_spec(BASE, functions=()),),
    IrRule.AGGREGATE_UNKNOWN: (
        with_ensures(Agg(0, When.NOW, ())),
        invariant(Agg(2, When.NOW, ())),
        invariant(Agg(-1, When.NOW, ())),
    ),
    IrRule.AGGREGATE_KEYS: (
        aggregate(VAR_PARAM, keys=()),
        aggregate(
            VAR_KEY,
            Var(FUNCTION_SCOPE, 2),
            Get(NESTED_BALANCES, When.NOW, n(0, 1), ()),
            keys=(U8, ADDRESS),
        ),
        aggregate(
            VAR_KEY,
            Var(FUNCTION_SCOPE, 2),
            Get(NESTED_BALANCES, When.NOW, n(0, 1), ()),
            keys=(U64, ADDRESS, BOOL),
        ),
        aggregate(VAR_KEY, Get(BALANCES, When.NOW, n(0), ()), keys=(ADDRESS, U64)),
        aggregate(
            VAR_PARAM,
            prim(PrimOp.MIN, 0, 0),
            VAR_KEY,
            Get(NESTED_BALANCES, When.NOW, n(1, 2), ()),
        ),
    ),
    IrRule.AGGREGATE_PATTERN: (
        with_spec(
            aggregate(
                VAR_PARAM,
                VAR_KEY,
                Get(NESTED_BALANCES, When.NOW, n(0, 1), ()),
                Const(0),
                Get(NESTED_BALANCES, When.NOW, n(3, 1), ()),
                prim(PrimOp.ADD, 2, 4),
            ),
            literals=(U64_ONE,),
        ),
    ),
    IrRule.AGGREGATE_SCALAR: (aggregate(Get(3, When.NOW, (), ())),),
    IrRule.EXPRESSION_TYPE: (
        with_ensures(P_U64),
        with_ensures(Scope(1), Leave(0, ())),
        invariant(Agg(0, When.NOW, ())),
        aggregate(VAR_KEY),
        claims(has_frame=True, modifies=(Modified(BALANCES, ((P_U64,),), ()),)),
    ),
    IrRule.FRAME_MISSING: (claims(modifies=(Modified(3, (), ()),)),),
}


@pytest.mark.parametrize("rule", list(IrRule), ids=lambda rule: rule.code)
def test_every_rule_refuses_what_breaks_it(rule: IrRule) -> None:
    cases = CASES[rule]
    assert cases, "a rule without a case is not known to be enforced"
    for number, module in enumerate(cases):
        error = validate(module)
        assert error is not None, f"case {number} is accepted"
        assert error.rule is rule, f"case {number}: {error.message}"
        assert error.code == rule.code
        assert rule.text in error.message


def test_codes_are_unique_and_named_after_their_rule() -> None:
    codes = [rule.code for rule in IrRule]
    assert len(set(codes)) == len(codes)
    assert all(rule.code == f"ir.{rule.name.lower()}" for rule in IrRule)
    assert all(a.text != b.text for a, b in pairwise(IrRule))
