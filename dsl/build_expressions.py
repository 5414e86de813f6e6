# ruff: noqa: D102  # each public method is the grammar rule of its name
"""Tree building, first half: tokens, spans, literals and expressions."""

from collections.abc import Sequence
from typing import Protocol, TypeVar, get_args

from dsl import ast
from dsl.diagnostics import Diagnostic, Severity
from dsl.source import EXPRESSION_DEPTH_MAX, Span

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
_EXPRESSIONS = frozenset(get_args(ast.Expression))
"""Their classes: each part of each rule is asked whether it is one."""


def span_of_token(token: TokenLike) -> Span:
    """Return where a token stands."""
    start, end = token.start_pos or 0, token.end_pos
    return Span(start, start if end is None else end)


def compute_span(parts: Sequence[Part]) -> Span:
    """Return the span from the first part to the last."""
    return Span(edge(parts[0]).start, edge(parts[-1]).end)


def edge(part: Part) -> Span:
    """Return where a part stands."""
    if isinstance(part, str):
        return span_of_token(part)  # type: ignore[arg-type]  # a str part is always a token
    return part.span  # type: ignore[attr-defined,no-any-return]  # every node carries its span


def find_tokens(parts: Sequence[Part], *types: str) -> list[TokenLike]:
    """Return the tokens of some types among the parts."""
    return [
        part  # type: ignore[misc]  # as in `edge`
        for part in parts
        if isinstance(part, str) and part.type in types  # type: ignore[attr-defined]  # as there
    ]


def has_token(parts: Sequence[Part], token_type: str) -> bool:
    """Say whether a token of that type is among the parts."""
    return bool(find_tokens(parts, token_type))


def find_names(parts: Sequence[Part]) -> tuple[ast.Identifier, ...]:
    """Return the names among the parts."""
    return tuple([ast.Identifier(span_of_token(t), t.value) for t in find_tokens(parts, "NAME")])


def find_all(parts: Sequence[Part], kind: type[T]) -> tuple[T, ...]:
    """Return the parts of one class."""
    return tuple([part for part in parts if isinstance(part, kind)])


def find_one(parts: Sequence[Part], kind: type[T]) -> T | None:
    """Return the first part of one class, or None."""
    found = find_all(parts, kind)
    return found[0] if found else None


def find_expressions(parts: Sequence[Part]) -> tuple[ast.Expression, ...]:
    """Return the expressions among the parts."""
    return tuple(
        [part for part in parts if type(part) in _EXPRESSIONS]  # type: ignore[misc]  # see there
    )


def find_statements(parts: Sequence[Part]) -> tuple[ast.Statement, ...]:
    """Return the statements among the parts."""
    return tuple(part for part in parts if isinstance(part, ast.Statement))


_COMPARISONS = frozenset({"==", "!=", "<", "<=", ">", ">="})


class _Arguments(tuple[ast.Argument, ...]):
    """The arguments of a call."""

    __slots__ = ()


