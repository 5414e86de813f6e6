"""Level 5: modules that may not be deployed, for a fault in a function.

Faults are planted in a module that has one of everything, so that a row is a node list: what
nothing uses is complained about only after all functions are sound.
"""

from dataclasses import replace
from typing import Any, Final

from conformance.generate.modules import (
    ADDRESS,
    BOOL,
    HASH,
    U64,
    U128,
    U256,
    Draft,
    compute_selector,
)
from spec.ir.syntax import (
    CELL_BALANCE,
    FUNCTION_SCOPE,
    NO_SOURCE,
    NO_VALUE,
    Call,
    Cell,
    Check,
    CodeSection,
    Const,
    Context,
    ContextKind,
    Emit,
    EnumType,
    Error,
    Event,
    Fail,
    Field,
    Fold,
    Function,
    FunctionKind,
    Get,
    If,
    Interface,
    Join,
    Leave,
    ListType,
    Literal,
    MakeRecord,
    MapType,
    Match,
    Member,
    MessageType,
    Module,
    Next,
    Node,
    NodeIndex,
    Out,
    Param,
    Payload,
    Prim,
    PrimOp,
    RecordType,
    Scope,
    Set,
    Sign,
    Type,
    TypeIndex,
    Update,
    Var,
    When,
)

Row = tuple[str, str, Module]
"""Name, code of the rule, module."""

TYPE_TABLE: Final[tuple[Type, ...]] = (
    U128,
    U64,
    BOOL,
    ADDRESS,
    EnumType(((), (TypeIndex(1),))),
    RecordType((TypeIndex(1), TypeIndex(2))),
    ListType(TypeIndex(1), 3),
    MapType(TypeIndex(3), TypeIndex(1)),
    MessageType(4),
    U256,
    HASH,
)
COINS, NUMBER, FLAG, PERSON, OPTION, PAIR, LIST, MAP, MESSAGE, WIDE, DIGEST = (
    TypeIndex(index) for index in range(len(TYPE_TABLE))
)
SEVEN: Final = Const(0)
TRUE: Final = Const(1)
SCALAR_CELL, MAP_CELL, PAIR_CELL, VOTES_CELL = 2, 3, 4, 5
SELECTOR: Final = compute_selector("f")
ALL_PARAMS: Final = (NUMBER, FLAG, PERSON, OPTION, PAIR, LIST, WIDE)
P_FLAG, P_PERSON, P_OPTION, P_PAIR, P_LIST, P_WIDE = (Param(index) for index in range(1, 7))
FUNCTION: Final = Function(
    kind=FunctionKind.ACTION,
    selector=SELECTOR,
    params=ALL_PARAMS,
    result=(),
    is_payable=False,
    guard_count=0,
    code=(),
)
CODE: Final = CodeSection(
    version=1,
    types=TYPE_TABLE,
    literals=(Literal(NUMBER, (7).to_bytes(8, "little")), Literal(FLAG, b"\x01")),
    interfaces=(
        Interface(
            (
                Member(compute_selector("g"), (NUMBER,), (NUMBER,), is_view=True),
                Member(compute_selector("h"), (NUMBER,), (), is_view=False),
            )
        ),
    ),
    cells=tuple(
        Cell(t, is_checkpointed=t == MAP and n == VOTES_CELL)
        for n, t in enumerate((COINS, COINS, NUMBER, MAP, PAIR, MAP))
    ),
    events=(Event((NUMBER,)),),
    errors=(Error((NUMBER,)),),
    functions=(),
)
FINE: Final = Draft().build().spec


def n(index: int) -> NodeIndex:
    """An index as an operand."""
    return NodeIndex(index)


def end(*values: int) -> Leave:
    """The end of a function."""
    return Leave(FUNCTION_SCOPE, tuple(n(value) for value in values))


def prim(op: PrimOp, *args: int, immediates: tuple[int, ...] = ()) -> Prim:
    """An operator."""
    return Prim(op, immediates, tuple(n(arg) for arg in args))


def plant(*nodes: Node, **changes: Any) -> Module:  # noqa: ANN401 - any field of a function
    """The module that has one of everything, with one function of these nodes."""
    function = replace(FUNCTION, code=nodes, **changes)
    return Module(replace(CODE, functions=(function,)), FINE)


def plant_functions(*functions: Function) -> Module:
    """The same with other functions."""
    return Module(replace(CODE, functions=functions), FINE)


def list_rows() -> tuple[Row, ...]:
    """Every row of functions and their nodes."""
    return (
        *_list_functions(),
        *_list_blocks(),
        *_list_operands(),
        *_list_names(),
    )


