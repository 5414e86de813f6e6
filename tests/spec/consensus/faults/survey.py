"""Which mutants the vectors of level 6 kill: `python -m tests.spec.consensus.faults.survey`.

Every mutant runs in a child of its own, forked from a process that has loaded everything; it plays
the records until one comes out otherwise. A child that dies, or takes too long, is killed as well:
to a runner that is a crash.
"""

import argparse
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from random import Random
from typing import Final

from conformance.clients.spec.answers import Accept, Answer
from conformance.clients.spec.client import SpecClient
from conformance.runner.records import Record
from tests.conformance.published import load_published
from tests.spec.consensus.faults.mutants import Mutant, find_mutants, install

LEVEL: Final = 6
TIME_S_MAX: Final = 60
"""Of a mutant; all records together take a few seconds."""
NAME_SIZE_BYTES_MAX: Final = 200
SURVIVED: Final = "survived"
DIED: Final = "died"


def select_records() -> tuple[Record, ...]:
    """All of level 6, the short ones first."""
    records = [r for r in load_published().records if r.level.number == LEVEL]
    return tuple(sorted(records, key=lambda r: len(str(r.arguments))))


def is_as_expected(record: Record, answer: Answer) -> bool:
    """Whether an answer is what the record says."""
    if isinstance(answer, Accept):
        return record.expect.result == "accept" and answer.value == record.expect.value
    return record.expect.result == "reject" and answer.rule == record.expect.rule


def warm_up(records: Sequence[Record]) -> None:
    """Plays all, as they are: fills what is remembered of signatures, for all children."""
    for record in records:
        answer = SpecClient().apply(record.method, dict(record.arguments))
        assert is_as_expected(record, answer), record.id


def find_killer(change: Callable[[], None], records: Sequence[Record]) -> str | None:
    """The record that comes out otherwise after a change, in a child; None if none does.

    Args:
        change: made in the child, before the records are played.
        records: played in order; `DIED` stands for a child that dies, or takes too long.
    """
    sys.stdout.flush()
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        signal.alarm(TIME_S_MAX)
        os.write(writer, _try(change, records).encode())
        os._exit(0)
    os.close(writer)
    said = os.read(reader, NAME_SIZE_BYTES_MAX).decode()
    os.close(reader)
    _, status = os.waitpid(child, 0)
    if os.waitstatus_to_exitcode(status) != 0:
        return DIED
    return said if said != SURVIVED else None


def _try(change: Callable[[], None], records: Sequence[Record]) -> str:
    try:
        change()
        for record in records:
            answer = SpecClient().apply(record.method, dict(record.arguments))
            if not is_as_expected(record, answer):
                return record.id
    except BaseException:  # noqa: BLE001 - whatever it dies of, it is a crash to a runner
        return DIED
    return SURVIVED


def find_survivors(mutants: Sequence[Mutant]) -> Iterator[Mutant]:
    """Those that no record kills, as they are found."""
    records = select_records()
    warm_up(records)
    for mutant in mutants:
        if find_killer(partial(install, mutant), records) is None:
            yield mutant


def draw(count: int, seed: int) -> tuple[Mutant, ...]:
    """A sample of all mutants, in the order of the source."""
    mutants = find_mutants()
    chosen = Random(seed).sample(range(len(mutants)), count)
    return tuple(mutants[at] for at in sorted(chosen))


def main() -> int:
    """Prints the survivors of a sample, of some modules, or of all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, help="size of the sample; all without it")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="mutants whose name begins with this")
    args = parser.parse_args()
    mutants = draw(args.count, args.seed) if args.count else find_mutants()
    mutants = tuple(m for m in mutants if m.name.startswith(args.only))
    survived = 0
    for mutant in find_survivors(mutants):
        survived += 1
        sys.stdout.write(f"{mutant.name}\n    {mutant.before}\n    {mutant.after}\n")
        sys.stdout.flush()
    sys.stdout.write(f"{len(mutants)} mutants, {survived} survive\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
