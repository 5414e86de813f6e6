"""The formatter: one layout for all, comments kept, nothing else touched.

It works on tokens and keeps the author's line breaks, so that it can't change what a text means:
the tokens of its output are those of its input, which it checks. Blocks are indented by four
spaces, continued lines by four more, at most one blank line stands in a row.
"""

import re
from dataclasses import dataclass

INDENT = 4
"""Spaces a level."""

_TOKEN = re.compile(
    r'(?P<long>"""(?:[^"\\]|\\.|"(?!""))*""")'
    r'|(?P<string>"(?:[^"\\\n]|\\.)*")'
    r"|(?P<comment>\#[^\n]*)"
    r"|(?P<newline>\n)"
    r"|(?P<space>[ \t\r]+)"
    r"|(?P<word>[A-Za-z_0-9]+)"
    r"|(?P<sign>==>|->|==|!=|<=|>=|\+=|-=|\*=|//=|%=|//|.)",
    re.DOTALL,
)
_OPEN, _CLOSE = frozenset("(["), frozenset(")]")
_JOINING = frozenset(
    [
        *(",", "==>", "==", "!=", "<=", ">=", "<", ">", "=", "+=", "-=", "*=", "//=", "%="),
        *("+", "-", "*", "//", "%", "and", "or", "not", "|", "->", "when"),
    ]
)
_PROPERTY = frozenset({"invariant", "transition", "lemma", "ensures", "can", "check"})
_KEYWORDS = frozenset(
    [
        "and",
        "or",
        "not",
        "in",
        "by",
        "when",
        "if",
        "elif",
        "else",
        "for",
        "while",
        "return",
        "require",
        "assert",
        "expect",
        "match",
        "fails",
        "modifies",
        "ensures",
        "emits",
        "invariant",
        "transition",
        "let",
        "var",
        "as",
        "with",
        "forall",
        "payable",
    ]
)
_SPACED = frozenset(
    [
        *("==>", "->", "==", "!=", "<=", ">=", "<", ">", "=", "+=", "-=", "*=", "//=", "%="),
        *("+", "-", "*", "//", "%", "|"),
    ]
)


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str


@dataclass(slots=True)
class _Line:
    """One line of the input."""

    column: int
    tokens: list[_Token]


def tokenize(text: str) -> list[_Token]:
    """Return all tokens, spaces and line breaks included."""
    return [_Token(m.lastgroup or "sign", m.group()) for m in _TOKEN.finditer(text)]


def get_essence(text: str) -> list[str]:
    """Return what formatting may not change: the tokens without spaces and line breaks."""
    return [each.text.rstrip() for each in tokenize(text) if each.kind not in ("space", "newline")]


def format_source(text: str) -> str:
    """Return the text in the house's layout; it must have been parsed without errors.

    Formatting twice gives what formatting once gives.
    """
    lines = _split(text.replace("\r\n", "\n"))
    out = _Layouter().run(lines)
    assert get_essence(out) == get_essence(text), "formatting keeps every token"
    return out


def _split(text: str) -> list[_Line]:
    lines = [_Line(0, [])]
    for token in tokenize(text):
        if token.kind == "newline":
            lines.append(_Line(0, []))
        elif token.kind == "space":
            if not lines[-1].tokens:
                lines[-1].column = len(token.text.expandtabs(INDENT))
        else:
            lines[-1].tokens.append(token)
    return lines


class _Layouter:
    """Lays lines out one after another."""

    def __init__(self) -> None:
        self._out: list[str] = []
        self._levels = [0]
        self._depth = 0
        self._last = ""
        self._first = ""

    def run(self, lines: list[_Line]) -> str:
        for number, line in enumerate(lines):
            if not line.tokens:
                if self._out and self._out[-1]:
                    self._out.append("")
                continue
            if line.tokens[0].kind == "comment":
                self._comment(line, lines[number + 1 :])
            else:
                self._code(line)
        while self._out and not self._out[-1]:
            self._out.pop()
        return "\n".join(self._out) + "\n" if self._out else ""

    def _is_continued(self) -> bool:
        if self._depth > 0 or self._last in _JOINING:
            return True
        return self._last == ":" and self._first in _PROPERTY

    def _comment(self, line: _Line, rest: list[_Line]) -> None:
        """Indent a comment like the block its column puts it in."""
        follows = next((e for e in rest if e.tokens and e.tokens[0].kind != "comment"), None)
        level = max(i for i, each in enumerate(self._levels) if each <= line.column or i == 0)
        deeper = follows is not None and follows.column > self._levels[-1]
        if self._is_continued() or (deeper and line.column > self._levels[-1]):
            level = len(self._levels)
        self._out.append(" " * (INDENT * level) + line.tokens[0].text.rstrip())

    def _code(self, line: _Line) -> None:
        if self._is_continued():
            level = len(self._levels)
            if self._depth > 0 and line.tokens[0].text in _CLOSE:
                level -= 1
        else:
            while line.column < self._levels[-1]:
                self._levels.pop()
            if line.column > self._levels[-1]:
                self._levels.append(line.column)
            level = len(self._levels) - 1
            self._first = line.tokens[0].text
        self._out.append(" " * (INDENT * level) + self._join(line.tokens))

    def _join(self, tokens: list[_Token]) -> str:
        parts: list[str] = []
        before: _Token | None = None
        unary = False
        for token in tokens:
            if token.kind == "comment":
                parts.append(("  " if parts else "") + token.text.rstrip())
                continue
            if before is not None and not unary and _has_space(before, token):
                parts.append(" ")
            unary = token.text == "-" and _is_unary(before, self._last)
            parts.append(token.text)
            self._depth += token.text in _OPEN
            self._depth = max(0, self._depth - (token.text in _CLOSE))
            self._last = token.text
            before = token
        return "".join(parts)


def _is_unary(before: _Token | None, last: str) -> bool:
    text = last if before is None else before.text
    return text in _OPEN or text in _SPACED or text in _KEYWORDS or text in (",", ":")


def _has_space(before: _Token, token: _Token) -> bool:
    """Say whether a space stands between two tokens."""
    if before.text in _OPEN or token.text in _CLOSE or token.text in (",", ":"):
        return False
    if before.text == "." or token.text == ".":
        return False
    if token.text in _OPEN:
        return not (before.kind == "word" and before.text not in _KEYWORDS) and (
            before.text not in _CLOSE
        )
    return True
