"""A concrete course of events: a first state, calls, and the claim that the last one breaks.

It is what a counterexample is once the solver's numbers are values, and what a `.cex.jsonl` file
holds. The file is self-contained: it carries the module, so any client can replay it.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from spec.crypto.address import is_address, is_contract_address
from spec.ir.encoding import decode_module, encode_module
from spec.ir.linked import LinkedModule
from spec.ir.syntax import CELL_INBOX, MapType, Type, TypeIndex
from spec.ir.validate import link
from spec.ir.values import (
    EnumValue,
    Value,
    decode_record,
    decode_stored,
    encode_record,
    encode_value,
    get_fields,
)
from spec.lib.result import Err, Ok, Result

FORMAT = "qccex/1"
FILE_SIZE_BYTES_MAX = 8 * 1024 * 1024
STEPS_MAX = 64
NAME_LENGTH_MAX = 64
"""Of a name shown in a story."""
DIGITS_MAX = 80
"""Of a number; 256 bits need 78."""
NO_CALL = -2
"""`Step.function` when only time and coins pass."""
ENTRIES_MAX = 4_096
FOREIGN_MAX = 64
"""Other contracts of a step."""


@dataclass(frozen=True, slots=True)
class Claim:
    """The goal that is broken."""

    kind: str
    """A kind of goal (`dsl.verify.vc`)."""
    index: int
    function: int
    name: str
    """How reports call it."""


@dataclass(frozen=True, slots=True)
class Stored:
    """An entry of the first state."""

    cell: int
    keys: tuple[Value, ...]
    value: Value
    checkpoints: tuple[tuple[int, Value], ...] = ()
    """Of a checkpointed cell: heights, rising, and what it held from then on; last the value."""


@dataclass(frozen=True, slots=True)
class Foreign:
    """Another contract, as it stands during one step."""

    address: bytes
    coins: int
    """What it has at least."""
    module: LinkedModule


@dataclass(frozen=True, slots=True)
class Step:
    """A call, or (function -2) nothing but time and coins passing."""

    function: int
    """Index in the module; -1 is the implied init, -2 no call."""
    caller: bytes
    value: int
    now_ms: int
    height: int
    arguments: tuple[Value, ...]
    gift: int = 0
    """Coins that reach the contract's inbox before the call."""
    foreign: tuple[Foreign, ...] = ()
    """The other contracts, fresh for this step."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """A first state (all defaults if the first step deploys), and what happens then."""

    claim: Claim
    contract: bytes
    genesis_id: bytes
    balance: int
    inbox: int
    entries: tuple[Stored, ...]
    steps: tuple[Step, ...]
    is_attack: bool
    """It starts with the deployment."""


@dataclass(frozen=True, slots=True)
class FileMalformed:
    """A counterexample file cannot be read."""

    code: ClassVar[str] = "verify.file_malformed"
    reason: str

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"this is no counterexample file: {self.reason}"


def get_params(linked: LinkedModule, function: int) -> tuple[TypeIndex, ...]:
    """The parameter types of a function; none for the implied init."""
    return () if function < 0 else tuple(linked.module.code.functions[function].params)


def render_scenario(
    linked: LinkedModule, scenario: Scenario, labels: Mapping[str, object] | None = None
) -> str:
    """The text of a counterexample file: a header, the entries, the steps, one line each.

    `labels` are names that only serve to tell the story; a replay does not need them.
    """
    claim = scenario.claim
    lines: list[dict[str, object]] = [
        {
            "format": FORMAT,
            "module": "0x" + encode_module(linked.module).hex(),
            "claim": {
                "kind": claim.kind,
                "index": claim.index,
                "function": claim.function,
                "name": claim.name,
            },
            "contract": "0x" + scenario.contract.hex(),
            "genesis_id": "0x" + scenario.genesis_id.hex(),
            "balance": str(scenario.balance),
            "inbox": str(scenario.inbox),
            "from_deployment": scenario.is_attack,
            "labels": dict(labels or {}),
        }
    ]
    for entry in scenario.entries:
        kinds, kind = split_cell(linked, entry.cell)
        keys = [
            "0x" + encode_value(linked.types, each, key).hex()
            for each, key in zip(kinds, entry.keys, strict=True)
        ]
        value = "0x" + encode_value(linked.types, kind, entry.value).hex()
        line: dict[str, object] = {"cell": entry.cell, "keys": keys, "value": value}
        if entry.checkpoints:
            line["checkpoints"] = [
                {
                    "height": str(height),
                    "value": "0x" + encode_value(linked.types, kind, held).hex(),
                }
                for height, held in entry.checkpoints
            ]
        lines.append(line)
    for step in scenario.steps:
        types = get_fields(linked.types, get_params(linked, step.function))
        foreign = [
            {
                "address": "0x" + each.address.hex(),
                "coins": str(each.coins),
                "module": "0x" + encode_module(each.module.module).hex(),
            }
            for each in step.foreign
        ]
        lines.append(
            {
                "function": step.function,
                "caller": "0x" + step.caller.hex(),
                "value": str(step.value),
                "now_ms": str(step.now_ms),
                "height": str(step.height),
                "gift": str(step.gift),
                "arguments": "0x" + encode_record(linked.types, types, step.arguments).hex(),
                **({"foreign": foreign} if foreign else {}),
            }
        )
    return "".join(json.dumps(line) + "\n" for line in lines)


class _MalformedError(Exception):
    """A field is missing or is not what it should be."""


def _text(line: Mapping[str, object], name: str) -> str:
    found = line.get(name)
    if not isinstance(found, str):
        raise _MalformedError(f"`{name}` is no text")
    return found


def _bytes(text: object) -> bytes:
    if not isinstance(text, str) or not text.startswith("0x"):
        raise _MalformedError("bytes start with 0x")
    try:
        return bytes.fromhex(text[2:])
    except ValueError:
        raise _MalformedError("bytes are hexadecimal") from None


def _number(line: Mapping[str, object], name: str) -> int:
    text = _text(line, name)
    if not text.isascii() or not text.isdigit() or len(text) > DIGITS_MAX:
        raise _MalformedError(f"`{name}` is no number")
    return int(text)


def _integer(line: Mapping[str, object], name: str) -> int:
    found = line.get(name)
    if not isinstance(found, int) or isinstance(found, bool):
        raise _MalformedError(f"`{name}` is no integer")
    return found


def parse_scenario(data: bytes) -> Result[tuple[LinkedModule, Scenario], FileMalformed]:
    """The module and the scenario of a counterexample file. Err: any text that is none."""
    if len(data) > FILE_SIZE_BYTES_MAX:
        return Err(FileMalformed("it is too large"))
    try:
        lines = [json.loads(line) for line in data.decode("utf-8").splitlines() if line.strip()]
        return Ok(_parse_lines(lines))
    except _MalformedError as error:
        return Err(FileMalformed(str(error)))
    except (ValueError, RecursionError):
        return Err(FileMalformed("a line is no JSON"))


def _parse_lines(lines: list[object]) -> tuple[LinkedModule, Scenario]:
    maps: list[Mapping[str, object]] = [line for line in lines if isinstance(line, dict)]
    if len(maps) != len(lines) or not maps or maps[0].get("format") != FORMAT:
        raise _MalformedError(f"the first line has not the format {FORMAT}")
    head = maps[0]
    linked = _parse_module(head.get("module"))
    entries = [line for line in maps[1:] if "cell" in line]
    steps = [line for line in maps[1:] if "cell" not in line]
    if len(entries) > ENTRIES_MAX or not 1 <= len(steps) <= STEPS_MAX:
        raise _MalformedError("it has too many entries, or no steps or too many")
    claim = head.get("claim")
    if not isinstance(claim, dict):
        raise _MalformedError("`claim` is missing")
    return linked, Scenario(
        Claim(
            _text(claim, "kind"),
            _integer(claim, "index"),
            _integer(claim, "function"),
            _text(claim, "name"),
        ),
        _address(head.get("contract")),
        _sized(head.get("genesis_id"), 32),
        _number(head, "balance"),
        _number(head, "inbox"),
        tuple(_parse_entry(linked, line) for line in entries),
        tuple(_parse_step(linked, line) for line in steps),
        head.get("from_deployment") is True,
    )


def _parse_module(text: object) -> LinkedModule:
    module = decode_module(_bytes(text))
    if isinstance(module, Err):
        raise _MalformedError("the module is not canonical")
    linked = link(module.value)
    if isinstance(linked, Err):
        raise _MalformedError(f"the module is refused: {linked.error.message}")
    return linked.value


def _sized(text: object, size_bytes: int) -> bytes:
    data = _bytes(text)
    if len(data) != size_bytes:
        raise _MalformedError(f"{size_bytes} bytes are wanted")
    return data


def _address(text: object) -> bytes:
    data = _sized(text, 32)
    if not is_address(data):
        raise _MalformedError("an address is of a known kind")
    return data


def parse_labels(data: bytes) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    """Contract, function and cell names of a file that `parse_scenario` accepts; may be empty."""
    labels = json.loads(data.splitlines()[0]).get("labels")
    if not isinstance(labels, dict):
        return "", (), ()
    return (
        str(labels.get("contract", ""))[:NAME_LENGTH_MAX],
        _parse_names(labels.get("functions")),
        _parse_names(labels.get("cells")),
    )


def _parse_names(found: object) -> tuple[str, ...]:
    if not isinstance(found, list) or len(found) > ENTRIES_MAX:
        return ()
    return tuple(str(name)[:NAME_LENGTH_MAX] for name in found)


def _parse_entry(linked: LinkedModule, line: Mapping[str, object]) -> Stored:
    cell = _integer(line, "cell")
    if not CELL_INBOX < cell < len(linked.module.code.cells):
        raise _MalformedError("there is no such cell")
    kinds, kind = split_cell(linked, cell)
    raw = line.get("keys")
    if not isinstance(raw, list) or len(raw) != len(kinds):
        raise _MalformedError("an entry has one key per map level")
    keys: list[Value] = []
    for each, text in zip(kinds, raw, strict=True):
        key = decode_stored(linked.types, each, _bytes(text))
        if isinstance(key, Err):
            raise _MalformedError(key.error.message)
        keys.append(key.value)
    value = decode_stored(linked.types, kind, _bytes(line.get("value")))
    if isinstance(value, Err):
        raise _MalformedError(value.error.message)
    return Stored(cell, tuple(keys), value.value, _parse_checkpoints(linked, cell, kind, line))


def _parse_checkpoints(
    linked: LinkedModule, cell: int, kind: Type, line: Mapping[str, object]
) -> tuple[tuple[int, Value], ...]:
    raw = line.get("checkpoints", [])
    is_kept = linked.module.code.cells[cell].is_checkpointed
    if not isinstance(raw, list) or len(raw) > ENTRIES_MAX or (raw and not is_kept):
        raise _MalformedError("checkpoints are a list, of a checkpointed cell")
    points: list[tuple[int, Value]] = []
    for each in raw:
        if not isinstance(each, dict):
            raise _MalformedError("a checkpoint has a height and a value")
        height = _number(each, "height")
        held = decode_stored(linked.types, kind, _bytes(each.get("value")))
        if isinstance(held, Err):
            raise _MalformedError(held.error.message)
        if height >= 1 << 64 or (points and points[-1][0] >= height):
            raise _MalformedError("the heights of checkpoints rise, below 2**64")
        points.append((height, held.value))
    return tuple(points)


def _parse_step(linked: LinkedModule, line: Mapping[str, object]) -> Step:
    function = _integer(line, "function")
    if not NO_CALL <= function < len(linked.functions):
        raise _MalformedError("there is no such function")
    types = get_fields(linked.types, get_params(linked, function))
    values = decode_record(linked.types, types, _bytes(line.get("arguments")))
    if isinstance(values, Err):
        raise _MalformedError(values.error.message)
    now_ms, height = _number(line, "now_ms"), _number(line, "height")
    if max(now_ms, height) >= 1 << 64:
        raise _MalformedError("times are below 2**64")
    return Step(
        function,
        _address(line.get("caller")),
        _number(line, "value"),
        now_ms,
        height,
        values.value,
        _number(line, "gift"),
        _parse_foreign(line.get("foreign", [])),
    )


def _parse_foreign(found: object) -> tuple[Foreign, ...]:
    if not isinstance(found, list) or len(found) > FOREIGN_MAX:
        raise _MalformedError(f"`foreign` is a list of at most {FOREIGN_MAX} contracts")
    cast: list[Foreign] = []
    for each in found:
        if not isinstance(each, dict):
            raise _MalformedError("a contract has an address, coins and a module")
        address = _address(each.get("address"))
        if not is_contract_address(address):
            raise _MalformedError("a contract stands at a contract's address")
        cast.append(Foreign(address, _number(each, "coins"), _parse_module(each.get("module"))))
    return tuple(cast)


def split_cell(linked: LinkedModule, cell: int) -> tuple[tuple[Type, ...], Type]:
    """The key types of a cell's maps, outermost first, and the type of its values."""
    kind = linked.types[linked.module.code.cells[cell].type]
    keys: list[Type] = []
    while isinstance(kind, MapType):
        keys.append(linked.types[kind.key])
        kind = linked.types[kind.value]
    return tuple(keys), kind


def list_scalars(values: Iterable[Value]) -> Iterator[Value]:
    """Values and all that they are made of."""
    stack = list(values)
    while stack:
        value = stack.pop()
        yield value
        if isinstance(value, tuple):
            stack.extend(value)
        elif isinstance(value, EnumValue):
            stack.extend(value.payload)
