"""Functions: access, guards, clauses, body, result; and what `init` owes."""

from collections.abc import Sequence

from dsl import ast, typed
from dsl import ast_members as decl
from dsl.ast_walk import walk_syntax
from dsl.check_expressions import Expressions
from dsl.check_flow import always_returns
from dsl.check_inline import find_root
from dsl.check_past import get_live
from dsl.check_signed import (
    NONCES,
    PROOF,
    SIGNED,
    find_signer,
    make_nonce_step,
    make_signed_guard,
    read_nonce,
)
from dsl.check_statements import (
    CELL_BALANCE,
    CELL_INBOX,
    Context,
    Statements,
    check_error,
)
from dsl.check_types import resolve_value_type
from dsl.names import BODY, EMITS, ENSURES, GUARD, VIEW, Place, Program, Scope
from dsl.source import Span
from dsl.types import (
    ADDRESS,
    BOOL,
    UNIT,
    BrokenType,
    EnumType,
    MapType,
    OptionType,
    Type,
    UnitType,
    has_default,
)

_CLAUSES_OF = {
    "action": (ast.Fails, ast.Modifies, ast.Ensures, ast.Emits),
    "init": (ast.Fails, ast.Ensures, ast.Emits),
    "view": (ast.Fails, ast.Ensures),
    "function": (),
}


