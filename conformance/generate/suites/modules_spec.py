"""Level 5: modules that may not be deployed, for a fault in the properties; and such that may."""

from dataclasses import replace
from typing import Any, Final, cast

from conformance.generate.calculator import CALCULATOR
from conformance.generate.modules import (
    ADDRESS,
    BOOL,
    NO_CLAIMS,
    U8,
    U64,
    U128,
    U256,
    Body,
    Draft,
    compute_selector,
)
from conformance.generate.suites.modules_code import Row, end, n, prim
from spec.ir.syntax import (
    FUNCTION_SCOPE,
    Agg,
    Aggregate,
    BytesType,
    Code,
    Const,
    Context,
    ContextKind,
    Event,
    ForAll,
    Function,
    FunctionKind,
    FunctionSpec,
    Get,
    Interface,
    ListType,
    Literal,
    MapType,
    Member,
    MessageType,
    Modified,
    Module,
    Param,
    Prim,
    PrimOp,
    Property,
    Send,
    Set,
    Sign,
    SpecSection,
    Type,
    TypeIndex,
    Update,
    Var,
    When,
)

DRAFT: Final = Draft()
ROW_MAP: Final = MapType(DRAFT.type(U64), DRAFT.type(U64))
TABLE: Final = MapType(DRAFT.type(U64), DRAFT.type(ROW_MAP))
TOTAL: Final = DRAFT.cell(U64)
PARTS: Final = DRAFT.cell(ROW_MAP)
GRID: Final = DRAFT.cell(TABLE)
NUMBER: Final = DRAFT.type(U64)
KEY_OF_MAP: Final = DRAFT.type(ROW_MAP)
BASE_CODE: Final = replace(
    DRAFT.build().code,
    functions=(
        Function(
            kind=FunctionKind.ACTION,
            selector=compute_selector("add"),
            params=(NUMBER, NUMBER),
            result=(),
            is_payable=False,
            guard_count=0,
            code=(
                Param(0),
                Param(1),
                Update(PARTS, (n(0),), (), Sign.PLUS, n(1)),
                Update(TOTAL, (), (), Sign.PLUS, n(1)),
                Update(GRID, (n(0), n(0)), (), Sign.PLUS, n(1)),
                end(),
            ),
        ),
    ),
)
BOUND: Final = Var(FUNCTION_SCOPE, 0)
SECOND: Final = Var(FUNCTION_SCOPE, 1)
SUM: Final = Aggregate((), (NUMBER,), (BOUND, Get(PARTS, When.NOW, (n(0),), ())))
TOTAL_NOW: Final = Get(TOTAL, When.NOW, (), ())
BACKED: Final = Property((Agg(0, When.NOW, ()), TOTAL_NOW, prim(PrimOp.EQ, 0, 1)), is_lemma=False)
QUANTIFIED: Final = Property(
    (
        ForAll((NUMBER,), 4),
        Var(0, 0),
        Get(PARTS, When.NOW, (n(1),), ()),
        TOTAL_NOW,
        prim(PrimOp.LE, 2, 3),
    ),
    is_lemma=True,
)
GROWS: Final = Property(
    (Get(TOTAL, When.OLD, (), ()), TOTAL_NOW, prim(PrimOp.LE, 0, 1)), is_lemma=False
)
CLAIMS: Final = FunctionSpec(
    is_complete=True,
    open_errors=(),
    has_frame=True,
    modifies=(
        Modified(PARTS, ((Param(0),),), ()),
        Modified(TOTAL, (), ()),
        Modified(GRID, ((Param(0),), (Param(0),)), ()),
    ),
    ensures=(
        (
            Get(TOTAL, When.OLD, (), ()),
            Param(1),
            prim(PrimOp.ADD, 0, 1),
            TOTAL_NOW,
            prim(PrimOp.EQ, 2, 3),
        ),
    ),
)
BASE: Final = SpecSection(
    types=(),
    literals=(),
    aggregates=(SUM,),
    functions=(CLAIMS,),
    invariants=(BACKED, QUANTIFIED),
    transitions=(GROWS,),
)


def change(**changes: Any) -> Module:  # noqa: ANN401 - any field of a section
    """The good module with other properties."""
    return Module(BASE_CODE, replace(BASE, **changes))


def claim(**changes: Any) -> Module:  # noqa: ANN401 - any field of the claims
    """The good module with other claims of its function."""
    return change(functions=(replace(CLAIMS, **changes),))


