"""Terms without quantifiers computed for given values: to judge a model, to compare with code."""

from collections.abc import Callable, Mapping

from proofs.logic import Term, collect

Value = int | bool | str
Interpretation = Mapping[str, Value | Callable[..., Value]]

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
        meaning: a value for each constant and a Python function for each function, by name.
    """
    values: dict[int, Value] = {}
    for part in collect(term):
        args = [values[id(arg)] for arg in part.args]
        if part.op == "number":
            values[id(part)] = part.number
        elif part.op == "apply":
            assert part.symbol is not None, "an application has a symbol"
            known = meaning[part.symbol.name]
            values[id(part)] = known(*args) if callable(known) else known
        else:
            values[id(part)] = _OPERATORS[part.op](*args)
    return values[id(term)]
