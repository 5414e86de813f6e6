"""The table of properties: what each row says, and what it rests on.

`rows/NAME.toml` holds a section of the table, a row each:

    [F1]
    text = "balances sum to the supply"
    proved = ["erc20.backed"]

A row has exactly one status: `proved` names properties or claims of contracts, `tested` names
tests, `by_construction` names the negative tests, `not_offered` and `planned` give a reason. A
proved row may name tests besides (`also_tested`) for what no property can say.

What is proved is named `contract.property`, `contract.function` (all that is claimed of it) or
`contract.function.claim`, where the claim is `fails`, `frame`, `ensures` or `succeeds`. A `*` for
the contract and the function stands for all of them: `*.*.fails`. Tests are
`tests/path.py::test_name`, or `contract: title of a test block`.
"""

import ast
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from stdlib_contracts.loader import ROOT, find_contract, list_folders
from stdlib_contracts.manifest import PROVED, Entry, read_manifest

STATUSES = ("proved", "tested", "by_construction", "not_offered", "planned")
REASONS = frozenset({"not_offered", "planned"})
"""Statuses that give a reason instead of evidence."""
NOT_OFFERED_MAX = 14
ANY = "*"
NOTE = "<!-- Written by `make docs` from rows/ and the manifests; change those, not this file. -->"


class RowError(Exception):
    """A row that says something false or nothing."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the table."""

    id: str
    text: str
    status: str
    evidence: tuple[str, ...]
    """References; for `not_offered` and `planned` the one reason."""
    also_tested: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """The rows of one subject."""

    title: str
    rows: tuple[Row, ...]


def read_sections(folder: Path) -> tuple[Section, ...]:
    """The sections of the table, in the order of their `position`.

    Raises:
        RowError: a row has no status, or several.
    """
    found = []
    for path in sorted(folder.glob("*.toml")):
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        title, position = content.pop("title"), content.pop("position")
        rows = tuple(_read_row(name, fields) for name, fields in content.items())
        found.append((position, Section(title, rows)))
    return tuple(section for _, section in sorted(found, key=lambda each: each[0]))


def _read_row(name: str, fields: Mapping[str, str | list[str]]) -> Row:
    statuses = [each for each in STATUSES if each in fields]
    unknown = set(fields) - {*STATUSES, "text", "also_tested"}
    if len(statuses) != 1 or unknown:
        raise RowError(f"{name}: one status of {', '.join(STATUSES)}, found {sorted(fields)}")
    evidence, text = fields[statuses[0]], fields["text"]
    also = fields.get("also_tested", [])
    if not evidence or isinstance(evidence, str) != (statuses[0] in REASONS):
        raise RowError(f"{name}: `{statuses[0]}` is {evidence!r}")
    assert isinstance(text, str), f"{name}: the text is a string"
    assert isinstance(also, list), f"{name}: also_tested is a list"
    references = (evidence,) if isinstance(evidence, str) else tuple(evidence)
    return Row(name, text, statuses[0], references, tuple(also))


def read_manifests() -> dict[str, Entry]:
    """The entries of all manifests, by the contract's name."""
    return {each.name: each for folder in list_folders() for each in read_manifest(folder)}


def check_row(row: Row, manifests: Mapping[str, Entry]) -> None:
    """Make sure that what a row rests on exists, and is proved where it says so.

    Raises:
        RowError: it does not.
    """
    if row.status in REASONS:
        return
    for reference in row.evidence:
        if row.status == "proved":
            _check_proved(row.id, reference, manifests)
        else:
            _check_test(row.id, reference)
    for reference in row.also_tested:
        _check_test(row.id, reference)


def _check_proved(row: str, reference: str, manifests: Mapping[str, Entry]) -> None:
    verdicts = list(list_verdicts(reference, manifests))
    if not verdicts:
        raise RowError(f"{row}: nothing is called {reference}")
    if set(verdicts) != {PROVED}:
        raise RowError(f"{row}: {reference} is {', '.join(sorted(set(verdicts) - {PROVED}))}")


def list_verdicts(reference: str, manifests: Mapping[str, Entry]) -> Iterator[str]:
    """The verdicts that a reference stands for; none if it names nothing."""
    name, _, rest = reference.partition(".")
    member, _, claim = rest.partition(".")
    for entry in manifests.values():
        if name not in {ANY, entry.name}:
            continue
        if rest in entry.properties:  # those of a component have a dot in their names
            yield entry.properties[rest]
        for function, claims in entry.functions.items():
            if member in {ANY, function}:
                yield from (verdict for each, verdict in claims.items() if claim in {"", each})


def _check_test(row: str, reference: str) -> None:
    path, colons, name = reference.partition("::")
    if colons:
        if name not in _list_functions(ROOT.parent / path):
            raise RowError(f"{row}: there is no test {reference}")
        return
    contract, _, title = reference.partition(": ")
    found = find_contract(contract)
    if found is None or f'test "{title}":' not in found.read_source():
        raise RowError(f"{row}: there is no test {reference}")


@cache
def _list_functions(path: Path) -> frozenset[str]:
    if not path.is_file():
        return frozenset()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return frozenset(each.name for each in ast.walk(tree) if isinstance(each, ast.FunctionDef))


def count_statuses(sections: tuple[Section, ...]) -> dict[str, int]:
    """How many rows have each status."""
    counts = dict.fromkeys(STATUSES, 0)
    for section in sections:
        for row in section.rows:
            counts[row.status] += 1
    return counts


def render_properties() -> str:
    """The text of PROPERTIES.md.

    Raises:
        RowError: a row rests on something that is not there or not proved.
    """
    sections, manifests = read_sections(ROOT / "rows"), read_manifests()
    for section in sections:
        for row in section.rows:
            check_row(row, manifests)
    counts = count_statuses(sections)
    if counts["not_offered"] > NOT_OFFERED_MAX:
        raise RowError(f"{counts['not_offered']} rows are not offered: {NOT_OFFERED_MAX} at most")
    said = [f"{number} {status.replace('_', ' ')}" for status, number in counts.items() if number]
    parts = [
        "# What is proved of the standard library",
        NOTE,
        f"{sum(counts.values())} rows: {', '.join(said)}. Statuses: [README.md](README.md).",
    ]
    for section in sections:
        head = ["| row | property | status | rests on |", "|---|---|---|---|"]
        rows = [_render_row(row) for row in section.rows]
        parts += [f"## {section.title}", "\n".join([*head, *rows])]
    return "\n\n".join(parts) + "\n"


def _render_row(row: Row) -> str:
    if row.status in REASONS:
        rests_on = row.evidence[0]
    else:
        rests_on = ", ".join(f"`{each}`" for each in (*row.evidence, *row.also_tested))
    text = re.sub(r"\|", r"\\|", row.text)
    return f"| {row.id} | {text} | {row.status.replace('_', ' ')} | {rests_on} |"
