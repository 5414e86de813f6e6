# ruff: noqa: D102  # each public method is the grammar rule of its name
"""Tree building: one method per grammar rule, called bottom-up by the parser as it reduces.

There is no tree walk and so no recursion: each method gets the finished parts of its rule,
tokens included, and returns a syntax node. Depth is kept in a side table, so that the deepest
expression is known without walking.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from dsl import ast
from dsl.diagnostics import Diagnostic, Severity
from dsl.source import BLOCKS_DEPTH_MAX, EXPRESSION_DEPTH_MAX, Span

UNIT_MS = {"ms": 1, "s": 1000, "min": 60_000, "h": 3_600_000, "d": 86_400_000}
"""Suffixes of durations, in milliseconds."""

INTEGER_DIGITS_MAX = 100
"""Longest number; 2^256 has 78 digits."""

_ESCAPES = {"n": "\n", "t": "\t", '"': '"', "\\": "\\"}


class TokenLike(Protocol):
    """What is used of the parser's tokens."""

    type: str
    value: str
    start_pos: int | None
    end_pos: int | None


Part = object
"""A token, a syntax node, or a tuple of parts."""

T = TypeVar("T")


def is_token(part: Part) -> bool:
    """Say whether a part is a token rather than a node."""
    return isinstance(part, str)


def span_of_token(token: TokenLike) -> Span:
    """Return where a token stands."""
    start = token.start_pos or 0
    return Span(start, token.end_pos if token.end_pos is not None else start)


def _span(parts: Sequence[Part]) -> Span:
    first, last = parts[0], parts[-1]
    return Span(_edge(first).start, _edge(last).end)


def _edge(part: Part) -> Span:
    if is_token(part):
        return span_of_token(part)  # type: ignore[arg-type]  # a str part is always a token
    return part.span  # type: ignore[attr-defined,no-any-return]  # every node carries its span


def _tokens(parts: Sequence[Part], *types: str) -> list[TokenLike]:
    return [
        part  # type: ignore[misc]  # see is_token
        for part in parts
        if is_token(part) and part.type in types  # type: ignore[attr-defined]  # see is_token
    ]


def _has(parts: Sequence[Part], token_type: str) -> bool:
    return bool(_tokens(parts, token_type))


def _names(parts: Sequence[Part]) -> tuple[ast.Identifier, ...]:
    return tuple(ast.Identifier(span_of_token(t), t.value) for t in _tokens(parts, "NAME"))


def _all(parts: Sequence[Part], kind: type[T]) -> tuple[T, ...]:
    return tuple(part for part in parts if isinstance(part, kind))


def _one(parts: Sequence[Part], kind: type[T]) -> T | None:
    found = _all(parts, kind)
    return found[0] if found else None


def _expressions(parts: Sequence[Part]) -> tuple[ast.Expression, ...]:
    return tuple(part for part in parts if isinstance(part, ast.Expression))


def _statements(parts: Sequence[Part]) -> tuple[ast.Statement, ...]:
    return tuple(part for part in parts if isinstance(part, ast.Statement))


class _Group(tuple[ast.Identifier, ...]):
    """The alternatives `A | B` of a phase."""

    __slots__ = ()


class _Chain(tuple[_Group, ...]):
    """The groups `A -> B | C` of a phase chain."""

    __slots__ = ()


class _Params(tuple[ast.Parameter, ...]):
    """A parameter list."""

    __slots__ = ()


class _Names(tuple[ast.Identifier, ...]):
    """The interfaces after `implements`."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class _Doc:
    """A docstring's text."""

    text: str


class _Body(tuple["ast.Clause | ast.Statement | _Doc", ...]):
    """The lines of an indented block."""

    __slots__ = ()


class _Branch(tuple[ast.Expression, _Body]):
    """A condition with its block."""

    __slots__ = ()


class _Else(tuple["ast.Clause | ast.Statement | _Doc", ...]):
    """The block of an `else`."""

    __slots__ = ()


