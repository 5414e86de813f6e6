"""Expressions to nodes: one builder per node list.

`and`, `or` and `if … else` whose later part can fail become `If` and `Join`; all else is strict.
That is normative: it fixes gas and the order of failures.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from dsl import typed
from dsl.lower_pool import Pool
from dsl.prune import prune
from dsl.source import Span
from dsl.types import U16, Type
from spec.crypto.signature_sizes import SIGNATURE_SIZES
from spec.ir import syntax as ir

NODES_MAX = 8192
"""Nodes of one list; the core IR has the same limit."""

_CONTEXTS = {
    "caller": ir.ContextKind.CALLER,
    "value": ir.ContextKind.VALUE,
    "now": ir.ContextKind.NOW,
    "height": ir.ContextKind.HEIGHT,
    "this": ir.ContextKind.THIS,
}
_FALLIBLE = frozenset({"div", "mod", "append", "pop", "replace"})
HASH_DOMAIN_SOURCE = 0
"""Domain of `hash(…)` in source: contracts of this language share it."""


_IMMEDIATE: dict[str, tuple[ir.PrimOp, tuple[int, ...]]] = {
    "hash": (ir.PrimOp.HASH, (HASH_DOMAIN_SOURCE,)),
    "permit_digest": (ir.PrimOp.HASH, (ir.PERMIT_DOMAIN,)),
    **{
        f"is_signed_{each.number}": (ir.PrimOp.VERIFY_SIGNATURE, (each.number,))
        for each in SIGNATURE_SIZES
    },
}
"""Operators of the typed tree that are one of the core IR with a number of its own."""


class TooLargeError(Exception):
    """A node list is longer than `NODES_MAX`; carries where it happened."""

    def __init__(self, span: Span) -> None:
        super().__init__("too many nodes")
        self.span = span


@dataclass(slots=True)
class Shared:
    """What all builders of a module share."""

    pool: Pool
    functions: dict[str, typed.Function]
    function_numbers: dict[str, int]
    event_numbers: dict[str, int]
    error_numbers: dict[str, int]
    interface_numbers: dict[str, int]
    ghosts_from: int
    """The first cell that is a ghost."""
    aggregates: list["AggregateCode"] = field(default_factory=list)
    aggregate_numbers: dict[object, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AggregateCode:
    """An aggregate before its tables are final."""

    params: tuple[Type, ...]
    keys: tuple[Type, ...]
    nodes: tuple[ir.Node, ...]
    text: str


class Builder:
    """Makes one node list, with the place in the source of every node."""

    def __init__(self, shared: Shared, *, total: bool) -> None:
        self.shared = shared
        self.total = total
        """True where nothing can fail: guards and properties."""
        self.reads_old = False
        """True if plain reads mean the state before: keys of `modifies`."""
        self.nodes: list[ir.Node] = []
        self.spans: list[Span] = []
        self.values: dict[int, int] = {}
        """Local id to the node that holds its value."""
        self.olds: dict[object, int] = {}
        """Reads of the state before, made in advance for `emits`."""
        self.contexts: dict[str, int] = {}
        """Facts of the call; one node each, in front, where every block sees them."""
        self.lets: list[tuple[str, int]] = []
        self.joins: list[tuple[int, str]] = []

    def add(self, node: ir.Node, span: Span) -> ir.NodeIndex:
        """Append a node."""
        if len(self.nodes) >= NODES_MAX:
            raise TooLargeError(span)
        self.nodes.append(node)
        self.spans.append(span)
        return ir.NodeIndex(len(self.nodes) - 1)

    def add_contexts(self, span: Span) -> None:
        """Put the facts of the call in front; those that stay unused are pruned."""
        for name, kind in _CONTEXTS.items():
            self.contexts[name] = self.add(ir.Context(kind), span)

    def patch(self, index: int, node: ir.Node) -> None:
        """Replace a header once the lengths of its blocks are known."""
        self.nodes[index] = node

    def bind(self, local: typed.Local, node: int) -> None:
        """Let a local's value be a node."""
        self.values[local.id] = node
        self.lets.append((local.name, node))

    # Expressions

    def lower(self, expr: typed.Expr) -> ir.NodeIndex:  # noqa: C901, PLR0912  # one case a kind
        """Return the node that holds the expression's value."""
        match expr:
            case typed.Constant():
                return self.constant(expr.span, expr.type, expr.value)
            case typed.Use():
                return ir.NodeIndex(self.values[expr.local.id])
            case typed.Context():
                return ir.NodeIndex(self.contexts[expr.which])
            case typed.Read():
                return self._read(expr)
            case typed.Past(span, _, cell, keys):
                return self.add(ir.Get(cell, ir.When.AT, self.lower_all(keys), ()), span)
            case typed.Prim():
                return self._prim(expr)
            case typed.Logic():
                return self._logic(expr)
            case typed.Choice():
                return self._choice(expr)
            case typed.ActionIn():
                return self._action_in(expr)
            case typed.Sum():
                return self._sum(expr)
            case typed.ForAll():
                return self._for_all(expr)
            case typed.Bind():
                return self._bind(expr)
            case typed.MatchValue():
                return self._match_value(expr)
            case typed.Inline():
                return self.inline(expr)
            case _:
                return self._lower_simple(expr)

    def _lower_simple(
        self,
        expr: typed.Check
        | typed.MakeRecord
        | typed.FieldOf
        | typed.MakeVariant
        | typed.MakeList
        | typed.ItemOf
        | typed.Collect
        | typed.ExternalCall
        | typed.MakeMessage
        | typed.Implements,
    ) -> ir.NodeIndex:
        pool = self.shared.pool
        match expr:
            case typed.Check(span, kind, value):
                return self.add(ir.Check(pool.get_type(kind), self.lower(value)), span)
            case typed.MakeRecord(span, record, args):
                return self.add(ir.MakeRecord(pool.get_type(record), self.lower_all(args)), span)
            case typed.FieldOf(span, _, value, index):
                return self.add(ir.Field(self.lower(value), index), span)
            case typed.MakeVariant(span, variant, tag, args):
                node = ir.Variant(pool.get_type(variant), tag, self.lower_all(args))
                return self.add(node, span)
            case typed.MakeList(span, items, args):
                return self.add(ir.MakeList(pool.get_type(items), self.lower_all(args)), span)
            case typed.ItemOf(span, _, value, position):
                return self.add(ir.Item(self.lower(value), self.lower(position)), span)
            case typed.Collect(span):
                return self.add(ir.Collect(), span)
            case typed.ExternalCall() | typed.MakeMessage() | typed.Implements():
                return self._foreign(expr)

    def lower_all(self, exprs: Sequence[typed.Expr]) -> tuple[ir.NodeIndex, ...]:
        """Lower expressions from left to right."""
        nodes = []
        for each in exprs:  # no generator: it would double the depth of the recursion
            nodes.append(self.lower(each))  # noqa: PERF401  # as said
        return tuple(nodes)

    def _foreign(
        self, expr: typed.ExternalCall | typed.MakeMessage | typed.Implements
    ) -> ir.NodeIndex:
        number = self.shared.interface_numbers[expr.interface]
        target = self.lower(expr.target)
        match expr:
            case typed.ExternalCall(value=coins):
                args = self.lower_all(expr.args)
                value = ir.NO_VALUE if coins is None else int(self.lower(coins))
                call = ir.Call(number, expr.member, target, args, expr.gas, value)
                return self.add(call, expr.span)
            case typed.MakeMessage():
                amount, args = self.lower(expr.value), self.lower_all(expr.args)
                immediates = (int(self.shared.pool.get_type(expr.type)), number, expr.member)
                message = ir.Prim(ir.PrimOp.MESSAGE, immediates, (target, amount, *args))
                return self.add(message, expr.span)
            case typed.Implements():
                return self.add(ir.Prim(ir.PrimOp.IMPLEMENTS, (number,), (target,)), expr.span)

    def _bind(self, expr: typed.Bind) -> ir.NodeIndex:
        inner: typed.Expr = expr
        while isinstance(inner, typed.Bind):
            self.bind(inner.local, self.lower(inner.value))
            inner = inner.body
        return self.lower(inner)

    def constant(self, span: Span, kind: Type, value: int | bool | bytes) -> ir.NodeIndex:
        """Return a node for a constant."""
        return self.add(ir.Const(self.shared.pool.get_literal(kind, value)), span)

    def _read(self, expr: typed.Read) -> ir.NodeIndex:
        known = self.olds.get(make_key(expr)) if expr.old else None
        if known is not None:
            return ir.NodeIndex(known)
        when = ir.When.OLD if expr.old or self.reads_old else ir.When.NOW
        keys = self.lower_all(expr.keys)
        return self.add(ir.Get(expr.cell, when, keys, expr.fields), expr.span)

    def _prim(self, expr: typed.Prim) -> ir.NodeIndex:
        args = self.lower_all(expr.args)
        op, immediates = _IMMEDIATE.get(expr.op) or (ir.PrimOp[expr.op.upper()], ())
        return self.add(ir.Prim(op, immediates, args), expr.span)

    def _logic(self, expr: typed.Logic) -> ir.NodeIndex:
        left = self.lower(expr.left)
        if self.total or not self.can_fail(expr.right):
            right = self.lower(expr.right)
            op = ir.PrimOp.AND if expr.is_and else ir.PrimOp.OR
            return self.add(ir.Prim(op, (), (left, right)), expr.span)
        header = self.add(ir.If(left, 0, 0), expr.span)
        if expr.is_and:
            then = self.lower(expr.right)
            middle = len(self.nodes)
            otherwise = self.constant(expr.span, expr.type, value=False)
        else:
            then = self.constant(expr.span, expr.type, value=True)
            middle = len(self.nodes)
            otherwise = self.lower(expr.right)
        self.patch(header, ir.If(left, middle - header - 1, len(self.nodes) - middle))
        return self.add(ir.Join(header, (then, otherwise)), expr.span)

    def _choice(self, expr: typed.Choice) -> ir.NodeIndex:
        condition = self.lower(expr.condition)
        if self.total or not (self.can_fail(expr.yes) or self.can_fail(expr.no)):
            args = (condition, self.lower(expr.yes), self.lower(expr.no))
            return self.add(ir.Prim(ir.PrimOp.SELECT, (), args), expr.span)
        header = self.add(ir.If(condition, 0, 0), expr.span)
        yes = self.lower(expr.yes)
        middle = len(self.nodes)
        no = self.lower(expr.no)
        self.patch(header, ir.If(condition, middle - header - 1, len(self.nodes) - middle))
        return self.add(ir.Join(header, (yes, no)), expr.span)

    def _match_value(self, expr: typed.MatchValue) -> ir.NodeIndex:
        subject = self.lower(expr.subject)
        header = self.add(ir.Match(subject, (0,) * len(expr.arms)), expr.span)
        counts, values = [], []
        for tag, (locals_, value) in enumerate(expr.arms):
            start = len(self.nodes)
            self.bind_payload(subject, tag, locals_, expr.span)
            values.append(self.lower(value))
            counts.append(len(self.nodes) - start)
        self.patch(header, ir.Match(subject, tuple(counts)))
        return self.add(ir.Join(header, tuple(values)), expr.span)

    def bind_payload(
        self, subject: ir.NodeIndex, tag: int, locals_: Sequence[typed.Local], span: Span
    ) -> None:
        """Give the locals of an arm their values."""
        for position, local in enumerate(locals_):
            self.bind(local, self.add(ir.Payload(subject, tag, position), span))

    def inline(self, expr: typed.Inline) -> ir.NodeIndex:
        """Inline an own function; the statement builder does."""
        raise AssertionError(f"{expr.function} is inlined by the body builder")  # impossible

    def can_fail(self, expr: typed.Expr) -> bool:  # noqa: C901  # one case for each kind
        """Say whether evaluating the expression in a body may fail or change something."""
        match expr:
            case (
                typed.Check()
                | typed.ItemOf()
                | typed.Past()
                | typed.Inline()
                | typed.Collect()
                | typed.ExternalCall()
            ):
                return True
            case typed.Prim(op=op, args=args):
                return op in _FALLIBLE or any(self.can_fail(each) for each in args)
            case (
                typed.MakeRecord(args=args)
                | typed.MakeVariant(args=args)
                | typed.MakeList(args=args)
            ):
                return any(self.can_fail(each) for each in args)
            case typed.MakeMessage():
                return any(self.can_fail(each) for each in (expr.target, expr.value, *expr.args))
            case typed.Implements(target=target):
                return self.can_fail(target)
            case typed.Read(keys=keys):
                return any(self.can_fail(each) for each in keys)
            case typed.Logic(left=left, right=right):
                return self.can_fail(left) or self.can_fail(right)
            case typed.Choice(condition=condition, yes=yes, no=no):
                return any(self.can_fail(each) for each in (condition, yes, no))
            case typed.FieldOf(value=value):
                return self.can_fail(value)
            case typed.MatchValue(subject=subject, arms=arms):
                return self.can_fail(subject) or any(self.can_fail(each) for _, each in arms)
            case _:
                return False

    # Properties

    def _action_in(self, expr: typed.ActionIn) -> ir.NodeIndex:
        which = self.add(ir.Context(ir.ContextKind.FUNCTION), expr.span)
        found: ir.NodeIndex | None = None
        for name in expr.names:
            number = self.constant(expr.span, U16, self.shared.function_numbers[name])
            equal = self.add(ir.Prim(ir.PrimOp.EQ, (), (which, number)), expr.span)
            if found is not None:
                equal = self.add(ir.Prim(ir.PrimOp.OR, (), (found, equal)), expr.span)
            found = equal
        assert found is not None, "the grammar has at least one name"
        return found

    def _for_all(self, expr: typed.ForAll) -> ir.NodeIndex:
        kinds = tuple(self.shared.pool.get_type(each.type) for each in expr.binders)
        header = self.add(ir.ForAll(kinds, 0), expr.span)
        for position, local in enumerate(expr.binders):
            self.values[local.id] = self.add(ir.Var(header, position), expr.span)
        value = self.lower(expr.body)
        self.make_last(value, expr.span)
        self.patch(header, ir.ForAll(kinds, len(self.nodes) - header - 1))
        return header

    def make_last(self, value: ir.NodeIndex, span: Span) -> ir.NodeIndex:
        """Return a node with this boolean value that is the last one of the list."""
        if value == len(self.nodes) - 1:
            return value
        return self.add(ir.Prim(ir.PrimOp.AND, (), (value, value)), span)

    def _sum(self, expr: typed.Sum) -> ir.NodeIndex:
        finder = _FreeFinder({key.id for key in expr.keys})
        finder.visit(expr.body)
        inner = Builder(self.shared, total=True)
        params: list[Type] = []
        args: list[ir.NodeIndex] = []
        for free in finder.locals.values():
            params.append(free.type)
            args.append(ir.NodeIndex(self.values[free.id]))
            inner.values[free.id] = inner.add(ir.Var(ir.FUNCTION_SCOPE, len(params) - 1), expr.span)
        body = expr.body
        for context in finder.contexts.values():
            params.append(context.type)
            args.append(self.lower(context))
            local = typed.Local(-len(params), context.which, context.type, mutable=False)
            inner.values[local.id] = inner.add(
                ir.Var(ir.FUNCTION_SCOPE, len(params) - 1), expr.span
            )
            body = _replace_context(body, context.which, local)
        for position, key in enumerate(expr.keys):
            node = ir.Var(ir.FUNCTION_SCOPE, len(params) + position)
            inner.values[key.id] = inner.add(node, expr.span)
        inner.make_last_number(inner.lower(body), expr.span)
        keys = tuple(each.type for each in expr.keys)
        number = self._intern(tuple(params), keys, inner, expr.text)
        when = ir.When.OLD if expr.old or self.reads_old else ir.When.NOW
        return self.add(ir.Agg(number, when, tuple(args)), expr.span)

    def make_last_number(self, value: ir.NodeIndex, span: Span) -> None:
        """Make a number the last node of the list."""
        if value != len(self.nodes) - 1:
            self.add(ir.Prim(ir.PrimOp.MAX, (), (value, value)), span)

    def _intern(
        self, params: tuple[Type, ...], keys: tuple[Type, ...], inner: "Builder", text: str
    ) -> int:
        last = len(inner.nodes) - 1
        pruned = prune(inner.nodes, len(inner.nodes), frozenset({last}))
        code = AggregateCode(params, keys, pruned.nodes, text)
        key = (params, keys, pruned.nodes)
        if key not in self.shared.aggregate_numbers:
            self.shared.aggregate_numbers[key] = len(self.shared.aggregates)
            self.shared.aggregates.append(code)
        return self.shared.aggregate_numbers[key]


