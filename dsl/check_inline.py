"""Own functions inside guards and properties: a pure body becomes one expression."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import TYPE_CHECKING

from dsl import ast, typed
from dsl import ast_members as decl
from dsl.ast_walk import compute_depth, walk_syntax
from dsl.check_past import reads_live
from dsl.check_types import resolve_value_type
from dsl.names import Place, Program, Scope
from dsl.source import FUNCTION_DEPTH_MAX, Span
from dsl.types import BOOL, EnumMember, EnumType, IntType, OptionType, Type, join_types

if TYPE_CHECKING:
    from dsl.check_expressions import Expressions

UNNAMED = "_"
"""In a pattern: a field that the arm does not use; it may stand there several times."""
INLINED_MAX = 4_096
"""Statements copied in one compilation when functions become expressions."""

PURE_LINES_MAX = 32
"""Statements of a function that is used in a guard or property."""


Lines = tuple[ast.Clause | ast.Statement, ...]
"""Lines of a body that are still to be converted."""

CALL_DEPTH_MAX = 16
"""Own functions that call one another in a chain; each is inlined in the one before."""


def analyse_functions(program: Program) -> None:
    """Work out what each function may change and require, and refuse chains without end.

    Linear in the calls of the source: facts flow from callees to callers in topological order.
    """
    nodes = {name: list(walk_syntax(each.lines)) for name, each in program.functions.items()}
    calls = {name: _find_calls(program, each) for name, each in nodes.items()}
    depths: dict[str, int] = {}
    weights: dict[str, int] = {}
    waiting = dict(calls)
    while True:
        ready = [name for name in waiting if all(each in depths for each in waiting[name])]
        if not ready:
            break
        for name in ready:
            own = compute_depth(program.functions[name].lines)
            weights[name] = own + max((weights[each] for each in waiting[name]), default=0)
            depths[name] = 1 + max((depths[each] for each in waiting.pop(name)), default=0)
            _analyse(program, name, nodes[name], calls[name])
    for name in waiting:
        message = f"`{name}` reaches itself"
        _refuse_function(program, name, "QC0314", message, "there is no recursion")
    for name, depth in depths.items():
        if depth > CALL_DEPTH_MAX or weights[name] > FUNCTION_DEPTH_MAX:
            message = f"`{name}` and what it calls are nested too deep"
            label = f"at most {CALL_DEPTH_MAX} calls: each is inlined"
            _refuse_function(program, name, "QC0702", message, label)


def _refuse_function(program: Program, name: str, code: str, message: str, label: str) -> None:
    function = program.functions[name]
    program.report(code, message, function.name.span, label)
    program.functions[name] = replace(function, lines=())


def _find_calls(program: Program, nodes: Sequence[object]) -> tuple[str, ...]:
    """Return the functions and views that the nodes of a function call."""
    found: dict[str, None] = {}
    for node in nodes:
        if isinstance(node, ast.Call) and isinstance(node.callee, ast.Name):
            callee = program.functions.get(node.callee.text)
            if callee is not None and callee.kind in ("function", "view"):
                found[node.callee.text] = None
    return tuple(found)


def _analyse(program: Program, name: str, nodes: Sequence[object], calls: tuple[str, ...]) -> None:
    if any(_is_write(program, node) for node in nodes) or any(
        each in program.written for each in calls
    ):
        program.written.add(name)
    function = program.functions[name]
    if function.kind == "view" and (
        reads_live(program, nodes) or any(each in program.live for each in calls)
    ):
        program.live.add(name)
    required: dict[str, None] = {}
    for node in nodes:
        if isinstance(node, ast.Require):
            error = node.error.callee if isinstance(node.error, ast.Call) else node.error
            required[get_root(error)] = None
    for each in calls:
        required |= dict.fromkeys(program.required[each])
    program.required[name] = tuple(required)


def _is_write(program: Program, node: object) -> bool:
    match node:
        case ast.Assign(target=target):
            return get_root(target) in program.cell_numbers
        case ast.Call(callee=ast.Name(text=name)):
            return name in ("pay", "collect", "send")
        case ast.Call(callee=ast.Member(base=base, name=name)) if name.text in ("append", "pop"):
            return get_root(base) in program.cell_numbers
        case ast.Call(callee=ast.Member(name=name)):
            return any(
                member.name == name.text and not member.is_view
                for interface in program.interfaces.values()
                for member in interface.members
            )
        case _:
            return False


def get_root(node: ast.Expression) -> str:
    """Return the name a path starts with, or nothing."""
    root = find_root(node)
    return "" if root is None else root.text


def find_root(node: ast.Expression) -> ast.Name | None:
    """Return the node of the name a path starts with, if it starts with one."""
    while isinstance(node, ast.Index | ast.Member):
        node = node.base
    return node if isinstance(node, ast.Name) else None


def inline_pure(
    expressions: "Expressions",
    function: decl.Function,
    args: tuple[typed.Expr, ...],
    span: Span,
    place: Place,
) -> typed.Expr:
    """Return the value of a pure function at some arguments, as an expression of the place."""
    program = expressions.program
    if (
        sum(isinstance(each, ast.Statement) for each in walk_syntax(function.lines))
        > PURE_LINES_MAX
    ):
        message = f"`{function.name.text}` has more than {PURE_LINES_MAX} statements"
        program.report("QC0702", message, span, "it is copied into a guard or property here")
        return typed.make_broken(span)
    scope = Scope()
    locals_ = []
    for param, arg in zip(function.params, args, strict=True):
        local = program.make_local(param.name.text, arg.type)
        scope.locals[param.name.text] = local
        locals_.append(local)
    result: Type | None = None
    lines = tuple(line for line in function.lines if not isinstance(line, ast.Clause))
    wanted = None if function.result is None else resolve_value_type(program, function.result)
    body = _Inliner(expressions, place, function, wanted).convert(lines, scope)
    result = body.type
    if isinstance(result, IntType):
        body = replace(body, span=span)
    for local, arg in reversed(tuple(zip(locals_, args, strict=True))):
        body = typed.Bind(span, result, local, arg, body)
    return body


@dataclass(frozen=True, slots=True)
class _Inliner:
    """Turns the statements of one function into an expression of one place."""

    expressions: "Expressions"
    place: Place
    function: decl.Function
    wanted: Type | None
    """What the function returns; a number is exact all the same."""

    def convert(self, lines: Lines, scope: Scope) -> typed.Expr:
        """Return what statements return, as an expression."""
        program = self.expressions.program
        program.inlined += 1
        if program.inlined > INLINED_MAX:
            if program.inlined == INLINED_MAX + 1:
                message = "too much is copied into guards and properties"
                program.report("QC0702", message, self.function.name.span)
            return typed.make_broken(self.function.name.span)
        if not lines:
            return self._refuse(self.function.header)
        line, rest = lines[0], lines[1:]
        match line:
            case ast.Pass():
                return self.convert(rest, scope)
            case ast.Let(mutable=False, sending=None):
                return self._convert_let(line, rest, scope)
            case ast.If():
                return self._convert_if(line, rest, scope)
            case ast.Match():
                return self._convert_match(line, rest, scope)
            case ast.Return(value=returned) if returned is not None:
                return self._convert_return(returned, scope)
            case _:
                return self._refuse(line.span)

    def _convert_return(self, node: ast.Expression, scope: Scope) -> typed.Expr:
        value = self.expressions.check(node, scope, self.place, self.wanted)
        if self.wanted is None or isinstance(value.type, IntType):
            return self.expressions.settle(value)
        return self.expressions.coerce(value, self.wanted, self.place)

    def _convert_let(self, line: ast.Let, rest: Lines, scope: Scope) -> typed.Expr:
        value = self.expressions.settled(line.value, scope, self.place)
        local = self.expressions.program.make_local(line.name.text, value.type)
        inner = Scope(scope)
        inner.locals[line.name.text] = local
        body = self.convert(rest, inner)
        return typed.Bind(line.span, body.type, local, value, body)

    def _convert_if(self, line: ast.If, rest: Lines, scope: Scope) -> typed.Expr:
        no = self.convert((*line.otherwise, *rest), scope)
        for condition, block in reversed(line.branches):
            test = self.expressions.value(condition, scope, self.place, BOOL)
            yes = self.convert((*block, *rest), scope)
            yes, no = self.expressions.unify(yes, no, self.place, None)
            no = typed.Choice(line.span, join_types(yes.type, no.type), test, yes, no)
        return no

    def _convert_match(self, line: ast.Match, rest: Lines, scope: Scope) -> typed.Expr:
        subject = self.expressions.settled(line.subject, scope, self.place)
        if not isinstance(subject.type, EnumType | OptionType):
            return self._refuse(line.span)
        arms: list[tuple[tuple[typed.Local, ...], typed.Expr]] = []
        program = self.expressions.program
        for inner, locals_, body in bind_arms(program, line, subject.type, scope):
            value = self.convert((*body, *rest), inner)
            if arms:
                _, value = self.expressions.unify(arms[0][1], value, self.place, None)
            arms.append((locals_, value))
        if not arms:
            return self._refuse(line.span)
        kinds = [value.type for _, value in arms]
        return typed.MatchValue(line.span, reduce(join_types, kinds), subject, tuple(arms))

    def _refuse(self, span: Span) -> typed.Expr:
        message = f"`{self.function.name.text}` is used where it must be one expression"
        label = "only `let`, `if`, `match` and `return` can stand in it"
        self.expressions.program.report("QC0505", message, span, label)
        return typed.make_broken(span)


def bind_arms(
    program: Program, node: ast.Match, kind: EnumType | OptionType, scope: Scope
) -> list[tuple[Scope, tuple[typed.Local, ...], tuple[ast.Statement, ...]]]:
    """Return scope, payload locals and statements per member, in the enum's order.

    Missing, repeated and unknown members are reported; then the list is empty.
    """
    members = list_members(kind)
    chosen: dict[str, ast.Arm] = {}
    default: ast.Arm | None = None
    good = True
    for arm in node.arms:
        name, of_type = arm.pattern.name, arm.pattern.type_name
        wanted = kind.name if isinstance(kind, EnumType) else "option"
        if of_type is not None and of_type.text != wanted:
            program.report_unknown(of_type.text, of_type.span, [wanted], "type")
            good = False
        if name is None:
            default = arm
        elif name.text not in [member.name for member in members]:
            known = [member.name for member in members]
            program.report_unknown(name.text, name.span, known, "member")
            good = False
        elif name.text in chosen:
            program.report("QC0310", f"`{name.text}` has two arms", name.span)
            good = False
        else:
            chosen[name.text] = arm
    missing = [member.name for member in members if member.name not in chosen]
    if missing and default is None and good:
        message = f"`match` leaves out {', '.join(f'`{each}`' for each in missing)}"
        program.report("QC0309", message, node.span, "add these arms, or `else`")
        good = False
    if not missing and default is not None:
        program.report("QC0310", "`else` is never reached", default.span)
        good = False
    if not good:
        return []
    found = []
    for member in members:
        taken = chosen.get(member.name, default)
        assert taken is not None, "missing arms were reported"
        found.append(_bind_arm(program, taken, member, scope))
    return found


def _bind_arm(
    program: Program, arm: ast.Arm, member: EnumMember, scope: Scope
) -> tuple[Scope, tuple[typed.Local, ...], tuple[ast.Statement, ...]]:
    inner = Scope(scope)
    names = arm.pattern.fields
    if arm.pattern.name is not None and names and len(names) != len(member.fields):
        message = f"`{member.name}` carries {len(member.fields)} values, not {len(names)}"
        program.report("QC0303", message, arm.pattern.span)
    locals_ = []
    for position, (field_name, kind) in enumerate(member.fields):
        if position < len(names) and names[position].text != UNNAMED:
            locals_.append(program.declare(inner, names[position], kind))
        else:
            locals_.append(program.make_local(field_name, kind))
    return inner, tuple(locals_), arm.body


def list_members(kind: EnumType | OptionType) -> tuple[EnumMember, ...]:
    """Return the members of an enum, or `none` and `some` of an option."""
    if isinstance(kind, EnumType):
        return kind.members
    return (EnumMember("none", ()), EnumMember("some", (("value", kind.value),)))
