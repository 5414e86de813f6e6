"""A file of outcomes, a line each, so that a campaign goes on where it was stopped."""

import json
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Final, Self, TextIO

from qcref.sim.checks import Violation
from qcref.sim.run import FAULTS_MS, HEALING_MS, Outcome, Setup

LINE_SIZE_MAX: Final = 1 << 20


class OutcomeLogError(Exception):
    """The file can't be read, written, or holds something else."""


class OutcomeLog:
    """Outcomes by setup and seed; without a path it keeps none."""

    def __init__(self, path: Path | None) -> None:
        """Reads what is there.

        Raises:
            OutcomeLogError: the file can't be read, or a line but the last holds no outcome.
        """
        self._path = path
        self._known: dict[str, Outcome] = {}
        self._file: TextIO | None = None
        if path is not None and path.exists():
            self._read(path)

    def __enter__(self) -> Self:
        """Opens the file for appending."""
        if self._path is not None:
            try:
                self._file = self._path.open("a", encoding="utf-8")
            except OSError as error:
                raise OutcomeLogError(f"{self._path}: {error.strerror}") from error
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _e: BaseException | None, _t: TracebackType | None
    ) -> None:
        """Closes it."""
        if self._file is not None:
            self._file.close()

    def get(self, setup: Setup, seed: int) -> Outcome | None:
        """What became of a seed, if it was played before."""
        return self._known.get(_make_key(asdict(setup), seed))

    def add(self, setup: Setup, outcome: Outcome) -> None:
        """Keeps an outcome."""
        if self._file is None:
            return
        line = {"setup": asdict(setup), "phases_ms": _PHASES_MS, "outcome": asdict(outcome)}
        print(json.dumps(line), file=self._file, flush=True)

    def _read(self, path: Path) -> None:
        try:
            lines = path.read_text("utf-8").splitlines(keepends=True)
        except (OSError, UnicodeDecodeError) as error:
            raise OutcomeLogError(f"{path} can't be read: {error}") from error
        if lines and not lines[-1].endswith("\n"):
            kept = "".join(lines[:-1])  # torn when the campaign was stopped: it is played again
            path.write_text(kept, "utf-8")
            lines.pop()
        for number, line in enumerate(lines, start=1):
            try:
                self._take(line)
            except (KeyError, TypeError, ValueError) as error:
                raise OutcomeLogError(f"{path}:{number} holds no outcome: {error}") from error

    def _take(self, line: str) -> None:
        if len(line) > LINE_SIZE_MAX:
            raise ValueError("the line is too long")
        document = json.loads(line)
        if document["phases_ms"] != _PHASES_MS:
            return
        raw = document["outcome"]
        safety = tuple(Violation(**violation) for violation in raw["safety"])
        latencies_ms = tuple((int(ms), int(count)) for ms, count in raw["latencies_ms"])
        outcome = Outcome(**{**raw, "safety": safety, "latencies_ms": latencies_ms})
        self._known[_make_key(document["setup"], outcome.seed)] = outcome


_PHASES_MS: Final = [FAULTS_MS, HEALING_MS]
"""Outcomes of runs of other lengths are not these."""


def _make_key(setup: dict[str, object], seed: int) -> str:
    return json.dumps([setup, seed], sort_keys=True)
