"""`test` blocks: calls, expectations, and expressions that are evaluated as views."""

from collections.abc import Sequence
from hashlib import sha256

from dsl import ast, typed
from dsl import ast_members as decl
from dsl.check_expressions import Expressions
from dsl.names import ACCOUNTS, STANDARD_ERRORS, TEST, Program, Scope
from dsl.source import Span
from dsl.types import ADDRESS, BOOL, COINS, U64, IntType, Type, UintType, UnitType
from spec.crypto.address import AddressKind

MACHINE_ERRORS = {
    "OutOfRange": "contract.overflow",
    "DivisionByZero": "contract.division_by_zero",
    "ShortBalance": "contract.balance_short",
    "IndexOutOfRange": "contract.index_out_of_range",
    "ListFull": "contract.list_full",
    "ListEmpty": "contract.list_empty",
    "NotPast": "contract.checkpoint_not_past",
}
"""Names under which a test expects a failure of the machine, with the specification's code."""


def compute_account_address(name: str) -> bytes:
    """Return the address of a test's account: 32 bytes, of the kind of keys."""
    digest = sha256(b"qc test account " + name.encode()).digest()
    return bytes([AddressKind.KEY]) + digest[1:]


class Tests:
    """Checks the tests of one contract."""

    def __init__(
        self,
        program: Program,
        expressions: Expressions,
        functions: Sequence[typed.Function],
    ) -> None:
        self._program = program
        self._expressions = expressions
        self._functions = {each.name: each for each in functions if each.kind != "function"}

    def check(self, node: decl.Test) -> typed.Test:
        """Return the checked test; a step that is wrong is reported and left out."""
        scope = Scope()
        for name in ACCOUNTS:
            if not self._program.explain_taken(name):
                address = compute_account_address(name)
                scope.bound[name] = typed.Constant(node.span, ADDRESS, address)
        steps: list[typed.Step] = []
        for line in node.body:
            step = self._step(line, scope)
            if step is not None:
                steps.append(step)
        return typed.Test(node.span, node.title, tuple(steps))

    def _step(self, line: ast.Statement, scope: Scope) -> typed.Step | None:
        match line:
            case ast.Assert():
                return typed.Assert(line.span, self._probe(line.condition, scope, BOOL))
            case ast.Expect():
                return self._expect(line, scope)
            case ast.Let():
                return self._let(line, scope)
            case ast.Do(expression=ast.Call(callee=ast.Name(text=name))) if name in (
                "advance_time",
                "advance_height",
            ):
                return self._advance(line, name, scope)
            case ast.Do():
                return self._call(line.expression, line.sending, scope, line.span)
            case ast.Pass() | ast.Skipped():
                return None
            case _:
                message = "a test is a list of calls, `let`, `assert` and `expect`"
                self._program.report("QC0602", message, line.span)
                return None

    def _probe(self, node: ast.Expression, scope: Scope, wanted: Type | None) -> typed.Probe:
        text = self._program.text_of(node.span)
        if wanted is None:
            value = self._expressions.settled(node, scope, TEST)
        else:
            value = self._expressions.check(node, scope, TEST, wanted)
            if isinstance(value.type, IntType) and isinstance(wanted, UintType):
                value = typed.Check(node.span, wanted, value)
            else:
                value = self._expressions.coerce(value, wanted, TEST)
        return typed.Probe(node.span, value, text)

    def _advance(self, line: ast.Do, name: str, scope: Scope) -> typed.Step | None:
        assert isinstance(line.expression, ast.Call), "the caller matched a call"
        if len(line.expression.arguments) != 1:
            self._program.report("QC0303", f"`{name}` takes one number", line.span)
            return None
        amount = self._probe(line.expression.arguments[0].value, scope, U64)
        return typed.Advance(line.span, name == "advance_height", amount)

    def _let(self, line: ast.Let, scope: Scope) -> typed.Step | None:
        callee = line.value.callee if isinstance(line.value, ast.Call) else None
        name = callee.text if isinstance(callee, ast.Name) else ""
        function = self._functions.get(name)
        if function is not None and (line.sending is not None or function.kind == "action"):
            call = self._call(line.value, line.sending, scope, line.span)
            local = self._program.declare(scope, line.name, function.result)
            if isinstance(function.result, UnitType):
                self._program.report("QC0201", f"`{name}` has no result", line.value.span)
            if call is None:
                return None
            return typed.Call(
                call.span, call.function, call.args, call.sender, call.value, None, None, local
            )
        value = self._probe(line.value, scope, None)
        if isinstance(value.value.type, IntType):
            message = "arithmetic in a test is exact and can't be kept"
            self._program.report("QC0206", message, line.value.span, "write it where it is used")
        local = self._program.declare(scope, line.name, value.value.type)
        return typed.Remember(line.span, local, value)

    def _call(
        self, node: ast.Expression, sending: ast.Sending | None, scope: Scope, span: Span
    ) -> typed.Call | None:
        if not isinstance(node, ast.Call) or not isinstance(node.callee, ast.Name):
            self._program.report("QC0602", "a call was expected", node.span)
            return None
        name = "init" if node.callee.text == "deploy" else node.callee.text
        function = self._functions.get(name)
        if function is None and name != "init":
            known = ["deploy", *(each for each in self._functions if each != "init")]
            self._program.report_unknown(node.callee.text, node.callee.span, known, "action")
            return None
        params = function.params if function is not None else ()
        if len(node.arguments) != len(params):
            what = "`init`" if name == "init" else f"`{name}`"
            message = f"{what} takes {len(params)} arguments, not {len(node.arguments)}"
            self._program.report("QC0603", message, node.span)
            return None
        args = tuple(
            self._probe(each.value, scope, param.type)
            for each, param in zip(node.arguments, params, strict=True)
        )
        sender = value = None
        if sending is not None:
            sender = self._probe(sending.sender, scope, ADDRESS)
            value = self._probe(sending.value, scope, COINS) if sending.value else None
        elif name == "init" or (function is not None and function.kind == "action"):
            message = f"who calls `{node.callee.text}`?"
            self._program.report("QC0604", message, node.span, "add `as alice`")
        return typed.Call(span, name, args, sender, value, None, None, None)

    def _expect(self, line: ast.Expect, scope: Scope) -> typed.Step | None:
        call = self._call(line.call, line.sending, scope, line.span)
        error = line.error.callee if isinstance(line.error, ast.Call) else line.error
        name = error.text if isinstance(error, ast.Name) else ""
        signature = self._program.errors.get(name)
        if signature is None and name not in STANDARD_ERRORS and name not in MACHINE_ERRORS:
            known = [*self._program.errors, *STANDARD_ERRORS, *MACHINE_ERRORS]
            self._program.report_unknown(name, error.span, known, "error")
            return None
        expected_args = None
        if isinstance(line.error, ast.Call):
            params = signature.params if signature is not None else ()
            if len(params) != len(line.error.arguments):
                message = f"`{name}` has {len(params)} arguments"
                self._program.report("QC0303", message, line.error.span)
                return None
            expected_args = tuple(
                self._probe(each.value, scope, kind)
                for each, (_, kind) in zip(line.error.arguments, params, strict=True)
            )
        if call is None:
            return None
        return typed.Call(
            line.span, call.function, call.args, call.sender, call.value, name, expected_args, None
        )
