"""`qc spec show` says what the code says."""

import json
from dataclasses import fields

import pytest

from proofs.registry import THEOREMS
from proofs.show import ALGORITHMS, compute_sheet
from quantumchain.cli import main
from tools.project import ROOT


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_sheet_has_every_parameter_rules_and_proofs(algorithm: str) -> None:
    sheet = compute_sheet(algorithm)
    named = {name for name, _ in sheet.parameters}
    for kind in ALGORITHMS[algorithm]:
        assert {f"{kind.__name__}.{field.name}" for field in fields(kind)} <= named
    assert sheet.rules
    assert all(says for _, says in sheet.rules)
    known = {theorem.name for theorem in THEOREMS}
    proved = {name for _, _, theorems, _ in sheet.properties for name in theorems}
    assert proved
    assert proved <= known
    assert (ROOT / sheet.source).is_file()


def test_all_sheets_come_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["spec", "show", "--json"]) == 0
    assert [view["algorithm"] for view in json.loads(capsys.readouterr().out)] == list(ALGORITHMS)


def test_an_unknown_algorithm_has_a_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["spec", "show", "nothing"]) == 2
    assert "error[spec.unknown_algorithm]" in capsys.readouterr().err
