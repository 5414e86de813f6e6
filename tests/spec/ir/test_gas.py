"""Gas: bounds against an enumeration of all paths, and the constants' order."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from spec.ir.gas import GAS_CALL, GAS_READ, GAS_SIGNATURE, GAS_WRITE, compute_gas_bound
from spec.ir.linked import IntType, StaticType
from spec.ir.syntax import (
    FUNCTION_SCOPE,
    NO_SOURCE,
    NO_VALUE,
    AddressType,
    BoolType,
    BytesType,
    Call,
    Collect,
    Emit,
    EnumType,
    Fail,
    Fold,
    Get,
    If,
    Leave,
    ListType,
    MakeList,
    MakeRecord,
    MapType,
    Match,
    MessageType,
    Next,
    Node,
    NodeIndex,
    Param,
    Pay,
    Prim,
    RecordType,
    Scope,
    Send,
    Set,
    StringType,
    TypeIndex,
    UintType,
    Update,
    Variant,
    get_operands,
)
from tests.spec.ir.modules import make_module
from tests.spec.ir.small import P_LIST, P_U64, RETURN, body, n
from tests.spec.ir.tables import CELL_TYPES, CELLS, EVENTS, INTERFACES, LIST, TYPES, U64
from tests.spec.ir.test_laws import compute_costs
from tests.spec.ir.worlds import link_valid

seeds = st.integers(0, (1 << 32) - 1)


# The costs, written down once more from the table at the head of `gas`


def measure(kind: StaticType) -> tuple[int, int, bool]:
    """Largest encoding, most parts, and whether the size is fixed."""
    match kind:
        case UintType(bits):
            return bits // 8, 1, True
        case BoolType():
            return 1, 1, True
        case AddressType():
            return 32, 1, True
        case BytesType(size):
            return size, 1, True
        case StringType(size):
            return size, 1, False
        case MessageType(size):
            return 60 + size, 1, False
        case RecordType(fields):
            return measure_record(fields)
        case EnumType(members):
            arms = [measure_record(fields) for fields in members]
            return 1 + max(arm[0] for arm in arms), max(arm[1] for arm in arms), False
        case ListType(element, length_max):
            size, parts, is_fixed = measure(TYPES[element])
            return length_max * (size + (0 if is_fixed else 4)), 1 + length_max * parts, False
        case _:
            raise AssertionError("maps have no values")


def measure_record(fields: tuple[TypeIndex, ...]) -> tuple[int, int, bool]:
    inner = [measure(TYPES[field]) for field in fields]
    size = sum(size + (0 if is_fixed else 4) for size, _, is_fixed in inner)
    return size, 1 + sum(parts for _, parts, _ in inner), all(fixed for _, _, fixed in inner)


def w(kind: StaticType | None) -> int:
    if kind is None:
        return 0
    if isinstance(kind, IntType):
        return 1 + kind.bits // 256
    size, parts, _ = measure(kind)
    return max(parts, 1 + size // 32)


def w_all(indices: tuple[TypeIndex, ...]) -> int:
    return sum(w(TYPES[index]) for index in indices)


def w_entry(cell: int) -> int:
    kind = TYPES[CELL_TYPES[cell]]
    while isinstance(kind, MapType):
        kind = TYPES[kind.value]
    return w(kind)


def cost_of_prim(node: Prim, kind: StaticType | None, operands: list[StaticType | None]) -> int:
    match node.op.name:
        case "MUL" | "DIV" | "MOD":
            return w(operands[0]) * w(operands[1])
        case "EQ" | "APPEND" | "POP" | "REPLACE":
            return w(operands[0])
        case "HASH":
            return 20 + sum(w(operand) for operand in operands)
        case "VERIFY_SIGNATURE":
            return 2_000 + 32 * sum(w(operand) for operand in operands)
        case "IS_CONTRACT":
            return 20
        case "IMPLEMENTS":
            return 20 + 5 * len(INTERFACES[node.immediates[0]].members)
        case "MESSAGE":
            return w(kind)
        case _:
            return w(kind) - 1 if isinstance(kind, IntType) else 0


def cost_of(node: Node, kind: StaticType | None, operands: list[StaticType | None]) -> int:
    match node:
        case Prim():
            return 1 + cost_of_prim(node, kind, operands)
        case MakeRecord(_, args) | MakeList(_, args) | Variant(_, _, args) | Fail(_, _, args):
            return 1 + len(args)
        case Fold(_, _, _, values, _) | Next(_, values) | Leave(_, values):
            return 1 + len(values)
        case Get(cell, when, _, _):
            return 1 + (680 if when.name == "AT" else 20) + w_entry(cell)
        case Set(cell, _, _, _) | Update(cell, _, _, _, _):
            return 1 + (300 if CELLS[cell].is_checkpointed else 100) + w_entry(cell)
        case Pay() | Collect():
            return 201
        case Emit(event, _):
            return 21 + w_all(EVENTS[event].fields)
        case Call(interface, member, value=value):
            coins = 0 if value == NO_VALUE else 200
            return 201 + w_all(INTERFACES[interface].members[member].params) + w(kind) + coins
        case Send():
            return 401 + w(operands[0])
        case _:
            return 1


@given(seeds)
def test_costs_are_those_of_the_table(seed: int) -> None:
    linked = link_valid(make_module(seed))
    for number, function in enumerate(linked.functions):
        kinds = function.code.types
        expected = [
            cost_of(node, kinds[index], [kinds[operand] for operand in get_operands(node)])
            for index, node in enumerate(function.code.nodes)
        ]
        declared = function.declared
        expected[0] += 20 + w_all(declared.params) + w_all(declared.result)
        assert compute_costs(linked, number) == expected


# The bound


LENGTH_MAX = 4
"""Of the only list type that generated folds run over."""


def bound_of(costs: list[int], nodes: tuple[object, ...], start: int, end: int) -> int:
    """The dearest way through a range of nodes, by the definition, with recursion."""
    total = 0
    index = start
    while index < end:
        node = nodes[index]
        total += costs[index]
        inner = index + 1
        lengths: tuple[int, ...] = ()
        runs = 1
        match node:
            case If(_, then_count, else_count):
                lengths = (then_count, else_count)
            case Match(_, arm_counts):
                lengths = arm_counts
            case Fold(source, low, high, _, count):
                lengths = (count,)
                runs = high - low if source == NO_SOURCE else LENGTH_MAX
            case Scope(count):
                lengths = (count,)
            case Call(gas=gas) | Send(gas=gas):
                total += gas
            case _:
                pass
        bounds = [0]
        for length in lengths:
            bounds.append(bound_of(costs, nodes, inner, inner + length))
            inner += length
        total += runs * max(bounds)
        index = inner
    return total


@given(seeds)
def test_the_bound_is_that_of_the_dearest_path(seed: int) -> None:
    linked = link_valid(make_module(seed))
    for number, function in enumerate(linked.functions):
        nodes = function.code.nodes
        expected = bound_of(compute_costs(linked, number), nodes, 0, len(nodes))
        assert function.gas_bound == expected


def test_a_fold_over_a_list_is_bounded_by_the_lists_type() -> None:
    loop = (
        P_LIST,
        Fold(0, 0, 0, (), 3),
        P_U64,
        Set(3, (), (), NodeIndex(2)),
        Next(NodeIndex(1), ()),
        RETURN,
    )
    once = link_valid(body(P_U64, Set(3, (), (), NodeIndex(0)), RETURN)).functions[0].gas_bound
    bound = link_valid(body(*loop)).functions[0].gas_bound
    assert bound > 4 * GAS_WRITE
    assert bound - once > 3 * GAS_WRITE


def test_hashing_dominates() -> None:
    assert 1 < GAS_READ < GAS_WRITE < GAS_CALL < GAS_SIGNATURE


def test_larger_types_cost_more() -> None:
    small = link_valid(body(P_U64, Leave(FUNCTION_SCOPE, n(0)), result=(U64,)))
    large = link_valid(body(Param(4), Leave(FUNCTION_SCOPE, n(0)), result=(LIST,)))
    assert small.functions[0].gas_bound < large.functions[0].gas_bound


def test_the_bound_of_a_straight_list_is_its_sum() -> None:
    rng = Random(1)
    costs = tuple(rng.randrange(1, 100) for _ in range(5))
    nodes = (P_U64,) * 4 + (RETURN,)
    assert compute_gas_bound(nodes, (None,) * 5, costs) == sum(costs)
