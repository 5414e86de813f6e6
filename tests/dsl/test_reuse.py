"""Members that were parsed before: a text that is parsed with them is what it is without."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsl.compile import compile_source
from dsl.layout import scan_layout
from dsl.parse import MEMORY, parse_source
from dsl.parse.reuse import INDENT, KEPT_CHARACTERS_MAX, KNOWN, Memory, list_chunks
from dsl.source import make_source
from spec.ir.encoding import encode_module
from tests.dsl.corpus import CONTRACTS, read_sources, spoil

SOURCES = read_sources()
ERC20 = next(each for each in CONTRACTS if each.name == "erc20.qc").read_text("utf-8")
ADD = "    function add(a: u64, b: u64) -> u64:\n        return a + b\n"
"""A member that the memory of these tests knows."""
EDITS = 4
"""How often a text is changed while the memory grows."""


def edit(text: str, rng: random.Random) -> str:
    """A text with a line dropped, doubled, moved or indented, or spoilt anywhere."""
    lines = text.splitlines(keepends=True)
    if not lines or rng.random() < 0.3:
        return spoil(text, rng)
    at, to = rng.randrange(len(lines)), rng.randrange(len(lines))
    match rng.randrange(5):
        case 0:
            del lines[at]
        case 1:
            lines.insert(to, lines[at])
        case 2:
            lines.insert(to, lines.pop(at))
        case 3:
            lines[at] = INDENT + lines[at]
        case _:
            lines.insert(at, f"{INDENT}# line {to}\n\n")
    return "".join(lines)


@settings(max_examples=30)
@given(st.integers(0, 1 << 32))
def test_an_edited_text_is_parsed_as_if_it_were_the_first(seed: int) -> None:
    rng, memory = random.Random(seed), Memory()
    text = rng.choice(SOURCES)
    for _ in range(EDITS):
        source = make_source("a.qc", text)
        assert parse_source(source, memory) == parse_source(source, Memory())
        text = edit(text, rng)


@pytest.mark.parametrize(
    "text",
    [
        f'contract A:\n    """\n{ADD}    """\n{ADD}',
        f"contract A:\n    const X: u64 = (\n{ADD}    )\n{ADD}",
        f"contract A:\n    const X: u64 = 1 +\n{ADD}",
        f"contract A:\n  state:\n{ADD}",
        f"contract A:\n    interface B:\n{ADD.replace('    ', '        ')}",
        f"interface A:\n{ADD}",
        f"interface A:\n    {KNOWN}\n{ADD}contract B:\n{ADD}",
        f"contract A:\n{ADD}    {KNOWN}\n",
        f"contract A:\n{ADD}{ADD}",
        f"contract A:\n{ADD}        return a\n",
        f"contract A:\n{ADD}    # a remark\n\n{ADD}",
        f"component A:\n{ADD}contract B:\n{ADD}",
        f"contract A:\n{ADD}".replace("\n", "\r\n"),
        f"contract A:\n{ADD}".rstrip(),
        f"{ADD}",
    ],
)
def test_a_known_member_is_known_only_where_a_member_may_stand(text: str) -> None:
    memory = Memory()
    parse_source(make_source("a.qc", f"contract A:\n    state:\n        x: u64\n{ADD}"), memory)
    source = make_source("a.qc", text)
    assert parse_source(source, memory) == parse_source(source, Memory())


def test_only_the_changed_member_is_parsed_again() -> None:
    memory = Memory()
    parse_source(make_source("a.qc", ERC20), memory)
    changed = ERC20.replace("balances[to] += amount", "balances[to] += 1 * amount", 1)
    chunks = list_chunks(changed, scan_layout(make_source("a.qc", changed)).lines)
    shortened, known = memory.shorten(changed, chunks)
    assert len(known) > len(chunks) // 2
    assert "1 * amount" in shortened
    assert shortened.count("action") == 1
    assert len(shortened) == len(changed)


def test_a_contract_that_is_compiled_after_an_edit_is_that_of_a_fresh_process() -> None:
    changed = ERC20.replace("balances[to] += amount", "balances[to] += 1 * amount", 1)
    compile_source(ERC20, "a.qc")
    after = compile_source(changed, "a.qc")
    MEMORY.forget()
    fresh = compile_source(changed, "a.qc")
    assert after.diagnostics == fresh.diagnostics
    assert after.unit is not None
    assert fresh.unit is not None
    assert encode_module(after.unit.module) == encode_module(fresh.unit.module)
    assert after.unit.source_map == fresh.unit.source_map
    assert after.unit.abi == fresh.unit.abi


def test_the_memory_is_bounded() -> None:
    memory = Memory()
    line = "    const C{}: bytes32 = 0x{:064x}\n"
    text = "contract A:\n" + "".join(line.format(each, each) for each in range(600))
    for each in range(2 * KEPT_CHARACTERS_MAX // len(text)):
        parse_source(make_source("a.qc", text.replace(" C", f" C{each}_")), memory)
        assert memory.size <= KEPT_CHARACTERS_MAX
