"""The comparison lemma: where one body is at least another at every key, so are their sums.

If the invariants prove g(k) >= f(k) at one fresh key k, in any state that keeps them, then at the
state before a call `sum of g - sum of f >= sum over any distinct keys of (g - f)`. The bodies are
zero at defaults (a goal), so both sums are finite and the difference is a sum of numbers that are
not negative. With nothing for f it is the sum lemma for bodies that are not negative because of
invariants. Legal only where those invariants are assumed: before a call that is not the first.
Source: LANGUAGE.md 5.5.
"""

from collections.abc import Sequence

from dsl.verify.aggregates import Aggregates, Asked, Keys
from dsl.verify.goals import NO_FUNCTION, Goal, Vc
from dsl.verify.leaves import Sym, make_symbolic
from dsl.verify.pairs import Pair, Pattern
from dsl.verify.properties import Evaluated
from dsl.verify.state import State, make_state
from dsl.verify.terms import Term

DOMINANCE = "dominance"
"""Kind of the goal that one body is at least another."""


def make_goal(vc: Vc, pattern: Pattern) -> Goal:
    """That the greater body is less than the other at some keys, in a state that keeps invariants.

    To be impossible; parameters are arbitrary, but equal where the pattern shares them.
    """
    pool, aggregates = vc.encoder.pool, vc.aggregates
    kinds = aggregates.get_keys(pattern.greater)
    keys = tuple(pool.fresh("skolem", 0, vc.encoder.layouts.leaves(kind)[0].high) for kind in kinds)
    numbers = [pattern.greater] if pattern.less < 0 else [pattern.greater, pattern.less]
    fresh: list[Term] = []
    bodies: list[Term] = []
    reads: list[tuple[int, tuple[Term, ...]]] = []
    for number in numbers:
        args: list[Sym] = []
        for kind in aggregates.get_params(number):
            made = make_symbolic(pool, vc.encoder.layouts, kind, "skolem")
            leaves: list[Term] = []
            for leaf in made.leaves:
                first = pattern.shared[len(fresh)]
                fresh.append(leaf if first == len(fresh) else fresh[first])
                leaves.append(fresh[-1])
            args.append(Sym(kind, tuple(leaves)))
        execution = aggregates.run_body(number, vc.anywhere, tuple(args), keys)
        assert execution.result is not None, "a body has a value"
        bodies.append(pool.to_integer(execution.result.term))
        reads += execution.reads
    less = bodies[1] if len(bodies) > 1 else pool.zero
    violated = pool.less(bodies[0], less)
    evaluated = Evaluated(violated, [], reads, [], None)
    return Goal(DOMINANCE, 0, NO_FUNCTION, violated, evaluated=(evaluated,))


def make_lemma(vc: Vc, pair: Pair, touched: Sequence[Keys]) -> Term:
    """The difference of two sums is at least that of their bodies over the touched keys."""
    pool, aggregates = vc.encoder.pool, vc.aggregates
    state = make_state(pair.greater.state.root)
    difference = _get_difference(vc, pair, state)
    total = pool.zero
    for position, keys in enumerate(touched):
        is_new = pool.and_(
            aggregates.is_in_range(pair.greater.aggregate, keys),
            *(pool.not_(pool.all_equal(keys, other)) for other in touched[:position]),
        )
        body = _get_body(aggregates, pair.greater, state, keys)
        if pair.less is not None:
            body = pool.sub(body, _get_body(aggregates, pair.less, state, keys))
        total = pool.add(total, pool.choice(is_new, body, pool.zero))
    return pool.less_equal(total, difference)


def _get_difference(vc: Vc, pair: Pair, state: State) -> Term:
    aggregates = vc.aggregates
    value = aggregates.get_value(Asked(pair.greater.aggregate, state, pair.greater.args))
    if pair.less is None:
        return value
    less = aggregates.get_value(Asked(pair.less.aggregate, state, pair.less.args))
    return vc.encoder.pool.sub(value, less)


def _get_body(aggregates: Aggregates, asked: Asked, state: State, keys: Keys) -> Term:
    return aggregates.get_body(asked.aggregate, state, asked.args, keys)
