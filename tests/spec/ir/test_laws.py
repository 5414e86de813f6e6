"""What holds for every valid module, and for everything that is none."""

import json
from collections import Counter
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spec.ir.encoding import (
    compute_code_id,
    compute_exec_root,
    compute_spec_root,
    decode_module,
    encode_module,
)
from spec.ir.errors import IrRule, MachineError
from spec.ir.gas import CostContext, compute_entry_cost, compute_node_cost
from spec.ir.host import Failed, Failure, MachineFailure, Succeeded
from spec.ir.linked import LinkedModule
from spec.ir.machine import execute
from spec.ir.measure import compute_measure, compute_table
from spec.ir.module_view import module_from_json, module_to_json
from spec.ir.syntax import (
    Call,
    Fold,
    If,
    Match,
    Module,
    Node,
    Prim,
    PrimOp,
    Scope,
    Send,
    get_operands,
)
from spec.ir.validate import link, validate
from spec.lib.result import Err, Ok
from tests.spec.ir.modules import make_module
from tests.spec.ir.mutations import mutate_bytes, mutate_json, mutate_module
from tests.spec.ir.small import P_U64, RETURN, body, prim
from tests.spec.ir.worlds import Log, count_coins, make_step, make_world, run, spy_on

seeds = st.integers(0, (1 << 32) - 1)


def list_nodes(module: Module) -> list[Node]:
    spec = module.spec
    lists = [function.code for function in module.code.functions]
    lists += [entry.code for entry in spec.invariants + spec.transitions]
    lists += [code for claimed in spec.functions for code in claimed.ensures]
    return [node for code in lists for node in code]


def test_the_generator_makes_every_kind_and_operator() -> None:
    nodes = [node for seed in range(250) for node in list_nodes(make_module(seed))]
    kinds = Counter(type(node) for node in nodes)
    assert len(kinds) == 31
    assert {node.op for node in nodes if isinstance(node, Prim)} == set(PrimOp)


@given(seeds)
def test_generated_modules_are_valid(seed: int) -> None:
    assert validate(make_module(seed)) is None


@settings(max_examples=40)
@given(seeds)
def test_decoding_undoes_encoding(seed: int) -> None:
    module = make_module(seed)
    decoded = decode_module(encode_module(module))
    assert decoded == Ok(module)
    assert isinstance(decoded, Ok)
    # Equality of IntEnum members does not tell 0 from PrimOp.ADD; the classes do.
    assert repr(decoded.value) == repr(module)


@settings(max_examples=40)
@given(seeds)
def test_the_json_view_loses_nothing(seed: int) -> None:
    module = make_module(seed)
    view = json.loads(json.dumps(module_to_json(module)))
    parsed = module_from_json(view)
    assert parsed == Ok(module)
    assert repr(parsed) == repr(Ok(module))


def test_the_code_id_is_the_hash_of_both_roots() -> None:
    module = make_module(3)
    other = replace(module, spec=replace(module.spec, aggregates=()))
    assert compute_exec_root(module) == compute_exec_root(other)
    assert compute_spec_root(module) != compute_spec_root(other)
    assert compute_code_id(module) != compute_code_id(other)


# Running


def check_run(seed: int) -> None:
    """Twelve calls in one world: bounds, conservation, and failures that leave nothing."""
    rng = Random(seed)
    world = make_world(rng)
    coins = count_coins(world)
    for height in range(1, 13):
        step = make_step(rng, world, height)
        before = world.copy()
        world, outcome = run(world, step)
        assert outcome.gas_used <= step.call.gas_limit
        assert outcome.gas_used <= step.function.gas_bound
        assert count_coins(world) == coins
        if isinstance(outcome, Failed):
            assert world == before
            has_run = outcome.gas_used > 0
            is_out_of_gas = (
                isinstance(outcome.failure, MachineFailure)
                and outcome.failure.code == "contract.out_of_gas"
            )
            assert not (has_run and is_out_of_gas), "out of gas is unreachable from outside"
        if step.call.is_view:
            assert world == before, "a view changes nothing"


