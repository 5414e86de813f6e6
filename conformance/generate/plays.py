"""Calls of a contract in a row: those that its tests make, and others drawn from them by seeds.

What a test calls is recorded as it runs; a drawn play opens like a test and goes on with calls that
any test makes, some of them by somebody else, with another argument, or later.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any, Final

from conformance.clients.spec.answers import JsonObject, to_hex
from dsl.accounts import compute_account_address
from dsl.compile import CompiledUnit
from dsl.names import ACCOUNTS
from dsl.testing import MadeCall, record_calls
from dsl.world import CONTRACT
from spec.ir.host import CallInput
from spec.ir.syntax import INIT_SELECTOR, Type, UintType
from spec.ir.values import Value, decode_record, encode_record
from spec.lib.result import Ok

DRAWN: Final = 3
"""Plays of a contract that seeds draw."""
DRAWN_CALLS: Final = 12
"""Calls of such a play behind its opening."""
NAME_LENGTH_MAX: Final = 60
WAITS_MS: Final = (0, 0, 0, 1, 1_000, 86_400_000)
PEOPLE: Final = {compute_account_address(name): name for name in ACCOUNTS}

Row = tuple[MadeCall, ...]
"""Calls in a row on one world."""


@dataclass(frozen=True, slots=True)
class Play:
    """Calls in a row, as a record asks them."""

    name: str
    title: str
    calls: tuple[JsonObject, ...]
    """Arguments of `contract.call`, each."""
    shown: tuple[str, ...]
    """The same for people: who calls what."""
    succeeds: tuple[bool, ...]
    """Which calls succeed where a test says so; empty for a drawn play."""


def make_plays(name: str, unit: CompiledUnit) -> tuple[tuple[Play, ...], dict[bytes, CompiledUnit]]:
    """The plays of a contract, and the other contracts in them, by address.

    Args:
        name: seeds the drawn ones.
        unit: a contract that passes its tests.
    """
    rows: list[tuple[str, Row]] = []
    for title, made in record_calls(unit):
        rows += [(title, row) for row in _split(made)]
    others = {
        each.call.contract: each.unit
        for _, row in rows
        for each in row
        if each.call.contract != CONTRACT
    }
    drawn = _Drawing(Random(name), [row for _, row in rows])  # noqa: S311 - a seed makes a play
    titles = [title for title, _ in rows]
    rows += [(f"drawn {number}", drawn.draw()) for number in range(DRAWN)]
    names = [_make_name(title, titles[:n].count(title)) for n, (title, _) in enumerate(rows)]
    plays = [
        _make_play(named, title, row, is_drawn=number >= len(titles))
        for number, (named, (title, row)) in enumerate(zip(names, rows, strict=True))
    ]
    return tuple(plays), others


def _make_play(name: str, title: str, row: Row, *, is_drawn: bool) -> Play:
    succeeds = () if is_drawn else tuple(each.succeeds for each in row)
    return Play(name, title, tuple(map(_make_call, row)), tuple(map(_show, row)), succeeds)


def _split(made: Sequence[MadeCall]) -> list[Row]:
    """A test that deploys its contract once more begins again, in another world."""
    rows: list[list[MadeCall]] = [[]]
    refused: list[list[MadeCall]] = []
    is_deployed = False
    for each in made:
        deploys = each.call.contract == CONTRACT and each.call.selector == INIT_SELECTOR
        if deploys and is_deployed and not each.succeeds:
            refused.append([each])
            continue
        if deploys and is_deployed:
            rows.append([])
        is_deployed = is_deployed or (deploys and each.succeeds)
        rows[-1].append(each)
    return [tuple(row) for row in (*rows, *refused) if row]


def _make_name(title: str, repeated: int) -> str:
    words = re.sub(r"[^a-z0-9]+", "_", title.lower()).strip("_")[:NAME_LENGTH_MAX].strip("_")
    return f"{words}_{repeated + 1}" if repeated else words


def _make_call(made: MadeCall) -> JsonObject:
    call = made.call
    return {
        "contract": to_hex(call.contract),
        "selector": to_hex(call.selector),
        "caller": to_hex(call.caller),
        "value": str(call.value),
        "arguments": to_hex(call.arguments),
        "gas_limit": str(call.gas_limit),
        "is_view": call.is_view,
        "height": str(made.block.height),
        "now_ms": str(made.block.now_ms),
    }


def _show(made: MadeCall) -> str:
    names = [each.name for each in made.unit.source_map.functions]
    selectors = [each.declared.selector for each in made.unit.linked.functions]
    called = dict(zip(selectors, names, strict=True)).get(made.call.selector, "init")
    caller = PEOPLE.get(made.call.caller, "a contract")
    return f"{made.unit.name}.{called} by {caller}"


class _Drawing:
    """Draws plays from the calls of tests."""

    def __init__(self, rng: Random, rows: Sequence[Row]) -> None:
        self._rng = rng
        self._rows = rows
        self._calls = [each for row in rows for each in row if each.call.selector != INIT_SELECTOR]
        self._known: dict[Type, list[Value]] = {}
        for each in self._calls:
            for kind, value in self._read(each):
                self._known.setdefault(kind, []).append(value)

    def draw(self) -> Row:
        """A play: how a test opens, then calls that any test makes, or nearly."""
        rng = self._rng
        row = rng.choice([each for each in self._rows if len(each) > 1])
        opening = row[: rng.randrange(2, max(3, len(row)))]
        made, block = [*opening], opening[-1].block
        targets = {each.call.contract for each in opening}
        possible = [
            each
            for each in self._calls
            if each.call.contract in targets and (not each.call.value or each.call.caller in PEOPLE)
        ]
        for _ in range(DRAWN_CALLS):
            wait_ms, blocks = rng.choice(WAITS_MS), rng.choice((0, 0, 1))
            block = replace(block, now_ms=block.now_ms + wait_ms, height=block.height + blocks)
            each = rng.choice(possible or opening)
            made.append(replace(each, call=self._change(each), block=block))
        return tuple(made)

    @staticmethod
    def _read(made: MadeCall) -> list[tuple[Type, Value]]:
        """The arguments of a call, with their types."""
        linked = made.unit.linked
        for function in linked.functions:
            if function.declared.selector == made.call.selector:
                values = decode_record(linked.types, function.params, made.call.arguments)
                found = values.value if isinstance(values, Ok) else ()
                return list(zip(function.params, found, strict=False))
        return []

    def _change(self, made: MadeCall) -> CallInput:
        """The call as it was made, or with one thing changed."""
        rng, call = self._rng, made.call
        change = rng.choice(("", "", "caller", "argument", "argument"))
        if change == "caller" and call.value == 0:
            return replace(call, caller=rng.choice(tuple(PEOPLE)))
        pairs = self._read(made)
        if change != "argument" or not pairs:
            return call
        index = rng.randrange(len(pairs))
        values = [value for _, value in pairs]
        values[index] = rng.choice(self._list_values(pairs[index][0]))
        kinds = tuple(kind for kind, _ in pairs)
        arguments = encode_record(made.unit.linked.types, kinds, tuple(values))
        return replace(call, arguments=arguments)

    def _list_values(self, kind: Type) -> list[Value]:
        edges: Iterable[Value] = ()
        if isinstance(kind, UintType):
            edges = (0, 1, (1 << kind.bits) - 1)
        return [*self._known.get(kind, ()), *edges]


def render_play(play: Play) -> dict[str, Any]:
    """A play as it is pinned."""
    return {
        "name": play.name,
        "title": play.title,
        "calls": list(play.calls),
        "shown": list(play.shown),
        "succeeds": list(play.succeeds),
    }


def read_play(content: dict[str, Any]) -> Play:
    """A play that was pinned."""
    calls, shown, succeeds = (tuple(content[each]) for each in ("calls", "shown", "succeeds"))
    return Play(content["name"], content["title"], calls, shown, succeeds)
