"""What each node of state, of control flow and of effects means, by example."""

import pytest

from spec.ir.host import DeclaredFailure, Failed, MachineFailure, Succeeded
from spec.ir.state import find_entry, get_entry
from spec.ir.syntax import (
    FUNCTION_SCOPE,
    NO_SOURCE,
    STANDARD_ERROR_COUNT,
    Check,
    Collect,
    Const,
    Context,
    ContextKind,
    Emit,
    Fail,
    Fold,
    Get,
    If,
    Join,
    Leave,
    Next,
    NodeIndex,
    Out,
    Pay,
    PrimOp,
    Scope,
    Set,
    Sign,
    Update,
    Var,
    When,
)
from spec.ir.values import EnumValue, encode_record
from tests.spec.ir.bodies import (
    BALANCE,
    CHECKPOINTED,
    FRIEND,
    HEIGHT,
    INBOX,
    ITEMS,
    OTHER,
    SLOT,
    THIS,
    VALUE,
    call,
    guard_says,
    literal,
    make_world,
    run_body,
    value_of,
)
from tests.spec.ir.small import (
    P_ADDRESS,
    P_BOOL,
    P_LIST,
    P_OPTION,
    P_U64,
    P_U128,
    P_U256,
    body,
    n,
    prim,
)
from tests.spec.ir.tables import (
    ADDRESS,
    BALANCES,
    BOOL,
    CELL_TYPES,
    LIST,
    NESTED,
    OPTION,
    PLAIN,
    STRING,
    TYPES,
    U64,
    U128,
    U256,
)

# State


def test_get_reads_cells_entries_fields_and_defaults() -> None:
    nested = CELL_TYPES.index(NESTED)
    assert value_of(Get(SLOT, When.NOW, (), ()), result=U64) == 33
    assert value_of(P_ADDRESS, Get(BALANCES, When.NOW, n(0), ()), result=U256) == 200
    absent = (Context(ContextKind.CALLER), Get(BALANCES, When.NOW, n(0), ()))
    assert value_of(*absent, result=U256) == 0
    assert value_of(Get(nested, When.NOW, (), (2,)), result=U256) == 8
    assert value_of(Get(nested, When.NOW, (), (0, 1)), result=PLAIN) == EnumValue(1, ())


def test_balance_and_inbox_are_the_worlds() -> None:
    """In the body the value has been credited, in the guard it has not."""
    assert value_of(Get(0, When.NOW, (), ()), result=U128) == BALANCE + VALUE
    assert value_of(Get(1, When.NOW, (), ()), result=U128) == INBOX
    held = (Get(0, When.NOW, (), ()), Const(0), prim(PrimOp.EQ, 0, 1))
    assert guard_says(*held, literals=(literal(U128, BALANCE),))


def test_past_values_are_those_at_the_ends_of_blocks() -> None:
    for height, expected in ((1, 0), (2, 20), (5, 20), (6, 60), (HEIGHT - 1, 60)):
        nodes = (P_ADDRESS, Const(0), Get(CHECKPOINTED, When.AT, n(0, 1), ()))
        assert value_of(*nodes, result=U64, literals=(literal(U64, height),)) == expected
    present = (P_ADDRESS, Context(ContextKind.HEIGHT), Get(CHECKPOINTED, When.AT, n(0, 1), ()))
    assert value_of(*present, result=U64) == b"contract.checkpoint_not_past"
    compare = (Const(0), prim(PrimOp.EQ, 2, 3))
    assert guard_says(*present, *compare, literals=(literal(U64, 0),))
    assert value_of(P_ADDRESS, Get(CHECKPOINTED, When.NOW, n(0), ()), result=U64) == 90


