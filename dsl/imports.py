"""`import "path": Name, …`: declarations and components of other files.

A path is relative to the importing file and stays below the project's root, the nearest folder
above that holds `pyproject.toml`, `qc.toml` or `.git` (else the file's own folder); `std/` means
the standard library. Imported files are read once, parsed alone, and put behind the text of the
file that is compiled, so that every span tells its file. What an imported declaration uses of its
file comes along.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dsl import ast
from dsl import ast_members as decl
from dsl.ast_rewrite import shift
from dsl.ast_walk import walk_syntax
from dsl.diagnostics import Diagnostic, Label, Severity, find_nearest
from dsl.parse import Parsed, parse_source
from dsl.source import LENGTH_BYTES_MAX, Source, Span, extend_source, make_source

FILES_MAX = 32
"""Files that one compilation reads beside its own."""
DEPTH_MAX = 8
"""Files that import one another in a chain."""
PATH = re.compile(r"(?:\.\./){0,8}(?:\w[\w.-]{0,63}/){0,8}[\w-]{1,64}\.qc", re.ASCII)
"""What a path looks like: names, forward slashes, `..` in front only."""
STANDARD = Path(__file__).resolve().parent.parent / "stdlib_contracts"
ROOT_MARKS = ("pyproject.toml", "qc.toml", ".git")

Shared = decl.Shared
Table = dict[str, Shared]
"""Declarations by name."""


@dataclass(frozen=True, slots=True)
class Deployable:
    """A contract with everything at the level of its own file."""

    contract: decl.Contract
    table: Table


@dataclass(frozen=True, slots=True)
class _File:
    """What a file brings."""

    table: Table
    contracts: dict[str, decl.Contract]


@dataclass(slots=True)
class Imports:
    """What a file can use, and everything that was read for it."""

    source: Source
    """The file's text with the imported ones behind it."""
    table: Table
    """Everything at the level of the file, imported declarations included."""
    found: list[Diagnostic]
    contracts: dict[str, "Deployable"] = field(default_factory=dict)
    """Contracts of other files that tests may deploy, by name."""
    uses: dict[str, Span] = field(default_factory=dict)
    """Of each file that was read: the import that asked for it first, in the file compiled."""


def resolve_imports(source: Source, parsed: Parsed) -> Imports:
    """Return everything at the level of a file: its own, and what it imports."""
    loader = _Loader(source)
    own = {each.name.text: each for each in parsed.shared}
    here = Path(source.name)
    table = loader.read_all(parsed.imports, here, (), None) if parsed.imports else {}
    for name, unit in own.items():
        if name in table:
            loader.report("QC0155", f"`{name}` is imported and declared", unit.name.span)
        table[name] = unit
    return Imports(loader.source, table, loader.found, loader.contracts, loader.uses)


def list_needed(table: Mapping[str, Shared], roots: Sequence[object]) -> list[Shared]:
    """Return the declarations that nodes use, and what those use, in the order of their names."""
    needed: dict[str, Shared] = {}
    pending: list[object] = list(roots) if table else []
    while pending:
        for name in _list_names(pending.pop()):
            unit = table.get(name)
            if unit is not None and name not in needed:
                needed[name] = unit
                pending.append(unit)
    return [needed[name] for name in sorted(needed)]


def _list_names(node: object) -> list[str]:
    found: list[str] = []
    for each in walk_syntax(node):
        if isinstance(each, (ast.Identifier, ast.Name)):
            found.append(each.text)
        elif isinstance(each, ast.TypeName):
            found.append(each.name)
    return found


