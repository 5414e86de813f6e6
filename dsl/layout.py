"""What is checked on the raw text, before the parser: length, characters, strings, brackets.

The scan is linear and keeps no recursion, so no input can exhaust the parser behind it. It
answers a text of the same length in which every logical line that cannot be read is replaced by
the marker `SKIPPED`, so that the parser still finds the errors of all other lines.
"""

import re
from dataclasses import dataclass

from dsl.diagnostics import Diagnostic, Severity
from dsl.source import BRACKETS_DEPTH_MAX, LENGTH_BYTES_MAX, Source, Span

SKIPPED = "\x01"
"""Stands in the repaired text for a logical line that was dropped."""

_SCAN = re.compile(
    r'(?P<long>"""(?:[^"\\]|\\.|"(?!""))*""")'
    r'|(?P<string>"(?:[^"\\\n]|\\.)*")'
    r"|(?P<comment>\#[^\n]*)"
    r"|(?P<newline>\n)"
    r"|(?P<open>[(\[])"
    r"|(?P<close>[)\]])"
    r'|(?P<quote>"(?:"")?)'
    r"|(?P<tab>\t+)"
    r"|(?P<alien>[^\x20-\x7e\n\t\r]+|\r(?!\n))"
    r"|(?P<plain>[^\"\#\n()\[\]\t\x00-\x1f\x7f-\U0010ffff]+|\r)",
    re.DOTALL,
)
_STARTER = re.compile(
    r"[ ]*(?:(?:contract|state|role|roles|enum|phases|record|event|error|const|invariant|transition"
    r"|can|check|init|view|function|test|fails|modifies|ensures|emits|let|var|require|return|assert|expect"
    r"|match|elif|pass)\b|action\s+\w|[\w.\[\]]+\s*(?:\+=|-=|\*=))"
)
_ASSIGNMENT = re.compile(r"(?P<indent>[ ]*)[\w.\[\]]+\s*=(?!=)")
"""Opens a statement too, unless it is indented like a named argument."""

