"""The parser's tables: made from the grammar once, and kept beside it for a quick start.

`grammar.tables` is a generated file: the tables that lark makes of `grammar.lark`, as compressed
JSON in base 64. It is used only if it was made from this very grammar by this very lark; else the
grammar is read, which takes ten times as long and gives the same. `write_tables()` writes it.
"""

import json
import zlib
from base64 import b64decode, encodebytes
from collections.abc import Callable, Iterator
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import lark
from lark import Lark, Token
from lark.grammar import Rule
from lark.lexer import TerminalDef

from dsl.build import TreeBuilder
from dsl.parse.lines import LineIndenter

GRAMMAR = Path(__file__).parents[1] / "grammar.lark"
TABLES = Path(__file__).parents[1] / "grammar.tables"
SIZE_BYTES_MAX = 1 << 22
"""Most that the tables may unpack to."""
SHIFT = 0
"""In lark's table: go on in another state; else reduce."""


class CallbackProxy:
    """Hands the grammar's callbacks to the builder of the current run: the tables are made once."""

    def __init__(self) -> None:
        self.builder = TreeBuilder()

    def __getattr__(self, rule: str) -> Any:  # noqa: ANN401  # lark looks callbacks up by name
        build = None if rule.startswith("__") else getattr(TreeBuilder, rule, None)
        if build is None:
            raise AttributeError(rule)
        return lambda parts: build(self.builder, parts)


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
    data["parser"]["parser"] = order_states(data["parser"]["parser"])
    view = {"key": compute_key(grammar), "data": data, "memo": memo}
    return json.dumps(view, sort_keys=True, separators=(",", ":")).encode()


def order_states(table: dict[str, Any]) -> dict[str, Any]:
    """Return lark's table of states, numbered as they are met from the start.

    lark numbers symbols and states in the order of sets, which differs from process to process.
    """
    names = sorted(table["tokens"].values())
    symbols = {number: names.index(name) for number, name in table["tokens"].items()}
    numbers: dict[int, int] = {}
    for start in sorted(table["start_states"]):
        numbers.setdefault(table["start_states"][start], len(numbers))
    states: dict[int, dict[int, Any]] = {}
    for old in (waiting := list(numbers)):
        row = {symbols[number]: action for number, action in table["states"][old].items()}
        for symbol, (kind, target) in sorted(row.items()):
            if kind == SHIFT and target not in numbers:
                numbers[target] = len(numbers)
                waiting.append(target)
            row[symbol] = (kind, numbers[target] if kind == SHIFT else target)
        states[numbers[old]] = row
    return {
        "tokens": dict(enumerate(names)),
        "states": states,
        "start_states": {each: numbers[old] for each, old in table["start_states"].items()},
        "end_states": {each: numbers[old] for each, old in table["end_states"].items()},
    }


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


Step = tuple[int, str, Callable[[list[Any]], Any] | None]
"""Of a reduction: how many values it takes, the symbol it gives, and what builds the value; None
if it hands its one value on, as most do: an atom climbs through every level of precedence."""

Climbs = dict[tuple[int, int, str], int]
"""Where such a climb ends, by the two upper states and the token that follows; filled as met."""


@lru_cache(maxsize=2)
def get_steps(parser: Lark) -> tuple[dict[int, Step], Climbs]:
    """Return the reductions of a parser by the identity of their rule, and its climbs."""
    settings: Any = parser.parse_interactive("").parser_state.parse_conf
    rules = {id(rule): rule for row in settings.states.values() for _, rule in row.values()}
    steps: dict[int, Step] = {
        number: (
            len(rule.expansion),
            rule.origin.name,
            None if _is_passing(rule) else settings.callbacks[rule],
        )
        for number, rule in rules.items()
        if isinstance(rule, Rule)
    }
    return steps, {}


def _is_passing(rule: Rule) -> bool:
    """Say whether a rule `?a: b` hands the value of b on."""
    is_unit: bool = rule.options.expand1 and not rule.alias and len(rule.expansion) == 1
    return is_unit and not rule.expansion[0].is_term and rule.expansion[0].name[0] != "_"


def scan_tokens(parser: Lark, text: str) -> Iterator[Token]:
    """Yield the tokens of a text, without layout.

    lark's own scanner and table of keywords, without its counting of lines and its matching of
    every name against every keyword: a fifth of the time.
    """
    connector: Any = parser.parse_interactive("").lexer_thread.lexer
    lexer = connector.lexer
    (pattern,) = lexer.scanner._mres  # noqa: SLF001  # lark has no other way in
    ignored, callbacks = lexer.ignore_types, lexer.callback
    kinds: dict[str, str] = {}
    position, end, match = 0, len(text), pattern.match
    while position < end:
        found = match(text, position)
        assert found is not None, "FOREIGN and _NEWLINE take what nothing else takes"
        kind, stop = found.lastgroup, found.end()
        if kind not in ignored:
            value = found.group()
            if kind in callbacks:
                known = kinds.get(value)
                if known is None:
                    known = kinds[value] = callbacks[kind](Token(kind, value)).type
                kind = known
            yield make_token(kind, value, position, stop)
        position = stop


def make_token(kind: str, value: str, start: int, end: int) -> Token:
    """Return a token that knows where it stands, but not in which line.

    What `Token(kind, value, start, end_pos=end)` gives, without looking for old names of arguments.
    """
    token = str.__new__(Token, value)
    token.type, token.value, token.start_pos, token.end_pos = kind, value, start, end
    token.line = token.column = token.end_line = token.end_column = None
    return token


def write_tables(path: Path = TABLES) -> None:
    """Write `grammar.tables`; to be done after each change of the grammar."""
    packed = zlib.compress(encode_tables(GRAMMAR.read_text("utf-8")), 9)
    path.write_bytes(encodebytes(packed))
