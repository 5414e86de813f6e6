"""`qc contract fix`: what it writes is proved, all there is, and nothing else changes."""

import argparse
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsl import cli
from dsl.verify.mend import list_undeclared, mend
from dsl.verify.phrase import COMPARE, OR, TRUE, Phrase, negate
from dsl.verify.verify import Remembering
from tests.dsl.verify.support import compile_text, read_library

HEAD = """contract Box:
    # what is kept
    state:
        total: u8
        held: map[address, u8]

"""
ACTION = "    action act(to: address, x: u8, y: u8) by anyone:\n"
LOOP = """contract Sum:
    state:
        total: u8
        log: list[u8, 4]

    action act() by anyone:
        for x in log:
            total += x
"""
STATEMENTS = (
    "total += x",
    "total -= y",
    "held[caller] -= x",
    "held[to] += x",
    "total = x * y",
    "total = x // y",
    "held[to] = total",
    "if x > y:\n            total -= x",
    "if held[to] == total:\n            total += y\n        else:\n            held[to] -= y",
)


def run(*words: object) -> int:
    """Run `qc contract …` in this process."""
    parser = argparse.ArgumentParser()
    cli.add_arguments(parser)
    return cli.run(parser.parse_args([str(word) for word in words]))


def make_text(statements: list[str]) -> str:
    return HEAD + ACTION + "".join(f"        {each}  # kept\n" for each in statements)


@given(statements=st.lists(st.sampled_from(STATEMENTS), min_size=1, max_size=3))
@settings(max_examples=12, deadline=None)
def test_what_is_put_in_makes_all_failures_declared(
    decide: Remembering, statements: list[str]
) -> None:
    text = make_text([each.replace("\n", "  # kept\n", 1) for each in statements])
    mended = mend(compile_text(text), text, decide)
    assert (mended.left, mended.open_count) == ((), 0)
    unit = compile_text(mended.text)
    assert list_undeclared(unit, decide) == ()
    assert any("modifies" in line for line in mended.added)
    kept = iter(mended.text.split("\n"))
    assert all(line in kept for line in text.split("\n")), "lines are only put in"
    assert mend(unit, mended.text, decide).text == mended.text


def test_a_condition_sees_what_was_written_before_it(decide: Remembering) -> None:
    text = make_text(["held[caller] -= x", "held[to] += x"])
    mended = mend(compile_text(text), text, decide)
    assert "act: fails Underflow when x > held[caller]" in mended.added
    seen = "(held[caller] - x if to == caller else held[to]) + x > u8.max"
    assert f"act: fails Overflow when {seen}" in mended.added


def test_a_phrase_negated_twice_is_itself() -> None:
    for phrase in (Phrase("f(x)"), Phrase("a or b", OR), Phrase("a < b", COMPARE), TRUE):
        assert negate(negate(phrase)) == phrase


def test_what_says_all_is_left_as_it_is(decide: Remembering) -> None:
    text = read_library("vesting")
    mended = mend(compile_text(text), text, decide)
    assert (mended.text, mended.added, mended.left) == (text, (), ())


def test_a_loop_can_not_be_said(decide: Remembering) -> None:
    mended = mend(compile_text(LOOP), LOOP, decide)
    assert mended.text == LOOP
    assert len(mended.left) > 0
    assert all("loop" in each for each in mended.left)


def test_the_command_changes_a_file_only_when_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "box.qc"
    text = make_text(["total -= x"])
    path.write_text(text, encoding="utf-8")
    assert run("fix", path) == 0
    assert path.read_text(encoding="utf-8") == text
    assert "+        fails Underflow when x > total" in capsys.readouterr().out
    assert run("fmt", "--infer", "--check", path) == 1
    assert path.read_text(encoding="utf-8") == text
    assert run("fix", "--write", path) == 0
    assert "fails Underflow when x > total" in path.read_text(encoding="utf-8")
    assert run("fmt", "--infer", path) == 0


def test_what_can_not_be_mended_is_told_with_its_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "bad.qc"
    assert run("fix", path) == 2
    path.write_text(HEAD + "    action act( by anyone:\n", encoding="utf-8")
    assert run("fix", path) == 1
    assert "error[QC" in capsys.readouterr().err
    path.write_text(LOOP, encoding="utf-8")
    assert run("fix", path, "--write") == 1
    assert "can't be said: act" in capsys.readouterr().out
