"""Sources that tests start from, and ways to spoil them."""

import random
import re
from pathlib import Path

from dsl.catalog import CATALOG, make_example
from tests.dsl.sentences import NAMES, make_sentence

ROOT = Path(__file__).parents[2]
CONTRACTS = tuple(sorted((ROOT / "stdlib_contracts").glob("*/*.qc")))
FEATURES = tuple(sorted((ROOT / "tests" / "dsl" / "features").glob("*.qc")))
EXAMPLES = tuple(sorted((ROOT / "examples" / "contracts").glob("*/*.qc")))
PROOFS = tuple(sorted((ROOT / "tests" / "dsl" / "verify" / "corpus").glob("*.qc")))
TEMPLATES = tuple(sorted((ROOT / "dsl" / "templates").glob("*.qc")))
WORDS = (
    *(ROOT / "dsl" / "grammar.lark").read_text("utf-8").split('"')[1::2],
    *("caller", "value", "now", "balance", "pay", "sum", "count", "old", "some", "none", "changed"),
    *("0", "1", "256", "0xff", "3d", "u8", "u64", "u256", "bool", "address", "map", "option", "x"),
    *("msg.sender", "&&", "!", "/", "++", "**", ";", "{", "}", "'", '"', "#", "\\", "\t", "\n"),
    *("\n    ", "\n\n", "@", "$", "\x00", "\x01", "é", "\N{COLLISION SYMBOL}"),
)


def read_sources() -> tuple[str, ...]:
    """All good and bad sources at hand."""
    paths = (*CONTRACTS, *TEMPLATES, *FEATURES, *EXAMPLES, *PROOFS)
    files = [path.read_text("utf-8") for path in paths]
    examples = [
        make_example(entry, part)
        for entry in CATALOG.values()
        for part in (entry.wrong, entry.right)
        if part
    ]
    return (*files, *examples)


def spoil(text: str, rng: random.Random) -> str:
    """A source with a few tokens or lines dropped, doubled, swapped or replaced."""
    pieces = re.findall(r"\w+|\s+|[^\w\s]", text)
    for _ in range(rng.randint(1, 4)):
        if not pieces:
            return text
        at = rng.randrange(len(pieces))
        kind = rng.randrange(6)
        if kind == 0:
            del pieces[at]
        elif kind == 1:
            pieces.insert(at, rng.choice(WORDS))
        elif kind == 2:
            pieces[at] = rng.choice(WORDS)
        elif kind == 3:
            other = rng.randrange(len(pieces))
            pieces[at], pieces[other] = pieces[other], pieces[at]
        elif kind == 4:
            pieces.insert(at, pieces[rng.randrange(len(pieces))])
        else:
            del pieces[at : at + rng.randint(1, 20)]
    return "".join(pieces)


def make_noise(rng: random.Random) -> str:
    """A source of words of the language in random order, with random layout."""
    out = ["contract A:\n"] if rng.random() < 0.7 else []
    for _ in range(rng.randint(0, 30)):
        line = " ".join(rng.choice(WORDS) for _ in range(rng.randint(0, 9)))
        out.append("    " * rng.randint(0, 3) + line + "\n")
    return "".join(out)


def splice(text: str, other: str, rng: random.Random) -> str:
    """A source with some lines of another one in it, or without some, or moved sideways."""
    lines, foreign = text.split("\n"), other.split("\n")
    for _ in range(rng.randint(1, 3)):
        at, start = rng.randrange(len(lines)), rng.randrange(len(foreign))
        count = rng.randint(1, 12)
        kind = rng.randrange(4)
        if kind == 0:
            lines[at:at] = foreign[start : start + count]
        elif kind == 1:
            lines[at : at + count] = foreign[start : start + count]
        elif kind == 2:
            lines[at : at + count] = [f"    {line}" for line in lines[at : at + count]]
        else:
            del lines[at : at + count]
            lines = lines or [""]
    return "\n".join(lines)


def graft(text: str, rng: random.Random) -> str:
    """A source with a random member or unit that parses, in the source's own words."""
    names = (*NAMES, *re.findall(r"[A-Za-z_]\w*", text))
    if rng.random() < 0.2:
        return make_sentence(rng, rng.choice(("unit", "component", "interface")), 0, names) + text
    lines = text.split("\n")
    places = [n for n, line in enumerate(lines) if re.match(r"    \w", line)] or [len(lines)]
    symbol = rng.choice(("member", "property", "can", "check", "action", "test", "function"))
    lines.insert(rng.choice(places), make_sentence(rng, symbol, 1, names).rstrip())
    return "\n".join(lines)


def make_text(rng: random.Random, sources: tuple[str, ...]) -> str:
    """A random source: noise, a sentence, or a spoilt, spliced or grafted good one."""
    text = rng.choice(sources)
    kind = rng.randrange(10)
    if kind == 0:
        return make_noise(rng)
    if kind == 1:
        return "".join(make_sentence(rng, "unit", 0, NAMES) for _ in range(rng.randint(1, 3)))
    if kind in (2, 3):
        return graft(text, rng)
    if kind in (4, 5):
        return splice(text, rng.choice(sources), rng)
    return spoil(text, rng)
