"""docs/proofs.md, written from the theorems: what is proved, from what, and what stays tested."""

from collections.abc import Iterable

from proofs.properties import PROPERTIES, Property
from proofs.registry import THEOREMS
from proofs.theorem import Theorem

ABOUT = (
    "`qc spec prove --all` proves every theorem below, for any number of validators, rounds,"
    " blocks and amounts; `qc spec prove NAME` shows one in full, with the models that refute"
    " its mutants; `--smt2 DIR` writes every goal, mutant and witness for other solvers. How a"
    " theorem is built is said in proofs/README.md."
)


def render_page(note: str) -> str:
    """The whole page, with a note under its title."""
    parts = ["# What is proved", note, ABOUT, "## Properties", _render_properties(), "## Theorems"]
    parts += [part for theorem in THEOREMS for part in _render_theorem(theorem)]
    return "\n\n".join(parts) + "\n"


def _render_properties() -> str:
    head = ["| # | property | of | theorems | beside them |", "|---|---|---|---|---|"]
    return "\n".join([*head, *(_render_row(row) for row in PROPERTIES)])


def _render_row(row: Property) -> str:
    names = [f"[{t.name}](#{t.name})" for t in THEOREMS if t.row == row.row]
    return f"| {row.row} | {row.says} | {row.of} | {', '.join(names)} | {row.otherwise} |"


def _render_theorem(theorem: Theorem) -> list[str]:
    pages = f"[proofs/theorems/{theorem.name}.py](../proofs/theorems/{theorem.name}.py)"
    counts = (
        f"Row {theorem.row}, {pages}: {len(theorem.lemmas)} lemmas, {len(theorem.mutants)} mutants,"
        f" {len(theorem.witnesses)} witnesses."
    )
    return [
        f"### {theorem.name}",
        theorem.statement,
        counts,
        "\n".join(
            [
                *(f"- assumes: {text}" for text in theorem.assumes),
                f"- tested, not proved: {theorem.tested}",
                *_render_mutants(theorem),
            ]
        ),
    ]


def _render_mutants(theorem: Theorem) -> Iterable[str]:
    for mutant in theorem.mutants:
        yield f"- must fail: *{mutant.name}*. {mutant.says}"
