"""Deciding all goals, to a fixpoint.

An invariant that fails anywhere is no hypothesis anywhere: it is dropped and what rested on it is
decided again. What no longer holds then is conditional on it, and conditional invariants are
dropped in turn, until nothing changes (LANGUAGE.md 5.8). Unknown counts as failed.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from dsl.verify.assemble import Mode, assemble, gather
from dsl.verify.comparison import make_goal
from dsl.verify.goals import Goal, Vc
from dsl.verify.pairs import Pattern, make_pattern
from dsl.verify.plans import add_plans
from dsl.verify.smtlib import Query
from dsl.verify.solver import Decision
from dsl.verify.validity import Decide
from dsl.verify.vc import add_aggregates, add_goals

SUPPORTING = frozenset({"invariant", "tick", "inbox", "well_defined invariant"})
"""Kinds of goals that an invariant must win to be assumed elsewhere."""


BATCH = 2
"""Goals decided at a time where the first that fails ends the work."""


@dataclass(slots=True)
class Outcome:
    """What became of a goal."""

    goal: Goal
    verdict: str
    """"proved", "failed" (a model exists), "conditional", "unknown"; for what is wanted "proved" or
    "failed" (impossible)."""
    reason: str = ""
    """Why unknown."""
    ms: int = 0
    conditional_on: tuple[int, ...] = ()
    """Invariants that were dropped."""
    rests_on: frozenset[int] = frozenset()
    """Invariants that its proof could use."""


def decide_all(vc: Vc, decide: Decide) -> list[Outcome]:
    """Decides the goals of a module; the outcomes are in the order of `vc.goals`."""
    outcomes = _decide_aggregates(vc, decide)
    first = len(vc.goals)
    active = _state_goals(vc)
    outcomes += _decide_goals(vc, vc.goals[first:], active, decide)
    _settle(vc, outcomes, active, decide)
    return outcomes


def decide_some(
    vc: Vc, decide: Decide, choose: Callable[[Iterable[Goal]], Sequence[Goal]]
) -> Iterator[Outcome]:
    """The outcomes of the goals that are chosen, in their order, a few at a time.

    Every invariant is assumed.

    Where all of them are proved, and all others are too, no round of the fixpoint would change any.
    """
    yield from _decide_aggregates(vc, decide)
    first = len(vc.goals)
    active = _state_goals(vc)
    asked = choose(vc.goals[first:])
    for start in range(0, len(asked), BATCH):
        yield from _decide_goals(vc, asked[start : start + BATCH], active, decide)


def _decide_aggregates(vc: Vc, decide: Decide) -> list[Outcome]:
    """What sums there are, and which are never negative: what all other goals are stated with."""
    add_aggregates(vc)
    outcomes = _decide_goals(vc, list(vc.goals), frozenset(), decide)
    for outcome in outcomes:
        index, is_proved = outcome.goal.index, outcome.verdict == "proved"
        if outcome.goal.kind == "aggregate":
            vc.aggregates.is_usable[index] &= is_proved
        elif outcome.goal.kind == "positive":
            vc.aggregates.is_positive[index] = is_proved
    return outcomes


def _state_goals(vc: Vc) -> frozenset[int]:
    """States all other goals; the invariants that may be assumed."""
    add_goals(vc)
    add_plans(vc)
    return frozenset(index for index, shape in enumerate(vc.invariants) if shape is not None)


def _decide_goals(
    vc: Vc, goals: Sequence[Goal], active: frozenset[int], decide: Decide
) -> list[Outcome]:
    mode = Mode(active)
    queries: list[Query] = []
    asked: list[tuple[Goal, bool]] = []
    outcomes: dict[int, Outcome] = {}
    for goal in goals:
        if goal.unsupported:
            outcomes[goal.number] = Outcome(goal, "unknown", f"unsupported: {goal.unsupported}")
        elif goal.violated is vc.encoder.pool.false:
            verdict = "failed" if goal.is_wanted else "proved"
            outcomes[goal.number] = Outcome(goal, verdict)
        else:
            query, is_cut = assemble(vc, goal, mode)
            queries.append(query)
            asked.append((goal, is_cut))
    for (goal, is_cut), decision in zip(asked, decide(queries), strict=True):
        outcomes[goal.number] = _judge(goal, decision, is_cut, active)
    _compare(vc, [outcomes[goal.number] for goal, _ in asked], active, decide)
    return [outcomes[goal.number] for goal in goals]


def _compare(vc: Vc, outcomes: Sequence[Outcome], active: frozenset[int], decide: Decide) -> None:
    """Tries what is not proved again with the comparison lemma, where there are sums to compare."""
    mode = Mode(active, is_comparing=True)
    tried: list[tuple[Outcome, frozenset[Pattern]]] = []
    for outcome in outcomes:
        goal = outcome.goal
        if outcome.verdict == "proved" or goal.is_wanted or not goal.assumes_invariants:
            continue
        pairs = gather(vc, goal, mode).pairs
        if pairs:
            tried.append((outcome, frozenset(make_pattern(pair) for pair in pairs)))
    fresh = {
        pattern: make_goal(vc, pattern)
        for _, patterns in tried
        for pattern in sorted(patterns, key=repr)
        if (pattern, active) not in vc.comparisons.known
    }
    queries = [assemble(vc, goal, Mode(active))[0] for goal in fresh.values()]
    for pattern, decision in zip(fresh, decide(queries), strict=True):
        vc.comparisons.known[(pattern, active)] = decision.verdict == "unsat"
    again = [
        outcome
        for outcome, patterns in tried
        if any(vc.comparisons.holds(pattern, active) for pattern in patterns)
    ]
    asked = [assemble(vc, outcome.goal, mode) for outcome in again]
    decisions = decide([query for query, _ in asked])
    for old, (_, is_cut), decision in zip(again, asked, decisions, strict=True):
        new = _judge(old.goal, decision, is_cut, active)
        old.verdict, old.reason, old.rests_on = new.verdict, new.reason, new.rests_on
        old.ms += new.ms


def _judge(goal: Goal, decision: Decision, is_cut: bool, active: frozenset[int]) -> Outcome:
    is_init = goal.case is not None and goal.case.is_init
    rests_on = active if goal.assumes_invariants and not is_init else frozenset()
    if decision.verdict == "unknown":
        return Outcome(goal, "unknown", decision.reason, decision.ms)
    if decision.verdict == "unsat":
        verdict = "failed" if goal.is_wanted else "proved"
        return Outcome(goal, verdict, "", decision.ms, rests_on=rests_on)
    if goal.is_wanted:
        return Outcome(goal, "proved", "", decision.ms)
    if is_cut:
        return Outcome(goal, "unknown", "instances", decision.ms)
    return Outcome(goal, "failed", "", decision.ms)


def _settle(vc: Vc, outcomes: list[Outcome], active: frozenset[int], decide: Decide) -> None:
    """Drops what failed and decides again what rested on it, until nothing changes."""
    dropped = frozenset(range(len(vc.invariants))) - active
    while True:
        lost = _find_lost(outcomes)
        if lost <= dropped:
            _decide_wishes(vc, outcomes, active - dropped, decide)
            return
        dropped |= lost
        kept = active - dropped
        again = [
            outcome
            for outcome in outcomes
            if outcome.verdict == "proved" and outcome.rests_on & dropped
        ]
        redone = _decide_goals(vc, [outcome.goal for outcome in again], kept, decide)
        for old, new in zip(again, redone, strict=True):
            old.ms += new.ms
            old.rests_on = new.rests_on
            if new.verdict != "proved":
                old.verdict = "conditional"
                old.conditional_on = tuple(sorted(dropped))


def _decide_wishes(
    vc: Vc, outcomes: Sequence[Outcome], kept: frozenset[int], decide: Decide
) -> None:
    """What seemed impossible under an invariant that fails may be possible after all."""
    again = [
        outcome
        for outcome in outcomes
        if outcome.goal.is_wanted and outcome.verdict == "failed" and outcome.rests_on - kept
    ]
    redone = _decide_goals(vc, [outcome.goal for outcome in again], kept, decide)
    for old, new in zip(again, redone, strict=True):
        old.verdict, old.reason = new.verdict, new.reason
        old.ms += new.ms


def _find_lost(outcomes: Sequence[Outcome]) -> frozenset[int]:
    return frozenset(
        outcome.goal.index
        for outcome in outcomes
        if outcome.goal.kind in SUPPORTING and outcome.verdict != "proved"
    )
