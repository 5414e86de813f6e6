"""Goals: what is to be shown of a module, each as a state of affairs that must be impossible.

invariant      holds after init and every action; under `tick` when time passes; under `inbox`
               when coins arrive
transition     holds between the states around every action
ensures        holds after its function
frame          nothing but `modifies` changes
complete       when no guard fails, a check, division, payment or require of the body holds
may_fail       as `complete`, where that is not claimed: what fails gives a note
well_defined   a property or guard divides by no zero and reads at keys in range
aggregate      a sum's body is zero at defaults, and never negative where the lemma is used
can_succeed    an action, and the deployment, can succeed at all (a state must exist)
can            a call that is meant does not fail (`plans`)
check          two rows of calls end in the same state (`plans`)
exercised      the left side of an implication can hold (a state must exist)
"""

from collections.abc import Iterable

from dsl.proof_module import NO_GHOSTS, Ghosts
from dsl.source_map import PlanMap
from dsl.verify.aggregates import Aggregates
from dsl.verify.cases import (
    IMPLIED_INIT,
    Case,
    make_inputs,
    run_cases,
)
from dsl.verify.encoder import Encoder, Inputs, Owed
from dsl.verify.goals import (
    ANYWHERE,
    CALLS,
    IMPLIED,
    NO_FUNCTION,
    TIMES,
    Goal,
    Vc,
)
from dsl.verify.leaves import Layouts, Sym, UnsupportedError, make_symbolic
from dsl.verify.past import TIME_MAX
from dsl.verify.properties import Evaluated, Properties, Shape, View, find_shape
from dsl.verify.state import (
    COINS_MAX,
    Place,
    Root,
    list_writes,
    make_state,
    read_leaf,
    write,
)
from dsl.verify.terms import Pool, Term
from dsl.verify.trust import evaluate_alone
from spec.ir.linked import LinkedModule
from spec.ir.syntax import (
    CELL_BALANCE,
    CELL_INBOX,
    Code,
    Function,
    FunctionKind,
    FunctionSpec,
    Modified,
)

FAILURE_KINDS = frozenset({"complete", "may_fail"})
"""Kinds of goals about one check of a body, claimed or not."""


def make_vc(
    linked: LinkedModule,
    valid: frozenset[tuple[int, int]],
    plans: tuple[PlanMap, ...] = (),
    ghosts: Ghosts = NO_GHOSTS,
    only: int | None = None,
) -> Vc:
    """Runs every function of a module symbolically; `validity` and `add_goals` state the goals.

    `valid` are the (cell, leaf) of addresses that are assumed to be real in every state. Where
    `only` names a function, goals are about that one alone.
    """
    pool = Pool()
    encoder = Encoder(
        pool, Layouts(linked.types, ghosts.cells), linked.module, linked.literals, ghosts
    )
    root = Root(pool, encoder.layouts, linked.module.code.cells, ANYWHERE, valid)
    anywhere = make_state(root)
    inputs = make_inputs(encoder, IMPLIED_INIT, IMPLIED, 0)
    results = run_cases(encoder, anywhere, only)
    aggregates = Aggregates(encoder, inputs)
    return Vc(
        linked,
        encoder,
        aggregates,
        Properties(encoder, aggregates),
        anywhere,
        inputs,
        {case.function: case for case in results if isinstance(case, Case)},
        {case[0]: case[1] for case in results if not isinstance(case, Case)},
        [],
        plans,
        frozenset(),
        [],
        only=only,
    )


def add_goals(vc: Vc) -> None:
    """States all other goals: invariants first, then transitions, then each function's own."""
    _add_invariants(vc)
    for index, declared in enumerate(vc.linked.module.spec.transitions):
        _add_transition(vc, index, declared.code)
    for function, declared_function in vc.list_functions():
        _add_function(vc, function, declared_function)
    _add_trusts(vc)


def get_shape(vc: Vc, code: Code) -> Shape | str:
    """The facts of a property, or why it can't be stated."""
    try:
        shape = find_shape(vc.encoder, vc.aggregates, code)
    except UnsupportedError as error:
        return error.what
    unusable = [each for each in shape.aggregates if not vc.aggregates.is_usable[each]]
    if unusable:
        has_shape = all(vc.aggregates.patterns[each] for each in unusable)
        return "a sum that is not 0 over untouched maps" if has_shape else "a sum of this shape"
    return shape


def _evaluate(vc: Vc, shape: Shape, view: View) -> Evaluated | str:
    try:
        return vc.properties.evaluate(shape, view)
    except UnsupportedError as error:
        return error.what


# Aggregates


