"""Calls: which are refused, in which order, and what a failure does to everybody above it."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from spec.ir.errors import MachineError
from spec.ir.host import (
    BlockContext,
    CallInput,
    DeclaredFailure,
    Failed,
    Failure,
    MachineFailure,
    Outcome,
    Succeeded,
)
from spec.ir.machine import execute
from spec.ir.memory import MemoryWorld
from spec.ir.state import find_entry, get_entry
from spec.ir.syntax import (
    FUNCTION_SCOPE,
    Call,
    Check,
    Const,
    Context,
    ContextKind,
    Fail,
    Function,
    FunctionKind,
    Get,
    Item,
    Leave,
    Literal,
    Module,
    Node,
    NodeIndex,
    Param,
    Pay,
    PrimOp,
    Send,
    Set,
    Sign,
    TypeIndex,
    Update,
    When,
)
from spec.ir.values import Value, encode_record, encode_value
from spec.limits import CALL_DEPTH_MAX
from tests.spec.ir.modules import (
    ADDRESS,
    BALANCES,
    CELL_TYPES,
    CELLS,
    CONTRACTS,
    KEYS,
    LIST,
    MESSAGE,
    PEEK,
    POKE,
    TYPES,
    U8,
    U64,
    U128,
    U256,
)
from tests.spec.ir.small import RETURN, make_code, make_module, n, prim
from tests.spec.ir.worlds import GENESIS_ID, link_valid

A, B, C = CONTRACTS
USER = KEYS[0]
BLOCK = BlockContext(GENESIS_ID, 9, 5_000)
SLOT = CELL_TYPES.index(U64)
GAS = 5_000_000
ACTION, VIEW, INIT = FunctionKind.ACTION, FunctionKind.VIEW, FunctionKind.INIT
RUN = b"run\0\0\0\0\0"


def poke(*nodes: Node, is_payable: bool = False, guard_count: int = 0) -> Function:
    """poke(u64) -> u64."""
    return Function(ACTION, POKE, (U64,), (U64,), is_payable, guard_count, nodes)


def peek(*nodes: Node) -> Function:
    """A view peek(address) -> u256."""
    return Function(VIEW, PEEK, (ADDRESS,), (U256,), is_payable=False, guard_count=0, code=nodes)


def action(
    *nodes: Node, params: tuple[TypeIndex, ...] = (ADDRESS, U64), guard_count: int = 0
) -> Function:
    """run(…), an action without result; it may be paid."""
    return Function(ACTION, RUN, params, (), True, guard_count, nodes)


ECHO = poke(Param(0), Leave(FUNCTION_SCOPE, n(0)))
BALANCE_OF = peek(Param(0), Get(BALANCES, When.NOW, n(0), ()), Leave(FUNCTION_SCOPE, n(1)))
FORWARD = action(Param(0), Param(1), Call(0, 0, NodeIndex(0), n(1), 3_000), RETURN)
"""run(target, x): pokes the target with x."""


def module(*functions: Function, literals: tuple[Literal, ...] = ()) -> Module:
    return make_module(make_code(*functions, literals=literals))


def make_world(**codes: Module) -> MemoryWorld:
    """Contracts at A, B and C; the user is rich."""
    world = MemoryWorld()
    for name, code in codes.items():
        world.codes[{"a": A, "b": B, "c": C}[name]] = link_valid(code)
    world.balances = {USER: 1_000_000, A: 100, B: 100}
    return world


def make_call(world: MemoryWorld, selector: bytes, *args: Value, **parts: object) -> CallInput:
    """A call of A by the user with arguments that are encoded here."""
    linked = world.codes.get(A)
    data = b""
    if linked is not None:
        for function in linked.functions:
            if function.declared.selector == selector:
                data = encode_record(TYPES, function.params, args)
    call = CallInput(A, selector, USER, 0, data, GAS, is_view=False)
    return replace(call, **parts)  # type: ignore[arg-type]  # named by the tests


def run(world: MemoryWorld, selector: bytes, *args: Value, **parts: object) -> Outcome:
    return execute(world, BLOCK, make_call(world, selector, *args, **parts))


def get_failure(outcome: Outcome) -> Failure:
    assert isinstance(outcome, Failed)
    return outcome.failure


def get_code(outcome: Outcome) -> str:
    failure = get_failure(outcome)
    assert isinstance(failure, MachineFailure)
    return failure.code


def get_cause(outcome: Outcome) -> Failure:
    failure = get_failure(outcome)
    assert isinstance(failure, MachineFailure)
    assert failure.code == MachineError.CALL_FAILED
    assert failure.cause is not None
    return failure.cause


def get_slot(world: MemoryWorld, contract: bytes) -> Value:
    linked = world.codes[contract]
    return get_entry(world, linked, find_entry(linked, contract, SLOT, ()))


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
            Call(0, 0, NodeIndex(0), n(1), 100_000),
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
            a=module(action(Param(0), Param(1), Call(0, 0, NodeIndex(0), n(1), 3), RETURN)),
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


# Calls between contracts


def test_a_call_gives_the_callees_result() -> None:
    caller = poke(
        Const(0),
        Param(0),
        Call(0, 0, n(0)[0], n(1), 3_000),
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
    asking = action(Param(0), Call(0, 1, n(0)[0], n(0), 3_000), RETURN)
    as_action = replace(BALANCE_OF, kind=ACTION)
    for callee, is_found in ((BALANCE_OF, True), (as_action, False)):
        world = make_world(a=module(asking), b=module(callee))
        assert isinstance(run(world, RUN, B, 1), Succeeded) is is_found


def test_no_active_contract_is_entered_again_not_even_a_view() -> None:
    """A calls B, B asks A's view."""
    back = poke(
        Context(ContextKind.CALLER),
        Call(0, 1, n(0)[0], n(0), 3_000),
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
        Call(0, 0, n(0)[0], n(1), 3_000),
        Call(0, 0, n(0)[0], n(2), 3_000),
        RETURN,
    )
    assert isinstance(run(make_world(a=module(twice), b=module(ECHO)), RUN, B, 1), Succeeded)


def test_a_cap_binds_the_callee_and_what_it_calls() -> None:
    bound = make_world(a=module(ECHO)).codes[A].functions[0].gas_bound
    for cap, is_enough in ((bound, True), (bound - 1, False)):
        caller = action(Param(0), Param(1), Call(0, 0, n(0)[0], n(1), cap), RETURN)
        outcome = run(make_world(a=module(caller), b=module(ECHO)), RUN, B, 1)
        assert isinstance(outcome, Succeeded) is is_enough
        if not is_enough:
            assert get_cause(outcome) == MachineFailure(B, "contract.out_of_gas", None)


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
