"""The sample of the reference: what it needs `init` for, and that it works."""

import re

from dsl.compile import compile_source
from dsl.diagnostics import is_error
from dsl.testing import run_tests
from tests.dsl.corpus import ROOT

PAGE = (ROOT / "docs" / "language" / "reference.md").read_text("utf-8")
SAMPLE = PAGE.split("```qc file\n")[1].split("\n```")[0] + "\n"
INIT = re.compile(r"    init\(.*\n(?:        .*\n)+\n")


def test_the_sample_compiles_and_its_test_passes() -> None:
    result = compile_source(SAMPLE, "sample.qc")
    assert result.unit is not None
    assert result.diagnostics == ()
    assert [each.passed for each in run_tests(result.unit)] == [True]


def test_without_init_only_its_deployment_with_arguments_is_refused() -> None:
    text, count = INIT.subn("", SAMPLE)
    assert count == 1
    result = compile_source(text, "sample.qc")
    assert result.unit is not None
    assert [each.code for each in result.diagnostics if is_error(each)] == ["QC0603"]


def test_without_init_it_is_deployed_without_arguments() -> None:
    text = INIT.sub("", SAMPLE)
    text = re.sub(r'        deploy\("Gold", 100\)', "        deploy()", text)
    text = text.split("        transfer(bob, 30) as alice")[0]
    text += '        assert supply == 0 and name == "" and minter == some(alice)\n'
    text += "        expect InsufficientBalance(0, 1): transfer(bob, 1) as alice\n"
    result = compile_source(text, "sample.qc")
    assert result.unit is not None
    assert [each.passed for each in run_tests(result.unit)] == [True]
