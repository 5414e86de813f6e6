"""Whatever the text, the answer is a unit or coded diagnostics that point into the text.

Or into a file that it imports.
"""

import random
import time
from pathlib import Path

import pytest

from dsl.catalog import CATALOG
from dsl.compile import CompileResult, compile_source
from dsl.diagnostics import is_error, render_diagnostics
from dsl.source import LENGTH_BYTES_MAX
from tests.dsl.corpus import make_text, read_sources

IR_LIMITS = {
    "ir.too_many",
    "ir.nesting_too_deep",
    "ir.int_too_wide",
    "ir.gas_bound",
    "ir.type_too_deep",
    "ir.type_too_large",
    "ir.map_misplaced",
    "ir.key_type",
    "ir.type_size",
}
"""Rules of the core IR that an author can run into; any other would be the compiler's fault."""


SOURCE_S_MAX = 1
"""Of processor time, for sources of 64 KiB and less."""


def judge(text: str) -> CompileResult:
    """Compile a text and hold the result to the law."""
    result = compile_source(text, "fuzz.qc")
    for found in result.diagnostics:
        assert found.code in CATALOG
        assert found.code != "QC0703" or found.label in IR_LIMITS, found.message
        for span in (found.span, *(each.span for each in found.others)):
            assert 0 <= span.start <= span.end <= len(result.source.text)
            assert span.end <= len(text) or result.source.find_part(span) is not None
    assert result.unit is not None or any(is_error(each) for each in result.diagnostics)
    assert bool(render_diagnostics(result.source, result.diagnostics)) == bool(result.diagnostics)
    return result


def run_campaign(seeds: range) -> None:
    """Judge one random source for each seed: none takes longer than a second per 64 KiB."""
    sources = read_sources()
    for seed in seeds:
        text = make_text(random.Random(seed), sources)
        started = time.process_time()
        judge(text)
        assert time.process_time() - started < SOURCE_S_MAX, seed


def test_spoilt_sources_give_coded_diagnostics() -> None:
    run_campaign(range(150))


@pytest.mark.slow
@pytest.mark.parametrize("part", range(10))
def test_fifty_thousand_spoilt_sources_give_coded_diagnostics(part: int) -> None:
    run_campaign(range(1_000 + 5_000 * part, 6_000 + 5_000 * part))


BOMBS = {
    "round brackets": "contract A:\n    invariant " + "(" * 60_000,
    "square brackets": "contract A:\n    invariant x" + "[" * 60_000,
    "closed brackets": "contract A:\n    invariant " + "(" * 30_000 + ")" * 30_000,
    "a hundred thousand brackets": "(" * 100_000,
    "nots": "contract A:\n    invariant " + "not " * 15_000 + "true\n",
    "minus": "contract A:\n    invariant 0 == " + "- " * 30_000 + "1\n",
    "sums": "contract A:\n    invariant 0 == " + "1 + " * 15_000 + "1\n",
    "implications": "contract A:\n    invariant " + "true ==> " * 7_000 + "true\n",
    "fields": "contract A:\n    invariant x" + ".x" * 30_000 + "\n",
    "indices": "contract A:\n    invariant x" + "[x]" * 20_000 + "\n",
    "quantifiers": "contract A:\n    invariant " + "forall x: u8: " * 4_500 + "true\n",
    "conditionals": "contract A:\n    invariant " + "1 if true else " * 4_000 + "1\n",
    "types": "contract A:\n    state:\n        x: " + "option[" * 9_000 + "u8" + "]" * 9_000 + "\n",
    "indents": "contract A:\n" + "".join(" " * depth + "if x:\n" for depth in range(1, 340)),
    "elifs": "contract A:\n    function f():\n        if true:\n            pass\n"
    + "        elif true:\n            pass\n" * 1_500,
    "members": "contract A:\n" + "    error E\n" * 5_000,
    "errors": "contract A:\n" + "    = = =\n" * 6_000,
    "quotes": '"' * 65_000,
    "hashes": "#" * 65_000,
    "digits": "contract A:\n    const X: u8 = " + "9" * 60_000 + "\n",
    "hex digits": "contract A:\n    const X: u8 = 0x" + "f" * 60_000 + "\n",
    "name": "contract " + "A" * 65_000,
    "line": "contract A:\n    invariant " + "x " * 30_000,
    "continued": "contract A:\n    invariant 1 +\n" + "1 +\n" * 15_000,
    "zero bytes": "\x00" * 65_000,
    "markers": "\x01\n" * 30_000,
    "empty": "",
    "spaces": " " * 65_000,
    "line breaks": "\n" * 65_000,
    "carriage returns": "\r" * 65_000,
    "components": "component A:\n    component b: A\n" * 1_700,
    "components in components": "".join(
        f"component C{n}:\n    component c: C{n + 1}\n" for n in range(1_200)
    ),
    "interfaces": "interface A:\n    view f() -> A\n" * 1_900,
    "interface calls": "contract A:\n    view f() -> u64:\n        return x"
    + ".f()" * 15_000
    + "\n",
    "imports": 'import "std/access/pausable.qc": Paused\n' * 1_500,
    "own import": 'import "fuzz.qc": A\n' * 2_000,
    "sums in sums": "contract A:\n    invariant " + "sum(" * 15_000 + ")" * 300 + "\n",
    "comprehensions": "contract A:\n    invariant " + "sum(1 for a: address if " * 2_500 + "\n",
    "messages": "contract A:\n    view f():\n        let m = " + "message(" * 7_000 + "\n",
    "lists": "contract A:\n    const X: u8 = " + "[" * 30_000 + "]" * 30_000 + "\n",
    "checks": "contract A:\n    check " + "f() as a, " * 6_000 + "f() as a == f() as a\n",
    "calls": "contract A:\n    invariant " + "f(" * 20_000 + ")" * 20_000 + "\n",
    "records": "contract A:\n"
    + "".join(f"    record R{n}:\n        x: R{n + 1}\n" for n in range(1_800)),
    "functions": "contract A:\n"
    + "".join(f"    function f{n}():\n        f{n + 1}()\n" for n in range(1_400)),
    "matches": "contract A:\n    view f():\n"
    + "".join(" " * (8 + n) + "match x:\n" for n in range(1, 300)),
    "surrogates": "contract \ud800:\n",
}


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_are_answered_fast(name: str) -> None:
    started = time.process_time()
    result = judge(BOMBS[name])
    assert time.process_time() - started < 2
    assert name == "elifs" or result.unit is None


