"""Random modules: the verifier never raises, and no run of the machine refutes what it proved."""

from collections import Counter
from random import Random

import pytest

from dsl.verify.replay import Happened, Moment, Surroundings
from dsl.verify.scenario import Step, list_scalars
from dsl.verify.solver import Limits, Solver
from dsl.verify.verify import Remembering, Report, Subject, verify_with
from spec.ir.evaluate import evaluate_property
from spec.ir.host import BlockContext, CallInput, Succeeded
from spec.ir.linked import LinkedCode, LinkedModule
from spec.ir.machine import execute
from spec.ir.memory import MemoryWorld
from spec.ir.syntax import INIT_SELECTOR, FunctionKind
from spec.ir.values import Value, encode_record
from tests.dsl.verify.test_symbolic_equals_concrete import CONTRACT, uses_others
from tests.spec.ir.modules import make_module
from tests.spec.ir.tables import ADDRESSES, KEYS, make_value
from tests.spec.ir.worlds import GENESIS_ID, link_valid

LIMITS = Limits(rlimit=200_000)
CALLS = 12


def list_proved(report: Report) -> set[tuple[str, int, str]]:
    """(kind, number, function) of properties every goal of which is proved."""
    verdicts: dict[tuple[str, int, str], set[str]] = {}
    for goal in report.goals:
        kind = goal.kind.split()[-1]
        kind = "invariant" if kind in {"tick", "inbox"} else kind
        if kind in {"invariant", "transition", "ensures"}:
            action = goal.action if kind == "ensures" else ""
            number = int(goal.name.split()[-1]) - 1
            verdicts.setdefault((kind, number, action), set()).add(goal.verdict)
    return {key for key, found in verdicts.items() if found == {"proved"}}


def check(
    linked: LinkedModule, code: LinkedCode, around: Surroundings, counts: Counter[str]
) -> None:
    if uses_others(code.nodes):
        return
    counts["checked"] += 1
    assert evaluate_property(linked, code, around)


def run_calls(
    linked: LinkedModule, proved: set[tuple[str, int, str]], rng: Random, counts: Counter[str]
) -> None:
    """Deploys and calls at random; whatever is proved must hold after each successful call."""
    world = MemoryWorld(codes={CONTRACT: linked})
    world.balances.update(dict.fromkeys(ADDRESSES, 1000))
    del world.balances[CONTRACT]
    seen: list[Value] = list(ADDRESSES)
    functions = list(enumerate(linked.functions))
    inits = [each for each in functions if each[1].declared.kind is FunctionKind.INIT]
    others = [each for each in functions if each[1].declared.kind is not FunctionKind.INIT]
    is_deployed = not inits
    for number in range(CALLS):
        index, function = inits[0] if not is_deployed else rng.choice(others)
        arguments = tuple(make_value(rng, kind) for kind in function.params)
        caller = rng.choice(KEYS)
        value = rng.choice((0, 1)) if function.declared.is_payable else 0
        value = min(value, world.get_balance(caller))
        block = BlockContext(GENESIS_ID, number, number * 1000)
        after = world.copy()
        selector = function.declared.selector if is_deployed else INIT_SELECTOR
        data = encode_record(linked.types, function.params, arguments)
        call = CallInput(CONTRACT, selector, caller, value, data, 10_000_000, is_view=False)
        outcome = execute(after, block, call)
        if not isinstance(outcome, Succeeded):
            continue
        is_deployed = True
        counts["calls"] += 1
        seen += list_scalars((*arguments, *outcome.result))
        step = Step(index, caller, value, block.now_ms, block.height, arguments)
        around = Surroundings(
            linked,
            CONTRACT,
            Happened(step, Moment(world), Moment(after), outcome),
            (*arguments, *outcome.result),
            GENESIS_ID,
            tuple(dict.fromkeys(seen)),
        )
        world = after
        kind = function.declared.kind
        for what, position, action in sorted(proved):
            if what == "invariant":
                check(linked, linked.spec.invariants[position], around, counts)
            elif what == "transition" and kind is FunctionKind.ACTION:
                check(linked, linked.spec.transitions[position], around, counts)
            elif what == "ensures" and action == f"function{index}":
                check(linked, linked.spec.functions[index].ensures[position], around, counts)


def run_seed(seed: int, solver: Solver, counts: Counter[str]) -> None:
    linked = link_valid(make_module(seed))
    decide = Remembering(solver, LIMITS)
    report = verify_with(Subject(linked, "Random", "random"), decide, LIMITS, lambda: "")
    counts[report.verdict] += 1
    proved = list_proved(report)
    counts["proved properties"] += len(proved)
    for attempt in range(3):
        run_calls(linked, proved, Random(seed * 7 + attempt), counts)


@pytest.mark.parametrize("block", range(3))
def test_no_run_refutes_what_is_proved(block: int, solver: Solver) -> None:
    counts: Counter[str] = Counter()
    for seed in range(5_000 + 10 * block, 5_000 + 10 * block + 10):
        run_seed(seed, solver, counts)
    assert counts["proved properties"] > 2, counts
    assert counts["checked"] > 2, counts


@pytest.mark.slow
def test_no_run_refutes_what_is_proved_on_many_modules(solver: Solver) -> None:
    counts: Counter[str] = Counter()
    for seed in range(20_000, 20_500):
        run_seed(seed, solver, counts)
    assert counts["checked"] > 500, counts
