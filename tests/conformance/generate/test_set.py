"""The published vectors: what the tables make, the same bytes each time, within every limit."""

import hashlib
import json
import os
import subprocess
import sys
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from conformance.clients.spec.methods import METHODS
from conformance.generate import library
from conformance.generate.build import (
    SET_SIZE_BYTES_MAX,
    GenerationError,
    build_files,
    build_patch,
)
from conformance.generate.case import Case, Suite
from conformance.generate.coverage import EXEMPT, collect_codes, list_orphans
from conformance.generate.files import check_files, make_files, write_files
from conformance.generate.library import PINNED, list_pinned, list_stale
from conformance.generate.suites.compiling import MENDED, NAMED
from conformance.runner.diff import apply_patch
from conformance.runner.records import FILE_SIZE_BYTES_MAX
from dsl.catalog import CATALOG
from stdlib_contracts.loader import list_contracts
from tests.conformance.published import VECTORS, load_published
from tests.conformance.schemas import get_validator

ROOT = Path(__file__).resolve().parents[3]
HASH_ALL = (
    "import hashlib; from conformance.generate.files import make_files;"
    "print(hashlib.sha256(repr(sorted(make_files().items())).encode()).hexdigest())"
)


@cache
def read_index() -> dict[str, Any]:
    index: dict[str, Any] = json.loads((VECTORS / "index.json").read_text(encoding="utf-8"))
    return index


@pytest.mark.slow
def test_the_order_of_hashing_does_not_matter() -> None:
    found = set()
    for seed in ("0", "1", "random"):
        finished = subprocess.run(
            [sys.executable, "-c", HASH_ALL],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        )
        found.add(finished.stdout)
    digest = hashlib.sha256(repr(sorted(make_files().items())).encode()).hexdigest()
    assert found == {digest + "\n"}


@pytest.mark.parametrize(
    "step", [7, pytest.param(1, marks=pytest.mark.slow)], ids=["each_seventh", "all"]
)
def test_records_follow_the_schema(step: int) -> None:
    validator = get_validator("record.schema.json")
    for record in load_published().records[::step]:
        validator.validate(record.raw)


def test_every_state_and_the_index_follow_their_schemas() -> None:
    for state in load_published().states.values():
        get_validator("state.schema.json").validate(state)
    get_validator("index.schema.json").validate(read_index())


def test_the_index_counts_what_the_files_hold() -> None:
    index, published = read_index(), load_published()
    assert index["counts"]["records"] == len(published.records)
    assert index["counts"]["states"] == len(published.states)
    for entry in index["files"]:
        if entry["holds"] == "records":
            results = Counter(
                r.expect.result for r in published.records if r.suite == entry["suite"]
            )
            assert (entry["accept"], entry["reject"]) == (results["accept"], results["reject"])


def test_files_and_set_keep_their_sizes() -> None:
    sizes = [path.stat().st_size for path in VECTORS.glob("**/*") if path.is_file()]
    assert max(sizes) <= FILE_SIZE_BYTES_MAX
    assert sum(sizes) <= SET_SIZE_BYTES_MAX


def test_a_patch_leads_to_the_state_whose_root_is_expected() -> None:
    from conformance.clients.spec.state import compute_root, load_state

    published = load_published()
    stepped = [record for record in published.records if record.pre is not None]
    for record in stepped:
        assert record.pre is not None
        pre = published.states[record.pre]
        after = apply_patch(pre["state"], list(record.post_diff))
        root = compute_root(load_state(record.profile, after))
        assert root == record.expect.state_root, record.id


def test_every_code_a_client_can_meet_has_a_vector_that_expects_it() -> None:
    assert list_orphans(read_index()["rules"]) == []


def test_exemptions_are_codes_that_exist() -> None:
    assert set(EXEMPT) <= set(collect_codes())


def test_every_rule_that_a_vector_names_is_a_code_of_the_specification() -> None:
    assert set(read_index()["rules"]) <= {*collect_codes(), *CATALOG}


def test_every_diagnostic_with_an_example_has_a_source_that_is_refused_for_it() -> None:
    rules = read_index()["rules"]
    errors = {code for code, entry in CATALOG.items() if entry.wrong} - MENDED - {NAMED}
    assert {code for code in errors if not rules.get(code, {}).get("negative")} == set()


def test_every_contract_of_the_library_ships_its_calls_and_its_source() -> None:
    suites = {record.suite for record in load_published().records}
    names = {each.name for each in list_contracts()}
    assert {f"library/{name}" for name in names} <= suites
    assert {f"compile/{name}" for name in names} <= suites
    assert list_stale() == (), "qc conformance generate pins them"


def test_plays_of_a_contract_end_in_both_ways_and_emit_events() -> None:
    for name in list_pinned():
        records = [each for each in load_published().records if each.suite == f"library/{name}"]
        outcomes = [each for record in records for each in record.raw["expect"]["value"]]
        assert {each["status"] for each in outcomes} == {"succeeded", "failed"}, name
        assert len(records) >= 8, name


