"""Golden messages: what an author reads is pinned word for word."""

import json
from pathlib import Path

import pytest

from dsl.compile import compile_source
from dsl.diagnostics import encode_diagnostic, render_diagnostics
from dsl.foreign import HABITS

GOLDEN = Path(__file__).parent / "golden"
CASES = sorted(path.stem for path in GOLDEN.glob("*.qc"))

WITH_HABIT = """contract A:
    state:
        x: u64
        owners: map[address, u64]

    action act(to: address, amount: u64) by anyone:
        LINE
"""
HABITUAL_LINES = {
    "owners[msg.sender] = 1": "caller",
    "x = msg.value": "value",
    "let o = tx.origin": "caller",
    "x = block.timestamp": "now",
    "x = block.number": "height",
    "let t = address(this)": "this",
    "let t = address(token)": "token.address",
    "let y = abi.encode(to, amount)": "message(",
    "to.delegatecall(amount)": "no other code runs",
    "let y = to.call(amount)": "through an `interface`",
    "to.call{value: amount}(x)": "through an `interface`",
    "to.deposit{value: amount}()": "value = 5",
    "extcall to.deposit(amount)": "through an `interface`",
    "let y: uint256 = 1": "u256",
    "let y: int = 1": "signed",
    "let y: bytes32 = x": "bytes[32]",
    "let y: mapping(address => uint) = x": "map[address, u256]",
    "let y: String = x": "string[32]",
    "let y: Option = x": "option[T]",
    "let y: DynArray[x, 3] = x": "list[T, 16]",
    'require(x > 1, "no")': "require condition, Error",
    'revert("no")': "fails Error when",
    "self.x = 1": "named directly",
    "this.x = 1": "named directly",
    "def f():": "action",
    "constructor():": "init",
    "emit Transfer(x)": "emits",
    "returns (x)": "->",
    "let mut y = 1": "var x",
    "const LIMIT = 10": "const NAME: u64 = value",
    "while x > 1:": "range(n)",
    "try f():": "caught",
    "let y = null": "none",
    "let y = True": "true",
    "else if x:": "elif",
    "unchecked:": "checked",
    "let y = keccak256(x)": "hash",
    "selfdestruct(to)": "never changes",
    "to.transfer(amount)": "pay(to, amount)",
    "x = 1 ether": "whole numbers",
    "@payable": "payable",
    "let y = true && false": "and",
    "let y = true || false": "or",
    "let y = !true": "not",
    "x++": "x += 1",
    "x--": "x -= 1",
    "x = 2 ** 3": "u256.max",
    "x = 1 << 3": "bit operators",
    "x = x / 2": "div_up",
    "x = y ? 1 : 2": "if condition else",
    "let y = true => false": "==>",
    "y := 1": "let x",
    "let y = 'a'": "double quotes",
    "x = 1;": "ends with its line",
    "if x > 1 {": "indentation",
}


@pytest.mark.parametrize("name", CASES)
def test_messages_are_pinned(name: str) -> None:
    text = (GOLDEN / f"{name}.qc").read_text("utf-8")
    result = compile_source(text, f"{name}.qc")
    shown = render_diagnostics(result.source, result.diagnostics) + "\n"
    assert shown == (GOLDEN / f"{name}.txt").read_text("utf-8")


@pytest.mark.parametrize("line", HABITUAL_LINES)
def test_habits_of_other_languages_get_a_hint(line: str) -> None:
    result = compile_source(WITH_HABIT.replace("LINE", line), "habit.qc")
    labels = " ".join(each.label for each in result.diagnostics)
    assert "QC0013" in [each.code for each in result.diagnostics]
    assert HABITUAL_LINES[line] in labels


def test_there_are_more_than_forty_habits() -> None:
    assert len(HABITS) > 40


def test_json_says_the_same_as_text() -> None:
    text = "contract A:\n    invariant suply == 1\n    state:\n        supply: u64\n"
    result = compile_source(text, "a.qc")
    view = json.loads(json.dumps(encode_diagnostic(result.source, result.diagnostics[0])))
    assert view["code"] == "QC0103"
    assert (view["line"], view["column"], view["length"]) == (2, 15, 5)
    assert view["label"] == "did you mean `supply`?"
    assert "supply" in view["in_scope"]


def test_several_errors_are_found_in_one_run() -> None:
    text = (GOLDEN / "several.qc").read_text("utf-8")
    lines = {each.span.start for each in compile_source(text, "several.qc").diagnostics}
    assert len(lines) >= 5


@pytest.mark.parametrize(
    ("wrong", "label"),
    [
        ("    actoin act():", "did you mean `action`?"),
        ("    action act():\n        asert 1 == 1", "did you mean `assert` where `asert` stands?"),
        ("    action act():\n        balance[1] = 1", "did you mean `balances`?"),
        ("    action act():\n        let x = u8.maximum", "did you mean `max`?"),
    ],
)
def test_a_misspelt_word_is_recognized(wrong: str, label: str) -> None:
    text = f"contract Typos:\n    state:\n        balances: map[u8, u8]\n\n{wrong}\n"
    found = compile_source(text, "typos.qc").diagnostics
    assert any(label in each.label for each in found)


def test_a_foreign_word_is_quoted_as_written() -> None:
    text = "contract Foreign:\n    state:\n        x: uint64\n"
    messages = [each.message for each in compile_source(text, "foreign.qc").diagnostics]
    assert messages == ["`uint64` is not part of this language"]