def add_aggregates(vc: Vc) -> None:
    """Zero at defaults; well-defined and (if it can be shown) never negative anywhere."""
    pool, aggregates = vc.encoder.pool, vc.aggregates
    for index in range(len(aggregates.declared)):
        if not aggregates.is_usable[index]:
            continue
        try:
            value, _ = aggregates.make_defaults(index)
            body, owed = aggregates.make_anywhere(index, vc.anywhere)
        except UnsupportedError:
            aggregates.is_usable[index] = False
            continue
        is_other = pool.not_(pool.and_(pool.equal(value, pool.zero), *_join(owed)))
        vc.add(Goal("aggregate", index, NO_FUNCTION, is_other, assumes_invariants=False))
        negative = pool.less(body, pool.zero)
        vc.add(Goal("positive", index, NO_FUNCTION, negative, assumes_invariants=False))


def _join(owed: Iterable[Owed]) -> list[Term]:
    return [each.condition for each in owed]


# Invariants


def _add_invariants(vc: Vc) -> None:
    for index, declared in enumerate(vc.linked.module.spec.invariants):
        shape = get_shape(vc, declared.code)
        if not isinstance(shape, str) and shape.contexts & CALLS:
            shape = "an invariant about a call"
        sample = shape
        if not isinstance(shape, str):
            view = View(vc.inputs, vc.anywhere, vc.anywhere)
            evaluated = _evaluate(vc, shape, view)
            sample = evaluated if isinstance(evaluated, str) else shape
            if not isinstance(evaluated, str):
                _add_sense(vc, Goal("invariant", index, NO_FUNCTION, evaluated.term), evaluated)
        vc.invariants.append(None if isinstance(sample, str) else sample)
        if not isinstance(sample, str) and _is_lasting(vc, sample):
            vc.lasting |= {index}
        for function, declared_function in vc.list_functions():
            if declared_function.kind is not FunctionKind.VIEW:
                _add_invariant(vc, index, function, sample)
        if isinstance(sample, Shape):
            _add_tick(vc, index, sample)
            _add_gift(vc, index, sample)


def _is_lasting(vc: Vc, shape: Shape) -> bool:
    """Whether an invariant speaks of nothing but checkpointed cells, and holds of their defaults.

    Then it held at the end of every block, before the deployment too.
    """
    cells = vc.linked.module.code.cells
    if shape.contexts or not shape.cells or not all(cells[c].is_checkpointed for c in shape.cells):
        return False
    nothing = make_state(Root(vc.encoder.pool, vc.encoder.layouts, cells, 0))
    evaluated = _evaluate(vc, shape, View(vc.inputs, nothing, nothing))
    return not isinstance(evaluated, str) and evaluated.term is vc.encoder.pool.true


def _add_sense(vc: Vc, goal: Goal, evaluated: Evaluated) -> None:
    """The goal that the property of a goal makes sense; invariants may not support themselves."""
    if not evaluated.owed:
        return
    pool, case = vc.encoder.pool, goal.case
    vc.add(
        Goal(
            f"well_defined {goal.kind}",
            goal.index,
            goal.function,
            pool.not_(pool.and_(*_join(evaluated.owed))),
            case,
            assumes_success=case is not None,
            assumes_invariants=case is not None,
            evaluated=(evaluated,),
            node=evaluated.owed[0].node,
        )
    )


def _add_invariant(vc: Vc, index: int, function: int, shape: Shape | str) -> None:
    pool = vc.encoder.pool
    if isinstance(shape, str) or function in vc.unsupported:
        reason = shape if isinstance(shape, str) else vc.unsupported[function]
        vc.add(Goal("invariant", index, function, pool.true, unsupported=reason))
        return
    case = vc.cases[function]
    written = {entry.cell for entry in list_writes(case.after)}
    if not case.is_init and not shape.cells & written:
        vc.add(Goal("invariant", index, function, pool.false, case))
        return
    evaluated = _evaluate(vc, shape, View(case.inputs, case.before, case.after))
    if isinstance(evaluated, str):
        vc.add(Goal("invariant", index, function, pool.true, unsupported=evaluated))
        return
    vc.add(
        Goal(
            "invariant",
            index,
            function,
            pool.not_(evaluated.term),
            case,
            assumes_success=True,
            evaluated=(evaluated,),
            skolems=(tuple(evaluated.variables.values()),),
        )
    )
    if evaluated.antecedent is not None:
        _add_exercised(vc, "invariant", index, case, evaluated)


