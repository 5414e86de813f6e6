"""Terms computed for given values: to judge a model, and to hold theorems against running code.

A formula with quantifiers can be computed, too, if every sort it quantifies over is finite and
listed.
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import product

from proofs.logic import Term, collect

Value = object
Interpretation = Mapping[str, object]
"""By name: a value for a constant, a Python function for a function."""
Universe = Mapping[str, Sequence[Value]]
"""By the name of a sort: all things of it."""

_OPERATORS: Mapping[str, Callable[..., Value]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "div": lambda a, b: a // b if b else 0,  # by zero only in a branch that is not taken
    "mod": lambda a, b: a % b if b else 0,
    "<=": lambda a, b: a <= b,
    "<": lambda a, b: a < b,
    ">=": lambda a, b: a >= b,
    ">": lambda a, b: a > b,
    "=": lambda a, b: a == b,
    "=>": lambda a, b: not a or b,
    "not": lambda a: not a,
    "and": lambda *parts: all(parts),
    "or": lambda *parts: any(parts),
    "ite": lambda condition, a, b: a if condition else b,
    "true": lambda: True,
    "false": lambda: False,
}


def is_quantified(term: Term) -> bool:
    """Whether a quantifier stands anywhere in it."""
    return any(part.op == "forall" for part in collect(term))


def evaluate(term: Term, meaning: Interpretation) -> Value:
    """The value of a term without quantifiers.

    Args:
        term: every divisor that matters is positive under `meaning`.
        meaning: of every constant and function in it.
    """
    values: dict[int, Value] = {}
    for part in collect(term):
        values[id(part)] = _compute(part, meaning, [values[id(arg)] for arg in part.args])
    return values[id(term)]


def evaluate_all(term: Term, meaning: Interpretation, universe: Universe) -> Value:
    """The value of a term whose quantifiers range over finite sorts.

    Args:
        term: nested no deeper than a formula written by hand is.
        meaning: of every constant and function in it.
        universe: of every sort it quantifies over.
    """
    if term.op == "forall":
        *bound, body = term.args
        names = [_get_name(variable) for variable in bound]
        ranges = [universe[variable.sort.name] for variable in bound]
        return all(
            evaluate_all(body, {**meaning, **dict(zip(names, chosen, strict=True))}, universe)
            for chosen in product(*ranges)
        )
    if term.op == "and":
        return all(evaluate_all(arg, meaning, universe) for arg in term.args)
    if term.op == "or":
        return any(evaluate_all(arg, meaning, universe) for arg in term.args)
    return _compute(term, meaning, [evaluate_all(arg, meaning, universe) for arg in term.args])


def _compute(term: Term, meaning: Interpretation, args: list[Value]) -> Value:
    if term.op == "number":
        return term.number
    if term.op in ("apply", "variable"):
        known = meaning[_get_name(term)]
        return known(*args) if callable(known) else known
    return _OPERATORS[term.op](*args)


def _get_name(term: Term) -> str:
    assert term.symbol is not None, "a constant, function or variable has a name"
    return term.symbol.name
