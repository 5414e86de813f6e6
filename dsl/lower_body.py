"""Bodies to nodes: statements, early returns, loops, inlined functions, then the events."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dsl import typed
from dsl.lower_code import Builder, Shared, make_key
from dsl.source import Span
from dsl.types import UnitType
from spec.ir import syntax as ir

STANDARD_ERRORS = {
    "NotPayable": ir.StandardError.NOT_PAYABLE,
    "NotAllowed": ir.StandardError.NOT_ALLOWED,
    "WrongPhase": ir.StandardError.WRONG_PHASE,
}


@dataclass(frozen=True, slots=True)
class Condition:
    """A `Fail` node and what it means to the author."""

    node: int
    fail: typed.Fail


@dataclass(frozen=True, slots=True)
class FunctionCode:
    """A function's nodes before pruning."""

    nodes: tuple[ir.Node, ...]
    spans: tuple[Span, ...]
    guard_count: int
    lets: tuple[tuple[str, int], ...]
    joins: tuple[tuple[int, str], ...]
    conditions: tuple[Condition, ...]
    ghosts: frozenset[int]
    """Nodes that only assign ghosts."""


def find_assigned(statements: Iterable[typed.Stmt]) -> dict[int, typed.Local]:
    """Return the locals that statements give a value, in order of first assignment."""
    found: dict[int, typed.Local] = {}
    for statement in statements:
        match statement:
            case typed.Let(local=local):
                found.setdefault(local.id, local)
            case typed.If(then=then, otherwise=otherwise):
                found |= find_assigned((*then, *otherwise))
            case typed.Match(arms=arms):
                for _, body in arms:
                    found |= find_assigned(body)
            case typed.Loop(body=body):
                found |= find_assigned(body)
            case _:
                pass
    return found


def has_early_return(statements: Sequence[typed.Stmt], *, tail: bool) -> bool:
    """Say whether a `return` stands elsewhere than at the very end of the statements."""
    for position, statement in enumerate(statements):
        last = tail and position == len(statements) - 1
        match statement:
            case typed.Return():
                if not last:
                    return True
            case typed.If(then=then, otherwise=otherwise):
                if _leaves(then, otherwise, last=last):
                    return True
            case typed.Match(arms=arms):
                if _leaves(*(body for _, body in arms), last=last):
                    return True
            case _:
                pass
    return False


def _leaves(*bodies: Sequence[typed.Stmt], last: bool) -> bool:
    is_tail = last and all(returns(body) for body in bodies)
    return any(has_early_return(body, tail=is_tail) for body in bodies)


def returns(statements: Sequence[typed.Stmt]) -> bool:
    """Say whether every path through the statements ends in a `return`."""
    if not statements:
        return False
    match statements[-1]:
        case typed.Return():
            return True
        case typed.If(then=then, otherwise=otherwise):
            return returns(then) and returns(otherwise)
        case typed.Match(arms=arms):
            return all(returns(body) for _, body in arms)
        case _:
            return False


