"""The parser's tables: made from the grammar once, and kept beside it for a quick start.

`grammar.tables` is a generated file: the tables that lark makes of `grammar.lark`, as compressed
JSON in base 64. It is used only if it was made from this very grammar by this very lark; else the
grammar is read, which takes ten times as long and gives the same. `write_tables()` writes it.
"""

import json
import zlib
from base64 import b64decode, encodebytes
from collections.abc import Callable
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import lark
from lark import Lark
from lark.grammar import Rule
from lark.lexer import TerminalDef

from dsl.build import TreeBuilder
from dsl.parse.lines import LineIndenter

GRAMMAR = Path(__file__).parents[1] / "grammar.lark"
TABLES = Path(__file__).parents[1] / "grammar.tables"
SIZE_BYTES_MAX = 1 << 22
"""Most that the tables may unpack to."""


class CallbackProxy:
    """Hands the grammar's callbacks to the builder of the current run: the tables are made once."""

    def __init__(self) -> None:
        self.builder = TreeBuilder()

    def __getattr__(self, rule: str) -> Any:  # noqa: ANN401  # lark looks callbacks up by name
        if rule.startswith("__") or not hasattr(TreeBuilder, rule):
            raise AttributeError(rule)
        return lambda parts: getattr(self.builder, rule)(parts)  # noqa: PLW0108  # builder changes


def compute_key(grammar: str) -> str:
    """Return what tables depend on: the grammar and the version of lark."""
    return sha256(f"{lark.__version__}\n{grammar}".encode()).hexdigest()


def build_parser(grammar: str, proxy: CallbackProxy, indenter: LineIndenter) -> Lark:
    """Return a parser made from the grammar itself."""
    return Lark(
        grammar,
        parser="lalr",
        lexer="basic",
        postlex=indenter,
        transformer=proxy,  # lark only looks callbacks up by name
        maybe_placeholders=False,
    )


def encode_tables(grammar: str) -> bytes:
    """Return the tables of a grammar as `grammar.tables` holds them, before compression."""
    parser = build_parser(grammar, CallbackProxy(), LineIndenter())
    data, memo = parser.memo_serialize([TerminalDef, Rule])
    data["options"] |= {"postlex": None, "transformer": None}
    view = {"key": compute_key(grammar), "data": data, "memo": memo}
    return json.dumps(view, sort_keys=True, separators=(",", ":")).encode()


def load_tables(
    packed: bytes, grammar: str, proxy: CallbackProxy, indenter: LineIndenter
) -> Lark | None:
    """Return a parser from kept tables, or None if they are not those of the grammar."""
    unpacker = zlib.decompressobj()
    view: dict[str, Any] = json.loads(unpacker.decompress(b64decode(packed), SIZE_BYTES_MAX))
    if view["key"] != compute_key(grammar):
        return None
    memo = {int(number): entry for number, entry in view["memo"].items()}
    table = view["data"]["parser"]["parser"]
    table["states"] = {int(number): row for number, row in table["states"].items()}
    options: dict[str, Any] = {"postlex": indenter, "transformer": proxy}
    load: Callable[..., Lark] = Lark._load_from_dict  # noqa: SLF001  # lark has no other way in
    return load(view["data"], memo, **options)


@lru_cache(maxsize=1)
def get_parser() -> tuple[Lark, CallbackProxy, LineIndenter]:
    """Return the parser, made once in a process."""
    proxy, indenter = CallbackProxy(), LineIndenter()
    grammar = GRAMMAR.read_text("utf-8")
    parser = None
    if TABLES.is_file():
        parser = load_tables(TABLES.read_bytes(), grammar, proxy, indenter)
    return parser or build_parser(grammar, proxy, indenter), proxy, indenter


def write_tables(path: Path = TABLES) -> None:
    """Write `grammar.tables`; to be done after each change of the grammar.

    lark numbers states in arbitrary order: two writings may differ in bytes, not in meaning.
    """
    packed = zlib.compress(encode_tables(GRAMMAR.read_text("utf-8")), 9)
    path.write_bytes(encodebytes(packed))