_CLOSES = {"(": ")", "[": "]"}


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment and where it stands."""

    span: Span


@dataclass(frozen=True, slots=True)
class Layout:
    """What the scan found."""

    repaired: str | None
    """The text for the parser; None if the text must not be parsed at all."""
    comments: tuple[Comment, ...]
    lines: tuple[int, ...]
    """Where logical lines begin, blank ones included."""
    diagnostics: tuple[Diagnostic, ...]


@dataclass(frozen=True, slots=True)
class _Bracket:
    offset: int
    text: str


def _error(code: str, message: str, span: Span, label: str = "", hint: str = "") -> Diagnostic:
    return Diagnostic(code, Severity.ERROR, message, span, label, hint)


def scan_layout(source: Source) -> Layout:
    """Return the repaired text, the comments and what is wrong with the raw text."""
    size = len(source.text.encode("utf-8", "replace"))
    if size > LENGTH_BYTES_MAX:
        message = f"the source has {size} bytes; at most {LENGTH_BYTES_MAX} are allowed"
        hint = "split the contract in two that call each other"
        return Layout(None, (), (), (_error("QC0001", message, Span(0, 0), "", hint),))
    return _Scanner(source).run()


class _Scanner:
    """One pass over a text; the state is a stack of open brackets and the lines to drop."""

    def __init__(self, source: Source) -> None:
        self._text = source.text
        self._found: list[Diagnostic] = []
        self._comments: list[Comment] = []
        self._open: list[_Bracket] = []
        self._line_start = 0
        self._lines = [0]
        self._bad_from: int | None = None
        self._bad: list[Span] = []
        self._blank: list[Span] = []
        self._fatal = False

    def run(self) -> Layout:
        for match in _SCAN.finditer(self._text):
            span = Span(match.start(), match.end())
            self._take(match.lastgroup or "plain", match.group(), span)
            if self._fatal:
                return Layout(None, tuple(self._comments), (), tuple(self._found))
        self._end_line(len(self._text))
        comments, lines = tuple(self._comments), tuple(self._lines)
        return Layout(self._repair(), comments, lines, tuple(self._found))

    def _take(self, kind: str, text: str, span: Span) -> None:
        if kind == "newline":
            self._newline(span)
        elif kind == "open":
            self._open.append(_Bracket(span.start, text))
            if len(self._open) > BRACKETS_DEPTH_MAX:
                message = f"brackets are nested more than {BRACKETS_DEPTH_MAX} deep"
                self._found.append(_error("QC0007", message, span, "name a part with `let`"))
                self._fatal = True
        elif kind == "close":
            self._close(text, span)
        elif kind == "comment":
            self._comments.append(Comment(span))
        elif kind == "quote":
            end = self._text.find("\n", span.start)
            rest = Span(span.start, len(self._text) if end < 0 else end)
            self._drop("QC0005", "this text has no closing quote", Span(span.start, span.end), rest)
        elif kind == "tab":
            hint = "`qc contract fmt` replaces tabs by four spaces a level"
            self._found.append(
                _error("QC0002", "a tab; indentation is made of spaces", span, "", hint)
            )
            self._blank.append(span)
        elif kind == "alien":
            message = f"character {text[0]!a} is not allowed outside texts and comments"
            self._drop("QC0004", message, Span(span.start, span.start + 1), span)

    def _drop(self, code: str, message: str, span: Span, rest: Span) -> None:
        if self._bad_from is None:
            self._found.append(_error(code, message, span))
            self._bad_from = self._line_start
        self._blank.append(rest)

    def _newline(self, span: Span) -> None:
        if self._open and not self._is_unclosed(span.end):
            return
        if self._open:
            self._report_unclosed()
        self._end_line(span.start)
        self._line_start = span.end
        self._lines.append(span.end)

    def _is_unclosed(self, start: int) -> bool:
        """Say whether the line at `start` cannot be a continuation of an open bracket."""
        if _STARTER.match(self._text, start) is not None:
            return True
        assignment = _ASSIGNMENT.match(self._text, start)
        return assignment is not None and assignment.end("indent") - start <= self._line_indent()

    def _line_indent(self) -> int:
        """Return the indentation of the logical line at hand."""
        rest = self._text[self._line_start : self._open[0].offset]
        return len(rest) - len(rest.lstrip(" "))

    def _report_unclosed(self) -> None:
        opener = self._open[0]
        closer = _CLOSES[opener.text]
        if self._bad_from is None:
            span = Span(opener.offset, opener.offset + 1)
            message = f"`{opener.text}` is never closed"
            self._found.append(
                _error("QC0003", message, span, f"opened here, no `{closer}` follows")
            )
            self._bad_from = self._line_start
        self._open.clear()

    def _close(self, text: str, span: Span) -> None:
        if self._open and _CLOSES[self._open[-1].text] == text:
            self._open.pop()
            return
        if self._open:
            opener = self._open.pop()
            message = f"`{text}` does not close `{opener.text}`"
            wanted = f"`{_CLOSES[opener.text]}` was expected"
        else:
            message, wanted = f"`{text}` closes nothing", "no bracket is open here"
        if self._bad_from is None:
            self._found.append(_error("QC0006", message, span, wanted))
            self._bad_from = self._line_start

    def _end_line(self, end: int) -> None:
        if self._open and end == len(self._text):
            self._report_unclosed()
        if self._bad_from is not None:
            self._bad.append(Span(self._bad_from, end))
            self._bad_from = None

    def _repair(self) -> str:
        if not self._bad and not self._blank:
            return self._text
        characters = list(self._text)
        for span in self._blank:
            for offset in range(span.start, span.end):
                if characters[offset] != "\n":
                    characters[offset] = " "
        for span in self._bad:
            self._mark(characters, span)
        return "".join(characters)

    def _mark(self, characters: list[str], span: Span) -> None:
        marked = False
        for offset in range(span.start, span.end):
            if self._text[offset] in "\n ":
                continue
            characters[offset] = " " if marked else SKIPPED
            marked = True
