"""Diagnostics: what the compiler tells an author, as data, as text and as JSON."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import Enum

from dsl.source import Source, Span

IN_SCOPE_SHOWN_MAX = 8
"""Names listed after `in scope:`; a longer list is noise."""

CARETS_MAX = 60
"""Longest underline."""


class Severity(Enum):
    """How a diagnostic weighs."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Label:
    """A second place that explains the first."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding about a source text."""

    code: str
    """Stable, "QC0103"; `dsl.catalog` explains each."""
    severity: Severity
    message: str
    """One line: what was found."""
    span: Span
    """Where; always inside the text."""
    label: str = ""
    """Beside the caret: what was expected, or how to mend it."""
    hint: str = ""
    """A second line of advice."""
    expected: tuple[str, ...] = ()
    """What would have been accepted here."""
    in_scope: tuple[str, ...] = ()
    """Names usable here, nearest first."""
    others: tuple[Label, ...] = ()


def is_error(diagnostic: Diagnostic) -> bool:
    """Say whether the diagnostic stops compilation."""
    return diagnostic.severity is Severity.ERROR


def find_nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name closest to a misspelt one, or None if none is close."""
    candidates = sorted(known)
    folded = [each for each in candidates if each.lower() == name.lower()]
    if folded:
        return folded[0]
    close = difflib.get_close_matches(name, candidates, n=1, cutoff=0.6)
    return close[0] if close else None


def clamp(diagnostic: Diagnostic, length: int) -> Diagnostic:
    """Return the diagnostic with its spans inside a text of the given length."""

    def inside(span: Span) -> Span:
        start = min(max(span.start, 0), length)
        return Span(start, min(max(span.end, start), length))

    others = tuple(Label(inside(each.span), each.text) for each in diagnostic.others)
    return replace(diagnostic, span=inside(diagnostic.span), others=others)


def _render_place(source: Source, span: Span, text: str, gutter: int) -> list[str]:
    where = source.locate(span)
    line = source.get_line_of(where)
    room = max(1, len(line) - where.column + 1)
    carets = "^" * max(1, min(where.length, room, CARETS_MAX))
    pad = " " * (where.column - 1)
    below = f"{' ' * gutter} | {pad}{carets} {text}".rstrip()
    return [f"{where.line:>{gutter}} | {line}", below]


def render_diagnostic(source: Source, diagnostic: Diagnostic) -> str:
    """Return the diagnostic as an author reads it, without a closing line break."""
    where = source.locate(diagnostic.span)
    places = (diagnostic.span, *(other.span for other in diagnostic.others))
    gutter = max(2, *(len(str(source.locate(span).line)) for span in places))
    severity = diagnostic.severity.value
    lines = [
        f"{severity}[{diagnostic.code}]: {diagnostic.message}",
        f"  --> {where.file or source.name}:{where.line}:{where.column}",
    ]
    beside = [diagnostic.label] if diagnostic.label else []
    if diagnostic.in_scope:
        shown = diagnostic.in_scope[:IN_SCOPE_SHOWN_MAX]
        more = ", …" if len(diagnostic.in_scope) > IN_SCOPE_SHOWN_MAX else ""
        beside.append(f"in scope: {', '.join(shown)}{more}")
    lines += _render_place(source, diagnostic.span, "   ".join(beside), gutter)
    for other in diagnostic.others:
        there = source.locate(other.span)
        if there.file != where.file:
            lines.append(f"  ::: {there.file or source.name}:{there.line}:{there.column}")
        lines += _render_place(source, other.span, other.text, gutter)
    if diagnostic.expected:
        lines.append(f"{' ' * gutter} = expected: {', '.join(diagnostic.expected)}")
    if diagnostic.hint:
        lines.append(f"{' ' * gutter} = hint: {diagnostic.hint}")
    return "\n".join(lines)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def render_summary(source: Source, diagnostics: tuple[Diagnostic, ...]) -> str:
    """Return the last line: how many, where the second is, what to ask next."""
    errors = [each for each in diagnostics if is_error(each)]
    warnings = [each for each in diagnostics if each.severity is Severity.WARNING]
    counts = [_count(len(errors), "error")] if errors else []
    counts += [_count(len(warnings), "warning")] if warnings else []
    first = (errors or warnings)[0]
    text = ", ".join(counts)
    if len(errors) > 1:
        second = source.locate(errors[1].span)
        text += f" (second: {second.file or source.name}:{second.line})"
    return f"{text} · qc explain {first.code}"


def render_diagnostics(source: Source, diagnostics: tuple[Diagnostic, ...]) -> str:
    """Return all diagnostics, then the summary line; empty text if there are none."""
    shown = [render_diagnostic(source, each) for each in diagnostics]
    if any(each.severity is not Severity.NOTE for each in diagnostics):
        shown.append(render_summary(source, diagnostics))
    return "\n".join(shown)


def encode_diagnostic(source: Source, diagnostic: Diagnostic) -> dict[str, object]:
    """Return the JSON view that editors read."""

    def place(span: Span) -> dict[str, object]:
        where = source.locate(span)
        file = {"file": where.file} if where.file else {}
        return {"line": where.line, "column": where.column, "length": where.length, **file}

    return {
        "code": diagnostic.code,
        "severity": diagnostic.severity.value,
        "message": diagnostic.message,
        "file": source.name,
        **place(diagnostic.span),
        "label": diagnostic.label,
        "hint": diagnostic.hint,
        "expected": list(diagnostic.expected),
        "in_scope": list(diagnostic.in_scope),
        "others": [{**place(each.span), "text": each.text} for each in diagnostic.others],
    }