class _Arguments(tuple[ast.Argument, ...]):
    """The arguments of a call."""

    __slots__ = ()


def _text_of(doc: _Doc | None) -> str | None:
    return None if doc is None else doc.text


class TreeBuilder:
    """Builds syntax nodes; `found` collects what is wrong with literals and depth."""

    def __init__(self) -> None:
        self.found: list[Diagnostic] = []
        self._depths: dict[int, int] = {}
        self._kept: list[object] = []
        self._spans: dict[int, Span] = {}

    def _error(self, code: str, message: str, span: Span, label: str = "") -> None:
        self.found.append(Diagnostic(code, Severity.ERROR, message, span, label))

    def _node(self, node: T, parts: Sequence[Part], step: int = 1) -> T:
        """Record the node's depth; one that is too deep is reported, where it first is."""
        depth = step + max((self._depths.get(id(part), 0) for part in parts), default=0)
        if depth == EXPRESSION_DEPTH_MAX + 1 and step:
            message = f"this expression is more than {EXPRESSION_DEPTH_MAX} operations deep"
            self._error("QC0010", message, _span(parts), "name a part with `let`")
        self._depths[id(node)] = depth
        self._kept.append(node)
        return node

    # Contract and members

    def start(self, parts: list[Part]) -> tuple[ast.Contract, ...]:
        return _all(parts, ast.Contract)

    def contract(self, parts: list[Part]) -> ast.Contract:
        names = _one(parts, _Names) or _Names()
        members = tuple(part for part in parts if isinstance(part, ast.Declaration))
        colon = _tokens(parts, "COLON")
        header = Span(_edge(parts[0]).start, span_of_token(colon[0]).end)
        return ast.Contract(
            header.join(members[-1].span) if members else header,
            header,
            _names(parts)[0],
            _has(parts, "STRICT"),
            names,
            _text_of(_one(parts, _Doc)),
            members,
        )

    def implements(self, parts: list[Part]) -> _Names:
        return _Names(_names(parts))

    def doc(self, parts: list[Part]) -> _Doc:
        return _Doc(_tokens(parts, "LONG_STRING")[0].value[3:-3])

    def skipped(self, parts: list[Part]) -> ast.Skipped:
        return ast.Skipped(_edge(parts[0]))

    def state(self, parts: list[Part]) -> ast.State:
        return ast.State(_edge(parts[0]), _all(parts, ast.Field))

    def field(self, parts: list[Part]) -> ast.Field:
        kind = _one(parts, ast.TypeName)
        assert kind is not None, "the grammar has a type here"
        return ast.Field(
            _edge(parts[0]).join(kind.span), _names(parts)[0], kind, _has(parts, "GHOST")
        )

    def role(self, parts: list[Part]) -> ast.Role:
        name = _names(parts)[0]
        return ast.Role(_edge(parts[0]).join(name.span), name, _has(parts, "ROLES"))

    def enum(self, parts: list[Part]) -> ast.Enum:
        name = _names(parts)[0]
        return ast.Enum(_edge(parts[0]).join(name.span), name, _all(parts, ast.Variant))

    def variant(self, parts: list[Part]) -> ast.Variant:
        params = _one(parts, _Params) or _Params()
        return ast.Variant(_edge(parts[0]), _names(parts)[0], params)

    def phases(self, parts: list[Part]) -> ast.Phases:
        name = _names(parts)[0]
        return ast.Phases(_edge(parts[0]).join(name.span), name, _all(parts, _Chain))

    def phase_chain(self, parts: list[Part]) -> _Chain:
        return _Chain(_all(parts, _Group))

    def phase_group(self, parts: list[Part]) -> _Group:
        return _Group(_names(parts))

    def record(self, parts: list[Part]) -> ast.Record:
        name = _names(parts)[0]
        return ast.Record(_edge(parts[0]).join(name.span), name, _all(parts, ast.Field))

    def event(self, parts: list[Part]) -> ast.Signature:
        return self._signature(parts, event=True)

    def error(self, parts: list[Part]) -> ast.Signature:
        return self._signature(parts, event=False)

    def _signature(self, parts: list[Part], *, event: bool) -> ast.Signature:
        name = _names(parts)[0]
        params = _one(parts, _Params) or _Params()
        return ast.Signature(_edge(parts[0]).join(name.span), name, params, event)

    def const(self, parts: list[Part]) -> ast.Const:
        kind, value = _one(parts, ast.TypeName), _expressions(parts)[0]
        assert kind is not None, "the grammar has a type here"
        return ast.Const(_edge(parts[0]).join(value.span), _names(parts)[0], kind, value)

    def property(self, parts: list[Part]) -> ast.Property:
        names, condition = _names(parts), _expressions(parts)[0]
        return ast.Property(
            _edge(parts[0]).join(condition.span),
            names[0] if names else None,
            condition,
            _has(parts, "TRANSITION"),
            _has(parts, "LEMMA"),
        )

    # Functions

    def init(self, parts: list[Part]) -> ast.Function:
        return self._function(parts, "init")

    def action(self, parts: list[Part]) -> ast.Function:
        return self._function(parts, "action")

    def view(self, parts: list[Part]) -> ast.Function:
        return self._function(parts, "view")

    def function(self, parts: list[Part]) -> ast.Function:
        return self._function(parts, "function")

    def _function(self, parts: list[Part], kind: str) -> ast.Function:
        body = _one(parts, _Body) or _Body()
        colon = span_of_token(_tokens(parts, "COLON")[0])
        names = _names(parts)
        lines = tuple(line for line in body if not isinstance(line, _Doc))
        header = Span(_edge(parts[0]).start, colon.end)
        return ast.Function(
            header.join(lines[-1].span) if lines else header,
            header,
            kind,
            names[0] if names else ast.Identifier(_edge(parts[0]), "init"),
            _one(parts, _Params) or _Params(),
            _one(parts, ast.TypeName),
            _has(parts, "PAYABLE") or any(isinstance(part, ast.Pass) for part in parts),
            _all(parts, ast.By),
            _all(parts, ast.PhaseMove),
            _text_of(_one(body, _Doc)),
            lines,
        )

    def result(self, parts: list[Part]) -> ast.TypeName | None:
        return _one(parts, ast.TypeName)

    def payable(self, parts: list[Part]) -> ast.Pass:
        return ast.Pass(_edge(parts[0]))

    def by(self, parts: list[Part]) -> ast.By:
        names, conditions = _names(parts), _expressions(parts)
        return ast.By(
            _span(parts), names[0] if names else None, conditions[0] if conditions else None
        )

    def phase_move(self, parts: list[Part]) -> ast.PhaseMove:
        group, names = _one(parts, _Group) or _Group(), _names(parts)
        end = names[0].span if names else group[-1].span
        return ast.PhaseMove(_edge(parts[0]).join(end), tuple(group), names[0] if names else None)

    def params(self, parts: list[Part]) -> _Params:
        return _Params(_all(parts, ast.Parameter))

    def param(self, parts: list[Part]) -> ast.Parameter:
        kind = _one(parts, ast.TypeName)
        assert kind is not None, "the grammar has a type here"
        return ast.Parameter(_edge(parts[0]).join(kind.span), _names(parts)[0], kind)

    binder = param

    def type(self, parts: list[Part]) -> ast.TypeName:
        arguments = tuple(p for p in parts if isinstance(p, ast.TypeName | ast.TypeNumber))
        node = ast.TypeName(_span(parts), _names(parts)[0].text, arguments)
        return self._node(node, parts)

    def type_argument(self, parts: list[Part]) -> ast.TypeName | ast.TypeNumber:
        kind = _one(parts, ast.TypeName)
        if kind is not None:
            return kind
        token = _tokens(parts, "INT")[0]
        return ast.TypeNumber(span_of_token(token), self._number(token))

    def body(self, parts: list[Part]) -> _Body:
        lines = [p for p in parts if isinstance(p, ast.Clause | ast.Statement | _Doc)]
        return _Body(lines)

    block = body

    # Clauses

    def fails(self, parts: list[Part]) -> ast.Fails:
        found = _expressions(parts)
        condition = found[1] if len(found) > 1 else None
        return ast.Fails(_edge(parts[0]).join(found[-1].span), found[0], condition)

    def modifies(self, parts: list[Part]) -> ast.Modifies:
        found = _expressions(parts)
        return ast.Modifies(_edge(parts[0]).join(found[-1].span), found)

    def ensures(self, parts: list[Part]) -> ast.Ensures:
        names, condition = _names(parts), _expressions(parts)[0]
        label = names[0] if names else None
        return ast.Ensures(_edge(parts[0]).join(condition.span), label, condition)

    def emits(self, parts: list[Part]) -> ast.Emits:
        found = _expressions(parts)
        condition = found[1] if len(found) > 1 else None
        return ast.Emits(_edge(parts[0]).join(found[-1].span), found[0], condition)

    # Statements

    def let(self, parts: list[Part]) -> ast.Let:
        value = _expressions(parts)[0]
        return ast.Let(
            _edge(parts[0]).join(value.span),
            _names(parts)[0],
            _one(parts, ast.TypeName),
            value,
            _has(parts, "VAR"),
            _one(parts, ast.Sending),
        )

    def assign(self, parts: list[Part]) -> ast.Assign:
        target, value = _expressions(parts)
        operator = _tokens(
            parts[1:2], "ASSIGN", "PLUSEQ", "MINUSEQ", "STAREQ", "SLASHEQ", "PERCENTEQ"
        )
        return ast.Assign(target.span.join(value.span), target, operator[0].value, value)

    def expression_statement(self, parts: list[Part]) -> ast.Do:
        expression = _expressions(parts)[0]
        return ast.Do(expression.span, expression, _one(parts, ast.Sending))

    def send_as(self, parts: list[Part]) -> ast.Sending:
        found = _expressions(parts)
        for name in _names(parts):
            if name.text != "value":
                self._error(
                    "QC0011",
                    f"`{name.text}` can't follow `with`",
                    name.span,
                    "`value` was expected",
                )
        span = _edge(parts[0]).join(found[-1].span)
        return ast.Sending(span, found[0], found[1] if len(found) > 1 else None)

    def elif_(self, parts: list[Part]) -> _Branch:
        return _Branch((_expressions(parts)[0], _one(parts, _Body) or _Body()))

    def else_(self, parts: list[Part]) -> _Else:
        return _Else(_one(parts, _Body) or _Body())

    def if_(self, parts: list[Part]) -> ast.If:
        condition = _expressions(parts)[0]
        branches = [_Branch((condition, _one(parts, _Body) or _Body())), *_all(parts, _Branch)]
        if len(branches) > BLOCKS_DEPTH_MAX:
            message = f"an `if` has at most {BLOCKS_DEPTH_MAX} branches"
            self._error("QC0008", message, branches[-1][0].span, "use `match` or a `function`")
        return ast.If(
            _edge(parts[0]).join(condition.span),
            tuple((branch[0], _statements(branch[1])) for branch in branches),
            _statements(_one(parts, _Else) or _Else()),
        )

    def match(self, parts: list[Part]) -> ast.Match:
        subject = _expressions(parts)[0]
        return ast.Match(_edge(parts[0]).join(subject.span), subject, _all(parts, ast.Arm))

    def arm(self, parts: list[Part]) -> ast.Arm:
        pattern = _one(parts, ast.Pattern)
        assert pattern is not None, "the grammar has a pattern here"
        return ast.Arm(pattern.span, pattern, _statements(_one(parts, _Body) or _Body()))

    def pattern(self, parts: list[Part]) -> ast.Pattern:
        names = _names(parts)
        if not names:
            return ast.Pattern(_edge(parts[0]), None, None, ())
        if _has(parts, "DOT"):
            return ast.Pattern(_span(parts), names[0], names[1], names[2:])
        return ast.Pattern(_span(parts), None, names[0], names[1:])

    def for_(self, parts: list[Part]) -> ast.For:
        names, items = _names(parts), _expressions(parts)[0]
        return ast.For(
            _edge(parts[0]).join(items.span),
            names[0],
            names[1] if len(names) > 1 else None,
            items,
            _statements(_one(parts, _Body) or _Body()),
        )

    def require(self, parts: list[Part]) -> ast.Require:
        condition, error = _expressions(parts)
        return ast.Require(_edge(parts[0]).join(error.span), condition, error)

    def return_(self, parts: list[Part]) -> ast.Return:
        found = _expressions(parts)
        span = _edge(parts[0])
        return ast.Return(span.join(found[0].span) if found else span, found[0] if found else None)

    def pass_(self, parts: list[Part]) -> ast.Pass:
        return ast.Pass(_edge(parts[0]))

    def assert_(self, parts: list[Part]) -> ast.Assert:
        condition = _expressions(parts)[0]
        return ast.Assert(_edge(parts[0]).join(condition.span), condition)

    def expect(self, parts: list[Part]) -> ast.Expect:
        error, call = _expressions(parts)
        return ast.Expect(_edge(parts[0]).join(call.span), error, call, _one(parts, ast.Sending))

    def test(self, parts: list[Part]) -> ast.Test:
        title = _tokens(parts, "STRING")[0]
        body = _statements(_one(parts, _Body) or _Body())
        return ast.Test(_edge(parts[0]).join(span_of_token(title)), self._text(title), body)

    # Expressions

    def forall(self, parts: list[Part]) -> ast.Forall:
        body = _expressions(parts)[0]
        return self._node(ast.Forall(_span(parts), _all(parts, ast.Parameter), body), parts)

    def binary(self, parts: list[Part]) -> ast.Binary:
        left, operator, right = parts
        assert isinstance(left, ast.Expression), "the grammar has an expression here"
        assert isinstance(right, ast.Expression), "the grammar has an expression here"
        where = _edge(operator)
        node = ast.Binary(_span(parts), str(operator), left, right)
        if node.operator in _COMPARISONS and isinstance(left, ast.Binary) and self._is_bare(left):
            self._error("QC0014", "comparisons don't chain", where, "write `a < b and b < c`")
            return left
        return self._node(node, parts)

    def _is_bare(self, left: ast.Binary) -> bool:
        return left.operator in _COMPARISONS and id(left) not in self._spans

    def unary(self, parts: list[Part]) -> ast.Unary:
        operand = _expressions(parts)[0]
        return self._node(ast.Unary(_span(parts), str(parts[0]), operand), parts)

    def choice(self, parts: list[Part]) -> ast.Choice:
        yes, condition, no = _expressions(parts)
        return self._node(ast.Choice(_span(parts), yes, condition, no), parts)

    def membership(self, parts: list[Part]) -> ast.Membership:
        value, *options = _expressions(parts)
        return self._node(ast.Membership(_span(parts), value, tuple(options)), parts)

    def member_access(self, parts: list[Part]) -> ast.Member:
        base = _expressions(parts)[0]
        return self._node(ast.Member(_span(parts), base, _names(parts)[0]), parts)

    def index(self, parts: list[Part]) -> ast.Index:
        base, key = _expressions(parts)
        return self._node(ast.Index(_span(parts), base, key), parts)

    def call(self, parts: list[Part]) -> ast.Call | ast.Comprehension:
        callee = _expressions(parts)[0]
        inner = _one(parts, ast.Comprehension)
        if inner is not None and inner is not callee:
            node = ast.Comprehension(
                _span(parts), callee, inner.body, inner.binders, inner.condition
            )
            return self._node(node, parts)
        arguments = _one(parts, _Arguments) or _Arguments()
        return self._node(ast.Call(_span(parts), callee, tuple(arguments)), [*parts, *arguments])

    def arguments(self, parts: list[Part]) -> _Arguments:
        found = _Arguments(_all(parts, ast.Argument))
        return self._node(found, parts, 0)

    def argument(self, parts: list[Part]) -> ast.Argument:
        names = _names(parts)
        node = ast.Argument(_span(parts), names[0] if names else None, _expressions(parts)[0])
        return self._node(node, parts, 0)

    def comprehension(self, parts: list[Part]) -> ast.Comprehension:
        found = _expressions(parts)
        node = ast.Comprehension(
            _span(parts),
            found[0],
            found[0],
            _all(parts, ast.Parameter),
            found[1] if len(found) > 1 else None,
        )
        return self._node(node, parts)

    def counting(self, parts: list[Part]) -> ast.Comprehension:
        condition = _expressions(parts)[0]
        one = ast.Integer(condition.span, 1, None)
        binders = _all(parts, ast.Parameter)
        return self._node(ast.Comprehension(_span(parts), one, one, binders, condition), parts)

    def group(self, parts: list[Part]) -> ast.Expression:
        inner = _expressions(parts)[0]
        self._spans[id(inner)] = _span(parts)
        return inner

    def list_literal(self, parts: list[Part]) -> ast.ListLiteral:
        return self._node(ast.ListLiteral(_span(parts), _expressions(parts)), parts)

    def action_in(self, parts: list[Part]) -> ast.ActionIn:
        return ast.ActionIn(_span(parts), _names(parts))

    def name(self, parts: list[Part]) -> ast.Name:
        found = _names(parts)[0]
        return ast.Name(found.span, found.text)

    def true(self, parts: list[Part]) -> ast.Boolean:
        return ast.Boolean(_edge(parts[0]), value=True)

    def false(self, parts: list[Part]) -> ast.Boolean:
        return ast.Boolean(_edge(parts[0]), value=False)

    def integer(self, parts: list[Part]) -> ast.Integer:
        token = _tokens(parts, "INT")[0]
        return ast.Integer(span_of_token(token), self._number(token), None)

    def hexadecimal(self, parts: list[Part]) -> ast.Integer:
        token = _tokens(parts, "HEX")[0]
        digits = token.value[2:].replace("_", "")
        if not digits or len(digits) > 2 * INTEGER_DIGITS_MAX:
            self._error("QC0015", "this is not a hexadecimal number", span_of_token(token))
            digits = "0"
        length = len(digits) // 2 if len(digits) % 2 == 0 else None
        return ast.Integer(span_of_token(token), int(digits, 16), length)

    def string(self, parts: list[Part]) -> ast.Text:
        token = _tokens(parts, "STRING")[0]
        return ast.Text(span_of_token(token), self._text(token))

    def _number(self, token: TokenLike) -> int:
        digits = token.value.replace("_", "")
        suffix = digits.lstrip("0123456789")
        digits = digits[: len(digits) - len(suffix)]
        if len(digits) > INTEGER_DIGITS_MAX:
            message = f"this number has more than {INTEGER_DIGITS_MAX} digits"
            self._error("QC0015", message, span_of_token(token))
            return 0
        return int(digits) * UNIT_MS.get(suffix, 1)

    def _text(self, token: TokenLike) -> str:
        inner = token.value[1:-1]
        if "\\" not in inner:
            return inner
        out: list[str] = []
        position = 0
        while position < len(inner):
            if inner[position] != "\\":
                out.append(inner[position])
                position += 1
                continue
            follows = inner[position + 1 : position + 2]
            if follows not in _ESCAPES:
                where = span_of_token(token).start + 1 + position
                message = f"unknown escape `\\{follows}`"
                label = 'known are \\n, \\t, \\" and \\\\'
                self._error("QC0016", message, Span(where, where + 2), label)
            out.append(_ESCAPES.get(follows, follows))
            position += 2
        return "".join(out)


_COMPARISONS = frozenset({"==", "!=", "<", "<=", ">", ">="})

for _keyword in ("elif", "else", "if", "for", "return", "pass", "assert"):
    setattr(TreeBuilder, _keyword, getattr(TreeBuilder, f"{_keyword}_"))
