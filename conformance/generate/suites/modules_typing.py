"""Level 5: modules that may not be deployed, because a node is given what it doesn't take.

One row for each operand of each kind of node: a checker that forgets one deploys code whose run has
no meaning.
"""

from typing import Final

from conformance.generate.suites.modules_code import (
    DIGEST,
    FLAG,
    LIST,
    MAP_CELL,
    MESSAGE,
    NUMBER,
    OPTION,
    P_FLAG,
    P_LIST,
    P_OPTION,
    P_PAIR,
    P_PERSON,
    PAIR,
    SCALAR_CELL,
    SEVEN,
    TRUE,
    VOTES_CELL,
    Row,
    end,
    n,
    plant,
    prim,
)
from spec.ir.syntax import (
    NO_SOURCE,
    NO_VALUE,
    Call,
    Check,
    Collect,
    Emit,
    Fail,
    Field,
    Fold,
    FunctionKind,
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
    Out,
    Pay,
    Payload,
    PrimOp,
    Scope,
    Send,
    Set,
    Sign,
    Update,
    Variant,
    When,
)

TYPE: Final = "ir.operand_type"
IMMEDIATE: Final = "ir.immediate_wrong"
UNKNOWN: Final = "ir.type_unknown"
ERROR: Final = 16


def list_rows() -> tuple[Row, ...]:
    """Every row of operand types, and of the names that a type decides about."""
    return (
        *(_row(f"operator_{name}", code, *nodes) for name, code, nodes in _list_operators()),
        *(_row(f"node_{name}", code, *nodes) for name, code, nodes in _list_nodes()),
        *(_row(f"effect_{name}", code, *nodes) for name, code, nodes in _list_effects()),
        *(_row(f"block_{name}", code, *nodes) for name, code, nodes in _list_blocks()),
        *_list_places(),
    )


Plan = tuple[str, str, tuple[Node, ...]]
"""Name, rule, nodes before the end."""


def _row(name: str, code: str, *nodes: Node) -> Row:
    return (name, code, plant(*nodes, end()))


def _list_operators() -> tuple[Plan, ...]:
    numeric = ("ADD", "MUL", "DIV", "MOD", "MIN", "MAX", "LT", "LE")
    logical = ("AND", "OR")
    return (
        *((op.lower(), TYPE, (SEVEN, TRUE, prim(PrimOp[op], 0, 1))) for op in numeric),
        *((op.lower(), TYPE, (TRUE, SEVEN, prim(PrimOp[op], 0, 1))) for op in logical),
        ("neg", TYPE, (TRUE, prim(PrimOp.NEG, 0))),
        ("eq", TYPE, (SEVEN, TRUE, prim(PrimOp.EQ, 0, 1))),
        ("eq_of_records", TYPE, (P_PAIR, P_OPTION, prim(PrimOp.EQ, 0, 1))),
        ("select_condition", TYPE, (SEVEN, prim(PrimOp.SELECT, 0, 0, 0))),
        ("select_arms", TYPE, (TRUE, SEVEN, prim(PrimOp.SELECT, 0, 0, 1))),
        ("length", TYPE, (SEVEN, prim(PrimOp.LENGTH, 0))),
        ("append_to_number", TYPE, (SEVEN, prim(PrimOp.APPEND, 0, 0))),
        ("append_other", TYPE, (P_LIST, TRUE, prim(PrimOp.APPEND, 0, 1))),
        ("pop", TYPE, (SEVEN, prim(PrimOp.POP, 0))),
        ("replace_in_number", TYPE, (SEVEN, prim(PrimOp.REPLACE, 0, 0, 0))),
        ("replace_index", TYPE, (P_LIST, TRUE, SEVEN, prim(PrimOp.REPLACE, 0, 1, 2))),
        ("replace_other", TYPE, (P_LIST, SEVEN, TRUE, prim(PrimOp.REPLACE, 0, 1, 2))),
        ("is_member", TYPE, (SEVEN, prim(PrimOp.IS_MEMBER, 0, immediates=(0,)))),
        ("is_member_tag", IMMEDIATE, (P_OPTION, prim(PrimOp.IS_MEMBER, 0, immediates=(2,)))),
        ("hash_nothing", "ir.operand_count", (prim(PrimOp.HASH, immediates=(0,)),)),
        ("scheme", IMMEDIATE, (SEVEN, prim(PrimOp.VERIFY_SIGNATURE, 0, 0, 0, 0, immediates=(9,)))),
        ("signed", TYPE, (SEVEN, prim(PrimOp.VERIFY_SIGNATURE, 0, 0, 0, 0, immediates=(1,)))),
        ("is_contract", TYPE, (SEVEN, prim(PrimOp.IS_CONTRACT, 0))),
        ("implements", TYPE, (SEVEN, prim(PrimOp.IMPLEMENTS, 0, immediates=(0,)))),
        (
            "implements_unknown",
            "ir.interface_unknown",
            (P_PERSON, prim(PrimOp.IMPLEMENTS, 0, immediates=(1,))),
        ),
        ("message_type", UNKNOWN, _make_message(FLAG, 0, 0)),
        ("message_interface", "ir.interface_unknown", _make_message(MESSAGE, 1, 0)),
        ("message_member", "ir.interface_unknown", _make_message(MESSAGE, 0, 2)),
        (
            "message_target",
            TYPE,
            (SEVEN, prim(PrimOp.MESSAGE, 0, 0, 0, immediates=(MESSAGE, 0, 0))),
        ),
        (
            "message_arguments",
            "ir.operand_count",
            (P_PERSON, SEVEN, prim(PrimOp.MESSAGE, 0, 1, immediates=(MESSAGE, 0, 0))),
        ),
    )