def state(*nodes: Any) -> Module:  # noqa: ANN401 - nodes
    """The good module with this invariant."""
    return change(invariants=(BACKED, Property(tuple(nodes), is_lemma=False)))


def add_up(keys: tuple[TypeIndex, ...], body: Code) -> Module:
    """The good module with this aggregate besides."""
    return change(aggregates=(SUM, Aggregate((), keys, body)))


def list_valid() -> tuple[tuple[str, Module], ...]:
    """Modules that may be deployed."""
    return (
        ("empty", Draft().build()),
        ("calculator", CALCULATOR),
        ("properties", change()),
        ("largest_types", _build_largest()),
        ("message_just_fits", _build_message()),
        ("widest_sum", _build_wide(3)),
        ("no_properties", Module(BASE_CODE, SpecSection((), (), (), (NO_CLAIMS,), (), ()))),
    )


def _build_wide(count: int) -> Module:
    """A sum of 256-bit values over so many addresses: 256 bits more for each."""
    draft = Draft()
    kind: Type = U256
    for _ in range(count):
        kind = MapType(draft.type(ADDRESS), draft.type(kind))
    cell = draft.cell(kind)
    keys = (draft.type(ADDRESS),) * count
    bound = tuple(Var(FUNCTION_SCOPE, index) for index in range(count))
    read = Get(cell, When.NOW, tuple(n(index) for index in range(count)), ())
    section = draft.build().spec
    return Module(
        draft.build().code, replace(section, aggregates=(Aggregate((), keys, (*bound, read)),))
    )


def _build_message() -> Module:
    """A message that has room for its arguments and not a byte more."""
    draft = Draft()
    member = Member(compute_selector("g"), draft.fields((U64,)), (), is_view=False)
    draft.interfaces.append(Interface((member,)))
    body = Body()
    target, value, number = body.params(3)
    immediates = (draft.type(MessageType(8)), 0, 0)
    body.add(Send(body.prim(PrimOp.MESSAGE, target, value, number, immediates=immediates), 500))
    body.leave()
    draft.function("send", (ADDRESS, U128, U64), None, body)
    return draft.build()


def _build_largest() -> Module:
    """Types, lists and an event exactly at their bounds."""
    draft = Draft()
    draft.cell(BytesType(65_536))
    draft.cell(ListType(draft.type(U8), 4_096))
    draft.cell(MapType(draft.type(BytesType(64)), draft.type(U64)))
    half = draft.type(BytesType(32_768))
    draft.events.append(Event((half, half)))
    return draft.build()


