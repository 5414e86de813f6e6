"""`can` and `check`: calls that could be made from any state, and what is claimed of them."""

from collections.abc import Sequence

from dsl import ast, typed
from dsl import ast_members as decl
from dsl.ast_walk import walk_syntax
from dsl.check_expressions import Expressions
from dsl.check_types import resolve_value_type
from dsl.names import PLAN, Program, Scope
from dsl.source import Span
from dsl.types import ADDRESS, BOOL, COINS, UNIT, Type

CALLS_MAX = 2
"""Calls on one side of a `check`."""
PLANS_MAX = 24
"""`can` and `check` of one contract."""


class Plans:
    """Checks the plans of one contract."""

    def __init__(
        self, program: Program, expressions: Expressions, functions: Sequence[typed.Function]
    ) -> None:
        self._program = program
        self._expressions = expressions
        self._actions = {each.name: each for each in functions if each.kind == "action"}
        self._seen: dict[str, Span] = {}

    def check(self, nodes: Sequence[decl.Plan]) -> tuple[typed.Plan, ...]:
        """Return the checked plans; one that is wrong is reported and left out."""
        if len(nodes) > PLANS_MAX:
            message = f"a contract has at most {PLANS_MAX} `can` and `check`"
            self._program.report("QC0701", message, nodes[PLANS_MAX].span)
        found = [self._check_plan(node, number) for number, node in enumerate(nodes[:PLANS_MAX])]
        return tuple(each for each in found if each is not None)

    def _check_plan(self, node: decl.Plan, number: int) -> typed.Plan | None:
        name = self._name(node, number)
        scope = Scope()
        params = [
            self._program.declare(scope, each.name, resolve_value_type(self._program, each.type))
            for each in node.binders
        ]
        parts: list[typed.Expr] = []
        if node.condition is not None:
            parts.append(self._condition(node.condition, scope))
        calls = (*node.left, *node.right)
        for side in (node.left, node.right):
            if len(side) > CALLS_MAX:
                message = f"one side of a `check` has at most {CALLS_MAX} calls"
                self._program.report("QC0510", message, side[CALLS_MAX].span)
                return None
        actions: list[str] = []
        for position, each in enumerate(calls):
            action = self._find_action(each)
            if action is None:
                return None
            actions.append(action.name)
            params += self._bind_call(each, action, position, scope, parts)
        condition = parts[0]
        for part in parts[1:]:
            condition = typed.Logic(node.span, BOOL, True, condition, part)
        text = self._program.text_of(node.span)
        claim = typed.Claim(node.span, name, text, condition, lemma=False)
        count = len(node.left)
        view = make_view(node.span, name, tuple(params), (claim,))
        left, right = tuple(actions[:count]), tuple(actions[count:])
        return typed.Plan(node.span, name, text, view, left, right, node.is_check)

    def _name(self, node: decl.Plan, number: int) -> str:
        if node.label is None:
            return f"{'check' if node.is_check else 'can'} {number + 1}"
        name = node.label.text
        if name in self._seen:
            self._program.report_twice(node.label, self._seen[name])
        self._seen[name] = node.label.span
        return name

    def _condition(self, node: ast.Expression, scope: Scope) -> typed.Expr:
        for each in walk_syntax(node):
            if isinstance(each, ast.Forall):
                message = "`forall` stands in front of the call, not in its condition"
                self._program.report("QC0502", message, each.span)
        return self._expressions.value(node, scope, PLAN, BOOL)

    def _find_action(self, node: decl.Sent) -> typed.Function | None:
        callee = node.call.callee if isinstance(node.call, ast.Call) else None
        if not isinstance(node.call, ast.Call) or not isinstance(callee, ast.Name):
            self._program.report("QC0510", "a call of an action was expected", node.call.span)
            return None
        action = self._actions.get(callee.text)
        if action is None:
            self._program.report_unknown(callee.text, callee.span, self._actions, "action")
            return None
        if action.signer:
            message = f"`{callee.text}` is signed, and a plan can't say by whom"
            self._program.report("QC0510", message, node.call.span)
            return None
        if len(node.call.arguments) != len(action.params):
            message = (
                f"`{callee.text}` takes {len(action.params)} arguments,"
                f" not {len(node.call.arguments)}"
            )
            self._program.report("QC0303", message, node.call.span)
            return None
        if node.sending.value is not None and not action.payable:
            message = f"`{callee.text}` is not payable and takes no coins"
            self._program.report("QC0510", message, node.sending.value.span)
            return None
        return action

    def _bind_call(
        self,
        node: decl.Sent,
        action: typed.Function,
        position: int,
        scope: Scope,
        parts: list[typed.Expr],
    ) -> list[typed.Local]:
        """The parameters that stand for one call; `parts` gets what they equal."""
        assert isinstance(node.call, ast.Call), "the caller has looked"
        kinds: list[Type] = [param.type for param in action.params]
        values = [each.value for each in node.call.arguments]
        locals_ = [
            self._declare(scope, f"{position}.{index}", kind)
            for index, kind in enumerate([*kinds, ADDRESS, COINS])
        ]
        for local, value in zip(locals_, [*values, node.sending.sender], strict=False):
            name = ast.Name(value.span, local.name)
            equal = ast.Binary(value.span, "==", value, name)
            parts.append(self._expressions.value(equal, scope, PLAN, BOOL))
        coins = locals_[-1]
        if node.sending.value is not None:
            value = node.sending.value
            equal = ast.Binary(value.span, "==", value, ast.Name(value.span, coins.name))
            parts.append(self._expressions.value(equal, scope, PLAN, BOOL))
        else:
            span = node.span
            sides = (typed.Use(span, COINS, coins), typed.Constant(span, COINS, 0))
            parts.append(typed.Prim(span, BOOL, "eq", sides))
        return locals_

    def _declare(self, scope: Scope, name: str, kind: Type) -> typed.Local:
        """A local that no author can name."""
        local = self._program.make_local(name, kind)
        scope.locals[name] = local
        return local


def make_view(
    span: Span, name: str, params: tuple[typed.Local, ...], claims: tuple[typed.Claim, ...]
) -> typed.Function:
    """A view without a body, which only holds claims about its parameters."""
    return typed.Function(
        span,
        span,
        "view",
        name,
        generated=True,
        params=params,
        result=UNIT,
        payable=False,
        guard=(),
        body=(),
        emits=(),
        result_local=None,
        ensures=claims,
        modifies=None,
        modifies_texts=(),
        complete=False,
        open_errors=(),
    )