def _list_functions() -> tuple[Row, ...]:
    fine = replace(FUNCTION, code=(end(),))
    init = replace(fine, kind=FunctionKind.INIT, selector=bytes(8))
    view = replace(fine, kind=FunctionKind.VIEW, is_payable=True)
    dear = Call(0, 0, n(0), (n(1),), 10_000_000, NO_VALUE)
    return (
        ("init_second", "ir.init_misplaced", plant_functions(fine, init)),
        (
            "selector_zeros",
            "ir.selector_malformed",
            plant_functions(replace(fine, selector=bytes(8))),
        ),
        (
            "init_selector",
            "ir.selector_malformed",
            plant_functions(replace(init, selector=SELECTOR)),
        ),
        ("selector_repeated", "ir.selector_repeated", plant_functions(fine, fine)),
        ("init_with_result", "ir.result_count", plant_functions(replace(init, result=(NUMBER,)))),
        (
            "param_type_unknown",
            "ir.type_unknown",
            plant_functions(replace(fine, params=(TypeIndex(99),))),
        ),
        ("param_of_map", "ir.map_misplaced", plant_functions(replace(fine, params=(MAP,)))),
        ("view_payable", "ir.view_payable", plant_functions(view)),
        ("guard_is_all", "ir.guard_count", plant(SEVEN, Emit(0, (n(0),)), end(), guard_count=3)),
        (
            "guard_in_block",
            "ir.guard_count",
            plant(P_FLAG, If(n(0), 2, 0), SEVEN, Emit(0, (n(2),)), end(), guard_count=3),
        ),
        ("gas_bound", "ir.gas_bound", plant(P_PERSON, SEVEN, dear, Emit(0, (n(2),)), end())),
        ("kind_unknown", "ir.number_out_of_range", plant(end(), kind=9)),
        ("operator_unknown", "ir.number_out_of_range", plant(Prim(99, (), ()), end())),  # type: ignore[arg-type] # a number that names nothing is the point
    )


def _list_blocks() -> tuple[Row, ...]:
    scopes: list[Node] = [Scope(2 * (16 - k) + 1) for k in range(17)]
    leaves: list[Node] = [Leave(k, ()) for k in reversed(range(17))]
    number = SEVEN
    return (
        ("code_empty", "ir.code_empty", plant()),
        ("block_overrun", "ir.block_overrun", plant(P_FLAG, If(n(0), 5, 0), end())),
        (
            "block_overruns_outer",
            "ir.block_overrun",
            plant(P_FLAG, If(n(0), 1, 1), If(n(0), 1, 0), end(), end()),
        ),
        ("nesting", "ir.nesting_too_deep", plant(*scopes, *leaves, end())),
        ("arm_missing", "ir.arm_count", plant(P_OPTION, Match(n(0), (1,)), number, end())),
        ("arm_surplus", "ir.arm_count", plant(P_OPTION, Match(n(0), (0, 0, 0)), end())),
        ("all_arms_leave", "ir.all_arms_leave", plant(P_FLAG, If(n(0), 1, 1), end(), end(), end())),
        ("leave_missing", "ir.leave_missing", plant(number, Emit(0, (n(0),)))),
        (
            "scope_without_leave",
            "ir.leave_missing",
            plant(Scope(2), number, Emit(0, (n(1),)), end()),
        ),
        ("leave_misplaced", "ir.leave_misplaced", plant(end(), end())),
        ("leave_of_if", "ir.leave_target", plant(P_FLAG, If(n(0), 1, 0), Leave(1, ()), end())),
        ("leave_in_fold", "ir.leave_target", plant(Fold(NO_SOURCE, 0, 2, (), 1), end(), end())),
        (
            "leave_in_guard",
            "ir.leave_target",
            plant(P_FLAG, If(n(0), 1, 0), end(), end(), guard_count=3),
        ),
        ("leave_values_missing", "ir.leave_values", plant(end(), result=(NUMBER,))),
        ("leave_values_surplus", "ir.leave_values", plant(number, end(0))),
        ("leave_values_type", "ir.leave_values", plant(TRUE, end(0), result=(NUMBER,))),
        ("next_missing", "ir.next_missing", plant(Fold(NO_SOURCE, 0, 2, (), 1), number, end())),
        ("next_misplaced", "ir.next_misplaced", plant(number, Next(n(0), ()), end())),
        (
            "next_values_missing",
            "ir.next_values",
            plant(number, Fold(NO_SOURCE, 0, 2, (n(0),), 1), Next(n(1), ()), end()),
        ),
        (
            "next_values_type",
            "ir.next_values",
            plant(number, Fold(NO_SOURCE, 0, 2, (n(0),), 2), TRUE, Next(n(1), (n(2),)), end()),
        ),
        ("fold_empty", "ir.fold_range", plant(Fold(NO_SOURCE, 3, 3, (), 1), Next(n(0), ()), end())),
        (
            "fold_backwards",
            "ir.fold_range",
            plant(Fold(NO_SOURCE, 4, 3, (), 1), Next(n(0), ()), end()),
        ),
        (
            "fold_long",
            "ir.fold_range",
            plant(Fold(NO_SOURCE, 0, 65_536, (), 1), Next(n(0), ()), end()),
        ),
        ("join_misplaced", "ir.join_misplaced", plant(number, Join(n(0), (n(0),)), end())),
        (
            "join_late",
            "ir.join_misplaced",
            plant(
                P_FLAG, number, If(n(0), 0, 0), Emit(0, (n(1),)), Join(n(2), (n(1), n(1))), end()
            ),
        ),
        (
            "join_count",
            "ir.join_count",
            plant(P_FLAG, If(n(0), 1, 1), number, number, Join(n(1), (n(2),)), end()),
        ),
        (
            "join_values",
            "ir.join_values",
            plant(P_FLAG, If(n(0), 1, 1), number, TRUE, Join(n(1), (n(2), n(3))), end()),
        ),
    )


