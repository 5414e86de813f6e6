"""Calls and messages between contracts, deployment, interfaces."""

from dataclasses import replace

import pytest

from spec.ir.errors import MachineError
from spec.ir.host import DeclaredFailure, Failed, MachineFailure, Outcome, Succeeded
from spec.ir.memory import MemoryWorld
from spec.ir.state import find_entry, get_entry
from spec.ir.syntax import (
    FUNCTION_SCOPE,
    NO_VALUE,
    Call,
    Check,
    Const,
    Context,
    ContextKind,
    Fail,
    Function,
    Leave,
    Literal,
    Param,
    PrimOp,
    Send,
    Set,
    StandardError,
)
from tests.spec.ir.callers import (
    ACTION,
    BALANCE_OF,
    ECHO,
    FORWARD,
    INIT,
    RUN,
    SLOT,
    USER,
    A,
    B,
    action,
    get_cause,
    get_code,
    get_failure,
    get_slot,
    make_world,
    module,
    poke,
    run,
)
from tests.spec.ir.small import RETURN, n, prim
from tests.spec.ir.tables import ADDRESS, CELL_TYPES, MESSAGE, POKE, U8, U64, U128, U256

# Calls between contracts


def test_a_call_gives_the_callees_result() -> None:
    caller = poke(
        Const(0),
        Param(0),
        Call(0, 0, n(0)[0], n(1), 3_000, NO_VALUE),
        Set(SLOT, (), (), n(2)[0]),
        Leave(FUNCTION_SCOPE, n(2)),
    )
    double = poke(
        Param(0),
        prim(PrimOp.ADD, 0, 0),
        Check(U64, n(1)[0]),
        Set(SLOT, (), (), n(2)[0]),
        Leave(FUNCTION_SCOPE, n(2)),
    )
    world = make_world(a=module(caller, literals=(Literal(ADDRESS, B),)), b=module(double))
    outcome = run(world, POKE, 21)
    assert isinstance(outcome, Succeeded)
    assert outcome.result == (42,)
    assert outcome.result_data == (42).to_bytes(8, "little")
    assert get_slot(world, A) == get_slot(world, B) == 42


def test_a_callee_sees_its_caller_and_no_value() -> None:
    seen = CELL_TYPES.index(ADDRESS)
    watching = poke(
        Context(ContextKind.CALLER),
        Set(seen, (), (), n(0)[0]),
        Context(ContextKind.VALUE),
        Set(CELL_TYPES.index(U256), (), (), n(2)[0]),
        Param(0),
        Leave(FUNCTION_SCOPE, n(4)),
    )
    world = make_world(a=module(FORWARD), b=module(watching))
    assert isinstance(run(world, RUN, B, 1, value=3), Succeeded)
    linked = world.codes[B]
    assert get_entry(world, linked, find_entry(linked, B, seen, ())) == A
    assert get_entry(world, linked, find_entry(linked, B, CELL_TYPES.index(U256), ())) == 0


def test_a_callees_failure_is_the_callers_with_a_cause() -> None:
    failing = poke(
        Param(0), prim(PrimOp.EQ, 0, 0), Fail(n(1)[0], 16, ()), Leave(FUNCTION_SCOPE, n(0))
    )
    world = make_world(a=module(FORWARD), b=module(failing))
    assert get_cause(run(world, RUN, B, 1)) == DeclaredFailure(B, 16, b"")
    assert get_failure(run(world, RUN, B, 1)) == MachineFailure(
        A, "contract.call_failed", DeclaredFailure(B, 16, b"")
    )


def test_an_absent_callee_fails_the_caller() -> None:
    world = make_world(a=module(FORWARD))
    for target in (B, USER):
        assert get_cause(run(world, RUN, target, 1)) == MachineFailure(
            target, "contract.no_code", None
        )


@pytest.mark.parametrize(
    "other",
    [
        replace(ECHO, selector=RUN),
        replace(ECHO, params=(U8,)),
        replace(ECHO, result=(), code=(RETURN,)),
        replace(ECHO, result=(U128,)),
    ],
    ids=["selector", "parameters", "no result", "result"],
)
def test_a_member_needs_its_selector_and_its_types(other: Function) -> None:
    world = make_world(a=module(FORWARD), b=module(other))
    cause = get_cause(run(world, RUN, B, 1))
    assert cause == MachineFailure(B, "contract.unknown_function", None)


def test_a_view_member_needs_a_view() -> None:
    asking = action(Param(0), Call(0, 1, n(0)[0], n(0), 3_000, NO_VALUE), RETURN)
    as_action = replace(BALANCE_OF, kind=ACTION)
    for callee, is_found in ((BALANCE_OF, True), (as_action, False)):
        world = make_world(a=module(asking), b=module(callee))
        assert isinstance(run(world, RUN, B, 1), Succeeded) is is_found


def test_no_active_contract_is_entered_again_not_even_a_view() -> None:
    """A calls B, B asks A's view."""
    back = poke(
        Context(ContextKind.CALLER),
        Call(0, 1, n(0)[0], n(0), 3_000, NO_VALUE),
        Param(0),
        Leave(FUNCTION_SCOPE, n(2)),
    )
    world = make_world(a=module(FORWARD, BALANCE_OF), b=module(back))
    cause = get_cause(run(world, RUN, B, 1))
    assert cause == MachineFailure(
        B, "contract.call_failed", MachineFailure(A, "contract.reentered", None)
    )


