"""Walking syntax trees without recursion."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from functools import lru_cache

from dsl.source import Span

_LEAVES = (Span, str, bool, int)


@lru_cache(maxsize=256)
def _list_fields(kind: type) -> tuple[str, ...] | None:
    """Return the fields of a class of nodes that may hold nodes, None for a class that is none."""
    if not is_dataclass(kind) or issubclass(kind, Span):
        return None
    return tuple(each.name for each in fields(kind) if each.type not in _LEAVES)


def compute_depth(node: object) -> int:
    """Return how many nodes lie on the longest way down, without recursion."""
    deepest = 0
    pending: list[tuple[object, int]] = [(node, 0)]
    while pending:
        current, depth = pending.pop()
        deepest = max(deepest, depth)
        if isinstance(current, tuple):
            pending.extend((each, depth) for each in current)
        elif names := _list_fields(type(current)):  # type: ignore[arg-type]  # mypy: a class is hashable
            pending.extend([(getattr(current, name), depth + 1) for name in names])
    return deepest


def walk_syntax(node: object) -> Iterator[object]:
    """Yield a node and all nodes below it, without recursion."""
    pending = [node]
    while pending:
        current = pending.pop()
        if isinstance(current, tuple):
            pending.extend(reversed(current))
        elif (names := _list_fields(type(current))) is not None:  # type: ignore[arg-type]  # as above
            yield current
            pending.extend([getattr(current, name) for name in reversed(names)])