@settings(max_examples=40)
@given(seeds)
def test_valid_modules_never_raise_and_never_exceed_their_gas(seed: int) -> None:
    check_run(seed)


@pytest.mark.slow
def test_valid_modules_never_raise_on_many_worlds() -> None:
    for seed in range(1_000):
        check_run(seed)


@given(seeds)
def test_runs_are_deterministic(seed: int) -> None:
    rng = Random(seed)
    world = make_world(rng)
    step = make_step(rng, world, 1)
    first, second = world.copy(), world.copy()
    assert execute(first, step.block, step.call) == execute(second, step.block, step.call)
    assert first == second


# Gas


def compute_starts(linked: LinkedModule, number: int) -> set[int]:
    """Where basic blocks start, by README 2, worked out from the lengths alone."""
    function = linked.functions[number]
    starts = {0, function.declared.guard_count}
    for index, node in enumerate(function.code.nodes):
        lengths: tuple[int, ...] = ()
        match node:
            case If(_, then_count, else_count):
                lengths = (then_count, else_count)
            case Match(_, arm_counts):
                lengths = arm_counts
            case Fold(_, _, _, _, count) | Scope(count):
                lengths = (count,)
            case Call() | Send():
                starts.add(index + 1)
            case _:
                pass
        if lengths:
            starts |= {index + 1 + sum(lengths[:i]) for i in range(len(lengths) + 1)}
    return starts


def compute_costs(linked: LinkedModule, number: int) -> list[int]:
    code = linked.module.code
    measures = compute_table(linked.types, compute_measure)
    context = CostContext(linked.types, measures, code)
    function = linked.functions[number]
    costs = []
    for node, kind in zip(function.code.nodes, function.code.types, strict=True):
        operands = tuple(function.code.types[operand] for operand in get_operands(node))
        assert None not in operands
        costs.append(compute_node_cost(context, node, kind, operands))  # type: ignore[arg-type]  # no None, as just seen
    declared = function.declared
    costs[0] += compute_entry_cost(context, declared.params, declared.result)
    return costs


def get_innermost(failure: Failure) -> Failure:
    while isinstance(failure, MachineFailure) and failure.cause is not None:
        failure = failure.cause
    return failure


@settings(max_examples=40)
@given(seeds)
def test_gas_is_the_sum_over_the_blocks_entered(seed: int) -> None:
    rng = Random(seed)
    world = make_world(rng)
    step = make_step(rng, world, 1)
    log: Log = []
    spied = world.copy()
    spied.codes = {key: spy_on(linked, key, log) for key, linked in world.codes.items()}
    outcome = execute(spied, step.block, step.call)
    charges: list[int] = []
    ran = 0
    for contract, number, index in log:
        costs = compute_costs(world.codes[contract], number)
        starts = sorted(compute_starts(world.codes[contract], number) | {len(costs)})
        ran += costs[index]
        if index in starts:
            charges.append(sum(costs[index : starts[starts.index(index) + 1]]))
    if isinstance(outcome, Succeeded):
        assert outcome.gas_used == sum(charges) == ran
        return
    # A block is charged whole, even if the run fails within it, unless there is no gas for it.
    innermost = get_innermost(outcome.failure)
    if isinstance(innermost, MachineFailure) and innermost.code == MachineError.OUT_OF_GAS:
        charges.pop()
    assert outcome.gas_used == sum(charges)


# What is no module


def check_mutated_bytes(rng: Random, data: bytes, count: int) -> int:
    """Mutants are refused, or are the one encoding of what they give; counts the latter."""
    accepted = 0
    for _ in range(count):
        mutated = mutate_bytes(rng, data)
        decoded = decode_module(mutated)
        if isinstance(decoded, Ok):
            accepted += 1
            assert encode_module(decoded.value) == mutated, "one encoding per module"
        else:
            assert decoded.error.code
    return accepted


def list_fragments(module: Module) -> list[Module]:
    """One per function, without most of the tables: no valid module, but quick to decode."""
    code, spec = module.code, module.spec
    short = replace(spec, literals=(), aggregates=(), functions=(), invariants=(), transitions=())
    return [
        Module(
            replace(
                code,
                types=code.types[:2],
                literals=code.literals[:1],
                interfaces=(),
                cells=(),
                events=(),
                errors=(),
                functions=(function,),
            ),
            short,
        )
        for function in code.functions
    ]


