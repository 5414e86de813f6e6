"""Every goal, mutant and witness as an SMT-LIB 2 file, for other solvers and for readers."""

import re
from collections.abc import Sequence
from pathlib import Path

from proofs.theorem import Query, Theorem, get_queries


def render_file(query: Query) -> str:
    """A file that a solver should answer with the status it states."""
    return (
        f"; {query.theorem}, {query.kind}: {query.name}\n"
        f"(set-info :status {query.expected})\n{query.text}(check-sat)\n"
    )


def compute_file_name(query: Query) -> str:
    """Where the query goes, below the folder of all: letters, digits and dashes only."""
    words = re.sub(r"[^a-z0-9]+", "-", query.name.lower().replace("'", "-prime")).strip("-")
    return f"{query.theorem}/{query.kind}-{words}.smt2"


def write_files(theorems: Sequence[Theorem], folder: Path) -> int:
    """Writes all queries of these theorems below a folder; how many."""
    queries = [query for theorem in theorems for query in get_queries(theorem)]
    for query in queries:
        path = folder / compute_file_name(query)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(render_file(query), "utf-8")
    return len(queries)
