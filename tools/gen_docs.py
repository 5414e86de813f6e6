"""Write the generated documents, or compare them byte for byte (`--check`).

docs/errors.md and quantumchain/catalogue.json come from the declarations of all error codes,
docs/limits.md from spec/limits.py, docs/commands.md from the arguments of every `qc` command,
docs/language/diagnostics.md from the compiler's catalogue, docs/proofs.md from the theorems,
stdlib_contracts/PROPERTIES.md from its rows and manifests.
"""

import argparse
import ast
import importlib
import itertools
import json
import sys
from collections.abc import Callable, Iterator
from typing import Final

from conformance.scenarios.catalogue import render_page as render_scenarios
from dsl.catalog import CATALOG
from proofs.pages import render_page
from quantumchain import rooms
from quantumchain.arguments import Parser
from quantumchain.commands import COMMANDS, Command
from stdlib_contracts.rows import render_properties
from tools.codes import collect_codes
from tools.project import ROOT

NOTE: Final = "<!-- Written by `make docs`; change the source, not this file. -->"
ABOUT_ERRORS: Final = (
    "The code of an error is normative: vectors, API and reports quote it. Codes of the compiler"
    " (`QC0103`) are explained by `qc explain CODE`."
)
ABOUT_DIAGNOSTICS: Final = (
    "Each example is compiled by `tests/dsl/test_catalog.py`: the wrong one gives its code and no"
    " other, the right one none. What a *file*, *member*, *line* or *test* example stands in is"
    " said at the head of `reference.md`. Codes without an example are limits; an example"
    " would be too large to print. `qc explain CODE` says the same."
)
ABOUT_COMMANDS: Final = (
    "Exit codes: 0 good, 1 the thing under test failed, 2 usage or environment, 3 only undecided"
    " is left; 130 interrupted, 141 the reader of a pipe has gone."
)


def render_errors() -> str:
    """docs/errors.md: every code, its meaning, its evidence, grouped by domain."""
    parts = ["# Errors", NOTE, ABOUT_ERRORS]
    by_domain = itertools.groupby(collect_codes(), lambda found: found.code.partition(".")[0])
    for domain, declarations in by_domain:
        rows = [
            f"| `{found.code}` | {_escape(found.meaning)} | {', '.join(found.evidence)} "
            f"| {found.path} |"
            for found in declarations
        ]
        head = ["| code | what is wrong | evidence | declared in |", "|---|---|---|---|"]
        parts += [f"## {domain}", "\n".join([*head, *rows])]
    return "\n\n".join(parts) + "\n"