def _list_operands() -> tuple[Row, ...]:
    wide = tuple(prim(PrimOp.MUL, k, k) for k in range(3))
    add = prim(PrimOp.ADD, 0, 0)
    two = (P_FLAG, If(n(0), 1, 1), SEVEN, SEVEN)
    return (
        ("operand_forward", "ir.operand_forward", plant(Check(NUMBER, n(1)), SEVEN, end())),
        ("operand_itself", "ir.operand_forward", plant(Check(NUMBER, n(0)), end())),
        (
            "operand_of_other_arm",
            "ir.operand_not_visible",
            plant(*two, Set(SCALAR_CELL, (), (), n(2)), end()),
        ),
        (
            "operand_of_fold_body",
            "ir.operand_not_visible",
            plant(Fold(NO_SOURCE, 0, 2, (), 2), SEVEN, Next(n(0), ()), Emit(0, (n(1),)), end()),
        ),
        (
            "operand_without_value",
            "ir.operand_without_value",
            plant(SEVEN, Emit(0, (n(0),)), Check(NUMBER, n(1)), end()),
        ),
        ("operand_missing", "ir.operand_count", plant(SEVEN, MakeRecord(PAIR, (n(0),)), end())),
        ("operand_surplus", "ir.operand_count", plant(SEVEN, prim(PrimOp.ADD, 0, 0, 0), end())),
        ("operand_type", "ir.operand_type", plant(SEVEN, prim(PrimOp.NOT, 0), end())),
        (
            "operand_narrowed",
            "ir.operand_type",
            plant(P_WIDE, Set(SCALAR_CELL, (), (), n(0)), end()),
        ),
        ("condition_type", "ir.operand_type", plant(SEVEN, If(n(0), 0, 0), end())),
        (
            "immediate_surplus",
            "ir.immediate_wrong",
            plant(SEVEN, Prim(PrimOp.ADD, (1,), (n(0), n(0))), end()),
        ),
        (
            "immediate_missing",
            "ir.immediate_wrong",
            plant(P_OPTION, prim(PrimOp.IS_MEMBER, 0), end()),
        ),
        ("int_returned", "ir.int_escapes", plant(SEVEN, add, end(1), result=(NUMBER,))),
        ("int_stored", "ir.int_escapes", plant(SEVEN, add, Set(SCALAR_CELL, (), (), n(1)), end())),
        ("int_emitted", "ir.int_escapes", plant(SEVEN, add, Emit(0, (n(1),)), end())),
        (
            "int_carried",
            "ir.int_escapes",
            plant(SEVEN, add, Fold(NO_SOURCE, 0, 2, (n(1),), 1), Next(n(2), ()), end()),
        ),
        (
            "int_hashed",
            "ir.int_escapes",
            plant(SEVEN, add, prim(PrimOp.HASH, 1, immediates=(0,)), end()),
        ),
        ("int_too_wide", "ir.int_too_wide", plant(P_WIDE, *wide, end())),
        ("dead_constant", "ir.dead_node", plant(SEVEN, end())),
        (
            "dead_division_in_guard",
            "ir.dead_node",
            plant(SEVEN, prim(PrimOp.DIV, 0, 0), end(), guard_count=2),
        ),
        ("dead_read", "ir.dead_node", plant(Get(SCALAR_CELL, When.NOW, (), ()), end())),
    )


