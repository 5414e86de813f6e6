"""The formatter keeps every token, and formatting twice gives what formatting once gives."""

import random

from dsl.compile import compile_source
from dsl.format import format_source, get_essence
from dsl.parse import parse_source
from dsl.source import make_source
from stdlib_contracts.loader import list_contracts
from tests.dsl.corpus import CONTRACTS, TEMPLATES, read_sources

GOOD = [text for text in read_sources() if not parse_source(make_source("a.qc", text)).diagnostics]
UGLY = """contract   Ugly :
  # about the state
  state :
      total:u64   # the sum


      by_key : map[ address,u64 ]
  const LIMIT:u64=1_000
  invariant small:total<=LIMIT and
    (total>=0
       or -1<0)
  # about the action
  action add( amount:u64 )  by   anyone :
        # in the body
        total+=amount
        # before the end
        if total==LIMIT :
              total=0

"""
NEAT = """contract Ugly:
    # about the state
    state:
        total: u64  # the sum

        by_key: map[address, u64]
    const LIMIT: u64 = 1_000
    invariant small: total <= LIMIT and
        (total >= 0
        or -1 < 0)
    # about the action
    action add(amount: u64) by anyone:
        # in the body
        total += amount
        # before the end
        if total == LIMIT:
            total = 0
"""


def shake(text: str, rng: random.Random) -> str:
    """The same tokens in another layout: wider blocks, other spaces, more blank lines."""
    width = rng.choice((1, 2, 3, 8))
    out = []
    for line in text.split("\n"):
        level = (len(line) - len(line.lstrip(" "))) // 4
        spaced = line.strip().replace(", ", rng.choice((",", " ,  ", ", ")))
        out.append(" " * (width * level) + spaced + " " * rng.randint(0, 2))
        out += [""] * (rng.randint(0, 2) if rng.random() < 0.1 else 0)
    return "\n".join(out)


def test_layout_is_pinned() -> None:
    assert format_source(UGLY) == NEAT


def test_formatting_is_idempotent_and_keeps_tokens() -> None:
    assert len(GOOD) > 40
    for text in GOOD:
        once = format_source(text)
        assert format_source(once) == once
        assert get_essence(once) == get_essence(text)


def test_layout_does_not_matter_to_the_formatter() -> None:
    for seed in range(60):
        rng = random.Random(seed)
        text = format_source(rng.choice(GOOD))
        if '"""' in text or ", " in "".join(text.split('"')[1::2]) or "#" in text:
            continue
        lines = [line for line in text.split("\n") if line]
        shaken = format_source(shake("\n".join(lines), rng))
        assert [line for line in shaken.split("\n") if line] == lines


def test_formatting_does_not_change_the_code() -> None:
    for path in (each.path for each in list_contracts()):
        text = path.read_text("utf-8")
        spread = text.replace("    ", "  ")
        before = compile_source(text, "a.qc").unit
        after = compile_source(format_source(spread), "a.qc").unit
        assert before is not None
        assert after is not None
        assert before.code_id == after.code_id


def test_our_own_contracts_are_laid_out() -> None:
    for path in (*CONTRACTS, *TEMPLATES):
        text = path.read_text("utf-8")
        assert format_source(text) == text


def test_an_empty_text_stays_empty() -> None:
    assert format_source("") == ""
    assert format_source("\n\n  \n") == ""
