"""Syntax trees made anew: with other spans, or with nodes replaced.

Trees are as deep as the limits of the parser allow, which bounds the recursion.
"""

from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from functools import lru_cache
from typing import TypeVar, cast

from dsl.source import Span

T = TypeVar("T")


def rewrite(node: T, change: Callable[[object], object | None]) -> T:
    """Return the tree with nodes replaced, children first.

    Args:
        node: a syntax node, or a tuple of such.
        change: what to put in place of a node whose children are done, None to keep it.
    """
    if isinstance(node, tuple):
        return cast(T, tuple(rewrite(each, change) for each in node))  # same shape
    if isinstance(node, Span):
        made = change(node)
        return node if made is None else cast(T, made)  # the caller keeps kinds
    if not is_dataclass(node) or isinstance(node, type):
        return node
    changes: dict[str, object] = {}
    for each in fields(node):
        value = getattr(node, each.name)
        made = rewrite(value, change)
        if made is not value:
            changes[each.name] = made
    whole: object = replace(node, **changes) if changes else node
    made = change(whole)
    return cast(T, whole if made is None else made)  # the caller keeps kinds


def move_to(node: T, span: Span) -> T:
    """Return the tree with all spans replaced by one."""
    return cast(T, _relocate(node, lambda _: span))  # same shape


def shift(node: T, offset: int) -> T:
    """Return the tree with all spans moved by a number of characters."""
    if not offset:
        return node
    moved = _relocate(node, lambda each: Span(each.start + offset, each.end + offset))
    return cast(T, moved)  # same shape


def _relocate(node: object, place: Callable[[Span], Span]) -> object:
    """What `rewrite` would do, quickly: known members are moved at every compilation."""
    if isinstance(node, Span):
        return place(node)
    if isinstance(node, tuple):
        return tuple([_relocate(each, place) for each in node])
    kind = type(node)
    names = _list_fields(kind)  # type: ignore[arg-type]  # mypy: a class is hashable
    if names is None:
        return node
    return kind(*[_relocate(getattr(node, each), place) for each in names])


@lru_cache(maxsize=256)
def _list_fields(kind: type) -> tuple[str, ...] | None:
    """Return the fields of a class of nodes, None for a class that is none."""
    return tuple(each.name for each in fields(kind)) if is_dataclass(kind) else None
