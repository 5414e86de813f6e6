"""`test` blocks: calls, expectations, and expressions that are evaluated as views."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from dsl import ast, typed
from dsl import ast_members as decl
from dsl.accounts import compute_account_address
from dsl.check_expressions import Expressions
from dsl.names import ACCOUNTS, STANDARD_ERRORS, TEST, Program, Scope
from dsl.source import Span
from dsl.types import (
    ADDRESS,
    BOOL,
    COINS,
    U64,
    UNIT,
    BrokenType,
    InterfaceType,
    IntType,
    Type,
    UintType,
    UnitType,
    render_type,
)

MACHINE_ERRORS = {
    "OutOfRange": "contract.overflow",
    "DivisionByZero": "contract.division_by_zero",
    "ShortBalance": "contract.balance_short",
    "IndexOutOfRange": "contract.index_out_of_range",
    "ListFull": "contract.list_full",
    "ListEmpty": "contract.list_empty",
    "NotPast": "contract.checkpoint_not_past",
    "CallFailed": "contract.call_failed",
    "NoAddress": "contract.no_address",
}
"""Names under which a test expects a failure of the machine, with the specification's code."""


@dataclass(frozen=True, slots=True)
class _Called:
    """What a step of a test calls."""

    name: str
    """Of the function; "init" for a deployment."""
    contract: str
    """Name of the contract of the tests that is deployed, empty for the one under test."""
    target: typed.Probe | None
    """Address, None for the contract under test."""
    params: tuple[Type, ...]
    result: Type
    """Of a deployment of another contract: that contract."""
    is_sent: bool
    """A caller is needed."""


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
        if isinstance(line.value, ast.Deploy) or _is_sent_elsewhere(line):
            return self._let_call(line, scope)
        callee = line.value.callee if isinstance(line.value, ast.Call) else None
        name = callee.text if isinstance(callee, ast.Name) else ""
        function = self._functions.get(name)
        if function is not None and (line.sending is not None or function.kind == "action"):
            return self._let_call(line, scope)
        value = self._probe(line.value, scope, None)
        if isinstance(value.value.type, IntType):
            message = "arithmetic in a test is exact and can't be kept"
            self._program.report("QC0206", message, line.value.span, "write it where it is used")
        local = self._program.declare(scope, line.name, value.value.type)
        return typed.Remember(line.span, local, value)

    def _let_call(self, line: ast.Let, scope: Scope) -> typed.Step | None:
        """Check a call whose result, or a deployment whose contract, gets a name."""
        found = self._find_called(line.value, scope)
        if found is None:
            return None
        call = self._call(line.value, line.sending, scope, line.span)
        local = self._program.declare(scope, line.name, found.result)
        if isinstance(found.result, UnitType):
            self._program.report("QC0201", "this has no result", line.value.span)
        return None if call is None else replace(call, local=local)

    def _find_called(self, node: ast.Expression, scope: Scope) -> _Called | None:
        """Return what a step of a test calls; what is none is reported."""
        match node:
            case ast.Deploy(made=ast.Call(callee=ast.Name() as callee)):
                return self._find_deployed(callee)
            case ast.Call(callee=ast.Name() as callee):
                return self._find_own(callee)
            case ast.Call(callee=ast.Member() as callee):
                return self._find_elsewhere(callee, scope)
            case _:
                self._program.report("QC0602", "a call was expected", node.span)
                return None

    def _find_own(self, callee: ast.Name) -> _Called | None:
        name = "init" if callee.text == "deploy" else callee.text
        function = self._functions.get(name)
        if function is not None:
            return _make_called(function, "", None, function.result)
        if name == "init":
            return _Called("init", "", None, (), UNIT, is_sent=True)
        known = ["deploy", *(each for each in self._functions if each != "init")]
        self._program.report_unknown(callee.text, callee.span, known, "action")
        return None

    def _find_deployed(self, callee: ast.Name) -> _Called | None:
        stub = self._program.stubs.get(callee.text)
        if stub is None:
            known = list(self._program.stubs)
            self._program.report_unknown(callee.text, callee.span, known, "contract of the tests")
            return None
        kind = InterfaceType(stub.name)
        init = next((each for each in stub.functions if each.kind == "init"), None)
        if init is None:
            return _Called("init", stub.name, None, (), kind, is_sent=True)
        return _make_called(init, stub.name, None, kind)

    def _find_elsewhere(self, callee: ast.Member, scope: Scope) -> _Called | None:
        target = self._probe(callee.base, scope, None)
        kind = target.value.type
        if not isinstance(kind, InterfaceType):
            if not isinstance(kind, BrokenType):
                message = f"{render_type(kind)} is no contract"
                self._program.report("QC0203", message, callee.base.span)
            return None
        members = {each.name: each for each in self._program.get_interface(kind.name).members}
        member = members.get(callee.name.text)
        if member is None:
            self._program.report_unknown(callee.name.text, callee.name.span, members, "member")
            return None
        params = tuple(each for _, each in member.params)
        return _Called(member.name, "", target, params, member.result, is_sent=not member.is_view)

    def _call(
        self, node: ast.Expression, sending: ast.Sending | None, scope: Scope, span: Span
    ) -> typed.Call | None:
        called = self._find_called(node, scope)
        if called is None:
            return None
        inner = node.made if isinstance(node, ast.Deploy) else node
        assert isinstance(inner, ast.Call), "the callee was found in it"
        params, signing = called.params, None
        function = self._functions.get(called.name) if called.target is None else None
        if function is not None and function.signer:
            signing = self._signing(function, sending, scope)
            params = params[:-1]
        elif sending is not None and (sending.signer or sending.nonce or sending.deadline):
            message = f"`{'deploy' if called.name == 'init' else called.name}` is not signed"
            label = "only `value` can follow `with` here"
            self._program.report("QC0605", message, sending.span, label)
        if len(inner.arguments) != len(params):
            what = f"`{called.name}`"
            message = f"{what} takes {len(params)} arguments, not {len(inner.arguments)}"
            self._program.report("QC0603", message, node.span)
            return None
        args = tuple(
            self._probe(each.value, scope, kind)
            for each, kind in zip(inner.arguments, params, strict=True)
        )
        sender = value = None
        if sending is not None:
            sender = self._probe(sending.sender, scope, ADDRESS)
            value = self._probe(sending.value, scope, COINS) if sending.value else None
        elif called.is_sent:
            name = "deploy" if called.name == "init" else called.name
            self._program.report("QC0604", f"who calls `{name}`?", node.span, "add `as alice`")
        return typed.Call(
            span,
            called.contract,
            called.target,
            called.name,
            args,
            sender,
            value,
            None,
            None,
            None,
            signing,
        )

    def _find_error(self, name: str, node: ast.Expression, scope: Scope) -> typed.Signature | None:
        """Return the error of that name of the contract called."""
        stub: typed.Contract | None = None
        match node:
            case ast.Deploy(made=ast.Call(callee=ast.Name(text=of))):
                stub = self._program.stubs.get(of)
            case ast.Call(callee=ast.Member(base=base)):
                kind = self._probe(base, scope, None).value.type
                stub = (
                    self._program.stubs.get(kind.name) if isinstance(kind, InterfaceType) else None
                )
            case _:
                pass
        if stub is None:
            return self._program.errors.get(name)
        return next((each for each in stub.errors if each.name == name), None)

    def _signing(
        self, function: typed.Function, sending: ast.Sending | None, scope: Scope
    ) -> typed.Signing:
        names = [each.name for each in function.params]
        signer = nonce = deadline = None
        if sending is not None:
            signer = self._probe(sending.signer, scope, ADDRESS) if sending.signer else None
            nonce = self._probe(sending.nonce, scope, U64) if sending.nonce else None
            deadline = self._probe(sending.deadline, scope, U64) if sending.deadline else None
        return typed.Signing(names.index(function.signer), signer, nonce, deadline)

    def _expect(self, line: ast.Expect, scope: Scope) -> typed.Step | None:
        call = self._call(line.call, line.sending, scope, line.span)
        error = line.error.callee if isinstance(line.error, ast.Call) else line.error
        name = error.text if isinstance(error, ast.Name) else ""
        signature = self._find_error(name, line.call, scope) if call is not None else None
        if call is None:
            return None
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
        return replace(call, span=line.span, expected=name, expected_args=expected_args)


def _is_sent_elsewhere(line: ast.Let) -> bool:
    """Say whether a `let` keeps the result of an action of another contract."""
    is_member = isinstance(line.value, ast.Call) and isinstance(line.value.callee, ast.Member)
    return is_member and line.sending is not None


def _make_called(
    function: typed.Function, contract: str, target: typed.Probe | None, result: Type
) -> _Called:
    params = tuple(each.type for each in function.params)
    is_sent = function.kind in ("init", "action")
    return _Called(function.name, contract, target, params, result, is_sent=is_sent)