class Functions:
    """Checks functions one by one."""

    def __init__(self, program: Program, expressions: Expressions, *, strict: bool) -> None:
        self._program = program
        self._expressions = expressions
        self._strict = strict

    def check(self, node: decl.Function, *, generated: bool) -> typed.Function:
        """Return the checked function."""
        scope = Scope()
        params = tuple(
            self._program.declare(scope, p.name, resolve_value_type(self._program, p.type))
            for p in node.params
        )
        signer = find_signer(self._program, node, scope) if node.signed else None
        if signer is not None:
            params = (*params, self._program.make_local(SIGNED, PROOF))
        self._expressions.signer = signer
        result: Type = UNIT
        if node.result is not None:
            result = resolve_value_type(self._program, node.result)
        header, body = self._split(node)
        self._check_modifiers(node)
        place = self._place(node)
        guard = self._guard(node, header, scope, params, signer)
        open_errors = self._open_errors(header)
        self._check_required(node, open_errors)
        is_internal = node.kind == "function"
        context = Context(
            node.kind, place, result, open_errors, is_internal, generated, node.component
        )
        statements = Statements(self._program, self._expressions, context)
        inner = Scope(scope)
        checked = list(self._start(node)) + list(statements.block(body, inner))
        if signer is not None:
            checked.insert(0, make_nonce_step(self._program, node.signed[0].span, signer))
        move = self._move(node)
        self._check_returns(node, result, checked)
        result_local, after = self._result_scope(scope, result)
        emits = tuple(self._emit(e, after) for e in header if isinstance(e, ast.Emits))
        ensures = self._ensures(header, after)
        modifies, texts = self._modifies(header, scope, node)
        if signer is not None and modifies is not None:
            span = node.signed[0].span
            owner = typed.Use(span, ADDRESS, signer)
            modifies = (*modifies, read_nonce(self._program, span, owner, old=False))
            texts = (*texts, f"{NONCES}[{signer.name}]")
        if node.kind == "init":
            self._check_assigned(node, context.assigned)
        self._warn_unused(node, params, generated=generated)
        return typed.Function(
            node.span,
            node.header,
            node.kind,
            node.name.text,
            generated,
            params,
            result,
            node.payable,
            guard,
            tuple(checked) + move,
            tuple(each for each in emits if each is not None),
            result_local,
            ensures,
            modifies,
            texts,
            self._strict or any(isinstance(each, ast.Fails) for each in header),
            open_errors,
            "" if signer is None else signer.name,
        )

    # Header

    def _split(
        self, node: decl.Function
    ) -> tuple[list[ast.Clause | ast.Statement], list[ast.Statement]]:
        """Return header and body: the header ends with the last clause."""
        last = max((i for i, e in enumerate(node.lines) if isinstance(e, ast.Clause)), default=-1)
        header, body = list(node.lines[: last + 1]), node.lines[last + 1 :]
        for line in header:
            if not isinstance(line, ast.Clause | ast.Skipped) and not self._is_header_let(line):
                label = "clauses and their `let`s come first, then the body"
                self._program.report(
                    "QC0408", "a statement stands before a clause", line.span, label
                )
        allowed = _CLAUSES_OF[node.kind]
        for line in header:
            if isinstance(line, ast.Clause) and not isinstance(line, allowed):
                word = type(line).__name__.lower()
                message = f"`{word}` has no place in `{node.kind}`"
                self._program.report("QC0409", message, line.span)
        return header, [each for each in body if isinstance(each, ast.Statement)]

    def _is_header_let(self, line: ast.Statement) -> bool:
        return isinstance(line, ast.Let) and not line.mutable

    def _check_modifiers(self, node: decl.Function) -> None:
        if len(node.by) + (len(node.signed) > 0) != 1 and node.kind == "action":
            message = "an action says once who may call it"
            label = "add `by anyone`, `by <role>`, `by (condition)` or `signed by <name>`"
            self._program.report("QC0410", message, node.name.span, label)
        if len(node.moves) > 1:
            self._program.report("QC0411", "an action has one phase move", node.moves[1].span)

    def _place(self, node: decl.Function) -> Place:
        if node.kind == "view":
            return VIEW
        return BODY

    def _open_errors(self, header: Sequence[ast.Clause | ast.Statement]) -> tuple[str, ...]:
        found = []
        for line in header:
            if isinstance(line, ast.Fails) and line.condition is None:
                if isinstance(line.error, ast.Name) and line.error.text in self._program.errors:
                    found.append(line.error.text)
                    self._program.used.add(line.error.text)
                elif isinstance(line.error, ast.Name):
                    known = self._program.errors
                    self._program.report_unknown(line.error.text, line.error.span, known, "error")
                else:
                    message = "an open failure is a bare name"
                    label = "its arguments stand at the `require`"
                    self._program.report("QC0407", message, line.error.span, label)
        return tuple(found)

    def _check_required(self, node: decl.Function, open_errors: tuple[str, ...]) -> None:
        if node.kind == "function":
            return
        for line in node.lines:
            for call in walk_syntax(line):
                if not isinstance(call, ast.Call) or not isinstance(call.callee, ast.Name):
                    continue
                for error in self._program.required.get(call.callee.text, ()):
                    if error in self._program.errors and error not in open_errors:
                        name = call.callee.text
                        message = f"`{name}` may fail with {error}; the header does not say so"
                        label = f"add `fails {error}` to the header"
                        self._program.report("QC0403", message, call.span, label)

    def _guard(
        self,
        node: decl.Function,
        header: Sequence[ast.Clause | ast.Statement],
        scope: Scope,
        params: Sequence[typed.Local],
        signer: typed.Local | None,
    ) -> tuple[typed.Stmt, ...]:
        out: list[typed.Stmt] = []
        for by in node.by:
            out += self._by(by, scope)
        if signer is not None:
            out += make_signed_guard(self._program, node, params, signer)
        for move in node.moves:
            out += self._phase_guard(move)
        for line in header:
            if isinstance(line, ast.Let):
                value = self._expressions.settled(line.value, scope, GUARD)
                local = self._program.declare(scope, line.name, value.type)
                self._program.lets.append((local, line.name.span))
                out.append(typed.Let(line.span, local, value))
            elif isinstance(line, ast.Fails) and line.condition is not None:
                out += self._fails(line, line.condition, scope)
        return tuple(out)

    def _by(self, node: decl.By, scope: Scope) -> list[typed.Stmt]:
        if node.name is not None and node.name.text == "anyone":
            return []
        text = self._program.text_of(node.span)
        if not text.startswith("by"):
            text = f"by whom `{text}` names"
        if node.condition is not None:
            if self._names_parameter(node.condition, scope):
                return []
            condition = self._expressions.value(node.condition, Scope(), GUARD, BOOL)
            return [typed.Fail(node.span, condition, "NotAllowed", (), declared=True, text=text)]
        assert node.name is not None, "the grammar has a name or a condition"
        many = self._program.roles.get(node.name.text)
        if many is None:
            self._report_role(node.name)
            return []
        caller = typed.Context(node.name.span, ADDRESS, "caller")
        number = self._program.cell_numbers[node.name.text]
        if many:
            held: typed.Expr = typed.Read(node.name.span, BOOL, number, (caller,), (), old=False)
        else:
            kind = OptionType(ADDRESS)
            role = typed.Read(node.name.span, kind, number, (), (), old=False)
            wanted = typed.MakeVariant(node.name.span, kind, 1, (caller,))
            held = typed.Prim(node.name.span, BOOL, "eq", (role, wanted))
        return [typed.Fail(node.span, held, "NotAllowed", (), declared=True, text=text)]

    def _names_parameter(self, condition: ast.Expression, scope: Scope) -> bool:
        """Report a parameter in `by (…)`, which is about the state and the caller."""
        for each in walk_syntax(condition):
            local = scope.find(each.text) if isinstance(each, ast.Name) else None
            if local is not None and isinstance(each, ast.Name):
                self._program.used_locals.add(local.id)
                label = "who may call depends on the state and the caller"
                hint = "write `fails NotYours when …` in the header, with an error of your own"
                message = f"`by` can't see the parameter `{each.text}`"
                self._program.report("QC0103", message, each.span, label, hint)
                return True
        return False

    def _report_role(self, name: ast.Identifier) -> None:
        if name.text in self._program.cell_numbers:
            message = f"`{name.text}` is no role"
            label = f"write `by (caller == {name.text})`"
            self._program.report("QC0412", message, name.span, label)
            return
        self._program.report_unknown(name.text, name.span, ["anyone", *self._program.roles], "role")

    def _find_phase(self, span: Span) -> tuple[int, EnumType] | None:
        found = [
            (number, cell.type)
            for number, cell in enumerate(self._program.cells)
            if isinstance(cell.type, EnumType) and cell.type.edges is not None
        ]
        if len(found) != 1:
            message = f"`in` needs exactly one phase in the state, and there are {len(found)}"
            self._program.report(
                "QC0411", message, span, "declare `phases …` and one cell of that type"
            )
            return None
        return found[0]

    def _phase_tag(self, kind: EnumType, name: ast.Identifier) -> int | None:
        names = [member.name for member in kind.members]
        if name.text not in names:
            self._program.report_unknown(name.text, name.span, names, "phase")
            return None
        return names.index(name.text)

    def _phase_guard(self, move: decl.PhaseMove) -> list[typed.Stmt]:
        found = self._find_phase(move.span)
        if found is None:
            return []
        number, kind = found
        self._program.used.add(self._program.cells[number].name)
        condition: typed.Expr | None = None
        for name in move.before:
            tag = self._phase_tag(kind, name)
            if tag is None:
                return []
            phase = typed.Read(name.span, kind, number, (), (), old=False)
            member = typed.MakeVariant(name.span, kind, tag, ())
            here = typed.Prim(name.span, BOOL, "eq", (phase, member))
            condition = (
                here if condition is None else typed.Logic(move.span, BOOL, False, condition, here)
            )  # "or"
        assert condition is not None, "the grammar has at least one phase"
        text = self._program.text_of(move.span)
        return [typed.Fail(move.span, condition, "WrongPhase", (), declared=True, text=text)]

    def _move(self, node: decl.Function) -> tuple[typed.Stmt, ...]:
        out: list[typed.Stmt] = []
        for move in node.moves:
            if move.after is None:
                continue
            found = self._find_phase(move.span)
            if found is None:
                continue
            number, kind = found
            tag = self._phase_tag(kind, move.after)
            if tag is None:
                continue
            names = [member.name for member in kind.members]
            for before in move.before:
                if before.text in names and (names.index(before.text), tag) not in (
                    kind.edges or ()
                ):
                    message = f"{before.text} -> {move.after.text} is no move of {kind.name}"
                    self._program.report("QC0411", message, move.span)
            place = typed.Read(move.span, kind, number, (), (), old=False)
            out.append(typed.Store(move.span, place, typed.MakeVariant(move.span, kind, tag, ())))
        return tuple(out)

    def _fails(self, line: ast.Fails, condition: ast.Expression, scope: Scope) -> list[typed.Stmt]:
        test = self._expressions.value(condition, scope, GUARD, BOOL)
        found = check_error(self._program, self._expressions, line.error, scope, GUARD)
        if found is None:
            return []
        name, args = found
        holds = typed.Prim(condition.span, BOOL, "not", (test,))
        text = self._program.text_of(condition.span)
        return [typed.Fail(line.span, holds, name, args, declared=True, text=text)]

    # Body and after

    def _start(self, node: decl.Function) -> list[typed.Stmt]:
        """Return what `init` does first: single roles go to the deployer."""
        if node.kind != "init":
            return []
        out: list[typed.Stmt] = []
        for name, many in self._program.roles.items():
            number = self._program.cell_numbers.get(name)
            if number is None:
                continue
            span = self._program.cells[number].span
            caller = typed.Context(span, ADDRESS, "caller")
            if many:
                place = typed.Read(span, BOOL, number, (caller,), (), old=False)
                out.append(typed.Store(span, place, typed.Constant(span, BOOL, value=True)))
            else:
                kind = OptionType(ADDRESS)
                place = typed.Read(span, kind, number, (), (), old=False)
                holder = typed.MakeVariant(span, kind, 1, (caller,))
                out.append(typed.Store(span, place, holder))
        return out

    def _check_returns(self, node: decl.Function, result: Type, body: Sequence[typed.Stmt]) -> None:
        if isinstance(result, UnitType | BrokenType):
            return
        if not always_returns(body) and not self._program.found:
            message = f"`{node.name.text}` does not return a value on every path"
            self._program.report("QC0305", message, node.name.span)

    def _result_scope(self, scope: Scope, result: Type) -> tuple[typed.Local | None, Scope]:
        after = Scope(scope)
        if isinstance(result, UnitType):
            return None, after
        local = self._program.make_local("result", result)
        after.locals["result"] = local
        return local, after

    def _emit(self, node: ast.Emits, scope: Scope) -> typed.Emit | None:
        callee = node.event.callee if isinstance(node.event, ast.Call) else node.event
        arguments = node.event.arguments if isinstance(node.event, ast.Call) else ()
        name = callee.text if isinstance(callee, ast.Name) else ""
        signature = self._program.events.get(name)
        if signature is None:
            self._program.report_unknown(name, callee.span, self._program.events, "event")
            return None
        self._program.used.add(name)
        args = self._expressions.calls.match_arguments(
            node.event.span, arguments, signature.params, scope, EMITS
        )
        condition = None
        if node.condition is not None:
            condition = self._expressions.value(node.condition, scope, EMITS, BOOL)
        if len(args) != len(signature.params):
            return None
        return typed.Emit(node.span, name, args, condition)

    def _ensures(
        self, header: Sequence[ast.Clause | ast.Statement], scope: Scope
    ) -> tuple[typed.Claim, ...]:
        out: list[typed.Claim] = []
        for line in header:
            if not isinstance(line, ast.Ensures):
                continue
            condition = self._expressions.value(line.condition, scope, ENSURES, BOOL)
            name = line.label.text if line.label else f"ensures {len(out) + 1}"
            text = self._program.text_of(line.condition.span)
            out.append(typed.Claim(line.span, name, text, condition, lemma=False))
        return tuple(out)

    def _modifies(  # noqa: C901  # each of its errors is one branch
        self, header: Sequence[ast.Clause | ast.Statement], scope: Scope, node: decl.Function
    ) -> tuple[tuple[typed.Read, ...] | None, tuple[str, ...]]:
        clauses = [line for line in header if isinstance(line, ast.Modifies)]
        moves = [move for move in node.moves if move.after is not None]
        if not clauses:
            if self._strict and node.kind == "action":
                message = f"`{node.name.text}` does not say what it modifies"
                label = "a strict contract says `modifies …` or `modifies nothing`"
                self._program.report("QC0413", message, node.name.span, label)
            return None, ()
        places: list[typed.Read] = []
        texts: list[str] = []
        for clause in clauses:
            for each in clause.places:
                if isinstance(each, ast.Name) and each.text == "nothing":
                    continue
                self._program.target = get_live(self._program, find_root(each))
                place = self._expressions.check(each, scope, GUARD)
                if isinstance(place, typed.Read):
                    if isinstance(place.type, MapType):
                        message = "`modifies` names entries, not a whole map"
                        self._program.report("QC0414", message, each.span, "add the key")
                        continue
                    if place.cell in (CELL_BALANCE, CELL_INBOX):
                        message = "`modifies` is about the state; coins are apart"
                        self._program.report("QC0414", message, each.span, "leave it out")
                        continue
                    places.append(place)
                    texts.append(self._program.text_of(each.span))
                elif not isinstance(place.type, BrokenType):
                    self._program.report("QC0414", "this is no place in the state", each.span)
        for move in moves:
            found = self._find_phase(move.span)
            if found is not None:
                places.append(typed.Read(move.span, found[1], found[0], (), (), old=False))
                texts.append(self._program.cells[found[0]].name)
        return tuple(places), tuple(texts)

    def _check_assigned(self, node: decl.Function, assigned: set[int]) -> None:
        for number, cell in enumerate(self._program.cells):
            if isinstance(cell.type, MapType | BrokenType) or has_default(cell.type):
                continue
            if number not in assigned:
                message = f"`init` does not assign `{cell.name}` on every path"
                self._program.report("QC0313", message, node.name.span, "its type has no default")

    def _warn_unused(
        self, node: decl.Function, params: tuple[typed.Local, ...], *, generated: bool
    ) -> None:
        if generated:
            return
        for param, declared in zip(params, node.params, strict=False):
            if param.id not in self._program.used_locals:
                message = f"the parameter `{param.name}` is never used"
                self._program.warn("QC0801", message, declared.name.span)
