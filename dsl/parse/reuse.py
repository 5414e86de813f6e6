"""Members that were parsed before: a text that is compiled again is mostly one that was known.

Whoever edits, watches or mutates a contract parses nearly the same text again and again. So the
tree of each member of a contract is kept by the member's text, and the parser is given the text
with every known member blanked to the marker `KNOWN`, of the same length: the rest keeps its place,
and the tree of a known member is moved to where it stands now.

This changes nothing that is found. What a member's text is depends on nothing around it: it
begins at a logical line, as `scan_layout` sees them, and ends before the next that is not deeper.
Whether a member may stand there the grammar decides, which takes `KNOWN` where it takes members.
Only texts without fault are kept or shortened; where one has a fault, it is parsed as a whole.
"""

import re
from collections.abc import Iterator, Sequence

from dsl import ast_members as decl
from dsl.ast_rewrite import shift
from dsl.source import Span

KNOWN = "\x02"
"""Stands in the shortened text for a member that was parsed before."""

INDENT = "    "
"""Of the members of a contract, as `qc contract fmt` writes them; others are parsed each time."""

KEPT_CHARACTERS_MAX = 1 << 18
"""Of all texts kept; beyond that all are forgotten. The library has about as many."""

_UNINDENTED = re.compile(rf" {{0,{len(INDENT)}}}[^ #\r\n]")


def list_chunks(text: str, lines: Sequence[int]) -> list[Span]:
    """Return where members may stand: an indented line, and all deeper ones behind it.

    Args:
        text: a source without faults of layout.
        lines: where its logical lines begin.
    """
    starts = [each for each in lines if _UNINDENTED.match(text, each)]
    ends = [*starts[1:], len(text)]
    return [
        Span(start, end)
        for start, end in zip(starts, ends, strict=False)
        if text.startswith(INDENT, start)
    ]


class Memory:
    """The trees of members by their text."""

    def __init__(self) -> None:
        self._members: dict[str, tuple[decl.Declaration, int]] = {}
        self.size = 0
        """Characters of the texts kept."""

    def forget(self) -> None:
        """Forget all members."""
        self._members.clear()
        self.size = 0

    def keep(self, text: str, chunks: Sequence[Span], units: Sequence[decl.Unit]) -> None:
        """Keep the members of a text that was parsed without fault."""
        members = {each.span.start: each for each in _list_members(units)}
        for chunk in chunks:
            member, part = members.get(chunk.start + len(INDENT)), text[chunk.start : chunk.end]
            if member is None or part in self._members:
                continue
            if self.size + len(part) > KEPT_CHARACTERS_MAX:
                self.forget()
            self.size += len(part)
            self._members[part] = (member, chunk.start)

    def shorten(self, text: str, chunks: Sequence[Span]) -> tuple[str, dict[int, decl.Declaration]]:
        """Return the text with known members blanked, and these by the place of their marker."""
        pieces, known, end = [], {}, 0
        for chunk in chunks:
            part = text[chunk.start : chunk.end]
            kept = self._members.get(part)
            if kept is None or not part.endswith("\n"):
                continue
            member, start = kept
            known[chunk.start + len(INDENT)] = shift(member, chunk.start - start)
            pieces += [text[end : chunk.start], (INDENT + KNOWN).ljust(len(part) - 1), "\n"]
            end = chunk.end
        return "".join((*pieces, text[end:])), known


def _list_members(units: Sequence[decl.Unit]) -> Iterator[decl.Declaration]:
    for unit in units:
        if isinstance(unit, decl.Contract | decl.Component):
            yield from unit.members