def list_rows() -> tuple[Row, ...]:
    """Every row of the spec section."""
    one = Literal(NUMBER, (1).to_bytes(8, "little"))
    flag = BOOL
    read = Get(PARTS, When.NOW, (n(0),), ())
    grid = Get(GRID, When.NOW, (n(0), n(1)), ())
    turned = Get(GRID, When.NOW, (n(1), n(0)), ())
    keys, two = "ir.aggregate_keys", (NUMBER, NUMBER)
    both = (BOUND, SECOND, grid, turned, prim(PrimOp.ADD, 2, 3))
    return (
        ("functions_missing", "ir.spec_functions", change(functions=())),
        ("functions_surplus", "ir.spec_functions", change(functions=(CLAIMS, CLAIMS))),
        ("spec_type_repeated", "ir.type_repeated", change(types=(U64,))),
        ("spec_type_unused", "ir.type_unused", change(types=(flag,))),
        ("spec_literal_unused", "ir.literal_unused", change(literals=(one,))),
        ("spec_literal_repeated", "ir.literal_repeated", change(literals=(one, one))),
        (
            "aggregate",
            "ir.aggregate_unknown",
            state(Agg(1, When.NOW, ()), TOTAL_NOW, prim(PrimOp.EQ, 0, 1)),
        ),
        (
            "aggregate_at",
            "ir.when_forbidden",
            state(Agg(0, When.AT, ()), TOTAL_NOW, prim(PrimOp.EQ, 0, 1)),
        ),
        ("aggregate_too_wide", "ir.int_too_wide", _build_wide(4)),
        *_list_unknown_operators(),
        ("aggregate_no_key", keys, add_up((), (TOTAL_NOW,))),
        ("aggregate_key_unread", keys, add_up(two, (BOUND, read))),
        (
            "aggregate_key_computed",
            keys,
            add_up((NUMBER,), (BOUND, prim(PrimOp.MAX, 0, 0), Get(PARTS, When.NOW, (n(1),), ()))),
        ),
        ("aggregate_pattern", "ir.aggregate_pattern", add_up(two, both)),
        (
            "aggregate_scalar",
            "ir.aggregate_scalar",
            add_up((NUMBER,), (BOUND, read, TOTAL_NOW, prim(PrimOp.ADD, 1, 2))),
        ),
        (
            "aggregate_of_bool",
            "ir.expression_type",
            add_up((NUMBER,), (BOUND, read, prim(PrimOp.LT, 0, 1))),
        ),
        ("aggregate_key_type", "ir.map_misplaced", add_up((KEY_OF_MAP,), (BOUND,))),
        (
            "aggregate_reads_old",
            "ir.when_forbidden",
            add_up((NUMBER,), (BOUND, Get(PARTS, When.OLD, (n(0),), ()))),
        ),
        ("invariant_of_number", "ir.expression_type", state(TOTAL_NOW)),
        ("invariant_empty", "ir.code_empty", state()),
        ("invariant_sets", "ir.node_forbidden", state(TOTAL_NOW, Set(TOTAL, (), (), n(0)))),
        (
            "invariant_knows_caller",
            "ir.context_forbidden",
            state(Context(ContextKind.CALLER), prim(PrimOp.IS_CONTRACT, 0)),
        ),
        (
            "invariant_reads_old",
            "ir.when_forbidden",
            state(Get(TOTAL, When.OLD, (), ()), prim(PrimOp.EQ, 0, 0)),
        ),
        ("for_all_of_number", "ir.for_all_value", state(ForAll((NUMBER,), 1), Var(0, 0))),
        ("for_all_of_nothing", "ir.too_many", state(ForAll((), 1), TOTAL_NOW)),
        ("for_all_of_unknown", "ir.type_unknown", state(ForAll((TypeIndex(99),), 1), TOTAL_NOW)),
        ("for_all_of_map", "ir.key_type", state(ForAll((KEY_OF_MAP,), 1), TOTAL_NOW)),
        ("for_all_in_code", "ir.node_forbidden", _plant_in_code(ForAll((NUMBER,), 1))),
        ("agg_in_code", "ir.node_forbidden", _plant_in_code(Agg(0, When.NOW, ()))),
        ("frame_missing", "ir.frame_missing", claim(has_frame=False)),
        ("modifies_cell", "ir.cell_unknown", claim(modifies=(Modified(9, (), ()),))),
        ("modifies_balance", "ir.cell_protected", claim(modifies=(Modified(0, (), ()),))),
        ("modifies_keys", "ir.path_keys", claim(modifies=(Modified(PARTS, (), ()),))),
        (
            "modifies_key_type",
            "ir.expression_type",
            claim(modifies=(Modified(PARTS, ((Param(0), prim(PrimOp.EQ, 0, 0)),), ()),)),
        ),
        (
            "modifies_reads_now",
            "ir.when_forbidden",
            claim(modifies=(Modified(PARTS, ((TOTAL_NOW,),), ()),)),
        ),
        ("modifies_field", "ir.field_unknown", claim(modifies=(Modified(TOTAL, (), (0,)),))),
        ("open_error", "ir.error_unknown", claim(open_errors=(16,))),
        ("ensures_param", "ir.param_unknown", claim(ensures=((Param(2), prim(PrimOp.EQ, 0, 0)),))),
        ("ensures_of_number", "ir.expression_type", claim(ensures=((Param(0),),))),
        ("literal_of_other_section", "ir.literal_unknown", state(Const(0), prim(PrimOp.EQ, 0, 0))),
    )


def _list_unknown_operators() -> tuple[Row, ...]:
    """A number that names no operator, in each place that holds code."""
    wrong: Any = Prim(cast("PrimOp", 99), (), (n(0),))
    code = (TOTAL_NOW, wrong)
    rule = "ir.number_out_of_range"
    sums = (Aggregate((), (NUMBER,), (BOUND, wrong)),)
    return (
        ("operator_in_aggregate", rule, change(aggregates=sums)),
        ("operator_in_frame", rule, claim(modifies=(Modified(PARTS, ((Param(0), wrong),), ()),))),
        ("operator_in_ensures", rule, claim(ensures=(code,))),
        ("operator_in_invariant", rule, state(*code)),
        ("operator_in_transition", rule, change(transitions=(Property(code, is_lemma=False),))),
    )


def _plant_in_code(node: Any) -> Module:  # noqa: ANN401 - a node
    function = replace(BASE_CODE.functions[0], code=(node, Param(0), end()))
    return Module(replace(BASE_CODE, functions=(function,)), BASE)