def _add_exercised(vc: Vc, kind: str, index: int, case: Case, evaluated: Evaluated) -> None:
    """A call that reaches the left side; of a transition also one that ends where it holds.

    `old(status) == Closed ==> …` says something of a closed contract in which no call succeeds.
    """
    assert evaluated.antecedent is not None, "an implication has a left side"
    if vc.only is not None:
        return  # whether anything reaches it is a question about all functions
    reached = evaluated.antecedent
    if kind == "transition":
        shape = find_shape(vc.encoder, vc.aggregates, vc.linked.module.spec.transitions[index].code)
        ended = vc.properties.evaluate(shape, View(case.inputs, case.after, case.after))
        assert ended.antecedent is not None, "the same implication"
        reached = vc.encoder.pool.or_(reached, ended.antecedent)
    vc.add(
        Goal(
            f"exercised {kind}",
            index,
            case.function,
            reached,
            case,
            assumes_success=True,
            is_wanted=True,
            evaluated=(evaluated,),
        )
    )


def _add_tick(vc: Vc, index: int, shape: Shape) -> None:
    """An invariant that mentions the time survives its passing."""
    if not shape.contexts & TIMES:
        return
    pool, inputs = vc.encoder.pool, vc.inputs
    later = Inputs(
        inputs.params,
        inputs.caller,
        inputs.value,
        pool.fresh("later", 0, TIME_MAX),
        pool.fresh("later", 0, TIME_MAX),
        inputs.this,
        inputs.genesis,
        inputs.function,
    )
    evaluated = vc.properties.evaluate(shape, View(later, vc.anywhere, vc.anywhere))
    extra = (
        pool.less_equal(inputs.now, later.now),
        pool.less_equal(inputs.height, later.height),
    )
    goal = Goal("tick", index, NO_FUNCTION, pool.not_(evaluated.term), extra=extra)
    goal.evaluated, goal.later = (evaluated,), later
    vc.add(goal)


def _add_gift(vc: Vc, index: int, shape: Shape) -> None:
    """An invariant that mentions the inbox survives coins from anybody."""
    if CELL_INBOX not in shape.cells:
        return
    pool = vc.encoder.pool
    place = Place(CELL_INBOX, (), 0)
    more = pool.fresh("gift", 0, COINS_MAX)
    total = pool.add(read_leaf(vc.anywhere, place), more)
    after = write(vc.anywhere, pool.true, place, (total,))
    evaluated = vc.properties.evaluate(shape, View(vc.inputs, after, after))
    coins = pool.add(total, read_leaf(vc.anywhere, Place(CELL_BALANCE, (), 0)))
    extra = (pool.less_equal(coins, pool.number(COINS_MAX)),)
    goal = Goal("inbox", index, NO_FUNCTION, pool.not_(evaluated.term), extra=extra)
    goal.evaluated, goal.gift = (evaluated,), more
    vc.add(goal)


# Transitions and functions


def _add_transition(vc: Vc, index: int, code: Code) -> None:
    shape = get_shape(vc, code)
    for function, declared in vc.list_functions():
        if declared.kind is FunctionKind.ACTION:
            _add_property(vc, "transition", index, function, shape)


def _add_property(vc: Vc, kind: str, index: int, function: int, shape: Shape | str) -> None:
    pool = vc.encoder.pool
    evaluated: Evaluated | str
    if isinstance(shape, str) or function in vc.unsupported:
        evaluated = shape if isinstance(shape, str) else vc.unsupported[function]
    else:
        case = vc.cases[function]
        evaluated = _evaluate(vc, shape, View(case.inputs, case.before, case.after))
    if isinstance(evaluated, str):
        vc.add(Goal(kind, index, function, pool.true, unsupported=evaluated))
        return
    case = vc.cases[function]
    goal = Goal(kind, index, function, pool.not_(evaluated.term), case)
    goal.assumes_success, goal.evaluated = True, (evaluated,)
    goal.skolems = (tuple(evaluated.variables.values()),)
    vc.add(goal)
    _add_sense(vc, goal, evaluated)
    if evaluated.antecedent is not None:
        _add_exercised(vc, kind, index, case, evaluated)


def _add_function(vc: Vc, function: int, declared: Function) -> None:
    if function == IMPLIED or function in vc.views:
        return
    spec = vc.linked.module.spec.functions[function]
    for index, code in enumerate(spec.ensures):
        _add_property(vc, "ensures", index, function, get_shape(vc, code))
    if function in vc.unsupported:
        vc.add(_make_unknown(vc, "complete", function))
        return
    case = vc.cases[function]
    if spec.has_frame:
        _add_frame(vc, case, spec)
    _add_guard(vc, case)
    _add_complete(vc, case, spec)
    if declared.kind is not FunctionKind.VIEW:
        goal = Goal("can_succeed", 0, function, vc.encoder.pool.true, case)
        goal.assumes_success = goal.is_wanted = True
        vc.add(goal)