def test_only_its_own_files_tell_of_a_contract() -> None:
    """So that a change of one changes those, and the index."""
    index = read_index()
    paths = [each["path"] for each in index["files"] if each["path"].startswith("states/library_")]
    assert paths == [f"states/library_{name}.jsonl" for name in list_pinned()]
    for record in load_published().records:
        if record.suite.startswith("library/"):
            assert record.pre is not None


def test_a_pin_that_is_missing_or_of_other_code_is_stale(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(library, "PINNED", tmp_path)
    names = {each.name for each in list_contracts()}
    assert set(library.list_stale()) == names
    library.pin_contracts(("hash_lock",))
    assert set(library.list_stale()) == names - {"hash_lock"}
    published = PINNED / "hash_lock.json"
    assert (tmp_path / "hash_lock.json").read_bytes() == published.read_bytes()
    content = published.read_text(encoding="utf-8").replace('"module": "0x', '"module": "0xff')
    (tmp_path / "hash_lock.json").write_text(content, encoding="utf-8")
    (tmp_path / "gone.json").write_text(content, encoding="utf-8")
    assert set(library.list_stale()) == {*names, "gone"}
    library.pin_contracts(("gone",))
    assert not (tmp_path / "gone.json").exists()


def make_suite(*cases: Case) -> Suite:
    return Suite("codec/made_up", "codec", "codec", cases)


def make_case(name: str, expected: str, data: str = "0x02") -> Case:
    args = {"type": "boolean", "bytes": data}
    return Case(name, "A made-up case.", "made_up", "ssz.decode", args, expected)


@pytest.mark.parametrize(
    ("expected", "words"), [("accept", "ssz.bad_boolean"), ("ssz.truncated", "ssz.truncated")]
)
def test_a_case_that_the_specification_contradicts_is_not_written(
    expected: str, words: str
) -> None:
    with pytest.raises(GenerationError, match=words):
        build_files([make_suite(make_case("one", expected))], lambda _: {})


def test_two_cases_of_one_name_are_refused() -> None:
    case = make_case("one", "ssz.bad_boolean")
    with pytest.raises(GenerationError, match="twice"):
        build_files([make_suite(case, case)], lambda _: {})


def test_a_file_that_grows_too_large_is_refused() -> None:
    cases = [make_case(f"n{n}", "ssz.wrong_length", "0x" + "00" * 300_000) for n in range(2)]
    with pytest.raises(GenerationError, match="split the suite"):
        build_files([make_suite(*cases)], lambda _: {})


def test_check_names_what_differs_is_missing_or_is_too_much(tmp_path: Path) -> None:
    files = {"a/b.jsonl": b"1\n", "c.jsonl": b"2\n", "index.json": b"{}"}
    write_files(files, tmp_path)
    assert check_files(files, tmp_path) == []
    (tmp_path / "c.jsonl").write_bytes(b"3\n")
    (tmp_path / "a/b.jsonl").unlink()
    (tmp_path / "stray.jsonl").write_bytes(b"")
    assert check_files(files, tmp_path) == ["a/b.jsonl", "c.jsonl", "stray.jsonl"]
    write_files(files, tmp_path)
    assert check_files(files, tmp_path) == []


def test_a_patch_is_made_of_what_changed_and_nothing_else() -> None:
    before = {"a": {"x": 1, "y": 2}, "b": 3, "gone": {}}
    after = {"a": {"x": 1, "y": 5}, "b": 3, "new": {"z": []}}
    patch = build_patch(before, after)
    assert [step["path"] for step in patch] == ["/a/y", "/gone", "/new"]
    assert apply_patch(before, patch) == after
    assert build_patch(before, before) == []


def test_every_method_of_our_client_is_asked_by_a_vector_and_described_by_the_schema() -> None:
    asked = {record.method for record in load_published().records}
    described = get_validator("methods.schema.json").schema["properties"]["input"]["properties"]
    assert asked == set(METHODS) == set(described["method"]["enum"])


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("input", "args", "height"), 7),
        (("input", "args", "gas_available"), "007"),
        (("input", "args", "transaction"), "0xAB"),
        (("input", "args", "more"), 1),
        (("kind",), "codec"),
        (("input", "method"), "ledger.guess"),
        (("expect", "value", "sender"), "0x00"),
        (("expect", "value"), None),
    ],
)
def test_a_record_whose_method_is_given_something_else_breaks_the_schema(
    place: tuple[str, ...], value: Any
) -> None:
    record = next(r for r in load_published().records if r.id == "ledger/transfer#to_key")
    spoiled = json.loads(json.dumps(record.raw))
    validator = get_validator("record.schema.json")
    assert validator.is_valid(spoiled)
    target = spoiled
    for key in place[:-1]:
        target = target[key]
    target[place[-1]] = value
    assert not validator.is_valid(spoiled)
