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
    file: str = ""
    """Empty for the file that is compiled, else the imported one."""


@dataclass(frozen=True, slots=True)
class Part:
    """An imported text behind the one that is compiled."""

    name: str
    start: int
    """Offset of its first character."""
    line: int
    """How many lines of the whole stand before it."""
    path: str
    """The file it was read from, whole and without links."""


@dataclass(frozen=True, slots=True)
class Source:
    """A named text with the offsets of its lines."""

    name: str
    """The file's name as reports print it."""
    text: str
    """The whole text."""
    line_starts: tuple[int, ...]
    """Offset of each line's first character."""
    parts: tuple[Part, ...] = ()
    """Imported texts, in the order in which they stand behind the first."""

    def find_part(self, span: Span) -> Part | None:
        """Return the imported text that a span lies in, None for the text compiled."""
        inside = [each for each in self.parts if each.start <= span.start]
        return inside[-1] if inside else None

    def locate(self, span: Span) -> Location:
        """Return line, column and length of a span in its file."""
        line = bisect_right(self.line_starts, min(span.start, len(self.text)))
        column, length = span.start - self.line_starts[line - 1] + 1, span.end - span.start
        part = self.find_part(span)
        if part is None:
            return Location(line, column, length)
        return Location(line - part.line, column, length, part.name)

    def get_line_of(self, where: Location) -> str:
        """Return the text of a location's line."""
        before = next((each.line for each in self.parts if each.name == where.file), 0)
        return self.get_line(before + where.line)

    def get_line(self, line: int) -> str:
        """Return the text of a 1-based line without its line break."""
        start = self.line_starts[line - 1]
        end = self.line_starts[line] - 1 if line < len(self.line_starts) else len(self.text)
        return self.text[start:end].rstrip("\r")


def extend_source(source: Source, name: str, path: str, text: str) -> tuple[Source, int]:
    """Return the source with another text behind it, and that text's offset."""
    first = source.text if source.text.endswith("\n") else source.text + "\n"
    whole = make_source(source.name, first + text)
    part = Part(name, len(first), bisect_right(whole.line_starts, len(first)) - 1, path)
    return Source(whole.name, whole.text, whole.line_starts, (*source.parts, part)), len(first)


def make_source(name: str, text: str) -> Source:
    """Return a source whose line table is computed from the text."""
    starts = [0]
    position = text.find("\n")
    while position >= 0:
        starts.append(position + 1)
        position = text.find("\n", position + 1)
    return Source(name, text, tuple(starts))
