"""Functions of the specification, run on symbols: the theorem speaks of the code itself.

A function is run once for every way its conditions can turn out (`if`, `min`, `max`, `and`, …);
each run gives the conditions it met and the result. What a theorem says of all runs, it says of the
function for all arguments. Nothing is copied from the function, so a proof can't drift from it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar, cast

from proofs.logic import ORACLE, Operand, Oracle, Term, and_, choose, lift, not_, or_

T = TypeVar("T")
PATHS_MAX = 4_096
"""Most ways through a function; the functions of the specification are small."""


@dataclass(frozen=True, slots=True)
class Path(Generic[T]):
    """One way through a function."""

    condition: Term
    """What the arguments must satisfy for the function to go this way."""
    result: T | None
    """None, too, where an assertion failed."""
    has_failed: bool
    """Whether it ends in a failing assertion; a lemma must show that this can't be."""


def as_number(term: Operand) -> int:
    """A term where the specification's types ask for a number."""
    return cast("int", term)  # a term has the operators of a number


def run_paths(function: Callable[[], T]) -> tuple[Path[T], ...]:
    """Every way through a function of no arguments, in a fixed order."""
    paths: list[Path[T]] = []
    prefix: tuple[bool, ...] = ()
    while True:
        oracle = Oracle(prefix)
        token = ORACLE.set(oracle)
        result, has_failed = None, False
        try:
            result = function()
        except AssertionError:
            has_failed = True
        finally:
            ORACLE.reset(token)
        asked = oracle.asked
        condition = and_(*(term if answer else not_(term) for term, answer in asked))
        paths.append(Path(condition, result, has_failed))
        assert len(paths) <= PATHS_MAX, "the function has too many paths"
        answers = [answer for _, answer in asked]
        while answers and not answers[-1]:
            answers.pop()
        if not answers:
            return tuple(paths)
        prefix = (*answers[:-1], False)


def get_failure(function: Callable[[], object]) -> Term:
    """When an assertion of the function fails; FALSE if it has none that could."""
    return or_(*(path.condition for path in run_paths(function) if path.has_failed))


def run(function: Callable[[], object], refused: Operand | None = None) -> Term:
    """A function's result as one term, with its conditions inside.

    Args:
        function: of no arguments; its results are numbers or truth values, on every path. Where
            an assertion of it fails, which `get_failure` tells, the term has any value.
        refused: what stands for None, if the function may return that.
    """
    paths = [path for path in run_paths(function) if not path.has_failed]
    results = [refused if path.result is None else path.result for path in paths]
    merged = lift(results[-1])
    for path, result in zip(reversed(paths[:-1]), reversed(results[:-1]), strict=True):
        merged = choose(path.condition, lift(result), merged)
    return merged
