"""From a model to a scenario that the reference machine confirms.

Two ways, the better one first. An *attack* starts with the deployment and makes up to three
calls: the same goal, stated behind a chain of symbolic calls from the empty state. A *state* is
any state in which all invariants hold and one call breaks the goal; it may be out of reach, and
then the goal is not inductive rather than broken (LANGUAGE.md 6).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, product

from dsl.verify.assemble import Mode, assemble, list_concrete, list_injective
from dsl.verify.cases import Case, list_functions, run_case
from dsl.verify.encoder import Inputs
from dsl.verify.goals import ANYWHERE, NO_FUNCTION, Goal, PlanRun, Vc
from dsl.verify.leaves import ADDRESS_LOW, UnsupportedError
from dsl.verify.model import Entry, Model, solve_digests
from dsl.verify.past import TIME_MAX, end_call, get_height
from dsl.verify.plans import (
    list_assumed,
    run_plan,
    violate_can,
    violate_check,
)
from dsl.verify.properties import View
from dsl.verify.replay import Replay, replay
from dsl.verify.replay_plan import PLAN_KINDS
from dsl.verify.scenario import NO_CALL, Scenario, Step, Stored
from dsl.verify.smtlib import make_query
from dsl.verify.state import (
    COINS_MAX,
    Place,
    Root,
    State,
    list_writes,
    make_state,
    read_leaf,
    write,
)
from dsl.verify.steps import make_address, make_claim, make_last_steps, make_plan_steps, make_step
from dsl.verify.terms import Symbol, Term
from dsl.verify.validity import Decide
from dsl.verify.vc import get_shape, state_frame
from spec.ir.syntax import (
    CELL_BALANCE,
    CELL_INBOX,
    Collect,
    Function,
    FunctionKind,
    Get,
)
from spec.ir.values import Value

CALLS_MAX = 3
"""Calls of an attack after the deployment."""
CHAINS_MAX = 160
"""Chains tried for one goal."""
FINITE_MODES = ((0, True), (1, True), (1, False), (2, False))
"""(witness keys, small numbers), in order."""
CLAIM_KINDS = frozenset(
    {"invariant", "transition", "ensures", "frame", "complete", "tick", "inbox", "can_succeed"}
    | PLAN_KINDS
)
"""Kinds of goals whose violation a run can show."""


@dataclass(frozen=True, slots=True)
class Confirmed:
    """A scenario that the machine has confirmed."""

    scenario: Scenario
    replay: Replay


# A state that keeps all invariants


def find_state(
    vc: Vc, goals: Sequence[Goal], decide: Decide, names: Sequence[str]
) -> list[Confirmed | None]:
    """For each goal a confirmed state and call that break it, None where none was found."""
    found: list[Confirmed | None] = [None] * len(goals)
    active = frozenset(index for index, shape in enumerate(vc.invariants) if shape is not None)
    for witnesses, is_small in FINITE_MODES:
        mode = Mode(active, is_finite=True, witnesses=witnesses, is_small=is_small)
        open_goals = [
            number
            for number, goal in enumerate(goals)
            if found[number] is None and goal.kind in CLAIM_KINDS and not goal.unsupported
        ]
        queries = [assemble(vc, goals[number], mode)[0] for number in open_goals]
        for number, query, decision in zip(open_goals, queries, decide(queries), strict=True):
            if decision.verdict == "sat":
                model = solve_digests(vc, query, Model(vc, query, decision.values), decide)
                found[number] = _confirm_state(vc, goals[number], model, names[number])
    return found


def _confirm_state(vc: Vc, goal: Goal, model: Model, name: str) -> Confirmed | None:
    scenario = _make_state(vc, goal, model, name)
    if scenario is None:
        return None
    result = replay(vc.linked, scenario)
    return Confirmed(scenario, result) if result.is_violation else None


def _make_state(vc: Vc, goal: Goal, model: Model, name: str) -> Scenario | None:
    layouts = vc.encoder.layouts
    root = vc.anywhere.root
    entries: list[Stored] = []
    coins = [0, 0]
    is_init = goal.case is not None and goal.case.is_init
    assigned: dict[Entry, dict[int, int]] = {(cell, ()): {} for cell in _list_assigned(vc)}
    assigned.update(model.list_entries(ANYWHERE))
    for (cell, keys), leaves in assigned.items():
        if is_init:
            break
        if cell <= CELL_INBOX:
            coins[cell] = leaves[0]
            continue
        kinds, kind = root.shapes[cell]
        numbers = tuple(leaves.get(leaf) for leaf in range(layouts.size(kind)))
        value = model.make_value(kind, numbers)
        key_values = [model.make_value(each, (key,)) for each, key in zip(kinds, keys, strict=True)]
        found = tuple(key for key in key_values if key is not None)
        if value is None or len(found) != len(kinds):
            return None
        past = _make_checkpoints(vc, model, (cell, keys), value)
        entries.append(Stored(cell, found, value, past))
    steps = make_last_steps(vc, goal, model)
    if steps is None:
        return None
    return Scenario(
        make_claim(goal, name),
        make_address(model.get(vc.inputs.this)),
        model.get(vc.inputs.genesis).to_bytes(32, "big"),
        coins[CELL_BALANCE],
        coins[CELL_INBOX],
        tuple(entries),
        steps,
        is_attack=is_init,
    )


def _make_checkpoints(
    vc: Vc, model: Model, entry: Entry, value: Value
) -> tuple[tuple[int, Value], ...]:
    """An entry's checkpoints: what the model says of earlier blocks, then the live value.

    A live value that differs from the last one of the past was written in this very block.
    """
    cell, keys = entry
    if not vc.linked.module.code.cells[cell].is_checkpointed:
        return ()
    now = model.get(vc.inputs.height)
    current: Value = 0
    points: list[tuple[int, Value]] = []
    past = model.list_past(ANYWHERE).get((cell, keys), {})
    for height, held in sorted(past.items()):
        if 0 <= height < now and held != current:
            points.append((height, held))
            current = held
    if value != current:
        points.append((now, value))
    return tuple(points)


def _list_assigned(vc: Vc) -> list[int]:
    """The cells that `init` gives an address: a state without one there is not reached."""
    root = vc.anywhere.root
    return sorted({cell for cell, _ in root.valid if not root.shapes[cell][0]})


# An attack from the deployment


@dataclass(slots=True)
class Chain:
    """Calls from the empty state on."""

    cases: tuple[Case, ...]
    gifts: tuple[Term, ...]
    state: State
    run: PlanRun | None = None
    """Calls of a plan that are made at the end."""


class Search:
    """Looks for attacks on goals; chains are built once and shared."""

    def __init__(self, vc: Vc, decide: Decide) -> None:
        self._vc = vc
        self._decide = decide
        self._chains: dict[tuple[int, ...], Chain | None] = {}
        functions = list_functions(vc.linked.module)
        self._init = functions[0]
        self._actions = [
            (index, function)
            for index, function in functions
            if function.kind is FunctionKind.ACTION and _can_write(vc, index)
        ]
        self._uses_inbox = any(
            isinstance(node, Collect) or (isinstance(node, Get) and node.cell == CELL_INBOX)
            for _, function in functions
            for node in function.code
        ) or any(shape is not None and CELL_INBOX in shape.cells for shape in vc.invariants)

    def find(self, goal: Goal, name: str) -> Confirmed | None:
        """An attack that ends in the violation of a goal, the shortest first."""
        if goal.kind not in CLAIM_KINDS or goal.unsupported or goal.kind == "can_succeed":
            return None
        is_last = goal.function not in {NO_FUNCTION, self._init[0]} and goal.run is None
        last = [goal.function] if is_last else []
        tried = 0
        for calls in range(CALLS_MAX + 1):
            middle = calls - len(last)
            if middle < 0 or (goal.function == self._init[0] and calls > 0):
                continue
            indices = [index for index, _ in self._actions]
            paths = [(*path, *last) for path in product(indices, repeat=middle)]
            paths = paths[: CHAINS_MAX - tried]
            tried += len(paths)
            found = self._try(goal, name, paths)
            if found is not None:
                return found
        return None

    def _try(self, goal: Goal, name: str, paths: Sequence[tuple[int, ...]]) -> Confirmed | None:
        stated = [(path, self._state(goal, path)) for path in paths]
        roots = [(path, chain, terms) for path, each in stated if each for chain, terms in [each]]
        queries = [make_query(self._vc.encoder.pool, terms) for _, _, terms in roots]
        for (_, chain, terms), decision in zip(roots, self._decide(queries), strict=True):
            if decision.verdict != "sat":
                continue
            confirmed = self._confirm(goal, name, chain, terms)
            if confirmed is not None:
                return confirmed
        return None

    def _confirm(
        self, goal: Goal, name: str, chain: Chain, terms: Sequence[Term]
    ) -> Confirmed | None:
        """Small numbers first, then any."""
        vc, pool = self._vc, self._vc.encoder.pool
        queries = [
            make_query(pool, (*terms, *list_concrete(vc, terms, is_small=is_small)))
            for is_small in (True, False)
        ]
        for query, decision in zip(queries, self._decide(queries), strict=True):
            if decision.verdict == "sat":
                model = Model(vc, query, decision.values)
                model = solve_digests(vc, query, model, self._decide)
                scenario = self._make_scenario(goal, name, chain, model)
                if scenario is None:
                    continue
                result = replay(vc.linked, scenario)
                if result.is_violation:
                    return Confirmed(scenario, result)
        return None

    def _make_scenario(self, goal: Goal, name: str, chain: Chain, model: Model) -> Scenario | None:
        vc = self._vc
        steps: list[Step] = []
        for case, gift in zip(chain.cases, chain.gifts, strict=False):
            step = make_step(vc, model, case, model.get(gift))
            if step is None:
                return None
            steps.append(step)
        if chain.run is not None:
            planned = make_plan_steps(vc, chain.run, model)
            if planned is None:
                return None
            steps += planned
        if goal.function == NO_FUNCTION:
            inputs = self._get_later(chain)
            now, height = model.get(inputs.now), model.get(inputs.height)
            coins = model.get(chain.gifts[-1])
            steps.append(Step(NO_CALL, make_address(ADDRESS_LOW), 0, now, height, (), coins))
        return Scenario(
            make_claim(goal, name),
            make_address(model.get(vc.inputs.this)),
            model.get(vc.inputs.genesis).to_bytes(32, "big"),
            0,
            0,
            (),
            tuple(steps),
            is_attack=True,
        )

    # Chains

    def _extend(self, path: tuple[int, ...]) -> Chain | None:
        """The chain that deploys and then makes the calls of a path."""
        if path in self._chains:
            return self._chains[path]
        vc = self._vc
        if not path:
            root = Root(vc.encoder.pool, vc.encoder.layouts, vc.linked.module.code.cells, 0)
            chain: Chain | None = Chain((), (), make_state(root))
            function = self._init
        else:
            chain = self._extend(path[:-1])
            function = (path[-1], vc.linked.module.code.functions[path[-1]])
        if chain is not None:
            chain = self._append(chain, function)
        self._chains[path] = chain
        return chain

    def _append(self, chain: Chain, function: tuple[int, Function]) -> Chain | None:
        state, gift = self._give(chain.state, len(chain.cases))
        try:
            case = run_case(self._vc.encoder, *function, state, len(chain.cases))
        except UnsupportedError:
            return None
        ended = end_call(case.after, case.inputs.height)
        return Chain((*chain.cases, case), (*chain.gifts, gift), ended)

    def _give(self, state: State, step: int) -> tuple[State, Term]:
        """Coins that may have reached the inbox before a step."""
        pool = self._vc.encoder.pool
        place = Place(CELL_INBOX, (), 0)
        if not self._uses_inbox:
            return state, pool.zero
        if step == 0:
            return state, read_leaf(state, place)
        gift = pool.fresh("gift", 0, COINS_MAX)
        return write(state, pool.true, place, (pool.add(read_leaf(state, place), gift),)), gift

    def _get_later(self, chain: Chain) -> Inputs:
        """The time after a chain."""
        pool, inputs = self._vc.encoder.pool, self._vc.inputs
        step = len(chain.cases)
        return Inputs(
            (),
            inputs.caller,
            pool.zero,
            pool.apply(Symbol("now", (step,), 0, TIME_MAX)),
            get_height(pool, step),
            inputs.this,
            inputs.genesis,
            NO_CALL,
        )

    def _state(self, goal: Goal, path: tuple[int, ...]) -> tuple[Chain, list[Term]] | None:
        """The goal's violation behind a chain, as assertions; None if it can't be."""
        chain = self._extend(path)
        if chain is None or not chain.cases:
            return None
        pool = self._vc.encoder.pool
        terms: list[Term] = []
        for number, case in enumerate(chain.cases):
            is_last = number == len(chain.cases) - 1 and goal.function != NO_FUNCTION
            is_last &= goal.run is None
            if not (is_last and goal.kind == "complete"):
                terms.append(case.succeed(pool))
            terms += case.assumed
        times = [case.inputs for case in chain.cases]
        if goal.function == NO_FUNCTION:
            state, gift = self._give(chain.state, len(chain.cases))
            chain = Chain(chain.cases, (*chain.gifts, gift), state)
            times.append(self._get_later(chain))
        if goal.run is not None:
            try:
                chain = self._plan(goal.run, chain, terms, goal)
            except UnsupportedError:
                return None
            assert chain.run is not None, "the plan has been run"
            times.append(chain.run.cases[0].inputs)
        for earlier, later in pairwise(times):
            terms.append(pool.less_equal(earlier.now, later.now))
            terms.append(pool.less_equal(earlier.height, later.height))
        try:
            if goal.run is None:
                terms += self._violate(goal, chain)
        except UnsupportedError:
            return None
        terms += list_injective(pool, terms)
        return None if pool.and_(*terms) is pool.false else (chain, terms)

    def _plan(self, run: PlanRun, chain: Chain, terms: list[Term], goal: Goal) -> Chain:
        """The chain with the calls of a plan behind it, and in `terms` that they break it."""
        vc = self._vc
        made = run_plan(vc, run.plan, chain.state, len(chain.cases))
        terms += list_assumed(made)
        if goal.kind == "can":
            terms.append(violate_can(vc, made))
        else:
            terms.append(violate_check(vc, made, goal.node)[0])
        return replace(chain, run=made)

    def _violate(self, goal: Goal, chain: Chain) -> list[Term]:
        vc, pool, case = self._vc, self._vc.encoder.pool, chain.cases[-1]
        module = vc.linked.module
        if goal.kind == "frame":
            written = {entry.cell for entry in list_writes(case.after)}
            spec = module.spec.functions[goal.function]
            if goal.index not in written:
                return [pool.false]
            return [state_frame(vc, case, spec, goal.index)[0]]
        if goal.kind == "complete":
            return self._violate_complete(goal, case)
        if goal.kind == "transition":
            code = module.spec.transitions[goal.index].code
        elif goal.kind == "ensures":
            code = module.spec.functions[goal.function].ensures[goal.index]
        else:
            code = module.spec.invariants[goal.index].code
        shape = get_shape(vc, code)
        if isinstance(shape, str):
            raise UnsupportedError(shape)
        view = View(case.inputs, case.before, case.after)
        if goal.function == NO_FUNCTION:
            view = View(self._get_later(chain), chain.state, chain.state)
        return [pool.not_(vc.properties.evaluate(shape, view).term)]

    def _violate_complete(self, goal: Goal, case: Case) -> list[Term]:
        """The failure at the goal's node, behind the failures before it."""
        pool = self._vc.encoder.pool
        ways: list[Term] = []
        earlier: list[Term] = []
        for failure in case.failures:
            if failure.node == goal.node and not failure.is_guard:
                ways.append(pool.and_(failure.condition, *earlier))
            earlier.append(pool.not_(failure.condition))
        return [pool.or_(*ways)]


def _can_write(vc: Vc, function: int) -> bool:
    case = vc.cases.get(function)
    return case is not None and case.after.last is not None
