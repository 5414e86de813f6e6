# ruff: noqa: D102  # each public method is the grammar rule of its name
"""Tree building: one method per grammar rule, called bottom-up by the parser as it reduces.

There is no tree walk and so no recursion: each method gets the finished parts of its rule,
tokens included, and returns a syntax node. Depth is kept in a side table, so that the deepest
expression is known without walking.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from dsl import ast
from dsl import ast_members as decl
from dsl.build_expressions import (
    Part,
    compute_span,
    edge,
    find_all,
    find_expressions,
    find_names,
    find_one,
    find_statements,
    find_tokens,
    has_token,
    span_of_token,
)
from dsl.build_files import FileBuilder
from dsl.source import BLOCKS_DEPTH_MAX, Span


class _Group(tuple[ast.Identifier, ...]):
    """The alternatives `A | B` of a phase."""

    __slots__ = ()


class _Chain(tuple[_Group, ...]):
    """The groups `A -> B | C` of a phase chain."""

    __slots__ = ()


class _Params(tuple[ast.Parameter, ...]):
    """A parameter list."""

    __slots__ = ()


class _Sents(tuple[decl.Sent, ...]):
    """The calls on one side of a plan."""

    __slots__ = ()


class _Names(tuple[ast.Identifier, ...]):
    """The interfaces after `implements`."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class _Doc:
    """A docstring's text."""

    text: str


@dataclass(frozen=True, slots=True)
class _Cap:
    """`with gas 50_000`."""

    gas: int


class _Body(tuple["ast.Clause | ast.Statement | _Doc", ...]):
    """The lines of an indented block."""

    __slots__ = ()


class _Branch(tuple[ast.Expression, _Body]):
    """A condition with its block."""

    __slots__ = ()


class _Else(tuple["ast.Clause | ast.Statement | _Doc", ...]):
    """The block of an `else`."""

    __slots__ = ()


def _text_of(doc: _Doc | None) -> str | None:
    return None if doc is None else doc.text