def test_mutated_bytes_are_decoded_or_refused() -> None:
    """Ten thousand damages to fragments, some to whole modules."""
    rng = Random(0)
    modules = [make_module(seed) for seed in range(60)]
    encoded = [encode_module(part) for module in modules for part in list_fragments(module)]
    accepted = sum(check_mutated_bytes(rng, data, 200) for data in sorted(encoded, key=len)[:60])
    assert accepted > 500, "damages that are all refused test little"
    for module in modules[:20]:
        check_mutated_bytes(rng, encode_module(module), 10)


@pytest.mark.slow
def test_many_mutated_bytes_are_decoded_or_refused() -> None:
    for seed in range(200):
        check_mutated_bytes(Random(seed), encode_module(make_module(seed)), 100)


@pytest.mark.slow
def test_a_million_mutated_bytes_are_decoded_or_refused() -> None:
    """Fragments are quick to decode, so that a million of them are a matter of minutes."""
    modules = [make_module(seed) for seed in range(60)]
    encoded = [encode_module(part) for module in modules for part in list_fragments(module)]
    shortest = sorted(encoded, key=len)[:100]
    accepted = sum(check_mutated_bytes(Random(i), data, 10_000) for i, data in enumerate(shortest))
    assert accepted > 10_000


def test_a_number_that_names_no_operator_is_refused() -> None:
    """SSZ accepts any byte; the module's decoder knows what it names."""
    module = body(P_U64, prim(PrimOp.POP, 0), RETURN)
    data = encode_module(module)
    node = bytes([3, PrimOp.POP])
    assert data.count(node) == 1
    for number in (len(PrimOp), 255):
        refused = decode_module(data.replace(node, bytes([3, number])))
        assert isinstance(refused, Err)
        assert refused.error.code == IrRule.NUMBER_OUT_OF_RANGE.code


def test_random_bytes_are_refused() -> None:
    rng = Random(0)
    for _ in range(2_000):
        assert isinstance(decode_module(rng.randbytes(rng.randrange(200))), Err)


def test_too_many_bytes_are_refused_before_they_are_read() -> None:
    refused = decode_module(bytes((1 << 20) + 1))
    assert isinstance(refused, Err)
    assert refused.error.code == IrRule.TOO_MANY.code


def check_mutated_modules(seed: int, count: int) -> int:
    """Mutants are refused, or their runs keep all laws; gives how many are accepted."""
    rng = Random(seed)
    module = make_module(seed)
    accepted = 0
    for _ in range(count):
        mutant = mutate_module(rng, module)
        linked = link(mutant)
        if isinstance(linked, Err):
            assert linked.error.message
            continue
        accepted += 1
        assert decode_module(encode_module(mutant)) == Ok(mutant)
        world = make_world(rng)
        world.codes = dict.fromkeys(world.codes, linked.value)
        for height in range(1, 4):
            step = make_step(rng, world, height)
            world, outcome = run(world, step)
            assert outcome.gas_used <= step.function.gas_bound
    return accepted


def test_mutated_modules_are_refused_or_run_safely() -> None:
    accepted = sum(check_mutated_modules(seed, 25) for seed in range(20))
    assert accepted > 20, "mutants that are all refused test little"


@pytest.mark.slow
def test_many_mutated_modules_are_refused_or_run_safely() -> None:
    for seed in range(200):
        check_mutated_modules(seed, 100)


@settings(max_examples=40)
@given(seeds)
def test_mutated_views_are_parsed_or_refused(seed: int) -> None:
    rng = Random(seed)
    view = json.loads(json.dumps(module_to_json(make_module(seed))))
    mutate_json(rng, view)
    parsed = module_from_json(view)
    if isinstance(parsed, Ok):
        assert module_to_json(parsed.value) == view, "one view per module"
    else:
        assert parsed.error.path.startswith("/")
        assert parsed.error.message