class _FreeFinder:
    """Finds the outer locals and call facts that an aggregate's body uses."""

    def __init__(self, bound: set[int]) -> None:
        self._bound = bound
        self.locals: dict[int, typed.Local] = {}
        self.contexts: dict[str, typed.Context] = {}

    def visit(self, expr: typed.Expr) -> None:
        match expr:
            case typed.Use(local=local):
                if local.id not in self._bound:
                    self.locals.setdefault(local.id, local)
            case typed.Context():
                self.contexts.setdefault(expr.which, expr)
            case typed.Read(keys=parts) | typed.Prim(args=parts):
                self._visit_all(parts)
            case typed.MakeVariant(args=parts) | typed.MakeRecord(args=parts):
                self._visit_all(parts)
            case typed.Logic(left=left, right=right):
                self._visit_all((left, right))
            case typed.Choice(condition=condition, yes=yes, no=no):
                self._visit_all((condition, yes, no))
            case typed.FieldOf(value=value):
                self.visit(value)
            case _:
                pass

    def _visit_all(self, parts: Sequence[typed.Expr]) -> None:
        for each in parts:
            self.visit(each)


def _replace_context(expr: typed.Expr, which: str, local: typed.Local) -> typed.Expr:
    def again(each: typed.Expr) -> typed.Expr:
        return _replace_context(each, which, local)

    match expr:
        case typed.Context(which=found) if found == which:
            return typed.Use(expr.span, expr.type, local)
        case typed.Read():
            return replace(expr, keys=tuple(again(each) for each in expr.keys))
        case typed.Prim() | typed.MakeVariant() | typed.MakeRecord():
            return replace(expr, args=tuple(again(each) for each in expr.args))
        case typed.Logic():
            return replace(expr, left=again(expr.left), right=again(expr.right))
        case typed.Choice():
            yes, no = again(expr.yes), again(expr.no)
            return replace(expr, condition=again(expr.condition), yes=yes, no=no)
        case typed.FieldOf():
            return replace(expr, value=again(expr.value))
        case _:
            return expr


def make_key(expr: typed.Read) -> object:
    """Return what identifies a read of the state before: spans apart, its whole path."""
    return (expr.cell, expr.fields, tuple(_key_of(each) for each in expr.keys))


def _key_of(expr: typed.Expr) -> object:
    match expr:
        case typed.Use(local=local):
            return ("use", local.id)
        case typed.Constant():
            return ("const", expr.type, expr.value)
        case typed.Context():
            return ("context", expr.which)
        case typed.Read():
            return ("read", expr.old, make_key(expr))
        case _:
            return ("at", expr.span)
