"""The child process: reads queries from its input, answers each by one line of JSON.

A request is a line `rlimit atom_count size` and then `size` bytes of SMT-LIB. The first line
written names the solver's version. Nothing else goes to the output.
"""

import json
import resource
import sys

from dsl.verify import smt

MEMORY_MIB_MAX = 768
"""Where the solver itself gives up a query."""
ADDRESS_SPACE_MIB_MAX = 1024
"""Where the operating system refuses the process more."""


def _answer(header: bytes) -> dict[str, object]:
    rlimit, atom_count, size = (int(word) for word in header.split())
    text = sys.stdin.buffer.read(size).decode("ascii")
    answer = smt.solve(text, atom_count, rlimit)
    return {
        "verdict": answer.verdict,
        "reason": answer.reason,
        "values": [str(value) for value in answer.values],
    }


def _write(message: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Serves until the input ends."""
    limit = ADDRESS_SPACE_MIB_MAX << 20
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    smt.set_memory_limit(MEMORY_MIB_MAX)
    _write({"version": smt.get_version()})
    while header := sys.stdin.buffer.readline():
        _write(_answer(header))


if __name__ == "__main__":
    main()
