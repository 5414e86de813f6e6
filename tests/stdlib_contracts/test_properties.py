"""The manifests and PROPERTIES.md say what the verifier finds, and nothing that is not so."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from dsl.compile import compile_source
from dsl.verify.solver import Solver
from stdlib_contracts.loader import ROOT, list_contracts
from stdlib_contracts.manifest import (
    PROVED,
    Entry,
    read_manifest,
    render_manifest,
)
from stdlib_contracts.rows import (
    NOT_OFFERED_MAX,
    Row,
    RowError,
    check_row,
    count_statuses,
    read_manifests,
    read_sections,
    render_properties,
)
from tools.library import prove_contract

LIBRARY = {each.name: each for each in list_contracts()}
GOALS_FAST_MAX = 200
"""Contracts with more goals are proved in the slow lane."""
GOALS = {each.name: each.goals for each in read_manifests().values()}
PROVED_HERE = [
    pytest.param(each, marks=pytest.mark.slow) if GOALS.get(each, 0) > GOALS_FAST_MAX else each
    for each in LIBRARY
]
ROWS = {"U": 13, "A": 16, "F": 32, "V": 13, "N": 27, "G": 26, "T": 11} | {
    "S": 25,
    "M": 27,
    "E": 18,
    "X": 5,
    "I": 18,
    "D": 17,
}
"""How many rows each subject has: 248 in all."""


@pytest.fixture(scope="module")
def solver() -> Iterator[Solver]:
    """Children that decide queries."""
    with Solver() as children:
        yield children


@pytest.mark.parametrize("name", LIBRARY)
def test_a_manifest_is_of_the_code_that_its_contract_compiles_to(name: str) -> None:
    known = {each.name: each for each in read_manifest(LIBRARY[name].folder)}
    assert name in known, "write it: python -m tools.library"
    unit = compile_source(LIBRARY[name].read_source(), LIBRARY[name].shown_path).unit
    assert unit is not None
    stale = f"write it anew: python -m tools.library {name}"
    assert known[name].code_id == "0x" + unit.code_id.hex(), stale
    assert list(known[name].functions) == [each.name for each in unit.source_map.functions], stale
    stated = {each.name for each in (*unit.source_map.invariants, *unit.source_map.transitions)}
    assert stated <= set(known[name].properties), stale


@pytest.mark.parametrize("name", PROVED_HERE)
def test_everything_stated_of_a_library_contract_is_proved_and_in_its_manifest(
    name: str, solver: Solver
) -> None:
    known = {each.name: each for each in read_manifest(LIBRARY[name].folder)}
    assert name in known, "write it: python -m tools.library"
    found = prove_contract(LIBRARY[name], solver, known[name].version)
    assert [each for each in found.list_verdicts() if each != PROVED] == []
    assert found == known[name], f"write it anew: python -m tools.library {name}"


def test_a_manifest_reads_as_it_was_written() -> None:
    for folder in {each.folder for each in LIBRARY.values()}:
        entries = read_manifest(folder)
        assert render_manifest(entries) == (folder / "manifest.json").read_text("utf-8")
        contracts = {each.name for each in LIBRARY.values() if each.folder == folder}
        assert {each.name for each in entries} == contracts
        assert all(each.version.count(".") == 2 for each in entries)


def test_properties_page_is_what_rows_and_manifests_say() -> None:
    assert (ROOT / "PROPERTIES.md").read_text("utf-8") == render_properties(), "make docs"


def test_every_row_of_the_table_is_there_once_with_a_status() -> None:
    sections = read_sections(ROOT / "rows")
    names = [row.id for section in sections for row in section.rows]
    assert names == [f"{kind}{n}" for kind, count in ROWS.items() for n in range(1, count + 1)]
    assert count_statuses(sections)["not_offered"] <= NOT_OFFERED_MAX


def make_row(status: str, *evidence: str) -> Row:
    return Row("T1", "a row", status, evidence, ())


@pytest.mark.parametrize(
    ("status", "reference"),
    [
        ("proved", "erc20.no_such_property"),
        ("proved", "erc21.backed"),
        ("proved", "erc20.transfer.no_such_claim"),
        ("tested", "tests/stdlib_contracts/test_properties.py::test_no_such_test"),
        ("tested", "tests/no_such_file.py::test_it"),
        ("by_construction", "erc20: no such title"),
    ],
)
def test_a_row_that_rests_on_nothing_is_refused(status: str, reference: str) -> None:
    with pytest.raises(RowError):
        check_row(make_row(status, reference), read_manifests())


def test_a_row_that_rests_on_what_is_not_proved_is_refused() -> None:
    manifests = read_manifests()
    entry: Entry = manifests["erc20"]
    worse = replace(entry, properties={**entry.properties, "backed": "unknown"})
    check_row(make_row("proved", "erc20.backed"), manifests)
    with pytest.raises(RowError):
        check_row(make_row("proved", "erc20.backed"), {**manifests, "erc20": worse})


@pytest.mark.parametrize(
    "fields",
    ["", 'proved = ["a.b"]\ntested = ["c"]', "proved = []", 'proved = "a.b"', 'planned = ["x"]'],
)
def test_a_row_without_one_status_is_refused(fields: str, tmp_path: Path) -> None:
    text = f'title = "t"\nposition = 0\n\n[T1]\ntext = "a row"\n{fields}\n'
    (tmp_path / "some.toml").write_text(text, "utf-8")
    with pytest.raises(RowError):
        read_sections(tmp_path)