class TreeBuilder(FileBuilder):
    """Builds statements, clauses and members on top of expressions."""

    def __init__(self, members: Mapping[int, decl.Declaration] = MappingProxyType({})) -> None:
        """Build a text in which markers stand for these members, by their place."""
        super().__init__()
        self.members = members

    # Contract and members

    def start(self, parts: list[Part]) -> tuple[decl.Unit, ...]:
        return tuple(part for part in parts if isinstance(part, decl.Unit))

    def contract(self, parts: list[Part]) -> decl.Contract:
        names = find_one(parts, _Names) or _Names()
        members = tuple(part for part in parts if isinstance(part, decl.Declaration))
        colon = find_tokens(parts, "COLON")
        header = Span(edge(parts[0]).start, span_of_token(colon[0]).end)
        return decl.Contract(
            header.join(members[-1].span) if members else header,
            header,
            find_names(parts)[0],
            has_token(parts, "STRICT"),
            has_token(parts, "TEST"),
            names,
            _text_of(find_one(parts, _Doc)),
            members,
        )

    def component(self, parts: list[Part]) -> decl.Component:
        members = tuple(part for part in parts if isinstance(part, decl.Declaration))
        name = find_names(parts)[0]
        span = edge(parts[0]).join(name.span)
        return decl.Component(span, name, _text_of(find_one(parts, _Doc)), members)

    def implements(self, parts: list[Part]) -> _Names:
        return _Names(find_names(parts))

    def doc(self, parts: list[Part]) -> _Doc:
        return _Doc(find_tokens(parts, "LONG_STRING")[0].value[3:-3])

    def known(self, parts: list[Part]) -> decl.Declaration:
        return self.members[edge(parts[0]).start]

    def skipped(self, parts: list[Part]) -> ast.Skipped:
        return ast.Skipped(edge(parts[0]))

    def state(self, parts: list[Part]) -> decl.State:
        return decl.State(edge(parts[0]), find_all(parts, decl.Field))

    def field(self, parts: list[Part]) -> decl.Field:
        kind = find_one(parts, ast.TypeName)
        assert kind is not None, "the grammar has a type here"
        return decl.Field(
            edge(parts[0]).join(kind.span),
            find_names(parts)[0],
            kind,
            has_token(parts, "GHOST"),
            has_token(parts, "CHECKPOINTED"),
        )

    def role(self, parts: list[Part]) -> decl.Role:
        name = find_names(parts)[0]
        return decl.Role(edge(parts[0]).join(name.span), name, has_token(parts, "ROLES"))

    def enum(self, parts: list[Part]) -> decl.Enum:
        name = find_names(parts)[0]
        return decl.Enum(edge(parts[0]).join(name.span), name, find_all(parts, decl.Variant))

    def variant(self, parts: list[Part]) -> decl.Variant:
        params = find_one(parts, _Params) or _Params()
        return decl.Variant(edge(parts[0]), find_names(parts)[0], params)

    def phases(self, parts: list[Part]) -> decl.Phases:
        name = find_names(parts)[0]
        return decl.Phases(edge(parts[0]).join(name.span), name, find_all(parts, _Chain))

    def phase_chain(self, parts: list[Part]) -> _Chain:
        return _Chain(find_all(parts, _Group))

    def phase_group(self, parts: list[Part]) -> _Group:
        return _Group(find_names(parts))

    def record(self, parts: list[Part]) -> decl.Record:
        name = find_names(parts)[0]
        return decl.Record(edge(parts[0]).join(name.span), name, find_all(parts, decl.Field))

    def event(self, parts: list[Part]) -> decl.Signature:
        return self._signature(parts, event=True)

    def error(self, parts: list[Part]) -> decl.Signature:
        return self._signature(parts, event=False)

    def _signature(self, parts: list[Part], *, event: bool) -> decl.Signature:
        name = find_names(parts)[0]
        params = find_one(parts, _Params) or _Params()
        return decl.Signature(edge(parts[0]).join(name.span), name, params, event)

    def const(self, parts: list[Part]) -> decl.Const:
        kind, value = find_one(parts, ast.TypeName), find_expressions(parts)[0]
        assert kind is not None, "the grammar has a type here"
        return decl.Const(edge(parts[0]).join(value.span), find_names(parts)[0], kind, value)

    def property(self, parts: list[Part]) -> decl.Property:
        names, condition = find_names(parts), find_expressions(parts)[0]
        return decl.Property(
            edge(parts[0]).join(condition.span),
            names[0] if names else None,
            condition,
            has_token(parts, "TRANSITION"),
            has_token(parts, "LEMMA"),
        )

    def interface(self, parts: list[Part]) -> decl.Interface:
        colon = span_of_token(find_tokens(parts, "COLON")[0])
        return decl.Interface(
            Span(edge(parts[0]).start, colon.end),
            find_names(parts)[0],
            has_token(parts, "TRUSTED"),
            find_all(parts, decl.Offer),
        )

    def offer(self, parts: list[Part]) -> decl.Offer:
        name, cap = find_names(parts)[0], find_one(parts, _Cap)
        return decl.Offer(
            edge(parts[0]).join(name.span),
            "view" if has_token(parts, "VIEW") else "action",
            name,
            find_one(parts, _Params) or _Params(),
            find_one(parts, ast.TypeName),
            has_token(parts, "PAYABLE"),
            None if cap is None else cap.gas,
            find_all(parts, ast.Ensures),
        )

    def gas_cap(self, parts: list[Part]) -> _Cap:
        name, token = find_names(parts)[0], find_tokens(parts, "INT")[0]
        if name.text != "gas":
            message = f"`{name.text}` can't follow `with` here"
            self._error("QC0011", message, name.span, "`gas` was expected")
        return _Cap(self._number(token))

    # Plans

    def can(self, parts: list[Part]) -> decl.Plan:
        sent = find_one(parts, decl.Sent)
        assert sent is not None, "the grammar has a call here"
        return self._plan(parts, ((sent,), ()), is_check=False)

    def check(self, parts: list[Part]) -> decl.Plan:
        left, right = find_all(parts, _Sents)
        return self._plan(parts, (tuple(left), tuple(right)), is_check=True)

    def _plan(
        self,
        parts: list[Part],
        sides: tuple[tuple[decl.Sent, ...], tuple[decl.Sent, ...]],
        *,
        is_check: bool,
    ) -> decl.Plan:
        names, conditions = find_names(parts), find_expressions(parts)
        last = conditions[0].span if conditions else (sides[1] or sides[0])[-1].span
        return decl.Plan(
            edge(parts[0]).join(last),
            names[0] if names else None,
            find_one(parts, _Params) or _Params(),
            sides[0],
            sides[1],
            conditions[0] if conditions else None,
            is_check,
        )

    def plan_binders(self, parts: list[Part]) -> _Params:
        return _Params(find_all(parts, ast.Parameter))

    def sent_row(self, parts: list[Part]) -> _Sents:
        return _Sents(find_all(parts, decl.Sent))

    def sent(self, parts: list[Part]) -> decl.Sent:
        call = find_expressions(parts)[0]
        sending = self.send_as(parts[1:])
        return decl.Sent(call.span.join(sending.span), call, sending)

    # Functions

    def init(self, parts: list[Part]) -> decl.Function:
        return self._function(parts, "init")

    def action(self, parts: list[Part]) -> decl.Function:
        return self._function(parts, "action")

    def view(self, parts: list[Part]) -> decl.Function:
        return self._function(parts, "view")

    def function(self, parts: list[Part]) -> decl.Function:
        return self._function(parts, "function")

    def _function(self, parts: list[Part], kind: str) -> decl.Function:
        body = find_one(parts, _Body) or _Body()
        colon = span_of_token(find_tokens(parts, "COLON")[0])
        names = find_names(parts)
        lines = tuple(line for line in body if not isinstance(line, _Doc))
        header = Span(edge(parts[0]).start, colon.end)
        return decl.Function(
            header.join(lines[-1].span) if lines else header,
            header,
            kind,
            names[0] if names else ast.Identifier(edge(parts[0]), "init"),
            find_one(parts, _Params) or _Params(),
            find_one(parts, ast.TypeName),
            has_token(parts, "PAYABLE") or any(isinstance(part, ast.Pass) for part in parts),
            find_all(parts, decl.By),
            find_all(parts, decl.PhaseMove),
            _text_of(find_one(body, _Doc)),
            lines,
            find_all(parts, decl.SignedBy),
        )

    def signed(self, parts: list[Part]) -> decl.SignedBy:
        return decl.SignedBy(compute_span(parts), find_names(parts)[0])

    def result(self, parts: list[Part]) -> ast.TypeName | None:
        return find_one(parts, ast.TypeName)

    def payable(self, parts: list[Part]) -> ast.Pass:
        return ast.Pass(edge(parts[0]))

    def by(self, parts: list[Part]) -> decl.By:
        names, conditions = find_names(parts), find_expressions(parts)
        name = names[0] if names else None
        if len(names) > 1:
            text = ".".join(each.text for each in names)
            name = ast.Identifier(names[0].span.join(names[1].span), text)
        return decl.By(compute_span(parts), name, conditions[0] if conditions else None)

    def phase_move(self, parts: list[Part]) -> decl.PhaseMove:
        group, names = find_one(parts, _Group) or _Group(), find_names(parts)
        end = names[0].span if names else group[-1].span
        return decl.PhaseMove(edge(parts[0]).join(end), tuple(group), names[0] if names else None)

    def params(self, parts: list[Part]) -> _Params:
        return _Params(find_all(parts, ast.Parameter))

    def param(self, parts: list[Part]) -> ast.Parameter:
        kind = find_one(parts, ast.TypeName)
        assert kind is not None, "the grammar has a type here"
        return ast.Parameter(edge(parts[0]).join(kind.span), find_names(parts)[0], kind)

    binder = param

    def type(self, parts: list[Part]) -> ast.TypeName:
        arguments = tuple(p for p in parts if isinstance(p, ast.TypeName | ast.TypeNumber))
        node = ast.TypeName(compute_span(parts), find_names(parts)[0].text, arguments)
        return self._node(node, parts)

    def type_argument(self, parts: list[Part]) -> ast.TypeName | ast.TypeNumber:
        kind = find_one(parts, ast.TypeName)
        if kind is not None:
            return kind
        token = find_tokens(parts, "INT")[0]
        return ast.TypeNumber(span_of_token(token), self._number(token))

    def body(self, parts: list[Part]) -> _Body:
        lines = [p for p in parts if isinstance(p, ast.Clause | ast.Statement | _Doc)]
        return _Body(lines)

    block = body

    # Clauses

    def fails(self, parts: list[Part]) -> ast.Fails:
        found = find_expressions(parts)
        condition = found[1] if len(found) > 1 else None
        return ast.Fails(edge(parts[0]).join(found[-1].span), found[0], condition)

    def modifies(self, parts: list[Part]) -> ast.Modifies:
        found = find_expressions(parts)
        return ast.Modifies(edge(parts[0]).join(found[-1].span), found)

    def ensures(self, parts: list[Part]) -> ast.Ensures:
        names, condition = find_names(parts), find_expressions(parts)[0]
        label = names[0] if names else None
        return ast.Ensures(edge(parts[0]).join(condition.span), label, condition)

    def emits(self, parts: list[Part]) -> ast.Emits:
        found = find_expressions(parts)
        condition = found[1] if len(found) > 1 else None
        return ast.Emits(edge(parts[0]).join(found[-1].span), found[0], condition)

    # Statements

    def let(self, parts: list[Part]) -> ast.Let:
        value = find_expressions(parts)[0]
        return ast.Let(
            edge(parts[0]).join(value.span),
            find_names(parts)[0],
            find_one(parts, ast.TypeName),
            value,
            has_token(parts, "VAR"),
            find_one(parts, ast.Sending),
        )

    def assign(self, parts: list[Part]) -> ast.Assign:
        target, value = find_expressions(parts)
        operator = find_tokens(
            parts[1:2], "ASSIGN", "PLUSEQ", "MINUSEQ", "STAREQ", "SLASHEQ", "PERCENTEQ"
        )
        return ast.Assign(target.span.join(value.span), target, operator[0].value, value)

    def expression_statement(self, parts: list[Part]) -> ast.Do:
        expression = find_expressions(parts)[0]
        return ast.Do(expression.span, expression, find_one(parts, ast.Sending))

    def send_as(self, parts: list[Part]) -> ast.Sending:
        sender, *found = find_expressions(parts)
        options: dict[str, ast.Expression] = {}
        for name, value in zip(find_names(parts), found, strict=True):
            if name.text not in ast.SENDING_OPTIONS or name.text in options:
                wanted = ", ".join(f"`{each}`" for each in ast.SENDING_OPTIONS)
                message = f"`{name.text}` can't follow `with`"
                self._error("QC0011", message, name.span, f"{wanted} were expected, each once")
            options[name.text] = value
        span = edge(parts[0]).join(found[-1].span if found else sender.span)
        return ast.Sending(span, sender, *(options.get(each) for each in ast.SENDING_OPTIONS))

    def elif_branch(self, parts: list[Part]) -> _Branch:
        return _Branch((find_expressions(parts)[0], find_one(parts, _Body) or _Body()))

    def else_branch(self, parts: list[Part]) -> _Else:
        return _Else(find_one(parts, _Body) or _Body())

    def if_statement(self, parts: list[Part]) -> ast.If:
        condition = find_expressions(parts)[0]
        branches = [
            _Branch((condition, find_one(parts, _Body) or _Body())),
            *find_all(parts, _Branch),
        ]
        if len(branches) > BLOCKS_DEPTH_MAX:
            message = f"an `if` has at most {BLOCKS_DEPTH_MAX} branches"
            self._error("QC0008", message, branches[-1][0].span, "use `match` or a `function`")
        return ast.If(
            edge(parts[0]).join(condition.span),
            tuple((branch[0], find_statements(branch[1])) for branch in branches),
            find_statements(find_one(parts, _Else) or _Else()),
        )

    def match_statement(self, parts: list[Part]) -> ast.Match:
        subject = find_expressions(parts)[0]
        return ast.Match(edge(parts[0]).join(subject.span), subject, find_all(parts, ast.Arm))

    def arm(self, parts: list[Part]) -> ast.Arm:
        pattern = find_one(parts, ast.Pattern)
        assert pattern is not None, "the grammar has a pattern here"
        return ast.Arm(pattern.span, pattern, find_statements(find_one(parts, _Body) or _Body()))

    def pattern(self, parts: list[Part]) -> ast.Pattern:
        names = find_names(parts)
        if not names:
            return ast.Pattern(edge(parts[0]), None, None, ())
        if has_token(parts, "DOT"):
            return ast.Pattern(compute_span(parts), names[0], names[1], names[2:])
        return ast.Pattern(compute_span(parts), None, names[0], names[1:])

    def for_statement(self, parts: list[Part]) -> ast.For:
        names, items = find_names(parts), find_expressions(parts)[0]
        return ast.For(
            edge(parts[0]).join(items.span),
            names[0],
            names[1] if len(names) > 1 else None,
            items,
            find_statements(find_one(parts, _Body) or _Body()),
        )

    def require(self, parts: list[Part]) -> ast.Require:
        condition, error = find_expressions(parts)
        return ast.Require(edge(parts[0]).join(error.span), condition, error)

    def return_statement(self, parts: list[Part]) -> ast.Return:
        found = find_expressions(parts)
        span = edge(parts[0])
        return ast.Return(span.join(found[0].span) if found else span, found[0] if found else None)

    def pass_statement(self, parts: list[Part]) -> ast.Pass:
        return ast.Pass(edge(parts[0]))

    def assert_statement(self, parts: list[Part]) -> ast.Assert:
        condition = find_expressions(parts)[0]
        return ast.Assert(edge(parts[0]).join(condition.span), condition)

    def expect(self, parts: list[Part]) -> ast.Expect:
        error, call = find_expressions(parts)
        return ast.Expect(edge(parts[0]).join(call.span), error, call, find_one(parts, ast.Sending))

    def test(self, parts: list[Part]) -> decl.Test:
        title = find_tokens(parts, "STRING")[0]
        body = find_statements(find_one(parts, _Body) or _Body())
        return decl.Test(edge(parts[0]).join(span_of_token(title)), self._text(title), body)
