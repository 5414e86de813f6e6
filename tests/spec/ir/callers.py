"""Contracts at A, B and C that call each other, and how a run of theirs ended."""

from dataclasses import replace

from spec.ir.errors import MachineError
from spec.ir.host import BlockContext, CallInput, Failed, Failure, MachineFailure, Outcome
from spec.ir.machine import execute
from spec.ir.memory import MemoryWorld
from spec.ir.state import find_entry, get_entry
from spec.ir.syntax import (
    FUNCTION_SCOPE,
    NO_VALUE,
    Call,
    Function,
    FunctionKind,
    Get,
    Leave,
    Literal,
    Module,
    Node,
    NodeIndex,
    Param,
    TypeIndex,
    When,
)
from spec.ir.values import Value, encode_record
from tests.spec.ir.small import RETURN, make_code, make_module, n
from tests.spec.ir.tables import (
    ADDRESS,
    BALANCES,
    CELL_TYPES,
    CONTRACTS,
    KEYS,
    PEEK,
    POKE,
    TYPES,
    U64,
    U256,
)
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
FORWARD = action(Param(0), Param(1), Call(0, 0, NodeIndex(0), n(1), 3_000, NO_VALUE), RETURN)
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
