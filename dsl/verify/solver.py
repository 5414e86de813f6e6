"""Child processes that decide queries: bounded in steps, memory and time, and replaceable.

A query that exhausts its steps is `unknown (rlimit)`, the same on every machine. A child that
runs past the wall clock, out of memory or dies is killed and replaced; that is `unknown
(killed)`, and is never remembered. Children start at once, so that they load the solver while
this process compiles.
"""

import json
import selectors
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Self

from dsl.verify.smtlib import Query, is_model

WORKERS = 2
"""Children at a time; the reference machine has two cores."""
RLIMIT_DEFAULT = 2_000_000
"""Solver steps for one goal: about two seconds of work."""
KILL_AFTER_S = 20.0
"""Wall clock for one query, far above what its steps take."""
START_AFTER_S = 60.0
"""Wall clock for a child to load the solver."""
PACKAGE = __package__ or "dsl.verify"
ROOT = Path(__file__).resolve().parents[len(PACKAGE.split("."))]
"""The folder that `PACKAGE` is imported from."""
CHILD = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from {PACKAGE}.child import main; main()"
"""What a child process runs."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one query may cost."""

    rlimit: int = RLIMIT_DEFAULT
    kill_after_s: float = KILL_AFTER_S


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer to one query."""

    verdict: str
    """"sat", "unsat" or "unknown"."""
    reason: str
    """If unknown: "rlimit", "memory", "killed", "bogus model", …"""
    values: tuple[int, ...]
    """If sat: the values of the query's atoms, checked against every assertion."""
    ms: int
    """Wall clock."""


class _Child:
    """One process and what it is doing."""

    def __init__(self, program: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", program],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self.version: str | None = None
        self.index: int | None = None
        """The query it works on."""
        self.started_s = time.monotonic()

    @property
    def output(self) -> IO[bytes]:
        """Where it answers."""
        assert self._process.stdout is not None, "the output is a pipe"
        return self._process.stdout

    def ask(self, query: Query, rlimit: int) -> bool:
        """Sends a query; False if the child is gone."""
        assert self._process.stdin is not None, "the input is a pipe"
        data = query.text.encode("ascii")
        try:
            self._process.stdin.write(f"{rlimit} {len(query.atoms)} {len(data)}\n".encode() + data)
            self._process.stdin.flush()
        except (OSError, ValueError):
            return False
        self.started_s = time.monotonic()
        return True

    def read(self) -> dict[str, object] | None:
        """One message; None if the child is gone or talks nonsense."""
        try:
            message = json.loads(self.output.readline())
        except ValueError:
            return None
        return message if isinstance(message, dict) else None

    def kill(self) -> None:
        """Ends the process at once."""
        self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except OSError:
                    continue
        self._process.wait()


class Solver:
    """A few children and the queries they share."""

    def __init__(self, workers: int = WORKERS, program: str = CHILD) -> None:
        self._program = program
        self._children = [_Child(program) for _ in range(workers)]
        self.version = ""
        """The solver's version, once a child has answered."""

    def close(self) -> None:
        """Ends all children."""
        for child in self._children:
            child.kill()
        self._children = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def decide(self, queries: Sequence[Query], limits: Limits) -> list[Decision]:
        """Decides all queries; decision i belongs to query i, whichever child made it."""
        decisions: dict[int, Decision] = {}
        waiting = list(range(len(queries)))[::-1]
        while len(decisions) < len(queries):
            for position, child in enumerate(self._children):
                if child.index is None and child.version is not None and waiting:
                    child.index = waiting.pop()
                    if not child.ask(queries[child.index], limits.rlimit):
                        decisions[child.index] = _killed(child)
                        self._replace(position)
            self._collect(queries, limits, decisions)
        return [decisions[index] for index in range(len(queries))]

    def _collect(
        self, queries: Sequence[Query], limits: Limits, decisions: dict[int, Decision]
    ) -> None:
        """Waits for one child to speak or to run out of time."""
        with selectors.DefaultSelector() as selector:
            for position, child in enumerate(self._children):
                selector.register(child.output, selectors.EVENT_READ, position)
            busy = [child for child in self._children if child.index is not None]
            rest_s = min(
                (child.started_s + limits.kill_after_s for child in busy),
                default=time.monotonic() + START_AFTER_S,
            )
            ready = selector.select(max(0.0, rest_s - time.monotonic()))
        for position in sorted(key.data for key, _ in ready):
            self._hear(position, queries, decisions)
        now_s = time.monotonic()
        for position, child in enumerate(self._children):
            limit_s = START_AFTER_S if child.version is None else limits.kill_after_s
            is_working = child.index is not None or child.version is None
            if is_working and now_s >= child.started_s + limit_s:
                if child.index is not None:
                    decisions[child.index] = _killed(child)
                self._replace(position)

    def _hear(
        self, position: int, queries: Sequence[Query], decisions: dict[int, Decision]
    ) -> None:
        child = self._children[position]
        message = child.read()
        if message is None:
            if child.version is None:
                raise SolverMissingError
            if child.index is not None:
                decisions[child.index] = _killed(child)
            self._replace(position)
        elif child.version is None:
            self.version = child.version = str(message["version"])
        elif child.index is not None:
            decisions[child.index] = _read_decision(queries[child.index], message, child)
            child.index = None

    def _replace(self, position: int) -> None:
        self._children[position].kill()
        self._children[position] = _Child(self._program)


class SolverMissingError(Exception):
    """A child ended before it had loaded the solver."""


def _elapsed_ms(child: _Child) -> int:
    return int((time.monotonic() - child.started_s) * 1000)


def _killed(child: _Child) -> Decision:
    return Decision("unknown", "killed", (), _elapsed_ms(child))


def _read_decision(query: Query, message: dict[str, object], child: _Child) -> Decision:
    verdict, reason = str(message["verdict"]), str(message["reason"])
    ms = _elapsed_ms(child)
    if verdict == "sat":
        raw = message["values"]
        values = tuple(int(str(value)) for value in raw) if isinstance(raw, list) else ()
        if not is_model(query, values):
            return Decision("unknown", "bogus model", (), ms)
        return Decision("sat", "", values, ms)
    if verdict == "unsat":
        return Decision("unsat", "", (), ms)
    return Decision("unknown", _name_reason(reason), (), ms)


def _name_reason(reason: str) -> str:
    if "resource" in reason or "canceled" in reason:
        return "rlimit"
    return "memory" if "memory" in reason else reason or "incomplete"
