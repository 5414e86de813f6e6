"""Every diagnostic is in the catalogue, and what the catalogue says of it is true."""

import re
from pathlib import Path

import pytest

from dsl.catalog import CATALOG, make_example, render_entry
from dsl.compile import compile_source
from dsl.diagnostics import is_error
from dsl.layout import SKIPPED

DSL = Path(__file__).parents[2] / "dsl"
LIMITS = {"QC0001", "QC0007", "QC0008", "QC0010", "QC0701", "QC0702", "QC0703"}
"""Codes whose examples are too large to print; test_robustness provokes them."""


def test_each_code_of_the_compiler_is_catalogued_and_no_other() -> None:
    used: set[str] = set()
    for path in (*DSL.glob("*.py"), *(DSL / "parse").glob("*.py")):
        used |= set(re.findall(r'"(QC\d{4})"', path.read_text("utf-8")))
    assert used == set(CATALOG)


def test_only_limits_have_no_example() -> None:
    assert {entry.code for entry in CATALOG.values() if not entry.wrong} == LIMITS


@pytest.mark.parametrize("code", sorted(set(CATALOG) - LIMITS))
def test_the_wrong_example_gives_this_code_alone(code: str) -> None:
    entry = CATALOG[code]
    result = compile_source(make_example(entry, entry.wrong), "example.qc")
    errors = {each.code for each in result.diagnostics if is_error(each)}
    assert code in [each.code for each in result.diagnostics]
    assert errors <= {code}


@pytest.mark.parametrize("code", sorted(c for c, e in CATALOG.items() if e.right))
def test_the_right_example_has_no_error(code: str) -> None:
    entry = CATALOG[code]
    result = compile_source(make_example(entry, entry.right), "example.qc")
    assert [each.message for each in result.diagnostics if is_error(each)] == []


@pytest.mark.parametrize("code", CATALOG)
def test_an_entry_can_be_read(code: str) -> None:
    text = render_entry(CATALOG[code])
    assert text.startswith(f"{code}: ")
    assert SKIPPED not in text
    assert all(len(line) <= 600 for line in text.split("\n"))
