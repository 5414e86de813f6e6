"""Quantifiers and aggregates: what they bind and what their bodies may read."""

from typing import TYPE_CHECKING

from dsl import ast, typed
from dsl.check_lift import Lifter
from dsl.check_types import resolve_value_type
from dsl.names import Place, Program, Scope
from dsl.source import Span
from dsl.types import (
    BOOL,
    INT,
    UINTS,
    BrokenType,
    MapType,
    Type,
    UintType,
    is_number,
    render_type,
)

if TYPE_CHECKING:
    from dsl.check_expressions import Expressions


class Aggregates:
    """The part of the expression checker that handles `forall`, `sum`, `count` and `action in`."""

    def __init__(self, expressions: "Expressions") -> None:
        self._expressions = expressions
        self._program: Program = expressions.program

    def forall(self, node: ast.Forall, scope: Scope, place: Place) -> typed.Expr:
        """Check `forall a: address: body`."""
        self._only_in_spec("forall", node.span, place)
        inner, locals_ = self._bind(node.binders, scope)
        body = self._expressions.value(node.body, inner, place, BOOL)
        return typed.ForAll(node.span, BOOL, locals_, body)

    def _bind(
        self, binders: tuple[ast.Parameter, ...], scope: Scope
    ) -> tuple[Scope, tuple[typed.Local, ...]]:
        inner = Scope(scope)
        locals_ = []
        for binder in binders:
            kind = resolve_value_type(self._program, binder.type)
            locals_.append(self._program.declare(inner, binder.name, kind))
        return inner, tuple(locals_)

    def _only_in_spec(self, name: str, span: Span, place: Place) -> None:
        if not place.spec:
            message = f"`{name}` has no place in {place.title}"
            label = "it belongs to `invariant`, `transition` and `ensures`"
            self._program.report("QC0502", message, span, label)

    def action_in(self, node: ast.ActionIn, place: Place) -> typed.Expr:
        """Check `action in (mint, burn)`."""
        if not place.transition:
            message = f"`action in` has no place in {place.title}"
            self._program.report("QC0502", message, node.span, "it belongs to `transition`")
        actions = [name for name, each in self._program.functions.items() if each.kind == "action"]
        for name in node.names:
            if name.text not in actions:
                self._program.report_unknown(name.text, name.span, actions, "action")
        return typed.ActionIn(node.span, BOOL, tuple(name.text for name in node.names))

    def comprehension(self, node: ast.Comprehension, scope: Scope, place: Place) -> typed.Expr:
        """Check `sum(body for a: address if condition)` and `count(a: address if condition)`."""
        name = node.callee.text if isinstance(node.callee, ast.Name) else ""
        if name not in ("sum", "count"):
            self._program.report("QC0503", "only `sum` and `count` take `for`", node.span)
            return typed.make_broken(node.span)
        self._only_in_spec(name, node.span, place)
        inner, keys = self._bind(node.binders, scope)
        old, self._expressions.inside_old = self._expressions.inside_old, False
        body = self._expressions.settled(node.body, inner, place)
        if not is_number(body.type) and not isinstance(body.type, BrokenType):
            self._program.report("QC0503", "the body of a sum is a number", node.body.span)
        if node.condition is not None:
            condition = self._expressions.value(node.condition, inner, place, BOOL)
            zero = typed.Constant(node.span, _number_type(body.type), 0)
            body = typed.Choice(node.span, body.type, condition, body, zero)
        self._expressions.inside_old = old
        return self._make_sum(node.span, keys, body, old=old)

    def _make_sum(
        self, span: Span, keys: tuple[typed.Local, ...], body: typed.Expr, *, old: bool
    ) -> typed.Expr:
        bound = {key.id for key in keys}
        lifter = Lifter(self._program, bound, old=old)
        body = lifter.lift(body)
        reader = _Reader(bound)
        reader.visit(body)
        self._program.used_locals.update(key.id for key in keys)
        for problem_span, problem in reader.problems:
            self._program.report("QC0504", problem, problem_span)
        if not reader.reads and not reader.problems:
            self._program.report("QC0504", "this aggregate reads no map at its bound keys", span)
        found: typed.Expr = typed.Sum(span, INT, keys, body, old, self._program.text_of(span))
        for local, read in reversed(lifter.found):
            found = typed.Bind(span, INT, local, read, found)
        return found

    def sum(self, node: ast.Call, scope: Scope, place: Place, _: Type | None) -> typed.Expr:
        """Check `sum(m)` over all keys of a map."""
        self._only_in_spec("sum", node.span, place)
        if len(node.arguments) != 1:
            self._program.report("QC0303", "`sum` takes one map", node.span)
            return typed.make_broken(node.span)
        old = self._expressions.inside_old
        expr = self._expressions.check(node.arguments[0].value, scope, place)
        if isinstance(expr.type, BrokenType):
            return expr
        if not isinstance(expr, typed.Read) or not isinstance(expr.type, MapType):
            self._program.report("QC0503", "`sum` takes a map", node.arguments[0].span)
            return typed.make_broken(node.span)
        keys: list[typed.Local] = []
        kind: Type = expr.type
        while isinstance(kind, MapType):
            keys.append(self._program.make_local(f"k{len(keys)}", kind.key))
            kind = kind.value
        if not isinstance(kind, UintType):
            message = f"`sum` adds numbers, and the values here are {render_type(kind)}"
            self._program.report("QC0503", message, node.arguments[0].span)
            return typed.make_broken(node.span)
        uses = tuple(typed.Use(expr.span, key.type, key) for key in keys)
        body = typed.Read(expr.span, kind, expr.cell, (*expr.keys, *uses), (), old=False)
        return self._make_sum(node.span, tuple(keys), body, old=expr.old or old)


def _number_type(kind: Type) -> Type:
    return kind if isinstance(kind, UintType) else UINTS["u8"]


class _Reader:
    """Finds the maps an aggregate's body reads, and what its shape forbids."""

    def __init__(self, keys: set[int]) -> None:
        self._keys = keys
        self.reads = 0
        self.problems: list[tuple[Span, str]] = []

    def visit(self, expr: typed.Expr) -> None:
        match expr:
            case typed.Read():
                self._read(expr)
            case typed.Prim(args=args) | typed.MakeVariant(args=args) | typed.MakeRecord(args=args):
                for each in args:
                    self.visit(each)
            case typed.Logic(left=left, right=right):
                self.visit(left)
                self.visit(right)
            case typed.Choice(condition=condition, yes=yes, no=no):
                for each in (condition, yes, no):
                    self.visit(each)
            case typed.FieldOf(value=value):
                self.visit(value)
            case typed.Constant() | typed.Use() | typed.Context():
                pass
            case _:
                self.problems.append((expr.span, "this can't stand in an aggregate"))

    def _read(self, expr: typed.Read) -> None:
        bound = [isinstance(key, typed.Use) and key.local.id in self._keys for key in expr.keys]
        for key, is_bound in zip(expr.keys, bound, strict=True):
            if not is_bound and not isinstance(key, typed.Use | typed.Constant | typed.Context):
                self.problems.append(
                    (key.span, "an aggregate computes no keys from its bound ones")
                )
        if not expr.keys:
            self.problems.append((expr.span, "a state scalar can't stand in an aggregate"))
        elif not any(bound):
            self.problems.append((expr.span, "an aggregate reads maps at its bound keys only"))
        self.reads += 1