def render_catalogue() -> str:
    """quantumchain/catalogue.json: the same for `qc explain`, which has no source at hand."""
    entries = {
        found.code: {"meaning": found.meaning, "evidence": found.evidence, "where": found.path}
        for found in collect_codes()
    }
    return json.dumps(entries, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def render_diagnostics() -> str:
    """docs/language/diagnostics.md: every code of the compiler, with what gives it and its cure."""
    parts = ["# Diagnostics", NOTE, ABOUT_DIAGNOSTICS]
    for entry in CATALOG.values():
        parts += [f"## {entry.code}: {entry.title}", entry.explanation]
        for title, text in (("wrong", entry.wrong), ("right", entry.right)):
            if text:
                parts.append(f"```qc {title} {entry.frame}\n{text}\n```")
    return "\n\n".join(parts) + "\n"


def render_limits() -> str:
    """docs/limits.md: every limit with its figure and reason, in the order of spec/limits.py."""
    source = (ROOT / "spec" / "limits.py").read_text("utf-8")
    module = importlib.import_module("spec.limits")
    parts = ["# Limits", NOTE, ast.get_docstring(ast.parse(source)) or ""]
    rows: list[str] = []
    for kind, name, text in _read_limits(source):
        if kind == "section":
            parts += ["\n".join(rows)] if rows else []
            rows = []
            parts.append(f"## {name}")
            continue
        rows = rows or ["| limit | figure | reason |", "|---|---|---|"]
        rows.append(f"| `{name}` | {_render_figure(getattr(module, name))} | {_escape(text)} |")
    return "\n\n".join([*parts, "\n".join(rows)]) + "\n"


def _read_limits(source: str) -> Iterator[tuple[str, str, str]]:
    """Sections and limits in the order of the text: (kind, name, reason)."""
    body = ast.parse(source).body
    sections = [
        (number, line.removeprefix("# Chapter ").strip())
        for number, line in enumerate(source.splitlines(), 1)
        if line.startswith("# Chapter ")
    ]
    for node, after in zip(body, [*body[1:], None], strict=True):
        while sections and sections[0][0] < node.lineno:
            yield "section", sections.pop(0)[1], ""
        name = _get_assigned_name(node)
        if name is not None and not name.startswith("_"):
            match after:
                case ast.Expr(value=ast.Constant(str(text))):
                    yield "limit", name, " ".join(text.split())
                case _:
                    yield "limit", name, ""


def _get_assigned_name(node: ast.stmt) -> str | None:
    match node:
        case ast.Assign(targets=[ast.Name(name)]) | ast.AnnAssign(target=ast.Name(name)):
            return name
    return None


def _render_figure(value: object) -> str:
    return f"{value:_}".replace("_", ",") if type(value) is int else f"`{value!r}`"


def render_commands() -> str:
    """docs/commands.md: every command that exists, its arguments and options."""
    parts = ["# Commands", NOTE, ABOUT_COMMANDS]
    for command in COMMANDS:
        if rooms.has_module(command.module):
            parts += _render_command(command)
    return "\n\n".join(parts) + "\n"


def _render_command(command: Command) -> list[str]:
    parser = Parser(prog=f"qc {command.name}", description=command.summary)
    module = importlib.import_module(rooms.compute_module_name(command.module))
    module.add_arguments(parser)
    needs = f" Needs the extra `{command.extra}`." if command.extra else ""
    return [
        f"## qc {command.name}",
        f"{command.summary[0].upper()}{command.summary[1:]}.{needs}",
        *_render_parser(parser, ""),
    ]


def _render_parser(parser: argparse.ArgumentParser, summary: str) -> list[str]:
    """A parser's rows, then those of its sub-commands.

    Written by hand from the parser's actions, since argparse's own text differs between the
    Python versions.
    """
    parts = [summary] if summary else []
    rows = []
    nested: list[list[str]] = []
    for action in parser._actions:  # noqa: SLF001 - argparse offers no other way to list them
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001 - as above
            texts = {choice.dest: choice.help or "" for choice in action._choices_actions}  # noqa: SLF001 - as above
            for name, child in action.choices.items():
                title = f"### {child.prog}"
                nested.append([title, *_render_parser(child, texts.get(name, ""))])
        elif action.dest != "help":
            rows.append(f"| {_render_name(action)} | {_escape(action.help or '')} |")
    if rows:
        parts.append("\n".join(["| argument | meaning |", "|---|---|", *rows]))
    return parts + [part for child in nested for part in child]


def _render_name(action: argparse.Action) -> str:
    if not action.option_strings:
        return f"`{action.metavar or action.dest}`"
    value = "" if action.nargs == 0 else f" {action.metavar or action.dest.upper()}"
    return ", ".join(f"`{option}{value}`" for option in action.option_strings)


def _escape(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


DOCUMENTS: Final[dict[str, Callable[[], str]]] = {
    "docs/errors.md": render_errors,
    "quantumchain/catalogue.json": render_catalogue,
    "docs/language/diagnostics.md": render_diagnostics,
    "docs/limits.md": render_limits,
    "docs/commands.md": render_commands,
    "docs/proofs.md": lambda: render_page(NOTE),
    "docs/scenarios.md": lambda: render_scenarios(NOTE),
    "stdlib_contracts/PROPERTIES.md": render_properties,
}


def main(words: list[str]) -> int:
    """Write every document, or with `--check` name the first line that differs; 1 if one does."""
    check = words == ["--check"]
    stale = 0
    for name, render in DOCUMENTS.items():
        path = ROOT / name
        wanted = render()
        found = path.read_text("utf-8") if path.exists() else ""
        if found == wanted:
            continue
        stale += 1
        if check:
            print(f"{name}:{_find_difference(found, wanted)} is stale; `make docs` writes it anew")
        else:
            path.write_text(wanted, "utf-8")
            print(f"wrote {name}")
    return 1 if check and stale else 0


def _find_difference(found: str, wanted: str) -> int:
    """The 1-based number of the first line that differs."""
    pairs = itertools.zip_longest(found.splitlines(), wanted.splitlines())
    return next((number for number, (a, b) in enumerate(pairs, 1) if a != b), 1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
