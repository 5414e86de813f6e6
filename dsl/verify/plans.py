"""Goals about calls that could be made: `can` and `check`.

`can`    wherever the invariants and its condition hold, the call that is meant does not fail, but
         for a failing call of another contract
`check`  wherever both rows of calls succeed from one state, at one time, they end in the same
         state, leaf by leaf

The calls run symbolically from the state like any other. Which ones are meant is the condition of
the plan's view: its parameters are the bound variables and what each call is given.
"""

from dsl.source_map import PlanMap
from dsl.verify.cases import Case, run_case
from dsl.verify.encoder import Inputs
from dsl.verify.goals import Goal, PlanRun, Vc
from dsl.verify.leaves import Sym, UnsupportedError, make_symbolic
from dsl.verify.past import end_call
from dsl.verify.properties import Evaluated, View, find_shape
from dsl.verify.state import Place, State, list_writes, read_leaf
from dsl.verify.terms import Term
from spec.ir.syntax import AddressType, UintType

ADDRESS = AddressType()
COINS = UintType(128)
OUTSIDE = "call"
"""Failures of another contract: no claim excludes them."""


def add_plans(vc: Vc) -> None:
    """States the goals of all plans."""
    for index, plan in enumerate(vc.plans):
        if vc.only is not None and vc.only not in {*plan.left, *plan.right}:
            continue
        kind = "check" if plan.is_check else "can"
        try:
            run = run_plan(vc, plan, vc.anywhere, 0)
        except UnsupportedError as error:
            function = plan.left[0]
            vc.add(Goal(kind, index, function, vc.encoder.pool.true, unsupported=error.what))
            continue
        if plan.is_check:
            _add_check(vc, index, run)
        else:
            _add_can(vc, index, run)


def run_plan(vc: Vc, plan: PlanMap, state: State, step: int) -> PlanRun:
    """Makes the calls of a plan from a state.

    Raises:
        UnsupportedError: a call or the condition does what the encoding does not cover.
    """
    functions = vc.linked.module.code.functions
    cases: list[Case] = []
    for side in (plan.left, plan.right):
        before = state
        for function in side:
            case = run_case(vc.encoder, function, functions[function], before, step)
            cases.append(case)
            before = end_call(case.after, case.inputs.height)
    given = [each for case in cases for each in _list_given(case)]
    kinds = [vc.encoder.layouts.get(each) for each in functions[plan.view].params]
    bound = kinds[: len(kinds) - len(given)]
    variables = [
        make_symbolic(vc.encoder.pool, vc.encoder.layouts, each, "param") for each in bound
    ]
    params = (*variables, *given)
    inputs = _make_inputs(cases[0].inputs, params, plan.view)
    code = vc.linked.module.spec.functions[plan.view].ensures[0]
    shape = find_shape(vc.encoder, vc.aggregates, code)
    condition = vc.properties.evaluate(shape, View(inputs, state, state))
    return PlanRun(plan, tuple(cases), params, condition)


def _list_given(case: Case) -> list[Sym]:
    """What a call is given, in the order of the view's parameters."""
    inputs = case.inputs
    arguments = inputs.params[: len(case.declared.params)]
    return [*arguments, Sym(ADDRESS, (inputs.caller,)), Sym(COINS, (inputs.value,))]


def _make_inputs(inputs: Inputs, params: tuple[Sym, ...], function: int) -> Inputs:
    return Inputs(
        params,
        inputs.caller,
        inputs.value,
        inputs.now,
        inputs.height,
        inputs.this,
        inputs.genesis,
        function,
    )


def list_assumed(run: PlanRun) -> list[Term]:
    """What is assumed of every call."""
    return [term for case in run.cases for term in case.assumed]


def violate_can(vc: Vc, run: PlanRun) -> Term:
    """The call that is meant fails."""
    pool = vc.encoder.pool
    failures = [each.condition for each in run.cases[0].failures if each.kind != OUTSIDE]
    return pool.and_(run.condition.term, pool.or_(*failures))


def list_ends(run: PlanRun) -> tuple[State, State]:
    """The states in which the two rows of a check end."""
    count = len(run.plan.left)
    return run.cases[count - 1].after, run.cases[-1].after


def violate_check(vc: Vc, run: PlanRun, cell: int) -> tuple[Term, tuple[Sym, ...]]:
    """Both rows succeed and an entry of a cell differs at the end; the entry's keys."""
    pool, root = vc.encoder.pool, vc.anywhere.root
    left, right = list_ends(run)
    kinds, kind = root.shapes[cell]
    skolems = tuple(make_symbolic(pool, root.layouts, each, "skolem") for each in kinds)
    keys = tuple(pool.to_integer(each.term) for each in skolems)
    different = [
        pool.not_(pool.all_equal((read_leaf(left, place),), (read_leaf(right, place),)))
        for place in (Place(cell, keys, leaf) for leaf in range(root.layouts.size(kind)))
    ]
    succeeds = [case.succeed(pool) for case in run.cases]
    return pool.and_(run.condition.term, *succeeds, pool.or_(*different)), skolems


def list_cells(vc: Vc, run: PlanRun) -> list[int]:
    """The cells that some call of a check writes, ghosts apart."""
    written = {entry.cell for state in list_ends(run) for entry in list_writes(state)}
    return sorted(written - vc.encoder.ghosts.cells)


def _note_reads(vc: Vc, run: PlanRun) -> Evaluated:
    """What the calls read, as a property that is always true."""
    reads = [entry for case in run.cases for entry in case.execution.reads]
    return Evaluated(vc.encoder.pool.true, [], reads, [], None)


def _add_can(vc: Vc, index: int, run: PlanRun) -> None:
    function, case = run.plan.left[0], run.cases[0]
    evaluated = (run.condition, _note_reads(vc, run))
    goal = Goal("can", index, function, violate_can(vc, run), case, evaluated=evaluated, run=run)
    goal.skolems = (run.params,)
    vc.add(goal)
    reached = Goal("exercised can", index, function, run.condition.term, case, is_wanted=True)
    reached.assumes_success, reached.evaluated, reached.run = True, evaluated, run
    vc.add(reached)


def _add_check(vc: Vc, index: int, run: PlanRun) -> None:
    pool, function = vc.encoder.pool, run.plan.left[0]
    evaluated = (run.condition, _note_reads(vc, run))
    assumed = tuple(list_assumed(run))
    for cell in list_cells(vc, run):
        violated, skolems = violate_check(vc, run, cell)
        goal = Goal("check", index, function, violated, extra=assumed, evaluated=evaluated, run=run)
        goal.skolems, goal.node = (run.params, skolems), cell
        vc.add(goal)
    succeeds = pool.and_(run.condition.term, *(case.succeed(pool) for case in run.cases))
    reached = Goal("exercised check", index, function, succeeds, extra=assumed, is_wanted=True)
    reached.evaluated, reached.run = evaluated, run
    vc.add(reached)
