"""The codes of all errors, read from the source: `tx.nonce_mismatch` and where it is made.

A code of the rules is declared in one of two ways: by a class with `code: ClassVar[str] = "…"`,
whose docstring says what is wrong and whose fields are the evidence; or by a member of an Enum
called …Error or …Rule, `NAME = "…"` or `NAME = ("…", "what is wrong")`, explained by its text or by
the docstring beneath. A command may also report a code where it finds the fault, as in
`report_error("cli.x", "…")` or `CliError("cli.x", "…")`; the sentence explains it, with an ellipsis
for what it fills in.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tools.project import ROOT, get_files

# The rooms that declare codes; the conformance runner and its clients only quote them.
ROOMS: Final = (
    *("spec", "dsl", "stdlib_contracts", "proofs"),
    *("conformance", "qcref", "quantumchain"),
)
QUOTING: Final = ("conformance/clients", "conformance/templates")

# Calls that report a code, by the end of their name; the code comes first, its sentence second.
REPORTERS: Final = ("CliError", "FaultError", "report_error", "_report", "_complain")

CODE: Final = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+")


@dataclass(frozen=True, slots=True)
class Declaration:
    """One declaration of a code."""

    code: str
    meaning: str  # one line
    evidence: tuple[str, ...]  # the names of the fields
    path: str  # relative to the root
    line: int
    is_rule: bool  # declared by a class or a member, hence once; False for what a command reports


def collect_codes() -> list[Declaration]:
    """All declarations, ordered by code; of what is reported in several places, the first."""
    found = [
        declaration
        for path in get_files(*(f"{room}/*.py" for room in ROOMS))
        if not str(path.relative_to(ROOT)).startswith(QUOTING)
        for declaration in read_declarations(path)
    ]
    rules = [declaration for declaration in found if declaration.is_rule]
    taken = {declaration.code for declaration in rules}
    reported: dict[str, Declaration] = {}
    for declaration in found:
        if declaration.code not in taken:
            reported.setdefault(declaration.code, declaration)
    return sorted([*rules, *reported.values()], key=lambda each: (each.code, each.path))


def read_declarations(path: Path) -> Iterator[Declaration]:
    """The declarations of one file, in the order of its text."""
    name = str(path.relative_to(ROOT))
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ClassDef):
            yield from _read_class(node, name)
            is_enum = any(ast.unparse(base).endswith("Enum") for base in node.bases)
            if is_enum and node.name.endswith(("Error", "Rule")):
                yield from _read_members(node, name)
        elif isinstance(node, ast.Call):
            yield from _read_call(node, name)


def get_code(node: ast.ClassDef) -> str | None:
    """The code that a class declares as its class attribute, or None."""
    for item in node.body:
        match item:
            case ast.AnnAssign(
                target=ast.Name("code"), annotation=annotation, value=ast.Constant(str(code))
            ) if "ClassVar" in ast.unparse(annotation):
                return code
    return None


def _read_class(node: ast.ClassDef, path: str) -> Iterator[Declaration]:
    code = get_code(node)
    if code is not None:
        fields = tuple(
            item.target.id
            for item in node.body
            if isinstance(item, ast.AnnAssign)
            and isinstance(item.target, ast.Name)
            and "ClassVar" not in ast.unparse(item.annotation)
        )
        meaning = _join(ast.get_docstring(node) or "")
        yield Declaration(code, meaning, fields, path, node.lineno, is_rule=True)


def _read_members(node: ast.ClassDef, path: str) -> Iterator[Declaration]:
    following = [*node.body[1:], None]
    for item, after in zip(node.body, following, strict=True):
        match item:
            case ast.Assign(targets=[ast.Name()], value=ast.Constant(str(code))):
                meaning = _read_docstring(after)
            case ast.Assign(
                targets=[ast.Name()],
                value=ast.Tuple(elts=[ast.Constant(str(code)), ast.Constant(str(meaning)), *_]),
            ):
                pass
            case _:
                continue
        if CODE.fullmatch(code):
            yield Declaration(code, _join(meaning), (), path, item.lineno, is_rule=True)


def _read_call(node: ast.Call, path: str) -> Iterator[Declaration]:
    match node.args:
        case [ast.Constant(str(code)), (ast.Constant() | ast.JoinedStr()) as sentence, *_]:
            if CODE.fullmatch(code) and ast.unparse(node.func).endswith(REPORTERS):
                meaning = _join(_read_sentence(sentence))
                yield Declaration(code, meaning, (), path, node.lineno, is_rule=False)


def _read_sentence(node: ast.expr) -> str:
    match node:
        case ast.Constant(str(text)):
            return text
        case ast.JoinedStr(parts):
            return "".join(_read_sentence(part) for part in parts)
    return "…"


def _read_docstring(node: ast.stmt | None) -> str:
    match node:
        case ast.Expr(value=ast.Constant(str(text))):
            return text
    return ""


def _join(text: str) -> str:
    """The first paragraph on one line."""
    return " ".join(text.strip().split("\n\n")[0].split())