def test_set_stores_whole_values_and_fields() -> None:
    nested = CELL_TYPES.index(NESTED)
    world, outcome = run_body(
        P_U64, Set(nested, (), (0, 0), NodeIndex(0)), Set(SLOT, (), (), NodeIndex(0))
    )
    assert isinstance(outcome, Succeeded)
    linked = world.codes[THIS]
    after = get_entry(world, linked, find_entry(linked, THIS, nested, ()))
    assert after == ((7, EnumValue(1, ())), EnumValue(0, ()), 8)
    assert get_entry(world, linked, find_entry(linked, THIS, SLOT, ())) == 7


@pytest.mark.parametrize(
    ("sign", "amount", "expected"),
    [
        (Sign.PLUS, 1, 34),
        (Sign.MINUS, 33, 0),
        (Sign.MINUS, 34, None),
        (Sign.PLUS, (1 << 64) - 34, (1 << 64) - 1),
        (Sign.PLUS, (1 << 64) - 33, None),
    ],
)
def test_update_stays_in_range_or_fails(sign: Sign, amount: int, expected: int | None) -> None:
    world, outcome = run_body(
        Const(0), Update(SLOT, (), (), sign, NodeIndex(0)), literals=(literal(U256, amount),)
    )
    linked = world.codes[THIS]
    if expected is None:
        assert isinstance(outcome, Failed)
    else:
        assert get_entry(world, linked, find_entry(linked, THIS, SLOT, ())) == expected


# Control flow


def test_one_arm_of_an_if_runs_and_join_takes_its_value() -> None:
    for condition, expected in ((True, 7), (False, 100)):
        nodes = (
            Const(0),
            If(NodeIndex(0), 1, 2),
            P_U64,
            P_U128,
            Set(CELL_TYPES.index(BOOL), (), (), NodeIndex(0)),
            Join(NodeIndex(1), n(2, 3)),
        )
        literals = (literal(BOOL, condition),)
        assert value_of(*nodes, result=U128, literals=literals) == expected


def test_a_fold_carries_values_over_numbers_and_lists() -> None:
    zero = (literal(U64, 0),)
    over_list = (
        P_LIST,
        Const(0),
        Fold(0, 0, 0, n(1), 5),
        Var(2, 0),
        Var(2, 1),
        prim(PrimOp.ADD, 3, 4),
        Check(U64, NodeIndex(5)),
        Next(NodeIndex(2), n(6)),
        Out(NodeIndex(2), 0),
    )
    assert value_of(*over_list, result=U64, literals=zero) == sum(ITEMS)
    over_numbers = (
        Const(0),
        Fold(NO_SOURCE, 10, 13, n(0), 5),
        Var(1, 0),
        Var(1, 1),
        prim(PrimOp.ADD, 2, 3),
        Check(U64, NodeIndex(4)),
        Next(NodeIndex(1), n(5)),
        Out(NodeIndex(1), 0),
    )
    assert value_of(*over_numbers, result=U64, literals=zero) == 10 + 11 + 12
    over_nothing = (Const(1), *over_list[1:])
    literals = (*zero, literal(LIST, ()))
    assert value_of(*over_nothing, result=U64, literals=literals) == 0


def test_next_gives_all_carried_values_at_once() -> None:
    """(a, b) -> (b, a), three times."""
    swap = (
        P_U64,
        Const(0),
        Fold(NO_SOURCE, 0, 3, n(0, 1), 3),
        Var(2, 1),
        Var(2, 2),
        Next(NodeIndex(2), n(4, 3)),
        Out(NodeIndex(2), 0),
    )
    assert value_of(*swap, result=U64, literals=(literal(U64, 1),)) == 1


def test_a_scope_is_left_early_from_inside_a_branch() -> None:
    for condition, expected in ((True, 7), (False, 100)):
        nodes = (
            Const(0),
            Scope(5),
            If(NodeIndex(0), 2, 0),
            P_U64,
            Leave(1, n(3)),
            P_U128,
            Leave(1, n(5)),
            Out(NodeIndex(1), 0),
        )
        literals = (literal(BOOL, condition),)
        assert value_of(*nodes, result=U128, literals=literals) == expected


