"""Walking syntax trees without recursion."""

from collections.abc import Iterator

from dsl.source import Span


def _is_node(value: object) -> bool:
    return hasattr(value, "__dataclass_fields__") and not isinstance(value, Span)


def compute_depth(node: object) -> int:
    """Return how many nodes lie on the longest way down, without recursion."""
    deepest = 0
    pending: list[tuple[object, int]] = [(node, 0)]
    while pending:
        current, depth = pending.pop()
        deepest = max(deepest, depth)
        if isinstance(current, tuple):
            pending.extend((each, depth) for each in current)
        elif _is_node(current):
            for name in current.__slots__:  # type: ignore[attr-defined]  # every node has slots
                pending.append((getattr(current, name), depth + 1))  # noqa: PERF401  # hot
    return deepest


def walk_syntax(node: object) -> Iterator[object]:
    """Yield a node and all nodes below it, without recursion."""
    pending = [node]
    while pending:
        current = pending.pop()
        if isinstance(current, tuple):
            pending.extend(reversed(current))
        elif _is_node(current):
            yield current
            slots = current.__slots__  # type: ignore[attr-defined]  # every node has slots
            pending.extend([getattr(current, name) for name in reversed(slots)])
