"""Very many random sequences of calls over each contract, a log of them, and what they break.

`python -m tests.stdlib_contracts.campaign --sequences 100000 --jobs 2 --log FILE` plays sequence 0,
1, … of every contract: the number of a sequence is its seed. The log has a line for each part that
is done; with the same log a campaign that was stopped goes on where it was, and parts whose
contract has changed since are played again. It exits 1 if anything broke.
"""

import argparse
import json
import random
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path

from dsl.compile import CompiledUnit, compile_source
from dsl.names import ACCOUNTS
from dsl.world import CONTRACT
from spec.ir.values import EnumValue, MessageValue, Value
from stdlib_contracts.loader import list_contracts
from tests.stdlib_contracts.judge import BrokenError
from tests.stdlib_contracts.play import Engine, Play
from tests.stdlib_contracts.sequences import PEOPLE, Move, Sequences

PART = 2_000
"""Sequences between two lines of the log."""
CALLS_MIN = 6
BROKEN_MAX = 5
"""Broken sequences that a part tells of."""
PEOPLE_NAMES = {CONTRACT: "this", **dict(zip(PEOPLE, ACCOUNTS, strict=False))}


@dataclass(frozen=True, slots=True)
class Broken:
    """A sequence that breaks something, as short as leaving out calls makes it."""

    seed: int
    function: str
    claim: str
    calls: tuple[str, ...]


@dataclass(slots=True)
class Part:
    """What became of some sequences of a contract."""

    contract: str
    code_id: str
    first: int
    sequences: int
    calls: int = 0
    succeeded: dict[str, int] = field(default_factory=dict)
    """Calls that succeeded, by function."""
    broken_count: int = 0
    broken: list[Broken] = field(default_factory=list)
    cpu_ms: int = 0


@dataclass(frozen=True, slots=True)
class Setup:
    """A contract with what sequences of it need."""

    unit: CompiledUnit
    sequences: Sequences
    engine: Engine


def set_up(unit: CompiledUnit) -> Setup:
    """Make ready to play a contract."""
    return Setup(unit, Sequences(unit), Engine(unit))


@lru_cache(maxsize=1)
def _set_up(name: str) -> Setup:
    """A contract of the library; a process plays one at a time."""
    sources = {each.name: each.read_source() for each in list_contracts()}
    unit = compile_source(sources[name], name).unit
    assert unit is not None, "the library compiles"
    return set_up(unit)


def play_part(name: str, first: int, count: int) -> Part:
    """Play sequences first, first + 1, … of a contract of the library."""
    return play_sequences(_set_up(name), name, first, count)


def play_sequences(setup: Setup, name: str, first: int, count: int) -> Part:
    """Play sequences first, first + 1, … of a contract."""
    part = Part(name, setup.unit.code_id.hex(), first, count)
    began = time.process_time()
    for seed in range(first, first + count):
        opening, rest = draw(setup, name, seed)
        play = Play(setup.engine)
        try:
            play.run(opening, rest)
        except BrokenError as error:
            part.broken_count += 1
            if len(part.broken) < BROKEN_MAX:
                part.broken.append(_tell(setup, seed, error, (*opening, *rest)))
        part.calls += play.call_count
        for function, times in play.succeeded.items():
            part.succeeded[function] = part.succeeded.get(function, 0) + times
    part.cpu_ms = round((time.process_time() - began) * 1000)
    return part


def draw(setup: Setup, name: str, seed: int) -> tuple[tuple[Move, ...], tuple[Move, ...]]:
    """The sequence of a seed: how it opens, and its random calls."""
    opening, rest = setup.sequences.draw(random.Random(f"{name}/{seed}"), CALLS_MIN)
    return opening, tuple(rest)


def shrink(engine: Engine, moves: tuple[Move, ...], error: BrokenError) -> tuple[Move, ...]:
    """The sequence without the calls that it breaks the same without."""
    index = len(moves) - 1
    while index >= 0:
        fewer = (*moves[:index], *moves[index + 1 :])
        try:
            Play(engine).run((), fewer)
        except BrokenError as found:
            if found.label == error.label:
                moves = fewer
        index -= 1
    return moves


def _tell(setup: Setup, seed: int, error: BrokenError, moves: tuple[Move, ...]) -> Broken:
    function, claim = error.label
    short = shrink(setup.engine, moves, error)
    return Broken(seed, function, claim, tuple(_show_move(setup.unit, each) for each in short))


def _show_move(unit: CompiledUnit, move: Move) -> str:
    if move.target != CONTRACT:
        stub = unit.stubs[move.stub]
        functions = stub.source_map.functions
        name = functions[move.function].name if move.function >= 0 else "deploy"
        called = f"{stub.name}.{name}"
    else:
        called = unit.source_map.functions[move.function].name
    waited = f"+{move.wait_ms} ms +{move.wait_blocks} blocks: " * bool(
        move.wait_ms or move.wait_blocks
    )
    coins = f" with {move.value} coins" if move.value else ""
    arguments = ", ".join(_show(each) for each in move.arguments)
    return f"{waited}{called}({arguments}) as {_show(move.caller)}{coins}"


