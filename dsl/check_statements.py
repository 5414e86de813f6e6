"""Statements of bodies: assignment, flow, loops, failures."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from dsl import ast, typed
from dsl.check_expressions import Expressions
from dsl.check_flow import always_returns
from dsl.check_ghosts import store_ghost
from dsl.check_inline import bind_arms, find_root, get_root
from dsl.check_types import resolve_value_type
from dsl.names import STANDARD_ERRORS, Place, Program, Scope
from dsl.source import Span
from dsl.types import (
    ADDRESS,
    BOOL,
    COINS,
    U32,
    UNIT,
    BrokenType,
    EnumType,
    IntType,
    ListType,
    LiteralType,
    OptionType,
    RecordType,
    Type,
    UintType,
    UnitType,
    is_number,
    render_type,
)

RANGE_MAX = 1024
"""Longest static range of a loop: each turn costs gas."""

CELL_BALANCE, CELL_INBOX = 0, 1
_LIST_METHODS = ("append", "pop")


@dataclass(slots=True)
class Context:
    """What a body's statements need to know of their function."""

    kind: str
    place: Place
    result: Type
    open_errors: tuple[str, ...]
    is_internal: bool
    is_generated: bool
    """True for what a role brings along: it may assign the role."""
    component: str
    """Alias of the component that the function came with."""
    loops: int = 0
    assigned: set[int] = field(default_factory=set)
    """Cells that `init` assigns on every path."""