class _Loader:
    """Reads files, each once."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.found: list[Diagnostic] = []
        self.uses: dict[str, Span] = {}
        self.contracts: dict[str, Deployable] = {}
        self._files: dict[Path, _File] = {}
        self._root = find_root(Path(source.name).resolve().parent)

    def report(self, code: str, message: str, span: Span, label: str = "") -> None:
        self.found.append(Diagnostic(code, Severity.ERROR, message, span, label))

    def read_all(
        self,
        imports: Sequence[decl.Import],
        here: Path,
        stack: tuple[Path, ...],
        first: Span | None,
    ) -> Table:
        """Return what the imports of a file bring; `first` is the import it was read for."""
        table: Table = {}
        for each in imports:
            use = each.span if first is None else first
            known = self._read(each, here, stack, use)
            if known is None:
                continue
            for name in each.names:
                unit = known.table.get(name.text)
                contract = known.contracts.get(name.text)
                if unit is None and contract is not None:
                    self.contracts[name.text] = Deployable(contract, known.table)
                    continue
                if unit is None:
                    near = find_nearest(name.text, [*known.table, *known.contracts])
                    label = f"did you mean `{near}`?" if near else "nothing of that name is there"
                    message = f"`{each.path}` declares no `{name.text}`"
                    self.report("QC0154", message, name.span, label)
                    continue
                if name.text in table and table[name.text] is not unit:
                    self.report("QC0155", f"`{name.text}` is imported twice", name.span)
                table[name.text] = unit
                for needed in list_needed(known.table, (unit,)):
                    table.setdefault(needed.name.text, needed)
        return table

    def _read(
        self, node: decl.Import, here: Path, stack: tuple[Path, ...], use: Span
    ) -> _File | None:
        path = self._resolve(node, here)
        if path is None:
            return None
        if path in stack or path == Path(self.source.name).resolve():
            self.report("QC0153", f"`{node.path}` imports this file in turn", node.span)
            return None
        if path in self._files:
            return self._files[path]
        if len(self._files) >= FILES_MAX or len(stack) >= DEPTH_MAX:
            label = f"at most {FILES_MAX} files, {DEPTH_MAX} deep"
            self.report("QC0701", "too many imported files", node.span, label)
            return None
        text = self._read_text(node, path)
        return None if text is None else self._parse(text, path, (*stack, path), use)

    def _parse(self, text: str, path: Path, stack: tuple[Path, ...], use: Span) -> _File:
        name = _name_file(path)
        self.uses.setdefault(name, use)
        self.source, offset = extend_source(self.source, name, str(path), text)
        parsed = parse_source(make_source(name, text))
        self.found += [_shift_diagnostic(each, offset) for each in parsed.diagnostics]
        imports = shift(parsed.imports, offset)
        table = self.read_all(imports, path, stack, use)
        table.update({each.name.text: shift(each, offset) for each in parsed.shared})
        contracts = {
            each.name.text: shift(each, offset) for each in (*parsed.contracts, *parsed.stubs)
        }
        self._files[path] = _File(table, contracts)
        return self._files[path]

    def _resolve(self, node: decl.Import, here: Path) -> Path | None:
        if not PATH.fullmatch(node.path):
            label = 'write "name.qc", "folder/name.qc", "../name.qc" or "std/access/name.qc"'
            self.report("QC0151", "this is no path of a contract file", node.path_span, label)
            return None
        if node.path.startswith("std/"):
            base, root, rest = STANDARD, STANDARD, node.path.removeprefix("std/")
        else:
            base, root, rest = here.resolve().parent, self._root, node.path
            if base.is_relative_to(STANDARD):
                root = STANDARD
        path = (base / rest).resolve()
        if not path.is_relative_to(root):
            label = "imports stay inside the project"
            self.report("QC0151", "this path leaves the project", node.path_span, label)
            return None
        return path

    def _read_text(self, node: decl.Import, path: Path) -> str | None:
        try:
            with path.open("rb") as file:
                data = file.read(LENGTH_BYTES_MAX + 1)
            text = data.decode("utf-8")
        except (OSError, UnicodeDecodeError):
            self.report("QC0152", f"`{node.path}` can't be read", node.path_span, str(node.path))
            return None
        if len(data) > LENGTH_BYTES_MAX:
            label = f"at most {LENGTH_BYTES_MAX} bytes"
            self.report("QC0152", f"`{node.path}` is too long", node.path_span, label)
            return None
        return text


def find_root(folder: Path) -> Path:
    """Return the folder of the project that a folder belongs to, below which imports stay."""
    for each in (folder, *folder.parents):
        if any((each / mark).exists() for mark in ROOT_MARKS):
            return each
    return folder


def _name_file(path: Path) -> str:
    """Return how messages call a file: relative to where the compiler runs, if it is below."""
    if path.is_relative_to(STANDARD):
        return f"std/{path.relative_to(STANDARD)}"
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else path.name


def _shift_diagnostic(each: Diagnostic, offset: int) -> Diagnostic:
    others = tuple(Label(shift(other.span, offset), other.text) for other in each.others)
    return Diagnostic(
        each.code,
        each.severity,
        each.message,
        shift(each.span, offset),
        each.label,
        each.hint,
        each.expected,
        each.in_scope,
        others,
    )
