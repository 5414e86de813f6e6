"""Simplified terms mean what they were made from; SMT-LIB text means the same."""

from collections.abc import Callable
from random import Random

import pytest

from dsl.verify.smtlib import is_model, make_query
from dsl.verify.solver import Limits, Solver
from dsl.verify.terms import Op, Pool, Symbol, Term, collect
from dsl.verify.valuation import evaluate

Meaning = Callable[[dict[int, int]], int]
"""What a term should be, given the values of the variables."""
Pair = tuple[Term, Meaning]
VARIABLES = 4
WIDE = (0, 1, 2, 3, 100)


class Maker:
    """Random terms beside what they mean."""

    def __init__(self, rng: Random, low: int | None, high: int | None) -> None:
        self.rng = rng
        self.pool = Pool()
        self.variables = [
            self.pool.apply(Symbol("param", (number,), low, high)) for number in range(VARIABLES)
        ]

    def make_number(self, depth: int) -> Pair:
        choice = self.rng.randrange(9) if depth else self.rng.randrange(2)
        if choice == 0:
            number = self.rng.choice(WIDE)
            return self.pool.number(number), lambda _: number
        if choice == 1:
            variable = self.rng.choice(self.variables)
            return variable, lambda known: known[variable.id]
        (a, fa), (b, fb) = self.make_number(depth - 1), self.make_number(depth - 1)
        if choice == 2:
            return self.pool.add(a, b), lambda known: fa(known) + fb(known)
        if choice == 3:
            return self.pool.sub(a, b), lambda known: fa(known) - fb(known)
        if choice == 4:
            return self.pool.mul(a, b), lambda known: fa(known) * fb(known)
        if choice == 5:
            return self.pool.quotient(a, b), lambda known: divide(fa(known), fb(known))[0]
        if choice == 6:
            return self.pool.remainder(a, b), lambda known: divide(fa(known), fb(known))[1]
        condition, fc = self.make_boolean(depth - 1)
        return (
            self.pool.choice(condition, a, b),
            lambda known: fa(known) if fc(known) else fb(known),
        )

    def make_boolean(self, depth: int) -> Pair:
        choice = self.rng.randrange(7) if depth else 3 + self.rng.randrange(3)
        if choice in {3, 4, 5}:
            (a, fa), (b, fb) = self.make_number(depth and depth - 1), self.make_number(0)
            if choice == 3:
                return self.pool.equal(a, b), lambda known: int(fa(known) == fb(known))
            if choice == 4:
                return self.pool.less(a, b), lambda known: int(fa(known) < fb(known))
            return self.pool.less_equal(a, b), lambda known: int(fa(known) <= fb(known))
        (p, fp), (q, fq) = self.make_boolean(depth - 1), self.make_boolean(depth - 1)
        if choice == 0:
            return self.pool.and_(p, q), lambda known: int(fp(known) and fq(known))
        if choice == 1:
            return self.pool.or_(p, q), lambda known: int(fp(known) or fq(known))
        if choice == 2:
            return self.pool.not_(p), lambda known: int(not fp(known))
        (r, fr) = self.make_boolean(depth - 1)
        return self.pool.pick(p, q, r), lambda known: fq(known) if fp(known) else fr(known)


def divide(dividend: int, divisor: int) -> tuple[int, int]:
    """Floor and rest; total as in guards."""
    return divmod(dividend, divisor) if divisor > 0 else (0, dividend)


def check_terms(seed: int) -> None:
    rng = Random(seed)
    bounds: tuple[int | None, int | None] = rng.choice(((None, None), (0, 7), (0, (1 << 256) - 1)))
    maker = Maker(rng, *bounds)
    made = [maker.make_number(4) if rng.random() < 0.5 else maker.make_boolean(4) for _ in range(8)]
    low = -5 if bounds[0] is None else bounds[0]
    for _ in range(6):
        known = {variable.id: rng.randint(low, 7) for variable in maker.variables}
        for term, meaning in made:
            assert find_value(term, known) == meaning(known)
            for part in collect((term,)):
                check_interval(part, known)


def find_value(term: Term, known: dict[int, int]) -> int:
    return evaluate((term,), lambda atom, _args: known[atom.id])[0]


def check_interval(term: Term, known: dict[int, int]) -> None:
    if term.op < Op.TRUE:
        value = find_value(term, known)
        assert term.low is None or term.low <= value
        assert term.high is None or value <= term.high


@pytest.mark.parametrize("block", range(4))
def test_simplification_keeps_the_meaning(block: int) -> None:
    for seed in range(100 * block, 100 * block + 100):
        check_terms(seed)


def test_the_solver_and_this_process_agree_on_models(solver: Solver) -> None:
    queries = []
    for seed in range(60):
        maker = Maker(Random(seed), 0, 7)
        queries.append(make_query(maker.pool, [maker.make_boolean(3)[0]]))
    decisions = solver.decide(queries, Limits())
    assert {decision.verdict for decision in decisions} == {"sat", "unsat"}
    for query, decision in zip(queries, decisions, strict=True):
        if decision.verdict == "sat":
            assert is_model(query, decision.values)


def test_what_the_solver_refutes_has_no_small_model(solver: Solver) -> None:
    """Every assignment of the variables, tried one by one."""
    refuted = 0
    for seed in range(200, 260):
        maker = Maker(Random(seed), 0, 3)
        term, meaning = maker.make_boolean(3)
        decision = solver.decide([make_query(maker.pool, [term])], Limits())[0]
        if decision.verdict != "unsat":
            continue
        refuted += 1
        for number in range(4**VARIABLES):
            known = {v.id: number >> 2 * i & 3 for i, v in enumerate(maker.variables)}
            assert not meaning(known)
    assert refuted > 5


def test_a_wrong_model_is_not_believed() -> None:
    pool = Pool()
    x = pool.apply(Symbol("param", (0,), 0, 10))
    function = Symbol("cell", (1, 2, 0), 0, 5)
    query = make_query(
        pool,
        [
            pool.less(pool.apply(function, (x,)), pool.apply(function, (pool.number(3),))),
        ],
    )
    names = [atom.args for atom in query.atoms]
    order = {0 if not args else (1 if args[0] is x else 2): i for i, args in enumerate(names)}

    def model(value: int, at_x: int, at_three: int) -> tuple[int, ...]:
        values = [0, 0, 0]
        values[order[0]], values[order[1]], values[order[2]] = value, at_x, at_three
        return tuple(values)

    assert is_model(query, model(4, 1, 2))
    assert not is_model(query, model(4, 2, 1)), "an assertion is false"
    assert not is_model(query, model(3, 1, 2)), "a function has two values"
    assert not is_model(query, model(11, 1, 2)), "out of range"