def _list_names() -> tuple[Row, ...]:
    forbidden, path = "ir.node_forbidden", "ir.path_keys"
    store = Set(SCALAR_CELL, (), (), n(0))
    return (
        ("set_in_view", forbidden, plant(SEVEN, store, end(), kind=FunctionKind.VIEW)),
        ("set_in_guard", forbidden, plant(SEVEN, store, end(), guard_count=2)),
        ("check_in_guard", forbidden, plant(SEVEN, Check(NUMBER, n(0)), end(), guard_count=2)),
        (
            "call_of_action_in_view",
            forbidden,
            plant(
                P_PERSON,
                SEVEN,
                Call(0, 1, n(0), (n(1),), 5, NO_VALUE),
                end(),
                kind=FunctionKind.VIEW,
            ),
        ),
        (
            "call_gas",
            "ir.number_out_of_range",
            plant(P_PERSON, SEVEN, Call(0, 1, n(0), (n(1),), 10_000_001, NO_VALUE), end()),
        ),
        ("param", "ir.param_unknown", plant(Param(7), end())),
        ("context_function", "ir.context_forbidden", plant(Context(ContextKind.FUNCTION), end())),
        ("field", "ir.field_unknown", plant(P_PAIR, Field(n(0), 2), end())),
        ("field_of_path", "ir.field_unknown", plant(Get(PAIR_CELL, When.NOW, (), (2,)), end())),
        ("payload_outside", "ir.payload_outside_arm", plant(P_OPTION, Payload(n(0), 1, 0), end())),
        (
            "payload_in_other_arm",
            "ir.payload_outside_arm",
            plant(P_OPTION, Match(n(0), (1, 0)), Payload(n(0), 1, 0), end()),
        ),
        ("variable", "ir.var_unknown", plant(Var(FUNCTION_SCOPE, 0), end())),
        (
            "variable_of_fold",
            "ir.var_unknown",
            plant(Fold(NO_SOURCE, 0, 2, (), 2), Var(0, 1), Next(n(0), ()), end()),
        ),
        ("out_of_nothing", "ir.out_unknown", plant(SEVEN, Out(n(0), 0), end())),
        (
            "out_of_open_fold",
            "ir.out_unknown",
            plant(
                SEVEN, Fold(NO_SOURCE, 0, 2, (n(0),), 2), Out(n(1), 0), Next(n(1), (n(2),)), end()
            ),
        ),
        ("cell", "ir.cell_unknown", plant(Get(9, When.NOW, (), ()), end())),
        ("cell_balance", "ir.cell_protected", plant(SEVEN, Set(CELL_BALANCE, (), (), n(0)), end())),
        (
            "update_inbox",
            "ir.cell_protected",
            plant(SEVEN, Update(1, (), (), Sign.PLUS, n(0)), end()),
        ),
        ("path_short", path, plant(Get(MAP_CELL, When.NOW, (), ()), end())),
        ("path_long", path, plant(P_PERSON, Get(SCALAR_CELL, When.NOW, (n(0),), ()), end())),
        ("old_state", "ir.when_forbidden", plant(Get(SCALAR_CELL, When.OLD, (), ()), end())),
        (
            "past_of_plain_map",
            "ir.when_forbidden",
            plant(P_PERSON, SEVEN, Get(MAP_CELL, When.AT, (n(0), n(1)), ()), end()),
        ),
        ("error", "ir.error_unknown", plant(TRUE, Fail(n(0), 17, ()), end())),
        ("error_reserved", "ir.error_unknown", plant(TRUE, Fail(n(0), 3, ()), end())),
        ("event", "ir.event_unknown", plant(SEVEN, Emit(1, (n(0),)), end())),
        (
            "interface",
            "ir.interface_unknown",
            plant(P_PERSON, SEVEN, Call(1, 0, n(0), (n(1),), 5, NO_VALUE), end()),
        ),
        (
            "member",
            "ir.interface_unknown",
            plant(P_PERSON, SEVEN, Call(0, 2, n(0), (n(1),), 5, NO_VALUE), end()),
        ),
        ("literal", "ir.literal_unknown", plant(Const(2), end())),
        ("check_type", "ir.type_unknown", plant(SEVEN, Check(FLAG, n(0)), end())),
        (
            "message_small",
            "ir.message_too_small",
            plant(
                P_PERSON,
                Get(CELL_BALANCE, When.NOW, (), ()),
                SEVEN,
                prim(PrimOp.MESSAGE, 0, 1, 2, immediates=(MESSAGE, 0, 0)),
                end(),
            ),
        ),
    )
