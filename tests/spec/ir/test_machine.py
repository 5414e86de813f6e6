"""A call from outside: how it can fail, what is refused first, what it may bring."""

from collections.abc import Callable

import pytest

from spec.ir.errors import MachineError
from spec.ir.host import CallInput, DeclaredFailure, Failed, MachineFailure, Outcome, Succeeded
from spec.ir.machine import execute
from spec.ir.memory import MemoryWorld
from spec.ir.syntax import (
    FUNCTION_SCOPE,
    NO_VALUE,
    Call,
    Const,
    Context,
    ContextKind,
    Fail,
    Get,
    Item,
    Leave,
    Literal,
    Node,
    NodeIndex,
    Param,
    Pay,
    PrimOp,
    Set,
    Sign,
    Update,
    When,
)
from spec.ir.values import encode_value
from spec.limits import CALL_DEPTH_MAX
from tests.spec.ir.callers import (
    BLOCK,
    ECHO,
    FORWARD,
    GAS,
    RUN,
    SLOT,
    USER,
    A,
    B,
    action,
    get_code,
    get_failure,
    make_world,
    module,
    poke,
    run,
)
from tests.spec.ir.small import RETURN, n, prim
from tests.spec.ir.tables import ADDRESS, CELL_TYPES, CELLS, LIST, POKE, TYPES, U128
from tests.spec.ir.worlds import link_valid

# Every machine error has a run that ends with it


def fail_simply(*nodes: Node, literals: tuple[Literal, ...] = ()) -> Outcome:
    """A run of a body in A: parameters are the address A and the number 5."""
    world = make_world(a=module(action(*nodes, RETURN), literals=literals))
    return run(world, RUN, A, 5)


def make_chain() -> Outcome:
    """More contracts than may be active, each calling the next."""
    world = MemoryWorld()
    addresses = [bytes([2, i]) + bytes(30) for i in range(CALL_DEPTH_MAX + 1)]
    for address, following in zip(addresses, [*addresses[1:], A], strict=True):
        target = Literal(ADDRESS, following)
        nodes = (
            Const(0),
            Param(0),
            Call(0, 0, NodeIndex(0), n(1), 100_000, NO_VALUE),
            Leave(FUNCTION_SCOPE, n(2)),
        )
        world.codes[address] = link_valid(module(poke(*nodes), literals=(target,)))
    call = CallInput(addresses[0], POKE, USER, 0, bytes(8), GAS, is_view=False)
    return execute(world, BLOCK, call)


EMPTY_LIST = Literal(LIST, b"")
FULL_LIST = Literal(LIST, encode_value(TYPES, TYPES[LIST], (1, 2, 3, 4)))
ADDRESS_CELL = CELL_TYPES.index(ADDRESS)
LAST_CELL = len(CELLS) - 1

ENDINGS: dict[MachineError, Callable[[], Outcome]] = {
    MachineError.NO_CODE: lambda: run(make_world(), RUN),
    MachineError.REENTERED: lambda: run(make_world(a=module(FORWARD)), RUN, A, 1),
    MachineError.CALL_DEPTH: make_chain,
    MachineError.UNKNOWN_FUNCTION: lambda: run(make_world(a=module(ECHO)), RUN),
    MachineError.NOT_A_VIEW: lambda: run(make_world(a=module(ECHO)), POKE, 1, is_view=True),
    MachineError.ARGUMENTS_MALFORMED: lambda: run(
        make_world(a=module(ECHO)), POKE, 1, arguments=bytes(9)
    ),
    MachineError.GAS_BELOW_BOUND: lambda: run(make_world(a=module(ECHO)), POKE, 1, gas_limit=3),
    MachineError.OUT_OF_GAS: lambda: run(
        make_world(
            a=module(
                action(Param(0), Param(1), Call(0, 0, NodeIndex(0), n(1), 3, NO_VALUE), RETURN)
            ),
            b=module(ECHO),
        ),
        RUN,
        B,
        1,
    ),
    MachineError.OVERFLOW: lambda: fail_simply(Param(1), Update(SLOT, (), (), Sign.MINUS, n(0)[0])),
    MachineError.DIVISION_BY_ZERO: lambda: fail_simply(
        Param(1), Get(SLOT, When.NOW, (), ()), prim(PrimOp.DIV, 0, 1)
    ),
    MachineError.INDEX_OUT_OF_RANGE: lambda: fail_simply(
        Const(0), Param(1), Item(n(0)[0], n(1)[0]), literals=(FULL_LIST,)
    ),
    MachineError.LIST_FULL: lambda: fail_simply(
        Const(0), Param(1), prim(PrimOp.APPEND, 0, 1), literals=(FULL_LIST,)
    ),
    MachineError.LIST_EMPTY: lambda: fail_simply(
        Const(0), prim(PrimOp.POP, 0), literals=(EMPTY_LIST,)
    ),
    MachineError.NO_ADDRESS: lambda: fail_simply(
        Get(ADDRESS_CELL, When.NOW, (), ()), Param(1), Pay(n(0)[0], n(1)[0])
    ),
    MachineError.BALANCE_SHORT: lambda: fail_simply(
        Param(0), Const(0), Pay(n(0)[0], n(1)[0]), literals=(Literal(U128, b"\xff" * 16),)
    ),
    MachineError.CHECKPOINT_NOT_PAST: lambda: fail_simply(
        Param(0), Context(ContextKind.HEIGHT), Get(LAST_CELL, When.AT, n(0, 1), ())
    ),
    MachineError.CALL_FAILED: lambda: run(make_world(a=module(FORWARD)), RUN, B, 1),
}