def _show(value: Value) -> str:
    match value:
        case bytes():
            return PEOPLE_NAMES.get(value, f"0x{value.hex()}")
        case tuple():
            return "[" + ", ".join(_show(each) for each in value) + "]"
        case EnumValue(tag, payload):
            return f"#{tag}" + ("(" + ", ".join(_show(each) for each in payload) + ")") * bool(
                payload
            )
        case MessageValue(target):
            return f"message to {_show(target)}"
        case _:
            return str(value)


# The log


def read_log(path: Path) -> list[Part]:
    """The parts that a log tells of; a line that was cut off is none."""
    parts = []
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
        try:
            told = json.loads(line)
        except json.JSONDecodeError:
            continue
        broken = [Broken(**{**each, "calls": tuple(each["calls"])}) for each in told["broken"]]
        parts.append(Part(**{**told, "broken": broken}))
    return parts


def list_jobs(names: list[str], sequences: int, done: list[Part]) -> Iterator[tuple[str, int, int]]:
    """Contract, first sequence and number of sequences of every part that is left."""
    known = {(each.contract, each.first, each.sequences): each.code_id for each in done}
    for name in names:
        code_id = _set_up(name).unit.code_id.hex()
        for first in range(0, sequences, PART):
            count = min(PART, sequences - first)
            if known.get((name, first, count)) != code_id:
                yield name, first, count


def render_summary(parts: list[Part]) -> str:
    """A row for each contract: sequences, calls, those that succeeded, and what is broken."""
    head = ("contract", "sequences", "calls", "succeeded", "broken", "ms each")
    rows = ["{:<18}{:>10}{:>11}{:>11}{:>8}{:>9}".format(*head)]
    for name in dict.fromkeys(each.contract for each in parts):
        mine = [each for each in parts if each.contract == name]
        played = sum(each.sequences for each in mine)
        calls = sum(each.calls for each in mine)
        good = sum(sum(each.succeeded.values()) for each in mine)
        broken = sum(each.broken_count for each in mine)
        cost = sum(each.cpu_ms for each in mine) / played
        rows.append(f"{name:<18}{played:>10}{calls:>11}{good:>11}{broken:>8}{cost:>9.2f}")
        for each in (each for part in mine for each in part.broken):
            rows.append(f"  sequence {each.seed} breaks {each.function}: {each.claim}")
            rows += [f"    {call}" for call in each.calls]
    return "\n".join(rows)


def run_campaign(names: list[str], sequences: int, workers: int, log: Path) -> list[Part]:
    """Play what the log does not tell of yet; all parts that count, in order."""
    jobs = list(list_jobs(names, sequences, read_log(log)))
    log.parent.mkdir(parents=True, exist_ok=True)
    if log.exists() and not log.read_bytes().endswith(b"\n"):
        with log.open("a", encoding="utf-8") as out:
            out.write("\n")
    with log.open("a", encoding="utf-8") as out, ProcessPoolExecutor(workers) as pool:
        for number, part in enumerate(pool.map(play_part, *zip(*jobs, strict=True)), 1):
            out.write(json.dumps(asdict(part)) + "\n")
            out.flush()
            if sys.stderr.isatty() or number % 10 == 0:
                told = f"{part.contract}: part {number} of {len(jobs)}, broken {part.broken_count}"
                sys.stderr.write(told + "\n")
    ids = {name: _set_up(name).unit.code_id.hex() for name in names}
    latest = {(each.contract, each.first, each.sequences): each for each in read_log(log)}
    return [
        each
        for each in latest.values()
        if ids.get(each.contract) == each.code_id and each.first + each.sequences <= sequences
    ]


def main(arguments: list[str] | None = None) -> int:
    """Run a campaign, print its summary; 1 if something broke."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("contract", nargs="*", help="names of contracts; all if none is given")
    parser.add_argument("--sequences", type=int, default=100_000, help="of each contract")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--log", type=Path, default=Path("out/campaign.jsonl"))
    given = parser.parse_args(arguments)
    known = [each.name for each in list_contracts()]
    unknown = [each for each in given.contract if each not in known]
    if unknown:
        parser.error(f"no contract {', '.join(unknown)}; there are {', '.join(known)}")
    parts = run_campaign(given.contract or known, given.sequences, given.jobs, given.log)
    sys.stdout.write(render_summary(parts) + "\n")
    return 1 if any(each.broken_count for each in parts) else 0


if __name__ == "__main__":
    sys.exit(main())