class Statements:
    """Checks the statements of one function."""

    def __init__(self, program: Program, expressions: Expressions, context: Context) -> None:
        self._program = program
        self._expressions = expressions
        self._context = context

    def block(self, nodes: Sequence[ast.Statement], scope: Scope) -> tuple[typed.Stmt, ...]:
        """Check statements in order; the scope gains their locals."""
        out: list[typed.Stmt] = []
        for node in nodes:
            if always_returns(out):
                self._program.report("QC0308", "this is never reached", node.span)
                break
            out += self._statement(node, scope)
        return tuple(out)

    def _statement(  # noqa: C901  # one case for each kind of statement
        self, node: ast.Statement, scope: Scope
    ) -> list[typed.Stmt]:
        match node:
            case ast.Let():
                return self._let(node, scope)
            case ast.Assign():
                return self._assign(node, scope)
            case ast.Do():
                return self._do(node, scope)
            case ast.If():
                return self._if(node, scope)
            case ast.Match():
                return self._match(node, scope)
            case ast.For():
                return self._for(node, scope)
            case ast.Require():
                return self._require(node, scope)
            case ast.Return():
                return self._return(node, scope)
            case ast.Assert() | ast.Expect():
                self._program.report("QC0601", "this belongs to a `test`", node.span)
                return []
            case ast.Pass() | ast.Skipped():
                return []

    # Locals

    def _let(self, node: ast.Let, scope: Scope) -> list[typed.Stmt]:
        if node.sending is not None:
            self._program.report("QC0601", "`as` belongs to a `test`", node.sending.span)
        place = self._context.place
        if node.type is not None:
            kind = resolve_value_type(self._program, node.type)
            value = self._expressions.check(node.value, scope, place, kind)
            value = self._expressions.coerce(value, kind, place, same=True)
        else:
            raw = self._expressions.check(node.value, scope, place)
            if node.mutable and isinstance(raw.type, LiteralType):
                message = "a variable that starts with a number needs a type"
                label = f"write `var {node.name.text}: u64 = …`"
                self._program.report("QC0214", message, node.name.span, label)
            value = self._expressions.settle(raw)
            kind = value.type
        if isinstance(kind, UnitType):
            self._program.report("QC0201", "this has no value", node.value.span)
        if isinstance(kind, IntType) and node.mutable:
            self._program.report(
                "QC0206", "an exact integer can't be kept in a `var`", node.value.span
            )
        local = self._program.declare(scope, node.name, kind, mutable=node.mutable)
        self._program.lets.append((local, node.name.span))
        return [typed.Let(node.span, local, value)]

    # Assignment

    def _assign(self, node: ast.Assign, scope: Scope) -> list[typed.Stmt]:
        root = get_root(node.target)
        local = scope.find(root)
        if local is not None:
            return self._assign_local(node, local, scope)
        if root in self._program.constants:
            self._program.report("QC0402", f"`{root}` is a constant", node.target.span)
            return []
        if node.operator in ("=", "+=", "-="):
            self._program.target = find_root(node.target)
        place = self._expressions.check(node.target, scope, self._context.place)
        if isinstance(place.type, BrokenType):
            return []
        if isinstance(place, typed.ItemOf | typed.FieldOf):
            return self._assign_part(node, place, scope)
        if not isinstance(place, typed.Read):
            self._program.report("QC0401", "this can't be assigned", node.target.span)
            return []
        if not self._may_write(place, node.target.span, root):
            return []
        return self._store(node, place, scope)

    def _may_write(self, place: typed.Read, span: Span, root: str) -> bool:
        if not self._context.place.effects:
            message = f"{self._context.place.title} can't change the state"
            self._program.report("QC0306", message, span)
            return False
        if place.cell in (CELL_BALANCE, CELL_INBOX):
            label = "coins move by `pay`, `collect` and `value` only"
            self._program.report("QC0404", f"`{root}` can't be assigned", span, label)
            return False
        cell = self._program.cells[place.cell]
        whose = cell.name.partition(".")[0] if "." in cell.name else ""
        is_first = cell.role and self._context.kind == "init"
        if whose != self._context.component and whose and not is_first:
            message = f"`{cell.name}` belongs to the component `{whose}`"
            label = "only its own functions write it"
            self._program.report("QC0454", message, span, label)
            return False
        may_assign_roles = self._context.kind == "init" or self._context.is_generated
        if self._program.cells[place.cell].role and not may_assign_roles:
            message = f"the role `{root}` can't be assigned here"
            label = "use the generated actions; only `init` assigns it"
            if root not in self._program.roles:
                message = f"`{root}` can't be assigned here"
                label = "the compiler keeps it"
            self._program.report("QC0405", message, span, label)
            return False
        if not place.keys:
            self._context.assigned.add(place.cell)
        return True

    def _store(self, node: ast.Assign, place: typed.Read, scope: Scope) -> list[typed.Stmt]:
        context = self._context.place
        if self._program.cells[place.cell].ghost:
            return store_ghost(self._expressions, node, place, scope)
        if node.operator == "=":
            value = self._expressions.check(node.value, scope, context, place.type)
            if isinstance(place.type, OptionType) and value.type == place.type.value:
                hint = f"`some({self._program.text_of(node.value.span)})`"
                wanted = render_type(place.type)
                message = f"this is {render_type(value.type)}, where {wanted} was expected"
                self._program.report("QC0201", message, node.value.span, f"write {hint}")
                return []
            value = self._expressions.settle(self._expressions.coerce(value, place.type, context))
            return [typed.Store(node.span, place, value)]
        if not isinstance(place.type, UintType):
            message = f"{node.operator} needs a number, and this is {render_type(place.type)}"
            self._program.report("QC0201", message, node.target.span)
            return []
        if node.operator in ("+=", "-="):
            amount = self._amount(node, scope, place.type)
            return [typed.Update(node.span, place, node.operator == "-=", amount)]
        right = self._expressions.check(node.value, scope, context)
        value = self._expressions.arithmetic(node.span, node.operator[:-1], place, right, context)
        value = self._expressions.coerce(value, place.type, context)
        return [typed.Store(node.span, place, value)]

    def _amount(self, node: ast.Assign, scope: Scope, kind: UintType) -> typed.Expr:
        """Check the right side of `+=`: a number no wider than the cell, or an exact one."""
        amount = self._expressions.check(node.value, scope, self._context.place)
        if isinstance(amount.type, LiteralType):
            return self._expressions.coerce(amount, kind, self._context.place)
        if isinstance(amount.type, UintType) and amount.type.bits > kind.bits:
            return self._expressions.coerce(amount, kind, self._context.place)
        if not is_number(amount.type) and not isinstance(amount.type, BrokenType):
            return self._expressions.coerce(amount, kind, self._context.place)
        return amount

    def _assign_part(
        self, node: ast.Assign, place: typed.ItemOf | typed.FieldOf, scope: Scope
    ) -> list[typed.Stmt]:
        """Assign a part of a list in the state, by storing the list anew."""
        whole: typed.Expr = place
        while isinstance(whole, typed.ItemOf | typed.FieldOf):
            whole = whole.value
        if not isinstance(whole, typed.Read):
            self._program.report("QC0401", "this can't be assigned", node.target.span)
        elif self._may_write(whole, node.target.span, get_root(node.target)):
            value = self._new_value(node, place, place.type, scope)
            return [typed.Store(node.span, whole, self._rebuild(place, value))]
        return []

    def _new_value(
        self, node: ast.Assign, before: typed.Expr, kind: Type, scope: Scope
    ) -> typed.Expr:
        """Return what an assignment gives its target, for places that have no `Update`."""
        context = self._context.place
        right = self._expressions.check(node.value, scope, context, kind)
        if node.operator != "=":
            if not isinstance(kind, UintType):
                message = f"{node.operator} needs a number, and this is {render_type(kind)}"
                self._program.report("QC0201", message, node.target.span)
                return typed.make_broken(node.span)
            right = self._expressions.arithmetic(
                node.span, node.operator[:-1], before, right, context
            )
        value = self._expressions.coerce(right, kind, context, same=True)
        return self._expressions.settle(value)

    def _assign_local(self, node: ast.Assign, local: typed.Local, scope: Scope) -> list[typed.Stmt]:
        self._program.used_locals.add(local.id)
        if not local.mutable:
            message = f"`{local.name}` can't be assigned"
            label = "declare it by `var`"
            if isinstance(local.type, RecordType):
                label = "it is a copy; assign the state cell it was read from"
            self._program.report("QC0402", message, node.target.span, label)
            return []
        before = self._expressions.check(node.target, scope, self._context.place)
        if isinstance(before.type, BrokenType):
            return []
        value = self._new_value(node, before, before.type, scope)
        return [typed.Let(node.span, local, self._rebuild(before, value))]

    def _rebuild(self, target: typed.Expr, value: typed.Expr) -> typed.Expr:
        """Return the whole local or cell with `value` at the place that `target` reads."""
        while not isinstance(target, typed.Use | typed.Read):
            if isinstance(target, typed.FieldOf) and isinstance(target.value.type, RecordType):
                whole = target.value
                args = tuple(
                    value
                    if position == target.index
                    else typed.FieldOf(target.span, kind, whole, position)
                    for position, (_, kind) in enumerate(target.value.type.fields)
                )
                value = typed.MakeRecord(target.span, target.value.type, args)
                target = whole
            elif isinstance(target, typed.ItemOf):
                args = (target.value, target.index, value)
                value = typed.Prim(target.span, target.value.type, "replace", args)
                target = target.value
            else:
                self._program.report("QC0401", "this can't be assigned", target.span)
                return typed.make_broken(target.span)
        return value

    # Calls as statements

    def _do(self, node: ast.Do, scope: Scope) -> list[typed.Stmt]:
        if node.sending is not None:
            self._program.report("QC0601", "`as` belongs to a `test`", node.sending.span)
        call = node.expression
        match call:
            case ast.Call(callee=ast.Name(text="pay")):
                return self._pay(call, scope)
            case ast.Call(callee=ast.Name(text="send")):
                return self._expressions.calls.foreign.send(call, scope, self._context.place)
            case ast.Call(callee=ast.Member() as method) if method.name.text in _LIST_METHODS:
                return self._change_list(call, method, scope)
            case _:
                pass
        value = self._expressions.check(call, scope, self._context.place)
        if isinstance(value, typed.Inline | typed.Collect | typed.ExternalCall):
            return [typed.Evaluate(node.span, value)]
        if not isinstance(value.type, BrokenType):
            self._program.report("QC0311", "this statement has no effect", node.span)
        return []

    def _pay(self, call: ast.Call, scope: Scope) -> list[typed.Stmt]:
        place = self._context.place
        if not place.effects:
            self._program.report(
                "QC0306", f"`pay` moves coins, which {place.title} can't", call.span
            )
            return []
        fields = (("to", ADDRESS), ("amount", COINS))
        args = self._expressions.calls.match_arguments(
            call.span, call.arguments, fields, scope, place
        )
        return [typed.Pay(call.span, args[0], args[1])] if len(args) == len(fields) else []

    def _change_list(self, call: ast.Call, callee: ast.Member, scope: Scope) -> list[typed.Stmt]:
        target = self._expressions.check(callee.base, scope, self._context.place)
        if not isinstance(target.type, ListType):
            if not isinstance(target.type, BrokenType):
                message = f"{render_type(target.type)} is no list"
                self._program.report("QC0204", message, callee.base.span)
            return []
        fields = (("item", target.type.element),) if callee.name.text == "append" else ()
        args = self._expressions.calls.match_arguments(
            call.span, call.arguments, fields, scope, self._context.place
        )
        if len(args) != len(fields):
            return []
        value = typed.Prim(call.span, target.type, callee.name.text, (target, *args))
        if isinstance(target, typed.Read):
            if not self._may_write(target, callee.base.span, get_root(callee.base)):
                return []
            return [typed.Store(call.span, target, value)]
        if isinstance(target, typed.Use) and target.local.mutable:
            return [typed.Let(call.span, target.local, value)]
        self._program.report("QC0402", "this list can't be changed", callee.base.span)
        return []

    # Flow

    def _if(self, node: ast.If, scope: Scope) -> list[typed.Stmt]:
        before = set(self._context.assigned)
        outcomes: list[set[int]] = []
        blocks = []
        for condition, body in node.branches:
            test = self._expressions.value(condition, scope, self._context.place, BOOL)
            self._context.assigned = set(before)
            blocks.append((test, self.block(body, Scope(scope))))
            outcomes.append(self._context.assigned)
        self._context.assigned = set(before)
        statement = self.block(node.otherwise, Scope(scope))
        outcomes.append(self._context.assigned)
        self._context.assigned = set.intersection(*outcomes)
        for test, then in reversed(blocks):
            statement = (typed.If(node.span, test, then, statement),)
        return list(statement)

    def _match(self, node: ast.Match, scope: Scope) -> list[typed.Stmt]:
        subject = self._expressions.settled(node.subject, scope, self._context.place)
        if not isinstance(subject.type, EnumType | OptionType):
            if not isinstance(subject.type, BrokenType):
                message = (
                    f"`match` takes an enum or an option, and this is {render_type(subject.type)}"
                )
                self._program.report("QC0201", message, node.subject.span)
            return []
        before, outcomes, arms = set(self._context.assigned), [], []
        for inner, locals_, body in bind_arms(self._program, node, subject.type, scope):
            self._context.assigned = set(before)
            arms.append((locals_, self.block(body, inner)))
            outcomes.append(self._context.assigned)
        self._context.assigned = set.intersection(*outcomes) if outcomes else before
        return [typed.Match(node.span, subject, tuple(arms))] if arms else []

    def _for(self, node: ast.For, scope: Scope) -> list[typed.Stmt]:
        inner = Scope(scope)
        items, low, high = self._iterable(node.items, scope)
        if items is None and high < 0:
            return []
        kind: Type = U32
        if items is not None:
            assert isinstance(items.type, ListType), "_iterable answers lists only"
            kind = items.type.element
        local = self._program.declare(inner, node.name, kind)
        if node.index is not None:
            message = "a loop has one variable"
            label = "loop over `range(n)` and read `items[i]`"
            self._program.report("QC0312", message, node.index.span, label)
        before = set(self._context.assigned)
        self._context.loops += 1
        body = self.block(node.body, inner)
        self._context.loops -= 1
        self._context.assigned = before
        return [typed.Loop(node.span, local, items, low, high, body)]

    def _iterable(self, node: ast.Expression, scope: Scope) -> tuple[typed.Expr | None, int, int]:
        match node:
            case ast.Call(callee=ast.Name(text="range")):
                return self._range(node, scope)
            case _:
                pass
        items = self._expressions.settled(node, scope, self._context.place)
        if isinstance(items.type, ListType):
            return items, 0, 0
        if not isinstance(items.type, BrokenType):
            message = (
                f"a loop runs over a list or `range(n)`, and this is {render_type(items.type)}"
            )
            self._program.report("QC0312", message, node.span)
        return None, 0, -1

    def _range(self, node: ast.Call, scope: Scope) -> tuple[typed.Expr | None, int, int]:
        bounds: list[int] = []
        for argument in node.arguments:
            bound = self._expressions.check(argument.value, scope, self._context.place)
            if not isinstance(bound, typed.Constant) or isinstance(bound.value, bool | bytes):
                label = "loop to a constant, and skip by `if`"
                self._program.report("QC0312", "a range needs constants", argument.span, label)
                return None, 0, -1
            bounds.append(bound.value)
        if len(bounds) not in (1, 2):
            self._program.report("QC0303", "`range` takes one or two numbers", node.span)
            return None, 0, -1
        low, high = (0, bounds[0]) if len(bounds) == 1 else (bounds[0], bounds[1])
        if not 0 <= low <= high or high - low > RANGE_MAX:
            message = f"a range has at most {RANGE_MAX} turns, and goes upwards"
            self._program.report("QC0312", message, node.span)
            return None, 0, -1
        return None, low, high

    def _require(self, node: ast.Require, scope: Scope) -> list[typed.Stmt]:
        condition = self._expressions.value(node.condition, scope, self._context.place, BOOL)
        found = check_error(
            self._program, self._expressions, node.error, scope, self._context.place
        )
        if found is None:
            return []
        name, args = found
        if name not in self._context.open_errors and not self._context.is_internal:
            message = f"the header does not say that this may fail with {name}"
            self._program.report(
                "QC0403", message, node.error.span, f"add `fails {name}` to the header"
            )
        text = self._program.text_of(node.condition.span)
        return [typed.Fail(node.span, condition, name, args, declared=False, text=text)]

    def _return(self, node: ast.Return, scope: Scope) -> list[typed.Stmt]:
        if self._context.loops:
            label = "keep the result in a `var`"
            self._program.report("QC0307", "a loop can't be left early", node.span, label)
            return []
        wanted = self._context.result
        if node.value is None:
            if not isinstance(wanted, UnitType | BrokenType):
                message = f"`return` needs a value of type {render_type(wanted)}"
                self._program.report("QC0305", message, node.span)
            return [typed.Return(node.span, None)]
        if wanted == UNIT:
            self._program.report(
                "QC0305", "this function has no result", node.span, "add `-> type`"
            )
            return []
        value = self._expressions.check(node.value, scope, self._context.place, wanted)
        value = self._expressions.coerce(value, wanted, self._context.place, same=True)
        return [typed.Return(node.span, value)]


def check_error(
    program: Program,
    expressions: Expressions,
    node: ast.Expression,
    scope: Scope,
    place: Place,
) -> tuple[str, tuple[typed.Expr, ...]] | None:
    """Return the error's name and arguments, or None if they are wrong (reported)."""
    name_node = node.callee if isinstance(node, ast.Call) else node
    arguments = node.arguments if isinstance(node, ast.Call) else ()
    if not isinstance(name_node, ast.Name):
        program.report("QC0407", "an error's name was expected", node.span)
        return None
    if name_node.text in STANDARD_ERRORS and not arguments:
        return name_node.text, ()
    signature = program.errors.get(name_node.text)
    if signature is None:
        known = [*program.errors, *STANDARD_ERRORS]
        program.report_unknown(name_node.text, name_node.span, known, "error")
        return None
    program.used.add(name_node.text)
    args = expressions.calls.match_arguments(node.span, arguments, signature.params, scope, place)
    return (name_node.text, args) if len(args) == len(signature.params) else None