def _make_message(kind: int, interface: int, member: int) -> tuple[Node, ...]:
    immediates = (kind, interface, member)
    return (P_PERSON, SEVEN, prim(PrimOp.MESSAGE, 0, 1, 1, immediates=immediates))


def _list_nodes() -> tuple[Plan, ...]:
    return (
        ("check_type", UNKNOWN, (SEVEN, Check(n(99), n(0)))),  # type: ignore[arg-type] # any index
        ("check_of_bool", TYPE, (TRUE, Check(NUMBER, n(0)))),
        ("record_type", UNKNOWN, (SEVEN, MakeRecord(LIST, (n(0),)))),
        ("record_field", TYPE, (SEVEN, MakeRecord(PAIR, (n(0), n(0))))),
        ("record_surplus", "ir.operand_count", (SEVEN, TRUE, MakeRecord(PAIR, (n(0), n(1), n(1))))),
        ("field_of_number", TYPE, (SEVEN, Field(n(0), 0))),
        ("variant_type", UNKNOWN, (SEVEN, Variant(PAIR, 0, (n(0),)))),
        ("variant_tag", "ir.field_unknown", (Variant(OPTION, 2, ()),)),
        ("variant_payload", TYPE, (TRUE, Variant(OPTION, 1, (n(0),)))),
        ("variant_payload_missing", "ir.operand_count", (Variant(OPTION, 1, ()),)),
        ("list_type", UNKNOWN, (SEVEN, MakeList(PAIR, (n(0),)))),
        ("list_element", TYPE, (TRUE, MakeList(LIST, (n(0),)))),
        ("list_too_long", "ir.operand_count", (SEVEN, MakeList(LIST, (n(0),) * 4))),
        ("item_of_number", TYPE, (SEVEN, Item(n(0), n(0)))),
        ("item_index", TYPE, (P_LIST, TRUE, Item(n(0), n(1)))),
        ("payload_of_number", TYPE, (SEVEN, Payload(n(0), 0, 0))),
        ("payload_field", "ir.field_unknown", (P_OPTION, Match(n(0), (0, 1)), Payload(n(0), 1, 1))),
        ("key_type", TYPE, (SEVEN, Get(MAP_CELL, When.NOW, (n(0),), ()))),
        ("past_without_height", "ir.path_keys", (Get(VOTES_CELL, When.AT, (), ()),)),
        ("past_height_type", TYPE, (P_PERSON, Get(VOTES_CELL, When.AT, (n(0), n(0)), ()))),
        ("field_of_scalar", "ir.field_unknown", (Get(SCALAR_CELL, When.NOW, (), (0,)),)),
    )


def _list_effects() -> tuple[Plan, ...]:
    return (
        ("set_type", TYPE, (TRUE, Set(SCALAR_CELL, (), (), n(0)))),
        ("set_unknown", "ir.cell_unknown", (SEVEN, Set(6, (), (), n(0)))),
        ("set_map", "ir.path_keys", (SEVEN, Set(MAP_CELL, (), (), n(0)))),
        ("update_record", TYPE, (SEVEN, Update(4, (), (), Sign.PLUS, n(0)))),
        ("update_amount", TYPE, (TRUE, Update(SCALAR_CELL, (), (), Sign.PLUS, n(0)))),
        ("fail_condition", TYPE, (SEVEN, Fail(n(0), ERROR, (n(0),)))),
        ("fail_argument", TYPE, (TRUE, Fail(n(0), ERROR, (n(0),)))),
        ("fail_argument_missing", "ir.operand_count", (TRUE, Fail(n(0), ERROR, ()))),
        ("fail_standard_argument", "ir.operand_count", (TRUE, Fail(n(0), 1, (n(0),)))),
        ("pay_to", TYPE, (SEVEN, Pay(n(0), n(0)))),
        ("pay_amount", TYPE, (P_PERSON, TRUE, Pay(n(0), n(1)))),
        ("call_target", TYPE, (SEVEN, Call(0, 1, n(0), (n(0),), 5, NO_VALUE))),
        ("call_argument", TYPE, (P_PERSON, TRUE, Call(0, 1, n(0), (n(1),), 5, NO_VALUE))),
        (
            "call_argument_missing",
            "ir.operand_count",
            (P_PERSON, Call(0, 1, n(0), (), 5, NO_VALUE)),
        ),
        ("call_value", TYPE, (P_PERSON, SEVEN, Call(0, 1, n(0), (n(1),), 5, 0))),
        ("send_number", TYPE, (SEVEN, Send(n(0), 5))),
        ("send_gas", "ir.number_out_of_range", (SEVEN, Send(n(0), 10_000_001))),
        ("emit_field", TYPE, (TRUE, Emit(0, (n(0),)))),
        ("emit_field_missing", "ir.operand_count", (Emit(0, ()),)),
    )


