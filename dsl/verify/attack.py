"""Attacks: calls from the deployment on, at whose end a goal is violated.

The goal is stated behind a chain of symbolic calls from the empty state. Chains grow call by call;
one that nothing can make, or whose last call changes nothing, is not continued. Of the others those
are asked whose every call matters: it writes what a later call or the goal reads.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from dsl.verify.assemble import list_concrete, list_injective
from dsl.verify.cases import Case, list_functions, run_case
from dsl.verify.counterexample import CLAIM_KINDS, Confirmed
from dsl.verify.encoder import Inputs
from dsl.verify.goals import NO_FUNCTION, Goal, PlanRun, Vc
from dsl.verify.leaves import ADDRESS_LOW, UnsupportedError
from dsl.verify.model import Model, solve_digests
from dsl.verify.past import TIME_MAX, end_call, get_height
from dsl.verify.plans import list_assumed, run_plan, violate_can, violate_check
from dsl.verify.properties import View
from dsl.verify.reach import Reach, get_cells, has_changed, list_reads
from dsl.verify.replay import replay
from dsl.verify.scenario import NO_CALL, Scenario, Step
from dsl.verify.smtlib import Query, make_query
from dsl.verify.solver import Decision
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
from dsl.verify.steps import make_address, make_claim, make_plan_steps, make_step
from dsl.verify.terms import Symbol, Term
from dsl.verify.validity import Decide
from dsl.verify.vc import get_shape, state_frame
from spec.ir.syntax import CELL_INBOX, Collect, Function, FunctionKind, Get

SHALLOW_MAX = 3
"""Calls of an attack after the deployment that are tried for every goal."""
CALLS_MAX = 6
"""Calls of an attack after the deployment."""
BUDGET = 200
"""Questions put to the solver about attacks on one goal."""
BUDGET_IN_ALL = 800
"""Questions put to the solver about all attacks on a contract."""
HANDED_OVER_MAX = 2
"""Calls of a middle that may hand a role over; in longer ones the deployer keeps them."""
HARD = 20
"""What a question counts that the solver gives up on."""


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
        self._reach = Reach(vc, self._actions)
        self._reached: dict[tuple[int, ...], bool] = {}
        self._levels: dict[tuple[int, frozenset[int]], list[tuple[int, ...]]] = {}
        self._left = self._left_in_all = BUDGET_IN_ALL
        self._uses_inbox = any(
            isinstance(node, Collect) or (isinstance(node, Get) and node.cell == CELL_INBOX)
            for _, function in functions
            for node in function.code
        ) or any(shape is not None and CELL_INBOX in shape.cells for shape in vc.invariants)

    def find(self, goal: Goal, name: str, *, is_deep: bool) -> Confirmed | None:
        """An attack that ends in the violation of a goal, the shortest first.

        A deep search goes on where one that is not has ended; it is for goals that some state is
        known to violate.
        """
        if goal.kind not in CLAIM_KINDS or goal.unsupported:
            return None
        is_last = goal.function not in {NO_FUNCTION, self._init[0]} and goal.run is None
        last = (goal.function,) if is_last else ()
        needed = self._list_needed(goal, last)
        useful = self._reach.list_useful(needed)
        first, end = (SHALLOW_MAX + 1, CALLS_MAX + 1) if is_deep else (0, SHALLOW_MAX + 1)
        if goal.function == self._init[0]:
            end = min(end, 1)
        self._left = min(BUDGET, self._left_in_all)
        for middle in range(max(0, first - len(last)), end - len(last)):
            paths = [
                (*path, *last)
                for path in self._grow(middle, useful)
                if self._reach.matters(path, needed)
            ]
            found = self._try(goal, name, paths)
            if found is not None or self._left <= 0:
                return found
        return None

    def _list_needed(self, goal: Goal, last: tuple[int, ...]) -> frozenset[int]:
        """The cells that the end of an attack reads."""
        module = self._vc.linked.module
        if goal.run is not None:
            return frozenset(range(len(module.code.cells)))
        reads = [list_reads(module.code.functions[index]) for index in last]
        return get_cells(self._vc, goal).union(*reads)

    def _grow(self, length: int, useful: frozenset[int]) -> list[tuple[int, ...]]:
        """The paths of a length that calls can take, each call changing something."""
        known = self._levels.get((length, useful))
        if known is not None:
            return known
        if length == 0:
            return [()]
        actions = [index for index, _ in self._actions if index in useful]
        before = self._grow(length - 1, useful)
        if length > HANDED_OVER_MAX:
            actions = [each for each in actions if not self._reach.hands_over(each)]
            before = [path for path in before if set(path) <= set(actions)]
        paths = [(*path, action) for path in before for action in actions]
        paths = [path for path in paths if not self._reach.is_swapped(path)]
        fresh = [path for path in paths if path not in self._reached]
        is_whole = len(fresh) <= self._left
        fresh = fresh[: max(0, self._left)]
        stated = [(path, self._state_path(path)) for path in fresh]
        asked = [(path, terms) for path, terms in stated if terms is not None]
        queries = [make_query(self._vc.encoder.pool, terms) for _, terms in asked]
        self._reached |= dict.fromkeys(fresh, False)
        for (path, _), decision in zip(asked, self._ask(queries), strict=True):
            self._reached[path] = decision.verdict != "unsat"
        grown = [path for path in paths if self._reached.get(path)]
        if is_whole:
            self._levels[length, useful] = grown
        return grown

    def _ask(self, queries: Sequence[Query]) -> list[Decision]:
        """Decisions, and what they cost off the budgets."""
        decisions = self._decide(queries)
        cost = sum(HARD if each.verdict == "unknown" else 1 for each in decisions)
        self._left -= cost
        self._left_in_all -= cost
        return decisions

    def _state_path(self, path: tuple[int, ...]) -> list[Term] | None:
        """That the calls of a path succeed one after the other, and each changes something."""
        chain = self._extend(path)
        if chain is None:
            return None
        vc, pool = self._vc, self._vc.encoder.pool
        terms: list[Term] = []
        for number, case in enumerate(chain.cases):
            terms += [case.succeed(pool), *case.assumed]
            terms += [has_changed(vc, case)] if number else []
        terms += self._order([case.inputs for case in chain.cases])
        terms += list_injective(pool, terms)
        return None if pool.and_(*terms) is pool.false else terms

    def _order(self, times: Sequence[Inputs]) -> Iterator[Term]:
        """That time does not run backwards."""
        pool = self._vc.encoder.pool
        for earlier, later in pairwise(times):
            yield pool.less_equal(earlier.now, later.now)
            yield pool.less_equal(earlier.height, later.height)

    def _try(self, goal: Goal, name: str, paths: Sequence[tuple[int, ...]]) -> Confirmed | None:
        paths = paths[: max(0, self._left)]
        stated = [self._state(goal, path) for path in paths]
        roots = [each for each in stated if each is not None]
        queries = [make_query(self._vc.encoder.pool, terms) for _, terms in roots]
        for (chain, terms), decision in zip(roots, self._ask(queries), strict=True):
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
        terms += self._order(times)
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
        if goal.kind == "can_succeed":
            return []
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
