"""Removal of nodes whose value nothing uses: equal behaviour gets one encoding.

The core IR refuses a dead node that can not fail. Headers stay even with empty blocks.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

from spec.ir import syntax as ir

_FALLIBLE_OPS = frozenset(
    {ir.PrimOp.DIV, ir.PrimOp.MOD, ir.PrimOp.APPEND, ir.PrimOp.POP, ir.PrimOp.REPLACE}
)


_HEADERS = frozenset({ir.If, ir.Match, ir.Fold, ir.Scope, ir.ForAll})
_CONTROL = _HEADERS | {ir.Join, ir.Next, ir.Leave, ir.Var, ir.Out}
"""Nodes that have blocks, or name a header; most have neither, and are told apart first."""


@dataclass(frozen=True, slots=True)
class Pruned:
    """Code without dead nodes."""

    nodes: tuple[ir.Node, ...]
    kept: tuple[int, ...]
    """The former index of each node."""
    new_index: dict[int, int]
    """Former index to new index, for the nodes that stay."""


def is_removable(node: ir.Node, *, total: bool) -> bool:
    """Say whether a node may go if nothing uses its value."""
    match node:
        case ir.Const() | ir.Param() | ir.Context() | ir.Var() | ir.Out() | ir.Join():
            return True
        case ir.Get(_, when):
            return total or when is not ir.When.AT
        case ir.MakeRecord() | ir.Field() | ir.Variant() | ir.Payload() | ir.MakeList():
            return True
        case ir.Agg() | ir.ForAll():
            return True
        case ir.Prim(op):
            return total or op not in _FALLIBLE_OPS
        case ir.Item():
            return total
        case _:
            return False


def _count_blocks(node: ir.Node) -> tuple[int, ...]:
    match node:
        case ir.If(_, then_count, else_count):
            return (then_count, else_count)
        case ir.Match(_, arm_counts):
            return arm_counts
        case ir.Fold(body_count=count) | ir.Scope(count) | ir.ForAll(_, count):
            return (count,)
        case _:
            return ()


def prune(nodes: Sequence[ir.Node], total_until: int, roots: frozenset[int]) -> Pruned:
    """Return the code without dead nodes.

    Args:
        nodes: a well-formed node list.
        total_until: nodes below this index stand in a guard or property, where nothing fails.
        roots: indices whose value is used from outside the list.
    """
    ends = _find_ends(nodes)
    pending = list(roots)
    pending += [
        index
        for index, node in enumerate(nodes)
        if not is_removable(node, total=index < total_until)
    ]
    live: set[int] = set()
    while pending:
        index = pending.pop()
        if index in live:
            continue
        live.add(index)
        pending.extend(ir.get_operands(nodes[index]))
        if isinstance(nodes[index], ir.ForAll):
            pending.append(ends[index] - 1)
    for index, node in enumerate(nodes):
        if isinstance(node, ir.ForAll) and index not in live:
            live.difference_update(range(index, ends[index]))
    return _rebuild(nodes, live)


def _find_ends(nodes: Sequence[ir.Node]) -> list[int]:
    return [
        index + 1 + (sum(_count_blocks(node)) if type(node) in _HEADERS else 0)
        for index, node in enumerate(nodes)
    ]


def _rebuild(nodes: Sequence[ir.Node], live: set[int]) -> Pruned:
    kept = tuple(sorted(live))
    new_index = {old: new for new, old in enumerate(kept)}
    before = [0, *accumulate(index in live for index in range(len(nodes)))]
    out = [
        _renumber(nodes[old], old, new_index, before)
        if type(nodes[old]) in _CONTROL
        else _renumber_plain(nodes[old], new_index)
        for old in kept
    ]
    return Pruned(tuple(out), kept, new_index)


def _renumber(  # noqa: C901  # one case for each kind of node
    node: ir.Node, index: int, new_index: dict[int, int], before: list[int]
) -> ir.Node:
    """Return a node of `_CONTROL` with operands, headers and block lengths of the new numbering."""
    counts = []
    start = index + 1
    for count in _count_blocks(node):
        counts.append(before[start + count] - before[start])
        start += count
    match node:
        case ir.If(condition):
            return ir.If(_new(new_index, condition), counts[0], counts[1])
        case ir.Match(subject):
            return ir.Match(_new(new_index, subject), tuple(counts))
        case ir.Fold(source=source):
            where = source if source == ir.NO_SOURCE else new_index[source]
            initials = _all_new(new_index, node.initials)
            return replace(node, source=where, initials=initials, body_count=counts[0])
        case ir.Scope():
            return ir.Scope(counts[0])
        case ir.ForAll(kinds):
            return ir.ForAll(kinds, counts[0])
        case ir.Join(header, values):
            return ir.Join(_new(new_index, header), _all_new(new_index, values))
        case ir.Next(header, values):
            return ir.Next(_new(new_index, header), _all_new(new_index, values))
        case ir.Leave(header, values):
            return ir.Leave(_new_header(new_index, header), _all_new(new_index, values))
        case ir.Var(header, position):
            return ir.Var(_new_header(new_index, header), position)
        case ir.Out(header, position):
            return ir.Out(_new(new_index, header), position)
        case _:
            raise AssertionError(f"{node} is not of `_CONTROL`")  # impossible


def _renumber_plain(  # noqa: C901, PLR0912  # one case for each kind of node
    node: ir.Node, new_index: dict[int, int]
) -> ir.Node:
    match node:
        case ir.Prim(op, immediates, args):
            return ir.Prim(op, immediates, _all_new(new_index, args))
        case ir.Get(cell, when, keys, fields):
            return ir.Get(cell, when, _all_new(new_index, keys), fields)
        case ir.Const() | ir.Param() | ir.Context() | ir.Collect():
            return node
        case ir.MakeRecord() | ir.Variant() | ir.MakeList() | ir.Emit() | ir.Agg():
            return replace(node, args=_all_new(new_index, node.args))
        case ir.Check(kind, value):
            return ir.Check(kind, _new(new_index, value))
        case ir.Field(value, position):
            return ir.Field(_new(new_index, value), position)
        case ir.Payload(value, tag, position):
            return ir.Payload(_new(new_index, value), tag, position)
        case ir.Item(value, position):
            return ir.Item(_new(new_index, value), _new(new_index, position))
        case ir.Set():
            keys = _all_new(new_index, node.keys)
            return replace(node, keys=keys, value=_new(new_index, node.value))
        case ir.Update():
            keys = _all_new(new_index, node.keys)
            return replace(node, keys=keys, amount=_new(new_index, node.amount))
        case ir.Fail(condition, error, args):
            return ir.Fail(_new(new_index, condition), error, _all_new(new_index, args))
        case ir.Pay(to, amount):
            return ir.Pay(_new(new_index, to), _new(new_index, amount))
        case ir.Call() | ir.Send():
            return _renumber_call(node, new_index)
        case _:
            raise AssertionError(f"{node} is of `_CONTROL`")  # impossible


def _renumber_call(node: ir.Call | ir.Send, new_index: dict[int, int]) -> ir.Node:
    if isinstance(node, ir.Send):
        return replace(node, message=_new(new_index, node.message))
    coins = node.value if node.value == ir.NO_VALUE else new_index[node.value]
    target, args = _new(new_index, node.target), _all_new(new_index, node.args)
    return replace(node, target=target, args=args, value=coins)


def _new(new_index: dict[int, int], old: int) -> ir.NodeIndex:
    return ir.NodeIndex(new_index[old])


def _all_new(new_index: dict[int, int], old: Sequence[int]) -> tuple[ir.NodeIndex, ...]:
    return tuple([ir.NodeIndex(new_index[each]) for each in old])


def _new_header(new_index: dict[int, int], header: int) -> int:
    return header if header == ir.FUNCTION_SCOPE else new_index[header]
