"""`ensures` of trusted interfaces: what proofs assume of another contract's own views.

A view that is asked in such a clause becomes a parameter that stands for its answer. What is left
is an expression over parameters, which is lowered and encoded as any property is.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from dsl import ast, typed
from dsl import ast_members as decl
from dsl.ast_rewrite import rewrite
from dsl.ast_walk import walk_syntax
from dsl.check_expressions import Expressions
from dsl.check_plans import make_view
from dsl.check_types import resolve_value_type
from dsl.names import BUILTIN_FUNCTIONS, TRUST, Program, Scope
from dsl.source import Span
from dsl.types import (
    BOOL,
    AddressType,
    BytesType,
    InterfaceType,
    Type,
    UintType,
    UnitType,
    render_type,
)
from spec.limits import IR_PARAMS_MAX

TRUSTS_MAX = 24
"""`ensures` of all trusted interfaces that a contract sees."""
CODE = "QC0512"
_KEYS = (AddressType, BytesType, InterfaceType, UintType, type(BOOL))


def check_trusts(
    program: Program, expressions: Expressions, nodes: Sequence[decl.Interface]
) -> tuple[typed.Trust, ...]:
    """Return what the interfaces ensure; what is wrong is reported and left out."""
    found: list[typed.Trust] = []
    for node in nodes:
        interface = program.interfaces.get(node.name.text)
        if interface is None or interface.span != node.name.span:
            continue
        _check_words(program, node)
        if not node.trusted or len(interface.members) != len(node.offers):
            continue
        for number, offer in enumerate(node.offers):
            for clause in offer.ensures:
                if len(found) == TRUSTS_MAX:
                    message = f"trusted interfaces have at most {TRUSTS_MAX} `ensures`"
                    program.report("QC0701", message, clause.span)
                    return tuple(found)
                trust = _Clause(program, expressions, interface, number).check(clause, len(found))
                if trust is not None:
                    found.append(trust)
    return tuple(found)


def _check_words(program: Program, node: decl.Interface) -> None:
    """`trusted` and `ensures` belong together."""
    clauses = [clause for offer in node.offers for clause in offer.ensures]
    if clauses and not node.trusted:
        message = f"`{node.name.text}` ensures something, but is not trusted"
        label = f"write `interface {node.name.text} trusted:`, and mean it"
        program.report(CODE, message, clauses[0].span, label)
    if node.trusted and not clauses:
        message = f"`{node.name.text}` is trusted with nothing"
        label = "write `ensures …` below a member, or leave `trusted` out"
        program.report(CODE, message, node.name.span, label)


@dataclass(slots=True)
class _Asked:
    """A view that a clause asks; its arguments name the answers of others."""

    name: str
    member: int
    arguments: tuple[ast.Argument, ...]
    span: Span
    is_old: bool


@dataclass(slots=True)
class _Clause:
    """The check of one `ensures`."""

    program: Program
    expressions: Expressions
    interface: typed.Interface
    number: int
    asked: dict[str, _Asked] = field(default_factory=dict)
    is_broken: bool = False

    def check(self, node: ast.Ensures, position: int) -> typed.Trust | None:
        """Return the checked clause, None if something is wrong with it."""
        member = self.interface.members[self.number]
        scope = Scope()
        params = [self._declare(scope, name, kind) for name, kind in member.params]
        if not isinstance(member.result, UnitType):
            params.append(self._declare(scope, "result", member.result))
        condition, binders = _strip_quantifiers(node.condition)
        bound = [self._bind(scope, each) for each in binders]
        condition = rewrite(condition, self._replace)
        if self._has_failed():
            return None
        order = self._list_used(condition)
        answers, arguments = self._answer(order, scope)
        claim = self.expressions.value(condition, scope, TRUST, BOOL)
        self._refuse_state((claim, *arguments))
        whole = (*params, *bound, *answers)
        if len(whole) > IR_PARAMS_MAX:
            message = f"this clause asks too much: at most {IR_PARAMS_MAX} names and answers"
            self._fail(message, node.span)
        if self.is_broken:
            return None
        text = _find_text(self.program.text_of(node.span), node.label)
        title = f"trust {position + 1}: {self.interface.name}.{member.name}"
        same = tuple(
            typed.Claim(each.span, title, text, _equal_itself(each), lemma=False)
            for each in arguments
        )
        claims = (typed.Claim(node.span, title, text, claim, lemma=False), *same)
        view = make_view(node.span, title, whole, claims)
        return typed.Trust(
            node.span,
            self.interface.name,
            self.number,
            text,
            view,
            len(bound),
            tuple(typed.Application(each.member, each.is_old) for each in order),
        )

    def _fail(self, message: str, span: Span, label: str = "") -> None:
        self.program.report(CODE, message, span, label)
        self.is_broken = True

    def _has_failed(self) -> bool:
        return self.is_broken

    def _declare(self, scope: Scope, name: str, kind: Type) -> typed.Local:
        local = self.program.make_local(name, kind)
        self.program.used_locals.add(local.id)
        scope.locals[name] = local
        return local

    def _bind(self, scope: Scope, node: ast.Parameter) -> typed.Local:
        kind = resolve_value_type(self.program, node.type)
        if not isinstance(kind, _KEYS):
            label = "numbers, `bool`, addresses and bytes can be keys"
            self._fail(f"`forall` can't range over {render_type(kind)}", node.name.span, label)
        if node.name.text in scope.locals:
            self._fail(f"`{node.name.text}` is a parameter already", node.name.span)
        return self._declare(scope, node.name.text, kind)

    # Views that are asked

    def _replace(self, node: object) -> object | None:
        """Put a name in place of each view that is asked; `old` marks those inside it."""
        if isinstance(node, ast.Forall):
            label = "`forall` stands in front of the whole condition"
            self._fail("`forall` is out of place", node.span, label)
        if not isinstance(node, ast.Call) or not isinstance(node.callee, ast.Name):
            return None
        name = node.callee.text
        if name == "old" and len(node.arguments) == 1:
            return self._make_old(node)
        if name == "changed":
            self._fail("`changed` has no place here", node.span, "compare with `old(…)`")
            return None
        names = [each.name for each in self.interface.members]
        if name not in names:
            return self._explain_unknown(node, node.callee, names)
        member = self.interface.members[names.index(name)]
        if not member.is_view:
            self._fail(f"`{name}` is an action, which nothing can be said with", node.span)
            return None
        asked = _Asked(
            self.program.text_of(node.span), names.index(name), node.arguments, node.span, False
        )
        self.asked.setdefault(asked.name, asked)
        return ast.Name(node.span, asked.name)

    def _explain_unknown(self, node: ast.Call, callee: ast.Name, names: list[str]) -> object | None:
        known = {*BUILTIN_FUNCTIONS, *self.program.types, *self.program.functions}
        if callee.text in known or callee.text in self.program.interfaces:
            return None
        views = [
            name for name, each in zip(names, self.interface.members, strict=True) if each.is_view
        ]
        self.program.report_unknown(callee.text, callee.span, views, "view")
        self.is_broken = True
        return ast.Boolean(node.span, value=True)

    def _make_old(self, node: ast.Call) -> ast.Expression:
        """What stands inside `old`, its views asked before the call."""
        if self.interface.members[self.number].is_view:
            label = "a view changes nothing, so there is no before"
            self._fail("`old` has no place in what a view ensures", node.span, label)
        found = [e for e in walk_syntax(node.arguments[0].value) if isinstance(e, ast.Name)]
        if not any(each.text in self.asked for each in found):
            label = "only views of the interface have a value before"
            self._fail("`old` holds no view", node.span, label)
        return self._age(node.arguments[0].value)

    def _age(self, node: ast.Expression) -> ast.Expression:
        def change(each: object) -> object | None:
            if not isinstance(each, ast.Name) or each.text not in self.asked:
                return None
            asked = self.asked[each.text]
            if asked.is_old:
                self._fail("`old` inside `old` says nothing more", each.span)
                return None
            name = f"old({asked.name})"
            if name not in self.asked:
                arguments = tuple(
                    ast.Argument(a.span, a.name, self._age(a.value)) for a in asked.arguments
                )
                self.asked[name] = _Asked(name, asked.member, arguments, asked.span, True)
            return ast.Name(each.span, name)

        return rewrite(node, change)

    def _list_used(self, condition: ast.Expression) -> list[_Asked]:
        """The views that the condition asks, those in front that others' arguments ask."""
        order: dict[str, _Asked] = {}

        def use(node: object) -> None:
            for each in walk_syntax(node):
                if isinstance(each, ast.Name) and each.text in self.asked:
                    asked = self.asked[each.text]
                    if asked.name not in order:
                        use(asked.arguments)
                        order[asked.name] = asked

        use(condition)
        return list(order.values())

    def _answer(
        self, order: list[_Asked], scope: Scope
    ) -> tuple[list[typed.Local], list[typed.Expr]]:
        """Declare an answer for each view that is asked; its arguments, checked."""
        answers: list[typed.Local] = []
        arguments: list[typed.Expr] = []
        for asked in order:
            member = self.interface.members[asked.member]
            given = self.expressions.calls.match_arguments(
                asked.span, asked.arguments, member.params, scope, TRUST
            )
            self.is_broken |= len(given) != len(member.params)
            arguments += given
            if isinstance(member.result, UnitType):
                self._fail(f"`{member.name}` answers nothing", asked.span)
            answers.append(self._declare(scope, asked.name, member.result))
        return answers, arguments

    def _refuse_state(self, exprs: Sequence[typed.Expr]) -> None:
        """An interface knows nothing of the contract that calls."""
        for each in walk_syntax(tuple(exprs)):
            if isinstance(each, typed.Read | typed.Past | typed.Sum):
                self._fail(
                    "this speaks of the state of the contract that calls",
                    each.span,
                    "an interface ensures something of its own views alone",
                )
                return


def _strip_quantifiers(node: ast.Expression) -> tuple[ast.Expression, list[ast.Parameter]]:
    binders: list[ast.Parameter] = []
    while isinstance(node, ast.Forall):
        binders += node.binders
        node = node.body
    return node, binders


def _find_text(clause: str, label: ast.Identifier | None) -> str:
    """The condition of an `ensures` as it is written, brackets at its ends included."""
    text = clause.removeprefix("ensures").strip()
    return (
        text if label is None else text.removeprefix(label.text).strip().removeprefix(":").strip()
    )


def _equal_itself(expr: typed.Expr) -> typed.Expr:
    """`x == x`: how an argument becomes part of a property."""
    return typed.Prim(expr.span, BOOL, "eq", (expr, expr))