def _add_trusts(vc: Vc) -> None:
    """What is assumed of other contracts must at least make sense."""
    pool = vc.encoder.pool
    for index, trust in enumerate(vc.encoder.ghosts.trusts):
        if trust.interface < 0:
            continue
        try:
            owed = evaluate_alone(vc.encoder, trust, vc.inputs, vc.anywhere)
        except UnsupportedError as error:
            goal = Goal("well_defined trust", index, NO_FUNCTION, pool.true, unsupported=error.what)
            vc.add(goal)
            continue
        if owed:
            is_senseless = pool.not_(pool.and_(*_join(owed)))
            goal = Goal("well_defined trust", index, NO_FUNCTION, is_senseless)
            goal.assumes_invariants = False
            vc.add(goal)


def _make_unknown(vc: Vc, kind: str, function: int) -> Goal:
    reason = vc.unsupported[function]
    return Goal(kind, 0, function, vc.encoder.pool.true, unsupported=reason)


def _add_guard(vc: Vc, case: Case) -> None:
    pool = vc.encoder.pool
    if not case.guard_owed:
        return
    is_senseless = pool.not_(pool.and_(*_join(case.guard_owed)))
    node = case.guard_owed[0].node
    vc.add(Goal("well_defined guard", 0, case.function, is_senseless, case, node=node))


def _add_complete(vc: Vc, case: Case, spec: FunctionSpec) -> None:
    """One query for each failure of the body, on the failures before it."""
    pool = vc.encoder.pool
    earlier: list[Term] = []
    for index, failure in enumerate(case.failures):
        is_open = failure.kind == "call" or (
            failure.kind == "fail" and failure.error in spec.open_errors
        )
        if not failure.is_guard and not is_open:
            kind = "complete" if spec.is_complete else "may_fail"
            goal = Goal(kind, index, case.function, failure.condition, case)
            goal.extra = tuple(earlier)
            goal.node = failure.node
            if failure.spot is not None:
                goal.lemma = (failure.before, *failure.spot)
            vc.add(goal)
        earlier.append(pool.not_(failure.condition))


def _add_frame(vc: Vc, case: Case, spec: FunctionSpec) -> None:
    """For each cell that is written, nothing outside `modifies` differs."""
    for cell in sorted({entry.cell for entry in list_writes(case.after)}):
        if cell <= CELL_INBOX or cell in vc.encoder.ghosts.cells:
            continue
        try:
            violated, skolems = state_frame(vc, case, spec, cell)
        except UnsupportedError as error:
            pool = vc.encoder.pool
            vc.add(Goal("frame", cell, case.function, pool.true, unsupported=error.what))
            continue
        goal = Goal("frame", cell, case.function, violated, case)
        goal.assumes_success, goal.skolems = True, (skolems,)
        vc.add(goal)


def state_frame(vc: Vc, case: Case, spec: FunctionSpec, cell: int) -> tuple[Term, tuple[Sym, ...]]:
    """That an entry of a cell changes outside `modifies`, and the entry's keys."""
    pool, root = vc.encoder.pool, case.before.root
    places = [_evaluate_place(vc, case, place) for place in spec.modifies]
    kinds, kind = root.shapes[cell]
    skolems = tuple(make_symbolic(pool, root.layouts, each, "skolem") for each in kinds)
    keys = tuple(pool.to_integer(each.term) for each in skolems)
    parts = []
    for leaf in range(root.layouts.size(kind)):
        place = Place(cell, keys, leaf)
        is_same = pool.all_equal((read_leaf(case.after, place),), (read_leaf(case.before, place),))
        allowed = [
            pool.all_equal(keys, at)
            for where, at, start, count in places
            if where == cell and start <= leaf < start + count
        ]
        parts.append(pool.and_(pool.not_(is_same), *(pool.not_(each) for each in allowed)))
    return pool.or_(*parts), skolems


def _evaluate_place(vc: Vc, case: Case, place: Modified) -> tuple[int, tuple[Term, ...], int, int]:
    """Cell, keys, first leaf and count of leaves of a `modifies` entry."""
    pool, root = vc.encoder.pool, case.before.root
    keys: list[Term] = []
    for code in place.keys:
        shape = find_shape(vc.encoder, vc.aggregates, code)
        view = View(case.inputs, case.before, case.before)
        keys.append(pool.to_integer(vc.properties.evaluate(shape, view).term))
    kind, start = root.layouts.path_span(root.shapes[place.cell][1], place.fields)
    return place.cell, tuple(keys), start, root.layouts.size(kind)
