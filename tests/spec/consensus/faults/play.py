"""Plays records until one comes out otherwise: `python -m tests.spec.consensus.faults.play PREFIX`.

What the runner does with a client, in one process, the short records first, stopping at the first
difference: exit 1, and the record's name. With `plant` before it, it says which record finds a
planted fault.
"""

import sys
from typing import Final

from conformance.clients.spec.client import SpecClient
from conformance.runner.records import Record
from tests.conformance.published import load_published
from tests.spec.consensus.faults.survey import is_as_expected

GOOD: Final = 0
FOUND: Final = 1


def select_records(prefixes: tuple[str, ...]) -> tuple[Record, ...]:
    """Those whose names begin so, the short ones first."""
    records = [r for r in load_published().records if r.id.startswith(prefixes)]
    return tuple(sorted(records, key=lambda r: len(str(r.arguments))))


def main(prefixes: tuple[str, ...]) -> int:
    """Plays them."""
    records = select_records(prefixes)
    assert records, f"no record is called {prefixes}"
    for record in records:
        answer = SpecClient().apply(record.method, dict(record.arguments))
        if not is_as_expected(record, answer):
            sys.stdout.write(f"{record.id}\n")
            return FOUND
    return GOOD


if __name__ == "__main__":
    sys.exit(main(tuple(sys.argv[1:])))
