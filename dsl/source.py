"""Source text, spans into it, and the line and column a person reads."""

from bisect import bisect_right
from dataclasses import dataclass

LENGTH_BYTES_MAX = 64 * 1024
"""Longest source accepted, in bytes of UTF-8: the compiler's time is linear in it."""

BRACKETS_DEPTH_MAX = 32
"""Deepest nesting of brackets: later passes recurse over what lies between them."""

BLOCKS_DEPTH_MAX = 12
"""Deepest nesting of indented blocks: the core IR allows 16 open blocks a function."""

EXPRESSION_DEPTH_MAX = 40
"""Deepest expression tree, so that `a + a + …` of any length cannot exhaust a recursive pass."""

FUNCTION_DEPTH_MAX = 150
"""Deepest nesting of syntax within a function and, behind it, the functions it calls: what
recursive passes may have to descend."""

ERRORS_MAX = 20
"""Errors reported in one run; more of them say nothing new."""


@dataclass(frozen=True, slots=True)
class Span:
    """A half-open range of characters in one source text."""

    start: int
    """Offset of the first character."""
    end: int
    """Offset after the last character; never below `start`."""

    def join(self, other: "Span") -> "Span":
        """Return the smallest span that covers both."""
        return Span(min(self.start, other.start), max(self.end, other.end))


@dataclass(frozen=True, slots=True)
class Location:
    """Where something stands, as a person counts."""

    line: int
    """1-based."""
    column: int
    """1-based, in characters."""
    length: int
    """In characters; 0 at the end of a line."""


@dataclass(frozen=True, slots=True)
class Source:
    """A named text with the offsets of its lines."""

    name: str
    """The file's name as reports print it."""
    text: str
    """The whole text."""
    line_starts: tuple[int, ...]
    """Offset of each line's first character."""

    def locate(self, span: Span) -> Location:
        """Return line, column and length of a span."""
        line = bisect_right(self.line_starts, min(span.start, len(self.text)))
        return Location(line, span.start - self.line_starts[line - 1] + 1, span.end - span.start)

    def get_line(self, line: int) -> str:
        """Return the text of a 1-based line without its line break."""
        start = self.line_starts[line - 1]
        end = self.line_starts[line] - 1 if line < len(self.line_starts) else len(self.text)
        return self.text[start:end].rstrip("\r")


def make_source(name: str, text: str) -> Source:
    """Return a source whose line table is computed from the text."""
    starts = [0]
    position = text.find("\n")
    while position >= 0:
        starts.append(position + 1)
        position = text.find("\n", position + 1)
    return Source(name, text, tuple(starts))
