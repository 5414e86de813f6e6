"""Random sentences of the grammar: sources that parse, or nearly, and mean nothing."""

import random
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from lark.grammar import Rule
from lark.lexer import PatternStr

from dsl.parse.tables import get_parser

SIZE_MAX = 200
"""Symbols after which a sentence ends as soon as it can."""
SHORT_SHARE = 0.5
"""How often a symbol is written in one of its shallowest ways."""
NAMES = (
    *("total", "balances", "caller", "value", "now", "height", "balance", "this", "amount", "to"),
    *(
        "u8",
        "u64",
        "u256",
        "bool",
        "address",
        "map",
        "option",
        "list",
        "bytes",
        "string",
        "message",
    ),
    *("sum", "count", "old", "changed", "authorized", "hash", "pay", "collect", "len", "range"),
    *("some", "none", "Token", "x", "a", "alice", "anyone", "gas", "signer", "nonce", "signed"),
)
OTHER_TEXTS: Mapping[str, tuple[str, ...]] = {
    "INT": ("0", "1", "2", "256", "7d", "1_000"),
    "HEX": ("0xff", "0x00"),
    "STRING": ('"a"', '"std/access/pausable.qc"', '"std/erc20/erc20.qc"'),
    "LONG_STRING": ('"""Says."""',),
    "DEPLOY": ("deploy",),
    "SKIPPED": ("?",),
    "KNOWN": ("?",),
}


@cache
def read_rules() -> dict[str, tuple[tuple[str, ...], ...]]:
    """Every way to write each symbol that is not a word, as tables of the parser have it."""
    settings: Any = get_parser()[0].parse_interactive("").parser_state.parse_conf
    found: dict[str, dict[tuple[str, ...], None]] = {}
    for row in settings.states.values():
        for _, rule in row.values():
            if isinstance(rule, Rule):
                ways = found.setdefault(rule.origin.name, {})
                ways[tuple(each.name for each in rule.expansion)] = None
    return {name: tuple(sorted(ways)) for name, ways in sorted(found.items())}


@cache
def read_words() -> dict[str, str]:
    """The text of each token that has only one."""
    terminals = get_parser()[0].terminals
    return {each.name: each.pattern.value for each in terminals if type(each.pattern) is PatternStr}


@cache
def measure_rules() -> dict[str, int]:
    """Of each symbol, how deep its shallowest sentence is."""
    rules = read_rules()
    depths: dict[str, int] = {}
    while len(depths) < len(rules):
        for name, ways in rules.items():
            known = [
                max((depths.get(each, 0) for each in way), default=0)
                for way in ways
                if all(each in depths or each not in rules for each in way)
            ]
            if known:
                depths.setdefault(name, 1 + min(known))
    return depths


def make_sentence(rng: random.Random, symbol: str, depth: int, names: Sequence[str]) -> str:
    """A random sentence of a symbol.

    Args:
        rng: where choices come from.
        symbol: of the grammar, such as "member".
        depth: of the block that it stands in.
        names: what to call things.
    """
    rules, depths = read_rules(), measure_rules()
    out: list[str] = ["    " * depth]
    pending = [symbol]
    used = 0
    while pending:
        name = pending.pop()
        used += 1
        if name not in rules:
            depth = _write(out, name, depth, rng, names)
            continue
        ways = rules[name]
        if used > SIZE_MAX or rng.random() < SHORT_SHARE:
            least = depths[name]
            ways = tuple(way for way in ways if all(depths.get(each, 0) < least for each in way))
        pending.extend(reversed(rng.choice(ways)))
    return "".join(out)


def _write(out: list[str], name: str, depth: int, rng: random.Random, names: Sequence[str]) -> int:
    """Write a token; the depth of the block that follows."""
    if name in ("_INDENT", "_DEDENT"):
        depth += 1 if name == "_INDENT" else -1
        out[-1] = "    " * depth
    elif name == "_NEWLINE":
        out += ["\n", "    " * depth]
    elif name == "NAME":
        out += [rng.choice(names), " "]
    else:
        text = read_words().get(name)
        out += [rng.choice(OTHER_TEXTS[name]) if text is None else text, " "]
    return depth
