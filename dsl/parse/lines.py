"""Line breaks to layout tokens: what makes a block, and what goes on on the next line."""

from collections.abc import Iterator

from lark import Token
from lark.indenter import Indenter

from dsl.diagnostics import Diagnostic, Severity
from dsl.source import BLOCKS_DEPTH_MAX, Span

_JOINING = frozenset(
    [
        "COMMA",
        "IMPLIES",
        "EQ",
        "NE",
        "LE",
        "GE",
        "LT",
        "GT",
        "ASSIGN",
        "PLUSEQ",
        "MINUSEQ",
        "STAREQ",
        "SLASHEQ",
        "PERCENTEQ",
        "PLUS",
        "MINUS",
        "STAR",
        "SLASHSLASH",
        "PERCENT",
        "AND",
        "OR",
        "NOT",
        "BAR",
        "ARROW",
        "WHEN",
    ]
)
"""A line that ends with one of these goes on on the next line."""

_PROPERTIES = frozenset({"INVARIANT", "TRANSITION", "LEMMA", "ENSURES", "CAN", "CHECK"})
"""A line that starts with one of these goes on after a `:` at its end."""


class LineIndenter(Indenter):
    """Turns line breaks into layout tokens; joins lines that end with an operator."""

    NL_type = "_NEWLINE"
    OPEN_PAREN_types = ["LPAR", "LSQB"]  # noqa: RUF012  # lark declares these as plain attributes
    CLOSE_PAREN_types = ["RPAR", "RSQB"]  # noqa: RUF012  # as above
    INDENT_type = "_INDENT"
    DEDENT_type = "_DEDENT"
    tab_len = 1

    always_accept = ("_NEWLINE", "FOREIGN", "FOREIGN_OPERATOR", "RESERVED")

    def __init__(self) -> None:
        super().__init__()
        self.found: list[Diagnostic] = []

    def process(self, stream: Iterator[Token]) -> Iterator[Token]:
        """Put layout tokens into the stream of tokens."""
        return _arrange(stream, self.found)


class TooDeepError(Exception):
    """Blocks are nested too deep; carries where."""

    def __init__(self, span: Span) -> None:
        super().__init__("blocks too deep")
        self.span = span


def _arrange(tokens: Iterator[Token], found: list[Diagnostic]) -> Iterator[Token]:
    """Yield the tokens with layout tokens; depth, brackets and joins are counted here.

    lark's own indenter raises on a wrong dedent, without a position; this one reports it and
    takes the enclosing level.
    """
    levels, depth, last, first = [0], 0, "", ""
    token: Token | None = None
    for token in tokens:
        if token.type == "_NEWLINE":
            if depth > 0 or last in _JOINING or not last:
                continue
            if last == "COLON" and first in _PROPERTIES:
                continue
            yield token
            yield from _indent(token, levels, found)
            last, first = token.type, ""
            continue
        first = first or token.type
        depth += token.type in ("LPAR", "LSQB")
        depth -= token.type in ("RPAR", "RSQB") and depth > 0
        last = token.type
        yield token
    if token is not None and last != "_NEWLINE":
        yield Token.new_borrow_pos("_NEWLINE", "", token)
    for _ in levels[1:]:
        assert token is not None, "a level was opened by a token"
        yield Token.new_borrow_pos("_DEDENT", "", token)


def _indent(token: Token, levels: list[int], found: list[Diagnostic]) -> Iterator[Token]:
    width = len(token.value.rsplit("\n", 1)[1])
    end = token.end_pos or 0
    here = Token.new_borrow_pos("_INDENT", "", token)
    here.start_pos = here.end_pos = end
    if width > levels[-1]:
        if len(levels) > BLOCKS_DEPTH_MAX:
            raise TooDeepError(Span(end - width, end))
        levels.append(width)
        yield here
        return
    while width < levels[-1]:
        if width > levels[-2]:
            message = f"this line is indented by {width} spaces and belongs to no block"
            label = f"open blocks are at {' or '.join(str(level) for level in levels)}"
            span = Span(end - width, end)
            found.append(Diagnostic("QC0009", Severity.ERROR, message, span, label))
            return
        levels.pop()
        yield Token.new_borrow_pos("_DEDENT", "", here)
