"""For each rule on a module's tables and functions, modules that break it."""

from dataclasses import replace

from spec.ir.errors import IrRule
from spec.ir.syntax import (
    BoolType,
    BytesType,
    Cell,
    Check,
    Const,
    EnumType,
    Fail,
    ForAll,
    FunctionKind,
    If,
    Interface,
    ListType,
    Literal,
    MakeList,
    MakeRecord,
    MapType,
    MessageType,
    Module,
    PrimOp,
    Property,
    RecordType,
    Send,
    UintType,
    Variant,
)
from tests.spec.ir.broken import (
    BASE,
    U64_ONE,
    VAR_PARAM,
    aggregate,
    cell,
    claims,
    deep_types,
    function,
    types,
)
from tests.spec.ir.small import (
    P_ADDRESS,
    P_BOOL,
    P_MESSAGE,
    P_U64,
    P_U128,
    RETURN,
    body,
    make_code,
    make_function,
    make_module,
    n,
    prim,
    with_code,
    with_ensures,
    with_spec,
)
from tests.spec.ir.tables import (
    ADDRESS,
    BALANCES,
    BOOL,
    CELLS,
    ERRORS,
    INTERFACES,
    LIST,
    MAP,
    MAP2,
    OPTION,
    STRING,
    TYPES,
    U64,
    U128,
    T,
)

TABLE_CASES: dict[IrRule, tuple[Module, ...]] = {
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
}