DEEP = 100_000


@pytest.mark.parametrize(
    "part", ["(", "[", "not ", "- ", "option[", "if x:\n", "sum(x for a: b if "]
)
def test_a_depth_of_a_hundred_thousand_is_answered_fast(part: str) -> None:
    started = time.process_time()
    assert judge("contract A:\n    invariant " + part * DEEP).unit is None
    assert time.process_time() - started < 2


def test_imports_of_imports_are_answered_fast(tmp_path: Path) -> None:
    (tmp_path / "qc.toml").touch()
    for number in range(200):
        text = f'import "f{number + 1}.qc": E{number + 1}\nerror E{number}\n'
        (tmp_path / f"f{number}.qc").write_text(text, encoding="utf-8")
    text = 'import "f0.qc": E0\ncontract A:\n    state:\n        x: u64\n'
    started = time.process_time()
    result = compile_source(text, str(tmp_path / "a.qc"))
    assert time.process_time() - started < 2
    assert result.unit is None
    assert all(each.code in CATALOG for each in result.diagnostics)


def test_what_belongs_to_a_test_keeps_a_contract_from_being_built() -> None:
    """A line that only tests may have was dropped as if it stood in one, its values missing."""
    body = "        let k = 1\n        emits Log(k)\n\n        expect Late: act(1) as alice\n"
    text = f"contract A:\n    event Log(n: u64)\n    action act() by anyone:\n{body}"
    assert judge(text).unit is None


def test_too_long_a_source_is_refused_before_it_is_read() -> None:
    text = "contract A:\n" + "# " + "x" * LENGTH_BYTES_MAX
    assert [each.code for each in judge(text).diagnostics] == ["QC0001"]


def test_types_can_not_blow_up() -> None:
    """Each record holds two of the one before."""
    lines = ["contract A:", "    record R0:", "        x: u64"]
    for number in range(1, 60):
        inner = f"R{number - 1}"
        lines += [f"    record R{number}:", f"        a: {inner}", f"        b: {inner}"]
    lines += ["    state:", "        x: R59", "    action go(r: R59) by anyone:", "        x = r"]
    assert "QC0701" in [each.code for each in judge("\n".join(lines) + "\n").diagnostics]


def test_a_pure_function_of_many_branches_can_not_blow_up() -> None:
    branches = "        if x > 1:\n            pass\n" * 15
    function = f"    function f(x: u64) -> u64:\n{branches}        return x\n"
    result = judge(f"contract A:\n{function}    invariant f(1) == 1\n")
    assert "QC0702" in [each.code for each in result.diagnostics]


def test_deep_calls_of_deep_expressions_are_refused() -> None:
    lines = ["contract A:", "    function f0(x: u64) -> u64:", "        return x"]
    for number in range(1, 16):
        deep = "min(x, " * 15 + f"f{number - 1}(x)" + ")" * 15
        lines += [f"    function f{number}(x: u64) -> u64:", f"        return {deep}"]
    lines += ["    action go(x: u64) by anyone:", "        let y = f15(x)"]
    assert "QC0702" in [each.code for each in judge("\n".join(lines) + "\n").diagnostics]


def test_shared_functions_can_not_blow_up() -> None:
    """Each function calls the one before twice: 2**40 copies, if nothing stopped it."""
    lines = ["contract A:", "    function f0(x: u64) -> u64:", "        return x"]
    for number in range(1, 40):
        call = f"f{number - 1}(x) + f{number - 1}(x)"
        lines += [f"    function f{number}(x: u64) -> u64:", f"        return {call}"]
    body = ["    action go(x: u64) by anyone:", "        let y = f39(x)"]
    in_body = judge("\n".join([*lines, *body]) + "\n")
    assert "QC0702" in [each.code for each in in_body.diagnostics]
    in_property = judge("\n".join([*lines, "    invariant f39(1) == 1"]) + "\n")
    assert "QC0702" in [each.code for each in in_property.diagnostics]