class ExpressionBuilder:
    """Builds expressions; `found` collects what is wrong with literals and depth."""

    def __init__(self) -> None:
        self.found: list[Diagnostic] = []
        self._depths: dict[int, int] = {}
        self._kept: list[object] = []
        self._spans: dict[int, Span] = {}

    def _error(self, code: str, message: str, span: Span, label: str = "") -> None:
        self.found.append(Diagnostic(code, Severity.ERROR, message, span, label))

    def _node(self, node: T, parts: Sequence[Part], step: int = 1) -> T:
        """Record the node's depth; one that is too deep is reported, where it first is."""
        depths = self._depths
        depth = step + max([depths.get(id(part), 0) for part in parts], default=0)
        if depth == EXPRESSION_DEPTH_MAX + 1 and step:
            message = f"this expression is more than {EXPRESSION_DEPTH_MAX} operations deep"
            self._error("QC0010", message, compute_span(parts), "name a part with `let`")
        self._depths[id(node)] = depth
        self._kept.append(node)
        return node

    # Expressions

    def forall(self, parts: list[Part]) -> ast.Forall:
        body = find_expressions(parts)[0]
        return self._node(
            ast.Forall(compute_span(parts), find_all(parts, ast.Parameter), body), parts
        )

    def binary(self, parts: list[Part]) -> ast.Binary:
        left, right = find_expressions(parts)
        where = edge(parts[1])
        node = ast.Binary(compute_span(parts), str(parts[1]), left, right)
        if node.operator in _COMPARISONS and isinstance(left, ast.Binary) and self._is_bare(left):
            self._error("QC0014", "comparisons don't chain", where, "write `a < b and b < c`")
            return left
        return self._node(node, parts)

    def _is_bare(self, left: ast.Binary) -> bool:
        return left.operator in _COMPARISONS and id(left) not in self._spans

    def unary(self, parts: list[Part]) -> ast.Unary:
        operand = find_expressions(parts)[0]
        return self._node(ast.Unary(compute_span(parts), str(parts[0]), operand), parts)

    def choice(self, parts: list[Part]) -> ast.Choice:
        yes, condition, no = find_expressions(parts)
        return self._node(ast.Choice(compute_span(parts), yes, condition, no), parts)

    def membership(self, parts: list[Part]) -> ast.Membership:
        value, *options = find_expressions(parts)
        return self._node(ast.Membership(compute_span(parts), value, tuple(options)), parts)

    def member_access(self, parts: list[Part]) -> ast.Member:
        base = find_expressions(parts)[0]
        return self._node(ast.Member(compute_span(parts), base, find_names(parts)[0]), parts)

    def index(self, parts: list[Part]) -> ast.Index:
        base, key = find_expressions(parts)
        return self._node(ast.Index(compute_span(parts), base, key), parts)

    def call(self, parts: list[Part]) -> ast.Call | ast.Comprehension:
        callee = find_expressions(parts)[0]
        inner = find_one(parts, ast.Comprehension)
        if inner is not None and inner is not callee:
            node = ast.Comprehension(
                compute_span(parts), callee, inner.body, inner.binders, inner.condition
            )
            return self._node(node, parts)
        arguments = find_one(parts, _Arguments) or _Arguments()
        return self._node(
            ast.Call(compute_span(parts), callee, tuple(arguments)), [*parts, *arguments]
        )

    def asks_interface(self, parts: list[Part]) -> ast.Call:
        callee = ast.Name(edge(parts[0]), "implements")
        arguments = find_one(parts, _Arguments) or _Arguments()
        node = ast.Call(compute_span(parts), callee, tuple(arguments))
        return self._node(node, [*parts, *arguments])

    def deployment(self, parts: list[Part]) -> ast.Deploy:
        made = find_expressions(parts)[0]
        return self._node(ast.Deploy(compute_span(parts), made), parts)

    def arguments(self, parts: list[Part]) -> _Arguments:
        found = _Arguments(find_all(parts, ast.Argument))
        return self._node(found, parts, 0)

    def argument(self, parts: list[Part]) -> ast.Argument:
        names = find_names(parts)
        node = ast.Argument(
            compute_span(parts), names[0] if names else None, find_expressions(parts)[0]
        )
        return self._node(node, parts, 0)

    def comprehension(self, parts: list[Part]) -> ast.Comprehension:
        found = find_expressions(parts)
        node = ast.Comprehension(
            compute_span(parts),
            found[0],
            found[0],
            find_all(parts, ast.Parameter),
            found[1] if len(found) > 1 else None,
        )
        return self._node(node, parts)

    def counting(self, parts: list[Part]) -> ast.Comprehension:
        condition = find_expressions(parts)[0]
        one = ast.Integer(condition.span, 1, None)
        binders = find_all(parts, ast.Parameter)
        return self._node(
            ast.Comprehension(compute_span(parts), one, one, binders, condition), parts
        )

    def group(self, parts: list[Part]) -> ast.Expression:
        inner = find_expressions(parts)[0]
        self._spans[id(inner)] = compute_span(parts)
        return inner

    def list_literal(self, parts: list[Part]) -> ast.ListLiteral:
        return self._node(ast.ListLiteral(compute_span(parts), find_expressions(parts)), parts)

    def action_in(self, parts: list[Part]) -> ast.ActionIn:
        return ast.ActionIn(compute_span(parts), find_names(parts))

    def name(self, parts: list[Part]) -> ast.Name:
        return ast.Name(edge(parts[0]), str(parts[0]))

    def true(self, parts: list[Part]) -> ast.Boolean:
        return ast.Boolean(edge(parts[0]), value=True)

    def false(self, parts: list[Part]) -> ast.Boolean:
        return ast.Boolean(edge(parts[0]), value=False)

    def integer(self, parts: list[Part]) -> ast.Integer:
        token = find_tokens(parts, "INT")[0]
        return ast.Integer(span_of_token(token), self._number(token), None)

    def hexadecimal(self, parts: list[Part]) -> ast.Integer:
        token = find_tokens(parts, "HEX")[0]
        digits = token.value[2:].replace("_", "")
        if not digits or len(digits) > 2 * INTEGER_DIGITS_MAX:
            self._error("QC0015", "this is not a hexadecimal number", span_of_token(token))
            digits = "0"
        length = len(digits) // 2 if len(digits) % 2 == 0 else None
        return ast.Integer(span_of_token(token), int(digits, 16), length)

    def string(self, parts: list[Part]) -> ast.Text:
        token = find_tokens(parts, "STRING")[0]
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
