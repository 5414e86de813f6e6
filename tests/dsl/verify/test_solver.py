"""Children are bounded and replaceable; what they leave undecided is said to be unknown."""

import pytest

from dsl.verify.smtlib import Query, make_query
from dsl.verify.solver import CHILD, Limits, Solver, SolverMissingError
from dsl.verify.terms import Pool, Symbol
from dsl.verify.verify import Remembering

HARD = """(set-logic QF_UFNIA)
(declare-const a0 Int) (declare-const a1 Int) (declare-const a2 Int)
(assert (and (> a0 1000) (> a1 1000) (> a2 1000)))
(assert (= (+ (* a0 a0 a0) (* a1 a1 a1)) (* a2 a2 a2)))
"""
IMPATIENT = CHILD.replace("from", "from dsl.verify import smt; smt.QUICK_RLIMIT = 1; from", 1)
"""A child whose quick attempt gives up at once."""
GREETING = 'import sys; print(\'{"version": "0"}\', flush=True); '
DEAF = GREETING + "import time; time.sleep(600)"
MUTE = GREETING + "sys.stdin.buffer.readline()"
BABBLING = GREETING + "sys.stdin.buffer.readline(); print('nonsense', flush=True)"


def make_easy(number: int) -> Query:
    pool = Pool()
    x = pool.apply(Symbol("param", (0,), 0, 255))
    return make_query(pool, [pool.less(pool.number(number), x)])


def make_hard() -> Query:
    pool = Pool()
    atoms = tuple(pool.apply(Symbol("param", (number,), None, None)) for number in range(3))
    return Query(HARD, atoms, ())


def test_a_query_without_steps_left_is_unknown_by_rlimit() -> None:
    with Solver(workers=1) as solver:
        first = solver.decide([make_hard()], Limits(rlimit=20_000))[0]
        again = solver.decide([make_hard()], Limits(rlimit=20_000))[0]
    assert (first.verdict, first.reason) == ("unknown", "rlimit")
    assert (again.verdict, again.reason) == ("unknown", "rlimit")


def test_a_quick_attempt_that_gives_up_changes_no_answer() -> None:
    pool = Pool()
    x, y = (pool.apply(Symbol("param", (number,), 0, 255)) for number in range(2))
    product = pool.mul(x, y)
    claims = [
        pool.equal(pool.mul(x, x), pool.number(144)),
        pool.equal(pool.mul(x, x), pool.number(143)),
        pool.and_(pool.less(x, pool.number(9)), pool.less(pool.scale(y, 8), product)),
    ]
    queries = [make_query(pool, [each]) for each in claims]
    with Solver(workers=1) as solver, Solver(workers=1, program=IMPATIENT) as impatient:
        quick = solver.decide(queries, Limits())
        whole = impatient.decide(queries, Limits())
    assert [each.verdict for each in whole] == [each.verdict for each in quick]
    assert {each.verdict for each in whole} == {"sat", "unsat"}


@pytest.mark.parametrize("program", [DEAF, MUTE, BABBLING])
def test_a_child_that_does_not_answer_is_killed_and_replaced(program: str) -> None:
    with Solver(workers=1, program=program) as solver:
        decisions = solver.decide([make_easy(1), make_easy(2)], Limits(kill_after_s=0.3))
    assert [(each.verdict, each.reason) for each in decisions] == [("unknown", "killed")] * 2


def test_a_replaced_child_goes_on_answering() -> None:
    with Solver(workers=1) as solver:
        assert solver.decide([make_easy(1)], Limits())[0].verdict == "sat"
        solver._children[0].kill()
        decisions = solver.decide([make_easy(1), make_easy(300)], Limits())
    assert decisions[0].reason in {"killed", ""}
    assert decisions[1].verdict == "unsat"


def test_a_missing_solver_is_an_error_of_its_own() -> None:
    with (
        Solver(workers=1, program="raise SystemExit(1)") as solver,
        pytest.raises(SolverMissingError),
    ):
        solver.decide([make_easy(1)], Limits())


def test_answers_stand_in_the_order_of_questions() -> None:
    with Solver(workers=2) as solver:
        decisions = solver.decide([make_easy(number) for number in (1, 300, 2, 400)], Limits())
    assert [each.verdict for each in decisions] == ["sat", "unsat", "sat", "unsat"]


def test_a_killed_query_is_asked_again() -> None:
    with Solver(workers=1, program=DEAF) as solver:
        remembering = Remembering(solver, Limits(kill_after_s=0.2))
        assert remembering([make_easy(1)])[0].reason == "killed"
        solver._program = CHILD
        solver._replace(0)
        remembering._limits = Limits()
        assert remembering([make_easy(1)])[0].verdict == "sat"