def test_a_contract_may_be_called_again_once_it_has_returned() -> None:
    twice = action(
        Param(0),
        Param(1),
        Call(0, 0, n(0)[0], n(1), 3_000, NO_VALUE),
        Call(0, 0, n(0)[0], n(2), 3_000, NO_VALUE),
        RETURN,
    )
    assert isinstance(run(make_world(a=module(twice), b=module(ECHO)), RUN, B, 1), Succeeded)


def test_a_cap_binds_the_callee_and_what_it_calls() -> None:
    bound = make_world(a=module(ECHO)).codes[A].functions[0].gas_bound
    for cap, is_enough in ((bound, True), (bound - 1, False)):
        caller = action(Param(0), Param(1), Call(0, 0, n(0)[0], n(1), cap, NO_VALUE), RETURN)
        outcome = run(make_world(a=module(caller), b=module(ECHO)), RUN, B, 1)
        assert isinstance(outcome, Succeeded) is is_enough
        if not is_enough:
            assert get_cause(outcome) == MachineFailure(B, "contract.out_of_gas", None)


def call_with_value(value: int, *, is_payable: bool) -> tuple[MemoryWorld, Outcome]:
    """A calls B's poke and sends coins along; its balance is 100."""
    caller = action(
        Param(0),
        Param(1),
        Const(0),
        Call(0, 0, n(0)[0], n(1), 3_000, 2),
        RETURN,
    )
    literal = Literal(U128, value.to_bytes(16, "little"))
    echo = replace(ECHO, is_payable=is_payable)
    world = make_world(a=module(caller, literals=(literal,)), b=module(echo))
    return world, run(world, RUN, B, 1)


def test_coins_go_along_with_a_call() -> None:
    world, outcome = call_with_value(60, is_payable=True)
    assert isinstance(outcome, Succeeded)
    assert (world.balances[A], world.balances[B]) == (40, 160)


def test_a_call_needs_the_balance_it_brings() -> None:
    assert isinstance(call_with_value(100, is_payable=True)[1], Succeeded)
    failure = get_failure(call_with_value(101, is_payable=True)[1])
    assert failure == MachineFailure(A, "contract.balance_short", None)


def test_only_what_is_payable_takes_coins() -> None:
    assert isinstance(call_with_value(0, is_payable=False)[1], Succeeded)
    cause = get_cause(call_with_value(1, is_payable=False)[1])
    assert isinstance(cause, DeclaredFailure)
    assert (cause.contract, cause.error) == (B, StandardError.NOT_PAYABLE)


# Messages


def send(value: int, *, target: bytes = B, selector: bytes = POKE) -> tuple[MemoryWorld, Outcome]:
    """A sends a message made by hand to a payable poke of B."""
    data = target + selector + value.to_bytes(16, "little") + (60).to_bytes(4, "little")
    message = Literal(MESSAGE, data + (9).to_bytes(8, "little"))
    payable = poke(
        Param(0), Set(SLOT, (), (), n(0)[0]), Leave(FUNCTION_SCOPE, n(0)), is_payable=True
    )
    sender = action(Const(0), Send(n(0)[0], 3_000), RETURN)
    init = Function(INIT, bytes(8), (U64,), (), False, 0, (RETURN,))
    world = make_world(a=module(sender, literals=(message,)), b=module(init, payable))
    return world, run(world, RUN, A, 1)


def test_a_message_brings_arguments_and_value() -> None:
    world, outcome = send(60)
    assert isinstance(outcome, Succeeded)
    assert (world.balances[A], world.balances[B]) == (40, 160)
    assert get_slot(world, B) == 9


def test_a_message_needs_the_balance_it_brings() -> None:
    assert isinstance(send(100)[1], Succeeded)
    assert get_failure(send(101)[1]) == MachineFailure(A, "contract.balance_short", None)


def test_no_message_reaches_init() -> None:
    cause = get_cause(send(0, selector=bytes(8))[1])
    assert cause == MachineFailure(B, "contract.unknown_function", None)


def test_no_message_reaches_its_sender() -> None:
    assert get_cause(send(0, target=A)[1]) == MachineFailure(A, "contract.reentered", None)


# Deployment


def test_init_runs_by_its_selector_of_zeros() -> None:
    init = Function(
        INIT, bytes(8), (U64,), (), True, 0, (Param(0), Set(SLOT, (), (), n(0)[0]), RETURN)
    )
    world = make_world(a=module(init, ECHO))
    assert isinstance(run(world, bytes(8), 5, value=3), Succeeded)
    assert get_slot(world, A) == 5
    assert world.balances[A] == 103


def test_a_module_without_init_has_an_empty_one() -> None:
    world = make_world(a=module(ECHO))
    before = world.copy()
    assert run(world, bytes(8)) == Succeeded((), b"", 0)
    assert get_failure(run(world, bytes(8), value=1)) == DeclaredFailure(A, 0, b"")
    assert get_code(run(world, bytes(8), arguments=b"\0")) == MachineError.ARGUMENTS_MALFORMED
    assert get_code(run(world, bytes(8), is_view=True)) == MachineError.NOT_A_VIEW
    assert world == before
    assert get_code(run(make_world(), bytes(8))) == MachineError.NO_CODE


# Interfaces


def test_implements_asks_for_every_member() -> None:
    asking = action(
        Param(0), prim(PrimOp.IMPLEMENTS, 0, immediates=(0,)), Fail(n(1)[0], 1, ()), RETURN
    )
    for functions, has_all in (
        ((ECHO, BALANCE_OF), True),
        ((ECHO,), False),
        ((ECHO, replace(BALANCE_OF, kind=ACTION)), False),
        ((replace(ECHO, params=(U8,)), BALANCE_OF), False),
    ):
        world = make_world(a=module(asking), b=module(*functions))
        assert isinstance(run(world, RUN, B, 1), Failed) is has_all
