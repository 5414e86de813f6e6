"""What the language means: contracts whose own tests run in the reference machine."""

from pathlib import Path

import pytest

from dsl.compile import CompiledUnit, compile_source
from dsl.diagnostics import is_error, render_diagnostics
from dsl.testing import run_tests
from spec.ir.syntax import Leave, get_operands
from stdlib_contracts.loader import list_contracts

FEATURES = sorted((Path(__file__).parent / "features").glob("*.qc"))
LIBRARY = [each.path for each in list_contracts()]


def name_file(path: Path) -> str:
    """A feature and a contract of the library may have one name."""
    return f"{path.parent.name}-{path.stem}"


def compile_file(path: Path) -> CompiledUnit:
    """Compile a file that has no errors."""
    result = compile_source(path.read_text("utf-8"), path.name)
    errors = [each for each in result.diagnostics if is_error(each)]
    assert not errors, render_diagnostics(result.source, result.diagnostics)
    assert result.unit is not None
    return result.unit


@pytest.mark.parametrize("path", [*FEATURES, *LIBRARY], ids=name_file)
def test_all_tests_of_a_contract_pass(path: Path) -> None:
    outcomes = run_tests(compile_file(path))
    assert outcomes
    assert [(each.title, each.problem) for each in outcomes if not each.passed] == []


@pytest.mark.parametrize("path", [*FEATURES, *LIBRARY], ids=name_file)
def test_the_source_map_matches_the_module(path: Path) -> None:
    unit = compile_file(path)
    module, mapped = unit.module, unit.source_map
    assert len(mapped.cells) == len(module.code.cells)
    assert len(mapped.types) == len(module.code.types) + len(module.spec.types)
    assert len(mapped.aggregates) == len(module.spec.aggregates)
    for function, names in zip(module.code.functions, mapped.functions, strict=True):
        assert len(names.locations) == len(function.code)
        assert len(names.params) == len(function.params)
        assert all(0 <= each.node < len(function.code) for each in names.lets)
        assert all(1 <= each.line <= len(unit.source.line_starts) for each in names.locations)
        fails = [each.node for each in names.conditions if each.declared]
        assert all(node < function.guard_count for node in fails)
        assert isinstance(function.code[-1], Leave)
    for number, spec in enumerate(module.spec.functions):
        assert len(mapped.functions[number].ensures) == len(spec.ensures)
        for code, claim in zip(spec.ensures, mapped.functions[number].ensures, strict=True):
            assert len(code) == len(claim.locations)
            assert all(operand < len(code) for node in code for operand in get_operands(node))


def test_a_failing_test_says_where_and_what() -> None:
    text = (FEATURES[0].parent / "numbers.qc").read_text("utf-8")
    wrong = text.replace("assert small == 1", "assert small == 2")
    result = compile_source(wrong, "numbers.qc")
    assert result.unit is not None
    failed = [each for each in run_tests(result.unit) if not each.passed]
    assert [each.problem for each in failed] == ["`small == 2` does not hold: small is 1"]
    line = wrong.split("\n")[result.source.locate(failed[0].span).line - 1]
    assert "small == 2" in line


@pytest.mark.parametrize(
    ("before", "after", "problem"),
    [
        ("expect OutOfRange: add(200, 56)", "expect OutOfRange: add(200, 5)", "succeeded"),
        ("expect OutOfRange: add(200, 56)", "expect NotAllowed: add(200, 56)", "NotAllowed was"),
        ("shrink(240) as alice", "shrink(251) as alice", "failed with OutOfRange"),
        (
            "        deploy() as alice\n        assert add",
            "        assert add",
            "nothing is deployed",
        ),
        ("grow(250) as alice", "grow(250) as alice with value 1", "failed with NotPayable"),
    ],
)
def test_a_test_fails_when_what_it_says_is_not_so(before: str, after: str, problem: str) -> None:
    text = (FEATURES[0].parent / "numbers.qc").read_text("utf-8")
    assert before in text
    result = compile_source(text.replace(before, after), "numbers.qc")
    assert result.unit is not None
    failed = [each for each in run_tests(result.unit) if not each.passed]
    assert len(failed) == 1
    assert problem in failed[0].problem


def test_a_failed_action_changes_nothing() -> None:
    text = (FEATURES[0].parent / "data.qc").read_text("utf-8")
    more = """
    test "a failed action changes nothing":
        deploy() as alice
        plan(1, Op.Pay(bob, 5)) as alice
        expect ShortBalance: run(1) as alice
        assert ops[1] == Op.Pay(bob, 5)
"""
    result = compile_source(text + more, "data.qc")
    assert result.unit is not None
    assert all(each.passed for each in run_tests(result.unit))
