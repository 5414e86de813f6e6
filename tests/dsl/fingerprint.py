"""What the compiler makes of each contract of library, examples and tests, as one line a file.

A program of its own, so that tests can run it under any hash seed.
"""

import hashlib
import json
import sys
from pathlib import Path

from dsl.compile import compile_source
from dsl.diagnostics import render_diagnostics
from dsl.parse.tables import GRAMMAR, encode_tables
from spec.ir.encoding import encode_module

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = (
    "stdlib_contracts",
    "examples/contracts",
    "tests/dsl/features",
    "tests/dsl/golden",
)


def list_sources() -> list[Path]:
    """All contracts, those that are wrong included."""
    return sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.qc"))


def compute_fingerprint(path: Path) -> str:
    """A digest of module, ABI, source map, what is proved, and what is said of a file."""
    name = path.relative_to(ROOT).as_posix()
    result = compile_source(path.read_text("utf-8"), str(path))
    parts = [render_diagnostics(result.source, result.diagnostics)]
    if result.unit is not None:
        proof = result.unit.proof
        parts += [
            encode_module(result.unit.module).hex(),
            json.dumps(result.unit.abi),
            repr(result.unit.source_map),
            encode_module(proof.linked.module).hex(),
            repr((proof.source_map, proof.plans, proof.ghosts.trusts)),
            repr([sorted(each) for each in proof.ghosts.nodes]),
        ]
    return f"{hashlib.sha256(chr(0).join(parts).encode()).hexdigest()} {name}"


def list_fingerprints() -> list[str]:
    """One line a file, and one for the parser's tables."""
    tables = hashlib.sha256(encode_tables(GRAMMAR.read_text("utf-8"))).hexdigest()
    return [f"{tables} tables", *(compute_fingerprint(each) for each in list_sources())]


if __name__ == "__main__":
    sys.stdout.write("\n".join(list_fingerprints()))
