"""Runs of one body, or of one guard, in a world whose contents are known.

`value_of` runs a body that returns the value of its last node, `guard_says` a guard that fails if
its last node is true. The parameters are PARAMS of `small` with the values ARGUMENTS below.
"""

from spec.ir.host import BlockContext, CallInput, DeclaredFailure, Failed, Succeeded
from spec.ir.machine import execute
from spec.ir.memory import MemoryWorld
from spec.ir.state import find_entry, set_entry
from spec.ir.syntax import FUNCTION_SCOPE, Fail, Leave, Literal, Module, Node, NodeIndex, TypeIndex
from spec.ir.values import EnumValue, MessageValue, Value, encode_record, encode_value, get_fields
from tests.spec.ir.small import PARAMS, SELECTOR, body, make_code, make_function, make_module, n
from tests.spec.ir.tables import (
    BALANCES,
    CELL_TYPES,
    CELLS,
    CONTRACTS,
    KEYS,
    NESTED,
    POKE,
    TYPES,
    U64,
)
from tests.spec.ir.worlds import GENESIS_ID, link_valid

THIS, OTHER = CONTRACTS[0], CONTRACTS[1]
CALLER, FRIEND = KEYS[0], KEYS[1]
HEIGHT, NOW_MS = 9, 5_000
BLOCK = BlockContext(GENESIS_ID, HEIGHT, NOW_MS)
ITEMS = (1, 2, 3)
ARGUMENTS: tuple[Value, ...] = (
    7,
    10,
    True,
    FRIEND,
    ITEMS,
    EnumValue(1, (FRIEND,)),
    (5, EnumValue(2, ())),
    100,
    MessageValue(OTHER, POKE, 0, (3).to_bytes(8, "little")),
)
BALANCE, INBOX, VALUE = 50, 11, 4
GAS = 1_000_000
SLOT = CELL_TYPES.index(U64)
"""A scalar u64 cell; it holds 33."""
CHECKPOINTED = len(CELLS) - 1


def make_world(module: Module) -> MemoryWorld:
    linked = link_valid(module)
    world = MemoryWorld()
    world.codes[THIS] = linked
    world.balances = {THIS: BALANCE, CALLER: 1_000, FRIEND: 0}
    world.inboxes = {THIS: INBOX}
    set_entry(world, linked, find_entry(linked, THIS, SLOT, ()), 33, 1)
    set_entry(world, linked, find_entry(linked, THIS, BALANCES, (FRIEND,)), 200, 1)
    nested = find_entry(linked, THIS, CELL_TYPES.index(NESTED), ())
    set_entry(world, linked, nested, ((1, EnumValue(1, ())), EnumValue(0, ()), 8), 1)
    for height, value in ((2, 20), (6, 60), (HEIGHT, 90)):
        entry = find_entry(linked, THIS, CHECKPOINTED, (FRIEND,))
        set_entry(world, linked, entry, value, height)
    return world


def call(world: MemoryWorld, value: int = VALUE) -> Succeeded | Failed:
    data = encode_record(TYPES, get_fields(TYPES, PARAMS), ARGUMENTS)
    return execute(world, BLOCK, CallInput(THIS, SELECTOR, CALLER, value, data, GAS, is_view=False))


def literal(index: TypeIndex, value: Value) -> Literal:
    return Literal(index, encode_value(TYPES, TYPES[index], value))


def run_body(
    *nodes: Node, result: TypeIndex | None = None, literals: tuple[Literal, ...] = ()
) -> tuple[MemoryWorld, Succeeded | Failed]:
    """The world and the outcome of a body that returns the value of its last node, if asked to."""
    last = () if result is None else n(len(nodes) - 1)
    results = () if result is None else (result,)
    module = body(*nodes, Leave(FUNCTION_SCOPE, last), result=results, literals=literals)
    world = make_world(module)
    return world, call(world)


def value_of(*nodes: Node, result: TypeIndex, literals: tuple[Literal, ...] = ()) -> Value:
    """The value of the last node, or the code of the failure."""
    _, outcome = run_body(*nodes, result=result, literals=literals)
    if isinstance(outcome, Succeeded):
        return outcome.result[0]
    assert not isinstance(outcome.failure, DeclaredFailure)
    return outcome.failure.code.encode()


def guard_says(*nodes: Node, literals: tuple[Literal, ...] = ()) -> bool:
    """Whether a guard that fails when its last node is true has failed."""
    fail = Fail(NodeIndex(len(nodes) - 1), 1, ())
    function = make_function(*nodes, fail, Leave(FUNCTION_SCOPE, ()), guard_count=len(nodes) + 1)
    outcome = call(make_world(make_module(make_code(function, literals=literals))))
    if isinstance(outcome, Succeeded):
        return False
    assert outcome.failure == DeclaredFailure(THIS, 1, b"")
    return True
