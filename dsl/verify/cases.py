"""One symbolic call of each function, from any typed state: what all goals about it share."""

from dataclasses import dataclass

from dsl.verify.encoder import Encoder, Failure, Inputs, Owed
from dsl.verify.execute import Execution
from dsl.verify.leaves import (
    ADDRESS_LIMIT,
    ADDRESS_LOW,
    CONTRACTS_LOW,
    Sym,
    UnsupportedError,
    make_symbolic,
)
from dsl.verify.past import TIME_MAX, get_height
from dsl.verify.properties import ACTIVE, settle_owed
from dsl.verify.state import COINS_MAX, Place, Root, State, make_state, read_leaf
from dsl.verify.terms import Pool, Symbol, Term
from dsl.verify.trust import list_facts
from spec.ir.syntax import (
    CELL_BALANCE,
    CELL_INBOX,
    Fail,
    Fold,
    Function,
    FunctionKind,
    Join,
    Leave,
    Module,
    get_operands,
)

GENESIS_MAX = (1 << 256) - 1
IMPLIED_INIT = Function(
    FunctionKind.INIT,
    bytes(8),
    (),
    (),
    is_payable=False,
    guard_count=0,
    code=(Leave(0xFFFF, ()),),
)
"""What a module without init has: goals about the first state are never forgotten."""


@dataclass(slots=True)
class Case:
    """One call of a function."""

    function: int
    """Index in the module; -1 is the implied init."""
    declared: Function
    inputs: Inputs
    """With the result behind the parameters."""
    before: State
    after: State
    failures: tuple[Failure, ...]
    guard_owed: tuple[Owed, ...]
    """What divisions and list reads in the guard rest on."""
    execution: Execution
    assumed: tuple[Term, ...]
    """Facts about every call: coins are limited, nobody calls itself."""

    @property
    def is_init(self) -> bool:
        """Whether the call makes the first state."""
        return self.declared.kind is FunctionKind.INIT

    def succeed(self, pool: Pool) -> Term:
        """Nothing fails."""
        return pool.and_(*(pool.not_(failure.condition) for failure in self.failures))


def make_inputs(encoder: Encoder, function: Function, index: int, step: int) -> Inputs:
    """A call's inputs as terms; `step` tells calls of one chain apart."""
    pool, layouts = encoder.pool, encoder.layouts
    params = tuple(
        make_symbolic(pool, layouts, layouts.get(each), "param") for each in function.params
    )
    value = pool.fresh("value", 0, COINS_MAX) if function.is_payable else pool.zero
    return Inputs(
        params,
        pool.fresh("caller", ADDRESS_LOW, ADDRESS_LIMIT - 1),
        value,
        pool.apply(Symbol("now", (step,), 0, TIME_MAX)),
        get_height(pool, step),
        pool.apply(Symbol("this", (), CONTRACTS_LOW, ADDRESS_LIMIT - 1)),
        pool.apply(Symbol("genesis", (), 0, GENESIS_MAX)),
        index,
    )


def list_functions(module: Module) -> list[tuple[int, Function]]:
    """All functions with their indices; an absent init is implied."""
    functions = list(enumerate(module.code.functions))
    if not functions or functions[0][1].kind is not FunctionKind.INIT:
        functions.insert(0, (-1, IMPLIED_INIT))
    return functions


def run_case(
    encoder: Encoder, index: int, function: Function, before: State, step: int = 0
) -> Case:
    """Runs a function symbolically from a state.

    Raises:
        UnsupportedError: the function does what the encoding does not cover.
    """
    pool = encoder.pool
    inputs = make_inputs(encoder, function, index, step)
    execution = Execution(encoder, inputs, before, before)
    results = execution.run_function(function.code, function.guard_count, inputs.value)
    trusted = list_facts(encoder, execution)
    with_result = Inputs(
        (*inputs.params, *_trim(results, function)),
        inputs.caller,
        inputs.value,
        inputs.now,
        inputs.height,
        inputs.this,
        inputs.genesis,
        index,
    )
    coins = pool.add(
        read_leaf(before, Place(CELL_BALANCE, (), 0)),
        read_leaf(before, Place(CELL_INBOX, (), 0)),
        inputs.value,
    )
    assumed = (
        pool.less_equal(coins, pool.number(COINS_MAX)),
        pool.not_(pool.equal(inputs.caller, inputs.this)),
        *execution.assumed,
        *trusted,
    )
    owed = _settle_guard(pool, function, execution)
    return Case(
        index,
        function,
        with_result,
        before,
        execution.state,
        tuple(execution.failures),
        tuple(owed),
        execution,
        assumed,
    )


def _trim(results: tuple[Sym, ...], function: Function) -> tuple[Sym, ...]:
    return results[: len(function.result)]


def _settle_guard(pool: Pool, function: Function, execution: Execution) -> list[Owed]:
    """What the guard owes where it is first needed: behind the conditions that come before that.

    So a `let` in front of the `fails` that keeps its divisor from zero is as good as one behind it.
    """
    code = function.code
    has_fold = any(isinstance(node, Fold) for node in code)
    if has_fold:
        owed = execution.owed
    else:
        roots = {
            index
            for index in range(function.guard_count, len(code))
            if isinstance(code[index], ACTIVE)
        }
        owed = settle_owed(pool, code, execution, roots)
    settled: list[Owed] = []
    for each in owed:
        needed = each.node if has_fold else _find_need(function, each.node)
        earlier = [
            failure.condition
            for failure in execution.failures
            if failure.is_guard and failure.node < needed
        ]
        condition = pool.or_(*earlier, each.condition)
        if condition is not pool.true:
            settled.append(Owed(each.what, condition, each.node))
    return settled


def _find_need(function: Function, node: int) -> int:
    """The first `fails` of a guard that depends on a node, else the end of the guard."""
    dependent = {node}
    for index in range(node + 1, function.guard_count):
        each = function.code[index]
        used = (*get_operands(each), *([each.header] if isinstance(each, Join) else []))
        if dependent.isdisjoint(used):
            continue
        if isinstance(each, Fail):
            return index
        dependent.add(index)
    return function.guard_count


def run_cases(
    encoder: Encoder, anywhere: State, only: int | None = None
) -> list[Case | tuple[int, str]]:
    """A case per function (or of one alone); (index, reason) for one that cannot be encoded."""
    start = Root(encoder.pool, encoder.layouts, encoder.module.code.cells, 0)
    cases: list[Case | tuple[int, str]] = []
    for index, function in list_functions(encoder.module):
        if only not in {None, index}:
            continue
        is_init = function.kind is FunctionKind.INIT
        before = make_state(start) if is_init else anywhere
        try:
            cases.append(run_case(encoder, index, function, before))
        except UnsupportedError as error:
            cases.append((index, error.what))
    return cases
