"""Level 5, for clients with a compiler: sources and the modules they become, or their errors."""

import re
from pathlib import Path
from typing import Final

from conformance.generate.case import ACCEPT, Case, Suite
from dsl.catalog import CATALOG, make_example
from dsl.imports import STANDARD
from stdlib_contracts.loader import list_contracts

EXAMPLES: Final = Path(__file__).resolve().parents[3] / "examples" / "contracts"
IMPORT: Final = re.compile(r'^import "std/([^"]+)"', re.MULTILINE)
WHY: Final = "The same source is the same module, byte for byte, whoever compiles it."
MENDED: Final = frozenset({"QC0602", "QC0603", "QC0604", "QC0605", "QC0801", "QC0902"})
"""Codes of warnings, advice and errors of tests: the contract itself has a module all the same."""
NAMED: Final = "QC0153"
"""A file that imports itself: in a record a source has no name by which it could."""


def build() -> tuple[Suite, ...]:
    """A suite for each contract of the library, the examples, and the diagnostics."""
    library = [
        _make_suite(each.name, (_accept("source", each.read_source()),))
        for each in list_contracts()
    ]
    paths = sorted(EXAMPLES.glob("*/*.qc"))
    examples = [_accept(path.stem, path.read_text(encoding="utf-8")) for path in paths]
    assert examples, "the examples stand in a checkout, where vectors are generated"
    diagnostics = _make_suite("diagnostics", _build_diagnostics())
    return (*library, _make_suite("examples", tuple(examples)), diagnostics)


def _build_diagnostics() -> tuple[Case, ...]:
    cases: list[Case] = []
    for code, entry in CATALOG.items():
        if not entry.wrong or code == NAMED:
            continue
        wrong = make_example(entry, entry.wrong)
        expected = ACCEPT if code in MENDED else code
        why = f"A source is refused for this, and told so: {entry.title}."
        if code in MENDED:
            why = f"A contract has its module all the same: {entry.title}."
        cases.append(_make_case(f"{code.lower()}_wrong", why, wrong, expected))
        if entry.right:
            right = make_example(entry, entry.right)
            cases.append(_make_case(f"{code.lower()}_right", WHY, right, ACCEPT))
    return tuple(cases)


def _make_case(name: str, why: str, source: str, expected: str) -> Case:
    args = {"source": source, "files": _list_files(source)}
    return Case(name, why, "compiler", "contract.compile", args, expected)


def _make_suite(name: str, cases: tuple[Case, ...]) -> Suite:
    return Suite(f"compile/{name}", "contract", "contract.compile", cases)


def _accept(name: str, source: str) -> Case:
    return _make_case(name, WHY, source, ACCEPT)


def _list_files(source: str) -> dict[str, str]:
    """The files of the library that a source reads, by the path in its imports."""
    found: dict[str, str] = {}
    pending = [source]
    while pending:
        for path in IMPORT.findall(pending.pop()):
            if f"std/{path}" not in found:
                file = STANDARD / path
                text = file.read_text(encoding="utf-8") if file.is_file() else ""
                found[f"std/{path}"] = text
                pending.append(text)
    return dict(sorted(found.items()))
