"""Sources that tests start from, and ways to spoil them."""

import random
import re
from pathlib import Path

from dsl.catalog import CATALOG, make_example

ROOT = Path(__file__).parents[2]
CONTRACTS = tuple(sorted((ROOT / "stdlib_contracts").glob("*/*.qc")))
FEATURES = tuple(sorted((ROOT / "tests" / "dsl" / "features").glob("*.qc")))
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
    files = [path.read_text("utf-8") for path in (*CONTRACTS, *TEMPLATES, *FEATURES)]
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
