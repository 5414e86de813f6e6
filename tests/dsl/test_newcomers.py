"""What people try first: each slip has one answer that says how to go on."""

import argparse
from pathlib import Path

import pytest

from dsl import cli
from dsl.compile import compile_source
from dsl.diagnostics import render_diagnostics
from dsl.testing import run_tests

CONTRACT = """contract Store:
    state:
        x: u64
        h: bytes[32]

    view get() -> u64:
        return x

    action put(k: u64) by anyone:
        x = k

    action keep(s: bytes[32]) by anyone:
        h = hash(s)
"""


def tell(text: str) -> str:
    result = compile_source(text, "store.qc")
    return render_diagnostics(result.source, result.diagnostics)


def test_who_may_call_can_not_depend_on_a_parameter_and_the_hint_says_what_can() -> None:
    told = tell(CONTRACT.replace("put(k: u64) by anyone", "put(k: u64) by (k == 3)"))
    assert told.count("error[") == 1
    assert "`by` can't see the parameter `k`" in told
    assert "fails NotYours when" in told


def test_a_turned_round_operator_has_a_hint() -> None:
    told = tell(CONTRACT.replace("x = k", "x =+ k"))
    assert "QC0013" in told
    assert "write `x += 1`" in told


def test_nothing_is_called_unused_while_a_line_can_not_be_read() -> None:
    told = tell(CONTRACT.replace("x = k", "x ? k"))
    assert "error[" in told
    assert "QC0801" not in told


def test_digits_in_pairs_are_hashed_as_bytes() -> None:
    digits = "0x" + "07" * 32
    test = f"""
    test "the same digest":
        deploy() as alice
        keep({digits}) as bob
        assert h == hash({digits})
"""
    result = compile_source(CONTRACT + test, "store.qc")
    assert result.unit is not None
    assert [each.problem for each in run_tests(result.unit)] == [""]


def test_a_view_before_the_deployment_is_a_failed_test_with_a_hint() -> None:
    result = compile_source(CONTRACT + '\n    test "early":\n        assert get() == 0\n', "s.qc")
    assert result.unit is not None
    [outcome] = run_tests(result.unit)
    assert not outcome.passed
    assert "begin with `deploy" in outcome.problem


def test_an_empty_file_is_nothing_to_lay_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "empty.qc"
    file.write_text("\n", encoding="utf-8")
    parser = argparse.ArgumentParser()
    cli.add_arguments(parser)
    assert cli.run(parser.parse_args(["fmt", str(file)])) == 1
    assert "error[QC0018]" in capsys.readouterr().err