class BodyBuilder(Builder):
    """Makes the node list of one function."""

    def __init__(self, shared: Shared) -> None:
        super().__init__(shared, total=True)
        self.conditions: list[Condition] = []
        self._scope = ir.FUNCTION_SCOPE
        self._ghosts: set[int] = set()

    def build(self, function: typed.Function) -> FunctionCode:
        """Return the function's nodes: guard, body, events, result."""
        for position, param in enumerate(function.params):
            self.bind(param, self.add(ir.Param(position), function.header))
        self.add_contexts(function.header)
        for statement in function.guard:
            self._statement(statement)
        for emit in function.emits:
            self._read_ahead(emit)
        guard_count = len(self.nodes)
        self.total = False
        result = self._body(function)
        if function.result_local is not None and result is not None:
            self.bind(function.result_local, result)
        for emit in function.emits:
            self._emit(emit)
        values = () if result is None else (result,)
        self.add(ir.Leave(ir.FUNCTION_SCOPE, values), function.header)
        return FunctionCode(
            tuple(self.nodes),
            tuple(self.spans),
            guard_count,
            tuple(self.lets),
            tuple(self.joins),
            tuple(self.conditions),
            frozenset(self._ghosts),
        )

    def _body(self, function: typed.Function) -> ir.NodeIndex | None:
        """Lower the body; a scope catches early returns if something comes after it."""
        if not has_early_return(function.body, tail=True) or not function.emits:
            return self._tail(function.body)
        return self._scoped(
            function.body, function.header, not isinstance(function.result, UnitType)
        )

    def _scoped(
        self, body: Sequence[typed.Stmt], span: Span, has_result: bool
    ) -> ir.NodeIndex | None:
        outer, header = self._scope, self.add(ir.Scope(0), span)
        self._scope = header
        value = self._tail(body)
        self.add(ir.Leave(header, () if value is None else (value,)), span)
        self.patch(header, ir.Scope(len(self.nodes) - header - 1))
        self._scope = outer
        return self.add(ir.Out(header, 0), span) if has_result else None

    def _read_ahead(self, emit: typed.Emit) -> None:
        """Make the reads that `old(…)` in an event stands for, before the body."""
        parts = [*emit.args, *([emit.condition] if emit.condition is not None else [])]
        for part in parts:
            for read in find_old_reads(part):
                key = make_key(read)
                if key not in self.olds:
                    keys = self.lower_all(read.keys)
                    node = ir.Get(read.cell, ir.When.NOW, keys, read.fields)
                    self.olds[key] = self.add(node, read.span)

    def _emit(self, emit: typed.Emit) -> None:
        number = self.shared.event_numbers[emit.event]
        if emit.condition is None:
            self.add(ir.Emit(number, self.lower_all(emit.args)), emit.span)
            return
        condition = self.lower(emit.condition)
        header = self.add(ir.If(condition, 0, 0), emit.span)
        self.add(ir.Emit(number, self.lower_all(emit.args)), emit.span)
        self.patch(header, ir.If(condition, len(self.nodes) - header - 1, 0))

    # Statements

    def _block(self, statements: Sequence[typed.Stmt]) -> None:
        for statement in statements:
            self._statement(statement)

    def _tail(self, statements: Sequence[typed.Stmt]) -> ir.NodeIndex | None:
        """Lower statements whose last may return, and answer the returned value."""
        if not statements:
            return None
        self._block(statements[:-1])
        last = statements[-1]
        if isinstance(last, typed.Return):
            return None if last.value is None else self.lower(last.value)
        if isinstance(last, typed.If | typed.Match) and returns((last,)):
            return self._tail_branch(last)
        self._statement(last)
        return None

    def _tail_branch(self, node: typed.If | typed.Match) -> ir.NodeIndex | None:
        if isinstance(node, typed.If):
            subject = self.lower(node.condition)
            header = self.add(ir.If(subject, 0, 0), node.span)
            arms: tuple[tuple[tuple[typed.Local, ...], tuple[typed.Stmt, ...]], ...] = (
                ((), node.then),
                ((), node.otherwise),
            )
        else:
            subject = self.lower(node.subject)
            header = self.add(ir.Match(subject, ()), node.span)
            arms = node.arms
        saved, counts, values = dict(self.values), [], []
        for tag, (locals_, body) in enumerate(arms):
            start = len(self.nodes)
            self.values = dict(saved)
            self.bind_payload(subject, tag, locals_, node.span)
            values.append(self._tail(body))
            counts.append(len(self.nodes) - start)
        self.values = saved
        self._patch_branch(header, subject, node, counts)
        given = tuple(value for value in values if value is not None)
        return self.add(ir.Join(header, given), node.span) if given else None

    def _patch_branch(
        self,
        header: int,
        subject: ir.NodeIndex,
        node: typed.If | typed.Match,
        counts: Sequence[int],
    ) -> None:
        if isinstance(node, typed.If):
            self.patch(header, ir.If(subject, counts[0], counts[1]))
        else:
            self.patch(header, ir.Match(subject, tuple(counts)))

    def _statement(self, statement: typed.Stmt) -> None:  # noqa: C901  # one case for each kind
        match statement:
            case typed.Let(local=local, value=value):
                self.bind(local, self.lower(value))
            case typed.Store(span, place, value):
                start = len(self.nodes)
                keys, stored = self.lower_all(place.keys), self.lower(value)
                self.add(ir.Set(place.cell, keys, place.fields, stored), span)
                if place.cell >= self.shared.ghosts_from:
                    self._ghosts.update(range(start, len(self.nodes)))
            case typed.Update(span, place, minus, amount):
                keys, by = self.lower_all(place.keys), self.lower(amount)
                sign = ir.Sign.MINUS if minus else ir.Sign.PLUS
                self.add(ir.Update(place.cell, keys, place.fields, sign, by), span)
            case typed.If() | typed.Match():
                self._branch(statement)
            case typed.Loop():
                self._loop(statement)
            case typed.Fail():
                self._fail(statement)
            case typed.Return(span, value):
                values = () if value is None else (self.lower(value),)
                self.add(ir.Leave(self._scope, values), span)
            case typed.Pay(span, to, amount):
                self.add(ir.Pay(self.lower(to), self.lower(amount)), span)
            case typed.Send(span, message, gas):
                self.add(ir.Send(self.lower(message), gas), span)
            case typed.Evaluate(value=value):
                self.lower(value)
            case typed.Emit():
                self._emit(statement)

    def _fail(self, statement: typed.Fail) -> None:
        if isinstance(statement.condition, typed.Prim) and statement.condition.op == "not":
            condition = self.lower(statement.condition.args[0])
        else:
            holds = self.lower(statement.condition)
            condition = self.add(ir.Prim(ir.PrimOp.NOT, (), (holds,)), statement.condition.span)
        args = self.lower_all(statement.args)
        node = ir.Fail(condition, self._get_error(statement.error), args)
        self.conditions.append(Condition(self.add(node, statement.span), statement))

    def _get_error(self, name: str) -> int:
        standard = STANDARD_ERRORS.get(name)
        if standard is not None:
            return int(standard)
        return ir.STANDARD_ERROR_COUNT + self.shared.error_numbers[name]

    def _branch(self, node: typed.If | typed.Match) -> None:
        """Lower arms one by one, then join the locals that they change."""
        if isinstance(node, typed.If):
            subject = self.lower(node.condition)
            header = self.add(ir.If(subject, 0, 0), node.span)
            arms: tuple[tuple[tuple[typed.Local, ...], tuple[typed.Stmt, ...]], ...] = (
                ((), node.then),
                ((), node.otherwise),
            )
        else:
            subject = self.lower(node.subject)
            header = self.add(ir.Match(subject, ()), node.span)
            arms = node.arms
        saved, counts, outcomes = dict(self.values), [], []
        for tag, (locals_, body) in enumerate(arms):
            start = len(self.nodes)
            self.values = dict(saved)
            self.bind_payload(subject, tag, locals_, node.span)
            self._arm(body)
            counts.append(len(self.nodes) - start)
            if not returns(body):
                outcomes.append(self.values)
        self.values = saved
        self._patch_branch(header, subject, node, counts)
        for local in find_assigned((node,)).values():
            if local.id in saved:
                values = tuple(ir.NodeIndex(each[local.id]) for each in outcomes)
                self.values[local.id] = self.add(ir.Join(header, values), node.span)
                self.joins.append((self.values[local.id], local.name))

    def _arm(self, body: Sequence[typed.Stmt]) -> None:
        """Lower an arm; if all its paths return, it ends in one `Leave`."""
        if not returns(body):
            self._block(body)
            return
        value = self._tail(body)
        self.add(ir.Leave(self._scope, () if value is None else (value,)), body[-1].span)

    def _loop(self, node: typed.Loop) -> None:
        if node.items is None and node.low == node.high:
            return
        source = ir.NO_SOURCE if node.items is None else self.lower(node.items)
        carried = [each for each in find_assigned(node.body).values() if each.id in self.values]
        initials = tuple(ir.NodeIndex(self.values[each.id]) for each in carried)
        header = self.add(ir.Fold(source, node.low, node.high, initials, 0), node.span)
        saved = dict(self.values)
        self.bind(node.local, self.add(ir.Var(header, 0), node.span))
        for position, local in enumerate(carried):
            self.values[local.id] = self.add(ir.Var(header, 1 + position), node.span)
        self._block(node.body)
        results = tuple(ir.NodeIndex(self.values[each.id]) for each in carried)
        self.add(ir.Next(header, results), node.span)
        self.values = saved
        count = len(self.nodes) - header - 1
        self.patch(header, ir.Fold(source, node.low, node.high, initials, count))
        for position, local in enumerate(carried):
            self.bind(local, self.add(ir.Out(header, position), node.span))

    def inline(self, expr: typed.Inline) -> ir.NodeIndex:
        """Inline an own function: arguments become its locals, its returns leave a scope."""
        function = self.shared.functions[expr.function]
        args = self.lower_all(expr.args)
        saved, outer = self.values, self._scope
        self.values = dict(saved)
        for param, arg in zip(function.params, args, strict=True):
            self.bind(param, arg)
        for statement in function.guard:
            self._statement(statement)
        has_result = not isinstance(function.result, UnitType)
        if has_early_return(function.body, tail=True):
            value = self._scoped(function.body, expr.span, has_result)
        else:
            value = self._tail(function.body)
        self.values, self._scope = saved, outer
        return value if value is not None else ir.NodeIndex(max(0, len(self.nodes) - 1))