def test_a_function_is_left_early_from_inside_a_scope() -> None:
    nodes = (
        P_BOOL,
        P_U64,
        Scope(3),
        If(NodeIndex(0), 1, 0),
        Leave(FUNCTION_SCOPE, n(1)),
        Leave(2, ()),
        Set(SLOT, (), (), NodeIndex(1)),
        P_U128,
        Check(U64, NodeIndex(7)),
        Leave(FUNCTION_SCOPE, n(8)),
    )
    world = make_world(body(*nodes, result=(U64,)))
    outcome = call(world)
    assert isinstance(outcome, Succeeded)
    assert outcome.result == (7,)
    linked = world.codes[THIS]
    assert get_entry(world, linked, find_entry(linked, THIS, SLOT, ())) == 33


def test_join_counts_only_arms_that_go_on() -> None:
    """The first arm returns, so the join has one value, that of the second."""
    nodes = (
        Const(0),
        If(NodeIndex(0), 2, 1),
        P_U64,
        Leave(FUNCTION_SCOPE, n(2)),
        P_U128,
        Join(NodeIndex(1), n(4)),
        Check(U64, NodeIndex(5)),
    )
    assert value_of(*nodes, result=U64, literals=(literal(BOOL, True),)) == 7
    assert value_of(*nodes, result=U64, literals=(literal(BOOL, False),)) == 100


# Effects


def test_fail_names_its_error_with_arguments() -> None:
    fail = Fail(NodeIndex(0), STANDARD_ERROR_COUNT + 1, n(1, 2))
    world, outcome = run_body(P_BOOL, P_U256, P_OPTION, fail)
    fields = (TYPES[U256], TYPES[OPTION])
    data = encode_record(TYPES, fields, (10, EnumValue(1, (FRIEND,))))
    assert isinstance(outcome, Failed)
    assert outcome.failure == DeclaredFailure(THIS, STANDARD_ERROR_COUNT + 1, data)
    _, passed = run_body(P_BOOL, prim(PrimOp.NOT, 0), Fail(NodeIndex(1), 1, ()))
    assert isinstance(passed, Succeeded)
    assert world.events == []


@pytest.mark.parametrize("to", [FRIEND, OTHER, THIS])
def test_pay_reaches_a_keys_balance_and_a_contracts_inbox(to: bytes) -> None:
    nodes = (Const(0), Const(1), Pay(NodeIndex(0), NodeIndex(1)))
    whole = BALANCE + VALUE
    world, outcome = run_body(*nodes, literals=(literal(ADDRESS, to), literal(U64, whole)))
    assert isinstance(outcome, Succeeded)
    assert world.balances[THIS] == 0
    received = world.balances[FRIEND] if to == FRIEND else world.inboxes[to]
    assert received == whole + (INBOX if to == THIS else 0)
    _, short = run_body(*nodes, literals=(literal(ADDRESS, to), literal(U64, whole + 1)))
    assert isinstance(short, Failed)
    assert short.failure == MachineFailure(THIS, "contract.balance_short", None)


def test_collect_moves_the_inbox_to_the_balance() -> None:
    world, outcome = run_body(Collect(), result=U128)
    assert isinstance(outcome, Succeeded)
    assert outcome.result == (INBOX,)
    assert (world.get_inbox(THIS), world.get_balance(THIS)) == (0, BALANCE + VALUE + INBOX)


def test_emit_records_events_in_order() -> None:
    world, _ = run_body(
        P_U64, Const(0), Emit(0, n(0, 1)), Emit(1, ()), literals=(literal(STRING, b"hi"),)
    )
    data = encode_record(TYPES, (TYPES[U64], TYPES[STRING]), (7, b"hi"))
    assert [(e.contract, e.event, e.data) for e in world.events] == [
        (THIS, 0, data),
        (THIS, 1, b""),
    ]
