"""Gas: bounds against an enumeration of all paths, and the constants' order."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from spec.ir.gas import GAS_CALL, GAS_READ, GAS_SIGNATURE, GAS_WRITE, compute_gas_bound
from spec.ir.syntax import (
    FUNCTION_SCOPE,
    NO_SOURCE,
    Call,
    Fold,
    If,
    Leave,
    Match,
    Next,
    NodeIndex,
    Param,
    Scope,
    Send,
    Set,
)
from tests.spec.ir.modules import LIST, U64, make_module
from tests.spec.ir.small import P_LIST, P_U64, RETURN, body, n
from tests.spec.ir.test_laws import compute_costs
from tests.spec.ir.worlds import link_valid

seeds = st.integers(0, (1 << 32) - 1)


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
            case Call(_, _, _, _, gas) | Send(_, gas):
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
