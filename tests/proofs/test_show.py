"""`qc spec show` says what the code says."""

import json
from dataclasses import fields

import pytest

from conformance.scenarios.catalogue import build_scenarios
from proofs.registry import THEOREMS
from proofs.show import ALGORITHMS, compute_sheet
from quantumchain.cli import main
from spec.config.validity import CONFIG_CHECKS
from tools.project import ROOT


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_sheet_has_every_parameter_rules_and_proofs(algorithm: str) -> None:
    sheet = compute_sheet(algorithm)
    named = {parameter.name for parameter in sheet.parameters}
    for kind in ALGORITHMS[algorithm]:
        plain = {f.name for f in fields(kind) if f.type in (int, bool, "int", "bool")}
        assert {f"{kind.__name__}.{name}" for name in plain} <= named
    for parameter in sheet.parameters:
        is_number = type(parameter.value) is int
        assert is_number == (parameter.bounds is not None), parameter
        if parameter.bounds is not None:
            low, high = parameter.bounds
            assert isinstance(parameter.value, int)
            assert low <= parameter.value <= high
    codes = {code for code, _ in CONFIG_CHECKS} - {"config.out_of_range"}
    assert {code for code, _ in sheet.relations} == codes
    published = [s.name for s in build_scenarios() if s.algorithm == algorithm]
    assert [name for name, _, _ in sheet.scenarios] == published
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