@pytest.mark.parametrize("error", list(MachineError), ids=str)
def test_every_machine_error_ends_a_run(error: MachineError) -> None:
    failure = get_failure(ENDINGS[error]())
    codes: list[str] = []
    while isinstance(failure, MachineFailure):
        codes.append(failure.code)
        if failure.cause is None:
            break
        failure = failure.cause
    assert error in codes
    assert codes[:-1] == [MachineError.CALL_FAILED] * (len(codes) - 1)


# What is refused first


def test_refusals_come_in_the_documented_order() -> None:
    """Each call breaks the rule tested and all that come after it."""
    world = make_world(a=module(ECHO))
    bad = {"value": 1, "arguments": b"", "gas_limit": 0, "is_view": True}
    assert get_code(run(make_world(), RUN, **bad)) == MachineError.NO_CODE
    assert get_code(run(world, RUN, **bad)) == MachineError.UNKNOWN_FUNCTION
    assert get_code(run(world, POKE, 1, **bad)) == MachineError.NOT_A_VIEW
    bad["is_view"] = False
    assert get_failure(run(world, POKE, 1, **bad)) == DeclaredFailure(A, 0, b"")
    bad["value"] = 0
    assert get_code(run(world, POKE, 1, **bad)) == MachineError.ARGUMENTS_MALFORMED
    del bad["arguments"]
    assert get_code(run(world, POKE, 1, **bad)) == MachineError.GAS_BELOW_BOUND


def test_a_refused_call_uses_no_gas() -> None:
    outcome = run(make_world(a=module(ECHO)), POKE, 1, arguments=b"")
    assert isinstance(outcome, Failed)
    assert outcome.gas_used == 0


def test_the_bound_is_enough_and_no_less_is() -> None:
    world = make_world(a=module(ECHO))
    bound = world.codes[A].functions[0].gas_bound
    assert isinstance(run(world, POKE, 1, gas_limit=bound), Succeeded)
    assert get_code(run(world, POKE, 1, gas_limit=bound - 1)) == MachineError.GAS_BELOW_BOUND


def test_a_refused_guard_costs_its_guard_only() -> None:
    """The body's block is dear, and is not charged."""
    guarded = poke(
        Param(0),
        prim(PrimOp.EQ, 0, 0),
        Fail(n(1)[0], 1, ()),
        Set(SLOT, (), (), n(0)[0]),
        Leave(FUNCTION_SCOPE, n(0)),
        guard_count=3,
    )
    world = make_world(a=module(guarded))
    outcome = run(world, POKE, 1)
    assert isinstance(outcome, Failed)
    assert outcome.failure == DeclaredFailure(A, 1, b"")
    charges = world.codes[A].functions[0].code.charges
    assert outcome.gas_used == charges[0] < charges[3]


# Value


def test_value_is_credited_between_guard_and_body() -> None:
    """The guard sees the old balance, the body the new one."""
    old, new = (Literal(U128, balance.to_bytes(16, "little")) for balance in (100, 107))
    watching = action(
        Get(0, When.NOW, (), ()),
        Const(0),
        prim(PrimOp.EQ, 0, 1),
        prim(PrimOp.NOT, 2),
        Fail(n(3)[0], 1, ()),
        Get(0, When.NOW, (), ()),
        Const(1),
        prim(PrimOp.EQ, 5, 6),
        prim(PrimOp.NOT, 7),
        Fail(n(8)[0], 2, ()),
        RETURN,
        guard_count=5,
    )
    world = make_world(a=module(watching, literals=(old, new)))
    assert isinstance(run(world, RUN, A, 1, value=7), Succeeded)
    assert world.balances[A] == 107
    assert world.balances[USER] == 1_000_000 - 7


def test_a_failed_guard_credits_nothing() -> None:
    refusing = action(Param(1), prim(PrimOp.EQ, 0, 0), Fail(n(1)[0], 1, ()), RETURN, guard_count=3)
    world = make_world(a=module(refusing))
    assert isinstance(run(world, RUN, A, 1, value=7), Failed)
    assert world.balances[A] == 100
