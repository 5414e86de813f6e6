"""What the compiler writes is the same bytes whatever order Python gives to sets."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from dsl.parse.tables import TABLES, write_tables
from tests.dsl.fingerprint import ROOT, list_fingerprints, list_sources


@pytest.fixture(scope="module")
def own() -> list[str]:
    """What this process makes of all contracts."""
    return list_fingerprints()


@pytest.mark.parametrize("seed", ["0", "1", "random"])
def test_compiler_output_is_the_same_under_every_hash_seed(seed: str, own: list[str]) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "tests.dsl.fingerprint"],
        check=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": seed},
        capture_output=True,
        text=True,
    )
    assert ran.stdout.splitlines() == own


def test_all_contracts_of_the_library_and_the_examples_are_among_them() -> None:
    names = {path.relative_to(ROOT).parts[0] for path in list_sources()}
    assert {"stdlib_contracts", "examples", "tests"} <= names
    assert len(list_sources()) > 30


def test_the_kept_tables_are_those_that_would_be_written(tmp_path: Path) -> None:
    path = tmp_path / "grammar.tables"
    write_tables(path)
    assert path.read_bytes() == TABLES.read_bytes()