def find_old_reads(expr: typed.Expr) -> list[typed.Read]:  # noqa: C901, PLR0912  # one case a kind
    """Return the reads of the state before within an expression, innermost keys first."""
    found: list[typed.Read] = []
    pending: list[typed.Expr] = [expr]
    while pending:
        current = pending.pop()
        match current:
            case typed.Read(keys=keys):
                pending.extend(keys)
                if current.old:
                    found.append(current)
            case typed.Prim(args=args) | typed.MakeVariant(args=args) | typed.MakeRecord(args=args):
                pending.extend(args)
            case typed.MakeList(args=args) | typed.Past(keys=args):
                pending.extend(args)
            case typed.MakeMessage(target=target, value=value, args=args):
                pending.extend((target, value, *args))
            case typed.Implements(target=target):
                pending.append(target)
            case typed.Check(value=value) | typed.FieldOf(value=value):
                pending.append(value)
            case typed.ItemOf(value=value, index=index):
                pending.extend((value, index))
            case typed.Logic(left=left, right=right):
                pending.extend((left, right))
            case typed.Choice(condition=condition, yes=yes, no=no):
                pending.extend((condition, yes, no))
            case typed.MatchValue(subject=subject, arms=arms):
                pending.extend((subject, *(value for _, value in arms)))
            case _:
                pass
    return found[::-1]
