"""Parsing: text to syntax tree. This package alone imports lark."""

from dataclasses import dataclass
from threading import Lock

from dsl import ast_members as decl
from dsl.diagnostics import Diagnostic, clamp
from dsl.layout import Comment, scan_layout
from dsl.parse.run import Run
from dsl.source import ERRORS_MAX, Source

_LOCK = Lock()
"""The parser's tables are shared, and so is the builder they call."""


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


def parse_source(source: Source) -> Parsed:
    """Return the syntax tree of a source with everything that is wrong with its form.

    Total and linear: never raises, whatever the text.
    """
    layout = scan_layout(source)
    if layout.repaired is None:
        return Parsed((), (), (), (), layout.comments, layout.diagnostics)
    run = Run(source, list(layout.diagnostics))
    with _LOCK:
        units = run.parse(layout.repaired + "\n")
    if any(each.code in ("QC0008", "QC0010") for each in run.found):
        units = ()  # later passes recurse over expressions
    if any(each.code == "QC0002" for each in run.found):
        run.found = [each for each in run.found if each.code != "QC0009"]
    ordered = sorted(run.found, key=lambda each: (each.span.start, each.code))
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