def _list_blocks() -> tuple[Plan, ...]:
    branch = (P_FLAG, SEVEN, If(n(0), 0, 0))
    source = (SEVEN, Fold(0, 0, 0, (), 1), Next(n(1), ()))
    listed = (P_LIST, Fold(0, 0, 2, (), 1), Next(n(1), ()))
    leaves = (SEVEN, TRUE, P_FLAG, Scope(3), If(n(2), 1, 0), Leave(3, (n(0),)), Leave(3, (n(1),)))
    counts = (SEVEN, P_FLAG, Scope(3), If(n(1), 1, 0), Leave(2, ()), Leave(2, (n(0),)))
    return (
        ("match_of_number", TYPE, (SEVEN, Match(n(0), (0,)))),
        ("fold_of_number", TYPE, source),
        ("fold_of_list_with_range", "ir.fold_range", listed),
        (
            "next_of_other",
            "ir.next_misplaced",
            (Fold(NO_SOURCE, 0, 2, (), 2), Fold(NO_SOURCE, 0, 2, (), 1), Next(n(0), ())),
        ),
        ("leaves_of_two_types", "ir.leave_values", leaves),
        ("leaves_of_two_counts", "ir.leave_values", counts),
        (
            "out_beyond",
            "ir.out_unknown",
            (SEVEN, Fold(NO_SOURCE, 0, 2, (n(0),), 2), SEVEN, Next(n(1), (n(2),)), Out(n(1), 1)),
        ),
        ("out_of_branch", "ir.out_unknown", (*branch, Out(n(2), 0))),
        (
            "join_of_scope",
            "ir.join_misplaced",
            (SEVEN, Scope(1), Leave(1, ()), Join(n(1), (n(0),))),
        ),
        (
            "join_between",
            "ir.join_misplaced",
            (*branch, Join(n(2), (n(1), n(1))), Emit(0, (n(3),)), Join(n(2), (n(1), n(1)))),
        ),
        ("join_forward", "ir.operand_forward", (*branch, Join(n(2), (n(3), n(1))))),
        (
            "join_of_effect",
            "ir.operand_without_value",
            (P_FLAG, SEVEN, If(n(0), 1, 0), Emit(0, (n(1),)), Join(n(2), (n(3), n(1)))),
        ),
        (
            "join_of_other_arm",
            "ir.operand_not_visible",
            (P_FLAG, If(n(0), 1, 0), SEVEN, Join(n(1), (n(2), n(2)))),
        ),
    )


def _list_places() -> tuple[Row, ...]:
    """Effects where nothing may happen, and digests where none fit."""
    view, forbidden = FunctionKind.VIEW, "ir.node_forbidden"
    effects: tuple[tuple[str, tuple[Node, ...]], ...] = (
        ("pay", (P_PERSON, Get(0, When.NOW, (), ()), Pay(n(0), n(1)))),
        ("collect", (Collect(),)),
        ("emit", (SEVEN, Emit(0, (n(0),)))),
        ("update", (SEVEN, Update(SCALAR_CELL, (), (), Sign.MINUS, n(0)))),
    )
    digest = plant(end(), result=(DIGEST,))
    return (
        *((f"view_{name}", forbidden, plant(*nodes, end(), kind=view)) for name, nodes in effects),
        *(
            (f"guard_{name}", forbidden, plant(*nodes, end(), guard_count=len(nodes)))
            for name, nodes in effects
        ),
        (
            "guard_call",
            forbidden,
            plant(P_PERSON, SEVEN, Call(0, 0, n(0), (n(1),), 5, NO_VALUE), end(), guard_count=3),
        ),
        ("result_missing", "ir.leave_values", digest),
    )
