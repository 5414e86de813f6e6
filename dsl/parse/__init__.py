"""Parsing: text to syntax tree. This package alone imports lark."""

from dataclasses import dataclass
from threading import Lock

from dsl import ast_members as decl
from dsl.diagnostics import Diagnostic, clamp
from dsl.layout import Comment, Layout, scan_layout
from dsl.parse.reuse import Memory, list_chunks
from dsl.parse.run import Run
from dsl.source import ERRORS_MAX, Source

_LOCK = Lock()
"""The parser's tables are shared, and so is the builder they call."""
MEMORY = Memory()
"""What this process has parsed."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """What parsing found."""

    contracts: tuple[decl.Contract, ...]
    """What is to be deployed; a file should hold one."""
    stubs: tuple[decl.Contract, ...]
    """Contracts that serve tests."""
    shared: tuple[decl.Shared, ...]
    """Declarations and components at the level of the file."""
    imports: tuple[decl.Import, ...]
    comments: tuple[Comment, ...]
    diagnostics: tuple[Diagnostic, ...]
    """In the order of the text; errors make the tree incomplete, never wrong."""


def parse_source(source: Source, memory: Memory = MEMORY) -> Parsed:
    """Return the syntax tree of a source with everything that is wrong with its form.

    Total and linear: never raises, whatever the text. The memory changes nothing but the time.
    """
    layout = scan_layout(source)
    if layout.repaired is None:
        return Parsed((), (), (), (), layout.comments, layout.diagnostics)
    with _LOCK:
        units, found = _parse(source, layout, layout.repaired + "\n", memory)
    if any(each.code in ("QC0008", "QC0010") for each in found):
        units = ()  # later passes recurse over expressions
    if any(each.code == "QC0002" for each in found):
        found = [each for each in found if each.code != "QC0009"]
    ordered = sorted(found, key=lambda each: (each.span.start, each.code))
    inside = tuple(clamp(each, len(source.text)) for each in ordered[:ERRORS_MAX])
    contracts = tuple(each for each in units if isinstance(each, decl.Contract))
    return Parsed(
        tuple(each for each in contracts if not each.is_stub),
        tuple(each for each in contracts if each.is_stub),
        tuple(each for each in units if isinstance(each, decl.Shared)),
        tuple(each for each in units if isinstance(each, decl.Import)),
        layout.comments,
        inside,
    )


def _parse(
    source: Source, layout: Layout, text: str, memory: Memory
) -> tuple[tuple[decl.Unit, ...], list[Diagnostic]]:
    """Return what a repaired text holds and what is wrong with it, known members moved in."""
    chunks = [] if layout.diagnostics else list_chunks(text, layout.lines)
    shortened, members = memory.shorten(text, chunks)
    run = Run(source, list(layout.diagnostics), members)
    units = run.parse(shortened)
    if members and run.found:
        run = Run(source, [], {})
        units = run.parse(text)
    if not run.found:
        memory.keep(text, chunks, units)
    return units, run.found
