"""Where statements go: whether they return."""

from collections.abc import Sequence

from dsl import typed


def always_returns(statements: Sequence[typed.Stmt]) -> bool:
    """Say whether every path through the statements ends in a `return`."""
    if not statements:
        return False
    last = statements[-1]
    match last:
        case typed.Return():
            return True
        case typed.If(then=then, otherwise=otherwise):
            return always_returns(then) and always_returns(otherwise)
        case typed.Match(arms=arms):
            return all(always_returns(body) for _, body in arms)
        case _:
            return False
