"""Every example of the language reference compiles, and its tests pass."""

import re

import pytest

from dsl.catalog import wrap_example
from dsl.compile import compile_source
from dsl.diagnostics import is_error, render_diagnostics
from dsl.testing import run_tests
from tests.dsl.corpus import ROOT

PAGE = (ROOT / "docs" / "language" / "reference.md").read_text("utf-8")
EXAMPLES = re.findall(r"```qc (\w+)\n(.*?)\n```", PAGE, re.DOTALL)


def test_all_code_on_the_page_is_tested() -> None:
    assert PAGE.count("```") == 2 * len(EXAMPLES)
    assert len(EXAMPLES) >= 10


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_examples_compile_and_their_tests_pass(number: int) -> None:
    frame, part = EXAMPLES[number]
    result = compile_source(wrap_example(frame, part), "reference.qc")
    errors = [each for each in result.diagnostics if is_error(each)]
    assert not errors, render_diagnostics(result.source, result.diagnostics)
    assert result.unit is not None
    assert [each.problem for each in run_tests(result.unit) if not each.passed] == []


def test_kept_words_are_the_ones_of_the_grammar() -> None:
    grammar = (ROOT / "dsl" / "grammar.lark").read_text("utf-8")
    found = re.search(r"RESERVED\.1: /\(([a-z|]+)\)", grammar)
    assert found is not None
    section = PAGE.split("## Not in this version")[1]
    assert all(f"`{word}`" in section for word in found.group(1).split("|"))
