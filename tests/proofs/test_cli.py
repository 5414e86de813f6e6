"""`qc spec prove`: exit codes, the JSON report, the text, exported files, the page of the docs."""

import argparse
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import z3

from proofs import cli
from proofs.export import compute_file_name, render_file
from proofs.pages import render_page
from proofs.properties import PROPERTIES
from proofs.registry import THEOREMS
from proofs.theorem import Theorem, get_queries
from proofs.theorems import thresholds
from quantumchain.cli import main

ROOT = Path(__file__).resolve().parents[2]

TEXT = {"type": "string"}
QUERY = {
    "type": "object",
    "properties": {"name": TEXT, "verdict": TEXT, "ms": {"type": "integer"}, "says": TEXT},
    "required": ["name", "verdict", "ms", "says"],
}
SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "required": ["theorems", "verdict", "versions"],
    "properties": {
        "verdict": {"enum": ["proved", "failed", "unknown"]},
        "versions": {
            "type": "object",
            "required": ["z3", "python"],
            "additionalProperties": TEXT,
        },
        "theorems": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": [
                    *("name", "statement", "property_row", "assumes", "lemmas", "mutants"),
                    *("non_vacuity", "flaws", "verdict", "ms"),
                ],
                "properties": {
                    "name": TEXT,
                    "statement": TEXT,
                    "property_row": {"type": "integer", "minimum": 1},
                    "assumes": {"type": "array", "items": TEXT},
                    "lemmas": {"type": "array", "items": QUERY, "minItems": 1},
                    "mutants": {"type": "array", "items": QUERY, "minItems": 1},
                    "non_vacuity": {"type": "array", "items": QUERY, "minItems": 1},
                    "flaws": {"type": "array", "items": TEXT},
                    "verdict": {"enum": ["proved", "failed", "unknown"]},
                    "ms": {"type": "integer", "minimum": 0},
                },
            },
        },
    },
}


def read_report(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(capsys.readouterr().out)
    jsonschema.validate(report, SCHEMA)
    return report


def test_a_proved_theorem_exits_with_0(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["spec", "prove", "thresholds", "--json"]) == 0
    report = read_report(capsys)
    assert report["verdict"] == "proved"
    (theorem,) = report["theorems"]
    assert theorem["name"] == "thresholds"
    assert {mutant["verdict"] for mutant in theorem["mutants"]} == {"refuted"}
    assert {witness["verdict"] for witness in theorem["non_vacuity"]} == {"satisfiable"}


def test_a_false_theorem_exits_with_1(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lemma = replace(thresholds.THEOREM.lemmas[0], goal=thresholds.w > thresholds.t)
    planted = replace(thresholds.THEOREM, lemmas=(lemma, *thresholds.THEOREM.lemmas[1:]))
    monkeypatch.setattr(cli, "get_theorem", lambda _: planted)
    assert main(["spec", "prove", "thresholds"]) == 1
    text = capsys.readouterr().out
    assert "refuted" in text
    assert text.splitlines()[-1].startswith("failed: ")


def test_only_undecided_exits_with_3(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["spec", "prove", "ffg_safety", "--rlimit", "1", "--json"]) == 3
    assert read_report(capsys)["verdict"] == "unknown"


def test_all_takes_no_names(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["spec", "prove", "--all", "nosuch"]) == 2
    assert "error[spec.misused]" in capsys.readouterr().err


def test_an_unknown_theorem_exits_with_2_and_a_suggestion(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["spec", "prove", "threshold"]) == 2
    text = capsys.readouterr().err
    assert "error[spec.unknown_theorem]" in text
    assert "did you mean `thresholds`?" in text


@pytest.mark.parametrize("steps", ["0", "-5", "many", "1.5"])
def test_a_budget_is_a_positive_number(steps: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["spec", "prove", "thresholds", "--rlimit", steps])
    assert stopped.value.code == 2
    assert "cli.usage" in capsys.readouterr().err


def test_without_a_name_all_theorems_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["spec", "prove"]) == 0
    text = capsys.readouterr().out
    assert all(theorem.name in text and theorem.statement in text for theorem in THEOREMS)


def test_one_theorem_is_shown_in_full(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["spec", "prove", "thresholds"]) == 0
    text = capsys.readouterr().out
    theorem = thresholds.THEOREM
    assert all(lemma.says in text for lemma in theorem.lemmas)
    assert all(mutant.says in text for mutant in theorem.mutants)
    assert "tested, not proved" in text


def test_several_theorems_are_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["spec", "prove", "thresholds", "oracle_median", "thresholds"]) == 0
    text = capsys.readouterr().out
    rows = re.findall(r"^(\w+) +\d+  (\d+) of \2 ", text, re.MULTILINE)
    assert [name for name, _ in rows] == ["thresholds", "oracle_median"]


def test_the_group_takes_more_sub_commands() -> None:
    parser = argparse.ArgumentParser()
    cli.add_arguments(parser)
    assert parser.parse_args(["prove", "--all"]).spec_command == "prove"


# Files for other solvers


def test_exported_files_parse_and_state_what_is_expected(tmp_path: Path) -> None:
    assert main(["spec", "prove", "thresholds", "--smt2", str(tmp_path)]) == 0
    queries = get_queries(thresholds.THEOREM)
    assert len(list(tmp_path.rglob("*.smt2"))) == len(queries)
    for query in queries:
        text = (tmp_path / compute_file_name(query)).read_text("utf-8")
        assert f"(set-info :status {query.expected})" in text
        assert text.endswith("(check-sat)\n")
        solver = z3.Solver()
        solver.from_string(text)
        assert str(solver.check()) == query.expected


@pytest.mark.parametrize(
    "theorem",
    [
        pytest.param(t, id=t.name, marks=[pytest.mark.slow] if t.name == "compact_codec" else [])
        for t in THEOREMS
    ],
)
def test_every_query_parses(theorem: Theorem) -> None:
    for query in get_queries(theorem):
        assert len(z3.parse_smt2_string(render_file(query), ctx=z3.Context())) > 0


def test_file_names_are_unique_and_plain() -> None:
    names = [compute_file_name(query) for theorem in THEOREMS for query in get_queries(theorem)]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"\w+/[a-z0-9_-]+\.smt2", name) for name in names)


# The page


def test_the_page_of_the_docs_is_the_theorems() -> None:
    page = (ROOT / "docs" / "proofs.md").read_text("utf-8")
    note = page.splitlines()[2]
    assert note.startswith("<!--")
    assert page == render_page(note)


def test_every_row_says_what_stands_behind_it() -> None:
    assert [row.row for row in PROPERTIES] == list(range(1, len(PROPERTIES) + 1))
    proved = {theorem.row for theorem in THEOREMS}
    assert proved <= {row.row for row in PROPERTIES}
    assert all(row.otherwise for row in PROPERTIES)
